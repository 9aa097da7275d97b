// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoint sched_process_exit has two arguments: since 6.16. */
#include <trace/events/sched.h>

static void probe(void *data, struct task_struct *task, bool group_dead)
{
}

void spf_feature(void)
{
	check_trace_callback_type_sched_process_exit(probe);
}
