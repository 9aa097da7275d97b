// SPDX-License-Identifier: GPL-2.0-only
/* change_protection(vma, start, end, newprot, cp_flags): up to 6.0. */
#include <linux/mm.h>

unsigned long spf_feature(struct vm_area_struct *vma, pgprot_t newprot)
{
	return change_protection(vma, 0UL, 0UL, newprot, 0UL);
}
