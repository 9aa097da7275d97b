// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared. */
#include <linux/mempolicy.h>

void mpol_rebind_mm(struct mm_struct *mm, nodemask_t *new);
