// SPDX-License-Identifier: GPL-2.0-only
/* And what holds them is named by the architecture: since 6.13, and some 6.12. */
#include <linux/ftrace.h>

struct pt_regs *spf_feature(struct ftrace_regs *fregs)
{
	return &arch_ftrace_regs(fregs)->regs;
}
