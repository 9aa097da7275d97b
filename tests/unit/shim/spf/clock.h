/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock of the tests, in place of <spf/clock.h>. */
#ifndef SPF_CLOCK_H
#define SPF_CLOCK_H

#include <linux/compiler.h>
#include <linux/ktime.h>

static inline u64 spf_now(void)
{
	return ktime_get_mono_fast_ns();
}

static inline u64 spf_published(void)
{
	smp_mb();
	return spf_now();
}

static inline u64 spf_elapsed(u64 from, u64 to)
{
	return to > from ? to - from : 0;
}

#endif /* SPF_CLOCK_H */
