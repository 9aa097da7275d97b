// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultbench: what a page fault and a change of protection cost.
 *
 * Prints instructions, because it is run where one tick of the TSC is one
 * instruction (QEMU, -icount shift=0); it first measures a loop of known
 * length to show that this is so.
 *
 * An operation is repeated in batches and the median batch counts: the timer
 * interrupt hits some batches and leaves the others alone, while what the
 * kernel itself does only every few pages (it fills its lists of free pages in
 * bulk) is in every batch.
 */
#include <err.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <x86intrin.h>

#define BATCHES		16
#define PAGE		4096UL
#define TABLE		(512 * PAGE)	/* what one page table maps */
#define FAULTS		511		/* its pages but the first */
#define PAIRS		64
#define TABLES		16		/* page tables of a batch */
#define SMALL		16		/* pages of a mapping to protect */

static int compare(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return (x > y) - (x < y);
}

static double median(unsigned long *batch)
{
	qsort(batch, BATCHES, sizeof(*batch), compare);
	return (batch[BATCHES / 2 - 1] + batch[BATCHES / 2]) / 2.0;
}

static void print(const char *name, int threads, unsigned long *batch,
		  int times)
{
	printf("fault=%s threads=%d instructions=%.2f\n", name, threads,
	       median(batch) / times);
}

static long faults_so_far(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		err(1, "getrusage");
	return usage.ru_minflt;
}

static char *map(size_t size, int prot)
{
	char *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

/* Two instructions a turn, no memory. */
static void known_loop(unsigned long turns)
{
	asm volatile("1: dec %0; jnz 1b" : "+r"(turns) : : "cc");
}

/* How many ticks of the TSC is an instruction? */
static void calibrate(void)
{
	const unsigned long turns = 100000;
	unsigned long batch[BATCHES], start;
	int i;

	for (i = 0; i < BATCHES; i++) {
		start = __rdtsc();
		known_loop(turns);
		batch[i] = __rdtsc() - start;
	}
	printf("faults=%d\n", BATCHES * FAULTS);
	printf("calibration loop=%lu ticks=%.0f\n", 2 * turns, median(batch));
}

/* A region whose page tables and anon_vma are there, and no page but those. */
static char *prepare_region(size_t size)
{
	char *p = map(size + TABLE, PROT_READ | PROT_WRITE);
	size_t at;

	p = (char *)(((uintptr_t)p + TABLE - 1) & -TABLE);
	if (madvise(p, size, MADV_NOHUGEPAGE))
		err(1, "madvise");
	for (at = 0; at < size; at += TABLE)
		p[at] = 1;
	return p;
}

/* A store that no compiler drops. */
static void touch(char *p)
{
	asm volatile("movb $1, %0" : "=m"(*p));
}

static void touch_table(char *table)
{
	size_t at;

	for (at = PAGE; at < TABLE; at += PAGE)
		touch(table + at);
}

static void bench_anon(int threads)
{
	char *p = prepare_region(BATCHES * TABLE);
	unsigned long batch[BATCHES], start;
	long faults = faults_so_far();
	int i;

	for (i = 0; i < BATCHES; i++) {
		start = __rdtsc();
		touch_table(p + i * TABLE);
		batch[i] = __rdtsc() - start;
	}
	faults = faults_so_far() - faults;
	if (faults != BATCHES * FAULTS)
		errx(1, "%ld faults, expected %d", faults, BATCHES * FAULTS);
	print("anon", threads, batch, FAULTS);
	munmap(p, BATCHES * TABLE);
}

/* The first touch of each page table: most designs give up, and say why. */
static void bench_table(int threads)
{
	size_t size = BATCHES * TABLES * TABLE;
	char *p = map(size + TABLE, PROT_READ | PROT_WRITE);
	char *first = (char *)(((uintptr_t)p + TABLE - 1) & -TABLE);
	unsigned long batch[BATCHES], start;
	int i, n;

	if (madvise(p, size + TABLE, MADV_NOHUGEPAGE))
		err(1, "madvise");
	touch(first + size);
	for (i = 0; i < BATCHES; i++) {
		start = __rdtsc();
		for (n = 0; n < TABLES; n++)
			touch(first + (i * TABLES + n) * TABLE);
		batch[i] = __rdtsc() - start;
	}
	print("table", threads, batch, TABLES);
	munmap(p, size + TABLE);
}

/* A VMA between others that it cannot be merged with, all pages there. */
static char *prepare_fenced(void)
{
	char *p = map((SMALL + 2) * PAGE, PROT_NONE) + PAGE;

	if (mprotect(p, SMALL * PAGE, PROT_READ | PROT_WRITE) ||
	    madvise(p, SMALL * PAGE, MADV_NOHUGEPAGE))
		err(1, "mprotect or madvise");
	memset(p, 1, SMALL * PAGE);
	return p;
}

static void flip(char *p, size_t size)
{
	if (mprotect(p, size, PROT_READ) ||
	    mprotect(p, size, PROT_READ | PROT_WRITE))
		err(1, "mprotect");
}

/* Part of the VMA: split off and merged again.  All of it: neither. */
static void bench_mprotect(const char *name, int threads, size_t offset,
			   size_t size)
{
	char *p = prepare_fenced();
	unsigned long batch[BATCHES], start;
	int i, n;

	flip(p + offset, size);
	for (i = 0; i < BATCHES; i++) {
		start = __rdtsc();
		for (n = 0; n < PAIRS; n++)
			flip(p + offset, size);
		batch[i] = __rdtsc() - start;
	}
	print(name, threads, batch, PAIRS);
	munmap(p - PAGE, (SMALL + 2) * PAGE);
}

static void map_touch_unmap(void)
{
	char *p = map(PAGE, PROT_READ | PROT_WRITE);

	touch(p);
	munmap(p, PAGE);
}

static void bench_map(int threads)
{
	unsigned long batch[BATCHES], start;
	int i, n;

	map_touch_unmap();
	for (i = 0; i < BATCHES; i++) {
		start = __rdtsc();
		for (n = 0; n < PAIRS; n++)
			map_touch_unmap();
		batch[i] = __rdtsc() - start;
	}
	print("map", threads, batch, PAIRS);
}

static void bench_all(int threads)
{
	bench_anon(threads);
	bench_table(threads);
	bench_mprotect("mprotect_split", threads, SMALL / 2 * PAGE, PAGE);
	bench_mprotect("mprotect_whole", threads, 0, SMALL * PAGE);
	bench_map(threads);
}

/* All it is there for: mm_users is 2. */
static void *sleep_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	static char buffer[4096];
	pthread_t thread;

	/* Not a page of stdio may be touched for the first time in between. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	memset(buffer, 1, sizeof(buffer));
	calibrate();
	bench_all(1);
	if (pthread_create(&thread, NULL, sleep_forever, NULL))
		errx(1, "cannot make a thread");
	usleep(10000);	/* let it go to sleep */
	bench_all(2);
	fflush(stdout);
	_exit(0);
}
