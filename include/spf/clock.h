/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock that all instants are of: CLOCK_MONOTONIC, in ns.
 */
#ifndef SPF_CLOCK_H
#define SPF_CLOCK_H

#include <linux/compiler.h>
#include <linux/ktime.h>

/* NMI-safe and comparable between CPUs; may step back by a few ns. */
static inline u64 spf_now(void)
{
	return ktime_get_mono_fast_ns();
}

static inline u64 spf_elapsed(u64 from, u64 to)
{
	return likely(to > from) ? to - from : 0;
}

#endif /* SPF_CLOCK_H */
