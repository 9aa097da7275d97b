/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that take mmap_lock for write, and give it back.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_LOCK_H
#define SPF_LOCK_H

#include <linux/atomic.h>
#include <linux/mm_types.h>

#include <spf/hold.h>

struct spf_fault;

/* Set before the first probe and freed after the last. */
extern struct spf_holds *spf_holds;

/* A writer marks the VMAs of a section before it begins; remembered are so many. */
#define SPF_MARKS_MAX	4

/**
 * struct spf_mark - a VMA that a writer marks, or waits to be able to
 * @lock: spf_vma_lock_of() that VMA
 * @hold: in which
 * @since: when that began, ns
 */
struct spf_mark {
	const void *lock;
	u64 hold;
	u64 since;
};

/**
 * spf_lock_ask - current asks for mmap_lock for write
 * @mm: its own mm
 */
void spf_lock_ask(const struct mm_struct *mm);

/**
 * spf_lock_wait - it has to wait for it
 * @mm: its own mm
 *
 * Return: false when spf_lock_waited() need not be called.
 */
bool spf_lock_wait(const struct mm_struct *mm);

/**
 * spf_lock_waited - it has waited
 * @mm: its own mm
 * @got: and has the lock
 */
void spf_lock_waited(const struct mm_struct *mm, bool got);

/**
 * spf_lock_mark - current, who has mmap_lock for write, marks a VMA; it may have to
 * wait for a fault that has the VMA's lock
 * @lock: spf_vma_lock_of() it; compared, never followed
 */
void spf_lock_mark(const void *lock);

/**
 * spf_lock_marked - since when is a VMA marked by current, or kept from others?
 * @slot: of current
 * @hold: its hold, 0 for none
 * @vma: the VMA
 *
 * Return: 0 when it is not known.
 */
u64 spf_lock_marked(u32 slot, u64 hold, const struct vm_area_struct *vma);

/**
 * spf_lock_give - current gives a write lock back, or goes on as a reader
 * @mm: compared, and followed only if it is current's own: whatever the lock is
 *	in, if not in an mm
 */
void spf_lock_give(const struct mm_struct *mm);

/**
 * spf_lock_exit - current is exiting and has no lock
 * @f: its record
 */
void spf_lock_exit(const struct spf_fault *f);

/* Holds of others' address spaces: releases are looked at only if there are. */
extern atomic_t spf_foreign_holds;

/**
 * spf_lock_foreign - may current hold the lock of another task's mm?
 */
static inline bool spf_lock_foreign(void)
{
	return unlikely(atomic_read(&spf_foreign_holds));
}

/**
 * spf_lock_hold - the hold that a section of current belongs to
 * @slot: of current
 * @mm: the mm that it changes
 * @mode: enum spf_mode
 *
 * Return: its id; 0 for none.
 */
u64 spf_lock_hold(u32 slot, const struct mm_struct *mm, u8 mode);

/**
 * spf_lock_reset - the table of holds was cleared
 */
void spf_lock_reset(void);

#endif /* SPF_LOCK_H */
