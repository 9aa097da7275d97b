#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: kprobes are silenced from outside, again and again, while threads
# change and free VMAs.
#
#	silence.sh [FLAPS]	(8)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

flaps=${1:-8}
few=$(((flaps + 1) / 2))
load=map,map,map,fault
ftrace=/proc/sys/kernel/ftrace_enabled
kprobes=/sys/kernel/debug/kprobes/enabled

# Since it was loaded, which no reset has come after.
no_more_ended() {
	awk '$1 == "section" {
			for (i = 2; i <= NF; i++) {
				split($i, word, "=")
				key[word[1]] = word[2]
			}
			if (key["ended"] + 0 > key["begun"] + 0) {
				print
				bad = 1
			}
		}
		END { exit bad }' $dir/stats
}

begin
report "it loads" load
report_if $ftrace "no CONFIG_FUNCTION_TRACER" \
	"kernel.ftrace_enabled flaps $flaps times" say storm $load flap $ftrace "$flaps"
report "kprobes/enabled flaps $few times" say storm $load flap $kprobes $few
report "enable flaps $few times" say storm $load flap $dir/enable $few
report "no more sections have ended than begun" no_more_ended
report "its sums hold" sums_hold
end
