/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1c, the task table: the fault that a task is in.
 *
 * Keyed by task, because a task may sleep and migrate between its arrival and
 * the moment it gets the lock.
 */
#ifndef SPF_TASK_H
#define SPF_TASK_H

#include <linux/bits.h>
#include <linux/build_bug.h>
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

/*
 * What has happened to a fault, besides failing checks.
 *
 * WAITING: has met mmap_lock's slow path since @switches was taken
 * BLOCKED: had to wait for mmap_lock before a call of handle_mm_fault
 * LATE_ENTRY: and before the first of them: @entry is valid
 * TRIED: the kernel has tried it under the VMA's lock
 * SKIPPED: it is settled, for being single-threaded, and not followed to its end
 * UNLOCKED: and had given up the lock when it returned for the last time
 * OVERRUN: the VMA's remembered sections do not reach back to @t0
 * LATER: a section began on its VMA after the attempt, before its end
 * PAST: the hold @held had a section on its VMA that had ended by @t0
 * ABOUT: when it ended, holds of its mm were waiting, or going on
 * FOREIGN: and a writer was queued who is not one of those
 * REPLACED: it was handled again, in another VMA: @key is not asked any more
 * UNSURE: it may have aborted for a reason that nothing tells
 * BLAME: struct spf_blame of its record is valid
 * SWAPIN: a page was read for it from a device that does not swap synchronously
 */
#define SPF_MET_WAITING		BIT(0)
#define SPF_MET_BLOCKED		BIT(1)
#define SPF_MET_LATE_ENTRY	BIT(2)
#define SPF_MET_TRIED		BIT(3)
#define SPF_MET_SKIPPED		BIT(4)
#define SPF_MET_UNLOCKED	BIT(5)
#define SPF_MET_OVERRUN		BIT(6)
#define SPF_MET_LATER		BIT(7)
#define SPF_MET_PAST		BIT(8)
#define SPF_MET_ABOUT		BIT(9)
#define SPF_MET_FOREIGN		BIT(10)
#define SPF_MET_UNSURE		BIT(11)
#define SPF_MET_BLAME		BIT(12)
#define SPF_MET_REPLACED	BIT(13)
#define SPF_MET_SWAPIN		BIT(14)
/*
 * Above these are kept the state of mmap_lock at arrival, enum spf_lock, and those
 * SPF_MAYBE_* that the others do not tell.
 */
#define SPF_MET_LOCK_SHIFT	16
#define SPF_MET_LOCK_BITS	3
#define SPF_MET_MAYBE_SHIFT	18

/* Those that come without anybody else being involved. */
#define SPF_MET_ALONE		SPF_MET_TRIED

/* The state of the lock, as it is kept: one that others had for read. */
#define SPF_MET_READERS		((u32)SPF_LOCK_READERS << SPF_MET_LOCK_SHIFT)

/* Those that come without a writer: of the other states of the lock a bit is left. */
#define SPF_MET_CALM		(SPF_MET_ALONE | SPF_MET_READERS)
static_assert(!(SPF_LOCK_QUEUED & SPF_LOCK_READERS) &&
	      (SPF_LOCK_WRITER & ~SPF_LOCK_READERS));

/**
 * struct spf_fault - one logical fault, from arrival to verdict
 * @task: whose record this is, NULL for none; compared, never followed
 * @t0: arrival, ns
 * @wait_ns: from arrival to the first call of handle_mm_fault, and between
 *	calls, as far as it was waiting for mmap_lock
 * @service_ns: S, all calls of handle_mm_fault together; from the arrival on
 *	if the fault did not sleep before the first one
 * @entered: since when the current part of @service_ns runs, ns; @t0 before;
 *	between calls and after the last one: since when it is over
 * @fails: checks that fail for it, SPF_BIT()
 * @address: the faulting address
 * @key: the mm of its task, and the VMA it was first handled in, 0 if
 *	handle_mm_fault was not called; compared, and the VMA is followed only while
 *	the fault is handled in it, under its lock
 * @switches: voluntary context switches of the task, at arrival and after a
 *	call of handle_mm_fault that has to be repeated
 * @lookup: when it began to wait for mmap_lock before its first call, else @t0: what
 *	a kernel with per-VMA locks would have tried is not before that
 * @entry: of the first call of handle_mm_fault, if it had waited before, ns
 * @held: the hold that had mmap_lock at arrival, 0 for none that is seen; valid
 *	if a writer had it, by @met
 * @mark: the mm's own sequence number for write marks, at arrival
 * @met: SPF_MET_*
 * @flags: enum fault_flag of the first call
 * @state: enum spf_fault_state
 * @pte: enum spf_pte
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
	u64 lookup;
	u64 entry;
	u64 held;
	u32 mark;
	u32 met;
	u32 flags;
	u8 state;
	u8 pte;
} ____cacheline_aligned;

#define SPF_TOUCH_MAX	3

/**
 * struct spf_fields - what a write section may change in a VMA
 * @value: enum spf_field
 */
struct spf_fields {
	u64 value[SPF_NR_FIELDS];
};

/* The state of mmap_lock when a fault arrived. */
static inline enum spf_lock spf_fault_lock(const struct spf_fault *f)
{
	return f->met >> SPF_MET_LOCK_SHIFT & SPF_MET_LOCK_BITS;
}

/* Its VMA was there by then, as the handler has got it, ns. */
static inline u64 spf_fault_entry(const struct spf_fault *f)
{
	return f->met & SPF_MET_LATE_ENTRY ? f->entry : f->t0;
}

/*
 * How far a counter for the whole mm may lag behind mmap_lock, ns: it is odd a
 * little later than the lock is got, and even a little before it is given back.
 * Nearer than half an attempt it cannot be told.
 */
static inline u64 spf_fault_margin(const struct spf_fault *f)
{
	return f->service_ns / 2;
}

/**
 * struct spf_open - a write section that is open
 * @begin: when it began on each of the VMAs, ns
 * @hold: the write hold that it belongs to, 0 for none
 * @mm: the address space; compared, never followed
 * @vma: its VMAs; followed only while something keeps them: spf_section.c
 * @handle: their records in the shadow table, the last one that of a VMA being
 *	split off
 * @before: what they were, valid if @shadowed
 * @start: the range that it is about
 * @end: idem
 * @insert: the VMA that is split off, 0 for none; compared, never followed
 * @nr: number of VMAs
 * @behind: how many of them, at the end, v12 alone counts
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 * @wanted: passed the pid filter when it began
 * @shadowed: @handle is valid
 */
struct spf_open {
	u64 begin[SPF_TOUCH_MAX];
	u64 hold;
	unsigned long mm;
	unsigned long vma[SPF_TOUCH_MAX];
	struct spf_handle handle[SPF_TOUCH_MAX + 1];
	struct spf_fields before[SPF_TOUCH_MAX];
	unsigned long start;
	unsigned long end;
	unsigned long insert;
	u8 nr;
	u8 behind;
	u8 kind;
	u8 mode;
	bool wanted;
	bool shadowed;
};

/**
 * struct spf_moment - a section that took no time, whose stores come after it
 * @begin: when it was, ns
 * @mm: the address space; compared, never followed
 * @handle: the VMA's record
 * @vma: the VMA
 * @before: what it was
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 * @wanted: passed the pid filter
 * @call: of spf_enter_kind() that it is in, by @kind
 * @pending: not compared yet
 */
struct spf_moment {
	u64 begin;
	unsigned long mm;
	struct spf_handle handle;
	unsigned long vma;
	struct spf_fields before;
	u8 kind;
	u8 mode;
	bool wanted;
	bool pending;
	u32 call;
};

/**
 * struct spf_blame - the section that a fault has met
 * @by: what it was
 * @open_ns: how long it was open, up to the end of the fault
 * @page: it, or another one that stops the fault, covers the page
 */
struct spf_blame {
	struct spf_change by;
	u64 open_ns;
	bool page;
};

/**
 * struct spf_told - what is said of a fault besides its reason
 * @blame: the section behind it, NULL for none
 * @stopped: designs that do not complete it, BIT(enum spf_design_id)
 * @maybe: designs for which it is possible as far as is known by now
 * @scope: enum spf_scope
 * @possible: seqcount completes it, and it is possible as far as is known by now
 * @deferred: not known yet
 * @repeat: aborted on the page of the task's last aborted fault
 */
struct spf_told {
	const struct spf_blame *blame;
	u32 stopped;
	u32 maybe;
	u8 scope;
	bool possible;
	bool deferred;
	bool repeat;
};

/**
 * struct spf_waits - what a fault has waited for
 * @ns: by enum spf_lock that mmap_lock was in when a wait began
 * @met: BIT() of those
 * @state: that of the wait that goes on, valid with SPF_MET_WAITING
 * @hold: that had the lock when a wait began, 0 for none that is seen; the last
 *	one, valid with SPF_LOCK_WRITER in @met
 * @holder: the same of the wait that goes on
 */
struct spf_waits {
	u64 ns[SPF_NR_LOCKS];
	u64 hold;
	u64 holder;
	u8 met;
	u8 state;
};

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

/* A writer marks the VMAs of a section before it begins; remembered are so many. */
#define SPF_MARKS_MAX	4

/**
 * struct spf_mark - a VMA that a writer marks, or waits to be able to
 * @lock: spf_vma_lock_of() that VMA
 * @hold: in which
 * @since: when that began, ns
 */
struct spf_mark {
	const void *lock;
	u64 hold;
	u64 since;
};

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

/**
 * spf_slot_of - a record's place in the table
 * @f: from spf_task_find() or spf_task_make()
 */
u32 spf_slot_of(const struct spf_fault *f);

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
struct spf_writer *spf_writer_at(u32 slot);

/**
 * spf_writer_of - the other half of a task's record
 * @f: from spf_task_find() or spf_task_make()
 */
struct spf_writer *spf_writer_of(const struct spf_fault *f);

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
