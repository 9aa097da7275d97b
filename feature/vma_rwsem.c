// SPDX-License-Identifier: GPL-2.0-only
/* The lock of a VMA is a rw_semaphore of its own: 6.4 to 6.14. */
#include <linux/mm.h>

struct rw_semaphore *spf_feature(struct vm_area_struct *vma)
{
	return &vma->vm_lock->lock;
}
