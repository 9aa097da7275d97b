// SPDX-License-Identifier: GPL-2.0-only
/*
 * foreign.ko, for tests in a guest only: a kernel thread, which has no mm, handles
 * faults of another task, as drivers do for devices that share its memory
 * (drivers/iommu/io-pgfault.c).
 *
 *	pid, address, pages	whose, and where, one fault for each page
 *	handled			how many faults got through
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/workqueue.h>

static int pid;
module_param(pid, int, 0400);
MODULE_PARM_DESC(pid, "task whose memory it is");

static ulong address;
module_param(address, ulong, 0400);
MODULE_PARM_DESC(address, "of the first page");

static ulong pages;
module_param(pages, ulong, 0400);
MODULE_PARM_DESC(pages, "how many");

static ulong handled;
module_param(handled, ulong, 0400);
MODULE_PARM_DESC(handled, "how many faults got through");

static bool handle(struct mm_struct *mm, unsigned long addr)
{
	unsigned int flags = FAULT_FLAG_USER | FAULT_FLAG_REMOTE |
			     FAULT_FLAG_WRITE;
	struct vm_area_struct *vma;
	vm_fault_t fault = VM_FAULT_SIGSEGV;

	mmap_read_lock(mm);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr)
		fault = handle_mm_fault(vma, addr, flags, NULL);
	mmap_read_unlock(mm);
	return !(fault & VM_FAULT_ERROR);
}

static void handle_all(struct work_struct *work)
{
	struct pid *whose = find_get_pid(pid);
	struct task_struct *task = get_pid_task(whose, PIDTYPE_PID);
	struct mm_struct *mm = task ? get_task_mm(task) : NULL;
	unsigned long i;

	WARN_ON(current->mm);
	for (i = 0; mm && i < pages; i++)
		handled += handle(mm, address + i * PAGE_SIZE);
	if (mm)
		mmput(mm);
	if (task)
		put_task_struct(task);
	put_pid(whose);
}

static int __init foreign_init(void)
{
	struct work_struct work;

	INIT_WORK_ONSTACK(&work, handle_all);
	schedule_work(&work);
	flush_work(&work);
	destroy_work_on_stack(&work);
	return 0;
}

static void __exit foreign_exit(void)
{
}

module_init(foreign_init);
module_exit(foreign_exit);
MODULE_DESCRIPTION("Handles faults of others in a kernel thread");
MODULE_LICENSE("GPL");
