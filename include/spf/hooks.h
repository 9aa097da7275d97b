/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1, the hooks: which functions of the running kernel are watched.
 */
#ifndef SPF_HOOKS_H
#define SPF_HOOKS_H

#include <linux/types.h>

#include <spf/clone.h>

/*
 * X(id, name), in the order of registration, but for entries, which begin all at once
 * before the others: what a fault needs to be judged is there before the first fault
 * arrives, and a hook that another one needs, or makes superfluous, before that one.  The
 * rows behind the names, with the kernel symbols that each can be found under, are in
 * spf_hooks_*.c, and the canary's is beside it in spf_selfcheck.c.
 */
#define SPF_HOOKS(X) \
	X(EXIT,		task_exit) \
	X(TASK_FORK,	task_fork) \
	X(CANARY,	canary) \
	X(FREE,		vma_free) \
	X(FREE_EXIT,	vma_free_exit) \
	X(PREPARE,	vma_prepare) \
	X(MUNLOCK,	munlock) \
	X(COLLAPSE,	collapse) \
	X(PAGE_PROT,	page_prot) \
	X(ANON_UNLINK,	anon_unlink) \
	X(FORK,		fork_copy) \
	X(WRITE_LOCK,	write_lock) \
	X(WRITE_KILLABLE, write_lock_killable) \
	X(WRITE_UNLOCK,	write_unlock) \
	X(DOWNGRADE,	downgrade) \
	X(MARK,		mark) \
	X(SWAPIN,	swapin) \
	X(READ_WAIT,	read_wait) \
	X(WRITE_WAIT,	write_wait) \
	X(BORN,		vma_alloc) \
	X(COMPLETE,	vma_complete) \
	X(ADJUST,	vma_adjust) \
	X(EXPAND,	vma_expand) \
	X(BRK,		brk) \
	X(STACK_DOWN,	stack_down) \
	X(STACK_UP,	stack_up) \
	X(UNMAP,	unmap_range) \
	X(PROTECT_RANGE, change_protection_range) \
	X(PROTECT,	change_protection) \
	X(MOVE,		move_page_tables) \
	X(MODIFY_ADVICE, modify_advice) \
	X(MODIFY_NAME,	modify_name) \
	X(MODIFY_POLICY, modify_policy) \
	X(MODIFY_UFFD,	modify_uffd) \
	X(MODIFY,	modify) \
	X(MERGE,	merge) \
	X(IN_MLOCK,	in_mlock) \
	X(IN_ADVICE,	in_advice) \
	X(IN_MADVISE,	in_madvise) \
	X(IN_MBIND,	in_mbind) \
	X(IN_UFFD,	in_uffd) \
	X(IN_UFFD_RELEASE, in_uffd_release) \
	X(MADV_FREE,	madv_free) \
	X(IN_MADV_FREE,	in_madv_free) \
	X(IN_MADV_CALL,	in_madvise_call) \
	X(WALK,		walk) \
	X(WALK_VMA,	walk_vma) \
	X(REBIND,	rebind) \
	X(IN_MMAP,	in_mmap) \
	X(IN_CLEAR_REFS, in_clear_refs) \
	X(IN_PGTABLES,	in_pgtables) \
	X(REMOVE_MM,	remove_mm) \
	X(REMOVE_MAS,	remove_mas) \
	X(REMOVE_VMS,	remove_vms) \
	X(SIGNAL,	signal) \
	X(FAULT,	fault) \
	X(ARRIVAL_KERNEL, arrival_kernel) \
	X(ARRIVAL,	arrival)

#define SPF_ENUM_HOOK(id, name)	SPF_HOOK_##id,

enum spf_hook_id { SPF_HOOKS(SPF_ENUM_HOOK) SPF_NR_HOOKS };

/* The rows: spf/probe.h. */
#define SPF_DECLARE_HOOK(id, name)	extern struct spf_hook spf_hook_##name;

SPF_HOOKS(SPF_DECLARE_HOOK)

/**
 * struct spf_hook_state - what debugfs shows of a hook
 * @name: logical name
 * @symbols: the kernel symbols, or the tracepoint, where it is set, with commas;
 *	the one that was tried first while it is off
 * @type: "tracepoint", "ftrace", "kprobe" or "kretprobe"
 * @mandatory: without it nothing is loaded
 * @on: registered now
 * @proven: on, and there is no reason to doubt what it tells
 * @why: why it is off: "absent" (this kernel has no such symbol), "replaced"
 *	(another hook does it better), "needs" (a hook it cannot do without is
 *	off), "unused" (not what this kernel does there), "prototype" (its
 *	headers declare the function in another way) or, with all of them,
 *	"disabled"; or why it is not proven: "arguments" (they are not what was
 *	expected), "clones" (not all copies of the function are probed); or
 *	"none"
 * @feeds: kinds of write section that it records or helps to tell, BIT(kind)
 * @address: of the probed instruction, or of the function that ftrace calls from; NULL
 *	for a tracepoint or while off
 * @missed: calls that could not be followed to their return because every
 *	instance was in use, since the last reset
 * @reentry: calls not seen because they came from inside a probe, since the
 *	last reset
 */
struct spf_hook_state {
	const char *name;
	char symbols[SPF_CLONES_MAX * SPF_SYMBOL_LEN];
	const char *type;
	bool mandatory;
	bool on;
	bool proven;
	const char *why;
	u32 feeds;
	const void *address;
	u64 missed;
	u64 reentry;
};

/**
 * spf_probe_init - tables and hooks, all on
 * @vmas_max: size of the shadow table
 * @tasks_max: size of the task table
 *
 * Return: 0 or a negative errno; in the latter case a sentence was printed and
 * nothing is left behind.
 */
int spf_probe_init(unsigned int vmas_max, unsigned int tasks_max);

/**
 * spf_probe_exit - all hooks off, no handler is running, tables freed
 */
void spf_probe_exit(void);

/**
 * spf_probe_enable - switch all hooks on or off
 * @on: what is wanted
 *
 * Off removes every probe, so that nothing of spf is left on the fault path.
 * Faults in flight are counted as lost.  On starts with an empty shadow table
 * and makes the self-check.
 * Return: 0, or the errno of the hook that could not be registered, be it only
 * one that may be absent, or of the self-check; the hooks are then all off.
 */
int spf_probe_enable(bool on);

/**
 * spf_probe_enabled - are the hooks on?
 */
bool spf_probe_enabled(void);

/**
 * spf_probe_reset - new baseline for all figures
 */
void spf_probe_reset(void);

/**
 * spf_probe_hook - state of one hook
 * @id: which
 * @state: filled in
 */
void spf_probe_hook(enum spf_hook_id id, struct spf_hook_state *state);

/**
 * struct spf_kinds - kinds of write section, BIT(kind) for each
 * @seen: those that are recorded now
 * @unproven: those, among the seen or not, that the kernel has, and that may be
 *	missed: a hook that feeds them is not proven; or what tells them has
 *	happened, and never a section
 */
struct spf_kinds {
	u32 seen;
	u32 unproven;
};

/**
 * spf_probe_kinds - which kinds are recorded now?
 */
struct spf_kinds spf_probe_kinds(void);

/**
 * spf_probe_arrivals - is the arrival of a fault seen?
 *
 * Where it is not, a fault begins when it enters the handler.
 */
bool spf_probe_arrivals(void);

/**
 * spf_probe_swapin - is it seen that a page is read from swap with readahead?
 *
 * Where it is not, every page that is read from swap counts as such.
 */
bool spf_probe_swapin(void);

/**
 * struct spf_gauges - figures that are states, not counters
 * @in_flight: faults that have arrived and are not judged yet
 * @vmas: entries of the shadow table in use
 * @tasks: entries of the task table in use
 * @pending: faults whose verdict waits for what a writer will do
 * @tables_bytes: size of the tables
 * @instances_bytes: of what return probes need for the calls that they follow
 */
struct spf_gauges {
	u32 in_flight;
	u32 vmas;
	u32 tasks;
	u64 pending;
	u64 tables_bytes;
	u64 instances_bytes;
};

void spf_probe_gauges(struct spf_gauges *g);

/*
 * Record the sections of every address space, also of those that have one user,
 * and compare the kernel's own write marks with them at every fault.
 */
extern bool spf_verify;

#endif /* SPF_HOOKS_H */
