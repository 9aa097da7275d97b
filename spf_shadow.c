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
 *   allocation and no other lock but pool_lock is reached while it is held, so
 *   nothing the probed code holds can be waited for here.
 * - bucket->seq (seqcount, written under bucket->lock) lets the fault path
 *   read the same data without a lock and without a store: spf_shadow_look()
 *   repeats its short scan when a writer of this bucket was at work.
 * - pool_lock (raw spinlock) protects the list of free entries and the count
 *   of used ones.  It nests inside bucket->lock.  It is taken when a VMA of a
 *   shared address space is allocated, split off or freed, and when one gets
 *   its first section: by those who hold mmap_lock for write, not by faults.
 *
 * Lifetime
 *
 * The table is allocated once and freed after all probes are gone, so that an
 * index is always valid memory.  A reader that follows a chain while an entry
 * leaves it may read an entry that is not its own; bucket->seq has moved then,
 * which is checked at every step, and what was found is discarded.
 *
 * An entry belongs to one VMA from spf_shadow_born() or its first section to
 * spf_shadow_drop(), which the probe on the freeing of the VMA calls before
 * the VMA's memory can be reused.  gen changes whenever an entry changes its
 * owner: a handle from before then matches nothing and its end is dropped.
 *
 * Which way it errs: a section that found the table full is missing from the
 * history, so that faults look better than they were; the caller counts these.
 */
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <spf/shadow.h>

#define OPEN	0ULL

struct section {
	u64 begin;
	u64 end;		/* OPEN while it is */
	u32 writer;
	u8 kind;
};

/*
 * Section number n of a VMA is kept in ring[n % SPF_RING] until number
 * n + SPF_RING begins.
 */
struct entry {
	unsigned long mm;
	unsigned long vma;
	u64 born;		/* 0: not known */
	u64 forgotten_end;	/* latest end of a section no longer in ring */
	/* At most one for each instance of a return probe: 16 bits will do. */
	u16 forgotten_open;	/* sections no longer in ring, still open */
	u16 open;		/* sections open now, forgotten or not */
	u32 begun;
	u32 gen;
	u32 next;		/* in the bucket's chain or the free list */
	u32 mark;		/* latest key.mark of what is recorded here */
	struct spf_handle chained;	/* the section to end after this one */
	struct section ring[SPF_RING];
} ____cacheline_aligned;

/*
 * open and changed sum up the chain, so that the fault path needs to follow it
 * only when there is something to find.
 */
struct bucket {
	raw_spinlock_t lock;
	seqcount_t seq;
	u32 head;
	u32 open;		/* sections open now on any VMA of the chain */
	u64 changed;		/* latest birth, begin or end on any of them */
};

struct spf_shadow {
	struct entry *pool;
	struct bucket *buckets;
	u32 vmas_max;
	u32 bucket_bits;
	raw_spinlock_t pool_lock;
	u32 free;
	u32 used;
};

static void *alloc_table(size_t nr, size_t size)
{
	/* Better no spf than a process killed for it. */
	return __vmalloc(nr * size, GFP_KERNEL | __GFP_ZERO |
			 __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
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
	sh = kzalloc(sizeof(*sh), GFP_KERNEL);
	if (!sh)
		return NULL;
	sh->vmas_max = vmas_max;
	sh->bucket_bits = ilog2(roundup_pow_of_two(vmas_max));
	sh->pool = alloc_table(vmas_max, sizeof(*sh->pool));
	sh->buckets = alloc_table(nr_buckets(sh), sizeof(*sh->buckets));
	if (!sh->pool || !sh->buckets) {
		spf_shadow_free(sh);
		return NULL;
	}
	raw_spin_lock_init(&sh->pool_lock);
	for (i = 0; i < nr_buckets(sh); i++) {
		raw_spin_lock_init(&sh->buckets[i].lock);
		seqcount_init(&sh->buckets[i].seq);
	}
	spf_shadow_clear(sh);
	return sh;
}

void spf_shadow_free(struct spf_shadow *sh)
{
	if (!sh)
		return;
	vfree(sh->buckets);
	vfree(sh->pool);
	kfree(sh);
}

void spf_shadow_clear(struct spf_shadow *sh)
{
	u32 i;

	for (i = 0; i < nr_buckets(sh); i++) {
		sh->buckets[i].head = SPF_NO_ENTRY;
		sh->buckets[i].open = 0;
		sh->buckets[i].changed = 0;
	}
	for (i = 0; i < sh->vmas_max; i++) {
		WRITE_ONCE(sh->pool[i].gen, sh->pool[i].gen + 1);
		sh->pool[i].next = i + 1;
	}
	sh->pool[sh->vmas_max - 1].next = SPF_NO_ENTRY;
	sh->free = 0;
	sh->used = 0;
}

u32 spf_shadow_used(struct spf_shadow *sh)
{
	return READ_ONCE(sh->used);
}

/*
 * Hashed by the VMA alone: its address is unique among living VMAs.  The mm is
 * compared as well, so that a stale entry cannot answer for another process.
 */
static struct bucket *bucket_of(struct spf_shadow *sh,
				const struct spf_key *key)
{
	return &sh->buckets[hash_long(key->vma, sh->bucket_bits)];
}

static unsigned long write_lock_bucket(struct bucket *b)
	__acquires(&b->lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&b->lock, flags);
	write_seqcount_begin(&b->seq);
	return flags;
}

static void write_unlock_bucket(struct bucket *b, unsigned long flags)
	__releases(&b->lock)
{
	write_seqcount_end(&b->seq);
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

static bool is_entry_of(const struct entry *e, const struct spf_key *key)
{
	return READ_ONCE(e->vma) == key->vma &&
	       READ_ONCE(e->mm) == key->mm;
}

/* Caller holds the bucket's lock. */
static u32 find(struct spf_shadow *sh, const struct bucket *b,
		const struct spf_key *key)
{
	u32 i = b->head;

	while (i != SPF_NO_ENTRY && !is_entry_of(&sh->pool[i], key))
		i = sh->pool[i].next;
	return i;
}

static u32 take_free(struct spf_shadow *sh)
{
	u32 i;

	raw_spin_lock(&sh->pool_lock);
	i = sh->free;
	if (i != SPF_NO_ENTRY) {
		sh->free = sh->pool[i].next;
		WRITE_ONCE(sh->used, sh->used + 1);
	}
	raw_spin_unlock(&sh->pool_lock);
	return i;
}

static void give_free(struct spf_shadow *sh, u32 i)
{
	raw_spin_lock(&sh->pool_lock);
	WRITE_ONCE(sh->pool[i].next, sh->free);
	sh->free = i;
	WRITE_ONCE(sh->used, sh->used - 1);
	raw_spin_unlock(&sh->pool_lock);
}

/*
 * @n sections more, or fewer, are open.  A reader that sees an end here, and
 * so maybe nothing open any more, must see its time as well.
 */
static void count_open(struct bucket *b, struct entry *e, int n, u64 now)
{
	if (now > b->changed)
		WRITE_ONCE(b->changed, now);
	e->open += n;
	/* Pairs with spf_shadow_quiet(): changed before open. */
	smp_store_release(&b->open, b->open + n);
}

/* A new owner for an entry: nothing of the old one may be left. */
static void reset_entry(struct entry *e, const struct spf_key *key, u64 born)
{
	WRITE_ONCE(e->mm, key->mm);
	WRITE_ONCE(e->vma, key->vma);
	WRITE_ONCE(e->born, born);
	WRITE_ONCE(e->forgotten_end, 0);
	WRITE_ONCE(e->forgotten_open, 0);
	WRITE_ONCE(e->begun, 0);
	e->open = 0;
	WRITE_ONCE(e->mark, key->mark);
	WRITE_ONCE(e->gen, e->gen + 1);
}

/* Marks grow and wrap; a section beside a writer may come with an old one. */
static void note_mark(struct entry *e, const struct spf_key *key)
{
	if ((s32)(key->mark - e->mark) > 0)
		WRITE_ONCE(e->mark, key->mark);
}

/* Caller holds the bucket's lock. */
static u32 insert(struct spf_shadow *sh, struct bucket *b,
		  const struct spf_key *key, u64 born)
{
	u32 i = take_free(sh);

	if (i == SPF_NO_ENTRY)
		return i;
	reset_entry(&sh->pool[i], key, born);
	WRITE_ONCE(sh->pool[i].next, b->head);
	WRITE_ONCE(b->head, i);
	return i;
}

static u32 find_or_insert(struct spf_shadow *sh, struct bucket *b,
			  const struct spf_key *key)
{
	u32 i = find(sh, b, key);

	return i != SPF_NO_ENTRY ? i : insert(sh, b, key, 0);
}

/* Caller holds the bucket's lock. */
static void unlink_entry(struct spf_shadow *sh, struct bucket *b,
			 const struct spf_key *key)
{
	u32 *link = &b->head;
	u32 i;

	for (i = *link; i != SPF_NO_ENTRY; i = *link) {
		struct entry *e = &sh->pool[i];

		if (is_entry_of(e, key)) {
			WRITE_ONCE(*link, e->next);
			count_open(b, e, -e->open, 0);
			WRITE_ONCE(e->gen, e->gen + 1);
			give_free(sh, i);
			return;
		}
		link = &e->next;
	}
}

/* The oldest section makes room; what is still true of it is kept. */
static void forget_oldest(struct entry *e, const struct section *s)
{
	if (s->end == OPEN)
		WRITE_ONCE(e->forgotten_open, e->forgotten_open + 1);
	else if (s->end > e->forgotten_end)
		WRITE_ONCE(e->forgotten_end, s->end);
}

static u32 open_section(struct entry *e, u8 kind, u32 writer, u64 now)
{
	u32 serial = e->begun;
	struct section *s = &e->ring[serial % SPF_RING];

	if (serial >= SPF_RING)
		forget_oldest(e, s);
	WRITE_ONCE(s->begin, now);
	WRITE_ONCE(s->end, OPEN);
	WRITE_ONCE(s->writer, writer);
	WRITE_ONCE(s->kind, kind);
	WRITE_ONCE(e->begun, serial + 1);
	return serial;
}

static void close_section(struct entry *e, u32 serial, u64 now)
{
	if (e->begun - serial <= SPF_RING) {
		WRITE_ONCE(e->ring[serial % SPF_RING].end, now);
		return;
	}
	WRITE_ONCE(e->forgotten_open, e->forgotten_open - 1);
	if (now > e->forgotten_end)
		WRITE_ONCE(e->forgotten_end, now);
}

static void set_handle(struct spf_shadow *sh, struct spf_handle *handle,
		       u32 index, u32 serial)
{
	handle->index = index;
	handle->gen = index == SPF_NO_ENTRY ? 0 : sh->pool[index].gen;
	handle->serial = serial;
}

bool spf_shadow_born(struct spf_shadow *sh, const struct spf_key *key, u64 now)
{
	struct bucket *b = bucket_of(sh, key);
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
	write_unlock_bucket(b, flags);
	return i != SPF_NO_ENTRY;
}

NOKPROBE_SYMBOL(spf_shadow_born);

bool spf_shadow_begin(struct spf_shadow *sh, const struct spf_key *key,
		      u8 kind, u32 writer, u64 now, struct spf_handle *handle)
{
	struct bucket *b = bucket_of(sh, key);
	unsigned long flags = write_lock_bucket(b);
	u32 i = find_or_insert(sh, b, key);
	u32 serial = 0;

	if (i != SPF_NO_ENTRY) {
		note_mark(&sh->pool[i], key);
		serial = open_section(&sh->pool[i], kind, writer, now);
		count_open(b, &sh->pool[i], 1, now);
	}
	set_handle(sh, handle, i, serial);
	write_unlock_bucket(b, flags);
	return i != SPF_NO_ENTRY;
}

NOKPROBE_SYMBOL(spf_shadow_begin);

/*
 * A handle names an entry, not a bucket.  The entry's key is read without the
 * lock to find the bucket; still_owned() tells under that lock whether it was
 * the right one: gen only grows, so that while it is the handle's, the key has
 * not changed since the handle was made.
 */
static struct bucket *bucket_of_handle(struct spf_shadow *sh,
				       const struct spf_handle *handle)
{
	const struct spf_key key = {
		.vma = READ_ONCE(sh->pool[handle->index].vma),
	};

	return bucket_of(sh, &key);
}

static bool still_owned(const struct entry *e, const struct spf_handle *handle)
{
	return READ_ONCE(e->gen) == handle->gen;
}

void spf_shadow_end(struct spf_shadow *sh, const struct spf_handle *handle,
		    u64 now)
{
	unsigned long flags;
	struct bucket *b;
	struct entry *e;

	if (handle->index == SPF_NO_ENTRY)
		return;
	e = &sh->pool[handle->index];
	b = bucket_of_handle(sh, handle);
	flags = write_lock_bucket(b);
	if (still_owned(e, handle)) {
		close_section(e, handle->serial, now);
		count_open(b, e, -1, now);
	}
	write_unlock_bucket(b, flags);
}

NOKPROBE_SYMBOL(spf_shadow_end);

void spf_shadow_chain(struct spf_shadow *sh, struct spf_handle *chain,
		      const struct spf_handle *handle)
{
	if (handle->index == SPF_NO_ENTRY)
		return;
	/* Of no interest to anybody but the owner of the chain: no lock. */
	sh->pool[handle->index].chained = *chain;
	*chain = *handle;
}

NOKPROBE_SYMBOL(spf_shadow_chain);

void spf_shadow_end_chain(struct spf_shadow *sh, struct spf_handle *chain,
			  u64 now)
{
	struct spf_handle handle;
	u32 steps;

	for (steps = 0; steps < sh->vmas_max; steps++) {
		handle = *chain;
		if (handle.index == SPF_NO_ENTRY ||
		    !still_owned(&sh->pool[handle.index], &handle))
			break;
		*chain = sh->pool[handle.index].chained;
		spf_shadow_end(sh, &handle, now);
	}
	chain->index = SPF_NO_ENTRY;
}

NOKPROBE_SYMBOL(spf_shadow_end_chain);

/* What of the parent's past goes to a child; a copy, made under its lock. */
struct past {
	u64 born;
	u64 forgotten_end;
	u32 forgotten_open;
	u32 begun;
	struct section ring[SPF_RING];
};

static bool copy_past(struct spf_shadow *sh, const struct spf_handle *parent,
		      struct past *past)
{
	const struct entry *e;
	unsigned long flags;
	struct bucket *b;
	bool known;

	if (parent->index == SPF_NO_ENTRY)
		return false;
	e = &sh->pool[parent->index];
	b = bucket_of_handle(sh, parent);
	/* Only read: no need to disturb the readers. */
	raw_spin_lock_irqsave(&b->lock, flags);
	known = still_owned(e, parent);
	if (known) {
		past->born = e->born;
		past->forgotten_end = e->forgotten_end;
		past->forgotten_open = e->forgotten_open;
		past->begun = e->begun;
		memcpy(past->ring, e->ring, sizeof(past->ring));
	}
	raw_spin_unlock_irqrestore(&b->lock, flags);
	return known;
}

static void paste_past(struct entry *e, const struct past *past, u32 own,
		       u64 now)
{
	u32 first = past->begun > SPF_RING ? past->begun - SPF_RING : 0;
	u32 own_open = past->begun - own > SPF_RING;
	u32 n;

	for (n = first; n != past->begun; n++) {
		const struct section *from = &past->ring[n % SPF_RING];
		struct section *to = &e->ring[n % SPF_RING];
		bool close = from->end == OPEN && n != own;

		WRITE_ONCE(to->begin, from->begin);
		WRITE_ONCE(to->end, close ? now : from->end);
		WRITE_ONCE(to->writer, from->writer);
		WRITE_ONCE(to->kind, from->kind);
	}
	WRITE_ONCE(e->begun, past->begun);
	/* Of the forgotten ones, the split's own may still be open. */
	WRITE_ONCE(e->forgotten_open, own_open);
	WRITE_ONCE(e->forgotten_end, past->forgotten_open > own_open ?
		   max(past->forgotten_end, now) : past->forgotten_end);
}

bool spf_shadow_inherit(struct spf_shadow *sh, const struct spf_key *child,
			const struct spf_handle *parent, u64 now,
			struct spf_handle *handle)
{
	struct bucket *b = bucket_of(sh, child);
	struct past past;
	unsigned long flags;
	u32 i = SPF_NO_ENTRY;
	bool known = copy_past(sh, parent, &past);

	flags = write_lock_bucket(b);
	unlink_entry(sh, b, child);
	if (known)
		i = insert(sh, b, child, past.born);
	if (i != SPF_NO_ENTRY) {
		paste_past(&sh->pool[i], &past, parent->serial, now);
		count_open(b, &sh->pool[i], 1, now);
	}
	set_handle(sh, handle, i, parent->serial);
	write_unlock_bucket(b, flags);
	return i != SPF_NO_ENTRY;
}

NOKPROBE_SYMBOL(spf_shadow_inherit);

void spf_shadow_adopt(struct spf_shadow *sh, const struct spf_key *key)
{
	struct bucket *b = bucket_of(sh, key);
	unsigned long flags = write_lock_bucket(b);
	u32 i = find_or_insert(sh, b, key);

	if (i != SPF_NO_ENTRY)
		note_mark(&sh->pool[i], key);
	write_unlock_bucket(b, flags);
}

NOKPROBE_SYMBOL(spf_shadow_adopt);

void spf_shadow_drop(struct spf_shadow *sh, const struct spf_key *key)
{
	struct bucket *b = bucket_of(sh, key);
	unsigned long flags;

	/* Most VMAs never had a section: do not make their bucket dirty. */
	if (READ_ONCE(b->head) == SPF_NO_ENTRY)
		return;
	flags = write_lock_bucket(b);
	unlink_entry(sh, b, key);
	write_unlock_bucket(b, flags);
}

NOKPROBE_SYMBOL(spf_shadow_drop);

static void note(struct spf_seen *seen, const struct section *s)
{
	seen->kind = READ_ONCE(s->kind);
	seen->writer = READ_ONCE(s->writer);
}

/*
 * Sections are kept in the order in which they were recorded, which need not
 * be that of their begin: the clock is read before the lock is taken.
 */
static void look_at_ring(const struct entry *e, const struct spf_span *span,
			 struct spf_seen *seen)
{
	u32 begun = READ_ONCE(e->begun);
	u32 nr = min_t(u32, begun, SPF_RING);
	u64 first = U64_MAX;	/* begin of the one noted, unless odd */

	while (nr--) {
		const struct section *s = &e->ring[--begun % SPF_RING];
		u64 begin = READ_ONCE(s->begin);
		u64 end = READ_ONCE(s->end);

		if (begin > span->t1)
			continue;
		if (begin > span->t0) {
			if (begin > span->until)
				seen->later = true;
			else
				seen->moved = true;
			if (!seen->odd && begin <= first) {
				first = begin;
				note(seen, s);
			}
		} else if (!seen->odd && (end == OPEN || span->t0 < end)) {
			seen->odd = true;
			note(seen, s);
		}
	}
}

static void look_at_entry(const struct entry *e, const struct spf_span *span,
			  struct spf_seen *seen)
{
	seen->known = true;
	seen->mark = READ_ONCE(e->mark);
	seen->absent = READ_ONCE(e->born) > span->t0;
	seen->overrun = READ_ONCE(e->forgotten_open) ||
			READ_ONCE(e->forgotten_end) > span->t0;
	look_at_ring(e, span, seen);
}

bool spf_shadow_quiet(struct spf_shadow *sh, const struct spf_key *key, u64 t0)
{
	const struct bucket *b = bucket_of(sh, key);

	/* Pairs with count_open(): nothing open means that changed is new. */
	return !smp_load_acquire(&b->open) && READ_ONCE(b->changed) <= t0;
}

NOKPROBE_SYMBOL(spf_shadow_quiet);

void spf_shadow_look(struct spf_shadow *sh, const struct spf_key *key,
		     const struct spf_span *span, struct spf_seen *seen)
{
	struct bucket *b = bucket_of(sh, key);
	unsigned int seq;
	u32 i;

	do {
		memset(seen, 0, sizeof(*seen));
		seq = read_seqcount_begin(&b->seq);
		i = READ_ONCE(b->head);
		while (i != SPF_NO_ENTRY && !is_entry_of(&sh->pool[i], key) &&
		       !read_seqcount_retry(&b->seq, seq))
			i = READ_ONCE(sh->pool[i].next);
		if (i != SPF_NO_ENTRY)
			look_at_entry(&sh->pool[i], span, seen);
	} while (read_seqcount_retry(&b->seq, seq));
}

NOKPROBE_SYMBOL(spf_shadow_look);
