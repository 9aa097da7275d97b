// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1d, the filter: from an id that somebody has written to the processes
 * whose faults and sections are counted.
 *
 * Notes on locking and lifetime
 *
 * filter_lock, a mutex that no handler takes, serialises those who set the
 * filter, those who read it, and switching on and off.
 *
 * target is a counted reference, from when the filter is set until it is set to
 * another process or the module goes.  Therefore its address belongs to no other
 * process meanwhile, whatever becomes of its number.  Handlers compare the
 * address with that of current's own process (spf_follow.c) and do not follow it,
 * so that it may be given back without waiting for them: what they compare it
 * with cannot change.
 *
 * What is followed besides is known as long as forks are seen.  When the probes
 * are removed it is forgotten, and looked for once more when they are set again.
 */
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include <spf/filter.h>

static DEFINE_MUTEX(filter_lock);
static struct pid *target;	/* NULL: everyone */
static int target_asked;
static bool with_children;
static bool probes_set;
static bool forks_seen;

/* --- in handlers --- */

void spf_filter_fork(const struct task_struct *child)
{
	if (child->signal != current->signal)
		spf_follow_fork(spf_process_of(current), spf_process_of(child));
}

/* The count of living threads has been lowered before its last one comes here. */
void spf_filter_task_exit(void)
{
	if (!atomic_read(&current->signal->live))
		spf_follow_over(spf_process_of(current));
}

/* --- those that live already --- */

/* It may have ended, and said so, before it had a place. */
static bool follow_living(const struct task_struct *p, unsigned int *lost)
{
	unsigned long parent =
		spf_process_of(rcu_dereference(p->real_parent));
	unsigned long child = spf_process_of(p);
	enum spf_followed followed;

	if (!child || child == (unsigned long)target ||
	    !atomic_read(&p->signal->live))
		return false;
	followed = spf_follow_child(parent, child);
	if (!atomic_read(&p->signal->live))
		spf_follow_over(child);
	*lost += followed == SPF_FOLLOWED_FULL;
	return followed == SPF_FOLLOWED_NEW;
}

static bool follow_once(unsigned int *lost)
{
	const struct task_struct *p;
	bool more = false;

	*lost = 0;
	rcu_read_lock();
	for_each_process(p)
		more |= follow_living(p, lost);
	rcu_read_unlock();
	return more;
}

/*
 * Until nobody is found any more.  What a process starts after it was found is
 * seen at its fork; what it had started before was in the list of all processes
 * by then, and is found when that is gone through for the next time.
 */
static void follow_descendants(void)
{
	unsigned int i, lost = 0;

	for (i = 0; i < SPF_FOLLOW_MAX && follow_once(&lost); i++)
		cond_resched();
	spf_follow_lost(lost);
}

/* --- setting it --- */

static void apply(void)
{
	bool children = with_children && forks_seen && target;

	spf_follow_set((unsigned long)target, children);
	if (children)
		follow_descendants();
}

/* One whose last thread has ended is not there, although nobody has reaped it. */
static bool lives(const struct task_struct *task)
{
	return task && atomic_read(&task->signal->live);
}

static struct pid *process_by_id(int id)
{
	struct task_struct *task;
	struct pid *process = NULL;

	rcu_read_lock();
	task = pid_task(find_vpid(id), PIDTYPE_PID);
	if (lives(task))
		process = get_task_pid(task, PIDTYPE_TGID);
	rcu_read_unlock();
	return process;
}

int spf_filter_set(int asked)
{
	struct pid *process = NULL, *before;

	if (asked) {
		process = process_by_id(asked);
		if (!process)
			return -ESRCH;
	}
	mutex_lock(&filter_lock);
	before = target;
	target = process;
	target_asked = asked;
	apply();
	mutex_unlock(&filter_lock);
	put_pid(before);
	return 0;
}

int spf_filter_follow(bool children)
{
	int err = 0;

	mutex_lock(&filter_lock);
	if (children && probes_set && !forks_seen) {
		err = -EOPNOTSUPP;
	} else if (children != with_children) {
		with_children = children;
		apply();
	}
	mutex_unlock(&filter_lock);
	return err;
}

int spf_filter_start(bool forks)
{
	int err = 0;

	mutex_lock(&filter_lock);
	if (with_children && !forks) {
		err = -EOPNOTSUPP;
	} else {
		probes_set = true;
		forks_seen = forks;
		apply();
	}
	mutex_unlock(&filter_lock);
	return err;
}

void spf_filter_stop(void)
{
	mutex_lock(&filter_lock);
	probes_set = false;
	forks_seen = false;
	apply();
	mutex_unlock(&filter_lock);
}

void spf_filter_exit(void)
{
	spf_filter_set(0);
}

/* --- reading it --- */

static enum spf_filter_state state(void)
{
	bool living;

	if (!target)
		return SPF_FILTER_ALL;
	rcu_read_lock();
	living = lives(pid_task(target, PIDTYPE_TGID));
	rcu_read_unlock();
	return living ? SPF_FILTER_RUNNING : SPF_FILTER_ENDED;
}

void spf_filter_read(struct spf_filter *filter)
{
	mutex_lock(&filter_lock);
	*filter = (struct spf_filter){
		.pid = pid_nr(target),
		.asked = target_asked,
		.state = state(),
		.children = with_children,
	};
	spf_follow_count(&filter->followed, &filter->lost);
	mutex_unlock(&filter_lock);
}
