// SPDX-License-Identifier: GPL-2.0-only
/*
 * linger.ko, for tests in a guest only: makes one write section last until a
 * fault waits for it.
 *
 * Sections that move the ends of a VMA are so short that it is chance whether a
 * fault meets one, and on a busy host it hardly ever does.  All of them take the
 * VMA out of the tree of its anon_vma; the thread that is named stays there.
 *
 *	tid	thread whose next section lasts; 0 from then on
 *	alone	how often nobody came
 */
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/osq_lock.h>
#include <linux/rwsem.h>

/* For longer than any attempt of the fault's would have taken. */
#define LINGER_AFTER_NS	(20 * NSEC_PER_MSEC)
#define LINGER_MOST_NS	(2 * NSEC_PER_SEC)

static int tid;
module_param(tid, int, 0600);
MODULE_PARM_DESC(tid, "thread whose next section lasts");

static unsigned int alone;
module_param(alone, uint, 0400);
MODULE_PARM_DESC(alone, "how often nobody came");

static void stay(u64 ns)
{
	u64 end = ktime_get_mono_fast_ns() + ns;

	while (ktime_get_mono_fast_ns() < end)
		cpu_relax();
}

/* Before 5.11 readers spin, too, as long as the writer is running. */
static bool somebody_waits(struct rw_semaphore *sem)
{
	return rwsem_is_contended(sem) || osq_is_locked(&sem->osq);
}

static int linger(struct kprobe *p, struct pt_regs *regs)
{
	u64 end = ktime_get_mono_fast_ns() + LINGER_MOST_NS;
	struct rw_semaphore *sem;

	if (!current->mm || current->pid != READ_ONCE(tid))
		return 0;
	sem = &current->mm->mmap_lock;
	if (somebody_waits(sem))
		return 0;
	WRITE_ONCE(tid, 0);
	while (!somebody_waits(sem)) {
		if (ktime_get_mono_fast_ns() > end) {
			alone++;
			return 0;
		}
		cpu_relax();
	}
	stay(LINGER_AFTER_NS);
	return 0;
}

NOKPROBE_SYMBOL(linger);

static struct kprobe probe;

static int try(const char *symbol)
{
	/* What an attempt that failed leaves behind is refused. */
	memset(&probe, 0, sizeof(probe));
	probe.symbol_name = symbol;
	probe.pre_handler = linger;
	return register_kprobe(&probe);
}

static int __init linger_init(void)
{
	return try("anon_vma_interval_tree_remove") &&
	       try("anon_rmap_tree_remove") ? -ENOENT : 0;
}

static void __exit linger_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(linger_init);
module_exit(linger_exit);
MODULE_DESCRIPTION("Makes write sections of spf's tests last");
MODULE_LICENSE("GPL");
