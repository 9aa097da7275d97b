// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared. */
#include <linux/mm.h>

int do_madvise(struct mm_struct *mm, unsigned long start, size_t len_in,
	       int behavior);
