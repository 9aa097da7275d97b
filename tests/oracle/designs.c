// SPDX-License-Identifier: GPL-2.0-only
/*
 * The designs, see designs.h.  Nothing here is made from the module's tables.
 */
#include <stddef.h>

#include "designs.h"

#define E(reason, historic) \
	{ SPF_REASON_##reason, SPF_VERDICT_ABORT_ENTRY, historic }
#define L(reason, historic) \
	{ SPF_REASON_##reason, SPF_VERDICT_ABORT_LATE, historic }
#define DONE(reason, historic) \
	{ SPF_REASON_##reason, SPF_VERDICT_COMPLETED, historic }
#define SKIP(reason) \
	{ SPF_REASON_##reason, SPF_VERDICT_SKIPPED, "none" }

#define LAST	{ SPF_REASON_COMPLETED, SPF_VERDICT_COMPLETED, NULL }

/* --- v12, and the same with another counter --- */

#define CHANGED	"spf_vma_changed"
#define NOTSUP	"spf_vma_notsup"

/* Before them, and steps 1 and 2. */
static const struct check v12_first[] = {
	SKIP(KERNEL_ADDRESS),
	SKIP(SINGLE_USER),
	SKIP(PKEY),
	E(NO_VMA, "none"),
	E(BAD_AREA, "none"),
	E(VMA_ABSENT, "none"),
	LAST
};

/* Steps 4 to 15. */
static const struct check v12_state[] = {
	E(VM_OPS_FAULT, NOTSUP),
	E(NO_ANON_VMA, NOTSUP),
	E(UFFD_MISSING, NOTSUP),
	E(GROWS_DOWN, NOTSUP),
	E(GROWS_UP, NOTSUP),
	E(OUT_OF_BOUNDS, CHANGED),
	DONE(PERMISSION, "spf_vma_access"),
	E(INTERLEAVE, NOTSUP),
	E(PGD_NONE, NOTSUP),
	E(P4D_NONE, NOTSUP),
	E(PUD_NONE, NOTSUP),
	E(PUD_HUGE, NOTSUP),
	E(PMD_NONE, NOTSUP),
	E(PMD_HUGE, NOTSUP),
	E(PMD_DEVMAP, NOTSUP),
	E(PMD_MIGRATION, NOTSUP),
	E(PTE_NONE_OPS, "none"),
	E(SWAP_MISS, "none"),
	LAST
};

static const struct check seq_odd[] = { E(SEQ_ODD, CHANGED), LAST };
static const struct check seq_moved[] = { L(SEQ_MOVED, CHANGED), LAST };
static const struct check odd_matters[] = { E(ODD_MATTERS, CHANGED), LAST };
static const struct check moved_matters[] = {
	L(MOVED_MATTERS, CHANGED), LAST
};

static const struct check flags_differ[] = { L(FLAGS_DIFFER, "none"), LAST };
static const struct check count_differs[] = {
	L(COUNT_DIFFERS, "none"), LAST
};

/* --- a counter for the whole mm --- */

#define UNMAPPED	"SPF_ABORT_UNMAPPED"
#define ACCESS		"SPF_ABORT_ACCESS_ERROR"
#define PUD		"SPF_ABORT_PUD"
#define PMD		"SPF_ABORT_PMD"
#define MOVED		"SPF_ABORT_VMA_COPY|" \
			"SPF_ABORT_PTE_MAP_LOCK_SEQ1|" \
			"SPF_ABORT_PTE_MAP_LOCK_SEQ2"

static const struct check mmseq_first[] = {
	SKIP(KERNEL_ADDRESS),
	SKIP(SINGLE_USER),
	E(MM_ODD, "SPF_ABORT_ODD"),
	LAST
};

static const struct check mmseq_first_native[] = {
	SKIP(KERNEL_ADDRESS),
	SKIP(SINGLE_USER),
	E(MM_ODD_NATIVE, "SPF_ABORT_ODD"),
	LAST
};

static const struct check mmseq_state[] = {
	E(NO_VMA, UNMAPPED),
	E(BAD_AREA, UNMAPPED),
	E(VMA_ABSENT, UNMAPPED),
	E(STACK_GREW, UNMAPPED),
	E(OUT_OF_BOUNDS, UNMAPPED),
	E(NOT_ANON, "SPF_ABORT_NO_SPECULATE"),
	E(PERMISSION, ACCESS),
	E(PKEY, ACCESS),
	E(PGD_NONE, PUD),
	E(P4D_NONE, PUD),
	E(PUD_NONE, PUD),
	E(PUD_HUGE, PUD),
	E(PMD_NONE, PMD),
	E(PMD_HUGE, PMD),
	E(PMD_DEVMAP, PMD),
	E(PMD_MIGRATION, PMD),
	E(ANON_VMA_NEEDED, "SPF_ABORT_ANON_VMA"),
	E(UFFD_CALL, "SPF_ABORT_USERFAULTFD"),
	E(SWAP_PTE, "SPF_ABORT_SWAP"),
	LAST
};

static const struct check mm_moved[] = { L(MM_MOVED, MOVED), LAST };
static const struct check mm_moved_native[] = {
	L(MM_MOVED_NATIVE, MOVED), LAST
};

/* --- a lock on the VMA --- */

#define ABORT	"VMA_LOCK_ABORT"
#define SUCCESS	"VMA_LOCK_SUCCESS"
#define AGAIN	"VMA_LOCK_RETRY"

static const struct check vmalock[] = {
	SKIP(KERNEL_ADDRESS),
	E(NO_VMA, ABORT),
	E(BAD_AREA, ABORT),
	E(VMA_ABSENT, ABORT),
	E(WRITE_LOCKED, ABORT),
	E(STACK_GREW, ABORT),
	E(OUT_OF_BOUNDS, ABORT),
	DONE(PERMISSION, SUCCESS),
	DONE(PKEY, SUCCESS),
	L(NO_MAP_PAGES, AGAIN),
	L(ANON_TRYLOCK, AGAIN),
	L(RETRY, AGAIN),
	LAST
};

static const struct check vmalock_native[] = {
	SKIP(KERNEL_ADDRESS),
	E(NO_VMA, ABORT),
	E(BAD_AREA, ABORT),
	E(ABORT_NATIVE, ABORT),
	DONE(PERMISSION, SUCCESS),
	DONE(PKEY, SUCCESS),
	L(RETRY_NATIVE, AGAIN),
	LAST
};

static const struct design designs[] = {
	[SPF_DESIGN_SEQCOUNT] = {
		"seqcount", "seqcount", "shadow",
		{ v12_first, seq_odd, v12_state, seq_moved }
	},
	[SPF_DESIGN_BOUNDS] = {
		"bounds", "bounds", "shadow",
		{ v12_first, odd_matters, v12_state, moved_matters }
	},
	[SPF_DESIGN_FLAGCOUNT_MIN] = {
		"flagcount_min", "flagcount_min", "shadow",
		{ v12_first, v12_state, flags_differ }
	},
	[SPF_DESIGN_FLAGCOUNT_SITES] = {
		"flagcount_sites", "flagcount_sites", "shadow",
		{ v12_first, v12_state, flags_differ, count_differs }
	},
	[SPF_DESIGN_MMSEQ_NATIVE] = {
		"mmseq", "mmseq", "native",
		{ mmseq_first_native, mmseq_state, mm_moved_native }
	},
	[SPF_DESIGN_MMSEQ] = {
		"mmseq_emulated", "mmseq", "emulated",
		{ mmseq_first, mmseq_state, mm_moved }
	},
	[SPF_DESIGN_VMALOCK_NATIVE] = {
		"vmalock", "vmalock", "native", { vmalock_native }
	},
	[SPF_DESIGN_VMALOCK] = {
		"vmalock_emulated", "vmalock", "emulated", { vmalock }
	},
};

const struct design *design_of(unsigned int design)
{
	return &designs[design];
}

const struct check *nth_check(unsigned int design, unsigned int n)
{
	const struct check * const *list = designs[design].checks, *check;

	for (; list < designs[design].checks + 4 && *list; list++)
		for (check = *list; check->reason; check++)
			if (!n--)
				return check;
	return NULL;
}

const struct check *check_of(unsigned int design, unsigned int reason)
{
	const struct check *check;
	unsigned int i;

	for (i = 0; (check = nth_check(design, i)); i++)
		if (check->reason == reason)
			return check;
	return NULL;
}

enum spf_verdict design_verdict(unsigned int design, unsigned int reason)
{
	const struct check *check = check_of(design, reason);

	return check ? check->verdict : SPF_VERDICT_COMPLETED;
}

enum spf_reason design_reason(unsigned int design, __u64 facts)
{
	const struct check *check;
	unsigned int i;

	for (i = 0; (check = nth_check(design, i)); i++)
		if (facts & 1ULL << check->reason)
			return check->reason;
	return SPF_REASON_COMPLETED;
}

__u64 design_reasons(unsigned int design, __u64 facts, __u64 doubtful)
{
	enum spf_reason reason;
	__u64 reasons = 0, bit;

	do {
		reason = design_reason(design, facts);
		bit = 1ULL << reason;
		reasons |= bit;
		facts &= ~bit;
	} while (bit & doubtful);
	return reasons;
}

__u64 reasons_with(unsigned int design, __u64 reasons, bool completed)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_REASONS; i++)
		if ((design_verdict(design, i) == SPF_VERDICT_COMPLETED) !=
		    completed)
			reasons &= ~(1ULL << i);
	return reasons;
}

#define KIND(id)	(1U << SPF_KIND_##id)

/* And nothing else; what mprotect does besides is asked for, too. */
#define PAGE_TABLES \
	(KIND(UNMAP) | KIND(UFFD_WP) | KIND(COLLAPSE) | KIND(MADV_FREE) | \
	 KIND(NUMA) | KIND(MREMAP) | KIND(PGTABLES) | KIND(FORK))

bool design_is_like_v12(unsigned int design)
{
	return design <= SPF_DESIGN_FLAGCOUNT_SITES;
}

bool kind_changes_page_tables(unsigned int kind)
{
	return (PAGE_TABLES | KIND(MPROTECT)) & 1U << kind;
}

enum spf_effect effect_of_kind(unsigned int kind, bool whole)
{
	if (PAGE_TABLES & 1U << kind)
		return SPF_EFFECT_OTHER;
	if (kind != SPF_KIND_MPROTECT)
		return SPF_EFFECT_UNKNOWN;
	return whole ? SPF_EFFECT_FLAGS : SPF_EFFECT_OTHER;
}

bool kind_moves_bounds(unsigned int kind)
{
	return (KIND(ADJUST) | KIND(EXPAND) | KIND(STACK)) & 1U << kind;
}

bool kind_marks(unsigned int kind)
{
	const unsigned int no = KIND(UNMAP) | KIND(UFFD_WP) |
		KIND(MADV_FREE) | KIND(NUMA);

	return !(no & 1U << kind);
}
