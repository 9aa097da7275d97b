#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest, on a kernel with per-VMA locks: what spf says of them against
# what the kernel's own probe events count of the same run, and whether every
# write mark that the kernel makes has a section that explains it.
#
#	vmalock.sh [SECONDS]	(of stress-ng's vm class for each stressor: 1)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

seconds=${1:-1}
tracing=/sys/kernel/tracing
events=$tracing/events/kprobes
out=/tmp/vmalock.out

by_result='hist:keys=flags,ret:size=2048'
# Since 6.15 madvise() asks for the lock of a VMA as well, and each thread that
# exits gives its stack back: only those that a fault has asked for count.
refusals='hist:keys=__probe_ret_ip.sym'

# shellcheck disable=SC2016 # the kernel's variables
set_events() {
	# The fault's flags at its entry beside its result.
	echo 'r:handled handle_mm_fault flags=$arg3:u32 ret=$retval:u32' \
		>>$tracing/kprobe_events &&
		echo 'r:locked lock_vma_under_rcu ret=$retval:u64' \
			>>$tracing/kprobe_events &&
		echo "$by_result" >$events/handled/trigger &&
		echo "$refusals if ret == 0" >$events/locked/trigger
}

# What the shell does by itself, without a process that would fault.
both() {
	echo "$by_result:$1" >>$events/handled/trigger
	echo "$refusals:$1 if ret == 0" >>$events/locked/trigger
}

copy_stats() {
	while read -r line; do
		echo "$line"
	done <$dir/stats >$out
}

clear_events() {
	echo "!$by_result" >>$events/handled/trigger
	echo "!$refusals if ret == 0" >>$events/locked/trigger
	echo >$tracing/kprobe_events
}

# How often faults were refused, in a histogram.
refused() {
	awk '/fault/ {
			for (i = 1; i < NF; i++)
				if ($i == "hitcount:")
					n += $(i + 1)
		}
		END { print n + 0 }'
}

# Faults that are refused because of a writer.  How many there are depends on
# when the host lets the two CPUs run together, so that few must do.  This ends by
# the kernel's own count, whatever spf counts.
beside_writers() {
	for _ in $(seq 150); do
		churn 10 2 2 || return
		[ "$(refused <$events/locked/hist)" -ge 20 ] &&
			kernel_has 0 2000 && return
	done
}

# And faults that have to be repeated, as many as are asked for below.
userfaults() {
	for _ in $(seq 150); do
		stress-ng --quiet --userfaultfd 1 --pthread 1 -t 5 >/dev/null 2>&1
		kernel_has 1 200 && kernel_has 0 2000 && return
	done
}

begin_both() {
	both clear
	echo 1 >$dir/reset
}

end_both() {
	both "$1"
	copy_stats
}

# count_both LOAD
# The two neither begin nor end at the same instant.  The shell writes first to the
# pages that it shares with a child of before, which are faults: it does each end
# once for nothing, and has no child after that.
count_both() {
	set_events || return
	begin_both
	begin_both
	"$1"
	end_both cont
	end_both pause
	sed 's/^/handled /' $events/handled/hist >>$out
	sed 's/^/refused /' $events/locked/hist >>$out
	drops=$(awk '/Dropped:/ { n += $2 } END { print n + 0 }' \
		$events/handled/hist $events/locked/hist)
	clear_events
	same "dropped by the kernel's histograms" "$drops" 0
}

# kernel_count RETRY: calls under a VMA's lock (FAULT_FLAG_VMA_LOCK, 0x1000, and
# FAULT_FLAG_USER, 0x40), with or without VM_FAULT_RETRY (0x400) in the result.
kernel_count() {
	awk -v retry="$1" '
		function bit(value, mask) { return int(value / mask) % 2 }
		$1 == "handled" && /hitcount/ {
			gsub(/[{},:]/, " ")
			for (i = 1; i < NF; i++) {
				if ($i == "flags") flags = $(i + 1)
				if ($i == "ret") ret = $(i + 1)
				if ($i == "hitcount") hits = $(i + 1)
			}
			if (bit(flags, 4096) && bit(flags, 64) &&
			    bit(ret, 1024) == retry)
				n += hits
		}
		END { print n + 0 }' $out
}

# kernel_has RETRY COUNT: so many or more by now
kernel_has() {
	sed 's/^/handled /' $events/handled/hist >$out
	[ "$(kernel_count "$1")" -ge "$2" ]
}

refused_count() {
	grep '^refused ' $out | refused
}

# agree WHAT SPF KERNEL: to within 0.1 %, or 3 where that is less
agree() {
	echo "# $1: spf $2, kernel $3" >&3
	slack=$(($3 / 1000))
	[ $slack -ge 3 ] || slack=3
	between "$1" "$2" $(($3 - slack)) $(($3 + slack))
}

success_agrees() {
	agree success "$(field_of $out vma_lock success)" "$(kernel_count 0)" &&
		between "kernel's successes" "$(kernel_count 0)" 1000 100000000
}

retry_agrees() {
	agree retry "$(field_of $out vma_lock retry)" "$(kernel_count 1)" &&
		between "kernel's retries" "$(kernel_count 1)" 100 100000000
}

# A refusal without a call of handle_mm_fault after it: there was no VMA, which
# spf does not tell from an access that was refused under the lock.
abort_agrees() {
	agree abort "$(field_of $out vma_lock abort)" \
		$(($(refused_count) - $(field_of $out vma_lock not_handled))) &&
		between "kernel's refusals" "$(refused_count)" 5 100000000
}

# With verify=1 every fault compares the mark of its VMA with what is recorded.
# A mark that comes with a split or a merge is explained by that: churn changes
# whole VMAs, too.
covered() {
	for _ in $(seq 8); do
		churn 4 || return
		stress-ng --quiet --class vm --seq 2 -t "$seconds" --vm-bytes 32m \
			--mmap-bytes 16m --oomable >/dev/null 2>&1
		cat $dir/stats >$out
		marks=$(field_of $out coverage marks)
		[ "$marks" -lt 10000 ] || break
	done
	echo "# $marks marks compared, $(field_of $out coverage uncovered_sections) unexplained" >&3
	between "marks compared" "$marks" 10000 100000000 &&
		same uncovered_sections \
			"$(field_of $out coverage uncovered_sections)" 0 &&
		same "table full" "$(field_of $out health full)" 0
}

exec 3>&1
ktap_start
report "the module loads" insmod /spf/spf.ko
report "beside writers, the kernel counts as well" count_both beside_writers
report "success agrees to 0.1 %" success_agrees
report "abort agrees to 0.1 %" abort_agrees
report "with userfaults, the kernel counts as well" count_both userfaults
report "success agrees to 0.1 %" success_agrees
report "retry agrees to 0.1 %" retry_agrees
report "it unloads" rmmod spf
[ "$seconds" -gt 0 ] || { ktap_end; exit; }
report "it loads to verify" insmod /spf/spf.ko verify=1 vmas_max=262144
report "every write mark is explained, also in stress-ng's vm class" covered
report "it unloads" rmmod spf
report "no splat in the kernel log" no_splat
ktap_end
