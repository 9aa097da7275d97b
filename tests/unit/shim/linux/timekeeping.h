/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_TIMEKEEPING_H
#define _SHIM_LINUX_TIMEKEEPING_H

#include <linux/types.h>

#include "../shim.h"

/*
 * The test's clock: it ticks once for each reading, so that no two of them are
 * the same.  Orders nothing but itself, so that ThreadSanitizer hears nothing
 * by it.
 */
static inline u64 ktime_get_mono_fast_ns(void)
{
	u64 now = __atomic_add_fetch(&spf_shim_clock, 1, __ATOMIC_RELAXED);

	spf_shim_point();
	if (spf_shim_clock_read)
		spf_shim_clock_read(now);
	return now;
}

#endif /* _SHIM_LINUX_TIMEKEEPING_H */
