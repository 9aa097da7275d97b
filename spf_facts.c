// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1b, facts: the only file that looks into a VMA or a page table to
 * judge a fault.  It reads and never writes.
 *
 * The checks are those of the v12 handler (patch 24/31, 2019-04-16), whose step
 * numbers are those of docs/design.md, and what the other designs of
 * docs/designs.md ask besides.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/uaccess.h>
#include <linux/userfaultfd_k.h>

#include <spf/compat.h>
#include <spf/facts.h>
#include <spf/reason.h>
#include <spf/task.h>
#include <spf/top.h>

/* Of one that is not none; out of line, since that is for others to handle. */
static noinline u64 there_facts(pte_t pte, u8 *kind)
{
	if (!pte_present(pte)) {
		*kind = SPF_PTE_SWAP;
		return SPF_BIT(SWAP_PTE);
	}
	*kind = pte_protnone(pte) ? SPF_PTE_PROTNONE : SPF_PTE_PRESENT;
	return 0;
}

/* Step 15: a pte that is none is only served when the VMA is anonymous. */
static __always_inline u64 pte_facts(struct vm_area_struct *vma, pte_t val,
				     u8 *pte)
{
	if (unlikely(!pte_none(val)))
		return there_facts(val, pte);
	*pte = SPF_PTE_NONE;
	return likely(!vma->vm_ops) ? 0 : SPF_BIT(PTE_NONE_OPS);
}

/* Out of line: what stops an attempt need not be quick. */
static noinline u64 no_pmd_facts(pmd_t pmd)
{
	if (pmd_none(pmd))
		return SPF_BIT(PMD_NONE);
	if (!pmd_present(pmd))
		return SPF_BIT(PMD_MIGRATION);
	return spf_pmd_devmap(pmd) ? SPF_BIT(PMD_DEVMAP) : SPF_BIT(PMD_HUGE);
}

/* Step 13.  An entry that points to a page table is never "bad". */
static u64 pmd_facts(struct vm_area_struct *vma, pmd_t pmd,
		     unsigned long address, u8 *pte)
{
	return pmd_bad(pmd) ? no_pmd_facts(pmd) :
	       pte_facts(vma, READ_ONCE(*pte_offset_kernel(&pmd, address)), pte);
}

/* Steps 12 and 13, by the kernel's own accessors. */
static noinline u64 upper_facts(struct vm_area_struct *vma,
				unsigned long address, u8 *pte)
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
	return pmd_facts(vma, READ_ONCE(*pmd_offset(pud, address)), address, pte);
}

/*
 * The upper tables stay: the fault holds mmap_lock for read or the VMA's own lock,
 * and they are freed for VMAs that are out of the tree.  The last one may be emptied
 * and freed beside us (khugepaged, MADV_DONTNEED since 6.14), but only after a grace
 * period for those that run, as this does, with preemption off: it is reached through
 * a copy of the entry read once.
 */
static __always_inline u64 table_facts(struct vm_area_struct *vma,
				       unsigned long address, u8 *pte)
{
	pmd_t pmd;
	pte_t val;

	if (unlikely(!spf_read_pmd(vma->vm_mm, address, &pmd)))
		return upper_facts(vma, address, pte);
	return likely(spf_read_pte(pmd, address, &val)) ?
	       pte_facts(vma, val, pte) : no_pmd_facts(pmd);
}

#define SPECIAL_FLAGS	(VM_UFFD_MISSING | VM_UFFD_WP | VM_GROWSDOWN | \
			 VM_GROWSUP)

/* No design asks more of most VMAs than that. */
static __always_inline bool is_ordinary(const struct vm_area_struct *vma)
{
	return !vma->vm_ops && vma->anon_vma &&
	       !(vma->vm_flags & SPECIAL_FLAGS) && !spf_policy_interleaves(vma);
}

/* v12's steps 4 to 7 and 11. */
static u64 v12_facts(struct vm_area_struct *vma)
{
	u64 fails = 0;

	if (vma->vm_ops && vma->vm_ops->fault)
		fails |= SPF_BIT(VM_OPS_FAULT);
	if (!vma->anon_vma)
		fails |= SPF_BIT(NO_ANON_VMA);
	if (unlikely(vma->vm_flags & SPECIAL_FLAGS)) {
		if (userfaultfd_missing(vma))
			fails |= SPF_BIT(UFFD_MISSING);
		if (vma->vm_flags & VM_GROWSDOWN)
			fails |= SPF_BIT(GROWS_DOWN);
		if (vma->vm_flags & VM_GROWSUP)
			fails |= SPF_BIT(GROWS_UP);
	}
	if (spf_policy_interleaves(vma))
		fails |= SPF_BIT(INTERLEAVE);
	return fails;
}

/* What mmseq and vmalock ask of a VMA. */
static u64 others_facts(struct vm_area_struct *vma, unsigned int flags)
{
	u64 fails = 0;

	if (vma->vm_ops)
		fails |= SPF_BIT(NOT_ANON);
	if (spf_lacks_map_pages(vma))
		fails |= SPF_BIT(NO_MAP_PAGES);
	if (vma->anon_vma || !(flags & FAULT_FLAG_WRITE))
		return fails;
	fails |= SPF_BIT(ANON_VMA_NEEDED);
	if (!(vma->vm_flags & VM_SHARED))
		fails |= SPF_BIT(ANON_TRYLOCK);
	return fails;
}

/* Would the handler have to ask a userfaultfd? */
static u64 uffd_facts(struct vm_area_struct *vma, unsigned int flags, u8 pte)
{
	bool calls = (pte == SPF_PTE_NONE && userfaultfd_missing(vma)) ||
		     (pte == SPF_PTE_PRESENT && flags & FAULT_FLAG_WRITE &&
		      userfaultfd_wp(vma));

	return calls ? SPF_BIT(UFFD_CALL) : 0;
}

static noinline u64 unusual_facts(struct vm_area_struct *vma,
				  unsigned long address, unsigned int flags,
				  u8 *pte)
{
	u64 v12 = v12_facts(vma);
	u64 fails = v12 | others_facts(vma, flags);
	u8 kind = SPF_PTE_UNREAD;

	/* Nobody asks for the page; and hugetlb's tables are not ours. */
	if (v12 & SPF_BIT(VM_OPS_FAULT))
		return fails;
	fails |= table_facts(vma, address, &kind);
	fails |= uffd_facts(vma, flags, kind);
	if (!v12)
		*pte = kind;
	return fails;
}

u64 spf_facts_of(struct vm_area_struct *vma, unsigned long address,
		 unsigned int flags, u8 *pte)
{
	if (unlikely(!is_ordinary(vma)))
		return unusual_facts(vma, address, flags, pte);
	return table_facts(vma, address, pte);
}

/*
 * A file that is renamed meanwhile may show a mixture of both names.  A name
 * outlives its dentry by a grace period, and preemption is off here.
 */
static void file_name(const struct file *file, char *name)
{
	const char *from = (const char *)
		READ_ONCE(file->f_path.dentry->d_name.name);
	unsigned int i;

	for (i = 0; i < SPF_TOP_NAME - 1; i++)
		if (get_kernel_nofault(name[i], from + i) || !name[i])
			break;
	if (!name[0])
		name[0] = '?';
}

void spf_vma_name(const struct spf_fault *f, char *name)
{
	const struct vm_area_struct *vma = (const void *)f->key.vma;
	const struct mm_struct *mm = current->mm;

	/* It keeps the lock until the function that is probed has returned. */
	if (!vma || f->met & (SPF_MET_UNLOCKED | SPF_MET_REPLACED) ||
	    f->state != SPF_FAULT_HANDLING) {
		name[0] = '?';
		return;
	}
	if (vma->vm_file)
		file_name(vma->vm_file, name);
	else if (vma->vm_start < mm->brk && vma->vm_end > mm->start_brk)
		strscpy(name, "[heap]", SPF_TOP_NAME);
	else if (vma->vm_start <= mm->start_stack &&
		 vma->vm_end >= mm->start_stack)
		strscpy(name, "[stack]", SPF_TOP_NAME);
	else
		strscpy(name, "[anon]", SPF_TOP_NAME);
}
