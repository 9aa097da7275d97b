/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which processes count: one, or one and those that it starts.  A process is a
 * number here, the address of what the kernel keeps of its id; it is compared
 * and never followed.
 */
#ifndef SPF_FOLLOW_H
#define SPF_FOLLOW_H

#include <linux/types.h>

/* Processes that are followed at a time, besides the one that was asked for. */
#define SPF_FOLLOW_MAX		1024

/* The lowest bit of spf_follow: those that it starts, too. */
#define SPF_FOLLOW_CHILDREN	1UL

/* The process that was asked for, and the bit; 0: everyone. */
extern unsigned long spf_follow;

enum spf_followed {
	SPF_FOLLOWED_NOT,	/* its parent does not count */
	SPF_FOLLOWED_ALREADY,
	SPF_FOLLOWED_NEW,
	SPF_FOLLOWED_FULL,	/* there is no room for it */
};

/**
 * spf_follow_admits - does this process count?
 * @follow: what spf_follow is
 * @process: whose
 *
 * Any context; takes no lock and looks at no more than 16 places.
 */
bool spf_follow_admits(unsigned long follow, unsigned long process);

/**
 * spf_follow_set - whom to count from now on
 * @process: whom, 0 for everyone
 * @children: and what it starts from now on
 *
 * Those that were followed until now are forgotten.
 */
void spf_follow_set(unsigned long process, bool children);

/**
 * spf_follow_child - there is a child; does it count, because its parent does?
 * @parent: its parent
 * @child: not a process that was asked for
 *
 * Return: what has become of it
 */
enum spf_followed spf_follow_child(unsigned long parent, unsigned long child);

/**
 * spf_follow_fork - a process has started another one, which has not run yet
 * @parent: the one
 * @child: the other one
 *
 * The same as spf_follow_child(), and two things more: if there is no room that
 * is counted; and if the parent does not count, the child does not, even if
 * another process was known by this address before it.
 */
void spf_follow_fork(unsigned long parent, unsigned long child);

/**
 * spf_follow_over - a process has ended; its place may be given to another one
 * @process: which; it counts until then
 */
void spf_follow_over(unsigned long process);

/**
 * spf_follow_lost - count processes for which there was no room
 * @processes: how many
 */
void spf_follow_lost(unsigned int processes);

/**
 * spf_follow_count - how many are followed
 * @living: that have not ended, without the one that was asked for
 * @lost: that could not be, for want of room
 */
void spf_follow_count(unsigned int *living, unsigned int *lost);

#endif /* SPF_FOLLOW_H */
