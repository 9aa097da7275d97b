// SPDX-License-Identifier: GPL-2.0-only
/*
 * faultbench: what a page fault and a change of protection cost, and for how long
 * writers have mmap_lock.
 *
 * Prints instructions, because it is run where one tick of the TSC is one
 * instruction (QEMU, -icount shift=0); it first measures a loop of known
 * length to show that this is so.
 *
 * An operation is repeated in batches and the median batch counts: the timer
 * interrupt hits some batches and leaves the others alone, while what the
 * kernel itself does only every few pages (it fills its lists of free pages in
 * bulk) is in every batch.
 *
 * What needs another thread is done with a companion that sleeps until it is told
 * what to do.  It does that at once, since it goes before the thread that measures,
 * and sleeps again: on one CPU no instruction of its own is ever measured.
 * /dev/spf_locks is that of locks.ko.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <x86intrin.h>

#include "locks/locks.h"

#define BATCHES		16
#define PAGE		4096UL
#define TABLE		(512 * PAGE)	/* what one page table maps */
#define FAULTS		511		/* its pages but the first */
#define PAIRS		64
#define TABLES		128		/* page tables of a batch */
#define SMALL		16		/* pages of a mapping to protect */
#define NEAR		64		/* faults of a batch, each behind a write section */
#define NEAR_TABLES	4		/* page tables that those are in, less one page each */
#define HOLDS		32		/* operations of a batch whose holds are taken */
#define SEMS		64		/* times that a semaphore is taken in a batch */

static int locks;		/* /dev/spf_locks */

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

static char *map_with(int flags, size_t size, int prot)
{
	char *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags,
		       -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

static char *map(size_t size, int prot)
{
	return map_with(0, size, prot);
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

static void check_faults(long faults, long expected)
{
	if (faults != expected)
		errx(1, "%ld faults, expected %ld", faults, expected);
}

static void time_anon(char *p, unsigned long *batch)
{
	unsigned long start;
	int i;

	for (i = 0; i < BATCHES; i++) {
		start = __rdtsc();
		touch_table(p + i * TABLE);
		batch[i] = __rdtsc() - start;
	}
}

static void bench_anon(int threads)
{
	char *p = prepare_region(BATCHES * TABLE);
	unsigned long batch[BATCHES];
	long faults = faults_so_far();

	time_anon(p, batch);
	check_faults(faults_so_far() - faults, BATCHES * FAULTS);
	print("anon", threads, batch, FAULTS);
	munmap(p, BATCHES * TABLE);
}

/*
 * The first touch of each page table: most designs give up, and say why.  A batch
 * takes more pages than the kernel puts into one of its lists at a time.  So it is
 * larger than the guest's memory, of which it uses little.
 */
static void bench_table(int threads)
{
	size_t size = BATCHES * TABLES * TABLE;
	char *p = map_with(MAP_NORESERVE, size + TABLE, PROT_READ | PROT_WRITE);
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

/* A page in the midst of the VMA: split off and merged again. */
static void flip_split(char *p)
{
	flip(p + SMALL / 2 * PAGE, PAGE);
}

/* All of it: neither. */
static void flip_whole(char *p)
{
	flip(p, SMALL * PAGE);
}

static void bench_mprotect(const char *name, int threads, void (*operation)(char *p))
{
	char *p = prepare_fenced();
	unsigned long batch[BATCHES], start;
	int i, n;

	operation(p);
	for (i = 0; i < BATCHES; i++) {
		start = __rdtsc();
		for (n = 0; n < PAIRS; n++)
			operation(p);
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
	bench_mprotect("mprotect_split", threads, flip_split);
	bench_mprotect("mprotect_whole", threads, flip_whole);
	bench_map(threads);
}

/* --- the companion, the second thread --- */

enum order {
	READ_LOCK = 'r',	/* have mmap_lock for read, until it is released */
	PROTECT = 'p',		/* change the protection of a VMA, all of it */
};

static struct {
	int orders[2];		/* a pipe */
	atomic_long done;
	/* What PROTECT is about. */
	char *vma;
	size_t size;
	bool executable;
} companion;

/* Each time another protection than before, or the kernel would do nothing. */
static void protect(void)
{
	companion.executable = !companion.executable;
	if (mprotect(companion.vma, companion.size, PROT_READ | PROT_WRITE |
		     (companion.executable ? PROT_EXEC : 0)))
		err(1, "mprotect");
}

static void *obey(void *arg)
{
	char order;

	while (read(companion.orders[0], &order, 1) == 1) {
		if (order == PROTECT)
			protect();
		else if (ioctl(locks, LOCKS_READ))
			err(1, "LOCKS_READ");
		atomic_fetch_add(&companion.done, 1);
	}
	err(1, "read");
	return arg;
}

static void start_companion(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	pthread_t thread;

	if (pipe(companion.orders))
		err(1, "pipe");
	if (pthread_create(&thread, NULL, obey, NULL))
		errx(1, "cannot make a thread");
	if (pthread_setschedparam(thread, SCHED_FIFO, &first))
		errx(1, "cannot have a thread go first");
	usleep(10000);	/* let it go to sleep */
}

static void tell(char order)
{
	if (write(companion.orders[1], &order, 1) != 1)
		err(1, "write");
}

static void wait_until_done(long times)
{
	while (atomic_load(&companion.done) < times)
		sched_yield();
}

static bool is_read_locked(void)
{
	int held = ioctl(locks, LOCKS_IS_READ);

	if (held < 0)
		err(1, "LOCKS_IS_READ");
	return held;
}

/* --- faults beside another thread --- */

/* While the companion, asleep, has mmap_lock for read.  No mmap until the end. */
static void bench_reader(int threads)
{
	long done = atomic_load(&companion.done);
	char *p = prepare_region(BATCHES * TABLE);
	unsigned long batch[BATCHES];
	long faults;

	tell(READ_LOCK);
	while (!is_read_locked())
		sched_yield();
	faults = faults_so_far();
	time_anon(p, batch);
	check_faults(faults_so_far() - faults, BATCHES * FAULTS);
	if (!is_read_locked() || atomic_load(&companion.done) != done)
		errx(1, "mmap_lock was not held for read to the end");
	if (ioctl(locks, LOCKS_RELEASE))
		err(1, "LOCKS_RELEASE");
	wait_until_done(done + 1);
	print("reader", threads, batch, FAULTS);
	munmap(p, BATCHES * TABLE);
}

/* A VMA of its own whose page tables are there, with the first page of each. */
static char *prepare_near(char **all)
{
	size_t at, size = NEAR_TABLES * TABLE;
	char *p;

	*all = map(size + 2 * TABLE, PROT_NONE);
	p = (char *)(((uintptr_t)*all + TABLE) & -TABLE);
	if (mprotect(p, size, PROT_READ | PROT_WRITE) ||
	    madvise(p, size, MADV_NOHUGEPAGE))
		err(1, "mprotect or madvise");
	for (at = 0; at < size; at += TABLE)
		p[at] = 1;
	return p;
}

/* Not the first page of a table. */
static char *near_page(char *p, int n)
{
	const int in_table = BATCHES / NEAR_TABLES * NEAR;

	return p + n / in_table * TABLE + (n % in_table + 1) * PAGE;
}

/*
 * Each fault after an mprotect by the companion, of the VMA that the fault is in or
 * of another one.  The fault is measured by itself: what the mprotect takes, and the
 * change to the companion and back, is not in the figure.
 */
static void bench_writer(const char *name, int threads, bool same)
{
	long done = atomic_load(&companion.done);
	char *all, *p = prepare_near(&all), *other = prepare_fenced();
	unsigned long batch[BATCHES] = {}, start;
	long faults, measured = 0;
	int n;

	companion.vma = same ? p : other;
	companion.size = same ? NEAR_TABLES * TABLE : SMALL * PAGE;
	companion.executable = false;
	for (n = 0; n < BATCHES * NEAR; n++) {
		tell(PROTECT);
		wait_until_done(done + n + 1);
		faults = faults_so_far();
		start = __rdtsc();
		touch(near_page(p, n));
		batch[n / NEAR] += __rdtsc() - start;
		measured += faults_so_far() - faults;
	}
	check_faults(measured, BATCHES * NEAR);
	print(name, threads, batch, NEAR);
	munmap(other - PAGE, (SMALL + 2) * PAGE);
	munmap(all, (NEAR_TABLES + 2) * TABLE);
}

/* --- another semaphore, and how long a hold is --- */

static void bench_sem(int threads)
{
	unsigned long down[BATCHES], up[BATCHES];
	struct locks_pairs pairs;
	int i;

	for (i = 0; i < BATCHES; i++) {
		pairs = (struct locks_pairs){ .times = SEMS };
		if (ioctl(locks, LOCKS_PAIRS, &pairs))
			err(1, "LOCKS_PAIRS");
		down[i] = pairs.down;
		up[i] = pairs.up;
	}
	print("sem_down", threads, down, SEMS);
	print("sem_up", threads, up, SEMS);
}

static unsigned long ticks_of_holds(unsigned long expected)
{
	struct locks_holds seen;

	if (ioctl(locks, LOCKS_SEEN, &seen))
		err(1, "LOCKS_SEEN");
	if (seen.holds != expected)
		errx(1, "%llu write holds, expected %lu", seen.holds, expected);
	return seen.ticks;
}

static void map_beside(char *p)
{
	(void)p;
	map_touch_unmap();
}

/* Each of these operations is two holds. */
static void bench_hold(const char *name, int threads, void (*operation)(char *p))
{
	unsigned long batch[BATCHES];
	char *p = prepare_fenced();
	int i, n;

	if (ioctl(locks, LOCKS_MARK_OWN))
		err(1, "LOCKS_MARK_OWN");
	operation(p);
	ticks_of_holds(2);
	for (i = 0; i < BATCHES; i++) {
		for (n = 0; n < HOLDS; n++)
			operation(p);
		batch[i] = ticks_of_holds(2 * HOLDS);
	}
	if (ioctl(locks, LOCKS_UNMARK))
		err(1, "LOCKS_UNMARK");
	print(name, threads, batch, 2 * HOLDS);
	munmap(p - PAGE, (SMALL + 2) * PAGE);
}

/* What the marks take themselves. */
static void bench_empty_hold(int threads)
{
	unsigned long batch[BATCHES];
	int i;

	if (ioctl(locks, LOCKS_MARK_EMPTY))
		err(1, "LOCKS_MARK_EMPTY");
	for (i = 0; i < BATCHES; i++) {
		if (ioctl(locks, LOCKS_HOLD_EMPTY, (unsigned long)HOLDS))
			err(1, "LOCKS_HOLD_EMPTY");
		batch[i] = ticks_of_holds(HOLDS);
	}
	if (ioctl(locks, LOCKS_UNMARK))
		err(1, "LOCKS_UNMARK");
	print("hold_empty", threads, batch, HOLDS);
}

static void bench_beside(int threads)
{
	bench_reader(threads);
	bench_writer("writer_other", threads, false);
	bench_writer("writer_same", threads, true);
	bench_sem(threads);
	bench_empty_hold(threads);
	bench_hold("hold_mprotect_whole", threads, flip_whole);
	bench_hold("hold_mprotect_split", threads, flip_split);
	bench_hold("hold_map", threads, map_beside);
}

int main(void)
{
	static char buffer[4096];

	/* Not a page of stdio may be touched for the first time in between. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	memset(buffer, 1, sizeof(buffer));
	locks = open("/dev/spf_locks", O_RDWR | O_CLOEXEC);
	if (locks < 0)
		err(1, "/dev/spf_locks");
	calibrate();
	bench_all(1);
	start_companion();
	bench_all(2);
	bench_beside(2);
	fflush(stdout);
	_exit(0);
}
