/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1b, facts: what the kernel's own objects say about a fault.
 */
#ifndef SPF_FACTS_H
#define SPF_FACTS_H

#include <linux/hugetlb_inline.h>
#include <linux/mm.h>

/**
 * spf_facts_of - the checks that this fault fails, of any design
 * @vma: the VMA that handle_mm_fault was called for
 * @address: the faulting address
 * @flags: enum fault_flag
 * @pte: set to the enum spf_pte that is there, left alone if v12 would not have
 *	got that far
 *
 * The caller's fault holds mmap_lock for read, or its VMA's lock, which keeps the
 * fields of @vma and the page tables below it.  Page-table entries may change at
 * any time and are read once: they are what the handler could have seen at this
 * instant.
 *
 * SPF_BIT(ANON_TRYLOCK) is told of the VMA alone: it is for the caller to say
 * what mmap_lock was like.
 *
 * Return: a set of SPF_BIT(); empty when every design would have gone on.
 */
u64 spf_facts_of(struct vm_area_struct *vma, unsigned long address,
		 unsigned int flags, u8 *pte);

/**
 * spf_lacks_map_pages - do faults in this VMA need mmap_lock?
 * @vma: held as for spf_facts_of()
 *
 * Kernels with per-VMA locks handle them with mmap_lock (vmf_can_call_fault()),
 * but for those of hugetlb, which are handled elsewhere.
 */
static inline bool spf_lacks_map_pages(struct vm_area_struct *vma)
{
	return unlikely(vma->vm_ops && !vma->vm_ops->map_pages) &&
	       !is_vm_hugetlb_page(vma);
}

struct spf_fault;

/**
 * spf_vma_name - the name of the VMA of a fault that ends now
 * @f: its record
 * @name: SPF_TOP_NAME bytes, all 0; "[heap]", "[stack]", "[anon]", the last part
 *	of a file's name, or "?" when the VMA may be gone
 */
void spf_vma_name(const struct spf_fault *f, char *name);

#endif /* SPF_FACTS_H */
