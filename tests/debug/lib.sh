# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the guest's tests of debug kernels share (docs/debug.md).  Sourced, after
# ktap.sh and vm/lib.sh.
#
# They run on stock kernels as well; what these cannot tell is skipped there.

# What the kernel calls an error; a call trace alone is none, for an allocation
# that fails prints one.
# shellcheck disable=SC2034 # for those who source this
errors='BUG: |kernel BUG at|WARNING: |Oops: |general protection fault|UBSAN: '
errors="$errors|ODEBUG: |rcu: INFO: |INFO: (possible|trying|rcu|task .* blocked)"
errors="$errors|suspicious RCU usage|scheduling while atomic|refcount_t: "
errors="$errors|(list|plist)_(add|del).* corruption|DEBUG_LOCKS_WARN_ON"
errors="$errors|[1-9][0-9]* new suspected memory leaks"

kmemleak=/sys/kernel/debug/kmemleak

# Where lib.sh of vm has what belongs to it.
# shellcheck disable=SC2154 # of those who source this
here=$here/../vm

begin() {
	exec 3>&1
	ktap_start
	echo "# soft lockups are reported: $(cat /proc/sys/kernel/soft_watchdog 2>&1)"
	report "nothing is wrong before" forget_leaks_of_boot
}

# say COMMAND...: and show what it says it did
say() {
	"$@" >/tmp/said 2>&1
	said=$?
	grep '^did ' /tmp/said | sed 's/^did/#/' >&3
	[ $said = 0 ] || grep -v '^did ' /tmp/said
	return $said
}

no_error() {
	! dmesg | grep -E "$errors"
}

# What the kernel has lost before anything is done here is not spf's.
forget_leaks_of_boot() {
	[ -e $kmemleak ] || return 0
	no_error || return
	scan
	if grep -q . $kmemleak; then
		echo "# $(grep -c '^unreferenced' $kmemleak) leaks of the kernel's own:" >&3
		awk '/^unreferenced/ { n = 0 }
			/^ *\[/ && ++n == 3 { print "#\t" $NF }' $kmemleak |
			sort -u >&3
	fi
	echo clear >$kmemleak && dmesg -c >/dev/null
}

# Once it has found an error it looks for no other.
lockdep_is_on() {
	same "lockdep" "$(awk '$1 == "debug_locks:" { print $2 }' \
		/proc/lockdep_stats)" 1
}

# An object has to be some seconds old, and to be the same in two scans.
scan() {
	sleep 6
	echo scan >$kmemleak && echo scan >$kmemleak
}

no_leak() {
	scan || return
	! head -n 60 $kmemleak | grep . || return
	no_error
}

# report_if FILE REASON NAME COMMAND...: skipped where FILE is not there
report_if() {
	file=$1
	reason=$2
	shift 2
	if [ -e "$file" ]; then
		report "$@"
	else
		skip "$1" "$reason"
	fi
}

# With small tables: a debug kernel takes long for each of the thousands of objects
# that the kernel allocates for them.
# shellcheck disable=SC2120 # most give it nothing
load() {
	insmod /spf/spf.ko vmas_max=4096 tasks_max=256 "$@"
}

# The shell's own faults must not come between two sums.
sums_hold() {
	# shellcheck disable=SC2154 # dir is of vm/lib.sh
	echo 0 >"$dir/enable"
	cat "$dir/stats" >/tmp/sums
	echo 1 >"$dir/enable"
	adds_up /tmp/sums
}

# Unloads it if it is there: what it has left is what counts.
end() {
	report "it unloads" rmmod spf
	report "no error in the kernel log" no_error
	report_if /proc/lockdep_stats "no CONFIG_LOCKDEP" \
		"lockdep has not given up" lockdep_is_on
	report_if $kmemleak "no CONFIG_DEBUG_KMEMLEAK" \
		"kmemleak finds nothing left behind" no_leak
	ktap_end
}
