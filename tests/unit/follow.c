// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the processes that are followed, and a comparison with a list
 * that has room for all of them.
 *
 * usage: follow [seed [steps]]
 */
#include <pthread.h>
#include <stdlib.h>

#include <linux/array_size.h>
#include <linux/types.h>

#include <spf/follow.h>

#include "ktap.h"
#include "shim/shim.h"

static u64 seed, rng_state;
static u32 steps;

/* xorshift64*: the same numbers everywhere. */
static u32 rnd(u32 n)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return (rng_state * 0x2545F4914F6CDD1DULL >> 32) % n;
}

/* As addresses of a slab cache are. */
static unsigned long process(u32 n)
{
	return 0xffff888004000000UL + n * 128UL;
}

static bool admits(u32 n)
{
	return spf_follow_admits(READ_ONCE(spf_follow), process(n));
}

static unsigned int living(void)
{
	unsigned int n, lost;

	spf_follow_count(&n, &lost);
	return n;
}

static unsigned int lost(void)
{
	unsigned int n, nr;

	spf_follow_count(&n, &nr);
	return nr;
}

static void fork_of(u32 parent, u32 child)
{
	spf_follow_fork(process(parent), process(child));
}

static void everyone_at_first(void)
{
	EXPECT_EQ(spf_follow, 0);
	fork_of(1, 2);
	spf_follow_over(process(1));
	EXPECT_EQ(spf_follow, 0);
	EXPECT_EQ(living(), 0);
}

static void one_process(void)
{
	spf_follow_set(process(1), false);
	EXPECT(admits(1));
	EXPECT(!admits(2));
	fork_of(1, 2);
	EXPECT(!admits(2));
	EXPECT_EQ(spf_follow_child(process(1), process(3)),
		  SPF_FOLLOWED_NOT);
	EXPECT(!admits(3));
	EXPECT_EQ(living(), 0);
	spf_follow_over(process(1));
	EXPECT(admits(1));
}

/* A task that is being reaped has no process any more. */
static void nobody_does_not_count(void)
{
	spf_follow_set(process(1), true);
	EXPECT(!spf_follow_admits(spf_follow, 0));
	spf_follow_fork(0, process(2));
	EXPECT(!admits(2));
	spf_follow_fork(process(1), 0);
	spf_follow_over(0);
	EXPECT(!spf_follow_admits(spf_follow, 0));
	EXPECT_EQ(living(), 0);
}

static void children_of_children(void)
{
	spf_follow_set(process(1), true);
	fork_of(1, 2);
	fork_of(2, 3);
	fork_of(7, 8);
	EXPECT(admits(1) && admits(2) && admits(3));
	EXPECT(!admits(7) && !admits(8));
	EXPECT_EQ(living(), 2);
	/* Who is found twice is counted once. */
	EXPECT_EQ(spf_follow_child(process(1), process(2)),
		  SPF_FOLLOWED_ALREADY);
	EXPECT_EQ(spf_follow_child(process(3), process(4)),
		  SPF_FOLLOWED_NEW);
	EXPECT_EQ(spf_follow_child(process(7), process(8)),
		  SPF_FOLLOWED_NOT);
	EXPECT_EQ(living(), 3);
	EXPECT_EQ(lost(), 0);
}

/* What a process does after its last thread has ended counts. */
static void over_still_counts(void)
{
	spf_follow_set(process(1), true);
	fork_of(1, 2);
	spf_follow_over(process(2));
	EXPECT(admits(2));
	EXPECT_EQ(living(), 0);
	spf_follow_over(process(2));
	spf_follow_over(process(3));
	EXPECT_EQ(living(), 0);
}

static void address_of_another(void)
{
	spf_follow_set(process(1), true);
	fork_of(1, 2);
	spf_follow_over(process(2));
	/* A stranger's child. */
	fork_of(7, 2);
	EXPECT(!admits(2));
	EXPECT_EQ(living(), 0);
	/* One of ours. */
	fork_of(1, 2);
	spf_follow_over(process(2));
	fork_of(1, 2);
	EXPECT(admits(2));
	EXPECT_EQ(living(), 1);
	/* Its end was not seen. */
	fork_of(7, 2);
	EXPECT(!admits(2));
	EXPECT_EQ(living(), 0);
}

static void another_filter_forgets(void)
{
	spf_follow_set(process(1), true);
	fork_of(1, 2);
	spf_follow_lost(3);
	EXPECT_EQ(lost(), 3);
	spf_follow_set(process(5), true);
	EXPECT(!admits(1) && !admits(2) && admits(5));
	EXPECT_EQ(living(), 0);
	EXPECT_EQ(lost(), 0);
	/* Everyone has no children. */
	spf_follow_set(0, true);
	EXPECT_EQ(spf_follow, 0);
}

static void full(void)
{
	u32 i, n = 2 * SPF_FOLLOW_MAX, followed;

	spf_follow_set(process(0), true);
	for (i = 1; i <= n; i++)
		fork_of(0, i);
	followed = living();
	EXPECT_EQ(followed + lost(), n);
	EXPECT(followed <= SPF_FOLLOW_MAX);
	EXPECT(followed > SPF_FOLLOW_MAX * 9 / 10);
	for (i = 1; i <= n; i++)
		followed -= admits(i);
	EXPECT_EQ(followed, 0);
	EXPECT_EQ(spf_follow_child(process(0), process(n + 1)) ==
		  SPF_FOLLOWED_FULL, !admits(n + 1));
	/* Places of those that have ended are taken, and of nobody else. */
	for (i = 1; i <= n + 1; i++)
		spf_follow_over(process(i));
	EXPECT_EQ(living(), 0);
	n = lost();
	for (i = 10000; i < 10100; i++) {
		fork_of(0, i);
		EXPECT(admits(i));
	}
	EXPECT_EQ(living(), 100);
	EXPECT_EQ(lost(), n);
}

#define NR	1500

static struct {
	bool alive;
	bool wanted;
} model[NR];

/* Processes come and go, and take each other's addresses. */
static void step(u32 *nr_lost)
{
	u32 i = 1 + rnd(NR - 1), parent = rnd(NR);

	if (model[i].alive) {
		spf_follow_over(process(i));
		model[i].alive = false;
		/* Until somebody wants its place or its address. */
		EXPECT(!model[i].wanted || admits(i));
		return;
	}
	if (!model[parent].alive)
		return;
	fork_of(parent, i);
	model[i].alive = true;
	model[i].wanted = model[parent].wanted;
	if (model[i].wanted && lost() != *nr_lost) {
		++*nr_lost;
		EXPECT_EQ(lost(), *nr_lost);
		/* The places of a set are full of the living. */
		EXPECT(living() >= 8);
		model[i].wanted = false;
	}
}

static void like_a_list(void)
{
	u32 n, i, nr_lost = 0, nr;

	for (i = 0; i < NR; i++)
		model[i].alive = false;
	/* Two families; one is followed. */
	model[0].alive = true;
	model[0].wanted = true;
	model[1].alive = true;
	model[1].wanted = false;
	spf_follow_set(process(0), true);
	for (n = 0; n < steps; n++) {
		step(&nr_lost);
		if (n & (n - 1) && n % 1000)
			continue;
		for (nr = 0, i = 0; i < NR; i++) {
			if (model[i].alive)
				EXPECT_EQ(admits(i), model[i].wanted);
			nr += i && model[i].alive && model[i].wanted;
		}
		EXPECT_EQ(living(), nr);
	}
}

static void like_a_list_in_two_sets(void)
{
	spf_shim_weak_hash = true;
	like_a_list();
	spf_shim_weak_hash = false;
}

/* --- faults meanwhile, which take no lock --- */

#define OLD	40

static bool stop;
static unsigned long wrong;

static void *faults(void *arg)
{
	unsigned long bad = 0;
	u32 i;

	while (!READ_ONCE(stop)) {
		for (i = 0; i <= OLD; i++)
			bad += !admits(i);
		for (i = 0; i < OLD; i++)
			bad += admits(20000 + i);
	}
	__atomic_add_fetch(&wrong, bad, __ATOMIC_RELAXED);
	return arg;
}

static void *forks(void *arg)
{
	u32 i, base = (unsigned long)arg * 1000;

	for (i = 0; i < steps; i++) {
		fork_of(i % OLD, base + i % 300);
		if (i % 3)
			spf_follow_over(process(base + i % 300));
	}
	return NULL;
}

/* Those that live are found by all; strangers never are. */
static void faults_beside_forks(void)
{
	pthread_t ids[4];
	unsigned long t;
	u32 i;

	spf_follow_set(process(0), true);
	for (i = 1; i <= OLD; i++)
		fork_of(0, i);
	WRITE_ONCE(stop, false);
	for (t = 0; t < 4; t++)
		if (pthread_create(&ids[t], NULL, t < 2 ? faults : forks,
				   (void *)t))
			abort();
	pthread_join(ids[2], NULL);
	pthread_join(ids[3], NULL);
	WRITE_ONCE(stop, true);
	pthread_join(ids[0], NULL);
	pthread_join(ids[1], NULL);
	EXPECT_EQ(wrong, 0);
	for (t = 2; t < 4; t++)
		for (i = 0; i < 300; i++)
			spf_follow_over(process(t * 1000 + i));
	EXPECT_EQ(living(), OLD);
}

/* Each case begins with everyone. */
static void run(const struct ktap_case *c)
{
	ktap_failed = false;
	ktap_diags = 0;
	rng_state = seed * 0x9E3779B97F4A7C15ULL | 1;
	c->fn();
	EXPECT_EQ(spf_shim_irqs_off, 0);
	spf_follow_set(0, false);
	ktap_result(!ktap_failed, c->name);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(everyone_at_first),
	KTAP_CASE(one_process),
	KTAP_CASE(nobody_does_not_count),
	KTAP_CASE(children_of_children),
	KTAP_CASE(over_still_counts),
	KTAP_CASE(address_of_another),
	KTAP_CASE(another_filter_forgets),
	KTAP_CASE(full),
	KTAP_CASE(like_a_list),
	KTAP_CASE(like_a_list_in_two_sets),
	KTAP_CASE(faults_beside_forks),
};

int main(int argc, char **argv)
{
	unsigned int i;

	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 50000;
	ktap_plan(ARRAY_SIZE(cases));
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		run(&cases[i]);
	return ktap_exit();
}
