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

const u8 spf_reason_verdicts[SPF_NR_REASONS] = {
	SPF_REASONS(VERDICT_OF_REASON)
};

/*
 * Steps 1 to 15 of the v12 handler.  Of a fault that never reaches
 * handle_mm_fault no other check is known.  swap_miss and pte_none_ops
 * (step 15) stand before seq_moved, the check at the page table lock, because
 * the real handler would have given up before it got there.
 */
static const u8 seqcount_order[] = {
	SPF_REASON_SINGLE_USER,		/* 1 */
	SPF_REASON_PKEY,		/* before the handler is called */
	SPF_REASON_NO_VMA,		/* 2, 8 */
	SPF_REASON_BAD_AREA,
	SPF_REASON_VMA_ABSENT,		/* 2 */
	SPF_REASON_SEQ_ODD,		/* 3 */
	SPF_REASON_VM_OPS_FAULT,	/* 4 */
	SPF_REASON_NO_ANON_VMA,		/* 5 */
	SPF_REASON_UFFD_MISSING,	/* 6 */
	SPF_REASON_GROWS_DOWN,		/* 7 */
	SPF_REASON_GROWS_UP,
	SPF_REASON_OUT_OF_BOUNDS,	/* 8 */
	SPF_REASON_PERMISSION,		/* 9, 10 */
	SPF_REASON_INTERLEAVE,		/* 11 */
	SPF_REASON_PGD_NONE,		/* 12 */
	SPF_REASON_P4D_NONE,
	SPF_REASON_PUD_NONE,
	SPF_REASON_PUD_HUGE,
	SPF_REASON_PMD_NONE,		/* 13 */
	SPF_REASON_PMD_HUGE,
	SPF_REASON_PMD_DEVMAP,
	SPF_REASON_PMD_MIGRATION,
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
