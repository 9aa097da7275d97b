#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh ROUNDS CONFIG...
#
# Runs in the guest: measures each CONFIG once a round and prints a line for
# each figure. A round takes every CONFIG, so that what changes slowly in the
# guest changes all of them alike.
set -eu

tracing=/sys/kernel/tracing
debug=/sys/kernel/debug/spf

die() {
	echo "bench: $*" >&2
	exit 1
}

is_loaded() { grep -q "^$1 " /proc/modules; }

watch_pid=
watched=/tmp/watched

start_watch() {
	bpfwatch watch.bpf.o >$watched 2>&1 &
	watch_pid=$!
	tries=0
	until grep -q '^watching' $watched; do
		[ $tries -lt 300 ] || die "the BPF program: $(cat $watched)"
		tries=$((tries + 1))
		sleep 0.1
	done
}

# What it has counted is left in $watched.
stop_watch() {
	[ -n "$watch_pid" ] || return 0
	kill -TERM $watch_pid
	wait $watch_pid || die "the BPF program: $(cat $watched)"
	watch_pid=
}

unload() {
	stop_watch
	[ ! -d $tracing/events/spf ] || echo 0 >$tracing/events/spf/enable
	for module in spf empty; do
		! is_loaded $module || rmmod $module
	done
}

# Each configuration starts afresh, whatever the one before it was.
configure() {
	unload
	case $1 in
	nothing) ;;
	empty) insmod empty.ko ;;
	empty_arrival) insmod empty.ko fault=0 writers=0 ;;
	empty_entry) insmod empty.ko arrival=0 writers=0 returns=0 ;;
	empty_fault) insmod empty.ko arrival=0 writers=0 ;;
	empty_writers) insmod empty.ko arrival=0 fault=0 ;;
	spf) insmod spf.ko ;;
	seqcount) insmod spf.ko designs=seqcount ;;
	spf_traced)
		insmod spf.ko
		echo >$tracing/trace
		echo 1 >$tracing/events/spf/enable
		;;
	spf_off)
		insmod spf.ko
		echo 0 >$debug/enable
		;;
	bpf) start_watch ;;
	*) die "unknown configuration '$1'" ;;
	esac
}

completed() { sed -n 's/^design name=seqcount .* completed=\([0-9]*\) .*/\1/p' $debug/stats; }

# The ring buffer overwrites the oldest events.
recorded() {
	awk '/^(entries|overrun):/ { n += $2 } END { print n + 0 }' \
		$tracing/per_cpu/cpu0/stats
}

# A figure means nothing unless what is measured did its work meanwhile.
expect_work() {
	[ "$2" -ge "$faults" ] || die "$1: $2 of $faults faults, it is not at work"
}

expect_at_work() {
	case $1 in
	bpf)
		stop_watch
		expect_work "the BPF program counted" \
			"$(sed -n 's/^watched faults=\([0-9]*\) .*/\1/p' $watched)"
		return
		;;
	spf* | seqcount) ;;
	*) return 0 ;;
	esac
	judged=$(completed)
	case $1 in
	spf | seqcount) expect_work "spf judged" "$judged" ;;
	spf_traced) expect_work "recorded" "$(recorded)" ;;
	spf_off) [ "$judged" -lt "$faults" ] || die "enable=0 judged $judged faults" ;;
	esac
}

# What the kernel does later, it does before the clock starts.
measure() {
	sleep 0.2
	faultbench >/tmp/figures || die "faultbench failed"
}

measure_config() {
	configure "$2"
	measure
	expect_at_work "$2"
	sed "s/^fault=/sample round=$1 config=$2 &/; /^sample/!d" /tmp/figures
}

anon() { sed -n 's/^fault=anon threads=2 instructions=//p' /tmp/figures; }

# Usage: agree A B: within 0.2 %
agree() {
	awk -v a="$1" -v b="$2" \
		'BEGIN { d = a - b; exit d > b / 500 || d < -b / 500 }'
}

settle() {
	before=0
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		measure
		now=$(anon)
		if agree "$before" "$now"; then
			echo "settled runs=$tries"
			return
		fi
		before=$now
	done
	die "the guest does not settle: $before and $now instructions a fault"
}

rounds=$1
shift
clock=$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)
[ "$clock" = tsc ] || die "the clocksource of the guest is $clock, it must be tsc"
# The same addresses make the same trees of VMAs.
echo 0 >/proc/sys/kernel/randomize_va_space
insmod locks.ko
settle
sed -n '/^calibration/p; s/^faults=/faults each=/p' /tmp/figures
faults=$(sed -n 's/^faults=//p' /tmp/figures)

round=1
while [ $round -le "$rounds" ]; do
	for config; do
		measure_config $round "$config"
	done
	round=$((round + 1))
done
unload
