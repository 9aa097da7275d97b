#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: whom faults wait for, what the kernel's own faults are counted as,
# what is deferred or lost, each with the number that the program predicts.
#
# Needs /spf/linger.ko.
#
#	waits.sh [SCENARIO...]	(all)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

only=$*
out=/tmp/waits.out
err=/tmp/waits.err

# Each stays so long after the fault has come to wait for it.
linger_ns=20000000

get() {
	field_of $out "$@"
}

# is RECORD KEY WANTED [WORD...]
is() {
	same "$1 $4 $5 $2" "$(get "$1" "$2" "$4" "$5")" "$3"
}

# within RECORD KEY LOW HIGH [WORD...]
within() {
	between "$1 $5 $6 $2" "$(get "$1" "$2" "$5" "$6")" "$3" "$4"
}

did() {
	awk -v key="$1" '$1 == "did" {
		for (i = 2; i <= NF; i++)
			if (index($i, key "=") == 1) {
				print substr($i, length(key) + 2)
				exit
			}
	}' $out
}

checked() {
	[ "$1" = 0 ] || {
		echo "waits ended with status $1:"
		cat $err
		return 1
	}
	shift
	if "$@" && figures_hold $out "sums health waits" "$allowed"; then
		return
	fi
	echo "all figures:"
	cat $out
	return 1
}

# test_of TITLE SCENARIO CHECK...: skipped where the scenario cannot be had
test_of() {
	case " ${only:-$2} " in
	*" $2 "*) ;;
	*) return ;;
	esac
	title=$1
	# For one that hangs, and not for a host that is slow.
	timeout 900 waits "$2" >$out 2>$err
	status=$?
	shift 2
	if [ $status = 4 ]; then
		skip "$title" "$(cat $err)"
	else
		report "$title" checked $status "$@"
	fi
}

# 23 rounds, and somebody came in each of them.
all_met() {
	same "rounds" "$(did rounds)" 23 && same "alone" "$(did alone)" 0
}

# And the call was in the place where it is to stay.
all_inside() {
	all_met && same "inside" "$(did inside)" 23
}

# --- faults taken in the kernel ---

# kernel FAULTS CALLS BLOCKED OTHERS JUDGED MOST
kernel() {
	is kernel_faults arrived "$1" && is kernel_faults calls "$2" &&
		is kernel_faults blocked "$3" &&
		is not_judged kernel_faults "$1" &&
		is not_judged other_calls "$4" && is not_judged judged "$5" &&
		is not_judged most "$6" &&
		is faults kernel_mode $(($2 + $4)) && is faults arrived "$5" &&
		verdict_says_most "$6" "$1" "$4"
}

# verdict_says_most MOST FAULTS OTHERS: with the same numbers, or not at all
verdict_says_most() {
	line=$(grep '^said Most page faults were not judged' $out)
	if [ "$1" = 0 ]; then
		same "what verdict says" "$line" ""
		return
	fi
	for number in "$2" "$3"; do
		echo "$line" | grep -qw "$number" || {
			echo "verdict does not say $number: $line"
			return 1
		}
	done
}

kernel_many() {
	kernel 1009 1009 0 0 0 1 && is kernel_faults wait_ns 0
}

# From the time they came to the end of what the writer stayed after that; all of
# it within what the thread's own clock says.
kernel_blocked() {
	all_inside && kernel 23 23 23 0 0 1 &&
		within kernel_faults wait_ns $((23 * linger_ns)) "$(did stall_ns)"
}

kernel_others() {
	kernel 0 0 0 2018 0 1
}

kernel_few() {
	kernel 23 23 0 0 1009 0
}

# --- what a fault waits for ---

# waited_for STATE ARRIVALS: all 23 waits began in this state of the lock, and all
# of them arrived in the other one
waited_for() {
	is faults arrived 23 && is faults blocked 23 && is wait_total count 23 &&
		is lock arrivals 23 "state=$2" &&
		is lock waited 23 "state=$1" &&
		is lock wait_ns "$(get wait_total sum_ns)" "state=$1" &&
		within lock wait_ns $((23 * linger_ns)) 1000000000000 "state=$1" || return
	for state in free readers queued writer; do
		[ "$state" = "$1" ] || is lock waited 0 "state=$state" || return
		[ "$state" = "$2" ] || is lock arrivals 0 "state=$state" || return
	done
}

# The fault is the same one, however often it is handled.
repeated() {
	all_inside && waited_for "$1" free &&
		is reason count 23 name=uffd_missing
}

# --- names ---

# called NAME: all that was waited for, in one line
called() {
	all_inside && waited_for writer writer &&
		awk -v name="$1" -v ns="$(get lock wait_ns state=writer)" '
		function check(got, want) {
			if (got != want) {
				print "top: got " got ", wanted " want
				bad = 1
			}
		}
		$1 == "top" && $2 == "by=wait" {
			lines++
			check($4, "kind=" name)
			check($5, "comm=writer")
			check($7, "count=23")
			check($8, "wait_ns=" ns)
			check($9, "error=0")
		}
		END { check(lines + 0, 1); exit bad }' $out
}

names() {
	for name in mprotect mmap munmap brk mremap madvise mlock mbind fork shmat \
		ioctl; do
		test_of "who waits for $name is told so" "by_$name" called "$name"
	done
	test_of "who waits for mprotect of a part of a VMA is told so" \
		by_mprotect_part called mprotect
}

# --- forks ---

# The others completed.
forks_of_many() {
	all_inside && is faults arrived 46 && is reason count 23 name=seq_odd &&
		is design completed 23 && is blame aborts 23 kind=fork &&
		is conflict count 23 scope=page &&
		is section begun 23 kind=fork && is section ended 23 kind=fork &&
		within section vmas $((23 * 2000)) $((23 * 2100)) kind=fork
}

# --- a new baseline ---

# What is deferred is so until its writer is gone, which is after the reset.
reset_forgets() {
	all_met && same "deferred before" "$(did deferred_before)" 23 &&
		same "deferred after" "$(did deferred_after)" 0 &&
		same "possible after" "$(did possible_after)" 0 &&
		is possible pending 0 && is design possible_late 0
}

# --- huge pages ---

# It is over, and looked at, while the lock is held.
collapsed() {
	all_inside && is section begun 23 kind=collapse &&
		is section ended 23 kind=collapse &&
		is section begun 23 kind=remove && is section ended 23 kind=remove &&
		is audit sections 23 kind=collapse lock=write || return
	for key in freed vm_start vm_end vm_pgoff vm_flags vm_page_prot vm_policy \
		anon_vma; do
		is audit "$key" 0 kind=collapse lock=write || return
	done
}

# --- readings ---

read_well() {
	within did read 50 1000000000 && is did ahead 0 &&
		within section begun 50 1000000000 kind=mprotect
}

# --- tables that are too small ---

# with_table SIZE TITLE SCENARIO CHECK...
with_table() {
	table=$1
	shift
	case " ${only:-$2} " in
	*" $2 "*) ;;
	*) return ;;
	esac
	rmmod spf && insmod /spf/spf.ko "vmas_max=$table" || return
	test_of "$@"
}

# Those of the other process had nothing to do with it.
table_full() {
	all_inside && within health full 23 1000000000 && is health overrun 23 &&
		within design attempted $((1009 + 23)) 100000 &&
		within design possible_late 23 $((23 + 20)) &&
		! grep -E '^(design|share) .* refused=(sections|faults)_lost' $out
}

has_room() {
	is health full 0
}

ktap_start
[ ! -e /proc/sys/kernel/numa_balancing ] ||
	echo 0 >/proc/sys/kernel/numa_balancing
report "the module loads" insmod /spf/spf.ko
report "a module that makes sections last" insmod /spf/linger.ko

allowed=
test_of "1009 pages read into: 1009 faults of the kernel" kernel_many kernel_many
test_of "23 of them behind a writer: as long as the clock says" kernel_blocked \
	kernel_blocked
test_of "2018 pages without a fault: other calls" kernel_others kernel_others
test_of "23 of the kernel beside 1009: not most" kernel_few kernel_few

test_of "23 faults that wait for a writer when they are repeated: writer" \
	repeated_writer repeated writer
test_of "23 that wait behind one that waits: queued" \
	repeated_queued repeated queued
names

test_of "forks of 2000 VMAs: each fault in them meets one, others none" fork_many \
	forks_of_many
test_of "a new baseline forgets what is deferred" reset_deferred reset_forgets
test_of "huge pages whose VMA is unmapped at once: sections end" collapse \
	collapsed
allowed=overrun
test_of "50 readings under load: no more ended than begun" readings read_well

allowed='full overrun'
with_table 64 "a table that is full: possible for who is concerned" full_table \
	table_full
allowed=
with_table 1024 "28 processes of 44 VMAs, one by one: there is room" turnover \
	has_room
with_table 1024 "14 more when 14 have been idle for long: there is room" \
	old_entries has_room

report "the modules unload" rmmod linger spf
report "no splat in the kernel log" no_splat
ktap_end
