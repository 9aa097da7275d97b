// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the list of the heaviest writers, and its bounds against exact
 * counts of random input.
 *
 * usage: top [seed [additions for each bound]]
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/reason.h>
#include <spf/top.h>

#include "ktap.h"
#include "shim/shim.h"

#define MAX_KEYS	2000

#define MAX_LISTS	9

static u64 seed, rng_state;
static u32 adds;
static struct spf_top_list lists[SPF_NR_TOPS][MAX_LISTS];
static struct spf_top_row rows[MAX_LISTS * SPF_TOP_MAX];

/* xorshift64*: the same numbers everywhere. */
static u32 rnd(u32 n)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return (rng_state * 0x2545F4914F6CDD1DULL >> 32) % n;
}

/* Alike but for one of the members, which takes turns. */
static struct spf_top_key nth_key(u32 n)
{
	struct spf_top_key key = { .kind = n % 3 ? 5 : n };

	snprintf(key.comm, sizeof(key.comm), "w%u", n % 3 == 1 ? n : 0);
	snprintf(key.name, sizeof(key.name), "%s%u", "/a/rather/long/name.of.a.",
		 n % 3 == 2 ? n : 0);
	return key;
}

static void add_to(unsigned int list, enum spf_top_by by, u32 n, u64 wait_ns)
{
	struct spf_top_key key = nth_key(n);

	spf_top_list_add(&lists[by][list], by, &key, wait_ns);
}

/* Where there is one list only. */
static void add(enum spf_top_by by, u32 n, u64 wait_ns)
{
	add_to(0, by, n, wait_ns);
}

static u64 weight(enum spf_top_by by, const struct spf_top_row *row)
{
	return by == SPF_TOP_WAIT ? row->wait_ns : row->faults;
}

static const struct spf_top_row *row_of(unsigned int nr, u32 n)
{
	struct spf_top_key key = nth_key(n);
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!memcmp(&rows[i].key, &key, sizeof(key)))
			return &rows[i];
	return NULL;
}

static u64 faults_of(unsigned int nr, u32 n)
{
	const struct spf_top_row *row = row_of(nr, n);

	return row ? row->faults : 0;
}

/* What is read: heaviest first, and no key twice. */
static unsigned int read_top(enum spf_top_by by)
{
	unsigned int nr = 0, i, j;
	u64 least = 0;

	memset(rows, 0xa5, sizeof(rows));
	for (i = 0; i < MAX_LISTS; i++) {
		j = spf_top_list_read(&lists[by][i], by, &rows[nr]);
		EXPECT(j <= SPF_TOP_MAX);
		if (j)
			least += rows[nr].least;
		nr += j;
	}
	nr = spf_top_merge(by, rows, nr, least);
	EXPECT(nr <= SPF_TOP_MAX);
	for (i = 1; i < nr; i++)
		EXPECT(weight(by, &rows[i]) <= weight(by, &rows[i - 1]));
	for (i = 0; i < nr; i++)
		for (j = 0; j < i; j++)
			EXPECT(memcmp(&rows[i].key, &rows[j].key,
				      sizeof(rows[i].key)));
	return nr;
}

static void reset(void)
{
	unsigned int by, i;

	for (by = 0; by < SPF_NR_TOPS; by++)
		for (i = 0; i < MAX_LISTS; i++)
			spf_top_list_reset(&lists[by][i]);
}

static void empty_at_first(void)
{
	EXPECT_EQ(read_top(SPF_TOP_ABORTS), 0);
	EXPECT_EQ(read_top(SPF_TOP_WAIT), 0);
}

static void one_row(void)
{
	add(SPF_TOP_ABORTS, 7, 100);
	add(SPF_TOP_ABORTS, 7, 0);
	add(SPF_TOP_ABORTS, 7, 23);
	EXPECT_EQ(read_top(SPF_TOP_ABORTS), 1);
	EXPECT(row_of(1, 7));
	EXPECT_EQ(rows[0].faults, 3);
	EXPECT_EQ(rows[0].wait_ns, 123);
	EXPECT_EQ(rows[0].error, 0);
	/* The other list is another one. */
	EXPECT_EQ(read_top(SPF_TOP_WAIT), 0);
}

/* Every byte of a key counts, also behind the end of a string. */
static void keys_are_compared_whole(void)
{
	struct spf_top_key key;
	u32 i;

	for (i = 0; i < sizeof(key) && i < SPF_TOP_MAX - 1; i++) {
		memset(&key, 0, sizeof(key));
		((char *)&key)[i] = 1;
		spf_top_list_add(&lists[SPF_TOP_ABORTS][0], SPF_TOP_ABORTS, &key,
				 0);
	}
	memset(&key, 0, sizeof(key));
	spf_top_list_add(&lists[SPF_TOP_ABORTS][0], SPF_TOP_ABORTS, &key, 0);
	EXPECT_EQ(read_top(SPF_TOP_ABORTS), i + 1);
	for (i = 0; i <= sizeof(key); i++)
		EXPECT_EQ(rows[i].faults, 1);
}

static void order_is_by_the_list(void)
{
	unsigned int i;

	/* Many that waited for short, and the other way round. */
	for (i = 0; i < 10; i++) {
		unsigned int n;

		for (n = 0; n <= i; n++) {
			add(SPF_TOP_ABORTS, i, 100 - 10 * i);
			add(SPF_TOP_WAIT, i, 1000 - 100 * i);
		}
	}
	EXPECT_EQ(read_top(SPF_TOP_ABORTS), 10);
	for (i = 0; i < 10; i++)
		EXPECT(row_of(10, 9 - i) == &rows[i]);
	EXPECT_EQ(read_top(SPF_TOP_WAIT), 10);
	/* (i + 1) * (1000 - 100 * i): 5 and 4 have the most, 3000 each. */
	EXPECT_EQ(rows[0].wait_ns, 3000);
	EXPECT_EQ(rows[1].wait_ns, 3000);
	EXPECT(row_of(10, 0) == &rows[8] || row_of(10, 0) == &rows[9]);
	EXPECT_EQ(rows[9].wait_ns, 1000);
}

/* As long as there is room, nothing is estimated. */
static void exact_below_the_limit(void)
{
	static u64 faults[SPF_TOP_MAX], wait[SPF_TOP_MAX];
	unsigned int by, nr;
	u32 i;

	for (by = 0; by < SPF_NR_TOPS; by++) {
		memset(faults, 0, sizeof(faults));
		memset(wait, 0, sizeof(wait));
		for (i = 0; i < 20000; i++) {
			u32 n = rnd(1 + rnd(SPF_TOP_MAX));
			u64 ns = rnd(1U << rnd(31));

			add(by, n, ns);
			faults[n]++;
			wait[n] += ns;
		}
		nr = read_top(by);
		EXPECT_EQ(nr, SPF_TOP_MAX);
		for (i = 0; i < SPF_TOP_MAX; i++) {
			const struct spf_top_row *row = row_of(nr, i);

			EXPECT(row);
			if (!row)
				continue;
			EXPECT_EQ(row->faults, faults[i]);
			EXPECT_EQ(row->wait_ns, wait[i]);
			EXPECT_EQ(row->error, 0);
		}
	}
}

static void hashes_that_collide(void)
{
	spf_shim_weak_hash = true;
	keys_are_compared_whole();
	reset();
	exact_below_the_limit();
	spf_shim_weak_hash = false;
}

/* The one who has to go is the lightest, and the newcomer takes his weight. */
static void newcomer_replaces_the_lightest(void)
{
	unsigned int nr;
	u32 i, n;

	for (i = 0; i < SPF_TOP_MAX; i++)
		for (n = 0; n < 2 + (i + 40) % SPF_TOP_MAX; n++)
			add(SPF_TOP_ABORTS, i, 10);
	add(SPF_TOP_ABORTS, 1000, 10);
	nr = read_top(SPF_TOP_ABORTS);
	EXPECT_EQ(nr, SPF_TOP_MAX);
	EXPECT(!row_of(nr, SPF_TOP_MAX - 40));
	EXPECT(row_of(nr, 1000));
	if (!row_of(nr, 1000))
		return;
	EXPECT_EQ(faults_of(nr, 1000), 3);
	EXPECT_EQ(row_of(nr, 1000)->error, 2);
	/* From then on it counts like any other one. */
	add(SPF_TOP_ABORTS, 1000, 10);
	nr = read_top(SPF_TOP_ABORTS);
	EXPECT_EQ(faults_of(nr, 1000), 4);
	/* And the others are as they were. */
	for (i = 0; i < SPF_TOP_MAX; i++)
		if (i != SPF_TOP_MAX - 40)
			EXPECT_EQ(faults_of(nr, i),
				  2 + (i + 40) % SPF_TOP_MAX);
}

static void wait_replaces_by_wait(void)
{
	unsigned int nr;
	u32 i;

	for (i = 0; i < SPF_TOP_MAX; i++)
		add(SPF_TOP_WAIT, i, i == 17 ? 5 : 1000);
	/* The most faults, and the least time. */
	for (i = 0; i < 100; i++)
		add(SPF_TOP_WAIT, 17, 0);
	add(SPF_TOP_WAIT, 1000, 7);
	nr = read_top(SPF_TOP_WAIT);
	EXPECT(!row_of(nr, 17));
	EXPECT(row_of(nr, 1000));
	if (!row_of(nr, 1000))
		return;
	EXPECT_EQ(row_of(nr, 1000)->wait_ns, 12);
	EXPECT_EQ(row_of(nr, 1000)->error, 5);
}

/*
 * What Metwally and others prove: a count is never too low, too high by no more
 * than its error, which is no more than the share of one row; and who has more
 * than that share is in the list.
 */
static void check_bounds(enum spf_top_by by, const u64 *exact, u32 nr_keys,
			 bool merged)
{
	unsigned int nr = read_top(by);
	u64 sum = 0, all = 0;
	u32 i;

	for (i = 0; i < nr_keys; i++)
		all += exact[i];
	for (i = 0; i < nr; i++)
		sum += weight(by, &rows[i]);
	/* Nothing is lost and nothing is counted twice. */
	if (!merged)
		EXPECT_EQ(sum, all);
	for (i = 0; i < nr_keys; i++) {
		const struct spf_top_row *row = row_of(nr, i);

		if (!row) {
			EXPECT(exact[i] <= all / SPF_TOP_MAX);
			continue;
		}
		EXPECT(exact[i] <= weight(by, row));
		EXPECT(weight(by, row) - row->error <= exact[i]);
		EXPECT(row->error <= all / SPF_TOP_MAX);
	}
}

/*
 * @nr_lists: among which the keys are dealt out; some go to one list only, others to
 * any of them
 */
static void bounds(enum spf_top_by by, u32 nr_keys, bool skewed, u32 nr_lists)
{
	static u64 exact[MAX_KEYS];
	u32 i;

	memset(exact, 0, sizeof(exact));
	for (i = 1; i <= adds; i++) {
		u32 n = rnd(skewed ? 1 + rnd(1 + rnd(nr_keys)) : nr_keys);
		u64 ns = rnd(1U << rnd(20));

		add_to((n & 1 ? n / 2 : rnd(nr_lists)) % nr_lists, by, n, ns);
		exact[n] += by == SPF_TOP_WAIT ? ns : 1;
		if (!(i & (i - 1)))
			check_bounds(by, exact, nr_keys, nr_lists > 1);
	}
	check_bounds(by, exact, nr_keys, nr_lists > 1);
}

static void bounds_of(u32 nr_lists)
{
	static const u32 nr_keys[] = { SPF_TOP_MAX + 1, 100, 500, MAX_KEYS };
	unsigned int by, i, skewed;

	for (by = 0; by < SPF_NR_TOPS; by++)
		for (i = 0; i < ARRAY_SIZE(nr_keys); i++)
			for (skewed = 0; skewed < 2; skewed++) {
				bounds(by, nr_keys[i], skewed, nr_lists);
				reset();
			}
}

static void bounds_above_the_limit(void)
{
	bounds_of(1);
}

static void bounds_of_merged_lists(void)
{
	bounds_of(2);
	bounds_of(5);
	bounds_of(MAX_LISTS);
}

/* As long as no list is full, what is merged is exact, too. */
static void merged_below_the_limit(void)
{
	static u64 faults[SPF_TOP_MAX], wait[SPF_TOP_MAX];
	unsigned int nr;
	u32 i;

	memset(faults, 0, sizeof(faults));
	memset(wait, 0, sizeof(wait));
	for (i = 0; i < 5000; i++) {
		u32 n = rnd(SPF_TOP_MAX - 1), ns = rnd(1000);

		add_to(rnd(MAX_LISTS), SPF_TOP_ABORTS, n, ns);
		faults[n]++;
		wait[n] += ns;
	}
	nr = read_top(SPF_TOP_ABORTS);
	EXPECT_EQ(nr, SPF_TOP_MAX - 1);
	for (i = 0; i < SPF_TOP_MAX - 1; i++) {
		const struct spf_top_row *row = row_of(nr, i);

		EXPECT(row);
		if (!row)
			continue;
		EXPECT_EQ(row->faults, faults[i]);
		EXPECT_EQ(row->wait_ns, wait[i]);
		EXPECT_EQ(row->error, 0);
	}
}

/* What it may have in a full list that has not got it is the lightest there. */
static void missing_from_a_full_list(void)
{
	unsigned int nr, by;
	u32 i;

	for (by = 0; by < SPF_NR_TOPS; by++) {
		/* Full, 3 at least; not full; and one that has it. */
		for (i = 0; i < 3 * SPF_TOP_MAX; i++)
			add_to(0, by, 100 + i % SPF_TOP_MAX, 1);
		for (i = 0; i < 7 * (SPF_TOP_MAX - 1); i++)
			add_to(1, by, 200 + i % (SPF_TOP_MAX - 1), 1);
		for (i = 0; i < 20; i++)
			add_to(2, by, 7, 1);
		nr = read_top(by);
		EXPECT_EQ(nr, SPF_TOP_MAX);
		EXPECT(row_of(nr, 7) == &rows[0]);
		EXPECT_EQ(weight(by, &rows[0]), 23);
		EXPECT_EQ(rows[0].error, 3);
		/* The figure that it is not ordered by is what was seen. */
		EXPECT_EQ(weight(!by, &rows[0]), 20);
		/* Those of the full list lack nothing, the others do. */
		EXPECT_EQ(weight(by, &rows[1]), 10);
		EXPECT_EQ(rows[1].error, 3);
		EXPECT_EQ(weight(by, &rows[63]), 10);
		EXPECT(!row_of(nr, 100));
		reset();
	}
}

/* Who is heavy is found, whatever the light ones do. */
static void heavy_ones_are_found(void)
{
	unsigned int nr;
	u32 i;

	for (i = 0; i < 50000; i++) {
		if (i % 10 == 0)
			add(SPF_TOP_ABORTS, i / 10 % 4, 0);
		else
			add(SPF_TOP_ABORTS, 10 + rnd(MAX_KEYS), 0);
	}
	nr = read_top(SPF_TOP_ABORTS);
	for (i = 0; i < 4; i++) {
		EXPECT(row_of(nr, i) && row_of(nr, i) < &rows[4]);
		if (row_of(nr, i))
			EXPECT(row_of(nr, i)->faults >= 1250);
	}
}

static void reset_forgets(void)
{
	u32 i;

	for (i = 0; i < 2 * SPF_TOP_MAX; i++) {
		add(SPF_TOP_ABORTS, i, 10);
		add(SPF_TOP_WAIT, i, 10);
	}
	reset();
	EXPECT_EQ(read_top(SPF_TOP_ABORTS), 0);
	EXPECT_EQ(read_top(SPF_TOP_WAIT), 0);
	/* A new row is fresh. */
	add(SPF_TOP_WAIT, 500, 3);
	EXPECT_EQ(read_top(SPF_TOP_WAIT), 1);
	EXPECT_EQ(rows[0].faults, 1);
	EXPECT_EQ(rows[0].wait_ns, 3);
	EXPECT_EQ(rows[0].error, 0);
	EXPECT_EQ(read_top(SPF_TOP_ABORTS), 0);
}

#define NR_THREADS	4
#define NR_EACH		5000

/* All into one list, as tasks that are moved do, and each into its own. */
static void *adder(void *arg)
{
	u32 i, me = (unsigned long)arg;

	for (i = 0; i < NR_EACH; i++) {
		add_to(i % 3 ? me : 0, SPF_TOP_ABORTS, i % 60, 1);
		/* More than there is room for. */
		add(SPF_TOP_WAIT, me * 1000 + i % 100, 1);
	}
	return NULL;
}

static void many_threads(void)
{
	pthread_t ids[NR_THREADS];
	unsigned int nr;
	unsigned long t;
	u64 sum = 0;
	u32 i;

	for (t = 0; t < NR_THREADS; t++)
		if (pthread_create(&ids[t], NULL, adder, (void *)t))
			abort();
	/* And a reader. */
	for (i = 0; i < 20; i++) {
		read_top(SPF_TOP_ABORTS);
		spf_shim_yield();
	}
	for (t = 0; t < NR_THREADS; t++)
		pthread_join(ids[t], NULL);
	nr = read_top(SPF_TOP_ABORTS);
	EXPECT_EQ(nr, 60);
	for (i = 0; i < nr; i++)
		sum += rows[i].faults;
	EXPECT_EQ(sum, NR_THREADS * NR_EACH);
	nr = read_top(SPF_TOP_WAIT);
	EXPECT_EQ(nr, SPF_TOP_MAX);
	for (sum = 0, i = 0; i < nr; i++)
		sum += rows[i].wait_ns;
	EXPECT_EQ(sum, NR_THREADS * NR_EACH);
}

/* Each case begins with empty lists. */
static void run(const struct ktap_case *c)
{
	ktap_failed = false;
	ktap_diags = 0;
	rng_state = seed * 0x9E3779B97F4A7C15ULL | 1;
	c->fn();
	EXPECT_EQ(spf_shim_irqs_off, 0);
	reset();
	ktap_result(!ktap_failed, c->name);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(empty_at_first),
	KTAP_CASE(one_row),
	KTAP_CASE(keys_are_compared_whole),
	KTAP_CASE(order_is_by_the_list),
	KTAP_CASE(exact_below_the_limit),
	KTAP_CASE(hashes_that_collide),
	KTAP_CASE(newcomer_replaces_the_lightest),
	KTAP_CASE(wait_replaces_by_wait),
	KTAP_CASE(bounds_above_the_limit),
	KTAP_CASE(merged_below_the_limit),
	KTAP_CASE(missing_from_a_full_list),
	KTAP_CASE(bounds_of_merged_lists),
	KTAP_CASE(heavy_ones_are_found),
	KTAP_CASE(reset_forgets),
	KTAP_CASE(many_threads),
};

int main(int argc, char **argv)
{
	unsigned int by, i;

	for (by = 0; by < SPF_NR_TOPS; by++)
		for (i = 0; i < MAX_LISTS; i++)
			spf_top_list_init(&lists[by][i]);
	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	adds = argc > 2 ? strtoul(argv[2], NULL, 0) : 20000;
	ktap_plan(ARRAY_SIZE(cases));
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		run(&cases[i]);
	return ktap_exit();
}
