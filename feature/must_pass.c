// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard of all the others: when this does not compile, the header tree or
 * the compiler is broken, or the kernel is not one that spf can measure.
 */
#define SPF_REQUIREMENTS_ONLY
#include <spf/compat.h>

vm_fault_t spf_feature(struct vm_area_struct *vma)
{
	return handle_mm_fault(vma, 0, 0, NULL);
}
