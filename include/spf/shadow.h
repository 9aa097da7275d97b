/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2b, the shadow table: the sequence counter that a VMA would have had.
 *
 * Bounded, preallocated, lockless for the fault path.  Locking and lifetimes
 * are written down at the top of spf_shadow.c.  Nothing here knows about mm
 * types: an mm and a VMA are numbers that are compared and never followed.
 *
 * Times are nanoseconds of one monotonic clock, never 0 and below 2^63.
 */
#ifndef SPF_SHADOW_H
#define SPF_SHADOW_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <spf/lost.h>
#include <spf/pool.h>
#include <spf/reason.h>
#include <spf/share.h>

/* Sections remembered for each VMA; older ones are "overrun". */
#define SPF_RING		8

/* Allowed values of vmas_max. */
#define SPF_VMAS_MIN		64U
#define SPF_VMAS_MAX		1048576U

/* An entry in which nothing has happened for so long may be given to another VMA. */
#define SPF_IDLE_NS		10000000000ULL

struct spf_entry;

/*
 * For the files of the table; open and changed sum up the chain, so that the fault path
 * needs to follow it only when there is something to find.
 */
struct spf_bucket {
	raw_spinlock_t lock;
	seqcount_t seq;
	u32 head;
	u32 open;		/* sections open now on any VMA of the chain */
	u64 changed;		/* latest birth, begin, end or loss of an entry */
	u64 taken;		/* when an entry was last taken from a VMA here */
};

/*
 * losing: something has found no room since the table was cleared; cleared: how often
 * it was.
 */
struct spf_shadow {
	struct spf_entry *pool;
	struct spf_bucket *buckets;
	u32 vmas_max;
	u32 bucket_bits;
	u32 nr_pools;
	u32 losing;
	u32 cleared;
	atomic_t share_ids;
	struct spf_pool pools[SPF_POOLS_MAX];
	struct spf_share shares[SPF_SHARES];
	struct spf_lost lost[1 << SPF_LOST_BITS];
};

/*
 * Hashed by the VMA alone: its address is unique among living VMAs.  The mm is
 * compared as well, so that a stale entry cannot answer for another process.
 */
static inline struct spf_bucket *spf_bucket_of(const struct spf_shadow *sh,
					       unsigned long vma)
{
	return &sh->buckets[hash_long(vma, sh->bucket_bits)];
}

/**
 * struct spf_key - identity of a VMA while it lives
 * @mm: address of its mm_struct, as a number
 * @vma: address of its vm_area_struct, as a number
 * @mark: no part of the identity: the kernel's own write mark that a VMA gets
 *	now, of which the entry keeps the latest; 0 on kernels without one
 */
struct spf_key {
	unsigned long mm;
	unsigned long vma;
	u32 mark;
};

/**
 * struct spf_change - a write section on one VMA, as it begins
 * @begin: when; 0 for the moment in which it is recorded, which is filled in
 * @hold: the write hold that it belongs to, 0 for none (see spf/hold.h)
 * @start: first byte of the range that it is about
 * @end: first byte behind it
 * @vm_start: the VMA's bounds before
 * @vm_end: idem
 * @writer: thread id of the writer
 * @slot: the writer's place in the task table, SPF_NO_SLOT for none
 * @share: with which others it will end, from spf_shadow_share(); 0 for none
 * @kind: enum spf_kind
 * @effect: enum spf_effect, as far as it is known
 * @marks: a kernel with per-VMA locks marks the VMA for it, until the hold is
 *	over
 * @marked: since when it does, or keeps others away until it can; 0 for @begin
 */
struct spf_change {
	u64 begin;
	u64 hold;
	unsigned long start;
	unsigned long end;
	unsigned long vm_start;
	unsigned long vm_end;
	u32 writer;
	u32 slot;
	u32 share;
	u8 kind;
	u8 effect;
	bool marks;
	u64 marked;
};

/* Places in the task table are smaller than this. */
#define SPF_NO_SLOT		0xffffffU

/* What spf_shadow_begin() found: who else has a section open on the VMA? */
enum spf_begun {
	SPF_BEGUN_FULL,		/* not recorded: the table is full */
	SPF_BEGUN_ALONE,
	SPF_BEGUN_NESTED,	/* the same writer, and nobody else */
	SPF_BEGUN_CONCURRENT,	/* somebody else */
};

/**
 * struct spf_range - what a section was about after all
 * @start: first byte
 * @end: first byte behind it
 * @effect: enum spf_effect; SPF_EFFECT_UNKNOWN leaves what was said before
 */
struct spf_range {
	unsigned long start;
	unsigned long end;
	u8 effect;
};

/**
 * struct spf_handle - names one recorded write section, from begin to end
 * @index: entry in the pool, SPF_NO_ENTRY when there is none, SPF_LOST_ENTRY when
 *	it found no room
 * @gen: the entry's generation, so that a reused entry is told apart; of what found
 *	no room, that of the table
 * @serial: which section of that generation; of what found no room, where that
 *	is counted
 */
struct spf_handle {
	u32 index;
	u32 gen;
	u32 serial;
};

#define SPF_NO_ENTRY		(~0U)
#define SPF_LOST_ENTRY		(~0U - 1)

/**
 * spf_shadow_alloc - make an empty table
 * @vmas_max: how many VMAs it can hold, SPF_VMAS_MIN..SPF_VMAS_MAX
 *
 * May sleep.  Return: the table, or NULL when there is no memory.
 */
struct spf_shadow *spf_shadow_alloc(u32 vmas_max);

/**
 * spf_shadow_bytes - memory that it takes
 * @sh: the table
 */
size_t spf_shadow_bytes(const struct spf_shadow *sh);

/**
 * spf_shadow_free - free a table that nobody uses any more
 * @sh: the table, or NULL
 */
void spf_shadow_free(struct spf_shadow *sh);

/**
 * spf_shadow_clear - forget everything
 * @sh: the table; no other call on it may run at the same time
 */
void spf_shadow_clear(struct spf_shadow *sh);

/**
 * spf_shadow_born - a VMA was allocated
 * @sh: the table
 * @key: the new VMA
 * @now: when
 *
 * An entry that still exists for @key is stale and is replaced.
 * Return: false when the table is full and the birth is not recorded.
 */
bool spf_shadow_born(struct spf_shadow *sh, const struct spf_key *key, u64 now);

/**
 * spf_shadow_begin - a write section on a VMA begins
 * @sh: the table
 * @key: the VMA; an entry is made when it has none
 * @change: what is known of the section
 * @handle: to be passed to spf_shadow_end(); valid in either case
 *
 * Sections on one VMA may overlap: they are counted, not toggled.
 *
 * A section that is recorded "now" is seen by every spf_shadow_look() for which
 * the clock was read at or after its begin.
 *
 * One of a share is ended by spf_shadow_share_end() and not by its handle.
 * Return: whether it is recorded and what it met.
 */
enum spf_begun spf_shadow_begin(struct spf_shadow *sh,
				const struct spf_key *key,
				struct spf_change *change,
				struct spf_handle *handle);

/**
 * spf_shadow_alive - is the VMA still the one that a section began on, or was seen?
 * @sh: the table
 * @handle: from spf_shadow_begin(), or of spf_shadow_look()
 *
 * Return: false when it was not recorded, too.  The answer lasts as long as the
 * caller keeps the VMA from being freed.
 */
bool spf_shadow_alive(struct spf_shadow *sh, const struct spf_handle *handle);

/**
 * spf_shadow_end - the section ends
 * @sh: the table
 * @handle: from spf_shadow_begin() or spf_shadow_inherit()
 * @now: when; 0 for the moment in which it is recorded
 * @range: what it was about after all, NULL for what it said when it began
 *
 * Does nothing when the VMA was dropped meanwhile.
 * Return: when.
 */
u64 spf_shadow_end(struct spf_shadow *sh, const struct spf_handle *handle,
		   u64 now, const struct spf_range *range);

/**
 * spf_shadow_settle - it is known now what a section has changed
 * @sh: the table
 * @handle: from spf_shadow_begin(); the section may be over
 * @effect: enum spf_effect
 *
 * Does nothing when the VMA was dropped, or the section is not remembered any
 * more.
 */
void spf_shadow_settle(struct spf_shadow *sh, const struct spf_handle *handle,
		       u8 effect);

/**
 * spf_shadow_inherit - a VMA is split: the new one takes its parent's past
 * @sh: the table
 * @child: the new VMA
 * @parent: the section that is open on the parent for the split itself
 * @now: when
 * @handle: the child's copy of that section, to be ended like the parent's
 *
 * A fault in the child's range that arrived before the split would have found
 * the parent.  Other sections open on the parent are closed at @now in the
 * copy, because their end will be reported for the parent only, but not those of a
 * share, which end in both.  In the copy the
 * split itself is SPF_EFFECT_OTHER: the address was taken from the parent.
 * Return: false when the parent's past is not known or the table is full.
 */
bool spf_shadow_inherit(struct spf_shadow *sh, const struct spf_key *child,
			const struct spf_handle *parent, u64 now,
			struct spf_handle *handle);

/**
 * spf_shadow_adopt - begin to keep an entry for a VMA that has none
 * @sh: the table
 * @key: the VMA, with its mark
 *
 * Only the mark is noted: nothing is known of the VMA's past.
 */
void spf_shadow_adopt(struct spf_shadow *sh, const struct spf_key *key);

/**
 * spf_shadow_drop - the VMA is being freed; its address may be reused
 * @sh: the table
 * @key: the VMA
 */
void spf_shadow_drop(struct spf_shadow *sh, const struct spf_key *key);

/**
 * spf_shadow_quiet - is there nothing to look at?
 * @sh: the table
 * @key: the VMA
 * @t0: arrival of the fault
 *
 * Sections of a share are not asked for: one that is or was open belongs to a
 * hold, which spf_holds_quiet() tells.
 *
 * Return: true when spf_shadow_look() would find nothing but these and @past for a
 * span from @t0 to now; false when it might, also because of a VMA that shares the
 * bucket.
 */
static inline bool spf_shadow_quiet(struct spf_shadow *sh,
				    const struct spf_key *key, u64 t0)
{
	const struct spf_bucket *b = spf_bucket_of(sh, key->vma);

	/* Pairs with count_open(): nothing open means that changed is new. */
	return !smp_load_acquire(&b->open) && READ_ONCE(b->changed) <= t0 &&
	       (likely(!READ_ONCE(sh->losing)) ||
		!spf_shadow_lost(sh, key->mm, t0));
}

#endif /* SPF_SHADOW_H */
