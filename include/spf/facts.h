/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1b, facts: what the kernel's own objects say about a fault.
 */
#ifndef SPF_FACTS_H
#define SPF_FACTS_H

#include <linux/mm_types.h>

/**
 * spf_facts_of - the eligibility checks that this fault fails
 * @vma: the VMA that handle_mm_fault was called for
 * @address: the faulting address
 * @pte: set to the enum spf_pte that is there, left alone if an earlier check
 *	fails
 *
 * The caller's fault holds mmap_lock for read, which keeps the fields of @vma
 * and the page tables below it.  Page-table entries may change at any time and
 * are read once: they are what the handler could have seen at this instant.
 *
 * Return: a set of SPF_BIT(); empty when v12 would have gone on.
 */
u64 spf_facts_of(struct vm_area_struct *vma, unsigned long address, u8 *pte);

struct spf_fault;

/**
 * spf_vma_name - the name of the VMA of a fault that ends now
 * @f: its record
 * @name: SPF_TOP_NAME bytes, all 0; "[heap]", "[stack]", "[anon]", the last part
 *	of a file's name, or "?" when the VMA may be gone
 */
void spf_vma_name(const struct spf_fault *f, char *name);

#endif /* SPF_FACTS_H */
