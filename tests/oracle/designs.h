/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of docs/designs.md, typed from there: what each design asks, in its
 * own order, what follows when the answer is no, and what its own statistics
 * called that.
 */
#ifndef ORACLE_DESIGNS_H
#define ORACLE_DESIGNS_H

#include <linux/types.h>
#include <stdbool.h>

#include "names.h"

struct check {
	__u8 reason, verdict;
	const char *historic;
};

struct design {
	/* In stats, by whether the kernel has what the design needs */
	const char *name, *plain;
	const char *source;
	/* One after the other; each ends with SPF_REASON_COMPLETED. */
	const struct check *checks[4];
};

const struct design *design_of(unsigned int design);

/* The Nth that it asks; NULL when there are no more. */
const struct check *nth_check(unsigned int design, unsigned int n);
const struct check *check_of(unsigned int design, unsigned int reason);
enum spf_verdict design_verdict(unsigned int design, unsigned int reason);

/* Of facts that hold for a fault the first that the design asks for. */
enum spf_reason design_reason(unsigned int design, __u64 facts);

/*
 * All reasons that it may have given when of the facts those in @doubtful may
 * not have been known: bits by the numbers of reasons.
 */
__u64 design_reasons(unsigned int design, __u64 facts, __u64 doubtful);

/* Of these the ones by which the design completes, or does not. */
__u64 reasons_with(unsigned int design, __u64 reasons, bool completed);

/* Its checks are those of v12, with another counter. */
bool design_is_like_v12(unsigned int design);

/*
 * What a section of this kind does, where that is known when it begins: whether it
 * is of its whole VMA.
 */
enum spf_effect effect_of_kind(unsigned int kind, bool whole);

/* Is what it may spoil for a commit only what its range covers? */
bool kind_changes_page_tables(unsigned int kind);

/* Does a part of the VMA change hands in it? */
bool kind_moves_bounds(unsigned int kind);

/* Does it mark its VMA when it belongs to a hold? */
bool kind_marks(unsigned int kind);

#endif /* ORACLE_DESIGNS_H */
