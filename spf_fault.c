// SPDX-License-Identifier: GPL-2.0-only
/*
 * The faults' chain, first half: probe -> facts, evidence, rules.  A fault that is
 * over goes on to spf_verdict.c.
 *
 * The model is that of docs/design.md: a stock kernel makes the fault wait for
 * mmap_lock, so the speculative attempt is placed where it would have run, at
 * [t0, t0 + S]: from the arrival on, for as long as the fault was served.
 */
#include <linux/mm.h>
#include <linux/signal.h>

#include <spf/clock.h>
#include <spf/compat.h>
#include <spf/design.h>
#include <spf/evidence.h>
#include <spf/facts.h>
#include <spf/fault.h>
#include <spf/filter.h>
#include <spf/history.h>
#include <spf/hold.h>
#include <spf/hooks.h>
#include <spf/kernel.h>
#include <spf/lock.h>
#include <spf/rules.h>
#include <spf/section.h>
#include <spf/shadow.h>
#include <spf/stats.h>
#include <spf/task.h>
#include <spf/verdict.h>
#include <trace/events/spf.h>

/* The hold of the task that has mmap_lock, if both are still there. */
static u64 hold_of_owner(const struct mm_struct *mm, u64 by)
{
	u32 slot = spf_slot_at(spf_lock_owner(&mm->mmap_lock));

	return slot == SPF_NO_SLOT ? 0 :
	       spf_hold_at(spf_holds, slot, (unsigned long)mm, by);
}

/*
 * A wait is for what the lock is like when it begins.  The reader is counted in
 * the lock already: one that comes after a writer, and before any other, finds
 * itself.
 */
static void note_waiting(struct spf_fault *f, const struct mm_struct *mm)
{
	struct spf_waits *waits = &spf_writer_of(f)->waits;
	u64 now = spf_now();

	if (f->state == SPF_FAULT_ARRIVED)
		f->lookup = now;
	waits->state = spf_lock_state(&mm->mmap_lock);
	waits->holder = waits->state == SPF_LOCK_WRITER ?
			hold_of_owner(mm, now) : 0;
	f->met |= SPF_MET_WAITING;
}

/*
 * Since 5.11 a reader that waits for mmap_lock sleeps; before, it may spin, and
 * only the slow path tells.
 */
void spf_fault_wait(const struct mm_struct *mm)
{
	struct spf_fault *f = spf_task_find();

	if (!f)
		return;
	if (f->state == SPF_FAULT_IDLE)
		spf_kernel_wait();
	else if (!(f->met & SPF_MET_WAITING))
		note_waiting(f, mm);
}

void spf_fault_swapin(void)
{
	struct spf_fault *f = spf_task_find();

	if (f && f->state == SPF_FAULT_HANDLING)
		f->met |= SPF_MET_SWAPIN;
}

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

/* What the slow path did not tell: the task has only slept. */
static enum spf_lock slept_in(const struct spf_fault *f)
{
	return f->state == SPF_FAULT_ARRIVED ? spf_fault_lock(f) :
	       SPF_LOCK_FREE;
}

static noinline void note_wait(struct spf_fault *f, u64 since, u64 now)
{
	struct spf_waits *waits = &spf_writer_of(f)->waits;
	u64 ns = spf_elapsed(since, now);

	if (!(f->met & SPF_MET_WAITING)) {
		waits->state = slept_in(f);
		waits->holder = f->held;
	}
	if (!(f->met & SPF_MET_BLOCKED)) {
		f->wait_ns = 0;
		memset(waits->ns, 0, sizeof(waits->ns));
		waits->met = 0;
	}
	f->wait_ns += ns;
	waits->ns[waits->state] += ns;
	waits->met |= BIT(waits->state);
	if (waits->state == SPF_LOCK_WRITER)
		waits->hold = waits->holder;
	f->met |= SPF_MET_BLOCKED;
}

/* What is counted of the lock's state, but when it was free. */
static noinline void count_readers(void)
{
	spf_count_cold(spf_n_lock(SPF_LOCK_READERS, SPF_LOCK_ARRIVALS));
	spf_count_cold(spf_n_lock(SPF_LOCK_READERS, SPF_LOCK_COMPLETED));
}

/*
 * Nothing has stopped it, and no writer was about: it is the same to all designs, and
 * in the report what no counter says otherwise of has completed.
 */
static __always_inline void settle_alone(struct spf_fault *f)
{
	static const struct spf_told nothing;

	spf_count(SPF_N_REASON + SPF_REASON_COMPLETED);
	if (unlikely(f->met & SPF_MET_READERS))
		count_readers();
	trace_spf_fault_completed(f, SPF_REASON_COMPLETED, &nothing);
	WRITE_ONCE(f->state, SPF_FAULT_IDLE);
}

/* Its task is alone in its mm, and nothing else is special. */
static __always_inline void settle_single(struct spf_fault *f)
{
	static const struct spf_told told = {
		.stopped = (u32)~(SPF_DESIGN_BIT(VMALOCK) |
				  SPF_DESIGN_BIT(VMALOCK_NATIVE)),
	};

	spf_count(SPF_N_REASON + SPF_REASON_SINGLE_USER);
	trace_spf_fault_skipped(f, SPF_REASON_SINGLE_USER, &told);
	WRITE_ONCE(f->state, SPF_FAULT_IDLE);
}

static __always_inline void count_service(const struct spf_fault *f)
{
	spf_hist(SPF_N_SERVICE_HIST, f->service_ns);
	spf_add(SPF_N_SERVICE_NS, f->service_ns);
}

static void note_blame(struct spf_fault *f, const struct spf_blame *found)
{
	struct spf_blame *blame = &spf_writer_of(f)->blame;

	/* What an earlier call has found may be forgotten by now. */
	if (f->met & SPF_MET_BLAME && (blame->by.begin != found->by.begin ||
				       blame->by.writer != found->by.writer))
		blame->page |= found->page;
	else
		*blame = *found;
	f->met |= SPF_MET_BLAME;
}

static void take(struct spf_fault *f, const struct spf_found *found)
{
	f->fails |= found->fails;
	if (found->met & SPF_MET_BLAME)
		note_blame(f, &found->blame);
	f->met |= found->met;
}

/* Whom it has met while it was handled, for all designs. */
static noinline void note_company(struct spf_fault *f, u64 now, bool locked, bool over)
{
	struct spf_evidence e spf_unset;
	struct spf_found found = {};

	spf_evidence_ask(f, now, locked, over, &e);
	/* Also for what was over by t0, in a hold that was not. */
	spf_rules_history(f, &e, &found);
	if (over) {
		spf_rules_queue(&e, &found);
		spf_rules_mm(f, &e, &found);
		spf_rules_arrival(f, e.company.odd, &found);
	}
	take(f, &found);
}

/* No end of it is seen, or looked at: only its arrival is asked about. */
static void settle_unasked(struct spf_fault *f)
{
	struct spf_found found = {};

	if (spf_fault_lock(f) == SPF_LOCK_WRITER) {
		spf_rules_arrival(f, spf_evidence_odd(f), &found);
		take(f, &found);
	}
	spf_settle(f);
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
	settle_unasked(f);
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
	f->key.mm = (unsigned long)mm;
	f->key.vma = 0;
	f->fails = 0;
	if (unlikely(address >= TASK_SIZE_MAX))
		f->fails = SPF_BIT(KERNEL_ADDRESS);
	else if (unlikely(atomic_read(&mm->mm_users) == 1))
		f->fails = SPF_BIT(SINGLE_USER);
	lock = spf_lock_state(&mm->mmap_lock);
	WRITE_ONCE(f->state, SPF_FAULT_ARRIVED);
	f->t0 = spf_now();
	f->entered = f->t0;
	f->lookup = f->t0;
	if (unlikely(lock != SPF_LOCK_FREE))
		note_lock(f, lock);
}

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
		note_wait(f, f->t0, spf_now());
	settle_unasked(f);
}

void spf_fault_grew(void)
{
	struct spf_fault *f = spf_task_find();

	if (f && f->state == SPF_FAULT_ARRIVED)
		f->fails |= SPF_BIT(STACK_GREW);
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
		f->met |= SPF_MET_TRIED;
	} else if (f->state == SPF_FAULT_ARRIVED) {
		spf_count(SPF_N_VMA_LOCK_ABORT);
		f->fails |= SPF_BIT(ABORT_NATIVE);
	}
	/* Otherwise, an mm with one user has no records. */
	if (unlikely(spf_verify) ||
	    (!(f->fails & SPF_BIT(SINGLE_USER)) && (s32)(spf_vma_mark(vma) - f->mark) >= 0))
		check_mark(f, vma);
}

/*
 * Is this the next call for a fault that was settled at its first one?  Under
 * per-VMA locks the first was under the VMA's and this one is not; else the
 * kernel says that it has tried already.
 */
static bool is_repeated(const struct spf_fault *f, unsigned long address,
			unsigned int flags)
{
	if (f->state != SPF_FAULT_IDLE || !(f->met & SPF_MET_SKIPPED) ||
	    f->address != address)
		return false;
	return SPF_VMA_LOCKS ?
	       f->met & SPF_MET_TRIED && !spf_under_vma_lock(flags) :
	       flags & FAULT_FLAG_TRIED;
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
	if (f && is_repeated(f, address, flags)) {
		f->met &= ~SPF_MET_SKIPPED;
		spf_settle_repeated(SPF_VMA_LOCKS);
		return NULL;
	}
	if (spf_probe_arrivals())
		return NULL;
	spf_fault_arrive(address);
	f = spf_task_find();
	return f && f->state == SPF_FAULT_ARRIVED ? f : NULL;
}

/* The first call, which the fault had to wait for. */
static noinline void enter_late(struct spf_fault *f)
{
	u64 now = spf_now();

	note_wait(f, f->t0, now);
	f->entry = now;
	f->entered = now;
	f->met |= SPF_MET_LATE_ENTRY;
}

/*
 * Single-threaded: there is no attempt whose end matters.  Only per-VMA locks
 * are tried all the same, and a repeated call will tell if that fails.
 */
static void skip(struct spf_fault *f, struct vm_area_struct *vma)
{
	f->met |= SPF_MET_SKIPPED;
	if (!SPF_VMA_LOCKS && spf_lacks_map_pages(vma))
		f->fails |= SPF_BIT(NO_MAP_PAGES);
	if (likely(f->fails == SPF_BIT(SINGLE_USER) &&
		   !(f->met & ~(SPF_MET_ALONE | SPF_MET_SKIPPED))))
		settle_single(f);
	else
		settle_unasked(f);
}

/* The first call for a fault is its entry. */
static struct spf_fault *enter_first(struct spf_fault *f,
				     struct vm_area_struct *vma,
				     unsigned int flags)
{
	f->key.vma = (unsigned long)vma;
	f->flags = flags;
	f->pte = SPF_PTE_UNREAD;
	if (has_waited(f))
		enter_late(f);
	f->state = SPF_FAULT_HANDLING;
	if (f->fails & SPF_BIT(SINGLE_USER)) {
		skip(f, vma);
		return NULL;
	}
	f->fails |= spf_facts_of(vma, f->address, flags, &f->pte);
	spf_count(SPF_N_PTE + f->pte);
	return f;
}

/*
 * By its place in memory, by the record that was looked at, or by the age of that.
 * Without all these nothing was found of the first one either.
 */
static bool is_replaced(const struct spf_fault *f,
			const struct vm_area_struct *vma)
{
	const struct spf_handle *asked = &spf_writer_of(f)->asked;
	const struct spf_span span = { .t0 = f->t0 };
	struct spf_seen seen;

	if (f->key.vma != (unsigned long)vma)
		return true;
	if (f->state == SPF_FAULT_RETRYING && asked->index != SPF_NO_ENTRY &&
	    !spf_shadow_alive(spf_vmas, asked))
		return true;
	spf_shadow_look(spf_vmas, &f->key, &span, &seen);
	return spf_is_younger(f, &seen);
}

/*
 * The lock was given back: another VMA may be at the address now.  The attempt
 * would have found the first one.
 */
static void check_replaced(struct spf_fault *f, const struct vm_area_struct *vma)
{
	if (f->met & SPF_MET_REPLACED || !is_replaced(f, vma))
		return;
	f->met |= SPF_MET_REPLACED | SPF_MET_UNSURE;
	trace_spf_vma_replaced(f, (unsigned long)vma);
}

/* What lies between the calls is not service, wait or not. */
static struct spf_fault *enter_again(struct spf_fault *f,
				     const struct vm_area_struct *vma)
{
	u64 now;

	check_replaced(f, vma);
	now = spf_now();
	if (has_waited(f))
		note_wait(f, f->entered, now);
	f->entered = now;
	f->met &= ~SPF_MET_UNLOCKED;
	f->state = SPF_FAULT_HANDLING;
	return f;
}

static noinline struct spf_fault *enter_slowly(struct vm_area_struct *vma,
					       unsigned long address,
					       unsigned int flags)
{
	struct spf_fault *f = spf_task_find();

	/* A driver may handle a fault of its device in the memory of another task. */
	if (!(flags & FAULT_FLAG_USER) || vma->vm_mm != current->mm) {
		spf_kernel_enter(vma, address, flags);
		return NULL;
	}
	if (!f || f->state == SPF_FAULT_IDLE || f->address != address) {
		f = find_unexpected(f, address, flags);
		if (!f)
			return NULL;
	}
	if (SPF_VMA_LOCKS)
		note_vma_lock(f, vma, flags);
	return f->state == SPF_FAULT_ARRIVED ? enter_first(f, vma, flags) :
	       enter_again(f, vma);
}

/*
 * The first call for a fault that did not wait, and is not skipped, of a task that
 * has not moved to another CPU.
 */
static __always_inline bool is_plain(const struct spf_fault *f,
				     unsigned long address, unsigned int flags)
{
	return flags & FAULT_FLAG_USER && READ_ONCE(f->task) == current &&
	       f->state == SPF_FAULT_ARRIVED && f->address == address &&
	       !f->fails && !has_waited(f);
}

struct spf_fault *spf_fault_enter(struct vm_area_struct *vma,
				  unsigned long address, unsigned int flags)
{
	struct spf_fault *f = spf_task_at_hand();

	if (unlikely(!is_plain(f, address, flags)))
		return enter_slowly(vma, address, flags);
	if (SPF_VMA_LOCKS)
		note_vma_lock(f, vma, flags);
	f->key.vma = (unsigned long)vma;
	f->flags = flags;
	f->pte = SPF_PTE_UNREAD;
	WRITE_ONCE(f->state, SPF_FAULT_HANDLING);
	f->fails = spf_facts_of(vma, address, flags, &f->pte) |
		   (SPF_VMA_LOCKS ? f->fails : 0);
	spf_count(SPF_N_PTE + f->pte);
	return f;
}

/* The call has to be made again, now with mmap_lock. */
static noinline void retry(struct spf_fault *f, u64 now)
{
	f->fails |= SPF_BIT(RETRY);
	if (f->met & SPF_MET_TRIED) {
		spf_count(SPF_N_VMA_LOCK_RETRY);
		f->fails |= SPF_BIT(RETRY_NATIVE);
	}
	f->entered = now;
	/* It may have slept in the handler, and taken other locks. */
	f->met &= ~(SPF_MET_TRIED | SPF_MET_WAITING);
	f->met |= SPF_MET_UNLOCKED;
	f->switches = current->nvcsw;
	WRITE_ONCE(f->state, SPF_FAULT_RETRYING);
}

/* No writer was there when it came, and none has come since. */
static __always_inline bool is_calm(const struct spf_fault *f)
{
	struct mm_struct *mm = current->mm;

	return !(f->met & ~SPF_MET_CALM) &&
	       spf_shadow_quiet(spf_vmas, &f->key, f->t0) &&
	       spf_holds_quiet(spf_holds, (unsigned long)mm, f->t0) &&
	       (!SPF_VMA_LOCKS || spf_mm_mark(mm) == f->mark) &&
	       !spf_writer_about(mm, SPF_VMA_LOCKS && f->met & SPF_MET_TRIED);
}

/*
 * v12 gives up where a page would be read with readahead.  Where that is not seen,
 * every page that had to be read counts; of a file, too, but then an earlier
 * check has failed.
 */
static bool is_swap_miss(const struct spf_fault *f, vm_fault_t ret)
{
	return f->met & SPF_MET_SWAPIN ||
	       (ret & VM_FAULT_MAJOR && !spf_probe_swapin());
}

/* Whatever a fault may have met. */
static noinline void leave_slowly(struct spf_fault *f, u64 now, vm_fault_t ret)
{
	bool locked = !(ret & SPF_FAULT_UNLOCKED);
	bool over = !(ret & VM_FAULT_RETRY);

	if (is_swap_miss(f, ret))
		f->fails |= SPF_BIT(SWAP_MISS);
	if (!over || !is_calm(f))
		note_company(f, now, locked, over);
	if (!over) {
		/* The arch code calls again unless a signal ends the fault. */
		retry(f, now);
		return;
	}
	f->entered = now;
	if (!locked)
		f->met |= SPF_MET_UNLOCKED;
	count_service(f);
	spf_settle(f);
}

/* Nothing stops it, and no writer is about. */
static __always_inline bool is_alone(const struct spf_fault *f, vm_fault_t ret)
{
	return !(ret & (VM_FAULT_MAJOR | SPF_FAULT_UNLOCKED)) && !f->fails &&
	       is_calm(f);
}

void spf_fault_leave(struct spf_fault *f, vm_fault_t ret)
{
	u64 now = spf_now();

	f->service_ns += spf_elapsed(f->entered, now);
	if (unlikely(!is_alone(f, ret))) {
		leave_slowly(f, now, ret);
		return;
	}
	f->entered = now;
	count_service(f);
	settle_alone(f);
}

void spf_fault_exit(struct spf_fault *f)
{
	settle_unseen(f);
}
