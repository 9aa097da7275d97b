/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1, entry hooks on the function tracer's call at the start of a function: a
 * quarter of what a kprobe costs in the same place.
 */
#ifndef SPF_FTRACE_H
#define SPF_FTRACE_H

#include <spf/probe.h>

/**
 * spf_ftrace_add - let ftrace carry an entry hook
 * @h: the hook
 * @address: where the function begins
 *
 * Before spf_ftrace_start().  May sleep.
 * Return: 0; -EOPNOTSUPP when ftrace does not do that on this kernel or there is no
 * such call at the function, and the hook has to be a kprobe; or another errno.
 */
int spf_ftrace_add(const struct spf_hook *h, unsigned long address);

/**
 * spf_ftrace_start - all that were added are called from now on
 *
 * May sleep.  Return: 0 or a negative errno; then none is.
 */
int spf_ftrace_start(void);

/**
 * spf_ftrace_stop - none is called any more, and all are forgotten
 *
 * Waits until no handler is running.  May sleep.
 */
void spf_ftrace_stop(void);

#endif /* SPF_FTRACE_H */
