/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_BUG_H
#define _SHIM_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>

/* A warning of the kernel is a failure of the test. */
#define BUG()		spf_shim_bug("BUG()", __FILE__, __LINE__)
#define BUG_ON(cond)						\
do {								\
	if (unlikely(cond))					\
		spf_shim_bug(#cond, __FILE__, __LINE__);	\
} while (0)

#define WARN_ON_ONCE(cond)					\
({								\
	bool __cond = !!(cond);					\
	if (unlikely(__cond))					\
		spf_shim_bug(#cond, __FILE__, __LINE__);	\
	__cond;							\
})
#define WARN_ON(cond)	WARN_ON_ONCE(cond)

#endif /* _SHIM_LINUX_BUG_H */
