/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1d, the filter: whose faults and sections are counted.
 */
#ifndef SPF_FILTER_H
#define SPF_FILTER_H

#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <spf/follow.h>

/* What the kernel keeps of a process's id, as a number; 0: it is being reaped. */
static inline unsigned long spf_process_of(const struct task_struct *task)
{
	return (unsigned long)READ_ONCE(task->signal->pids[PIDTYPE_TGID]);
}

/* Is current of a process whose figures were asked for? */
static inline bool spf_wanted(void)
{
	unsigned long follow = READ_ONCE(spf_follow);

	return likely(!follow) ||
	       spf_follow_admits(follow, spf_process_of(current));
}

enum spf_filter_state {
	SPF_FILTER_ALL,
	SPF_FILTER_RUNNING,
	SPF_FILTER_ENDED,
	SPF_NR_FILTER_STATES,
};

/**
 * struct spf_filter - whom the figures are of
 * @pid: process, by its number in the initial pid namespace; 0: everyone
 * @asked: what was written, a number of the writer's pid namespace
 * @state: is it there?
 * @children: those that it starts, too
 * @followed: how many of those have not ended
 * @lost: how many could not be followed for want of room
 */
struct spf_filter {
	int pid;
	int asked;
	enum spf_filter_state state;
	bool children;
	unsigned int followed;
	unsigned int lost;
};

/**
 * spf_filter_set - count one process only
 * @asked: its id, or that of a thread of it, in the pid namespace of current; 0
 *	for everyone
 *
 * May sleep.
 * Return: 0; -ESRCH if no task that lives has this id: nothing has changed then
 */
int spf_filter_set(int asked);

/**
 * spf_filter_follow - count what it starts, too
 * @children: is that wanted?
 *
 * True: its descendants that live now, and what it and they start from now on.
 * May sleep.
 * Return: 0; -EOPNOTSUPP if forks are not seen: nothing has changed then
 */
int spf_filter_follow(bool children);

/**
 * spf_filter_start - the probes are set
 * @forks: are forks seen?
 *
 * Return: as spf_filter_follow()
 */
int spf_filter_start(bool forks);

/**
 * spf_filter_stop - the probes are gone, nobody is followed any more
 */
void spf_filter_stop(void);

/**
 * spf_filter_read - whom the figures are of
 * @filter: filled in; may sleep
 */
void spf_filter_read(struct spf_filter *filter);

/**
 * spf_filter_exit - everyone counts; no handler is running any more
 */
void spf_filter_exit(void);

/**
 * spf_filter_fork - current has started a thread or a process
 * @child: the new task, which does not run yet
 */
void spf_filter_fork(const struct task_struct *child);

/**
 * spf_filter_task_exit - current is a thread that ends
 */
void spf_filter_task_exit(void);

#endif /* SPF_FILTER_H */
