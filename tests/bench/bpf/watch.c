// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfwatch OBJECT: loads the programs of watch.bpf.c, says "watching", and when it gets
 * SIGTERM says what they have counted.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "watch.h"

static const char * const names[WATCH_NR] = {
	[WATCH_FAULTS] = "faults",
	[WATCH_SERVICE_NS] = "service_ns",
	[WATCH_WAIT_NS] = "wait_ns",
	[WATCH_HOLDS] = "holds",
	[WATCH_HELD_NS] = "held_ns",
};

/* How many arguments a tracepoint has, besides the one of its own. */
static int arguments_of(const char *tracepoint)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *t;
	char name[64];
	int id;

	if (!btf)
		err(1, "BTF of the kernel");
	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		errx(1, "this kernel has no tracepoint %s", tracepoint);
	t = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);	/* a pointer */
	t = btf__type_by_id(btf, t->type);
	return btf_vlen(t) - 1;
}

static void skip(struct bpf_object *object, const char *program)
{
	struct bpf_program *p = bpf_object__find_program_by_name(object, program);

	if (!p || bpf_program__set_autoload(p, false))
		errx(1, "cannot leave out %s", program);
}

static struct bpf_object *load_programs(const char *file)
{
	struct bpf_object *object = bpf_object__open_file(file, NULL);

	if (!object)
		err(1, "%s", file);
	skip(object, arguments_of("mmap_lock_acquire_returned") == 4 ?
	     "got_without_path" : "got_with_path");
	errno = -bpf_object__load(object);
	if (errno)
		err(1, "cannot load %s", file);
	return object;
}

static void attach_programs(struct bpf_object *object)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, object)
		if (bpf_program__autoload(p) && !bpf_program__attach(p))
			err(1, "cannot attach %s", bpf_program__name(p));
}

static unsigned long long sum(int counts, __u32 what)
{
	int cpu, cpus = libbpf_num_possible_cpus();
	unsigned long long total = 0;
	__u64 *of_cpu;

	if (cpus < 0)
		errx(1, "how many CPUs are there?");
	of_cpu = calloc(cpus, sizeof(*of_cpu));
	if (!of_cpu || bpf_map_lookup_elem(counts, &what, of_cpu))
		err(1, "cannot read what was counted");
	for (cpu = 0; cpu < cpus; cpu++)
		total += of_cpu[cpu];
	free(of_cpu);
	return total;
}

static void print_counts(struct bpf_object *object)
{
	int counts = bpf_object__find_map_fd_by_name(object, "counts");
	__u32 i;

	printf("watched");
	for (i = 0; i < WATCH_NR; i++)
		printf(" %s=%llu", names[i], sum(counts, i));
	printf("\n");
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	sigset_t end;
	int sig;

	if (argc != 2)
		errx(2, "usage: bpfwatch OBJECT");
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	object = load_programs(argv[1]);
	attach_programs(object);
	printf("watching\n");
	fflush(stdout);
	sigwait(&end, &sig);
	print_counts(object);
	return 0;
}
