// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 3, per-CPU counters.
 *
 * Notes on locking: the per-CPU copies are written by their own CPU in probe
 * handlers (preemption off) and read from anywhere; 64-bit loads do not tear
 * on the 64-bit kernels this is built for.  baseline, generation and since
 * belong to baseline_lock, a mutex that no handler takes.
 */
#include <linux/ktime.h>
#include <linux/mutex.h>

#include <spf/stats.h>

DEFINE_PER_CPU(struct spf_hot_counters, spf_counters);
struct spf_cold_counters __percpu *spf_cold_counters;

static DEFINE_MUTEX(baseline_lock);
static struct spf_counters baseline;
static u64 baseline_generation;
static u64 baseline_since;

int spf_stats_init(void)
{
	spf_cold_counters = alloc_percpu(struct spf_cold_counters);
	return spf_cold_counters ? 0 : -ENOMEM;
}

void spf_stats_exit(void)
{
	free_percpu(spf_cold_counters);
}

static u64 read_cpu(unsigned int cpu, unsigned int counter)
{
	const u64 *hot = per_cpu_ptr(&spf_counters, cpu)->n;
	const u64 *cold = per_cpu_ptr(spf_cold_counters, cpu)->n;

	return counter < SPF_NR_HOT ? READ_ONCE(hot[counter]) :
	       READ_ONCE(cold[counter - SPF_NR_HOT]);
}

u64 spf_stats_ever(unsigned int counter)
{
	unsigned int cpu;
	u64 sum = 0;

	/* Possible, not online: what an offlined CPU has counted stays true. */
	for_each_possible_cpu(cpu)
		sum += read_cpu(cpu, counter);
	return sum;
}

/*
 * Counters move meanwhile.  The last ones are read first: what ends is counted
 * behind what begins, so that no end is seen whose begin is not.
 */
static void sum_cpus(struct spf_counters *sum)
{
	unsigned int i;

	for (i = SPF_NR_COUNTERS; i-- > 0;) {
		sum->n[i] = spf_stats_ever(i);
		/* Pairs with the order in which a handler counts. */
		smp_rmb();
	}
}

void spf_stats_sum(struct spf_counters *sum, u64 *generation, u64 *since)
{
	unsigned int i;

	mutex_lock(&baseline_lock);
	sum_cpus(sum);
	for (i = 0; i < SPF_NR_COUNTERS; i++)
		sum->n[i] -= baseline.n[i];
	*generation = baseline_generation;
	*since = baseline_since;
	mutex_unlock(&baseline_lock);
}

void spf_stats_reset(void)
{
	unsigned int r;

	mutex_lock(&baseline_lock);
	sum_cpus(&baseline);
	/*
	 * Not the arrivals summed, but those of them that are over: counters
	 * move while they are summed, and this keeps the sums in step.
	 */
	baseline.n[SPF_N_ARRIVED] = baseline.n[SPF_N_LOST_TASKS] +
				    baseline.n[SPF_N_LOST_UNFINISHED];
	for (r = 0; r < SPF_NR_REASONS; r++)
		baseline.n[SPF_N_ARRIVED] += baseline.n[SPF_N_REASON + r];
	baseline_generation++;
	baseline_since = ktime_get_ns();
	mutex_unlock(&baseline_lock);
}
