/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One logical page fault from user mode, from its arrival to its end.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_FAULT_H
#define SPF_FAULT_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/mm_types.h>

#include <spf/reason.h>
#include <spf/shadow.h>

struct task_struct;

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
 * (none of those that write it runs in interrupt context); @state is also read by a
 * report.
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
 * spf_fault_arrive - a user-mode page fault, before any lock
 * @address: the faulting address
 */
void spf_fault_arrive(unsigned long address);

/**
 * spf_fault_enter - handle_mm_fault is called
 * @vma: its VMA; mmap_lock is held for read, or the VMA's own lock
 * @address: its address
 * @flags: enum fault_flag
 *
 * Return: the fault to pass to spf_fault_leave() when the call returns, or
 * NULL when its return is of no interest.
 */
struct spf_fault *spf_fault_enter(struct vm_area_struct *vma,
				  unsigned long address, unsigned int flags);

/**
 * spf_fault_leave - handle_mm_fault returns
 * @f: from spf_fault_enter()
 * @ret: what it returns
 */
void spf_fault_leave(struct spf_fault *f, vm_fault_t ret);

/**
 * spf_fault_wait - current begins to wait for its mmap_lock, as a reader
 * @mm: its own mm
 */
void spf_fault_wait(const struct mm_struct *mm);

/**
 * spf_fault_swapin - a page is about to be read from swap, with readahead
 */
void spf_fault_swapin(void);

/**
 * spf_fault_signal - current is sent SIGSEGV
 * @code: si_code: a fault that has not reached handle_mm_fault is over
 */
void spf_fault_signal(int code);

/**
 * spf_fault_exit - the last fault of current is over
 * @f: its record
 */
void spf_fault_exit(struct spf_fault *f);

/**
 * spf_fault_grew - current makes a stack grow; for its own fault?
 */
void spf_fault_grew(void);

#endif /* SPF_FAULT_H */
