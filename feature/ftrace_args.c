// SPDX-License-Identifier: GPL-2.0-only
/* Callbacks of ftrace are passed what holds struct pt_regs: 5.11 to 6.12. */
#include <linux/ftrace.h>

struct pt_regs *spf_feature(struct ftrace_regs *fregs)
{
	return &fregs->regs;
}
