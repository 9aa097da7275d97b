// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, hooks on what makes VMAs, changes their bounds and takes them away.
 */
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <spf/compat.h>
#include <spf/decode.h>
#include <spf/probe.h>
#include <spf/rows.h>
#include <spf/section.h>
#include <spf/stats.h>

/* --- the life of a VMA --- */

static int on_born(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct mm_struct **mm = (const struct mm_struct **)ri->data;

	spf_hit(spf_hook_of(ri));
	*mm = spf_arg(regs, 0);
	if (spf_is_mm(*mm))
		return !spf_mm_shared(*mm);
	spf_misread(spf_hook_of(ri));
	return 1;
}

static int on_born_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct mm_struct **mm = (const struct mm_struct **)ri->data;
	const void *vma = (const void *)regs_return_value(regs);

	if (vma)
		spf_vma_born(*mm, vma);
	return 0;
}

struct spf_hook spf_hook_vma_alloc = {
	.symbols = { "vm_area_alloc" },
	.refuted = SPF_REFUTED_VM_AREA_ALLOC,
	.type = SPF_HOOK_KRETPROBE,
	.entry = on_born,
	.ret = on_born_return,
	.data_size = sizeof(struct mm_struct *),
	.instances = SPF_INSTANCES_WRITERS,
};

/* vm_area_free(vma), in the task that frees it */
static void on_free(const struct spf_hook *h, struct pt_regs *regs)
{
	const struct vm_area_struct *vma = spf_arg(regs, 0);
	struct mm_struct *mm;

	/* Its mm may be gone. */
	if (!get_kernel_nofault(mm, &vma->vm_mm))
		spf_vma_free(vma);
	else
		spf_misread(h);
}

struct spf_hook spf_hook_vma_free = {
	.symbols = { "vm_area_free" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_free,
};

/* __vm_area_free(vma): in an RCU callback, or with all of an mm */
static void on_gone(const struct spf_hook *h, struct pt_regs *regs)
{
	const struct vm_area_struct *vma = spf_arg(regs, 0);
	struct mm_struct *mm;

	if (!get_kernel_nofault(mm, &vma->vm_mm))
		spf_vma_gone(vma);
	else
		spf_misread(h);
}

/* 6.4 to 6.14: the VMAs of an mm that nobody uses any more. */
struct spf_hook spf_hook_vma_free_exit = {
	.symbols = { "__vm_area_free" },
	.type = SPF_HOOK_ENTRY,
	.entered = on_gone,
};

/* --- its bounds --- */

/*
 * v12 patch 09: __vma_adjust moves the counter of vma and, changed or not, of
 * the VMA behind it.  The tree cannot change: the caller of the probed function
 * holds mmap_lock for write.
 */
static struct vm_area_struct *touch_with_next(struct spf_touch *touch,
					      struct vm_area_struct *vma)
{
	struct vm_area_struct *next = spf_vma_next(vma);

	spf_touch_vma(touch, vma);
	if (next)
		spf_touch_vma(touch, next);
	touch->behind = next ? 1 : 0;
	return next;
}

/* The beginning of mm/vma.h's struct, since 6.3. */
struct vma_prepare {
	struct vm_area_struct *vma;
	struct vm_area_struct *adj_next;
	struct file *file;
	struct address_space *mapping;
	struct anon_vma *anon_vma;
	struct vm_area_struct *insert;
	struct vm_area_struct *remove;
	struct vm_area_struct *remove2;
};

/*
 * vma_prepare(vp), which every change of a VMA's bounds goes through since 6.3.
 * The VMAs are those that v12's __vma_adjust would have been called for.  Where
 * no other VMA than vp->vma is changed, v12 moved the counter of the next one
 * all the same.
 */
static enum spf_decoded touch_prepare(struct pt_regs *regs,
				      struct spf_touch *touch)
{
	struct vma_prepare vp;
	struct mm_struct *mm;

	if (!spf_copy_arg(&vp, regs, 0, sizeof(vp)) || !spf_is_any_vma(vp.vma))
		return SPF_NOT_UNDERSTOOD;
	/* Closing a userfaultfd, it may be another task's. */
	mm = vp.vma->vm_mm;
	if (!spf_is_vma_or_null(vp.insert, mm) ||
	    !spf_is_vma_or_null(vp.adj_next, mm) ||
	    !spf_is_vma_or_null(vp.remove, mm) || !spf_is_vma_or_null(vp.remove2, mm))
		return SPF_NOT_UNDERSTOOD;
	touch->start = vp.vma->vm_start;
	touch->end = vp.vma->vm_end;
	touch->insert = vp.insert;
	if (!vp.adj_next && !vp.remove) {
		touch_with_next(touch, vp.vma);
		return SPF_TOUCHED;
	}
	spf_touch_vma(touch, vp.vma);
	if (vp.adj_next)
		spf_touch_vma(touch, vp.adj_next);
	if (vp.remove)
		spf_touch_vma(touch, vp.remove);
	if (vp.remove2 && touch->nr < SPF_TOUCH_MAX)
		spf_touch_vma(touch, vp.remove2);
	return SPF_TOUCHED;
}

struct spf_hook spf_hook_vma_prepare = {
	.symbols = { "vma_prepare" },
	SPF_PAIR(touch_prepare),
	SPF_RECORDS(ADJUST),
};

/*
 * vma_complete(vp, vmi, mm): what the task has open is that call's if it is about
 * the same mm, which its caller keeps.
 */
static int on_pair_end(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct mm_struct **mm = (const struct mm_struct **)ri->data;
	const struct spf_hook *h = spf_hook_of(ri);

	spf_hit(h);
	spf_count_cold(SPF_N_TOLD + h->kind);
	*mm = spf_arg(regs, 2);
	if (spf_is_mm(*mm))
		return 0;
	spf_misread(h);
	return 1;
}

static int on_pair_end_return(struct kretprobe_instance *ri,
			      struct pt_regs *regs)
{
	spf_pair_end(spf_hook_of(ri)->kind, *(const struct mm_struct **)ri->data);
	return 0;
}

struct spf_hook spf_hook_vma_complete = {
	.symbols = { "vma_complete" },
	.type = SPF_HOOK_KRETPROBE,
	.entry = on_pair_end,
	.ret = on_pair_end_return,
	.data_size = sizeof(struct mm_struct *),
	.instances = SPF_INSTANCES_WRITERS,
	SPF_TELLS(ADJUST),
	.needs = &spf_hook_vma_prepare,
};

/* Does __vma_adjust change the VMA behind as well, or swallow it? */
static bool next_changes(const struct spf_touch *touch,
			 const struct vm_area_struct *vma,
			 const struct vm_area_struct *next)
{
	return !touch->insert && (touch->end > next->vm_start ||
				  touch->end < vma->vm_end);
}

/* __vma_adjust(vma, start, end, pgoff, insert, expand) */
static enum spf_decoded touch_adjust(struct pt_regs *regs,
				     struct spf_touch *touch)
{
	struct vm_area_struct *vma = spf_arg(regs, 0), *next, *behind;

	touch->insert = spf_arg(regs, 4);
	if (!spf_take_range(touch, spf_arg_ulong(regs, 1), spf_arg_ulong(regs, 2)) ||
	    !spf_is_any_vma(vma) || !spf_is_vma_or_null(touch->insert, vma->vm_mm))
		return SPF_NOT_UNDERSTOOD;
	next = touch_with_next(touch, vma);
	if (next && next_changes(touch, vma, next))
		touch->behind = 0;
	/*
	 * When next and a second neighbour are swallowed (mprotect case 6),
	 * v12 moves the second one's counter too.
	 */
	if (!next || touch->insert || touch->end <= next->vm_end ||
	    next == spf_arg(regs, 5))
		return SPF_TOUCHED;
	behind = spf_vma_next(next);
	if (behind)
		spf_touch_vma(touch, behind);
	return SPF_TOUCHED;
}

struct spf_hook spf_hook_vma_adjust = {
	.symbols = { "__vma_adjust" },
	.refuted = SPF_REFUTED_VMA_ADJUST,
	.mandatory = true,
	SPF_SECTION(touch_adjust),
	SPF_RECORDS(ADJUST),
	.instead = &spf_hook_vma_complete,
};

/*
 * vma_expand(mas, vma, start, end, pgoff, next): the merge that mmap makes in
 * 6.1; up to 6.0, and in v12, it went through __vma_adjust.
 */
static enum spf_decoded touch_expand(struct pt_regs *regs,
				     struct spf_touch *touch)
{
	struct vm_area_struct *vma = spf_arg(regs, 1);

	if (!spf_take_range(touch, spf_arg_ulong(regs, 2), spf_arg_ulong(regs, 3)) ||
	    !spf_is_any_vma(vma))
		return SPF_NOT_UNDERSTOOD;
	touch_with_next(touch, vma);
	return SPF_TOUCHED;
}

struct spf_hook spf_hook_vma_expand = {
	.symbols = { "vma_expand" },
	SPF_SECTION(touch_expand),
	SPF_RECORDS(EXPAND),
	.instead = &spf_hook_vma_complete,
};

/*
 * do_brk_flags(mas, vma, addr, len, flags) of 6.1 makes the heap grow by
 * itself; up to 6.0, and in v12, that went through __vma_adjust.  A heap that
 * does not end at addr, or has other flags, gets a new VMA: no section.
 */
static enum spf_decoded touch_brk(struct pt_regs *regs, struct spf_touch *touch)
{
	struct vm_area_struct *vma = spf_arg(regs, 1);
	unsigned long flags, start = spf_arg_ulong(regs, 2);

	if (!spf_take_range(touch, start, start + spf_arg_ulong(regs, 3)) ||
	    !spf_is_vma_or_null(vma, current->mm))
		return SPF_NOT_UNDERSTOOD;
	if (!vma || vma->vm_end != start)
		return SPF_NOTHING;
	flags = spf_arg_ulong(regs, 4) | spf_brk_flags(current->mm);
	if ((vma->vm_flags ^ flags) & ~VM_SOFTDIRTY || vma_policy(vma))
		return SPF_NOTHING;
	touch_with_next(touch, vma);
	return SPF_TOUCHED;
}

struct spf_hook spf_hook_brk = {
	.symbols = { "do_brk_flags" },
	SPF_SECTION(touch_brk),
	SPF_RECORDS(EXPAND),
	.unused = !SPF_BRK_IN_PLACE,
	.instead = &spf_hook_vma_complete,
};

/* expand_downwards(vma, address), expand_upwards(vma, address) */
static enum spf_decoded touch_stack(struct pt_regs *regs,
				    struct spf_touch *touch)
{
	enum spf_decoded decoded = spf_take_vma(regs, 0, touch);

	touch->start = spf_arg_ulong(regs, 1);
	touch->end = touch->start;
	return touch->start <= TASK_SIZE_MAX ? decoded : SPF_NOT_UNDERSTOOD;
}

struct spf_hook spf_hook_stack_down = {
	.symbols = { "expand_downwards" },
	.refuted = SPF_REFUTED_EXPAND_DOWNWARDS,
	SPF_SECTION(touch_stack),
	SPF_RECORDS(STACK),
};

struct spf_hook spf_hook_stack_up = {
	.symbols = { "expand_upwards" },
	SPF_SECTION(touch_stack),
	SPF_RECORDS(STACK),
};

/* The beginning of mm/internal.h's struct, since 6.15. */
struct pagetable_move_control {
	struct vm_area_struct *old;
	struct vm_area_struct *new;
	unsigned long old_addr;
	unsigned long old_end;
};

/*
 * move_page_tables(vma, old_addr, new_vma, new_addr, len, ...) or, since 6.15,
 * move_page_tables(control).  An exec that moves the stack within one VMA is
 * not v12's section.
 */
static enum spf_decoded touch_move(struct pt_regs *regs,
				   struct spf_touch *touch)
{
	unsigned long start = spf_arg_ulong(regs, 1);
	struct pagetable_move_control control = {
		.old = spf_arg(regs, 0),
		.new = spf_arg(regs, 2),
		.old_addr = start,
		.old_end = start + spf_arg_ulong(regs, 4),
	};

	if (!spf_is_vma(control.old, current->mm) &&
	    !spf_copy_arg(&control, regs, 0, sizeof(control)))
		return SPF_NOT_UNDERSTOOD;
	if (!spf_take_range(touch, control.old_addr, control.old_end) ||
	    !spf_is_vma(control.old, current->mm) ||
	    !spf_is_vma(control.new, current->mm))
		return SPF_NOT_UNDERSTOOD;
	if (control.old == control.new)
		return SPF_NOTHING;
	spf_touch_vma(touch, control.old);
	spf_touch_vma(touch, control.new);
	return SPF_TOUCHED;
}

struct spf_hook spf_hook_move_page_tables = {
	.symbols = { "move_page_tables" },
	.refuted = SPF_REFUTED_MOVE_PAGE_TABLES,
	SPF_SECTION(touch_move),
	SPF_RECORDS(MREMAP),
};

/* --- VMAs leave the tree --- */

/*
 * VMAs leave the tree.  Counted; it moves no counter (v12 makes the tree node
 * empty instead) and no fault can meet a VMA that is gone.
 */

/* __do_munmap(mm, start, len, uf, downgrade), also called for nothing */
static enum spf_decoded touch_remove_mm(struct pt_regs *regs,
					struct spf_touch *touch)
{
	const struct vm_area_struct *vma;

	touch->mm = spf_arg(regs, 0);
	touch->start = spf_arg_ulong(regs, 1);
	touch->end = touch->start + PAGE_ALIGN(spf_arg_ulong(regs, 2));
	if (!spf_is_mm(touch->mm))
		return SPF_NOT_UNDERSTOOD;
	if (touch->mm != current->mm || touch->end <= touch->start)
		return SPF_NOTHING;
	vma = spf_vma_at(touch->mm, touch->start);
	return vma && vma->vm_start < touch->end ? SPF_TOUCHED : SPF_NOTHING;
}

struct spf_hook spf_hook_remove_mm = {
	.symbols = { "__do_munmap" },
	.refuted = SPF_REFUTED_DO_MUNMAP,
	SPF_SECTION(touch_remove_mm),
	SPF_RECORDS(REMOVE),
};

/*
 * do_mas_align_munmap(mas, vma, mm, start, end, uf, downgrade), also where the
 * compiler has dropped uf, which is of no use without userfaultfd
 */
static enum spf_decoded touch_remove_mas(struct pt_regs *regs,
					 struct spf_touch *touch)
{
	touch->mm = spf_arg(regs, 2);
	if (!spf_take_range(touch, spf_arg_ulong(regs, 3), spf_arg_ulong(regs, 4)) ||
	    !spf_is_mm(touch->mm) || !spf_is_vma(spf_arg(regs, 1), touch->mm))
		return SPF_NOT_UNDERSTOOD;
	return touch->mm == current->mm ? SPF_TOUCHED : SPF_NOTHING;
}

struct spf_hook spf_hook_remove_mas = {
	.symbols = { "do_mas_align_munmap" },
	SPF_SECTION(touch_remove_mas),
	SPF_RECORDS(REMOVE),
};

/* The beginning of mm/vma.h's struct, since 6.12. */
struct vma_munmap_struct {
	struct vma_iterator *vmi;
	struct vm_area_struct *vma;
	struct vm_area_struct *prev;
	struct vm_area_struct *next;
	struct list_head *uf;
	unsigned long start;
	unsigned long end;
	unsigned long unmap_start;
	unsigned long unmap_end;
	int vma_count;
};

/*
 * vms_complete_munmap_vmas(vms, mas_detach): nobody turns back from here, and
 * an mmap that had nothing to remove comes here, too.
 */
static enum spf_decoded touch_remove_vms(struct pt_regs *regs,
					 struct spf_touch *touch)
{
	struct vma_munmap_struct vms;
	const void *tree;

	/* An iterator begins with a pointer to the tree that it is on. */
	if (!spf_copy_arg(&vms, regs, 0, sizeof(vms)) ||
	    get_kernel_nofault(tree, (const void **)vms.vmi) ||
	    tree != spf_vma_tree(current->mm))
		return SPF_NOT_UNDERSTOOD;
	if (!vms.vma_count)
		return SPF_NOTHING;
	touch->mm = current->mm;
	return spf_take_range(touch, vms.start, vms.end) &&
	       spf_is_vma(vms.vma, touch->mm) ? SPF_TOUCHED : SPF_NOT_UNDERSTOOD;
}

struct spf_hook spf_hook_remove_vms = {
	.symbols = { "vms_complete_munmap_vmas" },
	SPF_SECTION(touch_remove_vms),
	SPF_RECORDS(REMOVE),
};
