// SPDX-License-Identifier: GPL-2.0-only
/*
 * spf: how many page faults would a speculative one have completed?
 *
 * Load and unload order, and the parameters.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/threads.h>

#include <spf/clock.h>
#include <spf/design.h>
#include <spf/filter.h>
#include <spf/hooks.h>
#include <spf/report.h>
#include <spf/stats.h>
#include <spf/shadow.h>
#include <spf/task.h>
#include <spf/top.h>
#include <spf/trace.h>
#include <spf/version.h>

static unsigned int vmas_max = 16384;
module_param(vmas_max, uint, 0444);
MODULE_PARM_DESC(vmas_max,
		 "VMAs whose write sections are remembered, 640 bytes each (64..1048576, default 16384)");

static unsigned int tasks_max = 4096;
module_param(tasks_max, uint, 0444);
MODULE_PARM_DESC(tasks_max,
		 "tasks that can be followed at a time, up to 2.5 KiB each (64..262144, default 4096)");

static char *designs;
module_param(designs, charp, 0444);
MODULE_PARM_DESC(designs,
		 "designs that are judged, with commas between them (default: all; docs/designs.md)");

static int pid;
module_param(pid, int, 0444);
MODULE_PARM_DESC(pid,
		 "count the faults and write sections of this process only (0..4194304, default 0: everyone's)");

static bool children;
module_param(children, bool, 0444);
MODULE_PARM_DESC(children,
		 "and of those that it starts (0 or 1, default 0)");

bool spf_verify;
module_param_named(verify, spf_verify, bool, 0444);
MODULE_PARM_DESC(verify,
		 "compare the kernel's write marks (per-VMA locks, 6.4 and later) with what is recorded, at every fault (0 or 1, default 0)");

static int check_range(const char *name, long long value, long long min,
		       long long max)
{
	if (value >= min && value <= max)
		return 0;
	pr_err("parameter %s=%lld: allowed are %lld..%lld\n", name, value, min,
	       max);
	return -EINVAL;
}

/* Of ESRCH, insmod would say that the module has a wrong symbol version. */
static int set_filter(void)
{
	if (spf_filter_set(pid)) {
		pr_err("parameter pid=%d: no process or thread that lives has this id in the pid namespace of insmod; allowed are 0 (everyone) or the id of one\n",
		       pid);
		return -EINVAL;
	}
	return spf_filter_follow(children);
}

static int __init spf_init(void)
{
	int err;

	if (check_range("vmas_max", vmas_max, SPF_VMAS_MIN, SPF_VMAS_MAX) ||
	    check_range("tasks_max", tasks_max, SPF_TASKS_MIN, SPF_TASKS_MAX) ||
	    check_range("pid", pid, 0, PID_MAX_LIMIT))
		return -EINVAL;
	err = spf_designs_choose(designs);
	if (err)
		return err;
	err = set_filter();
	if (err)
		return err;
	spf_trace_init();
	spf_clock_init();
	err = spf_stats_init();
	if (err)
		goto exit_clock;
	err = spf_top_init();
	if (err)
		goto exit_stats;
	err = spf_probe_init(vmas_max, tasks_max);
	if (err)
		goto exit_top;
	spf_report_init();
	pr_info("version %s: judging page faults; read /sys/kernel/debug/spf/stats\n",
		SPF_VERSION);
	return 0;

exit_top:
	spf_top_exit();
exit_stats:
	spf_stats_exit();
exit_clock:
	spf_clock_exit();
	spf_filter_exit();
	return err;
}

static void __exit spf_exit(void)
{
	spf_report_exit();
	spf_probe_exit();
	spf_top_exit();
	spf_stats_exit();
	spf_clock_exit();
	spf_filter_exit();
}

module_init(spf_init);
module_exit(spf_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("the spf authors");
MODULE_DESCRIPTION("judges the page faults of a running kernel by the rules of speculative page fault designs");
MODULE_VERSION(SPF_VERSION);
