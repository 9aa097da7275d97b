/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2c, write holds: which task has mmap_lock for write, or waits for it.
 *
 * Bounded and preallocated.  Locking and lifetimes are written down at the top
 * of spf_hold.c.  Nothing here knows about mm types: an mm and a VMA are numbers
 * that are compared and never followed.  The rules are those of docs/verdict.md.
 */
#ifndef SPF_HOLD_H
#define SPF_HOLD_H

#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/hash.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <spf/reason.h>

#define SPF_HOLD_BITS		10

/* No place in a list. */
#define SPF_NOBODY		(~0U)

/*
 * No more members of a list are looked at with interrupts off.  Of what is behind so
 * many others the answer is the careful one.
 */
#define SPF_HOLD_STEPS		64

#define SPF_CHAIN_BITS		10

struct spf_seat;
struct spf_group;

/* In a list: places of the first and the last one; of the neighbours. */
struct spf_ends {
	u32 first;
	u32 last;
};

struct spf_link {
	u32 next;
	u32 prev;
};

/* Of holds: all, the newest first; and those that have the lock, or may have it. */
enum spf_queue {
	SPF_QUEUE_ALL,
	SPF_QUEUE_HAVING,
	SPF_NR_QUEUES,
};

/* A hold that is over: when it got the lock, 0 for none. */
struct spf_gain {
	unsigned long mm;
	u64 when;
};

/*
 * For spf_hold.c and spf_defer.c; active: holds of the mms of this bucket that are going on;
 * gains: the last two that are over, the last one first; dropped: the latest time
 * that is not kept there any more; gained: the latest of all; groups: of deferred
 * faults, the oldest one first.
 */
struct spf_hold_bucket {
	raw_spinlock_t lock;
	u32 active;
	u64 gained;
	struct spf_ends seats[SPF_NR_QUEUES];
	struct spf_ends groups;
	u64 numbers;
	struct spf_gain gains[2];
	u64 dropped;
} ____cacheline_aligned;

/* Groups by their VMA, of all mms. */
struct spf_chain {
	raw_spinlock_t lock;
	u32 first;
};

struct spf_holds {
	struct spf_seat *seats;
	u32 nr_seats;
	struct spf_group *groups;
	raw_spinlock_t pool_lock;
	u32 free;
	struct spf_hold_bucket buckets[1 << SPF_HOLD_BITS];
	struct spf_chain chains[1 << SPF_CHAIN_BITS];
};

static inline struct spf_hold_bucket *
spf_hold_bucket_of(struct spf_holds *hs, unsigned long mm)
{
	return &hs->buckets[hash_long(mm, SPF_HOLD_BITS)];
}

/**
 * struct spf_hold - one tenure of mmap_lock for write, by one task
 * @id: unlike that of any other hold, never 0
 * @mm: whose lock it is; compared, never followed
 * @wait: when the task asked for the lock, ns
 * @acquired: when it got it; @wait for a lock that was free, 0 while it waits
 * @leaving: when it was about to give it back, 0 before, or if that was not said
 * @released: when it gave it back or gave up, 0 before
 * @sections: write sections that began in it, one for each VMA
 * @kinds: BIT() of their kinds
 * @first: kind of the first one, SPF_NR_KINDS for none
 * @call: enum spf_call that asked for the lock
 * @foreign: of another task's mm: seen from its first section on
 */
struct spf_hold {
	u64 id;
	unsigned long mm;
	u64 wait;
	u64 acquired;
	u64 leaving;
	u64 released;
	u32 sections;
	u32 kinds;
	u8 first;
	u8 call;
	bool foreign;
};

/* Holds of a task that are over and still known by their id. */
#define SPF_RECENT	8

/* For spf_hold.c: what belongs to a place in the task table. */
struct spf_seat {
	struct spf_hold hold;	/* .id is 0 for none */
	u64 number;		/* in the order of the bucket */
	u64 serial;
	struct spf_link links[SPF_NR_QUEUES];
	u64 recent_id[SPF_RECENT];
	u64 recent_wait[SPF_RECENT];
	u64 recent_acquired[SPF_RECENT];
	u64 recent_left[SPF_RECENT];
	u64 recent_released[SPF_RECENT];
	u8 recent_deed[SPF_RECENT];
};

/* What is known of those that got mmap_lock for write around a fault. */
enum spf_gained {
	SPF_GAINED_NONE,
	SPF_GAINED_MAYBE,	/* somebody may have in time */
	SPF_GAINED_MOVED,	/* somebody has */
};

/* Does a hold wait, or have the lock? */
enum spf_waiting {
	SPF_WAITING_NO,
	SPF_WAITING_YES,
	SPF_WAITING_UNKNOWN,	/* nobody has looked so far */
};

/**
 * spf_holds_alloc - room for the holds of so many tasks, one each
 * @slots: places in the task table
 *
 * May sleep.  Return: the table, or NULL when there is no memory.
 */
struct spf_holds *spf_holds_alloc(u32 slots);

void spf_holds_free(struct spf_holds *hs);

/**
 * spf_holds_bytes - its memory
 * @hs: the table
 */
size_t spf_holds_bytes(const struct spf_holds *hs);

/**
 * spf_holds_clear - forget all; no other call may run at the same time
 * @hs: the table
 */
void spf_holds_clear(struct spf_holds *hs);

/**
 * spf_hold_begin - a task asks for the lock, or is found to have it
 * @hs: the table
 * @slot: its place, which has no hold
 * @mm: whose lock
 * @now: when; 0 for the moment in which it is recorded
 * @foreign: see struct spf_hold
 *
 * Until spf_hold_wait() says otherwise, it has got it at once.
 */
void spf_hold_begin(struct spf_holds *hs, u32 slot, unsigned long mm, u64 now,
		    bool foreign);

/**
 * spf_hold_called - what is known of the system call that asks for the lock
 * @hs: the table
 * @slot: its place, which has a hold; only for the task itself
 * @call: what it is
 */
void spf_hold_called(struct spf_holds *hs, u32 slot, enum spf_call call);

/**
 * spf_hold_wait - it has to wait for the lock
 * @hs: the table
 * @slot: its place
 */
void spf_hold_wait(struct spf_holds *hs, u32 slot);

/**
 * spf_hold_got - it has waited, and has it now
 * @hs: the table
 * @slot: its place
 * @now: when; 0 for the moment in which it is recorded
 */
void spf_hold_got(struct spf_holds *hs, u32 slot, u64 now);

/**
 * spf_hold_leave - it is about to give the lock back
 * @hs: the table
 * @slot: its place, which has a hold
 * @now: when; 0 for the moment in which it is recorded
 */
void spf_hold_leave(struct spf_holds *hs, u32 slot, u64 now);

/**
 * spf_hold_end - it gives the lock back, or gave up waiting for it
 * @hs: the table
 * @slot: its place
 * @now: when; 0 for the moment in which it is recorded
 * @over: what it was; filled in if true is returned
 * @cleared: faults that were deferred for it, and for nobody else any more
 *
 * Return: false when there was no hold.
 */
bool spf_hold_end(struct spf_holds *hs, u32 slot, u64 now,
		  struct spf_hold *over, u64 *cleared);

/**
 * spf_hold_of - the hold that a task has
 * @hs: the table
 * @slot: its place
 * @mm: on this mm, 0 for any
 *
 * Only for the task itself.  Return: NULL for none.
 */
static inline const struct spf_hold *spf_hold_of(const struct spf_holds *hs, u32 slot,
						 unsigned long mm)
{
	const struct spf_hold *h = &hs->seats[slot].hold;

	return h->id && (!mm || h->mm == mm) ? h : NULL;
}

/**
 * spf_hold_sections - sections begin in the hold of a task
 * @hs: the table
 * @slot: its place
 * @kind: enum spf_kind
 * @nr: on so many VMAs; they are in the shadow table already
 *
 * Its barrier pairs with that of spf_defer(): either the fault finds the section in the
 * shadow table, or this finds the group of the fault.
 *
 * Return: are faults deferred?  Then spf_hold_resolve() is to be asked for each VMA.
 */
static inline bool spf_hold_sections(struct spf_holds *hs, u32 slot, u8 kind, u32 nr)
{
	struct spf_hold *h = &hs->seats[slot].hold;

	if (h->first == SPF_NR_KINDS)
		WRITE_ONCE(h->first, kind);
	h->kinds |= 1U << kind;
	WRITE_ONCE(h->sections, h->sections + nr);
	/* Pairs with that in spf_defer(). */
	smp_mb();
	return READ_ONCE(spf_hold_bucket_of(hs, h->mm)->groups.first) != SPF_NOBODY;
}

/**
 * spf_hold_resolve - a section on a VMA has begun in the hold of a task
 * @hs: the table
 * @slot: its place
 * @vma: the VMA
 *
 * Return: how many faults were deferred that are possible now.
 */
u64 spf_hold_resolve(struct spf_holds *hs, u32 slot, unsigned long vma);

/**
 * spf_hold_at - the hold of another task, as far as can be seen at a glance
 * @hs: the table
 * @slot: the task's place
 * @mm: the mm
 * @t0: asked for by then
 *
 * Return: its id, 0 for none.
 */
u64 spf_hold_at(struct spf_holds *hs, u32 slot, unsigned long mm, u64 t0);

/**
 * struct spf_query - what a fault asks of the holds of its mm
 * @mm: the mm
 * @t0: its arrival
 * @until: so early in the attempt that the mm's counter has followed by its end
 * @t1: its end
 * @lookup: when a kernel with per-VMA locks would have looked at the VMA's mark
 * @margin: how near to @t0 it is not certain that the mm's counter was odd
 * @last: the hold of the last section on its VMA that had ended by @t0; 0 for none
 * @marker: one that has marked its VMA, the last one; 0 for none
 * @held: the one that had the lock at @t0; 0 for none
 * @born: when its VMA was allocated; 0: not known
 */
struct spf_query {
	unsigned long mm;
	u64 t0;
	u64 until;
	u64 t1;
	u64 lookup;
	u64 margin;
	u64 last;
	u64 marker;
	u64 held;
	u64 born;
};

/**
 * struct spf_company - the answer
 * @lasted: @last was still going on at @t0; false when that is too long ago to be known
 * @marked: @marker had the lock at @lookup
 * @bore: @held had the lock from @born to @lookup, and @born is not 0
 * @odd: @held had the lock from @margin before @t0 to @margin after it
 * @waits: enum spf_waiting: does a hold wait, or have the lock, since @t1 at least?
 * @gained: enum spf_gained: has one got the lock after @t0, and by @t1?
 */
struct spf_company {
	bool lasted;
	bool marked;
	bool bore;
	bool odd;
	u8 waits;
	u8 gained;
};

/**
 * spf_holds_ask - who else was about?
 * @hs: the table
 * @q: the question
 * @c: the answer
 *
 * Takes the lock of the mm's bucket, once.
 */
void spf_holds_ask(struct spf_holds *hs, const struct spf_query *q,
		   struct spf_company *c);

/**
 * spf_hold_asked - had a hold asked for the lock by some time?
 * @hs: the table
 * @mm: its mm
 * @id: the hold
 * @when: the time
 *
 * Return: false too when it is so long over that nobody knows.
 */
bool spf_hold_asked(struct spf_holds *hs, unsigned long mm, u64 id, u64 when);

/**
 * spf_hold_oldest - the oldest hold of this mm that is going on
 * @hs: the table
 * @b: the bucket of the mm, which the caller has locked
 * @mm: the mm
 *
 * Return: its number in that bucket, or a smaller one if it is behind too many of other
 * mms; U64_MAX for none.
 */
u64 spf_hold_oldest(const struct spf_holds *hs, const struct spf_hold_bucket *b,
		    unsigned long mm);

/**
 * spf_hold_newest - the newest hold of this mm that asked by then
 * @hs: the table
 * @b: the bucket of the mm, which the caller has locked
 * @mm: the mm
 * @t1: when
 *
 * Return: its number in that bucket; 0 for none, U64_MAX if it is behind too many
 * others.
 */
u64 spf_hold_newest(const struct spf_holds *hs, const struct spf_hold_bucket *b,
		    unsigned long mm, u64 t1);

/**
 * spf_hold_blame - what a hold is, or was, about
 * @hs: the table
 * @id: the hold, not 0
 * @slot: set to its task's place
 *
 * Return: spf_deed_of() it; SPF_NR_KINDS when it had no name and no section, or is
 * too long over to be known.
 */
u8 spf_hold_blame(struct spf_holds *hs, u64 id, u32 *slot);

/**
 * spf_holds_quiet - is nobody about?
 * @hs: the table
 * @mm: the mm
 * @t0: arrival of a fault
 *
 * Return: true when no hold of this mm is going on, and none has got the lock
 * since @t0; false when there may be one, also because of an mm that shares the
 * bucket.
 */
static inline bool spf_holds_quiet(const struct spf_holds *hs,
				   unsigned long mm, u64 t0)
{
	const struct spf_hold_bucket *b =
		&hs->buckets[hash_long(mm, SPF_HOLD_BITS)];

	/* Pairs with remove_seat(): nobody there means that gained is new. */
	return !smp_load_acquire(&b->active) && READ_ONCE(b->gained) <= t0;
}

#endif /* SPF_HOLD_H */
