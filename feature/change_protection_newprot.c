// SPDX-License-Identifier: GPL-2.0-only
/* change_protection(tlb, vma, start, end, newprot, cp_flags): 6.1 to 6.2. */
#include <linux/mm.h>

long spf_feature(struct mmu_gather *tlb, struct vm_area_struct *vma,
		 pgprot_t newprot)
{
	return change_protection(tlb, vma, 0UL, 0UL, newprot, 0UL);
}
