#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: can the errors be seen that the other suites look for?  Each
# is made once, by wrong.ko.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

watchdog=/proc/sys/kernel

# It would end the guest.
echo 0 >/proc/sys/kernel/panic_on_warn

# reported WORDS WHAT: nothing before, and this afterwards
reported() {
	log_mark
	before=$(no_error) || {
		echo "before: $before"
		return 1
	}
	insmod /spf/wrong.ko what="$2" && rmmod wrong
	no_error >/tmp/found && {
		echo "not seen"
		return 1
	}
	grep -q "$1" /tmp/found || {
		cat /tmp/found
		return 1
	}
	dmesg -c >/dev/null
}

leak_reported() {
	no_leak || return
	insmod /spf/wrong.ko what=leak && rmmod wrong
	no_leak >/tmp/found && {
		echo "not seen"
		return 1
	}
	grep -q 'unreferenced object' /tmp/found || {
		cat /tmp/found
		return 1
	}
	dmesg -c >/dev/null
}

lockdep_gives_up() {
	lockdep_is_on && reported 'possible circular locking' lock &&
		! lockdep_is_on >/dev/null
}

# With the shortest limit, and only meanwhile: the host may take a CPU away.
stuck_reported() {
	limit=$(cat $watchdog/watchdog_thresh)
	was=$(cat $watchdog/soft_watchdog)
	echo 1 >$watchdog/watchdog_thresh && echo 1 >$watchdog/soft_watchdog &&
		reported 'soft lockup' stuck
	result=$?
	echo "$was" >$watchdog/soft_watchdog && echo "$limit" >$watchdog/watchdog_thresh &&
		return $result
}

# A line that only looks like one.
harmless() {
	echo 'spf: a warning of possible leaks, INFO without a bug' >/dev/kmsg
	no_error
}

begin
report "a harmless line is none" harmless
report_if $kmemleak "no CONFIG_DEBUG_KMEMLEAK" "memory that is lost" leak_reported
report_if /proc/lockdep_stats "no CONFIG_LOCKDEP" \
	"sleeping under a spinlock" reported 'sleeping function' sleep
report_if /proc/lockdep_stats "no CONFIG_LOCKDEP" \
	"a list that is broken" reported 'list_del corruption' list
report_if $watchdog/soft_watchdog "no CONFIG_SOFTLOCKUP_DETECTOR" \
	"a CPU that is stuck" stuck_reported
report_if /proc/lockdep_stats "no CONFIG_LOCKDEP" \
	"two locks in both orders, and lockdep gives up" lockdep_gives_up
# Last: KASAN's report makes lockdep give up.
report_if /proc/lockdep_stats "no CONFIG_LOCKDEP" \
	"memory that is used after it was freed" reported 'KASAN: .*use-after-free' use
ktap_end
