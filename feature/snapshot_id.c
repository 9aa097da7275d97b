// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot of the clock says which clock: since 7.1 or so. */
#include <linux/timekeeping.h>

void spf_feature(struct system_time_snapshot *snapshot)
{
	ktime_get_snapshot_id(CLOCK_MONOTONIC, snapshot);
}
