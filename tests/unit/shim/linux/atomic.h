/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_ATOMIC_H
#define _SHIM_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

#define ATOMIC_INIT(i)		{ (i) }

/*
 * As of READ_ONCE() and WRITE_ONCE(): the order that smp_rmb() and
 * smp_mb__before_atomic() give is carried by the accesses themselves.
 */
#define atomic_read(v)		READ_ONCE((v)->counter)
#define atomic_set(v, i)	WRITE_ONCE((v)->counter, i)
#define atomic64_read(v)	READ_ONCE((v)->counter)
#define atomic64_set(v, i)	WRITE_ONCE((v)->counter, i)

static inline int atomic_add_return(int i, atomic_t *v)
{
	spf_shim_point();
	return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);
}

#define atomic_inc_return(v)	atomic_add_return(1, v)
#define atomic_inc(v)		((void)atomic_add_return(1, v))
#define atomic_dec(v)		((void)atomic_add_return(-1, v))

static inline bool atomic64_try_cmpxchg(atomic64_t *v, s64 *old, s64 new)
{
	spf_shim_point();
	return __atomic_compare_exchange_n(&v->counter, old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Return: what was there, as the kernel's. */
#define cmpxchg(p, old, new)						\
({									\
	__typeof__(*(p)) __was = (old);					\
									\
	spf_shim_point();						\
	__atomic_compare_exchange_n(p, &__was, (__typeof__(*(p)))(new), false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);	\
	__was;								\
})

#define smp_mb__before_atomic()	barrier()
#define smp_mb__after_atomic()	barrier()

#endif /* _SHIM_LINUX_ATOMIC_H */
