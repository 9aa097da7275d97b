#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: calls whose write sections are known, and how many of each kind
# spf has recorded.  What is expected comes from the sources of the kernels and
# from the list of v12's sections in docs/hooks.md.
#
# Two nodes are needed for two of the tests: boot with numa=fake=2.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

out=/tmp/sections.out

# What differs by kernel.
#
# grown: mmap that merges with a neighbour, and brk that grows the heap.  Only
#	6.1 has functions of their own for that, vma_expand and do_brk_flags; the
#	others have one place that changes bounds.
# unlocked: 5.10 takes VM_LOCKED from a VMA before it removes it, in
#	munlock_vma_pages_range, which is a section of v12.  Later ones do not.
# wp_ends: since 5.19 pages lose their write protection with the registration.
# gathered: since 6.12 mmap splits what it is going to replace before it finds
#	out that it is not allowed to.
wp_ends=uffd_wp=23
unlocked=
gathered=
case $(uname -r) in
5.10.*) grown=adjust unlocked=mlock=23 wp_ends= ;;
6.1.*) grown="expand" ;;
*) grown=adjust gathered=adjust=23 ;;
esac

# recorded KIND=N...: so many sections of these kinds and none of another, all
# of them ended, with the VMAs that they have to move, and nothing was lost.
recorded() {
	awk -v wanted="$*" '
		function check(what, got, want) {
			if (got == want)
				return
			print what ": got " got ", wanted " want
			bad = 1
		}
		# Of those two spf says that they are counted only.  What a fork
		# copies is counted by the program.
		function moved(kind, n) {
			if (kind ~ /^(remove|rebind)$/)
				return 0
			if (kind == "mremap")
				return 2 * n
			return kind == "fork" ? copied * n : n
		}
		function section(kind, n) {
			check(kind " begun", key["begun"], n)
			check(kind " ended", key["ended"], n)
			# Bounds are those of up to three VMAs at a time.
			if (kind !~ /^(adjust|expand)$/)
				check(kind " vmas", key["vmas"], moved(kind, n))
			else if (key["vmas"] < n || key["vmas"] > 3 * n)
				check(kind " vmas", key["vmas"], n " to " 3 * n)
			if (n)
				check(kind, key["state"], "hooked")
			seen[kind] = 1
		}
		function health() {
			for (k in key)
				if (k !~ /^(vmas|tasks)$/)
					check("health " k, key[k], 0)
			seen["health"] = 1
		}
		BEGIN {
			for (i = split(wanted, word); i; i--) {
				split(word[i], part, "=")
				want[part[1]] += part[2]
			}
			want["health"] = 0
		}
		{
			split("", key)
			for (i = 2; i <= NF; i++) {
				split($i, part, "=")
				key[part[1]] = part[2]
			}
		}
		$1 == "did" { copied = key["copied"] }
		$1 == "section" { section(key["kind"], want[key["kind"]] + 0) }
		$1 == "health" { health() }
		END {
			for (k in want)
				if (!(k in seen))
					check(k, "no line", want[k])
			exit bad
		}' $out
}

run() {
	name=$1
	shift
	sections "$name" >$out && recorded "$@"
}

# expect SCENARIO [KIND=N]...
expect() {
	name=$1
	shift
	report "$name: ${*:-nothing}" run "$name" "$@"
}

# Only these kinds: others are of other processes, or up to the kernel.
only() {
	mv $out $out.all
	grep -E "^(did|section kind=($1) |health)" $out.all >$out
}

# No page table of a file is v12's section, and none may stay open.
collapse_of_file() {
	sections collapse_file >$out && only collapse && recorded
}

# The kernel's thread has to find the pages; nobody else has such.
collapse_by_thread() {
	(
		cd /sys/kernel/mm/transparent_hugepage &&
			echo madvise >enabled && cd khugepaged &&
			echo 4096 >pages_to_scan &&
			echo 10 >scan_sleep_millisecs
	) && sections khugepaged >$out && only collapse &&
		recorded collapse=23
}

# While somebody switches the probes off and on again.
forks_unseen() {
	echo 1 >/proc/sys/kernel/softlockup_panic
	sections fork_unseen >$out && run fork fork=23
}

# Two groups of the same processors and other nodes.
two_cpusets() {
	mkdir -p /tmp/cgroup && mount -t cgroup2 none /tmp/cgroup &&
		echo +cpuset >/tmp/cgroup/cgroup.subtree_control &&
		mkdir /tmp/cgroup/one && echo 0 >/tmp/cgroup/one/cpuset.mems
}

cpuset_changes() {
	two_cpusets && run cpuset rebind=23
}

# In debugfs since 5.13.
scan_often() {
	for f in /proc/sys/kernel/numa_balancing_scan_ \
		/sys/kernel/debug/sched/numa_balancing/scan_; do
		[ -e ${f}delay_ms ] || continue
		echo 10 >${f}delay_ms && echo 20 >${f}period_min_ms &&
			echo 20 >${f}period_max_ms
	done
}

# How often the kernel scanned is counted by its own probe: other processes are
# scanned as well.  The program goes on until spf has seen ten scans.
numa_scans() {
	scan_often
	echo 'p:scans change_prot_numa' >$trace/kprobe_events &&
		echo >$trace/trace &&
		echo 1 >$trace/events/kprobes/scans/enable || return
	sections numa >$out
	result=$?
	# Also when it gave up.
	echo 0 >/proc/sys/kernel/numa_balancing
	echo 0 >$trace/events/kprobes/scans/enable
	scans=$(grep -c '^ *sections-' $trace/trace)
	echo >$trace/kprobe_events
	echo "# scans: $scans" >&3
	[ $result = 0 ] && between scans "$scans" 10 10000 && only numa &&
		recorded "numa=$scans"
}

trace=/sys/kernel/tracing

exec 3>&1
ktap_start
# But in its own test, none of this here.
echo 0 >/proc/sys/kernel/numa_balancing
report "the module loads" insmod /spf/spf.ko

# One for each VMA whose protection changes; a split is two changes of bounds,
# and two neighbours that become one with what was between them one.
expect mprotect_whole mprotect=23
expect mprotect_same
expect mprotect_split adjust=46 mprotect=23
expect mprotect_merge adjust=23 mprotect=23
expect mprotect_border adjust=23 mprotect=23
# The second and the third become part of the first.
expect mprotect_three adjust=46 mprotect=69

# One zap and one end of page tables for each VMA that goes.
expect munmap_whole remove=23 unmap=23 pgtables=23
expect munmap_middle remove=23 unmap=23 pgtables=23 adjust=46
expect munmap_end remove=23 unmap=23 pgtables=23 adjust=23
expect munmap_three remove=23 unmap=69 pgtables=69
expect munmap_nothing
# shellcheck disable=SC2086 # one word or none
expect munmap_locked remove=23 unmap=23 pgtables=23 $unlocked

# A new VMA is put into the tree without a change of bounds.
expect mmap_new mmap=23
expect mmap_next mmap=23 $grown=23
expect mmap_between mmap=23 $grown=23
expect mmap_over mmap=23 remove=23 unmap=23 pgtables=23
# Split twice, removed, and made one again.
expect mmap_over_middle mmap=23 remove=23 unmap=23 pgtables=23 adjust=46 \
	$grown=23
expect mmap_file mmap=23
expect mmap_refused
# shellcheck disable=SC2086
expect mmap_over_refused $gathered

# A file is zapped before and after its pages are gone.
expect truncate unmap=46

# What is moved is removed where it was.
expect mremap_move mremap=23 remove=23 unmap=23 pgtables=23
expect mremap_middle mremap=23 remove=23 unmap=23 pgtables=23 adjust=46
expect mremap_over mremap=23 remove=46 unmap=46 pgtables=46
expect mremap_dontunmap mremap=23
expect mremap_grow adjust=23
expect mremap_shrink remove=23 unmap=23 pgtables=23 adjust=23
expect mremap_same

expect dontneed unmap=23
expect dontneed_three unmap=69
expect madv_free madv_free=23
expect madv_free_three madv_free=69
expect madv_flags madvise=253
expect madv_same
expect madv_split madvise=23 adjust=46
expect madv_merge madvise=23 adjust=23
expect madv_three madvise=69

expect mlock mlock=23
expect mlock_again
expect mlock_onfault mlock=23
expect munlock mlock=23
expect mlock_split mlock=23 adjust=46
expect mlock_merge mlock=23 adjust=23
# 23 islands, and 47 pages between them and the holes.
expect mlockall mlock=70

expect mbind mbind=23
expect mbind_same
expect mbind_back mbind=23
expect mbind_split mbind=23 adjust=46
expect mbind_merge mbind=23 adjust=23
expect mbind_three mbind=69

expect uffd uffd=23
expect uffd_again
expect uffd_unregister uffd=23
expect uffd_split uffd=23 adjust=46
expect uffd_merge uffd=23 adjust=23
expect uffd_release uffd=23
expect uffd_wp uffd_wp=23
# shellcheck disable=SC2086
expect uffd_wp_unregister uffd=23 $wp_ends
# shellcheck disable=SC2086
expect uffd_wp_release uffd=23 $wp_ends

expect brk_grow $grown=23
# A new VMA behind a heap that is locked; locking it makes it part of the heap.
expect brk_new mlock=23 adjust=23
expect brk_shrink remove=23 unmap=23 pgtables=23 adjust=23
expect stack_grow stack=23
expect stack_use

# The VMAs are all those that the child gets with their pages.
expect fork fork=23
expect fork_not_all fork=23
expect fork_wiped fork=23
# Each again right after the one before: 2000 VMAs and more, and one end for all.
expect fork_many fork=23
expect vfork

expect soft_dirty soft_dirty=23
expect soft_dirty_again
expect clear_refs

case $(uname -r) in
5.10.*)
	skip "collapse" "no MADV_COLLAPSE"
	skip "collapse of a file's pages" "no MADV_COLLAPSE"
	;;
*)
	expect collapse collapse=23
	report "collapse of a file's pages: nothing" collapse_of_file
	;;
esac
report "khugepaged: collapse=23" collapse_by_thread

expect look

if [ -d /sys/devices/system/node/node1 ]; then
	report "cpuset: rebind=23" cpuset_changes
	report "numa: as many as the kernel has scans" numa_scans
else
	skip "cpuset" "only one node"
	skip "numa" "only one node"
fi
report "forks whose end is not seen do no harm" forks_unseen
report "the module unloads" rmmod spf
report "no splat in the kernel log" no_splat
ktap_end
