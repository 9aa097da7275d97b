# SPDX-License-Identifier: GPL-2.0-only
#
# Makes a table, lines for programs and a verdict from what guest.sh prints.
# What a configuration adds is taken within each round.
#
# -v fault_budget=N -v off_budget=N: instructions a fault
# -v designs_budget=N: what all designs may cost, as a multiple of seqcount alone
# -v targets="NAME=N...": what is aimed at; instructions that spf adds to the operation
#	of that name, of reader those that it adds more than to anon, of hold the
#	percentage that it adds to the holds of mprotect
# -v targets_bind=0 or 1: does the exit status depend on those, too?

function get(key,   i) {
	for (i = 1; i <= NF; i++)
		if (index($i, key "=") == 1)
			return substr($i, length(key) + 2)
}

$1 == "calibration" { ratio = get("ticks") / get("loop") }

$1 == "sample" {
	figure = get("fault") " " get("threads")
	config = get("config")
	round = get("round") + 0
	if (!(figure in seen_figure)) {
		seen_figure[figure] = 1
		figures[++nr_figures] = figure
	}
	if (!(config in seen_config)) {
		seen_config[config] = 1
		configs[++nr_configs] = config
	}
	if (round > rounds)
		rounds = round
	value[figure, config, round] = get("instructions")
}

# No "-0.0".
function tenths(x) {
	x = sprintf("%.1f", x)
	return x == "-0.0" ? "0.0" : x
}

# Fills sorted[1..rounds] with a figure, less that of "nothing" if asked to.
function sort_rounds(figure, config, relative,   r, i, v) {
	for (r = 1; r <= rounds; r++) {
		v = value[figure, config, r]
		if (relative)
			v -= value[figure, "nothing", r]
		for (i = r; i > 1 && sorted[i - 1] > v; i--)
			sorted[i] = sorted[i - 1]
		sorted[i] = v
	}
}

function median() {
	return (sorted[int((rounds + 1) / 2)] + sorted[int(rounds / 2) + 1]) / 2
}

function show(figure, config,   part, each, low, high, more, more_low,
	more_high) {
	split(figure, part, " ")
	sort_rounds(figure, config, 0)
	each = tenths(median())
	low = tenths(sorted[1])
	high = tenths(sorted[rounds])
	sort_rounds(figure, config, 1)
	more = tenths(median())
	more_low = tenths(sorted[1])
	more_high = tenths(sorted[rounds])
	added[figure, config] = more + 0
	printf "  %-19s %7d  %-14s %9s  %20s  %8s  %18s\n", part[1], part[2],
		config, each, low ".." high, more, more_low ".." more_high
	lines = lines sprintf("bench fault=%s threads=%d config=%s", part[1],
		part[2], config)
	lines = lines sprintf(" instructions=%s min=%s max=%s", each, low, high)
	lines = lines sprintf(" added=%s added_min=%s added_max=%s rounds=%d\n",
		more, more_low, more_high, rounds)
}

function judge(config, limit, what,   more) {
	if (!(("anon 2", config) in added))
		return
	more = added["anon 2", config]
	if (more > limit) {
		printf "FAIL: %s adds %s instructions to an anonymous fault, at most %d are allowed.\n",
			what, tenths(more), limit
		failed = 1
	} else {
		printf "ok: %s adds %s instructions to an anonymous fault",
			what, tenths(more)
		printf " (at most %d are allowed).\n", limit
	}
}

# All designs against seqcount alone, of what is added to the fault.
function judge_designs(operation, what,   all, alone, result) {
	if (!((operation, "spf") in added) || !((operation, "seqcount") in added))
		return
	all = added[operation, "spf"]
	alone = added[operation, "seqcount"]
	result = "ok"
	if (all > designs_budget * alone) {
		result = "FAIL"
		failed = 1
	}
	printf "%s: all designs add %s instructions to %s, seqcount alone %s:",
		result, tenths(all), what, tenths(alone)
	printf " %.2f times (at most %.1f are allowed).\n", all / alone,
		designs_budget
}

# The median of a hold, less what the marks take themselves.
function hold_of(operation, config,   empty) {
	sort_rounds("hold_empty 2", "nothing", 0)
	empty = median()
	sort_rounds("hold_" operation " 2", config, 0)
	return median() - empty
}

# Also fills longer[operation, config].
function show_hold(operation, config,   lasts, without, more) {
	lasts = hold_of(operation, config)
	without = hold_of(operation, "nothing")
	more = lasts - without
	longer[operation, config] = 100 * more / without
	printf "  %-19s %-14s %9s  %8s  %7s %%\n", operation, config,
		tenths(lasts), tenths(more), tenths(longer[operation, config])
	lines = lines sprintf("bench hold=%s config=%s instructions=%s without=%s",
		operation, config, tenths(lasts), tenths(without))
	lines = lines sprintf(" added=%s added_pct=%s rounds=%d\n", tenths(more),
		tenths(longer[operation, config]), rounds)
}

function show_holds(   f, c, operation) {
	if (!("hold_empty 2" in seen_figure) || !("nothing" in seen_config))
		return
	sort_rounds("hold_empty 2", "nothing", 0)
	printf "Instructions for each write hold, from the return of down_write_killable to the call of\n"
	printf "up_write or downgrade_write, with what is hooked to that call. Two probes read the TSC; the\n"
	printf "%s that they take themselves (hold_empty with nothing) are taken off.\n\n",
		tenths(median())
	printf "  %-19s %-14s %9s  %8s  %9s\n", "holds of", "configuration",
		"median", "added", "added"
	for (f = 1; f <= nr_figures; f++) {
		operation = figures[f]
		if (operation !~ /^hold_/ || operation == "hold_empty 2")
			continue
		sub(/^hold_/, "", operation)
		sub(/ .*/, "", operation)
		for (c = 1; c <= nr_configs; c++)
			show_hold(operation, configs[c])
		print ""
	}
}

# Usage: against(NAME, FIGURE, SENTENCE): SENTENCE has a place for the figure
function against(name, figure, sentence,   result) {
	if (!(name in target))
		return
	result = figure <= target[name] ? "ok" : targets_bind ? "FAIL" : "over"
	if (result == "FAIL")
		failed = 1
	printf "%s: " sentence " (the target is %s).\n", result, tenths(figure),
		target[name]
}

function against_added(name, operation) {
	if ((operation " 2", "spf") in added)
		against(name, added[operation " 2", "spf"],
			"spf adds %s instructions to " operation)
}

function against_hold(operation) {
	if ((operation, "spf") in longer)
		against("hold", longer[operation, "spf"],
			"spf makes the write holds of " operation " last %s %% longer")
}

function judge_targets(   n, i, part, word) {
	n = split(targets, word, " ")
	for (i = 1; i <= n; i++) {
		split(word[i], part, "=")
		target[part[1]] = part[2] + 0
	}
	against_added("anon", "anon")
	if (("reader 2", "spf") in added)
		against("reader", added["reader 2", "spf"] - added["anon 2", "spf"],
			"spf adds %s instructions more to reader than to anon")
	against_added("table", "table")
	against_added("mprotect_whole", "mprotect_whole")
	against_added("mprotect_split", "mprotect_split")
	against_added("map", "map")
	against_added("sem", "sem_down")
	against_added("sem", "sem_up")
	against_hold("mprotect_whole")
	against_hold("mprotect_split")
}

END {
	if (!rounds) {
		print "bench: the guest has measured nothing" | "cat >&2"
		exit 2
	}
	if (ratio < 0.999 || ratio > 1.001) {
		printf "bench: %.4f ticks an instruction, it must be 1: is this --icount?\n",
			ratio | "cat >&2"
		exit 2
	}
	printf "Instructions for each operation: median and range of %d rounds (%.4f ticks an instruction)\n\n",
		rounds, ratio
	printf "  %-19s %7s  %-14s %9s  %20s  %8s  %18s\n", "operation",
		"threads", "configuration", "median", "min..max", "added",
		"min..max"
	for (f = 1; f <= nr_figures; f++) {
		for (c = 1; c <= nr_configs; c++)
			show(figures[f], configs[c])
		print ""
	}
	show_holds()
	printf "%s\n", lines
	judge_targets()
	print ""
	judge("spf", fault_budget, "spf")
	judge("spf_off", off_budget, "spf with enable=0")
	judge_designs("anon 2", "an anonymous fault")
	judge_designs("table 2", "the first touch of a page table")
	exit failed
}
