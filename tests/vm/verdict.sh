#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: what spf says by the rules of docs/verdict.md, where it can be
# predicted: reasons that judge.sh has not, what a page-table entry was, waiting,
# possible aborts, whom a fault met, and what changes in write sections.
#
# Two nodes, the modules of swap devices (in /spf/swap) and vsyscall=xonly on the
# kernel's command line are needed for a few tests each, which are skipped without.
#
#	verdict.sh [SCENARIO...]	(all)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

only=$*
case $ALL@$(uname -r) in
1@6.1.*) calls=1009 short='' ;;
*) calls=211 short=_short ;;
esac
out=/tmp/verdict.out
err=/tmp/verdict.err

# --- figures ---

# sum RECORD KEY [WORD...]: of KEY over all such lines
sum() {
	awk -v record="$1" -v key="$2" -v words="$3 $4" '
		BEGIN { n = split(words, word) }
		$1 != record { next }
		{
			for (i = 1; i <= n; i++)
				if (index(" " $0 " ", " " word[i] " ") == 0)
					next
			for (i = 2; i <= NF; i++)
				if (index($i, key "=") == 1)
					total += substr($i, length(key) + 2)
		}
		END { printf "%.0f\n", total }' $out
}

get() {
	field_of $out "$@"
}

# is RECORD KEY WANTED [WORD...]
is() {
	same "$1 $4 $5 $2" "$(get "$1" "$2" "$4" "$5")" "$3"
}

# within RECORD KEY LOW HIGH [WORD...]
within() {
	between "$1 $5 $6 $2" "$(get "$1" "$2" "$5" "$6")" "$3" "$4"
}

did() {
	get did "$1"
}

reason() {
	get reason count "name=$1"
}

# Faults that a write section has stopped.
stopped() {
	echo $(($(reason seq_odd) + $(reason seq_moved)))
}

# bins ARRIVED COMPLETED ABORT_ENTRY SKIPPED
bins() {
	is faults arrived "$1" && is design completed "$2" &&
		is design abort_entry "$3" && is design abort_late 0 &&
		is design skipped "$4"
}

# --- one test ---

# What need not hold where one writer follows the other without a pause, or where
# one fault waits, if any does.
exceptions() {
	case $scenario in
	queued_same) echo blame overrun ;;
	disjoint | gave_up) echo blame ;;
	esac
}

checked() {
	[ "$1" = 0 ] || {
		echo "verdict ended with status $1:"
		cat $err
		return 1
	}
	shift
	if "$@" && figures_hold $out "sums health waits parts" "$(exceptions)"; then
		return
	fi
	echo "all figures:"
	cat $out
	return 1
}

# test_of TITLE SCENARIO CHECK...: skipped where the scenario cannot be had
test_of() {
	case " ${only:-$2} " in
	*" $2 "*) ;;
	*) return ;;
	esac
	title=$1
	scenario=$2
	verdict "$scenario" >$out 2>$err
	status=$?
	shift 2
	if [ $status = 4 ]; then
		skip "$title" "$(cat $err)"
	else
		report "$title" checked $status "$@"
	fi
}

has_vma_locks() {
	grep -q '^vma_lock kernel=native' $dir/stats
}

# --- reasons ---

# aborted REASON HISTORIC: 23 faults, all for this one reason
aborted() {
	bins 23 0 23 0 &&
		is reason count 23 "name=$1" "historic=$2" &&
		is possible now 0
}

no_ptes() {
	same "pte kinds" "$(sum pte count)" 0
}

# permission ALSO: 23 refused accesses, and others that complete
permission() {
	bins $((23 + $1)) $((23 + $1)) 0 0 &&
		is reason count 23 name=permission historic=spf_vma_access &&
		is reason count 23 name=permission verdict=completed &&
		is design possible_late 23 && is possible now 23 &&
		is possible unresolved 23 &&
		is service_total count "$1" && is faults blocked 0 &&
		is pte count "$1" kind=none
}

skipped_for_pkey() {
	bins 23 0 0 23 && is reason count 23 name=pkey verdict=skipped && no_ptes
}

# repeat: all on the same page
same_page() {
	is repeat aborts 22
}

swap_missed() {
	aborted swap_miss none && is pte count 23 kind=swap
}

swap_completed() {
	bins 23 23 0 0 && is pte count 23 kind=swap && is reason count 0 name=swap_miss
}

# A fault for a page that had arrived when the handler looked is pmd_huge.
pmd_migrated() {
	within did inside 23 100000 &&
		within reason count $(($(did inside) - 1)) \
			"$(get faults arrived)" name=pmd_migration &&
		same "all reasons" "$(get faults arrived)" \
			$(($(reason pmd_migration) + $(reason pmd_huge)))
}

# with_swap DEVICE: zram and ram disks are read from in the fault, for which v12
# goes on: it gives up where the kernel would read ahead, as from a loop device.
with_swap() {
	case $1 in
	loop) set -- "$1" "swap_miss" swap_missed ;;
	*) set -- "$1" "completed" swap_completed ;;
	esac
	if ! swap_has "$1"; then
		skip "23 pages swapped out to $1: $2" "no module for $1"
		return
	fi
	report "a swap device, $1" swap_on "$1"
	test_of "23 pages swapped out to $1: $2" swap_miss "$3"
	test_of "23 pages in the swap cache of $1: completed" swap_cached \
		swap_completed
	report "no swap device" swap_off "$1"
}

# --- page-table entries ---

# only_pte KIND COUNT
only_pte() {
	is pte count "$2" "kind=$1" && same "pte kinds" "$(sum pte count)" "$2"
}

all_of_pte() {
	bins 1009 1009 0 0 && only_pte "$1" 1009
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

# Hints are the only faults there can be: what is not in memory is not touched.
# The kernel counts those of everybody.
hinted() {
	within pte count 500 "$(did hints)" kind=protnone &&
		same "all faults" "$(get faults arrived)" \
			$(($(get pte count kind=protnone) +
				$(get design abort_entry))) &&
		same "pte kinds" "$(sum pte count)" "$(get pte count kind=protnone)"
}

# --- rounds ---

# What the program could tell from outside: at least 23 touches were inside the
# call, others may have been.  Either side may be late on a busy host, now and
# then: that is why there are two or three more or less.
bounds() {
	inside=$(did inside)
	unsure=$(did unsure)
	rounds=$(did rounds)
	least=$((inside - 3))
	most=$((inside + unsure + 2))
	[ $most -le "$rounds" ] || most=$rounds
	between "touches inside the call" "$inside" 23 1000
}

# met KIND SCOPE VMA: all that were stopped were so by the other thread, at least
# as many as were inside; nobody else has stopped any
met() {
	bounds || return
	count=$(stopped)
	between "stopped, or nearly" $((count + $(get possible now))) $least 1000 &&
		between "stopped" "$count" $least "$most" &&
		is blame aborts "$count" "kind=$1" &&
		is conflict count "$count" "scope=$2" &&
		top_is "$1" 'two\\040words' "$3" "$count"
}

# All of them are for new pages, also those that were stopped.
all_new() {
	is pte count "$(get faults arrived)" kind=none
}

# top_is KIND COMM VMA COUNT: one line, and that is it; COMM as awk is to see it
top_is() {
	awk -v kind="$1" -v comm="$2" -v vma="$3" -v count="$4" '
		function check(what, got, want) {
			if (got != want) {
				print "top " what ": got " got ", wanted " want
				bad = 1
			}
		}
		$1 != "top" || $2 != "by=aborts" { next }
		{
			lines++
			check("fields", NF, 9)
			check("", $3, "rank=1")
			check("", $4, "kind=" kind)
			check("", $5, "comm=" comm)
			check("", $6, "vma=" vma)
			check("", $7, "count=" count)
			check("", $9, "error=0")
		}
		END { check("lines", lines, 1); exit bad }' $out
}

# open_from_to KIND MOST: faults come 3 ms after the call begins, at which time
# the section is open for nearly as long.  It counts up to its end or to that of
# the fault, whichever comes first.
open_from_to() {
	within blame open_ns $(($(stopped) * 2000000)) "$2" "kind=$1"
}

met_page() {
	met mprotect page '[anon]' && all_new &&
		is section begun "$rounds" kind=mprotect &&
		open_from_to mprotect "$(get hold held_ns)" &&
		held_as_long "$rounds" "$(get blame open_ns kind=mprotect)"
}

met_vma() {
	met unmap vma "$1" && open_from_to unmap "$(did calls_ns)" &&
		is hold count 0
}

met_new() {
	met_vma "$1" && all_new
}

# held_as_long HOLDS LEAST: all together no longer than the calls took.  How much
# shorter is up to the host: it may take the CPU away from a call that has given
# the lock back already.
held_as_long() {
	is hold count "$1" && is hold gave_up 0 && is hold foreign 0 &&
		between "hold wait_ns and held_ns" \
			$(($(get hold wait_ns) + $(get hold held_ns))) \
			"$2" "$(did calls_ns)"
}

met_mm() {
	bounds && bins "$rounds" "$rounds" 0 0 &&
		within conflict count $least "$most" scope=mm &&
		is conflict count "$(get lock arrivals state=writer)" scope=mm &&
		held_as_long "$rounds" $((least * 2000000))
}

# --- possible ---

# beside_hold: all completed but for a few that came while the writer was in
# their VMA: he may be late there, or early gone.
beside_hold() {
	bounds && is faults arrived "$rounds" &&
		same "completed or stopped" \
			$(($(get design completed) + $(stopped))) "$rounds" &&
		between "stopped" "$(stopped)" 0 $((unsure + 3))
}

# The hold has been there: the fault might have come while it was.
was_there() {
	beside_hold && within possible now $((least - $(stopped))) "$most" &&
		is possible pending 0 && is possible unresolved 0 &&
		is blame possible "$(get possible now)" kind=mprotect &&
		is section begun $((2 * rounds)) kind=mprotect &&
		is hold count "$rounds"
}

# It is there no more when the fault comes, or it is late.
hold_before() {
	was_there && within possible resolved 0 $((unsure + 3))
}

# Where the fault waits for the hold, it knows by then.
hold_after() {
	was_there || return
	if has_vma_locks; then
		within possible resolved $((least - $(stopped))) "$most"
	else
		within possible resolved 0 $((unsure + 3))
	fi
}

hold_never() {
	bounds && bins "$rounds" "$rounds" 0 0 &&
		is possible now 0 && is possible pending 0 || return
	! has_vma_locks || within possible cleared $least "$most"
}

out_of_bounds() {
	bounds && within reason count $least "$most" \
		name=out_of_bounds historic=spf_vma_changed
}

# --- the state of the lock ---

# arrived_at STATE...: those that were inside at the last one, none at others
# than those
arrived_at() {
	total=0
	for state; do
		total=$((total + $(get lock arrivals "state=$state")))
	done
	same "arrivals in other states" "$(sum lock arrivals)" $total &&
		within lock arrivals "$least" "$most" "state=$state"
}

lock_was_free() {
	bins 1009 1009 0 0 && is lock arrivals 1009 state=free &&
		is lock completed 1009 state=free && is hold count 0 &&
		is opportunity writer_present 0 && is conflict count 0 scope=mm
}

readers_had_it() {
	bounds && bins "$rounds" "$rounds" 0 0 && arrived_at free readers &&
		is hold count 0 && is faults blocked 0 && is possible now 0
}

# With a lock of its VMA's own the fault is over when the writer still waits.
writer_was_queued() {
	bounds && bins "$rounds" "$rounds" 0 0 &&
		arrived_at free readers writer queued &&
		is hold count "$rounds" &&
		within hold waited $least "$rounds" &&
		is possible now 0 && is possible pending 0 || return
	if has_vma_locks; then
		is faults blocked 0 && within possible cleared $least "$most"
	else
		within lock waited $least "$most" state=queued
	fi
}

# --- waiting ---

tracing=/sys/kernel/tracing

trace_these() {
	echo 4096 >$tracing/buffer_size_kb
	echo >$tracing/trace
	for event in fault_completed fault_aborted hold; do
		echo "$1" >"$tracing/events/spf/spf_$event/enable"
	done
}

# Each touch as the program saw it against the same in the trace: what spf says
# of it is within, and nothing is left between the wait and the service.  The wait
# lasts at least until the hold that the fault met is over.  The longest of these
# for each hold, summed, is written to /tmp/kept.  A few faults find the writer just
# gone and do not wait.
touches_agree() {
	awk -v count="$(get wait_total count)" -v sum="$(get wait_total sum_ns)" '
		function value(key) {
			if (!match($0, key "=[0-9a-fx]+"))
				return ""
			return substr($0, RSTART + length(key) + 1,
				RLENGTH - length(key) - 1)
		}
		function wrong(what, where) {
			print what ": " where
			bad = 1
		}
		$1 == "module" {
			since = value("since_ns")
			now = value("now_ns")
		}
		$1 == "touch" {
			page = value("address")
			begin[page] = value("begin")
			end[page] = value("end")
			next
		}
		/ spf_hold: / { left[value("hold")] = value("leaving_ns") }
		!/ spf_fault_/ { next }
		{
			page = value("address")
			from = value("arrival_ns")
			to = value("end_ns")
			if (from - since < 0 || now - from < 0)
				next
			if (!(page in begin)) {
				wrong("no touch", $0)
				next
			}
			if (from - begin[page] < 0 || end[page] - to < 0)
				wrong("not in " begin[page] " to " end[page], $0)
			wait = value("wait_ns") + 0
			entry = value("entry_ns")
			if (entry - from != wait ||
			    to - entry != value("service_ns") + 0)
				wrong("wait, service and something else", $0)
			blocked = value("blocked") + 0
			if (value("held") != "0x0") {
				held[++met] = value("held")
				came[met] = from
				waited_ns[met] = blocked ? wait : -1
				line[met] = $0
			}
			if (!blocked)
				next
			waited++
			waits += wait
			before += from - begin[page]
			behind += end[page] - to
		}
		END {
			for (i = 1; i <= met; i++) {
				if (!(held[i] in left)) {
					wrong("no such hold", line[i])
					continue
				}
				stay = left[held[i]] - came[i]
				if (stay <= 0)
					continue
				if (waited_ns[i] < 0) {
					passed++
					continue
				}
				if (waited_ns[i] < stay)
					wrong("the writer stayed " stay, line[i])
				if (stay > kept[held[i]] + 0)
					kept[held[i]] = stay
			}
			for (hold in kept) {
				holds++
				kept_ns += kept[hold]
			}
			printf "%.0f\n", kept_ns >"/tmp/kept"
			printf "# %d waited, %.0f us before and %.0f us behind; ",
				waited, before / 1000, behind / 1000
			printf "%d writers kept them for %.0f us, %d passed\n",
				holds, kept_ns / 1000, passed
			if (holds < 23 || passed > waited / 20)
				bad = 1
			# Nor is any missing in the trace.
			if (waited + 0 != count + 0 || waits + 0 != sum + 0) {
				printf "traced: %d waits, %.0f ns\n", waited, waits
				bad = 1
			}
			exit bad
		}' $out $tracing/trace >/tmp/touches || {
		cat /tmp/touches
		return 1
	}
	cat /tmp/touches >&3
}

# So many calls or more, and a touch in each of them; and 200 without.  1009 on one
# of the kernels only and if ALL is 1, as they take minutes.  A thread that comes late
# misses a call: there are more calls until half of so many have been met.  A page that
# is there is touched again if the writer takes its entry away for a moment just then.
touched() {
	within faults arrived "$(did touches)" $(($(did touches) * 102 / 100))
}

# Every touch that slept has waited: for the writer with the lock, or behind a queued
# one; a few arrived when the lock had just been released.  Touches after the last
# call do not wait.
waits_agree() {
	made=$(did calls)
	waited=$(get wait_total count)
	within did calls $calls 1000000 && is hold count "$made" &&
		is section begun "$made" kind=mprotect && touched &&
		within did stalls $((calls / 2)) "$made" &&
		between "waited" "$waited" "$(did slept)" \
			$(($(get faults arrived) - 200)) &&
		between "waited for writers" \
			$(($(get lock waited state=queued) +
			$(get lock waited state=writer))) \
			$((waited * 95 / 100)) "$waited" &&
		within lock waited 23 "$waited" state=writer &&
		touches_agree && held_as_long "$made" "$(cat /tmp/kept)"
}

waits_would_be_saved() {
	waits_agree && is design completed "$(get faults arrived)" &&
		is design wait_saved_ns "$(get wait_total sum_ns)"
}

# And where the lock of the VMA is enough, nobody waits for the writer.  It may be
# late: a call that has begun has the lock a millisecond later, mostly.
no_waits() {
	made=$(did calls)
	within did calls $calls 1000000 && is hold count "$made" &&
		bins "$(did touches)" "$(did touches)" 0 0 &&
		is faults blocked 0 && is wait_total sum_ns 0 &&
		within lock arrivals $(($(did within) / 2)) "$(did touches)" \
			state=writer &&
		within did within $((calls / 2)) "$made" &&
		is hold waited 0
}

# --- writers that queue ---

# Nothing that the writers do is near the faults: whatever was deferred must be
# cleared, and thousands of writers in the queue are no possible abort.
nobody_met() {
	is hold count "$(did calls)" && is section begun "$(did calls)" kind=mprotect &&
		within hold waited 1009 "$(did calls)" &&
		bins "$(did touches)" "$(did touches)" 0 0 &&
		is design possible_late 0 && is possible now 0 &&
		is possible pending 0 && is possible unresolved 0 &&
		is possible resolved 0 &&
		within possible cleared 23 "$(did touches)" &&
		same "blame" $(($(sum blame aborts) + $(sum blame possible))) 0 &&
		is conflict count 0 scope=page && is conflict count 0 scope=vma
}

# Each of them changes the VMA that the faults are in, all of it.  A page that is
# there is touched again if the writer takes its entry away for a moment just then.
all_met() {
	within faults arrived "$(did rounds)" $(($(did rounds) * 102 / 100)) &&
		same "all reasons" "$(get faults arrived)" \
			$(($(stopped) + $(get design completed))) &&
		is pte count "$(did rounds)" kind=none &&
		within possible resolved 1 "$(did rounds)" &&
		is possible pending 0 &&
		is blame aborts "$(stopped)" kind=mprotect &&
		is blame possible $(($(get possible now) -
			$(get possible unresolved))) kind=mprotect &&
		is conflict count "$(stopped)" scope=page
}

# --- the rest ---

overlapped() {
	bounds && within overlap concurrent $least "$most" kind=unmap &&
		is overlap nested 0 kind=unmap &&
		same "all overlaps" "$(get overlap concurrent kind=unmap)" \
			$(($(sum overlap concurrent) + $(sum overlap nested)))
}

not_overlapped() {
	bounds && is section begun $((2 * rounds)) kind=unmap &&
		same "overlaps" 0 \
			$(($(sum overlap concurrent) + $(sum overlap nested)))
}

# repeated ABORTS REPEATS
repeated() {
	is reason count "$1" name=vm_ops_fault &&
		is design abort_entry "$1" && is repeat aborts "$2"
}

# Two holds in each child, one of which is given up if the kill comes while it
# waits.  Who has got the lock when the kill comes may have been there before the
# other thread, which then never asks: there is one hold less.  Nothing else is
# alive with two threads.
gave_up() {
	is did rounds 23 && within hold gave_up 1 "$(did inside)" &&
		between "had it or gave up" \
			$(($(get hold count) + $(get hold gave_up))) \
			$((23 + $(did inside))) 46
}

# audit_is HOLDS "KIND LOCK SECTIONS [KEY=N]...": exactly these, of the fields
# only those that are named, and nobody is waited for
audit_is() {
	is hold count "$1" && is hold waited 0 && is hold wait_ns 0 &&
		is hold gave_up 0 && is hold foreign 0 || return
	shift
	# So that it is never empty.
	echo - >/tmp/wanted
	for line; do
		echo "$line" >>/tmp/wanted
	done
	awk '
		function check(what, got, want) {
			if (got == want)
				return
			print what ": got " got ", wanted " want
			bad = 1
		}
		$1 == "-" { next }
		NR == FNR {
			name = $1 " " $2
			sections[name] = $3
			for (i = 4; i <= NF; i++)
				fields[name] = fields[name] " " $i
			next
		}
		$1 != "audit" { next }
		{
			split("", got)
			split("", want)
			for (i = 2; i <= NF; i++) {
				split($i, part, "=")
				got[part[1]] = part[2]
			}
			name = got["kind"] " " got["lock"]
			n = split(fields[name], word, " ")
			for (i = 1; i <= n; i++) {
				split(word[i], part, "=")
				want[part[1]] = part[2]
			}
			for (key in got)
				if (key !~ /^(kind|lock|sections)$/)
					check(name " " key, got[key], want[key] + 0)
			# N, or from N to M VMAs where bounds change: the VMA
			# behind it is in the section as well if there is one.
			split(sections[name], range, "-")
			if (range[2] == "")
				check(name " sections", got["sections"], range[1] + 0)
			else if (got["sections"] < range[1] + 0 ||
				 got["sections"] > range[2] + 0)
				check(name " sections", got["sections"], sections[name])
			seen[name] = 1
		}
		END {
			for (name in sections)
				if (!(name in seen))
					check(name, "no line", sections[name])
			exit bad
		}' /tmp/wanted $out
}

# audit TITLE SCENARIO HOLDS LINE...
audit() {
	audit_title=$1
	audit_scenario=$2
	shift 2
	test_of "audit: $audit_title" "$audit_scenario" audit_is "$@"
}

# fork copies nothing that it would change.
not_compared() {
	is hold count 23 && is section begun 23 kind=fork &&
		same "audited forks" "$(sum audit sections kind=fork)" 0
}

# What differs by kernel, from the sources.
#
# zapper: madvise() of one VMA is done under that one's own lock since 6.16.
# stack: a stack grows under the lock for write since 6.5, and 6.1 with what
#	Debian has taken from there.
# grown: 6.1 has a function of its own for a heap that grows.
# unlinked: 5.10 leaves a pointer to the anon_vma in a VMA that goes.
# anon: since 6.10 or so a merge takes over the neighbour's anon_vma before it
#	begins to change bounds.
zapper="read"
stack="write"
stacks=23
grown=adjust
unlinked=anon_vma=23
anon=anon_vma=23
case $(uname -r) in
5.10.*) stack="read" stacks=0 unlinked= ;;
6.1.*) grown="expand" ;;
6.12.*) anon= ;;
*) zapper=none anon= ;;
esac

audits() {
	# Flags and protection are stored before the page tables are changed,
	# where the section begins.
	audit "mprotect changes no field" audit_whole 23 "mprotect write 23"
	audit "one that changes nothing has the lock and no section" \
		audit_nothing 23
	audit "a VMA in three: start, offset, end" audit_split 23 \
		"mprotect write 23" \
		"adjust write 46-138 vm_start=23 vm_end=23 vm_pgoff=23"
	# shellcheck disable=SC2086 # one word or none
	audit "a merge: end, anon_vma, two VMAs less" audit_merge 23 \
		"mprotect write 23" \
		"adjust write 23 freed=46 vm_end=23 $anon"
	audit "mlock: flags" audit_mlock 23 "mlock write 23 vm_flags=23"
	audit "munlock: flags" audit_munlock 23 "mlock write 23 vm_flags=23"
	audit "MADV_RANDOM: flags" audit_madvise 23 \
		"madvise write 23 vm_flags=23"
	audit "MADV_DONTNEED: nothing" audit_dontneed 0 "unmap $zapper 23"
	audit "MADV_FREE: nothing" audit_madv_free 0 "madv_free $zapper 23"
	# The lock is downgraded before pages are freed.
	audit "munmap: anon_vma, under the lock for read" audit_munmap 23 "unmap read 23" \
		"pgtables read 23 $unlinked"
	audit "mmap over it: the same under the lock for write" audit_mmap_over 23 \
		"unmap write 23" "pgtables write 23 $unlinked" "mmap write 23"
	audit "a heap that grows: end" audit_brk 23 \
		"$grown write 23-69 vm_end=23"
	audit "a stack that grows: start, offset" audit_stack $stacks \
		"stack $stack 23 vm_start=23 vm_pgoff=23"
	if has NUMA; then
		audit "mbind: policy" audit_mbind 23 \
			"mbind write 23 vm_policy=23"
	else
		skip "audit: mbind: policy" "no CONFIG_NUMA"
	fi
	if has USERFAULTFD; then
		audit "userfaultfd: flags" audit_uffd 23 \
			"uffd write 23 vm_flags=23"
	else
		skip "audit: userfaultfd: flags" "no CONFIG_USERFAULTFD"
	fi
	audit "mremap: two VMAs, nothing but the old one's anon_vma" audit_mremap 23 \
		"mremap write 46" "unmap write 23" "pgtables write 23 $unlinked"
	test_of "audit: not of forks" audit_fork not_compared
}

# --- reasons that cannot be provoked ---

# Those with a test here or in judge.sh.
provoked="completed kernel_address single_user pkey no_vma vma_absent seq_odd
	vm_ops_fault no_anon_vma uffd_missing grows_down out_of_bounds
	permission interleave pgd_none p4d_none pud_none pmd_none pmd_huge
	pmd_migration pte_none_ops swap_miss seq_moved"

# Those of the other designs, with a test in designs.sh.
of_others="mm_odd mm_moved write_locked abort odd_matters moved_matters
	stack_grew not_anon anon_vma_needed uffd_call swap_pte no_map_pages
	anon_vma_trylock retry flags_differ count_differs unsafe"

unprovoked() {
	cat <<-END
		bad_area only a kill while the fault waits for mmap_lock, where that ends the wait
		grows_up no VMA grows up on x86
		pud_huge only device memory and hugetlbfs have them, whose VMAs have a fault operation
		pmd_devmap only device memory, whose VMA has a fault operation
	END
}

# All of them are in one of the lists.
reasons_known() {
	sed -n 's/.*__print_symbolic(REC->reason,//p' \
		/sys/kernel/tracing/events/spf/spf_fault_aborted/format |
		grep -oE '^[^)]*' | grep -oE '\{ [0-9]+, "[a-z0-9_]+"' |
		cut -d'"' -f2 | sort -u >/tmp/reasons
	[ -s /tmp/reasons ] || {
		echo "no reasons in the event's format"
		return 1
	}
	for name in $of_others; do
		grep -qw "$name" "$here/designs.sh" || {
			echo "designs.sh does not ask for $name"
			return 1
		}
	done
	{
		echo "$provoked $of_others" | xargs -n 1
		unprovoked | sed 's/ .*//'
	} | sort -u >/tmp/listed
	diff /tmp/listed /tmp/reasons
}

exec 3>&1
ktap_start
# But in its own test.
[ ! -e /proc/sys/kernel/numa_balancing ] ||
	echo 0 >/proc/sys/kernel/numa_balancing
report "the module loads" insmod /spf/spf.ko
report "every reason has a test or none can be made" reasons_known
unprovoked >/tmp/unprovoked
while read -r name why; do
	skip "$name" "$why"
done </tmp/unprovoked

test_of "23 writes to what is read-only: permission" permission_write \
	permission 0
test_of "23 accesses to what has no access: permission" permission_none \
	permission 0
test_of "23 refused, 23 others in between" permission_between permission 23
if grep -qw ospke /proc/cpuinfo; then
	test_of "23 accesses that a key refuses: pkey" pkey skipped_for_pkey
else
	skip "23 accesses that a key refuses: pkey" "no protection keys"
fi
no_vma() {
	aborted no_vma none && same_page && no_ptes
}
test_of "23 accesses to a hole: no_vma" no_vma no_vma
# Nothing of the designs has a say there: they hook in behind the code for these.
kernel_address() {
	bins 23 0 0 23 && no_ptes &&
		is reason count 23 name=kernel_address verdict=skipped
}
test_of "23 accesses to the kernel's addresses: kernel_address" kernel_address \
	kernel_address
if grep -q '\[vsyscall\]' /proc/self/maps; then
	test_of "23 vsyscalls: kernel_address" vsyscall kernel_address
else
	skip "23 vsyscalls: kernel_address" "vsyscalls are off (vsyscall=xonly)"
fi
for table in pmd_none pud_none p4d_none; do
	test_of "23 page tables not there: $table" $table \
		aborted $table spf_vma_notsup
done
if grep -qw la57 /proc/cpuinfo; then
	test_of "23 page tables not there: pgd_none" pgd_none \
		aborted pgd_none spf_vma_notsup
else
	skip "23 page tables not there: pgd_none" "four levels of page tables"
fi
pte_none_ops() {
	aborted pte_none_ops none && only_pte none 23
}
test_of "23 pages that a driver has not: pte_none_ops" pte_none_ops pte_none_ops
for device in zram brd loop; do
	with_swap $device
done
test_of "huge pages on their way: pmd_migration" pmd_migration pmd_migrated
test_of "beside a mapping that grows there: out_of_bounds" grow_over \
	out_of_bounds

test_of "1009 new pages: pte none" new_pages all_of_pte none
test_of "1009 zero pages written: pte present" copy_on_write all_of_pte present
if [ -d /sys/devices/system/node/node1 ] &&
	[ -e /proc/sys/kernel/numa_balancing ]; then
	scan_often
	test_of "NUMA hints: pte protnone" protnone hinted
	echo 0 >/proc/sys/kernel/numa_balancing
else
	skip "NUMA hints: pte protnone" "only one node"
fi

test_of "a writer on all of the VMA: page" ladder_page met_page
test_of "a writer on other pages of the VMA: vma" ladder_vma met_new '[anon]'
test_of "a writer on another VMA: mm" ladder_mm met_mm
test_of "the same in the heap" in_heap met_new '[heap]'
test_of "the same in a file" in_file met_vma 'a\\040file'

test_of "the writer has been there: possible" hold_before hold_before
test_of "the writer comes later: possible" hold_after hold_after
test_of "the writer never comes: not possible" hold_never hold_never

test_of "nobody has the lock" lock_free lock_was_free
test_of "readers have the lock" lock_readers readers_had_it
test_of "a writer is queued behind readers" lock_queued writer_was_queued

trace_these 1
test_of "$calls long calls on the VMA: waits as measured" wait_same$short \
	waits_agree
echo >$tracing/trace
if has_vma_locks; then
	test_of "$calls long calls elsewhere: no waits" wait_other$short no_waits
else
	test_of "$calls long calls elsewhere: waits as measured, all saved" \
		wait_other$short waits_would_be_saved
fi
trace_these 0

test_of "writers queue for other VMAs: none is possible" disjoint nobody_met
test_of "writers queue for the VMA: some are possible" queued_same all_met
test_of "writers that give up" gave_up gave_up

test_of "zaps side by side: overlap" overlap overlapped
test_of "zaps of two VMAs: no overlap" overlap_other not_overlapped

test_of "23 aborts on one page: repeat=22" repeat_same repeated 23 22
test_of "23 aborts on two pages in turn: repeat=0" repeat_other repeated 23 0
test_of "others that complete in between: repeat=22" repeat_between \
	repeated 23 22
test_of "46 aborts of two tasks: repeat=44" repeat_tasks repeated 46 44

audits
# Nobody was met: a name for that, and no number.
nobody_named() {
	trace_these 1
	verdict new_pages >$out
	grep ' verdict-.* spf_fault_completed:' $tracing/trace >/tmp/named
	trace_these 0
	same "kind=none" "$(grep -c ' kind=none ' /tmp/named)" 1009 &&
		same "all" "$(grep -c . /tmp/named)" 1009
}

# And so for those who read the binary records.
nobody_named_by_trace_cmd() {
	trace-cmd record -q -o /tmp/t.dat -e spf:spf_fault_completed \
		verdict new_pages >/tmp/rec 2>&1 || {
		cat /tmp/rec
		return 1
	}
	trace-cmd report /tmp/t.dat 2>/dev/null | grep ' verdict-' >/tmp/named
	same "kind=none" "$(grep -c ' kind=none ' /tmp/named)" 1009 &&
		same "all" "$(grep -c . /tmp/named)" 1009
}

report "1009 that met nobody are traced as kind=none" nobody_named
if [ -x /usr/bin/trace-cmd ]; then
	report "and so says trace-cmd report" nobody_named_by_trace_cmd
else
	skip "and so says trace-cmd report" "no trace-cmd"
fi
report "the module unloads" rmmod spf
report "no splat in the kernel log" no_splat
ktap_end
