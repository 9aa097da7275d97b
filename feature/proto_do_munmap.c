// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared.  Up to 6.0. */
#include <linux/mm.h>

int __do_munmap(struct mm_struct *mm, unsigned long start, size_t len,
		struct list_head *uf, bool downgrade);
