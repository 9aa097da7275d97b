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
 * Who loses its entry in a full table is the table's choice, and has to be one in
 * which nothing has happened for long.  A share with as many later ones as there are
 * places may be forgotten: then what is answered must be true, or "overrun".
 *
 * usage: oracle [first seed [operations per run]]
 */
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/history.h>
#include <spf/shadow.h>

#include "ktap.h"
#include "shim/shim.h"

#define OPEN	(~0ULL)

struct section {
	struct spf_change c;
	u64 end;	/* OPEN while it is; of a share see end_of() */
};

/* A fork, of one of the mms. */
struct share {
	u32 id;
	u64 end;
};

/* What found no room: a section, one of a share, or a birth, which has an end. */
struct loss {
	u32 mm;
	u32 share;	/* 0 for none */
	u64 end;
	u64 nth;	/* to find it by */
};

#define NR_MMS		3

/* One VMA; a new @life each time that it gets an entry. */
struct vma {
	struct spf_key key;
	bool known;
	u64 life;
	u64 born;
	u64 since;
	u64 taken;	/* when an entry was last taken from it */
	u64 doubt;	/* no fault before this has to be certain */
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
	u64 loss;	/* as which it was lost, 0 if it was not */
	bool shared;	/* has no end of its own */
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

/* All that there have been since the table was made. */
static struct share *shares;
static size_t nr_shares, room_shares;
/* The one of an mm that is open, as an index, ~0 for none. */
static size_t forks[NR_MMS];
static u64 latest_share_end;
static struct loss *losses;
static size_t nr_losses, room_losses;
static u64 nth_loss, latest_taken;
/* What the table reads off the clock when it looks for an idle entry. */
static u64 clock_taken;

static u64 rng_state;
static u64 total_ops, total_full, total_looks;
static struct { u64 overrun, odd, past, outside, page, quiet; } total;
static struct {
	u64 odd_matters, moved_matters, forgiven, unknown, flags, ended;
	u64 locked, marker, lookup, settled, settled_late;
	u64 unsafe;
} facts;
static struct {
	u64 given_on, full, remade, lost, not_lost, shared, weak, vague, stray;
} room;
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

static void *grow(void *v, size_t nr, size_t *room, size_t size)
{
	if (nr < *room)
		return v;
	*room = *room ? 2 * *room : 8;
	v = realloc(v, *room * size);
	if (!v)
		abort();
	return v;
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
	m->taken = 0;
}

/* @born: 0 for one that was there before it had an entry, or had another one. */
static void vma_start(struct vma *m, u64 born)
{
	u64 taken = m->taken;

	room.remade += !born && taken;
	vma_forget(m);
	m->taken = born ? 0 : taken;
	m->doubt = born ? 0 : latest_taken;
	m->known = true;
	m->born = born;
	m->since = born;
	m->mark = m->passed;
	m->life = ++lives;
	nr_known++;
}

static void vma_add(struct vma *m, struct section s)
{
	m->v = grow(m->v, m->nr, &m->room, sizeof(*m->v));
	m->v[m->nr++] = s;
}

/* The first index that is still remembered. */
static size_t vma_first(const struct vma *m)
{
	return m->nr > SPF_RING ? m->nr - SPF_RING : 0;
}

/* In a new table they are numbered from 1. */
static struct share *share_of(u32 id)
{
	if (id > nr_shares || shares[id - 1].id != id)
		abort();
	return &shares[id - 1];
}

static u64 end_of(const struct section *s)
{
	return s->c.share ? share_of(s->c.share)->end : s->end;
}

/* Another one may have its place. */
static bool is_vague(u32 share)
{
	return share && shares + nr_shares - share_of(share) > SPF_SHARES;
}

static bool any_fork(void)
{
	u32 i;

	for (i = 0; i < NR_MMS; i++)
		if (forks[i] != (size_t)-1)
			return true;
	return false;
}

static bool has_vague(const struct vma *m)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (is_vague(m->v[i].c.share))
			return true;
	return false;
}

static bool is_odd(const struct section *s, u64 t0)
{
	u64 end = end_of(s);

	return s->c.begin <= t0 && (end == OPEN || t0 < end);
}

static bool is_past(const struct section *s, u64 t0)
{
	u64 end = end_of(s);

	return s->c.begin <= t0 && end != OPEN && end <= t0;
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

/* Kinds that change page tables. */
static bool changes_tables(u8 kind)
{
	switch (kind) {
	case SPF_KIND_UNMAP:
	case SPF_KIND_UFFD_WP:
	case SPF_KIND_COLLAPSE:
	case SPF_KIND_MADV_FREE:
	case SPF_KIND_NUMA:
	case SPF_KIND_MREMAP:
	case SPF_KIND_PGTABLES:
	case SPF_KIND_FORK:
	case SPF_KIND_MPROTECT:
		return true;
	default:
		return false;
	}
}

/* "Endangers" in docs/designs.md. */
static bool endangers(const struct section *s, const struct spf_span *span)
{
	if (!s->c.hold)
		return false;
	if (s->c.kind == SPF_KIND_MPROTECT && is_odd(s, span->t0))
		return false;
	return changes_tables(s->c.kind) ? covers(s, span->address) :
					   matters(s, span->address);
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
	seen->ended |= s->c.begin <= span->t1 && end_of(s) != OPEN &&
		       span->t0 < end_of(s) && end_of(s) <= span->until;
	seen->unsafe |= (odd || moved) && endangers(s, span);
	seen->locked |= marks && is_odd(s, span->lookup);
	if (marks && is_past(s, span->lookup))
		seen->marker = s->c.hold;
}

static void blame(struct spf_seen *seen, const struct section *s)
{
	seen->by = s->c;
	seen->by_end = end_of(s) == OPEN ? 0 : end_of(s);
	/* Nobody asks which share it was. */
	seen->by.share = 0;
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
		seen->last_end = end_of(s);
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

/* @shared: with the sections of shares. */
static void scan(const struct vma *m, const struct spf_span *span,
		 struct spf_seen *seen, bool shared)
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
		if ((shared || !m->v[i].c.share) && end_of(&m->v[i]) > span->t0)
			seen->overrun = true;
	for (i = vma_first(m); i < m->nr; i++)
		if (shared || !m->v[i].c.share)
			scan_section(&m->v[i], span, seen);
	scan_by(m, span, seen);
}

static bool found(const struct spf_seen *s)
{
	return s->absent || s->odd || s->moved || s->later || s->overrun ||
	       s->odd_matters || s->moved_matters || s->unknown || s->flags ||
	       s->ended || s->locked || s->unsafe;
}

/* All that is said is true. */
static bool is_true(const struct spf_seen *said, const struct spf_seen *truth)
{
	return said->known == truth->known && said->mark == truth->mark &&
	       said->absent <= truth->absent && said->odd <= truth->odd &&
	       said->moved <= truth->moved && said->later <= truth->later &&
	       said->past <= truth->past && said->page <= truth->page &&
	       said->odd_matters <= truth->odd_matters &&
	       said->moved_matters <= truth->moved_matters &&
	       said->unsafe <= truth->unsafe &&
	       said->unknown <= truth->unknown && said->flags <= truth->flags &&
	       said->ended <= truth->ended && said->locked <= truth->locked &&
	       said->born == truth->born && said->since == truth->since;
}

static unsigned long nth_mm(u32 n)
{
	return 0xffff888100000000UL + n * 0x480UL;
}

static u32 place_of(u32 mm)
{
	return hash_long(nth_mm(mm), SPF_LOST_BITS);
}

static u32 mm_of(const struct vma *m)
{
	return (m->key.mm - nth_mm(0)) / 0x480;
}

/* Has a loss of this mm, or one that counts as its own, touched a fault? */
static bool is_lost(u32 mm, u64 t0, bool surely)
{
	size_t i;

	for (i = 0; i < nr_losses; i++) {
		const struct loss *l = &losses[i];
		u64 end = l->share ? share_of(l->share)->end : l->end;

		if (surely ? l->mm != mm : place_of(l->mm) != place_of(mm))
			continue;
		if (end > t0)
			return true;
		if (!surely && is_vague(l->share) &&
		    (any_fork() || latest_share_end > t0))
			return true;
	}
	return false;
}

static u64 lose(u32 mm, u32 share, u64 end)
{
	losses = grow(losses, nr_losses, &room_losses, sizeof(*losses));
	losses[nr_losses++] = (struct loss){ mm, share, end, ++nth_loss };
	return nth_loss;
}

/* Those that no fault from now on can meet are of no use: times go back a bit. */
static void end_loss(u64 nth, u64 end)
{
	size_t i;

	for (i = 0; i < nr_losses; i++)
		if (losses[i].nth == nth)
			losses[i].end = end;
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
	       a->unsafe == b->unsafe &&
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
	ktap_diag("  unsafe %d ended %d locked %d marker %llu born %llu since %llu",
		  s->unsafe, s->ended, s->locked, s->marker, s->born,
		  s->since);
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
	facts.unsafe += want->unsafe;
	facts.flags += want->flags;
	facts.ended += want->ended;
	facts.locked += want->locked;
	facts.marker += !!want->marker;
	facts.lookup += span->lookup > span->t0 &&
			(want->locked || want->marker);
}

/* The table's answer, and how far it may be from the oracle's. */
static bool fits(const struct vma *m, const struct spf_span *span,
		 const struct spf_seen *got, struct spf_seen *want)
{
	u32 mm = mm_of(m);
	bool vague = has_vague(m);
	bool must = want->overrun || span->t0 < m->taken ||
		    is_lost(mm, span->t0, true);
	bool may = must || span->t0 < (m->known ? m->doubt : latest_taken) ||
		   is_lost(mm, span->t0, false) ||
		   (vague && (any_fork() || span->t0 < latest_share_end));

	room.lost += is_lost(mm, span->t0, true);
	room.not_lost += nr_losses && !is_lost(mm, span->t0, false);
	if (got->overrun && !may)
		return false;
	if (vague) {
		room.weak++;
		room.vague += got->overrun && !must;
		if (got->overrun)
			return is_true(got, want);
		/* Of when it ended there is left that it was not later. */
		if (is_vague(want->last.share) &&
		    got->last_end >= want->last_end && got->last_end <= span->t0)
			want->last_end = got->last_end;
		return same_seen(got, want);
	}
	want->overrun = got->overrun;
	return got->overrun >= must && same_seen(got, want);
}

static bool op_look(u32 n, const struct spf_span *span)
{
	const struct vma *m = &vmas[n];
	bool quiet = spf_shadow_quiet(sh, &m->key, span->t0);
	struct spf_seen want, got, unshared;
	size_t i;

	memset(&got, 1, sizeof(got));
	spf_shadow_look(sh, &m->key, span, &got);
	scan(m, span, &want, true);
	scan(m, span, &unshared, false);
	unshared.overrun |= span->t0 < m->taken ||
			    is_lost(mm_of(m), span->t0, true);
	count_look(span, &want, quiet);

	/* Quiet says nothing about what was over by t0. */
	if (fits(m, span, &got, &want) && !(quiet && found(&unshared)))
		return true;

	ktap_diag("look at vma %u (known %d, born %llu, %zu sections), quiet: %d",
		  n, m->known, m->born, m->nr, quiet);
	ktap_diag("span t0 %llu until %llu t1 %llu lookup %llu address %lx",
		  span->t0, span->until, span->t1, span->lookup, span->address);
	ktap_diag("taken %llu doubt %llu, lost %d", m->taken, m->doubt,
		  is_lost(mm_of(m), span->t0, true));
	show_seen("table", &got);
	show_seen("oracle", &want);
	for (i = m->nr > 2 * SPF_RING ? m->nr - 2 * SPF_RING : 0; i < m->nr; i++)
		show_change(i < vma_first(m) ? "forgotten" : "section",
			    &m->v[i].c, end_of(&m->v[i]) == OPEN ? 0 :
			    end_of(&m->v[i]));
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

		t = rnd(2) ? s->c.begin : end_of(s);
		if (t == OPEN)
			t = clock_now;
		t = t + rnd(3) - 1;
	} else if (m->taken && dice < 70) {
		t = m->taken + rnd(3) - 1;
	} else if (nr_losses && dice < 72) {
		t = losses[nr_losses - 1 - rnd(nr_losses < 8 ? nr_losses : 8)].end;
		t = t == OPEN ? clock_now : t + rnd(3) - 1;
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

/* --- room --- */

static u64 last_news(const struct vma *m)
{
	u64 last = m->born > m->since ? m->born : m->since;
	size_t i;

	for (i = 0; i < m->nr; i++) {
		u64 end = end_of(&m->v[i]);

		if (m->v[i].c.begin > last)
			last = m->v[i].c.begin;
		/* One that is vague is open or not, and that is all. */
		if (end > last && (end == OPEN || !is_vague(m->v[i].c.share)))
			last = end;
	}
	return last;
}

static bool is_idle(const struct vma *m)
{
	u64 last = last_news(m);

	return last != OPEN && last + SPF_IDLE_NS < clock_taken;
}

static bool has_entry(const struct vma *m)
{
	const struct spf_span span = { 1, 1, 1, 1, 0 };
	struct spf_seen seen;

	spf_shadow_look(sh, &m->key, &span, &seen);
	return seen.known;
}

/* Somebody got an entry while all were in use: from whom? */
static bool give_on(const struct vma *to)
{
	struct vma *from = NULL;
	u32 n;

	for (n = 0; n < nr_vmas; n++) {
		if (!vmas[n].known || &vmas[n] == to || has_entry(&vmas[n]))
			continue;
		if (differ("taken from two", !!from, false))
			return false;
		from = &vmas[n];
	}
	if (differ("taken from somebody", !!from, true) ||
	    differ("that is idle", is_idle(from), true))
		return false;
	vma_forget(from);
	from->taken = clock_taken;
	if (latest_taken < clock_taken)
		latest_taken = clock_taken;
	room.given_on++;
	return true;
}

/* It needs an entry and has @got one, or not. */
static bool check_room(const struct vma *m, bool got)
{
	if (m->known || nr_known < nr_max)
		return !differ("room", got, true);
	room.full += !got;
	total_full += !got;
	return !got || give_on(m);
}

static bool do_born(u32 n)
{
	struct vma *m = &vmas[n];
	u64 now = tick();
	bool got;

	clock_taken = spf_shim_clock + 1;
	got = spf_shadow_born(sh, &m->key, now);
	if (!check_room(m, got))
		return false;
	if (got)
		vma_start(m, now);
	else
		lose(mm_of(m), 0, now);
	return true;
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
		if (end_of(&m->v[i]) != OPEN)
			continue;
		/* Whose the forgotten ones are is forgotten, too. */
		if (i < vma_first(m) || m->v[i].c.writer != writer)
			return SPF_BEGUN_CONCURRENT;
		begun = SPF_BEGUN_NESTED;
	}
	return begun;
}

/* @share: 0, or with which others it ends */
static bool do_begin(u32 n, u32 share)
{
	struct vma *m = &vmas[n];
	u64 now = tick();
	struct open_section o = { .vma = n, .since = now, .shared = share };
	struct spf_change want = pick_change(now), c;
	enum spf_begun got, begun = SPF_BEGUN_FULL;
	bool vague = has_vague(m);

	want.share = share;
	c = want;
	c.begin = pass(now);
	clock_taken = spf_shim_clock + 1;
	pick_mark(m);
	memset(&o.h, 0x5a, sizeof(o.h));
	got = spf_shadow_begin(sh, &m->key, &c, &o.h);
	/* The clock is read once more when an idle entry is looked for. */
	if (c.begin == now + 1 && !m->known && nr_known == nr_max)
		want.begin = now + 1;
	o.since = want.begin;
	if (differ("change", same_change(&c, &want), true) ||
	    !check_room(m, got != SPF_BEGUN_FULL) ||
	    differ("lost", o.h.index == SPF_LOST_ENTRY, got == SPF_BEGUN_FULL))
		return false;
	if (got != SPF_BEGUN_FULL) {
		if (!m->known)
			vma_start(m, 0);
		begun = who_else(m, want.writer);
		o.life = m->life;
		o.nth = m->nr;
		vma_add(m, (struct section){ want, OPEN });
	} else {
		o.loss = lose(mm_of(m), share, OPEN);
	}
	total_begun[begun]++;
	room.shared += share && !o.loss;
	if (!vague && differ("begin", got, begun))
		return false;
	if (!share)
		remember_open(&o);
	else
		ended[nr_ended++ % NR_ENDED] = o;
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
	if (o.loss)
		end_loss(o.loss, now);
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
		facts.settled_late += end_of(&m->v[o->nth]) != OPEN &&
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
	/* What was lost has one end, and that was told. */
	if (lives_on(o) || o->loss)
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

static bool do_adopt(u32 n)
{
	struct vma *m = &vmas[n];
	bool got;

	pick_mark(m);
	clock_taken = spf_shim_clock + 1;
	spf_shadow_adopt(sh, &m->key);
	got = has_entry(m);
	if (!check_room(m, got))
		return false;
	if (!m->known && got)
		vma_start(m, 0);
	return true;
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
	can = lives_on(p);
	clock_taken = spf_shim_clock + 1;
	memset(&o.h, 0x5a, sizeof(o.h));
	got = spf_shadow_inherit(sh, &m->key, &p->h, now, &o.h);
	if (can ? !check_room(m, got) : differ("inherit", got, false))
		return false;
	if (differ("handle", o.h.index, got ? o.h.index :
		   can ? SPF_LOST_ENTRY : SPF_NO_ENTRY))
		return false;
	if (can && !got)
		o.loss = lose(mm_of(m), 0, OPEN);
	if (got) {
		vma_start(m, parent->born);
		m->since = now;
		m->taken = parent->taken;
		m->doubt = parent->doubt;
		for (i = 0; i < parent->nr; i++) {
			struct section s = parent->v[i];

			if (!s.c.share && s.end == OPEN && i != p->nth)
				s.end = now;
			/* The address left the VMA that was split. */
			if (i == p->nth)
				s.c.effect = SPF_EFFECT_OTHER;
			vma_add(m, s);
		}
		o.life = m->life;
		o.nth = p->nth;
	}
	remember_open(&o);
	return true;
}

/* --- forks --- */

static u32 start_share(void)
{
	u32 id = spf_shadow_share(sh);

	shares = grow(shares, nr_shares, &room_shares, sizeof(*shares));
	shares[nr_shares++] = (struct share){ id, OPEN };
	return id;
}

/* Their ends are read off one clock. */
static bool end_share(struct share *s)
{
	u64 now = tick();

	now = now > latest_share_end ? now : latest_share_end;
	clock_now = now > clock_now ? now : clock_now;
	latest_share_end = now;
	s->end = now;
	return !differ("share's end", spf_shadow_share_end(sh, s->id, pass(now)),
		       now);
}

static bool has_open_share(const struct vma *m)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (m->v[i].c.share && end_of(&m->v[i]) == OPEN)
			return true;
	return false;
}

static bool do_fork(u32 n)
{
	u32 mm = mm_of(&vmas[n]);

	if (forks[mm] == (size_t)-1) {
		start_share();
		forks[mm] = nr_shares - 1;
	}
	if (rnd(6))
		return has_open_share(&vmas[n]) ||
		       do_begin(n, shares[forks[mm]].id);
	mm = forks[mm];
	forks[mm_of(&vmas[n])] = -1;
	room.stray += is_vague(shares[mm].id);
	return end_share(&shares[mm]);
}

/* Many forks elsewhere. */
static bool do_forks(void)
{
	u32 i, nr = SPF_SHARES / 2 + rnd(SPF_SHARES);

	for (i = 0; i < nr; i++) {
		start_share();
		if (!end_share(&shares[nr_shares - 1]))
			return false;
	}
	return true;
}

static void do_clear(void)
{
	u32 n;

	latest_taken = 0;
	for (n = 0; n < nr_vmas; n++)
		vma_forget(&vmas[n]);
	nr_losses = 0;
	for (n = 0; n < NR_MMS; n++)
		forks[n] = -1;
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
	/* Long enough for all that is not open. */
	if (!rnd(600))
		clock_now += SPF_IDLE_NS + rnd(100);
	spf_shim_clock = clock_now;
	if (dice < 300) {
		ok = do_begin(pick_vma(c->hot), 0);
	} else if (dice < 330) {
		ok = do_fork(pick_vma(c->hot));
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
		ok = do_adopt(rnd(nr_vmas));
	} else if (dice < 990) {
		ok = do_alive();
	} else {
		ok = do_stale();
	}

	/* Rare: it makes the table empty for a while. */
	if (!rnd(20000))
		do_clear();
	if (ok && !rnd(5000))
		ok = do_forks();

	return ok && !differ("used", spf_shadow_used(sh), nr_known);
}

/* Whatever was open on them: with the VMAs gone, nothing is left to look at. */
static bool all_quiet_when_dropped(void)
{
	u32 n;

	for (n = 0; n < nr_vmas; n++)
		spf_shadow_drop(sh, &vmas[n].key);
	for (n = 0; n < nr_vmas; n++)
		if (!spf_shadow_quiet(sh, &vmas[n].key, OPEN) &&
		    !is_lost(mm_of(&vmas[n]), OPEN - 1, false)) {
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
	nr_shares = 0;
	nr_losses = 0;
	latest_share_end = 0;
	latest_taken = 0;
	for (n = 0; n < NR_MMS; n++)
		forks[n] = -1;
	spf_shim_weak_hash = c->weak;

	vmas = calloc(nr_vmas, sizeof(*vmas));
	sh = spf_shadow_alloc(c->vmas_max);
	if (!vmas || !sh)
		abort();
	/*
	 * Two mms share each address; marks wrap on the way.  A third has few VMAs,
	 * and so not much to lose.
	 */
	for (n = 0; n < nr_vmas; n++) {
		vmas[n].key = (struct spf_key){
			nth_mm(n % 32 ? n & 1 : 2),
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
	       often(facts.lookup) && often(facts.unsafe) &&
	       facts.settled > total_ops / 1000 && facts.settled_late;
}

/* Some are rare: short runs need not meet them. */
static bool room_met(bool all)
{
	return room.given_on && room.full && often(room.lost) &&
	       room.not_lost > total_looks / 1000 && room.shared && room.weak &&
	       (!all || (room.remade && room.vague && room.stray));
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
	ktap_diag("%llu settled, %llu of them late; %llu unsafe", facts.settled,
		  facts.settled_late, facts.unsafe);
	ktap_diag("entries: %llu given on, %llu not, %llu had one before",
		  room.given_on, room.full, room.remade);
	ktap_diag("%llu of the looks lost, %llu not with losses about", room.lost,
		  room.not_lost);
	ktap_diag("%llu in a share; looks with one too long ago: %llu, not certain: %llu",
		  room.shared, room.weak, room.vague);
	ktap_diag("%llu strays", room.stray);
	ktap_diag("begun: %llu alone, %llu nested, %llu concurrent; %llu alive, %llu not",
		  total_begun[SPF_BEGUN_ALONE], total_begun[SPF_BEGUN_NESTED],
		  total_begun[SPF_BEGUN_CONCURRENT], total_alive[true],
		  total_alive[false]);
	ktap_result(often(total.odd) && often(total.quiet) &&
		    often(total.overrun) && often(total.past) &&
		    often(total.outside) && often(total.page) &&
		    facts_met() && room_met(ops >= 30000) &&
		    total_begun[SPF_BEGUN_ALONE] > total_ops / 1000 &&
		    total_begun[SPF_BEGUN_NESTED] > total_ops / 1000 &&
		    total_begun[SPF_BEGUN_CONCURRENT] > total_ops / 1000 &&
		    total_alive[true] && total_alive[false] &&
		    total_full > total_ops / 1000, "hard_cases_met");
	return ktap_exit();
}
