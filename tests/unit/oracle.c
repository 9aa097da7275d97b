// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property test of the shadow table: random operations, and every answer is
 * compared with that of an oracle which forgets nothing.
 *
 * The oracle keeps each section that ever began on a VMA in one growing list
 * and answers by scanning it.  It knows the ring only as a rule: the last
 * SPF_RING of the list are remembered.  It shares no idea of hashing, pools,
 * generations or counters with the table.
 *
 * usage: oracle [first seed [operations per run]]
 */
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/shadow.h>

#include "ktap.h"
#include "shim/shim.h"

#define OPEN	(~0ULL)

struct section {
	struct spf_change c;
	u64 end;	/* OPEN while it is */
};

/* One VMA; a new @life each time that it gets an entry. */
struct vma {
	struct spf_key key;
	bool known;
	u64 life;
	u64 born;
	u64 since;
	u64 marks;	/* given out so far; key.mark has 32 bits of them */
	u64 passed;	/* what key.mark stands for */
	u64 mark;	/* the latest that was noted */
	struct section *v;
	size_t nr, room;
};

/* A handle of the table and what it means to the oracle. */
struct open_section {
	struct spf_handle h;
	u32 vma;
	u64 life;	/* 0: was never recorded */
	size_t nth;
	bool copy;	/* the child's, of a split */
	u64 since;	/* it does not end before that */
};

enum clock { STRICT, TIES, JITTER };

static const char * const clock_names[] = { "strict", "ties", "jitter" };

struct config {
	u32 vmas_max;
	u32 nr_vmas;
	u32 hot;
	bool weak;
};

static const struct config configs[] = {
	/* Never full, in two chains. */
	{ 64,	48,	4,	true },
	/* Full most of the time. */
	{ 64,	160,	6,	false },
	{ 67,	200,	6,	true },
	{ 1000,	3000,	8,	false },
	/* Large, with room. */
	{ 16384, 4096,	8,	false },
};

#define NR_OPEN		96
#define NR_ENDED	128

static struct spf_shadow *sh;
static struct vma *vmas;
static u32 nr_vmas, nr_known, nr_max;
static u64 lives, clock_now;
static enum clock clock_kind;

static struct open_section open_[NR_OPEN];
static u32 nr_open;
/* Those that were ended; used again once their VMA is gone. */
static struct open_section ended[NR_ENDED];
static u32 nr_ended;

static u64 rng_state;
static u64 total_ops, total_full, total_looks;
static struct { u64 overrun, odd, past, outside, page, quiet; } total;
static struct {
	u64 odd_matters, moved_matters, forgiven, unknown, flags, ended;
	u64 locked, marker, lookup, settled, settled_late;
} facts;
static u64 total_begun[SPF_BEGUN_CONCURRENT + 1], total_alive[2];

/* xorshift64*: the same numbers everywhere. */
static u64 rnd64(void)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return rng_state * 0x2545F4914F6CDD1DULL;
}

static u32 rnd(u32 n)
{
	return (rnd64() >> 32) % n;
}

static u64 tick(void)
{
	switch (clock_kind) {
	case STRICT:
		clock_now += 1 + rnd(4);
		return clock_now;
	case TIES:
		clock_now += rnd(3) / 2;
		return clock_now;
	case JITTER:
	default:
		/* The clock is read before the lock is taken. */
		clock_now += rnd(3);
		return clock_now - rnd(20);
	}
}

static void vma_forget(struct vma *m)
{
	if (m->known)
		nr_known--;
	m->known = false;
	m->nr = 0;
	m->born = 0;
	m->since = 0;
	m->life = 0;
	m->mark = 0;
}

static void vma_start(struct vma *m, u64 born)
{
	vma_forget(m);
	m->known = true;
	m->born = born;
	m->since = born;
	m->mark = m->passed;
	m->life = ++lives;
	nr_known++;
}

static void vma_add(struct vma *m, struct section s)
{
	if (m->nr == m->room) {
		m->room = m->room ? 2 * m->room : 8;
		m->v = realloc(m->v, m->room * sizeof(*m->v));
		if (!m->v)
			abort();
	}
	m->v[m->nr++] = s;
}

/* The first index that is still remembered. */
static size_t vma_first(const struct vma *m)
{
	return m->nr > SPF_RING ? m->nr - SPF_RING : 0;
}

static bool is_odd(const struct section *s, u64 t0)
{
	return s->c.begin <= t0 && (s->end == OPEN || t0 < s->end);
}

static bool is_past(const struct section *s, u64 t0)
{
	return s->c.begin <= t0 && s->end != OPEN && s->end <= t0;
}

static bool is_in(const struct section *s, u64 from, u64 to)
{
	return from < s->c.begin && s->c.begin <= to;
}

static bool covers(const struct section *s, unsigned long address)
{
	return s->c.start <= address && address < s->c.end;
}

/* Those whose range is what changed hands. */
static bool moves_bounds(u8 kind)
{
	return kind == SPF_KIND_ADJUST || kind == SPF_KIND_EXPAND ||
	       kind == SPF_KIND_STACK;
}

/* "Forgiven" in docs/designs.md. */
static bool forgives(const struct section *s, unsigned long address)
{
	return s->c.effect == SPF_EFFECT_BOUNDS &&
	       s->c.vm_start <= address && address < s->c.vm_end &&
	       !(moves_bounds(s->c.kind) && covers(s, address));
}

static bool matters(const struct section *s, unsigned long address)
{
	return s->c.effect != SPF_EFFECT_UNKNOWN && !forgives(s, address);
}

/* What the designs but seqcount ask. */
static void scan_facts(const struct section *s, const struct spf_span *span,
		       struct spf_seen *seen)
{
	bool odd = is_odd(s, span->t0);
	bool moved = is_in(s, span->t0, span->until);
	bool marks = s->c.marks && s->c.hold;

	seen->odd_matters |= odd && matters(s, span->address);
	seen->moved_matters |= moved && matters(s, span->address);
	seen->unknown |= (odd || moved) && s->c.effect == SPF_EFFECT_UNKNOWN;
	seen->flags |= moved && s->c.effect == SPF_EFFECT_FLAGS;
	/* What a split closes may have begun after it, by a clock that jitters. */
	seen->ended |= s->c.begin <= span->t1 && s->end != OPEN &&
		       span->t0 < s->end && s->end <= span->until;
	seen->locked |= marks && is_odd(s, span->lookup);
	if (marks && is_past(s, span->lookup))
		seen->marker = s->c.hold;
}

static void blame(struct spf_seen *seen, const struct section *s)
{
	seen->by = s->c;
	seen->by_end = s->end == OPEN ? 0 : s->end;
}

/* In the order in which they were recorded. */
static void scan_section(const struct section *s, const struct spf_span *span,
			 struct spf_seen *seen)
{
	bool odd = is_odd(s, span->t0);
	bool moved = is_in(s, span->t0, span->until);

	seen->odd |= odd;
	seen->moved |= moved;
	seen->later |= is_in(s, span->until, span->t1);
	seen->page |= (odd || moved) && covers(s, span->address);
	if (is_past(s, span->t0) && s->c.hold) {
		seen->past = true;
		seen->last = s->c;
		seen->last_end = s->end;
	}
	scan_facts(s, span, seen);
}

/* Whom to blame: the last one that is odd, else the first one of the others. */
static void scan_by(const struct vma *m, const struct spf_span *span,
		    struct spf_seen *seen)
{
	const struct section *by = NULL;
	size_t i;

	for (i = vma_first(m); i < m->nr; i++) {
		const struct section *s = &m->v[i];

		if (seen->odd ? is_odd(s, span->t0) :
		    is_in(s, span->t0, span->t1) &&
		    (!by || s->c.begin < by->c.begin))
			by = s;
	}
	if (!by)
		return;
	blame(seen, by);
	seen->outside = !seen->odd && (span->address < by->c.vm_start ||
				       span->address >= by->c.vm_end);
}

static void scan(const struct vma *m, const struct spf_span *span,
		 struct spf_seen *seen)
{
	size_t i;

	memset(seen, 0, sizeof(*seen));
	if (!m->known)
		return;
	seen->known = true;
	seen->mark = m->mark;
	seen->born = m->born;
	seen->since = m->since;
	seen->absent = m->born > span->t0;
	for (i = 0; i < vma_first(m); i++)
		if (m->v[i].end == OPEN || m->v[i].end > span->t0)
			seen->overrun = true;
	for (i = vma_first(m); i < m->nr; i++)
		scan_section(&m->v[i], span, seen);
	scan_by(m, span, seen);
}

static bool found(const struct spf_seen *s)
{
	return s->absent || s->odd || s->moved || s->later || s->overrun ||
	       s->odd_matters || s->moved_matters || s->unknown || s->flags ||
	       s->ended || s->locked;
}

static bool same_change(const struct spf_change *a, const struct spf_change *b)
{
	return a->begin == b->begin && a->hold == b->hold &&
	       a->start == b->start && a->end == b->end &&
	       a->vm_start == b->vm_start && a->vm_end == b->vm_end &&
	       a->writer == b->writer && a->slot == b->slot &&
	       a->kind == b->kind && a->effect == b->effect &&
	       a->marks == b->marks;
}

static bool same_facts(const struct spf_seen *a, const struct spf_seen *b)
{
	return a->odd_matters == b->odd_matters &&
	       a->moved_matters == b->moved_matters &&
	       a->unknown == b->unknown && a->flags == b->flags &&
	       a->ended == b->ended && a->locked == b->locked &&
	       a->marker == b->marker && a->born == b->born &&
	       a->since == b->since;
}

static bool same_seen(const struct spf_seen *a, const struct spf_seen *b)
{
	return a->known == b->known && a->mark == b->mark &&
	       a->absent == b->absent && a->odd == b->odd &&
	       a->moved == b->moved && a->later == b->later &&
	       a->past == b->past && a->outside == b->outside &&
	       a->page == b->page && a->overrun == b->overrun &&
	       same_facts(a, b) && a->last_end == b->last_end &&
	       same_change(&a->last, &b->last) &&
	       same_change(&a->by, &b->by) && a->by_end == b->by_end;
}

static void show_change(const char *what, const struct spf_change *c, u64 end)
{
	ktap_diag("%s: [%llu, %llu) hold %llu writer %u slot %u kind %u", what,
		  c->begin, end, c->hold, c->writer, c->slot, c->kind);
	ktap_diag("  effect %u marks %d", c->effect, c->marks);
	ktap_diag("  range [%lx, %lx) vma [%lx, %lx)", c->start, c->end,
		  c->vm_start, c->vm_end);
}

static void show_seen(const char *who, const struct spf_seen *s)
{
	ktap_diag("%s: known %d mark %u absent %d odd %d moved %d later %d", who,
		  s->known, s->mark, s->absent, s->odd, s->moved, s->later);
	ktap_diag("  past %d outside %d page %d overrun %d", s->past,
		  s->outside, s->page, s->overrun);
	ktap_diag("  odd matters %d moved matters %d unknown %d flags %d",
		  s->odd_matters, s->moved_matters, s->unknown, s->flags);
	ktap_diag("  ended %d locked %d marker %llu born %llu since %llu",
		  s->ended, s->locked, s->marker, s->born, s->since);
	show_change("  by", &s->by, s->by_end);
	show_change("  last", &s->last, s->last_end);
}

static void count_look(const struct spf_span *span, const struct spf_seen *want,
		       bool quiet)
{
	total_looks++;
	total.overrun += want->overrun;
	total.odd += want->odd;
	total.past += want->past;
	total.outside += want->outside;
	total.page += want->page;
	total.quiet += quiet;
	facts.odd_matters += want->odd_matters;
	facts.moved_matters += want->moved_matters;
	facts.forgiven += (want->odd || want->moved) && !want->unknown &&
			  !want->odd_matters && !want->moved_matters;
	facts.unknown += want->unknown;
	facts.flags += want->flags;
	facts.ended += want->ended;
	facts.locked += want->locked;
	facts.marker += !!want->marker;
	facts.lookup += span->lookup > span->t0 &&
			(want->locked || want->marker);
}

static bool op_look(u32 n, const struct spf_span *span)
{
	const struct vma *m = &vmas[n];
	bool quiet = spf_shadow_quiet(sh, &m->key, span->t0);
	struct spf_seen want, got;
	size_t i;

	memset(&got, 1, sizeof(got));
	spf_shadow_look(sh, &m->key, span, &got);
	scan(m, span, &want);
	count_look(span, &want, quiet);

	/* Quiet says nothing about what was over by t0. */
	if (same_seen(&got, &want) && !(quiet && found(&want)))
		return true;

	ktap_diag("look at vma %u (known %d, born %llu, %zu sections), quiet: %d",
		  n, m->known, m->born, m->nr, quiet);
	ktap_diag("span t0 %llu until %llu t1 %llu lookup %llu address %lx",
		  span->t0, span->until, span->t1, span->lookup, span->address);
	show_seen("table", &got);
	show_seen("oracle", &want);
	for (i = m->nr > 2 * SPF_RING ? m->nr - 2 * SPF_RING : 0; i < m->nr; i++)
		show_change(i < vma_first(m) ? "forgotten" : "section",
			    &m->v[i].c, m->v[i].end == OPEN ? 0 : m->v[i].end);
	return false;
}

static bool differ(const char *what, u64 got, u64 want)
{
	if (got == want)
		return false;
	ktap_diag("%s: table %llu, oracle %llu", what, got, want);
	return true;
}

/* Mostly a few hot ones, so that the rings overflow. */
static u32 pick_vma(u32 hot)
{
	return rnd(2) ? rnd(hot) : rnd(nr_vmas);
}

/* Mostly the instants at which something happened, and one beside them. */
static u64 pick_time(const struct vma *m)
{
	u32 dice = rnd(100);
	u64 t = 0;

	if (m->nr && dice < 65) {
		size_t back = m->nr < 3 * SPF_RING ? m->nr : 3 * SPF_RING;
		const struct section *s = &m->v[m->nr - 1 - rnd(back)];

		t = rnd(2) ? s->c.begin : s->end;
		if (t == OPEN)
			t = clock_now;
		t = t + rnd(3) - 1;
	} else if (m->born && dice < 75) {
		t = m->born + rnd(3) - 1;
	} else {
		u64 ago = rnd(1U << rnd(12));

		t = clock_now > ago ? clock_now - ago : 1;
	}
	return t ? t : 1;
}

/* Of few pages, so that ranges meet; the ends of the world as well. */
static unsigned long pick_address(void)
{
	switch (rnd(50)) {
	case 0:
		return 0;
	case 1:
		return ~0UL;
	default:
		return rnd(64) * 16 + rnd(3) - 1;
	}
}

static void pick_range(unsigned long *start, unsigned long *end)
{
	*start = rnd(60) * 16;
	*end = *start + rnd(16) * 16;
}

static struct spf_change pick_change(u64 begin)
{
	static u64 holds;
	struct spf_change c = {
		.begin = begin,
		.hold = rnd(3) ? ++holds : 0,
		/* Few, so that some are nested. */
		.writer = rnd(3),
		.slot = rnd(2) ? rnd(SPF_NO_SLOT) : SPF_NO_SLOT,
		.kind = rnd(SPF_NR_KINDS),
		.effect = rnd(SPF_NR_EFFECTS),
		.marks = rnd(2),
	};

	if (!rnd(3))
		c.kind = SPF_KIND_ADJUST;
	/* Most only move bounds, or nothing would ever be forgiven. */
	if (rnd(2))
		c.effect = SPF_EFFECT_BOUNDS;

	pick_range(&c.start, &c.end);
	if (rnd(2)) {
		pick_range(&c.vm_start, &c.vm_end);
	} else {
		c.vm_start = rnd(8) * 16;
		c.vm_end = (56 + rnd(8)) * 16;
	}
	return c;
}

/* A time to be passed on; some leave it to the table, which reads the clock. */
static u64 pass(u64 now)
{
	if (rnd(2))
		return now;
	spf_shim_clock = now - 1;
	return 0;
}

/* Marks grow; one beside a writer may have read an older one. */
static void pick_mark(struct vma *m)
{
	m->marks += rnd(3);
	m->passed = m->marks - rnd(3);
	m->key.mark = m->passed;
	if (m->known && m->passed > m->mark)
		m->mark = m->passed;
}

static int by_time(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 pick_between(const struct vma *m, u64 from, u64 to)
{
	u64 t = pick_time(m);

	t = t < from ? from : t;
	return t > to ? to : t;
}

static bool do_look(u32 n)
{
	u64 t[3];
	struct spf_span span;
	u32 i;

	for (i = 0; i < 3; i++)
		t[i] = i && !rnd(5) ? t[i - 1] : pick_time(&vmas[n]);
	qsort(t, 3, sizeof(t[0]), by_time);
	span = (struct spf_span){
		.t0 = t[0], .until = t[1], .t1 = t[2], .lookup = t[0],
		.address = pick_address(),
	};
	/* A fault that has waited for mmap_lock looked at the mark later. */
	if (rnd(2))
		span.lookup = pick_between(&vmas[n], t[0], t[2]);
	return op_look(n, &span);
}

static bool do_born(u32 n)
{
	struct vma *m = &vmas[n];
	u64 now = tick();
	bool room = m->known || nr_known < nr_max;

	total_full += !room;
	if (room)
		vma_start(m, now);
	return !differ("born", spf_shadow_born(sh, &m->key, now), room);
}

static void remember_open(const struct open_section *o)
{
	open_[nr_open++] = *o;
}

static enum spf_begun who_else(const struct vma *m, u32 writer)
{
	enum spf_begun begun = SPF_BEGUN_ALONE;
	size_t i;

	for (i = 0; i < m->nr; i++) {
		if (m->v[i].end != OPEN)
			continue;
		/* Whose the forgotten ones are is forgotten, too. */
		if (i < vma_first(m) || m->v[i].c.writer != writer)
			return SPF_BEGUN_CONCURRENT;
		begun = SPF_BEGUN_NESTED;
	}
	return begun;
}

static bool do_begin(u32 n)
{
	struct vma *m = &vmas[n];
	u64 now = tick();
	bool room = m->known || nr_known < nr_max;
	struct open_section o = { .vma = n, .since = now };
	struct spf_change want = pick_change(now), c = want;
	enum spf_begun got, begun = SPF_BEGUN_FULL;

	total_full += !room;
	c.begin = pass(now);
	pick_mark(m);
	if (room) {
		if (!m->known)
			vma_start(m, 0);
		begun = who_else(m, want.writer);
		o.life = m->life;
		o.nth = m->nr;
		vma_add(m, (struct section){ want, OPEN });
	}
	total_begun[begun]++;
	memset(&o.h, 0x5a, sizeof(o.h));
	got = spf_shadow_begin(sh, &m->key, &c, &o.h);
	if (differ("begin", got, begun) ||
	    differ("change", same_change(&c, &want), true) ||
	    differ("no entry", o.h.index == SPF_NO_ENTRY, !room))
		return false;
	remember_open(&o);
	return true;
}

static bool lives_on(const struct open_section *o)
{
	return o->life && vmas[o->vma].known && vmas[o->vma].life == o->life;
}

static bool do_end(u32 i)
{
	struct open_section o = open_[i];
	u64 now = tick();
	struct spf_range range;
	bool narrow = rnd(2);

	now = now > o.since ? now : o.since;
	pick_range(&range.start, &range.end);
	range.effect = rnd(SPF_NR_EFFECTS);
	open_[i] = open_[--nr_open];
	if (lives_on(&o)) {
		struct section *s = &vmas[o.vma].v[o.nth];

		s->end = now;
		if (narrow) {
			s->c.start = range.start;
			s->c.end = range.end;
			if (range.effect != SPF_EFFECT_UNKNOWN)
				s->c.effect = range.effect;
		}
	}
	ended[nr_ended++ % NR_ENDED] = o;
	return !differ("end", spf_shadow_end(sh, &o.h, pass(now),
					     narrow ? &range : NULL), now);
}

/* Open, over, or of a VMA that is gone. */
static const struct open_section *pick_section(void)
{
	if (rnd(2) && nr_open)
		return &open_[rnd(nr_open)];
	if (nr_ended)
		return &ended[rnd(nr_ended < NR_ENDED ? nr_ended : NR_ENDED)];
	return NULL;
}

/* Of one that is no longer remembered nobody asks. */
static void do_settle(void)
{
	const struct open_section *o = pick_section();
	u8 effect = rnd(SPF_NR_EFFECTS);

	if (!o || o->copy)
		return;
	if (lives_on(o)) {
		struct vma *m = &vmas[o->vma];

		m->v[o->nth].c.effect = effect;
		facts.settled++;
		facts.settled_late += m->v[o->nth].end != OPEN &&
				      o->nth >= vma_first(m);
	}
	spf_shadow_settle(sh, &o->h, effect);
}

static bool do_alive(void)
{
	const struct open_section *o = pick_section();

	if (!o)
		return true;
	total_alive[lives_on(o)]++;
	return !differ("alive", spf_shadow_alive(sh, &o->h), lives_on(o));
}

/* An end (or the start of a split) that comes after the VMA has gone. */
static bool do_stale(void)
{
	struct open_section *o;
	struct spf_handle h;
	u32 n;

	if (!nr_ended)
		return true;
	o = &ended[rnd(nr_ended < NR_ENDED ? nr_ended : NR_ENDED)];
	if (lives_on(o))
		return true;
	if (rnd(4)) {
		const struct spf_range range = { 0, ~0UL, SPF_EFFECT_OTHER };

		spf_shadow_end(sh, &o->h, tick(), rnd(2) ? &range : NULL);
		return true;
	}
	n = rnd(nr_vmas);
	if (n == o->vma)
		return true;
	vma_forget(&vmas[n]);
	memset(&h, 0x5a, sizeof(h));
	return !differ("inherit (stale)",
		       spf_shadow_inherit(sh, &vmas[n].key, &o->h, tick(), &h),
		       false) &&
	       !differ("no entry", h.index == SPF_NO_ENTRY, true);
}

static bool do_drop(u32 n)
{
	vma_forget(&vmas[n]);
	spf_shadow_drop(sh, &vmas[n].key);
	return true;
}

static void do_adopt(u32 n)
{
	struct vma *m = &vmas[n];

	pick_mark(m);
	if (!m->known && nr_known < nr_max)
		vma_start(m, 0);
	spf_shadow_adopt(sh, &m->key);
}

static bool do_inherit(u32 n)
{
	struct vma *m = &vmas[n], *parent;
	struct open_section *p, o = { .vma = n, .copy = true };
	u64 now = tick();
	bool can, got;
	size_t i;

	/*
	 * A section that is copied ends after all of what is copied with it: the
	 * clock is read when it ends.
	 */
	o.since = clock_now;

	if (!nr_open)
		return true;
	p = &open_[rnd(nr_open)];
	if (p->vma == n)
		return true;
	parent = &vmas[p->vma];

	vma_forget(m);
	can = lives_on(p) && nr_known < nr_max;
	total_full += lives_on(p) && !can;
	if (can) {
		vma_start(m, parent->born);
		m->since = now;
		for (i = 0; i < parent->nr; i++) {
			struct section s = parent->v[i];

			if (s.end == OPEN && i != p->nth)
				s.end = now;
			/* The address left the VMA that was split. */
			if (i == p->nth)
				s.c.effect = SPF_EFFECT_OTHER;
			vma_add(m, s);
		}
		o.life = m->life;
		o.nth = p->nth;
	}
	memset(&o.h, 0x5a, sizeof(o.h));
	got = spf_shadow_inherit(sh, &m->key, &p->h, now, &o.h);
	if (differ("inherit", got, can) ||
	    differ("no entry", o.h.index == SPF_NO_ENTRY, !can))
		return false;
	remember_open(&o);
	return true;
}

static void do_clear(void)
{
	u32 n;

	for (n = 0; n < nr_vmas; n++)
		vma_forget(&vmas[n]);
	spf_shadow_clear(sh);
}

static bool step(const struct config *c)
{
	u32 dice = rnd(1000);
	bool ok = true;

	if (nr_open == NR_OPEN)
		ok = do_end(rnd(nr_open));

	if (!ok)
		return false;
	if (dice < 330) {
		ok = do_begin(pick_vma(c->hot));
	} else if (dice < 540) {
		if (nr_open)
			ok = do_end(rnd(nr_open));
	} else if (dice < 560) {
		do_settle();
	} else if (dice < 880) {
		ok = do_look(pick_vma(c->hot));
	} else if (dice < 910) {
		ok = do_born(rnd(nr_vmas));
	} else if (dice < 950) {
		ok = do_drop(rnd(nr_vmas));
	} else if (dice < 980) {
		ok = do_inherit(rnd(nr_vmas));
	} else if (dice < 982) {
		do_adopt(rnd(nr_vmas));
	} else if (dice < 990) {
		ok = do_alive();
	} else {
		ok = do_stale();
	}

	/* Rare: it makes the table empty for a while. */
	if (!rnd(20000))
		do_clear();

	return ok && !differ("used", spf_shadow_used(sh), nr_known);
}

/* Whatever was open on them: with the VMAs gone, nothing is left to look at. */
static bool all_quiet_when_dropped(void)
{
	u32 n;

	for (n = 0; n < nr_vmas; n++)
		spf_shadow_drop(sh, &vmas[n].key);
	for (n = 0; n < nr_vmas; n++)
		if (!spf_shadow_quiet(sh, &vmas[n].key, OPEN)) {
			ktap_diag("vma %u is not quiet after the end", n);
			return false;
		}
	return true;
}

static bool run(const struct config *c, enum clock kind, u64 seed, u64 ops)
{
	bool ok = true;
	u64 op;
	u32 n;

	/* 0 is the one state that xorshift does not leave. */
	rng_state = seed * 0x9E3779B97F4A7C15ULL | 1;
	clock_kind = kind;
	clock_now = 1000;
	nr_vmas = c->nr_vmas;
	nr_max = c->vmas_max;
	nr_known = 0;
	nr_open = 0;
	nr_ended = 0;
	spf_shim_weak_hash = c->weak;

	vmas = calloc(nr_vmas, sizeof(*vmas));
	sh = spf_shadow_alloc(c->vmas_max);
	if (!vmas || !sh)
		abort();
	/* Two mms share each address; marks wrap on the way. */
	for (n = 0; n < nr_vmas; n++) {
		vmas[n].key = (struct spf_key){
			0xffff888100000000UL + (n & 1) * 0x480,
			0xffff888200000000UL + (n >> 1) * 0xb0UL,
		};
		vmas[n].marks = (1ULL << 32) - 50;
		vmas[n].passed = vmas[n].marks;
		vmas[n].key.mark = vmas[n].passed;
	}

	for (op = 1; op <= ops && ok; op++)
		ok = step(c);
	total_ops += op - 1;

	/* And everything once more at the end. */
	for (n = 0; n < nr_vmas && ok; n++)
		ok = do_look(n);

	if (ok)
		ok = all_quiet_when_dropped();
	if (!ok) {
		ktap_diag("op %llu: %s clock, vmas_max %u, %u vmas%s", op - 1,
			  clock_names[kind], c->vmas_max, c->nr_vmas,
			  c->weak ? ", weak hash" : "");
		ktap_diag("again: oracle %llu %llu", seed, ops);
	}

	spf_shadow_free(sh);
	for (n = 0; n < nr_vmas; n++)
		free(vmas[n].v);
	free(vmas);
	return ok;
}

#define NR_SEEDS	3

static bool often(u64 nr)
{
	return nr > total_looks / 100;
}

static bool facts_met(void)
{
	return often(facts.odd_matters) && often(facts.moved_matters) &&
	       often(facts.forgiven) && often(facts.unknown) &&
	       often(facts.flags) && often(facts.ended) &&
	       often(facts.locked) && often(facts.marker) &&
	       often(facts.lookup) &&
	       facts.settled > total_ops / 1000 && facts.settled_late;
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	u64 ops = argc > 2 ? strtoull(argv[2], NULL, 0) : 60000;
	unsigned int c, k;
	u64 s;

	ktap_plan(ARRAY_SIZE(configs) * ARRAY_SIZE(clock_names) + 1);
	ktap_diag("seeds %llu..%llu, %llu operations each",
		  seed, seed + NR_SEEDS - 1, ops);

	for (c = 0; c < ARRAY_SIZE(configs); c++)
		for (k = 0; k < ARRAY_SIZE(clock_names); k++) {
			char name[64];
			bool ok = true;

			for (s = 0; s < NR_SEEDS && ok; s++)
				ok = run(&configs[c], k, seed + s, ops);
			snprintf(name, sizeof(name), "max%u_vmas%u%s_%s",
				 configs[c].vmas_max, configs[c].nr_vmas,
				 configs[c].weak ? "_weak" : "",
				 clock_names[k]);
			ktap_result(ok, name);
		}

	/* A test that never meets the hard cases proves nothing. */
	ktap_diag("%llu operations, table full %llu times", total_ops, total_full);
	ktap_diag("%llu looks: %llu odd, %llu overrun, %llu past", total_looks,
		  total.odd, total.overrun, total.past);
	ktap_diag("%llu outside, %llu page, %llu quiet", total.outside,
		  total.page, total.quiet);
	ktap_diag("%llu odd matter, %llu moved matter, %llu forgiven, %llu unknown",
		  facts.odd_matters, facts.moved_matters, facts.forgiven,
		  facts.unknown);
	ktap_diag("%llu flags, %llu ended, %llu locked, %llu marked, %llu looked late",
		  facts.flags, facts.ended, facts.locked, facts.marker,
		  facts.lookup);
	ktap_diag("%llu settled, %llu of them late", facts.settled,
		  facts.settled_late);
	ktap_diag("begun: %llu alone, %llu nested, %llu concurrent; %llu alive, %llu not",
		  total_begun[SPF_BEGUN_ALONE], total_begun[SPF_BEGUN_NESTED],
		  total_begun[SPF_BEGUN_CONCURRENT], total_alive[true],
		  total_alive[false]);
	ktap_result(often(total.odd) && often(total.quiet) &&
		    often(total.overrun) && often(total.past) &&
		    often(total.outside) && often(total.page) &&
		    facts_met() &&
		    total_begun[SPF_BEGUN_ALONE] > total_ops / 1000 &&
		    total_begun[SPF_BEGUN_NESTED] > total_ops / 1000 &&
		    total_begun[SPF_BEGUN_CONCURRENT] > total_ops / 1000 &&
		    total_alive[true] && total_alive[false] &&
		    total_full > total_ops / 1000, "hard_cases_met");
	return ktap_exit();
}
