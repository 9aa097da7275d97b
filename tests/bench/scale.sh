#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: what spf adds where there is much of something (scripts/bench --scale).
set -eu

echo 0 >/proc/sys/kernel/randomize_va_space
echo 2100000 >/proc/sys/vm/max_map_count
echo 65536 >/proc/sys/kernel/threads-max
insmod locks.ko

# one CONFIG WHAT N
one() {
	scale "$2" "$3" >/tmp/figures
	sed "s/^scale/scale config=$1/" /tmp/figures
}

run() {
	for n in 1 64 512 4096; do
		one "$1" queue $n
	done
	for n in 1000 1000000; do
		one "$1" vmas $n
	done
}

run nothing
# Of the process of 4,096 threads each has a record.
insmod spf.ko tasks_max=8192
run spf
sed -n 's/^health /health config=spf /p' /sys/kernel/debug/spf/stats
