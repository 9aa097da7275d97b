// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other guard: when this does compile, no answer can be believed.
 */
#include <linux/mm.h>

int spf_feature(struct vm_area_struct *vma)
{
	return vma->a_member_that_no_kernel_has;
}
