// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load for tests of agreement: threads that fault in a few VMAs, and threads
 * that change those very VMAs, for a while.  What happens is chance; it does
 * nothing to spf.
 *
 *	churn SECONDS [FAULTERS [WRITERS]]	(2 and 1)
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL
#define PAGES	2048
#define AREAS	2

static char *areas[AREAS];
static atomic_bool stop;

static unsigned int next(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 8;
}

/*
 * Only reads and never in a range that a writer may have unmapped: the writer
 * puts another mapping there in one call.
 */
static void *fault(void *arg)
{
	unsigned int seed = (unsigned long)arg;
	char *area;
	unsigned int i;

	while (!stop) {
		area = areas[next(&seed) % AREAS];
		for (i = 0; i < PAGES; i += 1 + next(&seed) % 3)
			__atomic_load_n(&area[i * PAGE], __ATOMIC_RELAXED);
	}
	return NULL;
}

static void check(bool bad, const char *what)
{
	if (!bad)
		return;
	perror(what);
	exit(1);
}

static void change(char *area, unsigned int how)
{
	char *middle = area + PAGES / 4 * PAGE;
	size_t all = PAGES * PAGE, half = all / 2;

	switch (how % 16) {
	case 0:
		check(madvise(area, all, MADV_DONTNEED), "madvise");
		break;
	case 1:
		check(madvise(area, all, MADV_FREE), "madvise");
		break;
	case 2:
		check(mmap(middle, half, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			   0) == MAP_FAILED, "mmap");
		break;
	case 3:
		check(madvise(area, all, MADV_DONTFORK), "madvise");
		check(madvise(area, all, MADV_DOFORK), "madvise");
		break;
	case 4:
		check(mlock(area, all) || munlock(area, all), "mlock");
		break;
	case 5:
		check(mprotect(middle, half, PROT_READ), "mprotect");
		check(mprotect(middle, half, PROT_READ | PROT_WRITE),
		      "mprotect");
		break;
	default:
		check(mprotect(area, all, PROT_READ | PROT_EXEC), "mprotect");
		check(mprotect(area, all, PROT_READ | PROT_WRITE), "mprotect");
	}
}

static void *write_vmas(void *arg)
{
	unsigned int seed = (unsigned long)arg, n = 0;
	pid_t child;

	while (!stop) {
		change(areas[next(&seed) % AREAS], next(&seed));
		if (++n % 256)
			continue;
		child = fork();
		check(child < 0, "fork");
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : 5;
	unsigned long faulters = argc > 2 ? strtoul(argv[2], NULL, 10) : 2;
	unsigned long writers = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	pthread_t thread;
	unsigned long i;

	for (i = 0; i < AREAS; i++) {
		/* Apart, so that they stay VMAs of their own. */
		areas[i] = mmap(NULL, (PAGES + 1) * PAGE,
				PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		check(areas[i] == MAP_FAILED, "mmap");
		check(mprotect(areas[i] + PAGES * PAGE, PAGE, PROT_NONE),
		      "mprotect");
		areas[i][0] = 1;
	}
	for (i = 0; i < faulters + writers; i++)
		check(pthread_create(&thread, NULL,
				     i < faulters ? fault : write_vmas,
				     (void *)(i + 1)), "pthread_create");
	sleep(seconds);
	stop = true;
	return 0;
}
