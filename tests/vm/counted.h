/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs of the guest's tests share: memory whose neighbours cannot
 * merge with it, and a part of the program that spf counts alone.
 */
#ifndef COUNTED_H
#define COUNTED_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DIR		"/sys/kernel/debug/spf/"
#define PAGE		4096UL
#define PMD		(512 * PAGE)

/* Prime, so that a count that is right by accident is unlikely. */
#define MANY		1009
#define FEW		23

static char stats[1 << 16];

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(path);
	close(fd);
}

static inline void read_from(const void *p)
{
	__atomic_load_n((const char *)p, __ATOMIC_RELAXED);
}

static inline void write_to(void *p)
{
	__atomic_store_n((char *)p, 1, __ATOMIC_RELAXED);
}

/* Addresses that nobody else gets, and that merge with nothing else. */
static inline char *reserve(size_t size)
{
	char *p = mmap(NULL, size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static inline char *align_up(char *p, size_t to)
{
	return (char *)(((uintptr_t)p + to - 1) & ~(to - 1));
}

/* What is left at either end is of another kind: no neighbour can merge. */
static inline char *map_aligned(size_t size, size_t to)
{
	char *p = align_up(reserve(size + 2 * to) + 1, to);

	if (mprotect(p, size, PROT_READ | PROT_WRITE))
		die("mprotect");
	return p;
}

/* Whole page tables. */
static inline char *map_pmds(unsigned int nr)
{
	return map_aligned(nr * PMD, PMD);
}

/* --- the part that is counted --- */

/*
 * All other pages that the program needs while it is counted are there and
 * stay, so that no other fault is counted.  What is mapped later is not locked.
 */
static inline void settle(void)
{
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		die("PR_SET_THP_DISABLE");
	if (mlockall(MCL_CURRENT))
		die("mlockall");
}

static inline void count_pid(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	write_file(DIR "pid", pid);
}

static inline void count_from_here(void)
{
	count_pid();
	write_file(DIR "reset", "1");
}

static inline void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		die(path);
	while ((got = read(fd, text + n, size - 1 - n)) > 0)
		n += got;
	close(fd);
	text[n] = 0;
}

static inline void count_to_here(void)
{
	read_file(DIR "stats", stats, sizeof(stats));
	write_file(DIR "pid", "0");
}

#endif /* COUNTED_H */
