/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names spf uses for what can happen to a fault and to a VMA.
 *
 * Each list is the only place where its names exist: the enums, the text in
 * debugfs and the symbols in trace events are all generated from it.
 */
#ifndef SPF_REASON_H
#define SPF_REASON_H

/*
 * What became of a fault under a design.
 *
 * skipped:     the handler would not have tried (v12 steps 0 and 1)
 * completed:   nothing that was observed would have stopped it
 * abort_entry: stopped by a state that already held when the fault arrived
 * abort_late:  stopped by a write section that began in [t0, t0 + S]
 */
#define SPF_VERDICTS(X) \
	X(COMPLETED,	"completed") \
	X(SKIPPED,	"skipped") \
	X(ABORT_ENTRY,	"abort_entry") \
	X(ABORT_LATE,	"abort_late")

/*
 * X(id, name, verdict, historic name): one row a cause, in the order in which
 * the v12 handler (Dufour, 2019-04-16, patch 24/31, with the later patches
 * that change handle_pte_fault) would have met it.  The historic name is the
 * tracepoint that v12 fired for this cause, "none" where it fired nothing.
 *
 * bad_area merges what cannot be told apart from outside in this version: the
 * arrival never reached handle_mm_fault (no VMA: v12 step 2; access refused:
 * v12 steps 9 and 10; a kernel address; an emulated vsyscall).
 */
#define SPF_REASONS(X) \
	X(COMPLETED,	"completed",	COMPLETED,	"none") \
	X(SINGLE_USER,	"single_user",	SKIPPED,	"none") \
	X(BAD_AREA,	"bad_area",	ABORT_ENTRY,	"none") \
	X(VMA_ABSENT,	"vma_absent",	ABORT_ENTRY,	"none") \
	X(SEQ_ODD,	"seq_odd",	ABORT_ENTRY,	"spf_vma_changed") \
	X(VM_OPS_FAULT,	"vm_ops_fault",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(NO_ANON_VMA,	"no_anon_vma",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(UFFD_MISSING,	"uffd_missing",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(GROWS,	"grows",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(INTERLEAVE,	"interleave",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PGD_NONE,	"pgd_none",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(P4D_NONE,	"p4d_none",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PUD_NONE,	"pud_none",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PUD_HUGE,	"pud_huge",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PMD_NONE,	"pmd_none",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PMD_HUGE,	"pmd_huge",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PMD_SWAP,	"pmd_swap",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PTE_NONE_OPS,	"pte_none_ops",	ABORT_ENTRY,	"none") \
	X(SWAP_MISS,	"swap_miss",	ABORT_ENTRY,	"none") \
	X(SEQ_MOVED,	"seq_moved",	ABORT_LATE,	"spf_vma_changed")

/*
 * X(id, name): the kinds of write section, in the order of the v12 patches as
 * far as they have one.  docs/hooks.md maps each section of v12 to a kind, and
 * each kind to what it is seen by on which kernel.
 */
#define SPF_KINDS(X) \
	X(ADJUST,	"adjust") \
	X(EXPAND,	"expand") \
	X(UNMAP,	"unmap") \
	X(SOFT_DIRTY,	"soft_dirty") \
	X(UFFD,		"uffd") \
	X(UFFD_WP,	"uffd_wp") \
	X(COLLAPSE,	"collapse") \
	X(MADVISE,	"madvise") \
	X(MADV_FREE,	"madv_free") \
	X(REBIND,	"rebind") \
	X(NUMA,		"numa") \
	X(MBIND,	"mbind") \
	X(MLOCK,	"mlock") \
	X(MMAP,		"mmap") \
	X(STACK,	"stack") \
	X(MPROTECT,	"mprotect") \
	X(MREMAP,	"mremap") \
	X(PGTABLES,	"pgtables") \
	X(FORK,		"fork") \
	X(REMOVE,	"remove")

#define SPF_ENUM_VERDICT(id, name)	SPF_VERDICT_##id,
#define SPF_ENUM_REASON(id, name, verdict, historic)	SPF_REASON_##id,
#define SPF_ENUM_KIND(id, name)	SPF_KIND_##id,

enum spf_verdict { SPF_VERDICTS(SPF_ENUM_VERDICT) SPF_NR_VERDICTS };
enum spf_reason { SPF_REASONS(SPF_ENUM_REASON) SPF_NR_REASONS };
enum spf_kind { SPF_KINDS(SPF_ENUM_KIND) SPF_NR_KINDS };

/* A set of reasons: bit n stands for enum spf_reason n. */
#define SPF_BIT(id)	(1ULL << SPF_REASON_##id)

#endif /* SPF_REASON_H */
