// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 3b, the heaviest writers: the space-saving sketch of Metwally, Agrawal
 * and El Abbadi (2005).  A list never grows: a newcomer takes the place, and the
 * weight, of the lightest one, and how much that was is remembered as its error.
 *
 * Several lists make one (Agarwal and others, "Mergeable Summaries", 2012).  What
 * a key has in all of them is added.  From a list that is full and has not the
 * key it may be missing with as much as the lightest one there has: that is
 * added to its weight and to its error.  So a weight is still never too low, and
 * too high by no more than its error.
 *
 * Whoever has more than the share of one row, of all that was added, is among
 * those that remain.  Let N be all, K the rows of a list and M the sum of the
 * lightest of the full lists, which is N / K at most.  Weights without M add up to
 * N - K * M, since those of a full list add up to all that was added to it.  If K
 * others are as heavy as x, x has (N - K * M) / (K + 1) at most without M, and
 * with M no more than (N + M) / (K + 1), which is N / K at most.
 *
 * Notes on locking: each list has a raw spinlock, which is taken with interrupts
 * off by faults that were stopped or had to wait, after their wait, and by the
 * report.  Nothing else is reached while it is held.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <spf/spin.h>
#include <spf/top.h>

static unsigned long lock_list(struct spf_top_list *list)
	__acquires(&list->lock)
{
	unsigned long flags;

	flags = spf_spin_lock_irqsave(&list->lock);
	return flags;
}

static void unlock_list(struct spf_top_list *list, unsigned long flags)
	__releases(&list->lock)
{
	raw_spin_unlock_irqrestore(&list->lock, flags);
}

static u64 weight(enum spf_top_by by, const struct spf_top_row *row)
{
	return by == SPF_TOP_WAIT ? row->wait_ns : row->faults;
}

static u32 hash_of(const struct spf_top_key *key)
{
	const u64 *word = (const u64 *)key;
	u64 hash = 0;
	unsigned int i;

	for (i = 0; i < sizeof(*key) / sizeof(*word); i++) {
		hash = (hash ^ word[i]) * GOLDEN_RATIO_64;
		hash ^= hash >> 32;
	}
	return hash_64(hash, 32);
}

static struct spf_top_row *lightest_of(struct spf_top_list *list,
				       enum spf_top_by by)
{
	struct spf_top_row *row, *lightest = list->rows;

	for (row = list->rows + 1; row < list->rows + list->nr; row++)
		if (weight(by, row) < weight(by, lightest))
			lightest = row;
	return lightest;
}

/* What somebody without a row may have had. */
static u64 least_of(struct spf_top_list *list, enum spf_top_by by)
{
	return list->nr < SPF_TOP_MAX ? 0 : weight(by, lightest_of(list, by));
}

/* Its row, or a new one, or that of the lightest. */
static struct spf_top_row *find_row(struct spf_top_list *list,
				    enum spf_top_by by,
				    const struct spf_top_key *key, u32 hash)
{
	struct spf_top_row *row;
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		if (list->hash[i] == hash &&
		    !memcmp(&list->rows[i].key, key, sizeof(*key)))
			return &list->rows[i];
	if (list->nr < SPF_TOP_MAX) {
		row = &list->rows[list->nr++];
		*row = (struct spf_top_row){};
	} else {
		row = lightest_of(list, by);
		row->error = weight(by, row);
	}
	row->key = *key;
	list->hash[row - list->rows] = hash;
	return row;
}

void spf_top_list_init(struct spf_top_list *list)
{
	raw_spin_lock_init(&list->lock);
}

void spf_top_list_add(struct spf_top_list *list, enum spf_top_by by,
		      const struct spf_top_key *key, u64 wait_ns)
{
	u32 hash = hash_of(key);
	struct spf_top_row *row;
	unsigned long flags;

	flags = lock_list(list);
	row = find_row(list, by, key, hash);
	row->faults++;
	row->wait_ns += wait_ns;
	unlock_list(list, flags);
}

unsigned int spf_top_list_read(struct spf_top_list *list, enum spf_top_by by,
			       struct spf_top_row *rows)
{
	unsigned long flags;
	unsigned int i, nr;
	u64 least;

	flags = lock_list(list);
	nr = list->nr;
	memcpy(rows, list->rows, nr * sizeof(*rows));
	least = least_of(list, by);
	unlock_list(list, flags);
	for (i = 0; i < nr; i++)
		rows[i].least = least;
	return nr;
}

void spf_top_list_reset(struct spf_top_list *list)
{
	unsigned long flags;

	flags = lock_list(list);
	list->nr = 0;
	unlock_list(list, flags);
}

/* --- one list from several --- */

static int by_key(const void *a, const void *b)
{
	const struct spf_top_row *left = a, *right = b;

	return memcmp(&left->key, &right->key, sizeof(left->key));
}

static int heavier_faults(const void *a, const void *b)
{
	const struct spf_top_row *left = a, *right = b;

	return left->faults < right->faults ? 1 :
	       -(left->faults > right->faults);
}

static int heavier_wait(const void *a, const void *b)
{
	const struct spf_top_row *left = a, *right = b;

	return left->wait_ns < right->wait_ns ? 1 :
	       -(left->wait_ns > right->wait_ns);
}

static void add_row(struct spf_top_row *sum, const struct spf_top_row *row)
{
	sum->faults += row->faults;
	sum->wait_ns += row->wait_ns;
	sum->error += row->error;
	sum->least += row->least;
}

/* What it may have in the lists that have no row for it. */
static void add_missing(struct spf_top_row *sum, enum spf_top_by by, u64 least)
{
	u64 missing = least - sum->least;

	if (by == SPF_TOP_WAIT)
		sum->wait_ns += missing;
	else
		sum->faults += missing;
	sum->error += missing;
}

unsigned int spf_top_merge(enum spf_top_by by, struct spf_top_row *rows,
			   unsigned int nr, u64 least)
{
	unsigned int i, keys = 0;

	sort(rows, nr, sizeof(*rows), by_key, NULL);
	for (i = 0; i < nr; i++) {
		if (keys && !by_key(&rows[keys - 1], &rows[i]))
			add_row(&rows[keys - 1], &rows[i]);
		else
			rows[keys++] = rows[i];
	}
	for (i = 0; i < keys; i++)
		add_missing(&rows[i], by, least);
	sort(rows, keys, sizeof(*rows),
	     by == SPF_TOP_WAIT ? heavier_wait : heavier_faults, NULL);
	return min_t(unsigned int, keys, SPF_TOP_MAX);
}
