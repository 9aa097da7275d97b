// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 3b, the heaviest writers: a list for each CPU.
 *
 * Notes on locking and lifetime: a fault adds to the list of the CPU that it
 * runs on, so that its lock is free but while a report reads that list.  Should
 * the task be moved to another CPU meanwhile, the list it has is as good.  The
 * lists are allocated before the first probe is set and freed after the last has
 * gone.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include <spf/top.h>

/* Two for each CPU, 12 KB together. */
struct tops {
	struct spf_top_list by[SPF_NR_TOPS];
};

static struct tops __percpu *tops;

int spf_top_init(void)
{
	unsigned int cpu, by;

	tops = alloc_percpu(struct tops);
	if (!tops)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		for (by = 0; by < SPF_NR_TOPS; by++)
			spf_top_list_init(&per_cpu_ptr(tops, cpu)->by[by]);
	return 0;
}

void spf_top_exit(void)
{
	free_percpu(tops);
}

void spf_top_add(enum spf_top_by by, const struct spf_top_key *key,
		 u64 wait_ns)
{
	spf_top_list_add(&raw_cpu_ptr(tops)->by[by], by, key, wait_ns);
}

struct spf_top_row *spf_top_read(enum spf_top_by by, unsigned int *nr)
{
	struct spf_top_row *rows;
	unsigned int cpu;
	u64 least = 0;

	*nr = 0;
	rows = kvmalloc_array(num_possible_cpus() * SPF_TOP_MAX, sizeof(*rows),
			      GFP_KERNEL);
	if (!rows)
		return NULL;
	/* Possible, not online: what an offlined CPU has seen stays true. */
	for_each_possible_cpu(cpu) {
		unsigned int got;

		got = spf_top_list_read(&per_cpu_ptr(tops, cpu)->by[by], by,
					&rows[*nr]);
		if (got)
			least += rows[*nr].least;
		*nr += got;
	}
	*nr = spf_top_merge(by, rows, *nr, least);
	return rows;
}

void spf_top_reset(void)
{
	unsigned int cpu, by;

	for_each_possible_cpu(cpu)
		for (by = 0; by < SPF_NR_TOPS; by++)
			spf_top_list_reset(&per_cpu_ptr(tops, cpu)->by[by]);
}
