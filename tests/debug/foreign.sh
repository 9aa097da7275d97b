#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: a kernel thread handles faults of a task that is not its own, with and
# without the tracepoint of arrivals.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

pages=50

start() {
	mkfifo /tmp/hold 2>/dev/null
	remote wait 100 </tmp/hold >/tmp/remote &
	exec 5>/tmp/hold
	until grep -q '^did' /tmp/remote; do
		sleep 0.1
	done
}

handled() {
	start
	insmod /spf/foreign.ko pid="$(field_of /tmp/remote did pid)" \
		address="$(field_of /tmp/remote did address)" pages=$pages
	result=$?
	[ $result != 0 ] || {
		count=$(cat /sys/module/foreign/parameters/handled)
		rmmod foreign
		same handled "$count" $pages
		result=$?
	}
	exec 5>&-
	wait
	return $result
}

begin
report "it loads" load
report "$pages faults handled in a kernel thread" handled
report "its sums hold" sums_hold
report "it unloads" rmmod spf
report "without arrivals: it loads" insmod /spf/spf-noarrival.ko
report "$pages faults handled in a kernel thread" handled
report "its sums hold" sums_hold
end
