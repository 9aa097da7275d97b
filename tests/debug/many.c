// SPDX-License-Identifier: GPL-2.0-only
/*
 * many exit|kill|fork N: a process with N VMAs and two threads, that ends, is killed
 * or forks.
 *
 * For tests in a guest, with vm.max_map_count set high enough.  Where memory does
 * not suffice there are fewer; "did vmas=N".
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL

static void *idle(void *unused)
{
	pause();
	return unused;
}

/* Every second page has other rights, so that no two are one VMA. */
static unsigned long map(unsigned long n)
{
	char *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long i;

	if (p == MAP_FAILED)
		return 0;
	__atomic_store_n(p, 1, __ATOMIC_RELAXED);
	for (i = 1; i < n; i += 2)
		if (mprotect(p + i * PAGE, PAGE, PROT_READ))
			break;
	return i < n ? i : n;
}

int main(int argc, char **argv)
{
	unsigned long vmas;
	pthread_t t;
	int status;
	pid_t pid;

	if (argc != 3)
		return 2;
	pthread_create(&t, NULL, idle, NULL);
	vmas = map(strtoul(argv[2], NULL, 10));
	printf("did vmas=%lu\n", vmas);
	fflush(stdout);
	if (!strcmp(argv[1], "exit"))
		return 0;
	if (!strcmp(argv[1], "kill"))
		return kill(getpid(), SIGKILL);
	pid = fork();
	if (!pid)
		_exit(0);
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}
