// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small histories, and what docs/verdict.md makes of a fault in each, found with
 * pencil and paper.  KTAP.
 *
 * The fault arrives at 1000 and needs 100, on page 0x5000 of a VMA of pages 0 to 15;
 * task 1 faults, 7 and 8 write.
 */
#include "compare.h"
#include "../unit/ktap.h"

#define MM	1U
#define VMA	10U
#define CHILD	11U

static struct history *h;
static struct fault fault;
static struct judgement j;
static struct future future;

static void set_up(void)
{
	const struct fault plain = {
		.at = 1110, .address = 0x5123, .arrival = 1000, .entry = 1000,
		.end = 1100, .service = 100, .mm = MM, .vma = VMA, .task = 1,
		.lock = SPF_LOCK_READERS, .kind = -1, .locked = true,
	};

	h = history_new();
	fault = plain;
}

/* A fault that waited from its arrival until 100 before its end. */
static void fault_waits_until(__u64 end)
{
	fault.blocked = true;
	fault.entry = end - 100;
	fault.wait = fault.entry - fault.arrival;
	fault.end = end;
	fault.at = end + 10;
}

static struct section section_at(__u64 begin, enum spf_kind kind, __s32 task)
{
	const struct section s = {
		.at = begin, .begin = begin, .kind = kind, .task = task,
		.mm = MM, .vma = VMA, .shared = true,
		.before = { 0, 0x10000 }, .bounds = { 0, 0x10000 },
	};

	return s;
}

static void end_section(struct section s, __u64 end)
{
	s.end = end;
	history_end(h, &s);
}

static struct section between(__u64 begin, __u64 end, enum spf_kind kind,
			      __u64 hold)
{
	struct section s = section_at(begin, kind, 7);

	s.hold = hold;
	history_begin(h, &s);
	if (end)
		end_section(s, end);
	return s;
}

static void hold(__u64 id, __u64 wait, __u64 acquired, __u64 released)
{
	const struct hold hold = {
		.id = id, .mm = MM, .task = 7, .wait = wait,
		.acquired = acquired, .released = released,
	};

	history_hold(h, &hold);
}

static void judge(void)
{
	history_index(h);
	history_judge(h, &fault, &j);
}

static void tear_down(void)
{
	history_free(h);
}

/* --- reasons --- */

static void quiet(void)
{
	set_up();
	between(100, 200, SPF_KIND_MPROTECT, 0);
	between(1101, 1200, SPF_KIND_MPROTECT, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	EXPECT_EQ(j.rules, 0);
	tear_down();
}

static void odd(void)
{
	set_up();
	between(1000, 1001, SPF_KIND_MPROTECT, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_SEQ_ODD);
	tear_down();
}

static void odd_and_never_over(void)
{
	set_up();
	between(10, 0, SPF_KIND_UNMAP, 0);
	between(20, 30, SPF_KIND_MPROTECT, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_SEQ_ODD);
	EXPECT_EQ(stopped_by(&fault, &j)->section->kind, SPF_KIND_UNMAP);
	tear_down();
}

/* It ended at the very instant of the arrival. */
static void over_at_arrival(void)
{
	set_up();
	between(900, 1000, SPF_KIND_MPROTECT, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	tear_down();
}

static void odd_blames_the_last(void)
{
	set_up();
	between(500, 2000, SPF_KIND_UNMAP, 0);
	between(600, 2000, SPF_KIND_MPROTECT, 0);
	between(700, 800, SPF_KIND_MLOCK, 0);
	judge();
	EXPECT_EQ(stopped_by(&fault, &j)->section->kind, SPF_KIND_MPROTECT);
	tear_down();
}

static void moved_blames_the_first(void)
{
	set_up();
	between(1001, 1002, SPF_KIND_UNMAP, 0);
	between(1100, 1200, SPF_KIND_MPROTECT, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_SEQ_MOVED);
	EXPECT_EQ(stopped_by(&fault, &j)->section->kind, SPF_KIND_UNMAP);
	tear_down();
}

/* What the VMA is comes before what moved, and after what was odd. */
static void order_of_checks(void)
{
	set_up();
	fault.facts = SPF_BIT(NO_ANON_VMA);
	between(1050, 1060, SPF_KIND_UNMAP, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_NO_ANON_VMA);
	tear_down();

	set_up();
	fault.facts = SPF_BIT(NO_ANON_VMA);
	between(950, 1060, SPF_KIND_UNMAP, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_SEQ_ODD);
	tear_down();
}

static void absent(void)
{
	set_up();
	fault_waits_until(1500);
	history_alloc(h, MM, VMA, 1200);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_VMA_ABSENT);
	fault.locked = false;
	history_judge(h, &fault, &j);
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	tear_down();
}

static void bounds(void)
{
	struct section s;

	set_up();
	fault_waits_until(1500);
	s = section_at(1200, SPF_KIND_EXPAND, 7);
	s.bounds.end = 0x5000;
	history_begin(h, &s);
	end_section(s, 1210);
	between(1300, 1310, SPF_KIND_MPROTECT, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_OUT_OF_BOUNDS);
	tear_down();
}

/* Only the first one found the bounds that were there at the arrival. */
static void bounds_of_the_first(void)
{
	struct section s;

	set_up();
	fault_waits_until(1500);
	between(1150, 1160, SPF_KIND_MPROTECT, 0);
	s = section_at(1200, SPF_KIND_EXPAND, 7);
	s.bounds.end = 0x5000;
	history_begin(h, &s);
	end_section(s, 1210);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	EXPECT_EQ(j.rules, RULE_LATER);
	tear_down();
}

/* --- lives --- */

static void another_life(void)
{
	set_up();
	between(900, 0, SPF_KIND_ADJUST, 0);
	history_freed(h, MM, VMA, 950);
	history_alloc(h, MM, VMA, 960);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	tear_down();
}

static void not_shared(void)
{
	struct section s = section_at(900, SPF_KIND_MPROTECT, 7);

	set_up();
	s.shared = false;
	history_begin(h, &s);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	tear_down();
}

/* The parent's zap is over for the child at the split, its own section is not. */
static void split_with(bool event_first, __u64 end_of_child)
{
	const struct split split = {
		.mm = MM, .parent = VMA, .child = CHILD, .at = 980,
		.begin = 980, .task = 7, .kind = SPF_KIND_ADJUST,
	};
	struct section zap = section_at(900, SPF_KIND_UNMAP, 8), adjust;

	history_begin(h, &zap);
	if (event_first)
		EXPECT(history_split(h, &split));
	adjust = between(980, 0, SPF_KIND_ADJUST, 0);
	if (!event_first)
		EXPECT(history_split(h, &split));
	end_section(adjust, 985);
	adjust.vma = CHILD;
	end_section(adjust, end_of_child);
	end_section(zap, 2000);
}

static void split_off(void)
{
	int first;

	for (first = 0; first < 2; first++) {
		set_up();
		split_with(first, 990);
		fault.vma = CHILD;
		judge();
		EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
		fault.vma = VMA;
		history_judge(h, &fault, &j);
		EXPECT_EQ(j.reason, SPF_REASON_SEQ_ODD);
		EXPECT_EQ(stopped_by(&fault, &j)->section->kind,
			  SPF_KIND_UNMAP);
		tear_down();

		set_up();
		split_with(first, 1050);
		fault.vma = CHILD;
		judge();
		EXPECT_EQ(j.reason, SPF_REASON_SEQ_ODD);
		EXPECT_EQ(stopped_by(&fault, &j)->section->kind,
			  SPF_KIND_ADJUST);
		tear_down();
	}
}

/* A fault that arrived before the split would have met the parent. */
static void past_of_parent(void)
{
	set_up();
	fault.vma = CHILD;
	fault.arrival = 950;
	fault_waits_until(1500);
	split_with(false, 990);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_SEQ_ODD);
	EXPECT_EQ(stopped_by(&fault, &j)->section->kind, SPF_KIND_UNMAP);
	EXPECT_EQ(stopped_by(&fault, &j)->end, 980);
	EXPECT_EQ(j.nr_sights, 2);
	tear_down();
}

static void birth_of_parent(void)
{
	set_up();
	history_alloc(h, MM, VMA, 890);
	split_with(false, 990);
	fault.vma = CHILD;
	fault.arrival = 880;
	fault.end = 1100;
	fault.service = 5;
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_VMA_ABSENT);
	tear_down();
}

static void fork_ends_all(void)
{
	struct section s = section_at(900, SPF_KIND_FORK, 7);

	set_up();
	history_begin(h, &s);
	s.begin = 910;
	s.vma = CHILD;
	history_begin(h, &s);
	EXPECT_EQ(history_end_fork(h, 7, 999), 2);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	tear_down();
}

/* --- possible --- */

static void rule_later(void)
{
	set_up();
	fault_waits_until(2000);
	between(1100, 1110, SPF_KIND_UNMAP, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_SEQ_MOVED);
	tear_down();

	set_up();
	fault_waits_until(2000);
	between(1101, 1110, SPF_KIND_UNMAP, 0);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	EXPECT_EQ(j.rules, RULE_LATER);
	tear_down();
}

static void rule_held(void)
{
	set_up();
	fault_waits_until(2000);
	hold(5, 800, 850, 1500);
	between(900, 950, SPF_KIND_MPROTECT, 5);
	judge();
	EXPECT_EQ(j.rules, RULE_HELD);
	EXPECT_EQ(history_hold_at(h, j.held)->id, 5);
	tear_down();

	/* Of another hold, which was over. */
	set_up();
	fault_waits_until(2000);
	hold(4, 700, 700, 840);
	hold(5, 800, 850, 1500);
	between(810, 820, SPF_KIND_MPROTECT, 4);
	judge();
	EXPECT_EQ(j.rules, 0);
	tear_down();
}

static void held_by_instants(void)
{
	set_up();
	hold(5, 800, 1001, 1500);
	hold(6, 700, 700, 1000);
	judge();
	EXPECT_EQ(j.held, NOBODY);
	tear_down();
}

/* After eight more of its task nobody knows that it was not over at 1000. */
static void rule_held_is_forgotten(void)
{
	static const unsigned int rules[] = {
		RULE_HELD, 0, RULE_HELD_FLUX, RULE_HELD,
	};
	static const __u64 eighth[] = { 0, 1100, 1105, 1120 };
	unsigned int i;
	int nr;

	for (i = 0; i < 4; i++) {
		set_up();
		between(900, 950, SPF_KIND_MPROTECT, 5);
		hold(5, 800, 850, 1010);
		for (nr = 1; nr < 8; nr++)
			hold(5 + nr, 1010, 1010, 1010 + nr);
		if (eighth[i])
			hold(20, 1050, 1050, eighth[i]);
		judge();
		EXPECT_EQ(j.rules, rules[i]);
		tear_down();
	}
}

static void rule_queued(void)
{
	set_up();
	hold(5, 1100, 1200, 1500);
	between(1300, 1400, SPF_KIND_MPROTECT, 5);
	judge();
	EXPECT_EQ(j.rules, RULE_QUEUED);
	EXPECT_EQ(j.holds, 1);
	EXPECT_EQ(j.after->begin, 1300);
	tear_down();
}

/* It asked for the lock when the fault was over, or had given it back. */
static void nobody_queued(void)
{
	set_up();
	hold(4, 900, 900, 1100);
	hold(5, 1101, 1200, 1500);
	between(1300, 1400, SPF_KIND_MPROTECT, 5);
	judge();
	EXPECT_EQ(j.rules, 0);
	EXPECT_EQ(j.holds, 0);
	tear_down();
}

/* After its VMA was freed it is another VMA that the section is on. */
static void queued_for_another_life(void)
{
	set_up();
	hold(5, 1050, 1200, 1500);
	between(100, 200, SPF_KIND_MPROTECT, 0);
	history_freed(h, MM, VMA, 1150);
	history_alloc(h, MM, VMA, 1160);
	between(1300, 1400, SPF_KIND_MPROTECT, 5);
	judge();
	EXPECT_EQ(j.rules, 0);
	EXPECT_EQ(j.holds, 1);
	tear_down();
}

/* --- scope --- */

static void scope(void)
{
	struct section s = section_at(1050, SPF_KIND_UNMAP, 7);

	set_up();
	s.before.start = 0x6000;
	history_begin(h, &s);
	end_section(s, 1060);
	judge();
	EXPECT(!j.scope_page && j.scope_vma);
	tear_down();

	set_up();
	s.before.start = 0x5000;
	history_begin(h, &s);
	end_section(s, 1060);
	judge();
	EXPECT(j.scope_page && !j.scope_vma);
	tear_down();
}

/* Its range got smaller at its end: which one counts depends on when. */
static void scope_in_flux(void)
{
	static const __u64 ends[] = { 1060, 1105, 1200 };
	struct section s;
	int i;

	for (i = 0; i < 3; i++) {
		set_up();
		s = section_at(1050, SPF_KIND_ADJUST, 7);
		history_begin(h, &s);
		s.before.start = 0x6000;
		end_section(s, ends[i]);
		judge();
		EXPECT_EQ(j.scope_page, i > 0);
		EXPECT_EQ(j.scope_vma, i < 2);
		tear_down();
	}
}

/* --- company --- */

static void company(void)
{
	struct section other = section_at(100, SPF_KIND_UNMAP, 8);
	struct company c;

	set_up();
	history_begin(h, &other);
	between(200, 300, SPF_KIND_MPROTECT, 0);
	between(250, 260, SPF_KIND_PGTABLES, 0);
	between(400, 410, SPF_KIND_MLOCK, 0);
	end_section(other, 400);
	history_index(h);
	c = history_company(h, 1);
	EXPECT(!c.nested && c.concurrent);
	c = history_company(h, 2);
	EXPECT(c.nested && c.concurrent);
	c = history_company(h, 3);
	EXPECT(!c.nested && !c.concurrent);
	tear_down();
}

/* --- the comparison --- */

/* How many disagreements there are over the fault as it is. */
static unsigned long disagreements(struct comparison *c)
{
	unsigned long all = 0;
	int i;

	compare_init(c, h, 0);
	judge();
	compare_fault(c, &fault, &j, &future);
	for (i = 0; i < NR_DIFFERENCES; i++)
		all += c->differ[i];
	compare_free(c);
	return all;
}

static void agrees(void)
{
	struct comparison c;

	set_up();
	between(950, 1060, SPF_KIND_MPROTECT, 0);
	fault.reason = SPF_REASON_SEQ_ODD;
	fault.verdict = SPF_VERDICT_ABORT_ENTRY;
	fault.kind = SPF_KIND_MPROTECT;
	fault.writer = 7;
	fault.open_ns = 110;
	fault.scope = SPF_SCOPE_PAGE;
	EXPECT_EQ(disagreements(&c), 0);
	EXPECT_EQ(c.agreed, 1);
	tear_down();
}

static void disagrees(void)
{
	struct comparison c;

	set_up();
	between(950, 1060, SPF_KIND_MPROTECT, 0);
	EXPECT_EQ(disagreements(&c), 1);
	EXPECT_EQ(c.differ[DIFFERENCE_REASON], 1);
	EXPECT_EQ(c.agreed, 0);
	tear_down();
}

static void disagrees_on_the_future(void)
{
	struct comparison c;

	set_up();
	hold(5, 1050, 1200, 1500);
	between(1300, 1400, SPF_KIND_MPROTECT, 5);
	EXPECT_EQ(disagreements(&c), 1);
	EXPECT_EQ(c.differ[DIFFERENCE_POSSIBLE], 1);
	tear_down();

	set_up();
	hold(5, 1050, 1200, 1500);
	EXPECT_EQ(disagreements(&c), 1);
	EXPECT_EQ(c.differ[DIFFERENCE_DEFERRED], 1);
	tear_down();

	set_up();
	hold(5, 1050, 1200, 1500);
	between(1300, 1400, SPF_KIND_MPROTECT, 5);
	fault.deferred = true;
	EXPECT_EQ(disagreements(&c), 0);
	EXPECT(future.resolved && !future.cleared);
	EXPECT_EQ(future.kind, SPF_KIND_MPROTECT);
	tear_down();
}

/* Rule 1 before rule 2 before rule 3, and of rule 2 the last. */
static void blame_of_possible(void)
{
	static const __u64 begins[] = { 1300, 950, 2030 };
	struct comparison c;
	int i;

	for (i = 0; i < 3; i++) {
		set_up();
		fault_waits_until(2000);
		fault.at = 2040;
		hold(5, 800, 850, 3000);
		if (i < 2) {
			between(900, 910, SPF_KIND_ADJUST, 5);
			between(950, 960, SPF_KIND_MPROTECT, 5);
		}
		if (i < 1) {
			between(1300, 1310, SPF_KIND_MPROTECT, 5);
			between(1400, 1410, SPF_KIND_ADJUST, 5);
		}
		between(2030, 2040, SPF_KIND_MPROTECT, 5);
		fault.held = 5;
		fault.possible = true;
		fault.kind = SPF_KIND_MPROTECT;
		fault.writer = 7;
		fault.open_ns = 10;
		EXPECT_EQ(disagreements(&c), 0);
		EXPECT_EQ(made_possible_by(h, &fault, &j,
					   RULE_HELD)->section->begin,
			  begins[i]);
		tear_down();
	}
}

static void overrun_is_no_free_pass(void)
{
	struct comparison c;

	set_up();
	between(950, 1060, SPF_KIND_MPROTECT, 0);
	fault.overrun = true;
	EXPECT_EQ(disagreements(&c), 1);
	tear_down();

	set_up();
	between(950, 1060, SPF_KIND_MPROTECT, 0);
	fault.overrun = true;
	fault.possible = true;
	EXPECT_EQ(disagreements(&c), 0);
	EXPECT_EQ(c.excused[EXCUSE_OVERRUN], 1);
	tear_down();
}

int main(void)
{
	static const struct ktap_case cases[] = {
		KTAP_CASE(quiet),
		KTAP_CASE(odd),
		KTAP_CASE(odd_and_never_over),
		KTAP_CASE(over_at_arrival),
		KTAP_CASE(odd_blames_the_last),
		KTAP_CASE(moved_blames_the_first),
		KTAP_CASE(order_of_checks),
		KTAP_CASE(absent),
		KTAP_CASE(bounds),
		KTAP_CASE(bounds_of_the_first),
		KTAP_CASE(another_life),
		KTAP_CASE(not_shared),
		KTAP_CASE(split_off),
		KTAP_CASE(past_of_parent),
		KTAP_CASE(birth_of_parent),
		KTAP_CASE(fork_ends_all),
		KTAP_CASE(rule_later),
		KTAP_CASE(rule_held),
		KTAP_CASE(held_by_instants),
		KTAP_CASE(rule_held_is_forgotten),
		KTAP_CASE(rule_queued),
		KTAP_CASE(nobody_queued),
		KTAP_CASE(queued_for_another_life),
		KTAP_CASE(scope),
		KTAP_CASE(scope_in_flux),
		KTAP_CASE(company),
		KTAP_CASE(agrees),
		KTAP_CASE(disagrees),
		KTAP_CASE(disagrees_on_the_future),
		KTAP_CASE(blame_of_possible),
		KTAP_CASE(overrun_is_no_free_pass),
	};

	return ktap_run(cases, sizeof(cases) / sizeof(*cases));
}
