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
 * @wait_ns: from arrival to the first call of handle_mm_fault, and between
 *	calls, as far as it was waiting for mmap_lock
 * @service_ns: S, all calls of handle_mm_fault together; from the arrival on
 *	if the fault did not sleep before the first one
 * @entered: since when the current part of @service_ns runs, ns
 * @fails: checks that fail for it, SPF_BIT()
 * @address: the faulting address
 * @key: the VMA it was last handled in, not valid before; compared, never
 *	followed
 * @switches: voluntary context switches of the task, at arrival and after a
 *	call of handle_mm_fault that has to be repeated
 * @mark: the mm's own sequence number for write marks, at arrival
 * @state: enum spf_fault_state
 * @waiting: has met mmap_lock's slow path since @switches was taken
 * @blocked: had to wait for mmap_lock before a call of handle_mm_fault
 * @tried: the kernel has tried it under the VMA's lock
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
	u32 mark;
	u8 state;
	bool waiting;
	bool blocked;
	bool tried;
	bool possible;
	bool overrun;
} ____cacheline_aligned;

#define SPF_TOUCH_MAX	3

/**
 * struct spf_open - a write section that is open
 * @begin: when it began, ns
 * @mm: the address space; compared, never followed
 * @vma: its VMAs; compared, never followed
 * @handle: their records in the shadow table, the last one that of a VMA being
 *	split off
 * @nr: number of VMAs
 * @kind: enum spf_kind
 * @wanted: passed the pid filter when it began
 * @shadowed: @handle is valid
 */
struct spf_open {
	u64 begin;
	unsigned long mm;
	unsigned long vma[SPF_TOUCH_MAX];
	struct spf_handle handle[SPF_TOUCH_MAX + 1];
	u8 nr;
	u8 kind;
	bool wanted;
	bool shadowed;
};

/**
 * struct spf_writer - what a task is changing
 * @pair: a section that is opened by one function and closed by another, valid
 *	if @pairing
 * @chain: the VMAs that are being copied by a fork
 * @copied: where the last one of them begins
 * @fork_begin: since when, ns; 0 when no fork is going on
 * @mm: whose VMAs they are; compared, never followed
 * @inside: enum spf_kind of the function that the task is in, plus 1; 0: none
 * @pairing: @pair is open
 * @fork_wanted: the fork passed the pid filter when it began
 *
 * Belongs to the task's struct spf_fault and is written by the task alone.
 */
struct spf_writer {
	struct spf_open pair;
	struct spf_handle chain;
	unsigned long copied;
	u64 fork_begin;
	unsigned long mm;
	u8 inside;
	bool pairing;
	bool fork_wanted;
};

/**
 * spf_writer_of - the other half of a task's record
 * @f: from spf_task_find() or spf_task_make()
 */
struct spf_writer *spf_writer_of(const struct spf_fault *f);

/**
 * spf_writer_make - the same for current, with a new record if need be
 *
 * A task on its way out that has no record gets none: nobody would release it.
 * Return: NULL in this case and when there is no room.
 */
struct spf_writer *spf_writer_make(void);

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
