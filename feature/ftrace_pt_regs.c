// SPDX-License-Identifier: GPL-2.0-only
/* Callbacks of ftrace are passed struct pt_regs: up to 5.10. */
#include <linux/ftrace.h>

void spf_feature(unsigned long ip, unsigned long parent_ip,
		 struct ftrace_ops *ops, struct pt_regs *regs);

ftrace_func_t spf_feature_func = spf_feature;
