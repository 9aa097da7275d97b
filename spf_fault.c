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

#include <spf/facts.h>
#include <spf/judge.h>
#include <spf/pipe.h>
#include <spf/stats.h>
#include <trace/events/spf.h>

static void count_verdict(const struct spf_fault *f, enum spf_reason reason)
{
	spf_count(SPF_N_REASON + reason);
	if (f->overrun)
		spf_count(SPF_N_OVERRUN);
	if (reason != SPF_REASON_COMPLETED)
		return;
	if (f->possible)
		spf_count(SPF_N_POSSIBLE);
	if (f->blocked)
		spf_add(SPF_N_WAIT_SAVED_NS, f->wait_ns);
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
static void settle(struct spf_fault *f)
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
	f->fails = 0;
	if (atomic_read(&current->mm->mm_users) == 1)
		f->fails = SPF_BIT(SINGLE_USER);
	f->possible = false;
	f->overrun = false;
	WRITE_ONCE(f->state, SPF_FAULT_ARRIVED);
}

NOKPROBE_SYMBOL(spf_fault_arrive);

/*
 * A fault that did not sleep on its way here did not wait for the lock: all of
 * its time is its own, and its attempt would have begun at its arrival.
 */
static void note_wait(struct spf_fault *f)
{
	f->blocked = current->nvcsw != f->switches;
	f->entered = f->t0;
	if (likely(!f->blocked))
		return;
	f->entered = spf_now();
	f->wait_ns = spf_elapsed(f->t0, f->entered);
	spf_count(SPF_N_BLOCKED);
	spf_hist(SPF_N_WAIT_HIST, f->wait_ns);
	spf_add(SPF_N_WAIT_NS, f->wait_ns);
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
	/* Another address: what is left of a fault whose end was not seen. */
	if (!f || f->state == SPF_FAULT_IDLE || f->address != address)
		return NULL;
	f->key.vma = (unsigned long)vma;
	if (likely(f->state == SPF_FAULT_ARRIVED)) {
		note_wait(f);
		if (f->fails) {
			/* Skipped: there is no attempt whose end matters. */
			f->state = SPF_FAULT_HANDLING;
			settle(f);
			return NULL;
		}
		f->fails = spf_facts_of(vma, address);
	} else {
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

/*
 * "Possible" is coarse here: a section on the VMA that began after the attempt
 * would have ended but before the real fault did, a section that is no longer
 * remembered (both in look_back()), or any writer queued on mmap_lock when the
 * fault ends, whatever it is going to touch.  Who is queued is a writer, or
 * behind one, as long as the fault holds the lock; when it has dropped it,
 * nothing is known of the queue.
 */
void spf_fault_leave(struct spf_fault *f, vm_fault_t ret)
{
	u64 now = spf_now();
	bool locked = !(ret & (VM_FAULT_RETRY | VM_FAULT_COMPLETED));

	f->service_ns += spf_elapsed(f->entered, now);
	/* Of a file, too, but then an earlier check has failed. */
	if (ret & VM_FAULT_MAJOR)
		f->fails |= SPF_BIT(SWAP_MISS);
	f->possible |= !locked || rwsem_is_contended(&current->mm->mmap_lock);
	if (!spf_shadow_quiet(spf_vmas, &f->key, f->t0))
		look_back(f, now, locked);
	if (ret & VM_FAULT_RETRY) {
		/* The arch code calls again unless a signal ends the fault. */
		WRITE_ONCE(f->state, SPF_FAULT_RETRYING);
		return;
	}
	spf_hist(SPF_N_SERVICE_HIST, f->service_ns);
	spf_add(SPF_N_SERVICE_NS, f->service_ns);
	settle(f);
}

NOKPROBE_SYMBOL(spf_fault_leave);

void spf_fault_exit(void)
{
	struct spf_fault *f = spf_task_find();

	if (!f)
		return;
	settle_unseen(f);
	spf_task_release(f);
}

NOKPROBE_SYMBOL(spf_fault_exit);
