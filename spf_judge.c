// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2a, the judge: the published designs as data.
 *
 * Compiled in the module and, unchanged, in tests/unit.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>

#include <spf/judge.h>

#define NAME_OF_VERDICT(id, name) \
	[SPF_VERDICT_##id] = name,
#define NAME_OF_REASON(id, name, verdict, historic) \
	[SPF_REASON_##id] = name,
#define HISTORIC_OF_REASON(id, name, verdict, historic) \
	[SPF_REASON_##id] = historic,
#define VERDICT_OF_REASON(id, name, verdict, historic) \
	[SPF_REASON_##id] = SPF_VERDICT_##verdict,
#define NAME_OF_KIND(id, name) \
	[SPF_KIND_##id] = name,

const char * const spf_verdict_names[SPF_NR_VERDICTS] = {
	SPF_VERDICTS(NAME_OF_VERDICT)
};

const char * const spf_reason_names[SPF_NR_REASONS] = {
	SPF_REASONS(NAME_OF_REASON)
};

const char * const spf_reason_historic[SPF_NR_REASONS] = {
	SPF_REASONS(HISTORIC_OF_REASON)
};

const char * const spf_kind_names[SPF_NR_KINDS] = {
	SPF_KINDS(NAME_OF_KIND)
};

const u8 spf_reason_verdicts[SPF_NR_REASONS] = {
	SPF_REASONS(VERDICT_OF_REASON)
};

/*
 * Steps 1 to 15 of the v12 handler.  bad_area stands at step 2 although it
 * also holds steps 9 and 10: such a fault never reaches handle_mm_fault, so
 * that no later check can be evaluated for it.  swap_miss and pte_none_ops
 * (step 15) stand before seq_moved, the check at the page table lock, because
 * the real handler would have given up before it got there.
 */
static const u8 seqcount_order[] = {
	SPF_REASON_SINGLE_USER,		/* 1 */
	SPF_REASON_BAD_AREA,		/* 2, 9, 10 */
	SPF_REASON_VMA_ABSENT,		/* 2 */
	SPF_REASON_SEQ_ODD,		/* 3 */
	SPF_REASON_VM_OPS_FAULT,	/* 4 */
	SPF_REASON_NO_ANON_VMA,		/* 5 */
	SPF_REASON_UFFD_MISSING,	/* 6 */
	SPF_REASON_GROWS,		/* 7 */
	SPF_REASON_INTERLEAVE,		/* 11 */
	SPF_REASON_PGD_NONE,		/* 12 */
	SPF_REASON_P4D_NONE,
	SPF_REASON_PUD_NONE,
	SPF_REASON_PUD_HUGE,
	SPF_REASON_PMD_NONE,		/* 13 */
	SPF_REASON_PMD_HUGE,
	SPF_REASON_PMD_SWAP,
	SPF_REASON_PTE_NONE_OPS,	/* 15 */
	SPF_REASON_SWAP_MISS,
	SPF_REASON_SEQ_MOVED,		/* 14, and at the page table lock */
};

const struct spf_design spf_seqcount = {
	.name = "seqcount",
	.order = seqcount_order,
	.nr = ARRAY_SIZE(seqcount_order),
};

enum spf_reason spf_first_failing(const struct spf_design *design, u64 fails)
{
	u32 i;

	for (i = 0; i < design->nr; i++)
		if (fails & (1ULL << design->order[i]))
			return design->order[i];
	return SPF_REASON_COMPLETED;
}

NOKPROBE_SYMBOL(spf_first_failing);
