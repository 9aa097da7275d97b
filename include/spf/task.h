/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1c, the task table: the fault that a task is in.
 *
 * Keyed by task, because a task may sleep and migrate between its arrival and
 * the moment it gets the lock.
 */
#ifndef SPF_TASK_H
#define SPF_TASK_H

#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include <spf/shadow.h>

/* Allowed values of tasks_max. */
#define SPF_TASKS_MIN		64U
#define SPF_TASKS_MAX		262144U

/*
 * IDLE:	in no fault
 * ARRIVED:	in the exception, has not reached handle_mm_fault
 * HANDLING:	in handle_mm_fault
 * RETRYING:	handle_mm_fault said VM_FAULT_RETRY, the arch code calls again
 */
enum spf_fault_state {
	SPF_FAULT_IDLE,
	SPF_FAULT_ARRIVED,
	SPF_FAULT_HANDLING,
	SPF_FAULT_RETRYING,
};

/**
 * struct spf_fault - one logical fault, from arrival to verdict
 * @task: whose record this is, NULL for none; compared, never followed
 * @t0: arrival, ns
 * @wait_ns: from arrival to the first call of handle_mm_fault, valid if
 *	@blocked
 * @service_ns: S, all calls of handle_mm_fault together; from the arrival on
 *	if the fault did not sleep before the first one
 * @entered: since when the current part of @service_ns runs, ns
 * @fails: checks that fail for it, SPF_BIT()
 * @address: the faulting address
 * @key: the VMA it was last handled in, not valid before; compared, never
 *	followed
 * @switches: voluntary context switches of the task at arrival
 * @state: enum spf_fault_state
 * @blocked: the task slept before the first call of handle_mm_fault; not valid
 *	before that
 * @possible: completed, but may have aborted late all the same
 * @overrun: the VMA's remembered sections do not reach back to @t0
 *
 * Written by its own task only, in handlers that cannot interrupt each other
 * (none of them runs in interrupt context); @state is also read by a report.
 */
struct spf_fault {
	const struct task_struct *task;
	u64 t0;
	u64 wait_ns;
	u64 service_ns;
	u64 entered;
	u64 fails;
	unsigned long address;
	struct spf_key key;
	unsigned long switches;
	u8 state;
	bool blocked;
	bool possible;
	bool overrun;
} ____cacheline_aligned;

/**
 * spf_tasks_alloc - make the table
 * @tasks_max: room for at least so many tasks
 *
 * May sleep.  Return: 0 or -ENOMEM.
 */
int spf_tasks_alloc(unsigned int tasks_max);

void spf_tasks_free(void);

/**
 * spf_tasks_capacity - how many tasks the table can hold at the most
 */
unsigned int spf_tasks_capacity(void);

/**
 * spf_tasks_clear - forget all tasks; no handler may be running
 */
void spf_tasks_clear(void);

/*
 * A hint: the record that this CPU used last.  Records are never freed while
 * handlers run, and @task tells whose it is by now.
 */
DECLARE_PER_CPU(struct spf_fault *, spf_last_used);

/* The search behind spf_task_find(). */
struct spf_fault *spf_task_search(const struct task_struct *task);

/**
 * spf_task_find - the record of current, or NULL
 */
static inline struct spf_fault *spf_task_find(void)
{
	struct spf_fault *f = this_cpu_read(spf_last_used);

	return likely(READ_ONCE(f->task) == current) ? f :
	       spf_task_search(current);
}

/**
 * spf_task_make - a record for a task that has none
 * @task: current
 *
 * Return: the record, idle; NULL when there is no room for it.
 */
struct spf_fault *spf_task_make(const struct task_struct *task);

/**
 * spf_task_release - the task will not fault any more
 * @f: the record of current, idle
 */
void spf_task_release(struct spf_fault *f);

/**
 * spf_tasks_count - for a report
 * @used: tasks that have a record
 * @in_flight: those of them that are in a fault
 */
void spf_tasks_count(u32 *used, u32 *in_flight);

#endif /* SPF_TASK_H */
