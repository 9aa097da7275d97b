/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that the kernel takes at addresses of user space.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_KERNEL_H
#define SPF_KERNEL_H

#include <linux/mm_types.h>

/**
 * struct spf_kernel_fault - a fault taken in the kernel, at an address of user space
 * @t0: when, ns; 0 for none
 * @wait_from: since when it waits for mmap_lock, 0 if that was not said
 * @address: the faulting address
 * @switches: voluntary context switches of the task at @t0
 * @called: handle_mm_fault was called for it
 * @blocked: it has waited
 */
struct spf_kernel_fault {
	u64 t0;
	u64 wait_from;
	unsigned long address;
	unsigned long switches;
	bool called;
	bool blocked;
};

/**
 * spf_kernel_arrive - the kernel takes a page fault
 * @address: of user space
 */
void spf_kernel_arrive(unsigned long address);

/**
 * spf_kernel_wait - current begins to wait for its mmap_lock, and is in no fault
 * from user mode
 */
void spf_kernel_wait(void);

/**
 * spf_kernel_enter - handle_mm_fault is called, and not for user mode
 * @vma: its VMA
 * @address: its address
 * @flags: enum fault_flag
 */
void spf_kernel_enter(const struct vm_area_struct *vma, unsigned long address,
		      unsigned int flags);

#endif /* SPF_KERNEL_H */
