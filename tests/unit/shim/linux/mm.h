/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_MM_H
#define _SHIM_LINUX_MM_H

#include <limits.h>

#ifndef PAGE_SIZE
#define PAGE_SIZE	4096UL
#endif

/* Tests say which allocation fails. */
static inline long si_mem_available(void)
{
	return LONG_MAX;
}

#endif /* _SHIM_LINUX_MM_H */
