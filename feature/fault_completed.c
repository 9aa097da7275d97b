// SPDX-License-Identifier: GPL-2.0-only
/* A handler that has dropped the lock can say so: since 6.0. */
#include <linux/mm.h>

vm_fault_t spf_feature(void)
{
	return VM_FAULT_COMPLETED;
}
