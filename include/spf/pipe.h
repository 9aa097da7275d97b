/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From probes to counters: the two chains that know the order of the stages.
 *
 * Every function here is called from a probe handler with preemption off: no
 * sleeping, no printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_PIPE_H
#define SPF_PIPE_H

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/mm_types.h>
#include <linux/sched.h>

#include <spf/filter.h>
#include <spf/hold.h>
#include <spf/hooks.h>
#include <spf/shadow.h>
#include <spf/task.h>

/*
 * The shadow table and the table of holds; set before the first probe and freed
 * after the last.
 */
extern struct spf_shadow *spf_vmas;
extern struct spf_holds *spf_holds;

/* NMI-safe and comparable between CPUs; may step back by a few ns. */
static inline u64 spf_now(void)
{
	return ktime_get_mono_fast_ns();
}

static inline u64 spf_elapsed(u64 from, u64 to)
{
	return likely(to > from) ? to - from : 0;
}

/* spf_fault.c */

/**
 * spf_fault_arrive - a user-mode page fault, before any lock
 * @address: the faulting address
 */
void spf_fault_arrive(unsigned long address);

/**
 * spf_fault_enter - handle_mm_fault is called
 * @vma: its VMA; mmap_lock is held for read, or the VMA's own lock
 * @address: its address
 * @flags: enum fault_flag
 *
 * Return: the fault to pass to spf_fault_leave() when the call returns, or
 * NULL when its return is of no interest.
 */
struct spf_fault *spf_fault_enter(struct vm_area_struct *vma,
				  unsigned long address, unsigned int flags);

/**
 * spf_fault_leave - handle_mm_fault returns
 * @f: from spf_fault_enter()
 * @ret: what it returns
 */
void spf_fault_leave(struct spf_fault *f, vm_fault_t ret);

/**
 * spf_fault_wait - current begins to wait for its mmap_lock, as a reader
 * @mm: its own mm
 */
void spf_fault_wait(const struct mm_struct *mm);

/**
 * spf_fault_swapin - a page is about to be read from swap, with readahead
 */
void spf_fault_swapin(void);

/**
 * spf_fault_signal - current is sent SIGSEGV
 * @code: si_code: a fault that has not reached handle_mm_fault is over
 */
void spf_fault_signal(int code);

/**
 * spf_fault_exit - the last fault of current is over
 * @f: its record
 */
void spf_fault_exit(struct spf_fault *f);

/**
 * spf_fault_grew - current makes a stack grow; for its own fault?
 */
void spf_fault_grew(void);

/* spf_kernel.c */

/**
 * spf_kernel_arrive - the kernel takes a page fault
 * @address: of user space
 */
void spf_kernel_arrive(unsigned long address);

/**
 * spf_kernel_wait - current begins to wait for its mmap_lock, and is in no fault
 * from user mode
 */
void spf_kernel_wait(void);

/**
 * spf_kernel_enter - handle_mm_fault is called, and not for user mode
 * @vma: its VMA
 * @address: its address
 * @flags: enum fault_flag
 */
void spf_kernel_enter(const struct vm_area_struct *vma, unsigned long address,
		      unsigned int flags);

/* spf_verdict.c */

/**
 * spf_settle - a logical fault is over: one verdict for each design
 * @f: the record of current; free again afterwards
 */
void spf_settle(struct spf_fault *f);

/**
 * spf_settle_repeated - the handler is called once more for a fault that was
 * settled because it was single-threaded
 * @native: its VMA's lock had been tried
 */
void spf_settle_repeated(bool native);

/**
 * spf_settle_resolved - deferred faults turn out to be possible
 * @kind: enum spf_kind of the section that tells
 * @faults: how many
 */
void spf_settle_resolved(u8 kind, u64 faults);

/* spf_lock.c */

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

/* spf_audit.c */

/**
 * spf_fields_read - what a VMA is like now
 * @vma: current is in a section on it
 * @fields: filled in
 */
void spf_fields_read(const struct vm_area_struct *vma,
		     struct spf_fields *fields);

/**
 * spf_audit_compare - count what a section has changed
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 * @before: the VMA
 * @after: the VMA
 */
void spf_audit_compare(u8 kind, u8 mode, const struct spf_fields *before,
		       const struct spf_fields *after);

/**
 * spf_effect_of - what a section has done to a VMA besides moving its counter
 * @before: the VMA
 * @after: the VMA
 *
 * Return: enum spf_effect, never SPF_EFFECT_UNKNOWN; docs/designs.md
 */
u8 spf_effect_of(const struct spf_fields *before,
		 const struct spf_fields *after);

/**
 * spf_fields_changed - what differs
 * @before: the VMA
 * @after: the VMA
 *
 * Return: BIT(enum spf_field)
 */
u32 spf_fields_changed(const struct spf_fields *before,
		       const struct spf_fields *after);

/**
 * spf_audit_freed - count a VMA that did not see the end of the section
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 */
void spf_audit_freed(u8 kind, u8 mode);

/* spf_section.c, too */

/**
 * spf_task_exit - current is exiting
 */
void spf_task_exit(void);

/* spf_section.c */

/**
 * struct spf_touch - what a write section is about to change
 * @mm: the address space
 * @vma: VMAs whose counter v12 would have moved; may be freed in the section
 * @nr: number of them; 0 for a section that is counted but moves no counter
 * @behind: how many of them, at the end, v12 alone counts: the VMA behind one
 *	that changes
 * @insert: new VMA being split off @vma[0], or NULL
 * @start: first byte of the range, as the probed function was told
 * @end: first byte behind it
 * @kind: enum spf_kind
 */
struct spf_touch {
	struct mm_struct *mm;
	struct vm_area_struct *vma[SPF_TOUCH_MAX];
	unsigned int nr;
	unsigned int behind;
	struct vm_area_struct *insert;
	unsigned long start;
	unsigned long end;
	u8 kind;
};

/**
 * spf_section_begin - a write section begins
 * @touch: what it is about
 * @open: filled in, to be passed to spf_section_end()
 */
void spf_section_begin(const struct spf_touch *touch, struct spf_open *open);

/**
 * spf_section_end - it ends
 * @open: from spf_section_begin()
 */
void spf_section_end(const struct spf_open *open);

/**
 * spf_section_instant - a write section that takes no time
 * @touch: what it is about
 */
void spf_section_instant(const struct spf_touch *touch);

/**
 * spf_section_marks - does a kernel with per-VMA locks mark this VMA for it?
 * @open: the section
 * @i: which of its VMAs
 */
bool spf_section_marks(const struct spf_open *open, unsigned int i);

/**
 * spf_section_marked - since when?
 * @open: the section, of current
 * @i: which of its VMAs, one that is marked
 *
 * Return: an instant not later than its begin.
 */
u64 spf_section_marked(const struct spf_open *open, unsigned int i);

/**
 * spf_moment_over - the stores of a section that took no time have been made
 * @slot: of current
 * @mm: an mm that lives, and may be locked for write by current; NULL for none
 *
 * The section's VMA is compared with what it was if something keeps it.
 */
void spf_moment_over(u32 slot, const struct mm_struct *mm);

/**
 * spf_pair_begin - a write section begins that ends in another function
 * @touch: what it is about
 *
 * A task has one at a time; one that was left open ends here.
 */
void spf_pair_begin(const struct spf_touch *touch);

/**
 * spf_pair_end - it ends
 * @kind: enum spf_kind
 * @mm: whose mmap_lock current has for write
 */
void spf_pair_end(u8 kind, const struct mm_struct *mm);

/**
 * spf_lock_over - nothing that current has open goes on without the lock
 * @slot: of current
 * @mm: whose lock it is about to give back; compared
 * @kept: an mm that lives, or NULL, as for spf_moment_over()
 *
 * A pair and a fork end with the lock at the latest.
 */
void spf_lock_over(u32 slot, const struct mm_struct *mm,
		   const struct mm_struct *kept);

/**
 * spf_enter_kind - from now on current is doing this
 * @kind: enum spf_kind
 * @before: what it was doing before, to be passed to spf_leave_kind()
 *
 * Return: false when that cannot be remembered.
 */
bool spf_enter_kind(u8 kind, u8 *before);

void spf_leave_kind(u8 before);

/**
 * spf_kind_inside - what is current doing?
 *
 * Return: enum spf_kind, SPF_NR_KINDS for nothing that was told.
 */
u8 spf_kind_inside(void);

/**
 * spf_fork_copy - a fork begins to copy one of the parent's VMAs
 * @vma: the VMA; mmap_lock is held for write, and the fork's sections end with it
 */
void spf_fork_copy(struct vm_area_struct *vma);

/**
 * spf_mm_shared - can anybody else be faulting in this mm now?
 * @mm: the mm of a VMA that is being created or changed
 *
 * Not when current is its only user: no other thread exists, and none can be
 * created before current returns from what it is doing.  Not when it has no
 * user left: it is being torn down.  With verify=1 the answer is always yes.
 */
bool spf_mm_shared(const struct mm_struct *mm);

/**
 * spf_vma_born - a VMA was allocated
 * @mm: its address space
 * @vma: the VMA
 */
void spf_vma_born(const struct mm_struct *mm, const struct vm_area_struct *vma);

/**
 * spf_vma_free - current frees a VMA
 * @vma: the VMA
 */
void spf_vma_free(const struct vm_area_struct *vma);

/**
 * spf_vma_gone - a VMA is freed, in no task's name or with all its mm
 * @vma: the VMA; its mm may be gone
 */
void spf_vma_gone(const struct vm_area_struct *vma);

#endif /* SPF_PIPE_H */
