/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2a, the judge: what would a design have made of this fault?
 *
 * Pure functions over plain values, without state and without kernel types, so
 * that the same object code is tested in user space.
 */
#ifndef SPF_JUDGE_H
#define SPF_JUDGE_H

#include <linux/bitops.h>
#include <linux/types.h>

#include <spf/reason.h>

/* What the verdict of a design is taken from. */
enum spf_source {
	SPF_SOURCE_SHADOW,	/* the counter that spf keeps for each VMA */
	SPF_SOURCE_NATIVE,	/* what the running kernel has itself */
	SPF_SOURCE_EMULATED,	/* a model of that */
	SPF_NR_SOURCES,
};

/*
 * Why a completed fault may have aborted all the same.
 *
 * SECTION: a section was kept away from its VMA
 * UNTOLD: nothing tells (docs/verdict.md, rule 4)
 * QUEUED: a hold was about at its end, and is not followed for it
 * EFFECT: it has met a section of which nobody knows what it changed
 * MM: a writer may have got mmap_lock in the attempt
 * MM_NATIVE: idem, and the mm's own counter does not tell
 * LOCKED: a writer had the lock, and what he has marked is not known
 * LOCKED_NATIVE: idem, and the kernel's own lock does not tell
 */
#define SPF_MAYBE_SECTION	BIT(0)
#define SPF_MAYBE_UNTOLD	BIT(1)
#define SPF_MAYBE_QUEUED	BIT(2)
#define SPF_MAYBE_EFFECT	BIT(3)
#define SPF_MAYBE_MM		BIT(4)
#define SPF_MAYBE_MM_NATIVE	BIT(5)
#define SPF_MAYBE_LOCKED	BIT(6)
#define SPF_MAYBE_LOCKED_NATIVE	BIT(7)

/**
 * struct spf_historic - the name that a design's own statistics had for a cause
 * @reasons: a set of SPF_BIT()
 * @name: as it was called; an empty row ends a list
 */
struct spf_historic {
	u64 reasons;
	const char *name;
};

/**
 * struct spf_design - one published page-fault design, as data
 * @source: where its verdicts come from
 * @skips: checks after which its handler does not try; a set of SPF_BIT()
 * @entry: checks that stop it by a state that held when the fault arrived
 * @late: checks that stop it by what happened in the attempt
 * @final: checks after which it is over as well, and needs nobody's help: they
 *	count as completed
 * @unsafe: if one of these holds for a fault that it completes, it should not
 *	have; 0 for a design that is safe
 * @maybe: SPF_MAYBE_* that make a completed fault possible
 * @kinds: kinds of write section that its verdicts depend on, BIT(enum spf_kind)
 * @historic: names for its reasons, the first set that holds one counts
 *
 * The order of the checks is that of SPF_REASONS.
 */
struct spf_design {
	enum spf_source source;
	u64 skips;
	u64 entry;
	u64 late;
	u64 final;
	u64 unsafe;
	u32 maybe;
	u32 kinds;
	const struct spf_historic *historic;
};

/* By enum spf_design_id. */
extern const struct spf_design spf_designs[SPF_NR_DESIGNS];

extern const char * const spf_design_names[SPF_NR_DESIGNS];
extern const char * const spf_verdict_names[SPF_NR_VERDICTS];
extern const char * const spf_reason_names[SPF_NR_REASONS];
extern const char * const spf_kind_names[SPF_NR_KINDS];
extern const char * const spf_call_names[SPF_NR_CALLS];
extern const char * const spf_pte_names[SPF_NR_PTES];
extern const char * const spf_lock_names[SPF_NR_LOCKS];
extern const char * const spf_scope_names[SPF_NR_SCOPES];
extern const char * const spf_mode_names[SPF_NR_MODES];
extern const char * const spf_field_names[SPF_NR_FIELDS];

/**
 * spf_judge - the reason that a design would have given for this fault
 * @design: whose rules
 * @fails: SPF_BIT() of every check that fails for this fault
 *
 * Return: the first of its checks that fails, or SPF_REASON_COMPLETED.
 */
static inline enum spf_reason spf_judge(const struct spf_design *design,
					u64 fails)
{
	fails &= design->skips | design->entry | design->late | design->final;
	return fails ? __ffs64(fails) : SPF_REASON_COMPLETED;
}

/**
 * spf_verdict_of - the verdict that a reason stands for
 * @design: whose reason
 * @reason: from spf_judge()
 */
static inline enum spf_verdict spf_verdict_of(const struct spf_design *design,
					      enum spf_reason reason)
{
	const u64 bit = 1ULL << reason;

	if (design->skips & bit)
		return SPF_VERDICT_SKIPPED;
	if (design->entry & bit)
		return SPF_VERDICT_ABORT_ENTRY;
	if (design->late & bit)
		return SPF_VERDICT_ABORT_LATE;
	return SPF_VERDICT_COMPLETED;
}

/**
 * spf_is_possible - may a fault that a design completes have aborted?
 * @design: whose rules
 * @maybe: SPF_MAYBE_* that hold for the fault
 */
static inline bool spf_is_possible(const struct spf_design *design, u32 maybe)
{
	return design->maybe & maybe;
}

/**
 * spf_historic_of - what a design's own statistics called a reason
 * @design: whose reason
 * @reason: from spf_judge()
 *
 * Return: "none" where they had no name for it.
 */
const char *spf_historic_of(const struct spf_design *design,
			    enum spf_reason reason);

#endif /* SPF_JUDGE_H */
