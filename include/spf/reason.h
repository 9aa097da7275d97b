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
 * skipped:     the handler would not have tried
 * completed:   nothing that was observed would have stopped it
 * abort_entry: stopped by a state that already held when the fault arrived
 * abort_late:  stopped by what happened in the attempt, [t0, t0 + S]
 */
#define SPF_VERDICTS(X) \
	X(COMPLETED,	"completed") \
	X(SKIPPED,	"skipped") \
	X(ABORT_ENTRY,	"abort_entry") \
	X(ABORT_LATE,	"abort_late")

/*
 * X(id, name): what can stop a fault, one row a check, in an order that fits the
 * order of the checks of every design: the first row that holds for a fault and
 * is one of a design's own names the reason.  docs/designs.md has the rules.
 *
 * kernel_address is none of user space, which every design leaves to others.
 * unsafe stops no design: beside what it stands for a commit would be wrong.
 *
 * no_vma, permission, pkey and bad_area never reached handle_mm_fault; the
 * signal that the kernel sent tells the first three.  no_vma merges v12's steps
 * 2 and 8: which VMA follows the hole, and what v12 would have made of that one,
 * is not seen.  Those named NATIVE are what the kernel's own counter or lock says.
 */
#define SPF_REASONS(X) \
	X(COMPLETED,	"completed") \
	X(KERNEL_ADDRESS, "kernel_address") \
	X(SINGLE_USER,	"single_user") \
	X(MM_ODD,	"mm_odd") \
	X(MM_ODD_NATIVE, "mm_odd") \
	X(PKEY,		"pkey") \
	X(NO_VMA,	"no_vma") \
	X(BAD_AREA,	"bad_area") \
	X(VMA_ABSENT,	"vma_absent") \
	X(WRITE_LOCKED,	"write_locked") \
	X(ABORT_NATIVE,	"abort") \
	X(SEQ_ODD,	"seq_odd") \
	X(ODD_MATTERS,	"odd_matters") \
	X(VM_OPS_FAULT,	"vm_ops_fault") \
	X(NO_ANON_VMA,	"no_anon_vma") \
	X(UFFD_MISSING,	"uffd_missing") \
	X(GROWS_DOWN,	"grows_down") \
	X(GROWS_UP,	"grows_up") \
	X(STACK_GREW,	"stack_grew") \
	X(OUT_OF_BOUNDS, "out_of_bounds") \
	X(NOT_ANON,	"not_anon") \
	X(PERMISSION,	"permission") \
	X(INTERLEAVE,	"interleave") \
	X(PGD_NONE,	"pgd_none") \
	X(P4D_NONE,	"p4d_none") \
	X(PUD_NONE,	"pud_none") \
	X(PUD_HUGE,	"pud_huge") \
	X(PMD_NONE,	"pmd_none") \
	X(PMD_HUGE,	"pmd_huge") \
	X(PMD_DEVMAP,	"pmd_devmap") \
	X(PMD_MIGRATION, "pmd_migration") \
	X(PTE_NONE_OPS,	"pte_none_ops") \
	X(SWAP_MISS,	"swap_miss") \
	X(ANON_VMA_NEEDED, "anon_vma_needed") \
	X(UFFD_CALL,	"uffd_call") \
	X(SWAP_PTE,	"swap_pte") \
	X(NO_MAP_PAGES,	"no_map_pages") \
	X(ANON_TRYLOCK,	"anon_vma_trylock") \
	X(RETRY,	"retry") \
	X(RETRY_NATIVE,	"retry") \
	X(SEQ_MOVED,	"seq_moved") \
	X(MOVED_MATTERS, "moved_matters") \
	X(UNSAFE,	"unsafe") \
	X(FLAGS_DIFFER,	"flags_differ") \
	X(COUNT_DIFFERS, "count_differs") \
	X(MM_MOVED,	"mm_moved") \
	X(MM_MOVED_NATIVE, "mm_moved")

/*
 * X(id, name): the designs that are judged, docs/designs.md.  Where the kernel
 * has not what one that is named NATIVE is judged by, the emulation goes by the
 * plain name.
 */
#define SPF_DESIGNS(X) \
	X(SEQCOUNT,		"seqcount") \
	X(BOUNDS,		"bounds") \
	X(FLAGCOUNT_MIN,	"flagcount_min") \
	X(FLAGCOUNT_SITES,	"flagcount_sites") \
	X(MMSEQ_NATIVE,		"mmseq") \
	X(MMSEQ,		"mmseq_emulated") \
	X(VMALOCK_NATIVE,	"vmalock") \
	X(VMALOCK,		"vmalock_emulated")

/* X(id, name): what a write section did to its VMA, docs/designs.md */
#define SPF_EFFECTS(X) \
	X(UNKNOWN,	"unknown") \
	X(BOUNDS,	"bounds") \
	X(FLAGS,	"flags") \
	X(OTHER,	"other")

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
 * X(id, name): system calls that take mmap_lock for write, as users know them.
 * NONE: the task is in none of them.
 */
#define SPF_CALLS(X) \
	X(NONE,		"none") \
	X(MMAP,		"mmap") \
	X(MUNMAP,	"munmap") \
	X(MPROTECT,	"mprotect") \
	X(MREMAP,	"mremap") \
	X(BRK,		"brk") \
	X(MADVISE,	"madvise") \
	X(MLOCK,	"mlock") \
	X(MBIND,	"mbind") \
	X(FORK,		"fork") \
	X(EXEC,		"exec") \
	X(SHMAT,	"shmat") \
	X(SHMDT,	"shmdt") \
	X(PRCTL,	"prctl") \
	X(IOCTL,	"ioctl")

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
#define SPF_ENUM_REASON(id, name)	SPF_REASON_##id,
#define SPF_ENUM_DESIGN(id, name)	SPF_DESIGN_##id,
#define SPF_ENUM_EFFECT(id, name)	SPF_EFFECT_##id,
#define SPF_ENUM_KIND(id, name)	SPF_KIND_##id,

#define SPF_ENUM_CALL(id, name)	SPF_CALL_##id,
#define SPF_ENUM_PTE(id, name)	SPF_PTE_##id,
#define SPF_ENUM_LOCK(id, name)	SPF_LOCK_##id,
#define SPF_ENUM_SCOPE(id, name)	SPF_SCOPE_##id,
#define SPF_ENUM_MODE(id, name)	SPF_MODE_##id,
#define SPF_ENUM_FIELD(id, field)	SPF_FIELD_##id,

enum spf_verdict { SPF_VERDICTS(SPF_ENUM_VERDICT) SPF_NR_VERDICTS };
enum spf_reason { SPF_REASONS(SPF_ENUM_REASON) SPF_NR_REASONS };
enum spf_design_id { SPF_DESIGNS(SPF_ENUM_DESIGN) SPF_NR_DESIGNS };
enum spf_effect { SPF_EFFECTS(SPF_ENUM_EFFECT) SPF_NR_EFFECTS };
enum spf_kind { SPF_KINDS(SPF_ENUM_KIND) SPF_NR_KINDS };
enum spf_call { SPF_CALLS(SPF_ENUM_CALL) SPF_NR_CALLS };
enum spf_pte { SPF_PTES(SPF_ENUM_PTE) SPF_NR_PTES };
enum spf_lock { SPF_LOCKS(SPF_ENUM_LOCK) SPF_NR_LOCKS };
enum spf_scope { SPF_SCOPES(SPF_ENUM_SCOPE) SPF_NR_SCOPES };
enum spf_mode { SPF_MODES(SPF_ENUM_MODE) SPF_NR_MODES };
enum spf_field { SPF_FIELDS(SPF_ENUM_FIELD) SPF_NR_FIELDS };

/*
 * What a write hold is called, in one number: its system call, else the kind of
 * its first section; docs/verdict.md.
 */
#define SPF_NR_DEEDS		(SPF_NR_KINDS + SPF_NR_CALLS)

static inline unsigned int spf_deed_of(enum spf_call call,
				       unsigned int first_kind)
{
	return call == SPF_CALL_NONE ? first_kind : SPF_NR_KINDS + call;
}

/* A set of reasons: bit n stands for enum spf_reason n. */
#define SPF_BIT(id)	(1ULL << SPF_REASON_##id)

/* Kinds of section that change page tables, and those that do nothing else. */
#define SPF_KINDS_OF_TABLES \
	(1U << SPF_KIND_UNMAP | 1U << SPF_KIND_UFFD_WP | \
	 1U << SPF_KIND_COLLAPSE | 1U << SPF_KIND_MADV_FREE | \
	 1U << SPF_KIND_NUMA | 1U << SPF_KIND_MREMAP | \
	 1U << SPF_KIND_PGTABLES | 1U << SPF_KIND_FORK)
#define SPF_KINDS_OF_PAGES	(SPF_KINDS_OF_TABLES | 1U << SPF_KIND_MPROTECT)

/* Kinds of section that move the bounds of a VMA that stays. */
#define SPF_KINDS_OF_BOUNDS \
	(1U << SPF_KIND_ADJUST | 1U << SPF_KIND_EXPAND | 1U << SPF_KIND_STACK)

#endif /* SPF_REASON_H */
