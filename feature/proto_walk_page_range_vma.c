// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared. */
#include <linux/mm.h>
#include <linux/pagewalk.h>

int walk_page_range_vma(struct vm_area_struct *vma, unsigned long start,
			unsigned long end, const struct mm_walk_ops *ops,
			void *private);
