// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1b, facts: the only file that looks into a VMA or a page table to
 * judge a fault.  It reads and never writes.
 *
 * The checks are those of the v12 handler (patch 24/31, 2019-04-16); the step
 * numbers are those of docs/design.md.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/userfaultfd_k.h>

#include <spf/compat.h>
#include <spf/facts.h>
#include <spf/reason.h>

/* Step 15: a pte that is none is only served when the VMA is anonymous. */
static u64 pte_facts(struct vm_area_struct *vma, pmd_t pmd,
		     unsigned long address)
{
	if (!vma->vm_ops)
		return 0;
	return pte_none(READ_ONCE(*pte_offset_kernel(&pmd, address))) ?
	       SPF_BIT(PTE_NONE_OPS) : 0;
}

/* Step 13.  An entry that points to a page table is never "bad". */
static u64 pmd_facts(struct vm_area_struct *vma, pud_t *pud,
		     unsigned long address)
{
	pmd_t *pmd = pmd_offset(pud, address);
	pmd_t val = READ_ONCE(*pmd);

	if (likely(!pmd_bad(val)))
		return pte_facts(vma, val, address);
	if (pmd_none(val))
		return SPF_BIT(PMD_NONE);
	return pmd_present(val) ? SPF_BIT(PMD_HUGE) : SPF_BIT(PMD_SWAP);
}

/*
 * Steps 12 and 13.  The upper tables stay: the fault holds mmap_lock for read
 * or the VMA's own lock, and they are freed for VMAs that are out of the tree.
 * The last one may be emptied and freed beside us (khugepaged, MADV_DONTNEED
 * since 6.14), but only after a grace period for those that run, as this does,
 * with preemption off: it is reached through a copy of the entry read once.
 */
static u64 table_facts(struct vm_area_struct *vma, unsigned long address)
{
	pgd_t *pgd = pgd_offset(vma->vm_mm, address);
	p4d_t *p4d;
	pud_t *pud, val;

	if (pgd_none(READ_ONCE(*pgd)))
		return SPF_BIT(PGD_NONE);
	p4d = p4d_offset(pgd, address);
	if (p4d_none(READ_ONCE(*p4d)))
		return SPF_BIT(P4D_NONE);
	pud = pud_offset(p4d, address);
	val = READ_ONCE(*pud);
	if (pud_none(val))
		return SPF_BIT(PUD_NONE);
	if (pud_bad(val))
		return SPF_BIT(PUD_HUGE);
	return pmd_facts(vma, pud, address);
}

#define SPECIAL_FLAGS	(VM_UFFD_MISSING | VM_GROWSDOWN | VM_GROWSUP)

/* Steps 4 to 7 and 11. */
static u64 vma_facts(struct vm_area_struct *vma)
{
	u64 fails = 0;

	if (vma->vm_ops && vma->vm_ops->fault)
		fails |= SPF_BIT(VM_OPS_FAULT);
	if (!vma->anon_vma)
		fails |= SPF_BIT(NO_ANON_VMA);
	if (unlikely(vma->vm_flags & SPECIAL_FLAGS)) {
		if (userfaultfd_missing(vma))
			fails |= SPF_BIT(UFFD_MISSING);
		if (vma->vm_flags & (VM_GROWSDOWN | VM_GROWSUP))
			fails |= SPF_BIT(GROWS);
	}
	if (spf_policy_interleaves(vma))
		fails |= SPF_BIT(INTERLEAVE);
	return fails;
}

u64 spf_facts_of(struct vm_area_struct *vma, unsigned long address)
{
	u64 fails = vma_facts(vma);

	/* An earlier step decides; and hugetlb's tables are not ours to read. */
	return fails ?: table_facts(vma, address);
}

NOKPROBE_SYMBOL(spf_facts_of);
