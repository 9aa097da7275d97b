/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_VMALLOC_H
#define _SHIM_LINUX_VMALLOC_H

#include <linux/gfp.h>
#include <linux/overflow.h>

#include "../shim.h"

static inline void *__vmalloc(unsigned long size, gfp_t gfp)
{
	/* vmalloc does not take 0, and refuses what overflowed. */
	if (!size || size == SIZE_MAX)
		return NULL;
	return spf_shim_alloc(size, gfp & __GFP_ZERO, true);
}

#define vmalloc(size)	__vmalloc(size, GFP_KERNEL)
#define vzalloc(size)	__vmalloc(size, GFP_KERNEL | __GFP_ZERO)

static inline void vfree(const void *p)
{
	spf_shim_free(p);
}

#endif /* _SHIM_LINUX_VMALLOC_H */
