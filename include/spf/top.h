/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 3b, the heaviest writers: lists that do not grow (spf_top.c), one for
 * each CPU (spf_blame.c).
 */
#ifndef SPF_TOP_H
#define SPF_TOP_H

#include <linux/spinlock.h>
#include <linux/types.h>

/* Combinations that are kept. */
#define SPF_TOP_MAX		64
#define SPF_TOP_COMM		16
#define SPF_TOP_NAME		32

enum spf_top_by {
	SPF_TOP_ABORTS,
	SPF_TOP_WAIT,
	SPF_NR_TOPS,
};

/**
 * struct spf_top_key - who did what to what
 * @kind: enum spf_kind, or spf_deed_of() a hold
 * @comm: the writer's name, "?" if it is not known any more
 * @name: of the VMA, "?" if it could not be read
 *
 * Unused bytes are 0: the whole is compared.
 */
struct spf_top_key {
	u64 kind;
	char comm[SPF_TOP_COMM];
	char name[SPF_TOP_NAME];
};

/**
 * struct spf_top_row - how much of it
 * @key: of what
 * @faults: how many faults
 * @wait_ns: what they waited
 * @error: as much of what the row is ordered by may be another's, which was there
 *	before
 * @least: as much may be missing from a list that has no row for the key: what
 *	its lightest has when it is full, else 0
 */
struct spf_top_row {
	struct spf_top_key key;
	u64 faults;
	u64 wait_ns;
	u64 error;
	u64 least;
};

/**
 * struct spf_top_list - one list
 * @lock: of the rest
 * @nr: rows in use
 * @hash: of the key of each row
 * @rows: in no order
 */
struct spf_top_list {
	raw_spinlock_t lock;
	unsigned int nr;
	u32 hash[SPF_TOP_MAX];
	struct spf_top_row rows[SPF_TOP_MAX];
};

/* spf_top.c */

/**
 * spf_top_list_init - an empty list
 * @list: which; zeroed memory
 */
void spf_top_list_init(struct spf_top_list *list);

/**
 * spf_top_list_add - another fault
 * @list: where to
 * @by: what this list is ordered by
 * @key: whom to blame
 * @wait_ns: what it waited
 *
 * Any context; takes the lock of the list.
 */
void spf_top_list_add(struct spf_top_list *list, enum spf_top_by by,
		      const struct spf_top_key *key, u64 wait_ns);

/**
 * spf_top_list_read - the list as it is
 * @list: which
 * @by: what it is ordered by
 * @rows: room for SPF_TOP_MAX
 *
 * Return: how many there are
 */
unsigned int spf_top_list_read(struct spf_top_list *list, enum spf_top_by by,
			       struct spf_top_row *rows);

/**
 * spf_top_list_reset - forget all
 * @list: which
 */
void spf_top_list_reset(struct spf_top_list *list);

/**
 * spf_top_merge - one list from several
 * @by: what they are ordered by
 * @rows: of all of them, as read; those that remain are left at its beginning,
 *	heaviest first
 * @nr: how many
 * @least: the sum of @least of the lists, each counted once
 *
 * Return: how many remain, SPF_TOP_MAX at most
 */
unsigned int spf_top_merge(enum spf_top_by by, struct spf_top_row *rows,
			   unsigned int nr, u64 least);

/* spf_blame.c */

/**
 * spf_top_init - lists for each CPU
 *
 * Return: 0 or -ENOMEM
 */
int spf_top_init(void);

/**
 * spf_top_exit - free them; no handler is running any more
 */
void spf_top_exit(void);

/**
 * spf_top_add - another fault
 * @by: which list; ordered by @faults or by @wait_ns
 * @key: whom to blame
 * @wait_ns: what it waited
 *
 * Any context; takes a lock of its own.
 */
void spf_top_add(enum spf_top_by by, const struct spf_top_key *key,
		 u64 wait_ns);

/**
 * spf_top_read - the list of all CPUs, heaviest first
 * @by: which list
 * @nr: how many rows there are, SPF_TOP_MAX at most
 *
 * May sleep.
 * Return: rows to pass to kvfree(), or NULL if there is no memory
 */
struct spf_top_row *spf_top_read(enum spf_top_by by, unsigned int *nr);

/**
 * spf_top_reset - forget all
 */
void spf_top_reset(void);

#endif /* SPF_TOP_H */
