/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of docs/stats.md, docs/events.md and docs/hooks.md, typed from there.
 *
 * The numbers are the oracle's own: what the module calls number 7 is looked up by
 * its name in the formats of the trace's events.  Only of designs, and of the fields
 * of a VMA, the documents say which number each has.
 */
#ifndef ORACLE_NAMES_H
#define ORACLE_NAMES_H

enum spf_verdict {
	SPF_VERDICT_COMPLETED,
	SPF_VERDICT_SKIPPED,
	SPF_VERDICT_ABORT_ENTRY,
	SPF_VERDICT_ABORT_LATE,
	SPF_NR_VERDICTS
};

/*
 * What can stop a fault.  What the kernel itself says (NATIVE) shares its name with
 * the emulation, and has the higher one of the two numbers.
 */
enum spf_reason {
	SPF_REASON_COMPLETED,
	SPF_REASON_KERNEL_ADDRESS,
	SPF_REASON_SINGLE_USER,
	SPF_REASON_MM_ODD,
	SPF_REASON_MM_ODD_NATIVE,
	SPF_REASON_PKEY,
	SPF_REASON_NO_VMA,
	SPF_REASON_BAD_AREA,
	SPF_REASON_VMA_ABSENT,
	SPF_REASON_WRITE_LOCKED,
	SPF_REASON_ABORT_NATIVE,
	SPF_REASON_SEQ_ODD,
	SPF_REASON_ODD_MATTERS,
	SPF_REASON_VM_OPS_FAULT,
	SPF_REASON_NO_ANON_VMA,
	SPF_REASON_UFFD_MISSING,
	SPF_REASON_GROWS_DOWN,
	SPF_REASON_GROWS_UP,
	SPF_REASON_STACK_GREW,
	SPF_REASON_OUT_OF_BOUNDS,
	SPF_REASON_NOT_ANON,
	SPF_REASON_PERMISSION,
	SPF_REASON_INTERLEAVE,
	SPF_REASON_PGD_NONE,
	SPF_REASON_P4D_NONE,
	SPF_REASON_PUD_NONE,
	SPF_REASON_PUD_HUGE,
	SPF_REASON_PMD_NONE,
	SPF_REASON_PMD_HUGE,
	SPF_REASON_PMD_DEVMAP,
	SPF_REASON_PMD_MIGRATION,
	SPF_REASON_PTE_NONE_OPS,
	SPF_REASON_SWAP_MISS,
	SPF_REASON_ANON_VMA_NEEDED,
	SPF_REASON_UFFD_CALL,
	SPF_REASON_SWAP_PTE,
	SPF_REASON_NO_MAP_PAGES,
	SPF_REASON_ANON_TRYLOCK,
	SPF_REASON_RETRY,
	SPF_REASON_RETRY_NATIVE,
	SPF_REASON_SEQ_MOVED,
	SPF_REASON_MOVED_MATTERS,
	SPF_REASON_UNSAFE,
	SPF_REASON_FLAGS_DIFFER,
	SPF_REASON_COUNT_DIFFERS,
	SPF_REASON_MM_MOVED,
	SPF_REASON_MM_MOVED_NATIVE,
	SPF_NR_REASONS
};

/* By the numbers of docs/events.md, `completed`. */
enum spf_design_id {
	SPF_DESIGN_SEQCOUNT,
	SPF_DESIGN_BOUNDS,
	SPF_DESIGN_FLAGCOUNT_MIN,
	SPF_DESIGN_FLAGCOUNT_SITES,
	SPF_DESIGN_MMSEQ_NATIVE,
	SPF_DESIGN_MMSEQ,
	SPF_DESIGN_VMALOCK_NATIVE,
	SPF_DESIGN_VMALOCK,
	SPF_NR_DESIGNS
};

/* What a section did to its VMA; nobody knows is 0. */
enum spf_effect {
	SPF_EFFECT_UNKNOWN,
	SPF_EFFECT_BOUNDS,
	SPF_EFFECT_FLAGS,
	SPF_EFFECT_OTHER,
	SPF_NR_EFFECTS
};

enum spf_pte {
	SPF_PTE_UNREAD,
	SPF_PTE_NONE,
	SPF_PTE_SWAP,
	SPF_PTE_PROTNONE,
	SPF_PTE_PRESENT,
	SPF_NR_PTES
};

/* Each is more in a fault's way than the one before. */
enum spf_lock {
	SPF_LOCK_FREE,
	SPF_LOCK_READERS,
	SPF_LOCK_QUEUED,
	SPF_LOCK_WRITER,
	SPF_NR_LOCKS
};

enum spf_scope {
	SPF_SCOPE_NONE,
	SPF_SCOPE_PAGE,
	SPF_SCOPE_VMA,
	SPF_SCOPE_MM,
	SPF_NR_SCOPES
};

/* How mmap_lock was held in a section. */
enum spf_mode {
	SPF_MODE_NONE,
	SPF_MODE_READ,
	SPF_MODE_WRITE,
	SPF_NR_MODES
};

/* By their order in the audit of docs/stats.md. */
enum spf_field {
	SPF_FIELD_START,
	SPF_FIELD_END,
	SPF_FIELD_PGOFF,
	SPF_FIELD_FLAGS,
	SPF_FIELD_PROT,
	SPF_FIELD_POLICY,
	SPF_FIELD_ANON,
	SPF_NR_FIELDS
};

enum spf_kind {
	SPF_KIND_ADJUST,
	SPF_KIND_EXPAND,
	SPF_KIND_UNMAP,
	SPF_KIND_SOFT_DIRTY,
	SPF_KIND_UFFD,
	SPF_KIND_UFFD_WP,
	SPF_KIND_COLLAPSE,
	SPF_KIND_MADVISE,
	SPF_KIND_MADV_FREE,
	SPF_KIND_REBIND,
	SPF_KIND_NUMA,
	SPF_KIND_MBIND,
	SPF_KIND_MLOCK,
	SPF_KIND_MMAP,
	SPF_KIND_STACK,
	SPF_KIND_MPROTECT,
	SPF_KIND_MREMAP,
	SPF_KIND_PGTABLES,
	SPF_KIND_FORK,
	SPF_KIND_REMOVE,
	SPF_NR_KINDS
};

/* The system call of a hold, docs/verdict.md; none is the last. */
enum spf_call {
	SPF_CALL_MMAP,
	SPF_CALL_MUNMAP,
	SPF_CALL_MREMAP,
	SPF_CALL_BRK,
	SPF_CALL_MBIND,
	SPF_CALL_SHMAT,
	SPF_CALL_SHMDT,
	SPF_CALL_PRCTL,
	SPF_CALL_IOCTL,
	SPF_CALL_MPROTECT,
	SPF_CALL_MADVISE,
	SPF_CALL_MLOCK,
	SPF_CALL_FORK,
	SPF_CALL_EXEC,
	SPF_CALL_NONE,
	SPF_NR_CALLS
};

/* A set of reasons: bit n stands for enum spf_reason n. */
#define SPF_BIT(id)	(1ULL << SPF_REASON_##id)

extern const char * const verdict_names[SPF_NR_VERDICTS];
extern const char * const reason_names[SPF_NR_REASONS];
extern const char * const effect_names[SPF_NR_EFFECTS];
extern const char * const pte_names[SPF_NR_PTES];
extern const char * const lock_names[SPF_NR_LOCKS];
extern const char * const scope_names[SPF_NR_SCOPES];
extern const char * const mode_names[SPF_NR_MODES];
extern const char * const field_names[SPF_NR_FIELDS];
extern const char * const kind_names[SPF_NR_KINDS];
extern const char * const call_names[SPF_NR_CALLS];

const char *reason_name(unsigned int reason);

/* -1 is nobody. */
const char *kind_name(int kind);

/*
 * Of reasons that share a name the nth, from 0; -1 if there are not so many.
 */
int reason_named(const char *name, unsigned int nth);

#endif /* ORACLE_NAMES_H */
