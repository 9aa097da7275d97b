# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Test results in KTAP, for the shells of host and guest.  Sourced.
#
#	ktap_start; report NAME COMMAND...; skip NAME REASON; ktap_end

ktap_count=0
ktap_failed=0

ktap_start() {
	echo "KTAP version 1"
}

# Runs COMMAND; what it prints is shown as diagnostics when it fails.
report() {
	ktap_name=$1
	shift
	ktap_count=$((ktap_count + 1))
	if ktap_text=$("$@" 2>&1); then
		echo "ok $ktap_count $ktap_name"
	else
		ktap_failed=$((ktap_failed + 1))
		echo "not ok $ktap_count $ktap_name"
		echo "$ktap_text" | sed 's/^/# /'
	fi
}

skip() {
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $1 # SKIP $2"
}

# The plan comes last, as in TAP: it is missing when the script was cut short.
ktap_end() {
	echo "1..$ktap_count"
	[ "$ktap_failed" -eq 0 ]
}
