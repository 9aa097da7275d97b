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
 * May sleep.  Return: 0; or a negative errno, after which spf_ftrace_stop() has to be
 * called.
 */
int spf_ftrace_start(void);

/**
 * spf_ftrace_stop - none is called any more, and all are forgotten
 *
 * Waits until no handler is running.  May sleep.
 * Return: false when that cannot be done: ftrace has been switched off by an error of
 * its own, and goes on calling.  Then the module must not go.
 */
bool spf_ftrace_stop(void);

/**
 * spf_ftrace_strays - was a callback called for a place that is no hook's?
 *
 * Then the call of ftrace is not where it is looked for, and some hook is silent.
 */
bool spf_ftrace_strays(void);

#endif /* SPF_FTRACE_H */
