# SPDX-License-Identifier: GPL-2.0-only
#
# What spf adds, of the lines of scale.sh; those of spf come last.

{
	split("", key)
	for (i = 2; i <= NF; i++) {
		n = index($i, "=")
		key[substr($i, 1, n - 1)] = substr($i, n + 1)
	}
}

$1 == "scale" && key["config"] == "nothing" {
	without[key["what"], key["n"]] = key["instructions"]
}

$1 == "scale" && key["config"] == "spf" {
	if (!((key["what"], key["n"]) in without))
		exit
	alone = without[key["what"], key["n"]]
	printf "scale what=%s n=%d instructions=%.0f without=%.0f added=%.0f\n",
		key["what"], key["n"], key["instructions"], alone,
		key["instructions"] - alone
	lines++
}

$1 == "health" {
	print
}

END {
	exit lines != 8
}
