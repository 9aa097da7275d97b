/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for tables, which are allocated once, when the module is loaded. */
#ifndef SPF_TABLE_H
#define SPF_TABLE_H

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

/*
 * @nr zeroed entries, or NULL; vfree() frees them.  May sleep.
 *
 * Better no spf than a process killed for it.  What is not there is not even
 * asked for: an attempt takes all that is left before it fails, and whoever needs
 * a page meanwhile is killed, however politely this one asks.
 */
static inline void *spf_table_alloc(size_t nr, size_t size)
{
	size_t pages = DIV_ROUND_UP(nr * size, PAGE_SIZE);

	if (pages > (size_t)max(si_mem_available(), 0L))
		return NULL;
	return __vmalloc(nr * size, GFP_KERNEL | __GFP_ZERO |
			 __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

#endif /* SPF_TABLE_H */
