// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load of chance for the oracle: threads that fault in some VMAs, beside
 * threads that change these very VMAs in every way, and one that forks.
 *
 *	mix FAULTS SEED [FILE]
 *
 * Ends after at least FAULTS faults.  Writes a copy of stats to FILE, or to
 * standard output.
 *
 * What spf counts is exactly what happens from its reset to the copy: the filter
 * is set to this process before, all threads are not only joined but gone when
 * the copy is made, and what the program itself needs for that is locked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "counted.h"

#define FAULTERS	3
#define WRITERS		2
#define THREADS		(FAULTERS + WRITERS + 1)

/*
 * Each area has a slot of its own, larger than it, at an address that nobody else
 * gets while there is a hole: the slots are far from where the kernel looks for
 * room.  The last areas are of other kinds; behind them each writer has a slot to
 * move an area to.
 */
#define AREAS		8
#define SLOT		(4 * PMD)
#define AREA_PAGES	256UL
#define HEAP_PAGES	64

static char *const arena = (char *)0x100000000000UL;

enum { SHARED_AREA = AREAS - 3, SMALL_AREA, STACK_AREA };

struct thread {
	pthread_t id;
	pid_t tid;
	unsigned int nr;
	unsigned long random;
	sigjmp_buf after;
};

static struct thread threads[THREADS];
static __thread struct thread *self;
static atomic_bool stop;
static char *heap;

static unsigned long next(struct thread *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return t->random >> 11;
}

static unsigned long below(struct thread *t, unsigned long n)
{
	return next(t) % n;
}

static char *area_at(unsigned int nr)
{
	return arena + nr * SLOT;
}

static size_t size_of(unsigned int nr)
{
	return (nr == SMALL_AREA || nr == STACK_AREA ? 16 : AREA_PAGES) * PAGE;
}

/* Whatever was there is replaced; an area that grows has a hole below it. */
static void map_area(unsigned int nr)
{
	int flags = MAP_ANONYMOUS | MAP_FIXED;

	flags |= nr == SHARED_AREA ? MAP_SHARED : MAP_PRIVATE;
	if (nr == STACK_AREA)
		flags |= MAP_GROWSDOWN;
	if (mmap(area_at(nr), size_of(nr), PROT_READ | PROT_WRITE, flags, -1,
		 0) == MAP_FAILED)
		die("mmap");
}

static void rest(struct thread *t, unsigned int us)
{
	struct timespec time = { .tv_nsec = below(t, us) * 1000 };

	nanosleep(&time, NULL);
}

/* --- faults --- */

static void survive(int signal)
{
	(void)signal;
	siglongjmp(self->after, 1);
}

static void touch(struct thread *t, char *p)
{
	unsigned long how = below(t, 8);

	/* By the kernel, which is refused where it is not mapped. */
	if (how == 0)
		syscall(SYS_getcpu, p, NULL, NULL);
	if (how == 1 || how == 2)
		read_from(p);
	if (how > 1)
		write_to(p);
}

static char *some_pages(struct thread *t, unsigned long *pages)
{
	unsigned int nr = below(t, AREAS);
	unsigned long all = size_of(nr) / PAGE, first;

	if (!below(t, 16)) {
		*pages = 1 + below(t, 4);
		return heap + below(t, HEAP_PAGES) * PAGE;
	}
	if (nr == STACK_AREA) {
		/* Some are below it, and make it grow. */
		*pages = 1;
		return area_at(nr) + (below(t, 24) - 8) * PAGE;
	}
	first = below(t, all);
	*pages = 1 + below(t, all - first < 16 ? all - first : 16);
	return area_at(nr) + first * PAGE;
}

static void fault_once(struct thread *t)
{
	unsigned long pages, i;
	char *p = some_pages(t, &pages);

	/* They are to fault again. */
	if (below(t, 4))
		madvise(p, pages * PAGE, MADV_DONTNEED);
	for (i = 0; i < pages && !stop; i++)
		touch(t, p + i * PAGE);
}

static void fault(struct thread *t)
{
	/* Where the access that was refused continues. */
	sigsetjmp(t->after, 0);
	while (!stop)
		fault_once(t);
}

/* --- writers: what fails, because the other one was there, does no harm --- */

struct part {
	unsigned int nr;
	char *all, *some;
	size_t size, some_size;
};

static void protect(struct thread *t, const struct part *part)
{
	int prot = below(t, 3) ? PROT_READ : PROT_NONE;

	if (below(t, 2)) {
		mprotect(part->all, part->size, PROT_READ);
		mprotect(part->all, part->size, PROT_READ | PROT_WRITE);
		return;
	}
	mprotect(part->some, part->some_size, prot);
	if (below(t, 2))
		rest(t, 100);
	mprotect(part->some, part->some_size, PROT_READ | PROT_WRITE);
}

static void unmap(struct thread *t, const struct part *part)
{
	switch (below(t, 3)) {
	case 0:
		munmap(part->all, part->size);
		break;
	case 1:
		munmap(part->some, part->some_size);
	}
	map_area(part->nr);
}

static void move(struct thread *t, const struct part *part)
{
	char *to = area_at(AREAS + t->nr);

	if (mremap(part->all, part->size, part->size,
		   MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		return;
	mremap(to, part->size, part->size, MREMAP_MAYMOVE | MREMAP_FIXED,
	       part->all);
}

static void grow(struct thread *t, const struct part *part)
{
	size_t larger = part->size + (1 + below(t, 16)) * PAGE;

	mremap(part->all, part->size, larger, 0);
	mremap(part->all, larger, part->size, 0);
}

static void advise(struct thread *t, const struct part *part)
{
	static const int pairs[][2] = {
		{ MADV_DONTNEED, MADV_NORMAL },
		{ MADV_FREE, MADV_FREE },
		{ MADV_DONTFORK, MADV_DOFORK },
		{ MADV_SEQUENTIAL, MADV_NORMAL },
		{ MADV_DONTDUMP, MADV_DODUMP },
	};
	const int *pair = pairs[below(t, sizeof(pairs) / sizeof(*pairs))];

	madvise(part->some, part->some_size, pair[0]);
	madvise(part->some, part->some_size, pair[1]);
}

static void lock(struct thread *t, const struct part *part)
{
	size_t few = (1 + below(t, 4)) * PAGE;

	mlock(part->some, few);
	munlock(part->some, few);
}

/* Only one thread does: the heap is nobody else's in the meantime. */
static void move_break(struct thread *t)
{
	long size = (1 + below(t, HEAP_PAGES)) * PAGE;

	if (t->nr)
		return;
	if (sbrk(size) == (void *)-1)
		die("sbrk");
	rest(t, 200);
	if (sbrk(-size) == (void *)-1)
		die("sbrk");
}

static void change(struct thread *t)
{
	struct part part = { .nr = below(t, AREAS) };
	unsigned long pages = size_of(part.nr) / PAGE, first;

	part.all = area_at(part.nr);
	part.size = size_of(part.nr);
	first = below(t, pages);
	part.some = part.all + first * PAGE;
	part.some_size = (1 + below(t, pages - first)) * PAGE;
	switch (below(t, 12)) {
	case 0:
	case 1:
		unmap(t, &part);
		break;
	case 2:
		move(t, &part);
		break;
	case 3:
		grow(t, &part);
		break;
	case 4:
	case 5:
		advise(t, &part);
		break;
	case 6:
		lock(t, &part);
		break;
	case 7:
		move_break(t);
		break;
	default:
		protect(t, &part);
	}
}

static void write_vmas(struct thread *t)
{
	while (!stop) {
		change(t);
		rest(t, 200);
	}
}

static void fork_children(struct thread *t)
{
	pid_t child;

	while (!stop) {
		child = fork();
		if (child < 0)
			die("fork");
		if (!child)
			_exit(0);
		if (waitpid(child, NULL, 0) != child)
			die("waitpid");
		rest(t, 100000);
	}
}

/* --- the threads --- */

static void *run(void *arg)
{
	unsigned long nr;

	self = arg;
	nr = self - threads;
	self->tid = gettid();
	if (nr < WRITERS)
		write_vmas(self);
	else if (nr < WRITERS + FAULTERS)
		fault(self);
	else
		fork_children(self);
	return NULL;
}

static void start(unsigned long seed)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		threads[i].nr = i;
		threads[i].random = (seed + i + 1) * 0x9e3779b97f4a7c15UL;
		if (pthread_create(&threads[i].id, NULL, run, &threads[i]))
			die("pthread_create");
	}
}

/*
 * A thread that has been joined may still be on its way out, and what is judged
 * of it then would be missing.
 */
static void finish(void)
{
	unsigned int i;

	stop = true;
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
	for (i = 0; i < THREADS; i++)
		while (!syscall(SYS_tgkill, getpid(), threads[i].tid, 0) ||
		       errno != ESRCH)
			usleep(1000);
}

static unsigned long faults(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		die("getrusage");
	return usage.ru_minflt;
}

static void set_up(void)
{
	struct sigaction action = {
		.sa_handler = survive,
		.sa_flags = SA_NODEFER,
	};
	unsigned int i;

	if (sigaction(SIGSEGV, &action, NULL) ||
	    sigaction(SIGBUS, &action, NULL))
		die("sigaction");
	settle();
	/* From here on nothing is locked. */
	for (i = 0; i < AREAS; i++)
		map_area(i);
	/* What pthread_create() allocates has room below it. */
	free(malloc(1));
	heap = align_up(sbrk(0), PAGE);
}

int main(int argc, char **argv)
{
	unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 0) : 30000;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	unsigned long before;
	FILE *file = stdout;

	if (argc > 3)
		file = fopen(argv[3], "w");
	if (!file)
		die(argv[3]);
	count_pid();
	set_up();
	count_from_here();
	before = faults();
	start(seed);
	/* Some of these were the kernel's own. */
	while (faults() - before < wanted + wanted / 4)
		usleep(20000);
	finish();
	count_to_here();
	if (fputs(stats, file) < 0 || fclose(file))
		die("stats");
	return 0;
}
