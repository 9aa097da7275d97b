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

/* Bucket n counts times in [2^(n-1), 2^n) ns, bucket 0 those of 0. */
#define SPF_HIST_BUCKETS	65

/*
 * SPF_N_ARRIVED: user-mode page faults at exceptions:page_fault_user
 * SPF_N_KERNEL_MODE: calls of handle_mm_fault that were not for user mode
 * SPF_N_BLOCKED: faults that had to wait for mmap_lock
 * SPF_N_POSSIBLE: completed ones that may have aborted late all the same
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
 */
enum spf_counter {
	SPF_N_ARRIVED,
	SPF_N_KERNEL_MODE,
	SPF_N_BLOCKED,
	SPF_N_POSSIBLE,
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
	SPF_N_WAIT_HIST = SPF_N_HITS + SPF_NR_HOOKS,
	SPF_N_SERVICE_HIST = SPF_N_WAIT_HIST + SPF_HIST_BUCKETS,
	SPF_NR_COUNTERS = SPF_N_SERVICE_HIST + SPF_HIST_BUCKETS,
};

struct spf_counters {
	u64 n[SPF_NR_COUNTERS];
};

DECLARE_PER_CPU(struct spf_counters, spf_counters);

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
 * spf_stats_reset - take a new baseline
 *
 * Faults that are in flight stay in the count of arrivals, since their verdict
 * will be counted from now on.  May sleep.
 */
void spf_stats_reset(void);

#endif /* SPF_STATS_H */
