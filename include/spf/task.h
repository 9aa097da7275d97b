/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1c, the task table: the fault that a task is in.
 *
 * Keyed by task, because a task may sleep and migrate between its arrival and
 * the moment it gets the lock.
 */
#ifndef SPF_TASK_H
#define SPF_TASK_H

#include <linux/percpu.h>
#include <linux/sched.h>

#include <spf/fault.h>
#include <spf/kernel.h>
#include <spf/lock.h>
#include <spf/section.h>
#include <spf/verdict.h>

/* Allowed values of tasks_max. */
#define SPF_TASKS_MIN		64U
#define SPF_TASKS_MAX		262144U

/**
 * struct spf_writer - what a task is changing, and what its fault has met
 * @pair: a section that is opened by one function and closed by another, valid
 *	if @pairing
 * @moment: the last section that took no time
 * @marks: the last VMAs that it marked, in a ring
 * @nr_marks: how many it ever did
 * @blame: of its fault, valid with SPF_MET_BLAME
 * @asked: the record of its fault's VMA at the end of the last call that gave the
 *	lock back, valid in SPF_FAULT_RETRYING
 * @aborted: page of its last aborted fault, plus 1; 0 for none
 * @waits: of its fault, valid with SPF_MET_BLOCKED
 * @kernel: the last fault that the kernel took in its name
 * @share: of the sections of the fork that copies its VMAs
 * @copied: where the last one of them begins
 * @fork_begin: since when, ns; 0 when no fork is going on
 * @mm: whose VMAs they are; compared, never followed
 * @tid: thread id under which it was a writer
 * @comm: its name then, read by others at any time
 * @inside: enum spf_kind of the function that the task is in, plus 1; 0: none
 * @calls: of spf_enter_kind() so far
 * @pairing: @pair is open
 * @fork_wanted: the fork passed the pid filter when it began
 *
 * Belongs to the task's struct spf_fault and is written by the task alone.
 */
struct spf_writer {
	struct spf_open pair;
	struct spf_moment moment;
	struct spf_mark marks[SPF_MARKS_MAX];
	u32 nr_marks;
	struct spf_blame blame;
	struct spf_handle asked;
	unsigned long aborted;
	struct spf_waits waits;
	struct spf_kernel_fault kernel;
	u32 calls;
	u32 share;
	unsigned long copied;
	u64 fork_begin;
	unsigned long mm;
	u32 tid;
	char comm[TASK_COMM_LEN];
	u8 inside;
	bool pairing;
	bool fork_wanted;
};

/* Has its task a section open, or one that has not been compared yet? */
static inline bool spf_writer_is_busy(const struct spf_writer *w)
{
	return w->pairing || w->fork_begin || w->moment.pending;
}

/* The two halves of the records, by place. */
extern struct spf_fault *spf_faults;
extern struct spf_writer *spf_writers;

/**
 * spf_slot_of - a record's place in the table
 * @f: from spf_task_find() or spf_task_make()
 */
static inline u32 spf_slot_of(const struct spf_fault *f)
{
	return f - spf_faults;
}

/**
 * spf_slot_make - the place of current, with a new record if need be
 *
 * Return: SPF_NO_SLOT as spf_writer_make() returns NULL.
 */
u32 spf_slot_make(void);

/**
 * spf_slot_at - the place of another task
 * @task: compared, never followed
 *
 * Return: SPF_NO_SLOT if it has none.
 */
u32 spf_slot_at(const struct task_struct *task);

/**
 * spf_writer_at - by place
 * @slot: smaller than spf_tasks_capacity()
 *
 * Its owner may be gone, and another one have come: see @tid.
 */
static inline struct spf_writer *spf_writer_at(u32 slot)
{
	return &spf_writers[slot];
}

/**
 * spf_writer_of - the other half of a task's record
 * @f: from spf_task_find() or spf_task_make()
 */
static inline struct spf_writer *spf_writer_of(const struct spf_fault *f)
{
	return &spf_writers[f - spf_faults];
}

/**
 * spf_writer_name - remember what current is called, for those that it stops
 * @slot: of current, or SPF_NO_SLOT
 */
void spf_writer_name(u32 slot);

/**
 * spf_writer_make - the same for current, with a new record if need be
 *
 * A task on its way out that has no record gets none: nobody would release it.
 * Return: NULL in this case and when there is no room.
 */
struct spf_writer *spf_writer_make(void);

/**
 * spf_tasks_alloc - make the table
 * @tasks_max: room for so many tasks
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
 * spf_tasks_bytes - the memory of the table
 */
size_t spf_tasks_bytes(void);

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
 * spf_task_at_hand - the record of current, if this CPU used it last
 *
 * Return: one that may be another task's: see its @task.
 */
static inline struct spf_fault *spf_task_at_hand(void)
{
	return this_cpu_read(spf_last_used);
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
