/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock of the tests, in place of <spf/clock.h>. */
#ifndef SPF_CLOCK_H
#define SPF_CLOCK_H

#include <linux/ktime.h>

static inline u64 spf_now(void)
{
	return ktime_get_mono_fast_ns();
}

#endif /* SPF_CLOCK_H */
