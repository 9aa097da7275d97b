// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm LOAD,... ACTION...
 *
 * For tests in a guest: threads that do something with their address space, and
 * what happens to the machine meanwhile.  Nothing is timed: an action comes when
 * every thread has gone round so many times since the one before.
 *
 * LOAD, one thread each:
 *	map	mmap, touch, mprotect, mlock, munmap of a few pages
 *	fault	faults in memory that all of them have
 *	fork	a child that writes and ends
 *	exec	a child that becomes another program
 *	kill	a child with threads in faults, killed
 *
 * ACTION:
 *	rounds N		nothing, N rounds
 *	flap FILE N		writes 0 and 1 to FILE, N times
 *	cycle MODULE N		loads and unloads it, N times
 *	read FILE N		opens and reads it, N times
 *
 * Prints what it did, "did load=... rounds=...".  Fails when an action does,
 * other than one on a file of a module that is not there.
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

#define PAGE		4096UL
#define MAP_PAGES	8
#define ARENA_PAGES	64
#define LOADS_MAX	16
/* Between two actions. */
#define ROUNDS		5

struct load {
	const char *name;
	void (*once)(void);
	unsigned long rounds;
	pthread_t thread;
};

static struct load loads[LOADS_MAX];
static unsigned int nr_loads;
static char *arena;
static int stop;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(unsigned long pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void touch(char *p, unsigned long pages)
{
	unsigned long i;

	for (i = 0; i < pages; i++)
		__atomic_store_n(&p[i * PAGE], 1, __ATOMIC_RELAXED);
}

/* Splits and merges.  A lock that the limit forbids is as good. */
static void map_once(void)
{
	char *p = map(MAP_PAGES);

	touch(p, MAP_PAGES);
	mprotect(p + PAGE, PAGE, PROT_READ);
	mlock(p + 3 * PAGE, 2 * PAGE);
	touch(p + 2 * PAGE, MAP_PAGES - 2);
	munlock(p + 3 * PAGE, 2 * PAGE);
	mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE);
	madvise(p, MAP_PAGES * PAGE, MADV_DONTNEED);
	touch(p, 1);
	munmap(p + 2 * PAGE, PAGE);
	munmap(p, MAP_PAGES * PAGE);
}

static void fault_once(void)
{
	touch(arena, ARENA_PAGES);
	madvise(arena, ARENA_PAGES * PAGE, MADV_DONTNEED);
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static void reap(pid_t pid)
{
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

static void fork_once(void)
{
	pid_t pid = child();

	if (!pid) {
		touch(arena, ARENA_PAGES);
		_exit(0);
	}
	reap(pid);
}

static void exec_once(void)
{
	pid_t pid = child();

	if (!pid) {
		execl("/proc/self/exe", "storm", "nothing", NULL);
		_exit(127);
	}
	reap(pid);
}

static void *fault_for_ever(void *unused)
{
	for (;;)
		fault_once();
	return unused;
}

/* The child says through a pipe that all of its threads are there. */
static void kill_once(void)
{
	int pipes[2], i;
	pthread_t t;
	pid_t pid;
	char c;

	if (pipe(pipes))
		die("pipe");
	pid = child();
	if (!pid) {
		for (i = 0; i < 3; i++)
			pthread_create(&t, NULL, fault_for_ever, NULL);
		if (write(pipes[1], "x", 1) == 1)
			fault_for_ever(NULL);
		_exit(1);
	}
	if (read(pipes[0], &c, 1) != 1)
		die("read");
	sched_yield();
	kill(pid, SIGKILL);
	reap(pid);
	close(pipes[0]);
	close(pipes[1]);
}

static const struct {
	const char *name;
	void (*once)(void);
} known[] = {
	{ "map", map_once },
	{ "fault", fault_once },
	{ "fork", fork_once },
	{ "exec", exec_once },
	{ "kill", kill_once },
};

static void *run(void *arg)
{
	struct load *l = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		l->once();
		__atomic_add_fetch(&l->rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void add_load(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(name, known[i].name) || nr_loads == LOADS_MAX)
			continue;
		loads[nr_loads].name = name;
		loads[nr_loads++].once = known[i].once;
		return;
	}
	fprintf(stderr, "storm: no load '%s'\n", name);
	exit(2);
}

static void start(char *names)
{
	unsigned int i;
	char *name;

	for (name = strtok(names, ","); name; name = strtok(NULL, ","))
		add_load(name);
	for (i = 0; i < nr_loads; i++)
		if (pthread_create(&loads[i].thread, NULL, run, &loads[i]))
			die("pthread_create");
}

static void end(void)
{
	unsigned int i;

	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < nr_loads; i++) {
		pthread_join(loads[i].thread, NULL);
		printf("did load=%s rounds=%lu\n", loads[i].name,
		       loads[i].rounds);
	}
}

/* Until each of them has gone round so often. */
static void wait_rounds(unsigned long rounds)
{
	unsigned long from[LOADS_MAX];
	unsigned int i;

	for (i = 0; i < nr_loads; i++)
		from[i] = __atomic_load_n(&loads[i].rounds, __ATOMIC_RELAXED);
	for (i = 0; i < nr_loads; i++)
		while (__atomic_load_n(&loads[i].rounds, __ATOMIC_RELAXED) <
		       from[i] + rounds)
			usleep(1000);
}

static void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);
	ssize_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != len)
		die(file);
	close(fd);
}

static void flap(const char *file, unsigned long n)
{
	while (n--) {
		put(file, "0");
		wait_rounds(ROUNDS);
		put(file, "1");
		wait_rounds(ROUNDS);
	}
}

static void load_module(const char *file)
{
	int fd = open(file, O_RDONLY);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		die(file);
	close(fd);
}

/* Somebody may be reading a file of its just now. */
static void unload_module(const char *file)
{
	char name[64];

	snprintf(name, sizeof(name), "%s", strrchr(file, '/') + 1);
	name[strcspn(name, ".")] = '\0';
	while (syscall(SYS_delete_module, name, O_NONBLOCK))
		if (errno != EAGAIN)
			die(name);
}

static void cycle(const char *file, unsigned long n)
{
	while (n--) {
		load_module(file);
		wait_rounds(ROUNDS);
		unload_module(file);
		wait_rounds(ROUNDS);
	}
}

/* Slowly, so that the module has much time to be gone. */
static void read_file(const char *file, unsigned long n)
{
	unsigned long opened = 0, bytes = 0;
	char text[97];
	ssize_t len;
	int fd;

	while (n--) {
		fd = open(file, O_RDONLY);
		wait_rounds(1);
		if (fd < 0)
			continue;
		opened++;
		while ((len = read(fd, text, sizeof(text))) > 0)
			bytes += len;
		close(fd);
	}
	printf("did opened=%lu bytes=%lu\n", opened, bytes);
}

static void act(char **argv)
{
	if (!strcmp(argv[0], "rounds"))
		wait_rounds(strtoul(argv[1], NULL, 10));
	else if (!strcmp(argv[0], "flap"))
		flap(argv[1], strtoul(argv[2], NULL, 10));
	else if (!strcmp(argv[0], "cycle"))
		cycle(argv[1], strtoul(argv[2], NULL, 10));
	else if (!strcmp(argv[0], "read"))
		read_file(argv[1], strtoul(argv[2], NULL, 10));
	else
		exit(2);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return argc == 2 ? 0 : 2;
	arena = map(ARENA_PAGES);
	start(argv[1]);
	wait_rounds(1);
	act(argv + 2);
	end();
	return 0;
}
