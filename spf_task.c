// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1c, the task table.
 *
 * Notes on locking and lifetime
 *
 * A record belongs to one task from the task's first fault to its exit
 * (sched_process_exit runs in the exiting task, after its last user-mode
 * fault), so that a fault neither allocates nor shares a cache line with the
 * fault of another task.  Task pointers are compared and never followed; one
 * that is reused cannot be confused because its record went at exit.
 *
 * Only a task itself claims and releases its record.  Two tasks may want the
 * same free place, which cmpxchg() decides.  Nothing here takes a lock.
 *
 * A task can be in either of two sets of WAYS places.  With two choices the
 * table fills to over 90 % before a task finds no place, so that there is an
 * eighth more of them than was asked for; faults of a task that finds none are
 * counted as lost.
 */
#include <linux/hash.h>
#include <linux/percpu.h>
#include <linux/vmalloc.h>

#include <spf/table.h>
#include <spf/task.h>

#define WAYS	8

struct set {
	const struct task_struct *task[WAYS];
} ____cacheline_aligned;

static struct set *sets;
struct spf_fault *spf_faults;		/* WAYS for each set */
struct spf_writer *spf_writers;		/* idem */
static unsigned int nr_sets;

DEFINE_PER_CPU(struct spf_fault *, spf_last_used);

unsigned int spf_tasks_capacity(void)
{
	return nr_sets * WAYS;
}

int spf_tasks_alloc(unsigned int tasks_max)
{
	nr_sets = DIV_ROUND_UP(tasks_max + tasks_max / 8, WAYS);
	sets = spf_table_alloc(nr_sets, sizeof(*sets));
	spf_faults = spf_table_alloc(spf_tasks_capacity(), sizeof(*spf_faults));
	spf_writers = spf_table_alloc(spf_tasks_capacity(), sizeof(*spf_writers));
	if (sets && spf_faults && spf_writers)
		return 0;
	spf_tasks_free();
	return -ENOMEM;
}

static void forget_last_used(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		per_cpu(spf_last_used, cpu) = &spf_faults[0];
}

size_t spf_tasks_bytes(void)
{
	return nr_sets * sizeof(*sets) + spf_tasks_capacity() *
	       (sizeof(*spf_faults) + sizeof(*spf_writers));
}

void spf_tasks_free(void)
{
	vfree(sets);
	vfree(spf_faults);
	vfree(spf_writers);
	sets = NULL;
	spf_faults = NULL;
	spf_writers = NULL;
}

void spf_tasks_clear(void)
{
	memset(sets, 0, nr_sets * sizeof(*sets));
	memset(spf_faults, 0, spf_tasks_capacity() * sizeof(*spf_faults));
	memset(spf_writers, 0, spf_tasks_capacity() * sizeof(*spf_writers));
	forget_last_used();
}

/* The two sets of a task: different bits of one hash, scaled to their number. */
static unsigned int set_of(const struct task_struct *task, int choice)
{
	u64 hash = (u64)(unsigned long)task * GOLDEN_RATIO_64;

	return reciprocal_scale(choice ? hash >> 12 : hash >> 32, nr_sets);
}

static struct spf_fault *find_in(unsigned int set,
				 const struct task_struct *task)
{
	unsigned int way;

	for (way = 0; way < WAYS; way++)
		if (READ_ONCE(sets[set].task[way]) == task)
			return &spf_faults[set * WAYS + way];
	return NULL;
}

struct spf_fault *spf_task_search(const struct task_struct *task)
{
	struct spf_fault *f = find_in(set_of(task, 0), task);

	f = f ?: find_in(set_of(task, 1), task);
	if (f)
		this_cpu_write(spf_last_used, f);
	return f;
}

static struct spf_fault *claim_in(unsigned int set,
				  const struct task_struct *task)
{
	unsigned int way;

	for (way = 0; way < WAYS; way++) {
		struct spf_fault *f = &spf_faults[set * WAYS + way];

		if (READ_ONCE(sets[set].task[way]) ||
		    cmpxchg(&sets[set].task[way], NULL, task))
			continue;
		WRITE_ONCE(f->task, task);
		return f;
	}
	return NULL;
}

struct spf_fault *spf_task_make(const struct task_struct *task)
{
	struct spf_fault *f = claim_in(set_of(task, 0), task);

	return f ?: claim_in(set_of(task, 1), task);
}

u32 spf_slot_at(const struct task_struct *task)
{
	const struct spf_fault *f;

	if (!task)
		return SPF_NO_SLOT;
	f = find_in(set_of(task, 0), task) ?: find_in(set_of(task, 1), task);
	return f ? spf_slot_of(f) : SPF_NO_SLOT;
}

void spf_writer_name(u32 slot)
{
	struct spf_writer *w;

	if (slot == SPF_NO_SLOT)
		return;
	w = &spf_writers[slot];
	memcpy(w->comm, current->comm, sizeof(w->comm));
	WRITE_ONCE(w->tid, current->pid);
}

u32 spf_slot_make(void)
{
	struct spf_fault *f = spf_task_find();

	if (!f && !(current->flags & PF_EXITING))
		f = spf_task_make(current);
	return f ? spf_slot_of(f) : SPF_NO_SLOT;
}

struct spf_writer *spf_writer_make(void)
{
	u32 slot = spf_slot_make();

	return slot == SPF_NO_SLOT ? NULL : &spf_writers[slot];
}

void spf_task_release(struct spf_fault *f)
{
	unsigned int place = f - spf_faults;

	WRITE_ONCE(f->task, NULL);
	/* The next owner must find the record idle and without a task. */
	smp_store_release(&sets[place / WAYS].task[place % WAYS], NULL);
}

void spf_tasks_count(u32 *used, u32 *in_flight)
{
	unsigned int i;

	*used = 0;
	*in_flight = 0;
	for (i = 0; i < spf_tasks_capacity(); i++) {
		if (READ_ONCE(sets[i / WAYS].task[i % WAYS]))
			++*used;
		if (READ_ONCE(spf_faults[i].state) != SPF_FAULT_IDLE)
			++*in_flight;
	}
}
