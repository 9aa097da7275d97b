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

# Does this kernel have locks of its own for single VMAs?
has_vma_locks() {
	grep -q '^vma_lock kernel=native' $dir/stats
}

run() {
	scenario "$1" >$out || {
		echo "scenario $1 failed"
		return 1
	}
	figures_hold $out "sums health waits"
}

# until_seen RUN SEEN: what RUN makes sure of holds each time.  What SEEN looks for is
# up to how the host runs the two CPUs, and has to come at last.
until_seen() {
	for _ in $(seq 25); do
		"$1" || return
		"$2" >/tmp/unseen && return
	done
	echo "in each of 25 runs, as in the last one:"
	cat /tmp/unseen
	return 1
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
# writer's call, others may have been.  Either side may be late on a busy host,
# now and then: that is why there are two or three more or less.
bounds() {
	inside=$(field_of $out did inside)
	unsure=$(field_of $out did unsure)
	least=$((inside - 3))
	most=$((inside + unsure + 2))
	between "touches inside the call" "$inside" 23 1000
}

# The interval of spf must hold the truth, and must not be wide: a fault that
# came when the writer had the lock but had not begun its section is possible.
entry_aborts() {
	certain=$(field_of $out reason count "name=$1")
	possible=$(field_of $out design possible_late)
	between "$1, certain" "$certain" "$least" "$most" &&
		between "$1 and possible" $((certain + possible)) "$least" 1000
}

mprotect_same() {
	run mprotect_same && bounds && entry_aborts seq_odd &&
		between blocked "$(field_of $out faults blocked)" "$least" "$most" &&
		sections "$(field_of $out did rounds)"
}

sections() {
	same begun "$(field_of $out section begun kind=mprotect)" "$1" &&
		same ended "$(field_of $out section ended kind=mprotect)" "$1"
}

# The wait of the faults that met a writer, by spf and seen from outside.
wait_is_part() {
	wait=$(field_of $out wait_total sum_ns)
	stall=$(field_of $out did stall_ns)
	between "wait of all" "$wait" 1 "$stall"
}

waits_beside_writer() {
	run mprotect_same && wait_is_part
}

# A touch is hardly more than its wait, where the host lets it go on at once.
wait_is_most() {
	bounds &&
		between "faults that waited" "$(field_of $out wait_total count)" \
			"$least" "$most" &&
		between "wait of all" "$wait" $((stall * 9 / 10)) "$stall"
}

wait_is_stall() {
	until_seen waits_beside_writer wait_is_most
}

mprotect_other() {
	run mprotect_other && bounds &&
		rounds=$(field_of $out did rounds) &&
		bins "$rounds" "$rounds" 0 0 &&
		between blocked "$(field_of $out faults blocked)" "$least" "$most" &&
		sections "$rounds"
}

# All of them completed.
saved_is_wait() {
	wait_is_part &&
		same wait_saved_ns "$(field_of $out design wait_saved_ns)" "$wait"
}

passed_writer() {
	run mprotect_beside && bins 23 23 0 0 && sections 23 &&
		same blocked "$(field_of $out faults blocked)" 0 &&
		vma_locks 23 0 0
}

none_inside() {
	same inside "$(field_of $out did inside)" 0
}

# The kernel's VMA lock of the one does not keep faults out of the other.
mprotect_beside() {
	until_seen passed_writer none_inside
}

remap_same() {
	run remap_same && bounds && entry_aborts vma_absent
}

zap_same() {
	run zap_same && bounds && entry_aborts seq_odd &&
		same blocked "$(field_of $out faults blocked)" 0
}

short_zaps() {
	# More than 8 zaps during one fault are too many to remember: overrun.
	scenario zaps_beside >$out && adds_up $out &&
		same arrived "$(field_of $out faults arrived)" 1009 &&
		same "all reasons" 1009 $((
			$(field_of $out reason count name=seq_moved) +
			$(field_of $out reason count name=seq_odd) +
			$(field_of $out design completed)))
}

some_moved() {
	between seq_moved "$(field_of $out reason count name=seq_moved)" 1 1009
}

# Zaps of a page, one after the other, beside faults in the same VMA: when each
# hits is chance, but nothing else can stop a fault, and some are hit late.
zaps_beside() {
	until_seen short_zaps some_moved
}

short_writers() {
	run writers_queue && bins 1009 1009 0 0 &&
		same possible_late "$(field_of $out design possible_late)" 0
}

some_cleared() {
	between cleared "$(field_of $out possible cleared)" 1 1009
}

# Writers of another VMA queue behind the faults: no abort, and once it is known
# what they were after no possible one either.
writers_queue() {
	until_seen short_writers some_cleared
}

# What is there by the kernel's version.
optional_hooks() {
	case $(uname -r) in
	5.10.*)
		set -- merge madv_free in_madvise in_mbind in_uffd \
			in_uffd_release remove_mm
		;;
	6.1.*)
		set -- vma_expand brk merge madv_free in_madvise in_mbind \
			in_uffd in_uffd_release remove_mas
		;;
	6.12.*)
		set -- vma_free_exit vma_prepare vma_complete modify \
			modify_advice modify_policy modify_uffd \
			in_madvise_call walk remove_vms
		;;
	*)
		set -- vma_prepare vma_complete modify modify_name \
			modify_policy modify_uffd in_madvise in_madv_free \
			walk_vma remove_vms
		;;
	esac
	all_on "$@" vma_alloc stack_down move_page_tables in_mlock rebind \
		collapse page_prot in_mmap in_clear_refs \
		anon_unlink in_pgtables fork_copy read_wait swapin arrival \
		arrival_kernel signal
}

all_on() {
	for h; do
		grep -qE "^hook name=$h .* (state=on|why=replaced) " $dir/hooks || {
			grep "^hook name=$h " $dir/hooks
			return 1
		}
	done
}

# Nor is there a kind of section that nobody sees.
all_kinds() {
	same "kinds not hooked" \
		"$(field not_hooked sections <$dir/stats)" none
}

leftover() {
	run leftover && bins 2 1 1 0 &&
		same no_vma "$(field_of $out reason count name=no_vma)" 1 &&
		same blocked "$(field_of $out faults blocked)" 0
}

# kinds_of OPTION KIND...: not_configured if and only if OPTION is not there
kinds_of() {
	there=yes
	has "$1" || there=no
	option=$1
	shift
	for kind; do
		state=$(field section state "kind=$kind" <$dir/stats)
		case $there/$state in
		yes/hooked | no/not_configured) ;;
		*)
			echo "$option: $there, kind $kind: $state"
			return 1
			;;
		esac
	done
}

configured_kinds() {
	kinds_of NUMA mbind rebind &&
		kinds_of TRANSPARENT_HUGEPAGE collapse &&
		kinds_of USERFAULTFD uffd
}

# In place of vma_adjust later kernels have two.
mandatory_hooks() {
	set -- canary task_exit vma_free unmap_range change_protection fault \
		write_lock write_lock_killable write_wait write_unlock downgrade
	if grep -q '^hook name=vma_adjust .*why=replaced' $dir/hooks; then
		all_on "$@" vma_prepare vma_complete
	else
		all_on "$@" vma_adjust
	fi && same "mandatory hooks" "$(grep -c 'mandatory=1' $dir/hooks)" 12
}

# A kprobe costs four times as much, and nothing else tells.
entries_by_ftrace() {
	same "kprobes that are set" \
		"$(sed -n 's/^hook name=\([a-z_]*\) .* type=kprobe .* state=on .*/\1/p' $dir/hooks | xargs)" \
		canary
}

# What the kernel's own VMA locks did in the scenario before.
# vma_locks SUCCESS RETRY ABORT
vma_locks() {
	same success "$(field_of $out vma_lock success)" "$1" &&
		same retry "$(field_of $out vma_lock retry)" "$2" &&
		same abort "$(field_of $out vma_lock abort)" "$3" &&
		same uncovered "$(field_of $out coverage uncovered_sections)" 0
}

after() {
	scenario "$1" >$out && shift && vma_locks "$@"
}

# The kernel's lock refuses those that meet the writer, and no other.
vma_lock_refusals() {
	scenario mprotect_same >$out && bounds &&
		abort=$(field_of $out vma_lock abort) &&
		between abort "$abort" "$least" "$most" &&
		vma_locks $(($(field_of $out did rounds) - abort)) 0 "$abort"
}

vma_lock_tests() {
	report "VMA locks: 1009 faults had them" after anon 1009 0 0
	report "VMA locks: with one thread as well" after single 1009 0 0
	report "VMA locks: and for the first fault of a VMA" \
		after no_anon_vma 23 0 0
	# The handler gives the lock back to wait for the page.
	report_with USERFAULTFD "VMA locks: 23 userfaults gave them back" \
		after uffd_missing 0 23 0
	report "VMA locks: none where there is no VMA" after no_vma 0 0 0
	report "VMA locks: a writer keeps faults off them" vma_lock_refusals
}

# docs/hooks.md has a table by kind and kernel; a kernel without a column there
# has nothing to be compared with.
hooks_as_documented() {
	series=$(uname -r | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
	awk -v series="$series" -F' *[|] *' '
		$2 == "kind" { for (i = 3; i < NF; i++) if ($i == series) column = i }
		column && $2 ~ /^`[a-z_]+`$/ { gsub(/`/, "", $2); print $2 "|" $column; rows++ }
		column && rows && NF < 3 { exit }' "$here/../hooks.md" >/tmp/documented
	[ -s /tmp/documented ] || {
		echo "docs/hooks.md has no column for $series"
		return 1
	}
	awk -f "$here/hooks.awk" $dir/hooks $dir/stats >/tmp/hooked
	diff /tmp/documented /tmp/hooked
}

# Which functions a kernel has is up to its configuration, too: stock ones are
# known.  What is missing elsewhere shows in the kinds, below.
report_stock() {
	case $(uname -r) in
	*-amd64 | *-arm64) report "$@" ;;
	*) skip "$1" "not a stock kernel" ;;
	esac
}

ktap_start
report "the module loads" insmod /spf/spf.ko
report "every mandatory hook is on" mandatory_hooks
report_if /proc/sys/kernel/ftrace_enabled \
	"entries are called by ftrace, but for the canary" entries_by_ftrace
report_stock "the optional hooks of this kernel are on" optional_hooks
report_stock "docs/hooks.md says by what each kind is seen" hooks_as_documented
report "what is not configured is called so" configured_kinds
report "every kind of section is hooked" all_kinds
report "two threads, 1009 pages: 1009 completed" all_completed anon
report "two threads, 1009 zero pages written: 1009 completed" \
	all_completed copy_on_write
report "one thread, 1009 pages: 1009 skipped" all_skipped single
report "23 page tables not there: pmd_none" \
	aborted pmd_none pmd_none spf_vma_notsup
report_with TRANSPARENT_HUGEPAGE "23 huge pages: pmd_huge" \
	aborted pmd_huge pmd_huge spf_vma_notsup
report "23 pages of a file: vm_ops_fault" \
	aborted file vm_ops_fault spf_vma_notsup
report "first touch of 23 VMAs: no_anon_vma" \
	aborted no_anon_vma no_anon_vma spf_vma_notsup
report "23 pages of a growing VMA: grows_down" \
	aborted grows_down grows_down spf_vma_notsup
report_with NUMA "23 pages under an interleave policy: interleave" \
	aborted interleave interleave spf_vma_notsup
report_with USERFAULTFD "23 userfaults, each handled twice: uffd_missing" \
	aborted uffd_missing uffd_missing spf_vma_notsup
report_with USERFAULTFD "23 userfaults whose VMA is replaced: uffd_missing" \
	aborted uffd_replaced uffd_missing spf_vma_notsup
report "23 times no VMA: no_vma" aborted no_vma no_vma none
report "a fault that ended in a signal is not mixed up with the next" leftover
report "23 faults of the kernel itself: not counted as arrived" not_arrived
report "beside mprotect of the same VMA: seq_odd" mprotect_same
report "what those waited is what the clock says" wait_is_stall
if has_vma_locks; then
	report "beside mprotect of another VMA: did not wait" mprotect_beside
	vma_lock_tests
else
	report "beside mprotect of another VMA: completed" mprotect_other
	report "what those waited would be saved" saved_is_wait
fi
report "beside a zap of the same VMA, without waiting: seq_odd" zap_same
report "beside short zaps of the same VMA: seq_moved" zaps_beside
report "beside short writers of another VMA: not possible" writers_queue
report "VMA replaced meanwhile: vma_absent" remap_same
report "the module unloads" rmmod spf
report "no splat in the kernel log" no_splat
ktap_end
