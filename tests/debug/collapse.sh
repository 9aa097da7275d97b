#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: a collapse of huge pages ends in a tracepoint, when mmap_lock has been
# released.  There another thread takes the VMA away: nothing may read it any more,
# neither there nor later.
#
# spf-steps.ko is spf as it calls step.ko at each step.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

huge=/sys/kernel/mm/transparent_hugepage

# at WHAT STEP
at() {
	collapse "$1" "$2" >/tmp/said || return
	stopped=$(field_of /tmp/said did stopped)
}

# If it takes any, the VMA is taken away at each of them.
no_step() {
	n=0
	stopped=1
	while [ "$stopped" = 1 ] && [ $n -lt 1000 ]; do
		n=$((n + 1))
		at "$1" $n || return
	done
	same "steps behind the lock" $((n - 1)) 0
}

# What was there before mmap_lock was released: a collapse changes no field.
changes_nothing() {
	echo 1 >$dir/reset
	at "$1" 0 && same stopped "$stopped" 1 || return
	grep '^audit kind=collapse ' $dir/stats >/tmp/audits
	[ -s /tmp/audits ] || same ended "$(field section ended kind=collapse <$dir/stats)" 1 ||
		return
	awk '{
			for (i = 2; i <= NF; i++) {
				split($i, word, "=")
				if (word[1] ~ /^(vm_|anon_vma)/ && word[2] > 0)
					bad = 1
			}
			if (bad)
				print
		}
		END { exit bad }' /tmp/audits
}

begin
if [ ! -e $huge ]; then
	skip "collapse" "no CONFIG_TRANSPARENT_HUGEPAGE"
	ktap_end
	exit
fi
# Pages are small until they are collapsed, and nobody else collapses them.
echo never >$huge/enabled
echo 0 >$huge/khugepaged/pages_to_scan 2>/dev/null
report "the module that stops it loads" insmod /spf/step.ko
report "it loads" insmod /spf/spf-steps.ko
report "a collapse that nobody disturbs changes nothing" changes_nothing nothing
report "nor does one whose VMA is then protected" changes_nothing protect
report "nor one whose VMA is then split" changes_nothing split
report "nor one whose VMA is gone" changes_nothing unmap
report "spf does nothing when mmap_lock has been released" no_step unmap
report "its sums hold" sums_hold
end
