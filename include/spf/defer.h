/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2d, deferred faults: those that depend on what a writer does that has mmap_lock,
 * or waits for it.  The rules are those of docs/verdict.md.
 *
 * Bounded and preallocated, with the holds.  Locking is written down at the top of
 * spf_defer.c.
 */
#ifndef SPF_DEFER_H
#define SPF_DEFER_H

#include <linux/types.h>

#include <spf/hold.h>

/*
 * Groups of deferred faults at a time, and of those no more than SPF_HOLD_STEPS whose
 * VMAs share a chain; beyond, a fault is "unresolved".
 */
#define SPF_DEFERRED_MAX	4096

/**
 * struct spf_deferred - names a fault that was deferred
 * @index: in the pool
 * @gen: so that a reused one is told apart
 */
struct spf_deferred {
	u32 index;
	u32 gen;
};

/* What a fault that ends now has met. */
enum spf_meeting {
	SPF_MEETING_NOBODY,
	SPF_MEETING_DEFERRED,	/* it depends on what they do next */
	SPF_MEETING_FULL,	/* it does, and there is no room to remember it */
};

/**
 * spf_defer_alloc - room for deferred faults
 * @hs: the table of holds, which has none
 *
 * May sleep.  Return: false when there is no memory.
 */
bool spf_defer_alloc(struct spf_holds *hs);

void spf_defer_free(struct spf_holds *hs);

/* Its memory. */
size_t spf_defer_bytes(void);

/* Forgets all; no other call may run at the same time. */
void spf_defer_clear_all(struct spf_holds *hs);

/**
 * spf_defer - a fault has completed
 * @hs: the table
 * @mm: its mm
 * @vma: its VMA
 * @t1: when
 * @deferred: filled in for SPF_MEETING_DEFERRED
 *
 * The caller looks into the shadow table afterwards: a section that began after @t1
 * may have been recorded before the fault was deferred.
 */
enum spf_meeting spf_defer(struct spf_holds *hs, unsigned long mm, unsigned long vma,
			   u64 t1, struct spf_deferred *deferred);

/**
 * spf_defer_retract - a fault that was deferred need not be
 * @hs: the table
 * @mm: its mm
 * @deferred: from spf_defer()
 *
 * Return: false when it has been resolved already.
 */
bool spf_defer_retract(struct spf_holds *hs, unsigned long mm,
		       const struct spf_deferred *deferred);

/**
 * spf_defer_cleared - how was it resolved?
 * @hs: the table
 * @deferred: of which spf_defer_retract() has said that it was
 *
 * Return: true if it was cleared; false if a section made it possible, and when
 * that is not known any more.
 */
bool spf_defer_cleared(struct spf_holds *hs, const struct spf_deferred *deferred);

/**
 * spf_defer_forget - a VMA is freed
 * @hs: the table
 * @mm: its mm
 * @vma: the VMA
 *
 * Return: how many faults in it were deferred: they are not possible.
 */
u64 spf_defer_forget(struct spf_holds *hs, unsigned long mm, unsigned long vma);

/**
 * spf_defer_resolve - a section begins on a VMA
 * @hs: the table
 * @mm: its mm
 * @vma: the VMA
 * @number: of the hold that it is in, in the bucket of the mm
 *
 * Return: how many faults were deferred that are possible now.
 */
u64 spf_defer_resolve(struct spf_holds *hs, unsigned long mm, unsigned long vma,
		      u64 number);

/**
 * spf_defer_over - a hold is over
 * @hs: the table
 * @mm: its mm
 *
 * Return: how many faults depend on none any more.  What this one cannot tell, because
 * it is behind too many of other mms, stays for the next of this mm that ends, or until
 * the VMA is freed.
 */
u64 spf_defer_over(struct spf_holds *hs, unsigned long mm);

/**
 * spf_defer_pending - faults that are deferred now
 * @hs: the table
 */
u64 spf_defer_pending(struct spf_holds *hs);

/**
 * spf_defer_reset - faults that are deferred now do not count any more
 * @hs: the table
 *
 * For a reset: what they turn out to be is not said of the time after it.
 * May be called from process context only: it takes one lock after the other.
 */
void spf_defer_reset(struct spf_holds *hs);

#endif /* SPF_DEFER_H */
