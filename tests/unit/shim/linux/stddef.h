/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_STDDEF_H
#define _SHIM_LINUX_STDDEF_H

/* The exported types need what the exported one defines. */
#include_next <linux/stddef.h>

#include <stdbool.h>
#include <stddef.h>

#ifndef sizeof_field
#define sizeof_field(type, member)	sizeof(((type *)0)->member)
#endif

#endif /* _SHIM_LINUX_STDDEF_H */
