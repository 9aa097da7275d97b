// SPDX-License-Identifier: GPL-2.0-only
/*
 * scale: what a writer and a fault cost where many threads wait, or there are many VMAs.
 *
 *	scale queue N	N threads wait for mmap_lock, each to change the protection of a
 *			VMA of its own.  Printed is what it takes from the release of the
 *			lock until the last one has done so, for each of them.
 *	scale vmas N	a fault, and a change of protection, in a process of N VMAs more
 *	scale faults N	N threads take faults at the same time, 10 page tables full each, and
 *			change nothing meanwhile
 *	scale beside N	the same, while one more thread changes another VMA all the time
 *
 * Prints instructions, as faultbench does; of the last two how many faults were taken,
 * as instructions are counted on one CPU only.  In queue, nothing may fault while threads
 * wait: it would wait as well.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include "locks/locks.h"

#define PAGE		4096UL
#define TABLE		(512 * PAGE)
#define ROUNDS		7
#define FAULTS		511
#define PAIRS		64

static int locks;		/* /dev/spf_locks */
/* Pipes: to the holder; one byte for each waiter; one from the last of them. */
static int orders[2], go[2], over[2];
static atomic_long about, done;
static long nr;

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *what, long n, double *rounds)
{
	qsort(rounds, ROUNDS, sizeof(*rounds), compare);
	printf("scale what=%s n=%ld instructions=%.1f\n", what, n, rounds[ROUNDS / 2]);
}

static char *map(size_t size, int prot)
{
	char *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

/* --- queue --- */

static void *holder(void *arg)
{
	char byte;

	while (read(orders[0], &byte, 1) == 1)
		if (ioctl(locks, LOCKS_READ))
			err(1, "LOCKS_READ");
	return arg;
}

static void *waiter(void *arg)
{
	char *page = arg, byte;
	int executable = 0;

	*page = 1;
	while (read(go[0], &byte, 1) == 1) {
		executable = !executable;
		atomic_fetch_add(&about, 1);
		if (mprotect(page, PAGE, PROT_READ | PROT_WRITE | (executable ? PROT_EXEC : 0)))
			err(1, "mprotect");
		if (atomic_fetch_add(&done, 1) + 1 == nr && write(over[1], "", 1) != 1)
			err(1, "write");
	}
	return NULL;
}

/* Tasks that run, of the whole machine. */
static int running(void)
{
	static char text[64];
	static int fd = -1;
	char *slash;
	ssize_t n;

	if (fd < 0)
		fd = open("/proc/loadavg", O_RDONLY);
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		err(1, "/proc/loadavg");
	text[n] = '\0';
	slash = strchr(text, '/');
	*slash = '\0';
	return atoi(strrchr(text, ' ') + 1);
}

static void await_read_lock(void)
{
	int held;

	do {
		usleep(1000);
		held = ioctl(locks, LOCKS_IS_READ);
		if (held < 0)
			err(1, "LOCKS_IS_READ");
	} while (!held);
}

static void start(void *(*fn)(void *arg), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32768);
	if (pthread_create(&thread, &attr, fn, arg))
		errx(1, "cannot make a thread");
}

static void let_go(long times)
{
	static char bytes[4096];
	long n;

	for (; times; times -= n) {
		n = times < (long)sizeof(bytes) ? times : (long)sizeof(bytes);
		if (write(go[1], bytes, n) != n)
			err(1, "write");
	}
}

/* Until all of them wait, and nobody else runs. */
static void await_waiters(void)
{
	do {
		usleep(10000);
	} while (atomic_load(&about) < nr || running() > 1);
}

static double drain(void)
{
	unsigned long begin;
	char byte;

	begin = __rdtsc();
	if (ioctl(locks, LOCKS_RELEASE))
		err(1, "LOCKS_RELEASE");
	if (read(over[0], &byte, 1) != 1)
		err(1, "read");
	return (double)(__rdtsc() - begin) / nr;
}

static void queue(void)
{
	char *p = map((2 * nr + 1) * PAGE, PROT_NONE);
	double rounds[ROUNDS];
	long i;

	start(holder, NULL);
	for (i = 0; i < nr; i++) {
		if (mprotect(p + (2 * i + 1) * PAGE, PAGE, PROT_READ | PROT_WRITE))
			err(1, "mprotect");
		start(waiter, p + (2 * i + 1) * PAGE);
	}
	usleep(200000);
	for (i = 0; i < ROUNDS; i++) {
		atomic_store(&about, 0);
		atomic_store(&done, 0);
		if (write(orders[1], "", 1) != 1)
			err(1, "write");
		await_read_lock();
		let_go(nr);
		await_waiters();
		rounds[i] = drain();
		usleep(200000);
	}
	print("queue", nr, rounds);
}

/* --- vmas --- */

static double fault_once(void)
{
	char *p = map(2 * TABLE, PROT_READ | PROT_WRITE), *q;
	unsigned long begin;
	int i;

	q = (char *)(((uintptr_t)p + TABLE - 1) & -TABLE);
	if (madvise(q, TABLE, MADV_NOHUGEPAGE))
		err(1, "madvise");
	*q = 1;
	begin = __rdtsc();
	for (i = 1; i <= FAULTS; i++)
		q[i * PAGE] = 1;
	begin = __rdtsc() - begin;
	munmap(p, 2 * TABLE);
	return (double)begin / FAULTS;
}

static double flip_once(char *p)
{
	unsigned long begin = __rdtsc();
	int i;

	for (i = 0; i < PAIRS; i++)
		if (mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) ||
		    mprotect(p, PAGE, PROT_READ | PROT_WRITE))
			err(1, "mprotect");
	return (double)(__rdtsc() - begin) / PAIRS;
}

static void *sleeper(void *arg)
{
	pause();
	return arg;
}

static void vmas(void)
{
	double faults[ROUNDS], flips[ROUNDS];
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			  MAP_FIXED_NOREPLACE;
	char *first = (char *)(1UL << 44), *middle;
	long i;

	start(sleeper, NULL);
	/* One behind the other, and none like its neighbours. */
	for (i = 0; i < nr; i++)
		if (mmap(first + i * PAGE, PAGE, PROT_READ | (i & 1 ? PROT_WRITE : 0),
			 flags, -1, 0) == MAP_FAILED)
			err(1, "mmap number %ld", i);
	middle = first + (nr / 2 | 1) * PAGE;
	*middle = 1;
	for (i = 0; i < ROUNDS; i++) {
		faults[i] = fault_once();
		flips[i] = flip_once(middle);
	}
	print("vmas_fault", nr, faults);
	print("vmas_mprotect", nr, flips);
}

/* --- faults at the same time --- */

#define TABLES		10

static atomic_bool enough;
static pthread_barrier_t all_there;

static void *faulter(void *arg)
{
	char *p = map(TABLES * TABLE, PROT_READ | PROT_WRITE);
	size_t i;

	if (madvise(p, TABLES * TABLE, MADV_NOHUGEPAGE))
		err(1, "madvise");
	pthread_barrier_wait(&all_there);
	for (i = 0; i < TABLES * TABLE; i += PAGE)
		p[i] = 1;
	return arg;
}

static void *writer(void *arg)
{
	char *p = map(3 * PAGE, PROT_NONE) + PAGE;

	pthread_barrier_wait(&all_there);
	while (!atomic_load(&enough))
		flip_once(p);
	return arg;
}

static void fault_together(bool beside)
{
	pthread_t *threads = calloc(nr + 1, sizeof(*threads));
	long i;

	if (!threads)
		err(1, "calloc");
	pthread_barrier_init(&all_there, NULL, nr + beside);
	for (i = 0; i < nr + beside; i++)
		if (pthread_create(&threads[i], NULL, i < nr ? faulter : writer, NULL))
			errx(1, "cannot make a thread");
	for (i = 0; i < nr + beside; i++) {
		/* The writer is the last one. */
		if (i == nr)
			atomic_store(&enough, true);
		pthread_join(threads[i], NULL);
	}
	printf("scale what=%s n=%ld faults=%ld\n", beside ? "beside" : "faults", nr,
	       (long)(nr * TABLES * TABLE / PAGE));
}

int main(int argc, char **argv)
{
	nr = argc == 3 ? atol(argv[2]) : 0;
	if (nr < 1)
		errx(2, "usage: scale queue|vmas|faults|beside N");
	if (!strcmp(argv[1], "faults") || !strcmp(argv[1], "beside")) {
		fault_together(argv[1][0] == 'b');
		return 0;
	}
	locks = open("/dev/spf_locks", O_RDWR | O_CLOEXEC);
	if (locks < 0)
		err(1, "/dev/spf_locks");
	if (pipe(orders) || pipe(go) || pipe(over))
		err(1, "pipe");
	if (!strcmp(argv[1], "queue"))
		queue();
	else
		vmas();
	fflush(stdout);
	_exit(0);
}
