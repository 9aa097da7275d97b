// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared.  Up to 6.2. */
#include <linux/mm.h>

int __vma_adjust(struct vm_area_struct *vma, unsigned long start,
		 unsigned long end, pgoff_t pgoff,
		 struct vm_area_struct *insert, struct vm_area_struct *expand);
