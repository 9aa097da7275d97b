#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: other tracers of the same functions, before and after it is loaded: what
# it counts is the same.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

t=/sys/kernel/tracing
functions='handle_mm_fault unmap_page_range down_write up_write change_protection'
out=/tmp/tracers.out

# seen WHAT FUNCTION: nothing is added meanwhile, and one is enough
seen() {
	echo 0 >$t/tracing_on
	lines=$(grep -m 1 -c "$2" $t/trace)
	echo 1 >$t/tracing_on
	same "$1 seen" "$lines" 1
}

counts_right() {
	scenario anon >$out && figures_hold $out "sums health" &&
		same arrived "$(field_of $out faults arrived)" 1009 &&
		same completed "$(field_of $out design completed)" 1009
}

# The tracer must have seen them, too.
tracer_on() {
	: >$t/trace
	if [ "$2" = some ]; then
		echo "$functions" >$t/set_ftrace_filter 2>/dev/null
		grep -q handle_mm_fault $t/set_ftrace_filter || return
	fi
	echo "$1" >$t/current_tracer
}

tracer_off() {
	seen "calls by the tracer" handle_mm_fault
	result=$?
	echo nop >$t/current_tracer
	: >$t/set_ftrace_filter
	return $result
}

events_on() {
	for f in $functions; do
		echo "p:debug/p_$f $f" >>$t/kprobe_events &&
			echo "r:debug/r_$f $f" >>$t/kprobe_events || return
	done
	: >$t/trace
	echo 1 >$t/events/debug/enable
}

events_off() {
	seen "events" r_handle_mm_fault
	result=$?
	echo 0 >$t/events/debug/enable
	: >$t/kprobe_events
	return $result
}

# around ON OFF [ARGUMENTS...]: loaded before it, inside it, and across its ends
# shellcheck disable=SC2119 # what it gets is not for load
around() {
	on=$1
	off=$2
	shift 2
	"$on" "$@" && load && counts_right && rmmod spf && "$off" &&
		load && "$on" "$@" && counts_right && "$off" && counts_right &&
		"$on" "$@" && rmmod spf && load && "$off" && counts_right && rmmod spf
}

# loaded inside it alone, which is all that a debug kernel does of this in minutes
inside() {
	on=$1
	off=$2
	shift 2
	"$on" "$@" && load && counts_right && rmmod spf && "$off"
}

# report_tracer TRACER FUNCTIONS WAY NAME
report_tracer() {
	if grep -qw "$1" $t/available_tracers; then
		report "$4" "$3" tracer_on tracer_off "$1" "$2"
	else
		skip "$4" "no CONFIG_FUNCTION_TRACER"
	fi
}

begin
echo 2000 >$t/buffer_size_kb
report "kprobe events on the same functions" around events_on events_off
report_tracer function some around "the function tracer on them"
report_tracer function all inside "the function tracer on everything"
report_tracer function_graph some around "the function graph tracer on them"
skip "bpftrace" "no CONFIG_BPF_SYSCALL"
report "it loads" load
end
