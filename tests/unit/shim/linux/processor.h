/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_PROCESSOR_H
#define _SHIM_LINUX_PROCESSOR_H

#include "../shim.h"

/* Whoever has what is waited for may need this CPU. */
#define cpu_relax()	spf_shim_yield()

#endif /* _SHIM_LINUX_PROCESSOR_H */
