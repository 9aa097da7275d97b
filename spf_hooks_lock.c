// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, hooks on mmap_lock, for write.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/rwsem.h>

#include <spf/compat.h>
#include <spf/decode.h>
#include <spf/pipe.h>
#include <spf/probe.h>
#include <spf/stats.h>

/* The mm whose lock this is, if it is that of current. */
static struct mm_struct *own_mm(const void *sem)
{
	struct mm_struct *mm = current->mm;

	return mm && sem == &mm->mmap_lock ? mm : NULL;
}

/*
 * Every semaphore of the kernel comes to these hooks, and all but a few are let go at
 * once.  So ftrace calls them directly, and of the two functions that share a callback
 * one comparison tells which it is.
 */

/* down_write(sem), down_write_killable(sem) */
static void on_write_lock(const struct spf_hook *h, struct pt_regs *regs)
{
	struct mm_struct *mm = own_mm(spf_arg(regs, 0));

	if (mm)
		spf_lock_ask(mm);
}

static SPF_FTRACE_CALLBACK(on_write_lock_call)
{
	bool killable = !spf_point_has(&spf_hook_write_lock.points[0], ip);
	struct mm_struct *mm = own_mm(spf_arg(spf_ftrace_regs(fregs), 0));

	spf_hit_of(killable ? SPF_HOOK_WRITE_KILLABLE : SPF_HOOK_WRITE_LOCK);
	if (likely(!mm))
		return;
	preempt_disable_notrace();
	spf_lock_ask(mm);
	preempt_enable_notrace();
}

struct spf_hook spf_hook_write_lock = {
	.symbols = { "down_write" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_write_lock,
	.callback = on_write_lock_call,
};

struct spf_hook spf_hook_write_lock_killable = {
	.symbols = { "down_write_killable" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_write_lock,
	.callback = on_write_lock_call,
};

/*
 * rwsem_down_write_slowpath(sem, ...): a writer could not have the lock at once.
 * Returns the semaphore, or an error when a signal came.
 */
static int on_write_wait(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const void *sem = spf_arg(regs, 0);
	struct mm_struct *mm = own_mm(sem);

	spf_hit(spf_hook_of(ri));
	if (!mm) {
		if (!spf_is_rwsem(sem))
			spf_misread(spf_hook_of(ri));
		/* The lock of a VMA, where that is one, which a fault has. */
		if (SPF_VMA_LOCKS)
			spf_lock_mark(sem);
		return 1;
	}
	return !spf_lock_wait(mm);
}

static int on_write_wait_return(struct kretprobe_instance *ri,
				struct pt_regs *regs)
{
	spf_lock_waited(current->mm, !IS_ERR_VALUE(regs_return_value(regs)));
	return 0;
}

struct spf_hook spf_hook_write_wait = {
	.symbols = { "rwsem_down_write_slowpath" },
	.type = SPF_HOOK_KRETPROBE,
	.mandatory = true,
	.entry = on_write_wait,
	.ret = on_write_wait_return,
	.data_size = 0,
	.instances = SPF_INSTANCES_WRITERS,
};

/* Is it the lock of an mm that current may hold? */
static bool may_be_held(const struct rw_semaphore *sem)
{
	return own_mm(sem) || spf_lock_foreign();
}

/* up_write(sem), downgrade_write(sem) */
static void on_write_unlock(const struct spf_hook *h, struct pt_regs *regs)
{
	struct rw_semaphore *sem = spf_arg(regs, 0);

	if (may_be_held(sem))
		spf_lock_give(container_of(sem, struct mm_struct, mmap_lock));
}

static SPF_FTRACE_CALLBACK(on_write_unlock_call)
{
	bool downgrade = !spf_point_has(&spf_hook_write_unlock.points[0], ip);
	struct rw_semaphore *sem = spf_arg(spf_ftrace_regs(fregs), 0);

	spf_hit_of(downgrade ? SPF_HOOK_DOWNGRADE : SPF_HOOK_WRITE_UNLOCK);
	if (likely(!may_be_held(sem)))
		return;
	preempt_disable_notrace();
	spf_lock_give(container_of(sem, struct mm_struct, mmap_lock));
	preempt_enable_notrace();
}

struct spf_hook spf_hook_write_unlock = {
	.symbols = { "up_write" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_write_unlock,
	.callback = on_write_unlock_call,
};

struct spf_hook spf_hook_downgrade = {
	.symbols = { "downgrade_write" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_write_unlock,
	.callback = on_write_unlock_call,
};

/* __vma_start_write(vma, ...): of every VMA once in a hold, since 6.15 */
static void on_mark(const struct spf_hook *h, struct pt_regs *regs)
{
	if (spf_is_any_vma(spf_arg(regs, 0)))
		spf_lock_mark(spf_arg(regs, 0));
	else
		spf_misread(h);
}

struct spf_hook spf_hook_mark = {
	.symbols = { "__vma_start_write" },
	.type = SPF_HOOK_ENTRY,
	.entered = on_mark,
};
