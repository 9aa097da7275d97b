/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2a, the judge: what would a design have made of this fault?
 *
 * Pure functions over plain values, without state and without kernel types, so
 * that the same object code is tested in user space.
 */
#ifndef SPF_JUDGE_H
#define SPF_JUDGE_H

#include <linux/types.h>

#include <spf/reason.h>

/**
 * struct spf_design - one published page-fault design, as data
 * @name: as printed in debugfs
 * @order: the checks of its handler, in the order in which it makes them
 * @nr: number of entries in @order
 *
 * The first check of @order that fails names the reason; a failing check that
 * is not in @order is none of this design's business.
 */
struct spf_design {
	const char *name;
	const u8 *order;
	u32 nr;
};

/* Zijlstra/Dufour v12, per-VMA sequence count. */
extern const struct spf_design spf_seqcount;

extern const char * const spf_verdict_names[SPF_NR_VERDICTS];
extern const char * const spf_reason_names[SPF_NR_REASONS];
extern const char * const spf_reason_historic[SPF_NR_REASONS];
extern const char * const spf_kind_names[SPF_NR_KINDS];
extern const char * const spf_pte_names[SPF_NR_PTES];
extern const char * const spf_lock_names[SPF_NR_LOCKS];
extern const char * const spf_scope_names[SPF_NR_SCOPES];
extern const char * const spf_mode_names[SPF_NR_MODES];
extern const char * const spf_field_names[SPF_NR_FIELDS];

extern const u8 spf_reason_verdicts[SPF_NR_REASONS];

/* The search behind spf_judge(). */
enum spf_reason spf_first_failing(const struct spf_design *design, u64 fails);

/**
 * spf_judge - the reason that a design would have given for this fault
 * @design: whose rules
 * @fails: SPF_BIT() of every check that fails for this fault
 *
 * Return: the first failing check in the design's own order, or
 * SPF_REASON_COMPLETED.
 */
static inline enum spf_reason spf_judge(const struct spf_design *design,
					u64 fails)
{
	return fails ? spf_first_failing(design, fails) : SPF_REASON_COMPLETED;
}

/**
 * spf_verdict_of - the verdict that a reason stands for
 * @reason: from spf_judge()
 */
static inline enum spf_verdict spf_verdict_of(enum spf_reason reason)
{
	return spf_reason_verdicts[reason];
}

#endif /* SPF_JUDGE_H */
