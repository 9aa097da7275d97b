// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2a, the rules.
 *
 * Compiled in the module and, unchanged, in tests/unit.
 */
#include <spf/clock.h>
#include <spf/judge.h>
#include <spf/rules.h>

#define MAYBE(bit)	((bit) << SPF_MET_MAYBE_SHIFT)

/* --- the history of the VMA --- */

/* The checks that depend on what the writers did to it. */
static u64 history_fails(const struct spf_seen *seen)
{
	u64 fails = 0;

	if (seen->absent)
		fails |= SPF_BIT(VMA_ABSENT);
	if (seen->odd)
		fails |= SPF_BIT(SEQ_ODD);
	if (seen->odd_matters)
		fails |= SPF_BIT(ODD_MATTERS);
	if (seen->outside)
		fails |= SPF_BIT(OUT_OF_BOUNDS);
	if (seen->moved)
		fails |= SPF_BIT(SEQ_MOVED);
	if (seen->moved_matters)
		fails |= SPF_BIT(MOVED_MATTERS);
	if (seen->unsafe)
		fails |= SPF_BIT(UNSAFE);
	if (seen->flags)
		fails |= SPF_BIT(FLAGS_DIFFER);
	if (seen->ended)
		fails |= SPF_BIT(COUNT_DIFFERS);
	return fails;
}

/*
 * Would a kernel with per-VMA locks have found this one write-locked?  The mark
 * stays for as long as the hold lasts, and goes a little before the lock does.  A VMA
 * that was allocated in it is not in the tree yet, or is marked.
 */
static bool is_write_locked(const struct spf_fault *f, const struct spf_evidence *e)
{
	return e->seen.locked || e->company.marked ||
	       (spf_fault_lock(f) == SPF_LOCK_WRITER && !e->seen.absent &&
		e->company.bore);
}

/* What is not known. */
static u32 history_doubts(const struct spf_fault *f, const struct spf_seen *seen)
{
	u32 met = 0;

	if (seen->mark_lost && spf_fault_lock(f) != SPF_LOCK_FREE)
		met |= MAYBE(SPF_MAYBE_LOCKED);
	if (seen->unknown)
		met |= MAYBE(SPF_MAYBE_EFFECT);
	if (seen->overrun)
		met |= SPF_MET_OVERRUN;
	return met;
}

static void blame(const struct spf_change *by, u64 end, const struct spf_evidence *e,
		  struct spf_found *found)
{
	found->met |= SPF_MET_BLAME;
	found->blame = (struct spf_blame){
		.by = *by,
		.open_ns = spf_elapsed(by->begin, end ?: e->now),
		.page = e->seen.page,
	};
}

void spf_rules_history(const struct spf_fault *f, const struct spf_evidence *e,
		       struct spf_found *found)
{
	const struct spf_seen *seen = &e->seen;
	bool past;

	if (!e->known)
		return;
	/* Of those that could have had the lock at t0, it was the last. */
	past = seen->past && e->company.lasted;
	found->fails |= history_fails(seen);
	if (is_write_locked(f, e))
		found->fails |= SPF_BIT(WRITE_LOCKED);
	found->met |= history_doubts(f, seen);
	if (seen->later)
		found->met |= SPF_MET_LATER;
	if (past)
		found->met |= SPF_MET_PAST;
	if (seen->odd || seen->moved || seen->later)
		blame(&seen->by, seen->by_end, e, found);
	else if (past)
		blame(&seen->last, seen->last_end, e, found);
}

/* --- who waits for the lock --- */

/*
 * A fault that holds the lock, for read, keeps those who queue for it from what
 * they are going to do.  Whom of them it kept from its own VMA is told by what
 * they do next.
 */
void spf_rules_queue(const struct spf_evidence *e, struct spf_found *found)
{
	if (!e->known)
		found->met |= SPF_MET_UNSURE;
	if (e->company.waits != SPF_WAITING_NO)
		found->met |= SPF_MET_ABOUT;
	if (e->company.waits == SPF_WAITING_UNKNOWN)
		found->met |= SPF_MET_UNSURE;
	if (e->foreign)
		found->met |= SPF_MET_FOREIGN;
}

/* --- the counter of the whole mm --- */

/*
 * As the kernel's own counter has it.  Under its VMA's lock a fault keeps no
 * writer from mmap_lock, so that the counter has moved if it was to move.
 */
static void mm_native(const struct spf_fault *f, u32 mark, struct spf_found *found)
{
	const u32 about = SPF_MET_ABOUT | SPF_MET_FOREIGN;
	bool moved = mark != f->mark && !(f->mark & 1);

	if (moved && !(f->met & SPF_MET_BLOCKED))
		found->fails |= SPF_BIT(MM_MOVED_NATIVE);
	else if (moved || (!(f->met & SPF_MET_TRIED) && found->met & about))
		found->met |= MAYBE(SPF_MAYBE_MM_NATIVE);
}

/*
 * Who had the lock in the attempt?  Whoever waits for it would not have had to wait
 * for this fault.
 */
void spf_rules_mm(const struct spf_fault *f, const struct spf_evidence *e,
		  struct spf_found *found)
{
	const u32 about = SPF_MET_ABOUT | SPF_MET_FOREIGN;

	if (e->company.gained == SPF_GAINED_MOVED)
		found->fails |= SPF_BIT(MM_MOVED);
	if (e->company.gained == SPF_GAINED_MAYBE || found->met & about ||
	    f->met & SPF_MET_BLOCKED)
		found->met |= MAYBE(SPF_MAYBE_MM);
	if (e->native)
		mm_native(f, e->mark, found);
}

/* Not by one who has just got it, or is about to give it back. */
void spf_rules_arrival(const struct spf_fault *f, bool odd, struct spf_found *found)
{
	if (spf_fault_lock(f) != SPF_LOCK_WRITER)
		return;
	if (odd)
		found->fails |= SPF_BIT(MM_ODD);
	else
		found->met |= MAYBE(SPF_MAYBE_MM);
}
