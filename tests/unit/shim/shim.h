/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the shims of kernel headers share: knobs for the tests, and checks that
 * a real kernel only makes with its debugging options.
 *
 * The headers in shim/linux/ have the names and the include guards' role of
 * the kernel's own: with this directory first on the include path, the stages
 * that know no kernel types compile unchanged in user space.
 */
#ifndef SPF_SHIM_H
#define SPF_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Allocations: fail the n-th one from now (1 is the next one, 0 none), and
 * how many are live.  A test of an error path sets the first and compares the
 * second with what it was before.
 */
extern unsigned int spf_shim_fail_nth;
extern unsigned long spf_shim_live;

/* How many allocations were tried since the start, failed ones included. */
extern unsigned long spf_shim_tried;

/* Every hash is 0 or 1, so that long chains are met with few keys. */
extern bool spf_shim_weak_hash;

/*
 * When not 0: one in so many shared accesses gives the CPU away, so that
 * threads meet in the middle of each other's sections even on two CPUs.
 * Set it before the threads exist.
 */
extern unsigned int spf_shim_chaos;

/* What ktime_get_mono_fast_ns() said last; tests may set it. */
extern uint64_t spf_shim_clock;

/*
 * Called with what was read, as soon as it was: what others can see at that time.
 * For tests of one thread.
 */
extern void (*spf_shim_clock_read)(uint64_t now);

/* Depth of irq-disabled sections of this thread; 0 between two API calls. */
extern __thread unsigned int spf_shim_irqs_off;

void *spf_shim_alloc(size_t size, bool zero, bool may_sleep);
void spf_shim_free(const void *p);
void spf_shim_chaos_point(void);
void spf_shim_yield(void);
void spf_shim_bug(const char *what, const char *file, int line)
	__attribute__((noreturn));

static inline void spf_shim_point(void)
{
	if (__builtin_expect(spf_shim_chaos != 0, 0))
		spf_shim_chaos_point();
}

static inline unsigned long spf_shim_irq_save(void)
{
	return spf_shim_irqs_off++;
}

static inline void spf_shim_irq_restore(unsigned long flags)
{
	/* Restoring in any order but the reverse one is a bug in the kernel. */
	if (!spf_shim_irqs_off || flags != spf_shim_irqs_off - 1)
		spf_shim_bug("unbalanced irq restore", __FILE__, __LINE__);
	spf_shim_irqs_off = flags;
}

#endif /* SPF_SHIM_H */
