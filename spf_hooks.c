// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1a, the hook table: which functions of which kernel are probed, and
 * the handlers that turn their registers into plain arguments for the two
 * chains in spf/pipe.h.  docs/hooks.md shows the table by kernel.
 *
 * Handlers run in the context of the probed function, and with preemption off:
 * those of kprobes always, those of tracepoints because each begins with
 * preempt_disable_notrace() (since 7.0 or so the kernel does not do that for
 * them).  The kernel does not run a kprobe inside a kprobe: such a hit is counted
 * as "reentry".
 *
 * Arguments are found by their position, and many of these functions are private
 * to the kernel: another release, or the compiler, may pass others.  So nothing
 * is followed before is_vma() or is_mm() has looked at it, with reads that may
 * fail, and a hit that was not understood is counted as that.  Some arguments
 * are structures that are private as well.  Their first members are declared
 * here as they are in every kernel that has them; they are copied with such
 * reads, too.  What the kernel's headers declare is also compared with
 * them when spf is built: feature/proto_*.c.
 */
#include <linux/kprobes.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/rwsem.h>
#include <linux/signal.h>
#include <linux/uaccess.h>
#include <linux/userfaultfd.h>

#include <spf/compat.h>
#include <spf/pipe.h>
#include <spf/probe.h>
#include <spf/selfcheck.h>
#include <spf/stats.h>

/* The arguments of a call that was a hit are not what was expected. */
static void misread(const struct spf_hook *h)
{
	spf_count_cold(SPF_N_MISREAD + h->id);
}

static struct spf_hook *hook_of(struct kretprobe_instance *ri)
{
	return container_of(spf_kretprobe_of(ri), struct spf_point, rp)->hook;
}

static void *arg(struct pt_regs *regs, unsigned int n)
{
	return (void *)regs_get_kernel_argument(regs, n);
}

static unsigned long arg_ulong(struct pt_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument(regs, n);
}

/* --- is it what it is taken for? --- */

/* Has to be the mm of current, or look like one. */
static bool is_mm(const struct mm_struct *mm)
{
	const size_t table = min_t(size_t, PTRS_PER_PGD * sizeof(pgd_t),
				   PAGE_SIZE);
	unsigned long task_size;
	pgd_t *pgd;

	if (mm && mm == current->mm)
		return true;
	/* An exec has a new mm before it knows the size of its tasks. */
	return !get_kernel_nofault(pgd, &mm->pgd) &&
	       !get_kernel_nofault(task_size, &mm->task_size) &&
	       IS_ALIGNED((unsigned long)pgd, table) &&
	       (unsigned long)pgd >= TASK_SIZE_MAX && task_size <= TASK_SIZE_MAX;
}

/* What of a VMA tells that it is one is at its beginning. */
#define VMA_HEAD	offsetofend(struct vm_area_struct, vm_mm)

/* Has to look like a VMA, of any mm. */
static bool is_any_vma(const struct vm_area_struct *vma)
{
	struct vm_area_struct copy;

	return !copy_from_kernel_nofault(&copy, vma, VMA_HEAD) &&
	       copy.vm_start < copy.vm_end && copy.vm_end <= TASK_SIZE_MAX &&
	       PAGE_ALIGNED(copy.vm_start | copy.vm_end) &&
	       is_mm(copy.vm_mm);
}

/* Has to be a VMA of this mm. */
static bool is_vma(const struct vm_area_struct *vma,
		   const struct mm_struct *mm)
{
	return is_any_vma(vma) && vma->vm_mm == mm;
}

static bool is_vma_or_null(const struct vm_area_struct *vma,
			   const struct mm_struct *mm)
{
	return !vma || is_vma(vma, mm);
}

/* Has to look like a semaphore, in whatever state. */
static bool is_rwsem(const struct rw_semaphore *sem)
{
	atomic_long_t count;

	return !get_kernel_nofault(count, &sem->count) &&
	       !(atomic_long_read(&count) & SPF_RWSEM_UNUSED);
}

/* --- the fault path --- */

static void on_arrival(void *data, unsigned long address, struct pt_regs *regs,
		       unsigned long error_code)
{
	preempt_disable_notrace();
	spf_hit(&spf_hooks[SPF_HOOK_ARRIVAL]);
	spf_fault_arrive(address);
	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(on_arrival);

/* Also inside a handler of spf's own, where faults are not handled: see there. */
static void on_arrival_kernel(void *data, unsigned long address,
			      struct pt_regs *regs, unsigned long error_code)
{
	preempt_disable_notrace();
	spf_hit(&spf_hooks[SPF_HOOK_ARRIVAL_KERNEL]);
	spf_kernel_arrive(address);
	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(on_arrival_kernel);

static int on_fault(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct spf_fault **f = (struct spf_fault **)ri->data;

	spf_hit(&spf_hooks[SPF_HOOK_FAULT]);
	*f = spf_fault_enter(arg(regs, 0), arg_ulong(regs, 1),
			     arg_ulong(regs, 2));
	return !*f;
}

NOKPROBE_SYMBOL(on_fault);

static int on_fault_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	spf_fault_leave(*(struct spf_fault **)ri->data,
			(__force vm_fault_t)regs_return_value(regs));
	return 0;
}

NOKPROBE_SYMBOL(on_fault_return);

/*
 * rwsem_down_read_slowpath(sem, ...): a reader could not have the lock at once.
 * Of all the kernel's semaphores, only the mmap_lock of a task in a fault
 * counts.
 */
static void on_read_wait(const struct spf_hook *h, struct pt_regs *regs)
{
	const struct rw_semaphore *sem = arg(regs, 0);

	if (current->mm && sem == &current->mm->mmap_lock)
		spf_fault_wait(current->mm);
	else if (!is_rwsem(sem))
		misread(h);
}

NOKPROBE_SYMBOL(on_read_wait);

/* swapin_readahead(...): a page is not in memory, and not read synchronously */
static void on_swapin(const struct spf_hook *h, struct pt_regs *regs)
{
	spf_fault_swapin();
}

NOKPROBE_SYMBOL(on_swapin);

static void on_signal(void *data, int sig, struct kernel_siginfo *info,
		      struct task_struct *task, int group, int result)
{
	preempt_disable_notrace();
	spf_hit(&spf_hooks[SPF_HOOK_SIGNAL]);
	/* Small numbers stand for signals without a siginfo. */
	if (sig == SIGSEGV && task == current && (unsigned long)info > 2)
		spf_fault_signal(info->si_code);
	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(on_signal);

/* --- mmap_lock for write --- */

/* The mm whose lock this is, if it is that of current. */
static struct mm_struct *own_mm(const void *sem)
{
	struct mm_struct *mm = current->mm;

	return mm && sem == &mm->mmap_lock ? mm : NULL;
}

/*
 * down_write(sem), down_write_killable(sem), up_write(sem), downgrade_write(sem): every
 * semaphore of the kernel comes here.  All but a few are let go at once, before
 * anything else is done: two callbacks of their own, and a hook is told from the
 * other one by a single comparison.
 */
static void on_write_lock(const struct spf_hook *h, struct pt_regs *regs)
{
	struct mm_struct *mm = own_mm(arg(regs, 0));

	if (mm)
		spf_lock_ask(mm);
}

NOKPROBE_SYMBOL(on_write_lock);

/*
 * rwsem_down_write_slowpath(sem, ...): a writer could not have the lock at once.
 * Returns the semaphore, or an error when a signal came.
 */
static int on_write_wait(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const void *sem = arg(regs, 0);
	struct mm_struct *mm = own_mm(sem);

	spf_hit(hook_of(ri));
	if (!mm) {
		if (!is_rwsem(sem))
			misread(hook_of(ri));
		/* The lock of a VMA, where that is one, which a fault has. */
		if (SPF_VMA_LOCKS)
			spf_lock_mark(sem);
		return 1;
	}
	return !spf_lock_wait(mm);
}

NOKPROBE_SYMBOL(on_write_wait);

static int on_write_wait_return(struct kretprobe_instance *ri,
				struct pt_regs *regs)
{
	spf_lock_waited(current->mm, !IS_ERR_VALUE(regs_return_value(regs)));
	return 0;
}

NOKPROBE_SYMBOL(on_write_wait_return);

/* __vma_start_write(vma, ...): of every VMA once in a hold, since 6.15 */
static void on_mark(const struct spf_hook *h, struct pt_regs *regs)
{
	if (is_any_vma(arg(regs, 0)))
		spf_lock_mark(arg(regs, 0));
	else
		misread(h);
}

NOKPROBE_SYMBOL(on_mark);

static SPF_FTRACE_CALLBACK(on_write_lock_call)
{
	const struct spf_hook *h = &spf_hooks[SPF_HOOK_WRITE_LOCK];
	struct pt_regs *regs = spf_ftrace_regs(fregs);

	if (!spf_point_has(&h->points[0], ip))
		h = &spf_hooks[SPF_HOOK_WRITE_KILLABLE];
	spf_hit(h);
	if (!own_mm(arg(regs, 0)))
		return;
	preempt_disable_notrace();
	on_write_lock(h, regs);
	preempt_enable_notrace();
}

static void on_write_unlock(const struct spf_hook *h, struct pt_regs *regs)
{
	struct rw_semaphore *sem = arg(regs, 0);

	if (own_mm(sem) || spf_lock_foreign())
		spf_lock_give(container_of(sem, struct mm_struct, mmap_lock));
}

NOKPROBE_SYMBOL(on_write_unlock);

static SPF_FTRACE_CALLBACK(on_write_unlock_call)
{
	const struct spf_hook *h = &spf_hooks[SPF_HOOK_WRITE_UNLOCK];
	struct pt_regs *regs = spf_ftrace_regs(fregs);

	if (!spf_point_has(&h->points[0], ip))
		h = &spf_hooks[SPF_HOOK_DOWNGRADE];
	spf_hit(h);
	if (!own_mm(arg(regs, 0)) && !spf_lock_foreign())
		return;
	preempt_disable_notrace();
	on_write_unlock(h, regs);
	preempt_enable_notrace();
}

static void on_canary(const struct spf_hook *h, struct pt_regs *regs)
{
}

NOKPROBE_SYMBOL(on_canary);

static void on_exit_task(SPF_TP_EXIT)
{
	preempt_disable_notrace();
	spf_hit(&spf_hooks[SPF_HOOK_EXIT]);
	spf_task_exit();
	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(on_exit_task);

/* Some kernels call the probes of a tracepoint with preemption on. */
static void on_task_fork(void *data, struct task_struct *parent,
			 struct task_struct *child)
{
	preempt_disable_notrace();
	spf_hit(&spf_hooks[SPF_HOOK_TASK_FORK]);
	spf_filter_fork(child);
	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(on_task_fork);

/* --- the life of a VMA --- */

static int on_born(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct mm_struct **mm = (const struct mm_struct **)ri->data;

	spf_hit(hook_of(ri));
	*mm = arg(regs, 0);
	if (is_mm(*mm))
		return !spf_mm_shared(*mm);
	misread(hook_of(ri));
	return 1;
}

NOKPROBE_SYMBOL(on_born);

static int on_born_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct mm_struct **mm = (const struct mm_struct **)ri->data;
	const void *vma = (const void *)regs_return_value(regs);

	if (vma)
		spf_vma_born(*mm, vma);
	return 0;
}

NOKPROBE_SYMBOL(on_born_return);

/* vm_area_free(vma), in the task that frees it */
static void on_free(const struct spf_hook *h, struct pt_regs *regs)
{
	const struct vm_area_struct *vma = arg(regs, 0);
	struct mm_struct *mm;

	/* Its mm may be gone. */
	if (!get_kernel_nofault(mm, &vma->vm_mm))
		spf_vma_free(vma);
	else
		misread(h);
}

NOKPROBE_SYMBOL(on_free);

/* __vm_area_free(vma): in an RCU callback, or with all of an mm */
static void on_gone(const struct spf_hook *h, struct pt_regs *regs)
{
	const struct vm_area_struct *vma = arg(regs, 0);
	struct mm_struct *mm;

	if (!get_kernel_nofault(mm, &vma->vm_mm))
		spf_vma_gone(vma);
	else
		misread(h);
}

NOKPROBE_SYMBOL(on_gone);

/* --- write sections: ways to see one --- */

static void seen(u8 kind)
{
	spf_count_cold(SPF_N_SEEN + kind);
}

/* Is this hit a section? */
static bool decode(const struct spf_hook *h, struct pt_regs *regs,
		   struct spf_touch *touch)
{
	switch (h->touch(regs, touch)) {
	case SPF_NOT_UNDERSTOOD:
		misread(h);
		return false;
	case SPF_NOTHING:
		return false;
	case SPF_TOUCHED:
		break;
	}
	seen(touch->kind);
	return true;
}

/* From entry to return of a function. */
static int on_section(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct spf_hook *h = hook_of(ri);
	struct spf_touch touch = { .kind = h->kind };

	spf_hit(h);
	if (!decode(h, regs, &touch))
		return 1;
	spf_section_begin(&touch, (struct spf_open *)ri->data);
	return 0;
}

NOKPROBE_SYMBOL(on_section);

static int on_section_return(struct kretprobe_instance *ri,
			     struct pt_regs *regs)
{
	spf_section_end((struct spf_open *)ri->data);
	return 0;
}

NOKPROBE_SYMBOL(on_section_return);

/* Over in no time: v12 brackets a few stores. */
static void on_instant(const struct spf_hook *h, struct pt_regs *regs)
{
	struct spf_touch touch = { .kind = h->kind };

	if (decode(h, regs, &touch))
		spf_section_instant(&touch);
}

NOKPROBE_SYMBOL(on_instant);

/* From one function to another one that the same task calls later. */
static void on_pair(const struct spf_hook *h, struct pt_regs *regs)
{
	struct spf_touch touch = { .kind = h->kind };

	if (decode(h, regs, &touch))
		spf_pair_begin(&touch);
}

NOKPROBE_SYMBOL(on_pair);

/*
 * vma_complete(vp, vmi, mm): what the task has open is that call's if it is about
 * the same mm, which its caller keeps.
 */
static int on_pair_end(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct mm_struct **mm = (const struct mm_struct **)ri->data;
	const struct spf_hook *h = hook_of(ri);

	spf_hit(h);
	spf_count_cold(SPF_N_TOLD + h->kind);
	*mm = arg(regs, 2);
	if (is_mm(*mm))
		return 0;
	misread(h);
	return 1;
}

NOKPROBE_SYMBOL(on_pair_end);

static int on_pair_end_return(struct kretprobe_instance *ri,
			      struct pt_regs *regs)
{
	spf_pair_end(hook_of(ri)->kind, *(const struct mm_struct **)ri->data);
	return 0;
}

NOKPROBE_SYMBOL(on_pair_end_return);

/*
 * Tells the functions that this one calls what they are called for.  @data is
 * what the task was in before.
 */
static int enter_inside(struct kretprobe_instance *ri)
{
	const struct spf_hook *h = hook_of(ri);

	spf_hit(h);
	/* Nobody is in a fault in an mm that is being torn down. */
	return !current->mm || !spf_enter_kind(h->kind, (u8 *)ri->data);
}

/* For one that has to come to such a section. */
static int on_inside(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (enter_inside(ri))
		return 1;
	spf_count_cold(SPF_N_TOLD + hook_of(ri)->kind);
	return 0;
}

NOKPROBE_SYMBOL(on_inside);

static int on_inside_return(struct kretprobe_instance *ri,
			    struct pt_regs *regs)
{
	spf_leave_kind(*(u8 *)ri->data);
	return 0;
}

NOKPROBE_SYMBOL(on_inside_return);

/* do_madvise(mm, start, len, behavior) */
static int enter_madvise(struct kretprobe_instance *ri, struct pt_regs *regs,
			 bool wanted)
{
	bool understood = is_mm(arg(regs, 0));

	if (understood && wanted)
		return on_inside(ri, regs);
	spf_hit(hook_of(ri));
	if (!understood)
		misread(hook_of(ri));
	return 1;
}

/*
 * For advice that changes flags.  The others may be many at a time: every thread
 * that exits gives its stack back.
 */
static int on_inside_advice(struct kretprobe_instance *ri,
			    struct pt_regs *regs)
{
	switch ((int)arg_ulong(regs, 3)) {
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
		return enter_madvise(ri, regs, true);
	}
	return enter_madvise(ri, regs, false);
}

NOKPROBE_SYMBOL(on_inside_advice);

static int on_inside_madvise(struct kretprobe_instance *ri,
			     struct pt_regs *regs)
{
	return enter_madvise(ri, regs, (int)arg_ulong(regs, 3) == MADV_FREE);
}

NOKPROBE_SYMBOL(on_inside_madvise);

/* userfaultfd_ioctl(file, cmd, arg), for what changes flags */
static int on_inside_uffd(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	switch ((unsigned int)arg_ulong(regs, 1)) {
	case UFFDIO_REGISTER:
	case UFFDIO_UNREGISTER:
		return on_inside(ri, regs);
	}
	spf_hit(hook_of(ri));
	return 1;
}

NOKPROBE_SYMBOL(on_inside_uffd);

/* userfaultfd_release(...): most have no VMA any more. */
static int on_inside_release(struct kretprobe_instance *ri,
			     struct pt_regs *regs)
{
	return enter_inside(ri);
}

NOKPROBE_SYMBOL(on_inside_release);

/* --- write sections: what they are about --- */

static void touch_vma(struct spf_touch *touch, struct vm_area_struct *vma)
{
	touch->mm = vma->vm_mm;
	touch->vma[touch->nr++] = vma;
}

static void touch_whole(struct spf_touch *touch, struct vm_area_struct *vma)
{
	touch->start = vma->vm_start;
	touch->end = vma->vm_end;
	touch_vma(touch, vma);
}

/*
 * v12 patch 09: __vma_adjust moves the counter of vma and, changed or not, of
 * the VMA behind it.  The tree cannot change: the caller of the probed function
 * holds mmap_lock for write.
 */
static struct vm_area_struct *touch_with_next(struct spf_touch *touch,
					      struct vm_area_struct *vma)
{
	struct vm_area_struct *next = spf_vma_next(vma);

	touch_vma(touch, vma);
	if (next)
		touch_vma(touch, next);
	touch->behind = next ? 1 : 0;
	return next;
}

/* Does __vma_adjust change the VMA behind as well, or swallow it? */
static bool next_changes(const struct spf_touch *touch,
			 const struct vm_area_struct *vma,
			 const struct vm_area_struct *next)
{
	return !touch->insert && (touch->end > next->vm_start ||
				  touch->end < vma->vm_end);
}

/* The first @size bytes of a structure that an argument points to. */
static bool copy_arg(void *to, struct pt_regs *regs, unsigned int n,
		     size_t size)
{
	return !copy_from_kernel_nofault(to, arg(regs, n), size);
}

/* A range that the arguments give. */
static bool take_range(struct spf_touch *touch, unsigned long start,
		       unsigned long end)
{
	touch->start = start;
	touch->end = end;
	return start < end && end <= TASK_SIZE_MAX;
}

/* A VMA and its range, from the arguments @n on. */
static enum spf_decoded take_vma_range(struct pt_regs *regs, unsigned int n,
				       struct spf_touch *touch)
{
	struct vm_area_struct *vma = arg(regs, n);

	if (!take_range(touch, arg_ulong(regs, n + 1),
			arg_ulong(regs, n + 2)) || !is_any_vma(vma))
		return SPF_NOT_UNDERSTOOD;
	touch_vma(touch, vma);
	return SPF_TOUCHED;
}

/* The whole of a VMA, from argument @n. */
static enum spf_decoded take_vma(struct pt_regs *regs, unsigned int n,
				 struct spf_touch *touch)
{
	struct vm_area_struct *vma = arg(regs, n);

	if (!is_any_vma(vma))
		return SPF_NOT_UNDERSTOOD;
	touch_whole(touch, vma);
	return SPF_TOUCHED;
}

/* Understood, but no section. */
static enum spf_decoded only_if(bool section, enum spf_decoded decoded)
{
	return decoded == SPF_TOUCHED && !section ? SPF_NOTHING : decoded;
}

/* __vma_adjust(vma, start, end, pgoff, insert, expand) */
static enum spf_decoded touch_adjust(struct pt_regs *regs,
				     struct spf_touch *touch)
{
	struct vm_area_struct *vma = arg(regs, 0), *next, *behind;

	touch->insert = arg(regs, 4);
	if (!take_range(touch, arg_ulong(regs, 1), arg_ulong(regs, 2)) ||
	    !is_any_vma(vma) || !is_vma_or_null(touch->insert, vma->vm_mm))
		return SPF_NOT_UNDERSTOOD;
	next = touch_with_next(touch, vma);
	if (next && next_changes(touch, vma, next))
		touch->behind = 0;
	/*
	 * When next and a second neighbour are swallowed (mprotect case 6),
	 * v12 moves the second one's counter too.
	 */
	if (!next || touch->insert || touch->end <= next->vm_end ||
	    next == arg(regs, 5))
		return SPF_TOUCHED;
	behind = spf_vma_next(next);
	if (behind)
		touch_vma(touch, behind);
	return SPF_TOUCHED;
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

	if (!copy_arg(&vp, regs, 0, sizeof(vp)) || !is_any_vma(vp.vma))
		return SPF_NOT_UNDERSTOOD;
	/* Closing a userfaultfd, it may be another task's. */
	mm = vp.vma->vm_mm;
	if (!is_vma_or_null(vp.insert, mm) ||
	    !is_vma_or_null(vp.adj_next, mm) ||
	    !is_vma_or_null(vp.remove, mm) || !is_vma_or_null(vp.remove2, mm))
		return SPF_NOT_UNDERSTOOD;
	touch->start = vp.vma->vm_start;
	touch->end = vp.vma->vm_end;
	touch->insert = vp.insert;
	if (!vp.adj_next && !vp.remove) {
		touch_with_next(touch, vp.vma);
		return SPF_TOUCHED;
	}
	touch_vma(touch, vp.vma);
	if (vp.adj_next)
		touch_vma(touch, vp.adj_next);
	if (vp.remove)
		touch_vma(touch, vp.remove);
	if (vp.remove2 && touch->nr < SPF_TOUCH_MAX)
		touch_vma(touch, vp.remove2);
	return SPF_TOUCHED;
}

/*
 * vma_expand(mas, vma, start, end, pgoff, next): the merge that mmap makes in
 * 6.1; up to 6.0, and in v12, it went through __vma_adjust.
 */
static enum spf_decoded touch_expand(struct pt_regs *regs,
				     struct spf_touch *touch)
{
	struct vm_area_struct *vma = arg(regs, 1);

	if (!take_range(touch, arg_ulong(regs, 2), arg_ulong(regs, 3)) ||
	    !is_any_vma(vma))
		return SPF_NOT_UNDERSTOOD;
	touch_with_next(touch, vma);
	return SPF_TOUCHED;
}

/*
 * do_brk_flags(mas, vma, addr, len, flags) of 6.1 makes the heap grow by
 * itself; up to 6.0, and in v12, that went through __vma_adjust.  A heap that
 * does not end at addr, or has other flags, gets a new VMA: no section.
 */
static enum spf_decoded touch_brk(struct pt_regs *regs, struct spf_touch *touch)
{
	struct vm_area_struct *vma = arg(regs, 1);
	unsigned long flags, start = arg_ulong(regs, 2);

	if (!take_range(touch, start, start + arg_ulong(regs, 3)) ||
	    !is_vma_or_null(vma, current->mm))
		return SPF_NOT_UNDERSTOOD;
	if (!vma || vma->vm_end != start)
		return SPF_NOTHING;
	flags = arg_ulong(regs, 4) | spf_brk_flags(current->mm);
	if ((vma->vm_flags ^ flags) & ~VM_SOFTDIRTY || vma_policy(vma))
		return SPF_NOTHING;
	touch_with_next(touch, vma);
	return SPF_TOUCHED;
}

/* expand_downwards(vma, address), expand_upwards(vma, address) */
static enum spf_decoded touch_stack(struct pt_regs *regs,
				    struct spf_touch *touch)
{
	enum spf_decoded decoded = take_vma(regs, 0, touch);

	touch->start = arg_ulong(regs, 1);
	touch->end = touch->start;
	return touch->start <= TASK_SIZE_MAX ? decoded : SPF_NOT_UNDERSTOOD;
}

/* unmap_page_range and __zap_vma_range(tlb, vma, addr, end, details) */
static enum spf_decoded touch_unmap(struct pt_regs *regs,
				    struct spf_touch *touch)
{
	return take_vma_range(regs, 1, touch);
}

static enum spf_decoded touch_protected(struct pt_regs *regs,
					struct spf_touch *touch,
					unsigned long cp_flags)
{
	touch->kind = SPF_KIND_MPROTECT;
	if (cp_flags & MM_CP_PROT_NUMA)
		touch->kind = SPF_KIND_NUMA;
	else if (cp_flags & MM_CP_UFFD_WP_ALL)
		touch->kind = SPF_KIND_UFFD_WP;
	return take_vma_range(regs, SPF_PROTECT_VMA, touch);
}

/* change_protection([tlb,] vma, start, end, [newprot,] cp_flags) */
static enum spf_decoded touch_protect(struct pt_regs *regs,
				      struct spf_touch *touch)
{
	return touch_protected(regs, touch, arg_ulong(regs, SPF_PROTECT_FLAGS));
}

/* change_protection_range([tlb,] vma, start, end, newprot, cp_flags) */
static enum spf_decoded touch_protect_range(struct pt_regs *regs,
					    struct spf_touch *touch)
{
	return touch_protected(regs, touch,
			       arg_ulong(regs, SPF_PROTECT_VMA + 4));
}

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
	unsigned long start = arg_ulong(regs, 1);
	struct pagetable_move_control control = {
		.old = arg(regs, 0),
		.new = arg(regs, 2),
		.old_addr = start,
		.old_end = start + arg_ulong(regs, 4),
	};

	if (!is_vma(control.old, current->mm) &&
	    !copy_arg(&control, regs, 0, sizeof(control)))
		return SPF_NOT_UNDERSTOOD;
	if (!take_range(touch, control.old_addr, control.old_end) ||
	    !is_vma(control.old, current->mm) ||
	    !is_vma(control.new, current->mm))
		return SPF_NOT_UNDERSTOOD;
	if (control.old == control.new)
		return SPF_NOTHING;
	touch_vma(touch, control.old);
	touch_vma(touch, control.new);
	return SPF_TOUCHED;
}

/* madvise_free_single_vma(vma, start, end), as long as it is that. */
static enum spf_decoded touch_madv_free(struct pt_regs *regs,
					struct spf_touch *touch)
{
	enum spf_decoded decoded = take_vma_range(regs, 0, touch);

	return only_if(touch->nr && touch->mm == current->mm &&
		       !touch->vma[0]->vm_ops, decoded);
}

/* walk_page_range(mm, start, end, ops, private) inside MADV_FREE */
static enum spf_decoded touch_walk(struct pt_regs *regs,
				   struct spf_touch *touch)
{
	struct mm_struct *mm = arg(regs, 0);
	struct vm_area_struct *vma;

	touch->start = arg_ulong(regs, 1);
	touch->end = arg_ulong(regs, 2);
	/* Others walk all there is. */
	if (!is_mm(mm) || touch->start >= touch->end)
		return SPF_NOT_UNDERSTOOD;
	if (spf_kind_inside() != SPF_KIND_MADV_FREE || mm != current->mm)
		return SPF_NOTHING;
	vma = spf_vma_at(mm, touch->start);
	if (!vma)
		return SPF_NOTHING;
	touch_vma(touch, vma);
	return SPF_TOUCHED;
}

/* walk_page_range_vma(vma, start, end, ops, private) inside MADV_FREE */
static enum spf_decoded touch_walk_vma(struct pt_regs *regs,
				       struct spf_touch *touch)
{
	return only_if(spf_kind_inside() == SPF_KIND_MADV_FREE,
		       take_vma_range(regs, 0, touch));
}

/*
 * pmdp_collapse_flush(vma, address, pmdp): khugepaged begins to replace the
 * page table.  Only anonymous memory: what it does to files is not v12's
 * section, and files do not speculate.
 */
static enum spf_decoded touch_collapse(struct pt_regs *regs,
				       struct spf_touch *touch)
{
	enum spf_decoded decoded = take_vma(regs, 0, touch);

	touch->start = arg_ulong(regs, 1) & PMD_MASK;
	touch->end = touch->start + PMD_SIZE;
	return only_if(touch->nr && !touch->vma[0]->vm_ops, decoded);
}

/* vma_set_page_prot(vma), at the end of an mmap or of a soft-dirty clear */
static enum spf_decoded touch_page_prot(struct pt_regs *regs,
					struct spf_touch *touch)
{
	touch->kind = spf_kind_inside();
	return only_if(touch->kind == SPF_KIND_MMAP ||
		       touch->kind == SPF_KIND_SOFT_DIRTY,
		       take_vma(regs, 0, touch));
}

/*
 * munlock_vma_pages_range(vma, start, end) of 5.10: v12's section for a locked
 * VMA that is unmapped.  For the others mlock_fixup tells.
 */
static enum spf_decoded touch_munlock(struct pt_regs *regs,
				      struct spf_touch *touch)
{
	return only_if(spf_kind_inside() != SPF_KIND_MLOCK,
		       take_vma_range(regs, 0, touch));
}

/* unlink_anon_vmas(vma) inside free_pgtables */
static enum spf_decoded touch_anon_unlink(struct pt_regs *regs,
					  struct spf_touch *touch)
{
	return only_if(spf_kind_inside() == SPF_KIND_PGTABLES,
		       take_vma(regs, 0, touch));
}

/*
 * mpol_rebind_mm(mm, new): a moment on every VMA of the mm.  Counted, but not
 * against the VMAs, which are not named: it takes a change of cpusets.
 */
static enum spf_decoded touch_rebind(struct pt_regs *regs,
				     struct spf_touch *touch)
{
	touch->mm = arg(regs, 0);
	touch->end = TASK_SIZE;
	return is_mm(touch->mm) ? SPF_TOUCHED : SPF_NOT_UNDERSTOOD;
}

/*
 * VMAs leave the tree.  Counted; it moves no counter (v12 makes the tree node
 * empty instead) and no fault can meet a VMA that is gone.
 */

/*
 * do_mas_align_munmap(mas, vma, mm, start, end, uf, downgrade), also where the
 * compiler has dropped uf, which is of no use without userfaultfd
 */
static enum spf_decoded touch_remove_mas(struct pt_regs *regs,
					 struct spf_touch *touch)
{
	touch->mm = arg(regs, 2);
	if (!take_range(touch, arg_ulong(regs, 3), arg_ulong(regs, 4)) ||
	    !is_mm(touch->mm) || !is_vma(arg(regs, 1), touch->mm))
		return SPF_NOT_UNDERSTOOD;
	return touch->mm == current->mm ? SPF_TOUCHED : SPF_NOTHING;
}

/* __do_munmap(mm, start, len, uf, downgrade), also called for nothing */
static enum spf_decoded touch_remove_mm(struct pt_regs *regs,
					struct spf_touch *touch)
{
	const struct vm_area_struct *vma;

	touch->mm = arg(regs, 0);
	touch->start = arg_ulong(regs, 1);
	touch->end = touch->start + PAGE_ALIGN(arg_ulong(regs, 2));
	if (!is_mm(touch->mm))
		return SPF_NOT_UNDERSTOOD;
	if (touch->mm != current->mm || touch->end <= touch->start)
		return SPF_NOTHING;
	vma = spf_vma_at(touch->mm, touch->start);
	return vma && vma->vm_start < touch->end ? SPF_TOUCHED : SPF_NOTHING;
}

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
	if (!copy_arg(&vms, regs, 0, sizeof(vms)) ||
	    get_kernel_nofault(tree, (const void **)vms.vmi) ||
	    tree != spf_vma_tree(current->mm))
		return SPF_NOT_UNDERSTOOD;
	if (!vms.vma_count)
		return SPF_NOTHING;
	touch->mm = current->mm;
	return take_range(touch, vms.start, vms.end) &&
	       is_vma(vms.vma, touch->mm) ? SPF_TOUCHED : SPF_NOT_UNDERSTOOD;
}

/* --- write sections that follow a split or merge --- */

/*
 * mlock, madvise, mbind and userfaultfd change the flags of a VMA right after
 * they have made it the size of the range.  The function that does that knows
 * the VMA, and the moment when it returns is that of v12's section.
 */

/* vma_modify_*(...): returns the VMA or an error */
static int on_modify(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct spf_hook *h = hook_of(ri);
	u8 *kind = (u8 *)ri->data;

	spf_hit(h);
	*kind = h->kind < SPF_NR_KINDS ? h->kind : spf_kind_inside();
	return !(BIT(*kind) & h->records);
}

NOKPROBE_SYMBOL(on_modify);

static int on_modify_return(struct kretprobe_instance *ri,
			    struct pt_regs *regs)
{
	struct vm_area_struct *vma = (void *)regs_return_value(regs);
	struct spf_touch touch = { .kind = *(u8 *)ri->data };

	if (IS_ERR(vma))
		return 0;
	if (!is_any_vma(vma)) {
		misread(hook_of(ri));
		return 0;
	}
	touch_whole(&touch, vma);
	seen(touch.kind);
	spf_section_instant(&touch);
	return 0;
}

NOKPROBE_SYMBOL(on_modify_return);

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
	const struct spf_hook *h = hook_of(ri);

	spf_hit(h);
	merge->mm = arg(regs, SPF_MERGE_MM);
	merge->address = arg_ulong(regs, SPF_MERGE_MM + 2);
	merge->kind = spf_kind_inside();
	if (!is_mm(merge->mm) || merge->address > TASK_SIZE_MAX) {
		misread(h);
		return 1;
	}
	return merge->mm != current->mm || !(BIT(merge->kind) & h->records);
}

NOKPROBE_SYMBOL(on_merge);

static int on_merge_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct merge *merge = (const struct merge *)ri->data;
	struct vm_area_struct *vma = (void *)regs_return_value(regs);
	struct spf_touch touch = { .kind = merge->kind };

	if (!vma)
		vma = spf_vma_at(merge->mm, merge->address);
	if (!vma)
		return 0;
	if (!is_vma(vma, merge->mm)) {
		misread(hook_of(ri));
		return 0;
	}
	touch_whole(&touch, vma);
	seen(touch.kind);
	spf_section_instant(&touch);
	return 0;
}

NOKPROBE_SYMBOL(on_merge_return);

/* --- fork --- */

/*
 * copy_page_range(dst_vma, src_vma): v12 patch 18 opens a section on each of
 * the parent's VMAs here, and closes all of them at the end of the fork.
 */
static void on_fork_copy(const struct spf_hook *h, struct pt_regs *regs)
{
	if (!is_any_vma(arg(regs, 1))) {
		misread(h);
		return;
	}
	seen(SPF_KIND_FORK);
	spf_fork_copy(arg(regs, 1));
}

NOKPROBE_SYMBOL(on_fork_copy);

/* --- the table --- */

#define KIND(id)	BIT(SPF_KIND_##id)
#define ALONE		.needs = SPF_NR_HOOKS, .instead = SPF_NR_HOOKS
#define NEEDS(id)	NEEDS_ONE(SPF_HOOK_##id, SPF_NR_HOOKS)
#define NEEDS_ONE(a, b)	.needs = (a), .or_needs = (b), .instead = SPF_NR_HOOKS
#define INSTEAD(id)	.needs = SPF_NR_HOOKS, .instead = SPF_HOOK_##id

#define RECORDS(id)	.kind = SPF_KIND_##id, .records = BIT(SPF_KIND_##id)
#define TELLS(id)	.kind = SPF_KIND_##id, .tells = BIT(SPF_KIND_##id)

#define SECTION(touch_fn) \
	.type = SPF_HOOK_KRETPROBE, \
	.entry = on_section, \
	.ret = on_section_return, \
	.data_size = sizeof(struct spf_open), \
	.instances = SPF_INSTANCES_WRITERS, \
	.touch = touch_fn

#define INSTANT(touch_fn) \
	.type = SPF_HOOK_ENTRY, \
	.entered = on_instant, \
	.touch = touch_fn

#define PAIR(touch_fn) \
	.type = SPF_HOOK_ENTRY, \
	.entered = on_pair, \
	.touch = touch_fn

#define INSIDE(entry_fn) \
	.type = SPF_HOOK_KRETPROBE, \
	.entry = entry_fn, \
	.ret = on_inside_return, \
	.data_size = sizeof(u8), \
	.instances = SPF_INSTANCES_WRITERS

#define MODIFY \
	.type = SPF_HOOK_KRETPROBE, \
	.entry = on_modify, \
	.ret = on_modify_return, \
	.data_size = sizeof(u8), \
	.instances = SPF_INSTANCES_WRITERS

struct spf_hook spf_hooks[SPF_NR_HOOKS] = {
	[SPF_HOOK_CANARY] = {
		.symbols = { "spf_canary" },
		.type = SPF_HOOK_ENTRY,
		.mandatory = true,
		.entered = on_canary,
		.canary = true,
		ALONE,
	},
	[SPF_HOOK_EXIT] = {
		.symbols = { "sched_process_exit" },
		.type = SPF_HOOK_TRACEPOINT,
		.mandatory = true,
		.tp_probe = on_exit_task,
		ALONE,
	},
	[SPF_HOOK_TASK_FORK] = {
		.symbols = { "sched_process_fork" },
		.type = SPF_HOOK_TRACEPOINT,
		.tp_probe = on_task_fork,
		ALONE,
	},
	[SPF_HOOK_FREE] = {
		.symbols = { "vm_area_free" },
		.type = SPF_HOOK_ENTRY,
		.mandatory = true,
		.entered = on_free,
		ALONE,
	},
	/* 6.4 to 6.14: the VMAs of an mm that nobody uses any more. */
	[SPF_HOOK_FREE_EXIT] = {
		.symbols = { "__vm_area_free" },
		.type = SPF_HOOK_ENTRY,
		.entered = on_gone,
		ALONE,
	},
	[SPF_HOOK_BORN] = {
		.symbols = { "vm_area_alloc" },
		.refuted = SPF_REFUTED_VM_AREA_ALLOC,
		.type = SPF_HOOK_KRETPROBE,
		.entry = on_born,
		.ret = on_born_return,
		.data_size = sizeof(struct mm_struct *),
		.instances = SPF_INSTANCES_WRITERS,
		ALONE,
	},
	[SPF_HOOK_COMPLETE] = {
		.symbols = { "vma_complete" },
		.type = SPF_HOOK_KRETPROBE,
		.entry = on_pair_end,
		.ret = on_pair_end_return,
		.data_size = sizeof(struct mm_struct *),
		.instances = SPF_INSTANCES_WRITERS,
		TELLS(ADJUST),
		NEEDS(PREPARE),
	},
	[SPF_HOOK_PREPARE] = {
		.symbols = { "vma_prepare" },
		PAIR(touch_prepare),
		RECORDS(ADJUST),
		ALONE,
	},
	[SPF_HOOK_ADJUST] = {
		.symbols = { "__vma_adjust" },
		.refuted = SPF_REFUTED_VMA_ADJUST,
		.mandatory = true,
		SECTION(touch_adjust),
		RECORDS(ADJUST),
		INSTEAD(COMPLETE),
	},
	[SPF_HOOK_EXPAND] = {
		.symbols = { "vma_expand" },
		SECTION(touch_expand),
		RECORDS(EXPAND),
		INSTEAD(COMPLETE),
	},
	[SPF_HOOK_BRK] = {
		.symbols = { "do_brk_flags" },
		SECTION(touch_brk),
		RECORDS(EXPAND),
		.unused = !SPF_BRK_IN_PLACE,
		INSTEAD(COMPLETE),
	},
	[SPF_HOOK_STACK_DOWN] = {
		.symbols = { "expand_downwards" },
		.refuted = SPF_REFUTED_EXPAND_DOWNWARDS,
		SECTION(touch_stack),
		RECORDS(STACK),
		ALONE,
	},
	[SPF_HOOK_STACK_UP] = {
		.symbols = { "expand_upwards" },
		SECTION(touch_stack),
		RECORDS(STACK),
		ALONE,
	},
	[SPF_HOOK_UNMAP] = {
		.symbols = { "unmap_page_range", "__zap_vma_range" },
		.mandatory = true,
		SECTION(touch_unmap),
		RECORDS(UNMAP),
		ALONE,
	},
	/*
	 * Without hugetlb, change_protection() only calls this one, and the
	 * compiler puts that call into mprotect_fixup().  Where it is no symbol,
	 * it is a part of change_protection(), which is then too large for that.
	 */
	[SPF_HOOK_PROTECT_RANGE] = {
		.symbols = { "change_protection_range" },
		SECTION(touch_protect_range),
		.kind = SPF_KIND_MPROTECT,
		.records = KIND(MPROTECT) | KIND(NUMA) | KIND(UFFD_WP),
		ALONE,
	},
	[SPF_HOOK_PROTECT] = {
		.symbols = { "change_protection" },
		.refuted = SPF_REFUTED_CHANGE_PROTECTION,
		.mandatory = true,
		SECTION(touch_protect),
		.kind = SPF_KIND_MPROTECT,
		.records = KIND(MPROTECT) | KIND(NUMA) | KIND(UFFD_WP),
		INSTEAD(PROTECT_RANGE),
	},
	[SPF_HOOK_MOVE] = {
		.symbols = { "move_page_tables" },
		.refuted = SPF_REFUTED_MOVE_PAGE_TABLES,
		SECTION(touch_move),
		RECORDS(MREMAP),
		ALONE,
	},
	[SPF_HOOK_MODIFY_ADVICE] = {
		.symbols = { "vma_modify_flags_name" },
		MODIFY,
		RECORDS(MADVISE),
		ALONE,
	},
	[SPF_HOOK_MODIFY_NAME] = {
		.symbols = { "vma_modify_name" },
		MODIFY,
		RECORDS(MADVISE),
		ALONE,
	},
	[SPF_HOOK_MODIFY_POLICY] = {
		.symbols = { "vma_modify_policy" },
		MODIFY,
		RECORDS(MBIND),
		ALONE,
	},
	[SPF_HOOK_MODIFY_UFFD] = {
		.symbols = { "vma_modify_flags_uffd" },
		MODIFY,
		RECORDS(UFFD),
		ALONE,
	},
	[SPF_HOOK_MODIFY] = {
		.symbols = { "vma_modify_flags" },
		MODIFY,
		.kind = SPF_NR_KINDS,
		.records = KIND(MLOCK) | KIND(MADVISE),
		.by_caller = true,
		ALONE,
	},
	[SPF_HOOK_MERGE] = {
		.symbols = { "vma_merge" },
		.refuted = SPF_REFUTED_VMA_MERGE,
		.type = SPF_HOOK_KRETPROBE,
		.entry = on_merge,
		.ret = on_merge_return,
		.data_size = sizeof(struct merge),
		.instances = SPF_INSTANCES_WRITERS,
		.kind = SPF_NR_KINDS,
		.records = KIND(MLOCK) | KIND(MADVISE) | KIND(MBIND) | KIND(UFFD),
		.by_caller = true,
		INSTEAD(MODIFY),
	},
	[SPF_HOOK_IN_MLOCK] = {
		.symbols = { "mlock_fixup" },
		INSIDE(on_inside),
		TELLS(MLOCK),
		ALONE,
	},
	[SPF_HOOK_MUNLOCK] = {
		.symbols = { "munlock_vma_pages_range" },
		INSTANT(touch_munlock),
		RECORDS(MLOCK),
		ALONE,
	},
	[SPF_HOOK_IN_ADVICE] = {
		.symbols = { "madvise_update_vma" },
		INSIDE(on_inside),
		TELLS(MADVISE),
		INSTEAD(MODIFY_ADVICE),
	},
	[SPF_HOOK_IN_MADVISE] = {
		.symbols = { "do_madvise" },
		.refuted = SPF_REFUTED_DO_MADVISE,
		INSIDE(on_inside_advice),
		TELLS(MADVISE),
		INSTEAD(MODIFY),
	},
	[SPF_HOOK_IN_MBIND] = {
		.symbols = { "mbind_range", "do_mbind" },
		INSIDE(on_inside),
		TELLS(MBIND),
		INSTEAD(MODIFY_POLICY),
	},
	[SPF_HOOK_IN_UFFD] = {
		.symbols = { "userfaultfd_ioctl" },
		INSIDE(on_inside_uffd),
		TELLS(UFFD),
		INSTEAD(MODIFY_UFFD),
	},
	[SPF_HOOK_IN_UFFD_RELEASE] = {
		.symbols = { "userfaultfd_release" },
		INSIDE(on_inside_release),
		TELLS(UFFD),
		INSTEAD(MODIFY_UFFD),
	},
	/* Up to 6.10 or so it has the VMA as its argument. */
	[SPF_HOOK_MADV_FREE] = {
		.symbols = { "madvise_free_single_vma" },
		SECTION(touch_madv_free),
		RECORDS(MADV_FREE),
		.unused = SPF_VMA_LOCKS,
		ALONE,
	},
	[SPF_HOOK_IN_MADV_FREE] = {
		.symbols = { "madvise_free_single_vma" },
		INSIDE(on_inside),
		TELLS(MADV_FREE),
		INSTEAD(MADV_FREE),
	},
	[SPF_HOOK_IN_MADV_CALL] = {
		.symbols = { "do_madvise" },
		.refuted = SPF_REFUTED_DO_MADVISE,
		INSIDE(on_inside_madvise),
		TELLS(MADV_FREE),
		INSTEAD(IN_MADV_FREE),
		.unused = !SPF_VMA_LOCKS,
	},
	[SPF_HOOK_WALK] = {
		.symbols = { "walk_page_range" },
		.refuted = SPF_REFUTED_WALK_PAGE_RANGE,
		SECTION(touch_walk),
		RECORDS(MADV_FREE),
		.by_caller = true,
		NEEDS(IN_MADV_CALL),
	},
	[SPF_HOOK_WALK_VMA] = {
		.symbols = { "walk_page_range_vma" },
		.refuted = SPF_REFUTED_WALK_PAGE_RANGE_VMA,
		SECTION(touch_walk_vma),
		RECORDS(MADV_FREE),
		.by_caller = true,
		NEEDS(IN_MADV_FREE),
	},
	[SPF_HOOK_REBIND] = {
		.symbols = { "mpol_rebind_mm" },
		.refuted = SPF_REFUTED_MPOL_REBIND_MM,
		SECTION(touch_rebind),
		RECORDS(REBIND),
		ALONE,
	},
	/* Ends with the lock. */
	[SPF_HOOK_COLLAPSE] = {
		.symbols = { "pmdp_collapse_flush" },
		.refuted = SPF_REFUTED_PMDP_COLLAPSE_FLUSH,
		PAIR(touch_collapse),
		RECORDS(COLLAPSE),
		ALONE,
	},
	[SPF_HOOK_PAGE_PROT] = {
		.symbols = { "vma_set_page_prot" },
		.refuted = SPF_REFUTED_VMA_SET_PAGE_PROT,
		INSTANT(touch_page_prot),
		.kind = SPF_NR_KINDS,
		.records = KIND(MMAP) | KIND(SOFT_DIRTY),
		.by_caller = true,
		ALONE,
	},
	[SPF_HOOK_IN_MMAP] = {
		.symbols = { "__mmap_region", "mmap_region" },
		INSIDE(on_inside),
		TELLS(MMAP),
		NEEDS(PAGE_PROT),
	},
	[SPF_HOOK_IN_CLEAR_REFS] = {
		.symbols = { "clear_refs_write" },
		INSIDE(on_inside),
		TELLS(SOFT_DIRTY),
		NEEDS(PAGE_PROT),
	},
	[SPF_HOOK_ANON_UNLINK] = {
		.symbols = { "unlink_anon_vmas" },
		.refuted = SPF_REFUTED_UNLINK_ANON_VMAS,
		INSTANT(touch_anon_unlink),
		RECORDS(PGTABLES),
		.by_caller = true,
		ALONE,
	},
	[SPF_HOOK_IN_PGTABLES] = {
		.symbols = { "free_pgtables" },
		INSIDE(on_inside),
		TELLS(PGTABLES),
		NEEDS(ANON_UNLINK),
	},
	/* Ends with the lock. */
	[SPF_HOOK_FORK] = {
		.symbols = { "copy_page_range" },
		.refuted = SPF_REFUTED_COPY_PAGE_RANGE,
		.type = SPF_HOOK_ENTRY,
		.entered = on_fork_copy,
		RECORDS(FORK),
		ALONE,
	},
	[SPF_HOOK_REMOVE_MM] = {
		.symbols = { "__do_munmap" },
		.refuted = SPF_REFUTED_DO_MUNMAP,
		SECTION(touch_remove_mm),
		RECORDS(REMOVE),
		ALONE,
	},
	[SPF_HOOK_REMOVE_MAS] = {
		.symbols = { "do_mas_align_munmap" },
		SECTION(touch_remove_mas),
		RECORDS(REMOVE),
		ALONE,
	},
	[SPF_HOOK_REMOVE_VMS] = {
		.symbols = { "vms_complete_munmap_vmas" },
		SECTION(touch_remove_vms),
		RECORDS(REMOVE),
		ALONE,
	},
	[SPF_HOOK_WRITE_LOCK] = {
		.symbols = { "down_write" },
		.type = SPF_HOOK_ENTRY,
		.mandatory = true,
		.entered = on_write_lock,
		.callback = on_write_lock_call,
		ALONE,
	},
	[SPF_HOOK_WRITE_KILLABLE] = {
		.symbols = { "down_write_killable" },
		.type = SPF_HOOK_ENTRY,
		.mandatory = true,
		.entered = on_write_lock,
		.callback = on_write_lock_call,
		ALONE,
	},
	[SPF_HOOK_WRITE_WAIT] = {
		.symbols = { "rwsem_down_write_slowpath" },
		.type = SPF_HOOK_KRETPROBE,
		.mandatory = true,
		.entry = on_write_wait,
		.ret = on_write_wait_return,
		.data_size = 0,
		.instances = SPF_INSTANCES_WRITERS,
		ALONE,
	},
	[SPF_HOOK_WRITE_UNLOCK] = {
		.symbols = { "up_write" },
		.type = SPF_HOOK_ENTRY,
		.mandatory = true,
		.entered = on_write_unlock,
		.callback = on_write_unlock_call,
		ALONE,
	},
	[SPF_HOOK_DOWNGRADE] = {
		.symbols = { "downgrade_write" },
		.type = SPF_HOOK_ENTRY,
		.mandatory = true,
		.entered = on_write_unlock,
		.callback = on_write_unlock_call,
		ALONE,
	},
	[SPF_HOOK_MARK] = {
		.symbols = { "__vma_start_write" },
		.type = SPF_HOOK_ENTRY,
		.entered = on_mark,
		ALONE,
	},
	/* What the kernel says of a fault that did not get to its handler. */
	[SPF_HOOK_SIGNAL] = {
		.symbols = { "signal_generate" },
		.type = SPF_HOOK_TRACEPOINT,
		.tp_probe = on_signal,
		ALONE,
	},
	[SPF_HOOK_SWAPIN] = {
		.symbols = { "swapin_readahead" },
		.type = SPF_HOOK_ENTRY,
		.entered = on_swapin,
		ALONE,
	},
	[SPF_HOOK_READ_WAIT] = {
		.symbols = { "rwsem_down_read_slowpath" },
		.type = SPF_HOOK_ENTRY,
		.entered = on_read_wait,
		ALONE,
	},
	[SPF_HOOK_FAULT] = {
		.symbols = { "handle_mm_fault" },
		.type = SPF_HOOK_KRETPROBE,
		.mandatory = true,
		.entry = on_fault,
		.ret = on_fault_return,
		.data_size = sizeof(struct spf_fault *),
		.instances = SPF_INSTANCES_TASKS,
		ALONE,
	},
	/* x86; arm64 has no such tracepoints. */
	[SPF_HOOK_ARRIVAL_KERNEL] = {
		.symbols = { "page_fault_kernel" },
		.type = SPF_HOOK_TRACEPOINT,
		.tp_probe = on_arrival_kernel,
		ALONE,
	},
	[SPF_HOOK_ARRIVAL] = {
		.symbols = { "page_fault_user" },
		.type = SPF_HOOK_TRACEPOINT,
		.tp_probe = on_arrival,
		ALONE,
	},
};
