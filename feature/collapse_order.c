// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoint mm_collapse_huge_page tells the order: since 7.x. */
#include <trace/events/huge_memory.h>

static void probe(void *data, struct mm_struct *mm, int isolated, int status,
		  unsigned int order)
{
}

void spf_feature(void)
{
	check_trace_callback_type_mm_collapse_huge_page(probe);
}
