/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What spf said of each fault beside what the rules say.
 */
#ifndef ORACLE_COMPARE_H
#define ORACLE_COMPARE_H

#include <stdio.h>

#include "judge.h"

/* What there can be a disagreement about; names in compare.c. */
enum difference {
	DIFFERENCE_EVENT,	/* the wrong one of the three */
	DIFFERENCE_REASON,
	DIFFERENCE_SCOPE,
	DIFFERENCE_BLAME,	/* kind, writer, or for how long */
	DIFFERENCE_OPEN_NS,	/* only for how long */
	DIFFERENCE_HELD,
	DIFFERENCE_POSSIBLE,
	DIFFERENCE_DEFERRED,
	DIFFERENCE_RESOLVED,	/* spf_possible of a VMA and hold */
	DIFFERENCE_REPEAT,
	DIFFERENCE_TIMES,	/* of the fault do not fit together */
	DIFFERENCE_SECTION,	/* without its begin or its hold */
	DIFFERENCE_HOLD,	/* kinds of its sections */
	DIFFERENCE_DESIGN,	/* what one of the designs made of it */
	DIFFERENCE_MAYBE,	/* and whether that is certain */
	DIFFERENCE_FACTS,	/* that cannot be together */
	DIFFERENCE_EFFECT,	/* of a section */
	DIFFERENCE_MARKS,
	DIFFERENCE_VMA,		/* of a fault's calls: is it the same? */
	DIFFERENCE_WAITS,	/* by the state of the lock when they began */
	NR_DIFFERENCES
};

/*
 * Where the rules leave it open, or where spf says itself that it could not know.
 *
 * OVERRUN:  more sections than it remembers; it has to be possible then
 * FOREIGN:  a writer was queued who is not seen: possible
 * DROPPED:  the fault had given its lock back: possible
 * REFUSED:  a refused access: possible
 * UNTOLD:   possible, a writer was queued and nobody is blamed: the list of
 *           deferred faults was full
 * FLUX:     a section or a hold was over (a hold: forgotten; of a section: what it
 *           did was known) at some time between the end of the fault and its
 *           judgement
 * OWNER:    `held` is a hint
 * FORGOTTEN: more holds than it remembers of an mm; it has to be possible then
 * ASKED:    a hold may have got the lock, or wait for it: it has to be possible
 * STATE:    the state of the lock when a wait began is not that of its holds: the
 *           lock may change hands while it is looked at, by those who are not seen
 * MARK:     two holds have marked the VMA, and the first one before its section; it
 *           has to be possible then
 */
enum excuse {
	EXCUSE_OVERRUN,
	EXCUSE_FOREIGN,
	EXCUSE_DROPPED,
	EXCUSE_REFUSED,
	EXCUSE_UNTOLD,
	EXCUSE_FLUX,
	EXCUSE_OWNER,
	EXCUSE_FORGOTTEN,
	EXCUSE_ASKED,
	EXCUSE_MARK,
	EXCUSE_STATE,
	NR_EXCUSES
};

/* Ends of user space that there may be, see beside.c. */
#define USER_ENDS	2

struct comparison {
	struct history *history;
	unsigned int show;		/* so many disagreements */
	bool last_shown;
	unsigned long judged, agreed;
	unsigned long differ[NR_DIFFERENCES], excused[NR_EXCUSES];
	unsigned long excused_faults;
	unsigned int excuses;		/* of this fault */
	unsigned long facts[SPF_NR_REASONS], unknown;
	unsigned long effects[SPF_NR_EFFECTS], calls[SPF_NR_CALLS];
	unsigned int shown;
	__u32 designs;			/* that are judged */
	/* Where user space may end, by what was said of addresses so far. */
	unsigned int user_ends;
	/* The task's last aborted fault, and deferred faults by VMA and hold. */
	struct pages *pages;
	struct promises *promises;
};

/* What of a fault only the rules know. */
struct future {
	bool unresolved, resolved, cleared;
	int kind;			/* whom a resolved one met */
	/* By design, all that fit what spf said; bits by the numbers of reasons. */
	__u64 reasons[SPF_NR_DESIGNS];
	struct answer unsafe;		/* when a plain counter completes it */
};

void compare_init(struct comparison *c, struct history *h,
		  unsigned int show);
void compare_free(struct comparison *c);
void compare_fault(struct comparison *c, const struct fault *f,
		   const struct judgement *j, struct future *future);

/* An spf_possible. */
void compare_possible(struct comparison *c, __u32 vma, __u64 hold, int kind,
		      __u64 faults);

/* When all faults and all spf_possible have been seen. */
void compare_promises(struct comparison *c);

/* What holds and sections say of each other. */
void compare_holds(struct comparison *c);

/* What sections say of their VMAs, and what they did to them. */
void compare_effects(struct comparison *c);

/* Each design's verdict, from the facts of all. */
void compare_designs(struct comparison *c, const struct fault *f,
		     const struct judgement *j, struct future *future);

void excuse(struct comparison *c, enum excuse why);

/* Counts a disagreement; is it one of those that are shown? */
bool differs(struct comparison *c, enum difference what);

/* One line a disagreement. */
#define differ(c, what, ...)						\
do {									\
	if (differs(c, what)) {						\
		printf(__VA_ARGS__);					\
		printf("\n");						\
	}								\
} while (0)

void show_section(struct comparison *c, const struct section *s);
void show_fault(struct comparison *c, const struct fault *f,
		const struct judgement *j);
bool compare_print(const struct comparison *c);

/* The section that stopped a fault; NULL if none did. */
const struct sight *stopped_by(const struct fault *f,
			       const struct judgement *j);

/* The one that makes it possible, by what was known then; NULL if none does. */
const struct sight *made_possible_by(const struct history *h,
				     const struct fault *f,
				     const struct judgement *j,
				     unsigned int rule_held);

#endif /* ORACLE_COMPARE_H */
