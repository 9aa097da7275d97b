#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: what is not proven on the running kernel is not called hooked.
# Modules that were changed so that they take the kernel for another one load, do
# no harm, and say so.

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

# Hooks that tell from the arguments of a call whether they understand it.  Not
# handle_mm_fault and the semaphores: without their declarations in the kernel's
# headers spf cannot be built.  And not where the argument behind the right one is
# none: what a register happens to hold may be a VMA.
decoded='vma_adjust vma_expand brk stack_down unmap_range change_protection
	move_page_tables merge munlock in_madvise in_madvise_call madv_free
	walk walk_vma rebind collapse remove_mm remove_mas remove_vms mark'

# These look at their arguments inside some functions only, and what they were not asked
# to understand is not misread.
by_caller='merge'

# These are called everywhere.
everywhere='stack_down unmap_range change_protection move_page_tables'

# Calls of all kinds, the hooks after each of them, since each counts from 0, and
# what is shown then.  The kernel of 5.10 has no MADV_COLLAPSE.
show_all() {
	: >"$1"
	for s in mprotect_split munmap_middle mmap_next mmap_over mremap_move \
		dontneed madv_free madv_flags mlock mbind uffd uffd_wp \
		brk_grow stack_grow fork soft_dirty collapse; do
		sections $s >/dev/null 2>&1
		cat $dir/hooks >>"$1"
	done
	cat $dir/stats $dir/verdict >>"$1"
}

with_module() {
	insmod "$1" && show_all "$2" && rmmod spf && no_splat
}

every_hit_understood() {
	awk '
		$1 == "hook" {
			split("", key)
			for (i = 2; i <= NF; i++) {
				n = index($i, "=")
				key[substr($i, 1, n - 1)] = substr($i, n + 1)
			}
			if (key["state"] == "off")
				next
			on++
			hits += key["hits"]
			if (key["state"] == "on" && key["why"] == "none" &&
			    key["understood"] == key["hits"])
				next
			print
			bad = 1
		}
		END { exit bad || on < 30 || hits < 1000 }' "$1"
}

all_hooked() {
	same "not hooked" "$(field_of /tmp/proof not_hooked sections)" none &&
		same unseen "$(grep -c unseen= /tmp/proof)" 0 &&
		same "verdict" "$(grep -c 'not seen' /tmp/proof)" 0
}

# misread FILE: each of the hooks that was hit has understood nothing, and says
# so; each of the kinds that it feeds is unproven, which every line says that is
# made from it.
misread() {
	awk -v decoded="$decoded" -v everywhere="$everywhere" \
		-v by_caller="$by_caller" '
		function fail(what) {
			print what
			bad = 1
		}
		function listed(kind, list) {
			return index("," list ",", "," kind ",") > 0
		}
		BEGIN {
			for (n = split(decoded, word); n; n--)
				is_decoded[word[n]] = 1
			for (n = split(everywhere, word); n; n--)
				wanted[word[n]] = 1
			for (n = split(by_caller, word); n; n--)
				in_part[word[n]] = 1
		}
		{
			split("", key)
			for (i = 2; i <= NF; i++) {
				n = index($i, "=")
				key[substr($i, 1, n - 1)] = substr($i, n + 1)
			}
		}
		$1 == "hook" && key["name"] in is_decoded && key["hits"] > 0 {
			delete wanted[key["name"]]
			if (key["state"] != "unproven" || key["why"] != "arguments" ||
			    (key["understood"] != 0 && !(key["name"] in in_part)))
				fail($0)
			if (key["feeds"] == "none")
				next
			for (n = split(key["feeds"], word, ","); n; n--)
				unproven[word[n]] = 1
		}
		$1 == "section" { state[key["kind"]] = key["state"] }
		$1 == "not_hooked" { not_hooked = key["sections"] }
		$1 == "design" && key["name"] == "seqcount" { design = key["unseen"] }
		$1 == "share" && key["design"] == "seqcount" { share = key["unseen"] }
		/^Write sections .* are not seen/ {
			sub(/.*: /, "")
			sub(/\.$/, "")
			verdict = $0
		}
		END {
			for (name in wanted)
				fail(name " was not hit")
			for (kind in unproven) {
				kinds++
				if (state[kind] != "unproven")
					fail(kind " is " state[kind])
				if (!listed(kind, not_hooked))
					fail(kind " is not in not_hooked")
				if (kind ~ /^(remove|rebind)$/)
					continue
				if (!listed(kind, design) || !listed(kind, share))
					fail(kind " is not unseen by seqcount")
				if (!listed(kind, verdict))
					fail(kind " is not in verdict")
			}
			print "# misread kinds: " kinds >"/dev/stderr"
			exit bad || kinds < 8
		}' "$1" 2>&3
}

# The headers were said to declare vma_set_page_prot in another way: nothing is
# read from its arguments.
refuted() {
	with_module /spf/spf-refuted.ko /tmp/refuted &&
		same state "$(field_of /tmp/refuted hook state name=page_prot)" off &&
		same why "$(field_of /tmp/refuted hook why name=page_prot)" \
			prototype && only_unproven /tmp/refuted soft_dirty,mmap
}

# mmap_region is called, and what should be called in it never is.
never_seen() {
	with_module /spf/spf-never.ko /tmp/never &&
		same state "$(field_of /tmp/never hook state name=page_prot)" on &&
		same hits "$(field_of /tmp/never hook hits name=page_prot)" 0 &&
		only_unproven /tmp/never soft_dirty,mmap
}

# only_unproven FILE KINDS
only_unproven() {
	same unproven \
		"$(sed -n 's/^section kind=\([a-z_]*\) .* state=unproven$/\1/p' "$1" | xargs | tr ' ' ,)" \
		"$2" &&
		same "not hooked" "$(field_of "$1" not_hooked sections)" "$2" &&
		same "unseen by seqcount" "$(field_of "$1" design unseen)" "$2" &&
		same "share" "$(field_of "$1" share unseen)" "$2" &&
		same "unseen by mmseq" \
			"$(field_of "$1" design unseen name=mmseq)" 0
}

# A function that neither ftrace nor a kprobe can be set on is no function that does
# not exist.
not_probed() {
	log_mark
	insmod /spf/spf-forbidden.ko 2>/tmp/err && {
		rmmod spf
		return 1
	}
	log_has 'hook anon_unlink cannot be set: exc_int3: error -22' &&
		! grep '^spf ' /proc/modules &&
		same kprobes "$(grep -c . /sys/kernel/debug/kprobes/list)" 0
}

# Not even to root, when the kernel shows them to nobody.
no_addresses() {
	echo 2 >/proc/sys/kernel/kptr_restrict
	insmod /spf/spf.ko && cat $dir/hooks >/tmp/hooks
	echo 0 >/proc/sys/kernel/kptr_restrict
	rmmod spf
	same addresses "$(grep -o 'address=[0-9a-fx]*' /tmp/hooks | sort -u)" \
		address=0000000000000000
}

# Beside each table is one page that is there to catch who runs over its end.
tables_are_told() {
	insmod /spf/spf.ko || return
	bytes=$(field memory tables_bytes <$dir/stats)
	mapped=$(awk '/ spf_[a-z]*_alloc\+.*\[spf\]/ { sum += $2; n++ }
		END { print sum - 4096 * n, 4096 * n }' /proc/vmallocinfo)
	rmmod spf
	echo "# tables: $bytes bytes, mapped and rounded up: $mapped" >&3
	between tables "${mapped% *}" "$bytes" $((bytes + ${mapped#* }))
}

# instances PARAMETER...
instances() {
	insmod /spf/spf.ko "$@" || return
	field memory instances_bytes <$dir/stats
	rmmod spf
}

instances_are_bounded() {
	few=$(instances tasks_max=64) && some=$(instances) &&
		many=$(instances tasks_max=65536) || return
	echo "# instances: $few $some $many bytes" >&3
	same "for many tasks" "$many" "$some" && [ "$few" -gt 100000 ] &&
		[ "$few" -lt "$some" ]
}

# ftrace that has failed in the kernel goes on calling: nothing may go that it needs.
# The module stays, so this is the last of all.
stays_loaded() {
	log_mark
	insmod /spf/spf-stuck.ko && echo 0 >$dir/enable || return
	log_has 'does not let go of spf' &&
		same enabled "$(field module enabled <$dir/stats)" 0 || return
	if sh -c "echo 1 >$dir/enable" 2>/tmp/err; then
		echo "hooks were set again"
		return 1
	fi
	# The callbacks run while all this goes on.
	for s in mprotect_split munmap_middle fork; do
		sections $s >/dev/null 2>&1 || return
	done
	if rmmod spf 2>/tmp/err; then
		echo "it could be removed"
		return 1
	fi
	cat $dir/stats >/dev/null
}

# one_kernel MODULE NAME COMMAND...: the usual run has that module for one kernel
one_kernel() {
	if [ -e "$1" ]; then
		shift
		report "$@"
	else
		skip "$2" "usually on one kernel only; ALL=1 is all"
	fi
}

exec 3>&1
ktap_start
report "the module loads and unloads" with_module /spf/spf.ko /tmp/proof
report "every hit was understood" every_hit_understood /tmp/proof
report "no kind is unseen" all_hooked
report "one that takes every argument for the next does no harm" \
	with_module /spf/spf-shifted.ko /tmp/shifted
report "and says that it has understood nothing" misread /tmp/shifted
one_kernel /spf/spf-refuted.ko "a prototype that the headers refute is not hooked" refuted
report "a kind that is called for and never seen is unproven" never_seen
report "what cannot be probed is named, and nothing is left behind" not_probed
report "addresses are shown as kptr_restrict says" no_addresses
report "the memory of the tables is what is mapped for them" tables_are_told
report "the instances of return probes are bounded" instances_are_bounded
if [ -e /proc/sys/kernel/ftrace_enabled ]; then
	one_kernel /spf/spf-stuck.ko "where ftrace does not let go, the module stays" \
		stays_loaded
else
	skip "where ftrace does not let go, the module stays" "no CONFIG_FUNCTION_TRACER"
fi
report "no splat in the kernel log" no_splat
ktap_end
