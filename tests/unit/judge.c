// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the judge.  The tables here are typed from docs/designs.md and
 * not generated from the lists in reason.h: a row that moves or changes there
 * has to be changed here as well, on purpose.
 */
#include <string.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/judge.h>

#include "ktap.h"

struct row {
	u8 id;
	const char *name;
	const char *verdict;
	const char *historic;
};

#define R(id, ...)	{ SPF_REASON_##id, __VA_ARGS__ }

/* --- "Checks in order"; where the document says "same", so does this --- */

static const struct row v12_first[] = {
	R(KERNEL_ADDRESS, "kernel_address", "skipped",	"none"),
	R(SINGLE_USER,	"single_user",	"skipped",	"none"),
	R(PKEY,		"pkey",		"skipped",	"none"),
	R(NO_VMA,	"no_vma",	"abort_entry",	"none"),
	R(BAD_AREA,	"bad_area",	"abort_entry",	"none"),
	R(VMA_ABSENT,	"vma_absent",	"abort_entry",	"none"),
	{ }
};

/* In the order of v12's handler: steps 4 to 15, docs/design.md. */
static const struct row v12_steps[] = {
	R(VM_OPS_FAULT,	"vm_ops_fault",	"abort_entry",	"spf_vma_notsup"),
	R(NO_ANON_VMA,	"no_anon_vma",	"abort_entry",	"spf_vma_notsup"),
	R(UFFD_MISSING,	"uffd_missing",	"abort_entry",	"spf_vma_notsup"),
	R(GROWS_DOWN,	"grows_down",	"abort_entry",	"spf_vma_notsup"),
	R(GROWS_UP,	"grows_up",	"abort_entry",	"spf_vma_notsup"),
	R(OUT_OF_BOUNDS, "out_of_bounds", "abort_entry", "spf_vma_changed"),
	R(PERMISSION,	"permission",	"completed",	"spf_vma_access"),
	R(INTERLEAVE,	"interleave",	"abort_entry",	"spf_vma_notsup"),
	R(PGD_NONE,	"pgd_none",	"abort_entry",	"spf_vma_notsup"),
	R(P4D_NONE,	"p4d_none",	"abort_entry",	"spf_vma_notsup"),
	R(PUD_NONE,	"pud_none",	"abort_entry",	"spf_vma_notsup"),
	R(PUD_HUGE,	"pud_huge",	"abort_entry",	"spf_vma_notsup"),
	R(PMD_NONE,	"pmd_none",	"abort_entry",	"spf_vma_notsup"),
	R(PMD_HUGE,	"pmd_huge",	"abort_entry",	"spf_vma_notsup"),
	R(PMD_DEVMAP,	"pmd_devmap",	"abort_entry",	"spf_vma_notsup"),
	R(PMD_MIGRATION, "pmd_migration", "abort_entry", "spf_vma_notsup"),
	R(PTE_NONE_OPS,	"pte_none_ops",	"abort_entry",	"none"),
	R(SWAP_MISS,	"swap_miss",	"abort_entry",	"none"),
	{ }
};

static const struct row seqcount_first[] = {
	R(SEQ_ODD,	"seq_odd",	"abort_entry",	"spf_vma_changed"),
	{ }
};

static const struct row seqcount_last[] = {
	R(SEQ_MOVED,	"seq_moved",	"abort_late",	"spf_vma_changed"),
	{ }
};

static const struct row bounds_first[] = {
	R(ODD_MATTERS,	"odd_matters",	"abort_entry",	"spf_vma_changed"),
	{ }
};

static const struct row bounds_last[] = {
	R(MOVED_MATTERS, "moved_matters", "abort_late",	"spf_vma_changed"),
	{ }
};

/* The patch has no statistics that know of flags or of this counter. */
static const struct row flagcount_last[] = {
	R(FLAGS_DIFFER,	"flags_differ",	"abort_late",	"none"),
	{ }
};

static const struct row sites_last[] = {
	R(COUNT_DIFFERS, "count_differs", "abort_late",	"none"),
	{ }
};

static const struct row mmseq_steps[] = {
	R(NO_VMA,	"no_vma",	"abort_entry",	"SPF_ABORT_UNMAPPED"),
	R(BAD_AREA,	"bad_area",	"abort_entry",	"SPF_ABORT_UNMAPPED"),
	R(VMA_ABSENT,	"vma_absent",	"abort_entry",	"SPF_ABORT_UNMAPPED"),
	R(STACK_GREW,	"stack_grew",	"abort_entry",	"SPF_ABORT_UNMAPPED"),
	R(OUT_OF_BOUNDS, "out_of_bounds", "abort_entry", "SPF_ABORT_UNMAPPED"),
	R(NOT_ANON,	"not_anon",	"abort_entry",	"SPF_ABORT_NO_SPECULATE"),
	R(PERMISSION,	"permission",	"abort_entry",	"SPF_ABORT_ACCESS_ERROR"),
	R(PKEY,		"pkey",		"abort_entry",	"SPF_ABORT_ACCESS_ERROR"),
	R(PGD_NONE,	"pgd_none",	"abort_entry",	"SPF_ABORT_PUD"),
	R(P4D_NONE,	"p4d_none",	"abort_entry",	"SPF_ABORT_PUD"),
	R(PUD_NONE,	"pud_none",	"abort_entry",	"SPF_ABORT_PUD"),
	R(PUD_HUGE,	"pud_huge",	"abort_entry",	"SPF_ABORT_PUD"),
	R(PMD_NONE,	"pmd_none",	"abort_entry",	"SPF_ABORT_PMD"),
	R(PMD_HUGE,	"pmd_huge",	"abort_entry",	"SPF_ABORT_PMD"),
	R(PMD_DEVMAP,	"pmd_devmap",	"abort_entry",	"SPF_ABORT_PMD"),
	R(PMD_MIGRATION, "pmd_migration", "abort_entry", "SPF_ABORT_PMD"),
	R(ANON_VMA_NEEDED, "anon_vma_needed", "abort_entry", "SPF_ABORT_ANON_VMA"),
	R(UFFD_CALL,	"uffd_call",	"abort_entry",	"SPF_ABORT_USERFAULTFD"),
	R(SWAP_PTE,	"swap_pte",	"abort_entry",	"SPF_ABORT_SWAP"),
	{ }
};

#define MMSEQ_MOVED \
	"SPF_ABORT_VMA_COPY|SPF_ABORT_PTE_MAP_LOCK_SEQ1|SPF_ABORT_PTE_MAP_LOCK_SEQ2"

static const struct row mmseq_native_first[] = {
	R(KERNEL_ADDRESS, "kernel_address", "skipped",	"none"),
	R(SINGLE_USER,	"single_user",	"skipped",	"none"),
	R(MM_ODD_NATIVE, "mm_odd",	"abort_entry",	"SPF_ABORT_ODD"),
	{ }
};

static const struct row mmseq_native_last[] = {
	R(MM_MOVED_NATIVE, "mm_moved",	"abort_late",	MMSEQ_MOVED),
	{ }
};

static const struct row mmseq_first[] = {
	R(KERNEL_ADDRESS, "kernel_address", "skipped",	"none"),
	R(SINGLE_USER,	"single_user",	"skipped",	"none"),
	R(MM_ODD,	"mm_odd",	"abort_entry",	"SPF_ABORT_ODD"),
	{ }
};

static const struct row mmseq_last[] = {
	R(MM_MOVED,	"mm_moved",	"abort_late",	MMSEQ_MOVED),
	{ }
};

static const struct row vmalock_native[] = {
	R(KERNEL_ADDRESS, "kernel_address", "skipped",	"none"),
	R(NO_VMA,	"no_vma",	"abort_entry",	"VMA_LOCK_ABORT"),
	R(BAD_AREA,	"bad_area",	"abort_entry",	"VMA_LOCK_ABORT"),
	R(ABORT_NATIVE,	"abort",	"abort_entry",	"VMA_LOCK_ABORT"),
	R(PERMISSION,	"permission",	"completed",	"VMA_LOCK_SUCCESS"),
	R(PKEY,		"pkey",		"completed",	"VMA_LOCK_SUCCESS"),
	R(RETRY_NATIVE,	"retry",	"abort_late",	"VMA_LOCK_RETRY"),
	{ }
};

static const struct row vmalock[] = {
	R(KERNEL_ADDRESS, "kernel_address", "skipped",	"none"),
	R(NO_VMA,	"no_vma",	"abort_entry",	"VMA_LOCK_ABORT"),
	R(BAD_AREA,	"bad_area",	"abort_entry",	"VMA_LOCK_ABORT"),
	R(VMA_ABSENT,	"vma_absent",	"abort_entry",	"VMA_LOCK_ABORT"),
	R(WRITE_LOCKED,	"write_locked",	"abort_entry",	"VMA_LOCK_ABORT"),
	R(STACK_GREW,	"stack_grew",	"abort_entry",	"VMA_LOCK_ABORT"),
	R(OUT_OF_BOUNDS, "out_of_bounds", "abort_entry", "VMA_LOCK_ABORT"),
	R(PERMISSION,	"permission",	"completed",	"VMA_LOCK_SUCCESS"),
	R(PKEY,		"pkey",		"completed",	"VMA_LOCK_SUCCESS"),
	R(NO_MAP_PAGES,	"no_map_pages",	"abort_late",	"VMA_LOCK_RETRY"),
	R(ANON_TRYLOCK,	"anon_vma_trylock", "abort_late", "VMA_LOCK_RETRY"),
	R(RETRY,	"retry",	"abort_late",	"VMA_LOCK_RETRY"),
	{ }
};

/* --- "Possible" and "Unsafe commits" --- */

#define BY_V12		(SPF_MAYBE_SECTION | SPF_MAYBE_UNTOLD)
#define BY_EFFECT	(BY_V12 | SPF_MAYBE_QUEUED | SPF_MAYBE_EFFECT)

struct want {
	const char *name;
	enum spf_source source;
	const struct row *part[4];
	u32 maybe;
	u64 unsafe;
	/* All of its parts, one after the other. */
	struct row row[64];
	unsigned int nr;
};

static struct want wants[] = {
	[SPF_DESIGN_SEQCOUNT] = {
		"seqcount", SPF_SOURCE_SHADOW,
		{ v12_first, seqcount_first, v12_steps, seqcount_last },
		BY_V12, 0,
	},
	[SPF_DESIGN_BOUNDS] = {
		"bounds", SPF_SOURCE_SHADOW,
		{ v12_first, bounds_first, v12_steps, bounds_last },
		BY_EFFECT, 0,
	},
	[SPF_DESIGN_FLAGCOUNT_MIN] = {
		"flagcount_min", SPF_SOURCE_SHADOW,
		{ v12_first, v12_steps, flagcount_last },
		BY_EFFECT, SPF_BIT(UNSAFE),
	},
	[SPF_DESIGN_FLAGCOUNT_SITES] = {
		"flagcount_sites", SPF_SOURCE_SHADOW,
		{ v12_first, v12_steps, flagcount_last, sites_last },
		BY_EFFECT, SPF_BIT(UNSAFE),
	},
	[SPF_DESIGN_MMSEQ_NATIVE] = {
		"mmseq", SPF_SOURCE_NATIVE,
		{ mmseq_native_first, mmseq_steps, mmseq_native_last },
		SPF_MAYBE_MM_NATIVE, 0,
	},
	[SPF_DESIGN_MMSEQ] = {
		"mmseq_emulated", SPF_SOURCE_EMULATED,
		{ mmseq_first, mmseq_steps, mmseq_last },
		SPF_MAYBE_MM, 0,
	},
	[SPF_DESIGN_VMALOCK_NATIVE] = {
		"vmalock", SPF_SOURCE_NATIVE,
		{ vmalock_native },
		SPF_MAYBE_LOCKED_NATIVE, 0,
	},
	/* What the kernel's own lock cannot tell, the model cannot either. */
	[SPF_DESIGN_VMALOCK] = {
		"vmalock_emulated", SPF_SOURCE_EMULATED,
		{ vmalock },
		SPF_MAYBE_LOCKED | SPF_MAYBE_LOCKED_NATIVE, 0,
	},
};

static const char * const kinds[] = {
	"adjust", "expand", "unmap", "soft_dirty", "uffd", "uffd_wp",
	"collapse", "madvise", "madv_free", "rebind", "numa", "mbind", "mlock",
	"mmap", "stack", "mprotect", "mremap", "pgtables", "fork", "remove",
};

static const char * const ptes[] = {
	"unread", "none", "swap", "protnone", "present",
};

static const char * const locks[] = { "free", "readers", "queued", "writer" };

static const char * const scopes[] = { "none", "page", "vma", "mm" };

static const char * const modes[] = { "none", "read", "write" };

static const char * const fields[] = {
	"vm_start", "vm_end", "vm_pgoff", "vm_flags", "vm_page_prot",
	"vm_policy", "anon_vma",
};

static u64 bit(unsigned int n)
{
	return 1ULL << n;
}

/* A word of debugfs and of the trace events. */
static bool is_word(const char *s)
{
	return s && *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")];
}

static bool all_words_unique(const char * const *names, unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++) {
		if (!is_word(names[i]))
			return false;
		for (j = 0; j < i; j++)
			if (!strcmp(names[i], names[j]))
				return false;
	}
	return true;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static void every_design_is_here(void)
{
	unsigned int i;

	EXPECT_EQ(SPF_NR_DESIGNS, ARRAY_SIZE(wants));
	EXPECT_EQ(ARRAY_SIZE(spf_designs), ARRAY_SIZE(wants));
	EXPECT(all_words_unique(spf_design_names, SPF_NR_DESIGNS));
	for (i = 0; i < ARRAY_SIZE(wants); i++) {
		EXPECT(same(spf_design_names[i], wants[i].name));
		EXPECT_EQ(spf_designs[i].source, wants[i].source);
	}
}

static u64 checks_of(const struct want *w)
{
	u64 checks = 0;
	unsigned int i;

	for (i = 0; i < w->nr; i++)
		checks |= bit(w->row[i].id);
	return checks;
}

/*
 * The document names pkey with permission, and the list has it first.  It does
 * not matter: pkey never comes with what is asked of a VMA or a page table.
 */
static bool come_together(u8 a, u8 b)
{
	const u64 at_arrival = SPF_BIT(KERNEL_ADDRESS) | SPF_BIT(SINGLE_USER) |
			       SPF_BIT(MM_ODD) | SPF_BIT(MM_ODD_NATIVE);

	if (a != SPF_REASON_PKEY && b != SPF_REASON_PKEY)
		return true;
	return a == b || at_arrival & (bit(a) | bit(b));
}

static void checks_are_of_somebody(void)
{
	u64 checks = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wants); i++) {
		u64 own = checks_of(&wants[i]);
		const struct spf_design *d = &spf_designs[i];

		/* A check has one verdict. */
		EXPECT_EQ(__builtin_popcountll(own), wants[i].nr);
		EXPECT_EQ(d->skips ^ d->entry ^ d->late ^ d->final, own);
		EXPECT_EQ(d->skips | d->entry | d->late | d->final, own);
		checks |= own;
	}
	/* Every reason but "completed", and "unsafe", which stops nobody. */
	EXPECT_EQ(checks, (bit(SPF_NR_REASONS) - 1) & ~SPF_BIT(COMPLETED) &
			  ~SPF_BIT(UNSAFE));
}

/* One kernel alone had a name for those that complete. */
static bool counted(unsigned int design)
{
	return design == SPF_DESIGN_VMALOCK ||
	       design == SPF_DESIGN_VMALOCK_NATIVE;
}

static void nothing_fails(void)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_DESIGNS; i++) {
		const struct spf_design *d = &spf_designs[i];
		const char *historic = spf_historic_of(d, SPF_REASON_COMPLETED);

		EXPECT_EQ(spf_judge(d, 0), SPF_REASON_COMPLETED);
		EXPECT_EQ(spf_judge(d, SPF_BIT(COMPLETED)),
			  SPF_REASON_COMPLETED);
		EXPECT_EQ(spf_verdict_of(d, SPF_REASON_COMPLETED),
			  SPF_VERDICT_COMPLETED);
		EXPECT(same(historic, counted(i) ? "VMA_LOCK_SUCCESS" : "none"));
	}
}

static void single(const struct spf_design *d, const struct row *row)
{
	enum spf_reason reason = spf_judge(d, bit(row->id));
	enum spf_verdict verdict = spf_verdict_of(d, row->id);

	EXPECT_EQ(reason, row->id);
	EXPECT(same(spf_reason_names[row->id], row->name));
	EXPECT(verdict < SPF_NR_VERDICTS &&
	       same(spf_verdict_names[verdict], row->verdict));
	EXPECT(same(spf_historic_of(d, row->id), row->historic));
}

static void every_single(void)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(wants); i++)
		for (k = 0; k < wants[i].nr; k++) {
			single(&spf_designs[i], &wants[i].row[k]);
			if (!ktap_failed)
				continue;
			ktap_diag("%s: %s", wants[i].name, wants[i].row[k].name);
			return;
		}
}

static void every_pair(void)
{
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(wants); i++) {
		const struct row *row = wants[i].row;

		for (j = 0; j < wants[i].nr; j++)
			for (k = j + 1; k < wants[i].nr; k++)
				if (come_together(row[j].id, row[k].id))
					EXPECT_EQ(spf_judge(&spf_designs[i],
							    bit(row[j].id) |
							    bit(row[k].id)),
						  row[j].id);
	}
}

/* All that come after the first that fails, too. */
static void the_rest_as_well(void)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(wants); i++) {
		const struct row *row = wants[i].row;
		u64 fails = 0;

		for (k = wants[i].nr; k--; ) {
			fails |= bit(row[k].id);
			if (row[k].id == SPF_REASON_PKEY)
				fails &= ~bit(SPF_REASON_PKEY);
			else
				EXPECT_EQ(spf_judge(&spf_designs[i], fails),
					  row[k].id);
		}
	}
}

static void others_are_ignored(void)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(wants); i++) {
		const struct spf_design *d = &spf_designs[i];
		/* "completed", and those of a later version, are none at all. */
		u64 others = ~checks_of(&wants[i]);

		EXPECT_EQ(spf_judge(d, others), SPF_REASON_COMPLETED);
		for (k = 0; k < wants[i].nr; k++)
			EXPECT_EQ(spf_judge(d, others | bit(wants[i].row[k].id)),
				  wants[i].row[k].id);
	}
}

/* The set has 64 bits and not 32. */
static void sets_are_wide(void)
{
	static const struct spf_historic names_[] = {
		{ 1ULL << 63, "last" }, { 1ULL << 33 | 1ULL << 63, "more" }, { },
	};
	const struct spf_design d = {
		.skips = 1ULL << 33,
		.entry = 1ULL << 40,
		.late = 1ULL << 63,
		.historic = names_,
	};

	EXPECT_EQ(spf_judge(&d, ~0ULL), 33);
	EXPECT_EQ(spf_judge(&d, 1ULL << 63 | 1ULL << 40), 40);
	EXPECT_EQ(spf_judge(&d, 1ULL << 63), 63);
	EXPECT_EQ(spf_judge(&d, ~0U), SPF_REASON_COMPLETED);
	EXPECT_EQ(spf_verdict_of(&d, 33), SPF_VERDICT_SKIPPED);
	EXPECT_EQ(spf_verdict_of(&d, 40), SPF_VERDICT_ABORT_ENTRY);
	EXPECT_EQ(spf_verdict_of(&d, 63), SPF_VERDICT_ABORT_LATE);
	EXPECT_EQ(spf_verdict_of(&d, 1), SPF_VERDICT_COMPLETED);
	EXPECT(same(spf_historic_of(&d, 63), "last"));
	EXPECT(same(spf_historic_of(&d, 33), "more"));
	EXPECT(same(spf_historic_of(&d, 1), "none"));
}

static void verdicts(void)
{
	EXPECT_EQ(SPF_NR_VERDICTS, 4);
	EXPECT(same(spf_verdict_names[SPF_VERDICT_COMPLETED], "completed"));
	EXPECT(same(spf_verdict_names[SPF_VERDICT_SKIPPED], "skipped"));
	EXPECT(same(spf_verdict_names[SPF_VERDICT_ABORT_ENTRY], "abort_entry"));
	EXPECT(same(spf_verdict_names[SPF_VERDICT_ABORT_LATE], "abort_late"));
	EXPECT(all_words_unique(spf_verdict_names, SPF_NR_VERDICTS));
}

static void names(void)
{
	unsigned int i;

	EXPECT(same(spf_reason_names[SPF_REASON_COMPLETED], "completed"));
	EXPECT(same(spf_reason_names[SPF_REASON_UNSAFE], "unsafe"));
	for (i = 0; i < SPF_NR_REASONS; i++)
		EXPECT(is_word(spf_reason_names[i]));
	/* "Not told" is what a section says that says nothing. */
	EXPECT_EQ(SPF_EFFECT_UNKNOWN, 0);
	EXPECT_EQ(SPF_NR_EFFECTS, 4);
}

static void unsafe_commits(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wants); i++)
		EXPECT_EQ(spf_designs[i].unsafe, wants[i].unsafe);
}

static void maybe_is_typed(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wants); i++)
		EXPECT_EQ(spf_designs[i].maybe, wants[i].maybe);
}

static void possible_by_example(void)
{
	const struct spf_design *seq = &spf_designs[SPF_DESIGN_SEQCOUNT];
	const struct spf_design *min = &spf_designs[SPF_DESIGN_FLAGCOUNT_MIN];
	const struct spf_design *mm = &spf_designs[SPF_DESIGN_MMSEQ];

	EXPECT(!spf_is_possible(seq, 0));
	EXPECT(spf_is_possible(seq, SPF_MAYBE_SECTION));
	EXPECT(!spf_is_possible(seq, SPF_MAYBE_QUEUED));
	EXPECT(spf_is_possible(min, SPF_MAYBE_SECTION | SPF_MAYBE_QUEUED));
	EXPECT(spf_is_possible(min, SPF_MAYBE_UNTOLD));
	EXPECT(!spf_is_possible(mm, SPF_MAYBE_SECTION));
	EXPECT(!spf_is_possible(mm, ~(u32)SPF_MAYBE_MM));
	EXPECT(spf_is_possible(mm, ~0U));
}

/* One of the bits is enough, whatever the others are. */
static bool possible(const struct want *w, u32 maybe)
{
	unsigned int n;

	for (n = 0; n < 32; n++)
		if (maybe & w->maybe & 1U << n)
			return true;
	return false;
}

static void possible_in_all_cases(void)
{
	unsigned int i;
	u32 maybe;

	for (i = 0; i < ARRAY_SIZE(wants); i++)
		for (maybe = 0; maybe < 512; maybe++)
			EXPECT_EQ(spf_is_possible(&spf_designs[i], maybe),
				  possible(&wants[i], maybe));
}

static void list_is(const char * const *got, unsigned int nr,
		    const char * const *want, unsigned int nr_want)
{
	unsigned int i;

	EXPECT_EQ(nr, nr_want);
	EXPECT(all_words_unique(got, nr));
	for (i = 0; i < nr && i < nr_want; i++)
		EXPECT(same(got[i], want[i]));
}

static void kind_names(void)
{
	EXPECT_EQ(ARRAY_SIZE(spf_kind_names), SPF_NR_KINDS);
	list_is(spf_kind_names, SPF_NR_KINDS, kinds, ARRAY_SIZE(kinds));
}

static void pte_names(void)
{
	EXPECT_EQ(ARRAY_SIZE(spf_pte_names), SPF_NR_PTES);
	list_is(spf_pte_names, SPF_NR_PTES, ptes, ARRAY_SIZE(ptes));
	/* What was not looked at must not look like anything. */
	EXPECT_EQ(SPF_PTE_UNREAD, 0);
}

static void lock_names(void)
{
	EXPECT_EQ(ARRAY_SIZE(spf_lock_names), SPF_NR_LOCKS);
	list_is(spf_lock_names, SPF_NR_LOCKS, locks, ARRAY_SIZE(locks));
}

static void scope_names(void)
{
	EXPECT_EQ(ARRAY_SIZE(spf_scope_names), SPF_NR_SCOPES);
	list_is(spf_scope_names, SPF_NR_SCOPES, scopes, ARRAY_SIZE(scopes));
	EXPECT_EQ(SPF_SCOPE_NONE, 0);
}

static void mode_names(void)
{
	EXPECT_EQ(ARRAY_SIZE(spf_mode_names), SPF_NR_MODES);
	list_is(spf_mode_names, SPF_NR_MODES, modes, ARRAY_SIZE(modes));
	EXPECT_EQ(SPF_MODE_NONE, 0);
}

static void field_names(void)
{
	EXPECT_EQ(ARRAY_SIZE(spf_field_names), SPF_NR_FIELDS);
	list_is(spf_field_names, SPF_NR_FIELDS, fields, ARRAY_SIZE(fields));
}

static const struct ktap_case cases[] = {
	KTAP_CASE(every_design_is_here),
	KTAP_CASE(checks_are_of_somebody),
	KTAP_CASE(nothing_fails),
	KTAP_CASE(every_single),
	KTAP_CASE(every_pair),
	KTAP_CASE(the_rest_as_well),
	KTAP_CASE(others_are_ignored),
	KTAP_CASE(sets_are_wide),
	KTAP_CASE(verdicts),
	KTAP_CASE(names),
	KTAP_CASE(unsafe_commits),
	KTAP_CASE(maybe_is_typed),
	KTAP_CASE(possible_by_example),
	KTAP_CASE(possible_in_all_cases),
	KTAP_CASE(kind_names),
	KTAP_CASE(pte_names),
	KTAP_CASE(lock_names),
	KTAP_CASE(scope_names),
	KTAP_CASE(mode_names),
	KTAP_CASE(field_names),
};

static void put_together(struct want *w)
{
	const struct row *row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(w->part) && w->part[i]; i++)
		for (row = w->part[i]; row->name; row++)
			w->row[w->nr++] = *row;
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wants); i++)
		put_together(&wants[i]);
	return ktap_run(cases, ARRAY_SIZE(cases));
}
