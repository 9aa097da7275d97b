#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: a load of chance is recorded, and the oracle judges each of its
# faults anew, by the rules of every design and with the full history of
# everything, and counts every figure of stats again.
#
#	replay.sh [FAULTS [SEED]]	(30000 and 1)
#
# REPLAY_KEEP=1 writes the trace out, for a look from outside.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

faults=${1:-30000}
seed=${2:-1}
trace=/tmp/trace.dat
stats=/tmp/mix.stats
out=/tmp/oracle.out

# Room for the whole trace, so that its readers may be late: in KB for each CPU.
buffer=$((faults / 2 + 20000))

load_module() {
	# Until the load says which process is to be counted, nobody is: no
	# kernel thread has faults.
	insmod /spf/spf.ko vmas_max=65536 pid=2
}

record() {
	rm -f "$trace" "$stats"
	trace-cmd record -q -C mono -e spf -b "$buffer" -o "$trace" \
		mix "$faults" "$seed" "$stats" || return
	# More sections than are remembered is what the load is after, too.
	[ -s "$stats" ] && figures_hold "$stats" "sums health" overrun
}

judge() {
	began=$(date +%s)
	oracle "$trace" "$stats" >$out 2>&1
	echo "oracle status=$? seconds=$(($(date +%s) - began))" >>$out
}

# Of the lines of the oracle.
said() {
	grep -v '^figure ' $out
}

verdicts() {
	if ! between judged "$judged" "$faults" 100000000 ||
		! same agreed "$(field_of $out faults agreed)" "$judged" ||
		grep -q '^difference ' $out; then
		said
		return 1
	fi
	# What the module could not know has to be the exception, each and all
	# together.  How rare is up to how the CPUs run: a fault gives its lock back
	# when others are in its way, and is judged later when its CPU is taken away.
	for excuse in overrun untold flux forgotten asked mark dropped state; do
		between "$excuse" "$(field_of $out excused $excuse)" 0 \
			$((judged / 16)) || return
	done
	between excused "$(field_of $out excused faults)" 0 $((judged / 8))
}

figures() {
	between compared "$(field_of $out figures compared)" 100 100000 &&
		same different "$(field_of $out figures different)" 0 &&
		same status "$(field_of $out oracle status)" 0 && return
	grep -E '^(figure|oracle)' $out
	return 1
}

# All that can disagree did, in one place or another.
seen() {
	for fact in kernel_address no_vma vma_absent seq_odd seq_moved vm_ops_fault \
		no_anon_vma out_of_bounds permission odd_matters \
		moved_matters unsafe flags_differ count_differs mm_odd mm_moved \
		not_anon anon_vma_needed stack_grew write_locked \
		no_map_pages anon_vma_trylock; do
		between "$fact" "$(field_of $out facts $fact)" 1 "$judged" ||
			return
	done
	for effect in bounds flags other; do
		between "$effect" "$(field_of $out effects $effect)" 1 \
			100000000 || return
	done
	for state in queued writer; do
		between "waits, $state" "$(field_of "$stats" lock waited \
			"state=$state")" 1 "$judged" || return
	done
	for key in arrived blocked calls; do
		between "kernel_faults $key" "$(field_of "$stats" \
			kernel_faults $key)" 1 100000000 || return
	done
	for name in mm_vs_vma adjust_vs_unmap unsafe_min unsafe_sites; do
		between "$name" "$(field_of "$stats" compare count \
			"name=$name")" 1 "$judged" || return
	done
	between possible "$(field_of "$stats" possible now)" 1 "$judged" &&
		between resolved "$(field_of "$stats" possible resolved)" 1 \
			"$judged" &&
		between cleared "$(field_of "$stats" possible cleared)" 1 \
			"$judged"
}

# refused OPTION...: the oracle finds something to disagree with
refused() {
	oracle --show 0 "$@" >/tmp/refused.out 2>&1
	[ $? = 1 ] && return
	cat /tmp/refused.out
	return 1
}

# plus_one PATTERN: one more than it was, in the line with the pattern
plus_one() {
	awk -v pattern="$1" '$0 ~ pattern && match($0, /count=[0-9]+/) {
			count = substr($0, RSTART + 6, RLENGTH - 6)
			sub(/count=[0-9]+/, "count=" count + 1)
		}
		{ print }' /tmp/changed.stats >/tmp/next.stats
	! cmp -s /tmp/changed.stats /tmp/next.stats &&
		mv /tmp/next.stats /tmp/changed.stats
}

# One of each sort, and the oracle has to name each of them.
changed_figures() {
	cp "$stats" /tmp/changed.stats &&
		plus_one '^conflict scope=vma' &&
		plus_one '^reason design=flagcount_sites name=no_vma' &&
		plus_one '^compare name=adjust_vs_unmap' &&
		plus_one '^lock_wait state=writer' &&
		refused "$trace" /tmp/changed.stats || return
	for what in 'conflict vma' 'reason flagcount_sites no_vma' \
		adjust_vs_unmap 'lock_wait writer'; do
		grep -q "^figure $what" /tmp/refused.out || {
			echo "not noticed: $what"
			return 1
		}
	done
}

dropped_section() {
	refused --drop-section 5 "$trace" "$stats" &&
		! same "all agree without the section" \
			"$(field_of /tmp/refused.out faults agreed)" \
			"$(field_of /tmp/refused.out faults judged)" >/dev/null
}

# Nobody reads the buffers meanwhile, so that most of it is overwritten.
lost_events() {
	trace-cmd start -C mono -e spf -b 64 >/dev/null &&
		mix 3000 "$seed" /tmp/lost.stats &&
		trace-cmd stop &&
		trace-cmd extract -o /tmp/lost.dat >/dev/null || return
	oracle /tmp/lost.dat /tmp/lost.stats >/tmp/lost.out 2>&1
	[ $? = 2 ] && grep -q 'lost events' /tmp/lost.out && return
	cat /tmp/lost.out
	return 1
}

ktap_start
report "the module loads" load_module
report "a load of $faults faults is recorded" record
judge
judged=$(field_of $out faults judged)
report "$judged faults: every verdict is the oracle's" \
	verdicts
report "every figure of stats is what the trace gives" figures
report "faults of every kind were among them" seen
# Two more judgements of the whole trace, each as long as the first.
if [ "$faults" -le 100000 ]; then
	report "figures that were changed are noticed" changed_figures
	report "a section that is forgotten is noticed" dropped_section
else
	skip "figures that were changed are noticed" "done with 100000 faults or fewer"
	skip "a section that is forgotten is noticed" "done with 100000 faults or fewer"
fi
report "a trace that lost events is refused" lost_events
report "the module unloads" rmmod spf
report "no splat in the kernel log" no_splat
said | grep -vE '^(difference|  )' | sed 's/^/# /'
[ -z "$REPLAY_KEEP" ] || {
	gzip -c "$stats" | base64 | sed 's/^/#S /'
	gzip -c "$trace" | base64 | sed 's/^/#T /'
}
ktap_end
