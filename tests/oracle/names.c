// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names, see names.h.
 */
#include <stddef.h>
#include <string.h>

#include "names.h"

const char * const verdict_names[SPF_NR_VERDICTS] = {
	[SPF_VERDICT_COMPLETED] = "completed",
	[SPF_VERDICT_SKIPPED] = "skipped",
	[SPF_VERDICT_ABORT_ENTRY] = "abort_entry",
	[SPF_VERDICT_ABORT_LATE] = "abort_late",
};

const char * const reason_names[SPF_NR_REASONS] = {
	[SPF_REASON_COMPLETED] = "completed",
	[SPF_REASON_KERNEL_ADDRESS] = "kernel_address",
	[SPF_REASON_SINGLE_USER] = "single_user",
	[SPF_REASON_MM_ODD] = "mm_odd",
	[SPF_REASON_MM_ODD_NATIVE] = "mm_odd",
	[SPF_REASON_PKEY] = "pkey",
	[SPF_REASON_NO_VMA] = "no_vma",
	[SPF_REASON_BAD_AREA] = "bad_area",
	[SPF_REASON_VMA_ABSENT] = "vma_absent",
	[SPF_REASON_WRITE_LOCKED] = "write_locked",
	[SPF_REASON_ABORT_NATIVE] = "abort",
	[SPF_REASON_SEQ_ODD] = "seq_odd",
	[SPF_REASON_ODD_MATTERS] = "odd_matters",
	[SPF_REASON_VM_OPS_FAULT] = "vm_ops_fault",
	[SPF_REASON_NO_ANON_VMA] = "no_anon_vma",
	[SPF_REASON_UFFD_MISSING] = "uffd_missing",
	[SPF_REASON_GROWS_DOWN] = "grows_down",
	[SPF_REASON_GROWS_UP] = "grows_up",
	[SPF_REASON_STACK_GREW] = "stack_grew",
	[SPF_REASON_OUT_OF_BOUNDS] = "out_of_bounds",
	[SPF_REASON_NOT_ANON] = "not_anon",
	[SPF_REASON_PERMISSION] = "permission",
	[SPF_REASON_INTERLEAVE] = "interleave",
	[SPF_REASON_PGD_NONE] = "pgd_none",
	[SPF_REASON_P4D_NONE] = "p4d_none",
	[SPF_REASON_PUD_NONE] = "pud_none",
	[SPF_REASON_PUD_HUGE] = "pud_huge",
	[SPF_REASON_PMD_NONE] = "pmd_none",
	[SPF_REASON_PMD_HUGE] = "pmd_huge",
	[SPF_REASON_PMD_DEVMAP] = "pmd_devmap",
	[SPF_REASON_PMD_MIGRATION] = "pmd_migration",
	[SPF_REASON_PTE_NONE_OPS] = "pte_none_ops",
	[SPF_REASON_SWAP_MISS] = "swap_miss",
	[SPF_REASON_ANON_VMA_NEEDED] = "anon_vma_needed",
	[SPF_REASON_UFFD_CALL] = "uffd_call",
	[SPF_REASON_SWAP_PTE] = "swap_pte",
	[SPF_REASON_NO_MAP_PAGES] = "no_map_pages",
	[SPF_REASON_ANON_TRYLOCK] = "anon_vma_trylock",
	[SPF_REASON_RETRY] = "retry",
	[SPF_REASON_RETRY_NATIVE] = "retry",
	[SPF_REASON_SEQ_MOVED] = "seq_moved",
	[SPF_REASON_MOVED_MATTERS] = "moved_matters",
	[SPF_REASON_UNSAFE] = "unsafe",
	[SPF_REASON_FLAGS_DIFFER] = "flags_differ",
	[SPF_REASON_COUNT_DIFFERS] = "count_differs",
	[SPF_REASON_MM_MOVED] = "mm_moved",
	[SPF_REASON_MM_MOVED_NATIVE] = "mm_moved",
};

const char * const effect_names[SPF_NR_EFFECTS] = {
	[SPF_EFFECT_UNKNOWN] = "unknown",
	[SPF_EFFECT_BOUNDS] = "bounds",
	[SPF_EFFECT_FLAGS] = "flags",
	[SPF_EFFECT_OTHER] = "other",
};

const char * const pte_names[SPF_NR_PTES] = {
	[SPF_PTE_UNREAD] = "unread",
	[SPF_PTE_NONE] = "none",
	[SPF_PTE_SWAP] = "swap",
	[SPF_PTE_PROTNONE] = "protnone",
	[SPF_PTE_PRESENT] = "present",
};

const char * const lock_names[SPF_NR_LOCKS] = {
	[SPF_LOCK_FREE] = "free",
	[SPF_LOCK_READERS] = "readers",
	[SPF_LOCK_QUEUED] = "queued",
	[SPF_LOCK_WRITER] = "writer",
};

const char * const scope_names[SPF_NR_SCOPES] = {
	[SPF_SCOPE_NONE] = "none",
	[SPF_SCOPE_PAGE] = "page",
	[SPF_SCOPE_VMA] = "vma",
	[SPF_SCOPE_MM] = "mm",
};

const char * const mode_names[SPF_NR_MODES] = {
	[SPF_MODE_NONE] = "none",
	[SPF_MODE_READ] = "read",
	[SPF_MODE_WRITE] = "write",
};

const char * const field_names[SPF_NR_FIELDS] = {
	[SPF_FIELD_START] = "vm_start",
	[SPF_FIELD_END] = "vm_end",
	[SPF_FIELD_PGOFF] = "vm_pgoff",
	[SPF_FIELD_FLAGS] = "vm_flags",
	[SPF_FIELD_PROT] = "vm_page_prot",
	[SPF_FIELD_POLICY] = "vm_policy",
	[SPF_FIELD_ANON] = "anon_vma",
};

const char * const kind_names[SPF_NR_KINDS] = {
	[SPF_KIND_ADJUST] = "adjust",
	[SPF_KIND_EXPAND] = "expand",
	[SPF_KIND_UNMAP] = "unmap",
	[SPF_KIND_SOFT_DIRTY] = "soft_dirty",
	[SPF_KIND_UFFD] = "uffd",
	[SPF_KIND_UFFD_WP] = "uffd_wp",
	[SPF_KIND_COLLAPSE] = "collapse",
	[SPF_KIND_MADVISE] = "madvise",
	[SPF_KIND_MADV_FREE] = "madv_free",
	[SPF_KIND_REBIND] = "rebind",
	[SPF_KIND_NUMA] = "numa",
	[SPF_KIND_MBIND] = "mbind",
	[SPF_KIND_MLOCK] = "mlock",
	[SPF_KIND_MMAP] = "mmap",
	[SPF_KIND_STACK] = "stack",
	[SPF_KIND_MPROTECT] = "mprotect",
	[SPF_KIND_MREMAP] = "mremap",
	[SPF_KIND_PGTABLES] = "pgtables",
	[SPF_KIND_FORK] = "fork",
	[SPF_KIND_REMOVE] = "remove",
};

const char * const call_names[SPF_NR_CALLS] = {
	[SPF_CALL_MMAP] = "mmap",
	[SPF_CALL_MUNMAP] = "munmap",
	[SPF_CALL_MREMAP] = "mremap",
	[SPF_CALL_BRK] = "brk",
	[SPF_CALL_MBIND] = "mbind",
	[SPF_CALL_SHMAT] = "shmat",
	[SPF_CALL_SHMDT] = "shmdt",
	[SPF_CALL_PRCTL] = "prctl",
	[SPF_CALL_IOCTL] = "ioctl",
	[SPF_CALL_MPROTECT] = "mprotect",
	[SPF_CALL_MADVISE] = "madvise",
	[SPF_CALL_MLOCK] = "mlock",
	[SPF_CALL_FORK] = "fork",
	[SPF_CALL_EXEC] = "exec",
	[SPF_CALL_NONE] = "none",
};

const char *reason_name(unsigned int reason)
{
	return reason < SPF_NR_REASONS ? reason_names[reason] : "?";
}

const char *kind_name(int kind)
{
	if (kind < 0)
		return "none";
	return kind < SPF_NR_KINDS ? kind_names[kind] : "?";
}

int reason_named(const char *name, unsigned int nth)
{
	int i;

	for (i = 0; i < SPF_NR_REASONS; i++)
		if (!strcmp(reason_names[i], name) && !nth--)
			return i;
	return -1;
}
