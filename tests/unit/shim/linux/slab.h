/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_SLAB_H
#define _SHIM_LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/overflow.h>

#include "../shim.h"

static inline void *kmalloc(size_t size, gfp_t gfp)
{
	return spf_shim_alloc(size, gfp & __GFP_ZERO, gfp & SPF_SHIM_MAY_SLEEP);
}

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kzalloc(array_size(n, size), gfp);
}

static inline void kfree(const void *p)
{
	spf_shim_free(p);
}

#define kvmalloc(size, gfp)		kmalloc(size, gfp)
#define kvzalloc(size, gfp)		kzalloc(size, gfp)
#define kvcalloc(n, size, gfp)		kcalloc(n, size, gfp)
#define kvmalloc_array(n, size, gfp)	kmalloc(array_size(n, size), gfp)
#define kvfree(p)			kfree(p)

#endif /* _SHIM_LINUX_SLAB_H */
