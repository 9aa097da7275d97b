// SPDX-License-Identifier: GPL-2.0-only
/*
 * wrong.ko, for a guest only: does what a debug kernel must report, so that a test
 * which looks for reports can be seen to find them.
 *
 *	what	leak, sleep, list, lock, use, stuck: one of the errors below
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *what;
module_param(what, charp, 0400);
MODULE_PARM_DESC(what, "leak, sleep, list, lock, use or stuck");

static int leak(void)
{
	return kmalloc(123, GFP_KERNEL) ? 0 : -ENOMEM;
}

static int sleep_with_lock(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	/* Without really doing so, after which lockdep would give up. */
	might_sleep();
	spin_unlock(&lock);
	return 0;
}

static int delete_twice(void)
{
	static struct list_head head = LIST_HEAD_INIT(head), entry;

	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
	return 0;
}

static int lock_in_both_orders(void)
{
	static DEFINE_MUTEX(a);
	static DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
	return 0;
}

static int use_after_free(void)
{
	int *p = kmalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(p);
	kfree(p);
	return READ_ONCE(*p) == 1;
}

/* Longer than twice a watchdog_thresh of 1 second, three times over. */
static int stay_on_the_cpu(void)
{
	ktime_t end = ktime_add_ms(ktime_get(), 6000);

	preempt_disable();
	while (ktime_before(ktime_get(), end))
		cpu_relax();
	preempt_enable();
	return 0;
}

static const struct {
	const char *name;
	int (*do_it)(void);
} errors[] = {
	{ "leak", leak },
	{ "sleep", sleep_with_lock },
	{ "list", delete_twice },
	{ "lock", lock_in_both_orders },
	{ "use", use_after_free },
	{ "stuck", stay_on_the_cpu },
};

static int __init wrong_init(void)
{
	int i;

	for (i = 0; what && i < ARRAY_SIZE(errors); i++)
		if (!strcmp(what, errors[i].name))
			return errors[i].do_it();
	return -EINVAL;
}

static void __exit wrong_exit(void)
{
}

module_init(wrong_init);
module_exit(wrong_exit);
MODULE_DESCRIPTION("Makes errors that a debug kernel reports");
MODULE_LICENSE("GPL");
