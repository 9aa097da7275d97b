// SPDX-License-Identifier: GPL-2.0-only
/*
 * collapse unmap|protect|split|nothing STEP: one thread collapses small pages to a
 * huge one; step.ko stops it at STEP of spf's handler, when mmap_lock has been
 * released, and another thread does that to the VMA.
 *
 * For tests in a guest with two CPUs.  "did steps=N stopped=0|1 alone=N errno=N":
 * stopped is 0 when the handler has fewer steps.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	4096UL
#define HUGE	(512 * PAGE)
#define MODULE	"/sys/module/step/parameters/"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static char *huge;
static int over;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void put(const char *file, long value)
{
	FILE *f = fopen(file, "w");

	if (!f || fprintf(f, "%ld\n", value) < 0 || fclose(f))
		die(file);
}

static long get(const char *file)
{
	FILE *f = fopen(file, "r");
	long value;

	if (!f || fscanf(f, "%ld", &value) != 1)
		die(file);
	fclose(f);
	return value;
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/*
 * A VMA of its own: others, of other rights, on both sides.  Only what is about to
 * be freed must be behind it, so that it is freed at once.
 */
static void make(void)
{
	char *p = mmap(NULL, 4 * HUGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	huge = (char *)(((unsigned long)p + 2 * HUGE - 1) & -HUGE);
	if (mprotect(huge, HUGE, PROT_READ | PROT_WRITE))
		die("mprotect");
	memset(huge, 1, HUGE);
}

static void act(const char *what)
{
	if (!strcmp(what, "unmap"))
		munmap(huge, HUGE);
	else if (!strcmp(what, "protect"))
		mprotect(huge, HUGE, PROT_READ);
	else if (!strcmp(what, "split"))
		munmap(huge, HUGE / 2);
}

static void *other(void *what)
{
	run_on(1);
	while (!get(MODULE "go"))
		if (__atomic_load_n(&over, __ATOMIC_RELAXED))
			return NULL;
	act(what);
	put(MODULE "done", 1);
	return NULL;
}

/* Pages that are somewhere else just now keep it from collapsing. */
static int collapse(void)
{
	int i;

	for (i = 0; i < 100; i++) {
		put(MODULE "tid", syscall(SYS_gettid));
		if (!madvise(huge, HUGE, MADV_COLLAPSE))
			return 0;
		if (get(MODULE "go"))
			break;
	}
	return errno;
}

int main(int argc, char **argv)
{
	pthread_t t;
	int err;

	if (argc != 3)
		return 2;
	put(MODULE "go", 0);
	put(MODULE "done", 0);
	put(MODULE "at", atol(argv[2]));
	if (pthread_create(&t, NULL, other, argv[1]))
		die("pthread_create");
	run_on(0);
	make();
	err = collapse();
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	put(MODULE "tid", 0);
	printf("did steps=%ld stopped=%ld alone=%ld errno=%d\n",
	       get(MODULE "steps"), get(MODULE "go"), get(MODULE "alone"), err);
	return 0;
}
