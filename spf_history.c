// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2b, what a fault asks the shadow table: what happened to its VMA around it.
 *
 * Compiled in the module and, unchanged, in tests/unit.  No lock is taken and nothing
 * of the table is written.  Locking: spf_shadow.c.
 */
#include <linux/kernel.h>
#include <linux/seqlock.h>
#include <linux/string.h>

#include <spf/entry.h>
#include <spf/history.h>
#include <spf/lost.h>
#include <spf/shadow.h>
#include <spf/share.h>

static struct spf_change change_of(const struct spf_section *s, u64 begin)
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
		.slot = what >> SPF_SLOT_SHIFT,
		.kind = spf_kind_in(what),
		.effect = spf_effect_in(what),
		.marks = what & SPF_MARKS_BIT,
	};
}

static void note(struct spf_seen *seen, const struct spf_section *s, u64 begin,
		 u64 end)
{
	seen->by = change_of(s, begin);
	seen->by_end = end;
}

static bool covers(const struct spf_section *s, unsigned long address)
{
	return address >= READ_ONCE(s->from) && address < READ_ONCE(s->to);
}

/*
 * Has a section that changed nothing but bounds left the address where it was?
 * One of a kind that does not even change these has left all where it was.
 */
static bool keeps(const struct spf_section *s, unsigned long address)
{
	u32 kind = 1U << spf_kind_in(READ_ONCE(s->what));

	return address >= READ_ONCE(s->vm_start) &&
	       address < READ_ONCE(s->vm_end) &&
	       (!(kind & SPF_KINDS_OF_BOUNDS) || !covers(s, address));
}

/* Does the attempt have to mind this section?  docs/designs.md */
static bool matters(const struct spf_section *s, unsigned long address,
		    struct spf_seen *seen)
{
	switch (spf_effect_in(READ_ONCE(s->what))) {
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
static bool endangers(const struct spf_section *s, unsigned long address,
		      bool was_open, struct spf_seen *seen)
{
	u32 kind = spf_kind_in(READ_ONCE(s->what));

	if (!READ_ONCE(s->hold))
		return false;
	if (!(1U << kind & SPF_KINDS_OF_PAGES))
		return matters(s, address, seen);
	return covers(s, address) && !(was_open && kind == SPF_KIND_MPROTECT);
}

/* One that marks the VMA, as long as its hold lasts. */
static void look_at_mark(const struct spf_entry *e, const struct spf_section *s,
			 const struct spf_span *span, struct spf_seen *seen,
			 u64 begin, u64 end)
{
	u64 hold = READ_ONCE(s->hold);

	if (!hold || !(READ_ONCE(s->what) & SPF_MARKS_BIT))
		return;
	if (hold == READ_ONCE(e->marker))
		begin = min(begin, READ_ONCE(e->marked));
	else if (begin > span->lookup && READ_ONCE(e->marked) > begin)
		seen->mark_lost = true;
	if (begin > span->lookup)
		return;
	if (end == SPF_OPEN || span->lookup < end)
		seen->locked = true;
	else if (!seen->marker)
		seen->marker = hold;
}

/* It was open at t0, or it was over. */
static void look_at_past(const struct spf_section *s, const struct spf_span *span,
			 struct spf_seen *seen, u64 begin, u64 end)
{
	if (end == SPF_OPEN || span->t0 < end) {
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
static void look_at_moved(const struct spf_section *s, const struct spf_span *span,
			  struct spf_seen *seen)
{
	seen->moved = true;
	seen->page |= covers(s, span->address);
	seen->moved_matters |= matters(s, span->address, seen);
	seen->unsafe |= endangers(s, span->address, false, seen);
	seen->flags |= spf_effect_in(READ_ONCE(s->what)) == SPF_EFFECT_FLAGS;
}

/* When it has ended.  Return: false when nobody knows whether that was by @t0. */
static bool end_of(struct spf_shadow *sh, const struct spf_section *s, u64 t0,
		   u64 *end)
{
	bool lost;

	*end = READ_ONCE(s->end);
	if (likely(!(*end & SPF_SHARED)))
		return true;
	*end = spf_share_end_of(sh, *end, &lost);
	if (!lost || *end <= t0)
		return true;
	*end = READ_ONCE(s->begin);
	return false;
}

/* All that is told of a section only if it is known when it has ended. */
static void look_at_end(const struct spf_entry *e, const struct spf_section *s,
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
		const struct spf_section *s = &e->ring[--begun % SPF_RING];
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
		const struct spf_section *s = &e->ring[--begun % SPF_RING];
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
	end = spf_share_end_of(sh, share, &lost);
	return end > t0 || (!lost && end == SPF_OPEN);
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

	while (i != SPF_NO_ENTRY && !spf_entry_is_of(&sh->pool[i], key) &&
	       !read_seqcount_retry(&b->seq, seq))
		i = READ_ONCE(sh->pool[i].next);
	return i == SPF_NO_ENTRY ? NULL : &sh->pool[i];
}

void spf_shadow_look(struct spf_shadow *sh, const struct spf_key *key,
		     const struct spf_span *span, struct spf_seen *seen)
{
	struct spf_bucket *b = spf_bucket_of(sh, key->vma);
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
		spf_handle_set(sh, &seen->entry, e ? e - sh->pool : SPF_NO_ENTRY, 0);
	} while (read_seqcount_retry(&b->seq, seq));
	if (unlikely(READ_ONCE(sh->losing)))
		seen->overrun |= spf_shadow_lost(sh, key->mm, span->t0);
}

bool spf_shadow_after(struct spf_shadow *sh, const struct spf_key *key, u64 t1,
		      struct spf_change *first)
{
	struct spf_bucket *b = spf_bucket_of(sh, key->vma);
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
