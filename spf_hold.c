// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2c, write holds.
 *
 * Compiled in the module and, unchanged, in tests/unit.
 *
 * Notes on locking
 *
 * - bucket->lock (raw spinlock, interrupts off) protects the holds and the
 *   deferred faults of all mms that share the bucket.  Taken in probe handlers
 *   by whoever asks for mmap_lock for write, gets it or gives it back, and by
 *   faults that end while one of those is about.
 * - bucket->active is read without the lock by every fault.  A hold is counted
 *   there before its task can be seen to wait, since that is said at the entry
 *   of the function that makes it wait.
 *
 * What is recorded "now" reads the clock where it can be seen already: a fault
 * that ends later finds the hold.
 *
 * Lifetime
 *
 * The tables are allocated once and freed after all probes are gone.  A slot's
 * hold is begun and ended by the task that owns the slot alone, so that this
 * task may read its own without the lock.
 *
 * Lists may be long: thousands of threads may wait for one mmap_lock.  With interrupts
 * off SPF_HOLD_STEPS members are looked at and no more.  Holds are in the order in which
 * they have asked, so that what is looked for is at an end, but for mms that share the
 * bucket.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <spf/clock.h>
#include <spf/defer.h>
#include <spf/hold.h>
#include <spf/spin.h>
#include <spf/table.h>

/* An id is the slot and a serial number, which does not come round. */
#define SERIAL_BITS	40

void spf_holds_free(struct spf_holds *hs)
{
	if (!hs)
		return;
	vfree(hs->seats);
	spf_defer_free(hs);
	vfree(hs);
}

struct spf_holds *spf_holds_alloc(u32 slots)
{
	struct spf_holds *hs = spf_table_alloc(1, sizeof(*hs));
	u32 i;

	if (!hs)
		return NULL;
	hs->nr_seats = slots;
	hs->seats = spf_table_alloc(slots, sizeof(*hs->seats));
	if (!hs->seats || !spf_defer_alloc(hs)) {
		spf_holds_free(hs);
		return NULL;
	}
	for (i = 0; i < ARRAY_SIZE(hs->buckets); i++)
		raw_spin_lock_init(&hs->buckets[i].lock);
	spf_holds_clear(hs);
	return hs;
}

size_t spf_holds_bytes(const struct spf_holds *hs)
{
	return sizeof(*hs) + hs->nr_seats * sizeof(*hs->seats) +
	       spf_defer_bytes();
}

static const struct spf_ends nobody = { SPF_NOBODY, SPF_NOBODY };

static void clear_bucket(struct spf_hold_bucket *b)
{
	u32 i;

	b->active = 0;
	for (i = 0; i < SPF_NR_QUEUES; i++)
		b->seats[i] = nobody;
	b->groups = nobody;
	memset(b->gains, 0, sizeof(b->gains));
	b->dropped = 0;
	b->gained = 0;
}

void spf_holds_clear(struct spf_holds *hs)
{
	u32 i;

	for (i = 0; i < hs->nr_seats; i++)
		hs->seats[i].hold.id = 0;
	for (i = 0; i < ARRAY_SIZE(hs->buckets); i++)
		clear_bucket(&hs->buckets[i]);
	spf_defer_clear_all(hs);
}

/* When a hold that is over had got its lock.  The caller holds the bucket's lock. */
static void add_gain(struct spf_hold_bucket *b, unsigned long mm, u64 when)
{
	b->dropped = max(b->dropped, b->gains[1].when);
	b->gains[1] = b->gains[0];
	b->gains[0] = (struct spf_gain){ .mm = mm, .when = when };
	WRITE_ONCE(b->gained, max(b->gained, when));
}

/* --- holds --- */

static void link_seat(struct spf_holds *hs, struct spf_hold_bucket *b,
		      enum spf_queue queue, u32 slot)
{
	struct spf_ends *ends = &b->seats[queue];

	hs->seats[slot].links[queue] = (struct spf_link){ ends->first, SPF_NOBODY };
	if (ends->first != SPF_NOBODY)
		hs->seats[ends->first].links[queue].prev = slot;
	else
		ends->last = slot;
	ends->first = slot;
}

static void unlink_seat(struct spf_holds *hs, struct spf_hold_bucket *b,
			enum spf_queue queue, u32 slot)
{
	const struct spf_link link = hs->seats[slot].links[queue];
	struct spf_ends *ends = &b->seats[queue];

	if (link.prev != SPF_NOBODY)
		hs->seats[link.prev].links[queue].next = link.next;
	else
		ends->first = link.next;
	if (link.next != SPF_NOBODY)
		hs->seats[link.next].links[queue].prev = link.prev;
	else
		ends->last = link.prev;
}

void spf_hold_begin(struct spf_holds *hs, u32 slot, unsigned long mm, u64 now,
		    bool foreign)
{
	struct spf_seat *s = &hs->seats[slot];
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, mm);
	unsigned long flags;

	flags = spf_spin_lock_irqsave(&b->lock);
	WRITE_ONCE(b->active, b->active + 1);
	now = now ?: spf_published();
	WRITE_ONCE(s->hold.wait, now);
	WRITE_ONCE(s->hold.acquired, now);
	WRITE_ONCE(s->hold.leaving, 0);
	s->hold.released = 0;
	s->hold.sections = 0;
	s->hold.kinds = 0;
	s->hold.foreign = foreign;
	WRITE_ONCE(s->hold.call, SPF_CALL_NONE);
	WRITE_ONCE(s->hold.mm, mm);
	WRITE_ONCE(s->hold.first, SPF_NR_KINDS);
	/* Last, for those who read it without the lock. */
	smp_store_release(&s->hold.id, ((u64)slot + 1) << SERIAL_BITS |
			  ++s->serial);
	s->number = ++b->numbers;
	link_seat(hs, b, SPF_QUEUE_ALL, slot);
	link_seat(hs, b, SPF_QUEUE_HAVING, slot);
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

void spf_hold_called(struct spf_holds *hs, u32 slot, enum spf_call call)
{
	WRITE_ONCE(hs->seats[slot].hold.call, call);
}

void spf_hold_wait(struct spf_holds *hs, u32 slot)
{
	struct spf_hold *h = &hs->seats[slot].hold;
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, h->mm);
	unsigned long flags;

	flags = spf_spin_lock_irqsave(&b->lock);
	if (h->acquired)
		unlink_seat(hs, b, SPF_QUEUE_HAVING, slot);
	WRITE_ONCE(h->acquired, 0);
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

void spf_hold_got(struct spf_holds *hs, u32 slot, u64 now)
{
	struct spf_hold *h = &hs->seats[slot].hold;
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, h->mm);
	unsigned long flags;

	flags = spf_spin_lock_irqsave(&b->lock);
	if (!h->acquired)
		link_seat(hs, b, SPF_QUEUE_HAVING, slot);
	WRITE_ONCE(h->acquired, now ?: spf_published());
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

void spf_hold_leave(struct spf_holds *hs, u32 slot, u64 now)
{
	struct spf_hold *h = &hs->seats[slot].hold;
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, h->mm);
	unsigned long flags;

	flags = spf_spin_lock_irqsave(&b->lock);
	WRITE_ONCE(h->leaving, now ?: spf_published());
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

/* A reader that sees it gone must see what is told of it as well. */
static void remove_seat(struct spf_holds *hs, struct spf_hold_bucket *b, u32 slot)
{
	if (hs->seats[slot].hold.acquired)
		unlink_seat(hs, b, SPF_QUEUE_HAVING, slot);
	unlink_seat(hs, b, SPF_QUEUE_ALL, slot);
	/* Pairs with spf_holds_quiet(): gained before active. */
	smp_store_release(&b->active, b->active - 1);
}

u64 spf_hold_oldest(const struct spf_holds *hs, const struct spf_hold_bucket *b,
		    unsigned long mm)
{
	u32 i = b->seats[SPF_QUEUE_ALL].last, steps = SPF_HOLD_STEPS;

	while (i != SPF_NOBODY && hs->seats[i].hold.mm != mm && --steps)
		i = hs->seats[i].links[SPF_QUEUE_ALL].prev;
	if (i == SPF_NOBODY)
		return U64_MAX;
	/* None is older than the last of all. */
	if (hs->seats[i].hold.mm != mm)
		i = b->seats[SPF_QUEUE_ALL].last;
	return hs->seats[i].number;
}

bool spf_hold_end(struct spf_holds *hs, u32 slot, u64 now,
		  struct spf_hold *over, u64 *cleared)
{
	struct spf_seat *s = &hs->seats[slot];
	unsigned long flags;
	struct spf_hold_bucket *b;
	bool waiting;
	u32 n;

	if (!s->hold.id)
		return false;
	b = spf_hold_bucket_of(hs, s->hold.mm);
	flags = spf_spin_lock_irqsave(&b->lock);
	s->hold.released = now ?: spf_published();
	*over = s->hold;
	n = s->serial % SPF_RECENT;
	WRITE_ONCE(s->recent_id[n], 0);
	/* Whoever finds an id finds what belongs to it: pairs with is_deed_of(). */
	smp_wmb();
	WRITE_ONCE(s->recent_deed[n],
		   spf_deed_of(s->hold.call, s->hold.first));
	WRITE_ONCE(s->recent_wait[n], s->hold.wait);
	WRITE_ONCE(s->recent_acquired[n], s->hold.acquired);
	WRITE_ONCE(s->recent_left[n],
		   s->hold.leaving ?: s->hold.released);
	WRITE_ONCE(s->recent_released[n], s->hold.released);
	/* With all that belongs to it: pairs with is_deed_of() and read_of(). */
	smp_store_release(&s->recent_id[n], s->hold.id);
	if (s->hold.acquired)
		add_gain(b, s->hold.mm, s->hold.acquired);
	remove_seat(hs, b, slot);
	WRITE_ONCE(s->hold.id, 0);
	/* Before the next hold changes what belongs to it. */
	smp_wmb();
	waiting = b->groups.first != SPF_NOBODY;
	raw_spin_unlock_irqrestore(&b->lock, flags);
	*cleared = waiting ? spf_defer_over(hs, over->mm) : 0;
	return true;
}

u64 spf_hold_resolve(struct spf_holds *hs, u32 slot, unsigned long vma)
{
	const struct spf_seat *s = &hs->seats[slot];

	return spf_defer_resolve(hs, s->hold.mm, vma, s->number);
}

u64 spf_hold_at(struct spf_holds *hs, u32 slot, unsigned long mm, u64 t0)
{
	const struct spf_hold *h = &hs->seats[slot].hold;
	/* What belongs to it is read after it: pairs with spf_hold_begin(). */
	u64 id = smp_load_acquire(&h->id);

	return id && READ_ONCE(h->mm) == mm && READ_ONCE(h->wait) <= t0 ? id : 0;
}

static struct spf_seat *seat_of(struct spf_holds *hs, u64 id)
{
	return &hs->seats[(id >> SERIAL_BITS) - 1];
}

/*
 * The caller holds the lock of the hold's own bucket, so that it neither begins
 * nor ends.  The seat may have gone on to holds of other mms, under other locks:
 * what is read belongs to the id if that is there before and after.
 */
static bool read_of(const u64 *place, const u64 *value, u64 id, u64 *found)
{
	/* Pairs with spf_hold_begin() and spf_hold_end(). */
	if (smp_load_acquire(place) != id)
		return false;
	*found = READ_ONCE(*value);
	/* Pairs with spf_hold_end(). */
	smp_rmb();
	return READ_ONCE(*place) == id;
}

static bool read_recent(const struct spf_seat *s, const u64 *values, u64 id,
			u64 *found)
{
	u32 n;

	for (n = 0; n < SPF_RECENT; n++)
		if (read_of(&s->recent_id[n], &values[n], id, found))
			return true;
	return false;
}

/* Asked with the lock of the hold's own bucket. */
static bool has_lasted(struct spf_holds *hs, u64 id, u64 when)
{
	const struct spf_seat *s = seat_of(hs, id);
	u64 released;

	return READ_ONCE(s->hold.id) == id ||
	       (read_recent(s, s->recent_released, id, &released) && released > when);
}

static bool has_had(struct spf_holds *hs, u64 id, u64 from, u64 to)
{
	const struct spf_seat *s = seat_of(hs, id);
	u64 acquired = 0, left = 0;

	if (read_of(&s->hold.id, &s->hold.leaving, id, &left) &&
	    read_of(&s->hold.id, &s->hold.acquired, id, &acquired))
		left = left ?: U64_MAX;
	else if (!read_recent(s, s->recent_left, id, &left) ||
		 !read_recent(s, s->recent_acquired, id, &acquired))
		return false;
	return acquired && acquired <= from && left > to;
}

bool spf_hold_asked(struct spf_holds *hs, unsigned long mm, u64 id, u64 when)
{
	const struct spf_seat *s = seat_of(hs, id);
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, mm);
	unsigned long flags;
	bool asked;
	u64 wait;

	flags = spf_spin_lock_irqsave(&b->lock);
	asked = (read_of(&s->hold.id, &s->hold.wait, id, &wait) ||
		 read_recent(s, s->recent_wait, id, &wait)) && wait <= when;
	raw_spin_unlock_irqrestore(&b->lock, flags);
	return asked;
}

u64 spf_hold_newest(const struct spf_holds *hs, const struct spf_hold_bucket *b,
		    unsigned long mm, u64 t1)
{
	u32 i = b->seats[SPF_QUEUE_ALL].first, steps = SPF_HOLD_STEPS;

	for (; i != SPF_NOBODY; i = hs->seats[i].links[SPF_QUEUE_ALL].next) {
		const struct spf_seat *s = &hs->seats[i];

		if (!steps--)
			return U64_MAX;
		if (s->hold.mm == mm && s->hold.wait <= t1)
			return s->number;
	}
	return 0;
}

/* What one that got the lock tells of a fault. */
static enum spf_gained gained_at(u64 when, u64 t0, u64 until, u64 t1)
{
	if (when <= t0 || when > t1)
		return SPF_GAINED_NONE;
	return when <= until ? SPF_GAINED_MOVED : SPF_GAINED_MAYBE;
}

/*
 * The same of a hold that goes on.  Until it has to wait, has a section or is about
 * to leave, it is not known whether it has got the lock when it asked for it.
 */
static enum spf_gained gained_by(const struct spf_hold *h, u64 t0, u64 until,
				 u64 t1)
{
	enum spf_gained gained = gained_at(h->acquired, t0, until, t1);

	if (gained == SPF_GAINED_MOVED && h->acquired == h->wait &&
	    !READ_ONCE(h->sections) && !READ_ONCE(h->leaving))
		return SPF_GAINED_MAYBE;
	return gained;
}

static enum spf_gained stronger(enum spf_gained a, enum spf_gained b)
{
	return a > b ? a : b;
}

/* By those that go on. */
static enum spf_gained gained_now(const struct spf_holds *hs,
				  const struct spf_hold_bucket *b, unsigned long mm,
				  u64 t0, u64 until, u64 t1)
{
	enum spf_gained gained = SPF_GAINED_NONE;
	u32 i = b->seats[SPF_QUEUE_HAVING].first, steps = SPF_HOLD_STEPS;

	for (; i != SPF_NOBODY; i = hs->seats[i].links[SPF_QUEUE_HAVING].next) {
		const struct spf_hold *h = &hs->seats[i].hold;

		if (!steps--)
			return stronger(gained, SPF_GAINED_MAYBE);
		if (h->mm == mm)
			gained = stronger(gained, gained_by(h, t0, until, t1));
	}
	return gained;
}

static enum spf_gained gained_since(const struct spf_holds *hs,
				    const struct spf_hold_bucket *b,
				    const struct spf_query *q)
{
	enum spf_gained gained = gained_now(hs, b, q->mm, q->t0, q->until, q->t1);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(b->gains); i++)
		if (b->gains[i].mm == q->mm)
			gained = stronger(gained, gained_at(b->gains[i].when, q->t0,
							    q->until, q->t1));
	if (b->dropped > q->t0)
		gained = stronger(gained, SPF_GAINED_MAYBE);
	return gained;
}

static enum spf_waiting waits_since(const struct spf_holds *hs,
				    const struct spf_hold_bucket *b, unsigned long mm,
				    u64 t1)
{
	u64 newest = spf_hold_newest(hs, b, mm, t1);

	if (newest == U64_MAX)
		return SPF_WAITING_UNKNOWN;
	return newest ? SPF_WAITING_YES : SPF_WAITING_NO;
}

void spf_holds_ask(struct spf_holds *hs, const struct spf_query *q,
		   struct spf_company *c)
{
	struct spf_hold_bucket *b = spf_hold_bucket_of(hs, q->mm);
	unsigned long flags = spf_spin_lock_irqsave(&b->lock);

	c->lasted = q->last && has_lasted(hs, q->last, q->t0);
	c->marked = q->marker && has_had(hs, q->marker, q->lookup, q->lookup);
	c->bore = q->held && q->born && has_had(hs, q->held, q->born, q->lookup);
	c->odd = q->held && has_had(hs, q->held, q->t0 - q->margin, q->t0 + q->margin);
	c->waits = waits_since(hs, b, q->mm, q->t1);
	c->gained = gained_since(hs, b, q);
	raw_spin_unlock_irqrestore(&b->lock, flags);
}

/* Read without the lock: it belongs to the id if that is there before and after. */
static bool is_deed_of(const u64 *place, const u8 *deed, u64 id, u8 *found)
{
	/* Pairs with spf_hold_begin() and spf_hold_end(). */
	if (smp_load_acquire(place) != id)
		return false;
	*found = READ_ONCE(*deed);
	/* Pairs with spf_hold_end(). */
	smp_rmb();
	return READ_ONCE(*place) == id;
}

u8 spf_hold_blame(struct spf_holds *hs, u64 id, u32 *slot)
{
	const struct spf_seat *s = seat_of(hs, id);
	u8 first, call;
	u32 n;

	*slot = s - hs->seats;
	if (is_deed_of(&s->hold.id, &s->hold.first, id, &first) &&
	    is_deed_of(&s->hold.id, &s->hold.call, id, &call))
		return spf_deed_of(call, first);
	for (n = 0; n < SPF_RECENT; n++)
		if (is_deed_of(&s->recent_id[n], &s->recent_deed[n], id, &first))
			return first;
	return SPF_NR_KINDS;
}
