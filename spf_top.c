// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 3b, the heaviest writers: the space-saving sketch of Metwally, Agrawal
 * and El Abbadi (2005).  A list never grows: a newcomer takes the place, and the
 * weight, of the lightest one, and how much that was is remembered as its error.
 *
 * Notes on locking: each list has a raw spinlock, which is taken with interrupts
 * off by faults that were stopped or had to wait, after their wait, and by the
 * report.  Nothing else is reached while it is held.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <spf/top.h>

struct top {
	raw_spinlock_t lock;
	unsigned int nr;
	struct spf_top_row rows[SPF_TOP_MAX];
};

static struct top tops[SPF_NR_TOPS] = {
	[SPF_TOP_ABORTS].lock =
		__RAW_SPIN_LOCK_UNLOCKED(tops[SPF_TOP_ABORTS].lock),
	[SPF_TOP_WAIT].lock =
		__RAW_SPIN_LOCK_UNLOCKED(tops[SPF_TOP_WAIT].lock),
};

static u64 weight(enum spf_top_by by, const struct spf_top_row *row)
{
	return by == SPF_TOP_WAIT ? row->wait_ns : row->faults;
}

/* Its row, or a new one, or that of the lightest. */
static struct spf_top_row *find_row(struct top *t, enum spf_top_by by,
				    const struct spf_top_key *key)
{
	struct spf_top_row *row, *lightest = t->rows;

	for (row = t->rows; row < t->rows + t->nr; row++) {
		if (!memcmp(&row->key, key, sizeof(*key)))
			return row;
		if (weight(by, row) < weight(by, lightest))
			lightest = row;
	}
	if (t->nr < SPF_TOP_MAX) {
		row = &t->rows[t->nr++];
		*row = (struct spf_top_row){ .key = *key };
		return row;
	}
	lightest->key = *key;
	lightest->error = weight(by, lightest);
	return lightest;
}

void spf_top_add(enum spf_top_by by, const struct spf_top_key *key,
		 u64 wait_ns)
{
	struct top *t = &tops[by];
	struct spf_top_row *row;
	unsigned long flags;

	raw_spin_lock_irqsave(&t->lock, flags);
	row = find_row(t, by, key);
	row->faults++;
	row->wait_ns += wait_ns;
	raw_spin_unlock_irqrestore(&t->lock, flags);
}

NOKPROBE_SYMBOL(spf_top_add);

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

unsigned int spf_top_read(enum spf_top_by by, struct spf_top_row *rows)
{
	struct top *t = &tops[by];
	unsigned long flags;
	unsigned int nr;

	raw_spin_lock_irqsave(&t->lock, flags);
	nr = t->nr;
	memcpy(rows, t->rows, nr * sizeof(*rows));
	raw_spin_unlock_irqrestore(&t->lock, flags);
	sort(rows, nr, sizeof(*rows),
	     by == SPF_TOP_WAIT ? heavier_wait : heavier_faults, NULL);
	return nr;
}

void spf_top_reset(void)
{
	unsigned long flags;
	unsigned int by;

	for (by = 0; by < SPF_NR_TOPS; by++) {
		raw_spin_lock_irqsave(&tops[by].lock, flags);
		tops[by].nr = 0;
		raw_spin_unlock_irqrestore(&tops[by].lock, flags);
	}
}
