#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: allocations fail, one after the other, while it loads, is switched on
# and is read.
#
#	failures.sh [TRIES]	(of each call that makes more of them: 60)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

tries=${1:-60}
knobs=/sys/kernel/debug
small='vmas_max=64 tasks_max=64'

# Also those that may wait, and without a word for each.
prepare() {
	for k in failslab fail_page_alloc; do
		echo N >$knobs/$k/ignore-gfp-wait && echo 0 >$knobs/$k/verbose ||
			return
	done
	echo N >$knobs/fail_page_alloc/ignore-gfp-highmem &&
		echo 0 >$knobs/fail_page_alloc/min-order
}

# Those that were neither are shown, and how many of each there were.
each() {
	say failing "$@" && return
	grep -A 2 '^#' /tmp/said
	return 1
}

begin
if ! [ -e $knobs/failslab ]; then
	skip "failures" "no CONFIG_FAILSLAB"
	ktap_end
	exit
fi
report "the kernel can be told to fail" prepare
report "a load is refused or complete" each load /spf/spf.ko "$tries" "$small"
rmmod spf 2>/dev/null
report "it loads" load
report "enable is refused or complete" each enable "$tries"
echo 1 >$dir/enable
for f in stats hooks top verdict; do
	report "$f: no memory is an error and no crash" each read $dir/$f
done
report "its sums hold" sums_hold
end
