/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of docs/verdict.md once more, by somebody who forgets nothing and
 * knows what came later.
 *
 * Everything that happened is added in the order in which it was recorded, then
 * history_index() sorts it, then each fault can be judged.  Instants are those
 * that spf itself took; the order of recording counts only between sections that
 * began at the same instant.
 *
 * Nothing here is shared with spf; names.h has been typed from the documents.
 */
#ifndef ORACLE_JUDGE_H
#define ORACLE_JUDGE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "designs.h"

#define NEVER		(~0ULL)		/* has not ended */
#define NOBODY		(~0U)		/* no index */

#define ORACLE_PAGE	4096ULL

struct range {
	__u64 start, end;
};

/* A write section on one VMA. */
struct section {
	__u64 begin, end;
	__u64 at;			/* time stamp of the event of its begin */
	struct range before, after;	/* what it changes, when it began and ended */
	struct range bounds;		/* of the VMA when it began */
	__u64 hold;
	__u32 mm, vma;
	__u32 life;			/* NOBODY: it is in no history */
	__s32 task;
	__u8 kind, lock;
	bool shared, marks;
	__u64 marked;			/* or since when its writer waits to */
	/* What it has changed: at an instant, which others knew at another. */
	bool changed;
	__u8 effect;
	__u32 fields;
	__u64 changed_at, changed_known;
	bool ignored;			/* for the test that the oracle can fail */
	bool copied;			/* open on a child by its split: no event of its own */
};

/*
 * What one VMA was, from its allocation until it was freed.  A child of a split
 * has the sections of its parent until the split as well, but for the one in
 * which it was split: of that it has a copy.
 */
struct life {
	__u32 vma, mm;
	__u64 birth;			/* 0: nobody saw it */
	__u64 freed;
	__u32 parent;
	__u64 split;			/* when it left its parent */
	__u32 split_section;		/* the parent's */
	/* Its own sections, by history_index(): */
	__u32 first, nr;
};

/* A tenure of mmap_lock for write. */
struct hold {
	__u64 id;
	__u64 wait, acquired, released;	/* acquired is 0 when it gave up */
	__u64 leaving;			/* about to release it */
	__u64 at;			/* time stamp of its event */
	__u32 mm;
	__s32 task;
	__u32 sections, kinds;
	__u8 call;			/* enum spf_call */
	bool foreign;
	/*
	 * By history_index(): so many are over; its first section began; one of its
	 * sections was known to others
	 */
	__u64 forgotten, first, first_known;
};

/* Of each VMA so many sections are remembered. */
#define SECTIONS_REMEMBERED	8

/* Of each task so many holds that are over are remembered. */
#define HOLDS_REMEMBERED	8

/* And of each mm so many, for when they got the lock. */
#define TENURES_REMEMBERED	2

/* When spf looked at the sections of its VMA for the last time, with which S. */
struct look {
	__u64 end, service;
	__u64 at;			/* done by then */
};

/* A fault, and what spf says of it. */
struct fault {
	__u64 at;			/* time stamp of the event */
	__u64 address;
	__u64 arrival, lookup, entry, end, wait, service;
	__u64 waits[SPF_NR_LOCKS];	/* by the state of the lock when they began */
	__u64 facts;
	__u64 held, open_ns;
	__u32 mm, vma, flags;
	__s32 task, writer;
	__u8 pte, lock, scope, reason, verdict;
	__s8 kind;			/* -1: nobody */
	__u32 completed, maybe;		/* designs */
	bool blocked, locked, overrun, foreign, possible, deferred, repeat;
	bool replaced;			/* handled again, in another VMA: */
	__u32 by;
	struct look asked;
};

/* Rules of "Possible" that hold for a fault. */
enum rule {
	RULE_LATER	= 1 << 0,
	RULE_HELD	= 1 << 1,
	RULE_QUEUED	= 1 << 2,
	/* Rule 2, unless its hold was forgotten before the fault was judged */
	RULE_HELD_FLUX	= 1 << 3,
};

/*
 * A section as it is seen from one VMA: in a copy it ends with the split, and what
 * becomes known of it later is not known there.
 */
struct sight {
	const struct section *section;
	__u64 end;
	__u64 split;			/* NEVER: of the VMA itself */
	bool clipped;
};

/*
 * Why spf may not have known a fact that holds:
 *
 * FLUX:      it became known between the end of the fault and its judgement
 * OVERRUN:   more sections than are remembered
 * FORGOTTEN: more holds than are remembered
 * ASKED:     a hold has not shown yet that it need not wait for the lock
 * DROPPED:   the fault had given its lock back, and its VMA went while it was
 *            looked at
 * OWNER:     `held` is a hint
 */
enum doubt {
	DOUBT_FLUX, DOUBT_OVERRUN, DOUBT_FORGOTTEN, DOUBT_ASKED, DOUBT_OWNER,
	DOUBT_MARK, DOUBT_DROPPED, NR_DOUBTS
};

/* For certain, or perhaps. */
struct answer {
	bool surely, maybe;
};

/* What the rules make of a fault. */
struct judgement {
	__u64 facts;			/* with those that depend on writers */
	__u64 doubtful[NR_DOUBTS];	/* of these */
	__u64 mistaken;			/* do not hold, but seem to for an overrun */
	/* A section of which nobody knows what it did, in any of these: */
	struct answer unknown_odd, unknown_moved;
	/* Who had marked the VMA when it was looked up, is forgotten. */
	struct answer mark_lost;
	/* Write holds of its mm that got the lock after the window. */
	struct answer got_after;
	bool got_more;			/* after the arrival, than are remembered */
	enum spf_reason reason;
	enum spf_verdict verdict;
	unsigned int rules;
	__u32 held;			/* by its instants, who had the lock at t0 */
	unsigned int holds;		/* that had it or waited for it at the end */
	__u64 holds_over;		/* when the last of these was over */
	bool holds_later;		/* asked for it before it was judged */
	/* Rule 3: what began on the VMA after the end of the fault */
	const struct section *after;
	bool scope_page, scope_vma;	/* both: it depends on an end meanwhile */
	/* What was looked at; of this fault alone, until the next is judged */
	const struct sight *sights;
	unsigned int nr_sights;
};

struct history;

struct history *history_new(void);
void history_free(struct history *h);

void history_alloc(struct history *h, __u32 mm, __u32 vma, __u64 at);

/*
 * What the section of this VMA, kind and begin has changed; NULL if there is none
 * of which that is not known.
 */
const struct section *history_changed(struct history *h,
				      const struct section *s);
void history_freed(struct history *h, __u32 mm, __u32 vma, __u64 at);
__u32 history_begin(struct history *h, const struct section *s);

/* How it ended: NULL when nobody knows of its begin. */
const struct section *history_end(struct history *h, const struct section *s);
unsigned int history_end_fork(struct history *h, __s32 task, __u64 at);

struct split {
	__u32 mm, parent, child;
	__u64 at, begin;
	__s32 task;
	__u8 kind;
};

/* False when the split before it never got its section. */
bool history_split(struct history *h, const struct split *split);
void history_hold(struct history *h, const struct hold *hold);

/* Others may have taken its VMA away while it was in the handler. */
bool fault_let_go(const struct fault *f);

/* Was its VMA still the same when that had been looked at? */
bool history_lasts(const struct history *h, const struct fault *f);

/* Has the VMA of that id been allocated or split off since its first call? */
bool history_younger(const struct history *h, const struct fault *f, __u64 at);

/* Once, when everything has been added. */
void history_index(struct history *h);
void history_judge(struct history *h, const struct fault *f,
		   struct judgement *j);

/* Rule 1 to 3 for one section that the fault has seen, as of an instant. */
unsigned int sight_rules(const struct history *h, const struct fault *f,
			 const struct sight *s);
bool sight_odd(const struct fault *f, const struct sight *s);
bool sight_moved(const struct fault *f, const struct sight *s);

/* Where that is known from its begin. */
enum spf_effect section_effect(const struct section *s);

/*
 * What a section did, as far as that was known at an instant: by then for certain,
 * or perhaps.
 */
enum spf_effect sight_effect(const struct sight *s, __u64 at, bool surely);

/* As far as the fields that have changed say it. */
enum spf_effect effect_of_fields(__u32 fields);

/* The life of the VMA of a section; NULL when it is in no history. */
const struct life *history_life_of(const struct history *h,
				   const struct section *s);

/* The hold of an id; NULL when its end was not recorded. */
const struct hold *history_hold_of(const struct history *h, __u64 id);

/* Who had the lock for write at an instant; NULL for nobody who is seen. */
const struct hold *history_holder_at(const struct history *h, __u32 mm,
				     __u64 at);

/* Has a hold shown by an instant that it need not wait for the lock? */
bool has_shown(const struct hold *hold, __u64 at);

/* Sections of a VMA that are open on it at an instant, by whom. */
struct company {
	bool nested, concurrent;
};

struct company history_company(const struct history *h, __u32 section);

size_t history_sections(const struct history *h);
struct section *history_section(const struct history *h, size_t i);
size_t history_holds(const struct history *h);
const struct hold *history_hold_at(const struct history *h, size_t i);

/* Of seqcount. */
enum spf_verdict verdict_of(enum spf_reason reason);

#endif /* ORACLE_JUDGE_H */
