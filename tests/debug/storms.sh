#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: it is loaded and unloaded, and machine and processes go through
# much, under storms.  Each is bounded by counts.
#
#	storms.sh [VMAS]	(of the largest process: 100000)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

vmas=${1:-100000}
all=map,map,fault,fault,fork,exec,kill
cpu=/sys/devices/system/cpu/cpu1/online

# Faults of a process in the storm, and the records of those that have ended.
nothing_held() {
	sums_hold && between "VMAs still in the table" \
		"$(field health vmas <$dir/stats)" 0 1000
}

# many WHAT N: as many as memory allows, which it says
process_of() {
	say many "$1" "$2" || [ "$1" = kill ] || return
	between VMAs "$(sed -n 's/^did vmas=//p' /tmp/said)" 1000 "$2"
}

remote_writers() {
	say remote write 50 || return
	awk '$1 == "did" && / done=0 / { print; bad = 1 } END { exit bad }' /tmp/said
}

begin
echo 300000 >/proc/sys/vm/max_map_count
report "it loads and unloads 3 times in a storm" say storm $all cycle /spf/spf.ko 3
report "it loads" load
report "a storm of map, fault, fork, exec and kill" say storm $all rounds 40
report "its sums hold" nothing_held
report_if $cpu "no CONFIG_HOTPLUG_CPU" \
	"a CPU goes and comes 6 times" say storm map,fault,fault,fork flap $cpu 6
report "another process writes, reads, traces and advises" remote_writers
report "a process of $vmas VMAs ends" process_of exit "$vmas"
report "one of 20000 is killed" process_of kill 20000
report "one of 15000 forks" process_of fork 15000
report "its sums hold" nothing_held
end
