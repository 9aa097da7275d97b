// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, hooks on fork, and on the end of a task.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include <spf/compat.h>
#include <spf/decode.h>
#include <spf/filter.h>
#include <spf/fork.h>
#include <spf/probe.h>
#include <spf/rows.h>
#include <spf/section.h>
#include <spf/stats.h>

static void on_exit_task(SPF_TP_EXIT)
{
	preempt_disable_notrace();
	spf_hit_of(SPF_HOOK_EXIT);
	spf_task_exit();
	preempt_enable_notrace();
}

struct spf_hook spf_hook_task_exit = {
	.symbols = { "sched_process_exit" },
	.type = SPF_HOOK_TRACEPOINT,
	.mandatory = true,
	.tp_probe = on_exit_task,
};

static void on_task_fork(void *data, struct task_struct *parent,
			 struct task_struct *child)
{
	preempt_disable_notrace();
	spf_hit_of(SPF_HOOK_TASK_FORK);
	spf_filter_fork(child);
	preempt_enable_notrace();
}

struct spf_hook spf_hook_task_fork = {
	.symbols = { "sched_process_fork" },
	.type = SPF_HOOK_TRACEPOINT,
	.tp_probe = on_task_fork,
};

/*
 * copy_page_range(dst_vma, src_vma): v12 patch 18 opens a section on each of
 * the parent's VMAs here, and closes all of them at the end of the fork.
 */
static void on_fork_copy(const struct spf_hook *h, struct pt_regs *regs)
{
	if (!spf_is_any_vma(spf_arg(regs, 1))) {
		spf_misread(h);
		return;
	}
	spf_seen_kind(SPF_KIND_FORK);
	spf_fork_copy(spf_arg(regs, 1));
}

/* Ends with the lock. */
struct spf_hook spf_hook_fork_copy = {
	.symbols = { "copy_page_range" },
	.refuted = SPF_REFUTED_COPY_PAGE_RANGE,
	.type = SPF_HOOK_ENTRY,
	.entered = on_fork_copy,
	SPF_RECORDS(FORK),
};
