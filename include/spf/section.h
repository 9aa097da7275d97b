/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Write sections: what changes a VMA, from its begin to its end.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_SECTION_H
#define SPF_SECTION_H

#include <linux/mm_types.h>
#include <linux/sched.h>

#include <spf/audit.h>
#include <spf/compat.h>
#include <spf/hooks.h>
#include <spf/shadow.h>

/* Set before the first probe and freed after the last. */
extern struct spf_shadow *spf_vmas;

#define SPF_TOUCH_MAX	3

/**
 * struct spf_open - a write section that is open
 * @begin: when it began on each of the VMAs, ns
 * @hold: the write hold that it belongs to, 0 for none
 * @mm: the address space; compared, never followed
 * @vma: its VMAs; followed only while something keeps them: spf_section.c
 * @handle: their records in the shadow table, the last one that of a VMA being
 *	split off
 * @before: what they were, valid if @shadowed
 * @start: the range that it is about
 * @end: idem
 * @insert: the VMA that is split off, 0 for none; compared, never followed
 * @nr: number of VMAs
 * @behind: how many of them, at the end, v12 alone counts
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 * @wanted: passed the pid filter when it began
 * @shadowed: @handle is valid
 */
struct spf_open {
	u64 begin[SPF_TOUCH_MAX];
	u64 hold;
	unsigned long mm;
	unsigned long vma[SPF_TOUCH_MAX];
	struct spf_handle handle[SPF_TOUCH_MAX + 1];
	struct spf_fields before[SPF_TOUCH_MAX];
	unsigned long start;
	unsigned long end;
	unsigned long insert;
	u8 nr;
	u8 behind;
	u8 kind;
	u8 mode;
	bool wanted;
	bool shadowed;
};

/**
 * struct spf_moment - a section that took no time, whose stores come after it
 * @begin: when it was, ns
 * @mm: the address space; compared, never followed
 * @handle: the VMA's record
 * @vma: the VMA
 * @before: what it was
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 * @wanted: passed the pid filter
 * @call: of spf_enter_kind() that it is in, by @kind
 * @pending: not compared yet
 */
struct spf_moment {
	u64 begin;
	unsigned long mm;
	struct spf_handle handle;
	unsigned long vma;
	struct spf_fields before;
	u8 kind;
	u8 mode;
	bool wanted;
	bool pending;
	u32 call;
};

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

static inline struct spf_key spf_key_of(const struct mm_struct *mm,
					const struct vm_area_struct *vma)
{
	return (struct spf_key){
		.mm = (unsigned long)mm,
		.vma = (unsigned long)vma,
		.mark = spf_mm_mark(mm),
	};
}

/**
 * spf_section_shadow - the part of a section that is about one VMA begins
 * @key: the VMA
 * @change: what is known of it
 * @handle: for spf_shadow_end()
 */
void spf_section_shadow(const struct spf_key *key, struct spf_change *change,
			struct spf_handle *handle);

/**
 * spf_section_resolve - faults that ended while this writer was in the queue were after
 * the VMAs of this section
 * @slot: of current
 * @open: the section; it is in the shadow table
 */
void spf_section_resolve(u32 slot, const struct spf_open *open);

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
 * spf_mm_shared - can anybody else be faulting in this mm now?
 * @mm: the mm of a VMA that is being created or changed
 *
 * Not when current is its only user: no other thread exists, and none can be
 * created before current returns from what it is doing.  Not when it has no
 * user left: it is being torn down.  With verify=1 the answer is always yes.
 */
static inline bool spf_mm_shared(const struct mm_struct *mm)
{
	int users = atomic_read(&mm->mm_users);

	return users > 1 || (users == 1 && current->mm != mm) || spf_verify;
}

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

/**
 * spf_task_exit - current is exiting
 */
void spf_task_exit(void);

#endif /* SPF_SECTION_H */
