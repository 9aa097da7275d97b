/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 3b, the heaviest writers.
 */
#ifndef SPF_TOP_H
#define SPF_TOP_H

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
 * @error: as much of what the row is ordered by may be another's, who was there
 *	before
 */
struct spf_top_row {
	struct spf_top_key key;
	u64 faults;
	u64 wait_ns;
	u64 error;
};

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
 * spf_top_read - the list as it is, heaviest first
 * @by: which list
 * @rows: room for SPF_TOP_MAX
 *
 * May sleep.  Return: how many there are.
 */
unsigned int spf_top_read(enum spf_top_by by, struct spf_top_row *rows);

/**
 * spf_top_reset - forget all
 */
void spf_top_reset(void);

#endif /* SPF_TOP_H */
