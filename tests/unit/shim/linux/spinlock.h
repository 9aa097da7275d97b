/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_SPINLOCK_H
#define _SHIM_LINUX_SPINLOCK_H

#include <pthread.h>

#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/types.h>

/*
 * A mutex: every tool understands it.  Its owner is kept beside it, since a
 * loop of trylocks cannot hear from the mutex that it would never end.
 */
typedef struct raw_spinlock {
	pthread_mutex_t m;
	uintptr_t owner;	/* spf_shim_self(), 0 for none */
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
	lock->owner = 0;
}

/* An address that no other thread has. */
static inline uintptr_t spf_shim_self(void)
{
	return (uintptr_t)&spf_shim_irqs_off;
}

static inline bool raw_spin_trylock(raw_spinlock_t *lock)
{
	/*
	 * The probes also run in interrupts, so all of these locks have to be
	 * taken with interrupts off; lockdep would say the same.
	 */
	if (!spf_shim_irqs_off)
		spf_shim_bug("lock taken with irqs on", __FILE__, __LINE__);
	spf_shim_point();
	if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == spf_shim_self())
		spf_shim_bug("lock taken twice", __FILE__, __LINE__);
	if (pthread_mutex_trylock(&lock->m))
		return false;
	__atomic_store_n(&lock->owner, spf_shim_self(), __ATOMIC_RELAXED);
	return true;
}

static inline void raw_spin_lock(raw_spinlock_t *lock)
{
	while (!raw_spin_trylock(lock))
		spf_shim_yield();
}

static inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	__atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
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

#define lockdep_assert_held(lock)					\
do {									\
	if (__atomic_load_n(&(lock)->owner, __ATOMIC_RELAXED) !=		\
	    spf_shim_self())						\
		spf_shim_bug("lock not held", __FILE__, __LINE__);	\
} while (0)

#endif /* _SHIM_LINUX_SPINLOCK_H */
