// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of write holds and deferred faults by example, one rule of hold.h
 * each.  What happens when the rules are mixed is tested in hold_oracle.c.
 */
#include <string.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/defer.h>

#include "ask.h"
#include "ktap.h"
#include "shim/shim.h"

#define MM1	0xffff888100000000UL
#define MM2	0xffff888100000480UL
#define VMA_A	0xffff888200000000UL
#define VMA_B	0xffff8882000000b0UL

#define NR_SLOTS	(SPF_HOLD_STEPS + 16)

/* Holds of a task that are over and known all the same; docs/verdict.md. */
#define KNOWN		8

static struct spf_holds *hs;

static unsigned long nth_vma(u32 i)
{
	return VMA_A + i * 0xb0UL;
}

/* Another mm, whose holds are in the same bucket. */
static unsigned long neighbour(void)
{
	unsigned long mm = MM2;

	while (hash_long(mm, SPF_HOLD_BITS) != hash_long(MM1, SPF_HOLD_BITS))
		mm += 64;
	return mm;
}

static u64 begin(u32 slot, unsigned long mm, u64 now)
{
	const struct spf_hold *h;

	spf_hold_begin(hs, slot, mm, now, false);
	h = spf_hold_of(hs, slot, mm);
	EXPECT(h);
	return h ? h->id : 0;
}

/* Returns how many faults it cleared. */
static u64 end(u32 slot, u64 now)
{
	struct spf_hold over;
	u64 cleared = 12345;

	EXPECT(spf_hold_end(hs, slot, now, &over, &cleared));
	return cleared;
}

static u64 touch(u32 slot, unsigned long vma)
{
	return spf_hold_touch(hs, slot, vma, SPF_KIND_MPROTECT);
}

static struct spf_deferred meet(unsigned long mm, unsigned long vma, u64 t1)
{
	struct spf_deferred d = { ~0U, ~0U };

	EXPECT_EQ(spf_defer(hs, mm, vma, t1, &d), SPF_MEETING_DEFERRED);
	EXPECT(d.index < SPF_DEFERRED_MAX);
	return d;
}

static bool meets_nobody(unsigned long mm, unsigned long vma, u64 t1)
{
	struct spf_deferred d;

	return spf_defer(hs, mm, vma, t1, &d) == SPF_MEETING_NOBODY;
}

#define EXPECT_PENDING(n)	EXPECT_EQ(spf_defer_pending(hs), n)

static void alloc_survives_no_memory(void)
{
	unsigned long live = spf_shim_live, tried = spf_shim_tried;
	struct spf_holds *h = spf_holds_alloc(NR_SLOTS);
	unsigned int n, nr = spf_shim_tried - tried;

	EXPECT(h);
	spf_holds_free(h);
	EXPECT(nr > 0);
	for (n = 1; n <= nr; n++) {
		spf_shim_fail_nth = n;
		h = spf_holds_alloc(NR_SLOTS);
		EXPECT(!h);
		EXPECT_EQ(spf_shim_fail_nth, 0);
		EXPECT_EQ(spf_shim_live, live);
		spf_shim_fail_nth = 0;
		spf_holds_free(h);
	}
	spf_holds_free(NULL);
}

static void no_allocation_after_alloc(void)
{
	unsigned long tried = spf_shim_tried;

	begin(1, MM1, 10);
	meet(MM1, VMA_A, 20);
	touch(1, VMA_A);
	end(1, 30);
	spf_holds_clear(hs);
	EXPECT_EQ(spf_shim_tried, tried);
}

static void empty_is_quiet(void)
{
	struct spf_hold over;
	u64 cleared;

	EXPECT(spf_holds_quiet(hs, MM1, 0));
	EXPECT(!spf_hold_of(hs, 0, 0));
	EXPECT(!spf_hold_of(hs, 0, MM1));
	EXPECT_EQ(spf_hold_at(hs, 0, MM1, ~0ULL), 0);
	EXPECT(!spf_hold_waits(hs, MM1, ~0ULL));
	EXPECT(meets_nobody(MM1, VMA_A, ~0ULL));
	EXPECT(!spf_hold_end(hs, 0, 10, &over, &cleared));
	EXPECT_EQ(spf_defer_forget(hs, MM1, VMA_A), 0);
	EXPECT_PENDING(0);
}

static void life_of_a_hold(void)
{
	const struct spf_hold *h;
	struct spf_hold over;
	u64 id, cleared = 1;

	id = begin(3, MM1, 100);
	h = spf_hold_of(hs, 3, 0);
	EXPECT(h == spf_hold_of(hs, 3, MM1));
	EXPECT(!spf_hold_of(hs, 3, MM2));
	EXPECT(!spf_hold_of(hs, 2, 0));
	if (!h)
		return;
	EXPECT(h->id);
	EXPECT_EQ(h->mm, MM1);
	EXPECT_EQ(h->wait, 100);
	EXPECT_EQ(h->acquired, 100);
	EXPECT_EQ(h->released, 0);
	EXPECT_EQ(h->sections, 0);
	EXPECT_EQ(h->kinds, 0);
	EXPECT_EQ(h->first, SPF_NR_KINDS);
	EXPECT(!h->foreign);
	EXPECT(!spf_holds_quiet(hs, MM1, ~0ULL));

	spf_hold_wait(hs, 3);
	EXPECT_EQ(h->acquired, 0);
	EXPECT_EQ(h->wait, 100);
	spf_hold_got(hs, 3, 120);
	EXPECT_EQ(h->acquired, 120);
	EXPECT_EQ(h->wait, 100);

	EXPECT_EQ(spf_hold_touch(hs, 3, VMA_A, SPF_KIND_ADJUST), 0);
	EXPECT_EQ(spf_hold_touch(hs, 3, VMA_B, SPF_KIND_REMOVE), 0);
	EXPECT_EQ(spf_hold_touch(hs, 3, VMA_A, SPF_KIND_REMOVE), 0);
	EXPECT_EQ(h->sections, 3);
	EXPECT_EQ(h->first, SPF_KIND_ADJUST);
	EXPECT_EQ(h->kinds, 1U << SPF_KIND_ADJUST | 1U << SPF_KIND_REMOVE);

	EXPECT(spf_hold_end(hs, 3, 130, &over, &cleared));
	EXPECT_EQ(cleared, 0);
	EXPECT_EQ(over.id, id);
	EXPECT_EQ(over.mm, MM1);
	EXPECT_EQ(over.wait, 100);
	EXPECT_EQ(over.acquired, 120);
	EXPECT_EQ(over.released, 130);
	EXPECT_EQ(over.sections, 3);
	EXPECT_EQ(over.first, SPF_KIND_ADJUST);
	EXPECT(!spf_hold_of(hs, 3, 0));
	EXPECT(!spf_hold_end(hs, 3, 140, &over, &cleared));
	EXPECT(spf_holds_quiet(hs, MM1, 140));
}

static void the_next_is_new(void)
{
	const struct spf_hold *h;

	begin(3, MM1, 100);
	touch(3, VMA_A);
	end(3, 110);
	spf_hold_begin(hs, 3, MM2, 200, true);
	h = spf_hold_of(hs, 3, MM2);
	EXPECT(h);
	if (!h)
		return;
	EXPECT(h->foreign);
	EXPECT_EQ(h->wait, 200);
	EXPECT_EQ(h->released, 0);
	EXPECT_EQ(h->sections, 0);
	EXPECT_EQ(h->kinds, 0);
	EXPECT_EQ(h->first, SPF_NR_KINDS);
	EXPECT(!spf_hold_of(hs, 3, MM1));
}

static void now_is_the_clock(void)
{
	const struct spf_hold *h;
	struct spf_hold over;
	u64 cleared;

	spf_shim_clock = 100;
	begin(0, MM1, 0);
	h = spf_hold_of(hs, 0, 0);
	EXPECT_EQ(h->wait, 101);
	EXPECT_EQ(h->acquired, 101);
	EXPECT(!spf_hold_waits(hs, MM1, 100));
	EXPECT(spf_hold_waits(hs, MM1, 101));
	EXPECT(spf_hold_end(hs, 0, 0, &over, &cleared));
	EXPECT_EQ(over.released, 102);
	EXPECT(spf_hold_lasted(hs, MM1, over.id, 101));
	EXPECT(!spf_hold_lasted(hs, MM1, over.id, 102));
	EXPECT_EQ(spf_shim_clock, 102);
}

static void ids_are_unique(void)
{
	u64 last[NR_SLOTS] = { 0 }, id;
	u32 i, n, k;

	for (n = 0; n < 1000; n++)
		for (i = 0; i < NR_SLOTS; i++) {
			id = begin(i, MM1, 100 + n);
			EXPECT(id);
			/* They grow, so that none of a slot comes again. */
			EXPECT(id > last[i]);
			last[i] = id;
			for (k = 0; k < NR_SLOTS; k++)
				EXPECT(k == i || last[k] != id);
			end(i, 100 + n);
			if (n == 500 && i == 7)
				spf_holds_clear(hs);
		}
}

static void at_a_glance(void)
{
	u64 id = begin(2, MM1, 100);

	EXPECT_EQ(spf_hold_at(hs, 2, MM1, 99), 0);
	EXPECT_EQ(spf_hold_at(hs, 2, MM1, 100), id);
	EXPECT_EQ(spf_hold_at(hs, 2, MM1, 101), id);
	EXPECT_EQ(spf_hold_at(hs, 2, MM2, 101), 0);
	EXPECT_EQ(spf_hold_at(hs, 1, MM1, 101), 0);
	/* Whether it waits is for the lock to say. */
	spf_hold_wait(hs, 2);
	EXPECT_EQ(spf_hold_at(hs, 2, MM1, 100), id);
	end(2, 110);
	EXPECT_EQ(spf_hold_at(hs, 2, MM1, 101), 0);
}

static void waits_edges(void)
{
	begin(1, MM1, 100);
	spf_hold_wait(hs, 1);
	EXPECT(!spf_hold_waits(hs, MM1, 99));
	EXPECT(spf_hold_waits(hs, MM1, 100));
	EXPECT(spf_hold_waits(hs, MM1, ~0ULL));
	EXPECT(!spf_hold_waits(hs, MM2, 200));
	/* To have it is no less. */
	spf_hold_got(hs, 1, 120);
	EXPECT(!spf_hold_waits(hs, MM1, 99));
	EXPECT(spf_hold_waits(hs, MM1, 100));
	begin(2, MM1, 130);
	end(1, 140);
	EXPECT(!spf_hold_waits(hs, MM1, 129));
	EXPECT(spf_hold_waits(hs, MM1, 130));
	end(2, 150);
	EXPECT(!spf_hold_waits(hs, MM1, 200));
}

static void meet_edges(void)
{
	begin(1, MM1, 100);
	EXPECT(meets_nobody(MM1, VMA_A, 99));
	EXPECT(meets_nobody(MM2, VMA_A, 100));
	EXPECT_PENDING(0);
	meet(MM1, VMA_A, 100);
	meet(MM1, VMA_A, 500);
	EXPECT_PENDING(2);
	EXPECT_EQ(end(1, 600), 2);
	EXPECT(meets_nobody(MM1, VMA_A, 700));
	EXPECT_PENDING(0);
}

static void touch_resolves_its_vma(void)
{
	begin(1, MM1, 100);
	meet(MM1, VMA_A, 110);
	meet(MM1, VMA_A, 111);
	meet(MM1, VMA_B, 110);
	EXPECT_EQ(touch(1, nth_vma(2)), 0);
	EXPECT_EQ(touch(1, VMA_A), 2);
	EXPECT_PENDING(1);
	/* Once is enough. */
	EXPECT_EQ(touch(1, VMA_A), 0);
	/* And again for those that come after it. */
	meet(MM1, VMA_A, 120);
	EXPECT_EQ(touch(1, VMA_A), 1);
	EXPECT_EQ(end(1, 130), 1);
	EXPECT_PENDING(0);
}

/* The same VMA's address in another mm; in the same bucket, too. */
static void touch_resolves_its_mm(void)
{
	const unsigned long mms[] = { MM2, neighbour() };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mms); i++) {
		/* Of an older hold, so that the numbers do not tell. */
		begin(2, mms[i], 100);
		begin(1, MM1, 100);
		meet(MM1, VMA_A, 110);
		meet(mms[i], VMA_A, 110);
		EXPECT_EQ(touch(2, VMA_A), 1);
		EXPECT_PENDING(1);
		EXPECT_EQ(end(2, 120), 0);
		EXPECT_EQ(touch(1, VMA_A), 1);
		EXPECT_EQ(end(1, 130), 0);
		EXPECT_PENDING(0);
	}
}

static void touch_of_a_later_hold(void)
{
	begin(1, MM1, 100);
	meet(MM1, VMA_A, 110);
	begin(2, MM1, 120);
	/* It asked when the fault was over. */
	EXPECT_EQ(touch(2, VMA_A), 0);
	EXPECT_PENDING(1);
	meet(MM1, VMA_A, 130);
	EXPECT_EQ(touch(2, VMA_A), 1);
	EXPECT_PENDING(1);
	EXPECT_EQ(touch(1, VMA_A), 1);
	EXPECT_PENDING(0);
}

/* It was there, but the fault was over before that. */
static void touch_of_one_that_came_after_t1(void)
{
	begin(1, MM1, 100);
	begin(2, MM1, 120);
	meet(MM1, VMA_A, 119);
	EXPECT_EQ(touch(2, VMA_A), 0);
	meet(MM1, VMA_A, 120);
	EXPECT_EQ(touch(2, VMA_A), 1);
	EXPECT_EQ(end(2, 130), 0);
	EXPECT_EQ(end(1, 130), 1);
}

static void touch_of_any_of_them(void)
{
	u32 i;

	for (i = 1; i <= 3; i++) {
		begin(1, MM1, 100);
		begin(2, MM1, 101);
		begin(3, MM1, 102);
		meet(MM1, VMA_A, 110);
		EXPECT_EQ(touch(i, VMA_A), 1);
		EXPECT_EQ(end(2, 120), 0);
		EXPECT_EQ(end(1, 120), 0);
		EXPECT_EQ(end(3, 120), 0);
		EXPECT_PENDING(0);
	}
}

static void the_last_one_clears(void)
{
	static const u8 orders[][3] = {
		{ 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 },
		{ 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		begin(1, MM1, 100);
		begin(2, MM1, 101);
		begin(3, MM1, 102);
		meet(MM1, VMA_A, 110);
		meet(MM1, VMA_B, 111);
		/* Who comes later keeps nothing pending. */
		begin(4, MM1, 120);
		EXPECT_EQ(end(orders[i][0], 130), 0);
		EXPECT_EQ(end(orders[i][1], 131), 0);
		EXPECT_PENDING(2);
		EXPECT_EQ(end(orders[i][2], 132), 2);
		EXPECT_PENDING(0);
		EXPECT_EQ(end(4, 133), 0);
	}
}

static void another_mm_clears_nothing(void)
{
	const unsigned long mms[] = { MM2, neighbour() };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mms); i++) {
		begin(3, mms[i], 90);
		begin(1, MM1, 100);
		begin(2, mms[i], 101);
		meet(MM1, VMA_A, 110);
		EXPECT_EQ(end(2, 120), 0);
		EXPECT_PENDING(1);
		/* Nor does one of another mm keep it pending. */
		EXPECT_EQ(end(1, 140), 1);
		begin(1, MM1, 150);
		meet(MM1, VMA_A, 160);
		EXPECT_EQ(end(3, 170), 0);
		EXPECT_PENDING(1);
		EXPECT_EQ(end(1, 180), 1);
	}
}

static void forget_a_vma(void)
{
	const unsigned long other = neighbour();
	struct spf_deferred d;

	begin(1, MM1, 100);
	begin(2, other, 100);
	d = meet(MM1, VMA_A, 110);
	meet(MM1, VMA_B, 110);
	meet(other, VMA_A, 110);
	begin(3, MM1, 120);
	meet(MM1, VMA_A, 130);
	meet(MM1, VMA_A, 131);
	EXPECT_EQ(spf_defer_forget(hs, MM1, nth_vma(5)), 0);
	EXPECT_EQ(spf_defer_forget(hs, MM1, VMA_A), 3);
	EXPECT_PENDING(2);
	EXPECT(!spf_defer_retract(hs, MM1, &d));
	EXPECT_EQ(spf_defer_forget(hs, MM1, VMA_A), 0);
	EXPECT_EQ(touch(1, VMA_A), 0);
	EXPECT_EQ(end(1, 140), 1);
	EXPECT_EQ(end(3, 140), 0);
	EXPECT_EQ(end(2, 140), 1);
}

static void retract_is_once(void)
{
	struct spf_deferred a, b, c;

	begin(1, MM1, 100);
	a = meet(MM1, VMA_A, 110);
	b = meet(MM1, VMA_A, 111);
	c = meet(MM1, VMA_B, 111);
	EXPECT(spf_defer_retract(hs, MM1, &a));
	EXPECT_PENDING(2);
	EXPECT_EQ(touch(1, VMA_A), 1);
	EXPECT(!spf_defer_retract(hs, MM1, &b));
	EXPECT_PENDING(1);
	EXPECT_EQ(end(1, 120), 1);
	EXPECT(!spf_defer_retract(hs, MM1, &c));
	EXPECT_PENDING(0);
}

/* A group that nobody is left in, and the next fault that joins it. */
static void retract_all_of_them(void)
{
	struct spf_deferred d;

	begin(1, MM1, 100);
	d = meet(MM1, VMA_A, 110);
	EXPECT(spf_defer_retract(hs, MM1, &d));
	EXPECT_PENDING(0);
	EXPECT_EQ(touch(1, VMA_A), 0);
	d = meet(MM1, VMA_A, 120);
	EXPECT(spf_defer_retract(hs, MM1, &d));
	d = meet(MM1, VMA_A, 130);
	EXPECT_PENDING(1);
	EXPECT_EQ(end(1, 140), 1);
	EXPECT(!spf_defer_retract(hs, MM1, &d));
}

/* What became of it is known as long as its place is not taken again. */
static void cleared_or_not(void)
{
	struct spf_deferred a, b, c;
	u32 i;

	begin(1, MM1, 100);
	a = meet(MM1, VMA_A, 110);
	b = meet(MM1, VMA_B, 110);
	c = meet(MM1, nth_vma(2), 110);
	EXPECT(!spf_defer_cleared(hs, &a));
	EXPECT_EQ(touch(1, VMA_A), 1);
	EXPECT_EQ(spf_defer_forget(hs, MM1, nth_vma(2)), 1);
	EXPECT(!spf_defer_cleared(hs, &b));
	EXPECT_EQ(end(1, 120), 1);
	EXPECT(!spf_defer_cleared(hs, &a));
	EXPECT(spf_defer_cleared(hs, &b));
	EXPECT(spf_defer_cleared(hs, &c));

	/* Another life of all of the places, and another end. */
	for (i = 0; i < 2; i++) {
		u32 n;

		begin(1, MM1, 200);
		for (n = 0; n < SPF_DEFERRED_MAX; n++)
			meet(MM1, nth_vma(n), 210);
		if (i)
			for (n = 0; n < SPF_DEFERRED_MAX; n++)
				touch(1, nth_vma(n));
		end(1, 220);
		EXPECT(!spf_defer_cleared(hs, &a));
		EXPECT(!spf_defer_cleared(hs, &b));
		EXPECT(!spf_defer_cleared(hs, &c));
	}
}

static void stale_retract_spares_others(void)
{
	struct spf_deferred d;
	u32 i;

	begin(1, MM1, 100);
	d = meet(MM1, VMA_A, 110);
	EXPECT_EQ(touch(1, VMA_A), 1);
	/* Whoever gets its place is not touched. */
	for (i = 0; i < SPF_DEFERRED_MAX; i++)
		meet(MM1, nth_vma(i), 120);
	EXPECT(!spf_defer_retract(hs, MM1, &d));
	EXPECT(!spf_defer_retract(hs, MM2, &d));
	EXPECT_PENDING(SPF_DEFERRED_MAX);
	spf_holds_clear(hs);
	EXPECT(!spf_defer_retract(hs, MM1, &d));
}

static void full_says_so(void)
{
	struct spf_deferred d;
	u32 i, n;

	for (n = 0; n < 3; n++) {
		begin(1, MM1, 100);
		for (i = 0; i < SPF_DEFERRED_MAX; i++)
			meet(MM1, nth_vma(i), 110);
		EXPECT_EQ(spf_defer(hs, MM1, nth_vma(i), 110, &d),
			  SPF_MEETING_FULL);
		EXPECT_PENDING(SPF_DEFERRED_MAX);
		/* Who belongs to a group needs no other one. */
		meet(MM1, nth_vma(7), 120);
		/* And nobody at all needs none. */
		EXPECT(meets_nobody(MM1, nth_vma(i), 99));
		EXPECT_EQ(touch(1, nth_vma(5)), 1);
		meet(MM1, nth_vma(i), 120);
		EXPECT_EQ(spf_defer(hs, MM1, nth_vma(i + 1), 110, &d),
			  SPF_MEETING_FULL);
		EXPECT_EQ(end(1, 130), SPF_DEFERRED_MAX + 1);
		EXPECT_PENDING(0);
	}
}

/* However long a hold lasts and however many faults: one place a VMA. */
static void faults_share_a_group(void)
{
	u32 i;

	begin(1, MM1, 100);
	for (i = 0; i < 10 * SPF_DEFERRED_MAX; i++)
		meet(MM1, nth_vma(i % 10), 110 + i);
	EXPECT_PENDING(10 * SPF_DEFERRED_MAX);
	EXPECT_EQ(touch(1, nth_vma(3)), SPF_DEFERRED_MAX);
	EXPECT_EQ(end(1, 1ULL << 40), 9 * SPF_DEFERRED_MAX);
}

static void lasted_edges(void)
{
	u64 id = begin(4, MM1, 100);

	EXPECT(spf_hold_lasted(hs, MM1, id, 100));
	EXPECT(spf_hold_lasted(hs, MM1, id, ~0ULL));
	end(4, 150);
	EXPECT(spf_hold_lasted(hs, MM1, id, 149));
	EXPECT(!spf_hold_lasted(hs, MM1, id, 150));
	EXPECT(!spf_hold_lasted(hs, MM1, id, 151));
}

static void asked_edges(void)
{
	u64 id = begin(4, MM1, 100);

	EXPECT(!spf_hold_asked(hs, MM1, id, 99));
	EXPECT(spf_hold_asked(hs, MM1, id, 100));
	EXPECT(spf_hold_asked(hs, MM1, id, 101));
	/* When it got the lock is another matter. */
	spf_hold_wait(hs, 4);
	EXPECT(spf_hold_asked(hs, MM1, id, 100));
	spf_hold_got(hs, 4, 120);
	EXPECT(spf_hold_asked(hs, MM1, id, 100));
	end(4, 130);
	begin(4, MM1, 140);
	EXPECT(!spf_hold_asked(hs, MM1, id, 99));
	EXPECT(spf_hold_asked(hs, MM1, id, 100));
	EXPECT(spf_hold_asked(hs, MM1, id, 500));
}

/* Had the lock by then, and was not about to give it back. */
static void had_edges(void)
{
	u64 id = begin(4, MM1, 100);

	EXPECT(!spf_hold_had(hs, MM1, id, 99, 99));
	EXPECT(spf_hold_had(hs, MM1, id, 100, ~0ULL - 1));
	spf_hold_wait(hs, 4);
	EXPECT(!spf_hold_had(hs, MM1, id, 110, 110));
	spf_hold_got(hs, 4, 120);
	EXPECT(!spf_hold_had(hs, MM1, id, 119, 130));
	EXPECT(spf_hold_had(hs, MM1, id, 120, 130));
	spf_hold_leave(hs, 4, 140);
	EXPECT(spf_hold_had(hs, MM1, id, 120, 139));
	EXPECT(!spf_hold_had(hs, MM1, id, 120, 140));
	end(4, 150);
	EXPECT(spf_hold_had(hs, MM1, id, 120, 139));
	EXPECT(!spf_hold_had(hs, MM1, id, 120, 140));
	EXPECT(!spf_hold_had(hs, MM1, id, 119, 130));
	/* The next one has not left, and when it does is what counts for it. */
	id = begin(4, MM1, 200);
	EXPECT(spf_hold_had(hs, MM1, id, 200, 1000));
	end(4, 300);
	EXPECT(spf_hold_had(hs, MM1, id, 200, 299));
	EXPECT(!spf_hold_had(hs, MM1, id, 200, 300));
}

/* One that gave up never had it, and one of long ago nobody knows. */
static void had_by_none(void)
{
	u64 id = begin(4, MM1, 100);
	u32 i;

	spf_hold_wait(hs, 4);
	end(4, 150);
	EXPECT(!spf_hold_had(hs, MM1, id, 120, 120));
	id = begin(4, MM1, 200);
	end(4, 300);
	for (i = 0; i < 8; i++) {
		EXPECT(spf_hold_had(hs, MM1, id, 200, 250));
		begin(4, MM1, 400 + 10 * i);
		end(4, 405 + 10 * i);
	}
	EXPECT(!spf_hold_had(hs, MM1, id, 200, 250));
}

static void the_past_is_short(void)
{
	u64 id = begin(4, MM1, 100);
	u32 slot, i;

	touch(4, VMA_A);
	end(4, 1000);
	for (i = 0; i < KNOWN - 1; i++) {
		begin(4, MM2, 2000);
		/* Another task's are no reason to forget. */
		begin(5, MM1, 2000);
		end(4, 3000);
		end(5, 3000);
	}
	EXPECT(spf_hold_lasted(hs, MM1, id, 999));
	EXPECT(spf_hold_asked(hs, MM1, id, 100));
	EXPECT_EQ(spf_hold_blame(hs, id, &slot), SPF_KIND_MPROTECT);
	EXPECT_EQ(slot, 4);
	/* To be over is what counts, not to be there. */
	begin(4, MM2, 4000);
	EXPECT(spf_hold_lasted(hs, MM1, id, 999));
	EXPECT(!spf_hold_lasted(hs, MM1, id, 1000));
	end(4, 5000);
	EXPECT(!spf_hold_lasted(hs, MM1, id, 999));
	EXPECT(!spf_hold_asked(hs, MM1, id, 9999));
	EXPECT_EQ(spf_hold_blame(hs, id, &slot), SPF_NR_KINDS);
	EXPECT_EQ(slot, 4);
}

static void blame_is_the_first(void)
{
	u64 id = begin(NR_SLOTS - 1, MM1, 100), next;
	u32 slot = 99;

	EXPECT_EQ(spf_hold_blame(hs, id, &slot), SPF_NR_KINDS);
	EXPECT_EQ(slot, NR_SLOTS - 1);
	spf_hold_touch(hs, NR_SLOTS - 1, VMA_A, SPF_KIND_ADJUST);
	EXPECT_EQ(spf_hold_blame(hs, id, &slot), SPF_KIND_ADJUST);
	spf_hold_touch(hs, NR_SLOTS - 1, VMA_A, SPF_KIND_FORK);
	EXPECT_EQ(spf_hold_blame(hs, id, &slot), SPF_KIND_ADJUST);
	end(NR_SLOTS - 1, 110);
	EXPECT_EQ(spf_hold_blame(hs, id, &slot), SPF_KIND_ADJUST);

	/* One that did nothing, and is over. */
	next = begin(NR_SLOTS - 1, MM1, 200);
	EXPECT_EQ(spf_hold_blame(hs, next, &slot), SPF_NR_KINDS);
	EXPECT_EQ(spf_hold_blame(hs, id, &slot), SPF_KIND_ADJUST);
	end(NR_SLOTS - 1, 210);
	EXPECT_EQ(spf_hold_blame(hs, next, &slot), SPF_NR_KINDS);
}

/* The call is the name; without one it is the first section, as it is found. */
static void blame_is_the_call(void)
{
	u64 id = begin(4, MM1, 100), next;
	struct spf_hold over;
	u32 slot;
	u64 cleared;
	int c;

	EXPECT_EQ(spf_hold_of(hs, 4, MM1)->call, SPF_CALL_NONE);
	spf_hold_called(hs, 4, SPF_CALL_MREMAP);
	EXPECT_EQ(spf_hold_of(hs, 4, MM1)->call, SPF_CALL_MREMAP);
	/* No section yet, one, and several. */
	EXPECT_EQ(spf_hold_blame(hs, id, &slot),
		  SPF_NR_KINDS + SPF_CALL_MREMAP);
	EXPECT_EQ(slot, 4);
	touch(4, VMA_A);
	EXPECT_EQ(spf_hold_blame(hs, id, &slot),
		  SPF_NR_KINDS + SPF_CALL_MREMAP);
	EXPECT(spf_hold_end(hs, 4, 110, &over, &cleared));
	EXPECT_EQ(over.call, SPF_CALL_MREMAP);
	EXPECT_EQ(over.first, SPF_KIND_MPROTECT);

	/* The next one is none of it, and takes nothing away. */
	next = begin(4, MM1, 200);
	EXPECT_EQ(spf_hold_of(hs, 4, MM1)->call, SPF_CALL_NONE);
	EXPECT_EQ(spf_hold_blame(hs, next, &slot), SPF_NR_KINDS);
	touch(4, VMA_A);
	EXPECT_EQ(spf_hold_blame(hs, next, &slot), SPF_KIND_MPROTECT);
	EXPECT_EQ(spf_hold_blame(hs, id, &slot),
		  SPF_NR_KINDS + SPF_CALL_MREMAP);
	EXPECT_EQ(slot, 4);
	end(4, 210);
	EXPECT_EQ(spf_hold_blame(hs, next, &slot), SPF_KIND_MPROTECT);

	/* Each has a name of its own, that is no kind's. */
	for (c = 0; c < SPF_NR_CALLS; c++) {
		id = begin(4, MM1, 300 + 10 * c);
		spf_hold_called(hs, 4, c);
		touch(4, VMA_A);
		EXPECT_EQ(spf_hold_blame(hs, id, &slot), spf_deed_of(c, SPF_KIND_MPROTECT));
		end(4, 305 + 10 * c);
		EXPECT_EQ(spf_hold_blame(hs, id, &slot),
			  c ? SPF_NR_KINDS + (unsigned int)c :
			  SPF_KIND_MPROTECT);
		EXPECT(spf_hold_blame(hs, id, &slot) < SPF_NR_DEEDS);
	}
}

/* They stay deferred, and are of no number, whatever becomes of them. */
static void pending_is_forgotten(void)
{
	struct spf_deferred a, b, c;

	/* An empty table has nothing to forget. */
	spf_defer_reset(hs);
	EXPECT_PENDING(0);
	begin(1, MM1, 100);
	begin(2, MM2, 100);
	a = meet(MM1, VMA_A, 110);
	b = meet(MM1, VMA_B, 110);
	c = meet(MM2, VMA_A, 110);
	meet(MM2, VMA_B, 110);
	EXPECT_PENDING(4);
	spf_defer_reset(hs);
	EXPECT_PENDING(0);
	/* None of these makes it less than nothing. */
	EXPECT(spf_defer_retract(hs, MM1, &a));
	EXPECT_PENDING(0);
	EXPECT_EQ(touch(1, VMA_B), 0);
	EXPECT(!spf_defer_retract(hs, MM1, &b));
	EXPECT(!spf_defer_cleared(hs, &b));
	EXPECT_EQ(spf_defer_forget(hs, MM2, VMA_B), 0);
	EXPECT_EQ(end(2, 120), 0);
	EXPECT(!spf_defer_retract(hs, MM2, &c));
	EXPECT(spf_defer_cleared(hs, &c));
	EXPECT_EQ(end(1, 130), 0);
	EXPECT_PENDING(0);
}

/* One that comes afterwards counts, and no older one takes it away. */
static void pending_after_it_was_forgotten(void)
{
	struct spf_deferred old, new;

	begin(1, MM1, 100);
	old = meet(MM1, VMA_A, 110);
	spf_defer_reset(hs);
	new = meet(MM1, VMA_A, 120);
	EXPECT_PENDING(1);
	EXPECT(spf_defer_retract(hs, MM1, &old));
	EXPECT_PENDING(1);
	EXPECT(spf_defer_retract(hs, MM1, &new));
	EXPECT_PENDING(0);

	old = meet(MM1, VMA_A, 130);
	spf_defer_reset(hs);
	new = meet(MM1, VMA_A, 140);
	meet(MM1, VMA_A, 141);
	EXPECT_PENDING(2);
	EXPECT_EQ(touch(1, VMA_A), 2);
	EXPECT(!spf_defer_retract(hs, MM1, &old));
	EXPECT(!spf_defer_cleared(hs, &old));
	meet(MM1, VMA_B, 150);
	spf_defer_reset(hs);
	new = meet(MM1, VMA_B, 160);
	EXPECT_EQ(end(1, 170), 1);
	EXPECT(spf_defer_cleared(hs, &new));
	EXPECT_PENDING(0);
}

static void clear_forgets(void)
{
	struct spf_hold over;
	u64 cleared;
	u32 i, n;

	for (n = 0; n < 3; n++) {
		for (i = 0; i < NR_SLOTS; i++)
			begin(i, MM1 + i * 64UL, 100);
		for (i = 0; i < SPF_DEFERRED_MAX; i++)
			meet(MM1, nth_vma(i), 110);
		spf_holds_clear(hs);
		EXPECT_PENDING(0);
		for (i = 0; i < NR_SLOTS; i++) {
			EXPECT(spf_holds_quiet(hs, MM1 + i * 64UL, 0));
			EXPECT(!spf_hold_of(hs, i, 0));
			EXPECT(!spf_hold_end(hs, i, 120, &over, &cleared));
			EXPECT(!spf_hold_waits(hs, MM1 + i * 64UL, ~0ULL));
		}
		EXPECT(meets_nobody(MM1, VMA_A, ~0ULL));
	}
}

static void quiet_is_of_the_bucket(void)
{
	begin(1, MM1, 100);
	begin(2, neighbour(), 105);
	EXPECT(!spf_holds_quiet(hs, MM1, 200));
	end(1, 110);
	EXPECT(!spf_holds_quiet(hs, MM1, 200));
	end(2, 110);
	EXPECT(spf_holds_quiet(hs, MM1, 200));
	EXPECT(!spf_holds_quiet(hs, MM1, 104));
	EXPECT(spf_holds_quiet(hs, MM1, 105));
	EXPECT(spf_holds_quiet(hs, MM2, 0));
}

/* A hold that came and went is met by whoever was there before it. */
static void quiet_since(void)
{
	EXPECT(spf_holds_quiet(hs, MM1, 1));
	begin(1, MM1, 100);
	EXPECT(!spf_holds_quiet(hs, MM1, 100));
	end(1, 200);
	EXPECT(!spf_holds_quiet(hs, MM1, 99));
	EXPECT(spf_holds_quiet(hs, MM1, 100));
	/* It got the lock, and not only asked for it. */
	begin(1, MM1, 300);
	spf_hold_wait(hs, 1);
	spf_hold_got(hs, 1, 350);
	end(1, 360);
	EXPECT(!spf_holds_quiet(hs, MM1, 349));
	EXPECT(spf_holds_quiet(hs, MM1, 350));
	/* One that never got it has stopped nobody. */
	begin(2, MM1, 400);
	spf_hold_wait(hs, 2);
	EXPECT(!spf_holds_quiet(hs, MM1, 500));
	end(2, 410);
	EXPECT(spf_holds_quiet(hs, MM1, 350));
}

/* Who gave up takes nothing with him of those that got it. */
static void quiet_after_one_gave_up(void)
{
	begin(1, MM1, 100);
	begin(2, MM1, 110);
	spf_hold_wait(hs, 2);
	end(2, 120);
	end(1, 130);
	EXPECT(!spf_holds_quiet(hs, MM1, 50));
	EXPECT(!spf_holds_quiet(hs, MM1, 99));
	EXPECT(spf_holds_quiet(hs, MM1, 110));
	spf_holds_clear(hs);
	EXPECT(spf_holds_quiet(hs, MM1, 1));
}

/* What is recorded last need not be what was last: the clock comes before. */
static void quiet_in_any_order(void)
{
	const unsigned long other = neighbour();
	u32 first;

	for (first = 1; first <= 2; first++) {
		spf_holds_clear(hs);
		begin(1, MM1, 100);
		spf_hold_wait(hs, 1);
		begin(2, other, 120);
		spf_hold_got(hs, 1, 110);
		end(first, 130);
		end(3 - first, 130);
		EXPECT(!spf_holds_quiet(hs, other, 119));
		EXPECT(!spf_holds_quiet(hs, MM1, 109));
		EXPECT(spf_holds_quiet(hs, other, 120));
	}
}

#define EXPECT_GAINED(mm, t0, until, t1, want) \
	EXPECT_EQ(spf_hold_gained(hs, mm, t0, until, t1), SPF_GAINED_##want)

static void gained_edges(void)
{
	EXPECT_GAINED(MM1, 0, 1, ~0ULL, NONE);
	begin(1, MM1, 100);
	/* It has asked; nobody knows yet whether it has to wait. */
	EXPECT_GAINED(MM1, 99, 100, 100, MAYBE);
	touch(1, nth_vma(0));
	EXPECT_GAINED(MM1, 100, 200, 300, NONE);
	EXPECT_GAINED(MM1, 99, 100, 100, MOVED);
	EXPECT_GAINED(MM1, 99, 200, 300, MOVED);
	/* After the attempt, by the end of the fault, after it. */
	EXPECT_GAINED(MM1, 98, 99, 100, MAYBE);
	EXPECT_GAINED(MM1, 98, 99, 300, MAYBE);
	EXPECT_GAINED(MM1, 98, 99, 99, NONE);
	EXPECT_GAINED(MM2, 99, 200, 300, NONE);
	/* That it is over changes nothing. */
	end(1, 150);
	EXPECT_GAINED(MM1, 99, 100, 100, MOVED);
	EXPECT_GAINED(MM1, 98, 99, 100, MAYBE);
	EXPECT_GAINED(MM1, 100, 150, 200, NONE);
}

/* Two, and each counts, whichever is recorded first. */
static void gained_by_any(void)
{
	begin(1, MM1, 100);
	end(1, 110);
	begin(2, MM1, 200);
	spf_hold_leave(hs, 2, 210);
	EXPECT_GAINED(MM1, 99, 100, 300, MOVED);
	EXPECT_GAINED(MM1, 99, 150, 300, MOVED);
	EXPECT_GAINED(MM1, 150, 250, 300, MOVED);
	EXPECT_GAINED(MM1, 98, 99, 300, MAYBE);
	EXPECT_GAINED(MM1, 110, 150, 300, MAYBE);
	EXPECT_GAINED(MM1, 110, 150, 199, NONE);
}

static void gained_after_waiting(void)
{
	begin(1, MM1, 100);
	spf_hold_wait(hs, 1);
	EXPECT_GAINED(MM1, 50, 500, 600, NONE);
	spf_hold_got(hs, 1, 200);
	EXPECT_GAINED(MM1, 99, 199, 199, NONE);
	EXPECT_GAINED(MM1, 99, 199, 200, MAYBE);
	EXPECT_GAINED(MM1, 199, 200, 200, MOVED);
	EXPECT_GAINED(MM1, 200, 300, 300, NONE);
	end(1, 300);
	EXPECT_GAINED(MM1, 199, 200, 200, MOVED);
	EXPECT_GAINED(MM1, 50, 199, 199, NONE);
}

static void gained_by_none_that_gave_up(void)
{
	begin(1, MM1, 100);
	spf_hold_wait(hs, 1);
	end(1, 200);
	EXPECT_GAINED(MM1, 50, 150, 300, NONE);
	EXPECT_GAINED(MM1, 50, 300, 300, NONE);
	/* Nor is one that got it, and was gone before, forgotten for it. */
	begin(1, MM1, 400);
	begin(2, MM1, 410);
	spf_hold_wait(hs, 2);
	end(2, 420);
	end(1, 430);
	EXPECT_GAINED(MM1, 399, 400, 500, MOVED);
	EXPECT_GAINED(MM1, 400, 450, 500, NONE);
}

/* Of others that share the place it is not known who they were. */
static void gained_is_of_the_mm(void)
{
	const unsigned long other = neighbour();
	u32 i;

	begin(1, MM1, 100);
	begin(2, other, 110);
	touch(1, nth_vma(0));
	touch(2, nth_vma(0));
	EXPECT_GAINED(MM1, 99, 200, 300, MOVED);
	EXPECT_GAINED(MM1, 100, 200, 300, NONE);
	EXPECT_GAINED(other, 109, 110, 300, MOVED);
	EXPECT_GAINED(other, 110, 200, 300, NONE);
	end(1, 120);
	end(2, 120);
	for (i = 0; i < 4; i++) {
		begin(2, other, 130 + i);
		end(2, 130 + i);
	}
	EXPECT_GAINED(MM1, 99, 200, 300, MAYBE);
	EXPECT_GAINED(MM1, 133, 200, 300, NONE);
	EXPECT_GAINED(MM2, 99, 200, 300, NONE);
}

/* The last two that got it are remembered; a third may have been in time. */
static void gained_by_three(void)
{
	u32 i;

	for (i = 1; i <= 3; i++) {
		begin(i, MM1, 100 * i);
		end(i, 100 * i + 50);
	}
	EXPECT_GAINED(MM1, 99, 99, 99, MAYBE);
	EXPECT_GAINED(MM1, 99, 150, 199, MAYBE);
	EXPECT_GAINED(MM1, 99, 100, 350, MAYBE);
	EXPECT_GAINED(MM1, 99, 200, 350, MOVED);
	/* From here on there are two. */
	EXPECT_GAINED(MM1, 100, 150, 199, NONE);
	EXPECT_GAINED(MM1, 100, 150, 200, MAYBE);
	EXPECT_GAINED(MM1, 100, 200, 200, MOVED);
	EXPECT_GAINED(MM1, 299, 300, 350, MOVED);
	EXPECT_GAINED(MM1, 300, 350, 400, NONE);
}

/* Who waits has not got it, and takes nobody's place. */
static void gained_by_the_last_two(void)
{
	begin(1, MM1, 100);
	begin(2, MM1, 110);
	spf_hold_wait(hs, 2);
	end(1, 120);
	spf_hold_got(hs, 2, 125);
	EXPECT_GAINED(MM1, 50, 105, 130, MOVED);
	EXPECT_GAINED(MM1, 50, 99, 130, MAYBE);
	EXPECT_GAINED(MM1, 100, 124, 124, NONE);
	EXPECT_GAINED(MM1, 100, 124, 130, MAYBE);
	EXPECT_GAINED(MM1, 100, 125, 130, MOVED);
}

/* Both asked at once; the one waits, the other has it. */
static void gained_at_one_instant(void)
{
	u32 waits;

	for (waits = 1; waits <= 2; waits++) {
		begin(1, MM1, 100 * waits);
		begin(2, MM1, 100 * waits);
		spf_hold_wait(hs, waits);
		touch(3 - waits, nth_vma(0));
		EXPECT_GAINED(MM1, 100 * waits - 1, 100 * waits, 300, MOVED);
		end(1, 100 * waits + 10);
		end(2, 100 * waits + 10);
		EXPECT_GAINED(MM1, 100 * waits - 1, 100 * waits, 300, MOVED);
		EXPECT(!spf_holds_quiet(hs, MM1, 100 * waits - 1));
	}
}

static void gained_is_cleared(void)
{
	u32 i;

	/* One is going on, two are over, and one is more than is kept. */
	for (i = 1; i <= 4; i++) {
		begin(i, MM1, 100 * i);
		if (i < 4)
			end(i, 100 * i + 50);
	}
	spf_holds_clear(hs);
	EXPECT_GAINED(MM1, 0, 1000, 1000, NONE);
	EXPECT(spf_holds_quiet(hs, MM1, 0));
}

/* Each case has a table of its own, and leaves nothing behind. */
static void run(const struct ktap_case *c)
{
	unsigned long live = spf_shim_live;

	ktap_failed = false;
	ktap_diags = 0;
	hs = spf_holds_alloc(NR_SLOTS);
	EXPECT(hs);
	if (hs)
		c->fn();
	EXPECT_EQ(spf_shim_irqs_off, 0);
	spf_holds_free(hs);
	EXPECT_EQ(spf_shim_live, live);
	ktap_result(!ktap_failed, c->name);
}

/* --- no list is walked to its end with interrupts off --- */

/* Behind too many that asked later nobody looks, and the answer is the careful one. */
static void asked_behind_many(void)
{
	struct spf_deferred d;
	u32 i;

	begin(0, MM1, 100);
	for (i = 1; i < SPF_HOLD_STEPS; i++)
		begin(i, MM1, 200);
	EXPECT_EQ(spf_hold_waits(hs, MM1, 100), SPF_WAITING_YES);
	meet(MM1, VMA_A, 100);
	EXPECT_EQ(spf_hold_waits(hs, MM1, 99), SPF_WAITING_NO);
	EXPECT(meets_nobody(MM1, VMA_A, 99));

	begin(i, MM1, 200);
	EXPECT_EQ(spf_hold_waits(hs, MM1, 99), SPF_WAITING_UNKNOWN);
	EXPECT_EQ(spf_hold_waits(hs, MM1, 100), SPF_WAITING_UNKNOWN);
	EXPECT_EQ(spf_hold_waits(hs, MM1, 200), SPF_WAITING_YES);
	EXPECT_EQ(spf_defer(hs, MM1, VMA_B, 100, &d), SPF_MEETING_FULL);
	/* The newest one is no further than before. */
	meet(MM1, VMA_B, 200);
	EXPECT_PENDING(2);
}

/* So it is behind those of another mm in the same place. */
static void asked_behind_others(void)
{
	const unsigned long other = neighbour();
	struct spf_deferred d;
	u32 i;

	begin(0, MM1, 100);
	meet(MM1, VMA_A, 100);
	for (i = 1; i <= SPF_HOLD_STEPS; i++)
		begin(i, other, 110);
	EXPECT_EQ(spf_defer(hs, MM1, VMA_B, 120, &d), SPF_MEETING_FULL);
	end(SPF_HOLD_STEPS, 120);
	meet(MM1, VMA_B, 120);
	EXPECT_EQ(end(0, 130), 2);
}

/* What depends on none any more is cleared by the next of its mm that can tell. */
static void oldest_behind_others(void)
{
	const unsigned long other = neighbour();
	u64 cleared = 0;
	u32 i;

	for (i = 0; i < SPF_HOLD_STEPS; i++)
		begin(i, other, 100);
	begin(i, MM1, 110);
	meet(MM1, VMA_A, 110);
	begin(i + 1, MM1, 120);
	EXPECT_EQ(end(i, 130), 0);
	EXPECT_EQ(touch(i + 1, VMA_A), 0);
	EXPECT_PENDING(1);
	for (i = 0; i < SPF_HOLD_STEPS; i++)
		cleared += end(i, 140);
	EXPECT_EQ(cleared, 0);
	EXPECT_EQ(end(i + 1, 150), 1);
	EXPECT_PENDING(0);
}

/* Those that wait are no more in the way of those that have it. */
static void gained_beside_many(void)
{
	u32 i;

	begin(0, MM1, 100);
	touch(0, VMA_A);
	for (i = 1; i < NR_SLOTS; i++) {
		begin(i, MM1, 110);
		spf_hold_wait(hs, i);
	}
	EXPECT_GAINED(MM1, 99, 100, 200, MOVED);
	EXPECT_GAINED(MM1, 100, 150, 200, NONE);
	/* If so many may have it, nobody knows. */
	for (i = 1; i < SPF_HOLD_STEPS; i++)
		spf_hold_got(hs, i, 90);
	EXPECT_GAINED(MM1, 100, 150, 200, NONE);
	spf_hold_got(hs, i, 90);
	EXPECT_GAINED(MM1, 100, 150, 200, MAYBE);
}

/* A VMA has room for so many groups, and one more after each that is over. */
static void chain_is_short(void)
{
	struct spf_deferred d;
	u32 i;

	for (i = 0; i < SPF_HOLD_STEPS; i++) {
		begin(i, MM1, 100 + i);
		meet(MM1, VMA_A, 100 + i);
	}
	meet(MM1, VMA_A, 100 + i);
	begin(i, MM1, 100 + i);
	EXPECT_EQ(spf_defer(hs, MM1, VMA_A, 100 + i, &d), SPF_MEETING_FULL);
	EXPECT_EQ(end(0, 300), 1);
	meet(MM1, VMA_A, 100 + i);
	EXPECT_EQ(touch(1, VMA_A), SPF_HOLD_STEPS + 1);
	EXPECT_PENDING(0);
}

/* More groups than are looked at in one go. */
static void all_are_cleared(void)
{
	const u32 nr = 5 * SPF_HOLD_STEPS + 7;
	const unsigned long other = neighbour();
	u32 i;

	begin(1, MM1, 100);
	begin(2, other, 100);
	for (i = 0; i < nr; i++) {
		meet(MM1, nth_vma(i), 110);
		meet(other, nth_vma(i), 110);
	}
	EXPECT_EQ(end(1, 120), nr);
	EXPECT_PENDING(nr);
	EXPECT_EQ(end(2, 120), nr);
	EXPECT_PENDING(0);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(alloc_survives_no_memory),
	KTAP_CASE(no_allocation_after_alloc),
	KTAP_CASE(empty_is_quiet),
	KTAP_CASE(life_of_a_hold),
	KTAP_CASE(the_next_is_new),
	KTAP_CASE(now_is_the_clock),
	KTAP_CASE(ids_are_unique),
	KTAP_CASE(at_a_glance),
	KTAP_CASE(waits_edges),
	KTAP_CASE(meet_edges),
	KTAP_CASE(touch_resolves_its_vma),
	KTAP_CASE(touch_resolves_its_mm),
	KTAP_CASE(touch_of_a_later_hold),
	KTAP_CASE(touch_of_one_that_came_after_t1),
	KTAP_CASE(touch_of_any_of_them),
	KTAP_CASE(the_last_one_clears),
	KTAP_CASE(another_mm_clears_nothing),
	KTAP_CASE(forget_a_vma),
	KTAP_CASE(retract_is_once),
	KTAP_CASE(retract_all_of_them),
	KTAP_CASE(cleared_or_not),
	KTAP_CASE(stale_retract_spares_others),
	KTAP_CASE(full_says_so),
	KTAP_CASE(faults_share_a_group),
	KTAP_CASE(lasted_edges),
	KTAP_CASE(asked_edges),
	KTAP_CASE(the_past_is_short),
	KTAP_CASE(blame_is_the_first),
	KTAP_CASE(blame_is_the_call),
	KTAP_CASE(pending_is_forgotten),
	KTAP_CASE(pending_after_it_was_forgotten),
	KTAP_CASE(clear_forgets),
	KTAP_CASE(quiet_is_of_the_bucket),
	KTAP_CASE(quiet_since),
	KTAP_CASE(quiet_after_one_gave_up),
	KTAP_CASE(quiet_in_any_order),
	KTAP_CASE(gained_edges),
	KTAP_CASE(gained_by_any),
	KTAP_CASE(gained_after_waiting),
	KTAP_CASE(gained_by_none_that_gave_up),
	KTAP_CASE(gained_is_of_the_mm),
	KTAP_CASE(gained_by_three),
	KTAP_CASE(asked_behind_many),
	KTAP_CASE(asked_behind_others),
	KTAP_CASE(oldest_behind_others),
	KTAP_CASE(gained_beside_many),
	KTAP_CASE(chain_is_short),
	KTAP_CASE(all_are_cleared),
	KTAP_CASE(gained_by_the_last_two),
	KTAP_CASE(gained_at_one_instant),
	KTAP_CASE(gained_is_cleared),
	KTAP_CASE(had_edges),
	KTAP_CASE(had_by_none),
};

int main(void)
{
	unsigned int i;

	ktap_plan(ARRAY_SIZE(cases));
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		run(&cases[i]);
	return ktap_exit();
}
