/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The questions of spf_holds_ask() one by one.
 */
#ifndef UNIT_ASK_H
#define UNIT_ASK_H

#include <stdlib.h>

#include <spf/hold.h>

static inline struct spf_company asked_of(struct spf_holds *hs, struct spf_query q)
{
	struct spf_company c;

	spf_holds_ask(hs, &q, &c);
	return c;
}

/* A section on one VMA begins: how many faults are possible now? */
static inline u64 spf_hold_touch(struct spf_holds *hs, u32 slot, unsigned long vma,
				 u8 kind)
{
	return spf_hold_sections(hs, slot, kind, 1) ? spf_hold_resolve(hs, slot, vma) : 0;
}

/* Was it going on at that time? */
static inline bool spf_hold_lasted(struct spf_holds *hs, unsigned long mm, u64 id,
				   u64 when)
{
	return asked_of(hs, (struct spf_query){ .mm = mm, .last = id, .t0 = when }).lasted;
}

/* Had it the lock all the while? */
static inline bool spf_hold_had(struct spf_holds *hs, unsigned long mm, u64 id,
				u64 from, u64 to)
{
	struct spf_query q = {
		.mm = mm, .held = id, .born = from, .lookup = to, .marker = id,
		.t0 = from + (to - from) / 2, .margin = (to - from) / 2,
	};
	struct spf_company c = asked_of(hs, q);

	/* The same of all three that ask for it. */
	if ((to - from) % 2 == 0 && c.odd != c.bore)
		abort();
	q.lookup = from;
	if (from == to && asked_of(hs, q).marked != c.bore)
		abort();
	return c.bore;
}

static inline enum spf_gained spf_hold_gained(struct spf_holds *hs, unsigned long mm,
					      u64 t0, u64 until, u64 t1)
{
	return asked_of(hs, (struct spf_query){ .mm = mm, .t0 = t0, .until = until,
						.t1 = t1 }).gained;
}

/* Does one wait for the lock, or have it, since then at least? */
static inline enum spf_waiting spf_hold_waits(struct spf_holds *hs, unsigned long mm,
					      u64 t1)
{
	return asked_of(hs, (struct spf_query){ .mm = mm, .t1 = t1 }).waits;
}

#endif /* UNIT_ASK_H */
