// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, hooks on what changes page tables.
 */
#include <linux/mm.h>
#include <linux/mman.h>

#include <spf/compat.h>
#include <spf/decode.h>
#include <spf/probe.h>
#include <spf/rows.h>
#include <spf/section.h>
#include <spf/stats.h>

/* unmap_page_range and __zap_vma_range(tlb, vma, addr, end, details) */
static enum spf_decoded touch_unmap(struct pt_regs *regs,
				    struct spf_touch *touch)
{
	return spf_take_vma_range(regs, 1, touch);
}

struct spf_hook spf_hook_unmap_range = {
	.symbols = { "unmap_page_range", "__zap_vma_range" },
	.mandatory = true,
	SPF_SECTION(touch_unmap),
	SPF_RECORDS(UNMAP),
};

static enum spf_decoded touch_protected(struct pt_regs *regs,
					struct spf_touch *touch,
					unsigned long cp_flags)
{
	touch->kind = SPF_KIND_MPROTECT;
	if (cp_flags & MM_CP_PROT_NUMA)
		touch->kind = SPF_KIND_NUMA;
	else if (cp_flags & MM_CP_UFFD_WP_ALL)
		touch->kind = SPF_KIND_UFFD_WP;
	return spf_take_vma_range(regs, SPF_PROTECT_VMA, touch);
}

/* change_protection_range([tlb,] vma, start, end, newprot, cp_flags) */
static enum spf_decoded touch_protect_range(struct pt_regs *regs,
					    struct spf_touch *touch)
{
	return touch_protected(regs, touch,
			       spf_arg_ulong(regs, SPF_PROTECT_VMA + 4));
}

/*
 * Without hugetlb, change_protection() only calls this one, and the
 * compiler puts that call into mprotect_fixup().  Where it is no symbol,
 * it is a part of change_protection(), which is then too large for that.
 */
struct spf_hook spf_hook_change_protection_range = {
	.symbols = { "change_protection_range" },
	SPF_SECTION(touch_protect_range),
	.kind = SPF_KIND_MPROTECT,
	.records = SPF_KIND_BIT(MPROTECT) | SPF_KIND_BIT(NUMA) | SPF_KIND_BIT(UFFD_WP),
};

/* change_protection([tlb,] vma, start, end, [newprot,] cp_flags) */
static enum spf_decoded touch_protect(struct pt_regs *regs,
				      struct spf_touch *touch)
{
	return touch_protected(regs, touch, spf_arg_ulong(regs, SPF_PROTECT_FLAGS));
}

struct spf_hook spf_hook_change_protection = {
	.symbols = { "change_protection" },
	.refuted = SPF_REFUTED_CHANGE_PROTECTION,
	.mandatory = true,
	SPF_SECTION(touch_protect),
	.kind = SPF_KIND_MPROTECT,
	.records = SPF_KIND_BIT(MPROTECT) | SPF_KIND_BIT(NUMA) | SPF_KIND_BIT(UFFD_WP),
	.instead = &spf_hook_change_protection_range,
};

/* --- MADV_FREE --- */

/* madvise_free_single_vma(vma, start, end), as long as it is that. */
static enum spf_decoded touch_madv_free(struct pt_regs *regs,
					struct spf_touch *touch)
{
	enum spf_decoded decoded = spf_take_vma_range(regs, 0, touch);

	return spf_only_if(touch->nr && touch->mm == current->mm &&
		       !touch->vma[0]->vm_ops, decoded);
}

/* Up to 6.10 or so it has the VMA as its argument. */
struct spf_hook spf_hook_madv_free = {
	.symbols = { "madvise_free_single_vma" },
	SPF_SECTION(touch_madv_free),
	SPF_RECORDS(MADV_FREE),
	.unused = SPF_VMA_LOCKS,
};

struct spf_hook spf_hook_in_madv_free = {
	.symbols = { "madvise_free_single_vma" },
	SPF_INSIDE(spf_on_inside),
	SPF_TELLS(MADV_FREE),
	.instead = &spf_hook_madv_free,
};

static int on_inside_madvise(struct kretprobe_instance *ri,
			     struct pt_regs *regs)
{
	return spf_enter_madvise(ri, regs, (int)spf_arg_ulong(regs, 3) == MADV_FREE);
}

struct spf_hook spf_hook_in_madvise_call = {
	.symbols = { "do_madvise" },
	.refuted = SPF_REFUTED_DO_MADVISE,
	SPF_INSIDE(on_inside_madvise),
	SPF_TELLS(MADV_FREE),
	.instead = &spf_hook_in_madv_free,
	.unused = !SPF_VMA_LOCKS,
};

/* walk_page_range(mm, start, end, ops, private) inside MADV_FREE */
static enum spf_decoded touch_walk(struct pt_regs *regs,
				   struct spf_touch *touch)
{
	struct mm_struct *mm = spf_arg(regs, 0);
	struct vm_area_struct *vma;

	touch->start = spf_arg_ulong(regs, 1);
	touch->end = spf_arg_ulong(regs, 2);
	/* Others walk all there is. */
	if (!spf_is_mm(mm) || touch->start >= touch->end)
		return SPF_NOT_UNDERSTOOD;
	if (spf_kind_inside() != SPF_KIND_MADV_FREE || mm != current->mm)
		return SPF_NOTHING;
	vma = spf_vma_at(mm, touch->start);
	if (!vma)
		return SPF_NOTHING;
	spf_touch_vma(touch, vma);
	return SPF_TOUCHED;
}

struct spf_hook spf_hook_walk = {
	.symbols = { "walk_page_range" },
	.refuted = SPF_REFUTED_WALK_PAGE_RANGE,
	SPF_SECTION(touch_walk),
	SPF_RECORDS(MADV_FREE),
	.by_caller = true,
	.needs = &spf_hook_in_madvise_call,
};

/* walk_page_range_vma(vma, start, end, ops, private) inside MADV_FREE */
static enum spf_decoded touch_walk_vma(struct pt_regs *regs,
				       struct spf_touch *touch)
{
	return spf_only_if(spf_kind_inside() == SPF_KIND_MADV_FREE,
		       spf_take_vma_range(regs, 0, touch));
}

struct spf_hook spf_hook_walk_vma = {
	.symbols = { "walk_page_range_vma" },
	.refuted = SPF_REFUTED_WALK_PAGE_RANGE_VMA,
	SPF_SECTION(touch_walk_vma),
	SPF_RECORDS(MADV_FREE),
	.by_caller = true,
	.needs = &spf_hook_in_madv_free,
};

/* --- page tables that go --- */

/*
 * pmdp_collapse_flush(vma, address, pmdp): khugepaged begins to replace the
 * page table.  Only anonymous memory: what it does to files is not v12's
 * section, and files do not speculate.
 */
static enum spf_decoded touch_collapse(struct pt_regs *regs,
				       struct spf_touch *touch)
{
	enum spf_decoded decoded = spf_take_vma(regs, 0, touch);

	touch->start = spf_arg_ulong(regs, 1) & PMD_MASK;
	touch->end = touch->start + PMD_SIZE;
	return spf_only_if(touch->nr && !touch->vma[0]->vm_ops, decoded);
}

/* Ends with the lock. */
struct spf_hook spf_hook_collapse = {
	.symbols = { "pmdp_collapse_flush" },
	.refuted = SPF_REFUTED_PMDP_COLLAPSE_FLUSH,
	SPF_PAIR(touch_collapse),
	SPF_RECORDS(COLLAPSE),
};

/* unlink_anon_vmas(vma) inside free_pgtables */
static enum spf_decoded touch_anon_unlink(struct pt_regs *regs,
					  struct spf_touch *touch)
{
	return spf_kind_inside() == SPF_KIND_PGTABLES ?
	       spf_take_vma(regs, 0, touch) : SPF_NOTHING;
}

struct spf_hook spf_hook_anon_unlink = {
	.symbols = { "unlink_anon_vmas" },
	.refuted = SPF_REFUTED_UNLINK_ANON_VMAS,
	SPF_INSTANT(touch_anon_unlink),
	SPF_RECORDS(PGTABLES),
	.by_caller = true,
};

struct spf_hook spf_hook_in_pgtables = {
	.symbols = { "free_pgtables" },
	SPF_INSIDE(spf_on_inside),
	SPF_TELLS(PGTABLES),
	.needs = &spf_hook_anon_unlink,
};
