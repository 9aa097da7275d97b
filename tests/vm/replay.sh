#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: a load of chance is recorded, and the oracle judges each of its
# faults anew, with the full history of everything, and counts every figure of
# stats again.
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
	# Until the load says which process is to be counted, nobody is.
	insmod /spf/spf.ko vmas_max=65536 pid=4194304
}

record() {
	rm -f "$trace" "$stats"
	trace-cmd record -q -C mono -e spf -b "$buffer" -o "$trace" \
		mix "$faults" "$seed" "$stats" || return
	[ -s "$stats" ] && adds_up "$stats" && healthy_but_overrun
}

# More sections than are remembered is what the load is after, too.
healthy_but_overrun() {
	for key in missed full reentry lost_tasks lost_unfinished; do
		same "health $key" "$(field_of "$stats" health $key)" 0 || return
	done
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
	# What the module could not know is said by itself, and has to be rare.
	between overrun "$(field_of $out excused overrun)" 0 $((judged / 50)) &&
		between untold "$(field_of $out excused untold)" 0 \
			$((judged / 50))
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
	for reason in seq_odd seq_moved no_anon_vma vm_ops_fault no_vma; do
		between "$reason" "$(field_of "$stats" reason count \
			"name=$reason")" 1 "$judged" || return
	done
	between possible "$(field_of "$stats" possible now)" 1 "$judged" &&
		between resolved "$(field_of "$stats" possible resolved)" 1 \
			"$judged" &&
		between cleared "$(field_of "$stats" possible cleared)" 1 \
			"$judged"
}

# refused WHAT OPTION...: the oracle finds something to disagree with
refused() {
	what=$1
	shift
	oracle --show 0 "$@" >/tmp/refused.out 2>&1
	[ $? = 1 ] && grep -q "$what" /tmp/refused.out && return
	cat /tmp/refused.out
	return 1
}

changed_figure() {
	awk '$1 == "conflict" && /scope=vma/ {
			sub(/count=.*/, "count=" substr($NF, 7) + 1)
		}
		{ print }' "$stats" >/tmp/changed.stats
	! cmp -s "$stats" /tmp/changed.stats &&
		refused '^figure conflict vma' "$trace" /tmp/changed.stats
}

dropped_section() {
	refused '^faults judged' --drop-section 5 "$trace" "$stats" &&
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
report "a figure that was changed is noticed" changed_figure
report "a section that is forgotten is noticed" dropped_section
report "a trace that lost events is refused" lost_events
report "the module unloads" rmmod spf
report "no splat in the kernel log" no_splat
said | grep -vE '^(difference|  )' | sed 's/^/# /'
[ -z "$REPLAY_KEEP" ] || {
	gzip -c "$stats" | base64 | sed 's/^/#S /'
	gzip -c "$trace" | base64 | sed 's/^/#T /'
}
ktap_end
