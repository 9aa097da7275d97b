/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_IRQFLAGS_H
#define _SHIM_LINUX_IRQFLAGS_H

#include "../shim.h"

#define local_irq_save(flags)	((flags) = spf_shim_irq_save())
#define local_irq_restore(flags) spf_shim_irq_restore(flags)

#endif /* _SHIM_LINUX_IRQFLAGS_H */
