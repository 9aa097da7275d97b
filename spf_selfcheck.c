// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe that is registered and never fires looks like a quiet machine: a
 * function whose callers have an inlined copy, kprobes switched off through
 * debugfs.  So the functions behind the hooks are made to run once at load.
 *
 * The arrival tracepoint is for user mode, a task's exit cannot be waited for,
 * and change_protection() is out of reach of a module; they show their hits in
 * debugfs.  So does what fires and is not understood: its kinds of section are
 * unproven, which is no reason not to load.  Later on a function of spf's own,
 * the canary, tells whether kprobes have been silenced.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/rwsem.h>
#include <linux/uaccess.h>

#include <spf/compat.h>
#include <spf/ftrace.h>
#include <spf/hooks.h>
#include <spf/probe.h>
#include <spf/selfcheck.h>
#include <spf/stats.h>

/*
 * The middle page is written and unmapped first: one fault, two splits
 * (__vma_adjust), a zap, and VMAs that are freed.
 */
static int exercise_mm(void)
{
	unsigned long addr;

	if (!current->mm)
		return -EINVAL;
	addr = vm_mmap(NULL, 0, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (put_user(1, (char __user *)addr + PAGE_SIZE)) {
		vm_munmap(addr, 3 * PAGE_SIZE);
		return -EFAULT;
	}
	vm_munmap(addr + PAGE_SIZE, PAGE_SIZE);
	return vm_munmap(addr, 3 * PAGE_SIZE);
}

/* The state of a semaphore is read without its functions: see compat.h. */
static int exercise_lock(void)
{
	struct rw_semaphore sem;
	enum spf_lock reader, writer;
	enum spf_mode read, write;

	init_rwsem(&sem);
	down_read(&sem);
	reader = spf_lock_state(&sem);
	read = spf_lock_mode(&sem);
	up_read(&sem);
	down_write(&sem);
	writer = spf_lock_state(&sem);
	write = spf_lock_mode(&sem);
	up_write(&sem);
	if (reader == SPF_LOCK_READERS && read == SPF_MODE_READ &&
	    writer == SPF_LOCK_WRITER && write == SPF_MODE_WRITE &&
	    spf_lock_state(&sem) == SPF_LOCK_FREE)
		return 0;
	pr_err("the state of a rw_semaphore is not what spf takes it for\n");
	return -EIO;
}

noinline void spf_canary(void)
{
	/* A function without any effect need not be called. */
	barrier();
}

/* Called by a kprobe, where the function tracer is not wanted. */
static notrace void on_canary(const struct spf_hook *h, struct pt_regs *regs)
{
}

struct spf_hook spf_hook_canary = {
	.symbols = { "spf_canary" },
	.type = SPF_HOOK_ENTRY,
	.mandatory = true,
	.entered = on_canary,
	.canary = true,
};

static u64 hits_of(enum spf_hook_id id)
{
	return spf_stats_ever(SPF_N_HITS + id);
}

bool spf_probes_fire(void)
{
	u64 before = hits_of(SPF_HOOK_CANARY);

	spf_canary();
	return hits_of(SPF_HOOK_CANARY) != before;
}

static bool fired(enum spf_hook_id id, u64 before)
{
	struct spf_hook_state state;

	spf_probe_hook(id, &state);
	if (!state.on || hits_of(id) != before)
		return true;
	pr_err("hook %s (%s) is set but does not fire; are kprobes or kernel.ftrace_enabled switched off?\n",
	       state.name, state.symbols);
	return false;
}

int spf_selfcheck(void)
{
	static const enum spf_hook_id expected[] = {
		SPF_HOOK_FAULT, SPF_HOOK_ADJUST, SPF_HOOK_PREPARE,
		SPF_HOOK_COMPLETE, SPF_HOOK_UNMAP, SPF_HOOK_FREE,
		SPF_HOOK_WRITE_KILLABLE, SPF_HOOK_WRITE_LOCK,
		SPF_HOOK_WRITE_UNLOCK,
	};
	u64 before[ARRAY_SIZE(expected)];
	int i, err;

	for (i = 0; i < ARRAY_SIZE(expected); i++)
		before[i] = hits_of(expected[i]);
	err = exercise_lock();
	if (err)
		return err;
	err = exercise_mm();
	if (err) {
		pr_err("self-check could not map a page: error %d\n", err);
		return err;
	}
	for (i = 0; i < ARRAY_SIZE(expected); i++)
		if (!fired(expected[i], before[i]))
			return -EIO;
	if (spf_ftrace_strays()) {
		pr_err("ftrace calls from a place in a function that spf does not know\n");
		return -EIO;
	}
	return 0;
}
