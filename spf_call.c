// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system call that a task is in, from its saved registers.
 */
#include <linux/compat.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include <asm/syscall.h>

#include <spf/call.h>
#include <spf/compat.h>

enum spf_call spf_call_now(void)
{
	struct task_struct *task = current;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER | PF_EXITING))
		return SPF_CALL_NONE;
	/* Other numbers. */
	if (in_compat_syscall())
		return SPF_CALL_NONE;
	return spf_call_of(syscall_get_nr(task, task_pt_regs(task)));
}
