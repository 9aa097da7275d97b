/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_HASH_H
#define _SHIM_LINUX_HASH_H

#include <linux/types.h>

#include "../shim.h"

#define GOLDEN_RATIO_32 0x61C88647
#define GOLDEN_RATIO_64 0x61C8864680B583EBull

static inline u32 spf_shim_hash(u64 val, unsigned int bits)
{
	u32 h = (u32)(val * GOLDEN_RATIO_64 >> (64 - bits));

	return spf_shim_weak_hash ? (h & 1) : h;
}

#define hash_64(val, bits)	spf_shim_hash(val, bits)
#define hash_long(val, bits)	spf_shim_hash(val, bits)
#define hash_32(val, bits)	spf_shim_hash((u32)(val), bits)
#define hash_ptr(ptr, bits)	spf_shim_hash((unsigned long)(ptr), bits)

#endif /* _SHIM_LINUX_HASH_H */
