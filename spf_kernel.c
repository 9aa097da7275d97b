// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults that the kernel takes at addresses of user space: copies to and from
 * memory that is not there yet.  No design judges them; they are counted, with
 * what they waited for mmap_lock, so that nobody takes the judged ones for all.
 *
 * Its end is not seen: what is remembered of one is overwritten by the next.
 */
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <spf/clock.h>
#include <spf/compat.h>
#include <spf/fault.h>
#include <spf/filter.h>
#include <spf/kernel.h>
#include <spf/stats.h>
#include <spf/task.h>
#include <trace/events/spf.h>

static struct spf_kernel_fault *find_fault(void)
{
	struct spf_fault *f = spf_task_find();

	return f ? &spf_writer_of(f)->kernel : NULL;
}

/* Where faults are not handled, the kernel never gets to the lock. */
void spf_kernel_arrive(unsigned long address)
{
	struct spf_writer *w;

	if (!current->mm || address >= TASK_SIZE_MAX || pagefault_disabled() ||
	    !spf_wanted())
		return;
	spf_count(SPF_N_KERNEL_FAULTS);
	w = spf_writer_make();
	if (!w)
		return;
	w->kernel = (struct spf_kernel_fault){
		.t0 = spf_now(),
		.address = address,
		.switches = current->nvcsw,
	};
}

void spf_kernel_wait(void)
{
	struct spf_kernel_fault *k = find_fault();

	if (k && k->t0 && !k->wait_from)
		k->wait_from = spf_now();
}

/*
 * Is this call for that fault?  Its first call has not been tried before, and the
 * others have; what GUP does at the same address afterwards begins anew.
 */
static bool is_call_of(const struct spf_kernel_fault *k,
		       const struct vm_area_struct *vma, unsigned long address,
		       unsigned int flags)
{
	return k && k->t0 && vma->vm_mm == current->mm &&
	       (k->address & PAGE_MASK) == (address & PAGE_MASK) &&
	       k->called == !!(flags & FAULT_FLAG_TRIED);
}

/*
 * How long it has waited before this call: before the first one from the arrival on,
 * if it slept or took the slow path of the lock; before the others from there on.
 */
static u64 wait_of(const struct spf_kernel_fault *k)
{
	if (!k->called && (k->wait_from || current->nvcsw != k->switches))
		return spf_elapsed(k->t0, spf_now());
	return k->wait_from ? spf_elapsed(k->wait_from, spf_now()) : 0;
}

static u64 count_call(struct spf_kernel_fault *k)
{
	u64 wait = wait_of(k);

	spf_count(SPF_N_KERNEL_CALLS);
	if (wait && !k->blocked)
		spf_count(SPF_N_KERNEL_BLOCKED);
	spf_add(SPF_N_KERNEL_WAIT_NS, wait);
	k->blocked |= !!wait;
	k->called = true;
	k->wait_from = 0;
	return wait;
}

void spf_kernel_enter(const struct vm_area_struct *vma, unsigned long address,
		      unsigned int flags)
{
	struct spf_kernel_fault *k = find_fault();
	u64 wait = 0;

	if (!spf_wanted())
		return;
	spf_count(SPF_N_KERNEL_MODE);
	if (is_call_of(k, vma, address, flags))
		wait = count_call(k);
	else
		k = NULL;
	trace_spf_fault_kernel(vma, address, flags, k ? k->t0 : 0, wait);
}
