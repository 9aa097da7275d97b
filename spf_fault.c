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

#include <spf/compat.h>
#include <spf/facts.h>
#include <spf/judge.h>
#include <spf/pipe.h>
#include <spf/stats.h>
#include <trace/events/spf.h>

static void count_wait(const struct spf_fault *f, enum spf_reason reason)
{
	spf_count(SPF_N_BLOCKED);
	spf_hist(SPF_N_WAIT_HIST, f->wait_ns);
	spf_add(SPF_N_WAIT_NS, f->wait_ns);
	if (reason == SPF_REASON_COMPLETED)
		spf_add(SPF_N_WAIT_SAVED_NS, f->wait_ns);
}

/* Out of line: most faults meet nobody. */
static noinline void count_meeting(const struct spf_fault *f,
				   enum spf_reason reason)
{
	if (f->overrun)
		spf_count(SPF_N_OVERRUN);
	if (f->blocked)
		count_wait(f, reason);
	if (f->possible && reason == SPF_REASON_COMPLETED)
		spf_count(SPF_N_POSSIBLE);
}

static void count_verdict(const struct spf_fault *f, enum spf_reason reason)
{
	spf_count(SPF_N_REASON + reason);
	if (unlikely(f->overrun | f->blocked | f->possible))
		count_meeting(f, reason);
}

static void trace_verdict(const struct spf_fault *f, enum spf_reason reason)
{
	if (reason == SPF_REASON_COMPLETED)
		trace_spf_fault_completed(f, reason);
	else if (spf_verdict_of(reason) == SPF_VERDICT_SKIPPED)
		trace_spf_fault_skipped(f, reason);
	else
		trace_spf_fault_aborted(f, reason);
}

/* The logical fault is over: one verdict, and the record is free again. */
static __always_inline void settle(struct spf_fault *f)
{
	enum spf_reason reason = spf_judge(&spf_seqcount, f->fails);

	count_verdict(f, reason);
	trace_verdict(f, reason);
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
		f->blocked = false;
	}
	settle(f);
}

void spf_fault_arrive(unsigned long address)
{
	struct spf_fault *f = spf_task_find();

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
	f->t0 = spf_now();
	f->service_ns = 0;
	f->address = address;
	f->switches = current->nvcsw;
	if (SPF_VMA_LOCKS)
		f->mark = spf_mm_mark(current->mm);
	f->fails = atomic_read(&current->mm->mm_users) == 1 ?
		   SPF_BIT(SINGLE_USER) : 0;
	f->blocked = false;
	f->waiting = false;
	f->tried = false;
	f->possible = false;
	f->overrun = false;
	WRITE_ONCE(f->state, SPF_FAULT_ARRIVED);
}

NOKPROBE_SYMBOL(spf_fault_arrive);

/*
 * Since 5.11 a reader that waits for mmap_lock sleeps; before, it may spin, and
 * only the slow path tells.
 */
void spf_fault_wait(void)
{
	struct spf_fault *f = spf_task_find();

	if (f)
		f->waiting = true;
}

NOKPROBE_SYMBOL(spf_fault_wait);

/*
 * A fault that neither slept nor took the lock's slow path did not wait for the
 * lock: all of its time is its own, and its attempt would have begun at its
 * arrival.
 */
static bool has_waited(const struct spf_fault *f)
{
	return unlikely(f->waiting || current->nvcsw != f->switches);
}

static noinline void note_wait(struct spf_fault *f, u64 since)
{
	if (!f->blocked)
		f->wait_ns = 0;
	f->wait_ns += spf_elapsed(since, spf_now());
	f->blocked = true;
}

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
		f->tried = true;
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
	if (SPF_VMA_LOCKS && f && f->state == SPF_FAULT_IDLE && f->tried &&
	    f->address == address && !spf_under_vma_lock(flags)) {
		spf_count(SPF_N_VMA_LOCK_RETRY);
		f->tried = false;
		return NULL;
	}
	if (spf_probe_arrivals())
		return NULL;
	spf_fault_arrive(address);
	f = spf_task_find();
	return f && f->state == SPF_FAULT_ARRIVED ? f : NULL;
}

struct spf_fault *spf_fault_enter(struct vm_area_struct *vma,
				  unsigned long address, unsigned int flags)
{
	struct spf_fault *f;

	if (!(flags & FAULT_FLAG_USER)) {
		if (spf_wanted())
			spf_count(SPF_N_KERNEL_MODE);
		return NULL;
	}
	f = spf_task_find();
	if (unlikely(!f || f->state == SPF_FAULT_IDLE ||
		     f->address != address)) {
		f = find_unexpected(f, address, flags);
		if (!f)
			return NULL;
	}
	if (SPF_VMA_LOCKS)
		note_vma_lock(f, vma, flags);
	f->key.vma = (unsigned long)vma;
	if (likely(f->state == SPF_FAULT_ARRIVED)) {
		f->entered = f->t0;
		if (has_waited(f)) {
			note_wait(f, f->t0);
			f->entered = spf_now();
		}
		if (f->fails) {
			/* Skipped: there is no attempt whose end matters. */
			f->state = SPF_FAULT_HANDLING;
			settle(f);
			return NULL;
		}
		f->fails = spf_facts_of(vma, address);
	} else {
		/* What lies between the calls is not service, wait or not. */
		if (has_waited(f))
			note_wait(f, f->entered);
		f->entered = spf_now();
	}
	WRITE_ONCE(f->state, SPF_FAULT_HANDLING);
	return f;
}

NOKPROBE_SYMBOL(spf_fault_enter);

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
	};
	struct spf_seen seen;

	f->key.mm = (unsigned long)current->mm;
	spf_shadow_look(spf_vmas, &f->key, &span, &seen);
	if (seen.absent && !locked) {
		/* mmap_lock was dropped: this may be another VMA by now. */
		f->possible = true;
		return;
	}
	if (seen.absent)
		f->fails |= SPF_BIT(VMA_ABSENT);
	if (seen.odd)
		f->fails |= SPF_BIT(SEQ_ODD);
	if (seen.moved)
		f->fails |= SPF_BIT(SEQ_MOVED);
	f->overrun |= seen.overrun;
	f->possible |= seen.later || seen.overrun;
}

/* The call has to be made again, now with mmap_lock. */
static noinline void retry(struct spf_fault *f, u64 now)
{
	if (f->tried)
		spf_count(SPF_N_VMA_LOCK_RETRY);
	f->tried = false;
	f->entered = now;
	/* It may have slept in the handler, and taken other locks. */
	f->waiting = false;
	f->switches = current->nvcsw;
	WRITE_ONCE(f->state, SPF_FAULT_RETRYING);
}

/*
 * "Possible" is coarse here: a section on the VMA that began after the attempt
 * would have ended but before the real fault did, a section that is no longer
 * remembered (both in look_back()), or any writer queued on mmap_lock when the
 * fault ends, whatever it is going to touch.  Who is queued is a writer, or
 * behind one, as long as the fault holds the lock; when it has dropped it,
 * nothing is known of the queue.  A fault under its VMA's lock is possible when
 * a writer has mmap_lock, who may be waiting for this VMA.
 */
void spf_fault_leave(struct spf_fault *f, vm_fault_t ret)
{
	u64 now = spf_now();
	bool locked = !(ret & SPF_FAULT_UNLOCKED);

	f->service_ns += spf_elapsed(f->entered, now);
	/* Of a file, too, but then an earlier check has failed. */
	if (ret & VM_FAULT_MAJOR)
		f->fails |= SPF_BIT(SWAP_MISS);
	if (!locked || spf_writer_waits(current->mm,
					SPF_VMA_LOCKS && f->tried))
		f->possible = true;
	if (!spf_shadow_quiet(spf_vmas, &f->key, f->t0))
		look_back(f, now, locked);
	if (ret & VM_FAULT_RETRY) {
		/* The arch code calls again unless a signal ends the fault. */
		retry(f, now);
		return;
	}
	spf_hist(SPF_N_SERVICE_HIST, f->service_ns);
	spf_add(SPF_N_SERVICE_NS, f->service_ns);
	settle(f);
}

NOKPROBE_SYMBOL(spf_fault_leave);

void spf_fault_exit(struct spf_fault *f)
{
	settle_unseen(f);
}

NOKPROBE_SYMBOL(spf_fault_exit);
