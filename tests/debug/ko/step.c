// SPDX-License-Identifier: GPL-2.0-only
/*
 * step.ko, for tests in a guest only: stops a collapse at its end, or a handler that
 * spf has there at a chosen step, until another thread has done something.
 *
 * spf has been compiled with -finstrument-functions: each of its functions calls
 * this module when it begins, and when it ends.  The end of a collapse is a
 * tracepoint, after the kernel has released mmap_lock; of the probes here one comes
 * before that of spf and one after it.
 *
 *	tid	thread whose next collapse is stopped; 0 once it is there
 *	at	0 before spf's handler, N at its Nth step; those with interrupts off do
 *		not count: whoever takes memory away waits for an interrupt to be taken
 *	go	is 1 from then on
 *	done	the other one writes 1
 *	steps	how many steps that collapse had, up to where it was stopped
 *	alone	how often nobody came, for so long that it went on
 */
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>

/* The one who is waited for may need a lock that the handler has. */
#define WAIT_MOST_NS	(3ULL * NSEC_PER_SEC)

static int tid;
module_param(tid, int, 0600);
MODULE_PARM_DESC(tid, "thread whose next collapse is stopped");

static unsigned int at;
module_param(at, uint, 0600);
MODULE_PARM_DESC(at, "step to stop at");

static int go;
module_param(go, int, 0600);
MODULE_PARM_DESC(go, "it has been stopped");

static int done;
module_param(done, int, 0600);
MODULE_PARM_DESC(done, "it may go on");

static unsigned int steps;
module_param(steps, uint, 0400);
MODULE_PARM_DESC(steps, "of the last collapse");

static unsigned int alone;
module_param(alone, uint, 0400);
MODULE_PARM_DESC(alone, "how often nobody came");

/* The thread while it is in spf's handler. */
static struct task_struct *stepping;
static struct tracepoint *collapse;

static notrace void stop(void)
{
	u64 end = ktime_get_mono_fast_ns() + WAIT_MOST_NS;

	WRITE_ONCE(stepping, NULL);
	WRITE_ONCE(go, 1);
	while (!READ_ONCE(done)) {
		if (ktime_get_mono_fast_ns() > end) {
			alone++;
			return;
		}
		cpu_relax();
	}
}

static notrace void step(void)
{
	if (READ_ONCE(stepping) != current || irqs_disabled())
		return;
	if (++steps == READ_ONCE(at))
		stop();
}

/* The compiler calls these two; it needs no declaration of them. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

notrace void __cyg_profile_func_enter(void *function, void *caller)
{
	step();
}
EXPORT_SYMBOL(__cyg_profile_func_enter);
NOKPROBE_SYMBOL(__cyg_profile_func_enter);

notrace void __cyg_profile_func_exit(void *function, void *caller)
{
	step();
}
EXPORT_SYMBOL(__cyg_profile_func_exit);
NOKPROBE_SYMBOL(__cyg_profile_func_exit);

/* Whatever its arguments: the first is its data, and nothing is read. */
static void at_collapse(void *data)
{
	WRITE_ONCE(stepping, NULL);
	if (current->pid != READ_ONCE(tid))
		return;
	WRITE_ONCE(tid, 0);
	WRITE_ONCE(stepping, current);
	steps = 0;
	if (!READ_ONCE(at))
		stop();
}

static void after_collapse(void *data)
{
	if (READ_ONCE(stepping) == current)
		WRITE_ONCE(stepping, NULL);
}

static void find(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "mm_collapse_huge_page"))
		collapse = tp;
}

static int __init step_init(void)
{
	int err;

	for_each_kernel_tracepoint(find, NULL);
	if (!collapse)
		return -ENOENT;
	err = tracepoint_probe_register_prio(collapse, at_collapse, NULL,
					     TRACEPOINT_DEFAULT_PRIO + 1);
	if (err)
		return err;
	err = tracepoint_probe_register_prio(collapse, after_collapse, NULL,
					     TRACEPOINT_DEFAULT_PRIO - 1);
	if (err)
		tracepoint_probe_unregister(collapse, at_collapse, NULL);
	return err;
}

static void __exit step_exit(void)
{
	tracepoint_probe_unregister(collapse, after_collapse, NULL);
	tracepoint_probe_unregister(collapse, at_collapse, NULL);
	tracepoint_synchronize_unregister();
}

module_init(step_init);
module_exit(step_exit);
MODULE_DESCRIPTION("Stops a collapse at its end");
MODULE_LICENSE("GPL");
