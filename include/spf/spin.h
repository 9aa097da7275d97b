/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way in which probe handlers take a lock.
 *
 * A kprobe that is a breakpoint runs its handler as an NMI would run, also in
 * the middle of a task: every kprobe is one until the kernel has optimised it,
 * and all of them stay so on a kernel without the function tracer.  lockdep
 * takes a plain lock in there for a deadlock to come.  It is none: a lock of
 * spf's is held for some instructions of spf's own, with interrupts off; no hook
 * of spf's is on any of these; a breakpoint that somebody else sets there runs
 * no handler that takes a lock of spf's; and no real NMI runs one (see
 * docs/design.md).  So the task that has the lock is always on another CPU and
 * gives it back.  A trylock says this to lockdep.
 */
#ifndef SPF_SPIN_H
#define SPF_SPIN_H

#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

/**
 * spf_spin_wait - take a lock that another CPU has
 * @lock: the lock
 *
 * Counted: `locks spins=` in stats.
 */
void spf_spin_wait(raw_spinlock_t *lock) __acquires(lock);

static __always_inline void spf_spin_lock(raw_spinlock_t *lock)
	__acquires(lock)
{
	if (unlikely(!raw_spin_trylock(lock)))
		spf_spin_wait(lock);
}

static __always_inline unsigned long spf_spin_lock_irqsave(raw_spinlock_t *lock)
	__acquires(lock)
{
	unsigned long flags;

	local_irq_save(flags);
	spf_spin_lock(lock);
	return flags;
}

#endif /* SPF_SPIN_H */
