/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the probes that were registered really fire?
 */
#ifndef SPF_SELFCHECK_H
#define SPF_SELFCHECK_H

/**
 * spf_selfcheck - make the kernel run into its hooks, and see whether it did
 *
 * Maps three pages in the address space of the process that loads or enables
 * spf, writes to one and unmaps them again.  May sleep; all hooks are on.
 *
 * Return: 0; -EIO when one of the hooks that this must hit did not fire, with a
 * sentence that names it; or the errno that kept the check from being made.
 */
int spf_selfcheck(void);

/**
 * spf_probes_fire - do kprobes fire at this moment?
 *
 * They can be silenced from outside while they are set: through debugfs
 * (kprobes/enabled) and by sysctl kernel.ftrace_enabled.  May sleep.
 */
bool spf_probes_fire(void);

/* Does nothing but being probed. */
void spf_canary(void);

#endif /* SPF_SELFCHECK_H */
