// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many threads on one shadow table.
 *
 * What a look may answer depends on who came first, so that it is not compared
 * with one model.  There are VMAs of several sorts instead, each with rules
 * that hold whatever the interleaving:
 *
 * - forever: one section, open all the time and alone
 * - busy:    one section open all the time, others come and go beside it
 * - relay:   a section ends only after the next one has begun
 * - frozen:  a few sections before the threads start, then nothing
 * - newborn: allocated, then nothing
 * - nobody:  never heard of
 * - locked:  changed under a lock of the test, so that a model exists
 * - shared:  changed by all writers at once; VMAs of a family inherit from each
 *            other
 * - clocked: changed by one thread, which lets the table read the clock and logs
 *            what it read; the readers log what they saw at which time, and all
 *            of that is compared once the threads are gone
 *
 * Those that are shared and locked are of mms that lose what finds no room; the
 * others are of one that loses nothing.
 *
 * In a phase of its own all VMAs are clocked, and there are too many of them: some
 * have sections of a share, the clock leaps so that idle entries are given on, and
 * what finds no room is lost.  There, what is certain has to be true.
 *
 * Everything about a section follows from the writer's id: its family, its kind
 * and when it began.  An answer that was put together from two entries, or from
 * two states of one, then contradicts itself.
 *
 * usage: race [seconds [seed]]
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/array_size.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include <spf/history.h>
#include <spf/shadow.h>

#include "ktap.h"
#include "races.h"
#include "shim/shim.h"

#define NR_WRITERS	4
#define NR_READERS	3
#define NR_FAMILIES	16
#define FAMILY_SIZE	4
#define NR_SHARED	(NR_FAMILIES * FAMILY_SIZE)
#define NR_LOCKED	24
#define NR_FIXED	7
#define NR_HELD		16
#define NR_FROZEN	6
#define MAX_SECTIONS	40
#define MAX_CLOCKED	400000
#define MAX_SIGHTS	50000

/* Families of the sorts that are not shared. */
enum { FOREVER = NR_FAMILIES, BUSY, RELAY, FROZEN, LOCKED, CLOCKED, OTHER };

enum rule {
	RULE_FOREVER, RULE_BUSY, RULE_RELAY, RULE_FROZEN, RULE_NEWBORN,
	RULE_NOBODY, RULE_LOCKED, RULE_FAMILY, RULE_KIND, RULE_BEGIN,
	RULE_FACTS, RULE_FIELDS, RULE_OUTSIDE, RULE_CLOCKED, RULE_QUIET, RULE_ALIVE,
	RULE_FULL, RULE_ALL_ENDED, RULE_USED, RULE_REFILL, RULE_BALANCE,
	NR_RULES,
};

static const char * const rule_names[NR_RULES] = {
	"forever_is_odd", "busy_is_odd_or_overrun", "relay_is_odd_or_overrun",
	"frozen_is_exact", "newborn_is_absent_before", "nobody_is_all_false",
	"locked_is_exact", "writer_is_of_the_family", "kind_is_the_writers",
	"begin_is_in_the_window", "facts_fit", "fields_are_of_one_section",
	"outside_is_the_bounds", "clocked_is_exact", "quiet_is_quiet",
	"alive_while_known", "full_is_lost", "all_ended_is_even",
	"used_is_the_model", "refill_is_exact", "irqs_balanced",
};

struct phase {
	const char *name;
	u32 vmas_max;
	bool weak;
	unsigned int chaos;
};

static const struct phase phases[] = {
	{ "roomy",	4096,	false,	4096 },
	{ "tight",	64,	false,	128 },
	{ "two_chains",	80,	true,	512 },
};

struct section {
	u64 begin;
	u64 end;	/* 0 while it is open */
	u32 writer;
	bool narrow;
	u8 effect;
	struct spf_handle h;
};

/* What a reader saw of the clocked VMA from @t0 to @t. */
struct sight {
	u64 t0;
	u64 t;
	bool odd;
	bool moved;
	bool overrun;
	bool quiet;
};

struct locked {
	pthread_mutex_t m;
	struct spf_key key;
	bool known;
	u64 born;
	u32 nr;
	struct section v[MAX_SECTIONS];
};

struct thread {
	pthread_t id;
	u64 rng;
	struct { struct spf_handle h; u32 vma; } held[NR_HELD];
	u32 nr_held;
	struct sight *sights;
	u32 nr_sights;
	u64 ops;
	u64 full, odd, moved, overrun;
	u64 sight_odd, sight_moved, sight_quiet;
};

static const struct phase *phase;
static struct spf_shadow *sh;
static struct spf_key forever, busy, relay, frozen, newborn, nobody, clocked;
static struct spf_key shared[NR_SHARED];
static struct locked locked[NR_LOCKED];
static struct section frozen_past[NR_FROZEN];
static struct spf_handle busy_handle;
static u64 newborn_at, forever_writer;
static struct { u64 begin, end; } clocked_past[MAX_CLOCKED];
static u32 nr_clocked;
static struct spf_handle forever_handle;
static bool stop;
static u64 broken[NR_RULES];
static struct thread met;	/* of all phases */

static u64 tick(void)
{
	return ktime_get_mono_fast_ns();
}

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static u32 rnd(struct thread *t, u32 n)
{
	t->rng ^= t->rng >> 12;
	t->rng ^= t->rng << 25;
	t->rng ^= t->rng >> 27;
	return ((t->rng * 0x2545F4914F6CDD1DULL) >> 32) % n;
}

/*
 * Family in 5 bits, kind in 3 (so not all kinds), the low 24 of when it began,
 * or of shortly before that when the table read the clock.
 */
#define KINDS		8
#define TIME_BITS	24
#define TIME_MASK	((1U << TIME_BITS) - 1)

static u32 code(u32 family, u8 kind, u64 begin)
{
	return family << 27 | (u32)kind << TIME_BITS | (begin & TIME_MASK);
}

static u32 code_family(u32 writer)
{
	return writer >> 27;
}

static u8 code_kind(u32 writer)
{
	return writer >> TIME_BITS & 7;
}

/* Is @begin the coded time, or not long after it? */
static bool code_begin(u32 writer, u64 begin, bool exactly)
{
	u32 d = ((u32)begin - writer) & TIME_MASK;

	return exactly ? !d : d && d <= TIME_MASK / 2;
}

/* What it says when it begins. */
static u8 code_effect(u32 writer)
{
	return writer & 1 ? SPF_EFFECT_BOUNDS : SPF_EFFECT_UNKNOWN;
}

/* What is said at its end, or later; what is said in the copy is "other". */
static u8 code_settled(u32 writer)
{
	return writer & 1 ? SPF_EFFECT_FLAGS : SPF_EFFECT_BOUNDS;
}

#define SLOT_GIVEN	0x800000U	/* the begin was passed */
#define SLOT_CLOCK	0x7fffffU	/* the table read the clock */

static struct spf_change change_of(u32 writer, u64 begin)
{
	return (struct spf_change){
		.begin = begin,
		.hold = (u64)writer << 32 | (writer ^ 0x5a5a5a5a),
		.start = (unsigned long)writer << 4,
		.end = ((unsigned long)writer << 4) + 16,
		.vm_start = writer,
		.vm_end = writer + (1UL << 31),
		.writer = writer,
		.slot = begin ? SLOT_GIVEN : SLOT_CLOCK,
		.kind = code_kind(writer),
		.effect = code_effect(writer),
		.marks = writer >> 1 & 1,
	};
}

static struct spf_range narrow_of(u32 writer)
{
	const unsigned long start = (unsigned long)writer << 4;

	return (struct spf_range){ start + 1, start + 8, code_settled(writer) };
}

/* Is all of it of one section, from one time? */
static bool one_section(const struct spf_change *c)
{
	const struct spf_change want = change_of(c->writer,
						 c->slot == SLOT_GIVEN);
	const struct spf_range narrow = narrow_of(c->writer);

	return c->hold == want.hold && c->vm_start == want.vm_start &&
	       c->vm_end == want.vm_end && c->slot == want.slot &&
	       c->marks == want.marks &&
	       (c->effect == want.effect || c->effect == SPF_EFFECT_OTHER ||
		c->effect == code_settled(c->writer)) &&
	       code_begin(c->writer, c->begin, c->slot == SLOT_GIVEN) &&
	       ((c->start == want.start && c->end == want.end) ||
		(c->start == narrow.start && c->end == narrow.end));
}

static void check(enum rule rule, bool ok, const struct spf_span *span,
		  const struct spf_seen *s)
{
	if (ok)
		return;
	/* The first one of a kind tells enough. */
	if (__atomic_fetch_add(&broken[rule], 1, __ATOMIC_RELAXED))
		return;
	if (!s) {
		ktap_diag("%s: %s", phase->name, rule_names[rule]);
		return;
	}
	ktap_diag("%s: %s: span %llu %llu %llu at %#lx", phase->name,
		  rule_names[rule], span->t0, span->until, span->t1,
		  span->address);
	ktap_diag("absent %d odd %d moved %d later %d past %d outside %d page %d overrun %d",
		  s->absent, s->odd, s->moved, s->later, s->past, s->outside,
		  s->page, s->overrun);
	ktap_diag("by %u %#x [%llu, %llu) slot %#x hold %#llx range [%#lx, %#lx) vma [%#lx, %#lx)",
		  s->by.kind, s->by.writer, s->by.begin, s->by_end, s->by.slot,
		  s->by.hold, s->by.start, s->by.end, s->by.vm_start,
		  s->by.vm_end);
}

static struct spf_seen look(const struct spf_key *key,
			    const struct spf_span *span)
{
	struct spf_seen seen;

	memset(&seen, 1, sizeof(seen));
	spf_shadow_look(sh, key, span, &seen);
	return seen;
}

/* Where there is no room, faults of the mms that lose are less certain. */
static bool loses(void)
{
	return phase->vmas_max < NR_SHARED + NR_LOCKED + NR_FIXED;
}

static bool all_false(const struct spf_seen *s)
{
	return !s->absent && !s->odd && !s->moved && !s->later && !s->overrun;
}

static struct spf_span now_span(void)
{
	u64 t = tick();

	return (struct spf_span){ .t0 = t, .until = t, .t1 = t, .lookup = t };
}

static struct spf_span some_span(struct thread *t)
{
	struct spf_span span;
	u64 now = tick(), ago = rnd(t, 100);

	span.t0 = ago < now ? now - ago : 1;
	span.until = span.t0 + rnd(t, 100);
	span.t1 = span.until + rnd(t, 100);
	span.lookup = rnd(t, 2) ? span.t0 : span.until;
	span.address = (unsigned long)rnd(t, ~0U) << rnd(t, 2) * 4;
	return span;
}

/* @now: what is coded; it begins then, or when the table says so. */
static enum spf_begun begin(const struct spf_key *key, u32 family, u8 kind,
			    u64 now, bool given, struct spf_handle *h)
{
	struct spf_change c = change_of(code(family, kind, now),
					given ? now : 0);
	enum spf_begun begun;

	h->index = 0;
	begun = spf_shadow_begin(sh, key, &c, h);
	check(RULE_FULL, (begun == SPF_BEGUN_FULL) ==
	      (h->index == SPF_LOST_ENTRY), NULL, NULL);
	check(RULE_BEGIN, given ? c.begin == now : c.begin > now, NULL, NULL);
	return begun;
}

static bool in(u64 t, u64 from, u64 to)
{
	return from < t && t <= to;
}

/* What is told of sections that are not named has to fit what there is. */
static void check_facts(u32 family, const struct spf_span *span,
			const struct spf_seen *s)
{
	u32 writer;

	check(RULE_FACTS, s->odd || !s->odd_matters, span, s);
	check(RULE_FACTS, s->odd || s->moved || s->later || !s->locked, span,
	      s);
	check(RULE_FACTS, s->moved || (!s->moved_matters && !s->flags), span,
	      s);
	check(RULE_FACTS, !s->flags || s->moved_matters, span, s);
	check(RULE_FACTS, s->odd || s->moved || !s->unknown, span, s);
	/* The hold of a section says who its writer is. */
	if (!s->marker)
		return;
	writer = s->marker >> 32;
	check(RULE_FACTS, (s->past || s->odd || s->moved || s->later) &&
	      code_family(writer) == family && writer >> 1 & 1, span, s);
}

/*
 * The rules for whoever is named, of all VMAs but those with an exact model.
 */
static void check_who(u32 family, const struct spf_span *span,
		      const struct spf_seen *s)
{
	bool some = s->odd || s->moved || s->later;
	u64 from = s->moved ? span->t0 : span->until;
	u64 to = s->moved ? span->until : span->t1;
	bool outside;

	if (s->past) {
		check(RULE_FAMILY, code_family(s->last.writer) == family, span,
		      s);
		check(RULE_FIELDS, one_section(&s->last), span, s);
		check(RULE_BEGIN, s->last.begin <= span->t0, span, s);
	}
	outside = !s->odd && some && (span->address < s->by.vm_start ||
				      span->address >= s->by.vm_end);
	check(RULE_OUTSIDE, s->outside == outside, span, s);
	check(RULE_OUTSIDE, !s->page || s->odd || s->moved, span, s);
	check_facts(family, span, s);
	if (!some)
		return;
	check(RULE_FAMILY, code_family(s->by.writer) == family, span, s);
	check(RULE_KIND, code_kind(s->by.writer) == s->by.kind, span, s);
	check(RULE_FIELDS, one_section(&s->by), span, s);
	if (s->odd)
		check(RULE_BEGIN, s->by.begin <= span->t0 &&
		      (!s->by_end || s->by_end > span->t0), span, s);
	else
		check(RULE_BEGIN, in(s->by.begin, from, to), span, s);
}

static bool covers(const struct section *v, unsigned long address)
{
	struct spf_change c = change_of(v->writer, 1);
	struct spf_range narrow = narrow_of(v->writer);

	return v->narrow ? address >= narrow.start && address < narrow.end :
			   address >= c.start && address < c.end;
}

static bool matters(const struct section *v, unsigned long address)
{
	struct spf_change c = change_of(v->writer, 1);
	bool moves = c.kind == SPF_KIND_ADJUST || c.kind == SPF_KIND_EXPAND;

	if (v->effect == SPF_EFFECT_BOUNDS)
		return address < c.vm_start || address >= c.vm_end ||
		       (moves && covers(v, address));
	return v->effect != SPF_EFFECT_UNKNOWN;
}

/* One that is remembered, open until @e. */
static void add_facts(const struct section *v, u64 e,
		      const struct spf_span *span, struct spf_seen *w)
{
	struct spf_change c = change_of(v->writer, 1);
	bool odd = v->begin <= span->t0 && span->t0 < e;
	bool moved = in(v->begin, span->t0, span->until);
	bool matter = matters(v, span->address);

	w->odd_matters |= odd && matter;
	w->moved_matters |= moved && matter;
	w->unknown |= (odd || moved) && v->effect == SPF_EFFECT_UNKNOWN;
	w->flags |= moved && v->effect == SPF_EFFECT_FLAGS;
	w->ended |= in(e, span->t0, span->until);
	w->locked |= c.marks && v->begin <= span->lookup && span->lookup < e;
	if (c.marks && e <= span->lookup)
		w->marker = c.hold;
}

static bool same_facts(const struct spf_seen *a, const struct spf_seen *b)
{
	return a->odd_matters == b->odd_matters &&
	       a->moved_matters == b->moved_matters &&
	       a->unknown == b->unknown && a->flags == b->flags &&
	       a->ended == b->ended && a->locked == b->locked &&
	       a->marker == b->marker && a->born == b->born;
}

/* The oracle for few sections; who of them is named is checked by the rules. */
static bool exact(const struct section *v, u32 nr, u64 born,
		  const struct spf_span *span, const struct spf_seen *s,
		  bool may_lose)
{
	struct spf_seen w = { .absent = born > span->t0, .born = born };
	bool named = false;
	bool odd, moved;
	u32 i;

	for (i = 0; i < nr; i++) {
		u64 b = v[i].begin, e = v[i].end ? v[i].end : ~0ULL;

		if (i + SPF_RING < nr) {
			w.overrun |= e > span->t0;
			continue;
		}
		odd = b <= span->t0 && span->t0 < e;
		moved = in(b, span->t0, span->until);
		w.odd |= odd;
		w.moved |= moved;
		w.later |= in(b, span->until, span->t1);
		w.past |= b <= span->t0 && e <= span->t0;
		w.page |= (odd || moved) && covers(&v[i], span->address);
		add_facts(&v[i], e, span, &w);
		named |= v[i].writer == s->by.writer;
	}
	return s->absent == w.absent && s->odd == w.odd &&
	       s->moved == w.moved && s->later == w.later &&
	       (s->overrun == w.overrun || (may_lose && s->overrun)) &&
	       s->past == w.past &&
	       s->page == w.page && same_facts(s, &w) &&
	       (named || !(w.odd || w.moved || w.later));
}

/* ---- writers ---- */

static void let_go(struct thread *t, u32 i)
{
	struct spf_handle h = t->held[i].h;

	t->held[i] = t->held[--t->nr_held];
	spf_shadow_end(sh, &h, rnd(t, 2) ? tick() : 0, NULL);
	if (!rnd(t, 4))
		spf_shadow_settle(sh, &h, SPF_EFFECT_OTHER);
}

static void hold(struct thread *t, const struct spf_handle *h, u32 vma)
{
	t->held[t->nr_held].h = *h;
	t->held[t->nr_held++].vma = vma;
}

static void write_shared(struct thread *t)
{
	/* Half of it on one family, so that the rings overflow. */
	u32 n = rnd(t, rnd(t, 2) ? FAMILY_SIZE : NR_SHARED);
	u32 dice = rnd(t, 100), i;
	const struct spf_key *key = &shared[n];
	struct spf_handle h;

	if (t->nr_held == NR_HELD)
		let_go(t, rnd(t, t->nr_held));

	if (dice < 40) {
		if (begin(key, n / FAMILY_SIZE, rnd(t, KINDS), tick(),
			  rnd(t, 2), &h) == SPF_BEGUN_FULL)
			t->full++;
		hold(t, &h, n);
	} else if (dice < 44) {
		/* Of one that is open; let_go() has those that are over. */
		if (t->nr_held)
			spf_shadow_settle(sh, &t->held[rnd(t, t->nr_held)].h,
					  SPF_EFFECT_OTHER);
	} else if (dice < 85) {
		if (t->nr_held)
			let_go(t, rnd(t, t->nr_held));
	} else if (dice < 87) {
		spf_shadow_born(sh, key, tick());
	} else if (dice < 93) {
		spf_shadow_drop(sh, key);
	} else if (t->nr_held) {
		/* A sibling takes its past. */
		i = rnd(t, t->nr_held);
		n = t->held[i].vma;
		n = n - n % FAMILY_SIZE +
		    (n + 1 + rnd(t, FAMILY_SIZE - 1)) % FAMILY_SIZE;
		h.index = 0;
		check(RULE_FULL,
		      spf_shadow_inherit(sh, &shared[n], &t->held[i].h, tick(),
					 &h) == (h.index < SPF_LOST_ENTRY),
		      NULL, NULL);
		hold(t, &h, n);
	}
}

static void write_busy(struct thread *t)
{
	struct spf_handle h[3];
	u32 i, nr = 1 + rnd(t, 3);

	for (i = 0; i < nr; i++)
		check(RULE_FULL, begin(&busy, BUSY, rnd(t, KINDS), tick(),
				       rnd(t, 2), &h[i]) ==
		      SPF_BEGUN_CONCURRENT, NULL, NULL);
	while (nr--)
		spf_shadow_end(sh, &h[nr], tick(), NULL);
}

static void locked_begin(struct thread *t, struct locked *l)
{
	struct section *s = &l->v[l->nr];
	u8 kind = rnd(t, KINDS);
	enum spf_begun begun, want = SPF_BEGUN_ALONE;
	u32 i;

	for (i = 0; i < l->nr; i++)
		if (!l->v[i].end)
			want = SPF_BEGUN_CONCURRENT;
	s->begin = tick();
	s->end = 0;
	s->narrow = false;
	s->writer = code(LOCKED, kind, s->begin);
	s->effect = code_effect(s->writer);
	begun = begin(&l->key, LOCKED, kind, s->begin, true, &s->h);
	check(RULE_ALIVE, spf_shadow_alive(sh, &s->h) ==
	      (begun != SPF_BEGUN_FULL), NULL, NULL);
	if (begun == SPF_BEGUN_FULL) {
		check(RULE_FULL, !l->known, NULL, NULL);
		spf_shadow_end(sh, &s->h, 0, NULL);
		return;
	}
	check(RULE_LOCKED, begun == want, NULL, NULL);
	l->known = true;
	l->nr++;
}

static void locked_end(struct thread *t, struct section *s)
{
	struct spf_range narrow = narrow_of(s->writer);

	check(RULE_ALIVE, spf_shadow_alive(sh, &s->h), NULL, NULL);
	s->narrow = rnd(t, 2);
	if (s->narrow)
		s->effect = code_settled(s->writer);
	s->end = spf_shadow_end(sh, &s->h, rnd(t, 2) ? tick() : 0,
				s->narrow ? &narrow : NULL);
}

/* Open or over; of one that is not remembered nobody asks. */
static void locked_settle(struct section *s)
{
	s->effect = SPF_EFFECT_OTHER;
	spf_shadow_settle(sh, &s->h, s->effect);
}

static void locked_step(struct thread *t, struct locked *l)
{
	u32 dice = rnd(t, 100), i;

	if (dice < 5 || l->nr == MAX_SECTIONS) {
		spf_shadow_drop(sh, &l->key);
		for (i = 0; i < l->nr; i++)
			check(RULE_ALIVE, !spf_shadow_alive(sh, &l->v[i].h),
			      NULL, NULL);
		l->known = false;
		l->nr = 0;
		l->born = 0;
	} else if (dice < 10) {
		u64 now = tick();
		bool ok = spf_shadow_born(sh, &l->key, now);

		/* Who has an entry never finds the table full. */
		check(RULE_FULL, ok || !l->known, NULL, NULL);
		l->nr = 0;
		l->known = ok;
		l->born = ok ? now : 0;
	} else if (dice < 50) {
		locked_begin(t, l);
	} else if (dice < 55) {
		if (l->nr)
			locked_settle(&l->v[rnd(t, l->nr)]);
	} else {
		for (i = 0; i < l->nr && (l->v[i].end || rnd(t, 2)); i++)
			;
		if (i < l->nr)
			locked_end(t, &l->v[i]);
	}
}

static void write_locked(struct thread *t)
{
	struct locked *l = &locked[rnd(t, NR_LOCKED)];
	struct spf_span span;
	struct spf_seen seen;

	pthread_mutex_lock(&l->m);
	locked_step(t, l);
	span = some_span(t);
	if (l->nr && rnd(t, 2)) {
		const struct section *s = &l->v[rnd(t, l->nr)];

		span.t0 = s->begin;
		span.until = span.t0;
		span.t1 = span.t0;
		span.lookup = span.t0;
		span.address = ((unsigned long)s->writer << 4) + rnd(t, 18) - 1;
	}
	seen = look(&l->key, &span);
	check(RULE_LOCKED, exact(l->v, l->nr, l->born, &span, &seen, loses()),
	      &span, &seen);
	check_who(LOCKED, &span, &seen);
	pthread_mutex_unlock(&l->m);
}

static void *writer(void *arg)
{
	struct thread *t = arg;

	while (!stopped()) {
		u32 dice = rnd(t, 100);

		if (dice < 65)
			write_shared(t);
		else if (dice < 90)
			write_locked(t);
		else
			write_busy(t);
		/* The readers get nowhere otherwise. */
		if (!rnd(t, 4))
			spf_shim_yield();
		check(RULE_BALANCE, spf_shim_irqs_off == 0, NULL, NULL);
		count_op(&t->ops);
	}
	while (t->nr_held)
		let_go(t, t->nr_held - 1);
	return NULL;
}

/* Its times are those of the table. */
static void write_clocked(struct thread *t)
{
	u64 now = tick();
	struct spf_change c = change_of(code(CLOCKED, rnd(t, KINDS), now), 0);
	struct spf_handle h;

	if (nr_clocked == MAX_CLOCKED)
		return;
	check(RULE_CLOCKED, spf_shadow_begin(sh, &clocked, &c, &h) ==
	      SPF_BEGUN_ALONE && c.begin > now, NULL, NULL);
	clocked_past[nr_clocked].begin = c.begin;
	if (!rnd(t, 8))
		spf_shim_yield();
	now = tick();
	clocked_past[nr_clocked].end = spf_shadow_end(sh, &h, 0, NULL);
	check(RULE_CLOCKED, clocked_past[nr_clocked].end > now, NULL, NULL);
	nr_clocked++;
}

/* One hands over to the next: at no time is none open. */
static void *relay_writer(void *arg)
{
	struct thread *t = arg;
	struct spf_handle h = t->held[0].h, next;

	while (!stopped()) {
		check(RULE_RELAY, begin(&relay, RELAY, rnd(t, KINDS), tick(),
					rnd(t, 2), &next) ==
		      SPF_BEGUN_CONCURRENT, NULL, NULL);
		spf_shadow_end(sh, &h, tick(), NULL);
		h = next;
		write_clocked(t);
		count_op(&t->ops);
		if (!rnd(t, 8))
			spf_shim_yield();
	}
	t->held[0].h = h;
	return NULL;
}

/* ---- readers ---- */

static void read_fixed(struct thread *t)
{
	struct spf_span span = now_span();
	struct spf_seen s;
	u64 a = rnd(t, newborn_at + 5) + 1;

	s = look(&forever, &span);
	check(RULE_FOREVER, !spf_shadow_quiet(sh, &forever, span.t0) &&
	      s.odd && !s.absent && !s.moved && !s.later &&
	      !s.overrun && !s.past && s.by.writer == forever_writer &&
	      s.by.kind == code_kind(forever_writer), &span, &s);
	check(RULE_ALIVE, spf_shadow_alive(sh, &forever_handle), NULL, NULL);

	s = look(&busy, &span);
	check(RULE_BUSY, !spf_shadow_quiet(sh, &busy, span.t0) &&
	      (s.odd || s.overrun) && !s.absent, &span, &s);
	check_who(BUSY, &span, &s);

	span = now_span();
	s = look(&relay, &span);
	check(RULE_RELAY, !spf_shadow_quiet(sh, &relay, span.t0) &&
	      (s.odd || s.overrun) && !s.absent, &span, &s);
	check_who(RELAY, &span, &s);

	s = look(&nobody, &span);
	check(RULE_NOBODY, all_false(&s), &span, &s);

	/* Around the times when these two were made. */
	span = (struct spf_span){
		.t0 = a, .until = a + rnd(t, 20), .t1 = a + 20 + rnd(t, 20),
		.lookup = a + rnd(t, 20),
	};
	s = look(&frozen, &span);
	check(RULE_FROZEN, exact(frozen_past, NR_FROZEN, 0, &span, &s, false),
	      &span, &s);
	check_who(FROZEN, &span, &s);

	s = look(&newborn, &span);
	check(RULE_NEWBORN, s.absent == (span.t0 < newborn_at) && !s.odd &&
	      !s.moved && !s.later && !s.overrun, &span, &s);
}

/* A fault that reads the clock when it comes and when it goes. */
static void read_clocked(struct thread *t)
{
	struct spf_span span = { .t0 = tick() };
	struct sight *sight = &t->sights[t->nr_sights];
	struct spf_seen s;

	if (t->nr_sights == MAX_SIGHTS)
		return;
	if (!rnd(t, 4))
		spf_shim_yield();
	span.until = tick();
	span.t1 = span.until;
	span.lookup = span.t0;
	sight->quiet = spf_shadow_quiet(sh, &clocked, span.t0);
	s = look(&clocked, &span);
	check_who(CLOCKED, &span, &s);
	sight->t0 = span.t0;
	sight->t = span.until;
	sight->odd = s.odd;
	sight->moved = s.moved;
	sight->overrun = s.overrun;
	t->nr_sights++;
}

static void read_shared(struct thread *t)
{
	u32 n = rnd(t, rnd(t, 2) ? FAMILY_SIZE : NR_SHARED);
	struct spf_span span = some_span(t);
	struct spf_seen s = look(&shared[n], &span);

	t->odd += s.odd;
	t->moved += s.moved;
	t->overrun += s.overrun;
	check_who(n / FAMILY_SIZE, &span, &s);

	span = some_span(t);
	s = look(&locked[n % NR_LOCKED].key, &span);
	check_who(LOCKED, &span, &s);
}

static void *reader(void *arg)
{
	struct thread *t = arg;

	while (!stopped()) {
		switch (rnd(t, 4)) {
		case 0:
			read_fixed(t);
			break;
		case 1:
			read_clocked(t);
			break;
		default:
			read_shared(t);
		}
		check(RULE_BALANCE, spf_shim_irqs_off == 0, NULL, NULL);
		count_op(&t->ops);
	}
	return NULL;
}

/* ---- a phase ---- */

/* The mm number @n of those whose losses are counted in one place, or the other. */
static unsigned long make_mm(u32 n, u32 place)
{
	unsigned long mm = 0xffff888100000000UL, first = mm;

	for (;; mm += 0x480)
		if ((hash_long(mm, SPF_LOST_BITS) ==
		     hash_long(first, SPF_LOST_BITS)) == !place && !n--)
			return mm;
}

static struct spf_key make_key(u32 n)
{
	return (struct spf_key){
		n < NR_FIXED ? make_mm(0, 1) : make_mm(n % 2, 0),
		0xffff888200000000UL + (n < NR_FIXED ? n : n / 2) * 0xb0UL,
	};
}

static u32 setup(struct thread *relay_thread)
{
	u32 n = 0, i;
	u64 now;

	spf_shim_clock = 10;
	nr_clocked = 0;
	forever = make_key(n++);
	busy = make_key(n++);
	relay = make_key(n++);
	frozen = make_key(n++);
	newborn = make_key(n++);
	nobody = make_key(n++);
	clocked = make_key(n++);
	for (i = 0; i < NR_SHARED; i++)
		shared[i] = make_key(n++);
	for (i = 0; i < NR_LOCKED; i++) {
		memset(&locked[i], 0, sizeof(locked[i]));
		pthread_mutex_init(&locked[i].m, NULL);
		locked[i].key = make_key(n++);
	}

	now = tick();
	forever_writer = code(FOREVER, 5, now);
	begin(&forever, FOREVER, 5, now, true, &forever_handle);
	begin(&busy, BUSY, 3, tick(), true, &busy_handle);
	begin(&relay, RELAY, 2, tick(), true, &relay_thread->held[0].h);
	write_clocked(relay_thread);
	for (i = 0; i < NR_FROZEN; i++) {
		struct section *s = &frozen_past[i];

		s->begin = tick();
		s->writer = code(FROZEN, i, s->begin);
		s->effect = code_effect(s->writer);
		begin(&frozen, FROZEN, i, s->begin, true, &s->h);
		spf_shim_clock += 5 * i;
		/* The first two overlap. */
		if (i == 1)
			frozen_past[0].end = spf_shadow_end(sh, &frozen_past[0].h,
							    0, NULL);
		if (i)
			s->end = spf_shadow_end(sh, &s->h, 0, NULL);
	}
	newborn_at = tick();
	spf_shadow_born(sh, &newborn, newborn_at);
	spf_shim_clock += 200;
	return n;
}

static void finish(struct thread *relay_thread, u32 nr_keys)
{
	struct spf_span span;
	struct spf_seen s;
	struct spf_handle h;
	struct spf_key key;
	u32 i, want = 6;

	spf_shadow_end(sh, &busy_handle, tick(), NULL);
	spf_shadow_end(sh, &relay_thread->held[0].h, tick(), NULL);
	span = now_span();
	s = look(&busy, &span);
	check(RULE_ALL_ENDED, all_false(&s), &span, &s);
	s = look(&relay, &span);
	check(RULE_ALL_ENDED, all_false(&s), &span, &s);
	for (i = 0; i < NR_SHARED; i++) {
		s = look(&shared[i], &span);
		check(RULE_ALL_ENDED, all_false(&s), &span, &s);
	}

	for (i = 0; i < NR_LOCKED; i++) {
		struct locked *l = &locked[i];

		s = look(&l->key, &span);
		check(RULE_LOCKED, exact(l->v, l->nr, l->born, &span, &s, loses()),
		      &span, &s);
		want += l->known;
	}
	/* Which of the shared ones have an entry nobody knows. */
	check(RULE_USED, spf_shadow_used(sh) >= want &&
	      spf_shadow_used(sh) <= phase->vmas_max, NULL, NULL);
	for (i = 0; i < NR_SHARED; i++)
		spf_shadow_drop(sh, &shared[i]);
	if (spf_shadow_used(sh) != want)
		ktap_diag("%s: used %u, expected %u", phase->name,
			  spf_shadow_used(sh), want);
	check(RULE_USED, spf_shadow_used(sh) == want, NULL, NULL);

	/* No entry was lost, none is there twice. */
	for (i = 0; i < nr_keys; i++) {
		key = make_key(i);
		spf_shadow_drop(sh, &key);
	}
	check(RULE_USED, spf_shadow_used(sh) == 0, NULL, NULL);
	for (i = 0; i < phase->vmas_max; i++) {
		key = make_key(1000 + i);
		check(RULE_REFILL, begin(&key, OTHER, 1, tick(), true, &h) ==
		      SPF_BEGUN_ALONE, NULL, NULL);
	}
	key = make_key(1000 + i);
	check(RULE_REFILL, begin(&key, OTHER, 1, tick(), true, &h) ==
	      SPF_BEGUN_FULL, NULL, NULL);
	spf_shadow_end(sh, &h, tick(), NULL);
	for (i = 0; i < phase->vmas_max; i++) {
		key = make_key(1000 + i);
		span = now_span();
		s = look(&key, &span);
		check(RULE_REFILL, s.odd && !s.overrun && !s.absent, &span, &s);
		check_who(OTHER, &span, &s);
	}
	for (i = 0; i < NR_LOCKED; i++)
		pthread_mutex_destroy(&locked[i].m);
}

/* The last section that had begun by @t, nr_clocked for none. */
static u32 clocked_by(u64 t)
{
	u32 low = 0, high = nr_clocked;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (clocked_past[mid].begin <= t)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? low - 1 : nr_clocked;
}

static void count_sights(struct thread *sum, const struct thread *t)
{
	u32 i;

	sum->nr_sights += t->nr_sights;
	for (i = 0; i < t->nr_sights; i++) {
		sum->sight_odd += t->sights[i].odd;
		sum->sight_moved += t->sights[i].moved;
		sum->sight_quiet += t->sights[i].quiet;
	}
}

static void check_sights(const struct thread *t)
{
	u32 i;

	for (i = 0; i < t->nr_sights; i++) {
		const struct sight *s = &t->sights[i];
		u32 n = clocked_by(s->t0), last = clocked_by(s->t);
		bool odd = n != nr_clocked && clocked_past[n].end > s->t0;
		bool moved = last != n;

		check(RULE_CLOCKED, (s->odd == odd && s->moved == moved) ||
		      (s->overrun && s->odd <= odd && s->moved <= moved), NULL,
		      NULL);
		check(RULE_QUIET, !s->quiet || (!odd && !moved), NULL, NULL);
	}
}

static void start(struct thread *t, void *(*fn)(void *), u64 seed)
{
	t->rng = seed * 0x9E3779B97F4A7C15ULL | 1;
	if (pthread_create(&t->id, NULL, fn, t))
		abort();
}

struct threads {
	struct thread w[NR_WRITERS], r[NR_READERS], relay;
};

static bool all_busy(const void *what)
{
	const struct threads *all = what;
	bool busy = is_busy(&all->relay.ops);
	u32 i;

	for (i = 0; i < NR_WRITERS; i++)
		busy &= is_busy(&all->w[i].ops);
	for (i = 0; i < NR_READERS; i++)
		busy &= is_busy(&all->r[i].ops);
	return busy;
}

static void add_to_met(const struct thread *sum)
{
	met.odd += sum->odd;
	met.moved += sum->moved;
	met.overrun += sum->overrun;
	met.full += sum->full;
	met.sight_odd += sum->sight_odd;
	met.sight_moved += sum->sight_moved;
	met.sight_quiet += sum->sight_quiet;
}

static void run_phase(double seconds, u64 seed)
{
	struct threads all = {};
	struct thread *w = all.w, *r = all.r;
	struct thread sum = { 0 };
	u64 reads = 0;
	u32 i, nr_keys;

	memset(broken, 0, sizeof(broken));
	spf_shim_weak_hash = phase->weak;
	spf_shim_chaos = phase->chaos;
	stop = false;
	sh = spf_shadow_alloc(phase->vmas_max);
	if (!sh)
		abort();
	nr_keys = setup(&all.relay);

	start(&all.relay, relay_writer, seed * 100);
	for (i = 0; i < NR_WRITERS; i++)
		start(&w[i], writer, seed * 100 + 1 + i);
	for (i = 0; i < NR_READERS; i++) {
		r[i].sights = calloc(MAX_SIGHTS, sizeof(*r[i].sights));
		if (!r[i].sights)
			abort();
		start(&r[i], reader, seed * 100 + 50 + i);
	}

	sleep_until(all_busy, &all, seconds);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);

	pthread_join(all.relay.id, NULL);
	for (i = 0; i < NR_WRITERS; i++) {
		pthread_join(w[i].id, NULL);
		sum.ops += w[i].ops;
		sum.full += w[i].full;
	}
	for (i = 0; i < NR_READERS; i++) {
		pthread_join(r[i].id, NULL);
		check_sights(&r[i]);
		count_sights(&sum, &r[i]);
		free(r[i].sights);
		reads += r[i].ops;
		sum.odd += r[i].odd;
		sum.moved += r[i].moved;
		sum.overrun += r[i].overrun;
	}
	finish(&all.relay, nr_keys);
	spf_shadow_free(sh);

	ktap_diag("%s: %llu writes (%llu full), %llu relays", phase->name,
		  sum.ops, sum.full, all.relay.ops);
	ktap_diag("%llu reads (%llu odd, %llu moved, %llu overrun)", reads,
		  sum.odd, sum.moved, sum.overrun);
	ktap_diag("%u sections by the clock, %u sights (%llu odd, %llu moved, %llu quiet)",
		  nr_clocked, sum.nr_sights, sum.sight_odd, sum.sight_moved,
		  sum.sight_quiet);
	report_rules(phase->name, rule_names, broken, NR_RULES);
	add_to_met(&sum);
}

/* ---- who gets an entry when there are too few ---- */

#define ROOM_VMAS	64
#define ROOM_KEYS	30	/* of each writer */
#define ROOM_PAST	3000
#define ROOM_FORK	6

struct past {
	u64 begin;
	u64 end;	/* 0: it did not end */
	bool shared;
};

struct room_vma {
	struct spf_key key;
	struct past v[ROOM_PAST];
	u32 nr;
};

struct room_sight {
	struct sight s;
	u32 vma;
};

static struct room_vma room_vmas[NR_WRITERS * ROOM_KEYS];
static struct room_sight room_sights[NR_READERS][MAX_SIGHTS];
static struct {
	u64 full, given_on, shared, certain, overrun, quiet, odd, moved;
} room;

/* Half of it on a few, so that sections and faults meet. */
static u32 room_pick(struct thread *t)
{
	return rnd(t, rnd(t, 2) ? 3 : ROOM_KEYS);
}

static struct past *room_begin(struct thread *t, struct room_vma *v, u32 share,
			       struct spf_handle *h)
{
	struct past *p = &v->v[v->nr++];
	struct spf_change c = change_of(rnd(t, ~0U), 0);

	c.share = share;
	p->shared = share;
	if (spf_shadow_begin(sh, &v->key, &c, h) == SPF_BEGUN_FULL)
		__atomic_fetch_add(&room.full, 1, __ATOMIC_RELAXED);
	p->begin = c.begin;
	return p;
}

static void room_fork(struct thread *t, struct room_vma *own)
{
	u32 share = spf_shadow_share(sh), i, first = rnd(t, ROOM_KEYS);
	struct past *p[ROOM_FORK];
	struct spf_handle h;
	u64 end;

	for (i = 0; i < ROOM_FORK; i++)
		p[i] = room_begin(t, &own[(first + i) % ROOM_KEYS], share, &h);
	/* Many forks elsewhere, some of the time. */
	for (i = 0; !rnd(t, 8) && i < SPF_SHARES; i++)
		spf_shadow_share_end(sh, spf_shadow_share(sh), 0);
	if (!rnd(t, 3))
		spf_shim_yield();
	end = spf_shadow_share_end(sh, share, 0);
	for (i = 0; i < ROOM_FORK; i++)
		p[i]->end = end;
	__atomic_fetch_add(&room.shared, 1, __ATOMIC_RELAXED);
}

/* In each log, for one more. */
static bool room_is_left(const struct room_vma *own)
{
	u32 i;

	for (i = 0; i < ROOM_KEYS; i++)
		if (own[i].nr == ROOM_PAST)
			return false;
	return true;
}

static u64 room_looks(void)
{
	return __atomic_load_n(&room.certain, __ATOMIC_RELAXED) +
	       __atomic_load_n(&room.overrun, __ATOMIC_RELAXED);
}

static void *room_writer(void *arg)
{
	struct thread *t = arg;
	struct room_vma *own = &room_vmas[t->nr_held * ROOM_KEYS];
	struct spf_handle h;
	struct past *p;

	while (!stopped() && room_is_left(own)) {
		/* Else the logs are full before anything looks. */
		if (t->ops > 100 + room_looks()) {
			spf_shim_yield();
			continue;
		}
		count_op(&t->ops);
		if (!rnd(t, 100))
			__atomic_fetch_add(&spf_shim_clock, SPF_IDLE_NS,
					   __ATOMIC_RELAXED);
		if (!rnd(t, 8)) {
			room_fork(t, own);
		} else {
			p = room_begin(t, &own[room_pick(t)], 0, &h);
			if (!rnd(t, 4))
				spf_shim_yield();
			p->end = spf_shadow_end(sh, &h, 0, NULL);
		}
		if (!rnd(t, 4))
			spf_shim_yield();
		check(RULE_BALANCE, spf_shim_irqs_off == 0, NULL, NULL);
	}
	return NULL;
}

static void room_count(const struct sight *s)
{
	bool certain = !s->overrun;

	__atomic_fetch_add(&room.certain, certain, __ATOMIC_RELAXED);
	__atomic_fetch_add(&room.overrun, s->overrun, __ATOMIC_RELAXED);
	__atomic_fetch_add(&room.quiet, s->quiet, __ATOMIC_RELAXED);
	__atomic_fetch_add(&room.odd, s->odd && certain, __ATOMIC_RELAXED);
	__atomic_fetch_add(&room.moved, s->moved && certain, __ATOMIC_RELAXED);
}

static bool room_met(const void *what)
{
	const u64 *n[] = {
		&room.full, &room.shared, &room.certain, &room.overrun,
		&room.quiet, &room.odd, &room.moved,
	};
	unsigned int i;

	(void)what;
	for (i = 0; i < ARRAY_SIZE(n); i++)
		if (__atomic_load_n(n[i], __ATOMIC_RELAXED) < 20)
			return false;
	return true;
}

static void *room_reader(void *arg)
{
	struct thread *t = arg;
	struct room_sight *sights = (struct room_sight *)t->sights;

	while (!stopped() && t->nr_sights < MAX_SIGHTS) {
		struct room_sight *r = &sights[t->nr_sights++];
		struct spf_span span = { .t0 = tick() };
		struct spf_seen s;

		r->vma = rnd(t, NR_WRITERS) * ROOM_KEYS + room_pick(t);
		if (!rnd(t, 4))
			spf_shim_yield();
		span.until = tick();
		span.t1 = span.until;
		span.lookup = span.t0;
		r->s.quiet = spf_shadow_quiet(sh, &room_vmas[r->vma].key,
					      span.t0);
		s = look(&room_vmas[r->vma].key, &span);
		r->s.t0 = span.t0;
		r->s.t = span.until;
		r->s.odd = s.odd;
		r->s.moved = s.moved;
		r->s.overrun = s.overrun;
		room_count(&r->s);
		if (!rnd(t, 8))
			spf_shim_yield();
	}
	return NULL;
}

/* Sections of one VMA do not overlap. */
static void check_room(const struct room_sight *r)
{
	const struct room_vma *v = &room_vmas[r->vma];
	bool odd = false, moved = false, own_odd = false, own_moved = false;
	u32 i;

	for (i = 0; i < v->nr; i++) {
		const struct past *p = &v->v[i];
		bool o = p->begin <= r->s.t0 && (!p->end || p->end > r->s.t0);
		bool m = p->begin > r->s.t0 && p->begin <= r->s.t;

		odd |= o;
		moved |= m;
		own_odd |= o && !p->shared;
		own_moved |= m && !p->shared;
	}
	check(RULE_CLOCKED, r->s.odd <= odd && r->s.moved <= moved, NULL, NULL);
	check(RULE_CLOCKED, r->s.overrun || r->s.odd == odd, NULL, NULL);
	check(RULE_CLOCKED, r->s.overrun || r->s.moved == moved, NULL, NULL);
	check(RULE_QUIET, !r->s.quiet || (!own_odd && !own_moved), NULL, NULL);
}

static void run_room(double seconds, u64 seed)
{
	struct thread w[NR_WRITERS], r[NR_READERS];
	u32 i, k, known = 0;

	memset(w, 0, sizeof(w));
	memset(r, 0, sizeof(r));
	memset(broken, 0, sizeof(broken));
	spf_shim_weak_hash = false;
	spf_shim_chaos = 64;
	spf_shim_clock = 10;
	stop = false;
	sh = spf_shadow_alloc(ROOM_VMAS);
	if (!sh)
		abort();
	/* Two writers lose in one place, and two have one for each. */
	for (i = 0; i < ARRAY_SIZE(room_vmas); i++)
		room_vmas[i].key = (struct spf_key){
			make_mm(i / ROOM_KEYS / 2, i / ROOM_KEYS % 2 ? 1 : 0),
			0xffff888200000000UL + i * 0xb0UL,
		};
	for (i = 0; i < NR_WRITERS; i++) {
		w[i].nr_held = i;
		start(&w[i], room_writer, seed * 100 + 1 + i);
	}
	for (i = 0; i < NR_READERS; i++) {
		r[i].sights = (struct sight *)room_sights[i];
		start(&r[i], room_reader, seed * 100 + 50 + i);
	}
	sleep_until(room_met, NULL, seconds);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < NR_WRITERS; i++)
		pthread_join(w[i].id, NULL);
	for (i = 0; i < NR_READERS; i++)
		pthread_join(r[i].id, NULL);
	for (i = 0; i < NR_READERS; i++)
		for (k = 0; k < r[i].nr_sights; k++)
			check_room(&room_sights[i][k]);

	/* Whoever has an entry has one. */
	for (i = 0; i < ARRAY_SIZE(room_vmas); i++) {
		struct spf_span span = now_span();

		bool has = look(&room_vmas[i].key, &span).known;

		known += has;
		room.given_on += room_vmas[i].nr && !has;
	}
	check(RULE_USED, known == spf_shadow_used(sh) && known <= ROOM_VMAS, NULL,
	      NULL);
	spf_shadow_free(sh);
	ktap_diag("room: %llu full, %llu VMAs without an entry, %llu shares",
		  room.full, room.given_on, room.shared);
	ktap_diag("%llu sights certain (%llu odd, %llu moved), %llu overrun, %llu quiet",
		  room.certain, room.odd, room.moved, room.overrun, room.quiet);
	ktap_result(!broken[RULE_CLOCKED], "room_what_is_certain_is_true");
	ktap_result(!broken[RULE_QUIET], "room_quiet_is_quiet");
	ktap_result(!broken[RULE_USED] && !broken[RULE_BALANCE],
		    "room_used_is_known");
	ktap_result(room_met(NULL) && room.given_on, "room_hard_cases_met");
}

int main(int argc, char **argv)
{
	static const struct phase room_phase = { .name = "room" };
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 4;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	unsigned int i;

	ktap_plan(ARRAY_SIZE(phases) * NR_RULES + 5);
	ktap_diag("%g seconds, seed %llu", seconds, seed);
	for (i = 0; i < ARRAY_SIZE(phases); i++) {
		phase = &phases[i];
		run_phase(seconds / (ARRAY_SIZE(phases) + 1), seed + i);
	}
	phase = &room_phase;
	run_room(seconds / (ARRAY_SIZE(phases) + 1), seed + i);
	/* A run in which nothing met proves nothing. */
	ktap_result(met.odd && met.moved && met.overrun && met.full &&
		    met.sight_odd && met.sight_moved && met.sight_quiet,
		    "hard_cases_met");
	return ktap_exit();
}
