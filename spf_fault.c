// SPDX-License-Identifier: GPL-2.0-only
/*
 * The faults' chain: probe -> facts, shadow table -> judge -> counters, trace
 * events.
 *
 * The model is that of docs/design.md: a stock kernel makes the fault wait for
 * mmap_lock, so the speculative attempt is placed where it would have run, at
 * [t0, t0 + S]: from the arrival on, for as long as the fault was served.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/signal.h>

#include <spf/compat.h>
#include <spf/facts.h>
#include <spf/judge.h>
#include <spf/pipe.h>
#include <spf/stats.h>
#include <spf/top.h>
#include <trace/events/spf.h>

/*
 * Since 5.11 a reader that waits for mmap_lock sleeps; before, it may spin, and
 * only the slow path tells.
 */
void spf_fault_wait(void)
{
	struct spf_fault *f = spf_task_find();

	if (f)
		f->met |= SPF_MET_WAITING;
}

NOKPROBE_SYMBOL(spf_fault_wait);

/*
 * A fault that neither slept nor took the lock's slow path did not wait for the
 * lock: all of its time is its own, and its attempt would have begun at its
 * arrival.
 */
static bool has_waited(const struct spf_fault *f)
{
	return unlikely(f->met & SPF_MET_WAITING ||
			current->nvcsw != f->switches);
}

static noinline void note_wait(struct spf_fault *f, u64 since)
{
	if (!(f->met & SPF_MET_BLOCKED))
		f->wait_ns = 0;
	f->wait_ns += spf_elapsed(since, spf_now());
	f->met |= SPF_MET_BLOCKED;
}

static enum spf_lock lock_of(const struct spf_fault *f)
{
	return f->met >> SPF_MET_LOCK_SHIFT;
}

/* The hold that had mmap_lock when the fault arrived. */
static u64 held_by(const struct spf_fault *f)
{
	return lock_of(f) == SPF_LOCK_WRITER ? f->held : 0;
}

static bool stopped_by_writer(enum spf_reason reason)
{
	return reason == SPF_REASON_SEQ_ODD || reason == SPF_REASON_SEQ_MOVED;
}

/* --- what a judged fault is counted as; cold, but for the first --- */

static void count_wait(const struct spf_fault *f, bool completed)
{
	enum spf_lock lock = lock_of(f);

	spf_count(SPF_N_BLOCKED);
	spf_hist(SPF_N_WAIT_HIST, f->wait_ns);
	spf_add(SPF_N_WAIT_NS, f->wait_ns);
	spf_hist_cold(SPF_N_LOCK_HIST + lock * SPF_HIST_BUCKETS, f->wait_ns);
	spf_count_cold(spf_n_lock(lock, SPF_LOCK_WAITED));
	spf_add_cold(spf_n_lock(lock, SPF_LOCK_WAIT_NS), f->wait_ns);
	if (!completed)
		return;
	spf_add(SPF_N_WAIT_SAVED_NS, f->wait_ns);
	spf_count_cold(spf_n_lock(lock, SPF_LOCK_COMPLETED_WAITED));
	spf_add_cold(spf_n_lock(lock, SPF_LOCK_COMPLETED_WAIT_NS), f->wait_ns);
}

static enum spf_scope scope_of(const struct spf_fault *f,
			       const struct spf_blame *blame,
			       enum spf_reason reason)
{
	if (stopped_by_writer(reason))
		return blame->page ? SPF_SCOPE_PAGE : SPF_SCOPE_VMA;
	if (lock_of(f) == SPF_LOCK_WRITER &&
	    spf_verdict_of(reason) != SPF_VERDICT_SKIPPED)
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
	struct spf_top_key key = {};
	u32 slot;

	key.kind = spf_hold_blame(spf_holds, f->held, &slot);
	name_of(slot, 0, key.comm);
	spf_vma_name(f, key.name);
	spf_top_add(SPF_TOP_WAIT, &key, f->wait_ns);
}

/* It completed while holds of its mm were about: remember it for them. */
static enum spf_meeting meet(struct spf_fault *f,
			     struct spf_deferred *deferred)
{
	enum spf_meeting meeting;

	if (!(f->met & SPF_MET_ABOUT))
		return SPF_MEETING_NOBODY;
	meeting = spf_hold_meet(spf_holds, f->key.mm, f->key.vma, f->entered,
				deferred);
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
	if (spf_hold_retract(spf_holds, mm, deferred))
		return true;
	if (!spf_hold_cleared(spf_holds, deferred))
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
	bool completed = spf_verdict_of(reason) == SPF_VERDICT_COMPLETED;

	if (f->met & SPF_MET_OVERRUN)
		spf_count(SPF_N_OVERRUN);
	if (lock_of(f) != SPF_LOCK_FREE) {
		spf_count_cold(spf_n_lock(lock_of(f), SPF_LOCK_ARRIVALS));
		if (completed)
			spf_count_cold(spf_n_lock(lock_of(f), SPF_LOCK_COMPLETED));
	}
	if (f->met & SPF_MET_BLOCKED) {
		count_wait(f, completed);
		if (held_by(f))
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

static void count_verdict(struct spf_fault *f, enum spf_reason reason,
			  struct spf_told *told)
{
	enum spf_verdict verdict = spf_verdict_of(reason);

	spf_count(SPF_N_REASON + reason);
	/* One that was handled may have met somebody who is gone by now. */
	if (f->met & ~SPF_MET_ALONE || f->key.vma)
		count_meeting(f, reason, told);
	if (verdict == SPF_VERDICT_ABORT_ENTRY ||
	    verdict == SPF_VERDICT_ABORT_LATE)
		count_repeat(f, spf_writer_of(f), told);
}

static void trace_verdict(const struct spf_fault *f, enum spf_reason reason,
			  const struct spf_told *told)
{
	switch (spf_verdict_of(reason)) {
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

static __always_inline void count_service(const struct spf_fault *f)
{
	spf_hist(SPF_N_SERVICE_HIST, f->service_ns);
	spf_add(SPF_N_SERVICE_NS, f->service_ns);
}

/* The logical fault is over: one verdict, and the record is free again. */
static noinline void settle(struct spf_fault *f)
{
	enum spf_reason reason = spf_judge(&spf_seqcount, f->fails);
	struct spf_told told = {};

	count_verdict(f, reason, &told);
	trace_verdict(f, reason, &told);
	WRITE_ONCE(f->state, SPF_FAULT_IDLE);
}

/*
 * The task faults again or exits: its last fault came to an end that no probe
 * could see.
 */
static void settle_unseen(struct spf_fault *f)
{
	if (f->state == SPF_FAULT_IDLE)
		return;
	if (f->state == SPF_FAULT_HANDLING) {
		spf_count(SPF_N_LOST_UNFINISHED);
		WRITE_ONCE(f->state, SPF_FAULT_IDLE);
		return;
	}
	if (f->state == SPF_FAULT_ARRIVED) {
		f->fails |= SPF_BIT(BAD_AREA);
		f->met &= ~SPF_MET_BLOCKED;
	} else {
		/* It was to be repeated, and who was about then is gone. */
		f->met |= SPF_MET_UNSURE;
		count_service(f);
	}
	settle(f);
}

/* The hold of the task that has mmap_lock, if both are still there. */
static u64 hold_of_owner(const struct mm_struct *mm, u64 t0)
{
	u32 slot = spf_slot_at(spf_lock_owner(&mm->mmap_lock));

	return slot == SPF_NO_SLOT ? 0 :
	       spf_hold_at(spf_holds, slot, (unsigned long)mm, t0);
}

/* Somebody has mmap_lock, or is about to. */
static noinline void note_lock(struct spf_fault *f, enum spf_lock lock)
{
	f->met = lock << SPF_MET_LOCK_SHIFT;
	if (lock == SPF_LOCK_WRITER)
		f->held = hold_of_owner(current->mm, f->t0);
}

void spf_fault_arrive(unsigned long address)
{
	struct spf_fault *f = spf_task_find();
	struct mm_struct *mm = current->mm;
	enum spf_lock lock;

	/* Also when the task is no longer one of those that are wanted. */
	if (unlikely(f && f->state != SPF_FAULT_IDLE))
		settle_unseen(f);
	if (!spf_wanted())
		return;
	spf_count(SPF_N_ARRIVED);
	if (unlikely(!f))
		f = spf_task_make(current);
	if (unlikely(!f)) {
		spf_count(SPF_N_LOST_TASKS);
		return;
	}
	f->service_ns = 0;
	f->address = address;
	f->switches = current->nvcsw;
	f->met = 0;
	if (SPF_VMA_LOCKS)
		f->mark = spf_mm_mark(mm);
	f->key.vma = 0;
	f->fails = 0;
	if (unlikely(atomic_read(&mm->mm_users) == 1))
		f->fails = SPF_BIT(SINGLE_USER);
	lock = spf_lock_state(&mm->mmap_lock);
	WRITE_ONCE(f->state, SPF_FAULT_ARRIVED);
	f->t0 = spf_now();
	f->entered = f->t0;
	if (unlikely(lock != SPF_LOCK_FREE))
		note_lock(f, lock);
}

NOKPROBE_SYMBOL(spf_fault_arrive);

/*
 * The kernel says why a fault has not reached the handler.  Any other SIGSEGV
 * that a task sends itself has another code.
 */
void spf_fault_signal(int code)
{
	struct spf_fault *f = spf_task_find();

	if (!f || f->state != SPF_FAULT_ARRIVED)
		return;
	if (code == SEGV_MAPERR)
		f->fails |= SPF_BIT(NO_VMA);
	else if (code == SEGV_ACCERR)
		f->fails |= SPF_BIT(PERMISSION);
	else if (code == SEGV_PKUERR)
		f->fails |= SPF_BIT(PKEY);
	else
		return;
	/* What v12 would have met before it looked at the access. */
	f->met |= SPF_MET_UNSURE;
	if (has_waited(f))
		note_wait(f, f->t0);
	settle(f);
}

NOKPROBE_SYMBOL(spf_fault_signal);

/*
 * The kernel has marked this VMA as written to.  Is there a section that tells
 * why?  The mark is taken first, and both are before the end of the hold that
 * this fault has waited for.
 *
 * Without verify=1, what is recorded is complete for a fault that arrived
 * before the mark was made: there was another thread then.  With it, from the
 * first fault on that was seen in this VMA.
 */
static noinline void check_mark(const struct spf_fault *f,
				const struct vm_area_struct *vma)
{
	const struct spf_key key = {
		.mm = (unsigned long)vma->vm_mm,
		.vma = (unsigned long)vma,
		.mark = spf_vma_mark(vma),
	};
	const struct spf_span span = { .t0 = f->t0 };
	struct spf_seen seen;

	spf_shadow_look(spf_vmas, &key, &span, &seen);
	if (seen.known || !spf_verify) {
		spf_count(SPF_N_MARKS);
		if (!seen.known || (s32)(key.mark - seen.mark) > 0)
			spf_count(SPF_N_UNCOVERED);
	}
	if (spf_verify)
		spf_shadow_adopt(spf_vmas, &key);
}

/*
 * What the kernel itself did under per-VMA locks.  Every fault from user mode
 * tries first: one that comes here with mmap_lock has not got the VMA's.
 */
static void note_vma_lock(struct spf_fault *f, const struct vm_area_struct *vma,
			  unsigned int flags)
{
	if (spf_under_vma_lock(flags)) {
		spf_count(SPF_N_VMA_LOCK_TRY);
		f->met |= SPF_MET_TRIED;
	} else if (f->state == SPF_FAULT_ARRIVED) {
		spf_count(SPF_N_VMA_LOCK_ABORT);
	}
	/* Otherwise, an mm with one user has no records. */
	if (unlikely(spf_verify) ||
	    (!f->fails && (s32)(spf_vma_mark(vma) - f->mark) >= 0))
		check_mark(f, vma);
}

/*
 * Nothing was expected: current is not known to be in a fault at this address.
 * It is the fall back, with mmap_lock, of a fault that was skipped and is thus
 * settled already; or arrivals are not seen here, and the first call stands for
 * one; or an end was not seen, and what is left is of another fault.
 */
static noinline struct spf_fault *find_unexpected(struct spf_fault *f,
						  unsigned long address,
						  unsigned int flags)
{
	if (SPF_VMA_LOCKS && f && f->state == SPF_FAULT_IDLE &&
	    f->met & SPF_MET_TRIED && f->address == address &&
	    !spf_under_vma_lock(flags)) {
		spf_count(SPF_N_VMA_LOCK_RETRY);
		f->met &= ~SPF_MET_TRIED;
		return NULL;
	}
	if (spf_probe_arrivals())
		return NULL;
	spf_fault_arrive(address);
	f = spf_task_find();
	return f && f->state == SPF_FAULT_ARRIVED ? f : NULL;
}

/* Of the kernel itself: not one of those that are judged. */
static noinline void count_kernel_mode(const struct vm_area_struct *vma,
				       unsigned long address,
				       unsigned int flags)
{
	if (!spf_wanted())
		return;
	spf_count(SPF_N_KERNEL_MODE);
	trace_spf_fault_kernel(vma, address, flags);
}

/* The first call, which the fault had to wait for. */
static noinline void enter_late(struct spf_fault *f)
{
	note_wait(f, f->t0);
	f->entry = spf_now();
	f->entered = f->entry;
	f->met |= SPF_MET_LATE_ENTRY;
}

/*
 * The first call for a fault is its entry.  Skipped: there is no attempt whose
 * end matters.
 */
static struct spf_fault *enter_first(struct spf_fault *f,
				     struct vm_area_struct *vma,
				     unsigned int flags)
{
	static const struct spf_told nothing;

	f->flags = flags;
	f->pte = SPF_PTE_UNREAD;
	if (has_waited(f))
		enter_late(f);
	f->state = SPF_FAULT_HANDLING;
	if (likely(f->fails == SPF_BIT(SINGLE_USER) &&
		   !(f->met & ~SPF_MET_ALONE))) {
		/* The short way for those who are alone in their mm. */
		spf_count(SPF_N_REASON + SPF_REASON_SINGLE_USER);
		trace_spf_fault_skipped(f, SPF_REASON_SINGLE_USER, &nothing);
		WRITE_ONCE(f->state, SPF_FAULT_IDLE);
		return NULL;
	}
	if (f->fails) {
		settle(f);
		return NULL;
	}
	f->fails = spf_facts_of(vma, f->address, &f->pte);
	spf_count(SPF_N_PTE + f->pte);
	return f;
}

/* What lies between the calls is not service, wait or not. */
static struct spf_fault *enter_again(struct spf_fault *f)
{
	if (has_waited(f))
		note_wait(f, f->entered);
	f->entered = spf_now();
	f->met &= ~SPF_MET_UNLOCKED;
	f->state = SPF_FAULT_HANDLING;
	return f;
}

static noinline struct spf_fault *enter_slowly(struct vm_area_struct *vma,
					       unsigned long address,
					       unsigned int flags)
{
	struct spf_fault *f = spf_task_find();

	if (!(flags & FAULT_FLAG_USER)) {
		count_kernel_mode(vma, address, flags);
		return NULL;
	}
	if (!f || f->state == SPF_FAULT_IDLE || f->address != address) {
		f = find_unexpected(f, address, flags);
		if (!f)
			return NULL;
	}
	if (SPF_VMA_LOCKS)
		note_vma_lock(f, vma, flags);
	f->key.vma = (unsigned long)vma;
	return f->state == SPF_FAULT_ARRIVED ? enter_first(f, vma, flags) :
	       enter_again(f);
}

/* The first call for a fault that did not wait, and is not skipped. */
static __always_inline bool is_plain(const struct spf_fault *f,
				     unsigned long address, unsigned int flags)
{
	return flags & FAULT_FLAG_USER && f &&
	       f->state == SPF_FAULT_ARRIVED && f->address == address &&
	       !f->fails && !has_waited(f);
}

struct spf_fault *spf_fault_enter(struct vm_area_struct *vma,
				  unsigned long address, unsigned int flags)
{
	struct spf_fault *f = spf_task_find();

	if (unlikely(!is_plain(f, address, flags)))
		return enter_slowly(vma, address, flags);
	if (SPF_VMA_LOCKS)
		note_vma_lock(f, vma, flags);
	f->key.vma = (unsigned long)vma;
	f->flags = flags;
	f->pte = SPF_PTE_UNREAD;
	WRITE_ONCE(f->state, SPF_FAULT_HANDLING);
	f->fails = spf_facts_of(vma, address, &f->pte);
	spf_count(SPF_N_PTE + f->pte);
	return f;
}

NOKPROBE_SYMBOL(spf_fault_enter);

/* The checks that depend on what the writers did to this VMA. */
static u64 writers_fails(const struct spf_seen *seen)
{
	u64 fails = 0;

	if (seen->absent)
		fails |= SPF_BIT(VMA_ABSENT);
	if (seen->odd)
		fails |= SPF_BIT(SEQ_ODD);
	if (seen->outside)
		fails |= SPF_BIT(OUT_OF_BOUNDS);
	if (seen->moved)
		fails |= SPF_BIT(SEQ_MOVED);
	return fails;
}

static void note_blame(struct spf_fault *f, const struct spf_seen *seen,
		       u64 now)
{
	struct spf_blame *blame = &spf_writer_of(f)->blame;

	/* What an earlier call has found may be forgotten by now. */
	if (f->met & SPF_MET_BLAME &&
	    (blame->by.begin != seen->by.begin ||
	     blame->by.writer != seen->by.writer)) {
		blame->page |= seen->page;
		return;
	}
	f->met |= SPF_MET_BLAME;
	*blame = (struct spf_blame){
		.by = seen->by,
		.open_ns = spf_elapsed(seen->by.begin, seen->by_end ?: now),
		.page = seen->page,
	};
}

/*
 * What the writers did to this VMA around the fault.  Out of line: most VMAs
 * are quiet.
 */
static noinline void look_back(struct spf_fault *f, u64 now, bool locked)
{
	const struct spf_span span = {
		.t0 = f->t0,
		.until = f->t0 + f->service_ns,
		.t1 = now,
		.address = f->address,
	};
	struct spf_seen seen;
	bool past;

	f->key.mm = (unsigned long)current->mm;
	spf_shadow_look(spf_vmas, &f->key, &span, &seen);
	if (seen.absent && !locked) {
		/* mmap_lock was dropped: this may be another VMA by now. */
		f->met |= SPF_MET_UNSURE;
		return;
	}
	f->fails |= writers_fails(&seen);
	if (seen.overrun)
		f->met |= SPF_MET_OVERRUN;
	if (seen.later)
		f->met |= SPF_MET_LATER;
	/* Of those that could have had the lock at t0, it was the last. */
	past = seen.past && spf_hold_lasted(spf_holds, f->key.mm,
					     seen.last.hold, f->t0);
	if (past)
		f->met |= SPF_MET_PAST;
	if (past && !seen.odd && !seen.moved && !seen.later) {
		seen.by = seen.last;
		seen.by_end = seen.last_end;
	}
	if (seen.odd || seen.moved || seen.later || past)
		note_blame(f, &seen, now);
}

/* The call has to be made again, now with mmap_lock. */
static noinline void retry(struct spf_fault *f, u64 now)
{
	if (f->met & SPF_MET_TRIED)
		spf_count(SPF_N_VMA_LOCK_RETRY);
	f->entered = now;
	/* It may have slept in the handler, and taken other locks. */
	f->met &= ~(SPF_MET_TRIED | SPF_MET_WAITING);
	f->met |= SPF_MET_UNLOCKED;
	f->switches = current->nvcsw;
	WRITE_ONCE(f->state, SPF_FAULT_RETRYING);
}

/*
 * A fault that holds the lock, for read, keeps those who queue for it from what
 * they are going to do.  Whom of them it kept from its own VMA is told by what
 * they do next.
 */
static noinline void note_writers(struct spf_fault *f, u64 now, bool locked)
{
	struct mm_struct *mm = current->mm;
	bool tried = f->met & SPF_MET_TRIED;
	u32 mark = spf_mm_mark(mm);

	f->key.mm = (unsigned long)mm;
	if (spf_hold_waits(spf_holds, f->key.mm, now)) {
		f->met |= SPF_MET_ABOUT;
		return;
	}
	/*
	 * Nor one who came after the end, and is what can be seen now; nor two,
	 * one before the look at the holds and one after it.
	 */
	if (locked && spf_writer_about(mm, tried) &&
	    !spf_hold_waits(spf_holds, f->key.mm, U64_MAX) &&
	    spf_writer_about(mm, tried) && spf_mm_mark(mm) == mark &&
	    !spf_hold_waits(spf_holds, f->key.mm, U64_MAX))
		f->met |= SPF_MET_FOREIGN;
}

/* Whatever a fault may have met. */
static noinline void leave_slowly(struct spf_fault *f, u64 now, vm_fault_t ret)
{
	bool locked = !(ret & SPF_FAULT_UNLOCKED);

	/* Of a file, too, but then an earlier check has failed. */
	if (ret & VM_FAULT_MAJOR)
		f->fails |= SPF_BIT(SWAP_MISS);
	/* Also for what was over by t0, in a hold that was not. */
	look_back(f, now, locked);
	if (ret & VM_FAULT_RETRY) {
		/* The arch code calls again unless a signal ends the fault. */
		retry(f, now);
		return;
	}
	f->entered = now;
	if (!locked)
		f->met |= SPF_MET_UNLOCKED;
	note_writers(f, now, locked);
	count_service(f);
	settle(f);
}

/* Nothing stops it, and nobody is about. */
static __always_inline bool is_alone(const struct spf_fault *f, vm_fault_t ret)
{
	struct mm_struct *mm = current->mm;

	return !(ret & (VM_FAULT_MAJOR | SPF_FAULT_UNLOCKED)) &&
	       !(f->met & ~SPF_MET_ALONE) && !f->fails &&
	       spf_shadow_quiet(spf_vmas, &f->key, f->t0) &&
	       spf_holds_quiet(spf_holds, (unsigned long)mm) &&
	       !spf_writer_about(mm, SPF_VMA_LOCKS && f->met & SPF_MET_TRIED);
}

void spf_fault_leave(struct spf_fault *f, vm_fault_t ret)
{
	static const struct spf_told nothing;
	u64 now = spf_now();

	f->service_ns += spf_elapsed(f->entered, now);
	if (unlikely(!is_alone(f, ret))) {
		leave_slowly(f, now, ret);
		return;
	}
	f->entered = now;
	count_service(f);
	spf_count(SPF_N_REASON + SPF_REASON_COMPLETED);
	trace_spf_fault_completed(f, SPF_REASON_COMPLETED, &nothing);
	WRITE_ONCE(f->state, SPF_FAULT_IDLE);
}

NOKPROBE_SYMBOL(spf_fault_leave);

void spf_fault_exit(struct spf_fault *f)
{
	settle_unseen(f);
}

NOKPROBE_SYMBOL(spf_fault_exit);
