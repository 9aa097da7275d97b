// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOCK_MONOTONIC from the TSC.
 *
 * Where the kernel's clock source is the TSC, CLOCK_MONOTONIC is a line over its ticks,
 * whose slope the kernel changes now and then (NTP).  Once a second both are read, and a
 * new line begins where the last one is then: so the clock neither jumps nor steps back.
 * Its slope is the one that was measured, and leads back to CLOCK_MONOTONIC within the
 * next second.  A handler that computes with the line before this one is off by what two
 * slopes differ in that short time, which is less than 1 ns.
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

/* As far off is no drift: something else has happened to one of the clocks. */
#define OFF_MAX		((s64)NSEC_PER_MSEC)

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

/*
 * Return: false when the TSC cannot be used any more.  A bad reading is none: the last
 * line goes on.
 */
static bool next_line(void)
{
	struct point p;
	u64 now, slope;
	s64 off;

	if (!is_clock_source())
		return false;
	if (!take_point(&p))
		return true;
	now = spf_line_at(spf_line, p.ticks);
	off = p.ns - now;
	if (off > OFF_MAX || off < -OFF_MAX)
		return false;
	slope = slope_of(p.ns - last.ns, p.ticks - last.ticks);
	/* So that it is gone after a second. */
	slope += div64_s64(off << 32, (s64)spf_ticks_khz() * 1000);
	begin_line(p.ticks, now, slope);
	last = p;
	return true;
}

static void follow(struct work_struct *work)
{
	if (next_line())
		schedule_delayed_work(&follow_work, HZ);
	else
		stop();
}

static void start(void)
{
	if (!SPF_HAS_TICKS || !spf_ticks_khz() || !is_clock_source() || !take_point(&last))
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
	start();
	/* Without it a machine that goes to sleep would wake up with a wrong clock. */
	if (register_pm_notifier(&sleep_block))
		spf_clock_exit();
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
