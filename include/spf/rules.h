/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2a, the rules: what follows for a fault from those who wrote beside it.
 *
 * Pure functions over plain values, without state and without kernel types, so
 * that the same object code is tested in user space.  The rules are those of
 * docs/verdict.md and docs/designs.md.
 */
#ifndef SPF_RULES_H
#define SPF_RULES_H

#include <linux/types.h>

#include <spf/fault.h>
#include <spf/history.h>
#include <spf/hold.h>
#include <spf/verdict.h>

/**
 * struct spf_evidence - all that is known of those who wrote beside a fault
 * @seen: what happened to its VMA, valid if @known
 * @company: what the holds of its mm say
 * @now: when it was asked, the end of a call of the handler, ns
 * @mark: the mm's own sequence number for write marks, before all else was asked
 * @known: the VMA is still the one of the first call
 * @foreign: a writer has the lock, or waits for it, that is none of those holds
 * @native: the mm has such a sequence number
 */
struct spf_evidence {
	struct spf_seen seen;
	struct spf_company company;
	u64 now;
	u32 mark;
	bool known;
	bool foreign;
	bool native;
};

/**
 * struct spf_found - what follows from it
 * @fails: checks that fail, SPF_BIT()
 * @met: SPF_MET_*
 * @blame: the section that it has met, valid with SPF_MET_BLAME
 */
struct spf_found {
	u64 fails;
	u32 met;
	struct spf_blame blame;
};

/**
 * spf_rules_history - what follows from the history of its VMA
 * @f: the fault
 * @e: the evidence, of any call of the handler; nothing follows if the VMA is not known
 * @found: more is added
 */
void spf_rules_history(const struct spf_fault *f, const struct spf_evidence *e,
		       struct spf_found *found);

/**
 * spf_rules_queue - what follows from those who wait for the lock at its end
 * @e: the evidence, of the last call
 * @found: more is added
 */
void spf_rules_queue(const struct spf_evidence *e, struct spf_found *found);

/**
 * spf_rules_mm - what a counter for the whole mm has met in the attempt
 * @f: the fault
 * @e: the evidence, of the last call
 * @found: with spf_rules_queue(); more is added
 */
void spf_rules_mm(const struct spf_fault *f, const struct spf_evidence *e,
		  struct spf_found *found);

/**
 * spf_rules_arrival - was a counter for the whole mm odd at the arrival?
 * @f: the fault
 * @odd: the answer of that name in struct spf_company
 * @found: more is added
 */
void spf_rules_arrival(const struct spf_fault *f, bool odd, struct spf_found *found);

#endif /* SPF_RULES_H */
