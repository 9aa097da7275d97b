// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chain of those who take mmap_lock for write: probe -> table of holds ->
 * counters, trace events.
 *
 * A task is followed when it locks its own address space and somebody else
 * could be in a fault there.  One that has the lock of another task's is found
 * out when it begins a section.
 */
#include <linux/atomic.h>

#include <spf/call.h>
#include <spf/clock.h>
#include <spf/compat.h>
#include <spf/fault.h>
#include <spf/filter.h>
#include <spf/hold.h>
#include <spf/lock.h>
#include <spf/section.h>
#include <spf/shadow.h>
#include <spf/stats.h>
#include <spf/task.h>
#include <trace/events/spf.h>

struct spf_holds *spf_holds;

atomic_t spf_foreign_holds;

static void count_hold(const struct spf_hold *h)
{
	if (!h->acquired) {
		spf_count(SPF_N_HOLDS_GAVE_UP);
		return;
	}
	spf_count(SPF_N_HOLDS);
	if (h->foreign)
		spf_count(SPF_N_HOLDS_FOREIGN);
	if (h->acquired != h->wait)
		spf_count(SPF_N_HOLDS_WAITED);
	spf_add(SPF_N_HOLDS_WAIT_NS, spf_elapsed(h->wait, h->acquired));
	spf_add(SPF_N_HOLDS_HELD_NS, spf_elapsed(h->acquired, h->released));
}

static void end_hold(u32 slot)
{
	struct spf_hold over spf_unset;
	u64 cleared;

	if (!spf_hold_of(spf_holds, slot, 0))
		return;
	spf_hold_end(spf_holds, slot, 0, &over, &cleared);
	spf_add(SPF_N_CLEARED, cleared);
	if (over.foreign)
		atomic_dec(&spf_foreign_holds);
	if (!spf_wanted())
		return;
	count_hold(&over);
	trace_spf_hold(&over);
}

void spf_lock_ask(const struct mm_struct *mm)
{
	u32 slot;

	if (!spf_mm_shared(mm))
		return;
	slot = spf_slot_make();
	if (slot == SPF_NO_SLOT)
		return;
	/* What is left over was given back, and nobody has seen it. */
	if (unlikely(spf_writer_is_busy(spf_writer_at(slot))))
		spf_lock_over(slot, mm, NULL);
	end_hold(slot);
	spf_writer_name(slot);
	spf_hold_begin(spf_holds, slot, (unsigned long)mm, 0, false);
	spf_hold_called(spf_holds, slot, spf_call_now());
}

/* The slot of current, if it has a hold on this mm. */
static u32 slot_of_hold(const struct mm_struct *mm)
{
	const struct spf_fault *f = spf_task_find();
	u32 slot;

	if (!f)
		return SPF_NO_SLOT;
	slot = spf_slot_of(f);
	return spf_hold_of(spf_holds, slot, (unsigned long)mm) ? slot :
	       SPF_NO_SLOT;
}

bool spf_lock_wait(const struct mm_struct *mm)
{
	u32 slot = slot_of_hold(mm);

	if (slot == SPF_NO_SLOT) {
		/* The mm was not shared a moment ago. */
		spf_lock_ask(mm);
		slot = slot_of_hold(mm);
	}
	if (slot != SPF_NO_SLOT)
		spf_hold_wait(spf_holds, slot);
	return slot != SPF_NO_SLOT;
}

void spf_lock_waited(const struct mm_struct *mm, bool got)
{
	u32 slot = slot_of_hold(mm);

	if (slot == SPF_NO_SLOT)
		return;
	if (got)
		spf_hold_got(spf_holds, slot, 0);
	else
		end_hold(slot);
}

void spf_lock_mark(const void *lock)
{
	u32 slot = current->mm ? slot_of_hold(current->mm) : SPF_NO_SLOT;
	struct spf_writer *w;

	if (slot == SPF_NO_SLOT)
		return;
	w = spf_writer_at(slot);
	w->marks[w->nr_marks++ % SPF_MARKS_MAX] = (struct spf_mark){
		.lock = lock,
		.hold = spf_hold_of(spf_holds, slot, 0)->id,
		.since = spf_now(),
	};
}

u64 spf_lock_marked(u32 slot, u64 hold, const struct vm_area_struct *vma)
{
	const struct spf_writer *w;
	const void *lock;
	unsigned int i;

	if (!SPF_VMA_LOCKS || !hold)
		return 0;
	w = spf_writer_at(slot);
	lock = spf_vma_lock_of(vma);
	for (i = 0; i < SPF_MARKS_MAX; i++)
		if (w->marks[i].hold == hold && w->marks[i].lock == lock)
			return w->marks[i].since;
	return 0;
}

/* Also when no hold is seen: the only user of its mm has none. */
void spf_lock_give(const struct mm_struct *mm)
{
	const struct mm_struct *own = mm == current->mm ? mm : NULL;
	const struct spf_fault *f = spf_task_find();
	bool held;
	u32 slot;

	if (!f)
		return;
	slot = spf_slot_of(f);
	held = spf_hold_of(spf_holds, slot, (unsigned long)mm);
	if (!held && !own)
		return;
	if (spf_writer_is_busy(spf_writer_of(f))) {
		/* Else it leaves when it ends. */
		if (held)
			spf_hold_leave(spf_holds, slot, 0);
		spf_lock_over(slot, mm, own);
	}
	if (held)
		end_hold(slot);
}

void spf_lock_exit(const struct spf_fault *f)
{
	end_hold(spf_slot_of(f));
}

/*
 * Does current have its own mm's lock, in the hold of this slot?  No task changes
 * two address spaces at once: any other hold than that is left over.
 */
static bool has_own_lock(u32 slot)
{
	const struct mm_struct *own = current->mm;

	return own && spf_hold_of(spf_holds, slot, (unsigned long)own) &&
	       spf_lock_mode(&own->mmap_lock) == SPF_MODE_WRITE;
}

u64 spf_lock_hold(u32 slot, const struct mm_struct *mm, u8 mode)
{
	const struct spf_hold *h;

	if (slot == SPF_NO_SLOT)
		return 0;
	h = spf_hold_of(spf_holds, slot, (unsigned long)mm);
	if (h)
		return h->id;
	if (mode != SPF_MODE_WRITE || has_own_lock(slot))
		return 0;
	end_hold(slot);
	spf_writer_name(slot);
	spf_hold_begin(spf_holds, slot, (unsigned long)mm, 0, true);
	spf_hold_called(spf_holds, slot, spf_call_now());
	atomic_inc(&spf_foreign_holds);
	return spf_hold_of(spf_holds, slot, 0)->id;
}

void spf_lock_reset(void)
{
	atomic_set(&spf_foreign_holds, 0);
}
