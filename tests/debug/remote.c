// SPDX-License-Identifier: GPL-2.0-only
/*
 * remote write ROUNDS	all that one process can do to the memory of another one,
 *			whose threads fault and map meanwhile
 * remote wait PAGES	maps so many, prints "did pid= address=", and waits for the
 *			end of its standard input
 *
 * For tests in a guest.  Prints "did call=... done=... failed=...".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

#define PAGE	4096UL
#define HUGE	(512 * PAGE)
#define PAGES	1024UL

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static char *arena;
static pid_t pid;
static int mem, pidfd;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(unsigned long pages)
{
	char *p = mmap(NULL, pages * PAGE + HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return (char *)(((unsigned long)p + HUGE - 1) & -HUGE);
}

static void *busy(void *arg)
{
	unsigned long i;
	char *p;

	for (;;) {
		for (i = 0; i < PAGES; i += 7)
			__atomic_store_n(&arena[i * PAGE], 1, __ATOMIC_RELAXED);
		p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			continue;
		__atomic_store_n(p, 1, __ATOMIC_RELAXED);
		mprotect(p + PAGE, PAGE, PROT_READ);
		munmap(p, 4 * PAGE);
		if (arg)
			madvise(arena, PAGES / 2 * PAGE, MADV_DONTNEED);
	}
	return NULL;
}

static pid_t start_busy(void)
{
	pthread_t t;

	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	pthread_create(&t, NULL, busy, NULL);
	pthread_create(&t, NULL, busy, "");
	for (;;)
		pause();
}

static unsigned long where(unsigned long round)
{
	return (unsigned long)arena + round * 13 % PAGES * PAGE;
}

static long do_writev(unsigned long round)
{
	char text[] = "text";
	struct iovec from = { text, sizeof(text) };
	struct iovec to = { (void *)where(round), sizeof(text) };

	return process_vm_writev(pid, &from, 1, &to, 1, 0);
}

static long do_readv(unsigned long round)
{
	char text[64];
	struct iovec to = { text, sizeof(text) };
	struct iovec from = { (void *)where(round), sizeof(text) };

	return process_vm_readv(pid, &to, 1, &from, 1, 0);
}

static long do_mem(unsigned long round)
{
	return pwrite(mem, "text", 4, where(round));
}

static long do_ptrace(unsigned long round)
{
	long result;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
		return -1;
	waitpid(pid, NULL, 0);
	result = ptrace(PTRACE_POKEDATA, pid, (void *)where(round), (void *)1);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return result;
}

static long proc_file(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags);
}

static long do_clear_refs(unsigned long round)
{
	char text[] = { '1' + round % 4, '\n' };
	int fd = proc_file("clear_refs", O_WRONLY);
	long result = write(fd, text, 2);

	close(fd);
	return result;
}

static long do_smaps(unsigned long round)
{
	int fd = proc_file(round % 2 ? "smaps" : "numa_maps", O_RDONLY);
	char text[4096];
	long len, sum = 0;

	if (fd < 0)
		fd = proc_file("maps", O_RDONLY);
	while ((len = read(fd, text, sizeof(text))) > 0)
		sum += len;
	close(fd);
	return sum > 0 ? 0 : -1;
}

static long advise(unsigned long round, int advice)
{
	unsigned long start = advice == MADV_COLLAPSE ?
			      (unsigned long)arena : where(round);
	struct iovec at = { (void *)start,
			    advice == MADV_COLLAPSE ? HUGE : 4 * PAGE };

	return syscall(SYS_process_madvise, pidfd, &at, 1, advice, 0);
}

static long do_cold(unsigned long round)
{
	return advise(round, MADV_COLD);
}

static long do_pageout(unsigned long round)
{
	return advise(round, MADV_PAGEOUT);
}

static long do_collapse(unsigned long round)
{
	return advise(round, MADV_COLLAPSE);
}

static struct {
	const char *name;
	long (*call)(unsigned long round);
	unsigned long done;
	unsigned long failed;
} calls[] = {
	{ "process_vm_writev", do_writev, 0, 0 },
	{ "process_vm_readv", do_readv, 0, 0 },
	{ "mem", do_mem, 0, 0 },
	{ "ptrace", do_ptrace, 0, 0 },
	{ "clear_refs", do_clear_refs, 0, 0 },
	{ "smaps", do_smaps, 0, 0 },
	{ "cold", do_cold, 0, 0 },
	{ "pageout", do_pageout, 0, 0 },
	{ "collapse", do_collapse, 0, 0 },
};

#define NR_CALLS	ARRAY_SIZE(calls)

static int write_all(unsigned long rounds)
{
	unsigned long round;
	unsigned int i;

	arena = map(PAGES);
	start_busy();
	mem = proc_file("mem", O_RDWR);
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (mem < 0 || pidfd < 0)
		die("mem or pidfd");
	for (round = 0; round < rounds; round++)
		for (i = 0; i < NR_CALLS; i++)
			if (calls[i].call(round) < 0)
				calls[i].failed++;
			else
				calls[i].done++;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (i = 0; i < NR_CALLS; i++)
		printf("did call=%s done=%lu failed=%lu\n", calls[i].name,
		       calls[i].done, calls[i].failed);
	return 0;
}

static void *idle(void *unused)
{
	pause();
	return unused;
}

/* With a second thread, so that its faults are not those of a single user. */
static int wait_for_end(unsigned long pages)
{
	pthread_t t;
	char c;

	arena = map(pages);
	__atomic_store_n(arena, 1, __ATOMIC_RELAXED);
	pthread_create(&t, NULL, idle, NULL);
	printf("did pid=%d address=%lu\n", getpid(),
	       (unsigned long)arena + PAGE);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	_exit(0);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "write"))
		return write_all(strtoul(argv[2], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "wait"))
		return wait_for_end(strtoul(argv[2], NULL, 10));
	return 2;
}
