/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4a, the figures of a report: sums of the counters, and what follows
 * from them.
 */
#ifndef SPF_FIGURES_H
#define SPF_FIGURES_H

#include <linux/kernel.h>
#include <linux/types.h>

#include <spf/design.h>
#include <spf/filter.h>
#include <spf/hooks.h>
#include <spf/reason.h>
#include <spf/stats.h>

/**
 * struct spf_figures - everything that one report is made from
 * @c: counters since the last reset
 * @g: states
 * @filter: the processes that they are of
 * @generation: number of resets
 * @since: CLOCK_MONOTONIC of the last one, ns
 * @verdict: faults by the verdict of each design
 * @judged: faults that are judged
 * @lost: faults that arrived and could not be judged
 * @fault_missed: of @missed and @reentry, what the fault hook alone has
 * @missed: as in struct spf_hook_state, of all hooks
 * @reentry: idem
 * @silenced: the hooks are on, and kprobes do not fire
 * @kinds: which kinds of write section are recorded
 */
struct spf_figures {
	struct spf_counters c;
	struct spf_gauges g;
	struct spf_filter filter;
	u64 generation;
	u64 since;
	u64 verdict[SPF_NR_DESIGNS][SPF_NR_VERDICTS];
	u64 judged;
	u64 lost;
	u64 fault_missed;
	u64 missed;
	u64 reentry;
	bool silenced;
	struct spf_kinds kinds;
};

/**
 * spf_figures_read - all figures as they are now
 *
 * May sleep.
 * Return: figures to pass to kvfree(), or NULL if there is no memory
 */
struct spf_figures *spf_figures_read(void);

/* The sum of @nr counters that stand side by side. */
static inline u64 spf_sum(const u64 *n, unsigned int nr)
{
	u64 sum = 0;

	while (nr--)
		sum += *n++;
	return sum;
}

/* @all less @part.  Never below 0: counters move while they are summed. */
static inline u64 spf_without(u64 all, u64 part)
{
	return all - min(all, part);
}

/**
 * spf_given - faults to which a design gave this reason
 * @f: figures
 * @id: which design
 * @reason: which reason
 */
u64 spf_given(const struct spf_figures *f, enum spf_design_id id,
	      enum spf_reason reason);

/**
 * spf_attempted - faults that a design did not skip
 * @f: figures
 * @id: which design
 */
u64 spf_attempted(const struct spf_figures *f, enum spf_design_id id);

/**
 * spf_completed - those of them that it completed
 * @f: figures
 * @id: which design
 */
static inline u64 spf_completed(const struct spf_figures *f,
				enum spf_design_id id)
{
	return f->verdict[id][SPF_VERDICT_COMPLETED];
}

/**
 * spf_possible_late - those of them that may have aborted late all the same
 * @f: figures
 * @id: which design
 *
 * With what is deferred, for a design that it counts for.
 */
u64 spf_possible_late(const struct spf_figures *f, enum spf_design_id id);

/**
 * spf_completed_low - completed, if every possible late abort is a real one
 * @f: figures
 * @id: which design
 */
u64 spf_completed_low(const struct spf_figures *f, enum spf_design_id id);

/**
 * spf_wait_saved - what the faults that a design completed had waited, ns
 * @f: figures
 * @id: which design
 */
u64 spf_wait_saved(const struct spf_figures *f, enum spf_design_id id);

/**
 * spf_refusal - why a ratio would mislead
 * @f: figures
 * @id: of which design
 *
 * Return: a word, or NULL if it would not
 */
const char *spf_refusal(const struct spf_figures *f, enum spf_design_id id);

/**
 * spf_unseen - kinds of section that exist here and may not all be seen
 * @f: figures
 *
 * Return: BIT(kind) for each that is not seen, or not proven to be
 */
u32 spf_unseen(const struct spf_figures *f);

/**
 * spf_unseen_by - those of them that a design's figures lack
 * @f: figures
 * @id: which design
 *
 * Return: BIT(kind) for each; 0 while the hooks are off
 */
u32 spf_unseen_by(const struct spf_figures *f, enum spf_design_id id);

/**
 * spf_other_calls - calls of the handler for the kernel that are for no fault
 * @f: figures
 */
u64 spf_other_calls(const struct spf_figures *f);

/**
 * spf_judges_few - are most faults of the window others than those judged?
 * @f: figures
 */
bool spf_judges_few(const struct spf_figures *f);

/**
 * spf_compares_mm - are both designs of SPF_COMPARE_MM_VS_VMA judged?
 */
static inline bool spf_compares_mm(void)
{
	return spf_is_chosen(SPF_DESIGN_SEQCOUNT) && spf_is_chosen(spf_mmseq());
}

/**
 * spf_compares_adjust - are both designs of SPF_COMPARE_ADJUST judged?
 */
static inline bool spf_compares_adjust(void)
{
	return spf_is_chosen(SPF_DESIGN_SEQCOUNT) &&
	       spf_is_chosen(SPF_DESIGN_BOUNDS);
}

/**
 * spf_lock_sum - a figure of faults by what mmap_lock was when they arrived
 * @f: figures
 * @lock: what it was
 * @figure: which figure
 */
u64 spf_lock_sum(const struct spf_figures *f, enum spf_lock lock,
		 enum spf_lock_figure figure);

#endif /* SPF_FIGURES_H */
