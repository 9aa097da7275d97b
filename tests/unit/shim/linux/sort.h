/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_SORT_H
#define _SHIM_LINUX_SORT_H

#include <linux/types.h>

typedef int (*cmp_func_t)(const void *a, const void *b);
typedef void (*swap_func_t)(void *a, void *b, int size);

static inline void spf_shim_swap(char *a, char *b, size_t size)
{
	char tmp;

	while (size--) {
		tmp = *a;
		*a++ = *b;
		*b++ = tmp;
	}
}

/* The heap below @parent is one but for its top. */
static inline void spf_shim_sift(char *base, size_t parent, size_t num,
				 size_t size, cmp_func_t cmp)
{
	size_t child;

	for (; (child = 2 * parent + 1) < num; parent = child) {
		if (child + 1 < num && cmp(base + child * size,
					   base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + parent * size, base + child * size) >= 0)
			return;
		spf_shim_swap(base + parent * size, base + child * size, size);
	}
}

/*
 * A heapsort as in the kernel, and not libc's: what is equal comes out in any
 * order, and nothing may rely on it.
 */
static inline void sort(void *base, size_t num, size_t size, cmp_func_t cmp,
			swap_func_t swap_func)
{
	size_t i;

	(void)swap_func;
	for (i = num / 2; i--; )
		spf_shim_sift(base, i, num, size, cmp);
	for (i = num; i-- > 1; ) {
		spf_shim_swap(base, (char *)base + i * size, size);
		spf_shim_sift(base, 0, i, size, cmp);
	}
}

#endif /* _SHIM_LINUX_SORT_H */
