#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: load and unload, again and again, while every CPU is faulting.
#
#	cycles.sh [N]	(8; 25 if ALL is 1, which makes 100 on the four kernels)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

cycles=${1:-$([ -n "$ALL" ] && echo 25 || echo 8)}

# What the kernel holds in slabs and in vmalloc areas, in KiB.
figures() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '$1 == "SUnreclaim:" || $1 == "VmallocUsed:" { print $1, $2 }' \
		/proc/meminfo
	# The caller of a module that is gone has no name.
	echo "vmallocinfo: $(awk '$3 ~ /^0x/' /proc/vmallocinfo | wc -l)"
}

value() {
	awk -v k="$1" '$1 == k { print $2 }' "$2"
}

faults() {
	awk '$1 == "pgfault" { print $2 }' /proc/vmstat
}

# Returns when the load has made 20000 faults.
load() {
	until=$(($(faults) + 20000))
	stress-ng --quiet --pthread 1 --userfaultfd 1 --vm 1 --vm-bytes 16m \
		--mmap 1 --mmap-bytes 8m -t 0 &
	load=$!
	while [ "$(faults)" -lt $until ] && kill -0 $load; do
		sleep 0.1
	done
}

end_load() {
	kill $load
	wait $load 2>/dev/null
}

# The kernel goes through all of its functions for each probe that is set or
# removed, which under emulation takes seconds of a share of a busy CPU: the
# load is what is to be met, and not waited for.
first() {
	chrt -f 1 "$@"
}

cycle() {
	first insmod /spf/spf.ko || return
	# Every fourth time long enough for faults to be in flight everywhere.
	[ $(($1 % 4)) -ne 0 ] || sleep 0.2
	judged=$((judged + $(field design attempted </sys/kernel/debug/spf/stats)))
	first rmmod spf
}

all_cycles() {
	i=0
	judged=0
	while [ $i -lt "$cycles" ]; do
		cycle $i || {
			echo "cycle $i failed"
			return 1
		}
		i=$((i + 1))
	done
	kill -0 $load || {
		echo "the load has died"
		return 1
	}
	echo "# $cycles cycles, $judged faults judged in them" >&3
	[ $judged -gt 0 ]
}

# grew_little KEY KIB: looks again, since RCU frees when every CPU has had its turn
grew_little() {
	before=$(value "$1" /tmp/before)
	for _ in $(seq 60); do
		figures >/tmp/after
		after=$(value "$1" /tmp/after)
		[ $((after - before)) -gt "$2" ] || break
	done
	echo "# $1 before $before after $after" >&3
	[ $((after - before)) -le "$2" ] && return
	echo "$1 grew from $before to $after"
	return 1
}

quiet_cycles() {
	figures >/tmp/before
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		first insmod /spf/spf.ko && first rmmod spf || return
	done
	grew_little SUnreclaim: 512
}

exec 3>&1
ktap_start
# The first cycle fills caches that stay filled.
insmod /spf/spf.ko && rmmod spf
# What a load leaves in the slabs would hide a small leak.
report "10 cycles without a load leave nothing in the slabs" quiet_cycles
load
end_load
figures >/tmp/before
load
report "$cycles cycles under load" all_cycles
end_load
# Newer kernels keep some of what the load has used, for as long as it runs.  A
# table, or the instances of one probe, left behind each time is more than this.
report "unreclaimable slab is back" grew_little SUnreclaim: 4096
report "vmalloc is back" grew_little VmallocUsed: 1024
report "no allocation of spf's is left" grew_little vmallocinfo: 0
report "no splat in the kernel log" no_splat
ktap_end
