// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared. */
#include <linux/mm.h>

int expand_downwards(struct vm_area_struct *vma, unsigned long address);
