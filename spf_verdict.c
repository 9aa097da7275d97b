// SPDX-License-Identifier: GPL-2.0-only
/*
 * The faults' chain, second half: facts -> judge -> counters, trace events.
 *
 * The verdict of seqcount goes to counters of its own, and with it all that is
 * said of writers: whom a fault met, what it waited for.  The other designs are
 * judged from the same facts (docs/designs.md); what nothing has stopped and what
 * met nobody is the same to all of them, and is counted once.
 */
#include <linux/mm.h>

#include <spf/compat.h>
#include <spf/defer.h>
#include <spf/design.h>
#include <spf/facts.h>
#include <spf/fault.h>
#include <spf/history.h>
#include <spf/hold.h>
#include <spf/hooks.h>
#include <spf/judge.h>
#include <spf/lock.h>
#include <spf/section.h>
#include <spf/shadow.h>
#include <spf/stats.h>
#include <spf/task.h>
#include <spf/top.h>
#include <spf/verdict.h>
#include <trace/events/spf.h>

#define SEQCOUNT	(&spf_designs[SPF_DESIGN_SEQCOUNT])

static bool stopped_by_writer(enum spf_reason reason)
{
	return reason == SPF_REASON_SEQ_ODD || reason == SPF_REASON_SEQ_MOVED;
}

static enum spf_verdict verdict_of(enum spf_reason reason)
{
	return spf_verdict_of(SEQCOUNT, reason);
}

/* --- seqcount, and whom the fault has met; all of it cold --- */

/* What it has waited while the lock was like that when the wait began. */
static void count_wait_in(enum spf_lock lock, u64 ns, bool completed)
{
	spf_hist_cold(SPF_N_LOCK_HIST + lock * SPF_HIST_BUCKETS, ns);
	spf_count_cold(spf_n_lock(lock, SPF_LOCK_WAITED));
	spf_add_cold(spf_n_lock(lock, SPF_LOCK_WAIT_NS), ns);
	if (!completed)
		return;
	spf_count_cold(spf_n_lock(lock, SPF_LOCK_COMPLETED_WAITED));
	spf_add_cold(spf_n_lock(lock, SPF_LOCK_COMPLETED_WAIT_NS), ns);
}

static void count_wait(const struct spf_fault *f, bool completed)
{
	const struct spf_waits *waits = &spf_writer_of(f)->waits;
	u32 left;

	spf_count(SPF_N_BLOCKED);
	spf_hist(SPF_N_WAIT_HIST, f->wait_ns);
	spf_add(SPF_N_WAIT_NS, f->wait_ns);
	if (completed)
		spf_add(SPF_N_WAIT_SAVED_NS, f->wait_ns);
	for (left = waits->met; left; left &= left - 1)
		count_wait_in(__ffs(left), waits->ns[__ffs(left)], completed);
}

static enum spf_scope scope_of(const struct spf_fault *f,
			       const struct spf_blame *blame,
			       enum spf_reason reason)
{
	if (stopped_by_writer(reason))
		return blame->page ? SPF_SCOPE_PAGE : SPF_SCOPE_VMA;
	if (spf_fault_lock(f) == SPF_LOCK_WRITER &&
	    verdict_of(reason) != SPF_VERDICT_SKIPPED)
		return SPF_SCOPE_MM;
	return SPF_SCOPE_NONE;
}

/* The name of a writer who may be gone; copied while he may write it. */
static void name_of(u32 slot, u32 tid, char *comm)
{
	const struct spf_writer *w;

	comm[0] = '?';
	if (slot == SPF_NO_SLOT)
		return;
	w = spf_writer_at(slot);
	if (tid && READ_ONCE(w->tid) != tid)
		return;
	memcpy(comm, w->comm, SPF_TOP_COMM - 1);
}

static void blame_abort(const struct spf_fault *f,
			const struct spf_blame *blame)
{
	struct spf_top_key key = { .kind = blame->by.kind };

	spf_count_cold(SPF_N_BLAME_ABORTS + blame->by.kind);
	spf_add_cold(SPF_N_BLAME_OPEN_NS + blame->by.kind, blame->open_ns);
	name_of(blame->by.slot, blame->by.writer, key.comm);
	spf_vma_name(f, key.name);
	spf_top_add(SPF_TOP_ABORTS, &key,
		    f->met & SPF_MET_BLOCKED ? f->wait_ns : 0);
}

static void blame_wait(const struct spf_fault *f)
{
	const struct spf_waits *waits = &spf_writer_of(f)->waits;
	struct spf_top_key key = {};
	u32 slot;

	if (!(waits->met & BIT(SPF_LOCK_WRITER)) || !waits->hold)
		return;
	key.kind = spf_hold_blame(spf_holds, waits->hold, &slot);
	name_of(slot, 0, key.comm);
	spf_vma_name(f, key.name);
	spf_top_add(SPF_TOP_WAIT, &key, waits->ns[SPF_LOCK_WRITER]);
}

/* It completed while holds of its mm were about: remember it for them. */
static enum spf_meeting meet(struct spf_fault *f,
			     struct spf_deferred *deferred)
{
	enum spf_meeting meeting;

	if (!(f->met & SPF_MET_ABOUT))
		return SPF_MEETING_NOBODY;
	meeting = spf_defer(spf_holds, f->key.mm, f->key.vma, f->entered, deferred);
	if (meeting == SPF_MEETING_FULL) {
		spf_count(SPF_N_DEFERRED_FULL);
		f->met |= SPF_MET_UNSURE;
	}
	return meeting;
}

/*
 * It is possible, and need not be deferred.  Return: false if it was counted as
 * that already.
 */
static bool take_back(unsigned long mm, const struct spf_deferred *deferred)
{
	if (spf_defer_retract(spf_holds, mm, deferred))
		return true;
	if (!spf_defer_cleared(spf_holds, deferred))
		return false;
	/* All its holds were over before it was found out. */
	spf_add(SPF_N_CLEARED, -1);
	return true;
}

/*
 * Will a hold that was about when it ended touch its VMA?  One that has done so
 * since then was too early to find the fault deferred.
 */
static bool defer(struct spf_fault *f, struct spf_blame *blame)
{
	struct spf_deferred deferred;
	enum spf_meeting meeting = meet(f, &deferred);
	struct spf_change by;

	if (!spf_shadow_after(spf_vmas, &f->key, f->entered, &by) ||
	    !spf_hold_asked(spf_holds, f->key.mm, by.hold, f->entered))
		return meeting == SPF_MEETING_DEFERRED;
	if (meeting == SPF_MEETING_DEFERRED &&
	    !take_back(f->key.mm, &deferred))
		return true;
	f->met |= SPF_MET_LATER | SPF_MET_BLAME;
	f->met &= ~SPF_MET_UNSURE;
	*blame = (struct spf_blame){ .by = by };
	return false;
}

#define UNRESOLVED	(SPF_MET_OVERRUN | SPF_MET_FOREIGN | SPF_MET_UNSURE)

/* A completed one: is it possible, or not known to be? */
static void count_possible(struct spf_fault *f, struct spf_blame *blame,
			   struct spf_told *told)
{
	const u32 certain = SPF_MET_LATER | SPF_MET_PAST;

	if (!(f->met & (UNRESOLVED | certain)))
		told->deferred = defer(f, blame);
	if (!(f->met & (UNRESOLVED | certain)))
		return;
	told->possible = true;
	spf_count(SPF_N_POSSIBLE);
	if (f->met & certain) {
		spf_count_cold(SPF_N_BLAME_POSSIBLE + blame->by.kind);
		return;
	}
	spf_count(SPF_N_UNRESOLVED);
	if (f->met & SPF_MET_FOREIGN)
		spf_count(SPF_N_FOREIGN);
}

static void count_repeat(const struct spf_fault *f, struct spf_writer *w,
			 struct spf_told *told)
{
	unsigned long page = (f->address >> PAGE_SHIFT) + 1;

	told->repeat = w->aborted == page;
	if (told->repeat)
		spf_count(SPF_N_REPEAT);
	w->aborted = page;
}

static void count_meeting(struct spf_fault *f, enum spf_reason reason,
			  struct spf_told *told)
{
	struct spf_blame *blame = &spf_writer_of(f)->blame;
	bool completed = verdict_of(reason) == SPF_VERDICT_COMPLETED;
	enum spf_lock lock = spf_fault_lock(f);

	if (f->met & SPF_MET_OVERRUN)
		spf_count(SPF_N_OVERRUN);
	if (lock != SPF_LOCK_FREE)
		spf_count_cold(spf_n_lock(lock, SPF_LOCK_ARRIVALS));
	if (lock != SPF_LOCK_FREE && completed)
		spf_count_cold(spf_n_lock(lock, SPF_LOCK_COMPLETED));
	if (f->met & SPF_MET_BLOCKED) {
		count_wait(f, completed);
		blame_wait(f);
	}
	told->scope = scope_of(f, blame, reason);
	if (told->scope)
		spf_count_cold(SPF_N_SCOPE + told->scope);
	if (stopped_by_writer(reason))
		blame_abort(f, blame);
	else if (completed)
		count_possible(f, blame, told);
	if (f->met & SPF_MET_BLAME &&
	    (stopped_by_writer(reason) || told->possible))
		told->blame = blame;
}

static void count_seqcount(struct spf_fault *f, enum spf_reason reason,
			   struct spf_told *told)
{
	enum spf_verdict verdict = verdict_of(reason);

	spf_count(SPF_N_REASON + reason);
	/* One that was handled may have met somebody who is gone by now. */
	if (f->met & ~SPF_MET_ALONE || f->key.vma)
		count_meeting(f, reason, told);
	if (verdict == SPF_VERDICT_ABORT_ENTRY ||
	    verdict == SPF_VERDICT_ABORT_LATE)
		count_repeat(f, spf_writer_of(f), told);
}

/* --- the other designs --- */

/* Why those that complete it may be wrong, besides what it was told on its way. */
static u32 maybe_of(const struct spf_fault *f, enum spf_reason reason)
{
	const u32 certain = SPF_MET_LATER | SPF_MET_PAST;
	u32 maybe = f->met >> SPF_MET_MAYBE_SHIFT;

	if (f->met & UNRESOLVED)
		maybe |= SPF_MAYBE_UNTOLD;
	/* What seqcount stops is not deferred for the others. */
	if (stopped_by_writer(reason) && f->met & (certain | SPF_MET_ABOUT))
		maybe |= SPF_MAYBE_QUEUED;
	else if (f->met & certain)
		maybe |= SPF_MAYBE_SECTION;
	/* Bounds that nobody remembers stop it as well. */
	if (f->met & SPF_MET_OVERRUN)
		maybe |= SPF_MAYBE_LOCKED;
	if (spf_fault_lock(f) != SPF_LOCK_WRITER)
		return maybe;
	if (f->met & SPF_MET_UNSURE)
		maybe |= SPF_MAYBE_LOCKED;
	if (f->fails & (SPF_BIT(PERMISSION) | SPF_BIT(PKEY)))
		maybe |= SPF_MAYBE_LOCKED_NATIVE;
	return maybe;
}

static void count_completed(const struct spf_fault *f, enum spf_design_id id,
			    u32 maybe, struct spf_told *told)
{
	const struct spf_design *design = &spf_designs[id];

	if (f->met & SPF_MET_BLOCKED)
		spf_add_cold(SPF_N_DESIGN_WAIT_NS + id, f->wait_ns);
	if (f->fails & design->unsafe)
		spf_count_cold(SPF_N_DESIGN_UNSAFE + id);
	if (!spf_is_possible(design, maybe))
		return;
	spf_count_cold(SPF_N_DESIGN_POSSIBLE + id);
	told->maybe |= BIT(id);
}

/* The kernel's own means against the model of them. */
static void count_pair(enum spf_pair pair, enum spf_design_id native,
		       enum spf_design_id emulated, u64 fails,
		       const struct spf_told *told)
{
	bool by_native = told->stopped & BIT(native);
	bool by_emulated = told->stopped & BIT(emulated);
	unsigned int figure;

	if ((!by_native && !by_emulated) || fails & spf_designs[native].skips)
		return;
	if (by_native && by_emulated)
		figure = SPF_PAIR_BOTH_ABORTED;
	else if (by_native)
		figure = SPF_PAIR_ABORTED_NATIVE +
			 spf_judge(&spf_designs[native], fails);
	else
		figure = SPF_PAIR_ABORTED_EMULATED +
			 spf_judge(&spf_designs[emulated], fails);
	spf_count_cold(spf_n_pair(pair, figure));
}

static void count_pairs(u64 fails, const struct spf_told *told)
{
	if (SPF_MM_SEQCOUNT)
		count_pair(SPF_PAIR_MMSEQ, SPF_DESIGN_MMSEQ_NATIVE,
			   SPF_DESIGN_MMSEQ, fails, told);
	if (SPF_VMA_LOCKS)
		count_pair(SPF_PAIR_VMALOCK, SPF_DESIGN_VMALOCK_NATIVE,
			   SPF_DESIGN_VMALOCK, fails, told);
}

#define MM_COUNTER \
	(SPF_BIT(MM_ODD) | SPF_BIT(MM_MOVED) | SPF_BIT(MM_ODD_NATIVE) | \
	 SPF_BIT(MM_MOVED_NATIVE))

/* What would have been different with another counter. */
static void compare(enum spf_reason reason, u64 fails,
		    const struct spf_told *told)
{
	u64 mm = 1ULL << spf_judge(&spf_designs[spf_mmseq()], fails);

	if (mm & MM_COUNTER && verdict_of(reason) == SPF_VERDICT_COMPLETED) {
		spf_count_cold(SPF_N_COMPARE + SPF_COMPARE_MM_VS_VMA);
		if (!told->possible && !told->deferred)
			spf_count_cold(SPF_N_COMPARE +
				       SPF_COMPARE_MM_VS_VMA_SURE);
	}
	if (!stopped_by_writer(reason))
		return;
	spf_count_cold(SPF_N_COMPARE + SPF_COMPARE_ADJUST_OF);
	if (spf_judge(&spf_designs[SPF_DESIGN_BOUNDS], fails) ==
	    SPF_REASON_COMPLETED)
		spf_count_cold(SPF_N_COMPARE + SPF_COMPARE_ADJUST);
}

static void count_others(const struct spf_fault *f, enum spf_reason reason,
			 struct spf_told *told)
{
	u32 left = spf_chosen & ~SPF_DESIGN_BIT(SEQCOUNT);
	u32 maybe = maybe_of(f, reason);

	for (; left; left &= left - 1) {
		enum spf_design_id id = __ffs(left);
		enum spf_reason other = spf_judge(&spf_designs[id], f->fails);

		/* Single-threaded ones are the same to all who skip them. */
		if (other != SPF_REASON_COMPLETED &&
		    other != SPF_REASON_SINGLE_USER)
			spf_count_cold(spf_n_design(id, other));
		if (spf_verdict_of(&spf_designs[id], other) !=
		    SPF_VERDICT_COMPLETED)
			told->stopped |= BIT(id);
		else
			count_completed(f, id, maybe, told);
	}
	count_pairs(f->fails, told);
	compare(reason, f->fails, told);
}

void spf_settle_resolved(u8 kind, u64 faults)
{
	int id;

	spf_add(SPF_N_POSSIBLE, faults);
	spf_add(SPF_N_RESOLVED, faults);
	spf_add_cold(SPF_N_BLAME_POSSIBLE + kind, faults);
	/* What seqcount completes, those like it do as well. */
	for (id = SPF_DESIGN_SEQCOUNT + 1; id < SPF_NR_DESIGNS; id++)
		if (spf_is_possible(&spf_designs[id], SPF_MAYBE_SECTION))
			spf_add_cold(SPF_N_DESIGN_POSSIBLE + id, faults);
}

void spf_settle_repeated(bool native)
{
	spf_count_cold(spf_n_design(SPF_DESIGN_VMALOCK, SPF_REASON_RETRY));
	if (!native)
		return;
	spf_count(SPF_N_VMA_LOCK_RETRY);
	spf_count_cold(spf_n_design(SPF_DESIGN_VMALOCK_NATIVE,
				    SPF_REASON_RETRY_NATIVE));
	spf_count_cold(spf_n_pair(SPF_PAIR_VMALOCK, SPF_PAIR_BOTH_ABORTED));
}

/* --- the end of a fault --- */

static void trace_verdict(const struct spf_fault *f, enum spf_reason reason,
			  const struct spf_told *told)
{
	switch (verdict_of(reason)) {
	case SPF_VERDICT_COMPLETED:
		trace_spf_fault_completed(f, reason, told);
		break;
	case SPF_VERDICT_SKIPPED:
		trace_spf_fault_skipped(f, reason, told);
		break;
	default:
		trace_spf_fault_aborted(f, reason, told);
	}
}

void spf_settle(struct spf_fault *f)
{
	struct spf_told told = {};
	enum spf_reason reason;

	if (spf_fault_lock(f) < SPF_LOCK_QUEUED)
		f->fails &= ~SPF_BIT(ANON_TRYLOCK);
	if (SPF_MM_SEQCOUNT && f->mark & 1)
		f->fails |= SPF_BIT(MM_ODD_NATIVE);
	reason = spf_judge(SEQCOUNT, f->fails);
	if (verdict_of(reason) != SPF_VERDICT_COMPLETED)
		told.stopped = SPF_DESIGN_BIT(SEQCOUNT);
	count_seqcount(f, reason, &told);
	if (told.possible)
		told.maybe = SPF_DESIGN_BIT(SEQCOUNT);
	count_others(f, reason, &told);
	trace_verdict(f, reason, &told);
	WRITE_ONCE(f->state, SPF_FAULT_IDLE);
}
