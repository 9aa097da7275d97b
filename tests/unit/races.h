/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the races share: they go on until each thread has done something, however
 * busy the host is, and say of each rule whether it held.
 */
#ifndef RACES_H
#define RACES_H

#include <stdbool.h>
#include <time.h>

#include <linux/types.h>

#include "ktap.h"

#define LEAST_OPS	500	/* of each thread in a phase */
#define MOST_SLICES	600	/* then it is given up */

/* Looked at by others while the thread goes on. */
static inline void count_op(u64 *ops)
{
	__atomic_store_n(ops, *ops + 1, __ATOMIC_RELAXED);
}

static inline bool is_busy(const u64 *ops)
{
	return __atomic_load_n(ops, __ATOMIC_RELAXED) >= LEAST_OPS;
}

/* Sleeps for slices of time until @enough says so. */
static inline void sleep_until(bool (*enough)(const void *), const void *what,
			       double slice)
{
	struct timespec ts = { slice, (slice - (u64)slice) * 1e9 };
	unsigned int slices = 0;

	do {
		nanosleep(&ts, NULL);
	} while (!enough(what) && ++slices < MOST_SLICES);
}

static inline void report_rules(const char *phase, const char *const *rules,
				const u64 *broken, unsigned int nr)
{
	unsigned int i;
	char name[64];

	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "%s_%s", phase, rules[i]);
		if (broken[i])
			ktap_diag("broken %llu times", broken[i]);
		ktap_result(!broken[i], name);
	}
}

#endif /* RACES_H */
