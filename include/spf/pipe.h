/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From probes to counters: the two chains that know the order of the stages.
 *
 * Every function here is called from a probe handler: preemption off, no
 * sleeping, no printing, no lock but those of the shadow table.
 */
#ifndef SPF_PIPE_H
#define SPF_PIPE_H

#include <linux/ktime.h>
#include <linux/mm_types.h>
#include <linux/sched.h>

#include <spf/hooks.h>
#include <spf/shadow.h>
#include <spf/task.h>

/* The shadow table; set before the first probe and freed after the last. */
extern struct spf_shadow *spf_vmas;

/* NMI-safe and comparable between CPUs; may step back by a few ns. */
static inline u64 spf_now(void)
{
	return ktime_get_mono_fast_ns();
}

static inline u64 spf_elapsed(u64 from, u64 to)
{
	return to > from ? to - from : 0;
}

/* Is this thread group one whose figures were asked for? */
static inline bool spf_wanted(void)
{
	int pid = READ_ONCE(spf_pid);

	return !pid || pid == current->tgid;
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
 */
void spf_fault_wait(void);

/**
 * spf_fault_exit - the last fault of current is over
 * @f: its record
 */
void spf_fault_exit(struct spf_fault *f);

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
 * @insert: new VMA being split off @vma[0], or NULL
 * @start: first byte of the range, as the probed function was told
 * @end: first byte behind it
 * @kind: enum spf_kind
 */
struct spf_touch {
	struct mm_struct *mm;
	struct vm_area_struct *vma[SPF_TOUCH_MAX];
	unsigned int nr;
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
 * spf_pair_begin - a write section begins that ends in another function
 * @touch: what it is about
 *
 * A task has one at a time; one that was left open ends here.
 */
void spf_pair_begin(const struct spf_touch *touch);

/**
 * spf_pair_end - it ends
 * @kind: enum spf_kind
 */
void spf_pair_end(u8 kind);

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
 * @vma: the VMA; mmap_lock is held for write until spf_fork_end()
 */
void spf_fork_copy(struct vm_area_struct *vma);

/**
 * spf_fork_end - it has copied all
 */
void spf_fork_end(void);

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
 * spf_vma_free - a VMA is about to be freed
 * @vma: the VMA
 */
void spf_vma_free(const struct vm_area_struct *vma);

#endif /* SPF_PIPE_H */
