/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What watch counts.
 */
#ifndef SPF_BENCH_WATCH_H
#define SPF_BENCH_WATCH_H

enum watch_count {
	WATCH_FAULTS,
	WATCH_SERVICE_NS,
	WATCH_WAIT_NS,
	WATCH_HOLDS,
	WATCH_HELD_NS,
	WATCH_NR
};

#endif /* SPF_BENCH_WATCH_H */
