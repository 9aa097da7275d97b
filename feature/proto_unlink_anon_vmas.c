// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared. */
#include <linux/rmap.h>

void unlink_anon_vmas(struct vm_area_struct *vma);
