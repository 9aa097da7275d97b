# SPDX-License-Identifier: GPL-2.0-only
#
# What holds of the figures of stats whatever has happened (docs/stats.md): reads
# stats, prints what does not hold, and fails then.  Of designs, only seqcount;
# designs.awk is for all of them.
#
#	awk -v check="WHAT..." [-v allow="WHAT..."] -f figures.awk STATS
#
# check:
#	sums	every fault that has arrived is in one of the bins
#	health	nothing was missed, so that counts are what they seem
#	waits	as many faults were blocked as have waited
#	parts	sums of what is told apart by state, scope, kind or rank
# allow:
#	overrun	more write sections in one fault than are remembered
#	blame	where one writer follows the other without a pause, or one fault
#		waits, if any does: not all waits are blamed

function same(what, got, want) {
	if (got + 0 == want + 0)
		return
	printf "%s: got %.0f, wanted %.0f\n", what, got, want
	status = 1
}

function between(what, got, low, high) {
	if (got + 0 >= low + 0 && got + 0 <= high + 0)
		return
	printf "%s: got %.0f, wanted %.0f to %.0f\n", what, got, low, high
	status = 1
}

# Over all lines of a record, or those with one word.
function total(record, key, word) {
	return sum[record, word, key] + 0
}

function reason(name) {
	return total("reason", "count", "name=" name)
}

function judged() {
	return total("design", "attempted") + total("design", "skipped")
}

function stopped() {
	return reason("seq_odd") + reason("seq_moved")
}

function check_sums() {
	same("arrived = attempted + skipped + lost + in flight",
	     total("faults", "arrived"),
	     judged() + total("faults", "lost") + total("faults", "in_flight"))
	same("attempted = completed + abort_entry + abort_late",
	     total("design", "attempted"),
	     total("design", "completed") + total("design", "abort_entry") + \
	     total("design", "abort_late"))
}

function check_health(n, name, i) {
	n = split("missed full overrun reentry lost_tasks lost_unfinished", name)
	for (i = 1; i <= n; i++)
		if (!(name[i] in allowed))
			same("health " name[i], total("health", name[i]), 0)
}

function check_waits() {
	same("faults that waited", total("wait_total", "count"),
	     total("faults", "blocked"))
}

function check_times(n, state, i) {
	same("lock arrivals", total("lock", "arrivals"), judged())
	# A fault that waited more than once may have done so in more states.
	between("lock waited", total("lock", "waited"), total("wait_total", "count"),
		4 * total("wait_total", "count"))
	same("lock wait_ns", total("lock", "wait_ns"), total("wait_total", "sum_ns"))
	same("lock completed", total("lock", "completed"),
	     total("design", "completed"))
	same("lock completed_wait_ns", total("lock", "completed_wait_ns"),
	     total("design", "wait_saved_ns"))
	n = split("free readers queued writer", state)
	for (i = 1; i <= n; i++)
		same("lock_wait state=" state[i],
		     total("lock_wait", "count", "state=" state[i]),
		     total("lock", "waited", "state=" state[i]))
	same("wait", total("wait", "count"), total("wait_total", "count"))
	same("service", total("service", "count"), total("service_total", "count"))
}

# At arrivals when a writer had the lock or was queued for it.
function with_writer(key) {
	return total("lock", key, "state=queued") + total("lock", key, "state=writer")
}

function check_opportunity(off) {
	same("opportunity arrivals", total("opportunity", "arrivals"), judged())
	same("opportunity writer_present", total("opportunity", "writer_present"),
	     with_writer("arrivals"))
	same("opportunity wait_ns", total("opportunity", "wait_ns"),
	     total("wait_total", "sum_ns"))
	same("opportunity writer_wait_ns", total("opportunity", "writer_wait_ns"),
	     with_writer("wait_ns"))
	same("opportunity completed_wait_ns",
	     total("opportunity", "completed_wait_ns"),
	     total("design", "wait_saved_ns"))
	if (refused || !judged())
		return
	# Two digits behind the point, rounded or cut off.
	off = total("opportunity", "writer_present_pct") - \
	      100 * with_writer("arrivals") / judged()
	if (off > 0.01 || off < -0.01) {
		print "writer_present_pct is off by " off
		status = 1
	}
}

# A refused access and what overran have met nobody in particular.
function check_possible() {
	same("possible_late", total("design", "possible_late"),
	     total("possible", "now") + total("possible", "pending"))
	same("blame possible", total("blame", "possible"),
	     total("possible", "now") - total("possible", "unresolved"))
	between("unresolved and resolved",
		total("possible", "unresolved") + total("possible", "resolved"), 0,
		total("possible", "now"))
}

# Faults whose wait began while somebody had the lock, by whom.  For an instant before
# a writer gives it back the lock does not say who he is: one of many may come
# just then.  Every writer has a section in each of his holds.
#
# Where one hold follows the other without a pause, that is more often, and a
# fault may be kept from going on until more holds are over than are remembered.
# Nor is that a share of anything where one fault waits, if any does.
function check_blame_of_waits(wait, count) {
	wait = total("lock", "wait_ns", "state=writer")
	count = total("top by=wait", "count")
	if ("blame" in allowed) {
		between("top by=wait", total("top by=wait", "wait_ns"), 0, wait)
		between("top by=wait count", count,
			int(total("lock", "waited", "state=writer") / 2) - 5,
			total("lock", "waited", "state=writer"))
		return
	}
	between("top by=wait", total("top by=wait", "wait_ns"),
		int(wait * 98 / 100), wait)
	same("top by=wait kind=none", total("top by=wait", "count", "kind=none"), 0)
}

function check_aborts() {
	same("blame aborts", total("blame", "aborts"), stopped())
	same("page and vma", total("conflict", "count", "scope=page") + \
	     total("conflict", "count", "scope=vma"), stopped())
	between("conflict mm", total("conflict", "count", "scope=mm"), 0,
		total("lock", "arrivals", "state=writer"))
	same("top by=aborts", total("top by=aborts", "count"), stopped())
}

# Those that came as far as that are the ones that completed, but for refused
# accesses, and those that only later checks stopped.  Of those that a writer
# stopped before, it depends on what they would have met.
function check_ptes(certain) {
	certain = total("design", "completed") - reason("permission") + \
		  reason("pte_none_ops") + reason("swap_miss") + reason("seq_moved")
	between("pte kinds", total("pte", "count"), certain,
		certain + reason("seq_odd") + reason("vma_absent") + \
		reason("out_of_bounds"))
}

function check_parts() {
	check_times()
	check_opportunity()
	check_possible()
	check_aborts()
	check_blame_of_waits()
	check_ptes()
}

BEGIN {
	n = split(check, word)
	for (i = 1; i <= n; i++)
		checks[word[i]] = 1
	n = split(allow, word)
	for (i = 1; i <= n; i++)
		allowed[word[i]] = 1
}

$1 == "design" && !/ name=seqcount / { next }
$1 == "reason" && !/ design=seqcount / { next }

$1 == "opportunity" && / refused=/ { refused = 1 }

{
	record = $1 == "top" ? $1 " " $2 : $1
	lines[$1]++
	for (i = 2; i <= NF; i++) {
		key = substr($i, 1, index($i, "=") - 1)
		value = substr($i, length(key) + 2)
		sum[record, "", key] += value
		for (k = 2; k <= NF; k++)
			sum[record, $k, key] += value
	}
}

END {
	if (!lines["faults"] || !lines["design"]) {
		print "these are no figures of stats"
		exit 1
	}
	if ("sums" in checks)
		check_sums()
	if ("health" in checks)
		check_health()
	if ("waits" in checks)
		check_waits()
	if ("parts" in checks)
		check_parts()
	exit status
}
