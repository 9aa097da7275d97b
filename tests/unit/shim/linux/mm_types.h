/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_MM_TYPES_H
#define _SHIM_LINUX_MM_TYPES_H

typedef unsigned int vm_fault_t;

struct mm_struct;
struct vm_area_struct;

#endif /* _SHIM_LINUX_MM_TYPES_H */
