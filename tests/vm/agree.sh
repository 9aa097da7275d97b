#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest, on a kernel with per-VMA locks and a sequence count in the mm: the
# designs that are judged by these against the models of them, over a load of
# threads that fault and threads that write.
#
#	agree.sh [FAULTS]	(at least so many: 100000)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

wanted=${1:-100000}
out=/tmp/agree.out

get() {
	field_of $out "$@"
}

# r DESIGN REASON
r() {
	get reason count "design=$1" "name=$2"
}

# As parts of what: "12 of 34567, 0.03 %".
share_of() {
	awk -v part="$1" -v all="$2" 'BEGIN {
		printf "%d of %d, %.2f %%\n", part, all, 100 * part / all
	}'
}

load() {
	designs load "$wanted" >$out && faults=$(get faults arrived) || return
	echo "# $faults faults in $(get did ms) ms" >&3
	grep -E '^(agree|disagree) ' $out | sed 's/^/# /' >&3
	between "faults" "$faults" "$wanted" 1000000000 &&
		awk -f "$here/designs.awk" $out && healthy $out overrun
}

# So that there is something to disagree about: of a thousand, at least.
much_happens() {
	faults=$(get faults arrived)
	aborts=$(r vmalock abort)
	by_mm=$(($(r mmseq mm_odd) + $(r mmseq mm_moved)))
	echo "# vmalock abort: $(share_of "$aborts" "$faults")" >&3
	echo "# mmseq mm_odd, mm_moved: $(share_of $by_mm "$faults")" >&3
	between "vmalock aborts" "$aborts" $((faults * 5 / 1000)) "$faults" &&
		between "mmseq aborts by its counter" $by_mm \
			$((faults * 10 / 1000)) "$faults"
}

# Of a thousand, fewer than 5.
vmalock_agrees() {
	faults=$(get faults arrived)
	differ=$(($(get agree native_only design=vmalock) +
		$(get agree emulated_only design=vmalock)))
	echo "# vmalock: they differ for $(share_of $differ "$faults")" >&3
	same "faults compared" "$(get agree faults design=vmalock)" \
		$((faults - $(get faults lost) - $(get faults in_flight))) &&
		between "vmalock: they differ for" $differ 0 \
			$(((faults * 5 - 1) / 1000))
}

low_of() {
	echo $(($(get design completed name="$1") -
		$(get design possible_late name="$1")))
}

# The model knows less: its interval is the wider one.  A host that takes a CPU away
# between the lock and the counter can make a few more: one in a thousand, and of a
# short load, with two guests on one CPU, a hundred or two.
mmseq_within() {
	few=$(($(get faults arrived) / 1000))
	more=$((few + 200))
	low=$(low_of mmseq_emulated)
	high=$(get design completed name=mmseq_emulated)
	echo "# mmseq $(low_of mmseq) to $(get design completed name=mmseq), emulated $low to $high" >&3
	between "native mmseq, low end" "$(low_of mmseq)" "$low" \
		$((high + more)) &&
		between "native mmseq, high end" \
			"$(get design completed name=mmseq)" "$low" \
			$((high + more)) &&
		between "completed by native mmseq alone" \
			"$(get agree native_only design=mmseq)" 0 $((10 * few))
}

exec 3>&1
ktap_start
# One node, and nobody who scans.
[ ! -e /proc/sys/kernel/numa_balancing ] ||
	echo 0 >/proc/sys/kernel/numa_balancing
report "the module loads" insmod /spf/spf.ko
report "a load of $wanted faults adds up for every design" load
report "enough of it meets writers" much_happens
report "vmalock, native and emulated, agree on 99.5 % of the faults" vmalock_agrees
report "native mmseq is inside the interval of the emulated" mmseq_within
report "the module unloads" rmmod spf
report "no splat in the kernel log" no_splat
ktap_end
