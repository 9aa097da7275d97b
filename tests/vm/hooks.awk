# SPDX-License-Identifier: GPL-2.0-only
#
# From the files hooks and stats of spf: a line for each kind of write section,
# "KIND|SYMBOLS", with the kernel symbols by which it is seen, in the order of
# the table, as docs/hooks.md has them.
#
#	awk -f hooks.awk hooks stats

function value(key,	i, word) {
	for (i = 2; i <= NF; i++) {
		split($i, word, "=")
		if (word[1] == key)
			return word[2]
	}
}

$1 == "hook" && value("state") == "on" {
	symbol = "`" value("symbol") "`"
	gsub(/,/, "`, `", symbol)
	nr = split(value("feeds"), fed, ",")
	for (i = 1; i <= nr; i++)
		symbols[fed[i]] = symbols[fed[i]] \
			(symbols[fed[i]] ? ", " : "") symbol
}

$1 == "section" {
	kind = value("kind")
	print kind "|" (value("state") == "hooked" ? symbols[kind] : "-")
}
