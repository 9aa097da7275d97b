// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, the arguments of a probed function.
 *
 * They are found by their position, and many of these functions are private to the
 * kernel: another release, or the compiler, may pass others.  So nothing is followed
 * before it has been looked at, with reads that may fail, and a hit that was not
 * understood is counted as that.  Some arguments are structures that are private as
 * well.  Their first members are declared beside the hook as they are in every kernel
 * that has them; they are copied with such reads, too.  What the kernel's headers
 * declare is also compared with them when spf is built: feature/proto_*.c.
 */
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/uaccess.h>

#include <spf/compat.h>
#include <spf/decode.h>

/* Has to be the mm of current, or look like one. */
bool spf_is_mm(const struct mm_struct *mm)
{
	const size_t table = min_t(size_t, PTRS_PER_PGD * sizeof(pgd_t),
				   PAGE_SIZE);
	unsigned long task_size;
	pgd_t *pgd;

	if (mm && mm == current->mm)
		return true;
	/* An exec has a new mm before it knows the size of its tasks. */
	return !get_kernel_nofault(pgd, &mm->pgd) &&
	       !get_kernel_nofault(task_size, &mm->task_size) &&
	       IS_ALIGNED((unsigned long)pgd, table) &&
	       (unsigned long)pgd >= TASK_SIZE_MAX && task_size <= TASK_SIZE_MAX;
}

/* Has to look like a VMA, of any mm. */
bool spf_is_any_vma(const struct vm_area_struct *vma)
{
	unsigned long start, end, mm;

	return spf_peek(&start, &vma->vm_start) && spf_peek(&end, &vma->vm_end) &&
	       start < end && end <= TASK_SIZE_MAX && PAGE_ALIGNED(start | end) &&
	       spf_peek(&mm, &vma->vm_mm) && spf_is_mm((const struct mm_struct *)mm);
}

/* Has to be a VMA of this mm. */
bool spf_is_vma(const struct vm_area_struct *vma,
		const struct mm_struct *mm)
{
	return spf_is_any_vma(vma) && vma->vm_mm == mm;
}

bool spf_is_vma_or_null(const struct vm_area_struct *vma,
			const struct mm_struct *mm)
{
	return !vma || spf_is_vma(vma, mm);
}

/* Has to look like a semaphore, in whatever state. */
bool spf_is_rwsem(const struct rw_semaphore *sem)
{
	atomic_long_t count;

	return !get_kernel_nofault(count, &sem->count) &&
	       !(atomic_long_read(&count) & SPF_RWSEM_UNUSED);
}

/* The first @size bytes of a structure that an argument points to. */
bool spf_copy_arg(void *to, struct pt_regs *regs, unsigned int n,
		  size_t size)
{
	return !copy_from_kernel_nofault(to, spf_arg(regs, n), size);
}

/* A range that the arguments give. */
bool spf_take_range(struct spf_touch *touch, unsigned long start,
		    unsigned long end)
{
	touch->start = start;
	touch->end = end;
	return start < end && end <= TASK_SIZE_MAX;
}

void spf_touch_vma(struct spf_touch *touch, struct vm_area_struct *vma)
{
	touch->mm = vma->vm_mm;
	touch->vma[touch->nr++] = vma;
}

void spf_touch_whole(struct spf_touch *touch, struct vm_area_struct *vma)
{
	touch->start = vma->vm_start;
	touch->end = vma->vm_end;
	spf_touch_vma(touch, vma);
}

/* A VMA and its range, from the arguments @n on. */
enum spf_decoded spf_take_vma_range(struct pt_regs *regs, unsigned int n,
				    struct spf_touch *touch)
{
	struct vm_area_struct *vma = spf_arg(regs, n);

	if (!spf_take_range(touch, spf_arg_ulong(regs, n + 1),
			    spf_arg_ulong(regs, n + 2)) ||
	    !spf_is_any_vma(vma))
		return SPF_NOT_UNDERSTOOD;
	spf_touch_vma(touch, vma);
	return SPF_TOUCHED;
}

/* The whole of a VMA, from argument @n. */
enum spf_decoded spf_take_vma(struct pt_regs *regs, unsigned int n,
			      struct spf_touch *touch)
{
	struct vm_area_struct *vma = spf_arg(regs, n);

	if (!spf_is_any_vma(vma))
		return SPF_NOT_UNDERSTOOD;
	spf_touch_whole(touch, vma);
	return SPF_TOUCHED;
}
