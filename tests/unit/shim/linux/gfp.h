/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_GFP_H
#define _SHIM_LINUX_GFP_H

#include <linux/types.h>

#define __GFP_ZERO		0x100U
#define __GFP_RETRY_MAYFAIL	0x200U
#define __GFP_NOWARN		0x400U
#define __GFP_ACCOUNT		0x800U
#define __GFP_NORETRY		0x1000U
#define SPF_SHIM_MAY_SLEEP	0x1U
#define GFP_KERNEL		SPF_SHIM_MAY_SLEEP
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_ATOMIC		0U
#define GFP_NOWAIT		0U

#endif /* _SHIM_LINUX_GFP_H */
