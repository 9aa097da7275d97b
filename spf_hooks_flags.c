// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, hooks on what changes the flags of VMAs, or their memory policy.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/userfaultfd.h>

#include <spf/compat.h>
#include <spf/decode.h>
#include <spf/probe.h>
#include <spf/rows.h>
#include <spf/section.h>
#include <spf/stats.h>

/* --- sections that follow a split or merge --- */

/*
 * mlock, madvise, mbind and userfaultfd change the flags of a VMA right after
 * they have made it the size of the range.  The function that does that knows
 * the VMA, and the moment when it returns is that of v12's section.
 */

/* The stores are about to be made. */
static void follows(struct vm_area_struct *vma, u8 kind)
{
	struct spf_touch touch = { .kind = kind };

	spf_touch_whole(&touch, vma);
	spf_seen_kind(kind);
	spf_section_instant(&touch);
}

/* vma_modify_*(...): returns the VMA or an error */
static int on_modify(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct spf_hook *h = spf_hook_of(ri);
	u8 *kind = (u8 *)ri->data;

	spf_hit(h);
	*kind = h->kind < SPF_NR_KINDS ? h->kind : spf_kind_inside();
	return !(BIT(*kind) & h->records);
}

static int on_modify_return(struct kretprobe_instance *ri,
			    struct pt_regs *regs)
{
	struct vm_area_struct *vma = (void *)regs_return_value(regs);

	if (IS_ERR(vma))
		return 0;
	if (!spf_is_any_vma(vma)) {
		spf_misread(spf_hook_of(ri));
		return 0;
	}
	follows(vma, *(u8 *)ri->data);
	return 0;
}

#define MODIFY \
	.type = SPF_HOOK_KRETPROBE, \
	.entry = on_modify, \
	.ret = on_modify_return, \
	.data_size = sizeof(u8), \
	.instances = SPF_INSTANCES_WRITERS

struct spf_hook spf_hook_modify_advice = {
	.symbols = { "vma_modify_flags_name" },
	MODIFY,
	SPF_RECORDS(MADVISE),
};

struct spf_hook spf_hook_modify_name = {
	.symbols = { "vma_modify_name" },
	MODIFY,
	SPF_RECORDS(MADVISE),
};

struct spf_hook spf_hook_modify_policy = {
	.symbols = { "vma_modify_policy" },
	MODIFY,
	SPF_RECORDS(MBIND),
};

struct spf_hook spf_hook_modify_uffd = {
	.symbols = { "vma_modify_flags_uffd" },
	MODIFY,
	SPF_RECORDS(UFFD),
};

struct spf_hook spf_hook_modify = {
	.symbols = { "vma_modify_flags" },
	MODIFY,
	.kind = SPF_NR_KINDS,
	.records = SPF_KIND_BIT(MLOCK) | SPF_KIND_BIT(MADVISE),
	.by_caller = true,
};

struct merge {
	struct mm_struct *mm;
	unsigned long address;
	u8 kind;
};

/*
 * vma_merge([vmi,] mm, prev, addr, end, ...): returns the merged VMA, or NULL
 * when the one at addr stays and may be split next.
 */
static int on_merge(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct merge *merge = (struct merge *)ri->data;
	const struct spf_hook *h = spf_hook_of(ri);

	spf_hit(h);
	merge->kind = spf_kind_inside();
	if (!(BIT(merge->kind) & h->records))
		return 1;
	merge->mm = spf_arg(regs, SPF_MERGE_MM);
	merge->address = spf_arg_ulong(regs, SPF_MERGE_MM + 2);
	if (!spf_is_mm(merge->mm) || merge->address > TASK_SIZE_MAX) {
		spf_misread(h);
		return 1;
	}
	return merge->mm != current->mm;
}

static int on_merge_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct merge *merge = (const struct merge *)ri->data;
	struct vm_area_struct *vma = (void *)regs_return_value(regs);

	if (!vma)
		vma = spf_vma_at(merge->mm, merge->address);
	if (!vma)
		return 0;
	if (!spf_is_vma(vma, merge->mm)) {
		spf_misread(spf_hook_of(ri));
		return 0;
	}
	follows(vma, merge->kind);
	return 0;
}

struct spf_hook spf_hook_merge = {
	.symbols = { "vma_merge" },
	.refuted = SPF_REFUTED_VMA_MERGE,
	.type = SPF_HOOK_KRETPROBE,
	.entry = on_merge,
	.ret = on_merge_return,
	.data_size = sizeof(struct merge),
	.instances = SPF_INSTANCES_WRITERS,
	.kind = SPF_NR_KINDS,
	.records = SPF_KIND_BIT(MLOCK) | SPF_KIND_BIT(MADVISE) |
		   SPF_KIND_BIT(MBIND) | SPF_KIND_BIT(UFFD),
	.by_caller = true,
	.instead = &spf_hook_modify,
};

/* --- what these are called for --- */

struct spf_hook spf_hook_in_mlock = {
	.symbols = { "mlock_fixup" },
	SPF_INSIDE(spf_on_inside),
	SPF_TELLS(MLOCK),
};

struct spf_hook spf_hook_in_advice = {
	.symbols = { "madvise_update_vma" },
	SPF_INSIDE(spf_on_inside),
	SPF_TELLS(MADVISE),
	.instead = &spf_hook_modify_advice,
};

struct spf_hook spf_hook_in_mbind = {
	.symbols = { "mbind_range", "do_mbind" },
	SPF_INSIDE(spf_on_inside),
	SPF_TELLS(MBIND),
	.instead = &spf_hook_modify_policy,
};

/*
 * For advice that changes flags.  The others may be many at a time: every thread
 * that exits gives its stack back.
 */
static int on_inside_advice(struct kretprobe_instance *ri,
			    struct pt_regs *regs)
{
	switch ((int)spf_arg_ulong(regs, 3)) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
		return spf_enter_madvise(ri, regs, true);
	}
	return spf_enter_madvise(ri, regs, false);
}

struct spf_hook spf_hook_in_madvise = {
	.symbols = { "do_madvise" },
	.refuted = SPF_REFUTED_DO_MADVISE,
	SPF_INSIDE(on_inside_advice),
	SPF_TELLS(MADVISE),
	.instead = &spf_hook_modify,
};

/* userfaultfd_ioctl(file, cmd, arg), for what changes flags */
static int on_inside_uffd(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	switch ((unsigned int)spf_arg_ulong(regs, 1)) {
	case UFFDIO_REGISTER:
	case UFFDIO_UNREGISTER:
		return spf_on_inside(ri, regs);
	}
	spf_hit(spf_hook_of(ri));
	return 1;
}

struct spf_hook spf_hook_in_uffd = {
	.symbols = { "userfaultfd_ioctl" },
	SPF_INSIDE(on_inside_uffd),
	SPF_TELLS(UFFD),
	.instead = &spf_hook_modify_uffd,
};

/* userfaultfd_release(...): most have no VMA any more. */
static int on_inside_release(struct kretprobe_instance *ri,
			     struct pt_regs *regs)
{
	return spf_enter_inside(ri);
}

struct spf_hook spf_hook_in_uffd_release = {
	.symbols = { "userfaultfd_release" },
	SPF_INSIDE(on_inside_release),
	SPF_TELLS(UFFD),
	.instead = &spf_hook_modify_uffd,
};

/* --- sections of functions of their own --- */

/*
 * munlock_vma_pages_range(vma, start, end) of 5.10: v12's section for a locked
 * VMA that is unmapped.  For the others mlock_fixup tells.
 */
static enum spf_decoded touch_munlock(struct pt_regs *regs,
				      struct spf_touch *touch)
{
	return spf_only_if(spf_kind_inside() != SPF_KIND_MLOCK,
		       spf_take_vma_range(regs, 0, touch));
}

struct spf_hook spf_hook_munlock = {
	.symbols = { "munlock_vma_pages_range" },
	SPF_INSTANT(touch_munlock),
	SPF_RECORDS(MLOCK),
};

/* vma_set_page_prot(vma), at the end of an mmap or of a soft-dirty clear */
static enum spf_decoded touch_page_prot(struct pt_regs *regs,
					struct spf_touch *touch)
{
	touch->kind = spf_kind_inside();
	if (touch->kind != SPF_KIND_MMAP && touch->kind != SPF_KIND_SOFT_DIRTY)
		return SPF_NOTHING;
	return spf_take_vma(regs, 0, touch);
}

struct spf_hook spf_hook_page_prot = {
	.symbols = { "vma_set_page_prot" },
	.refuted = SPF_REFUTED_VMA_SET_PAGE_PROT,
	SPF_INSTANT(touch_page_prot),
	.kind = SPF_NR_KINDS,
	.records = SPF_KIND_BIT(MMAP) | SPF_KIND_BIT(SOFT_DIRTY),
	.by_caller = true,
};

struct spf_hook spf_hook_in_mmap = {
	.symbols = { "__mmap_region", "mmap_region" },
	SPF_INSIDE(spf_on_inside),
	SPF_TELLS(MMAP),
	.needs = &spf_hook_page_prot,
};

struct spf_hook spf_hook_in_clear_refs = {
	.symbols = { "clear_refs_write" },
	SPF_INSIDE(spf_on_inside),
	SPF_TELLS(SOFT_DIRTY),
	.needs = &spf_hook_page_prot,
};

/*
 * mpol_rebind_mm(mm, new): a moment on every VMA of the mm.  Counted, but not
 * against the VMAs, which are not named: it takes a change of cpusets.
 */
static enum spf_decoded touch_rebind(struct pt_regs *regs,
				     struct spf_touch *touch)
{
	touch->mm = spf_arg(regs, 0);
	touch->end = TASK_SIZE;
	return spf_is_mm(touch->mm) ? SPF_TOUCHED : SPF_NOT_UNDERSTOOD;
}

struct spf_hook spf_hook_rebind = {
	.symbols = { "mpol_rebind_mm" },
	.refuted = SPF_REFUTED_MPOL_REBIND_MM,
	SPF_SECTION(touch_rebind),
	SPF_RECORDS(REBIND),
};
