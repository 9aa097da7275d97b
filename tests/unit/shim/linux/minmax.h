/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_MINMAX_H
#define _SHIM_LINUX_MINMAX_H

/* As strict as the kernel's: both sides must have the same type. */
#define SPF_SHIM_CMP(x, y, op)					\
({								\
	__typeof__(x) __x = (x);				\
	__typeof__(y) __y = (y);				\
	_Static_assert(__builtin_types_compatible_p(		\
		__typeof__(__x), __typeof__(__y)),		\
		"min/max of different types");			\
	__x op __y ? __x : __y;					\
})

#define min(x, y)		SPF_SHIM_CMP(x, y, <)
#define max(x, y)		SPF_SHIM_CMP(x, y, >)
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define clamp_t(type, v, lo, hi) \
	min_t(type, max_t(type, v, lo), hi)

#define swap(a, b)						\
do {								\
	__typeof__(a) __tmp = (a);				\
	(a) = (b);						\
	(b) = __tmp;						\
} while (0)

#endif /* _SHIM_LINUX_MINMAX_H */
