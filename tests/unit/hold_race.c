// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many threads on one table of write holds.
 *
 * Writers have slots of their own; in each of those they begin a hold of some
 * mm, wait, get it, touch VMAs and end it.  Faults come and are deferred, and
 * some are retracted.  What becomes of a single one depends on who came first,
 * but every one has exactly one fate, of its own VMA.
 *
 * One mm belongs to one writer alone, who logs what the table's clock said and
 * touches one VMA once in each hold.  The faults in this mm log what they saw
 * and when, and all of that is compared once the threads are gone: there,
 * nothing is left to chance.
 *
 * The kind of every section is that of its hold's id, and so is the call that some
 * are named by, so that whoever is blamed can be told from everybody else.
 *
 * In the last phase somebody resets what is pending all the time: then the sum of
 * all fates may be less than what there was, and nothing may be more.
 *
 * usage: hold_race [seconds [seed]]
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/array_size.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include <spf/defer.h>

#include "ask.h"
#include "ktap.h"
#include "races.h"
#include "shim/shim.h"

#define NR_WRITERS	3
#define NR_OWN		3
#define NR_FAULTERS	3
#define NR_SLOTS	(NR_WRITERS * NR_OWN + 1)
#define LOGGED_SLOT	(NR_SLOTS - 1)
#define NR_MMS		4
#define LOGGED_MM	NR_MMS
#define NR_VMAS		6
#define NR_KEPT		16
#define MAX_TENURES	200000
#define MAX_SIGHTS	100000

/* Holds of a task that are over and known all the same; docs/verdict.md. */
#define KNOWN		8

enum rule {
	RULE_CONSERVED, RULE_NONE_LEFT, RULE_VMA, RULE_MM, RULE_FATE,
	RULE_CLEARED, RULE_MEETING, RULE_WAITS, RULE_QUIET, RULE_LASTED,
	RULE_ASKED, RULE_AT, RULE_BLAME, RULE_GAINED, RULE_OWN, RULE_BALANCE, NR_RULES,
};

static const char * const rule_names[NR_RULES] = {
	"every_fault_has_one_fate", "none_is_left", "fates_are_of_the_vma",
	"fates_are_of_the_mm", "section_or_group_is_found",
	"cleared_is_not_resolved", "meeting_is_exact",
	"waits_is_exact", "quiet_is_quiet", "lasted_is_exact",
	"asked_is_exact", "at_is_exact", "blame_is_the_holds",
	"gained_is_true", "hold_is_the_tasks", "irqs_balanced",
};

struct phase {
	const char *name;
	bool weak;
	unsigned int chaos;
	bool resets;
};

static const struct phase phases[] = {
	{ "apart",	false,	512,	false },
	{ "together",	true,	64,	false },
	{ "reset",	true,	64,	true },
};

/* What became of the faults of one VMA; of those cleared only the mm is told. */
struct fates {
	u64 deferred;
	u64 resolved;
	u64 forgotten;
	u64 retracted;
};

/* A logged hold, and the fates of the faults that met it. */
struct tenure {
	u64 id;
	u64 wait;
	u64 acquired;		/* 0: it gave up */
	u64 released;
	u64 resolved;
	u64 cleared;
	/* What the faults think of it. */
	u64 must;		/* they found no section: it must find them */
	u64 may;		/* they saw one, and were not retracted */
	u64 never;		/* it had been and gone */
};

/* A fault in the logged mm. */
struct sight {
	u64 t0;			/* when it arrived */
	u64 t1;			/* the clock before all of it */
	u64 t2;			/* and after it */
	u64 before;		/* sections that began before t1 */
	u64 touched;		/* and were said to have begun */
	u64 after;		/* sections that began before it looked back */
	u64 done;		/* tenures that were over when it had asked */
	u64 id;			/* who had the lock, as far as it saw */
	u64 when;
	enum spf_meeting meeting;
	enum spf_gained gained;
	bool waits;
	bool quiet;
	bool lasted;
	bool asked;
	bool retracted;
	bool cleared;
};

struct thread {
	pthread_t id;
	u64 rng;
	u32 nr;
	struct sight *sights;
	u32 nr_sights;
	struct {
		struct spf_deferred d;
		u32 mm, vma;
	} kept[NR_KEPT];
	u32 nr_kept;
	u64 ops;
};

static const struct phase *phase;
static struct spf_holds *hs;
static struct fates fates[NR_MMS + 1][NR_VMAS];
static u64 cleared[NR_MMS + 1];
static u64 full, nobody, told;
static struct tenure tenures[MAX_TENURES];
static u32 nr_tenures;
static u64 sections, touched, tenures_done;
static bool stop;
static u64 broken[NR_RULES];
static struct {
	u64 resolved, cleared, retracted, must, may, never;
	u64 quiet, gained[SPF_GAINED_MOVED + 1];
	u64 resets;
} met;

static u64 tick(void)
{
	return ktime_get_mono_fast_ns();
}

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

/* Orders nothing, so that ThreadSanitizer hears nothing by it. */
static void count(u64 *n, u64 by)
{
	__atomic_fetch_add(n, by, __ATOMIC_RELAXED);
}

static u32 rnd(struct thread *t, u32 n)
{
	t->rng ^= t->rng >> 12;
	t->rng ^= t->rng << 25;
	t->rng ^= t->rng >> 27;
	return ((t->rng * 0x2545F4914F6CDD1DULL) >> 32) % n;
}

static unsigned long nth_mm(u32 n)
{
	return 0xffff888100000000UL + n * 0x480UL;
}

/* The same addresses in all mms. */
static unsigned long nth_vma(u32 n)
{
	return 0xffff888200000000UL + n * 0xb0UL;
}

static u8 kind_of(u64 id)
{
	return id % SPF_NR_KINDS;
}

/* Half of them have a call, by another bit than the kind. */
static u8 call_of(u64 id)
{
	return id / SPF_NR_KINDS % 2 ? 1 + id % (SPF_NR_CALLS - 1) :
	       SPF_CALL_NONE;
}

/* It has no section yet, or is not known any more; or this. */
static bool is_deed_of(u8 deed, u64 id)
{
	return deed == SPF_NR_KINDS ||
	       deed == spf_deed_of(call_of(id), kind_of(id)) ||
	       /* It was just about to say so. */
	       deed == kind_of(id);
}

static void check(enum rule rule, bool ok)
{
	if (ok)
		return;
	/* The first one of a kind tells enough. */
	if (!__atomic_fetch_add(&broken[rule], 1, __ATOMIC_RELAXED))
		ktap_diag("%s: %s", phase->name, rule_names[rule]);
}

/* ---- writers ---- */

static void end_hold(u32 slot, u32 mm)
{
	struct spf_hold over;
	u64 nr;

	check(RULE_OWN, spf_hold_end(hs, slot, 0, &over, &nr) &&
	      over.mm == nth_mm(mm) && over.released >= over.wait &&
	      over.first == (over.sections ? kind_of(over.id) : SPF_NR_KINDS) &&
	      over.call == call_of(over.id));
	count(&cleared[mm], nr);
}

static void begin_hold(struct thread *t, u32 slot, u32 mm)
{
	u64 now = tick();
	const struct spf_hold *h;

	spf_hold_begin(hs, slot, nth_mm(mm), 0, rnd(t, 2));
	h = spf_hold_of(hs, slot, nth_mm(mm));
	check(RULE_OWN, h && h->wait > now && h->id &&
	      h->call == SPF_CALL_NONE);
	spf_hold_called(hs, slot, call_of(h->id));
	if (!rnd(t, 3))
		return;
	spf_hold_wait(hs, slot);
	if (!rnd(t, 3))
		spf_shim_yield();
	if (rnd(t, 4))
		spf_hold_got(hs, slot, tick());
}

static void touch(u32 slot, u32 mm, u32 vma)
{
	const struct spf_hold *h = spf_hold_of(hs, slot, 0);

	count(&fates[mm][vma].resolved,
	      spf_hold_touch(hs, slot, nth_vma(vma), kind_of(h->id)));
}

static void forget(u32 mm, u32 vma)
{
	count(&fates[mm][vma].forgotten,
	      spf_defer_forget(hs, nth_mm(mm), nth_vma(vma)));
}

/* Several tasks in turn, each in the middle of something. */
static void *writer(void *arg)
{
	struct thread *t = arg;
	u32 first = t->nr * NR_OWN, mm[NR_OWN];
	bool has[NR_OWN] = { false };

	while (!stopped()) {
		u32 own = rnd(t, NR_OWN), slot = first + own;
		u32 dice = rnd(t, 100);

		if (!has[own]) {
			/* Now and then another one. */
			mm[own] = rnd(t, NR_MMS);
			begin_hold(t, slot, mm[own]);
			has[own] = true;
		} else if (dice < 60) {
			touch(slot, mm[own], rnd(t, NR_VMAS));
		} else if (dice < 95) {
			end_hold(slot, mm[own]);
			has[own] = false;
		} else {
			forget(rnd(t, NR_MMS), rnd(t, NR_VMAS));
		}
		if (!rnd(t, 8))
			spf_shim_yield();
		check(RULE_BALANCE, spf_shim_irqs_off == 0);
		count_op(&t->ops);
	}
	return NULL;
}

/* Who is all alone in his mm: one section in each hold, on VMA 0. */
static void *logged_writer(void *arg)
{
	struct thread *t = arg;

	while (!stopped() && nr_tenures < MAX_TENURES) {
		struct tenure *n = &tenures[nr_tenures];
		const struct spf_hold *h;
		struct spf_hold over;

		begin_hold(t, LOGGED_SLOT, LOGGED_MM);
		h = spf_hold_of(hs, LOGGED_SLOT, 0);
		n->id = h->id;
		n->wait = h->wait;
		if (!rnd(t, 4))
			spf_shim_yield();

		/* As into the shadow table. */
		WRITE_ONCE(sections, sections + 1);
		n->resolved = spf_hold_touch(hs, LOGGED_SLOT, nth_vma(0),
					     kind_of(n->id));
		WRITE_ONCE(touched, sections);
		count(&fates[LOGGED_MM][0].resolved, n->resolved);
		if (!rnd(t, 4))
			spf_shim_yield();

		spf_hold_end(hs, LOGGED_SLOT, 0, &over, &n->cleared);
		count(&cleared[LOGGED_MM], n->cleared);
		check(RULE_OWN, over.id == n->id && over.wait == n->wait &&
		      over.sections == 1);
		n->acquired = over.acquired;
		n->released = over.released;
		nr_tenures++;
		WRITE_ONCE(tenures_done, nr_tenures);
		if (!rnd(t, 8))
			spf_shim_yield();
		count_op(&t->ops);
	}
	return NULL;
}

/* ---- faults ---- */

static void retract(struct thread *t, u32 i)
{
	struct spf_deferred d = t->kept[i].d;
	u32 mm = t->kept[i].mm, vma = t->kept[i].vma;
	bool retracted = spf_defer_retract(hs, nth_mm(mm), &d);

	t->kept[i] = t->kept[--t->nr_kept];
	count(&fates[mm][vma].retracted, retracted);
	if (!retracted)
		count(&told, spf_defer_cleared(hs, &d));
}

static void any_fault(struct thread *t)
{
	u32 mm = rnd(t, NR_MMS), vma = rnd(t, NR_VMAS);
	u64 t1 = tick() - rnd(t, 8);
	struct spf_deferred d;

	switch (spf_defer(hs, nth_mm(mm), nth_vma(vma), t1, &d)) {
	case SPF_MEETING_NOBODY:
		count(&nobody, 1);
		return;
	case SPF_MEETING_FULL:
		count(&full, 1);
		return;
	case SPF_MEETING_DEFERRED:
		break;
	}
	count(&fates[mm][vma].deferred, 1);
	if (rnd(t, 2))
		return;
	if (t->nr_kept == NR_KEPT)
		retract(t, rnd(t, NR_KEPT));
	t->kept[t->nr_kept].d = d;
	t->kept[t->nr_kept].mm = mm;
	t->kept[t->nr_kept++].vma = vma;
}

/* Any hold that is seen: what is said of it must not be said of another one. */
static void any_question(struct thread *t)
{
	u32 slot = rnd(t, NR_SLOTS - 1), mm = rnd(t, NR_MMS), blamed;
	u64 t0 = tick(), id = spf_hold_at(hs, slot, nth_mm(mm), t0);
	u32 i, nr = rnd(t, 3);
	u8 kind;

	if (!id)
		return;
	for (i = 0; i < nr; i++)
		spf_shim_yield();
	spf_hold_lasted(hs, nth_mm(mm), id, t0);
	spf_hold_asked(hs, nth_mm(mm), id, t0);
	kind = spf_hold_blame(hs, id, &blamed);
	check(RULE_BLAME, blamed == slot && is_deed_of(kind, id));
}

static void logged_fault(struct thread *t)
{
	const unsigned long mm = nth_mm(LOGGED_MM);
	struct sight *s = &t->sights[t->nr_sights];
	u32 yields = rnd(t, 4) ? 0 : rnd(t, 8);
	struct spf_deferred d;
	u32 slot;
	u8 kind;

	if (t->nr_sights == MAX_SIGHTS)
		return;
	memset(s, 0, sizeof(*s));
	s->t0 = tick();
	if (!rnd(t, 2))
		spf_shim_yield();
	s->touched = READ_ONCE(touched);
	s->before = READ_ONCE(sections);
	s->t1 = tick();
	s->quiet = spf_holds_quiet(hs, mm, s->t0);
	s->gained = spf_hold_gained(hs, mm, s->t0, s->t1, s->t1);
	s->waits = spf_hold_waits(hs, mm, s->t1);
	s->id = spf_hold_at(hs, LOGGED_SLOT, mm, s->t1);
	s->meeting = spf_defer(hs, mm, nth_vma(0), s->t1, &d);
	s->after = READ_ONCE(sections);
	s->t2 = tick();
	t->nr_sights++;
	if (s->meeting == SPF_MEETING_DEFERRED) {
		count(&fates[LOGGED_MM][0].deferred, 1);
		if (s->after != s->before)
			s->retracted = spf_defer_retract(hs, mm, &d);
		count(&fates[LOGGED_MM][0].retracted, s->retracted);
		/* Now and then it waits for the end. */
		while (!s->retracted && yields--)
			spf_shim_yield();
		s->cleared = !s->retracted && spf_defer_cleared(hs, &d);
		count(&told, s->cleared);
	}
	if (!s->id)
		return;
	if (!rnd(t, 4))
		spf_shim_yield();
	s->when = rnd(t, 2) ? s->t1 : tick() - rnd(t, 40);
	s->lasted = spf_hold_lasted(hs, mm, s->id, s->when);
	s->asked = spf_hold_asked(hs, mm, s->id, s->when);
	s->done = READ_ONCE(tenures_done);
	kind = spf_hold_blame(hs, s->id, &slot);
	check(RULE_BLAME, slot == LOGGED_SLOT && is_deed_of(kind, s->id));
}

static void *faulter(void *arg)
{
	struct thread *t = arg;

	while (!stopped()) {
		switch (rnd(t, 5)) {
		case 0:
			any_question(t);
			break;
		case 1:
		case 2:
			logged_fault(t);
			break;
		default:
			any_fault(t);
		}
		check(RULE_BALANCE, spf_shim_irqs_off == 0);
		count_op(&t->ops);
	}
	return NULL;
}

/* Somebody who writes to reset. */
static void *resetter(void *arg)
{
	struct thread *t = arg;

	while (!stopped()) {
		spf_defer_reset(hs);
		check(RULE_BALANCE, spf_shim_irqs_off == 0);
		/* One that was more than all of them has gone below 0. */
		check(RULE_CONSERVED, spf_defer_pending(hs) < 1ULL << 32);
		spf_shim_yield();
		count_op(&t->ops);
	}
	return NULL;
}

/* ---- afterwards ---- */

/* The last tenure that had been asked for by @t, NULL for none. */
static struct tenure *tenure_at(u64 t)
{
	u32 low = 0, high = nr_tenures;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (tenures[mid].wait <= t)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &tenures[low - 1] : NULL;
}

static struct tenure *tenure_of(u64 id)
{
	u32 low = 0, high = nr_tenures;

	/* They grow. */
	while (low < high) {
		u32 mid = (low + high) / 2;

		if (tenures[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < nr_tenures && tenures[low].id == id ? &tenures[low] : NULL;
}

/* Of a section number @nth (the first is 1) of its hold, see struct tenure. */
static void add_fate(struct tenure *n, u64 nth, const struct sight *s)
{
	/* One that has to be found by the section is not cleared. */
	check(RULE_CLEARED, !s->cleared || s->after >= nth);
	if (s->touched >= nth)
		n->never += !s->retracted;
	else if (s->after < nth)
		n->must += !s->retracted;
	else
		n->may += !s->retracted;
}

static void check_id(const struct sight *s)
{
	const struct tenure *n = tenure_of(s->id);
	bool known;

	check(RULE_AT, n && n->wait <= s->t1 && n->released > s->t1);
	if (!n)
		return;
	/* One may be over that is not logged yet. */
	known = s->done < (u64)(n - tenures) + KNOWN;
	if (s->lasted || known)
		check(RULE_LASTED, s->lasted == (n->released > s->when));
	if (s->asked || known)
		check(RULE_ASKED, s->asked == (n->wait <= s->when));
}

/* Of those that had asked by the end of the attempt, who got the lock in it? */
static void check_gained(const struct sight *s)
{
	const struct tenure *last = tenure_at(s->t1);
	bool asked = false, got = false, at_once = false;
	u32 i = last ? last - tenures + 1 : 0;

	/* They come one after the other. */
	while (i-- && tenures[i].released > s->t0) {
		const struct tenure *n = &tenures[i];
		bool in = n->acquired > s->t0 && n->acquired <= s->t1;

		/* Until it waits it has got it at once. */
		asked |= n->wait > s->t0;
		got |= in;
		/* The clock says that one has it before the table does. */
		at_once |= in && (n->acquired == n->wait ||
				  n->released <= s->t1);
	}
	check(RULE_QUIET, !s->quiet || !got);
	check(RULE_GAINED, s->gained != SPF_GAINED_MOVED || got || asked);
	check(RULE_GAINED, s->gained != SPF_GAINED_NONE || !at_once);
	met.quiet += s->quiet;
	met.gained[s->gained]++;
}

static void check_sight(const struct sight *s)
{
	struct tenure *n = tenure_at(s->t1);
	bool surely = n && n->released > s->t2;
	bool maybe = n && n->released > s->t1;

	check_gained(s);
	check(RULE_WAITS, s->waits ? maybe : !surely);
	check(RULE_QUIET, !s->quiet || !surely);
	check(RULE_MEETING, s->meeting == SPF_MEETING_FULL ||
	      (s->meeting == SPF_MEETING_DEFERRED ? maybe : !surely));
	/* It is said of the time before the meeting. */
	check(RULE_AT, s->id ? maybe : !surely);
	if (s->id)
		check_id(s);
	if (s->meeting == SPF_MEETING_DEFERRED && n)
		add_fate(n, n - tenures + 1, s);
}

static void check_tenures(void)
{
	u32 i;

	for (i = 0; i < nr_tenures; i++) {
		const struct tenure *n = &tenures[i];

		check(RULE_FATE, phase->resets ?
		      n->resolved + n->cleared <= n->must + n->may + n->never :
		      n->resolved >= n->must && n->cleared >= n->never &&
		      n->resolved + n->cleared == n->must + n->may + n->never);
		met.must += n->must;
		met.may += n->may;
		met.never += n->never;
	}
}

/* @left: is somebody there on whom they depend? */
static void check_fates(bool left)
{
	u64 deferred = 0, over = 0;
	u32 mm, vma;

	for (mm = 0; mm <= NR_MMS; mm++) {
		u64 rest = 0;

		for (vma = 0; vma < NR_VMAS; vma++) {
			const struct fates *f = &fates[mm][vma];
			u64 sum = f->resolved + f->forgotten + f->retracted;

			check(RULE_VMA, sum <= f->deferred);
			deferred += f->deferred;
			over += sum;
			rest += f->deferred - sum;
		}
		check(RULE_MM, left || phase->resets ? cleared[mm] <= rest :
		      cleared[mm] == rest);
		over += cleared[mm];
	}
	check(RULE_CONSERVED, phase->resets ?
	      spf_defer_pending(hs) <= deferred - over :
	      spf_defer_pending(hs) == deferred - over);
	if (!left)
		check(RULE_NONE_LEFT, !spf_defer_pending(hs) &&
		      (phase->resets || deferred == over));
}

static void finish(struct thread *w, struct thread *f)
{
	struct spf_deferred d;
	struct spf_hold over;
	u32 i, mm, vma;
	u64 nr;

	check_fates(true);
	for (i = 0; i < NR_FAULTERS; i++)
		while (f[i].nr_kept)
			retract(&f[i], f[i].nr_kept - 1);
	check_fates(true);
	for (i = 0; i < NR_SLOTS; i++) {
		if (!spf_hold_end(hs, i, 0, &over, &nr))
			continue;
		for (mm = 0; over.mm != nth_mm(mm); mm++)
			;
		count(&cleared[mm], nr);
	}
	check_fates(false);

	for (i = 0; i < NR_FAULTERS; i++) {
		u32 k;

		for (k = 0; k < f[i].nr_sights; k++)
			check_sight(&f[i].sights[k]);
	}
	check_tenures();

	/*
	 * No group was lost, none is there twice.  The table is empty: it may be filled
	 * by another hash, under which no chain gets too long.
	 */
	spf_shim_weak_hash = false;
	begin_hold(&w[0], 0, 0);
	for (i = 0; i < SPF_DEFERRED_MAX; i++)
		check(RULE_NONE_LEFT, spf_defer(hs, nth_mm(0), nth_vma(i), tick(), &d) ==
		      SPF_MEETING_DEFERRED);
	check(RULE_NONE_LEFT, spf_defer(hs, nth_mm(0), nth_vma(i), tick(), &d) ==
	      SPF_MEETING_FULL);
	check(RULE_NONE_LEFT, spf_hold_end(hs, 0, 0, &over, &nr) &&
	      nr == SPF_DEFERRED_MAX);
	spf_shim_weak_hash = phase->weak;
	for (mm = 0; mm <= NR_MMS; mm++) {
		check(RULE_NONE_LEFT, spf_holds_quiet(hs, nth_mm(mm), tick()));
		met.cleared += cleared[mm];
		for (vma = 0; vma < NR_VMAS; vma++) {
			met.resolved += fates[mm][vma].resolved;
			met.retracted += fates[mm][vma].retracted;
		}
	}
}

static void start(struct thread *t, void *(*fn)(void *), u64 seed)
{
	t->rng = seed * 0x9E3779B97F4A7C15ULL | 1;
	if (pthread_create(&t->id, NULL, fn, t))
		abort();
}

static void reset(void)
{
	memset(broken, 0, sizeof(broken));
	memset(fates, 0, sizeof(fates));
	memset(cleared, 0, sizeof(cleared));
	memset(tenures, 0, sizeof(tenures));
	nr_tenures = 0;
	tenures_done = 0;
	sections = 0;
	touched = 0;
	full = 0;
	told = 0;
	nobody = 0;
	stop = false;
	spf_shim_clock = 1000;
}

struct threads {
	struct thread w[NR_WRITERS], f[NR_FAULTERS], logged, resetter;
};

static bool all_busy(const void *what)
{
	const struct threads *all = what;
	bool busy = is_busy(&all->logged.ops) &&
		    (!phase->resets || is_busy(&all->resetter.ops));
	u32 i;

	for (i = 0; i < NR_WRITERS; i++)
		busy &= is_busy(&all->w[i].ops);
	for (i = 0; i < NR_FAULTERS; i++)
		busy &= is_busy(&all->f[i].ops);
	return busy;
}

static void run_phase(double seconds, u64 seed)
{
	struct threads all = {};
	struct thread *w = all.w, *f = all.f;
	u64 writes = 0, reads = 0, sights = 0;
	u32 i;

	reset();
	spf_shim_weak_hash = phase->weak;
	spf_shim_chaos = phase->chaos;
	hs = spf_holds_alloc(NR_SLOTS);
	if (!hs)
		abort();

	start(&all.logged, logged_writer, seed * 100);
	if (phase->resets)
		start(&all.resetter, resetter, seed * 100 + 99);
	for (i = 0; i < NR_WRITERS; i++) {
		w[i].nr = i;
		start(&w[i], writer, seed * 100 + 1 + i);
	}
	for (i = 0; i < NR_FAULTERS; i++) {
		f[i].sights = calloc(MAX_SIGHTS, sizeof(*f[i].sights));
		if (!f[i].sights)
			abort();
		start(&f[i], faulter, seed * 100 + 50 + i);
	}

	sleep_until(all_busy, &all, seconds);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);

	pthread_join(all.logged.id, NULL);
	if (phase->resets)
		pthread_join(all.resetter.id, NULL);
	met.resets += all.resetter.ops;
	for (i = 0; i < NR_WRITERS; i++) {
		pthread_join(w[i].id, NULL);
		writes += w[i].ops;
	}
	for (i = 0; i < NR_FAULTERS; i++) {
		pthread_join(f[i].id, NULL);
		reads += f[i].ops;
		sights += f[i].nr_sights;
	}
	finish(w, f);
	spf_holds_free(hs);
	for (i = 0; i < NR_FAULTERS; i++)
		free(f[i].sights);

	ktap_diag("%s: %llu writes, %llu faults and questions (%llu met nobody, %llu full)",
		  phase->name, writes, reads, nobody, full);
	ktap_diag("%u logged holds, %llu logged faults, %llu told as cleared",
		  nr_tenures, sights, told);
	report_rules(phase->name, rule_names, broken, NR_RULES);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 4;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	unsigned int i;

	ktap_plan(ARRAY_SIZE(phases) * NR_RULES + 1);
	ktap_diag("%g seconds, seed %llu", seconds, seed);
	for (i = 0; i < ARRAY_SIZE(phases); i++) {
		phase = &phases[i];
		run_phase(seconds / ARRAY_SIZE(phases), seed + i);
	}
	/* A run in which nothing met proves nothing. */
	ktap_diag("%llu resolved, %llu cleared, %llu retracted", met.resolved,
		  met.cleared, met.retracted);
	ktap_diag("logged: %llu found by the section, %llu found it, %llu after",
		  met.must, met.may, met.never);
	ktap_diag("logged: %llu quiet; %llu gained by none, %llu by somebody, %llu unknown",
		  met.quiet, met.gained[SPF_GAINED_NONE],
		  met.gained[SPF_GAINED_MOVED], met.gained[SPF_GAINED_MAYBE]);
	ktap_result(met.resolved && met.cleared && met.retracted && met.must &&
		    met.never && met.resets && met.quiet && met.gained[SPF_GAINED_NONE] &&
		    met.gained[SPF_GAINED_MOVED] &&
		    met.gained[SPF_GAINED_MAYBE], "hard_cases_met");
	return ktap_exit();
}
