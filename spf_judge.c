// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2a, the judge: the published designs as data.
 *
 * Compiled in the module and, unchanged, in tests/unit.  docs/designs.md says
 * where each row comes from.
 */
#include <linux/bits.h>
#include <linux/kernel.h>

#include <spf/judge.h>

#define NAME_OF_DESIGN(id, name) \
	[SPF_DESIGN_##id] = name,
#define NAME_OF_VERDICT(id, name) \
	[SPF_VERDICT_##id] = name,
#define NAME_OF_REASON(id, name) \
	[SPF_REASON_##id] = name,
#define NAME_OF_KIND(id, name) \
	[SPF_KIND_##id] = name,
#define NAME_OF_CALL(id, name) \
	[SPF_CALL_##id] = name,
#define NAME_OF_PTE(id, name) \
	[SPF_PTE_##id] = name,
#define NAME_OF_LOCK(id, name) \
	[SPF_LOCK_##id] = name,
#define NAME_OF_SCOPE(id, name) \
	[SPF_SCOPE_##id] = name,
#define NAME_OF_MODE(id, name) \
	[SPF_MODE_##id] = name,
#define NAME_OF_FIELD(id, field) \
	[SPF_FIELD_##id] = #field,

const char * const spf_design_names[SPF_NR_DESIGNS] = {
	SPF_DESIGNS(NAME_OF_DESIGN)
};

const char * const spf_verdict_names[SPF_NR_VERDICTS] = {
	SPF_VERDICTS(NAME_OF_VERDICT)
};

const char * const spf_reason_names[SPF_NR_REASONS] = {
	SPF_REASONS(NAME_OF_REASON)
};

const char * const spf_kind_names[SPF_NR_KINDS] = {
	SPF_KINDS(NAME_OF_KIND)
};

const char * const spf_call_names[SPF_NR_CALLS] = {
	SPF_CALLS(NAME_OF_CALL)
};

const char * const spf_pte_names[SPF_NR_PTES] = {
	SPF_PTES(NAME_OF_PTE)
};

const char * const spf_lock_names[SPF_NR_LOCKS] = {
	SPF_LOCKS(NAME_OF_LOCK)
};

const char * const spf_scope_names[SPF_NR_SCOPES] = {
	SPF_SCOPES(NAME_OF_SCOPE)
};

const char * const spf_mode_names[SPF_NR_MODES] = {
	SPF_MODES(NAME_OF_MODE)
};

const char * const spf_field_names[SPF_NR_FIELDS] = {
	SPF_FIELDS(NAME_OF_FIELD)
};

/* --- the names that the designs' own statistics had --- */

#define PUD_CHECKS \
	(SPF_BIT(PGD_NONE) | SPF_BIT(P4D_NONE) | SPF_BIT(PUD_NONE) | \
	 SPF_BIT(PUD_HUGE))
#define PMD_CHECKS \
	(SPF_BIT(PMD_NONE) | SPF_BIT(PMD_HUGE) | SPF_BIT(PMD_DEVMAP) | \
	 SPF_BIT(PMD_MIGRATION))

/* Tracepoints, v12 patch 24. */
static const struct spf_historic v12_names[] = {
	{ SPF_BIT(SEQ_ODD) | SPF_BIT(ODD_MATTERS) | SPF_BIT(OUT_OF_BOUNDS) |
	  SPF_BIT(SEQ_MOVED) | SPF_BIT(MOVED_MATTERS), "spf_vma_changed" },
	{ SPF_BIT(PERMISSION), "spf_vma_access" },
	{ SPF_BIT(VM_OPS_FAULT) | SPF_BIT(NO_ANON_VMA) |
	  SPF_BIT(UFFD_MISSING) | SPF_BIT(GROWS_DOWN) | SPF_BIT(GROWS_UP) |
	  SPF_BIT(INTERLEAVE) | PUD_CHECKS | PMD_CHECKS, "spf_vma_notsup" },
	{ }
};

/* vmstat, v2 patch 30. */
static const struct spf_historic mmseq_names[] = {
	{ SPF_BIT(MM_ODD) | SPF_BIT(MM_ODD_NATIVE), "SPF_ABORT_ODD" },
	{ SPF_BIT(NO_VMA) | SPF_BIT(BAD_AREA) | SPF_BIT(VMA_ABSENT) |
	  SPF_BIT(STACK_GREW) | SPF_BIT(OUT_OF_BOUNDS), "SPF_ABORT_UNMAPPED" },
	{ SPF_BIT(NOT_ANON), "SPF_ABORT_NO_SPECULATE" },
	{ SPF_BIT(PERMISSION) | SPF_BIT(PKEY), "SPF_ABORT_ACCESS_ERROR" },
	{ PUD_CHECKS, "SPF_ABORT_PUD" },
	{ PMD_CHECKS, "SPF_ABORT_PMD" },
	{ SPF_BIT(ANON_VMA_NEEDED), "SPF_ABORT_ANON_VMA" },
	{ SPF_BIT(UFFD_CALL), "SPF_ABORT_USERFAULTFD" },
	{ SPF_BIT(SWAP_PTE), "SPF_ABORT_SWAP" },
	/* One of three, by how far the attempt had got. */
	{ SPF_BIT(MM_MOVED) | SPF_BIT(MM_MOVED_NATIVE),
	  "SPF_ABORT_VMA_COPY|SPF_ABORT_PTE_MAP_LOCK_SEQ1|SPF_ABORT_PTE_MAP_LOCK_SEQ2" },
	{ }
};

/* vmstat, where the kernel is configured to count them. */
static const struct spf_historic vmalock_names[] = {
	{ SPF_BIT(KERNEL_ADDRESS), "none" },
	{ SPF_BIT(COMPLETED) | SPF_BIT(PERMISSION) | SPF_BIT(PKEY),
	  "VMA_LOCK_SUCCESS" },
	{ SPF_BIT(NO_MAP_PAGES) | SPF_BIT(ANON_TRYLOCK) | SPF_BIT(RETRY) |
	  SPF_BIT(RETRY_NATIVE), "VMA_LOCK_RETRY" },
	{ ~0ULL, "VMA_LOCK_ABORT" },
	{ }
};

const char *spf_historic_of(const struct spf_design *design,
			    enum spf_reason reason)
{
	const struct spf_historic *h;

	for (h = design->historic; h->name; h++)
		if (h->reasons & (1ULL << reason))
			return h->name;
	return "none";
}

/* --- the designs --- */

/*
 * Steps 1 to 15 of the v12 handler (patch 24/31), but for its counter.  Of a
 * fault that never reaches handle_mm_fault no other check is known.
 */
#define EVERY_SKIPS	SPF_BIT(KERNEL_ADDRESS)
#define V12_SKIPS	(EVERY_SKIPS | SPF_BIT(SINGLE_USER) | SPF_BIT(PKEY))
#define V12_ENTRY \
	(SPF_BIT(NO_VMA) | SPF_BIT(BAD_AREA) | SPF_BIT(VMA_ABSENT) | \
	 SPF_BIT(VM_OPS_FAULT) | SPF_BIT(NO_ANON_VMA) | \
	 SPF_BIT(UFFD_MISSING) | SPF_BIT(GROWS_DOWN) | SPF_BIT(GROWS_UP) | \
	 SPF_BIT(OUT_OF_BOUNDS) | SPF_BIT(INTERLEAVE) | PUD_CHECKS | \
	 PMD_CHECKS | SPF_BIT(PTE_NONE_OPS) | SPF_BIT(SWAP_MISS))

#define V12_MAYBE	(SPF_MAYBE_SECTION | SPF_MAYBE_UNTOLD)
#define LIKE_V12_MAYBE	(V12_MAYBE | SPF_MAYBE_QUEUED | SPF_MAYBE_EFFECT)

/* Kinds that move a counter, docs/hooks.md, and those of them that mark a VMA. */
#define COUNTED_KINDS \
	((BIT(SPF_NR_KINDS) - 1) & \
	 ~(BIT(SPF_KIND_REMOVE) | BIT(SPF_KIND_REBIND)))
#define MARKING_KINDS \
	(COUNTED_KINDS & \
	 ~(BIT(SPF_KIND_UNMAP) | BIT(SPF_KIND_UFFD_WP) | \
	   BIT(SPF_KIND_MADV_FREE) | BIT(SPF_KIND_NUMA)))

#define MMSEQ_ENTRY \
	(SPF_BIT(NO_VMA) | SPF_BIT(BAD_AREA) | SPF_BIT(VMA_ABSENT) | \
	 SPF_BIT(STACK_GREW) | SPF_BIT(OUT_OF_BOUNDS) | SPF_BIT(NOT_ANON) | \
	 SPF_BIT(PERMISSION) | SPF_BIT(PKEY) | PUD_CHECKS | PMD_CHECKS | \
	 SPF_BIT(ANON_VMA_NEEDED) | SPF_BIT(UFFD_CALL) | SPF_BIT(SWAP_PTE))

#define VMALOCK_FINAL	(SPF_BIT(PERMISSION) | SPF_BIT(PKEY))

const struct spf_design spf_designs[SPF_NR_DESIGNS] = {
	[SPF_DESIGN_SEQCOUNT] = {
		.source = SPF_SOURCE_SHADOW,
		.skips = V12_SKIPS,
		.entry = V12_ENTRY | SPF_BIT(SEQ_ODD),
		.late = SPF_BIT(SEQ_MOVED),
		.final = SPF_BIT(PERMISSION),
		.maybe = V12_MAYBE,
		.kinds = COUNTED_KINDS,
		.historic = v12_names,
	},
	[SPF_DESIGN_BOUNDS] = {
		.source = SPF_SOURCE_SHADOW,
		.skips = V12_SKIPS,
		.entry = V12_ENTRY | SPF_BIT(ODD_MATTERS),
		.late = SPF_BIT(MOVED_MATTERS),
		.final = SPF_BIT(PERMISSION),
		.maybe = LIKE_V12_MAYBE,
		.kinds = COUNTED_KINDS,
		.historic = v12_names,
	},
	/* The VMA that is removed is one that no fault gets to see. */
	[SPF_DESIGN_FLAGCOUNT_MIN] = {
		.source = SPF_SOURCE_SHADOW,
		.skips = V12_SKIPS,
		.entry = V12_ENTRY,
		.late = SPF_BIT(FLAGS_DIFFER),
		.final = SPF_BIT(PERMISSION),
		.unsafe = SPF_BIT(UNSAFE),
		.maybe = LIKE_V12_MAYBE,
		.kinds = COUNTED_KINDS,
		.historic = v12_names,
	},
	[SPF_DESIGN_FLAGCOUNT_SITES] = {
		.source = SPF_SOURCE_SHADOW,
		.skips = V12_SKIPS,
		.entry = V12_ENTRY,
		.late = SPF_BIT(FLAGS_DIFFER) | SPF_BIT(COUNT_DIFFERS),
		.final = SPF_BIT(PERMISSION),
		.unsafe = SPF_BIT(UNSAFE),
		.maybe = LIKE_V12_MAYBE,
		.kinds = COUNTED_KINDS,
		.historic = v12_names,
	},
	[SPF_DESIGN_MMSEQ_NATIVE] = {
		.source = SPF_SOURCE_NATIVE,
		.skips = EVERY_SKIPS | SPF_BIT(SINGLE_USER),
		.entry = MMSEQ_ENTRY | SPF_BIT(MM_ODD_NATIVE),
		.late = SPF_BIT(MM_MOVED_NATIVE),
		.maybe = SPF_MAYBE_MM_NATIVE,
		.kinds = BIT(SPF_KIND_STACK),
		.historic = mmseq_names,
	},
	[SPF_DESIGN_MMSEQ] = {
		.source = SPF_SOURCE_EMULATED,
		.skips = EVERY_SKIPS | SPF_BIT(SINGLE_USER),
		.entry = MMSEQ_ENTRY | SPF_BIT(MM_ODD),
		.late = SPF_BIT(MM_MOVED),
		.maybe = SPF_MAYBE_MM,
		.kinds = BIT(SPF_KIND_STACK),
		.historic = mmseq_names,
	},
	[SPF_DESIGN_VMALOCK_NATIVE] = {
		.source = SPF_SOURCE_NATIVE,
		.skips = EVERY_SKIPS,
		.entry = SPF_BIT(NO_VMA) | SPF_BIT(BAD_AREA) |
			 SPF_BIT(ABORT_NATIVE),
		.late = SPF_BIT(RETRY_NATIVE),
		.final = VMALOCK_FINAL,
		.maybe = SPF_MAYBE_LOCKED_NATIVE,
		.historic = vmalock_names,
	},
	[SPF_DESIGN_VMALOCK] = {
		.source = SPF_SOURCE_EMULATED,
		.skips = EVERY_SKIPS,
		.entry = SPF_BIT(NO_VMA) | SPF_BIT(BAD_AREA) |
			 SPF_BIT(VMA_ABSENT) | SPF_BIT(WRITE_LOCKED) |
			 SPF_BIT(STACK_GREW) | SPF_BIT(OUT_OF_BOUNDS),
		.late = SPF_BIT(NO_MAP_PAGES) | SPF_BIT(ANON_TRYLOCK) |
			SPF_BIT(RETRY),
		.final = VMALOCK_FINAL,
		.maybe = SPF_MAYBE_LOCKED | SPF_MAYBE_LOCKED_NATIVE,
		.kinds = MARKING_KINDS,
		.historic = vmalock_names,
	},
};
