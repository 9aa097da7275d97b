/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file with conditionals on the kernel it is built for: one small
 * function a difference, and the same prototype on every side.
 */
#ifndef SPF_COMPAT_H
#define SPF_COMPAT_H

#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/sched.h>

#if !defined(CONFIG_KPROBES) || !defined(CONFIG_KRETPROBES)
#error "spf needs a kernel with CONFIG_KPROBES: every figure comes from a kprobe"
#endif
#if !defined(CONFIG_TRACEPOINTS)
#error "spf needs a kernel with CONFIG_TRACEPOINTS: faults arrive at a tracepoint"
#endif
#if !defined(CONFIG_DEBUG_FS)
#error "spf needs a kernel with CONFIG_DEBUG_FS: results are read from debugfs"
#endif
#if !defined(CONFIG_64BIT) || !defined(CONFIG_MMU)
#error "spf needs a 64-bit kernel with an MMU: its counters are read without a lock"
#endif

/*
 * Would v12 have refused this VMA for its memory policy?  The VMA's own policy
 * counts first, then the task's.  Without NUMA there are no policies.
 *
 * Reads vma->vm_policy (stable while mmap_lock is held) and the policy of
 * current (written by current only).
 */
static inline bool spf_policy_interleaves(const struct vm_area_struct *vma)
{
#ifdef CONFIG_NUMA
	const struct mempolicy *pol = vma->vm_policy;

	if (!pol)
		pol = current->mempolicy;
	return pol && pol->mode == MPOL_INTERLEAVE;
#else
	return false;
#endif
}

#endif /* SPF_COMPAT_H */
