/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4b, trace events.
 */
#ifndef SPF_TRACE_H
#define SPF_TRACE_H

#include <linux/types.h>

/**
 * spf_trace_init - draw the secret behind spf_id(), before the first event
 */
void spf_trace_init(void);

/**
 * spf_id - what trace events print in place of a kernel address
 * @address: of an mm or a VMA
 *
 * Return: the same id for the same address until the module is unloaded; 0 for 0.
 */
u32 spf_id(unsigned long address);

#endif /* SPF_TRACE_H */
