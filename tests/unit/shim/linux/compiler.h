/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_COMPILER_H
#define _SHIM_LINUX_COMPILER_H

#include "../shim.h"

#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define __acquires(x)
#define __releases(x)
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define barrier()	__asm__ __volatile__("" : : : "memory")

#ifndef __always_inline
#define __always_inline	inline __attribute__((__always_inline__))
#endif
#ifndef noinline
#define noinline	__attribute__((__noinline__))
#endif
#ifndef __maybe_unused
#define __maybe_unused	__attribute__((__unused__))
#endif
#ifndef __must_check
#define __must_check	__attribute__((__warn_unused_result__))
#endif
#ifndef __packed
#define __packed	__attribute__((__packed__))
#endif
#ifndef __aligned
#define __aligned(x)	__attribute__((__aligned__(x)))
#endif
#ifndef fallthrough
#define fallthrough	__attribute__((__fallthrough__))
#endif

/*
 * Stronger than the kernel's: ThreadSanitizer does not understand fences, so
 * the order that smp_rmb() and smp_wmb() give inside the sequence counter is
 * carried by the accesses themselves.  A reader that sees one new value then
 * also sees that the counter was odd.
 */
#define READ_ONCE(x)						\
({								\
	spf_shim_point();					\
	__atomic_load_n(&(x), __ATOMIC_ACQUIRE);		\
})

#define WRITE_ONCE(x, val)					\
do {								\
	spf_shim_point();					\
	__atomic_store_n(&(x), (val), __ATOMIC_RELEASE);	\
} while (0)

#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v)	WRITE_ONCE(*(p), v)
#define smp_rmb()		barrier()
#define smp_wmb()		barrier()

/*
 * A full one: it orders a store before a later load, which the accesses above
 * do not.  ThreadSanitizer hears nothing by it, and gcc warns of its own fence.
 */
#if defined(__x86_64__)
#define smp_mb()		__asm__ __volatile__("mfence" : : : "memory")
#elif defined(__aarch64__)
#define smp_mb()		__asm__ __volatile__("dmb ish" : : : "memory")
#else
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

#define data_race(x)		(x)

#endif /* _SHIM_LINUX_COMPILER_H */
