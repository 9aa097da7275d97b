#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: probes that are int3 and not jumps: the kernel calls their handlers as
# if from an NMI.
#
#	int3.sh [ROUNDS]	(300)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

rounds=${1:-300}
optimization=/proc/sys/debug/kprobes-optimization
load=map,map,fault,fault,fork

no_jumps() {
	cat /sys/kernel/debug/kprobes/list >/tmp/probes
	[ -s /tmp/probes ] && ! grep 'OPTIMIZED' /tmp/probes
}

begin
report_if $optimization "no CONFIG_OPTPROBES" \
	"probes are no longer optimized" sh -c "echo 0 >$optimization"
report "it loads" load
report_if $optimization "no CONFIG_OPTPROBES" "none is a jump" no_jumps
report "$rounds rounds of threads that map, fault and fork" \
	say storm $load rounds "$rounds"
report_if $optimization "no CONFIG_OPTPROBES" "the same while they become jumps and int3" \
	say storm $load flap $optimization 5
report "its sums hold" sums_hold
end
