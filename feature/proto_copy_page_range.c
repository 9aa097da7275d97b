// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared. */
#include <linux/mm.h>

int copy_page_range(struct vm_area_struct *dst_vma,
		    struct vm_area_struct *src_vma);
