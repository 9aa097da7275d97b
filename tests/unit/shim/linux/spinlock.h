/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_SPINLOCK_H
#define _SHIM_LINUX_SPINLOCK_H

#include <pthread.h>

#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/types.h>

/*
 * An error-checking mutex: on two CPUs it is faster than spinning, every tool
 * understands it, and it reports what would be a deadlock in the kernel.
 */
typedef struct raw_spinlock {
	pthread_mutex_t m;
} raw_spinlock_t;

#define __RAW_SPIN_LOCK_UNLOCKED(name) \
	{ .m = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP }
#define DEFINE_RAW_SPINLOCK(name) \
	raw_spinlock_t name = __RAW_SPIN_LOCK_UNLOCKED(name)

static inline void raw_spin_lock_init(raw_spinlock_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&lock->m, &attr);
	pthread_mutexattr_destroy(&attr);
}

static inline void raw_spin_lock(raw_spinlock_t *lock)
{
	/*
	 * The probes also run in interrupts, so all of these locks have to be
	 * taken with interrupts off; lockdep would say the same.
	 */
	if (!spf_shim_irqs_off)
		spf_shim_bug("lock taken with irqs on", __FILE__, __LINE__);
	spf_shim_point();
	if (pthread_mutex_lock(&lock->m))
		spf_shim_bug("lock taken twice", __FILE__, __LINE__);
}

static inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	if (pthread_mutex_unlock(&lock->m))
		spf_shim_bug("unlock of a lock not held", __FILE__, __LINE__);
	spf_shim_point();
}

#define raw_spin_lock_nested(lock, subclass)	raw_spin_lock(lock)
#define SINGLE_DEPTH_NESTING			1

#define raw_spin_lock_irqsave(lock, flags)	\
do {						\
	(flags) = spf_shim_irq_save();		\
	raw_spin_lock(lock);			\
} while (0)

#define raw_spin_unlock_irqrestore(lock, flags)	\
do {						\
	raw_spin_unlock(lock);			\
	spf_shim_irq_restore(flags);		\
} while (0)

/* Only a lock that nobody holds is noticed. */
#define lockdep_assert_held(lock)					\
do {									\
	if (pthread_mutex_trylock(&(lock)->m) == 0)			\
		spf_shim_bug("lock not held", __FILE__, __LINE__);	\
} while (0)

#endif /* _SHIM_LINUX_SPINLOCK_H */
