// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared. */
#include <linux/mm.h>

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
