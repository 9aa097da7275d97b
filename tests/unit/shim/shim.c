// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of the shims that is not macros.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/processor.h>
#include <linux/spinlock.h>

#include <spf/spin.h>

#include "shim.h"

unsigned int spf_shim_fail_nth;
unsigned long spf_shim_live;
unsigned long spf_shim_tried;
bool spf_shim_weak_hash;
unsigned int spf_shim_chaos;
uint64_t spf_shim_clock;
void (*spf_shim_clock_read)(uint64_t now);
__thread unsigned int spf_shim_irqs_off;

void spf_shim_bug(const char *what, const char *file, int line)
{
	printf("Bail out! BUG: %s at %s:%d\n", what, file, line);
	fflush(stdout);
	abort();
}

void *spf_shim_alloc(size_t size, bool zero, bool may_sleep)
{
	void *p;

	if (may_sleep && spf_shim_irqs_off)
		spf_shim_bug("sleeping allocation with irqs off",
			     __FILE__, __LINE__);

	spf_shim_tried++;
	if (spf_shim_fail_nth && !--spf_shim_fail_nth)
		return NULL;

	/*
	 * Exactly this size, so that ASan sees the first byte after it; aligned
	 * to no more than a cache line, which is what the callers rely on.
	 */
	if (posix_memalign(&p, 64, size ? size : 1))
		return NULL;

	/* Not zeroed means garbage: nobody may rely on fresh pages. */
	memset(p, zero ? 0 : 0xa5, size);
	spf_shim_live++;
	return p;
}

void spf_shim_free(const void *p)
{
	if (!p)
		return;
	spf_shim_live--;
	free((void *)p);
}

void spf_shim_yield(void)
{
	sched_yield();
}

void spf_shim_chaos_point(void)
{
	static __thread uint32_t x;

	if (!x)
		x = (uint32_t)(uintptr_t)&x | 1;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	if (!(x % spf_shim_chaos))
		sched_yield();
}

/* As spf_spin.c does it; nobody counts here. */
void spf_spin_wait(raw_spinlock_t *lock)
{
	do {
		cpu_relax();
	} while (!raw_spin_trylock(lock));
}
