// SPDX-License-Identifier: GPL-2.0-only
/* Instances of return probes are in a pool: since 6.7. */
#include <linux/kprobes.h>

size_t spf_feature(void)
{
	return sizeof(struct objpool_slot);
}
