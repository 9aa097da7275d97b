#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: loading, files, bad input, events.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

# refused ERROR SENTENCE MODULE PARAMETER...
refused() {
	error=$1
	sentence=$2
	shift 2
	log_mark
	insmod "$@" 2>/tmp/err && {
		echo "insmod $* worked"
		rmmod spf
		return 1
	}
	grep -q "$error" /tmp/err || {
		cat /tmp/err
		return 1
	}
	log_has "$sentence" && not_loaded
}

not_loaded() {
	! grep '^spf ' /proc/modules && same debugfs "$(ls -d $dir 2>&1)" \
		"ls: $dir: No such file or directory"
}

# What comes with the module when it was made to look for another function.
without_mandatory_hook() {
	refused 'No such file\|unknown symbol' \
		'hook unmap_range is mandatory and cannot be set: no_ap_page_range: error -2' \
		/spf/spf-missing.ko
}

# A module that was made to look for another function than unlink_anon_vmas.
without_optional_hook() {
	insmod /spf/spf-optional.ko || return
	cat $dir/hooks $dir/stats >/tmp/stats
	rmmod spf &&
		same hook "$(field_of /tmp/stats hook state name=anon_unlink)" \
			off &&
		same "its reason" \
			"$(field_of /tmp/stats hook why name=anon_unlink)" \
			absent &&
		same "the kind's state" \
			"$(field_of /tmp/stats section state kind=pgtables)" \
			not_hooked &&
		same "not hooked" \
			"$(field_of /tmp/stats not_hooked sections)" pgtables
}

# And one for a tracepoint that no kernel has: faults begin at their handler.
without_arrival() {
	insmod /spf/spf-noarrival.ko || return
	scenario anon >/tmp/stats
	result=$?
	grep '^hook name=arrival ' $dir/hooks >>/tmp/stats
	rmmod spf && [ $result = 0 ] &&
		same "its reason" \
			"$(field_of /tmp/stats hook why name=arrival)" absent &&
		same "why not measured" \
			"$(field_of /tmp/stats not_measured why)" \
			no_arrival_tracepoint &&
		same arrived "$(field_of /tmp/stats faults arrived)" 1009 &&
		same completed "$(field_of /tmp/stats design completed)" 1009 &&
		adds_up /tmp/stats
}

# With it nothing is said to be not measured, but what is never seen.
all_is_measured() {
	! grep '^not_measured why=' $dir/stats && ! grep '^assumed' $dir/stats
}

# Armed probes would be found out by the self-check only if it looks.
with_kprobes_off() {
	echo 0 >/sys/kernel/debug/kprobes/enabled
	refused 'Input/output error\|I/O error' 'is set but does not fire' \
		/spf/spf.ko
	result=$?
	echo 1 >/sys/kernel/debug/kprobes/enabled
	return $result
}

# What the two tables would need is taken away first.
no_memory() {
	mkdir -p /tmp/hog && mount -t tmpfs -o size=100% none /tmp/hog
	available=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
	dd if=/dev/zero of=/tmp/hog/hog bs=1M count=$((available - 200)) \
		2>/dev/null
	refused_for_memory
	result=$?
	umount /tmp/hog
	dmesg | grep -q 'Out of memory: Killed' && return 1
	return $result
}

refused_for_memory() {
	refused 'Cannot allocate\|Out of memory' \
		'no memory for vmas_max=1048576' /spf/spf.ko vmas_max=1048576
}

loads_twice() {
	insmod /spf/spf.ko 2>/tmp/err && return 1
	grep -q 'File exists' /tmp/err && grep -q '^spf ' /proc/modules &&
		everyone_again
}

# rejects FILE VALUE SENTENCE: EINVAL, a sentence, and nothing has changed
rejects() {
	before=$(cat $dir/enable $dir/pid $dir/children; field module generation <$dir/stats)
	log_mark
	echo "$2" 2>/tmp/err >$dir/"$1" && return 1
	grep -q 'Invalid argument' /tmp/err || {
		cat /tmp/err
		return 1
	}
	log_has "$3" &&
		same state "$(cat $dir/enable $dir/pid $dir/children
			field module generation <$dir/stats)" "$before"
}

# A kernel thread has no faults.
pid_filter() {
	echo 2 >$dir/pid
	echo 1 >$dir/reset
	scenario_as_other
	same arrived "$(field faults arrived <$dir/stats)" 0
	result=$?
	echo 0 >$dir/pid
	return $result
}

scenario_as_other() {
	ls / >/dev/null
}

everyone_again() {
	before=$(field faults arrived <$dir/stats)
	ls / >/dev/null
	[ "$(field faults arrived <$dir/stats)" -gt "$before" ]
}

reset_is_new_baseline() {
	generation=$(field module generation <$dir/stats)
	echo 1 >$dir/reset
	cat $dir/stats >/tmp/stats
	same generation "$(field_of /tmp/stats module generation)" \
		$((generation + 1)) &&
		between arrived "$(field_of /tmp/stats faults arrived)" 0 500 &&
		adds_up_roughly
}

# The reader itself faults between two lines; nobody else runs.
adds_up_roughly() {
	between "in flight" "$(field_of /tmp/stats faults in_flight)" 0 3
}

probes() {
	grep -c . /sys/kernel/debug/kprobes/list
}

off() {
	[ "$(probes)" -gt 0 ] || return
	echo 0 >$dir/enable
	same enable "$(cat $dir/enable)" 0 || return
	cat $dir/hooks >/tmp/hooks
	before=$(field faults arrived <$dir/stats)
	ls / >/dev/null
	same "hooks on" "$(grep -c state=on /tmp/hooks)" 0 &&
		same kprobes "$(probes)" 0 &&
		same hooks "$(cat $dir/hooks)" "$(cat /tmp/hooks)" &&
		same arrived "$(field faults arrived <$dir/stats)" "$before"
}

on_again() {
	echo 1 >$dir/enable
	same enable "$(cat $dir/enable)" 1 && everyone_again
}

first_line() {
	same "first line of $1" "$(head -n 1 $dir/"$1")" "format 1"
}

every_line_keyed() {
	tail -n +2 $dir/"$1" | awk '
		$1 !~ /^[a-z0-9_]+$/ { print; bad = 1 }
		{ for (i = 2; i <= NF; i++)
			if ($i !~ /^[a-z0-9_]+=[^= ]+$/) { print; bad = 1 } }
		END { exit bad || NR == 0 }'
}

unload_while_open() {
	exec 4<"$dir/$1"
	rmmod spf 2>/tmp/err && return 1
	# Who has it open keeps the module, and can go on.
	read -r line <&4 || return
	exec 4<&-
	[ -n "$line" ] || return
	grep -q 'temporarily unavailable\|in use\|busy' /tmp/err || {
		cat /tmp/err
		return 1
	}
	grep -q '^spf ' /proc/modules
}

# The same from one that is written, which goes on to do so.
unload_while_written() {
	exec 4>$dir/pid
	rmmod spf 2>/tmp/err && return 1
	echo 2 >&4 && same pid "$(cat $dir/pid)" 2
	result=$?
	exec 4>&-
	echo 0 >$dir/pid
	return $result
}

# It is refused as long as the file happens to be open.
unload_beside_opener() {
	rm -f /tmp/told
	pids open_until_told >/tmp/out &
	opener=$!
	until rmmod spf 2>/dev/null; do
		kill -0 $opener || return
	done
	insmod /spf/spf.ko || return
	touch /tmp/told
	wait $opener && return
	cat /tmp/out
	return 1
}

# nobody ID: refused, since nobody is there, and nothing changes
nobody() {
	before=$(cat $dir/pid)
	log_mark
	echo "$1" 2>/tmp/err >$dir/pid && return 1
	grep -q 'No such process' /tmp/err && same pid "$(cat $dir/pid)" "$before" &&
		log_has "pid: no process or thread that lives has the id $1"
}

# run_pids NAME [FILE]: everyone is counted afterwards, also when it fails
run_pids() {
	pids "$@"
	result=$?
	echo 0 >$dir/pid
	echo 0 >$dir/children
	return $result
}

# Ten thousand refusals in a row.  How many sentences there were not is said when
# one is refused in another interval.
flood() {
	run_pids flood || return
	sleep 6
	echo flood 2>/dev/null >$dir/pid
	dmesg | grep -q 'spf: [0-9]* callbacks suppressed'
}

# Two parameters that are in force from the first fault on.
loads_with_filter() {
	rmmod spf && insmod /spf/spf.ko pid=$$ children=1 || return
	cat $dir/stats >/tmp/stats
	rmmod spf && insmod /spf/spf.ko || return
	same pid "$(field_of /tmp/stats filter pid)" $$ &&
		same asked "$(field_of /tmp/stats filter asked)" $$ &&
		same state "$(field_of /tmp/stats filter state)" running &&
		same children "$(field_of /tmp/stats filter children)" 1 &&
		between followed "$(field_of /tmp/stats filter followed)" 1 9
}

# A module that was made to look for another tracepoint than sched_process_fork.
without_forks() {
	refused 'not supported' 'children=1: this kernel does not show forks' \
		/spf/spf-nofork.ko children=1 || return
	insmod /spf/spf-nofork.ko || return
	log_mark
	echo 1 2>/tmp/err >$dir/children
	cat $dir/children >/tmp/children
	cat $dir/hooks >/tmp/stats
	rmmod spf && grep -q 'not supported' /tmp/err &&
		same children "$(cat /tmp/children)" 0 &&
		same "hook's state" \
			"$(field_of /tmp/stats hook state name=task_fork)" off &&
		log_has 'children: this kernel does not show forks; allowed is 0'
}

# The five events, and what trace-cmd makes of their fields: check-events alone
# does not notice a format that it cannot print.
events_recorded() {
	trace-cmd check-events -N || return
	trace-cmd record -q -o /tmp/t.dat -e spf \
		stress-ng --pthread 2 --pthread-ops 100 --mmap 1 \
		--mmap-bytes 64k --mmap-ops 1 \
		>/tmp/rec 2>&1 || {
		cat /tmp/rec
		return 1
	}
	trace-cmd report /tmp/t.dat >/tmp/report 2>&1
	for e in fault_completed fault_aborted fault_skipped section_begin \
		section_end; do
		grep -q "spf_$e:" /tmp/report || {
			echo "no spf_$e"
			return 1
		}
	done
	grep spf_fault_skipped /tmp/report | grep -vm 3 'reason=single_user' &&
		return 1
	grep -q 'reason=[a-z_0-9]* *$' /tmp/report &&
		! grep -m 3 'FAILED\|UNKNOWN' /tmp/report
}

unload_while_recording() {
	echo 1 >/sys/kernel/tracing/events/spf/enable
	rmmod spf && not_loaded && no_splat && insmod /spf/spf.ko
}

# A process whose fault is inside handle_mm_fault, between entry and return
# probe, until it is told to go on.
start_sleeper() {
	rm -f /tmp/sleeping
	scenario sleeping >/tmp/out 2>&1 &
	sleeper=$!
	until [ -e /tmp/sleeping ]; do
		kill -0 "$sleeper" || return
		sleep 0.1
	done
}

end_sleeper() {
	rm /tmp/sleeping
	wait "$sleeper"
}

unload_while_sleeping() {
	start_sleeper || return
	rmmod spf && insmod /spf/spf.ko && rmmod spf && insmod /spf/spf.ko
	result=$?
	end_sleeper && return $result
}

# Seen from the numbers alone, every fault would look like a bad_area.
probes_silenced() {
	echo 0 >/sys/kernel/debug/kprobes/enabled
	cat $dir/stats >/tmp/stats
	echo 1 >/sys/kernel/debug/kprobes/enabled
	same "refused while silent" "$(field_of /tmp/stats share refused)" \
		probes_silenced &&
		same "refused afterwards" \
			"$(field share refused <$dir/stats | grep silenced)" ""
}

enable_while_silenced() {
	echo 0 >$dir/enable
	echo 0 >/sys/kernel/debug/kprobes/enabled
	log_mark
	echo 1 2>/dev/null >$dir/enable && result=1
	echo 1 >/sys/kernel/debug/kprobes/enabled
	same "enable" "$(cat $dir/enable)" 0 &&
		log_has 'is set but does not fire' && echo 1 >$dir/enable &&
		[ -z "$result" ]
}

# What was in flight is lost, and said to be.
enable_while_sleeping() {
	start_sleeper || return
	echo 1 >$dir/reset
	before=$(field faults in_flight <$dir/stats)
	echo 0 >$dir/enable
	cat $dir/stats >/tmp/stats
	echo 1 >$dir/enable
	end_sleeper || return
	between "in flight before" "$before" 1 100 && adds_up /tmp/stats &&
		between lost "$(field_of /tmp/stats faults lost)" 1 100
}

# Nobody else has threads: these are the load's.
await_load() {
	for _ in $(seq 1000); do
		sleep 0.2
		[ "$(field design attempted <$dir/stats)" -lt 100 ] || return 0
	done
	return 1
}

reset_under_load() {
	stress-ng --quiet --pthread 2 --pthread-max 16 -t 0 &
	load=$!
	for _ in $(seq 20); do
		echo 1 >$dir/reset
		await_load || break
	done
	kill $load
	wait $load
	sleep 1
	# The shell's own faults must not come between the two sums.
	echo 0 >$dir/enable
	cat $dir/stats >/tmp/stats
	echo 1 >$dir/enable
	between attempted "$(field_of /tmp/stats design attempted)" 100 1000000000 &&
		adds_up /tmp/stats
}

clocks=/sys/devices/system/clocksource/clocksource0

clock_is() {
	same "clock" "$(field clock source <$dir/stats)" "$1"
}

# It looks once a second.
clock_follows() {
	clock_is tsc || return
	other=$(sed 's/\<tsc\>//; s/^ *//; s/ .*//' $clocks/available_clocksource)
	echo "$other" >$clocks/current_clocksource
	for _ in $(seq 500); do
		clock_is ktime >/dev/null && break
		sleep 0.1
	done
	echo tsc >$clocks/current_clocksource
	clock_is ktime
}

# More threads and more of their VMAs than there is room for, until 2 % of the faults
# are lost: a ratio is refused above 1 %.
small_tables() {
	rmmod spf && insmod /spf/spf.ko vmas_max=64 tasks_max=64 || return
	for _ in $(seq 100); do
		stress-ng --pthread 2 --pthread-max 400 --pthread-ops 4000 \
			>/dev/null 2>&1
		cat $dir/stats >/tmp/stats
		[ "$(field_of /tmp/stats health full)" -eq 0 ] ||
			[ $(($(field_of /tmp/stats faults lost) * 50)) -lt \
				"$(field_of /tmp/stats faults arrived)" ] || break
	done
	rmmod spf && insmod /spf/spf.ko || return
	adds_up /tmp/stats &&
		between full "$(field_of /tmp/stats health full)" 1 100000000 &&
		between lost "$(field_of /tmp/stats faults lost)" 1 100000000 &&
		same "refused for losses" \
			"$(field_of /tmp/stats share refused)" faults_lost
}

stress_memory() {
	stress-ng --pthread 2 --vm 1 --vm-bytes 32m --mmap 1 --mmap-bytes 16m \
		-t 5 >/dev/null 2>&1
}

# Also those events count that were overwritten or did not fit.
events_in() {
	awk -F ': *' '
		/^(entries|overrun|commit overrun|dropped events):/ { n += $2 }
		END { print n + 0 }' "$1"
}

begin_arrivals() {
	echo 1 >"$event"
	echo >"$buffer/trace"
	echo 1 >$dir/reset
}

# end_arrivals 1: go on; 0: stop.  By the shell itself, as copy_stats in vmalock.sh.
end_arrivals() {
	echo "$1" >"$event"
	while read -r line; do
		echo "$line"
	done <$dir/stats >/tmp/both
}

# Each end once for nothing before; for the reason see count_both in vmalock.sh.
count_arrivals() {
	begin_arrivals
	begin_arrivals
	for _ in $(seq 100); do
		stress_memory
		cat "$buffer"/per_cpu/cpu*/stats >/tmp/hits
		[ "$(events_in /tmp/hits)" -lt 20000 ] || break
	done
	end_arrivals 1
	end_arrivals 0
}

# Two counts of the same thing: spf's, and the events that the kernel writes to
# a buffer which is there for this only.
arrivals_agree() {
	buffer=/sys/kernel/tracing/instances/spf
	event=$buffer/events/exceptions/page_fault_user/enable
	mkdir $buffer || return
	count_arrivals
	cat $buffer/per_cpu/cpu*/stats >>/tmp/both
	rmdir $buffer
	hits=$(events_in /tmp/both)
	arrived=$(field_of /tmp/both faults arrived)
	echo "# arrivals: kernel $hits, spf $arrived" >&3
	# What those programs had is gone with them.
	between "VMAs still in the table" "$(field health vmas <$dir/stats)" 0 100 &&
		between "kernel's count" "$hits" 20000 1000000000 &&
		between "arrived and kernel's count" "$arrived" \
			$((hits - hits / 1000)) $((hits + hits / 1000)) &&
		healthy /tmp/both overrun
}

exec 3>&1
ktap_start
report "vmas_max=63 is refused" refused 'Invalid' \
	'parameter vmas_max=63: allowed are 64..1048576' /spf/spf.ko vmas_max=63
report "vmas_max=1048577 is refused" refused 'Invalid' \
	'parameter vmas_max=1048577: allowed' /spf/spf.ko vmas_max=1048577
report "tasks_max=0 is refused" refused 'Invalid' \
	'parameter tasks_max=0: allowed are 64..262144' /spf/spf.ko tasks_max=0
report "pid=-1 is refused" refused 'Invalid' \
	'parameter pid=-1: allowed are 0..4194304' /spf/spf.ko pid=-1
report "pid=4194304, whom nobody has, is refused" refused 'Invalid' \
	'parameter pid=4194304: no process or thread' /spf/spf.ko pid=4194304
report "children=2 is refused" refused 'Invalid' \
	"2' invalid for parameter .children'" /spf/spf.ko children=2
report "vmas_max=many is refused" refused 'Invalid' \
	"many' invalid for parameter .vmas_max'" /spf/spf.ko vmas_max=many
report "no memory: refused, and nobody is killed for it" no_memory
report "a mandatory hook that is missing is named" without_mandatory_hook
report "probes that do not fire are noticed" with_kprobes_off
report "one that is not mandatory leaves its kind out" without_optional_hook
report "without arrivals faults are judged all the same" without_arrival
report "without forks no children are followed" without_forks
report "it loads" insmod /spf/spf.ko
report "all of it is measured" all_is_measured
report "it does not load twice" loads_twice
for f in stats hooks; do
	report "$f: first line" first_line $f
	report "$f: lines are keyed" every_line_keyed $f
done
for v in 2 -1 on '' '1 1' 99999999999999999999 0000000000000012; do
	report "enable: \"$v\" is refused" rejects enable "$v" \
		'enable: .* is not allowed, only 0 (off) or 1 (on)'
done
for v in -1 4194305 self 1x; do
	report "pid: \"$v\" is refused" rejects pid "$v" \
		'pid: .* is not allowed, only 0 (everyone) or a process id'
done
for v in 0 2 now; do
	report "reset: \"$v\" is refused" rejects reset "$v" \
		'reset: .* is not allowed, only 1'
done
for v in 2 -1 yes; do
	report "children: \"$v\" is refused" rejects children "$v" \
		'children: .* is not allowed, only 0 (the process alone) or 1'
done
for v in 4194304 4194303; do
	report "pid: $v, whom nobody has, is refused" nobody $v
done
for f in enable pid children reset; do
	report "$f: what is no number changes nothing" run_pids bad_input $f
done
report "a number is written in one piece" run_pids two_pieces
report "with or without a newline" run_pids good_input
report "one process is counted" run_pids other
report_if /proc/self/ns/pid "by its number in the writer's namespace" \
	run_pids in_namespace
report "a thread's id stands for its process" run_pids of_thread
report "a process that has ended is said to have" run_pids gone
report "also when it has figures" run_pids gone_with_figures
report_if /proc/sys/kernel/ns_last_pid "its number does not make another one of it" \
	run_pids number_again
report "its children count when they are asked for" run_pids children
report "and outlive it" run_pids children_outlive
report "more children than there is room for are counted as lost" run_pids crowd
report "two writers do not mix what they set" run_pids two_writers
report "pid and children can be given at load" loads_with_filter
report "the pid filter leaves others out" pid_filter
report "and without it they are back" everyone_again
report "reset takes a new baseline" reset_is_new_baseline
report "enable=0 removes every probe" off
report "enable=1 sets them again" on_again
for f in stats hooks enable pid children; do
	report "it does not unload while $f is open" unload_while_open $f
done
report "nor while pid is open to be written" unload_while_written
report "a file is opened or not while it is unloaded" unload_beside_opener
report "trace-cmd accepts and parses the events without a plugin" events_recorded
report "it unloads while they are recorded" unload_while_recording
report "it unloads while a fault sleeps" unload_while_sleeping
report "probes that are silenced are noticed" probes_silenced
report "and cannot be enabled" enable_while_silenced
report "a fault that sleeps while it is switched off is lost" \
	enable_while_sleeping
report "the sums stay right through resets under load" reset_under_load
report "full tables are counted and never fatal" small_tables
report "arrivals are those that the kernel counts, to 0.1 %" arrivals_agree
report "ten thousand refusals do not flood the kernel log" flood
if [ "$(cat $clocks/current_clocksource)" = tsc ]; then
	report "the clock is the TSC as long as that is the kernel's" clock_follows
else
	skip "the clock is the TSC as long as that is the kernel's" \
		"it is $(cat $clocks/current_clocksource)"
fi
report "it unloads" rmmod spf
report "no splat in the kernel log" no_splat
ktap_end
