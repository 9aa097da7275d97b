/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1, the arguments of a probed function: what they are, and whether they are
 * what they are taken for.
 *
 * All of it is for handlers.  Where enum spf_decoded is returned, *touch is valid
 * unless it is SPF_NOT_UNDERSTOOD.
 */
#ifndef SPF_DECODE_H
#define SPF_DECODE_H

#include <linux/mm_types.h>
#include <linux/ptrace.h>

#include <spf/probe.h>
#include <spf/section.h>

/* Argument number @n, from 0 on: at the entry, by the calling convention. */
static inline void *spf_arg(struct pt_regs *regs, unsigned int n)
{
	return (void *)regs_get_kernel_argument(regs, n);
}

static inline unsigned long spf_arg_ulong(struct pt_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument(regs, n);
}

/**
 * spf_copy_arg - the first bytes of a structure that an argument points to
 * @to: room for them
 * @regs: of the call
 * @n: which argument
 * @size: how many bytes
 */
bool spf_copy_arg(void *to, struct pt_regs *regs, unsigned int n, size_t size);

/**
 * spf_is_mm - is it the mm of current, or does it look like one?
 * @mm: what may be anything
 */
bool spf_is_mm(const struct mm_struct *mm);

/**
 * spf_is_any_vma - does it look like a VMA, of any mm?
 * @vma: what may be anything
 */
bool spf_is_any_vma(const struct vm_area_struct *vma);

/**
 * spf_is_vma - does it look like a VMA of this mm?
 * @vma: what may be anything
 * @mm: the mm
 */
bool spf_is_vma(const struct vm_area_struct *vma, const struct mm_struct *mm);

/* The same, of an argument that may be NULL. */
bool spf_is_vma_or_null(const struct vm_area_struct *vma,
			const struct mm_struct *mm);

/**
 * spf_is_rwsem - does it look like a semaphore, in whatever state?
 * @sem: what may be anything
 */
bool spf_is_rwsem(const struct rw_semaphore *sem);

/**
 * spf_touch_vma - one more VMA
 * @touch: has room for it
 * @vma: a VMA
 */
void spf_touch_vma(struct spf_touch *touch, struct vm_area_struct *vma);

/* The same, and its bounds are the range. */
void spf_touch_whole(struct spf_touch *touch, struct vm_area_struct *vma);

/**
 * spf_take_range - a range that the arguments give
 * @touch: filled in
 * @start: first byte
 * @end: first byte behind it
 *
 * Return: false when it is no range of a process.
 */
bool spf_take_range(struct spf_touch *touch, unsigned long start,
		    unsigned long end);

/**
 * spf_take_vma_range - a VMA and a range
 * @regs: of the call
 * @n: the VMA's argument; the range is in the two behind it
 * @touch: filled in
 */
enum spf_decoded spf_take_vma_range(struct pt_regs *regs, unsigned int n,
				    struct spf_touch *touch);

/**
 * spf_take_vma - a VMA, the whole of it
 * @regs: of the call
 * @n: its argument
 * @touch: filled in
 */
enum spf_decoded spf_take_vma(struct pt_regs *regs, unsigned int n,
			      struct spf_touch *touch);

/* What was understood, but is a section only under a condition. */
static inline enum spf_decoded spf_only_if(bool section,
					   enum spf_decoded decoded)
{
	return decoded == SPF_TOUCHED && !section ? SPF_NOTHING : decoded;
}

#endif /* SPF_DECODE_H */
