// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small histories, and what docs/verdict.md and docs/designs.md make of a fault in
 * each, found with pencil and paper.  KTAP.
 *
 * The fault arrives at 1000 and needs 100, on page 0x5000 of a VMA of pages 0 to 15;
 * task 1 faults, 7 and 8 write.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "figures.h"
#include "../unit/ktap.h"

#define MM	1U
#define VMA	10U
#define CHILD	11U

static struct history *h;
static struct fault fault;
static struct judgement j;
static struct future future;
static __u32 designs;			/* that are compared */
static bool indexed;

static void set_up(void)
{
	const struct fault plain = {
		.at = 1110, .address = 0x5123, .arrival = 1000, .lookup = 1000,
		.entry = 1000,
		.end = 1100, .service = 100, .mm = MM, .vma = VMA, .task = 1,
		.lock = SPF_LOCK_READERS, .kind = -1, .locked = true,
	};

	h = history_new();
	indexed = false;
	fault = plain;
}

static void fault_waits_in(enum spf_lock state, __u64 wait)
{
	memset(fault.waits, 0, sizeof(fault.waits));
	fault.blocked = true;
	fault.wait = wait;
	fault.waits[state] = wait;
}

static void fault_is_skipped(enum spf_reason reason)
{
	set_up();
	fault.facts = 1ULL << reason;
	fault.reason = reason;
	fault.verdict = SPF_VERDICT_SKIPPED;
	fault.end = 0;
	fault.service = 0;
}

/* A fault that waited from its arrival until 100 before its end. */
static void fault_waits_until(__u64 end)
{
	fault.entry = end - 100;
	fault_waits_in(fault.lock, fault.entry - fault.arrival);
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
		.acquired = acquired, .leaving = released,
		.released = released,
	};

	history_hold(h, &hold);
}

static void judge(void)
{
	if (!indexed)
		history_index(h);
	indexed = true;
	if (!fault.replaced)
		fault.asked = (struct look){ fault.end, fault.service, fault.at };
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
	/* Without the lock it is known up to the first call only. */
	fault.locked = false;
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_VMA_ABSENT);
	fault.entry = 1199;
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	/* Nor with another lock, for another call. */
	fault.locked = true;
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_VMA_ABSENT);
	fault.facts = SPF_BIT(RETRY);
	judge();
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

static void split_child_at(__u64 at)
{
	const struct split split = {
		.mm = MM, .parent = VMA, .child = CHILD, .at = at,
		.begin = at, .task = 7, .kind = SPF_KIND_ADJUST,
	};

	history_split(h, &split);
	end_section(between(at, 0, SPF_KIND_ADJUST, 0), at + 5);
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

/* --- what the designs ask --- */

#define ALL_DESIGNS	((1U << SPF_NR_DESIGNS) - 1)
#define DESIGN(id)	(1U << SPF_DESIGN_##id)

static void expect_reason(enum spf_design_id design, __u64 facts,
			  enum spf_reason reason, enum spf_verdict verdict)
{
	EXPECT_EQ(design_reason(design, facts), reason);
	EXPECT_EQ(design_verdict(design, reason), verdict);
}

#define REASON(design, facts, reason, verdict)				\
	expect_reason(SPF_DESIGN_##design, facts, SPF_REASON_##reason,	\
		      SPF_VERDICT_##verdict)

static void orders_of_v12(void)
{
	__u64 all = ~SPF_BIT(KERNEL_ADDRESS), written = SPF_BIT(SEQ_ODD) | SPF_BIT(SEQ_MOVED) |
		SPF_BIT(ODD_MATTERS) | SPF_BIT(MOVED_MATTERS) |
		SPF_BIT(FLAGS_DIFFER) | SPF_BIT(COUNT_DIFFERS);
	__u64 state = SPF_BIT(NO_ANON_VMA) | SPF_BIT(PERMISSION);

	REASON(SEQCOUNT, all, SINGLE_USER, SKIPPED);
	REASON(BOUNDS, SPF_BIT(PKEY) | written, PKEY, SKIPPED);
	REASON(SEQCOUNT, written | state, SEQ_ODD, ABORT_ENTRY);
	REASON(BOUNDS, written | state, ODD_MATTERS, ABORT_ENTRY);
	REASON(FLAGCOUNT_MIN, written | state, NO_ANON_VMA, ABORT_ENTRY);
	REASON(FLAGCOUNT_MIN, written, FLAGS_DIFFER, ABORT_LATE);
	REASON(FLAGCOUNT_MIN, SPF_BIT(COUNT_DIFFERS), COMPLETED, COMPLETED);
	REASON(FLAGCOUNT_SITES, SPF_BIT(COUNT_DIFFERS), COUNT_DIFFERS,
	       ABORT_LATE);
	REASON(BOUNDS, SPF_BIT(SEQ_ODD) | SPF_BIT(SEQ_MOVED), COMPLETED,
	       COMPLETED);
	REASON(SEQCOUNT, SPF_BIT(PERMISSION) | SPF_BIT(PMD_NONE), PERMISSION,
	       COMPLETED);
	REASON(SEQCOUNT, SPF_BIT(MM_ODD) | SPF_BIT(WRITE_LOCKED) |
	       SPF_BIT(RETRY) | SPF_BIT(NOT_ANON), COMPLETED, COMPLETED);
}

/* Before everything else, and of every design. */
static void orders_of_kernel_addresses(void)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_DESIGNS; i++) {
		EXPECT_EQ(nth_check(i, 0)->reason, SPF_REASON_KERNEL_ADDRESS);
		expect_reason(i, ~0ULL, SPF_REASON_KERNEL_ADDRESS,
			      SPF_VERDICT_SKIPPED);
		EXPECT(!check_of(i, SPF_REASON_UNSAFE));
	}
}

static void orders_of_mmseq(void)
{
	REASON(MMSEQ, SPF_BIT(MM_ODD) | SPF_BIT(NO_VMA), MM_ODD, ABORT_ENTRY);
	REASON(MMSEQ, SPF_BIT(MM_ODD_NATIVE), COMPLETED, COMPLETED);
	REASON(MMSEQ_NATIVE, SPF_BIT(MM_ODD), COMPLETED, COMPLETED);
	REASON(MMSEQ_NATIVE, SPF_BIT(MM_MOVED_NATIVE) | SPF_BIT(SWAP_PTE),
	       SWAP_PTE, ABORT_ENTRY);
	REASON(MMSEQ, SPF_BIT(PERMISSION) | SPF_BIT(NOT_ANON), NOT_ANON,
	       ABORT_ENTRY);
	REASON(MMSEQ, SPF_BIT(PERMISSION) | SPF_BIT(PMD_NONE), PERMISSION,
	       ABORT_ENTRY);
	REASON(MMSEQ, SPF_BIT(PKEY), PKEY, ABORT_ENTRY);
	REASON(MMSEQ, SPF_BIT(STACK_GREW) | SPF_BIT(OUT_OF_BOUNDS), STACK_GREW,
	       ABORT_ENTRY);
	REASON(MMSEQ, SPF_BIT(SEQ_ODD) | SPF_BIT(NO_ANON_VMA), COMPLETED,
	       COMPLETED);
	REASON(MMSEQ, SPF_BIT(MM_MOVED), MM_MOVED, ABORT_LATE);
}

static void orders_of_vmalock(void)
{
	REASON(VMALOCK, SPF_BIT(SINGLE_USER), COMPLETED, COMPLETED);
	REASON(VMALOCK, SPF_BIT(WRITE_LOCKED) | SPF_BIT(STACK_GREW),
	       WRITE_LOCKED, ABORT_ENTRY);
	REASON(VMALOCK, SPF_BIT(PKEY), PKEY, COMPLETED);
	REASON(VMALOCK, SPF_BIT(RETRY) | SPF_BIT(ANON_TRYLOCK), ANON_TRYLOCK,
	       ABORT_LATE);
	REASON(VMALOCK, SPF_BIT(SEQ_ODD) | SPF_BIT(ABORT_NATIVE), COMPLETED,
	       COMPLETED);
	REASON(VMALOCK_NATIVE, SPF_BIT(ABORT_NATIVE) | SPF_BIT(RETRY_NATIVE),
	       ABORT_NATIVE, ABORT_ENTRY);
	REASON(VMALOCK_NATIVE, SPF_BIT(WRITE_LOCKED) | SPF_BIT(RETRY),
	       COMPLETED, COMPLETED);
}

/* Those that may not have been known leave others to be the reason. */
static void doubtful_reasons(void)
{
	__u64 facts = SPF_BIT(ODD_MATTERS) | SPF_BIT(NO_ANON_VMA) |
		SPF_BIT(MOVED_MATTERS);
	__u64 reasons;

	reasons = design_reasons(SPF_DESIGN_BOUNDS, facts, 0);
	EXPECT_EQ(reasons, SPF_BIT(ODD_MATTERS));
	reasons = design_reasons(SPF_DESIGN_BOUNDS, facts,
				 SPF_BIT(ODD_MATTERS));
	EXPECT_EQ(reasons, SPF_BIT(ODD_MATTERS) | SPF_BIT(NO_ANON_VMA));
	reasons = design_reasons(SPF_DESIGN_BOUNDS, facts, facts);
	EXPECT_EQ(reasons, facts | SPF_BIT(COMPLETED));
	EXPECT_EQ(reasons_with(SPF_DESIGN_BOUNDS, reasons, true),
		  SPF_BIT(COMPLETED));
	EXPECT_EQ(reasons_with(SPF_DESIGN_BOUNDS, reasons, false), facts);
}

/* --- effects --- */

static void tell(struct section s, enum spf_effect effect, __u32 fields,
		 __u64 at)
{
	s.effect = effect;
	s.fields = fields;
	s.changed_at = at;
	s.changed_known = at + 2;
	EXPECT(history_changed(h, &s));
}

/* A change of bounds in which this range changes hands. */
static void adjust(__u64 begin, __u64 end, struct range handed, __u64 told)
{
	struct section s = section_at(begin, SPF_KIND_ADJUST, 7);

	history_begin(h, &s);
	if (told)
		tell(s, SPF_EFFECT_BOUNDS, 1U << SPF_FIELD_END, told);
	s.before = handed;
	end_section(s, end);
}

static void bounds_forgives(void)
{
	set_up();
	adjust(990, 1060, (struct range){ 0x6000, 0x10000 }, 1050);
	judge();
	EXPECT(j.facts & SPF_BIT(SEQ_ODD));
	EXPECT(!(j.facts & SPF_BIT(ODD_MATTERS)));
	EXPECT(!j.unknown_odd.maybe);
	tear_down();

	set_up();
	adjust(1010, 1060, (struct range){ 0x5000, 0x10000 }, 1050);
	judge();
	EXPECT(j.facts & SPF_BIT(MOVED_MATTERS));
	tear_down();
}

/* It grew to where the fault is. */
static void bounds_minds_growth(void)
{
	struct section s = section_at(1010, SPF_KIND_ADJUST, 7);

	set_up();
	s.bounds.end = 0x5000;
	s.before.end = 0x5000;
	history_begin(h, &s);
	tell(s, SPF_EFFECT_BOUNDS, 1U << SPF_FIELD_END, 1020);
	end_section(s, 1030);
	judge();
	EXPECT(j.facts & SPF_BIT(MOVED_MATTERS));
	tear_down();
}

/* What is asked of a moment's range is not what has changed hands. */
static void bounds_forgives_a_moment(void)
{
	struct section s;

	set_up();
	s = between(1010, 1011, SPF_KIND_MADVISE, 0);
	tell(s, SPF_EFFECT_BOUNDS, 0, 1050);
	judge();
	EXPECT(j.facts & SPF_BIT(SEQ_MOVED));
	EXPECT(!(j.facts & SPF_BIT(MOVED_MATTERS)));
	tear_down();
}

static void effect_not_told(void)
{
	set_up();
	between(990, 1060, SPF_KIND_ADJUST, 0);
	between(1010, 1011, SPF_KIND_MADVISE, 0);
	judge();
	EXPECT(!(j.facts & SPF_BIT(ODD_MATTERS)));
	EXPECT(!(j.facts & SPF_BIT(MOVED_MATTERS)));
	EXPECT(j.unknown_odd.surely && j.unknown_moved.surely);
	tear_down();
}

/* Told before its end, between that and the verdict, afterwards. */
static void effect_in_time(void)
{
	static const __u64 told[] = { 1090, 1105, 1120 };
	struct section s;
	int i;

	for (i = 0; i < 3; i++) {
		set_up();
		s = between(1010, 1011, SPF_KIND_MLOCK, 0);
		tell(s, SPF_EFFECT_FLAGS, 1U << SPF_FIELD_FLAGS, told[i]);
		judge();
		EXPECT_EQ(!(j.facts & SPF_BIT(FLAGS_DIFFER)), i == 2);
		EXPECT_EQ(!(j.facts & SPF_BIT(MOVED_MATTERS)), i == 2);
		EXPECT_EQ((j.doubtful[DOUBT_FLUX] &
			   SPF_BIT(FLAGS_DIFFER)) != 0, i == 1);
		EXPECT_EQ(j.unknown_moved.surely, i == 2);
		EXPECT_EQ(j.unknown_moved.maybe, i > 0);
		tear_down();
	}
}

static void effect_of_mprotect(void)
{
	struct section s;
	int part;

	for (part = 0; part < 2; part++) {
		set_up();
		s = section_at(1010, SPF_KIND_MPROTECT, 7);
		s.before.start = part ? 0x1000 : 0;
		history_begin(h, &s);
		end_section(s, 1020);
		judge();
		EXPECT(j.facts & SPF_BIT(MOVED_MATTERS));
		EXPECT_EQ(!(j.facts & SPF_BIT(FLAGS_DIFFER)), part);
		tear_down();
	}
}

static void effect_of_fields_alone(void)
{
	__u32 start = 1U << SPF_FIELD_START, end = 1U << SPF_FIELD_END,
	      pgoff = 1U << SPF_FIELD_PGOFF;

	EXPECT_EQ(effect_of_fields(0), SPF_EFFECT_BOUNDS);
	EXPECT_EQ(effect_of_fields(end), SPF_EFFECT_BOUNDS);
	EXPECT_EQ(effect_of_fields(start | pgoff), SPF_EFFECT_BOUNDS);
	EXPECT_EQ(effect_of_fields(start), SPF_EFFECT_OTHER);
	EXPECT_EQ(effect_of_fields(pgoff | end), SPF_EFFECT_OTHER);
	EXPECT_EQ(effect_of_fields(1U << SPF_FIELD_ANON), SPF_EFFECT_OTHER);
	EXPECT_EQ(effect_of_fields(1U << SPF_FIELD_FLAGS | start),
		  SPF_EFFECT_FLAGS);
}

/*
 * In the child's copy the split itself is heavy, and what was not known of the
 * parent's section at the split is not known there.
 */
static void effects_in_a_copy(void)
{
	static const __u64 told[] = { 960, 970, 979 };
	struct section s;
	int i;

	for (i = 0; i < 3; i++) {
		set_up();
		fault.vma = CHILD;
		fault.arrival = 940;
		fault.service = 1;
		fault_waits_until(1500);
		s = between(941, 942, SPF_KIND_MLOCK, 0);
		split_with(false, 990);
		s.task = 7;
		tell(s, SPF_EFFECT_FLAGS, 1U << SPF_FIELD_FLAGS, told[i]);
		judge();
		EXPECT(j.facts & SPF_BIT(FLAGS_DIFFER));
		EXPECT_EQ(j.doubtful[DOUBT_FLUX] & SPF_BIT(FLAGS_DIFFER),
			  i == 2 ? SPF_BIT(FLAGS_DIFFER) : 0);
		tear_down();
	}

	set_up();
	fault.vma = CHILD;
	split_with(false, 1050);
	judge();
	EXPECT(j.facts & SPF_BIT(ODD_MATTERS));
	EXPECT(j.facts & SPF_BIT(COUNT_DIFFERS));
	tear_down();
}

/* --- sections that endanger a commit --- */

/* Of this kind, in a hold, or in none. */
static bool is_unsafe(enum spf_kind kind, __u64 begin, __u64 end,
		      struct range range, __u64 of)
{
	struct section s = section_at(begin, kind, 7);
	bool holds;

	set_up();
	s.before = range;
	s.hold = of;
	history_begin(h, &s);
	if (end)
		end_section(s, end);
	judge();
	holds = j.facts & SPF_BIT(UNSAFE);
	EXPECT(!j.doubtful[DOUBT_FLUX]);
	tear_down();
	return holds;
}

static const struct range whole = { 0, 0x10000 }, its_page = { 0x5000, 0x6000 };
static const struct range above = { 0x6000, 0x10000 }, below = { 0, 0x5000 };

/* Zaps, MADV_FREE, NUMA scans, write protection: the kernel commits beside them. */
static void unsafe_only_in_a_hold(void)
{
	EXPECT(!is_unsafe(SPF_KIND_UNMAP, 1050, 1060, whole, 0));
	EXPECT(is_unsafe(SPF_KIND_UNMAP, 1050, 1060, whole, 5));
	EXPECT(!is_unsafe(SPF_KIND_UFFD_WP, 950, 1060, whole, 0));
	EXPECT(is_unsafe(SPF_KIND_UFFD_WP, 950, 1060, whole, 5));
	EXPECT(!is_unsafe(SPF_KIND_MADV_FREE, 1050, 0, its_page, 0));
	EXPECT(is_unsafe(SPF_KIND_MADV_FREE, 1050, 0, its_page, 5));
	EXPECT(!is_unsafe(SPF_KIND_NUMA, 950, 0, its_page, 0));
	EXPECT(is_unsafe(SPF_KIND_NUMA, 950, 0, its_page, 5));
}

/* What changes page tables, by its range. */
static void unsafe_where_it_reaches(void)
{
	static const enum spf_kind kinds[] = {
		SPF_KIND_UNMAP, SPF_KIND_UFFD_WP, SPF_KIND_COLLAPSE,
		SPF_KIND_MADV_FREE, SPF_KIND_NUMA, SPF_KIND_MREMAP,
		SPF_KIND_PGTABLES, SPF_KIND_FORK, SPF_KIND_MPROTECT,
	};
	/* Not the address, but its page. */
	const struct range beside = { 0x5800, 0x5900 };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		EXPECT(is_unsafe(kinds[i], 1050, 1060, whole, 5));
		EXPECT(is_unsafe(kinds[i], 1050, 1060, its_page, 5));
		EXPECT(is_unsafe(kinds[i], 1050, 1060, beside, 5));
		EXPECT(!is_unsafe(kinds[i], 1050, 1060, above, 5));
		EXPECT(!is_unsafe(kinds[i], 1050, 1060, below, 5));
	}
}

static void unsafe_in_the_attempt(void)
{
	static const struct {
		__u64 begin, end;
		bool unsafe;
	} cases[] = {
		{ 900, 1000, false }, { 900, 1001, true }, { 1000, 0, true },
		{ 1100, 1101, true }, { 1101, 1102, false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		EXPECT_EQ(is_unsafe(SPF_KIND_FORK, cases[i].begin,
				    cases[i].end, whole, 5), cases[i].unsafe);
		EXPECT(!is_unsafe(SPF_KIND_FORK, cases[i].begin, cases[i].end,
				  above, 5));
	}
}

/* One that was open has stored flags and protection before. */
static void unsafe_mprotect(void)
{
	EXPECT(!is_unsafe(SPF_KIND_MPROTECT, 950, 1060, whole, 5));
	EXPECT(!is_unsafe(SPF_KIND_MPROTECT, 1000, 0, its_page, 5));
	EXPECT(is_unsafe(SPF_KIND_MPROTECT, 1001, 1060, whole, 5));
	EXPECT(is_unsafe(SPF_KIND_MPROTECT, 1001, 0, its_page, 5));
	EXPECT(!is_unsafe(SPF_KIND_MPROTECT, 1001, 1060, whole, 0));
}

/* Of the other kinds those that matter, whatever their range is. */
static void unsafe_if_it_matters(void)
{
	static const struct {
		enum spf_kind kind;
		enum spf_effect effect;		/* unknown is not told */
		struct range handed;
		__u64 hold;
		bool unsafe;
	} cases[] = {
		{ SPF_KIND_ADJUST, SPF_EFFECT_BOUNDS, { 0x5000, 0x10000 }, 5,
		  true },
		{ SPF_KIND_ADJUST, SPF_EFFECT_BOUNDS, { 0x6000, 0x10000 }, 5,
		  false },
		{ SPF_KIND_ADJUST, SPF_EFFECT_BOUNDS, { 0x5000, 0x10000 }, 0,
		  false },
		{ SPF_KIND_ADJUST, SPF_EFFECT_OTHER, { 0x6000, 0x10000 }, 5,
		  true },
		{ SPF_KIND_ADJUST, SPF_EFFECT_UNKNOWN, { 0x5000, 0x10000 }, 5,
		  false },
		/* Moments. */
		{ SPF_KIND_MBIND, SPF_EFFECT_OTHER, { 0, 0x5000 }, 5, true },
		{ SPF_KIND_MBIND, SPF_EFFECT_OTHER, { 0, 0x10000 }, 0, false },
		{ SPF_KIND_MLOCK, SPF_EFFECT_FLAGS, { 0, 0x5000 }, 5, true },
		{ SPF_KIND_MADVISE, SPF_EFFECT_BOUNDS, { 0, 0x10000 }, 5,
		  false },
		{ SPF_KIND_MADVISE, SPF_EFFECT_UNKNOWN, { 0, 0x10000 }, 5,
		  false },
	};
	static const __u32 fields[SPF_NR_EFFECTS] = {
		[SPF_EFFECT_BOUNDS] = 1U << SPF_FIELD_END,
		[SPF_EFFECT_FLAGS] = 1U << SPF_FIELD_FLAGS,
		[SPF_EFFECT_OTHER] = 1U << SPF_FIELD_POLICY,
	};
	struct section s;
	size_t i;
	int odd;

	for (i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		odd = i & 1;
		set_up();
		s = section_at(odd ? 950 : 1010, cases[i / 2].kind, 7);
		s.hold = cases[i / 2].hold;
		history_begin(h, &s);
		if (cases[i / 2].effect)
			tell(s, cases[i / 2].effect,
			     fields[cases[i / 2].effect], 1020);
		s.before = cases[i / 2].handed;
		end_section(s, 1030);
		judge();
		EXPECT_EQ((j.facts & SPF_BIT(UNSAFE)) != 0,
			  cases[i / 2].unsafe);
		tear_down();
	}
}

/* What it did was told before the end, between that and the verdict, afterwards. */
static void unsafe_in_time(void)
{
	static const __u64 told[] = { 1090, 1105, 1120 };
	struct section s;
	int i;

	for (i = 0; i < 3; i++) {
		set_up();
		s = between(1010, 1011, SPF_KIND_MBIND, 5);
		tell(s, SPF_EFFECT_OTHER, 1U << SPF_FIELD_POLICY, told[i]);
		judge();
		EXPECT_EQ(!(j.facts & SPF_BIT(UNSAFE)), i == 2);
		EXPECT_EQ((j.doubtful[DOUBT_FLUX] & SPF_BIT(UNSAFE)) != 0,
			  i == 1);
		tear_down();
	}
}

/* Its range got smaller at its end. */
static void unsafe_in_flux(void)
{
	static const __u64 ends[] = { 1060, 1105, 1200 };
	struct section s;
	int i;

	for (i = 0; i < 3; i++) {
		set_up();
		s = section_at(1050, SPF_KIND_UNMAP, 7);
		s.hold = 5;
		history_begin(h, &s);
		s.before = above;
		end_section(s, ends[i]);
		judge();
		EXPECT_EQ(!(j.facts & SPF_BIT(UNSAFE)), i == 0);
		EXPECT_EQ((j.doubtful[DOUBT_FLUX] & SPF_BIT(UNSAFE)) != 0,
			  i == 1);
		tear_down();
	}
}

/* The split itself, on the VMA that was split off. */
static void unsafe_in_a_copy(void)
{
	const struct split split = {
		.mm = MM, .parent = VMA, .child = CHILD, .at = 980,
		.begin = 980, .task = 7, .kind = SPF_KIND_ADJUST,
	};
	struct section s;
	int of;

	for (of = 0; of < 2; of++) {
		set_up();
		history_split(h, &split);
		s = between(980, 990, SPF_KIND_ADJUST, of ? 5 : 0);
		tell(s, SPF_EFFECT_BOUNDS, 1U << SPF_FIELD_END, 985);
		s.vma = CHILD;
		end_section(s, 1050);
		fault.vma = CHILD;
		judge();
		EXPECT_EQ((j.facts & SPF_BIT(UNSAFE)) != 0, of);
		tear_down();
	}
}

static void count_differs(void)
{
	static const __u64 ends[] = { 1000, 1001, 1100, 1101 };
	int i;

	for (i = 0; i < 4; i++) {
		set_up();
		between(900, ends[i], SPF_KIND_UNMAP, 0);
		judge();
		EXPECT_EQ(!(j.facts & SPF_BIT(COUNT_DIFFERS)),
			  i == 0 || i == 3);
		tear_down();
	}
}

/* --- a counter for the whole mm --- */

static void fault_meets(__u64 held)
{
	fault.lock = SPF_LOCK_WRITER;
	fault.held = held;
}

static void mm_odd(void)
{
	static const struct { __u64 acquired, leaving; } cases[] = {
		{ 900, 1200 }, { 950, 1051 }, { 951, 1200 }, { 900, 1050 },
	};
	struct hold one = {
		.id = 5, .mm = MM, .task = 7, .wait = 800, .released = 1200,
	};
	int i;

	for (i = 0; i < 4; i++) {
		set_up();
		one.acquired = cases[i].acquired;
		one.leaving = cases[i].leaving;
		history_hold(h, &one);
		fault_meets(5);
		judge();
		EXPECT_EQ(!(j.facts & SPF_BIT(MM_ODD)), i >= 2);
		EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
		tear_down();
	}
}

static void mm_moved(void)
{
	static const __u64 acquired[] = { 1000, 1001, 1050, 1051 };
	int i;

	for (i = 0; i < 4; i++) {
		set_up();
		hold(5, 1000, acquired[i], 1200);
		hold(6, 1050, 0, 1060);
		judge();
		EXPECT_EQ(!(j.facts & SPF_BIT(MM_MOVED)), i == 0 || i == 3);
		EXPECT_EQ(j.got_after.maybe, i == 3);
		EXPECT_EQ(j.got_after.surely, i == 3);
		EXPECT(!j.got_more);
		tear_down();
	}
}

/* Two that came after it are what is remembered. */
static void mm_moved_is_forgotten(void)
{
	int others;

	for (others = 0; others < 4; others++) {
		set_up();
		hold(5, 1010, 1010, 1015);
		if (others > 0)
			hold(6, 1101, 1101, 1102);
		if (others > 1)
			hold(7, 1103, 1103, others == 2 ? 1111 : 1104);
		judge();
		EXPECT(j.facts & SPF_BIT(MM_MOVED));
		EXPECT_EQ(j.doubtful[DOUBT_FORGOTTEN],
			  others == 3 ? SPF_BIT(MM_MOVED) : 0);
		tear_down();
	}
}

/* One that has not had to wait, or is about to find that out. */
static void mm_moved_is_asked(void)
{
	int shown;

	for (shown = 0; shown < 4; shown++) {
		set_up();
		hold(5, shown == 1 ? 1040 : 1050, 1050,
		     shown == 2 ? 1099 : 1200);
		if (shown == 3)
			between(1100, 1110, SPF_KIND_MPROTECT, 5);
		judge();
		EXPECT(j.facts & SPF_BIT(MM_MOVED));
		EXPECT_EQ(j.doubtful[DOUBT_ASKED],
			  shown ? 0 : SPF_BIT(MM_MOVED));
		tear_down();
	}
}

/* Its first section had begun, and was recorded only later. */
static void mm_moved_is_known_late(void)
{
	struct section s = section_at(1090, SPF_KIND_MPROTECT, 7);
	int late;

	s.hold = 5;
	for (late = 0; late < 2; late++) {
		set_up();
		hold(5, 1050, 1050, 1200);
		s.at = late ? 1101 : 1100;
		history_begin(h, &s);
		judge();
		EXPECT(j.facts & SPF_BIT(MM_MOVED));
		EXPECT_EQ(j.doubtful[DOUBT_ASKED],
			  late ? SPF_BIT(MM_MOVED) : 0);
		tear_down();
	}
}

/* Both may have been kept from taking the lock since they found it free. */
static void mm_moved_is_asked_twice(void)
{
	int shown;

	for (shown = 0; shown < 3; shown++) {
		set_up();
		hold(5, 1010, 1010, 1300);
		hold(6, 1020, 1020, 1200);
		if (shown)
			between(1100, 1110, SPF_KIND_MPROTECT, 4 + shown);
		judge();
		EXPECT(j.facts & SPF_BIT(MM_MOVED));
		EXPECT_EQ(j.doubtful[DOUBT_ASKED],
			  shown ? 0 : SPF_BIT(MM_MOVED));
		tear_down();
	}
}

static void more_than_remembered(void)
{
	set_up();
	hold(5, 1010, 1010, 1015);
	hold(6, 1020, 1020, 1025);
	hold(7, 1030, 1030, 1035);
	judge();
	EXPECT(j.got_more && !j.doubtful[DOUBT_FORGOTTEN]);
	tear_down();
}

/* --- a lock on the VMA --- */

static struct section marking(__u64 begin, __u64 end, __u64 marked,
			      __u64 hold)
{
	struct section s = section_at(begin, SPF_KIND_MPROTECT, 7);

	s.hold = hold;
	s.marks = true;
	s.marked = marked;
	history_begin(h, &s);
	end_section(s, end);
	return s;
}

static bool is_locked(void)
{
	judge();
	return j.facts & SPF_BIT(WRITE_LOCKED);
}

static void write_locked(void)
{
	static const struct {
		__u64 marked, begin, released;
		bool locked;
	} cases[] = {
		{ 900, 900, 1001, true }, { 900, 900, 1000, false },
		{ 1000, 1050, 1200, true }, { 1001, 1050, 1200, false },
	};
	unsigned int i;

	for (i = 0; i < 4; i++) {
		set_up();
		hold(5, 850, 850, cases[i].released);
		marking(cases[i].begin, cases[i].begin + 10, cases[i].marked,
			5);
		EXPECT_EQ(is_locked(), cases[i].locked);
		EXPECT(!j.doubtful[DOUBT_MARK] && !j.doubtful[DOUBT_FLUX]);
		tear_down();
	}

	/* One that marks nothing. */
	set_up();
	hold(5, 850, 850, 1200);
	between(900, 950, SPF_KIND_UNMAP, 5);
	EXPECT(!is_locked());
	tear_down();
}

/* Its hold is forgotten, but it was open, or was to be. */
static void locked_while_open(void)
{
	static const struct {
		__u64 marked, begin, end;
		bool locked;
	} cases[] = {
		{ 900, 900, 950, false }, { 900, 900, 1005, true },
		{ 900, 1003, 1005, true }, { 1001, 1003, 1005, false },
	};
	unsigned int i;
	int nr;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set_up();
		hold(5, 850, 850, 1010);
		marking(cases[i].begin, cases[i].end, cases[i].marked, 5);
		for (nr = 1; nr < 9; nr++)
			hold(5 + nr, 1010, 1010, 1010 + nr);
		EXPECT_EQ(is_locked(), cases[i].locked);
		tear_down();
	}
}

/* A fault that waited looked the VMA up when it began to wait. */
static void locked_at_lookup(void)
{
	int late;

	for (late = 0; late < 2; late++) {
		set_up();
		fault_waits_until(2000);
		fault.lookup = late ? 1020 : 1010;
		hold(5, 1005, 1005, 1020);
		marking(1008, 1009, 1008, 5);
		EXPECT_EQ(is_locked(), !late);
		tear_down();
	}
}

/* Of two holds that mark it only the last is known to have done so before. */
static void one_mark_is_remembered(void)
{
	set_up();
	fault_waits_until(2000);
	hold(5, 850, 850, 1200);
	marking(1050, 1060, 900, 5);
	hold(6, 1300, 1300, 1400);
	marking(1350, 1360, 1310, 6);
	EXPECT(is_locked());
	EXPECT_EQ(j.doubtful[DOUBT_MARK], SPF_BIT(WRITE_LOCKED));
	tear_down();
}

/* So many sections later nobody knows that the VMA is marked. */
static void marks_are_forgotten(void)
{
	int others, i;

	for (others = 7; others < 10; others++) {
		set_up();
		fault_waits_until(2000);
		fault_meets(5);
		hold(5, 850, 850, 1200);
		marking(900, 910, 900, 5);
		for (i = 0; i < others; i++)
			between(1300 + 10 * i, 1305 + 10 * i, SPF_KIND_UNMAP,
				0);
		EXPECT(is_locked());
		EXPECT_EQ(j.doubtful[DOUBT_OVERRUN],
			  others >= 8 ? SPF_BIT(WRITE_LOCKED) : 0);
		EXPECT_EQ(j.mark_lost.maybe, others >= 8);
		EXPECT_EQ(j.mark_lost.surely, others >= 9);
		fault.lock = SPF_LOCK_FREE;
		history_judge(h, &fault, &j);
		EXPECT(!j.mark_lost.maybe);
		tear_down();
	}
}

static void born_in_the_hold(void)
{
	static const struct {
		__u64 birth, acquired;
		bool locked;
	} cases[] = {
		{ 950, 900, true }, { 950, 960, false }, { 1000, 900, true },
		{ 1001, 900, false },
	};
	unsigned int i;

	for (i = 0; i < 4; i++) {
		set_up();
		fault.vma = CHILD;
		history_alloc(h, MM, CHILD, cases[i].birth);
		hold(5, 800, cases[i].acquired, 1200);
		fault_meets(5);
		EXPECT_EQ(is_locked(), cases[i].locked);
		EXPECT(!j.doubtful[DOUBT_OWNER]);
		fault.lookup = 1200;
		history_judge(h, &fault, &j);
		EXPECT(!(j.facts & SPF_BIT(WRITE_LOCKED)));
		tear_down();
	}
}

/* Who had the lock is not certain. */
static void born_in_whose_hold(void)
{
	set_up();
	history_alloc(h, MM, VMA, 950);
	hold(5, 900, 900, 1200);
	fault_meets(0);
	EXPECT(is_locked());
	EXPECT_EQ(j.doubtful[DOUBT_OWNER], SPF_BIT(WRITE_LOCKED));
	tear_down();
}

/* --- the comparison --- */

/* How many disagreements there are over the fault as it is. */
static unsigned long disagreements(struct comparison *c)
{
	unsigned long all = 0;
	int i;

	compare_init(c, h, 0);
	c->designs = designs;
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

/* How often is `held` wrong, where nobody was seen and the first section began then? */
static unsigned long nobody_held(__u64 begin)
{
	struct comparison c;

	set_up();
	hold(5, 900, 900, 1500);
	between(begin, begin + 10, SPF_KIND_MPROTECT, 5);
	fault.lock = SPF_LOCK_WRITER;
	disagreements(&c);
	tear_down();
	return c.differ[DIFFERENCE_HELD];
}

/* It has asked for the lock, and before its first section nobody knows that it has it. */
static void held_is_a_hint(void)
{
	EXPECT_EQ(nobody_held(950), 1);
	EXPECT_EQ(nobody_held(1000), 1);
	EXPECT_EQ(nobody_held(1050), 0);
	EXPECT_EQ(nobody_held(1300), 0);
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

/* --- the comparison of designs --- */

static void fault_said(__u32 completed, __u32 maybe)
{
	designs = ALL_DESIGNS;
	fault.completed = completed;
	fault.maybe = maybe;
}

/* An unmap is open: only those that look at the VMA's counter mind. */
static void an_open_unmap(void)
{
	set_up();
	between(950, 1200, SPF_KIND_UNMAP, 0);
	fault.reason = SPF_REASON_SEQ_ODD;
	fault.verdict = SPF_VERDICT_ABORT_ENTRY;
	fault.kind = SPF_KIND_UNMAP;
	fault.writer = 7;
	fault.open_ns = 155;
	fault.scope = SPF_SCOPE_PAGE;
	fault_said(ALL_DESIGNS & ~DESIGN(SEQCOUNT) & ~DESIGN(BOUNDS), 0);
}

static void done(void)
{
	designs = 0;
	tear_down();
}

static void designs_agree(void)
{
	struct comparison c;

	an_open_unmap();
	EXPECT_EQ(disagreements(&c), 0);
	EXPECT(!future.unsafe.maybe);
	EXPECT_EQ(future.reasons[SPF_DESIGN_BOUNDS], SPF_BIT(ODD_MATTERS));
	EXPECT_EQ(future.reasons[SPF_DESIGN_MMSEQ], SPF_BIT(COMPLETED));
	done();
}

/* Each bit that is wrong is one disagreement. */
static void a_wrong_design_is_noticed(void)
{
	struct comparison c;
	unsigned int i;

	for (i = 0; i < SPF_NR_DESIGNS; i++) {
		an_open_unmap();
		fault.completed ^= 1U << i;
		EXPECT_EQ(disagreements(&c), 1);
		EXPECT_EQ(c.differ[DIFFERENCE_DESIGN], 1);
		done();

		an_open_unmap();
		fault.maybe ^= 1U << i;
		EXPECT_EQ(disagreements(&c), 1);
		EXPECT_EQ(c.agreed, 0);
		done();
	}
}

static void not_judged(void)
{
	struct comparison c;

	an_open_unmap();
	designs &= ~(DESIGN(MMSEQ_NATIVE) | DESIGN(VMALOCK_NATIVE));
	EXPECT_EQ(disagreements(&c), 1);
	fault.completed &= designs;
	EXPECT_EQ(disagreements(&c), 0);
	done();
}

static void facts_that_cannot_be(void)
{
	static const __u64 facts[] = {
		SPF_BIT(SEQ_ODD), SPF_BIT(VM_OPS_FAULT), SPF_BIT(NO_MAP_PAGES),
		SPF_BIT(ANON_VMA_NEEDED), SPF_BIT(SWAP_PTE),
		SPF_BIT(MM_ODD_NATIVE) | SPF_BIT(MM_MOVED_NATIVE),
	};
	struct comparison c;
	unsigned int i;

	for (i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		set_up();
		fault.facts = facts[i];
		fault_said(0, 0);
		disagreements(&c);
		EXPECT_EQ(c.differ[DIFFERENCE_FACTS], 1);
		done();
	}
}

/* How many of these faults, one after the other, are at the wrong address? */
static unsigned long wrong_addresses(const __u64 *addresses, __u64 kernels)
{
	struct comparison c;
	unsigned long nr;

	fault_is_skipped(SPF_REASON_KERNEL_ADDRESS);
	fault.vma = 0;
	compare_init(&c, h, 0);
	c.designs = ALL_DESIGNS;
	for (; *addresses; addresses++, kernels >>= 1) {
		fault.address = *addresses;
		fault.facts = kernels & 1 ? SPF_BIT(KERNEL_ADDRESS) :
			      SPF_BIT(SINGLE_USER);
		judge();
		compare_designs(&c, &fault, &j, &future);
	}
	nr = c.differ[DIFFERENCE_FACTS];
	compare_free(&c);
	tear_down();
	return nr;
}

/* Those that are said to be are the bits that are set. */
static void kernel_addresses(void)
{
	const __u64 page = 4096, four = 1ULL << 47, five = 1ULL << 56;
	const __u64 certain[] = {
		0xffffffffff600000ULL, five - page, 0x5123, four - page - 1, 0
	};
	const __u64 by_levels[] = { four - page, five - page - 1, 0 };

	EXPECT_EQ(wrong_addresses(certain, 3), 0);
	EXPECT_EQ(wrong_addresses(certain, 2), 1);
	EXPECT_EQ(wrong_addresses(certain, 1), 1);
	EXPECT_EQ(wrong_addresses(certain, 7), 1);
	EXPECT_EQ(wrong_addresses(certain, 11), 1);
	/* With four levels or with five, but not with both. */
	EXPECT_EQ(wrong_addresses(by_levels, 0), 0);
	EXPECT_EQ(wrong_addresses(by_levels, 3), 0);
	EXPECT_EQ(wrong_addresses(by_levels, 1), 1);
	EXPECT_EQ(wrong_addresses(by_levels, 2), 1);
}

/* Nobody looks for a VMA there. */
static void kernel_address_of_a_vma(void)
{
	struct comparison c;
	int vma;

	for (vma = 0; vma < 2; vma++) {
		fault_is_skipped(SPF_REASON_KERNEL_ADDRESS);
		fault.address = 0xffffffffff600000ULL;
		fault.vma = vma ? VMA : 0;
		fault_said(0, 0);
		EXPECT_EQ(disagreements(&c), vma);
		done();
	}
}

/* --- what was waited for, by the state of the lock --- */

static void waits(void)
{
	static const struct {
		__u64 lookup, free, readers, queued, writer;
		bool again, wrong;
	} cases[] = {
		/* Only slept: the state is that of the arrival, readers. */
		{ 1000, 0, 900, 0, 0, false, false },
		{ 1000, 0, 0, 0, 900, false, true },
		{ 1000, 900, 0, 0, 0, false, true },
		{ 1010, 0, 0, 0, 900, false, false },
		{ 1010, 900, 0, 0, 0, false, false },
		/* One wait has one state. */
		{ 1010, 0, 400, 0, 500, false, true },
		{ 1010, 1, 899, 0, 0, false, true },
		{ 1010, 0, 900, 100, 0, false, true },
		{ 1010, 0, 0, 300, 900, true, false },
		{ 1000, 0, 0, 300, 900, true, false },
		/* More than the whole. */
		{ 1010, -1ULL, 1, 0, 900, false, true },
	};
	struct comparison c;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set_up();
		fault_waits_until(2500);
		fault.entry = 1900;
		if (cases[i].again)
			fault.facts = SPF_BIT(RETRY);
		fault.lookup = cases[i].lookup;
		fault.waits[SPF_LOCK_FREE] = cases[i].free;
		fault.waits[SPF_LOCK_READERS] = cases[i].readers;
		fault.waits[SPF_LOCK_QUEUED] = cases[i].queued;
		fault.waits[SPF_LOCK_WRITER] = cases[i].writer;
		fault.wait = cases[i].free + cases[i].readers +
			cases[i].queued + cases[i].writer;
		EXPECT_EQ(disagreements(&c), cases[i].wrong);
		EXPECT_EQ(c.differ[DIFFERENCE_WAITS], cases[i].wrong);
		tear_down();
	}

	/* What it did not wait for. */
	set_up();
	fault.waits[SPF_LOCK_WRITER] = 1;
	EXPECT_EQ(disagreements(&c), 1);
	tear_down();
}

/* Who had the lock when it began to wait, by the trace. */
static void state_by_holds(void)
{
	struct comparison c;
	int writer, of;

	for (of = 0; of < 2; of++) {
		for (writer = 0; writer < 2; writer++) {
			set_up();
			hold(5, of ? 1005 : 1011, of ? 1005 : 1011, 1500);
			fault_waits_until(2000);
			fault_waits_in(writer ? SPF_LOCK_WRITER :
				       SPF_LOCK_QUEUED, 900);
			fault.lookup = 1010;
			EXPECT_EQ(disagreements(&c), 0);
			EXPECT_EQ(c.excused[EXCUSE_STATE], of != writer);
			tear_down();
		}
	}
}

/* What may be wrong, of a fault that everything completes. */
static __u32 wrong_maybes(__u32 maybe)
{
	struct comparison c;

	fault_said(ALL_DESIGNS, maybe);
	disagreements(&c);
	EXPECT_EQ(c.differ[DIFFERENCE_DESIGN], 0);
	return c.differ[DIFFERENCE_MAYBE];
}

static unsigned long wrong_designs(void)
{
	struct comparison c;

	disagreements(&c);
	return c.differ[DIFFERENCE_DESIGN];
}

static void maybe_of_mmseq(void)
{
	/* It waited. */
	set_up();
	fault_waits_until(2000);
	EXPECT_EQ(wrong_maybes(DESIGN(MMSEQ)), 0);
	EXPECT_EQ(wrong_maybes(0), 1);
	EXPECT_EQ(wrong_maybes(DESIGN(MMSEQ) | DESIGN(MMSEQ_NATIVE)), 0);
	done();

	/* An unseen writer had the lock. */
	set_up();
	fault_meets(0);
	fault.scope = SPF_SCOPE_MM;
	EXPECT_EQ(wrong_maybes(DESIGN(MMSEQ)), 0);
	EXPECT_EQ(wrong_maybes(0), 1);
	EXPECT_EQ(wrong_maybes(DESIGN(MMSEQ) | DESIGN(MMSEQ_NATIVE)), 1);
	done();

	/* Somebody waits for it. */
	set_up();
	hold(5, 1050, 1150, 1200);
	fault.deferred = true;
	EXPECT_EQ(wrong_maybes(DESIGN(MMSEQ)), 0);
	EXPECT_EQ(wrong_maybes(0), 1);
	done();

	/* Somebody asked for it afterwards: both are right. */
	set_up();
	hold(5, 1105, 1105, 1200);
	EXPECT_EQ(wrong_maybes(DESIGN(MMSEQ)), 0);
	EXPECT_EQ(wrong_maybes(0), 0);
	done();
}

static void maybe_of_vmalock(void)
{
	const __u32 both = DESIGN(VMALOCK) | DESIGN(VMALOCK_NATIVE);
	const __u32 others = DESIGN(SEQCOUNT) | DESIGN(BOUNDS) |
		DESIGN(FLAGCOUNT_MIN) | DESIGN(FLAGCOUNT_SITES);
	struct comparison c;

	set_up();
	fault_meets(0);
	fault.facts = SPF_BIT(PERMISSION);
	fault.vma = 0;
	fault.end = 0;
	fault.service = 0;
	fault.scope = SPF_SCOPE_MM;
	fault.reason = SPF_REASON_PERMISSION;
	fault.possible = true;
	fault.locked = false;
	fault_said(others | both, others | both);
	EXPECT_EQ(disagreements(&c), 0);
	fault_said(others | both, others | DESIGN(VMALOCK));
	EXPECT_EQ(disagreements(&c), 1);
	done();
}

/* What makes it possible for v12 does for those that are like it. */
static void maybe_like_v12(void)
{
	const __u32 all = DESIGN(SEQCOUNT) | DESIGN(BOUNDS) |
		DESIGN(FLAGCOUNT_SITES) | DESIGN(FLAGCOUNT_MIN) | DESIGN(MMSEQ);
	unsigned int i;

	set_up();
	fault_waits_until(2000);
	between(1500, 1600, SPF_KIND_UNMAP, 0);
	fault.possible = true;
	fault.kind = SPF_KIND_UNMAP;
	fault.writer = 7;
	fault.open_ns = 100;
	EXPECT_EQ(wrong_maybes(all), 0);
	for (i = 0; i <= SPF_DESIGN_FLAGCOUNT_SITES; i++)
		EXPECT_EQ(wrong_maybes(all & ~(1U << i)), 1);
	done();
}

/* One that a section stopped: rule 3 is not followed to its end. */
static void maybe_instead_of_v12(void)
{
	struct comparison c;
	int queued;

	for (queued = 0; queued < 2; queued++) {
		an_open_unmap();
		if (queued)
			hold(5, 1050, 1150, 1200);
		disagreements(&c);
		EXPECT_EQ(c.differ[DIFFERENCE_MAYBE], queued ? 3 : 0);
		fault.maybe = DESIGN(FLAGCOUNT_MIN) |
			DESIGN(FLAGCOUNT_SITES) | DESIGN(MMSEQ);
		disagreements(&c);
		EXPECT_EQ(c.differ[DIFFERENCE_MAYBE], queued ? 0 : 3);
		done();
	}
}

/* Since when the VMA was marked is forgotten. */
static void maybe_when_marked_again(void)
{
	const __u32 waited = DESIGN(MMSEQ);

	set_up();
	fault_waits_until(2000);
	hold(5, 850, 850, 1200);
	marking(1150, 1160, 900, 5);
	hold(6, 1300, 1300, 1400);
	marking(1350, 1360, 1310, 6);
	fault.possible = true;
	fault.kind = SPF_KIND_MPROTECT;
	fault.writer = 7;
	fault.open_ns = 10;
	EXPECT_EQ(wrong_maybes(waited | DESIGN(VMALOCK) | 0xf), 0);
	fault_said(ALL_DESIGNS, waited | 0xf);
	EXPECT_EQ(wrong_designs(), 1);
	fault_said(ALL_DESIGNS & ~DESIGN(VMALOCK), waited | 0xf);
	EXPECT_EQ(wrong_designs(), 0);
	done();
}

/* Nobody knows what the section did that stopped seqcount. */
static void maybe_by_effect(void)
{
	struct comparison c;
	__u32 maybe = DESIGN(BOUNDS) | DESIGN(FLAGCOUNT_MIN);

	set_up();
	between(1010, 1011, SPF_KIND_MADVISE, 0);
	fault.reason = SPF_REASON_SEQ_MOVED;
	fault.verdict = SPF_VERDICT_ABORT_ENTRY;
	fault.kind = SPF_KIND_MADVISE;
	fault.writer = 7;
	fault.open_ns = 1;
	fault.scope = SPF_SCOPE_PAGE;
	fault_said(ALL_DESIGNS & ~DESIGN(SEQCOUNT) & ~DESIGN(FLAGCOUNT_SITES),
		   maybe);
	EXPECT_EQ(disagreements(&c), 0);
	fault.maybe = 0;
	EXPECT_EQ(disagreements(&c), 2);
	done();
}

/* What was forgotten leaves it possible. */
static void forgotten_is_no_free_pass(void)
{
	struct comparison c;

	set_up();
	hold(5, 1010, 1010, 1015);
	hold(6, 1020, 1020, 1025);
	hold(7, 1101, 1101, 1102);
	hold(8, 1103, 1103, 1104);
	fault_said(ALL_DESIGNS, DESIGN(MMSEQ));
	EXPECT_EQ(disagreements(&c), 0);
	EXPECT_EQ(c.excused[EXCUSE_FORGOTTEN], 1);
	fault_said(ALL_DESIGNS, 0);
	disagreements(&c);
	EXPECT_EQ(c.differ[DIFFERENCE_DESIGN], 1);
	done();
}

/*
 * A fault that gave its lock back, whose VMA was gone by its end, or while that was
 * looked at.
 */
static void dropped_for_another_life(void)
{
	struct comparison c;
	int locked, meanwhile;

	for (locked = 0; locked < 2; locked++) {
		for (meanwhile = 0; meanwhile < 2; meanwhile++) {
			set_up();
			fault_waits_until(2000);
			fault.entry = 1100;
			fault_waits_in(fault.lock, 100);
			fault.locked = locked;
			fault.facts = SPF_BIT(VM_OPS_FAULT) | SPF_BIT(NOT_ANON);
			fault.reason = SPF_REASON_VM_OPS_FAULT;
			fault.verdict = SPF_VERDICT_ABORT_ENTRY;
			between(950, 1060, SPF_KIND_UNMAP, 0);
			history_freed(h, MM, VMA, meanwhile ? 2001 : 1200);
			history_alloc(h, MM, VMA, meanwhile ? 2002 : 1300);
			/* With a lock that cannot be: vma_absent, or seq_odd. */
			EXPECT_EQ(disagreements(&c) != 0, locked);
			EXPECT_EQ(c.excused[EXCUSE_DROPPED],
				  !locked && meanwhile);
			done();
		}
	}
}

/* Its VMA at 1090, looked at up to 1080, has been freed; then another one. */
static void replaced_vma(void)
{
	set_up();
	fault_waits_until(2000);
	fault.entry = 1010;
	fault_waits_in(fault.lock, 10);
	fault.facts = SPF_BIT(RETRY);
	fault.replaced = true;
	fault.asked = (struct look){ 1080, 50, 1085 };
	history_alloc(h, MM, VMA, 500);
}

static void gone_at(__u64 at)
{
	history_freed(h, MM, VMA, at);
	history_alloc(h, MM, VMA, at + 10);
}

static void replaced_is_the_first(void)
{
	replaced_vma();
	between(950, 1060, SPF_KIND_UNMAP, 0);
	gone_at(1090);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_SEQ_ODD);
	EXPECT(!(j.facts & SPF_BIT(VMA_ABSENT)));
	/* Without that, it would be the other one. */
	fault.replaced = false;
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	tear_down();
}

/* With the service time and the end of the calls in the first one. */
static void replaced_ends_with_a_call(void)
{
	static const struct {
		__u64 begin;
		__u64 facts;
		unsigned int rules;
	} cases[] = {
		{ 1050, SPF_BIT(SEQ_MOVED), 0 },
		{ 1051, 0, RULE_LATER },
		{ 1080, 0, RULE_LATER },
		{ 1081, 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		replaced_vma();
		between(cases[i].begin, cases[i].begin + 1, SPF_KIND_UNMAP, 0);
		gone_at(1090);
		judge();
		EXPECT_EQ(j.facts & SPF_BIT(SEQ_MOVED), cases[i].facts);
		EXPECT_EQ(j.rules, cases[i].rules);
		tear_down();
	}
}

/* It was gone by the end of that call: nothing is known of it. */
static void replaced_before_it_was_asked(void)
{
	replaced_vma();
	between(950, 1060, SPF_KIND_UNMAP, 0);
	gone_at(1065);
	judge();
	EXPECT_EQ(j.reason, SPF_REASON_COMPLETED);
	tear_down();
}

/* Nobody can tell what the attempt would have met after that. */
static void replaced_has_to_be_possible(void)
{
	struct comparison c;
	int possible;

	for (possible = 0; possible < 2; possible++) {
		replaced_vma();
		gone_at(1090);
		fault.possible = possible;
		EXPECT_EQ(disagreements(&c), !possible);
		EXPECT_EQ(c.differ[DIFFERENCE_POSSIBLE], !possible);
		EXPECT_EQ(future.unresolved, possible);
		done();
	}
}

/* By one that was split off of one that is older than the fault. */
static void replaced_by_a_split(void)
{
	struct comparison c;
	int noticed;

	for (noticed = 0; noticed < 2; noticed++) {
		replaced_vma();
		history_alloc(h, MM, CHILD, 500);
		history_freed(h, MM, CHILD, 1070);
		split_child_at(1075);
		fault.vma = CHILD;
		fault.by = CHILD;
		fault.replaced = noticed;
		fault.possible = noticed;
		disagreements(&c);
		EXPECT_EQ(c.differ[DIFFERENCE_VMA], !noticed);
		done();
	}
}

/* What says that it was replaced, and what it is replaced by. */
static void replaced_is_noticed(void)
{
	static const struct {
		bool replaced, again, other, younger;
		__u64 asked, service;
		bool wrong;
	} cases[] = {
		{ true, true, false, true, 1080, 50, false },
		{ true, true, true, false, 1080, 50, false },
		{ true, true, false, false, 1080, 50, true },
		{ true, false, true, false, 1080, 50, true },
		{ true, true, true, false, 1009, 50, true },
		{ true, true, true, false, 1086, 50, true },
		{ true, true, true, false, 1080, 101, true },
		{ false, true, false, true, 0, 0, true },
		{ false, true, false, false, 0, 0, false },
		{ false, false, false, false, 0, 0, false },
	};
	struct comparison c;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		replaced_vma();
		fault.replaced = cases[i].replaced;
		if (!cases[i].again)
			fault.facts = 0;
		fault.by = VMA + cases[i].other;
		fault.asked.end = cases[i].asked;
		fault.asked.service = cases[i].service;
		fault.possible = fault.replaced;
		if (cases[i].younger)
			gone_at(1070);
		disagreements(&c);
		EXPECT_EQ(c.differ[DIFFERENCE_VMA], cases[i].wrong);
		done();
	}
}

/* --- what sections say --- */

static unsigned long section_differs(enum difference what)
{
	struct comparison c;
	unsigned long nr;

	history_index(h);
	compare_init(&c, h, 0);
	compare_effects(&c);
	nr = c.differ[what];
	compare_free(&c);
	return nr;
}

static void wrong_marks(void)
{
	static const struct {
		enum spf_kind kind;
		__u64 hold, marked;
		bool marks, wrong;
	} cases[] = {
		{ SPF_KIND_MPROTECT, 5, 900, true, false },
		{ SPF_KIND_MPROTECT, 5, 0, false, true },
		{ SPF_KIND_MPROTECT, 0, 900, true, true },
		{ SPF_KIND_UNMAP, 5, 900, true, true },
		{ SPF_KIND_ADJUST, 5, 0, false, false },
		{ SPF_KIND_MPROTECT, 5, 901, true, true },
		{ SPF_KIND_MPROTECT, 5, 849, true, true },
		{ SPF_KIND_MPROTECT, 5, 0, true, true },
	};
	struct section s;
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set_up();
		hold(5, 800, 850, 1200);
		s = section_at(900, cases[i].kind, 7);
		s.hold = cases[i].hold;
		s.marks = cases[i].marks;
		s.marked = cases[i].marked;
		history_begin(h, &s);
		EXPECT_EQ(section_differs(DIFFERENCE_MARKS), cases[i].wrong);
		tear_down();
	}
}

static void wrong_effects(void)
{
	struct section s;
	int later;

	/* Nobody tells it, though the VMA is there to the end of the hold. */
	set_up();
	hold(5, 800, 850, 1200);
	s = between(900, 910, SPF_KIND_ADJUST, 5);
	EXPECT_EQ(section_differs(DIFFERENCE_EFFECT), 1);
	tear_down();

	set_up();
	hold(5, 800, 850, 1200);
	s = between(900, 910, SPF_KIND_ADJUST, 5);
	history_freed(h, MM, VMA, 1000);
	EXPECT_EQ(section_differs(DIFFERENCE_EFFECT), 0);
	tear_down();

	/* Freed after the hold, by the call that it was of; or by a later one. */
	for (later = 0; later < 2; later++) {
		set_up();
		hold(5, 800, 850, 1200);
		s = between(900, 910, SPF_KIND_ADJUST, 5);
		history_freed(h, MM, VMA, 1300);
		hold(6, 1250 + 100 * !later, 1360, 1400);
		EXPECT_EQ(section_differs(DIFFERENCE_EFFECT), later);
		tear_down();
	}

	/* Not what its fields say. */
	set_up();
	s = between(900, 910, SPF_KIND_ADJUST, 0);
	tell(s, SPF_EFFECT_BOUNDS, 1U << SPF_FIELD_FLAGS, 905);
	EXPECT_EQ(section_differs(DIFFERENCE_EFFECT), 1);
	tear_down();

	/* Later than its hold. */
	set_up();
	hold(5, 800, 850, 1200);
	s = between(900, 910, SPF_KIND_MLOCK, 5);
	tell(s, SPF_EFFECT_BOUNDS, 0, 1201);
	EXPECT_EQ(section_differs(DIFFERENCE_EFFECT), 1);
	tear_down();

	/* Of a kind that does not tell, and twice. */
	set_up();
	s = between(900, 910, SPF_KIND_MPROTECT, 0);
	tell(s, SPF_EFFECT_FLAGS, 1U << SPF_FIELD_FLAGS, 905);
	EXPECT_EQ(section_differs(DIFFERENCE_EFFECT), 1);
	EXPECT(!history_changed(h, &s));
	tear_down();
}

/* What a hold says of itself, and its only section of it. */
static void wrong_holds(void)
{
	static const struct {
		enum spf_mode lock;
		enum spf_kind kind;
		enum spf_call call;
		enum difference what;
		bool wrong;
	} cases[] = {
		{ SPF_MODE_WRITE, SPF_KIND_FORK, SPF_CALL_FORK,
		  DIFFERENCE_SECTION, false },
		{ SPF_MODE_READ, SPF_KIND_UNMAP, SPF_CALL_MADVISE,
		  DIFFERENCE_SECTION, true },
		{ SPF_MODE_WRITE, SPF_KIND_FORK, SPF_CALL_MMAP,
		  DIFFERENCE_HOLD, true },
		{ SPF_MODE_WRITE, SPF_KIND_FORK, SPF_CALL_NONE,
		  DIFFERENCE_HOLD, false },
		{ SPF_MODE_WRITE, SPF_KIND_MREMAP, SPF_CALL_EXEC,
		  DIFFERENCE_HOLD, false },
		{ SPF_MODE_WRITE, SPF_KIND_MREMAP, SPF_CALL_MPROTECT,
		  DIFFERENCE_HOLD, true },
		{ SPF_MODE_WRITE, SPF_KIND_ADJUST, SPF_CALL_MPROTECT,
		  DIFFERENCE_HOLD, false },
		{ SPF_MODE_WRITE, SPF_KIND_MLOCK, SPF_CALL_MUNMAP,
		  DIFFERENCE_HOLD, false },
	};
	struct comparison c;
	struct section s;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct hold one = {
			.id = 5, .mm = MM, .task = 7, .wait = 800,
			.acquired = 850, .leaving = 1200, .released = 1200,
			.sections = 1, .kinds = 1U << cases[i].kind,
			.call = cases[i].call,
		};

		set_up();
		s = section_at(900, cases[i].kind, 7);
		s.hold = 5;
		s.lock = cases[i].lock;
		history_begin(h, &s);
		history_hold(h, &one);
		history_index(h);
		compare_init(&c, h, 0);
		compare_holds(&c);
		EXPECT_EQ(c.differ[cases[i].what], cases[i].wrong);
		compare_free(&c);
		tear_down();
	}
}

/* --- figures --- */

/* What it has to say is of figures that are wrong on purpose. */
static bool quietly(struct figures *fig)
{
	int out = dup(STDOUT_FILENO);
	bool same;

	fflush(stdout);
	if (!freopen("/dev/null", "w", stdout))
		return false;
	same = figures_compare(fig);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	return same;
}

static struct figures *figures_of_text(const char *text)
{
	char path[] = "/tmp/oracle-selftest.XXXXXX";
	struct figures *fig = NULL;
	int fd = mkstemp(path);

	if (fd < 0)
		return NULL;
	if (dprintf(fd, "module since_ns=500 now_ns=9999\n%s", text) > 0)
		fig = figures_read(path);
	close(fd);
	unlink(path);
	return fig;
}

/* Does a file of these lines agree with the fault as it is? */
static bool figures_agree_on_it(const char *lines)
{
	struct figures *fig = figures_of_text(lines);
	struct comparison c;
	bool same;

	if (!fig)
		return false;
	designs = figures_designs(fig);
	EXPECT_EQ(disagreements(&c), 0);
	figures_fault(fig, &fault, &future);
	same = quietly(fig);
	figures_free(fig);
	done();
	return same;
}

#define ONE \
	"faults arrived=1\nlock state=readers arrivals=1\n" \
	"opportunity arrivals=1\nnot_judged judged=1\n"

/* The same with one fault that spf skipped: single_user. */
static bool figures_agree(const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text), ONE "%s", lines);
	fault_is_skipped(SPF_REASON_SINGLE_USER);
	fault.completed = DESIGN(VMALOCK);
	return figures_agree_on_it(text);
}

#define SKIPS \
	"design name=seqcount attempted=0 completed=0 abort_entry=0 " \
	"abort_late=0 possible_late=0 skipped=1 wait_saved_ns=0 source=shadow " \
	"refused=nothing_attempted\n" \
	"share design=seqcount refused=nothing_attempted\n" \
	"reason design=seqcount name=single_user historic=none count=1 " \
	"verdict=skipped\n"
#define TRIES(completed, late) \
	"design name=vmalock attempted=1 completed=" completed \
	" abort_entry=0 abort_late=" late " possible_late=0 skipped=0 " \
	"wait_saved_ns=0 source=emulated "
#define ALL	"completed_low_pct=100.00 completed_high_pct=100.00\n"
#define NONE	"completed_low_pct=0.00 completed_high_pct=0.00\n"
#define MOST	"completed_low_pct=99.00 completed_high_pct=99.00\n"
#define SHARE	"share design=vmalock "
#define RETRIES(count) \
	"reason design=vmalock name=retry historic=VMA_LOCK_RETRY count=" \
	count " verdict=abort_late\n"

static void figures_of_designs(void)
{
	EXPECT(figures_agree(SKIPS TRIES("1", "0") ALL SHARE ALL));
	/* Counted wrong, another share, */
	EXPECT(!figures_agree(SKIPS TRIES("0", "1") NONE SHARE NONE));
	EXPECT(!figures_agree(SKIPS TRIES("1", "0") MOST SHARE ALL));
	EXPECT(!figures_agree(SKIPS TRIES("1", "0") ALL SHARE MOST));
	/* and what is of no design. */
	EXPECT(!figures_agree(SKIPS TRIES("1", "0") ALL SHARE ALL
			      "design name=another source=shadow\n"));
	EXPECT(!figures_agree(SKIPS TRIES("1", "0") ALL SHARE ALL
			      "reason design=vmalock name=seq_odd count=0\n"));
}

/* Whether the handler came again for it only stats knows. */
static void figures_of_single_users(void)
{
	EXPECT(figures_agree(SKIPS TRIES("0", "1") NONE SHARE NONE
			     RETRIES("1")));
	EXPECT(!figures_agree(SKIPS TRIES("0", "2") NONE SHARE NONE
			      RETRIES("2")));
	EXPECT(!figures_agree(SKIPS TRIES("1", "0") ALL SHARE ALL
			      RETRIES("1")));
}

/* New records, and new keys at the end of a line, are none of its business. */
static void figures_may_have_more(void)
{
	EXPECT(figures_agree(SKIPS TRIES("1", "0") ALL SHARE ALL
			     "not_measured design=mmseq figures=a,b\n"
			     "assumed figure=swap_miss device=not_synchronous\n"
			     "filter pid=1 faults=12\nmemory vmas=3 count=9\n"
			     "health overrun=0 unseen=3\n"
			     "lock state=writer arrivals=0 unseen=5\n"));
	/* But not in place of those that there are. */
	EXPECT(!figures_agree(SKIPS TRIES("1", "0") ALL SHARE ALL
			      "health unseen=3 overrun=1\n"));
}

#define BOTH_SKIP \
	"design name=seqcount skipped=1 source=shadow refused=nothing_attempted\n" \
	"share design=seqcount refused=nothing_attempted\n" \
	"design name=vmalock skipped=1 source=emulated " \
	"refused=nothing_attempted\n" \
	"share design=vmalock refused=nothing_attempted\n" \
	"reason design=seqcount name=%s historic=none count=1 verdict=skipped\n" \
	"reason design=vmalock name=%s historic=none count=1 verdict=skipped\n"

/* It counts as nothing that a design has tried, single-threaded or not. */
static void figures_of_kernel_addresses(void)
{
	static const char * const names[] = { "kernel_address", "bad_area" };
	char text[4096];
	int i;

	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), ONE BOTH_SKIP, names[i], names[i]);
		fault_is_skipped(SPF_REASON_KERNEL_ADDRESS);
		fault.address = 0xffffffffff600000ULL;
		fault.vma = 0;
		EXPECT_EQ(figures_agree_on_it(text), !i);
	}
}

#define SERVICE \
	"service_total count=1 sum_ns=100\nservice ge_ns=64 lt_ns=128 count=1\n"
#define SEQCOUNT(completed, entry, saved) \
	"design name=seqcount attempted=1 completed=" completed \
	" abort_entry=" entry " wait_saved_ns=" saved " source=shadow "
#define MIN(unsafe) \
	"design name=flagcount_min attempted=1 completed=1 possible_late=1 " \
	"source=shadow unsafe=" unsafe " completed_low_pct=0.00 " \
	"completed_high_pct=100.00\nshare design=flagcount_min " \
	"completed_low_pct=0.00 completed_high_pct=100.00\n"
#define MIN_OF_ALL(unsafe) \
	"compare name=unsafe_min count=" unsafe " of=1\n"
#define BESIDE_FORK \
	ONE SERVICE SEQCOUNT("0", "1", "0") NONE "share design=seqcount " NONE \
	"reason design=seqcount name=seq_odd historic=spf_vma_changed count=1 " \
	"verdict=abort_entry\ncompare name=adjust_vs_unmap count=0 of=1\n" \
	"conflict scope=page count=1\nblame kind=fork aborts=1 open_ns=155\n"

/* Beside a fork that reaches the page, or is none of a hold. */
static bool figures_beside_fork(__u64 of, const char *lines)
{
	set_up();
	hold(5, 900, 900, 1200);
	between(950, 1200, SPF_KIND_FORK, of);
	fault.reason = SPF_REASON_SEQ_ODD;
	fault.verdict = SPF_VERDICT_ABORT_ENTRY;
	fault.kind = SPF_KIND_FORK;
	fault.writer = 7;
	fault.open_ns = 155;
	fault.scope = SPF_SCOPE_PAGE;
	fault.held = 5;
	fault.completed = DESIGN(FLAGCOUNT_MIN);
	fault.maybe = DESIGN(FLAGCOUNT_MIN);
	return figures_agree_on_it(lines);
}

static void figures_of_unsafe_commits(void)
{
	EXPECT(figures_beside_fork(5, BESIDE_FORK MIN("1") MIN_OF_ALL("1")));
	EXPECT(!figures_beside_fork(5, BESIDE_FORK MIN("0") MIN_OF_ALL("1")));
	EXPECT(!figures_beside_fork(5, BESIDE_FORK MIN("1") MIN_OF_ALL("0")));
	EXPECT(figures_beside_fork(0, BESIDE_FORK MIN("0") MIN_OF_ALL("0")));
	EXPECT(!figures_beside_fork(0, BESIDE_FORK MIN("1") MIN_OF_ALL("0")));
	EXPECT(!figures_beside_fork(0, BESIDE_FORK MIN("0") MIN_OF_ALL("1")));
}

#define WAITED \
	"faults arrived=1 blocked=1\nnot_judged judged=1\n" SERVICE \
	SEQCOUNT("1", "0", "900") ALL "share design=seqcount " ALL \
	"opportunity arrivals=1 wait_ns=900 completed_wait_ns=900"
#define WAITS \
	"wait_total count=1 sum_ns=900\nwait ge_ns=512 lt_ns=1024 count=1\n" \
	"lock state=readers arrivals=1 completed=1 waited=1 wait_ns=500 " \
	"completed_waited=1 completed_wait_ns=500\n"
#define WRITER(waited, wait) \
	"lock state=writer arrivals=0 completed=0 waited=" waited " wait_ns=" \
	wait " completed_waited=1 completed_wait_ns=400\n"
#define READERS_WAIT \
	"lock_wait state=readers ge_ns=256 lt_ns=512 count=1\n"
#define WRITER_WAIT(low, high) \
	"lock_wait state=writer ge_ns=" low " lt_ns=" high " count=1\n"

/* It arrived beside readers, and waited for them and for a writer. */
static bool figures_agree_on_waits(const char *lines)
{
	set_up();
	fault_waits_until(2000);
	fault.entry = 1500;
	fault.facts = SPF_BIT(RETRY);
	fault.waits[SPF_LOCK_READERS] = 500;
	fault.waits[SPF_LOCK_WRITER] = 400;
	fault.completed = DESIGN(SEQCOUNT);
	return figures_agree_on_it(lines);
}

static void figures_of_waits(void)
{
	EXPECT(figures_agree_on_waits(WAITED " writer_wait_ns=400\n"
		WAITS WRITER("1", "400") READERS_WAIT WRITER_WAIT("256", "512")));
	/* As it was at the arrival. */
	EXPECT(!figures_agree_on_waits(WAITED " writer_wait_ns=0\n"
		WAITS WRITER("1", "400") READERS_WAIT WRITER_WAIT("256", "512")));
	EXPECT(!figures_agree_on_waits(WAITED " writer_wait_ns=400\n"
		WAITS WRITER("0", "400") READERS_WAIT WRITER_WAIT("256", "512")));
	EXPECT(!figures_agree_on_waits(WAITED " writer_wait_ns=400\n"
		WAITS WRITER("1", "401") READERS_WAIT WRITER_WAIT("256", "512")));
	/* In another bucket, or in none. */
	EXPECT(!figures_agree_on_waits(WAITED " writer_wait_ns=400\n"
		WAITS WRITER("1", "400") READERS_WAIT WRITER_WAIT("512", "1024")));
	EXPECT(!figures_agree_on_waits(WAITED " writer_wait_ns=400\n"
		WAITS WRITER("1", "400") READERS_WAIT));
}

/* Of three faults one came before the reset, and there is a call for none. */
static bool figures_agree_on_calls(const char *lines)
{
	static const struct kernel_call calls[] = {
		{ .arrival = 600, .wait = 30 },
		{ .arrival = 600, .wait = 10, .again = true, .waited = true },
		{ .arrival = 700 },
		{ .arrival = 400, .wait = 50 },
		{ .arrival = 0 },
	};
	struct figures *fig = figures_of_text(lines);
	bool same;
	size_t i;

	if (!fig)
		return false;
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		figures_kernel(fig, &calls[i]);
	same = quietly(fig);
	figures_free(fig);
	return same;
}

#define CALLS(arrived, blocked, wait, calls) \
	"faults kernel_mode=5\nkernel_faults arrived=" arrived " blocked=" \
	blocked " wait_ns=" wait " calls=" calls "\n"
#define NOT_JUDGED(faults, calls, most) \
	"not_judged kernel_faults=" faults " other_calls=" calls " judged=0 " \
	"most=" most "\n"

static void figures_of_kernel_faults(void)
{
	EXPECT(figures_agree_on_calls(CALLS("2", "1", "40", "4")
				      NOT_JUDGED("2", "1", "1")));
	/* There may be others that never came to the handler, but not fewer. */
	EXPECT(figures_agree_on_calls(CALLS("3", "2", "90", "4")
				      NOT_JUDGED("3", "1", "1")));
	EXPECT(!figures_agree_on_calls(CALLS("1", "1", "40", "4")
				       NOT_JUDGED("1", "1", "1")));
	EXPECT(!figures_agree_on_calls(CALLS("2", "0", "40", "4")
				       NOT_JUDGED("2", "1", "1")));
	EXPECT(!figures_agree_on_calls(CALLS("2", "1", "39", "4")
				       NOT_JUDGED("2", "1", "1")));
	EXPECT(!figures_agree_on_calls(CALLS("2", "1", "40", "5")
				       NOT_JUDGED("2", "1", "1")));
	/* What was not judged, all of it and no more than that. */
	EXPECT(!figures_agree_on_calls(CALLS("2", "1", "40", "4")
				       NOT_JUDGED("3", "1", "1")));
	EXPECT(!figures_agree_on_calls(CALLS("2", "1", "40", "4")
				       NOT_JUDGED("2", "2", "1")));
	EXPECT(!figures_agree_on_calls(CALLS("2", "1", "40", "4")
				       NOT_JUDGED("2", "1", "0")));
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
		KTAP_CASE(orders_of_v12),
		KTAP_CASE(orders_of_kernel_addresses),
		KTAP_CASE(orders_of_mmseq),
		KTAP_CASE(orders_of_vmalock),
		KTAP_CASE(doubtful_reasons),
		KTAP_CASE(bounds_forgives),
		KTAP_CASE(bounds_minds_growth),
		KTAP_CASE(bounds_forgives_a_moment),
		KTAP_CASE(effect_not_told),
		KTAP_CASE(effect_in_time),
		KTAP_CASE(effect_of_mprotect),
		KTAP_CASE(effect_of_fields_alone),
		KTAP_CASE(effects_in_a_copy),
		KTAP_CASE(unsafe_only_in_a_hold),
		KTAP_CASE(unsafe_where_it_reaches),
		KTAP_CASE(unsafe_in_the_attempt),
		KTAP_CASE(unsafe_mprotect),
		KTAP_CASE(unsafe_if_it_matters),
		KTAP_CASE(unsafe_in_time),
		KTAP_CASE(unsafe_in_flux),
		KTAP_CASE(unsafe_in_a_copy),
		KTAP_CASE(count_differs),
		KTAP_CASE(mm_odd),
		KTAP_CASE(mm_moved),
		KTAP_CASE(mm_moved_is_forgotten),
		KTAP_CASE(mm_moved_is_asked),
		KTAP_CASE(mm_moved_is_known_late),
		KTAP_CASE(mm_moved_is_asked_twice),
		KTAP_CASE(more_than_remembered),
		KTAP_CASE(write_locked),
		KTAP_CASE(locked_while_open),
		KTAP_CASE(locked_at_lookup),
		KTAP_CASE(one_mark_is_remembered),
		KTAP_CASE(marks_are_forgotten),
		KTAP_CASE(born_in_the_hold),
		KTAP_CASE(born_in_whose_hold),
		KTAP_CASE(agrees),
		KTAP_CASE(disagrees),
		KTAP_CASE(disagrees_on_the_future),
		KTAP_CASE(held_is_a_hint),
		KTAP_CASE(blame_of_possible),
		KTAP_CASE(overrun_is_no_free_pass),
		KTAP_CASE(designs_agree),
		KTAP_CASE(a_wrong_design_is_noticed),
		KTAP_CASE(not_judged),
		KTAP_CASE(facts_that_cannot_be),
		KTAP_CASE(kernel_addresses),
		KTAP_CASE(kernel_address_of_a_vma),
		KTAP_CASE(waits),
		KTAP_CASE(state_by_holds),
		KTAP_CASE(maybe_of_mmseq),
		KTAP_CASE(maybe_of_vmalock),
		KTAP_CASE(maybe_like_v12),
		KTAP_CASE(maybe_instead_of_v12),
		KTAP_CASE(maybe_when_marked_again),
		KTAP_CASE(maybe_by_effect),
		KTAP_CASE(forgotten_is_no_free_pass),
		KTAP_CASE(dropped_for_another_life),
		KTAP_CASE(replaced_is_the_first),
		KTAP_CASE(replaced_ends_with_a_call),
		KTAP_CASE(replaced_before_it_was_asked),
		KTAP_CASE(replaced_has_to_be_possible),
		KTAP_CASE(replaced_by_a_split),
		KTAP_CASE(replaced_is_noticed),
		KTAP_CASE(wrong_marks),
		KTAP_CASE(wrong_effects),
		KTAP_CASE(wrong_holds),
		KTAP_CASE(figures_of_designs),
		KTAP_CASE(figures_of_single_users),
		KTAP_CASE(figures_may_have_more),
		KTAP_CASE(figures_of_kernel_addresses),
		KTAP_CASE(figures_of_unsafe_commits),
		KTAP_CASE(figures_of_waits),
		KTAP_CASE(figures_of_kernel_faults),
	};

	return ktap_run(cases, sizeof(cases) / sizeof(*cases));
}
