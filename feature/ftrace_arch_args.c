// SPDX-License-Identifier: GPL-2.0-only
/* And what holds them is named by the architecture: since 6.13, and some 6.12. */
#include <linux/ftrace.h>

#if !defined(CONFIG_DYNAMIC_FTRACE) || !defined(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS)
#error "the arguments of a function are not saved for ftrace"
#endif

struct pt_regs *spf_feature(struct ftrace_regs *fregs)
{
	return &arch_ftrace_regs(fregs)->regs;
}
