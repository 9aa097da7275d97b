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
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <spf/clock.h>
#include <spf/shadow.h>
#include <spf/spin.h>
#include <spf/table.h>

#define OPEN	0ULL

/* The end of a section of a share: this bit, and the share's id. */
#define SHARED	BIT_ULL(63)

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
	u16 open;		/* sections open now, forgotten or not; no share's */
	u32 share;		/* of the last section that has one; 0 for none */
	u32 forgotten_share;	/* idem, no longer in ring */
	u32 begun;
	u32 gen;
	u32 next;		/* in the bucket's chain or the free list */
	u32 mark;		/* latest key.mark of what is recorded here */
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

static void clear_pools(struct spf_shadow *sh)
{
	u32 i;

	for (i = 0; i < sh->nr_pools; i++) {
		sh->pools[i].free = i;
		sh->pools[i].used = 0;
		sh->pools[i].hand = i;
	}
	for (i = 0; i < sh->vmas_max; i++) {
		WRITE_ONCE(sh->pool[i].gen, sh->pool[i].gen + 1);
		sh->pool[i].vma = 0;
		sh->pool[i].next = i + sh->nr_pools < sh->vmas_max ?
				   i + sh->nr_pools : SPF_NO_ENTRY;
	}
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
	clear_pools(sh);
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

u32 spf_shadow_used(struct spf_shadow *sh)
{
	u32 used = 0, i;

	for (i = 0; i < sh->nr_pools; i++)
		used += READ_ONCE(sh->pools[i].used);
	return used;
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

static u64 published(void)
{
	/* What was written before can be seen by whatever reads the clock later. */
	smp_mb();
	return spf_now();
}

/* --- shares --- */

static struct spf_share *place_of(struct spf_shadow *sh, u32 share)
{
	return &sh->shares[share % SPF_SHARES];
}

u32 spf_shadow_share(struct spf_shadow *sh)
{
	u32 id = atomic_inc_return(&sh->share_ids) ?:
		 atomic_inc_return(&sh->share_ids);
	struct spf_share *place = place_of(sh, id);
	unsigned long flags = spf_spin_lock_irqsave(&place->lock);

	raw_write_seqcount_begin(&place->seq);
	if (place->id && place->end == OPEN)
		WRITE_ONCE(place->strays, place->strays + 1);
	WRITE_ONCE(place->dropped, max(place->dropped, place->end));
	WRITE_ONCE(place->id, id);
	WRITE_ONCE(place->end, OPEN);
	raw_write_seqcount_end(&place->seq);
	raw_spin_unlock_irqrestore(&place->lock, flags);
	return id;
}

u64 spf_shadow_share_end(struct spf_shadow *sh, u32 share, u64 now)
{
	struct spf_share *place = place_of(sh, share);
	unsigned long flags = spf_spin_lock_irqsave(&place->lock);

	raw_write_seqcount_begin(&place->seq);
	now = now ?: published();
	if (place->id == share) {
		WRITE_ONCE(place->end, now);
	} else {
		WRITE_ONCE(place->dropped, max(place->dropped, now));
		if (place->strays)
			WRITE_ONCE(place->strays, place->strays - 1);
	}
	raw_write_seqcount_end(&place->seq);
	raw_spin_unlock_irqrestore(&place->lock, flags);
	return now;
}

/*
 * When a share has ended, OPEN if it has not.  *lost: it is not known any more;
 * then it was not later than what is returned, U64_MAX if it may be open.
 */
static u64 end_of_share(struct spf_shadow *sh, u32 share, bool *lost)
{
	const struct spf_share *place = place_of(sh, share);
	unsigned int seq;
	u64 end;

	do {
		seq = raw_read_seqcount_begin(&place->seq);
		*lost = READ_ONCE(place->id) != share;
		if (!*lost)
			end = READ_ONCE(place->end);
		else if (READ_ONCE(place->strays))
			end = U64_MAX;
		else
			end = READ_ONCE(place->dropped);
	} while (read_seqcount_retry(&place->seq, seq));
	return end;
}

/* Also one of which that is not known any more. */
static bool is_share_open(struct spf_shadow *sh, u32 share)
{
	bool lost;
	u64 end;

	if (!share)
		return false;
	end = end_of_share(sh, share, &lost);
	return end == (lost ? U64_MAX : OPEN);
}

static bool is_section_open(struct spf_shadow *sh, const struct section *s)
{
	u64 end = READ_ONCE(s->end);

	return end & SHARED ? is_share_open(sh, end) : end == OPEN;
}

/* --- what found no room --- */

static struct spf_lost *lost_of(struct spf_shadow *sh, unsigned long mm)
{
	return &sh->lost[hash_long(mm, SPF_LOST_BITS)];
}

static void lost_until(struct spf_lost *lost, u64 now)
{
	s64 until = atomic64_read(&lost->until);

	/* It only grows, so that this comes to an end. */
	while ((u64)until < now &&
	       !atomic64_try_cmpxchg(&lost->until, &until, now))
		;
}

/* A birth is lost. */
static void lose_birth(struct spf_shadow *sh, unsigned long mm, u64 now)
{
	lost_until(lost_of(sh, mm), now);
	/* Pairs with spf_shadow_quiet(): nobody skips what is lost from now on. */
	smp_store_release(&sh->losing, 1);
}

/* A place of one that is over may be had: who looks finds an end that is later. */
static bool lose_share(struct spf_shadow *sh, struct spf_lost *lost, u32 share)
{
	u32 i;

	for (i = 0; i < SPF_LOST_SHARES; i++) {
		u32 had = READ_ONCE(lost->shares[i]);

		if (had == share)
			return true;
		if (!is_share_open(sh, had) &&
		    cmpxchg(&lost->shares[i], had, share) == had)
			return true;
	}
	return false;
}

/*
 * A section is lost: it is open until its end is told.  Before the clock is read
 * for its begin, so that who reads it later finds the loss.
 */
static void lose_section(struct spf_shadow *sh, unsigned long mm, u32 share,
			 struct spf_handle *handle)
{
	struct spf_lost *lost = lost_of(sh, mm);

	handle->index = SPF_LOST_ENTRY;
	handle->gen = sh->cleared;
	handle->serial = lost - sh->lost;
	/* More shares at a time are too many to remember: then it stays as it is. */
	if (!share || !lose_share(sh, lost, share))
		atomic_inc(&lost->open);
	/* Pairs with spf_shadow_quiet(). */
	smp_store_release(&sh->losing, 1);
}

static void end_lost(struct spf_shadow *sh, const struct spf_handle *handle,
		     u64 now)
{
	struct spf_lost *lost = &sh->lost[handle->serial];

	if (handle->gen != sh->cleared)
		return;
	lost_until(lost, now);
	/* Pairs with spf_shadow_lost(): none open means that until is new. */
	smp_mb__before_atomic();
	atomic_dec(&lost->open);
}

static bool has_lost_share(struct spf_shadow *sh, const struct spf_lost *lost,
			   u64 t0)
{
	bool forgotten;
	u32 share, i;
	u64 end;

	for (i = 0; i < SPF_LOST_SHARES; i++) {
		share = READ_ONCE(lost->shares[i]);
		if (!share)
			continue;
		end = end_of_share(sh, share, &forgotten);
		if (end > t0 || (!forgotten && end == OPEN))
			return true;
	}
	return false;
}

bool spf_shadow_lost(struct spf_shadow *sh, unsigned long mm, u64 t0)
{
	const struct spf_lost *lost = lost_of(sh, mm);

	if (atomic_read(&lost->open))
		return true;
	/* Pairs with end_lost(). */
	smp_rmb();
	return (u64)atomic64_read(&lost->until) > t0 ||
	       has_lost_share(sh, lost, t0);
}

/* --- entries --- */

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

/*
 * @n sections more, or fewer, are open.  A reader that sees an end here, and
 * so maybe nothing open any more, must see its time as well.
 */
static void count_open(struct spf_bucket *b, struct spf_entry *e, int n, u64 now)
{
	if (now > b->changed)
		WRITE_ONCE(b->changed, now);
	WRITE_ONCE(e->open, e->open + n);
	/* Pairs with spf_shadow_quiet(): changed before open. */
	smp_store_release(&b->open, b->open + n);
}

static struct spf_pool *pool_of(struct spf_shadow *sh, u32 i)
{
	return &sh->pools[i % sh->nr_pools];
}

static void give_free(struct spf_shadow *sh, u32 i)
{
	struct spf_pool *pool = pool_of(sh, i);

	WRITE_ONCE(sh->pool[i].vma, 0);
	spf_spin_lock(&pool->lock);
	WRITE_ONCE(sh->pool[i].next, pool->free);
	WRITE_ONCE(pool->free, i);
	WRITE_ONCE(pool->used, pool->used - 1);
	raw_spin_unlock(&pool->lock);
}

static u32 take_from(struct spf_shadow *sh, struct spf_pool *pool)
{
	u32 i;

	if (READ_ONCE(pool->free) == SPF_NO_ENTRY)
		return SPF_NO_ENTRY;
	spf_spin_lock(&pool->lock);
	i = pool->free;
	if (i != SPF_NO_ENTRY) {
		WRITE_ONCE(pool->free, sh->pool[i].next);
		WRITE_ONCE(pool->used, pool->used + 1);
	}
	raw_spin_unlock(&pool->lock);
	return i;
}

/* 0 when there was none, or it is too long over to be known. */
static u64 last_share_end(struct spf_shadow *sh, const struct spf_entry *e)
{
	u32 share = READ_ONCE(e->share);
	bool lost = true;
	u64 end = share ? end_of_share(sh, share, &lost) : 0;

	return lost ? 0 : end;
}

/* Caller holds the lock of the entry's bucket, or only wants a hint. */
static bool is_idle(struct spf_shadow *sh, const struct spf_entry *e, u64 now)
{
	u32 nr = min_t(u32, READ_ONCE(e->begun), SPF_RING);
	u64 last = max(READ_ONCE(e->born), READ_ONCE(e->since));
	u32 i;

	if (READ_ONCE(e->open) || is_share_open(sh, READ_ONCE(e->share)))
		return false;
	last = max(last, last_share_end(sh, e));
	last = max(last, READ_ONCE(e->forgotten_end));
	for (i = 0; i < nr; i++) {
		last = max(last, READ_ONCE(e->ring[i].begin));
		if (!(READ_ONCE(e->ring[i].end) & SHARED))
			last = max(last, READ_ONCE(e->ring[i].end));
	}
	return last + SPF_IDLE_NS < now;
}

/* Takes the entry out of its bucket.  Caller holds the bucket's lock. */
static bool unlink_index(struct spf_shadow *sh, struct spf_bucket *b, u32 index)
{
	u32 *link = &b->head;

	while (*link != SPF_NO_ENTRY && *link != index)
		link = &sh->pool[*link].next;
	if (*link == SPF_NO_ENTRY)
		return false;
	WRITE_ONCE(*link, sh->pool[index].next);
	WRITE_ONCE(sh->pool[index].gen, sh->pool[index].gen + 1);
	return true;
}

/* Takes this entry from its VMA if nothing has happened there for long. */
static bool take_idle_in(struct spf_shadow *sh, struct spf_bucket *b, u32 index,
			 unsigned long vma, u64 now)
{
	const struct spf_entry *e = &sh->pool[index];

	if (READ_ONCE(e->vma) != vma || !is_idle(sh, e, now) ||
	    !unlink_index(sh, b, index))
		return false;
	WRITE_ONCE(b->taken, max(b->taken, now));
	WRITE_ONCE(b->changed, max(b->changed, now));
	return true;
}

/* Caller holds the lock of @held and that of the entry's pool. */
static bool take_idle(struct spf_shadow *sh, struct spf_bucket *held, u32 index,
		      u64 now)
{
	unsigned long vma = READ_ONCE(sh->pool[index].vma);
	struct spf_bucket *b = spf_bucket_of(sh, vma);
	bool taken;

	if (!vma || !is_idle(sh, &sh->pool[index], now))
		return false;
	if (b == held)
		return take_idle_in(sh, b, index, vma, now);
	if (!raw_spin_trylock(&b->lock))
		return false;
	raw_write_seqcount_begin(&b->seq);
	taken = take_idle_in(sh, b, index, vma, now);
	raw_write_seqcount_end(&b->seq);
	raw_spin_unlock(&b->lock);
	return taken;
}

/* So many entries are asked, at the most, whether they are idle. */
#define ASK_MAX	8

static u32 take_back(struct spf_shadow *sh, struct spf_pool *pool,
		     struct spf_bucket *held)
{
	u64 now = spf_now();
	u32 i = SPF_NO_ENTRY;
	u32 asked;

	spf_spin_lock(&pool->lock);
	for (asked = 0; asked < ASK_MAX && i == SPF_NO_ENTRY; asked++) {
		u32 hand = pool->hand;

		pool->hand = hand + sh->nr_pools < sh->vmas_max ?
			     hand + sh->nr_pools : hand % sh->nr_pools;
		if (take_idle(sh, held, hand, now))
			i = hand;
	}
	raw_spin_unlock(&pool->lock);
	return i;
}

/* SPF_POOLS_MAX steps at the most.  Caller holds the lock of the bucket. */
static u32 take_free(struct spf_shadow *sh, struct spf_bucket *b)
{
	u32 home = (b - sh->buckets) % sh->nr_pools;
	u32 i = SPF_NO_ENTRY;
	u32 n;

	for (n = 0; n < sh->nr_pools && i == SPF_NO_ENTRY; n++)
		i = take_from(sh, pool_of(sh, home + n));
	return i != SPF_NO_ENTRY ? i : take_back(sh, pool_of(sh, home), b);
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

/* Caller holds the bucket's lock. */
static u32 insert(struct spf_shadow *sh, struct spf_bucket *b,
		  const struct spf_key *key, u64 born)
{
	u32 i = take_free(sh, b);

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
	unlink_index(sh, b, i);
	give_free(sh, i);
}

/* The oldest section makes room; what is still true of it is kept. */
static void forget_oldest(struct spf_entry *e, const struct section *s)
{
	if (s->end == OPEN)
		WRITE_ONCE(e->forgotten_open, e->forgotten_open + 1);
	else if (s->end & SHARED)
		WRITE_ONCE(e->forgotten_share, s->end);
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
	WRITE_ONCE(s->end, change->share ? SHARED | change->share : OPEN);
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
	else
		lose_birth(sh, key->mm, now);
	write_unlock_bucket(b, flags);
	return i != SPF_NO_ENTRY;
}

/* Whose are the sections that are open?  Forgotten ones are another task's. */
static enum spf_begun who_else(struct spf_shadow *sh, const struct spf_entry *e,
			       u32 writer)
{
	u32 nr = min_t(u32, e->begun, SPF_RING);
	u32 open = e->open + is_share_open(sh, e->share);
	u32 own = 0, i;

	if (likely(!open))
		return SPF_BEGUN_ALONE;
	for (i = 0; i < nr; i++)
		own += is_section_open(sh, &e->ring[i]) &&
		       e->ring[i].writer == writer;
	return own == open ? SPF_BEGUN_NESTED : SPF_BEGUN_CONCURRENT;
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
		begun = who_else(sh, &sh->pool[i], change->writer);
		count_open(b, &sh->pool[i], !change->share, change->begin);
	} else {
		lose_section(sh, key->mm, change->share, handle);
	}
	change->begin = change->begin ?: published();
	if (i != SPF_NO_ENTRY) {
		count_open(b, &sh->pool[i], 0, change->begin);
		serial = open_section(&sh->pool[i], change);
		set_handle(sh, handle, i, serial);
	}
	write_unlock_bucket(b, flags);
	return begun;
}

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
	return handle->index < sh->vmas_max &&
	       still_owned(&sh->pool[handle->index], handle);
}

u64 spf_shadow_end(struct spf_shadow *sh, const struct spf_handle *handle,
		   u64 now, const struct spf_range *range)
{
	unsigned long flags;
	struct spf_bucket *b;
	struct spf_entry *e;

	if (handle->index >= sh->vmas_max) {
		now = now ?: published();
		if (handle->index == SPF_LOST_ENTRY)
			end_lost(sh, handle, now);
		return now;
	}
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

void spf_shadow_settle(struct spf_shadow *sh, const struct spf_handle *handle,
		       u8 effect)
{
	unsigned long flags;
	struct spf_bucket *b;
	struct spf_entry *e;
	struct section *s;

	if (handle->index >= sh->vmas_max)
		return;
	e = &sh->pool[handle->index];
	b = bucket_of_handle(sh, handle);
	flags = write_lock_bucket(b);
	s = &e->ring[handle->serial % SPF_RING];
	if (still_owned(e, handle) && e->begun - handle->serial <= SPF_RING)
		WRITE_ONCE(s->what, with_effect(s->what, effect));
	write_unlock_bucket(b, flags);
}

/* What of the parent's past goes to a child; a copy, made under its lock. */
struct past {
	u64 born;
	u64 forgotten_end;
	u32 forgotten_open;
	u32 begun;
	u32 share;
	u32 forgotten_share;
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
	u32 n;

	past->begun = 0;
	if (parent->index >= sh->vmas_max)
		return false;
	e = &sh->pool[parent->index];
	b = bucket_of_handle(sh, parent);
	/* Only read: no need to disturb the readers. */
	flags = spf_spin_lock_irqsave(&b->lock);
	known = still_owned(e, parent);
	if (known) {
		past->born = e->born;
		past->forgotten_end = e->forgotten_end;
		past->forgotten_open = e->forgotten_open;
		past->begun = e->begun;
		past->share = e->share;
		past->forgotten_share = e->forgotten_share;
		past->marked = e->marked;
		past->marker = e->marker;
		/* A call of memcpy() takes longer. */
		for (n = past->begun > SPF_RING ? past->begun - SPF_RING : 0;
		     n != past->begun; n++)
			past->ring[n % SPF_RING] = e->ring[n % SPF_RING];
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
	WRITE_ONCE(e->share, past->share);
	WRITE_ONCE(e->forgotten_share, past->forgotten_share);
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
	if (known && i == SPF_NO_ENTRY)
		lose_section(sh, child->mm, 0, handle);
	write_unlock_bucket(b, flags);
	return i != SPF_NO_ENTRY;
}

void spf_shadow_adopt(struct spf_shadow *sh, const struct spf_key *key)
{
	struct spf_bucket *b = bucket_of(sh, key);
	unsigned long flags = write_lock_bucket(b);
	u32 i = find_or_insert(sh, b, key);

	if (i != SPF_NO_ENTRY)
		note_mark(&sh->pool[i], key);
	write_unlock_bucket(b, flags);
}

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

/* Would a commit beside this section be wrong?  docs/designs.md */
static bool endangers(const struct section *s, unsigned long address,
		      bool was_open, struct spf_seen *seen)
{
	u32 kind = kind_in(READ_ONCE(s->what));

	if (!READ_ONCE(s->hold))
		return false;
	if (!(1U << kind & SPF_KINDS_OF_PAGES))
		return matters(s, address, seen);
	return covers(s, address) && !(was_open && kind == SPF_KIND_MPROTECT);
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
		seen->unsafe |= endangers(s, span->address, true, seen);
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
	seen->unsafe |= endangers(s, span->address, false, seen);
	seen->flags |= effect_in(READ_ONCE(s->what)) == SPF_EFFECT_FLAGS;
}

/* When it has ended.  Return: false when nobody knows whether that was by @t0. */
static bool end_of(struct spf_shadow *sh, const struct section *s, u64 t0,
		   u64 *end)
{
	bool lost;

	*end = READ_ONCE(s->end);
	if (likely(!(*end & SHARED)))
		return true;
	*end = end_of_share(sh, *end, &lost);
	if (!lost || *end <= t0)
		return true;
	*end = READ_ONCE(s->begin);
	return false;
}

/* All that is told of a section only if it is known when it has ended. */
static void look_at_end(const struct spf_entry *e, const struct section *s,
			const struct spf_span *span, struct spf_seen *seen,
			u64 begin, u64 end)
{
	if (end > span->t0 && end <= span->until)
		seen->ended = true;
	look_at_mark(e, s, span, seen, begin, end);
	if (begin <= span->t0)
		look_at_past(s, span, seen, begin, end);
}

/*
 * Sections are kept in the order in which they were recorded, which need not
 * be that of their begin: the clock is read before the lock is taken.
 */
static void look_at_ring(struct spf_shadow *sh, const struct spf_entry *e,
			 const struct spf_span *span, struct spf_seen *seen)
{
	u32 begun = READ_ONCE(e->begun);
	u32 nr = min_t(u32, begun, SPF_RING);
	u64 first = U64_MAX;	/* begin of the one noted, unless odd */

	while (nr--) {
		const struct section *s = &e->ring[--begun % SPF_RING];
		u64 begin = READ_ONCE(s->begin);
		u64 end;

		if (begin > span->t1)
			continue;
		if (end_of(sh, s, span->t0, &end))
			look_at_end(e, s, span, seen, begin, end);
		else
			seen->overrun = true;
		if (begin <= span->t0)
			continue;
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

/* Has one of a share that is no longer in the ring touched the span? */
static bool was_shared(struct spf_shadow *sh, const struct spf_entry *e, u64 t0)
{
	u32 share = READ_ONCE(e->forgotten_share);
	bool lost;
	u64 end;

	if (likely(!share))
		return false;
	end = end_of_share(sh, share, &lost);
	return end > t0 || (!lost && end == OPEN);
}

static void look_at_entry(struct spf_shadow *sh, const struct spf_entry *e,
			  const struct spf_span *span, struct spf_seen *seen)
{
	seen->known = true;
	seen->mark = READ_ONCE(e->mark);
	seen->born = READ_ONCE(e->born);
	seen->since = READ_ONCE(e->since);
	seen->absent = seen->born > span->t0;
	seen->overrun = READ_ONCE(e->forgotten_open) ||
			READ_ONCE(e->forgotten_end) > span->t0 ||
			was_shared(sh, e, span->t0);
	look_at_ring(sh, e, span, seen);
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
		seq = raw_read_seqcount_begin(&b->seq);
		e = peek(sh, b, key, seq);
		if (e)
			look_at_entry(sh, e, span, seen);
		else
			seen->overrun = READ_ONCE(b->taken) > span->t0;
		set_handle(sh, &seen->entry, e ? e - sh->pool : SPF_NO_ENTRY,
			   0);
	} while (read_seqcount_retry(&b->seq, seq));
	if (unlikely(READ_ONCE(sh->losing)))
		seen->overrun |= spf_shadow_lost(sh, key->mm, span->t0);
}

bool spf_shadow_after(struct spf_shadow *sh, const struct spf_key *key, u64 t1,
		      struct spf_change *first)
{
	struct spf_bucket *b = bucket_of(sh, key);
	const struct spf_entry *e;
	unsigned int seq;
	bool found;

	do {
		seq = raw_read_seqcount_begin(&b->seq);
		e = peek(sh, b, key, seq);
		found = e && first_after(e, t1, first);
	} while (read_seqcount_retry(&b->seq, seq));
	return found;
}
