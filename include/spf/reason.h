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
 * no_vma, permission, pkey and bad_area never reached handle_mm_fault; the
 * signal that the kernel sent tells the first three.  A refused access is final
 * in v12 as well (it delivers the signal itself), so that it counts as
 * completed.  no_vma merges steps 2 and 8: which VMA follows the hole, and what
 * v12 would have made of that one, is not seen.
 */
#define SPF_REASONS(X) \
	X(COMPLETED,	"completed",	COMPLETED,	"none") \
	X(SINGLE_USER,	"single_user",	SKIPPED,	"none") \
	X(PKEY,		"pkey",		SKIPPED,	"none") \
	X(NO_VMA,	"no_vma",	ABORT_ENTRY,	"none") \
	X(BAD_AREA,	"bad_area",	ABORT_ENTRY,	"none") \
	X(VMA_ABSENT,	"vma_absent",	ABORT_ENTRY,	"none") \
	X(SEQ_ODD,	"seq_odd",	ABORT_ENTRY,	"spf_vma_changed") \
	X(VM_OPS_FAULT,	"vm_ops_fault",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(NO_ANON_VMA,	"no_anon_vma",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(UFFD_MISSING,	"uffd_missing",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(GROWS_DOWN,	"grows_down",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(GROWS_UP,	"grows_up",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(OUT_OF_BOUNDS, "out_of_bounds", ABORT_ENTRY,	"spf_vma_changed") \
	X(PERMISSION,	"permission",	COMPLETED,	"spf_vma_access") \
	X(INTERLEAVE,	"interleave",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PGD_NONE,	"pgd_none",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(P4D_NONE,	"p4d_none",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PUD_NONE,	"pud_none",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PUD_HUGE,	"pud_huge",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PMD_NONE,	"pmd_none",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PMD_HUGE,	"pmd_huge",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PMD_DEVMAP,	"pmd_devmap",	ABORT_ENTRY,	"spf_vma_notsup") \
	X(PMD_MIGRATION, "pmd_migration", ABORT_ENTRY,	"spf_vma_notsup") \
	X(PTE_NONE_OPS,	"pte_none_ops",	ABORT_ENTRY,	"none") \
	X(SWAP_MISS,	"swap_miss",	ABORT_ENTRY,	"none") \
	X(SEQ_MOVED,	"seq_moved",	ABORT_LATE,	"spf_vma_changed")

/*
 * X(id, name): what a page-table entry was when the fault came to it.  SWAP is
 * any that is neither none nor present: swapped out, or migrating.
 */
#define SPF_PTES(X) \
	X(UNREAD,	"unread") \
	X(NONE,		"none") \
	X(SWAP,		"swap") \
	X(PROTNONE,	"protnone") \
	X(PRESENT,	"present")

/*
 * X(id, name): mmap_lock when a fault arrived.  QUEUED: readers have it, and
 * somebody waits for it.
 */
#define SPF_LOCKS(X) \
	X(FREE,		"free") \
	X(READERS,	"readers") \
	X(QUEUED,	"queued") \
	X(WRITER,	"writer")

/*
 * X(id, name): how much the abort of a fault had to do with its page.  MM: it
 * was not one, but a counter for the whole mm would have made it one.
 */
#define SPF_SCOPES(X) \
	X(NONE,		"none") \
	X(PAGE,		"page") \
	X(VMA,		"vma") \
	X(MM,		"mm")

/* X(id, name): mmap_lock in a write section; READ by whomever. */
#define SPF_MODES(X) \
	X(NONE,		"none") \
	X(READ,		"read") \
	X(WRITE,	"write")

/* X(id, field of struct vm_area_struct): what is compared in a section */
#define SPF_FIELDS(X) \
	X(START,	vm_start) \
	X(END,		vm_end) \
	X(PGOFF,	vm_pgoff) \
	X(FLAGS,	vm_flags) \
	X(PROT,		vm_page_prot) \
	X(POLICY,	vm_policy) \
	X(ANON,		anon_vma)

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

#define SPF_ENUM_PTE(id, name)	SPF_PTE_##id,
#define SPF_ENUM_LOCK(id, name)	SPF_LOCK_##id,
#define SPF_ENUM_SCOPE(id, name)	SPF_SCOPE_##id,
#define SPF_ENUM_MODE(id, name)	SPF_MODE_##id,
#define SPF_ENUM_FIELD(id, field)	SPF_FIELD_##id,

enum spf_verdict { SPF_VERDICTS(SPF_ENUM_VERDICT) SPF_NR_VERDICTS };
enum spf_reason { SPF_REASONS(SPF_ENUM_REASON) SPF_NR_REASONS };
enum spf_kind { SPF_KINDS(SPF_ENUM_KIND) SPF_NR_KINDS };
enum spf_pte { SPF_PTES(SPF_ENUM_PTE) SPF_NR_PTES };
enum spf_lock { SPF_LOCKS(SPF_ENUM_LOCK) SPF_NR_LOCKS };
enum spf_scope { SPF_SCOPES(SPF_ENUM_SCOPE) SPF_NR_SCOPES };
enum spf_mode { SPF_MODES(SPF_ENUM_MODE) SPF_NR_MODES };
enum spf_field { SPF_FIELDS(SPF_ENUM_FIELD) SPF_NR_FIELDS };

/* A set of reasons: bit n stands for enum spf_reason n. */
#define SPF_BIT(id)	(1ULL << SPF_REASON_##id)

#endif /* SPF_REASON_H */
