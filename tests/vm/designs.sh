#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: faults that the designs of docs/designs.md must judge differently,
# each with the number that the program predicts.
#
# Needs /spf/linger.ko, the modules of swap devices (in /spf/swap), two nodes
# (numa=fake=2) and vsyscall=xonly; without, a few tests are skipped.
#
#	designs.sh [SCENARIO...]	(all)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

only=$*
out=/tmp/designs.out
err=/tmp/designs.err

# --- figures ---

get() {
	field_of $out "$@"
}

# Of several lines, the first that has it.
did() {
	awk -v key="$1" '$1 == "did" {
		for (i = 2; i <= NF; i++)
			if (index($i, key "=") == 1) {
				print substr($i, length(key) + 2)
				exit
			}
	}' $out
}

# r DESIGN REASON: how often
r() {
	get reason count "design=$1" "name=$2"
}

# says "RECORD WORD... : KEY=WANTED..."...: of the line that begins with RECORD
# and has all these words, 0 where there is none.  WORD may be key=one|other, for
# each of them; WANTED may be LOW..HIGH.
says() {
	printf '%s\n' "$@" >/tmp/designs.wanted
	awk '
		function value(line, key, at) {
			at = index(line, " " key "=")
			if (!at)
				return 0
			line = substr(line, at + length(key) + 2)
			return substr(line, 1, index(line, " ") - 1)
		}
		function find(words, word, n, l, i) {
			n = split(words, word, " ")
			for (l = 1; l <= lines; l++) {
				if (index(line[l], " " word[1] " ") != 1)
					continue
				for (i = 2; i <= n; i++)
					if (!index(line[l], " " word[i] " "))
						break
				if (i > n)
					return line[l]
			}
			return ""
		}
		function is(got, want, end) {
			if (want !~ /^-?[0-9]+[.][.][0-9]+$/)
				return got == want
			split(want, end, /[.][.]/)
			return got + 0 >= end[1] + 0 && got + 0 <= end[2] + 0
		}
		function compare(words, keys, line, n, i, pair, got) {
			line = find(words)
			n = split(keys, pair, " ")
			for (i = 1; i <= n; i++) {
				at = index(pair[i], "=")
				key = substr(pair[i], 1, at - 1)
				want = substr(pair[i], at + 1)
				got = value(line, key)
				if (!is(got, want)) {
					print words ": " key ": got " got ", wanted " want
					bad = 1
				}
			}
		}
		# At most one word stands for several.
		function each(words, keys, n, i, at, before, name, after, names) {
			if (!match(words, /=[^ ]*[|][^ ]*/)) {
				compare(words, keys)
				return
			}
			before = substr(words, 1, RSTART)
			after = substr(words, RSTART + RLENGTH)
			n = split(substr(words, RSTART + 1, RLENGTH - 1), names, "|")
			for (i = 1; i <= n; i++)
				compare(before names[i] after, keys)
		}
		NR != FNR {
			line[++lines] = " " $0 " "
			next
		}
		{ wanted[++wants] = $0 }
		END {
			for (w = 1; w <= wants; w++) {
				at = index(wanted[w], " : ")
				each(substr(wanted[w], 1, at - 1),
				     substr(wanted[w], at + 3))
			}
			exit bad || !wants
		}' /tmp/designs.wanted $out
}

# What the kernel has itself, and what is emulated beside it or instead.
v12="seqcount|bounds|flagcount_min|flagcount_sites"
learn_designs() {
	native=
	mm=mmseq mms=mmseq
	lock=vmalock locks=vmalock
	case $(uname -r) in
	5.* | 6.[0-3].*) return ;;
	esac
	native=yes
	mm=mmseq_emulated mms="mmseq|mmseq_emulated"
	lock=vmalock_emulated locks="vmalock|vmalock_emulated"
}

# completed DESIGNS [POSSIBLE]: all of its faults
completed() {
	says "design name=$1 : attempted=$faults completed=$faults possible_late=${2:-0}"
}

# aborted DESIGNS REASON HISTORIC entry|late [COUNT]: so many (or all) for this
# reason, and all others completed
aborted() {
	count=${5:-$faults}
	says "design name=$1 : attempted=$faults completed=$((faults - count)) abort_$4=$count" \
		"reason design=$1 name=$2 : count=$count historic=$3 verdict=abort_$4"
}

skipped() {
	says "design name=$1 : attempted=0 skipped=$faults" \
		"reason design=$1 name=$2 : count=$faults historic=none verdict=skipped"
}

# lock_aborted EMULATED NATIVE HISTORIC entry|late [COUNT]: vmalock, which has a
# reason of its own for each of both
lock_aborted() {
	aborted $lock "$1" "$3" "$4" "$5" || return
	[ -z "$native" ] || aborted vmalock "$2" "$3" "$4" "$5"
}

# refused_by DESIGN REASON COUNTS: so many, and the rest completed
refused_by() {
	count=$(r "$1" "$2")
	says "reason design=$1 name=$2 : count=$3" \
		"design name=$1 : completed=$((faults - count)) abort_entry=$count" ||
		return
	[ "$count" = 0 ] ||
		says "reason design=$1 name=$2 : historic=VMA_LOCK_ABORT"
}

# lock_refused COUNTS: locked by a writer
lock_refused() {
	refused_by $lock write_locked "$1" || return
	[ -z "$native" ] || refused_by vmalock abort "$1"
}

# Both ways of a design say the same of each fault.
agreed() {
	[ -z "$native" ] || says "agree design=mmseq|vmalock : native_only=0 emulated_only=0"
}

# --- one test ---

checked() {
	[ "$1" = 0 ] || {
		echo "designs ended with status $1:"
		cat $err
		return 1
	}
	shift
	faults=$(get faults arrived)
	if "$@" && awk -f "$here/designs.awk" $out && healthy $out overrun &&
		says "faults : lost=0 in_flight=0"; then
		return
	fi
	echo "all figures:"
	cat $out
	return 1
}

# With DESIGNS_SHOW=1, for a look from outside.
show_figures() {
	echo "# scenario $scenario at $(cut -d' ' -f1 /proc/uptime)"
	sed "s/^/#= /" $out
}

# test_of TITLE SCENARIO CHECK...: skipped where the scenario cannot be had
test_of() {
	case " ${only:-$2} " in
	*" $2 "*) ;;
	*) return ;;
	esac
	title=$1
	scenario=$2
	designs "$scenario" >$out 2>$err
	status=$?
	[ -z "$DESIGNS_SHOW" ] || show_figures
	shift 2
	if [ $status = 4 ]; then
		skip "$title" "$(cat $err)"
	else
		report "$title" checked $status "$@"
	fi
}

# predicted CHECK...: as many faults as the program says, and nobody disagrees
predicted() {
	same "faults" "$faults" "$(did faults)" && "$@" && agreed
}

# --- nobody is about ---

all_complete() {
	completed "$v12|$mms|$locks" && says "compare name=mm_vs_vma : count=0" \
		"compare name=adjust_vs_unmap : count=0 of=0" \
		"compare name=unsafe_min|unsafe_sites : count=0 of=1009"
}

# An anon_vma is what v12 wants for any fault, and mmseq for a write.
first_read() {
	aborted "$v12" no_anon_vma spf_vma_notsup entry && completed "$mms|$locks"
}

first_write() {
	first=$(did first)
	aborted "$v12" no_anon_vma spf_vma_notsup entry "$first" &&
		aborted "$mms" anon_vma_needed SPF_ABORT_ANON_VMA entry "$first" &&
		completed "$locks"
}

# only_lock REASON: no speculation without a page table
only_lock() {
	aborted "$v12" "$1" spf_vma_notsup entry &&
		aborted "$mms" "$1" SPF_ABORT_PMD entry && completed "$locks"
}

huge_new() {
	same "huge pages" "$(did huge)" 23 && only_lock pmd_none
}

not_anon() {
	aborted "$v12" vm_ops_fault spf_vma_notsup entry &&
		aborted "$mms" not_anon SPF_ABORT_NO_SPECULATE entry
}

of_file() {
	not_anon && completed "$locks"
}

of_shm() {
	not_anon && lock_aborted no_map_pages retry VMA_LOCK_RETRY late
}

# Both ways give up later, when the page is asked for.
of_userfault() {
	aborted "$v12" uffd_missing spf_vma_notsup entry &&
		aborted "$mms" uffd_call SPF_ABORT_USERFAULTFD entry &&
		aborted "$locks" retry VMA_LOCK_RETRY late
}

swap_missed() {
	aborted "$v12" swap_miss none entry &&
		aborted "$mms" swap_pte SPF_ABORT_SWAP entry && completed "$locks"
}

only_mmseq_minds_swap() {
	completed "$v12|$locks" && aborted "$mms" swap_pte SPF_ABORT_SWAP entry
}

stack_grew() {
	aborted "$v12" grows_down spf_vma_notsup entry &&
		aborted "$mms" stack_grew SPF_ABORT_UNMAPPED entry &&
		lock_aborted stack_grew abort VMA_LOCK_ABORT entry
}

only_lock_tries() {
	skipped "$v12|$mms" single_user && completed "$locks"
}

# Tried by one alone, and given up.
lock_alone_grew() {
	skipped "$v12|$mms" single_user &&
		lock_aborted stack_grew abort VMA_LOCK_ABORT entry
}

# --- accesses that are refused ---

# final DESIGNS REASON HISTORIC
final() {
	says "reason design=$1 name=$2 : count=$faults historic=$3 verdict=completed"
}

# v12 may have met something else before.
refused_access() {
	completed "$v12" "$faults" && final "$v12" permission spf_vma_access &&
		aborted "$mms" permission SPF_ABORT_ACCESS_ERROR entry &&
		completed "$locks" && final "$locks" permission VMA_LOCK_SUCCESS
}

refused_by_pkey() {
	skipped "$v12" pkey &&
		aborted "$mms" pkey SPF_ABORT_ACCESS_ERROR entry &&
		completed "$locks" && final "$locks" pkey VMA_LOCK_SUCCESS
}

nothing_there() {
	aborted "$v12" no_vma none entry &&
		aborted "$mms" no_vma SPF_ABORT_UNMAPPED entry &&
		aborted "$locks" no_vma VMA_LOCK_ABORT entry
}

# --- rounds, each beside one call ---

# What the program could tell from outside: at least 23 touches were inside the
# call, others may have been.  Either side may be late on a busy host, now and
# then: that is why there are two or three more or less.
bounded() {
	inside=$(did inside)
	unsure=$(did unsure)
	rounds=$(did rounds)
	least=$((inside - 3))
	most=$((inside + unsure + 2))
	[ $most -le "$rounds" ] || most=$rounds
	odd=$(r seqcount seq_odd)
	moved=$(r seqcount seq_moved)
	stopped=$((odd + moved))
	same "faults" "$faults" "$rounds" &&
		between "touches inside the call" "$inside" 23 1000
}

# by_mm DESIGN: how many a counter for the whole mm has stopped
by_mm() {
	echo $(($(r "$1" mm_odd) + $(r "$1" mm_moved)))
}

# The others complete: what seqcount completes, no design of its family stops.
like_seqcount() {
	says "design name=$v12 : completed=$((faults - stopped)) abort_entry=$odd abort_late=$moved"
}

# mm_stopped LOW HIGH: mmseq, in either way, for this alone
mm_stopped() {
	for design in mmseq $mm; do
		says "reason design=$design name=mm_odd : count=$(((least * 9) / 10))..$2 historic=SPF_ABORT_ODD verdict=abort_entry" \
			"design name=$design : completed=$((faults - $(by_mm "$design"))) abort_entry=$(r "$design" mm_odd)" &&
			between "$design: stopped by the mm's counter" \
				"$(by_mm "$design")" "$1" "$2" || return
	done
}

# Where faults do not wait, the writer was still about: not sure.
sure_of() {
	if [ "$native" ]; then
		says "compare name=mm_vs_vma : count=$1 sure=0..$((unsure + 3))"
	else
		says "compare name=mm_vs_vma : count=$1 sure=$1"
	fi
}

writer_elsewhere() {
	bounded && completed "$v12|$locks" && mm_stopped $least "$most" &&
		sure_of "$(by_mm mmseq)" &&
		says "compare name=adjust_vs_unmap : count=0 of=0" \
			"compare name=unsafe_min|unsafe_sites : count=0"
}

# One section in each round, of which all that it stops has effect.  A plain
# counter does not see those that last, nor need it: a zap has the lock for read
# alone, and an mprotect that is open has stored its flags before.
writer_here() {
	bounded && between "stopped by the section" $stopped $least "$most" &&
		says "design name=seqcount|bounds : completed=$((faults - stopped)) abort_entry=$odd abort_late=$moved" \
			"reason design=bounds name=odd_matters : count=$odd historic=spf_vma_changed verdict=abort_entry" \
			"reason design=bounds name=moved_matters : count=$moved" \
			"compare name=adjust_vs_unmap : count=0 of=$stopped" \
			"design name=flagcount_min : completed=$((faults - $1)) abort_entry=0 unsafe=0" \
			"design name=flagcount_sites : completed=$((faults - $1 - $(r flagcount_sites count_differs))) abort_entry=0 unsafe=0" \
			"compare name=unsafe_min : count=0 of=$((faults - $1))" \
			"compare name=unsafe_sites : count=0"
}

# mprotect: flags that have changed are seen if that was in the attempt.
flags_changed() {
	writer_here "$(r seqcount seq_moved)" &&
		says "reason design=flagcount_min|flagcount_sites name=flags_differ : count=$moved" \
			"reason design=flagcount_sites name=count_differs : count=0..$((unsure + 3))" &&
		mm_stopped $least "$most" && lock_refused "$least..$most"
}

# A zap: no flags, no write hold, no mark.
pages_zapped() {
	writer_here 0 &&
		says "reason design=flagcount_min|flagcount_sites name=flags_differ : count=0" \
			"compare name=mm_vs_vma : count=0" &&
		completed "$mms|$locks" && agreed
}

# A writer who has marked the VMA, and is elsewhere now.
mark_lasts() {
	bounded && between "stopped by the section" $stopped 0 $((unsure + 3)) &&
		says "design name=seqcount : completed=$((faults - stopped))" \
			"design name=$v12 : possible_late=$((least - stopped))..$most" &&
		mm_stopped $least "$most" && lock_refused "$least..$most"
}

# And one who has not marked it yet.
mark_to_come() {
	bounded && between "stopped by the section" $stopped 0 $((unsure + 3)) &&
		says "design name=seqcount : completed=$((faults - stopped))" \
			"design name=$v12 : possible_late=$((least - stopped))..$most" &&
		mm_stopped $least "$most" && lock_refused "0..$((unsure + 3))"
}

# The lock is needed for the anon_vma, and cannot be had: mmseq sees the writer
# before, v12 does not even want it.
lock_needed() {
	bounded && aborted "$v12" no_anon_vma spf_vma_notsup entry || return
	for design in mmseq $mm; do
		odd=$(r "$design" mm_odd)
		between "$design mm_odd" "$odd" $least "$most" &&
			says "reason design=$design name=anon_vma_needed : count=$((faults - odd))" \
				"design name=$design : completed=0 abort_entry=$faults" ||
			return
	done
	says "reason design=$lock name=anon_vma_trylock : count=$least..$most historic=VMA_LOCK_RETRY verdict=abort_late" \
		"design name=$lock : completed=$((faults - $(r $lock anon_vma_trylock)))" || return
	[ -z "$native" ] ||
		says "reason design=vmalock name=retry : count=$least..$most historic=VMA_LOCK_RETRY verdict=abort_late" \
			"design name=vmalock : completed=$((faults - $(r vmalock retry)))"
}

# --- sections that move an end of the VMA ---

# in_section POSSIBLE UNSAFE: each fault finds the section open and waits for its
# end; POSSIBLE of the calls have another one for the VMA behind it.  An attempt
# lasts longer than the section where the host is busy: then a few see it end, and
# the other one as well.
in_section() {
	possible=$(($1 > 3 ? $1 - 3 : 0))..$1
	same "rounds" "$(did rounds)" 23 && same "inside" "$(did inside)" 23 &&
		same "alone" "$(did alone)" 0 && same "faults" "$faults" 23 &&
		aborted seqcount seq_odd spf_vma_changed entry &&
		completed flagcount_min "$possible" &&
		says "design name=flagcount_min : unsafe=$2" \
			"compare name=unsafe_min : count=$2 of=23" \
			"reason design=flagcount_sites name=count_differs : count=0..3" \
			"design name=flagcount_sites : completed=$((23 - $(r flagcount_sites count_differs)))" \
			"compare name=unsafe_sites : count=$(($2 > 3 ? $2 - 3 : 0))..$2" \
			"compare name=mm_vs_vma : count=0 sure=0" &&
		mm_met && lock_refused 23
}

# The hold that the section is in.  When it got the lock is known to the writer's
# probes alone: where the host is busy that may be too near for the model.
mm_met() {
	for design in mmseq $mm; do
		met=$(by_mm "$design")
		says "design name=$design : completed=$((23 - met)) abort_entry=$(r "$design" mm_odd)" &&
			between "$design: stopped by the mm's counter" "$met" \
				20 23 || return
	done
	[ -z "$native" ] || same "odd for the kernel" "$(r mmseq mm_odd)" 23
}

# growth_forgiven MOMENTS: all that the section does is to move an end: the address
# stays inside.  mmap has a second one for each call, which changes nothing.
growth_forgiven() {
	grown=$(($(get section begun kind=adjust) + $(get section begun kind=expand)))
	moments=$(($1 * 23))
	in_section $moments 0 && same "sections of growth" $grown 23 &&
		says "section kind=mmap : begun=$moments" &&
		completed bounds "$possible" &&
		says "compare name=adjust_vs_unmap : count=23 of=23"
}

# Where the VMA is split, the address leaves it; when it grows again, it does not.
split_half_forgiven() {
	in_section 11 12 &&
		aborted bounds odd_matters spf_vma_changed entry 12 &&
		says "section kind=mprotect : begun=23" \
			"compare name=adjust_vs_unmap : count=11 of=23"
}

# --- commits beside sections that change page tables ---

# beside KIND UNSAFE SCOPE: all faults arrive in such a section, and a plain counter
# commits beside it, of which so many would be wrong.  It sees the end of those that
# are over before the attempt is.
beside() {
	differs=$(r flagcount_sites count_differs)
	same "faults" "$faults" 23 && same "inside" "$(did inside)" 23 &&
		same "alone" "$(did alone)" 0 &&
		aborted seqcount seq_odd spf_vma_changed entry &&
		aborted bounds odd_matters spf_vma_changed entry &&
		says "section kind=$1 : begun=23 ended=23" \
			"blame kind=$1 : aborts=23" \
			"conflict scope=$3 : count=23" \
			"design name=flagcount_min : completed=23 unsafe=$2" \
			"compare name=unsafe_min : count=$2 of=23" \
			"design name=flagcount_sites : completed=$((23 - differs)) unsafe=$(($2 ? 23 - differs : 0))"
}

# One that the faults wait for; it ends long after their attempts.
beside_writer() {
	beside "$@" && between "count_differs" "$differs" 0 3 && mm_met &&
		lock_refused 23
}

# And one that they do not wait for.
beside_reader() {
	beside "$@" && completed "$mms|$locks" && says "faults : blocked=0" && agreed
}

# When the kernel scans is its own business: so many faults met it, or more.
beside_scans() {
	says "blame kind=numa : aborts=5..100000" \
		"design name=flagcount_min|flagcount_sites : unsafe=0" \
		"compare name=unsafe_min|unsafe_sites : count=0"
}

# What is mapped over a VMA is another one, which no attempt has seen.
mapped_over() {
	same "faults" "$faults" 23 && same "inside" "$(did inside)" 23 &&
		aborted "$v12" vma_absent none entry &&
		says "design name=flagcount_min|flagcount_sites : unsafe=0" \
			"section kind=unmap : begun=23 ended=23"
}

# And what is mapped over the page behind it is over for it when the zap begins:
# the attempt may have met the split before.
mapped_behind() {
	same "faults" "$faults" 23 && same "inside" "$(did inside)" 23 &&
		completed "$v12" 23 &&
		says "design name=flagcount_min|flagcount_sites : unsafe=0" \
			"section kind=unmap : begun=23 ended=23"
}

# --- designs= ---

# rows NAME...: just these designs, in this order
rows() {
	awk '$1 == "design" { print substr($2, 6) }' $dir/stats | xargs >/tmp/rows
	same "designs" "$(cat /tmp/rows)" "$*"
}

all_rows() {
	if [ "$native" ]; then
		rows seqcount bounds flagcount_min flagcount_sites mmseq \
			mmseq_emulated vmalock vmalock_emulated
	else
		rows seqcount bounds flagcount_min flagcount_sites mmseq vmalock
	fi
}

sources() {
	cat $dir/stats >$out
	says "design name=$v12 : source=shadow" \
		"design name=$mm|$lock : source=emulated" || return
	[ -z "$native" ] || says "design name=mmseq|vmalock : source=native"
}

# chosen LIST NAME...: these are judged, and they say what they say beside others
chosen() {
	list=$1
	shift
	insmod /spf/spf.ko "designs=$list" || return
	rows "$@" && designs first_read >$out && chosen_say "$@"
	result=$?
	rmmod spf && return $result
}

# chosen_say NAME...: of 1009 faults, for which only v12 lacks something
chosen_say() {
	[ -z "$(awk -v names=" $* " '
		{ name = $2; sub(/.*=/, "", name) }
		/^(design|share|reason) / && !index(names, " " name " ")' $out)" ] || {
		echo "of others: "
		grep -E '^(design|share|reason) ' $out
		return 1
	}
	for name; do
		case $name in
		seqcount | bounds | flagcount_*) count=0 ;;
		*) count=1009 ;;
		esac
		says "design name=$name : attempted=1009 completed=$count" || return
	done
	same "arrived" "$(get faults arrived)" 1009
}

# compared LIST NAME...: these comparisons are left
compared() {
	insmod /spf/spf.ko "designs=$1" || return
	awk '$1 == "compare" || $1 == "agree" { print substr($2, index($2, "=") + 1) }' \
		$dir/stats | xargs >/tmp/rows
	rmmod spf || return
	shift
	same "comparisons" "$(cat /tmp/rows)" "$*"
}

# not_chosen LIST NAME: refused for this name, and the known ones are listed
not_chosen() {
	log_mark
	insmod /spf/spf.ko "designs=$1" 2>/tmp/err && {
		echo "insmod designs=$1 worked"
		rmmod spf
		return 1
	}
	grep -qi 'invalid' /tmp/err || {
		cat /tmp/err
		return 1
	}
	log_has "parameter designs=$1: .*\"$2\"" || return
	for name in $(echo "$v12|$mms|$locks" | tr '|' ' '); do
		log_has "parameter designs=.*known .*[ ,]$name\(,\|\$\)" || return
	done
}

designs_tests() {
	report "designs=seqcount,vmalock: these two" \
		chosen seqcount,vmalock seqcount vmalock
	report "designs=vmalock,seqcount: in the same order" \
		chosen vmalock,seqcount seqcount vmalock
	report "designs=mmseq: one alone" chosen mmseq mmseq
	report "a name that is given twice counts once" \
		chosen bounds,mmseq,bounds bounds mmseq
	report "designs=seqcount,mmseq: compared" compared seqcount,mmseq mm_vs_vma
	report "designs=bounds,flagcount_min: compared" \
		compared bounds,flagcount_min unsafe_min
	if [ "$native" ]; then
		report "designs=vmalock_emulated,vmalock: compared" \
			compared vmalock_emulated,vmalock vmalock
	else
		report "designs=vmalock_emulated is refused: nothing else is there" \
			not_chosen vmalock_emulated vmalock_emulated
	fi
	report "designs=nonsense is refused" not_chosen nonsense nonsense
	report "designs= is refused" not_chosen '' ''
	report "designs=seqcount,Bounds is refused" not_chosen seqcount,Bounds Bounds
	report "designs=seqcount, is refused" not_chosen seqcount, ''
	report "designs=seq is refused" not_chosen seq seq
	report "designs=seqcount,bounds,seqcountbounds is refused" \
		not_chosen seqcount,bounds,seqcountbounds seqcountbounds
}

# --- what needs something that not every machine has ---

swap_tests() {
	swap_title="23 pages swapped out to $1: $2"
	if ! swap_has "$1"; then
		skip "$swap_title" "no module for $1"
		return
	fi
	report "a swap device, $1" swap_on "$1"
	test_of "$swap_title" swap_miss predicted "$3"
	test_of "23 pages in the swap cache of $1: only mmseq stops" swap_cached \
		predicted only_mmseq_minds_swap
	report "no swap device" swap_off "$1"
}

huge_tests() {
	if ! has TRANSPARENT_HUGEPAGE; then
		skip "23 huge pages: only vmalock completes" \
			"no CONFIG_TRANSPARENT_HUGEPAGE"
		return
	fi
	test_of "23 huge pages that are not there: only vmalock completes" huge_new \
		predicted huge_new
	test_of "23 huge zero pages written: only vmalock completes" huge_zero \
		predicted only_lock pmd_huge
}

pkey_tests() {
	if grep -qw ospke /proc/cpuinfo; then
		test_of "23 accesses that a key refuses: vmalock counts them" \
			pkey predicted refused_by_pkey
	else
		skip "23 accesses that a key refuses: vmalock counts them" \
			"no protection keys"
	fi
}

growth_tests() {
	report "a module that makes sections last" insmod /spf/linger.ko
	test_of "a heap that grows: bounds forgives it all" in_heap \
		growth_forgiven 0
	test_of "a mapping that grows by mmap: bounds forgives it all" in_mmap \
		growth_forgiven 1
	test_of "a mapping that grows by mremap: bounds forgives it all" in_mremap \
		growth_forgiven 0
	test_of "a split and a merge in turn: bounds forgives the merge" split \
		split_half_forgiven
}

# In debugfs since 5.13.
scan_often() {
	for f in /proc/sys/kernel/numa_balancing_scan_ \
		/sys/kernel/debug/sched/numa_balancing/scan_; do
		[ -e ${f}delay_ms ] || continue
		echo 10 >${f}delay_ms && echo 20 >${f}period_min_ms &&
			echo 20 >${f}period_max_ms
	done
	echo 1 >/proc/sys/kernel/numa_balancing
}

scan_tests() {
	if [ ! -e /proc/sys/kernel/numa_balancing ]; then
		skip "NUMA scans of the VMA: no commit is unsafe" \
			"no CONFIG_NUMA_BALANCING"
		return
	fi
	scan_often
	test_of "NUMA scans of the VMA: no commit is unsafe" numa_scan beside_scans
	echo 0 >/proc/sys/kernel/numa_balancing
}

unsafe_tests() {
	test_of "a zap elsewhere in the VMA: no commit is unsafe" zap_apart \
		beside_reader unmap 0 vma
	test_of "MADV_FREE of the page itself: no commit is unsafe" free_same_page \
		beside_reader madv_free 0 page
	scan_tests
	test_of "a fork: 23 commits are unsafe" in_fork beside_writer fork 23 page
	test_of "the page's place is moved away: 23 commits are unsafe" in_move \
		beside_writer mremap 23 page
	test_of "another part of the VMA is moved away: none is" in_move_apart \
		beside_writer mremap 0 vma
	test_of "another VMA is mapped over the page: none is committed" in_map_over \
		mapped_over
	test_of "one is mapped over the rest of the VMA: none is unsafe" \
		in_map_apart mapped_behind
}

ktap_start
[ ! -e /proc/sys/kernel/numa_balancing ] ||
	echo 0 >/proc/sys/kernel/numa_balancing
learn_designs
report "the module loads" insmod /spf/spf.ko
report "a row for each design, in the order of docs/designs.md" all_rows
report "judged by what the kernel has, where it has something" sources

test_of "1009 new pages: all complete them" quiet predicted all_complete
test_of "1009 first reads: mmseq and vmalock complete them" first_read \
	predicted first_read
test_of "69 writes to 23 new VMAs: an anon_vma is needed for 23" first_write \
	predicted first_write
test_of "23 page tables not there: only vmalock completes" new_tables \
	predicted only_lock pmd_none
huge_tests
test_of "23 pages of a file: only vmalock completes" file predicted of_file
test_of "23 pages that cannot be mapped ahead: nobody completes" shm \
	predicted of_shm
# v12 goes on where it can read the page in the fault itself.
swap_tests brd "only mmseq stops" only_mmseq_minds_swap
swap_tests loop "only vmalock completes" swap_missed
if has USERFAULTFD; then
	test_of "23 userfaults: nobody completes" userfault predicted of_userfault
else
	skip "23 userfaults: nobody completes" "no CONFIG_USERFAULTFD"
fi
test_of "a stack that grows 23 times: nobody completes" stack \
	predicted stack_grew
test_of "one thread, 1009 pages: only vmalock tries, and completes" single \
	predicted only_lock_tries
test_of "one thread, a stack that grows: only vmalock tries, and gives up" \
	single_stack predicted lock_alone_grew
test_of "23 accesses that are refused: mmseq gives up" refused \
	predicted refused_access
pkey_tests
test_of "23 accesses to a hole: nobody completes" no_vma predicted nothing_there

# All of them hook in behind the code for these.
not_of_users() {
	skipped "$v12|$mms|$locks" kernel_address
}
test_of "23 accesses to the kernel's addresses: nobody tries" kernel_address \
	predicted not_of_users
if grep -q '\[vsyscall\]' /proc/self/maps; then
	test_of "23 vsyscalls: nobody tries" vsyscall predicted not_of_users
else
	skip "23 vsyscalls: nobody tries" "vsyscalls are off (vsyscall=xonly)"
fi

test_of "a writer on another VMA: only mmseq stops" other_vma writer_elsewhere
test_of "an mprotect of the VMA: flagcount commits, safely" same_vma flags_changed
test_of "a zap in the VMA: flagcount commits, safely" zap \
	pages_zapped
test_of "a writer who was in the VMA: vmalock and mmseq stop" mark_lasts mark_lasts
test_of "a writer who will be in the VMA: only mmseq stops" mark_to_come \
	mark_to_come
test_of "a writer elsewhere, and an anon_vma needed: nobody completes" \
	first_write_beside lock_needed

growth_tests
unsafe_tests
report "and unloads" rmmod linger

report "the module unloads" rmmod spf
[ "$only" ] || designs_tests
report "no splat in the kernel log" no_splat
ktap_end
