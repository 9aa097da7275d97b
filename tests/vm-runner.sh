#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Shows that scripts/vm can be believed: that what comes out of it is what the
# command in the guest did, also when the guest dies or hangs.

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vm=$here/../scripts/vm
kernel=$here/../scripts/kernel
work=$(mktemp -d "${TMPDIR:-/tmp}/spf-vm-runner.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Whatever scripts/vm forgets to remove is then in here, and its QEMU has this
# word on its command line.
mkdir "$work/tmp"
token=spf_test=$$
vm() { TMPDIR=$work/tmp "$vm" --append "$token" --timeout 1800 --module none "$@"; }

tests='
bad_usage
output_exact
status_zero
arguments_exact
status_not_from_text
status_42
added_program
added_files
status_3
closed_reader
panic
timeout
terminated
image
module_is_built
nothing_left
'
count=0 failed=0

diag() { sed 's/^/# /'; }

report() {
	local result=$1 name=$2
	count=$((count + 1))
	[ "$result" = ok ] || failed=$((failed + 1))
	printf '%s %d %s\n' "$result" "$count" "$name"
}

# Usage: check NAME CONDITION...
check() {
	local name=$1
	shift
	if "$@"; then
		report ok "$name"
	else
		report 'not ok' "$name"
		printf 'status %s\n' "${status:-}" | diag
		tail -n 5 "$work/err" 2>/dev/null | diag
	fi
}

skip() { report ok "$1 # SKIP $2"; }

our_qemus() {
	local pid
	for pid in /proc/[0-9]*; do
		tr '\0' ' ' 2>/dev/null <"$pid/cmdline" |
			grep -qE "^([^ ]*/)?qemu-system.* $token" && echo "${pid#/proc/}"
	done
	return 0
}

# Each takes one line of arguments that must be refused with one sentence.
refused() {
	local -a args
	read -ra args <<<"$1"
	TMPDIR=$work/tmp "$vm" "${args[@]}" >"$work/out" 2>"$work/err"
	status=$?
	[ $status = 2 ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] && return
	echo "not refused: scripts/vm $1" | diag
	return 1
}

all_refused() {
	local line
	while read -r line; do
		refused "$line" || return 1
	done <<-'EOF'
		true
		--
		--no-such-option -- true
		--cpus 0 -- true
		--cpus two -- true
		--icount --cpus 2 -- true
		--mem -1 -- true
		--mem 20 -- true
		--timeout 1s -- true
		--kernel 0.1 -- true
		--image /no/such/file -- true
		--module /no/such/file -- true
		--add /no/such/file -- true
		--add no-such-program -- true
		--add sh:/tmp/sh -- true
		--add sh:/../sh -- true
		--console /no/such/dir/file -- true
	EOF
}

check_output() {
	head -c 200000 /dev/urandom >"$work/binary"
	vm --add "$work/binary" -- cat binary >"$work/out" 2>"$work/err"
	status=$?
	check output_exact cmp -s "$work/binary" "$work/out"
	check status_zero [ "$status" = 0 ]
}

# The command prints its arguments each in brackets, then does its best to
# have the 0 taken for its status.
check_arguments() {
	# shellcheck disable=SC1003,SC2016 # nothing in there is to be expanded
	local args=('a  b' "it's" '"$HOME" \n \\' '' $'two\nlines\t' '*' ';' $'\303\251\001')
	local lies='status 0
status 0'
	# shellcheck disable=SC2016
	vm -- sh -c 'printf "[%s]" "$@"; echo; echo "$0"
		echo "$0" >/dev/kmsg; echo "$0" >/dev/console; exit 42' \
		"$lies" "${args[@]}" >"$work/out" 2>"$work/err"
	status=$?
	{
		printf '[%s]' "${args[@]}"
		printf '\n%s\n' "$lies"
	} >"$work/expected"
	check arguments_exact cmp -s "$work/expected" "$work/out"
	check status_not_from_text [ "$status" != 0 ]
	check status_42 [ "$status" = 42 ]
}

check_added() {
	local stress=true
	command -v stress-ng >/dev/null || stress=
	mkdir "$work/dir"
	echo in-directory >"$work/dir/file"
	echo module >"$work/some.ko"
	echo data >"$work/data"
	# shellcheck disable=SC2016
	printf '#!/bin/bash\n[[ -n $BASH_VERSION ]] && echo in-bash\n' >"$work/script"
	chmod 755 "$work/script"
	vm ${stress:+--add stress-ng} --add "$work/dir" --add "$work/data:/etc/new/name" \
		--add "$work/script" --module "$work/some.ko" -- \
		sh -c 'cat dir/file /spf/spf.ko /etc/new/name; script; stress-ng --version; exit 3' \
		>"$work/out" 2>"$work/err"
	status=$?
	if [ -n "$stress" ]; then
		check added_program grep -q '^stress-ng, version' "$work/out"
	else
		skip added_program 'no stress-ng'
	fi
	printf '%s\n' in-directory module data in-bash >"$work/expected"
	check added_files cmp -s "$work/expected" <(head -n 4 "$work/out")
	check status_3 [ "$status" = 3 ]
}

# A guest that stopped at output nobody reads would last until the timeout.
check_closed_reader() {
	vm --timeout 600 -- sh -c 'seq 1 100000; exit 7' 2>"$work/err" | head -n 1 >"$work/out"
	status=${PIPESTATUS[0]}
	check closed_reader [ "$status" = 7 ]
}

died_by_panic() {
	[ "$status" = 125 ] && grep -q 'sysrq triggered crash' "$work/err" &&
		[ "$(tail -n 1 "$work/err")" = 'vm: guest died before CMD finished' ]
}

check_panic() {
	vm -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60' >"$work/out" 2>"$work/err"
	status=$?
	check panic died_by_panic
}

timed_out() {
	[ "$status" = 124 ] && [ "$seconds" -ge 10 ] &&
		[ -z "$(our_qemus)" ] && tail -n 1 "$work/err" | grep -q '^vm: timeout'
}

check_timeout() {
	local seconds=$SECONDS
	vm --timeout 10 -- sleep 1000 >"$work/out" 2>"$work/err"
	status=$?
	seconds=$((SECONDS - seconds))
	check timeout timed_out
}

was_terminated() { [ "$running" = yes ] && [ "$status" = 143 ] && [ -z "$(our_qemus)" ]; }

check_terminated() {
	local pid running=no
	TMPDIR=$work/tmp "$vm" --append "$token" --module none -- sleep 1000 >"$work/out" 2>"$work/err" &
	pid=$!
	until [ -n "$(our_qemus)" ] || ! kill -0 "$pid"; do
		sleep 0.1
	done
	[ -z "$(our_qemus)" ] || running=yes
	kill "$pid"
	wait "$pid"
	status=$?
	check terminated was_terminated
}

# The name of each kernel and a status of its own come back.
check_boots() {
	local series number=10
	for series in $("$kernel" series); do
		number=$((number + 1))
		vm --kernel "$series" -- sh -c "uname -r; exit $number" >"$work/out" 2>"$work/err"
		status=$?
		check "boots_$series" booted "$series" $number
	done
}

booted() {
	[ "$status" = "$2" ] && [ "$(cat "$work/out")" = "$("$kernel" --kernel "$1" abi)" ]
}

was_built() {
	[ "$status" = 0 ] && cmp -s "$work/out" <(modinfo -F srcversion "$here/../build/6.1/spf.ko")
}

# Without a word it is the module of this tree, for the kernel that is booted.
check_built() {
	TMPDIR=$work/tmp "$vm" --append "$token" --timeout 1800 --kernel 6.1 -- \
		sh -c 'insmod spf.ko && cat /sys/module/spf/srcversion' \
		>"$work/out" 2>"$work/err"
	status=$?
	check module_is_built was_built
}

# What is booted is the file, not the kernel named beside it.
check_image() {
	vm --kernel 5.10 --image "$("$kernel" --kernel 6.1 image)" -- uname -r \
		>"$work/out" 2>"$work/err"
	status=$?
	check image booted 6.1 0
}

nothing_left() { [ -z "$(our_qemus)" ] && [ -z "$(ls -A "$work/tmp")" ]; }

main() {
	printf 'KTAP version 1\n1..%d\n' \
		$(($(wc -w <<<"$tests") + $("$kernel" series | wc -w)))
	check bad_usage all_refused
	check_output
	check_arguments
	check_added
	check_closed_reader
	check_panic
	check_timeout
	check_terminated
	check_boots
	check_image
	check_built
	check nothing_left nothing_left
	for pid in $(our_qemus); do
		kill -9 "$pid"
	done
	[ "$failed" = 0 ]
}

main "$@"
