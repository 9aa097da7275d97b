// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, hooks on mmap_lock, for write.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/rwsem.h>

#include <spf/compat.h>
#include <spf/decode.h>
#include <spf/lock.h>
#include <spf/probe.h>
#include <spf/stats.h>

/* The mm whose lock this is, if it is one; never NULL. */
static struct mm_struct *mm_of(const void *sem)
{
	return container_of((struct rw_semaphore *)sem, struct mm_struct,
			    mmap_lock);
}

/* Is it that of current?  A kernel thread has none. */
static bool is_own(const void *sem)
{
	return mm_of(sem) == current->mm;
}

/*
 * Every semaphore of the kernel comes to down_write() and up_write(), and all but a
 * few are let go at once: ftrace calls these two directly.  Their hits are counted with
 * preemption on, which one instruction does where ftrace is used (x86-64).
 */

/* down_write(sem), down_write_killable(sem) */
static void on_write_lock(const struct spf_hook *h, struct pt_regs *regs)
{
	const void *sem = spf_arg(regs, 0);

	if (is_own(sem))
		spf_lock_ask(mm_of(sem));
}

static SPF_FTRACE_CALLBACK(on_down_write)
{
	const void *sem = spf_arg(spf_ftrace_regs(fregs), 0);

	spf_hit_of(SPF_HOOK_WRITE_LOCK);
	if (likely(!is_own(sem)))
		return;
	preempt_disable_notrace();
	spf_lock_ask(mm_of(sem));
	preempt_enable_notrace();
}

struct spf_hook spf_hook_write_lock = {
	.symbols = { "down_write" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_write_lock,
	.callback = on_down_write,
};

struct spf_hook spf_hook_write_lock_killable = {
	.symbols = { "down_write_killable" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_write_lock,
};

/*
 * rwsem_down_write_slowpath(sem, ...): a writer could not have the lock at once.
 * Returns the semaphore, or an error when a signal came.
 */
static int on_write_wait(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const void *sem = spf_arg(regs, 0);

	spf_hit(spf_hook_of(ri));
	if (!is_own(sem)) {
		if (!spf_is_rwsem(sem))
			spf_misread(spf_hook_of(ri));
		/* The lock of a VMA, where that is one, which a fault has. */
		if (SPF_VMA_LOCKS)
			spf_lock_mark(sem);
		return 1;
	}
	return !spf_lock_wait(mm_of(sem));
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
static bool may_be_held(const void *sem)
{
	return is_own(sem) || spf_lock_foreign();
}

/* up_write(sem), downgrade_write(sem) */
static void on_write_unlock(const struct spf_hook *h, struct pt_regs *regs)
{
	const void *sem = spf_arg(regs, 0);

	if (may_be_held(sem))
		spf_lock_give(mm_of(sem));
}

static SPF_FTRACE_CALLBACK(on_up_write)
{
	const void *sem = spf_arg(spf_ftrace_regs(fregs), 0);

	spf_hit_of(SPF_HOOK_WRITE_UNLOCK);
	if (likely(!may_be_held(sem)))
		return;
	preempt_disable_notrace();
	spf_lock_give(mm_of(sem));
	preempt_enable_notrace();
}

struct spf_hook spf_hook_write_unlock = {
	.symbols = { "up_write" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_write_unlock,
	.callback = on_up_write,
};

struct spf_hook spf_hook_downgrade = {
	.symbols = { "downgrade_write" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_write_unlock,
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
