# SPDX-License-Identifier: GPL-2.0-only
#
# What holds of the designs whatever has happened (docs/stats.md, docs/designs.md):
# reads stats, and behind them the lines of verdict, each behind "said"; prints
# what does not hold, and fails then.  Knows no design by its name but those whose
# rules are about one.

function bad(text) {
	print text
	status = 1
}

function same(what, got, want) {
	if (got + 0 != want + 0)
		bad(what ": got " got + 0 ", wanted " want + 0)
}

function at_most(what, got, most) {
	if (got + 0 > most + 0)
		bad(what ": got " got + 0 ", wanted " most + 0 " at the most")
}

# Two digits behind the point, cut off.
function percent(what, got, part, whole) {
	same(what " (hundredths)", int(got * 100 + 0.5),
	     int(part * 10000 / whole))
}

function of(name, key) {
	return design[name, key]
}

# Is a ratio printed for it?
function has_share(name) {
	return of(name, "refused") == ""
}

# The line of verdict that is about this, as its numbers alone.
function numbers(about, line, i, n) {
	for (i = 1; i <= sentences; i++)
		if (index(said[i], about)) {
			n++
			line = said[i]
		}
	if (n != 1)
		bad("verdict has " n + 0 " lines about \"" about "\"")
	gsub(/[^0-9]+/, " ", line)
	sub(/^ /, "", line)
	sub(/ $/, "", line)
	return line
}

function quoted(about, want, got) {
	quotes++
	got = numbers(about)
	if (got != want)
		bad("verdict about \"" about "\": got \"" got "\", wanted \"" want "\"")
}

function check_design(name, low, attempted) {
	attempted = of(name, "attempted")
	same(name ": attempted", attempted,
	     of(name, "completed") + of(name, "abort_entry") + of(name, "abort_late"))
	same(name ": arrived", faults["arrived"],
	     attempted + of(name, "skipped") + faults["lost"] + faults["in_flight"])
	same(name ": reasons for abort_entry", sum[name, "abort_entry"],
	     of(name, "abort_entry"))
	same(name ": reasons for abort_late", sum[name, "abort_late"],
	     of(name, "abort_late"))
	same(name ": reasons for skipped", sum[name, "skipped"], of(name, "skipped"))
	at_most(name ": reasons for completed", sum[name, "completed"],
		of(name, "completed"))
	at_most(name ": possible_late", of(name, "possible_late"),
		of(name, "completed"))
	at_most(name ": wait_saved_ns", of(name, "wait_saved_ns"), wait_ns)
	if ((name, "unsafe") in design != (name ~ /^flagcount_/))
		bad(name ": unsafe is there, or is not")
	if (share[name] != of(name, "share"))
		bad(name ": its share is " share[name] " and " of(name, "share"))
	if (attempted + 0 == 0) {
		if (of(name, "refused") != "nothing_attempted")
			bad(name ": its share is not refused")
		return
	}
	low = of(name, "completed") - of(name, "possible_late")
	percent(name ": low end", of(name, "completed_low_pct"), low, attempted)
	percent(name ": high end", of(name, "completed_high_pct"),
		of(name, "completed"), attempted)
	spoken++
	quoted("said " name " ", low " " of(name, "completed") " " attempted " " \
	       int(of(name, "wait_saved_ns") / 1000))
}

# What follows from the rules of one for another.
function check_family(n, of_section, matter) {
	n = "seqcount"
	matter = reason["bounds", "odd_matters"] + reason["bounds", "moved_matters"]
	of_section = reason[n, "seq_odd"] + reason[n, "seq_moved"]
	if ((n, "attempted") in design && ("bounds", "attempted") in design) {
		same("adjust_vs_unmap of", compare["adjust_vs_unmap", "of"],
		     of_section)
		same("adjust_vs_unmap count", compare["adjust_vs_unmap", "count"],
		     of("bounds", "completed") - of(n, "completed"))
		at_most("sections that matter", matter, of_section)
	}
	# What endangers a commit matters, but not the other way round.
	if (("bounds", "attempted") in design && ("flagcount_min", "attempted") in design)
		at_most("bounds: completed", of("bounds", "completed"),
			of("flagcount_min", "completed") - of("flagcount_min", "unsafe"))
	if (("flagcount_sites", "attempted") in design &&
	    ("flagcount_min", "attempted") in design) {
		same("flagcount_sites: aborts by its counter",
		     reason["flagcount_sites", "count_differs"],
		     of("flagcount_min", "completed") - of("flagcount_sites", "completed"))
		same("flags_differ", reason["flagcount_sites", "flags_differ"],
		     reason["flagcount_min", "flags_differ"])
	}
}

function check_compare() {
	if (("mm_vs_vma", "count") in compare) {
		at_most("mm_vs_vma sure", compare["mm_vs_vma", "sure"],
			compare["mm_vs_vma", "count"])
		at_most("mm_vs_vma count", compare["mm_vs_vma", "count"],
			reason["mmseq", "mm_odd"] + reason["mmseq", "mm_moved"])
		if (has_share("seqcount"))
			quoted("per-mm", compare["mm_vs_vma", "count"] " " \
			       compare["mm_vs_vma", "sure"])
	}
	if (("adjust_vs_unmap", "of") in compare && has_share("seqcount"))
		quoted("adjust", compare["adjust_vs_unmap", "count"] " " \
		       compare["adjust_vs_unmap", "of"])
	check_unsafe("unsafe_min", "flagcount_min", "is removed")
	check_unsafe("unsafe_sites", "flagcount_sites", "every section")
}

function check_unsafe(name, of_design, about) {
	if (!((name, "of") in compare))
		return
	same(name " count", compare[name, "count"], of(of_design, "unsafe"))
	same(name " of", compare[name, "of"], of(of_design, "completed"))
	if (has_share(of_design))
		quoted(about, compare[name, "count"] " " compare[name, "of"])
}

# Said where most faults of the window were not judged.
function check_not_judged() {
	if (not_judged["most"] + 0)
		quoted("Most page faults were not judged", not_judged["judged"] " " \
		       not_judged["kernel_faults"] " " int(kernel_wait_ns / 1000) " " \
		       not_judged["other_calls"])
}

# The kernel's own against the model of it.
function check_agree(name, twin) {
	twin = name "_emulated"
	if (!((name, "faults") in agree)) {
		if ((twin, "attempted") in design && (name, "attempted") in design)
			bad(name ": two ways, and no line says how they agree")
		return
	}
	same(name ": agree faults", agree[name, "faults"], of(name, "attempted"))
	same(name ": agree", agree[name, "faults"],
	     agree[name, "both_completed"] + agree[name, "both_aborted"] + \
	     agree[name, "native_only"] + agree[name, "emulated_only"])
	same(name ": completed by native", of(name, "completed"),
	     agree[name, "both_completed"] + agree[name, "native_only"])
	same(name ": completed by emulated", of(twin, "completed"),
	     agree[name, "both_completed"] + agree[name, "emulated_only"])
	same(name ": disagree native", only[name, "native"], agree[name, "native_only"])
	same(name ": disagree emulated", only[name, "emulated"],
	     agree[name, "emulated_only"])
}

{
	split("", f)
	for (i = 2; i <= NF; i++) {
		eq = index($i, "=")
		f[substr($i, 1, eq - 1)] = substr($i, eq + 1)
	}
}

$1 == "said" {
	said[++sentences] = $0
	if (index($0, "said Nothing is said: ") == 1)
		silent = 1
}

$1 == "faults" {
	for (key in f)
		faults[key] = f[key]
}

$1 == "kernel_faults" { kernel_wait_ns = f["wait_ns"] }

$1 == "not_judged" {
	for (key in f)
		not_judged[key] = f[key]
}

$1 == "wait_total" { wait_ns = f["sum_ns"] }

$1 == "design" {
	names[++nr] = f["name"]
	for (key in f)
		design[f["name"], key] = f[key]
	design[f["name"], "share"] = f["completed_low_pct"] " " f["completed_high_pct"] " " f["refused"]
}

$1 == "share" {
	share[f["design"]] = f["completed_low_pct"] " " f["completed_high_pct"] " " f["refused"]
}

$1 == "reason" {
	sum[f["design"], f["verdict"]] += f["count"]
	reason[f["design"], f["name"]] = f["count"]
	if (!((f["design"], "attempted") in design))
		bad("a reason of a design that has no line: " $0)
}

$1 == "agree" {
	for (key in f)
		agree[f["design"], key] = f[key]
}

$1 == "disagree" { only[f["design"], f["completed_by"]] += f["count"] }

$1 == "compare" {
	for (key in f)
		compare[f["name"], key] = f[key]
}

END {
	if (!nr)
		bad("no design")
	for (i = 1; i <= nr; i++)
		check_design(names[i])
	check_family()
	check_compare()
	check_not_judged()
	check_agree("mmseq")
	check_agree("vmalock")
	if (!silent && quotes != sentences)
		bad("verdict has " sentences " lines, of which " quotes " are known")
	if (silent ? spoken || sentences != 1 : !spoken)
		bad("verdict says that nothing is said, or should")
	exit status
}
