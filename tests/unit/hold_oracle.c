// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property test of write holds: random operations, and every answer is compared
 * with that of an oracle which forgets nothing.
 *
 * The oracle keeps every hold, and for every deferred fault the set of holds
 * that it depends on.  It knows no groups, numbers or buckets; but how many
 * groups there are at a time it has to know, to tell when there is no room: it
 * counts them as sets of faults of one VMA that met the same newest hold.
 *
 * usage: hold_oracle [first seed [operations per run]]
 */
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/defer.h>

#include "ask.h"
#include "ktap.h"
#include "shim/shim.h"

/* Holds of a task that are over and known all the same; docs/verdict.md. */
#define KNOWN		8

#define MAX_SLOTS	24
#define NR_STALE	64

enum fate { PENDING, RESOLVED, CLEARED, RETRACTED, NR_FATES };

struct hold {
	struct spf_hold h;
	u32 slot;
	bool over;
	u32 nth_over;	/* in the order in which they ended, from 1 */
	u32 after;	/* holds of the slot that were over after it */
};

struct fault {
	unsigned long mm;
	unsigned long vma;
	struct spf_deferred d;
	u32 depends;		/* on the holds that these slots have now */
	enum fate fate;
	bool forgotten;		/* it counts no more */
	u64 meetings;		/* that there had been when it was settled */
};

struct group {
	unsigned long mm;
	unsigned long vma;
	u64 newest;		/* id of a hold */
	u32 index;		/* where the table has it */
	bool forgotten;		/* of such faults */
};

struct config {
	const char *name;
	u32 slots;
	u32 mms;
	u32 vmas;
	u32 touch;		/* of 1000 operations */
	u32 end;		/* idem */
	bool weak;
};

static const struct config configs[] = {
	{ "one_mm",		6,	1,	5,	150,	70,	false },
	{ "some_mms",		12,	4,	5,	150,	70,	false },
	{ "two_buckets",	24,	6,	8,	150,	70,	true },
	{ "single_task",	1,	2,	3,	200,	70,	true },
	/* They last, and there is no room for all groups. */
	{ "crowded",		24,	2,	6000,	20,	1,	true },
};

static struct spf_holds *hs;
static const struct config *config;
static u64 clock_now;
static bool ties;

static struct hold *holds;
static u32 nr_holds, room_holds;
static u32 nr_forgotten;		/* from before the table was cleared */
static u32 nr_over;
static u32 current_of[MAX_SLOTS];	/* in holds, ~0 for none */

static struct fault *faults;		/* those that are pending */
static u32 nr_faults, room_faults;
static u32 nr_uncounted;		/* of these */
static struct group *groups;
static u32 nr_groups, room_groups;

/* Some that are not pending any more. */
static struct fault stale[NR_STALE];
static u32 nr_stale;

static u64 fates[NR_FATES], deferred, meetings;
static u64 rng_state;
static struct {
	u64 calls, uncounted, uncounted_end;
	u64 ops, full, nobody, stale, told, lasted, unknown, blamed, cleared_late;
	u64 fates[NR_FATES];
	u64 gained[SPF_GAINED_MOVED + 1], dropped, quiet, quiet_later;
} total;

/* xorshift64*: the same numbers everywhere. */
static u32 rnd(u32 n)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return (rng_state * 0x2545F4914F6CDD1DULL >> 32) % n;
}

static u64 tick(void)
{
	clock_now += ties ? rnd(3) / 2 : 1 + rnd(4);
	return clock_now;
}

/* A time to be passed on; some leave it to the table, which reads the clock. */
static u64 pass(u64 now)
{
	if (rnd(2))
		return now;
	spf_shim_clock = now - 1;
	return 0;
}

static u64 some_time(void)
{
	u64 ago = rnd(1U << rnd(9));

	/* Beside the instants at which something happened, or long ago. */
	if (nr_holds && rnd(2)) {
		const struct hold *m = &holds[nr_holds - 1 -
					      rnd(nr_holds < 20 ? nr_holds : 20)];
		u64 t = rnd(2) || !m->over ? m->h.wait : m->h.released;

		return t + rnd(3) - 1;
	}
	return clock_now > ago ? clock_now - ago : 1;
}

static void *grow(void *v, u32 nr, u32 *room, size_t size)
{
	if (nr < *room)
		return v;
	*room = *room ? 2 * *room : 64;
	v = realloc(v, *room * size);
	if (!v)
		abort();
	return v;
}

static unsigned long nth_mm(u32 n)
{
	return 0xffff888100000000UL + n * 0x480UL;
}

static unsigned long nth_vma(u32 n)
{
	return 0xffff888200000000UL + n * 0xb0UL;
}

static bool differ(const char *what, u64 got, u64 want)
{
	if (got == want)
		return false;
	ktap_diag("%s: table %llu, oracle %llu", what, got, want);
	return true;
}

static struct hold *hold_of(u32 slot)
{
	return current_of[slot] == ~0U ? NULL : &holds[current_of[slot]];
}

static bool goes_on(const struct hold *m, unsigned long mm, u64 t)
{
	return m && m->h.mm == mm && m->h.wait <= t;
}

/* ---- deferred faults ---- */

/* Its group stays as long as it has others, and as long as none took it away. */
static void settle(u32 i, enum fate fate)
{
	faults[i].fate = fate;
	faults[i].meetings = meetings;
	nr_uncounted -= faults[i].forgotten;
	total.uncounted_end += faults[i].forgotten;
	stale[nr_stale++ % NR_STALE] = faults[i];
	fates[fate]++;
	total.fates[fate]++;
	faults[i] = faults[--nr_faults];
}

static bool resolves(const struct fault *f, u32 slot, unsigned long mm,
		     unsigned long vma)
{
	return f->mm == mm && f->vma == vma && f->depends & 1U << slot;
}

/*
 * A group is gone when a section on its VMA began in one of its holds, or the
 * last of them is over; also one whose faults were all retracted.
 */
static struct group *group_of(unsigned long mm, unsigned long vma, u64 newest)
{
	u32 i;

	for (i = 0; i < nr_groups; i++)
		if (groups[i].mm == mm && groups[i].vma == vma &&
		    groups[i].newest == newest && !groups[i].forgotten)
			return &groups[i];
	return NULL;
}

/* Room is for so many, and for so many of those whose VMAs share a chain. */
static bool is_full(unsigned long vma)
{
	u32 chain = hash_long(vma, SPF_CHAIN_BITS), i, nr = 0;

	for (i = 0; i < nr_groups; i++)
		nr += hash_long(groups[i].vma, SPF_CHAIN_BITS) == chain;
	return nr_groups == SPF_DEFERRED_MAX || nr >= SPF_HOLD_STEPS;
}

static const struct hold *hold_by_id(u64 id)
{
	u32 i;

	for (i = nr_holds; i--; )
		if (holds[i].h.id == id)
			return &holds[i];
	abort();
}

/* Does a group that met @newest depend on @m? */
static bool in_group(const struct group *g, const struct hold *m)
{
	return m->h.mm == g->mm && m <= hold_by_id(g->newest);
}

static bool is_left(const struct group *g)
{
	u32 slot;

	for (slot = 0; slot < config->slots; slot++)
		if (hold_of(slot) && in_group(g, hold_of(slot)))
			return true;
	return false;
}

static void drop_groups(unsigned long mm, unsigned long vma,
			const struct hold *by)
{
	u32 i;

	for (i = 0; i < nr_groups; )
		if (groups[i].mm == mm && groups[i].vma == vma &&
		    (!by || in_group(&groups[i], by)))
			groups[i] = groups[--nr_groups];
		else
			i++;
}

static void drop_cleared_groups(unsigned long mm)
{
	u32 i;

	for (i = 0; i < nr_groups; )
		if (groups[i].mm == mm && !is_left(&groups[i]))
			groups[i] = groups[--nr_groups];
		else
			i++;
}

static bool do_meet(void)
{
	struct fault f = {
		.mm = nth_mm(rnd(config->mms)),
		.vma = nth_vma(rnd(config->vmas)),
	};
	u64 t1 = rnd(3) ? clock_now : some_time();
	const struct hold *newest = NULL;
	enum spf_meeting want, got;
	u32 slot;

	for (slot = 0; slot < config->slots; slot++) {
		const struct hold *m = hold_of(slot);

		if (!goes_on(m, f.mm, t1))
			continue;
		f.depends |= 1U << slot;
		if (!newest || m > newest)
			newest = m;
	}
	want = !newest ? SPF_MEETING_NOBODY :
	       !is_full(f.vma) ||
	       group_of(f.mm, f.vma, newest->h.id) ? SPF_MEETING_DEFERRED :
	       SPF_MEETING_FULL;
	if (differ("waits", spf_hold_waits(hs, f.mm, t1), !!newest))
		return false;
	got = spf_defer(hs, f.mm, f.vma, t1, &f.d);
	if (differ("meeting", got, want))
		return false;
	total.full += got == SPF_MEETING_FULL;
	total.nobody += got == SPF_MEETING_NOBODY;
	if (got != SPF_MEETING_DEFERRED)
		return true;
	if (!group_of(f.mm, f.vma, newest->h.id)) {
		groups = grow(groups, nr_groups, &room_groups, sizeof(*groups));
		groups[nr_groups++] =
			(struct group){ f.mm, f.vma, newest->h.id, f.d.index };
	}
	faults = grow(faults, nr_faults, &room_faults, sizeof(*faults));
	faults[nr_faults++] = f;
	deferred++;
	meetings++;
	return true;
}

/* No place can have been taken again without a meeting. */
static bool check_cleared(const struct fault *f)
{
	bool cleared = spf_defer_cleared(hs, &f->d);

	total.told += cleared;
	if (f->fate == CLEARED && f->meetings != meetings && !cleared)
		return true;
	return !differ("cleared", cleared, f->fate == CLEARED);
}

static bool do_retract(void)
{
	struct fault f;
	u32 i;

	if (nr_stale && rnd(2)) {
		f = stale[rnd(nr_stale < NR_STALE ? nr_stale : NR_STALE)];
		/*
		 * One that was retracted is not retracted again, and its group
		 * may be there still: only what is resolved may be asked for.
		 */
		if (!f.depends)
			return true;
		total.stale++;
		return !differ("retract (stale)",
			       spf_defer_retract(hs, f.mm, &f.d), false) &&
		       check_cleared(&f);
	}
	if (!nr_faults)
		return true;
	i = rnd(nr_faults);
	f = faults[i];
	if (!check_cleared(&f))
		return false;
	faults[i].depends = 0;
	settle(i, RETRACTED);
	return !differ("retract", spf_defer_retract(hs, f.mm, &f.d), true);
}

static bool do_forget(void)
{
	unsigned long mm = nth_mm(rnd(config->mms));
	unsigned long vma = nth_vma(rnd(config->vmas));
	u64 want = 0;
	u32 i;

	for (i = nr_faults; i--; )
		if (faults[i].mm == mm && faults[i].vma == vma) {
			want += !faults[i].forgotten;
			settle(i, CLEARED);
		}
	drop_groups(mm, vma, NULL);
	return !differ("forget", spf_defer_forget(hs, mm, vma), want);
}

/* One whose faults have all been retracted may get others that count. */
static bool counts(const struct group *g)
{
	u32 i;

	for (i = 0; i < nr_faults; i++)
		if (faults[i].d.index == g->index && !faults[i].forgotten)
			return true;
	return false;
}

/* They are what they were, but for their number. */
static void do_forget_pending(void)
{
	u32 i;

	for (i = 0; i < nr_groups; i++)
		groups[i].forgotten |= counts(&groups[i]);
	for (i = 0; i < nr_faults; i++)
		faults[i].forgotten = true;
	total.uncounted += nr_faults - nr_uncounted;
	nr_uncounted = nr_faults;
	spf_defer_reset(hs);
}

/* ---- holds ---- */

static bool same_hold(const struct spf_hold *a, const struct spf_hold *b)
{
	return !differ("id", a->id, b->id) && !differ("mm", a->mm, b->mm) &&
	       !differ("wait", a->wait, b->wait) &&
	       !differ("acquired", a->acquired, b->acquired) &&
	       !differ("released", a->released, b->released) &&
	       !differ("sections", a->sections, b->sections) &&
	       !differ("kinds", a->kinds, b->kinds) &&
	       !differ("first", a->first, b->first) &&
	       !differ("call", a->call, b->call) &&
	       !differ("foreign", a->foreign, b->foreign);
}

static bool check_own(u32 slot)
{
	const struct hold *m = hold_of(slot);
	u32 n = rnd(config->mms);
	const struct spf_hold *h = spf_hold_of(hs, slot, 0);
	const struct spf_hold *on = spf_hold_of(hs, slot, nth_mm(n));
	bool is_on = m && m->h.mm == nth_mm(n);
	u64 t0 = some_time();

	return !differ("hold", !!h, !!m) && !differ("hold on", !!on, is_on) &&
	       !differ("hold at", spf_hold_at(hs, slot, nth_mm(n), t0),
		       goes_on(m, nth_mm(n), t0) ? m->h.id : 0) &&
	       (!m || same_hold(h, &m->h));
}

static bool do_begin(u32 slot)
{
	u64 now = tick();
	struct hold m = {
		.h = {
			.mm = nth_mm(rnd(config->mms)),
			.wait = now,
			.acquired = now,
			.first = SPF_NR_KINDS,
			.foreign = rnd(2),
		},
		.slot = slot,
	};
	const struct spf_hold *h;

	spf_hold_begin(hs, slot, m.h.mm, pass(now), m.h.foreign);
	h = spf_hold_of(hs, slot, 0);
	if (differ("begun", !!h, true) || differ("no id", !h->id, false))
		return false;
	/* Which one is its own business; that no two are the same, see below. */
	m.h.id = h->id;
	if (rnd(2)) {
		m.h.call = rnd(SPF_NR_CALLS);
		spf_hold_called(hs, slot, m.h.call);
	}
	holds = grow(holds, nr_holds, &room_holds, sizeof(*holds));
	current_of[slot] = nr_holds;
	holds[nr_holds++] = m;
	return check_own(slot);
}

static void do_acquire(struct hold *m)
{
	if (rnd(3)) {
		spf_hold_wait(hs, m->slot);
		m->h.acquired = 0;
	} else {
		m->h.acquired = tick();
		spf_hold_got(hs, m->slot, m->h.acquired);
	}
}

static bool do_touch(struct hold *m)
{
	unsigned long vma = nth_vma(rnd(config->vmas));
	u8 kind = rnd(SPF_NR_KINDS);
	u64 want = 0;
	u32 i;

	/* Where there is something to find, mostly. */
	if (nr_faults && rnd(3))
		vma = faults[rnd(nr_faults)].vma;
	m->h.sections++;
	m->h.kinds |= 1U << kind;
	if (m->h.first == SPF_NR_KINDS)
		m->h.first = kind;
	for (i = nr_faults; i--; )
		if (resolves(&faults[i], m->slot, m->h.mm, vma)) {
			want += !faults[i].forgotten;
			settle(i, RESOLVED);
		}
	drop_groups(m->h.mm, vma, m);
	return !differ("touch", spf_hold_touch(hs, m->slot, vma, kind), want);
}

static u64 clear_faults(u32 slot, unsigned long mm)
{
	u64 cleared = 0;
	u32 i;

	for (i = nr_faults; i--; ) {
		struct fault *f = &faults[i];

		if (f->mm != mm || !(f->depends & 1U << slot))
			continue;
		if (f->depends == 1U << slot) {
			cleared += !f->forgotten;
			settle(i, CLEARED);
		} else {
			f->depends &= ~(1U << slot);
			total.cleared_late++;
		}
	}
	return cleared;
}

static bool do_end(u32 slot)
{
	struct hold *m = hold_of(slot);
	struct spf_hold over;
	u64 now = tick(), cleared = ~0ULL;
	bool got = spf_hold_end(hs, slot, pass(now), &over, &cleared);
	u32 i;

	if (differ("end", got, !!m))
		return false;
	if (!m)
		return true;
	m->h.released = now;
	if (!same_hold(&over, &m->h))
		return false;
	for (i = 0; i < nr_holds; i++)
		holds[i].after += holds[i].slot == slot && holds[i].over;
	m->over = true;
	m->nth_over = ++nr_over;
	current_of[slot] = ~0U;
	if (differ("cleared", cleared, clear_faults(slot, m->h.mm)))
		return false;
	drop_cleared_groups(m->h.mm);
	return true;
}

/* One of the latest, current or over, or any. */
static bool do_ask(void)
{
	u64 when = some_time();
	const struct hold *m;
	bool known;
	u32 slot = ~0U;
	u32 back = 3 * KNOWN * config->slots;

	/* Of what was before a clear nobody asks. */
	if (nr_holds == nr_forgotten)
		return true;
	if (back > nr_holds - nr_forgotten)
		back = nr_holds - nr_forgotten;
	m = &holds[nr_holds - 1 - rnd(back)];
	known = !m->over || m->after < KNOWN;
	if (m->over && rnd(2))
		when = m->h.released + rnd(3) - 1;
	total.unknown += !known;
	total.lasted += m->over && known && m->h.released > when;
	if (differ("lasted", spf_hold_lasted(hs, m->h.mm, m->h.id, when),
		   !m->over || (known && m->h.released > when)) ||
	    differ("asked", spf_hold_asked(hs, m->h.mm, m->h.id, when),
		   known && m->h.wait <= when) ||
	    differ("blame", spf_hold_blame(hs, m->h.id, &slot),
		   known ? spf_deed_of(m->h.call, m->h.first) : SPF_NR_KINDS))
		return false;
	total.blamed += known && m->h.first != SPF_NR_KINDS;
	total.calls += known && m->h.call != SPF_CALL_NONE;
	return !differ("slot", slot, m->slot);
}

static bool same_place(unsigned long a, unsigned long b)
{
	return hash_long(a, SPF_HOLD_BITS) == hash_long(b, SPF_HOLD_BITS);
}

/* Has it got the lock of an mm that shares the place of @mm? */
static bool has_got(const struct hold *m, unsigned long mm)
{
	return m->h.acquired && same_place(m->h.mm, mm);
}

/* Nobody is there, and the last one got it not after @t0. */
static bool check_quiet(void)
{
	unsigned long mm = nth_mm(rnd(config->mms));
	u64 t0 = some_time(), latest = 0;
	bool quiet = true;
	u32 i;

	for (i = 0; i < config->slots; i++)
		if (hold_of(i) && same_place(hold_of(i)->h.mm, mm))
			quiet = false;
	for (i = nr_forgotten; i < nr_holds; i++)
		if (has_got(&holds[i], mm) && holds[i].h.acquired > latest)
			latest = holds[i].h.acquired;
	total.quiet += quiet && latest <= t0;
	total.quiet_later += quiet && latest > t0;
	return !differ("quiet", spf_holds_quiet(hs, mm, t0),
		       quiet && latest <= t0);
}

/* How many of those that have got it, and are over, ended after @m? */
static u32 over_after(const struct hold *m)
{
	u32 i, nr = 0;

	for (i = nr_forgotten; i < nr_holds; i++)
		nr += holds[i].over && has_got(&holds[i], m->h.mm) &&
		      holds[i].nth_over > m->nth_over;
	return nr;
}

/* Remembered are those that go on, and the last two that are over. */
static bool is_kept(const struct hold *m)
{
	return !m->over || over_after(m) < 2;
}

static enum spf_gained gained_by(const struct hold *m, unsigned long mm,
				 const u64 *t)
{
	if (m->h.mm != mm || m->h.acquired <= t[0] || m->h.acquired > t[2])
		return SPF_GAINED_NONE;
	return m->h.acquired <= t[1] ? SPF_GAINED_MOVED : SPF_GAINED_MAYBE;
}

/* One that goes on, and has asked only, has got it as far as anybody knows. */
static enum spf_gained seen_by(const struct hold *m, enum spf_gained by)
{
	bool asked = !m->over && m->h.acquired == m->h.wait && !m->h.sections;

	return by == SPF_GAINED_MOVED && asked ? SPF_GAINED_MAYBE : by;
}

static int by_time(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Mostly about when somebody got it; others beside the usual instants. */
static u64 gain_time(void)
{
	const struct hold *m;

	if (nr_holds == nr_forgotten || !rnd(4))
		return some_time();
	m = &holds[nr_holds - 1 -
		   rnd(nr_holds - nr_forgotten < 8 ? nr_holds - nr_forgotten : 8)];
	return m->h.acquired ? m->h.acquired + rnd(3) - 1 : some_time();
}

static bool check_gained(void)
{
	unsigned long mm = nth_mm(rnd(config->mms));
	u64 t[3] = { gain_time(), gain_time(), gain_time() };
	enum spf_gained truth = SPF_GAINED_NONE, want = SPF_GAINED_NONE, got;
	bool dropped = false;
	u32 i;

	qsort(t, 3, sizeof(t[0]), by_time);
	for (i = nr_forgotten; i < nr_holds; i++) {
		const struct hold *m = &holds[i];
		enum spf_gained by = gained_by(m, mm, t);

		if (!has_got(m, mm) || m->h.acquired <= t[0])
			continue;
		truth = by > truth ? by : truth;
		by = seen_by(m, by);
		if (is_kept(m))
			want = by > want ? by : want;
		else
			dropped = true;
	}
	if (dropped && want == SPF_GAINED_NONE)
		want = SPF_GAINED_MAYBE;
	got = spf_hold_gained(hs, mm, t[0], t[1], t[2]);
	total.gained[want]++;
	total.dropped += dropped;
	/* Whatever is remembered, it has to be true. */
	return !differ("gained", got, want) &&
	       !differ("moved", got == SPF_GAINED_MOVED &&
		       truth != SPF_GAINED_MOVED, false) &&
	       !differ("none", got == SPF_GAINED_NONE &&
		       truth != SPF_GAINED_NONE, false);
}

static void do_clear(void)
{
	u32 i;

	spf_holds_clear(hs);
	while (nr_faults)
		settle(0, CLEARED);
	nr_groups = 0;
	for (i = 0; i < config->slots; i++)
		current_of[i] = ~0U;
	/* What became of them need not be known any more. */
	meetings++;
	nr_forgotten = nr_holds;
}

static bool step(void)
{
	u32 dice = rnd(1000), slot = rnd(config->slots);
	struct hold *m = hold_of(slot);
	bool ok = true;

	if (dice < 400)
		ok = do_meet();
	else if (dice < 400 + config->touch)
		ok = m ? do_touch(m) : do_begin(slot);
	else if (dice < 750)
		ok = m ? check_own(slot) : do_begin(slot);
	else if (dice < 750 + config->end)
		ok = do_end(slot);
	else if (dice < 880)
		ok = do_retract();
	else if (dice < 890)
		ok = do_forget();
	else if (dice < 930 && m)
		do_acquire(m);
	else if (dice < 970)
		ok = do_ask();
	else if (dice < 985)
		ok = check_gained();
	else
		ok = check_quiet();
	/* Rare: it makes the table empty for a while. */
	if (!rnd(5000))
		do_clear();
	if (!rnd(400))
		do_forget_pending();
	return ok &&
	       !differ("pending", spf_defer_pending(hs),
		       nr_faults - nr_uncounted) &&
	       !differ("conserved", deferred - fates[RESOLVED] -
		       fates[CLEARED] - fates[RETRACTED], nr_faults);
}

static int by_id(const void *a, const void *b)
{
	u64 x = ((const struct hold *)a)->h.id;
	u64 y = ((const struct hold *)b)->h.id;

	return x < y ? -1 : x > y;
}

static bool ids_are_unique(void)
{
	u32 i;

	qsort(holds, nr_holds, sizeof(*holds), by_id);
	for (i = 1; i < nr_holds; i++)
		if (differ("id of two", holds[i].h.id == holds[i - 1].h.id,
			   false))
			return false;
	return true;
}

/* With all holds over, nothing is pending. */
static bool end_all(void)
{
	u32 slot;

	for (slot = 0; slot < config->slots; slot++)
		if (!do_end(slot))
			return false;
	return !differ("pending at the end", spf_defer_pending(hs), 0) &&
	       !differ("faults at the end", nr_faults, 0) &&
	       !differ("groups at the end", nr_groups, 0) &&
	       !differ("sum", fates[RESOLVED] + fates[CLEARED] +
		       fates[RETRACTED], deferred);
}

static bool run(u64 seed, u64 ops)
{
	bool ok = true;
	u64 op;

	rng_state = seed * 0x9E3779B97F4A7C15ULL | 1;
	ties = seed & 1;
	clock_now = 1000;
	nr_holds = 0;
	nr_forgotten = 0;
	nr_over = 0;
	nr_faults = 0;
	nr_uncounted = 0;
	nr_groups = 0;
	nr_stale = 0;
	deferred = 0;
	meetings = 0;
	memset(fates, 0, sizeof(fates));
	memset(current_of, 0xff, sizeof(current_of));
	spf_shim_weak_hash = config->weak;
	hs = spf_holds_alloc(config->slots);
	if (!hs)
		abort();

	for (op = 1; op <= ops && ok; op++)
		ok = step();
	total.ops += op - 1;
	if (ok)
		ok = end_all() && ids_are_unique();
	if (!ok) {
		ktap_diag("op %llu of %s", op - 1, config->name);
		ktap_diag("again: hold_oracle %llu %llu", seed, ops);
	}
	spf_holds_free(hs);
	return ok;
}

#define NR_SEEDS	4

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	u64 ops = argc > 2 ? strtoull(argv[2], NULL, 0) : 20000;
	unsigned int c;
	u64 s;

	ktap_plan(ARRAY_SIZE(configs) + 1);
	ktap_diag("seeds %llu..%llu, %llu operations each",
		  seed, seed + NR_SEEDS - 1, ops);
	for (c = 0; c < ARRAY_SIZE(configs); c++) {
		bool ok = true;

		config = &configs[c];
		for (s = 0; s < NR_SEEDS && ok; s++)
			ok = run(seed + s, ops);
		ktap_result(ok, config->name);
	}

	/* A test that never meets the hard cases proves nothing. */
	ktap_diag("%llu operations: %llu resolved, %llu cleared, %llu retracted",
		  total.ops, total.fates[RESOLVED], total.fates[CLEARED],
		  total.fates[RETRACTED]);
	ktap_diag("%llu stale, %llu met nobody, %llu full", total.stale,
		  total.nobody, total.full);
	ktap_diag("%llu of the stale ones told as cleared", total.told);
	ktap_diag("%llu lost one of several; asked for: %llu over and known",
		  total.cleared_late, total.lasted);
	ktap_diag("%llu unknown, %llu blamed", total.unknown, total.blamed);
	ktap_diag("gained: %llu none, %llu maybe, %llu moved, %llu with too many",
		  total.gained[SPF_GAINED_NONE], total.gained[SPF_GAINED_MAYBE],
		  total.gained[SPF_GAINED_MOVED], total.dropped);
	ktap_diag("%llu by their call; %llu did not count any more, %llu of them to the end",
		  total.calls, total.uncounted, total.uncounted_end);
	ktap_diag("%llu quiet, %llu not since", total.quiet, total.quiet_later);
	ktap_result(total.fates[RESOLVED] && total.fates[CLEARED] &&
		    total.fates[RETRACTED] && total.stale && total.told && total.nobody &&
		    total.cleared_late && total.lasted && total.unknown &&
		    total.blamed && total.gained[SPF_GAINED_NONE] &&
		    total.gained[SPF_GAINED_MAYBE] &&
		    total.gained[SPF_GAINED_MOVED] && total.dropped &&
		    total.calls && total.uncounted && total.uncounted_end &&
		    total.quiet && total.quiet_later && (total.full || ops < 20000),
		    "hard_cases_met");
	free(holds);
	free(faults);
	free(groups);
	return ktap_exit();
}
