// SPDX-License-Identifier: GPL-2.0-only
/* Per-VMA locks: since 6.4, where they are configured. */
#include <linux/mm.h>

unsigned int spf_feature(struct vm_area_struct *vma)
{
	return vma->vm_lock_seq + FAULT_FLAG_VMA_LOCK;
}
