/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock that all instants are of: CLOCK_MONOTONIC, in ns.
 *
 * Where the kernel's clock source is the TSC, it is computed from that: ktime takes 42
 * instructions, this 14.
 */
#ifndef SPF_CLOCK_H
#define SPF_CLOCK_H

#include <linux/compiler.h>
#include <linux/ktime.h>
#include <linux/math64.h>

#include <asm/barrier.h>

#include <spf/compat.h>

/**
 * struct spf_line - how ticks of the TSC become ns, for about a second
 * @start: some ticks before it holds
 * @ns: what they were
 * @mult: ns that a tick takes, times 2^32
 *
 * Not changed while it is in use.
 */
struct spf_line {
	u64 start;
	u64 ns;
	u64 mult;
};

/* The one that holds now; NULL where ktime is asked. */
extern const struct spf_line *spf_line;

static inline u64 spf_line_at(const struct spf_line *line, u64 ticks)
{
	return line->ns + mul_u64_u64_shr(ticks - line->start, line->mult, 32);
}

/* NMI-safe and comparable between CPUs; may step back by a few ns. */
static inline u64 spf_now(void)
{
	const struct spf_line *line = READ_ONCE(spf_line);

	if (unlikely(!line))
		return ktime_get_mono_fast_ns();
	return spf_line_at(line, spf_ticks());
}

/* Now, for what has just been written. */
static inline u64 spf_published(void)
{
	/* It can be seen by whatever reads the clock later. */
	smp_mb();
	return spf_now();
}

static inline u64 spf_elapsed(u64 from, u64 to)
{
	return likely(to > from) ? to - from : 0;
}

/**
 * spf_clock_init - begin to use the TSC, if that is the kernel's clock source
 *
 * May sleep.
 */
void spf_clock_init(void);

/**
 * spf_clock_exit - no handler is running any more
 *
 * May sleep.
 */
void spf_clock_exit(void);

/**
 * spf_clock_source - what it is read from now: "tsc" or "ktime"
 */
const char *spf_clock_source(void);

#endif /* SPF_CLOCK_H */
