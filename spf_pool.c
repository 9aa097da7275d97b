// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2b, the entries of the shadow table that are free, or idle.
 *
 * Compiled in the module and, unchanged, in tests/unit.  Locking: spf_shadow.c.
 */
#include <linux/kernel.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

#include <spf/clock.h>
#include <spf/entry.h>
#include <spf/pool.h>
#include <spf/shadow.h>
#include <spf/share.h>
#include <spf/spin.h>

void spf_pools_clear(struct spf_shadow *sh)
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

u32 spf_shadow_used(struct spf_shadow *sh)
{
	u32 used = 0, i;

	for (i = 0; i < sh->nr_pools; i++)
		used += READ_ONCE(sh->pools[i].used);
	return used;
}

static struct spf_pool *pool_of(struct spf_shadow *sh, u32 i)
{
	return &sh->pools[i % sh->nr_pools];
}

void spf_pool_give(struct spf_shadow *sh, u32 i)
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
	u64 end = share ? spf_share_end_of(sh, share, &lost) : 0;

	return lost ? 0 : end;
}

/* Caller holds the lock of the entry's bucket, or only wants a hint. */
static bool is_idle(struct spf_shadow *sh, const struct spf_entry *e, u64 now)
{
	u32 nr = min_t(u32, READ_ONCE(e->begun), SPF_RING);
	u64 last = max(READ_ONCE(e->born), READ_ONCE(e->since));
	u32 i;

	if (READ_ONCE(e->open) || spf_share_is_open(sh, READ_ONCE(e->share)))
		return false;
	last = max(last, last_share_end(sh, e));
	last = max(last, READ_ONCE(e->forgotten_end));
	for (i = 0; i < nr; i++) {
		last = max(last, READ_ONCE(e->ring[i].begin));
		if (!(READ_ONCE(e->ring[i].end) & SPF_SHARED))
			last = max(last, READ_ONCE(e->ring[i].end));
	}
	return last + SPF_IDLE_NS < now;
}

/* Takes the entry out of its bucket.  Caller holds the bucket's lock. */
bool spf_entry_unlink(struct spf_shadow *sh, struct spf_bucket *b, u32 index)
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
	    !spf_entry_unlink(sh, b, index))
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
u32 spf_pool_take(struct spf_shadow *sh, struct spf_bucket *b)
{
	u32 home = (b - sh->buckets) % sh->nr_pools;
	u32 i = SPF_NO_ENTRY;
	u32 n;

	for (n = 0; n < sh->nr_pools && i == SPF_NO_ENTRY; n++)
		i = take_from(sh, pool_of(sh, home + n));
	return i != SPF_NO_ENTRY ? i : take_back(sh, pool_of(sh, home), b);
}
