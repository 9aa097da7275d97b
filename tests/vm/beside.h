/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs share that fault beside a writer: one thread that is told
 * what to do, calls of it that last long, and what can be told from outside of
 * a touch that is made meanwhile.
 */
#ifndef BESIDE_H
#define BESIDE_H

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "counted.h"

/*
 * Sizes for calls that last tens of milliseconds under emulation: zero pages
 * for those that only walk the page table, real ones for those that free them.
 */
#define LONG		(1024UL << 20)
#define HEAVY		(48UL << 20)
#define INTO_CALL_NS	3000000L
#define MOMENT_NS	(INTO_CALL_NS / 3)

static inline long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* --- one thread beside main, told what to do by a function pointer --- */

/* Whoever has nothing to do sleeps, and leaves its CPU to other guests. */
static sem_t told, done;
static atomic_bool at_work;
static void (*helper_job)(void);	/* none: leave */
static pthread_t helper;
static pid_t helper_tid;

static inline void wait_for(sem_t *sem)
{
	while (sem_wait(sem))
		;
}

static inline void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity: two CPUs are needed");
}

static inline void *helper_main(void *unused)
{
	(void)unused;
	helper_tid = syscall(SYS_gettid);
	run_on(1);
	for (;;) {
		wait_for(&told);
		if (!helper_job)
			return NULL;
		helper_job();
		atomic_store(&at_work, false);
		sem_post(&done);
	}
}

static inline void helper_start(void)
{
	run_on(0);
	sem_init(&told, 0, 0);
	sem_init(&done, 0, 0);
	if (pthread_create(&helper, NULL, helper_main, NULL))
		die("pthread_create");
}

static inline void helper_go(void (*job)(void))
{
	helper_job = job;
	atomic_store(&at_work, true);
	sem_post(&told);
}

static inline void helper_wait(void)
{
	wait_for(&done);
}

/* pthread_join() returns before the kernel is done with the thread. */
static inline void gone(pthread_t thread, pid_t tid)
{
	pthread_join(thread, NULL);
	while (!syscall(SYS_tgkill, getpid(), tid, 0))
		sched_yield();
}

static inline void helper_leave(void)
{
	helper_job = NULL;
	sem_post(&told);
	gone(helper, helper_tid);
}

/* --- calls of the helper --- */

/* Where the writer's call goes; the faults go to @fresh. */
static char *target;
static size_t target_size;
static char *fresh;	/* pages that are not there yet, or no more */

static atomic_llong call_begin, call_end;

static struct {
	int rounds;
	int inside;	/* touched within the call's write section */
	int unsure;	/* within or not: cannot be told from outside */
	long long stall_ns;	/* duration of all touches */
	long long calls_ns;	/* of all calls */
} did;

static inline void call_begins(void)
{
	atomic_store(&call_begin, now_ns());
}

static inline void call_ends(int err, const char *what)
{
	atomic_store(&call_end, now_ns());
	did.calls_ns += atomic_load(&call_end) - atomic_load(&call_begin);
	if (err)
		die(what);
}

/* All of the VMA changes, so that it is neither split nor merged. */
static inline void flip_exec(void)
{
	static int prot = PROT_READ | PROT_WRITE;

	prot ^= PROT_EXEC;
	call_begins();
	call_ends(mprotect(target, target_size + PMD, prot), "mprotect");
}

static inline void dontneed(void)
{
	call_begins();
	call_ends(madvise(target, target_size, MADV_DONTNEED), "MADV_DONTNEED");
}

/* Before 5.14 there is no such advice: page by page then. */
static inline void populate(int advice)
{
	char *p;

	if (!madvise(target, target_size, advice))
		return;
	if (errno != EINVAL)
		die("MADV_POPULATE");
	for (p = target; p < target + target_size; p += PAGE) {
		if (advice == MADV_POPULATE_WRITE)
			write_to(p);
		else
			read_from(p);
	}
}

/*
 * Without a fault from user mode, on every kernel, and a byte a page: emulation
 * takes longer to write 4096 of them than for all the rest.
 */
static inline void fill(char *p, size_t size)
{
	static struct iovec bytes[IOV_MAX];
	char *end = p + size;
	static int zero = -1;
	int nr;

	if (zero < 0)
		zero = open("/dev/zero", O_RDONLY);
	while (p < end) {
		for (nr = 0; nr < IOV_MAX && p < end; nr++, p += PAGE)
			bytes[nr] = (struct iovec){ .iov_base = p, .iov_len = 1 };
		if (readv(zero, bytes, nr) != nr)
			die("/dev/zero");
	}
}

static inline bool resident(const char *page)
{
	unsigned char vec;

	if (mincore((void *)page, PAGE, &vec))
		die("mincore");
	return vec & 1;
}

static inline long sleeps(void)
{
	struct rusage r;

	getrusage(RUSAGE_THREAD, &r);
	return r.ru_nvcsw;
}

/*
 * @size bytes of @target, populated by @advice, and behind it in the same VMA
 * one page table of fresh pages.
 */
static inline void prepare_target(size_t size, int advice)
{
	target = map_pmds(size / PMD + 1);
	target_size = size;
	fresh = target + size;
	write_to(fresh + PMD - PAGE);
	populate(advice);
}

/* The helper makes its call; wait until it has been in it for a while. */
static inline void let_call_begin(void (*call)(void))
{
	atomic_store(&call_begin, 0);
	helper_go(call);
	while (!atomic_load(&call_begin) ||
	       now_ns() < atomic_load(&call_begin) + INTO_CALL_NS)
		;
}

/* It need not sleep: before 5.11 it spins as long as the writer is running. */
static inline bool lasted_to_end_of_call(long long begin, long long end)
{
	long long call = atomic_load(&call_end);

	return begin < call && end > call - MOMENT_NS;
}

/*
 * The call holds mmap_lock for write, all but a few instructions of it within
 * its write section: a touch that waited was inside.  One that waited for a
 * moment only may have come when the section was over and the lock was not.  And
 * one that took long may have waited, where the host keeps the caller from telling
 * when his call was over.
 */
static inline void round_beside_writer(void (*call)(void), char *page)
{
	long long begin, end;
	bool waited;
	long slept;

	let_call_begin(call);
	slept = sleeps();
	begin = now_ns();
	write_to(page);
	end = now_ns();
	slept = sleeps() - slept;
	helper_wait();
	waited = slept || lasted_to_end_of_call(begin, end);
	did.stall_ns += end - begin;
	if (waited && end - begin > MOMENT_NS)
		did.inside++;
	else if (waited || end - begin > MOMENT_NS)
		did.unsure++;
}

/* The zap frees pages from the first to the last, and nobody sleeps. */
static inline void round_beside_zap(void (*call)(void), char *page)
{
	bool begun, ended;

	let_call_begin(call);
	begun = !resident(target);
	write_to(page);
	ended = !resident(target + target_size - PAGE);
	helper_wait();
	if (begun && !ended)
		did.inside++;
	else
		did.unsure++;
}

static inline void print_did(void)
{
	printf("did rounds=%d inside=%d unsure=%d stall_ns=%lld calls_ns=%lld\n",
	       did.rounds, did.inside, did.unsure, did.stall_ns, did.calls_ns);
}

#endif /* BESIDE_H */
