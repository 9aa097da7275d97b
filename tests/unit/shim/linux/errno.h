/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_ERRNO_H
#define _SHIM_LINUX_ERRNO_H

/* libc's <errno.h> is made of the exported one. */
#include_next <linux/errno.h>

#endif /* _SHIM_LINUX_ERRNO_H */
