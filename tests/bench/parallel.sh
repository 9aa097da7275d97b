#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: how often CPUs that take faults at the same time want the same lock of
# spf's (scripts/bench --scale).
#
#	parallel.sh CPUS
set -eu

spf=/sys/kernel/debug/spf

insmod spf.ko
[ "$(grep -c '^processor' /proc/cpuinfo)" -eq "$1" ]
for what in faults beside; do
	echo 1 >$spf/reset
	scale $what "$1" >/tmp/figures
	cat $spf/stats >/tmp/stats
	sed -n "s/^scale //p" /tmp/figures | tr '\n' ' '
	sed -nE 's/^locks //p; s/^not_judged .*(judged=[0-9]+).*/\1/p' /tmp/stats |
		tr '\n' ' '
	echo
done | sed "s/^/parallel cpus=$1 /"
