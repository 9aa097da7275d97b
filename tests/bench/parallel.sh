#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: how often CPUs that take faults at the same time want the same lock of
# spf's (scripts/bench --scale).
#
#	parallel.sh CPUS
set -eu

spf=/sys/kernel/debug/spf

# Usage: one WHAT
one() {
	echo 1 >$spf/reset
	scale "$1" "$cpus" >/tmp/figures
	cat $spf/stats >/tmp/stats
	sed -n "s/^scale /parallel cpus=$cpus /p" /tmp/figures | tr '\n' ' '
	sed -n 's/^not_judged .*\(judged=[0-9]*\).*/\1/p' /tmp/stats | tr '\n' ' '
	sed -n 's/^locks //p' /tmp/stats
}

cpus=$1
[ "$(grep -c '^processor' /proc/cpuinfo)" -eq "$cpus" ]
insmod spf.ko
one faults
one beside
