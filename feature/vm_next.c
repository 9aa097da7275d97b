// SPDX-License-Identifier: GPL-2.0-only
/* VMAs in a list and an rbtree: up to 6.0. */
#include <linux/mm.h>

struct vm_area_struct *spf_feature(struct vm_area_struct *vma)
{
	return vma->vm_mm->mm_rb.rb_node ? vma->vm_next : NULL;
}
