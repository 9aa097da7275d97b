// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2d, faults whose verdict depends on what write holds are going to do.
 *
 * Compiled in the module and, unchanged, in tests/unit.
 *
 * Faults of one VMA that met the same holds are one group: it depends on every
 * hold of its mm up to the newest at that time.  A section on the VMA in one of
 * those makes all of the group possible; when the last of those holds is over,
 * none is.
 *
 * Notes on locking
 *
 * - bucket->lock of the holds of a group's mm protects the group, and the list of all
 *   groups of that bucket.
 * - chain->lock (raw spinlock) protects the list of groups whose VMAs share it, of all
 *   mms.  It nests inside bucket->lock.
 * - pool_lock (raw spinlock) protects the list of free groups.  It nests inside both.
 *
 * A chain gets no longer than SPF_HOLD_STEPS, and of a bucket's list so many are looked
 * at before interrupts are on again; each that is cleared is looked for in its chain.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include <spf/defer.h>
#include <spf/hold.h>
#include <spf/spin.h>
#include <spf/table.h>

struct spf_group {
	unsigned long mm;
	unsigned long vma;
	u64 newest;		/* depends on holds up to this number */
	u64 faults;
	u32 gen;
	bool cleared;		/* how the last one that was here ended */
	bool forgotten;		/* counts for nothing: nobody may join it */
	struct spf_link link;	/* next: in the free list, too */
	u32 chain;		/* the next one by VMA */
};

bool spf_defer_alloc(struct spf_holds *hs)
{
	u32 i;

	raw_spin_lock_init(&hs->pool_lock);
	for (i = 0; i < ARRAY_SIZE(hs->chains); i++)
		raw_spin_lock_init(&hs->chains[i].lock);
	hs->groups = spf_table_alloc(SPF_DEFERRED_MAX, sizeof(*hs->groups));
	return hs->groups;
}

void spf_defer_free(struct spf_holds *hs)
{
	vfree(hs->groups);
}

size_t spf_defer_bytes(void)
{
	return SPF_DEFERRED_MAX * sizeof(struct spf_group);
}

void spf_defer_clear_all(struct spf_holds *hs)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hs->chains); i++)
		hs->chains[i].first = SPF_NOBODY;
	for (i = 0; i < SPF_DEFERRED_MAX; i++) {
		hs->groups[i].faults = 0;
		hs->groups[i].gen++;
		hs->groups[i].link.next = i + 1;
	}
	hs->groups[SPF_DEFERRED_MAX - 1].link.next = SPF_NOBODY;
	hs->free = 0;
}

/* --- groups; the caller holds the bucket's lock --- */

static u32 take_group(struct spf_holds *hs)
{
	u32 i;

	spf_spin_lock(&hs->pool_lock);
	i = hs->free;
	if (i != SPF_NOBODY)
		hs->free = hs->groups[i].link.next;
	raw_spin_unlock(&hs->pool_lock);
	return i;
}

static void free_group(struct spf_holds *hs, u32 i)
{
	spf_spin_lock(&hs->pool_lock);
	hs->groups[i].link.next = hs->free;
	hs->free = i;
	raw_spin_unlock(&hs->pool_lock);
}

static struct spf_chain *chain_of(struct spf_holds *hs, unsigned long vma)
{
	return &hs->chains[hash_long(vma, SPF_CHAIN_BITS)];
}

static void queue_group(struct spf_holds *hs, struct spf_hold_bucket *b, u32 i)
{
	const u32 last = b->groups.last;

	hs->groups[i].link = (struct spf_link){ SPF_NOBODY, last };
	if (last != SPF_NOBODY)
		hs->groups[last].link.next = i;
	else
		WRITE_ONCE(b->groups.first, i);
	b->groups.last = i;
}

static void unqueue_group(struct spf_holds *hs, struct spf_hold_bucket *b, u32 i)
{
	const struct spf_link link = hs->groups[i].link;

	if (link.prev != SPF_NOBODY)
		hs->groups[link.prev].link.next = link.next;
	else
		WRITE_ONCE(b->groups.first, link.next);
	if (link.next != SPF_NOBODY)
		hs->groups[link.next].link.prev = link.prev;
	else
		b->groups.last = link.prev;
}

/* A chain is never longer than SPF_HOLD_STEPS. */
static void unchain_group(struct spf_holds *hs, u32 i)
{
	struct spf_chain *chain = chain_of(hs, hs->groups[i].vma);
	u32 *place = &chain->first;

	spf_spin_lock(&chain->lock);
	while (*place != i)
		place = &hs->groups[*place].chain;
	*place = hs->groups[i].chain;
	raw_spin_unlock(&chain->lock);
}

/* The faults of a group that is in no chain any more are what they are. */
static u64 dissolve(struct spf_holds *hs, struct spf_hold_bucket *b, u32 i, bool cleared)
{
	struct spf_group *g = &hs->groups[i];
	u64 faults = g->faults;

	unqueue_group(hs, b, i);
	WRITE_ONCE(g->faults, 0);
	WRITE_ONCE(g->cleared, cleared);
	/* Pairs with spf_defer_cleared(). */
	smp_store_release(&g->gen, g->gen + 1);
	free_group(hs, i);
	return faults;
}

static bool is_of(const struct spf_group *g, unsigned long mm, unsigned long vma)
{
	return g->vma == vma && g->mm == mm;
}

/* At the head of its chain, which the caller has locked. */
static u32 make_group(struct spf_holds *hs, struct spf_hold_bucket *b, unsigned long mm,
		      unsigned long vma, u64 newest)
{
	u32 i = take_group(hs);
	struct spf_group *g;

	if (i == SPF_NOBODY)
		return i;
	g = &hs->groups[i];
	WRITE_ONCE(g->gen, g->gen + 1);
	/* What is told of its last life goes before: see spf_defer_cleared(). */
	smp_wmb();
	WRITE_ONCE(g->mm, mm);
	g->vma = vma;
	g->newest = newest;
	g->forgotten = false;
	g->chain = chain_of(hs, vma)->first;
	chain_of(hs, vma)->first = i;
	queue_group(hs, b, i);
	/* Before its first fault: pairs with forget_group(). */
	smp_wmb();
	return i;
}

/* The one that a fault belongs to, SPF_NOBODY if there is no room. */
static u32 group_of(struct spf_holds *hs, struct spf_hold_bucket *b, unsigned long mm,
		    unsigned long vma, u64 newest)
{
	struct spf_chain *chain = chain_of(hs, vma);
	u32 i, steps = 0;

	spf_spin_lock(&chain->lock);
	for (i = chain->first; i != SPF_NOBODY; i = hs->groups[i].chain) {
		const struct spf_group *g = &hs->groups[i];

		/* Another mm's may be forgotten just now. */
		if (is_of(g, mm, vma) && g->newest == newest && !g->forgotten)
			break;
		steps++;
	}
	if (i == SPF_NOBODY && steps < SPF_HOLD_STEPS)
		i = make_group(hs, b, mm, vma, newest);
	raw_spin_unlock(&chain->lock);
	return i;
}

/* --- what becomes of them --- */

/* Where a walk over a bucket's groups goes on; gen: of the group there. */
struct walk {
	u32 next;
	u32 gen;
};

/* The caller holds the bucket's lock. */
static void clear_some(struct spf_holds *hs, struct spf_hold_bucket *b,
		       unsigned long mm, struct walk *walk, u64 *cleared)
{
	u64 oldest = spf_hold_oldest(hs, b, mm);
	u32 i = walk->next, steps = SPF_HOLD_STEPS;

	/* It has left the list meanwhile; or it is the first step. */
	if (i == SPF_NOBODY || READ_ONCE(hs->groups[i].gen) != walk->gen)
		i = b->groups.first;
	while (i != SPF_NOBODY && steps--) {
		struct spf_group *g = &hs->groups[i];
		u32 next = g->link.next;

		if (g->mm == mm && g->newest < oldest) {
			unchain_group(hs, i);
			*cleared += dissolve(hs, b, i, true);
		}
		i = next;
	}
	walk->next = i;
	walk->gen = i == SPF_NOBODY ? 0 : hs->groups[i].gen;
}

/*
 * Groups that depend on none that is left, with interrupts on in between.  There are
 * SPF_DEFERRED_MAX at the most; what comes meanwhile is for a hold that goes on.
 */
u64 spf_defer_over(struct spf_holds *hs, unsigned long mm)
{
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, mm);
	struct walk walk = { SPF_NOBODY };
	u32 rounds = SPF_DEFERRED_MAX / SPF_HOLD_STEPS;
	u64 cleared = 0;
	unsigned long flags;

	do {
		flags = spf_spin_lock_irqsave(&b->lock);
		clear_some(hs, b, mm, &walk, &cleared);
		raw_spin_unlock_irqrestore(&b->lock, flags);
	} while (walk.next != SPF_NOBODY && --rounds);
	return cleared;
}

/* Of a VMA: those that depend on hold @number, or on a newer one. */
static u64 dissolve_of(struct spf_holds *hs, unsigned long mm, unsigned long vma,
		       u64 number, bool cleared)
{
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, mm);
	struct spf_chain *chain = chain_of(hs, vma);
	u32 *place = &chain->first;
	unsigned long flags;
	u64 faults = 0;

	flags = spf_spin_lock_irqsave(&b->lock);
	spf_spin_lock(&chain->lock);
	while (*place != SPF_NOBODY) {
		struct spf_group *g = &hs->groups[*place];
		u32 i = *place;

		if (is_of(g, mm, vma) && g->newest >= number) {
			*place = g->chain;
			faults += dissolve(hs, b, i, cleared);
		} else {
			place = &g->chain;
		}
	}
	raw_spin_unlock(&chain->lock);
	raw_spin_unlock_irqrestore(&b->lock, flags);
	return faults;
}

u64 spf_defer_resolve(struct spf_holds *hs, unsigned long mm, unsigned long vma,
		      u64 number)
{
	return dissolve_of(hs, mm, vma, number, false);
}

u64 spf_defer_forget(struct spf_holds *hs, unsigned long mm, unsigned long vma)
{
	if (READ_ONCE(spf_hold_bucket_of(hs, mm)->groups.first) == SPF_NOBODY)
		return 0;
	return dissolve_of(hs, mm, vma, 0, true);
}

enum spf_meeting spf_defer(struct spf_holds *hs, unsigned long mm, unsigned long vma,
			   u64 t1, struct spf_deferred *deferred)
{
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, mm);
	enum spf_meeting meeting = SPF_MEETING_NOBODY;
	unsigned long flags;
	u64 newest;
	u32 i;

	flags = spf_spin_lock_irqsave(&b->lock);
	newest = spf_hold_newest(hs, b, mm, t1);
	if (!newest)
		goto out;
	i = newest == U64_MAX ? SPF_NOBODY : group_of(hs, b, mm, vma, newest);
	meeting = i == SPF_NOBODY ? SPF_MEETING_FULL : SPF_MEETING_DEFERRED;
	if (i == SPF_NOBODY)
		goto out;
	WRITE_ONCE(hs->groups[i].faults, hs->groups[i].faults + 1);
	deferred->index = i;
	deferred->gen = hs->groups[i].gen;
out:
	raw_spin_unlock_irqrestore(&b->lock, flags);
	/* See spf_hold_sections(). */
	smp_mb();
	return meeting;
}

bool spf_defer_retract(struct spf_holds *hs, unsigned long mm,
		       const struct spf_deferred *deferred)
{
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, mm);
	struct spf_group *g = &hs->groups[deferred->index];
	unsigned long flags;
	bool pending;

	flags = spf_spin_lock_irqsave(&b->lock);
	/* It may be a group of another bucket by now: gen never comes back. */
	pending = READ_ONCE(g->gen) == deferred->gen;
	/* A reset has forgotten what was deferred before it. */
	if (pending && g->faults)
		WRITE_ONCE(g->faults, g->faults - 1);
	raw_spin_unlock_irqrestore(&b->lock, flags);
	return pending;
}

bool spf_defer_cleared(struct spf_holds *hs, const struct spf_deferred *deferred)
{
	const struct spf_group *g = &hs->groups[deferred->index];
	const u32 next = deferred->gen + 1;
	bool cleared;

	/* Pairs with dissolve(). */
	if (smp_load_acquire(&g->gen) != next)
		return false;
	cleared = READ_ONCE(g->cleared);
	/* Pairs with dissolve(). */
	smp_rmb();
	return READ_ONCE(g->gen) == next && cleared;
}

/* What has faults is in the bucket of its mm, and stays there while that is locked. */
static void forget_group(struct spf_holds *hs, const struct spf_hold_bucket *b,
			 struct spf_group *g)
{
	if (!READ_ONCE(g->faults))
		return;
	/* Pairs with make_group(). */
	smp_rmb();
	if (spf_hold_bucket_of(hs, READ_ONCE(g->mm)) != b)
		return;
	WRITE_ONCE(g->faults, 0);
	g->forgotten = true;
}

/* The lists do not change: only what their members count for. */
void spf_defer_reset(struct spf_holds *hs)
{
	unsigned long flags;
	u32 i;

	for (i = 0; i < SPF_DEFERRED_MAX; i++) {
		struct spf_group *g = &hs->groups[i];
		struct spf_hold_bucket *b = spf_hold_bucket_of(hs, READ_ONCE(g->mm));

		if (!READ_ONCE(g->faults))
			continue;
		flags = spf_spin_lock_irqsave(&b->lock);
		forget_group(hs, b, g);
		raw_spin_unlock_irqrestore(&b->lock, flags);
	}
}

u64 spf_defer_pending(struct spf_holds *hs)
{
	u64 faults = 0;
	u32 i;

	for (i = 0; i < SPF_DEFERRED_MAX; i++)
		faults += READ_ONCE(hs->groups[i].faults);
	return faults;
}
