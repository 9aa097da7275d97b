// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared. */
#include <linux/mm.h>

void vma_set_page_prot(struct vm_area_struct *vma);
