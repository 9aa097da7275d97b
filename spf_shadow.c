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
 * What is recorded "now" reads the clock while bucket->seq is odd, or
 * bucket->open tells that there is something to look for: a fault that reads the
 * clock later, and looks after that, finds it.
 *
 * Which way it errs: a section that found the table full is missing from the
 * history, so that faults look better than they were; the caller counts these.
 */
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include <spf/shadow.h>
#include <spf/table.h>

#define OPEN	0ULL

struct section {
	u64 begin;
	u64 end;		/* OPEN while it is */
	u64 hold;
	unsigned long from;	/* the range */
	unsigned long to;
	unsigned long vm_start;	/* the VMA's bounds before */
	unsigned long vm_end;
	u32 writer;
	u32 what;		/* see pack() */
};

/*
 * Section number n of a VMA is kept in ring[n % SPF_RING] until number
 * n + SPF_RING begins.
 */
struct spf_entry {
	unsigned long mm;
	unsigned long vma;
	u64 born;		/* 0: not known */
	u64 since;		/* allocated or split off; 0: not known */
	u64 forgotten_end;	/* latest end of a section no longer in ring */
	/* At most one for each instance of a return probe: 16 bits will do. */
	u16 forgotten_open;	/* sections no longer in ring, still open */
	u16 open;		/* sections open now, forgotten or not */
	u32 begun;
	u32 gen;
	u32 next;		/* in the bucket's chain or the free list */
	u32 mark;		/* latest key.mark of what is recorded here */
	struct spf_handle chained;	/* the section to end after this one */
	u64 marked;		/* the last change.marked */
	u64 marker;		/* whose hold it was */
	struct section ring[SPF_RING];
} ____cacheline_aligned;

/* Slot, kind, effect and mark of a section in one word: 24, 5, 2 and 1 bits. */
#define KIND_BITS	0x1fU
#define EFFECT_SHIFT	5
#define EFFECT_BITS	0x60U
#define MARKS_BIT	0x80U
#define SLOT_SHIFT	8

static_assert(SPF_NR_KINDS - 1 <= KIND_BITS);
static_assert(SPF_NR_EFFECTS - 1 <= EFFECT_BITS >> EFFECT_SHIFT);

static u32 pack(const struct spf_change *change)
{
	return change->slot << SLOT_SHIFT | change->kind |
	       change->effect << EFFECT_SHIFT |
	       (change->marks ? MARKS_BIT : 0);
}

static u8 kind_in(u32 what)
{
	return what & KIND_BITS;
}

static u8 effect_in(u32 what)
{
	return (what & EFFECT_BITS) >> EFFECT_SHIFT;
}

static u32 with_effect(u32 what, u8 effect)
{
	return (what & ~EFFECT_BITS) | (u32)effect << EFFECT_SHIFT;
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
	sh->pool = spf_table_alloc(vmas_max, sizeof(*sh->pool));
	sh->buckets = spf_table_alloc(nr_buckets(sh), sizeof(*sh->buckets));
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

size_t spf_shadow_bytes(const struct spf_shadow *sh)
{
	return sh->vmas_max * sizeof(*sh->pool) +
	       nr_buckets(sh) * sizeof(*sh->buckets);
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
static struct spf_bucket *bucket_of(struct spf_shadow *sh,
				    const struct spf_key *key)
{
	return spf_bucket_of(sh, key->vma);
}

static unsigned long write_lock_bucket(struct spf_bucket *b)
	__acquires(&b->lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&b->lock, flags);
	write_seqcount_begin(&b->seq);
	return flags;
}

static void write_unlock_bucket(struct spf_bucket *b, unsigned long flags)
	__releases(&b->lock)
{
	write_seqcount_end(&b->seq);
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

static bool is_entry_of(const struct spf_entry *e, const struct spf_key *key)
{
	return READ_ONCE(e->vma) == key->vma &&
	       READ_ONCE(e->mm) == key->mm;
}

/* Caller holds the bucket's lock. */
static u32 find(struct spf_shadow *sh, const struct spf_bucket *b,
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
static void count_open(struct spf_bucket *b, struct spf_entry *e, int n, u64 now)
{
	if (now > b->changed)
		WRITE_ONCE(b->changed, now);
	e->open += n;
	/* Pairs with spf_shadow_quiet(): changed before open. */
	smp_store_release(&b->open, b->open + n);
}

static u64 published(void)
{
	/* What was written before can be seen by whoever reads the clock later. */
	smp_mb();
	return ktime_get_mono_fast_ns();
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
	e->open = 0;
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

/* Caller holds the bucket's lock. */
static u32 insert(struct spf_shadow *sh, struct spf_bucket *b,
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

static u32 find_or_insert(struct spf_shadow *sh, struct spf_bucket *b,
			  const struct spf_key *key)
{
	u32 i = find(sh, b, key);

	return i != SPF_NO_ENTRY ? i : insert(sh, b, key, 0);
}

/* Caller holds the bucket's lock. */
static void unlink_entry(struct spf_shadow *sh, struct spf_bucket *b,
			 const struct spf_key *key)
{
	u32 *link = &b->head;
	u32 i;

	for (i = *link; i != SPF_NO_ENTRY; i = *link) {
		struct spf_entry *e = &sh->pool[i];

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
static void forget_oldest(struct spf_entry *e, const struct section *s)
{
	if (s->end == OPEN)
		WRITE_ONCE(e->forgotten_open, e->forgotten_open + 1);
	else if (s->end > e->forgotten_end)
		WRITE_ONCE(e->forgotten_end, s->end);
}

static u32 open_section(struct spf_entry *e, const struct spf_change *change)
{
	u32 serial = e->begun;
	struct section *s = &e->ring[serial % SPF_RING];

	if (serial >= SPF_RING)
		forget_oldest(e, s);
	WRITE_ONCE(s->begin, change->begin);
	WRITE_ONCE(s->end, OPEN);
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
	struct section *s = &e->ring[serial % SPF_RING];

	if (e->begun - serial <= SPF_RING) {
		WRITE_ONCE(s->end, now);
		if (range) {
			WRITE_ONCE(s->from, range->start);
			WRITE_ONCE(s->to, range->end);
		}
		if (range && range->effect)
			WRITE_ONCE(s->what, with_effect(s->what, range->effect));
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
	handle->gen = index == SPF_NO_ENTRY ? 0 :
		      READ_ONCE(sh->pool[index].gen);
	handle->serial = serial;
}

bool spf_shadow_born(struct spf_shadow *sh, const struct spf_key *key, u64 now)
{
	struct spf_bucket *b = bucket_of(sh, key);
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

/* Whose are the sections that are open?  Forgotten ones are somebody else's. */
static enum spf_begun who_else(const struct spf_entry *e, u32 writer)
{
	u32 nr = min_t(u32, e->begun, SPF_RING);
	u32 own = 0, i;

	if (likely(!e->open))
		return SPF_BEGUN_ALONE;
	for (i = 0; i < nr; i++)
		own += e->ring[i].end == OPEN && e->ring[i].writer == writer;
	return own == e->open ? SPF_BEGUN_NESTED : SPF_BEGUN_CONCURRENT;
}

enum spf_begun spf_shadow_begin(struct spf_shadow *sh,
				const struct spf_key *key,
				struct spf_change *change,
				struct spf_handle *handle)
{
	struct spf_bucket *b = bucket_of(sh, key);
	unsigned long flags = write_lock_bucket(b);
	u32 i = find_or_insert(sh, b, key);
	enum spf_begun begun = SPF_BEGUN_FULL;
	u32 serial = 0;

	if (i != SPF_NO_ENTRY) {
		note_mark(&sh->pool[i], key);
		begun = who_else(&sh->pool[i], change->writer);
		count_open(b, &sh->pool[i], 1, change->begin);
	}
	change->begin = change->begin ?: published();
	if (i != SPF_NO_ENTRY) {
		count_open(b, &sh->pool[i], 0, change->begin);
		serial = open_section(&sh->pool[i], change);
	}
	set_handle(sh, handle, i, serial);
	write_unlock_bucket(b, flags);
	return begun;
}

NOKPROBE_SYMBOL(spf_shadow_begin);

/*
 * A handle names an entry, not a bucket.  The entry's key is read without the
 * lock to find the bucket; still_owned() tells under that lock whether it was
 * the right one: gen only grows, so that while it is the handle's, the key has
 * not changed since the handle was made.
 */
static struct spf_bucket *bucket_of_handle(struct spf_shadow *sh,
					   const struct spf_handle *handle)
{
	const struct spf_key key = {
		.vma = READ_ONCE(sh->pool[handle->index].vma),
	};

	return bucket_of(sh, &key);
}

static bool still_owned(const struct spf_entry *e, const struct spf_handle *handle)
{
	return READ_ONCE(e->gen) == handle->gen;
}

bool spf_shadow_alive(struct spf_shadow *sh, const struct spf_handle *handle)
{
	return handle->index != SPF_NO_ENTRY &&
	       still_owned(&sh->pool[handle->index], handle);
}

NOKPROBE_SYMBOL(spf_shadow_alive);

u64 spf_shadow_end(struct spf_shadow *sh, const struct spf_handle *handle,
		   u64 now, const struct spf_range *range)
{
	unsigned long flags;
	struct spf_bucket *b;
	struct spf_entry *e;

	if (handle->index == SPF_NO_ENTRY)
		return now ?: published();
	e = &sh->pool[handle->index];
	b = bucket_of_handle(sh, handle);
	flags = write_lock_bucket(b);
	now = now ?: published();
	if (still_owned(e, handle)) {
		close_section(e, handle->serial, now, range);
		count_open(b, e, -1, now);
	}
	write_unlock_bucket(b, flags);
	return now;
}

NOKPROBE_SYMBOL(spf_shadow_end);

void spf_shadow_settle(struct spf_shadow *sh, const struct spf_handle *handle,
		       u8 effect)
{
	unsigned long flags;
	struct spf_bucket *b;
	struct spf_entry *e;
	struct section *s;

	if (handle->index == SPF_NO_ENTRY)
		return;
	e = &sh->pool[handle->index];
	b = bucket_of_handle(sh, handle);
	flags = write_lock_bucket(b);
	s = &e->ring[handle->serial % SPF_RING];
	if (still_owned(e, handle) && e->begun - handle->serial <= SPF_RING)
		WRITE_ONCE(s->what, with_effect(s->what, effect));
	write_unlock_bucket(b, flags);
}

NOKPROBE_SYMBOL(spf_shadow_settle);

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
		spf_shadow_end(sh, &handle, now, NULL);
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
	u64 marked;
	u64 marker;
	struct section ring[SPF_RING];
};

static bool copy_past(struct spf_shadow *sh, const struct spf_handle *parent,
		      struct past *past)
{
	const struct spf_entry *e;
	unsigned long flags;
	struct spf_bucket *b;
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
		past->marked = e->marked;
		past->marker = e->marker;
		memcpy(past->ring, e->ring, sizeof(past->ring));
	}
	raw_spin_unlock_irqrestore(&b->lock, flags);
	return known;
}

static void paste_past(struct spf_entry *e, const struct past *past, u32 own,
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
		WRITE_ONCE(to->hold, from->hold);
		WRITE_ONCE(to->from, from->from);
		WRITE_ONCE(to->to, from->to);
		WRITE_ONCE(to->vm_start, from->vm_start);
		WRITE_ONCE(to->vm_end, from->vm_end);
		WRITE_ONCE(to->writer, from->writer);
		/* The address has left the VMA that was split. */
		WRITE_ONCE(to->what, n == own ?
			   with_effect(from->what, SPF_EFFECT_OTHER) :
			   from->what);
	}
	WRITE_ONCE(e->begun, past->begun);
	WRITE_ONCE(e->marked, past->marked);
	WRITE_ONCE(e->marker, past->marker);
	/* Of the forgotten ones, the split's own may still be open. */
	WRITE_ONCE(e->forgotten_open, own_open);
	WRITE_ONCE(e->forgotten_end, past->forgotten_open > own_open ?
		   max(past->forgotten_end, now) : past->forgotten_end);
}

bool spf_shadow_inherit(struct spf_shadow *sh, const struct spf_key *child,
			const struct spf_handle *parent, u64 now,
			struct spf_handle *handle)
{
	struct spf_bucket *b = bucket_of(sh, child);
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
		WRITE_ONCE(sh->pool[i].since, now);
		count_open(b, &sh->pool[i], 1, now);
	}
	set_handle(sh, handle, i, parent->serial);
	write_unlock_bucket(b, flags);
	return i != SPF_NO_ENTRY;
}

NOKPROBE_SYMBOL(spf_shadow_inherit);

void spf_shadow_adopt(struct spf_shadow *sh, const struct spf_key *key)
{
	struct spf_bucket *b = bucket_of(sh, key);
	unsigned long flags = write_lock_bucket(b);
	u32 i = find_or_insert(sh, b, key);

	if (i != SPF_NO_ENTRY)
		note_mark(&sh->pool[i], key);
	write_unlock_bucket(b, flags);
}

NOKPROBE_SYMBOL(spf_shadow_adopt);

void spf_shadow_drop(struct spf_shadow *sh, const struct spf_key *key)
{
	struct spf_bucket *b = bucket_of(sh, key);
	unsigned long flags;

	/* Most VMAs never had a section: do not make their bucket dirty. */
	if (READ_ONCE(b->head) == SPF_NO_ENTRY)
		return;
	flags = write_lock_bucket(b);
	unlink_entry(sh, b, key);
	write_unlock_bucket(b, flags);
}

NOKPROBE_SYMBOL(spf_shadow_drop);

static struct spf_change change_of(const struct section *s, u64 begin)
{
	u32 what = READ_ONCE(s->what);

	return (struct spf_change){
		.begin = begin,
		.hold = READ_ONCE(s->hold),
		.start = READ_ONCE(s->from),
		.end = READ_ONCE(s->to),
		.vm_start = READ_ONCE(s->vm_start),
		.vm_end = READ_ONCE(s->vm_end),
		.writer = READ_ONCE(s->writer),
		.slot = what >> SLOT_SHIFT,
		.kind = kind_in(what),
		.effect = effect_in(what),
		.marks = what & MARKS_BIT,
	};
}

static void note(struct spf_seen *seen, const struct section *s, u64 begin,
		 u64 end)
{
	seen->by = change_of(s, begin);
	seen->by_end = end;
}

static bool covers(const struct section *s, unsigned long address)
{
	return address >= READ_ONCE(s->from) && address < READ_ONCE(s->to);
}

/*
 * Has a section that changed nothing but bounds left the address where it was?
 * One of a kind that does not even change these has left all where it was.
 */
static bool keeps(const struct section *s, unsigned long address)
{
	u32 kind = 1U << kind_in(READ_ONCE(s->what));

	return address >= READ_ONCE(s->vm_start) &&
	       address < READ_ONCE(s->vm_end) &&
	       (!(kind & SPF_KINDS_OF_BOUNDS) || !covers(s, address));
}

/* Does the attempt have to mind this section?  docs/designs.md */
static bool matters(const struct section *s, unsigned long address,
		    struct spf_seen *seen)
{
	switch (effect_in(READ_ONCE(s->what))) {
	case SPF_EFFECT_UNKNOWN:
		seen->unknown = true;
		return false;
	case SPF_EFFECT_BOUNDS:
		return !keeps(s, address);
	default:
		return true;
	}
}

/* One that marks the VMA, as long as its hold lasts. */
static void look_at_mark(const struct spf_entry *e, const struct section *s,
			 const struct spf_span *span, struct spf_seen *seen,
			 u64 begin, u64 end)
{
	u64 hold = READ_ONCE(s->hold);

	if (!hold || !(READ_ONCE(s->what) & MARKS_BIT))
		return;
	if (hold == READ_ONCE(e->marker))
		begin = min(begin, READ_ONCE(e->marked));
	else if (begin > span->lookup && READ_ONCE(e->marked) > begin)
		seen->mark_lost = true;
	if (begin > span->lookup)
		return;
	if (end == OPEN || span->lookup < end)
		seen->locked = true;
	else if (!seen->marker)
		seen->marker = hold;
}

/* It was open at t0, or it was over. */
static void look_at_past(const struct section *s, const struct spf_span *span,
			 struct spf_seen *seen, u64 begin, u64 end)
{
	if (end == OPEN || span->t0 < end) {
		if (!seen->odd)
			note(seen, s, begin, end);
		seen->odd = true;
		seen->page |= covers(s, span->address);
		seen->odd_matters |= matters(s, span->address, seen);
	} else if (!seen->past && READ_ONCE(s->hold)) {
		seen->last = change_of(s, begin);
		seen->last_end = end;
		seen->past = true;
	}
}

/* It began in the attempt. */
static void look_at_moved(const struct section *s, const struct spf_span *span,
			  struct spf_seen *seen)
{
	seen->moved = true;
	seen->page |= covers(s, span->address);
	seen->moved_matters |= matters(s, span->address, seen);
	seen->flags |= effect_in(READ_ONCE(s->what)) == SPF_EFFECT_FLAGS;
}

/*
 * Sections are kept in the order in which they were recorded, which need not
 * be that of their begin: the clock is read before the lock is taken.
 */
static void look_at_ring(const struct spf_entry *e, const struct spf_span *span,
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
		if (end > span->t0 && end <= span->until)
			seen->ended = true;
		look_at_mark(e, s, span, seen, begin, end);
		if (begin <= span->t0) {
			look_at_past(s, span, seen, begin, end);
			continue;
		}
		if (begin > span->until)
			seen->later = true;
		else
			look_at_moved(s, span, seen);
		if (!seen->odd && begin <= first) {
			first = begin;
			note(seen, s, begin, end);
		}
	}
	/* Of those that had begun by then none may be left. */
	if (READ_ONCE(e->begun) > SPF_RING &&
	    READ_ONCE(e->ring[begun % SPF_RING].begin) > span->lookup)
		seen->mark_lost = true;
	seen->outside = first != U64_MAX && !seen->odd &&
			(span->address < seen->by.vm_start ||
			 span->address >= seen->by.vm_end);
}

static bool first_after(const struct spf_entry *e, u64 t1,
			struct spf_change *first)
{
	u32 begun = READ_ONCE(e->begun);
	u32 nr = min_t(u32, begun, SPF_RING);
	bool found = false;

	while (nr--) {
		const struct section *s = &e->ring[--begun % SPF_RING];
		u64 begin = READ_ONCE(s->begin);

		if (begin <= t1 || !READ_ONCE(s->hold) ||
		    (found && begin > first->begin))
			continue;
		*first = change_of(s, begin);
		found = true;
	}
	return found;
}

static void look_at_entry(const struct spf_entry *e, const struct spf_span *span,
			  struct spf_seen *seen)
{
	seen->known = true;
	seen->mark = READ_ONCE(e->mark);
	seen->born = READ_ONCE(e->born);
	seen->since = READ_ONCE(e->since);
	seen->absent = seen->born > span->t0;
	seen->overrun = READ_ONCE(e->forgotten_open) ||
			READ_ONCE(e->forgotten_end) > span->t0;
	look_at_ring(e, span, seen);
}

/* The entry of a VMA as long as bucket->seq is @seq; it may be another's. */
static const struct spf_entry *peek(struct spf_shadow *sh,
				    const struct spf_bucket *b,
				    const struct spf_key *key, unsigned int seq)
{
	u32 i = READ_ONCE(b->head);

	while (i != SPF_NO_ENTRY && !is_entry_of(&sh->pool[i], key) &&
	       !read_seqcount_retry(&b->seq, seq))
		i = READ_ONCE(sh->pool[i].next);
	return i == SPF_NO_ENTRY ? NULL : &sh->pool[i];
}

void spf_shadow_look(struct spf_shadow *sh, const struct spf_key *key,
		     const struct spf_span *span, struct spf_seen *seen)
{
	struct spf_bucket *b = bucket_of(sh, key);
	const struct spf_entry *e;
	unsigned int seq;

	do {
		memset(seen, 0, sizeof(*seen));
		seq = read_seqcount_begin(&b->seq);
		e = peek(sh, b, key, seq);
		if (e)
			look_at_entry(e, span, seen);
		set_handle(sh, &seen->entry, e ? e - sh->pool : SPF_NO_ENTRY,
			   0);
	} while (read_seqcount_retry(&b->seq, seq));
}

NOKPROBE_SYMBOL(spf_shadow_look);

bool spf_shadow_after(struct spf_shadow *sh, const struct spf_key *key, u64 t1,
		      struct spf_change *first)
{
	struct spf_bucket *b = bucket_of(sh, key);
	const struct spf_entry *e;
	unsigned int seq;
	bool found;

	do {
		seq = read_seqcount_begin(&b->seq);
		e = peek(sh, b, key, seq);
		found = e && first_after(e, t1, first);
	} while (read_seqcount_retry(&b->seq, seq));
	return found;
}

NOKPROBE_SYMBOL(spf_shadow_after);
