// SPDX-License-Identifier: GPL-2.0-only
/*
 * locks.ko, for "make bench" in a guest only: what of the bench has to be done
 * inside the kernel, for faultbench.  See locks.h for what it can be asked.
 *
 * The marks tell how long a write hold lasts.  They are probes on the first
 * instruction of down_write_killable(), of up_write() and of downgrade_write()
 * that is behind the call of ftrace: whatever else is hooked at the entry of
 * these functions is over before the mark, and the marks do not change how it is
 * called.  So a hold as it is measured begins when all hooks of the lock have run
 * and ends when all hooks of its release have run.  It has in it what the marks
 * take themselves and the few instructions that take the lock: as much as an
 * empty hold has, which is measured in the same way.  The kernel looks for a mark
 * among all kprobes, which can take it up to some 10 instructions more than with the
 * marks alone.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/timex.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "locks.h"

/* No mmap_lock: what uses it is never about an address space. */
static DECLARE_RWSEM(foreign);

/* --- a reader of mmap_lock --- */

static DECLARE_WAIT_QUEUE_HEAD(released);
static struct mm_struct *read_mm;
static bool release;

static long read_and_sleep(void)
{
	struct mm_struct *mm = current->mm;
	long err;

	WRITE_ONCE(release, false);
	down_read(&mm->mmap_lock);
	WRITE_ONCE(read_mm, mm);
	err = wait_event_killable(released, READ_ONCE(release));
	WRITE_ONCE(read_mm, NULL);
	up_read(&mm->mmap_lock);
	return err;
}

static long is_read(void)
{
	struct mm_struct *mm = current->mm;

	return READ_ONCE(read_mm) == mm && rwsem_is_locked(&mm->mmap_lock);
}

static long release_reader(void)
{
	WRITE_ONCE(release, true);
	wake_up(&released);
	return 0;
}

/* --- a semaphore that is no mmap_lock --- */

/* With the one instruction in each that reads the TSC. */
static long time_pairs(struct locks_pairs __user *to)
{
	struct locks_pairs pairs;
	cycles_t start, between;
	u64 i;

	if (copy_from_user(&pairs, to, sizeof(pairs)))
		return -EFAULT;
	pairs.down = 0;
	pairs.up = 0;
	for (i = 0; i < pairs.times; i++) {
		start = get_cycles();
		down_write(&foreign);
		between = get_cycles();
		up_write(&foreign);
		pairs.up += get_cycles() - between;
		pairs.down += between - start;
	}
	return copy_to_user(to, &pairs, sizeof(pairs)) ? -EFAULT : 0;
}

static long hold_empty(unsigned long times)
{
	while (times--) {
		if (down_write_killable(&foreign))
			return -EINTR;
		up_write(&foreign);
	}
	return 0;
}

/* --- marks --- */

static DEFINE_MUTEX(marks_lock);

/* Whose holds; only compared.  The bench has one writer at a time. */
static const struct rw_semaphore *marked;
static struct locks_holds seen;
static cycles_t began;

/* Reads the TSC last. */
static int on_taken(struct kprobe *p, struct pt_regs *regs)
{
	if (regs_get_kernel_argument(regs, 0) == (unsigned long)marked)
		began = get_cycles();
	return 0;
}

NOKPROBE_SYMBOL(on_taken);

/* Reads it first. */
static int on_given(struct kprobe *p, struct pt_regs *regs)
{
	cycles_t now = get_cycles();

	if (regs_get_kernel_argument(regs, 0) == (unsigned long)marked &&
	    began) {
		seen.ticks += now - began;
		seen.holds++;
		began = 0;
	}
	return 0;
}

NOKPROBE_SYMBOL(on_given);

/* With this the kernel does not turn the probe into a jump some time later. */
static void stay_as_you_are(struct kprobe *p, struct pt_regs *regs,
			    unsigned long flags)
{
}

NOKPROBE_SYMBOL(stay_as_you_are);

static struct mark {
	const char *symbol;
	kprobe_pre_handler_t handler;
	unsigned long address;
	struct kprobe probe;
	bool on;
} marks[] = {
	{ "down_write_killable", on_taken },
	{ "up_write", on_given },
	{ "downgrade_write", on_given },
};

/* Where a kprobe at the entry would be is where ftrace calls from. */
static int find_mark(struct mark *mark)
{
	struct kprobe entry = {
		.symbol_name = mark->symbol,
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err = register_kprobe(&entry);

	if (err)
		return err;
	if (entry.flags & KPROBE_FLAG_FTRACE)
		mark->address = (unsigned long)entry.addr + MCOUNT_INSN_SIZE;
	unregister_kprobe(&entry);
	return mark->address ? 0 : -EOPNOTSUPP;
}

/*
 * Once, before anything else is probed: where there is a probe already, a second
 * one makes it dearer, even when it has gone again.
 */
static int find_marks(void)
{
	struct mark *mark;
	int err = 0;

	for (mark = marks; !err && mark < marks + ARRAY_SIZE(marks); mark++) {
		err = find_mark(mark);
		if (err)
			pr_err("no place for a mark in %s: error %d\n",
			       mark->symbol, err);
	}
	return err;
}

static int set_mark(struct mark *mark)
{
	int err;

	mark->probe = (struct kprobe){
		.addr = (kprobe_opcode_t *)mark->address,
		.pre_handler = mark->handler,
		.post_handler = stay_as_you_are,
	};
	err = register_kprobe(&mark->probe);
	mark->on = !err;
	return err;
}

static void remove_marks(void)
{
	struct mark *mark;

	for (mark = marks; mark < marks + ARRAY_SIZE(marks); mark++) {
		if (mark->on)
			unregister_kprobe(&mark->probe);
		mark->on = false;
	}
}

static void forget(void)
{
	seen = (struct locks_holds){};
	began = 0;
}

static long set_marks(const struct rw_semaphore *sem)
{
	struct mark *mark;
	int err = 0;

	remove_marks();
	forget();
	marked = sem;
	for (mark = marks; !err && mark < marks + ARRAY_SIZE(marks); mark++) {
		err = set_mark(mark);
		if (err)
			pr_err("no mark in %s: error %d\n", mark->symbol, err);
	}
	if (err)
		remove_marks();
	return err;
}

static long tell_seen(struct locks_holds __user *to)
{
	struct locks_holds told = seen;

	forget();
	return copy_to_user(to, &told, sizeof(told)) ? -EFAULT : 0;
}

/* --- the device --- */

static long locks_marks_ioctl(unsigned int cmd, unsigned long arg)
{
	long err = 0;

	mutex_lock(&marks_lock);
	switch (cmd) {
	case LOCKS_MARK_OWN:
		err = set_marks(&current->mm->mmap_lock);
		break;
	case LOCKS_MARK_EMPTY:
		err = set_marks(&foreign);
		break;
	case LOCKS_SEEN:
		err = tell_seen((struct locks_holds __user *)arg);
		break;
	case LOCKS_UNMARK:
		remove_marks();
		break;
	default:
		err = -ENOTTY;
	}
	mutex_unlock(&marks_lock);
	return err;
}

static long locks_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case LOCKS_READ:
		return read_and_sleep();
	case LOCKS_IS_READ:
		return is_read();
	case LOCKS_RELEASE:
		return release_reader();
	case LOCKS_PAIRS:
		return time_pairs((struct locks_pairs __user *)arg);
	case LOCKS_HOLD_EMPTY:
		return hold_empty(arg);
	default:
		return locks_marks_ioctl(cmd, arg);
	}
}

/* Who asked for the marks and does not take them back, has gone. */
static int locks_release(struct inode *inode, struct file *file)
{
	return locks_marks_ioctl(LOCKS_UNMARK, 0);
}

static const struct file_operations locks_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = locks_ioctl,
	.release = locks_release,
};

static struct miscdevice locks_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "spf_locks",
	.fops = &locks_fops,
	.mode = 0600,
};

static int __init locks_init(void)
{
	int err = find_marks();

	return err ?: misc_register(&locks_device);
}

static void __exit locks_exit(void)
{
	misc_deregister(&locks_device);
}

module_init(locks_init);
module_exit(locks_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("the spf authors");
MODULE_DESCRIPTION("locks that the bench of spf needs to be held, and for how long they are");
