// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard of all the others: when this does not compile, the header tree or
 * the compiler is broken, or the kernel is not one that spf can measure.
 */
#define SPF_REQUIREMENTS_ONLY
#include <spf/compat.h>

/* No other form of these is declared. */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long address,
			   unsigned int flags, struct pt_regs *regs);
void down_write(struct rw_semaphore *sem);
int down_write_killable(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
void downgrade_write(struct rw_semaphore *sem);
void vm_area_free(struct vm_area_struct *vma);

vm_fault_t spf_feature(struct vm_area_struct *vma)
{
	return handle_mm_fault(vma, 0, 0, NULL);
}
