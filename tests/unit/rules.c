// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the rules by example.  What is expected is taken from
 * docs/verdict.md, docs/designs.md and the headers, and not from the code.
 *
 * Each case has one fault, one evidence and one finding.  They start with nothing
 * said, and the case says what is different.
 */
#include <string.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/judge.h>
#include <spf/rules.h>

#include "ktap.h"

#define T0	1000000ULL
#define NOW	1007000ULL

#define HELD	77

/* As they are kept in the bits of a fault. */
#define LOCK(id)	((u32)SPF_LOCK_##id << SPF_MET_LOCK_SHIFT)
#define MAYBE(id)	((u32)SPF_MAYBE_##id << SPF_MET_MAYBE_SHIFT)

/* Checks and bits of which no writer is the reason. */
#define OLD_FAILS	(SPF_BIT(PMD_NONE) | SPF_BIT(NO_ANON_VMA) | SPF_BIT(RETRY))
#define OLD_MET		(SPF_MET_SWAPIN | SPF_MET_LATE_ENTRY)

static struct spf_fault fault;
static struct spf_evidence ev;
static struct spf_found found;

/* It has got its only lock at once, and is still in its VMA. */
static void start(void)
{
	memset(&fault, 0, sizeof(fault));
	memset(&ev, 0, sizeof(ev));
	memset(&found, 0, sizeof(found));
	fault.t0 = T0;
	fault.entered = T0;
	fault.lookup = T0;
	fault.service_ns = NOW - T0;
	fault.mark = 4;
	ev.now = NOW;
	ev.mark = 4;
	ev.known = true;
}

static void set_lock(enum spf_lock lock)
{
	fault.met &= ~(SPF_MET_LOCK_BITS << SPF_MET_LOCK_SHIFT);
	fault.met |= (u32)lock << SPF_MET_LOCK_SHIFT;
	fault.held = lock == SPF_LOCK_WRITER ? HELD : 0;
}

static void history(void)
{
	spf_rules_history(&fault, &ev, &found);
}

static void queue(void)
{
	spf_rules_queue(&ev, &found);
}

/* The second one needs what the first one has found. */
static void queue_and_mm(void)
{
	spf_rules_queue(&ev, &found);
	spf_rules_mm(&fault, &ev, &found);
}

/* No two fields of two of these are alike. */
static struct spf_change section(u64 begin, u32 salt)
{
	return (struct spf_change) {
		.begin = begin,
		.hold = salt + 1,
		.start = 0x10000UL * salt + 0x1000,
		.end = 0x10000UL * salt + 0x3000,
		.vm_start = 0x10000UL * salt,
		.vm_end = 0x10000UL * salt + 0x8000,
		.writer = salt + 2,
		.slot = salt + 3,
		.share = salt + 4,
		.kind = SPF_KIND_EXPAND + salt % 8,
		.effect = SPF_EFFECT_FLAGS,
		.marks = true,
		.marked = begin - 5,
	};
}

static bool same(const struct spf_change *a, const struct spf_change *b)
{
	return a->begin == b->begin && a->hold == b->hold &&
	       a->start == b->start && a->end == b->end &&
	       a->vm_start == b->vm_start && a->vm_end == b->vm_end &&
	       a->writer == b->writer && a->slot == b->slot &&
	       a->share == b->share && a->kind == b->kind &&
	       a->effect == b->effect && a->marks == b->marks &&
	       a->marked == b->marked;
}

/* --- What the history of the VMA says: checks --- */

static void no_entry_in_the_table(void)
{
	unsigned int lock;

	for (lock = 0; lock < SPF_NR_LOCKS; lock++) {
		start();
		set_lock(lock);
		history();
		EXPECT_EQ(found.fails, 0);
		EXPECT_EQ(found.met, 0);
	}
}

/* One function for each answer, and the check that it is the rule of. */
#define CHECK_CASE(name, field, id)					\
static void name(void)							\
{									\
	start();							\
	ev.seen.field = true;						\
	history();							\
	EXPECT_EQ(found.fails, SPF_BIT(id));				\
}

CHECK_CASE(absent_fails, absent, VMA_ABSENT)
CHECK_CASE(odd_fails, odd, SEQ_ODD)
CHECK_CASE(moved_fails, moved, SEQ_MOVED)
CHECK_CASE(outside_fails, outside, OUT_OF_BOUNDS)
CHECK_CASE(odd_matters_fails, odd_matters, ODD_MATTERS)
CHECK_CASE(moved_matters_fails, moved_matters, MOVED_MATTERS)
CHECK_CASE(unsafe_fails, unsafe, UNSAFE)
CHECK_CASE(flags_fail, flags, FLAGS_DIFFER)
CHECK_CASE(ended_fails, ended, COUNT_DIFFERS)
CHECK_CASE(locked_fails, locked, WRITE_LOCKED)

/* The first of these are no checks; the others say more about a section. */
static void others_fail_nothing(void)
{
	start();
	ev.seen.later = true;
	ev.seen.past = true;
	ev.seen.overrun = true;
	ev.seen.unknown = true;
	ev.seen.mark_lost = true;
	ev.seen.page = true;
	ev.seen.known = true;
	ev.seen.born = T0 - 400;
	ev.seen.since = T0 - 300;
	ev.seen.marker = HELD;
	ev.seen.mark = 3;
	ev.company.lasted = true;
	ev.company.odd = true;
	ev.company.waits = SPF_WAITING_YES;
	ev.company.gained = SPF_GAINED_MOVED;
	ev.foreign = true;
	set_lock(SPF_LOCK_WRITER);
	history();
	EXPECT_EQ(found.fails, 0);
}

#define ALL_CHECKS							\
	(SPF_BIT(VMA_ABSENT) | SPF_BIT(SEQ_ODD) | SPF_BIT(SEQ_MOVED) |	\
	 SPF_BIT(OUT_OF_BOUNDS) | SPF_BIT(ODD_MATTERS) |		\
	 SPF_BIT(MOVED_MATTERS) | SPF_BIT(UNSAFE) |			\
	 SPF_BIT(FLAGS_DIFFER) | SPF_BIT(COUNT_DIFFERS) | SPF_BIT(WRITE_LOCKED))

static void see_all(void)
{
	ev.seen.absent = true;
	ev.seen.odd = true;
	ev.seen.moved = true;
	ev.seen.later = true;
	ev.seen.past = true;
	ev.seen.outside = true;
	ev.seen.page = true;
	ev.seen.overrun = true;
	ev.seen.by = section(T0 - 100, 20);
	ev.seen.last = section(T0 - 900, 40);
	ev.seen.last_end = T0 - 800;
	ev.seen.odd_matters = true;
	ev.seen.moved_matters = true;
	ev.seen.unsafe = true;
	ev.seen.unknown = true;
	ev.seen.flags = true;
	ev.seen.ended = true;
	ev.seen.locked = true;
	ev.seen.known = true;
	ev.company.lasted = true;
}

static void all_together(void)
{
	start();
	see_all();
	history();
	EXPECT_EQ(found.fails, ALL_CHECKS);
	EXPECT_EQ(found.met & (SPF_MET_LATER | SPF_MET_PAST | SPF_MET_OVERRUN | SPF_MET_BLAME),
		  SPF_MET_LATER | SPF_MET_PAST | SPF_MET_OVERRUN | SPF_MET_BLAME);
}

/* What is true stays true when more may have touched the span. */
static void overrun_takes_nothing_away(void)
{
	start();
	ev.seen.odd = true;
	ev.seen.moved = true;
	ev.seen.by = section(T0 - 100, 20);
	ev.seen.overrun = true;
	history();
	EXPECT_EQ(found.fails, SPF_BIT(SEQ_ODD) | SPF_BIT(SEQ_MOVED));
	EXPECT(found.met & SPF_MET_OVERRUN);
	EXPECT(found.met & SPF_MET_BLAME);
	EXPECT(same(&found.blame.by, &ev.seen.by));
}

/* The answer is valid only for the VMA of the first call. */
static void another_vma_is_not_asked(void)
{
	const u32 met = SPF_MET_LATER | SPF_MET_PAST | SPF_MET_OVERRUN | SPF_MET_BLAME;

	start();
	see_all();
	ev.known = false;
	history();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met & met, 0);
}

/* --- Found is added to --- */

static void history_adds(void)
{
	start();
	found.fails = OLD_FAILS;
	found.met = OLD_MET;
	ev.seen.moved = true;
	ev.seen.later = true;
	history();
	EXPECT_EQ(found.fails, OLD_FAILS | SPF_BIT(SEQ_MOVED));
	EXPECT_EQ(found.met, OLD_MET | SPF_MET_LATER | SPF_MET_BLAME);
}

static void history_clears_nothing(void)
{
	unsigned int all;

	for (all = 0; all < 2; all++) {
		start();
		if (all)
			see_all();
		found.fails = ~0ULL;
		found.met = ~0U;
		history();
		EXPECT_EQ(found.fails, ~0ULL);
		EXPECT_EQ(found.met, ~0U);
	}
}

/* A later call that finds nothing leaves the section of an earlier one. */
static void blame_stays(void)
{
	const struct spf_change was = section(T0 - 100, 20);

	start();
	found.met = SPF_MET_BLAME;
	found.blame.by = was;
	found.blame.open_ns = 123;
	found.blame.page = true;
	ev.seen.by = section(T0 + 1, 40);
	ev.seen.last = section(T0 - 900, 60);
	history();
	EXPECT_EQ(found.met, SPF_MET_BLAME);
	EXPECT(same(&found.blame.by, &was));
	EXPECT_EQ(found.blame.open_ns, 123);
	EXPECT(found.blame.page);
}

static void queue_clears_nothing(void)
{
	unsigned int known;

	for (known = 0; known < 2; known++) {
		start();
		ev.known = known;
		found.fails = ~0ULL;
		found.met = ~0U;
		queue();
		EXPECT_EQ(found.fails, ~0ULL);
		EXPECT_EQ(found.met, ~0U);
	}
}

static void queue_adds(void)
{
	start();
	found.fails = OLD_FAILS;
	found.met = OLD_MET;
	ev.company.waits = SPF_WAITING_YES;
	queue();
	EXPECT_EQ(found.fails, OLD_FAILS);
	EXPECT_EQ(found.met, OLD_MET | SPF_MET_ABOUT);
}

static void mm_adds(void)
{
	start();
	found.fails = OLD_FAILS;
	found.met = OLD_MET;
	ev.native = true;
	ev.mark = 6;
	ev.company.gained = SPF_GAINED_MAYBE;
	queue_and_mm();
	EXPECT_EQ(found.fails, OLD_FAILS | SPF_BIT(MM_MOVED_NATIVE));
	EXPECT_EQ(found.met, OLD_MET | MAYBE(MM));

	ev.native = false;
	ev.company.gained = SPF_GAINED_MOVED;
	queue_and_mm();
	EXPECT_EQ(found.fails, OLD_FAILS | SPF_BIT(MM_MOVED_NATIVE) | SPF_BIT(MM_MOVED));
	EXPECT_EQ(found.met, OLD_MET | MAYBE(MM));
}

static void mm_clears_nothing(void)
{
	unsigned int native;

	for (native = 0; native < 2; native++) {
		start();
		ev.native = native;
		found.fails = ~0ULL;
		found.met = ~0U;
		queue_and_mm();
		EXPECT_EQ(found.fails, ~0ULL);
		EXPECT_EQ(found.met, ~0U);
	}
}

static void arrival_adds(void)
{
	start();
	set_lock(SPF_LOCK_WRITER);
	found.fails = OLD_FAILS;
	found.met = OLD_MET;
	spf_rules_arrival(&fault, true, &found);
	EXPECT_EQ(found.fails, OLD_FAILS | SPF_BIT(MM_ODD));
	EXPECT_EQ(found.met, OLD_MET);
	spf_rules_arrival(&fault, false, &found);
	EXPECT_EQ(found.fails, OLD_FAILS | SPF_BIT(MM_ODD));
	EXPECT_EQ(found.met, OLD_MET | MAYBE(MM));
}

/* --- What the history of the VMA says: what has been met --- */

/* Where a design asks for it, overrun tells itself that there is a doubt. */
static void overrun_is_met(void)
{
	start();
	ev.seen.overrun = true;
	history();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met & ~MAYBE(LOCKED), SPF_MET_OVERRUN);
}

static void later_is_met(void)
{
	start();
	ev.seen.later = true;
	history();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_LATER | SPF_MET_BLAME);
}

static void past_of_a_hold_that_lasted(void)
{
	start();
	ev.seen.past = true;
	ev.company.lasted = true;
	history();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_PAST | SPF_MET_BLAME);
}

static void past_of_a_hold_that_is_over(void)
{
	start();
	ev.seen.past = true;
	history();
	EXPECT_EQ(found.met, 0);
}

static void lasted_without_a_section(void)
{
	start();
	ev.company.lasted = true;
	history();
	EXPECT_EQ(found.met, 0);
}

/* What is kept in the fault, and the lock above all, is not found once more. */
static void bits_of_the_fault_are_not_found(void)
{
	start();
	fault.met = LOCK(WRITER) | SPF_MET_TRIED | SPF_MET_LATER | SPF_MET_PAST |
		    SPF_MET_SWAPIN;
	fault.fails = SPF_BIT(PMD_NONE);
	fault.held = HELD;
	ev.seen.moved = true;
	history();
	EXPECT_EQ(found.fails, SPF_BIT(SEQ_MOVED));
	EXPECT_EQ(found.met, SPF_MET_BLAME);
}

/* --- Blame --- */

#define BY		section(T0 - 100, 20)
#define LAST		section(T0 - 900, 40)

/* Two sections, and both are told. */
static void start_blame(void)
{
	start();
	ev.seen.by = BY;
	ev.seen.by_end = T0 + 50;
	ev.seen.last = LAST;
	ev.seen.last_end = T0 - 800;
}

static void blames(const struct spf_change *by, u64 open_ns)
{
	history();
	EXPECT(found.met & SPF_MET_BLAME);
	EXPECT(same(&found.blame.by, by));
	EXPECT_EQ(found.blame.open_ns, open_ns);
}

static void odd_is_blamed(void)
{
	start_blame();
	ev.seen.odd = true;
	blames(&ev.seen.by, 150);
}

static void moved_is_blamed(void)
{
	start_blame();
	ev.seen.moved = true;
	blames(&ev.seen.by, 150);
}

static void later_is_blamed(void)
{
	start_blame();
	ev.seen.later = true;
	blames(&ev.seen.by, 150);
}

static void past_is_blamed(void)
{
	start_blame();
	ev.seen.past = true;
	ev.company.lasted = true;
	blames(&ev.seen.last, 100);
}

/* Of past and any other, the other one. */
static void others_go_before_past(void)
{
	unsigned int n;

	for (n = 1; n < 8; n++) {
		start_blame();
		ev.seen.past = true;
		ev.company.lasted = true;
		ev.seen.odd = n & 1;
		ev.seen.moved = n & 2;
		ev.seen.later = n & 4;
		blames(&ev.seen.by, 150);
		EXPECT(found.met & SPF_MET_PAST);
	}
}

static void hold_that_is_over_hides_nobody(void)
{
	start_blame();
	ev.seen.past = true;
	ev.seen.later = true;
	blames(&ev.seen.by, 150);
	EXPECT(!(found.met & SPF_MET_PAST));
}

static void open_up_to_the_verdict(void)
{
	unsigned int n;

	for (n = 0; n < 3; n++) {
		start_blame();
		ev.seen.by_end = 0;
		ev.seen.odd = n == 0;
		ev.seen.moved = n == 1;
		ev.seen.later = n == 2;
		ev.now = NOW + 1000 * n;
		blames(&ev.seen.by, ev.now - (T0 - 100));
	}
}

/* That the other one is open is of no interest. */
static void past_is_over(void)
{
	start_blame();
	ev.seen.by_end = 0;
	ev.seen.past = true;
	ev.company.lasted = true;
	blames(&ev.seen.last, 100);
}

static void open_for_long(void)
{
	start_blame();
	ev.seen.by = section(6, 20);
	ev.seen.by_end = 6 + (5ULL << 32);
	ev.now = 7 + (6ULL << 32);
	ev.seen.odd = true;
	blames(&ev.seen.by, 5ULL << 32);
}

static void page_is_told(void)
{
	unsigned int n;

	for (n = 0; n < 4; n++) {
		start_blame();
		ev.seen.odd = n & 1;
		ev.seen.moved = !ev.seen.odd;
		ev.seen.page = n & 2;
		history();
		EXPECT(found.met & SPF_MET_BLAME);
		EXPECT_EQ(found.blame.page, ev.seen.page);
	}
}

/* All that is wrong without a section to show. */
static void nobody_to_blame(void)
{
	start_blame();
	see_all();
	ev.seen.odd = false;
	ev.seen.moved = false;
	ev.seen.later = false;
	ev.seen.past = false;
	ev.company.marked = true;
	ev.company.bore = true;
	ev.seen.mark_lost = true;
	set_lock(SPF_LOCK_WRITER);
	history();
	EXPECT_EQ(found.met & (SPF_MET_BLAME | SPF_MET_LATER | SPF_MET_PAST), 0);
	EXPECT(found.met & SPF_MET_OVERRUN);
}

static void nobody_to_blame_for_a_hold_that_is_over(void)
{
	start_blame();
	ev.seen.past = true;
	history();
	EXPECT_EQ(found.met, 0);
}

/* --- write_locked --- */

static void locked_by_its_marker(void)
{
	start();
	ev.company.marked = true;
	history();
	EXPECT_EQ(found.fails, SPF_BIT(WRITE_LOCKED));
	EXPECT_EQ(found.met, 0);
}

static void locked_by_birth(void)
{
	start();
	set_lock(SPF_LOCK_WRITER);
	ev.company.bore = true;
	history();
	EXPECT_EQ(found.fails, SPF_BIT(WRITE_LOCKED));
	EXPECT_EQ(found.met, 0);
}

/* Then @held is not valid, and no writer had the lock. */
static void birth_without_a_writer(void)
{
	unsigned int lock;

	for (lock = 0; lock < SPF_LOCK_WRITER; lock++) {
		start();
		set_lock(lock);
		ev.company.bore = true;
		history();
		EXPECT_EQ(found.fails, 0);
	}
}

static void birth_after_the_arrival(void)
{
	start();
	set_lock(SPF_LOCK_WRITER);
	ev.company.bore = true;
	ev.seen.absent = true;
	history();
	EXPECT_EQ(found.fails, SPF_BIT(VMA_ABSENT));
}

/* One bit of @n for each answer, and two for the lock. */
static void write_locked_in_all_cases(void)
{
	unsigned int n;

	for (n = 0; n < 64; n++) {
		bool locked = n & 1, marked = n & 2, bore = n & 4, absent = n & 8;
		bool writer = n >> 4 == SPF_LOCK_WRITER;
		bool want = locked || marked || (bore && writer && !absent);

		start();
		set_lock(n >> 4);
		ev.seen.locked = locked;
		ev.seen.absent = absent;
		ev.company.marked = marked;
		ev.company.bore = bore;
		history();
		EXPECT_EQ(found.fails, (want ? SPF_BIT(WRITE_LOCKED) : 0) |
				       (absent ? SPF_BIT(VMA_ABSENT) : 0));
	}
}

/* --- Doubts --- */

static void mark_lost_while_the_lock_was_free(void)
{
	start();
	ev.seen.mark_lost = true;
	history();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, 0);
}

/* The kernel's own lock tells all the same. */
static void mark_lost_while_somebody_had_the_lock(void)
{
	unsigned int lock;

	for (lock = SPF_LOCK_FREE + 1; lock < SPF_NR_LOCKS; lock++) {
		start();
		set_lock(lock);
		ev.seen.mark_lost = true;
		history();
		EXPECT_EQ(found.fails, 0);
		EXPECT_EQ(found.met, MAYBE(LOCKED));
	}
}

static void effect_is_not_known(void)
{
	unsigned int lock;

	for (lock = 0; lock < SPF_NR_LOCKS; lock++) {
		start();
		set_lock(lock);
		ev.seen.unknown = true;
		history();
		EXPECT_EQ(found.fails, 0);
		EXPECT_EQ(found.met, MAYBE(EFFECT));
	}
}

/* Each is told, whatever the others are. */
static void doubts_in_all_cases(void)
{
	unsigned int n;

	for (n = 0; n < 8; n++) {
		start();
		set_lock(SPF_LOCK_READERS);
		ev.seen.mark_lost = n & 1;
		ev.seen.unknown = n & 2;
		ev.seen.overrun = n & 4;
		history();
		EXPECT_EQ(!!(found.met & MAYBE(EFFECT)), ev.seen.unknown);
		EXPECT_EQ(!!(found.met & SPF_MET_OVERRUN), ev.seen.overrun);
		if (!ev.seen.overrun)
			EXPECT_EQ(!!(found.met & MAYBE(LOCKED)), ev.seen.mark_lost);
		else if (ev.seen.mark_lost)
			EXPECT(found.met & MAYBE(LOCKED));
	}
}

/* --- The queue at the end --- */

static void nobody_in_the_queue(void)
{
	unsigned int lock;

	for (lock = 0; lock < SPF_NR_LOCKS; lock++) {
		start();
		set_lock(lock);
		queue();
		EXPECT_EQ(found.fails, 0);
		EXPECT_EQ(found.met, 0);
	}
}

static void hold_in_the_queue(void)
{
	start();
	ev.company.waits = SPF_WAITING_YES;
	queue();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_ABOUT);
}

/* Somebody may be there: the answer is the careful one. */
static void nobody_has_looked(void)
{
	start();
	ev.company.waits = SPF_WAITING_UNKNOWN;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT(found.met & SPF_MET_UNSURE);
	EXPECT(!(found.met & SPF_MET_FOREIGN));
	EXPECT(found.met & MAYBE(MM));
}

static void foreign_in_the_queue(void)
{
	start();
	ev.foreign = true;
	queue();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_FOREIGN);
}

static void foreign_beside_a_hold(void)
{
	start();
	ev.company.waits = SPF_WAITING_YES;
	ev.foreign = true;
	queue();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_ABOUT | SPF_MET_FOREIGN);
}

static void foreign_where_nobody_has_looked(void)
{
	start();
	ev.company.waits = SPF_WAITING_UNKNOWN;
	ev.foreign = true;
	queue();
	EXPECT(found.met & SPF_MET_UNSURE);
	EXPECT(found.met & SPF_MET_FOREIGN);
}

static void another_vma_is_unsure(void)
{
	start();
	ev.known = false;
	queue();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_UNSURE);
}

/* Who has the lock of the mm does not depend on the VMA. */
static void another_vma_in_the_same_mm(void)
{
	unsigned int n;

	for (n = 0; n < 3; n++) {
		start();
		ev.known = false;
		ev.foreign = n == 0;
		ev.company.waits = n == 1 ? SPF_WAITING_YES : SPF_WAITING_NO;
		ev.company.gained = n == 2 ? SPF_GAINED_MAYBE : SPF_GAINED_NONE;
		queue_and_mm();
		EXPECT_EQ(found.fails, 0);
		EXPECT(found.met & SPF_MET_UNSURE);
		EXPECT(found.met & MAYBE(MM));
	}
}

static void another_vma_and_the_counters(void)
{
	start();
	ev.known = false;
	ev.native = true;
	ev.mark = 6;
	ev.company.gained = SPF_GAINED_MOVED;
	queue_and_mm();
	EXPECT_EQ(found.fails, SPF_BIT(MM_MOVED) | SPF_BIT(MM_MOVED_NATIVE));
	EXPECT(found.met & SPF_MET_UNSURE);
}

/* --- A counter for the whole mm --- */

static void nobody_in_the_mm(void)
{
	start();
	ev.native = true;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, 0);
}

static void lock_was_gained(void)
{
	start();
	ev.company.gained = SPF_GAINED_MOVED;
	queue_and_mm();
	EXPECT_EQ(found.fails, SPF_BIT(MM_MOVED));
	EXPECT_EQ(found.met, 0);
}

static void lock_may_have_been_gained(void)
{
	start();
	ev.company.gained = SPF_GAINED_MAYBE;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, MAYBE(MM));
}

static void mm_with_a_hold_in_the_queue(void)
{
	start();
	ev.company.waits = SPF_WAITING_YES;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_ABOUT | MAYBE(MM));
}

static void mm_with_a_foreign_in_the_queue(void)
{
	start();
	ev.foreign = true;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_FOREIGN | MAYBE(MM));
}

static void mm_after_a_wait(void)
{
	start();
	fault.met = SPF_MET_BLOCKED;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, MAYBE(MM));
}

/* The rule of the emulation has no exception for those that wait. */
static void gained_while_it_waited(void)
{
	start();
	fault.met = SPF_MET_BLOCKED;
	ev.company.gained = SPF_GAINED_MOVED;
	queue_and_mm();
	EXPECT_EQ(found.fails, SPF_BIT(MM_MOVED));
}

/* --- The mm's own counter --- */

static void start_native(u32 mark, u32 now)
{
	start();
	ev.native = true;
	fault.mark = mark;
	ev.mark = now;
	if (mark & 1)
		fault.fails = SPF_BIT(MM_ODD_NATIVE);
}

static void counter_moved(void)
{
	start_native(4, 5);
	queue_and_mm();
	EXPECT_EQ(found.fails, SPF_BIT(MM_MOVED_NATIVE));
	EXPECT_EQ(found.met, 0);
}

static void counter_moved_twice(void)
{
	start_native(4, 6);
	queue_and_mm();
	EXPECT_EQ(found.fails, SPF_BIT(MM_MOVED_NATIVE));
	EXPECT_EQ(found.met, 0);
}

static void counter_moved_around(void)
{
	start_native(0xfffffffe, 0);
	queue_and_mm();
	EXPECT_EQ(found.fails, SPF_BIT(MM_MOVED_NATIVE));
	EXPECT_EQ(found.met, 0);
}

static void counter_was_odd(void)
{
	start_native(5, 6);
	queue_and_mm();
	EXPECT_EQ(found.fails & SPF_BIT(MM_MOVED_NATIVE), 0);
	EXPECT_EQ(found.fails & SPF_BIT(MM_MOVED), 0);
}

static void counter_moved_while_it_waited(void)
{
	start_native(4, 6);
	fault.met = SPF_MET_BLOCKED;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, MAYBE(MM) | MAYBE(MM_NATIVE));
}

static void counter_stays_while_it_waited(void)
{
	start_native(4, 4);
	fault.met = SPF_MET_BLOCKED;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, MAYBE(MM));
}

static void counter_with_a_queue(void)
{
	start_native(4, 4);
	ev.company.waits = SPF_WAITING_YES;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_ABOUT | MAYBE(MM) | MAYBE(MM_NATIVE));
}

static void counter_with_a_foreign_in_the_queue(void)
{
	start_native(4, 4);
	ev.foreign = true;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_FOREIGN | MAYBE(MM) | MAYBE(MM_NATIVE));
}

/* It had another lock, which has kept nobody away from that of the mm. */
static void counter_under_the_lock_of_the_vma(void)
{
	unsigned int foreign;

	for (foreign = 0; foreign < 2; foreign++) {
		start_native(4, 4);
		fault.met = SPF_MET_TRIED;
		ev.foreign = foreign;
		ev.company.waits = foreign ? SPF_WAITING_NO : SPF_WAITING_YES;
		queue_and_mm();
		EXPECT_EQ(found.fails, 0);
		EXPECT_EQ(found.met, MAYBE(MM) |
				     (foreign ? SPF_MET_FOREIGN : SPF_MET_ABOUT));
	}
}

static void counter_moved_under_the_lock_of_the_vma(void)
{
	start_native(4, 6);
	fault.met = SPF_MET_TRIED;
	queue_and_mm();
	EXPECT_EQ(found.fails, SPF_BIT(MM_MOVED_NATIVE));
	EXPECT_EQ(found.met, 0);
}

/* The holds that are seen do not answer for the counter, nor it for them. */
static void counter_and_holds_are_two_answers(void)
{
	start_native(4, 4);
	ev.company.gained = SPF_GAINED_MOVED;
	queue_and_mm();
	EXPECT_EQ(found.fails, SPF_BIT(MM_MOVED));
	EXPECT_EQ(found.met, 0);

	start_native(4, 4);
	ev.company.gained = SPF_GAINED_MAYBE;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, MAYBE(MM));
}

static void no_counter(void)
{
	start_native(4, 6);
	ev.native = false;
	ev.company.waits = SPF_WAITING_YES;
	ev.foreign = true;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, SPF_MET_ABOUT | SPF_MET_FOREIGN | MAYBE(MM));
}

static void no_counter_and_a_wait(void)
{
	start_native(4, 6);
	ev.native = false;
	fault.met = SPF_MET_BLOCKED;
	queue_and_mm();
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, MAYBE(MM));
}

struct world {
	bool native;
	bool moved;
	bool odd;
	bool blocked;
	bool tried;
	bool about;
	bool foreign;
	u8 gained;
};

static struct world world_of(unsigned int n)
{
	return (struct world) {
		.native = n & 1,
		.moved = n & 2,
		.odd = n & 4,
		.blocked = n & 8,
		.tried = n & 16,
		.about = n & 32,
		.foreign = n & 64,
		.gained = n >> 7,
	};
}

static u64 fails_in(const struct world *w)
{
	u64 fails = 0;

	if (w->gained == SPF_GAINED_MOVED)
		fails |= SPF_BIT(MM_MOVED);
	if (w->native && w->moved && !w->odd && !w->blocked)
		fails |= SPF_BIT(MM_MOVED_NATIVE);
	return fails;
}

static u32 maybe_in(const struct world *w)
{
	bool queued = w->about || w->foreign;
	u32 maybe = 0;

	if (w->blocked || queued || w->gained == SPF_GAINED_MAYBE)
		maybe |= MAYBE(MM);
	if (w->native && ((w->blocked && w->moved) || (queued && !w->tried)))
		maybe |= MAYBE(MM_NATIVE);
	return maybe;
}

/*
 * Of a fault that the design stops it does not matter.  One that was tried under the
 * VMA's lock, and has waited for the other one after that, is left open here.
 */
static u32 settled_in(const struct world *w)
{
	u64 fails = fails_in(w);
	u32 maybe = 0;

	if (!(fails & SPF_BIT(MM_MOVED)))
		maybe |= MAYBE(MM);
	if (!(fails & SPF_BIT(MM_MOVED_NATIVE)) && !(w->native && w->odd) &&
	    !(w->tried && w->blocked))
		maybe |= MAYBE(MM_NATIVE);
	return maybe;
}

static void mm_is(const struct world *w)
{
	const u64 ours = SPF_BIT(MM_MOVED) | SPF_BIT(MM_MOVED_NATIVE);
	const u32 maybe = MAYBE(MM) | MAYBE(MM_NATIVE);
	u32 met = (w->about ? SPF_MET_ABOUT : 0) | (w->foreign ? SPF_MET_FOREIGN : 0);
	u32 settled = settled_in(w);
	u32 mark = w->odd ? 5 : 4;

	start_native(mark, w->moved ? mark + 1 : mark);
	ev.native = w->native;
	fault.met = (w->blocked ? SPF_MET_BLOCKED : 0) | (w->tried ? SPF_MET_TRIED : 0);
	ev.company.waits = w->about ? SPF_WAITING_YES : SPF_WAITING_NO;
	ev.company.gained = w->gained;
	ev.foreign = w->foreign;
	queue_and_mm();
	EXPECT_EQ(found.fails & ours, fails_in(w));
	EXPECT_EQ(found.met & ~maybe, met);
	EXPECT_EQ(found.met & settled, maybe_in(w) & settled);
}

static void mm_in_all_cases(void)
{
	unsigned int n;

	for (n = 0; n < 128 * 3; n++) {
		struct world w = world_of(n);

		mm_is(&w);
		if (ktap_failed) {
			ktap_diag("case %u", n);
			return;
		}
	}
}

/* --- The arrival --- */

static void writer_at_the_arrival(void)
{
	start();
	set_lock(SPF_LOCK_WRITER);
	spf_rules_arrival(&fault, true, &found);
	EXPECT_EQ(found.fails, SPF_BIT(MM_ODD));
	EXPECT_EQ(found.met, 0);
}

/* Its hold is not seen, or began or was over too near. */
static void writer_too_near_to_tell(void)
{
	start();
	set_lock(SPF_LOCK_WRITER);
	spf_rules_arrival(&fault, false, &found);
	EXPECT_EQ(found.fails, 0);
	EXPECT_EQ(found.met, MAYBE(MM));
}

static void no_writer_at_the_arrival(void)
{
	unsigned int lock, odd;

	for (lock = 0; lock < SPF_LOCK_WRITER; lock++)
		for (odd = 0; odd < 2; odd++) {
			start();
			set_lock(lock);
			spf_rules_arrival(&fault, odd, &found);
			EXPECT_EQ(found.fails, 0);
			EXPECT_EQ(found.met, 0);
		}
}

/* The bits above and below those of the lock are others. */
static void lock_among_other_bits(void)
{
	const u32 others = SPF_MET_REPLACED | SPF_MET_SWAPIN |
			   MAYBE(LOCKED_NATIVE) | MAYBE(QUEUED);

	start();
	fault.met = others | LOCK(QUEUED);
	spf_rules_arrival(&fault, true, &found);
	EXPECT_EQ(found.fails, 0);
	fault.met = others | LOCK(WRITER);
	spf_rules_arrival(&fault, true, &found);
	EXPECT_EQ(found.fails, SPF_BIT(MM_ODD));
	EXPECT_EQ(found.met, 0);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(no_entry_in_the_table),
	KTAP_CASE(absent_fails),
	KTAP_CASE(odd_fails),
	KTAP_CASE(moved_fails),
	KTAP_CASE(outside_fails),
	KTAP_CASE(odd_matters_fails),
	KTAP_CASE(moved_matters_fails),
	KTAP_CASE(unsafe_fails),
	KTAP_CASE(flags_fail),
	KTAP_CASE(ended_fails),
	KTAP_CASE(locked_fails),
	KTAP_CASE(others_fail_nothing),
	KTAP_CASE(all_together),
	KTAP_CASE(overrun_takes_nothing_away),
	KTAP_CASE(another_vma_is_not_asked),
	KTAP_CASE(history_adds),
	KTAP_CASE(history_clears_nothing),
	KTAP_CASE(blame_stays),
	KTAP_CASE(queue_adds),
	KTAP_CASE(queue_clears_nothing),
	KTAP_CASE(mm_adds),
	KTAP_CASE(mm_clears_nothing),
	KTAP_CASE(arrival_adds),
	KTAP_CASE(overrun_is_met),
	KTAP_CASE(later_is_met),
	KTAP_CASE(past_of_a_hold_that_lasted),
	KTAP_CASE(past_of_a_hold_that_is_over),
	KTAP_CASE(lasted_without_a_section),
	KTAP_CASE(bits_of_the_fault_are_not_found),
	KTAP_CASE(odd_is_blamed),
	KTAP_CASE(moved_is_blamed),
	KTAP_CASE(later_is_blamed),
	KTAP_CASE(past_is_blamed),
	KTAP_CASE(others_go_before_past),
	KTAP_CASE(hold_that_is_over_hides_nobody),
	KTAP_CASE(open_up_to_the_verdict),
	KTAP_CASE(past_is_over),
	KTAP_CASE(open_for_long),
	KTAP_CASE(page_is_told),
	KTAP_CASE(nobody_to_blame),
	KTAP_CASE(nobody_to_blame_for_a_hold_that_is_over),
	KTAP_CASE(locked_by_its_marker),
	KTAP_CASE(locked_by_birth),
	KTAP_CASE(birth_without_a_writer),
	KTAP_CASE(birth_after_the_arrival),
	KTAP_CASE(write_locked_in_all_cases),
	KTAP_CASE(mark_lost_while_the_lock_was_free),
	KTAP_CASE(mark_lost_while_somebody_had_the_lock),
	KTAP_CASE(effect_is_not_known),
	KTAP_CASE(doubts_in_all_cases),
	KTAP_CASE(nobody_in_the_queue),
	KTAP_CASE(hold_in_the_queue),
	KTAP_CASE(nobody_has_looked),
	KTAP_CASE(foreign_in_the_queue),
	KTAP_CASE(foreign_beside_a_hold),
	KTAP_CASE(foreign_where_nobody_has_looked),
	KTAP_CASE(another_vma_is_unsure),
	KTAP_CASE(another_vma_in_the_same_mm),
	KTAP_CASE(another_vma_and_the_counters),
	KTAP_CASE(nobody_in_the_mm),
	KTAP_CASE(lock_was_gained),
	KTAP_CASE(lock_may_have_been_gained),
	KTAP_CASE(mm_with_a_hold_in_the_queue),
	KTAP_CASE(mm_with_a_foreign_in_the_queue),
	KTAP_CASE(mm_after_a_wait),
	KTAP_CASE(gained_while_it_waited),
	KTAP_CASE(counter_moved),
	KTAP_CASE(counter_moved_twice),
	KTAP_CASE(counter_moved_around),
	KTAP_CASE(counter_was_odd),
	KTAP_CASE(counter_moved_while_it_waited),
	KTAP_CASE(counter_stays_while_it_waited),
	KTAP_CASE(counter_with_a_queue),
	KTAP_CASE(counter_with_a_foreign_in_the_queue),
	KTAP_CASE(counter_under_the_lock_of_the_vma),
	KTAP_CASE(counter_moved_under_the_lock_of_the_vma),
	KTAP_CASE(counter_and_holds_are_two_answers),
	KTAP_CASE(no_counter),
	KTAP_CASE(no_counter_and_a_wait),
	KTAP_CASE(mm_in_all_cases),
	KTAP_CASE(writer_at_the_arrival),
	KTAP_CASE(writer_too_near_to_tell),
	KTAP_CASE(no_writer_at_the_arrival),
	KTAP_CASE(lock_among_other_bits),
};

int main(void)
{
	return ktap_run(cases, ARRAY_SIZE(cases));
}
