/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What faultbench asks of locks.ko, at /dev/spf_locks.
 */
#ifndef SPF_BENCH_LOCKS_H
#define SPF_BENCH_LOCKS_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct locks_pairs - down_write() and up_write() of a semaphore of the module's own
 * @times: how often; the caller sets it
 * @down: ticks of the TSC that all down_write() took
 * @up: ticks that all up_write() took
 */
struct locks_pairs {
	__u64 times;
	__u64 down;
	__u64 up;
};

/**
 * struct locks_holds - what the marks have seen since they were set
 * @holds: write holds
 * @ticks: ticks of the TSC from the first mark of each to the second one
 */
struct locks_holds {
	__u64 holds;
	__u64 ticks;
};

/* Takes the caller's mmap_lock for read, sleeps until it is told, gives it back. */
#define LOCKS_READ	_IO('L', 0)
/* Return: 1 if somebody of the caller's process does that now, 0 if not. */
#define LOCKS_IS_READ	_IO('L', 1)
/* Tells it. */
#define LOCKS_RELEASE	_IO('L', 2)

#define LOCKS_PAIRS	_IOWR('L', 3, struct locks_pairs)

/* Sets the marks for holds of the caller's mmap_lock. */
#define LOCKS_MARK_OWN	_IO('L', 4)
/* Sets the marks for holds of a semaphore of the module's own. */
#define LOCKS_MARK_EMPTY	_IO('L', 5)
/* Holds that one as often as the argument says, with nothing in between. */
#define LOCKS_HOLD_EMPTY	_IO('L', 6)
/* What has been seen from the marks, or from the last call, to this one. */
#define LOCKS_SEEN	_IOR('L', 7, struct locks_holds)
#define LOCKS_UNMARK	_IO('L', 8)

#endif /* SPF_BENCH_LOCKS_H */
