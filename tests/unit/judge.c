// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the judge.  The tables here are typed from the description of
 * v12's handler and not generated from the lists in reason.h: a row that moves
 * or changes there has to be changed here as well, on purpose.
 */
#include <string.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/judge.h>

#include "ktap.h"

struct row {
	const char *name;
	const char *verdict;
	const char *historic;
};

/* In the order of v12's handler: steps 1 to 15, docs/design.md. */
static const struct row order[] = {
	{ "single_user",	"skipped",	"none" },
	{ "pkey",		"skipped",	"none" },
	{ "no_vma",		"abort_entry",	"none" },
	{ "bad_area",		"abort_entry",	"none" },
	{ "vma_absent",		"abort_entry",	"none" },
	{ "seq_odd",		"abort_entry",	"spf_vma_changed" },
	{ "vm_ops_fault",	"abort_entry",	"spf_vma_notsup" },
	{ "no_anon_vma",	"abort_entry",	"spf_vma_notsup" },
	{ "uffd_missing",	"abort_entry",	"spf_vma_notsup" },
	{ "grows_down",		"abort_entry",	"spf_vma_notsup" },
	{ "grows_up",		"abort_entry",	"spf_vma_notsup" },
	{ "out_of_bounds",	"abort_entry",	"spf_vma_changed" },
	{ "permission",		"completed",	"spf_vma_access" },
	{ "interleave",		"abort_entry",	"spf_vma_notsup" },
	{ "pgd_none",		"abort_entry",	"spf_vma_notsup" },
	{ "p4d_none",		"abort_entry",	"spf_vma_notsup" },
	{ "pud_none",		"abort_entry",	"spf_vma_notsup" },
	{ "pud_huge",		"abort_entry",	"spf_vma_notsup" },
	{ "pmd_none",		"abort_entry",	"spf_vma_notsup" },
	{ "pmd_huge",		"abort_entry",	"spf_vma_notsup" },
	{ "pmd_devmap",		"abort_entry",	"spf_vma_notsup" },
	{ "pmd_migration",	"abort_entry",	"spf_vma_notsup" },
	{ "pte_none_ops",	"abort_entry",	"none" },
	{ "swap_miss",		"abort_entry",	"none" },
	{ "seq_moved",		"abort_late",	"spf_vma_changed" },
};

/* The same order by number; the names above are checked against it. */
static const u8 ids[] = {
	SPF_REASON_SINGLE_USER, SPF_REASON_PKEY, SPF_REASON_NO_VMA,
	SPF_REASON_BAD_AREA, SPF_REASON_VMA_ABSENT, SPF_REASON_SEQ_ODD,
	SPF_REASON_VM_OPS_FAULT, SPF_REASON_NO_ANON_VMA,
	SPF_REASON_UFFD_MISSING, SPF_REASON_GROWS_DOWN, SPF_REASON_GROWS_UP,
	SPF_REASON_OUT_OF_BOUNDS, SPF_REASON_PERMISSION, SPF_REASON_INTERLEAVE,
	SPF_REASON_PGD_NONE, SPF_REASON_P4D_NONE, SPF_REASON_PUD_NONE,
	SPF_REASON_PUD_HUGE, SPF_REASON_PMD_NONE, SPF_REASON_PMD_HUGE,
	SPF_REASON_PMD_DEVMAP, SPF_REASON_PMD_MIGRATION,
	SPF_REASON_PTE_NONE_OPS, SPF_REASON_SWAP_MISS, SPF_REASON_SEQ_MOVED,
};

#define NR	ARRAY_SIZE(order)

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

static void order_is_v12(void)
{
	unsigned int i;

	EXPECT_EQ(ARRAY_SIZE(ids), NR);
	EXPECT_EQ(SPF_NR_REASONS, NR + 1);
	EXPECT_EQ(spf_seqcount.nr, NR);
	EXPECT(spf_seqcount.order);
	EXPECT(is_word(spf_seqcount.name));
	if (ktap_failed)
		return;
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(spf_seqcount.order[i], ids[i]);
		EXPECT(same(spf_reason_names[ids[i]], order[i].name));
	}
}

static void order_is_complete(void)
{
	u64 have = 0;
	unsigned int i;

	/* Every reason but "completed", once. */
	for (i = 0; i < spf_seqcount.nr; i++) {
		EXPECT(!(have & bit(spf_seqcount.order[i])));
		have |= bit(spf_seqcount.order[i]);
	}
	EXPECT_EQ(have, (bit(SPF_NR_REASONS) - 1) & ~SPF_BIT(COMPLETED));
}

static void nothing_fails(void)
{
	EXPECT_EQ(spf_judge(&spf_seqcount, 0), SPF_REASON_COMPLETED);
}

static void every_single(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		EXPECT_EQ(spf_judge(&spf_seqcount, bit(ids[i])), ids[i]);
}

static void every_pair(void)
{
	unsigned int i, j;

	for (i = 0; i < NR; i++)
		for (j = i + 1; j < NR; j++)
			EXPECT_EQ(spf_judge(&spf_seqcount,
					    bit(ids[i]) | bit(ids[j])),
				  ids[i]);
}

/* Bit n of @part stands for what is at place @from + n of the order. */
static u64 set_of(u32 part, unsigned int from)
{
	u64 fails = 0;

	for (; part; part &= part - 1)
		if (from + __builtin_ctz(part) < NR)
			fails |= bit(ids[from + __builtin_ctz(part)]);
	return fails;
}

#define PART	13

static void every_subset(void)
{
	static u64 low[1 << PART], high[1 << PART];
	u32 set;

	EXPECT(NR <= 2 * PART);	/* or there is a third part */
	for (set = 0; set < 1 << PART; set++) {
		low[set] = set_of(set, 0);
		high[set] = set_of(set, PART);
	}

	/*
	 * 2^25 of them: all there is, for sets over the order.  The expected
	 * answer is the lowest position, whatever the numbers of the reasons.
	 */
	for (set = 1; set < 1U << NR; set++) {
		u64 fails = low[set % (1 << PART)] | high[set >> PART];

		if (spf_judge(&spf_seqcount, fails) !=
		    ids[__builtin_ctz(set)]) {
			ktap_diag("wrong for %#llx", (unsigned long long)fails);
			ktap_failed = true;
			return;
		}
	}
}

static void other_bits_ignored(void)
{
	u64 others = ~0ULL;
	unsigned int i;

	/* "completed" is no check, and the rest are another version's. */
	for (i = 0; i < NR; i++)
		others &= ~bit(ids[i]);

	EXPECT_EQ(spf_judge(&spf_seqcount, others), SPF_REASON_COMPLETED);
	EXPECT_EQ(spf_judge(&spf_seqcount, SPF_BIT(COMPLETED)),
		  SPF_REASON_COMPLETED);
	for (i = 0; i < NR; i++)
		EXPECT_EQ(spf_judge(&spf_seqcount, others | bit(ids[i])),
			  ids[i]);
}

static void other_designs(void)
{
	static const u8 wide[] = { 63, 32, 40, 31 };
	const struct spf_design high = { "high", wide, ARRAY_SIZE(wide) };
	u8 rev[NR];
	const struct spf_design reversed = { "reversed", rev, NR };
	const struct spf_design part = { "part", rev, 3 };
	const struct spf_design none = { "none", rev, 0 };
	unsigned int i, j;

	for (i = 0; i < NR; i++)
		rev[i] = ids[NR - 1 - i];

	for (i = 0; i < NR; i++)
		for (j = i; j < NR; j++)
			EXPECT_EQ(spf_judge(&reversed,
					    bit(ids[i]) | bit(ids[j])),
				  ids[j]);

	/* What a design does not check is not its business. */
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(spf_judge(&none, bit(rev[i])), SPF_REASON_COMPLETED);
		EXPECT_EQ(spf_judge(&part, bit(rev[i])),
			  i < 3 ? rev[i] : SPF_REASON_COMPLETED);
	}
	EXPECT_EQ(spf_judge(&none, ~0ULL), SPF_REASON_COMPLETED);
	EXPECT_EQ(spf_judge(&part, ~0ULL), rev[0]);

	/* The set has 64 bits and not 32. */
	EXPECT_EQ(spf_judge(&high, ~0ULL), 63);
	EXPECT_EQ(spf_judge(&high, bit(32) | bit(40)), 32);
	EXPECT_EQ(spf_judge(&high, bit(40) | bit(31)), 40);
	EXPECT_EQ(spf_judge(&high, bit(0) | bit(8)), SPF_REASON_COMPLETED);
}

static void verdicts(void)
{
	unsigned int i;

	EXPECT_EQ(SPF_NR_VERDICTS, 4);
	EXPECT(same(spf_verdict_names[SPF_VERDICT_COMPLETED], "completed"));
	EXPECT(same(spf_verdict_names[SPF_VERDICT_SKIPPED], "skipped"));
	EXPECT(same(spf_verdict_names[SPF_VERDICT_ABORT_ENTRY], "abort_entry"));
	EXPECT(same(spf_verdict_names[SPF_VERDICT_ABORT_LATE], "abort_late"));
	EXPECT(all_words_unique(spf_verdict_names, SPF_NR_VERDICTS));

	EXPECT_EQ(spf_verdict_of(SPF_REASON_COMPLETED), SPF_VERDICT_COMPLETED);
	for (i = 0; i < NR; i++) {
		enum spf_verdict v = spf_verdict_of(ids[i]);

		EXPECT(v < SPF_NR_VERDICTS);
		if (v < SPF_NR_VERDICTS)
			EXPECT(same(spf_verdict_names[v], order[i].verdict));
	}
}

static void names(void)
{
	unsigned int i;

	EXPECT(same(spf_reason_names[SPF_REASON_COMPLETED], "completed"));
	EXPECT(all_words_unique(spf_reason_names, SPF_NR_REASONS));
	for (i = 0; i < NR; i++)
		EXPECT(same(spf_reason_names[ids[i]], order[i].name));
}

static void historic_names(void)
{
	unsigned int i;

	EXPECT(same(spf_reason_historic[SPF_REASON_COMPLETED], "none"));
	for (i = 0; i < SPF_NR_REASONS; i++)
		EXPECT(is_word(spf_reason_historic[i]));
	for (i = 0; i < NR; i++)
		EXPECT(same(spf_reason_historic[ids[i]], order[i].historic));
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
	KTAP_CASE(order_is_v12),
	KTAP_CASE(order_is_complete),
	KTAP_CASE(nothing_fails),
	KTAP_CASE(every_single),
	KTAP_CASE(every_pair),
	KTAP_CASE(every_subset),
	KTAP_CASE(other_bits_ignored),
	KTAP_CASE(other_designs),
	KTAP_CASE(verdicts),
	KTAP_CASE(names),
	KTAP_CASE(historic_names),
	KTAP_CASE(kind_names),
	KTAP_CASE(pte_names),
	KTAP_CASE(lock_names),
	KTAP_CASE(scope_names),
	KTAP_CASE(mode_names),
	KTAP_CASE(field_names),
};

int main(void)
{
	return ktap_run(cases, ARRAY_SIZE(cases));
}
