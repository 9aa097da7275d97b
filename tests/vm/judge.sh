#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: faults that can be predicted, and what spf says of them.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

out=/tmp/judge.out

run() {
	scenario "$1" >$out || {
		echo "scenario $1 failed"
		return 1
	}
	adds_up $out && healthy $out
}

# bins ARRIVED COMPLETED ABORT_ENTRY SKIPPED
bins() {
	same arrived "$(field_of $out faults arrived)" "$1" &&
		same completed "$(field_of $out design completed)" "$2" &&
		same abort_entry "$(field_of $out design abort_entry)" "$3" &&
		same abort_late "$(field_of $out design abort_late)" 0 &&
		same skipped "$(field_of $out design skipped)" "$4"
}

all_completed() {
	run "$1" && bins 1009 1009 0 0 &&
		same served "$(field_of $out service_total count)" 1009 &&
		same possible_late "$(field_of $out design possible_late)" 0
}

all_skipped() {
	run "$1" && bins 1009 0 0 1009 &&
		same single_user \
			"$(field_of $out reason count name=single_user)" 1009
}

# aborted SCENARIO REASON HISTORIC: 23 faults, all for this one reason
aborted() {
	run "$1" && bins 23 0 23 0 &&
		same "$2" "$(field_of $out reason count "name=$2" \
			"historic=$3")" 23
}

not_arrived() {
	run kernel_mode && bins 0 0 0 0 &&
		same kernel_mode "$(field_of $out faults kernel_mode)" 23
}

# What the program could tell from outside: 23 or more touches were inside the
# writer's call, and a few may have been or not.
bounds() {
	inside=$(field_of $out did inside)
	unsure=$(field_of $out did unsure)
	most=$((inside + unsure))
	between "touches inside the call" "$inside" 23 1000 &&
		between "touches that may have been" "$unsure" 0 10
}

# The interval of spf must hold the truth, and must not be wide: a fault that
# came when the writer had the lock but had not begun its section is possible.
entry_aborts() {
	certain=$(field_of $out reason count "name=$1")
	possible=$(field_of $out design possible_late)
	between "$1, certain" "$certain" $((inside - 3)) "$most" &&
		between "$1 and possible" $((certain + possible)) "$inside" 1000
}

mprotect_same() {
	run mprotect_same && bounds && entry_aborts seq_odd &&
		between blocked "$(field_of $out faults blocked)" "$inside" "$most" &&
		sections "$(field_of $out did rounds)"
}

sections() {
	same begun "$(field_of $out section begun kind=mprotect)" "$1" &&
		same ended "$(field_of $out section ended kind=mprotect)" "$1"
}

mprotect_other() {
	run mprotect_other && bounds &&
		rounds=$(field_of $out did rounds) &&
		bins "$rounds" "$rounds" 0 0 &&
		between blocked "$(field_of $out faults blocked)" "$inside" "$most" &&
		sections "$rounds"
}

# What those faults waited, seen from outside, is what would have been saved.
wait_is_stall() {
	stall=$(field_of $out did stall_ns)
	between wait_saved_ns "$(field_of $out design wait_saved_ns)" \
		$((stall * 9 / 10)) "$stall"
}

remap_same() {
	run remap_same && bounds && entry_aborts vma_absent
}

zap_same() {
	run zap_same && bounds && entry_aborts seq_odd &&
		same blocked "$(field_of $out faults blocked)" 0
}

# Zaps of a page, one after the other, beside faults in the same VMA: when each
# hits is chance, but nothing else can stop a fault, and some are hit late.
zaps_beside() {
	# More than 8 zaps during one fault are too many to remember: overrun.
	scenario zaps_beside >$out && adds_up $out &&
		same arrived "$(field_of $out faults arrived)" 1009 &&
		between seq_moved \
			"$(field_of $out reason count name=seq_moved)" 1 1009 &&
		same "all reasons" 1009 $((
			$(field_of $out reason count name=seq_moved) +
			$(field_of $out reason count name=seq_odd) +
			$(field_of $out design completed)))
}

# Writers of another VMA queue behind the faults: no abort, but possible ones.
writers_queue() {
	run writers_queue && bins 1009 1009 0 0 &&
		between possible_late "$(field_of $out design possible_late)" 1 1009
}

optional_hooks() {
	for h in vma_alloc vma_expand stack_down vma_remove; do
		grep -q "^hook name=$h .*state=on" $dir/hooks || {
			grep "name=$h " $dir/hooks
			return 1
		}
	done
}

leftover() {
	run leftover && bins 2 1 1 0 &&
		same bad_area "$(field_of $out reason count name=bad_area)" 1 &&
		same blocked "$(field_of $out faults blocked)" 0
}

same_hooks() {
	awk '$1 == "hook" && /mandatory=1/ { n++; if (!/state=on/) print; else on++ }
		END { print n + 0, "mandatory"; exit n != 8 || on != 8 }' $dir/hooks
}

ktap_start
report "the module loads" insmod /spf/spf.ko
report "every mandatory hook is on" same_hooks
report "the optional hooks of this kernel are on" optional_hooks
report "two threads, 1009 pages: 1009 completed" all_completed anon
report "two threads, 1009 zero pages written: 1009 completed" \
	all_completed copy_on_write
report "one thread, 1009 pages: 1009 skipped" all_skipped single
report "23 page tables not there: pmd_none" \
	aborted pmd_none pmd_none spf_vma_notsup
report "23 huge pages: pmd_huge" aborted pmd_huge pmd_huge spf_vma_notsup
report "23 pages of a file: vm_ops_fault" \
	aborted file vm_ops_fault spf_vma_notsup
report "first touch of 23 VMAs: no_anon_vma" \
	aborted no_anon_vma no_anon_vma spf_vma_notsup
report "23 pages of a growing VMA: grows" aborted grows grows spf_vma_notsup
report "23 pages under an interleave policy: interleave" \
	aborted interleave interleave spf_vma_notsup
report "23 userfaults, each handled twice: uffd_missing" \
	aborted uffd_missing uffd_missing spf_vma_notsup
report "23 times no VMA: bad_area" aborted bad_area bad_area none
report "a fault that ended in a signal is not mixed up with the next" leftover
report "23 faults of the kernel itself: not counted as arrived" not_arrived
report "beside mprotect of the same VMA: seq_odd" mprotect_same
report "beside mprotect of another VMA: completed" mprotect_other
report "what those waited is what the clock says" wait_is_stall
report "beside a zap of the same VMA, without waiting: seq_odd" zap_same
report "beside short zaps of the same VMA: seq_moved" zaps_beside
report "beside short writers of another VMA: possible" writers_queue
report "VMA replaced meanwhile: vma_absent" remap_same
report "the module unloads" rmmod spf
report "no splat in the kernel log" no_splat
ktap_end
