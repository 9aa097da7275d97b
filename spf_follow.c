// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1d, the processes that are followed.
 *
 * Notes on locking and lifetime
 *
 * spf_follow and the places are read by handlers without a lock, one word at a
 * time.  They are written under follow_lock, a raw spinlock, which is taken when
 * a process starts another one or ends, by whoever sets the filter, and never on
 * the fault path; nothing else is reached while it is held.  No probe is on a
 * function that is called meanwhile.
 *
 * The process that was asked for is referenced by whoever set it (spf_filter.c).
 * A child is not: no handler may write to an object of the kernel.  Its address
 * is in its place from its fork on.  When it has ended the place is marked and
 * may be taken; until then what is left of it to do counts.  Its address may then
 * belong to another process.  But each process begins with a fork, which is seen
 * before that process runs (sched_process_fork is called before the child is
 * woken): it takes the place over, or clears it.  Nobody is followed while forks
 * are not seen.
 */
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <spf/follow.h>
#include <spf/spin.h>

#define WAYS	8
#define SETS	(SPF_FOLLOW_MAX / WAYS)

/* Of a place: its process has ended.  Addresses are even. */
#define OVER	1UL

unsigned long spf_follow;

static DEFINE_RAW_SPINLOCK(follow_lock);
static unsigned long places[SETS][WAYS] ____cacheline_aligned;
static unsigned int nr_living;
static unsigned int nr_lost;

static unsigned long lock_follow(void)
	__acquires(&follow_lock)
{
	unsigned long flags;

	flags = spf_spin_lock_irqsave(&follow_lock);
	return flags;
}

static void unlock_follow(unsigned long flags)
	__releases(&follow_lock)
{
	raw_spin_unlock_irqrestore(&follow_lock, flags);
}

/* The two sets of a process: different bits of one hash. */
static unsigned long *set_of(unsigned long process, int choice)
{
	u32 hash = hash_64(process, 32);

	return places[(choice ? hash >> 16 : hash) % SETS];
}

static unsigned long *find_in(unsigned long *set, unsigned long process)
{
	unsigned int way;

	for (way = 0; way < WAYS; way++)
		if ((READ_ONCE(set[way]) & ~OVER) == process)
			return &set[way];
	return NULL;
}

static unsigned long *find(unsigned long process)
{
	unsigned long *place = find_in(set_of(process, 0), process);

	return place ?: find_in(set_of(process, 1), process);
}

bool spf_follow_admits(unsigned long follow, unsigned long process)
{
	if (!process)
		return false;
	if ((follow & ~SPF_FOLLOW_CHILDREN) == process)
		return true;
	return follow & SPF_FOLLOW_CHILDREN && find(process);
}

static void forget_all(void)
{
	unsigned int i;

	for (i = 0; i < SPF_FOLLOW_MAX; i++)
		WRITE_ONCE(places[i / WAYS][i % WAYS], 0);
	nr_living = 0;
	nr_lost = 0;
}

void spf_follow_set(unsigned long process, bool children)
{
	unsigned long flags;

	flags = lock_follow();
	WRITE_ONCE(spf_follow, process);
	forget_all();
	if (process && children)
		WRITE_ONCE(spf_follow, process | SPF_FOLLOW_CHILDREN);
	unlock_follow(flags);
}

/* One that is free, else one whose process has ended. */
static unsigned long *find_room(unsigned long process)
{
	unsigned long *room = NULL;
	unsigned int i;

	for (i = 0; i < 2 * WAYS; i++) {
		unsigned long *place = &set_of(process, i / WAYS)[i % WAYS];

		if (!*place)
			return place;
		if (*place & OVER)
			room = place;
	}
	return room;
}

static enum spf_followed add(unsigned long process)
{
	unsigned long *place = find(process);

	if (place && !(*place & OVER))
		return SPF_FOLLOWED_ALREADY;
	place = place ?: find_room(process);
	if (!place)
		return SPF_FOLLOWED_FULL;
	WRITE_ONCE(*place, process);
	nr_living++;
	return SPF_FOLLOWED_NEW;
}

static void drop(unsigned long process)
{
	unsigned long *place = find(process);

	if (!place)
		return;
	if (!(*place & OVER))
		nr_living--;
	WRITE_ONCE(*place, 0);
}

/* Whether the parent counts and what follows from it are one step. */
static enum spf_followed add_child(unsigned long parent, unsigned long child)
{
	if (!(spf_follow & SPF_FOLLOW_CHILDREN) ||
	    !spf_follow_admits(spf_follow, parent))
		return SPF_FOLLOWED_NOT;
	return add(child);
}

enum spf_followed spf_follow_child(unsigned long parent, unsigned long child)
{
	enum spf_followed followed;
	unsigned long flags;

	flags = lock_follow();
	followed = add_child(parent, child);
	unlock_follow(flags);
	return followed;
}

void spf_follow_fork(unsigned long parent, unsigned long child)
{
	enum spf_followed followed;
	unsigned long flags;

	if (!(READ_ONCE(spf_follow) & SPF_FOLLOW_CHILDREN) || !child)
		return;
	flags = lock_follow();
	followed = add_child(parent, child);
	if (followed == SPF_FOLLOWED_NOT)
		drop(child);
	else if (followed == SPF_FOLLOWED_FULL)
		nr_lost++;
	unlock_follow(flags);
}

void spf_follow_over(unsigned long process)
{
	unsigned long *place, flags;

	if (!(READ_ONCE(spf_follow) & SPF_FOLLOW_CHILDREN) || !process ||
	    !find(process))
		return;
	flags = lock_follow();
	place = find(process);
	if (place && !(*place & OVER)) {
		WRITE_ONCE(*place, process | OVER);
		nr_living--;
	}
	unlock_follow(flags);
}

void spf_follow_lost(unsigned int processes)
{
	unsigned long flags;

	flags = lock_follow();
	nr_lost += processes;
	unlock_follow(flags);
}

void spf_follow_count(unsigned int *living, unsigned int *lost)
{
	unsigned long flags;

	flags = lock_follow();
	*living = nr_living;
	*lost = nr_lost;
	unlock_follow(flags);
}
