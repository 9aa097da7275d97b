// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOCK_MONOTONIC from the TSC.
 *
 * Where the kernel's clock source is the TSC, CLOCK_MONOTONIC is a line over its ticks,
 * whose slope the kernel changes now and then (NTP).  Once a second both are read, and a
 * new line begins where the last one is then, so that the clock does not jump.  Its slope
 * is the one that was measured, and leads back to CLOCK_MONOTONIC within the next second,
 * or within some more if the two are far apart.  A handler that was interrupted between
 * the line and the TSC computes with the line before this one: it is off by what the two
 * slopes differ in that time.
 *
 * Ticks themselves are not kept: instants in events are compared with each other, by
 * people and by the oracle, and two of them must not change places by rounding.
 *
 * A line is used by handlers, with preemption off, and there are so many that none is
 * changed for minutes after it was replaced.
 */
#include <linux/bits.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include <spf/clock.h>
#include <spf/compat.h>

const struct spf_line *spf_line;

#define LINES		256

/* Before a line holds, so that no CPU has fewer ticks. */
#define EARLIER		BIT_ULL(20)

/* Readings that are further apart say little. */
#define APART_MAX	(20 * NSEC_PER_USEC)

/* A line leads back to CLOCK_MONOTONIC by no more than this part of its slope. */
#define BACK_PART	16

/* Both clocks at one instant. */
struct point {
	u64 ticks;
	u64 ns;
};

static struct spf_line lines[LINES];
static unsigned int nr_lines;
static struct point last;

static void follow(struct work_struct *work);
static DECLARE_DELAYED_WORK(follow_work, follow);

/* A clock source that says what the TSC does is the TSC. */
static bool is_clock_source(void)
{
	u64 before = spf_ticks();
	u64 cycles = spf_clock_cycles();

	return cycles >= before && cycles <= spf_ticks();
}

static u64 ns_of_ticks(u64 ticks)
{
	return mul_u64_u32_div(ticks, USEC_PER_SEC, spf_ticks_khz());
}

/* The best of some attempts, in which nobody comes in between. */
static bool take_point(struct point *p)
{
	u64 best = U64_MAX;
	unsigned long flags;
	int i;

	local_irq_save(flags);
	for (i = 0; i < 8; i++) {
		u64 before = spf_ticks();
		u64 ns = ktime_get_mono_fast_ns();
		u64 apart = spf_ticks() - before;

		if (apart >= best)
			continue;
		best = apart;
		*p = (struct point){ .ticks = before + apart / 2, .ns = ns };
	}
	local_irq_restore(flags);
	return ns_of_ticks(best) <= APART_MAX;
}

/* A line through this point. */
static void begin_line(u64 ticks, u64 ns, u64 mult)
{
	struct spf_line *line = &lines[nr_lines++ % LINES];

	line->start = ticks - EARLIER;
	line->ns = ns - mul_u64_u64_shr(EARLIER, mult, 32);
	line->mult = mult;
	/* Pairs with the dependency in spf_now(). */
	smp_store_release(&spf_line, line);
}

static void stop(void)
{
	WRITE_ONCE(spf_line, NULL);
}

static u64 slope_of(u64 ns, u64 ticks)
{
	/* Of more than two seconds the lower bits say nothing. */
	while (ns >> 31) {
		ns >>= 1;
		ticks >>= 1;
	}
	return div64_u64(ns << 32, ticks);
}

/* What brings a clock that is @off ns behind back in @ticks. */
static s64 correction(s64 off, s64 ticks, s64 slope)
{
	const s64 most = slope / BACK_PART;

	/* So far off that it does not fit is too far in any case. */
	off = clamp_t(s64, off, -(s64)NSEC_PER_SEC, NSEC_PER_SEC);
	return clamp_t(s64, div64_s64(off << 32, ticks), -most, most);
}

/* A bad reading is none: the last line goes on. */
static void next_line(void)
{
	const u64 second = spf_ticks_khz() * 1000ULL;
	u64 now, slope, ticks;
	struct point p;

	if (!take_point(&p))
		return;
	now = spf_line_at(spf_line, p.ticks);
	ticks = p.ticks - last.ticks;
	slope = slope_of(p.ns - last.ns, ticks);
	/* The next one may be as late as this one. */
	slope += correction(p.ns - now, max(ticks, second), slope);
	begin_line(p.ticks, now, slope);
	last = p;
}

static void follow(struct work_struct *work)
{
	if (!is_clock_source()) {
		stop();
		return;
	}
	next_line();
	schedule_delayed_work(&follow_work, HZ);
}

static void start(void)
{
	if (!SPF_HAS_TICKS || spf_line || !spf_ticks_khz() || !is_clock_source() ||
	    !take_point(&last))
		return;
	begin_line(last.ticks, last.ns, slope_of(NSEC_PER_SEC, spf_ticks_khz() * 1000ULL));
	schedule_delayed_work(&follow_work, HZ);
}

/* The TSC may begin anew when the machine wakes up. */
static int on_sleep(struct notifier_block *block, unsigned long event, void *data)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		cancel_delayed_work_sync(&follow_work);
		stop();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		start();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block sleep_block = { .notifier_call = on_sleep };

void spf_clock_init(void)
{
	/* Without it a machine that goes to sleep would wake up with a wrong clock. */
	if (!register_pm_notifier(&sleep_block))
		start();
}

void spf_clock_exit(void)
{
	unregister_pm_notifier(&sleep_block);
	cancel_delayed_work_sync(&follow_work);
	stop();
}

const char *spf_clock_source(void)
{
	return READ_ONCE(spf_line) ? "tsc" : "ktime";
}
