// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2b, the shadow table.
 *
 * Compiled in the module and, unchanged, in tests/unit.
 *
 * Notes on locking
 *
 * - bucket->lock (raw spinlock, interrupts off) serialises all writers of one
 *   bucket: its chain and every entry on that chain.  Taken in probe handlers,
 *   that is in the context of the probed function.  No probed function, no
 *   allocation and no other lock but those of a pool is reached while it is held, so
 *   nothing the probed code holds can be waited for here.
 * - bucket->seq (seqcount, written under bucket->lock) lets the fault path
 *   read the same data without a lock and without a store: spf_shadow_look()
 *   repeats its short scan when a writer of this bucket was at work.
 * - pool->lock (raw spinlock) protects the free entries of one part of the pool.
 *   It nests inside bucket->lock.  It is taken when a VMA of a shared address
 *   space is allocated, split off or freed, and when one gets its first section:
 *   by writers, not by faults.  When no entry is free, the lock of one more
 *   bucket is tried (never waited for) inside it, to take an idle entry there.
 * - share->lock (raw spinlock) protects one place for a share.  Nothing nests
 *   inside it.  share->seq lets others read the place without it.
 * - What found no room is counted in atomics and in words that change by cmpxchg.
 *
 * Lifetime
 *
 * The table is allocated once and freed after all probes are gone, so that an
 * index is always valid memory.  A reader that follows a chain while an entry
 * leaves it may read an entry that is not its own; bucket->seq has moved then,
 * which is checked at every step, and what was found is discarded.
 *
 * A child's entry is prepared before it is in a bucket: nothing else finds it there, and
 * no two buckets are locked at a time.
 *
 * An entry belongs to one VMA from spf_shadow_born() or its first section to
 * spf_shadow_drop(), which the probe on the freeing of the VMA calls before
 * the VMA's memory can be reused.  gen changes whenever an entry changes its
 * owner: a handle from before then matches nothing and its end is dropped.
 *
 * What is recorded "now" reads the clock while bucket->seq is odd, or
 * bucket->open tells that there is something to look for: a fault that reads the
 * clock later, and looks after that, finds it.
 *
 * When all entries are in use, one in which nothing has happened for SPF_IDLE_NS is
 * given to the next VMA, and its bucket remembers when: a fault that arrived before
 * that and finds no entry there, or one that was taken later, is "overrun".
 *
 * What finds no room at all is counted for its mm: faults of that mm that it may
 * have touched are "overrun", those of others are not concerned.
 */
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <spf/clock.h>
#include <spf/entry.h>
#include <spf/lost.h>
#include <spf/pool.h>
#include <spf/shadow.h>
#include <spf/share.h>
#include <spf/spin.h>
#include <spf/table.h>

static u32 pack(const struct spf_change *change)
{
	return change->slot << SPF_SLOT_SHIFT | change->kind |
	       change->effect << SPF_EFFECT_SHIFT |
	       (change->marks ? SPF_MARKS_BIT : 0);
}

static u32 nr_buckets(const struct spf_shadow *sh)
{
	return 1U << sh->bucket_bits;
}

struct spf_shadow *spf_shadow_alloc(u32 vmas_max)
{
	struct spf_shadow *sh;
	u32 i;

	if (vmas_max < SPF_VMAS_MIN || vmas_max > SPF_VMAS_MAX)
		return NULL;
	sh = spf_table_alloc(1, sizeof(*sh));
	if (!sh)
		return NULL;
	sh->vmas_max = vmas_max;
	sh->bucket_bits = ilog2(roundup_pow_of_two(vmas_max));
	sh->nr_pools = clamp(vmas_max / SPF_VMAS_MIN, 1U, SPF_POOLS_MAX);
	sh->pool = spf_table_alloc(vmas_max, sizeof(*sh->pool));
	sh->buckets = spf_table_alloc(nr_buckets(sh), sizeof(*sh->buckets));
	if (!sh->pool || !sh->buckets) {
		spf_shadow_free(sh);
		return NULL;
	}
	for (i = 0; i < sh->nr_pools; i++)
		raw_spin_lock_init(&sh->pools[i].lock);
	for (i = 0; i < SPF_SHARES; i++) {
		raw_spin_lock_init(&sh->shares[i].lock);
		seqcount_init(&sh->shares[i].seq);
	}
	for (i = 0; i < nr_buckets(sh); i++) {
		raw_spin_lock_init(&sh->buckets[i].lock);
		seqcount_init(&sh->buckets[i].seq);
	}
	spf_shadow_clear(sh);
	return sh;
}

size_t spf_shadow_bytes(const struct spf_shadow *sh)
{
	return sizeof(*sh) + sh->vmas_max * sizeof(*sh->pool) +
	       nr_buckets(sh) * sizeof(*sh->buckets);
}

void spf_shadow_free(struct spf_shadow *sh)
{
	if (!sh)
		return;
	vfree(sh->buckets);
	vfree(sh->pool);
	vfree(sh);
}

void spf_shadow_clear(struct spf_shadow *sh)
{
	u32 i;

	for (i = 0; i < nr_buckets(sh); i++) {
		sh->buckets[i].head = SPF_NO_ENTRY;
		sh->buckets[i].open = 0;
		sh->buckets[i].changed = 0;
		sh->buckets[i].taken = 0;
	}
	spf_pools_clear(sh);
	for (i = 0; i < SPF_SHARES; i++) {
		sh->shares[i].id = 0;
		sh->shares[i].end = 0;
		sh->shares[i].dropped = 0;
		sh->shares[i].strays = 0;
	}
	memset(sh->lost, 0, sizeof(sh->lost));
	sh->losing = 0;
	sh->cleared++;
}

static unsigned long write_lock_bucket(struct spf_bucket *b)
	__acquires(&b->lock)
{
	unsigned long flags = spf_spin_lock_irqsave(&b->lock);

	raw_write_seqcount_begin(&b->seq);
	return flags;
}

static void write_unlock_bucket(struct spf_bucket *b, unsigned long flags)
	__releases(&b->lock)
{
	raw_write_seqcount_end(&b->seq);
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

static bool is_section_open(struct spf_shadow *sh, const struct spf_section *s)
{
	u64 end = READ_ONCE(s->end);

	return end & SPF_SHARED ? spf_share_is_open(sh, end) : end == SPF_OPEN;
}

/* --- entries --- */

/* Caller holds the bucket's lock. */
static u32 find(struct spf_shadow *sh, const struct spf_bucket *b,
		const struct spf_key *key)
{
	u32 i = b->head;

	while (i != SPF_NO_ENTRY && !spf_entry_is_of(&sh->pool[i], key))
		i = sh->pool[i].next;
	return i;
}

/* Something happens to a VMA of the chain. */
static void note_change(struct spf_bucket *b, u64 now)
{
	if (now > b->changed)
		WRITE_ONCE(b->changed, now);
}

/*
 * @n sections more, or fewer, are open.  A reader that sees an end here, and
 * so maybe nothing open any more, must see its time as well.
 */
static void count_open(struct spf_bucket *b, struct spf_entry *e, int n, u64 now)
{
	note_change(b, now);
	WRITE_ONCE(e->open, e->open + n);
	/* Pairs with spf_shadow_quiet(): changed before open. */
	smp_store_release(&b->open, b->open + n);
}

/* A new owner for an entry: nothing of the old one may be left. */
static void reset_entry(struct spf_entry *e, const struct spf_key *key, u64 born)
{
	WRITE_ONCE(e->mm, key->mm);
	WRITE_ONCE(e->vma, key->vma);
	WRITE_ONCE(e->born, born);
	WRITE_ONCE(e->since, born);
	WRITE_ONCE(e->forgotten_end, 0);
	WRITE_ONCE(e->forgotten_open, 0);
	WRITE_ONCE(e->begun, 0);
	WRITE_ONCE(e->open, 0);
	WRITE_ONCE(e->share, 0);
	WRITE_ONCE(e->forgotten_share, 0);
	WRITE_ONCE(e->marked, 0);
	WRITE_ONCE(e->marker, 0);
	WRITE_ONCE(e->mark, key->mark);
	WRITE_ONCE(e->gen, e->gen + 1);
}

/* Marks grow and wrap; a section beside a writer may come with an old one. */
static void note_mark(struct spf_entry *e, const struct spf_key *key)
{
	if ((s32)(key->mark - e->mark) > 0)
		WRITE_ONCE(e->mark, key->mark);
}

static void link_entry(struct spf_shadow *sh, struct spf_bucket *b, u32 i)
{
	WRITE_ONCE(sh->pool[i].next, b->head);
	WRITE_ONCE(b->head, i);
}

/* Caller holds the bucket's lock. */
static u32 insert(struct spf_shadow *sh, struct spf_bucket *b,
		  const struct spf_key *key, u64 born)
{
	u32 i = spf_pool_take(sh, b);

	if (i == SPF_NO_ENTRY)
		return i;
	reset_entry(&sh->pool[i], key, born);
	link_entry(sh, b, i);
	return i;
}

static u32 find_or_insert(struct spf_shadow *sh, struct spf_bucket *b,
			  const struct spf_key *key)
{
	u32 i = find(sh, b, key);
	u64 taken = b->taken;

	if (i != SPF_NO_ENTRY)
		return i;
	i = insert(sh, b, key, 0);
	/* It may have been taken from this VMA, with all that it knew. */
	if (i != SPF_NO_ENTRY)
		WRITE_ONCE(sh->pool[i].forgotten_end, taken);
	return i;
}

/* Caller holds the bucket's lock. */
static void unlink_entry(struct spf_shadow *sh, struct spf_bucket *b,
			 const struct spf_key *key)
{
	u32 i = find(sh, b, key);

	if (i == SPF_NO_ENTRY)
		return;
	count_open(b, &sh->pool[i], -sh->pool[i].open, 0);
	spf_entry_unlink(sh, b, i);
	spf_pool_give(sh, i);
}

/* The oldest section makes room; what is still true of it is kept. */
static void forget_oldest(struct spf_entry *e, const struct spf_section *s)
{
	if (s->end == SPF_OPEN)
		WRITE_ONCE(e->forgotten_open, e->forgotten_open + 1);
	else if (s->end & SPF_SHARED)
		WRITE_ONCE(e->forgotten_share, s->end);
	else if (s->end > e->forgotten_end)
		WRITE_ONCE(e->forgotten_end, s->end);
}

static u32 open_section(struct spf_entry *e, const struct spf_change *change)
{
	u32 serial = e->begun;
	struct spf_section *s = &e->ring[serial % SPF_RING];

	if (serial >= SPF_RING)
		forget_oldest(e, s);
	WRITE_ONCE(s->begin, change->begin);
	WRITE_ONCE(s->end, change->share ? SPF_SHARED | change->share : SPF_OPEN);
	if (change->share)
		WRITE_ONCE(e->share, change->share);
	WRITE_ONCE(s->hold, change->hold);
	WRITE_ONCE(s->from, change->start);
	WRITE_ONCE(s->to, change->end);
	WRITE_ONCE(s->vm_start, change->vm_start);
	WRITE_ONCE(s->vm_end, change->vm_end);
	WRITE_ONCE(s->writer, change->writer);
	WRITE_ONCE(s->what, pack(change));
	if (change->marks && change->marked && e->marker != change->hold) {
		WRITE_ONCE(e->marked, change->marked);
		WRITE_ONCE(e->marker, change->hold);
	}
	WRITE_ONCE(e->begun, serial + 1);
	return serial;
}

static void close_section(struct spf_entry *e, u32 serial, u64 now,
			  const struct spf_range *range)
{
	struct spf_section *s = &e->ring[serial % SPF_RING];

	if (e->begun - serial <= SPF_RING) {
		WRITE_ONCE(s->end, now);
		if (range) {
			WRITE_ONCE(s->from, range->start);
			WRITE_ONCE(s->to, range->end);
		}
		if (range && range->effect)
			WRITE_ONCE(s->what, spf_with_effect(s->what, range->effect));
		return;
	}
	WRITE_ONCE(e->forgotten_open, e->forgotten_open - 1);
	if (now > e->forgotten_end)
		WRITE_ONCE(e->forgotten_end, now);
}

bool spf_shadow_born(struct spf_shadow *sh, const struct spf_key *key, u64 now)
{
	struct spf_bucket *b = spf_bucket_of(sh, key->vma);
	unsigned long flags = write_lock_bucket(b);
	u32 i = find(sh, b, key);

	if (i != SPF_NO_ENTRY) {
		count_open(b, &sh->pool[i], -sh->pool[i].open, 0);
		reset_entry(&sh->pool[i], key, now);
	} else {
		i = insert(sh, b, key, now);
	}
	if (i != SPF_NO_ENTRY)
		count_open(b, &sh->pool[i], 0, now);
	else
		spf_lose_birth(sh, key->mm, now);
	write_unlock_bucket(b, flags);
	return i != SPF_NO_ENTRY;
}

/* Whose are the sections that are open?  Forgotten ones are another task's. */
static enum spf_begun who_else(struct spf_shadow *sh, const struct spf_entry *e,
			       u32 writer)
{
	u32 nr = min_t(u32, e->begun, SPF_RING);
	u32 open = e->open + spf_share_is_open(sh, e->share);
	u32 own = 0, i;

	if (likely(!open))
		return SPF_BEGUN_ALONE;
	for (i = 0; i < nr; i++)
		own += is_section_open(sh, &e->ring[i]) &&
		       e->ring[i].writer == writer;
	return own == open ? SPF_BEGUN_NESTED : SPF_BEGUN_CONCURRENT;
}

/* Caller holds the bucket's lock. */
static enum spf_begun begin_in(struct spf_shadow *sh, struct spf_bucket *b, u32 i,
			       struct spf_change *change, struct spf_handle *handle)
{
	struct spf_entry *e = &sh->pool[i];
	enum spf_begun begun = who_else(sh, e, change->writer);

	/* Before the clock is read: a fault that reads it later finds this. */
	if (!change->share)
		count_open(b, e, 1, change->begin);
	change->begin = change->begin ?: spf_published();
	note_change(b, change->begin);
	spf_handle_set(sh, handle, i, open_section(e, change));
	return begun;
}

enum spf_begun spf_shadow_begin(struct spf_shadow *sh,
				const struct spf_key *key,
				struct spf_change *change,
				struct spf_handle *handle)
{
	struct spf_bucket *b = spf_bucket_of(sh, key->vma);
	unsigned long flags = write_lock_bucket(b);
	u32 i = find_or_insert(sh, b, key);
	enum spf_begun begun = SPF_BEGUN_FULL;

	if (likely(i != SPF_NO_ENTRY)) {
		note_mark(&sh->pool[i], key);
		begun = begin_in(sh, b, i, change, handle);
	} else {
		spf_lose_section(sh, key->mm, change->share, handle);
		change->begin = change->begin ?: spf_published();
	}
	write_unlock_bucket(b, flags);
	return begun;
}

/*
 * A handle names an entry, not a bucket.  The entry's key is read without the
 * lock to find the bucket; spf_entry_is_owned() tells under that lock whether it was
 * the right one: gen only grows, so that while it is the handle's, the key has
 * not changed since the handle was made.
 */
static struct spf_bucket *bucket_of_handle(struct spf_shadow *sh,
					   const struct spf_handle *handle)
{
	return spf_bucket_of(sh, READ_ONCE(sh->pool[handle->index].vma));
}

bool spf_shadow_alive(struct spf_shadow *sh, const struct spf_handle *handle)
{
	return handle->index < sh->vmas_max &&
	       spf_entry_is_owned(&sh->pool[handle->index], handle);
}

u64 spf_shadow_end(struct spf_shadow *sh, const struct spf_handle *handle,
		   u64 now, const struct spf_range *range)
{
	unsigned long flags;
	struct spf_bucket *b;
	struct spf_entry *e;

	if (handle->index >= sh->vmas_max) {
		now = now ?: spf_published();
		if (handle->index == SPF_LOST_ENTRY)
			spf_lost_end(sh, handle, now);
		return now;
	}
	e = &sh->pool[handle->index];
	b = bucket_of_handle(sh, handle);
	flags = write_lock_bucket(b);
	now = now ?: spf_published();
	if (spf_entry_is_owned(e, handle)) {
		close_section(e, handle->serial, now, range);
		count_open(b, e, -1, now);
	}
	write_unlock_bucket(b, flags);
	return now;
}

void spf_shadow_settle(struct spf_shadow *sh, const struct spf_handle *handle,
		       u8 effect)
{
	unsigned long flags;
	struct spf_bucket *b;
	struct spf_entry *e;
	struct spf_section *s;

	if (handle->index >= sh->vmas_max)
		return;
	e = &sh->pool[handle->index];
	b = bucket_of_handle(sh, handle);
	flags = write_lock_bucket(b);
	s = &e->ring[handle->serial % SPF_RING];
	if (spf_entry_is_owned(e, handle) && e->begun - handle->serial <= SPF_RING)
		WRITE_ONCE(s->what, spf_with_effect(s->what, effect));
	write_unlock_bucket(b, flags);
}

/* A section of the parent, in the copy. */
static void copy_section(struct spf_section *to, const struct spf_section *from,
			 u64 end, u32 what)
{
	WRITE_ONCE(to->begin, from->begin);
	WRITE_ONCE(to->end, end);
	WRITE_ONCE(to->hold, from->hold);
	WRITE_ONCE(to->from, from->from);
	WRITE_ONCE(to->to, from->to);
	WRITE_ONCE(to->vm_start, from->vm_start);
	WRITE_ONCE(to->vm_end, from->vm_end);
	WRITE_ONCE(to->writer, from->writer);
	WRITE_ONCE(to->what, what);
}

/* @own is the split itself, which goes on.  Caller holds the parent's lock. */
static void copy_past(struct spf_entry *e, const struct spf_entry *parent, u32 own,
		      u64 now)
{
	u32 n = parent->begun > SPF_RING ? parent->begun - SPF_RING : 0;
	u32 own_open = parent->begun - own > SPF_RING;

	for (; n != parent->begun; n++) {
		const struct spf_section *from = &parent->ring[n % SPF_RING];
		struct spf_section *to = &e->ring[n % SPF_RING];

		/* The address has left the VMA that was split. */
		if (n == own)
			copy_section(to, from, from->end,
				     spf_with_effect(from->what, SPF_EFFECT_OTHER));
		else
			copy_section(to, from, from->end == SPF_OPEN ? now : from->end,
				     from->what);
	}
	WRITE_ONCE(e->born, parent->born);
	WRITE_ONCE(e->begun, parent->begun);
	WRITE_ONCE(e->share, parent->share);
	WRITE_ONCE(e->forgotten_share, parent->forgotten_share);
	WRITE_ONCE(e->marked, parent->marked);
	WRITE_ONCE(e->marker, parent->marker);
	/* Of the forgotten ones, the split's own may still be open. */
	WRITE_ONCE(e->forgotten_open, own_open);
	WRITE_ONCE(e->forgotten_end, parent->forgotten_open > own_open ?
		   max(parent->forgotten_end, now) : parent->forgotten_end);
}

/* An entry for a child, in no bucket yet. */
static u32 prepare_child(struct spf_shadow *sh, struct spf_bucket *b,
			 const struct spf_key *child, bool wanted)
{
	unsigned long flags = write_lock_bucket(b);
	u32 i = SPF_NO_ENTRY;

	unlink_entry(sh, b, child);
	if (wanted)
		i = spf_pool_take(sh, b);
	write_unlock_bucket(b, flags);
	if (i != SPF_NO_ENTRY)
		reset_entry(&sh->pool[i], child, 0);
	return i;
}

/* Return: false when it is not the parent's entry any more. */
static bool copy_parent(struct spf_shadow *sh, u32 i, const struct spf_handle *parent,
			u64 now)
{
	struct spf_bucket *b = bucket_of_handle(sh, parent);
	const struct spf_entry *e = &sh->pool[parent->index];
	/* Only read: no need to disturb the readers. */
	unsigned long flags = spf_spin_lock_irqsave(&b->lock);
	bool known = spf_entry_is_owned(e, parent);

	if (known)
		copy_past(&sh->pool[i], e, parent->serial, now);
	raw_spin_unlock_irqrestore(&b->lock, flags);
	return known;
}

bool spf_shadow_inherit(struct spf_shadow *sh, const struct spf_key *child,
			const struct spf_handle *parent, u64 now,
			struct spf_handle *handle)
{
	struct spf_bucket *b = spf_bucket_of(sh, child->vma);
	bool known = spf_shadow_alive(sh, parent);
	u32 i = prepare_child(sh, b, child, known);
	bool copied = i != SPF_NO_ENTRY && copy_parent(sh, i, parent, now);
	unsigned long flags = write_lock_bucket(b);

	if (copied) {
		unlink_entry(sh, b, child);
		link_entry(sh, b, i);
		WRITE_ONCE(sh->pool[i].since, now);
		count_open(b, &sh->pool[i], 1, now);
	} else if (i != SPF_NO_ENTRY) {
		spf_pool_give(sh, i);
	}
	spf_handle_set(sh, handle, copied ? i : SPF_NO_ENTRY, parent->serial);
	if (known && i == SPF_NO_ENTRY)
		spf_lose_section(sh, child->mm, 0, handle);
	write_unlock_bucket(b, flags);
	return copied;
}

void spf_shadow_adopt(struct spf_shadow *sh, const struct spf_key *key)
{
	struct spf_bucket *b = spf_bucket_of(sh, key->vma);
	unsigned long flags = write_lock_bucket(b);
	u32 i = find_or_insert(sh, b, key);

	if (i != SPF_NO_ENTRY)
		note_mark(&sh->pool[i], key);
	write_unlock_bucket(b, flags);
}

void spf_shadow_drop(struct spf_shadow *sh, const struct spf_key *key)
{
	struct spf_bucket *b = spf_bucket_of(sh, key->vma);
	unsigned long flags;

	/* Most VMAs never had a section: do not make their bucket dirty. */
	if (READ_ONCE(b->head) == SPF_NO_ENTRY)
		return;
	flags = write_lock_bucket(b);
	unlink_entry(sh, b, key);
	write_unlock_bucket(b, flags);
}
