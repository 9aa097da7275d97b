// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared.  Since 6.3. */
#include <linux/mm.h>

long change_protection(struct mmu_gather *tlb, struct vm_area_struct *vma,
		       unsigned long start, unsigned long end,
		       unsigned long cp_flags);
