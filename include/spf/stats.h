/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 3, per-CPU counters.
 *
 * Counters only grow.  A handler adds to its own CPU's copy; only the sum over
 * all CPUs has a meaning.  A reset takes a new baseline and writes nothing to
 * any CPU's copy.
 */
#ifndef SPF_STATS_H
#define SPF_STATS_H

#include <linux/bitops.h>
#include <linux/percpu.h>

#include <spf/hooks.h>
#include <spf/reason.h>

/* With more losses, of all there is, a figure would mislead. */
#define SPF_LOSS_LIMIT_PERCENT	1

/* Bucket n counts times in [2^(n-1), 2^n) ns, bucket 0 those of 0. */
#define SPF_HIST_BUCKETS	65

/* Figures of spf_n_lock(). */
enum spf_lock_figure {
	SPF_LOCK_ARRIVALS,
	SPF_LOCK_WAITED,
	SPF_LOCK_WAIT_NS,
	SPF_LOCK_COMPLETED,
	SPF_LOCK_COMPLETED_WAITED,
	SPF_LOCK_COMPLETED_WAIT_NS,
	SPF_LOCK_FIGURES,
};

/* Figures of spf_n_audit(), and behind them how often each field changed. */
enum spf_audit_figure {
	SPF_AUDIT_SECTIONS,
	SPF_AUDIT_FREED,
	SPF_AUDIT_CHANGED,
	SPF_AUDIT_FIGURES = SPF_AUDIT_CHANGED + SPF_NR_FIELDS,
};

/* Designs that are judged in two ways: by the kernel's own means, and emulated. */
enum spf_pair {
	SPF_PAIR_MMSEQ,
	SPF_PAIR_VMALOCK,
	SPF_NR_PAIRS,
};

/*
 * Figures of spf_n_pair(): faults that both have stopped, and from each of the
 * last two on those that only one of them has stopped, by its reason.
 */
enum spf_pair_figure {
	SPF_PAIR_BOTH_ABORTED,
	SPF_PAIR_ABORTED_NATIVE,
	SPF_PAIR_ABORTED_EMULATED = SPF_PAIR_ABORTED_NATIVE + SPF_NR_REASONS,
	SPF_PAIR_FIGURES = SPF_PAIR_ABORTED_EMULATED + SPF_NR_REASONS,
};

/* What is compared between designs: docs/designs.md. */
enum spf_compare {
	SPF_COMPARE_MM_VS_VMA,
	SPF_COMPARE_MM_VS_VMA_SURE,
	SPF_COMPARE_ADJUST,
	SPF_COMPARE_ADJUST_OF,
	SPF_NR_COMPARES,
};

/*
 * SPF_N_ARRIVED: user-mode page faults at exceptions:page_fault_user
 * SPF_N_KERNEL_MODE: calls of handle_mm_fault that were not for user mode
 * SPF_N_KERNEL_FAULTS: page faults taken in the kernel at addresses of user space
 * SPF_N_KERNEL_CALLS: calls of handle_mm_fault for those
 * SPF_N_KERNEL_BLOCKED: those that had to wait for mmap_lock
 * SPF_N_KERNEL_WAIT_NS: how long
 * SPF_N_BLOCKED: faults that had to wait for mmap_lock
 * SPF_N_POSSIBLE: completed ones that may have aborted late all the same, as far
 *	as that is known by now
 * SPF_N_UNRESOLVED: those of them that nothing will ever tell
 * SPF_N_RESOLVED: those of them that were deferred
 * SPF_N_CLEARED: deferred, and not possible
 * SPF_N_DEFERRED_FULL: unresolved because there was no room to defer them
 * SPF_N_FOREIGN: unresolved because of a writer who is not seen
 * SPF_N_REPEAT: aborted on the page of the task's last aborted fault
 * SPF_N_HOLDS: write holds that are over
 * SPF_N_HOLDS_FOREIGN: those of them that are seen from a section on only
 * SPF_N_HOLDS_WAITED: those of them that had to wait
 * SPF_N_HOLDS_GAVE_UP: waited, and never got the lock; not among the above
 * SPF_N_HOLDS_WAIT_NS, SPF_N_HOLDS_HELD_NS: sums
 * SPF_N_LOST_TASKS: arrivals without a record, the task table was full
 * SPF_N_LOST_UNFINISHED: handle_mm_fault was entered, its return never seen
 * SPF_N_SHADOWED: births, sections and splits meant for the shadow table
 * SPF_N_FULL: those of them that it had no room for
 * SPF_N_OVERRUN: faults whose window reached back beyond the remembered sections
 * SPF_N_VMA_LOCK_TRY: calls of handle_mm_fault under the VMA's lock
 * SPF_N_VMA_LOCK_RETRY: those of them that had to be repeated with mmap_lock
 * SPF_N_VMA_LOCK_ABORT: faults whose first call was with mmap_lock
 * SPF_N_MARKS: faults in a VMA that the kernel had marked as written to since
 *	the arrival
 * SPF_N_UNCOVERED: those of them where no section tells why
 * SPF_N_WAIT_NS, SPF_N_SERVICE_NS: sums behind the two histograms
 * SPF_N_WAIT_SAVED_NS: wait of blocked faults that seqcount completed
 * SPF_N_REASON: faults by the reason of seqcount
 * SPF_N_MISREAD: by enum spf_hook_id: hits whose arguments were not understood
 * SPF_N_SEEN: by enum spf_kind: sections of whomever
 * SPF_N_TOLD: by enum spf_kind: calls that should have had such a section
 *
 * By enum spf_design_id, for all but seqcount:
 * SPF_N_DESIGN: faults by reason, see spf_n_design(); not those that completed
 *	without one, and not single_user
 * SPF_N_DESIGN_POSSIBLE: completed, and possible as far as is known by now
 * SPF_N_DESIGN_WAIT_NS: wait of blocked faults that it completed
 * SPF_N_DESIGN_UNSAFE: completed, and should not have been
 *
 * SPF_N_SPINS: locks of spf's that another CPU had
 */
enum spf_counter {
	SPF_N_ARRIVED,
	SPF_N_KERNEL_MODE,
	SPF_N_KERNEL_FAULTS,
	SPF_N_KERNEL_CALLS,
	SPF_N_KERNEL_BLOCKED,
	SPF_N_KERNEL_WAIT_NS,
	SPF_N_BLOCKED,
	SPF_N_POSSIBLE,
	SPF_N_UNRESOLVED,
	SPF_N_RESOLVED,
	SPF_N_CLEARED,
	SPF_N_DEFERRED_FULL,
	SPF_N_FOREIGN,
	SPF_N_REPEAT,
	SPF_N_HOLDS,
	SPF_N_HOLDS_FOREIGN,
	SPF_N_HOLDS_WAITED,
	SPF_N_HOLDS_GAVE_UP,
	SPF_N_HOLDS_WAIT_NS,
	SPF_N_HOLDS_HELD_NS,
	SPF_N_LOST_TASKS,
	SPF_N_LOST_UNFINISHED,
	SPF_N_SHADOWED,
	SPF_N_FULL,
	SPF_N_OVERRUN,
	SPF_N_VMA_LOCK_TRY,
	SPF_N_VMA_LOCK_RETRY,
	SPF_N_VMA_LOCK_ABORT,
	SPF_N_MARKS,
	SPF_N_UNCOVERED,
	SPF_N_WAIT_NS,
	SPF_N_SERVICE_NS,
	SPF_N_WAIT_SAVED_NS,
	SPF_N_REASON,
	SPF_N_BEGUN = SPF_N_REASON + SPF_NR_REASONS,
	SPF_N_ENDED = SPF_N_BEGUN + SPF_NR_KINDS,
	SPF_N_VMAS = SPF_N_ENDED + SPF_NR_KINDS,
	SPF_N_HITS = SPF_N_VMAS + SPF_NR_KINDS,
	SPF_N_PTE = SPF_N_HITS + SPF_NR_HOOKS,
	SPF_N_WAIT_HIST = SPF_N_PTE + SPF_NR_PTES,
	SPF_N_SERVICE_HIST = SPF_N_WAIT_HIST + SPF_HIST_BUCKETS,
	SPF_NR_HOT = SPF_N_SERVICE_HIST + SPF_HIST_BUCKETS,
	/* From here on with spf_add_cold() and spf_count_cold(). */
	SPF_N_NESTED = SPF_NR_HOT,
	SPF_N_CONCURRENT = SPF_N_NESTED + SPF_NR_KINDS,
	SPF_N_MISREAD = SPF_N_CONCURRENT + SPF_NR_KINDS,
	SPF_N_SEEN = SPF_N_MISREAD + SPF_NR_HOOKS,
	SPF_N_TOLD = SPF_N_SEEN + SPF_NR_KINDS,
	SPF_N_BLAME_ABORTS = SPF_N_TOLD + SPF_NR_KINDS,
	SPF_N_BLAME_POSSIBLE = SPF_N_BLAME_ABORTS + SPF_NR_KINDS,
	SPF_N_BLAME_OPEN_NS = SPF_N_BLAME_POSSIBLE + SPF_NR_KINDS,
	SPF_N_SCOPE = SPF_N_BLAME_OPEN_NS + SPF_NR_KINDS,
	SPF_N_LOCK = SPF_N_SCOPE + SPF_NR_SCOPES,
	SPF_N_AUDIT = SPF_N_LOCK + SPF_NR_LOCKS * SPF_LOCK_FIGURES,
	SPF_N_LOCK_HIST = SPF_N_AUDIT +
			  SPF_NR_KINDS * SPF_NR_MODES * SPF_AUDIT_FIGURES,
	SPF_N_DESIGN = SPF_N_LOCK_HIST + SPF_NR_LOCKS * SPF_HIST_BUCKETS,
	SPF_N_DESIGN_POSSIBLE = SPF_N_DESIGN + SPF_NR_DESIGNS * SPF_NR_REASONS,
	SPF_N_DESIGN_WAIT_NS = SPF_N_DESIGN_POSSIBLE + SPF_NR_DESIGNS,
	SPF_N_DESIGN_UNSAFE = SPF_N_DESIGN_WAIT_NS + SPF_NR_DESIGNS,
	SPF_N_PAIR = SPF_N_DESIGN_UNSAFE + SPF_NR_DESIGNS,
	SPF_N_COMPARE = SPF_N_PAIR + SPF_NR_PAIRS * SPF_PAIR_FIGURES,
	SPF_N_SPINS = SPF_N_COMPARE + SPF_NR_COMPARES,
	SPF_NR_COUNTERS,
};

/* Faults to which a design, not seqcount, gave this reason. */
static inline unsigned int spf_n_design(enum spf_design_id design,
					enum spf_reason reason)
{
	return SPF_N_DESIGN + design * SPF_NR_REASONS + reason;
}

static inline unsigned int spf_n_pair(enum spf_pair pair, unsigned int figure)
{
	return SPF_N_PAIR + pair * SPF_PAIR_FIGURES + figure;
}

/* A figure of faults that arrived while mmap_lock was like that. */
static inline unsigned int spf_n_lock(enum spf_lock lock, unsigned int figure)
{
	return SPF_N_LOCK + lock * SPF_LOCK_FIGURES + figure;
}

/* A figure of the sections of a kind, with mmap_lock held like that. */
static inline unsigned int spf_n_audit(unsigned int kind, enum spf_mode mode,
				       unsigned int figure)
{
	return SPF_N_AUDIT +
	       (kind * SPF_NR_MODES + mode) * SPF_AUDIT_FIGURES + figure;
}

struct spf_counters {
	u64 n[SPF_NR_COUNTERS];
};

struct spf_hot_counters {
	u64 n[SPF_NR_HOT];
};

struct spf_cold_counters {
	u64 n[SPF_NR_COUNTERS - SPF_NR_HOT];
};

/*
 * The kernel has 8 KiB for the static per-CPU variables of all modules: what
 * every fault counts is there, the rest is allocated.
 */
DECLARE_PER_CPU(struct spf_hot_counters, spf_counters);
extern struct spf_cold_counters __percpu *spf_cold_counters;

/**
 * spf_stats_init - room for the counters; before the first probe
 *
 * May sleep.  Return: 0 or -ENOMEM.
 */
int spf_stats_init(void);

/**
 * spf_stats_exit - after the last one
 */
void spf_stats_exit(void);

/**
 * spf_add - add to a counter of this CPU
 * @counter: enum spf_counter, plus an index for those that are arrays
 * @n: how much
 *
 * Any context with preemption disabled.
 */
static inline void spf_add(unsigned int counter, u64 n)
{
	this_cpu_add(spf_counters.n[counter], n);
}

/**
 * spf_count - add one
 * @counter: as for spf_add()
 */
static inline void spf_count(unsigned int counter)
{
	this_cpu_inc(spf_counters.n[counter]);
}

/**
 * spf_add_cold - add to one of the counters behind SPF_NR_HOT
 * @counter: as for spf_add()
 * @n: how much
 */
static inline void spf_add_cold(unsigned int counter, u64 n)
{
	this_cpu_add(spf_cold_counters->n[counter - SPF_NR_HOT], n);
}

static inline void spf_count_cold(unsigned int counter)
{
	spf_add_cold(counter, 1);
}

/**
 * spf_hist_cold - add a time to a histogram behind SPF_NR_HOT
 * @hist: where it begins
 * @ns: the time
 */
static inline void spf_hist_cold(unsigned int hist, u64 ns)
{
	spf_count_cold(hist + fls64(ns));
}

/**
 * spf_hist - add a time to a histogram
 * @hist: SPF_N_WAIT_HIST or SPF_N_SERVICE_HIST
 * @ns: the time
 */
static inline void spf_hist(unsigned int hist, u64 ns)
{
	spf_count(hist + fls64(ns));
}

/**
 * spf_stats_sum - counters since the last reset
 * @sum: filled in, one value a counter
 * @generation: number of resets so far
 * @since: CLOCK_MONOTONIC of the last one, ns
 *
 * May sleep.  Counters move while they are summed: sums that belong together
 * are exact only when nothing faults meanwhile.
 */
void spf_stats_sum(struct spf_counters *sum, u64 *generation, u64 *since);

/**
 * spf_stats_ever - one counter since the module was loaded, whatever was reset
 * @counter: as for spf_add() or spf_add_cold()
 */
u64 spf_stats_ever(unsigned int counter);

/**
 * spf_stats_reset - take a new baseline
 *
 * Faults that are in flight stay in the count of arrivals, since their verdict
 * will be counted from now on.  May sleep.
 */
void spf_stats_reset(void);

#endif /* SPF_STATS_H */
