// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, hooks on the fault path.
 *
 * Since 7.0 or so the kernel calls the probes of a tracepoint with preemption on: each
 * begins by switching it off.
 */
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/signal.h>

#include <spf/compat.h>
#include <spf/decode.h>
#include <spf/fault.h>
#include <spf/kernel.h>
#include <spf/probe.h>
#include <spf/stats.h>

static void on_arrival(void *data, unsigned long address, struct pt_regs *regs,
		       unsigned long error_code)
{
	preempt_disable_notrace();
	spf_hit_of(SPF_HOOK_ARRIVAL);
	spf_fault_arrive(address);
	preempt_enable_notrace();
}

struct spf_hook spf_hook_arrival = {
	.symbols = { "page_fault_user" },
	.type = SPF_HOOK_TRACEPOINT,
	.tp_probe = on_arrival,
};

/* Also inside a handler of spf's own: spf_kernel_arrive() leaves those out. */
static void on_arrival_kernel(void *data, unsigned long address,
			      struct pt_regs *regs, unsigned long error_code)
{
	preempt_disable_notrace();
	spf_hit_of(SPF_HOOK_ARRIVAL_KERNEL);
	spf_kernel_arrive(address);
	preempt_enable_notrace();
}

/* x86; arm64 has no such tracepoints. */
struct spf_hook spf_hook_arrival_kernel = {
	.symbols = { "page_fault_kernel" },
	.type = SPF_HOOK_TRACEPOINT,
	.tp_probe = on_arrival_kernel,
};

static int on_fault(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct spf_fault **f = (struct spf_fault **)ri->data;

	spf_hit_of(SPF_HOOK_FAULT);
	*f = spf_fault_enter(spf_arg(regs, 0), spf_arg_ulong(regs, 1),
			     spf_arg_ulong(regs, 2));
	return !*f;
}

static int on_fault_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	spf_fault_leave(*(struct spf_fault **)ri->data,
			(__force vm_fault_t)regs_return_value(regs));
	return 0;
}

struct spf_hook spf_hook_fault = {
	.symbols = { "handle_mm_fault" },
	.type = SPF_HOOK_KRETPROBE,
	.mandatory = true,
	.entry = on_fault,
	.ret = on_fault_return,
	.data_size = sizeof(struct spf_fault *),
	.instances = SPF_INSTANCES_TASKS,
};

/*
 * rwsem_down_read_slowpath(sem, ...): a reader could not have the lock at once.
 * Of all the kernel's semaphores, only the mmap_lock of a task in a fault
 * counts.
 */
static void on_read_wait(const struct spf_hook *h, struct pt_regs *regs)
{
	const struct rw_semaphore *sem = spf_arg(regs, 0);

	if (current->mm && sem == &current->mm->mmap_lock)
		spf_fault_wait(current->mm);
	else if (!spf_is_rwsem(sem))
		spf_misread(h);
}

struct spf_hook spf_hook_read_wait = {
	.symbols = { "rwsem_down_read_slowpath" },
	.type = SPF_HOOK_ENTRY,
	.entered = on_read_wait,
};

/* swapin_readahead(...): a page is not in memory, and not read synchronously */
static void on_swapin(const struct spf_hook *h, struct pt_regs *regs)
{
	spf_fault_swapin();
}

struct spf_hook spf_hook_swapin = {
	.symbols = { "swapin_readahead" },
	.type = SPF_HOOK_ENTRY,
	.entered = on_swapin,
};

static void on_signal(void *data, int sig, struct kernel_siginfo *info,
		      struct task_struct *task, int group, int result)
{
	preempt_disable_notrace();
	spf_hit_of(SPF_HOOK_SIGNAL);
	/* Small numbers stand for signals without a siginfo. */
	if (sig == SIGSEGV && task == current && (unsigned long)info > 2)
		spf_fault_signal(info->si_code);
	preempt_enable_notrace();
}

/* What the kernel says of a fault that did not get to its handler. */
struct spf_hook spf_hook_signal = {
	.symbols = { "signal_generate" },
	.type = SPF_HOOK_TRACEPOINT,
	.tp_probe = on_signal,
};
