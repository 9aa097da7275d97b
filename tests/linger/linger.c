// SPDX-License-Identifier: GPL-2.0-only
/*
 * linger.ko, for tests in a guest only: makes one thread stay in one place of
 * the kernel until another one has come to meet it there.
 *
 * Most write sections and holds are so short that it is chance whether a fault
 * meets one, and on a busy host it hardly ever does.
 *
 *	at	the place, or one for each of two threads:
 *		ends	an end of a VMA moves: all such sections take the VMA out of
 *			the tree of its anon_vma
 *		entry	the page of a page-table entry between from and to is looked
 *			up, by zaps, MADV_FREE and NUMA scans with the page table locked
 *		flush	page tables have changed, and the TLB is about to be flushed: in
 *			the midst of mremap, at the end of fork
 *		give	the write hold of mmap_lock is about to end.  Of all that trace
 *			the release, this one is called first: it is set anew with each
 *			write to "at"
 *	tid	up to two threads; each stays there once, then it is 0
 *	many	for each of them, how many must have come to wait for mmap_lock; 0
 *		for one fault, whether it waits or not
 *	came	how many have come to wait, for the one that stays now
 *	queued	1 if one of them is in the queue already
 *	most	how long it stays, in seconds, when nobody comes; 5 after the first time
 *	alone	how often too few came
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/osq_lock.h>
#include <linux/rwsem.h>
#include <linux/string.h>

/* For longer than any attempt of the fault's would have taken. */
#define LINGER_AFTER_NS	(20 * NSEC_PER_MSEC)
#define THREADS		2

enum place { ENDS, ENTRY, FLUSH, GIVE, PLACES };

static const char * const places[] = {
	[ENDS] = "ends",
	[ENTRY] = "entry",
	[FLUSH] = "flush",
	[GIVE] = "give",
};

static int at[THREADS];

static int come_first(void);

static int set_at(const char *text, const struct kernel_param *kp)
{
	const char *other = strchr(text, ',');
	char first[16];
	int one, two;

	strscpy(first, text, min_t(size_t, sizeof(first),
				   other ? other - text + 1 : sizeof(first)));
	one = sysfs_match_string(places, first);
	two = other ? sysfs_match_string(places, other + 1) : one;
	if (one < 0 || two < 0)
		return -EINVAL;
	WRITE_ONCE(at[0], one);
	WRITE_ONCE(at[1], two);
	return one == GIVE || two == GIVE ? come_first() : 0;
}

static int get_at(char *text, const struct kernel_param *kp)
{
	return sprintf(text, "%s,%s\n", places[at[0]], places[at[1]]);
}

static const struct kernel_param_ops at_ops = { .set = set_at, .get = get_at };
module_param_cb(at, &at_ops, NULL, 0600);
MODULE_PARM_DESC(at, "place: ends, entry, flush or give");

static ulong from;
module_param(from, ulong, 0600);
MODULE_PARM_DESC(from, "first address for at=entry");

static ulong to;
module_param(to, ulong, 0600);
MODULE_PARM_DESC(to, "the one behind the last");

static int tid[THREADS];
module_param_array(tid, int, NULL, 0600);
MODULE_PARM_DESC(tid, "threads that stay there");

static int many[THREADS];
module_param_array(many, int, NULL, 0600);
MODULE_PARM_DESC(many, "how many must have come");

static int came;
module_param(came, int, 0400);
MODULE_PARM_DESC(came, "how many have come");

static bool queued;
module_param(queued, bool, 0400);
MODULE_PARM_DESC(queued, "one of them is in the queue");

/* The host may take a CPU away for long, and then nobody can come. */
static unsigned int most = 600;
module_param(most, uint, 0600);
MODULE_PARM_DESC(most, "seconds that it stays when nobody comes");

static unsigned int alone;
module_param(alone, uint, 0600);
MODULE_PARM_DESC(alone, "how often too few came");

/* Of the thread that stays now, if any; only compared. */
static struct mm_struct *stays;
static atomic_t waiters, faults;

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

/* What has come to wait may be on its way still. */
static bool enough(int wanted)
{
	struct rw_semaphore *sem = &current->mm->mmap_lock;

	WRITE_ONCE(queued, rwsem_is_contended(sem));
	WRITE_ONCE(came, somebody_waits(sem) ? atomic_read(&waiters) : 0);
	if (!wanted && atomic_read(&faults))
		return true;
	return came >= max(wanted, 1);
}

static void stay_until_met(int nr)
{
	u64 end = ktime_get_mono_fast_ns() + READ_ONCE(most) * NSEC_PER_SEC;

	atomic_set(&waiters, 0);
	atomic_set(&faults, 0);
	WRITE_ONCE(came, 0);
	WRITE_ONCE(queued, false);
	WRITE_ONCE(stays, current->mm);
	/* What arrives then has arrived long after this began. */
	stay(LINGER_AFTER_NS);
	/* From here on it is known to stay. */
	smp_store_release(&tid[nr], 0);
	while (!enough(many[nr])) {
		if (ktime_get_mono_fast_ns() > end) {
			alone++;
			/* It has been seen to fail: the rest be over soon. */
			WRITE_ONCE(most, min(most, 5U));
			goto out;
		}
		cpu_relax();
	}
	stay(LINGER_AFTER_NS);
out:
	WRITE_ONCE(stays, NULL);
}

struct spot {
	struct kprobe probe;
	const char *symbol;
	enum place place;
};

static bool is_here(enum place place, struct pt_regs *regs, int nr)
{
	unsigned long address;

	if (place != READ_ONCE(at[nr]))
		return false;
	if (place == GIVE)
		return regs_get_kernel_argument(regs, 0) ==
		       (unsigned long)&current->mm->mmap_lock;
	if (place != ENTRY)
		return true;
	address = regs_get_kernel_argument(regs, 1);
	return address >= from && address < to;
}

static void linger(enum place place, struct pt_regs *regs)
{
	int nr;

	if (!current->mm)
		return;
	for (nr = 0; nr < THREADS; nr++)
		if (READ_ONCE(tid[nr]) == current->pid)
			break;
	if (nr < THREADS &&
	    is_here(place, regs, nr) &&
	    !somebody_waits(&current->mm->mmap_lock))
		stay_until_met(nr);
}

NOKPROBE_SYMBOL(linger);

static int on_spot(struct kprobe *p, struct pt_regs *regs)
{
	linger(container_of(p, struct spot, probe)->place, regs);
	return 0;
}

NOKPROBE_SYMBOL(on_spot);

static int come(struct kprobe *p, struct pt_regs *regs)
{
	struct mm_struct *mm = READ_ONCE(stays);

	if (mm && mm == current->mm &&
	    regs_get_kernel_argument(regs, 0) == (unsigned long)&mm->mmap_lock)
		atomic_inc(&waiters);
	return 0;
}

NOKPROBE_SYMBOL(come);

static int fault(struct kprobe *p, struct pt_regs *regs)
{
	struct mm_struct *mm = READ_ONCE(stays);

	if (mm && mm == current->mm)
		atomic_inc(&faults);
	return 0;
}

NOKPROBE_SYMBOL(fault);

/* Some are there on some kernels only. */
static struct spot spots[] = {
	{ .symbol = "anon_vma_interval_tree_remove", .place = ENDS },
	{ .symbol = "anon_rmap_tree_remove", .place = ENDS },
	{ .symbol = "vm_normal_page", .place = ENTRY },
	{ .symbol = "vm_normal_folio", .place = ENTRY },
	{ .symbol = "flush_tlb_mm_range", .place = FLUSH },
#ifndef CONFIG_DYNAMIC_FTRACE_WITH_REGS
	{ .symbol = "up_write", .place = GIVE },
	{ .symbol = "downgrade_write", .place = GIVE },
#endif
};

/*
 * The end of a hold.  What spf sees of it must come after this one has stayed, and the
 * last one that was set is called first.
 */
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
#define PLACES_OF_PROBES	(BIT(PLACES) - 1 - BIT(GIVE))

/* Since 5.11. */
#ifdef CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS
static void on_give(unsigned long ip, unsigned long parent_ip,
		    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
#else
static void on_give(unsigned long ip, unsigned long parent_ip,
		    struct ftrace_ops *ops, struct pt_regs *regs)
{
#endif
	preempt_disable_notrace();
	linger(GIVE, regs);
	preempt_enable_notrace();
}

static struct ftrace_ops give_ops = {
	.func = on_give,
	.flags = FTRACE_OPS_FL_SAVE_REGS,
};

static bool gives;

static void stop_giving(void)
{
	if (gives)
		unregister_ftrace_function(&give_ops);
	gives = false;
}

/* Parameters are set under a lock, one at a time. */
static int come_first(void)
{
	int err;

	stop_giving();
	err = ftrace_set_filter_ip(&give_ops, (unsigned long)up_write, 0, 1);
	if (!err)
		err = ftrace_set_filter_ip(&give_ops,
					   (unsigned long)downgrade_write, 0, 0);
	if (!err)
		err = register_ftrace_function(&give_ops);
	gives = !err;
	return err;
}
#else
#define PLACES_OF_PROBES	(BIT(PLACES) - 1)

static void stop_giving(void)
{
}

static int come_first(void)
{
	return 0;
}
#endif

static struct kprobe come_read = {
	.symbol_name = "rwsem_down_read_slowpath",
	.pre_handler = come,
};

static struct kprobe come_write = {
	.symbol_name = "rwsem_down_write_slowpath",
	.pre_handler = come,
};

static struct kprobe faulted = {
	.symbol_name = "handle_mm_fault",
	.pre_handler = fault,
};

static struct kprobe *comers[] = { &come_read, &come_write, &faulted };

static void remove_spots(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(spots); i++)
		if (spots[i].probe.addr)
			unregister_kprobe(&spots[i].probe);
}

/* Each place is to have one at least. */
static int set_spots(void)
{
	unsigned long missing = PLACES_OF_PROBES;
	struct kprobe *probe;
	int i;

	for (i = 0; i < ARRAY_SIZE(spots); i++) {
		probe = &spots[i].probe;
		probe->symbol_name = spots[i].symbol;
		probe->pre_handler = on_spot;
		if (!register_kprobe(probe))
			missing &= ~BIT(spots[i].place);
		else
			memset(probe, 0, sizeof(*probe));
	}
	if (!missing)
		return 0;
	remove_spots();
	return -ENOENT;
}

static int __init linger_init(void)
{
	int err = register_kprobes(comers, ARRAY_SIZE(comers));

	if (err)
		return err;
	err = set_spots();
	if (err)
		unregister_kprobes(comers, ARRAY_SIZE(comers));
	return err;
}

static void __exit linger_exit(void)
{
	stop_giving();
	remove_spots();
	unregister_kprobes(comers, ARRAY_SIZE(comers));
}

module_init(linger_init);
module_exit(linger_exit);
MODULE_DESCRIPTION("Makes write sections of spf's tests last");
MODULE_LICENSE("GPL");
