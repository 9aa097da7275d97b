// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs whose page faults can be predicted.
 *
 *	scenario NAME
 *
 * Prepares everything, tells spf to count this process only, takes a new
 * baseline, faults, reads stats, and only then prints: first what it did, as
 * "did key=value", then the stats it read.  All other pages it needs while it
 * is counted are locked in memory before, so that no other fault is counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"

/*
 * Sizes for calls that last tens of milliseconds under emulation: zero pages
 * for those that only walk the page table, real ones for those that free them.
 */
#define LONG		(1024UL << 20)
#define HEAVY		(48UL << 20)
#define INTO_CALL_NS	3000000L
#define MOMENT_NS	(INTO_CALL_NS / 3)

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *map(size_t size)
{
	return map_aligned(size, PAGE);
}

/* --- one thread beside main, told what to do by a function pointer --- */

static atomic_int turn;		/* 1: go, 2: done, 3: leave */
static void (*helper_job)(void);
static pthread_t helper;
static pid_t helper_tid;

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity: two CPUs are needed");
}

static void *helper_main(void *unused)
{
	(void)unused;
	helper_tid = syscall(SYS_gettid);
	run_on(1);
	for (;;) {
		while (atomic_load(&turn) != 1) {
			if (atomic_load(&turn) == 3)
				return NULL;
			sched_yield();
		}
		helper_job();
		atomic_store(&turn, 2);
	}
}

static void helper_start(void)
{
	run_on(0);
	if (pthread_create(&helper, NULL, helper_main, NULL))
		die("pthread_create");
}

static void helper_go(void (*job)(void))
{
	helper_job = job;
	atomic_store(&turn, 1);
}

static void helper_wait(void)
{
	while (atomic_load(&turn) != 2)
		sched_yield();
}

/* pthread_join() returns before the kernel is done with the thread. */
static void helper_leave(void)
{
	atomic_store(&turn, 3);
	pthread_join(helper, NULL);
	while (!syscall(SYS_tgkill, getpid(), helper_tid, 0))
		sched_yield();
}

/* --- scenarios without a writer --- */

static char *area;
static char *fresh;	/* pages that are not there yet, or no more */

static void touch_half(int odd)
{
	int i;

	for (i = odd; i < MANY; i += 2)
		write_to(area + (1 + i % 511 + i / 511 * 512) * PAGE);
}

static void touch_odd(void)
{
	touch_half(1);
}

/* Page 0 of each page table is there before, so the pmd is present. */
static void prepare_many(void)
{
	int i;

	area = map_pmds(MANY / 511 + 1);
	for (i = 0; i <= MANY / 511; i++)
		write_to(area + i * PMD);
	count_from_here();
}

static void anon(void)
{
	prepare_many();
	helper_go(touch_odd);
	touch_half(0);
	helper_wait();
	count_to_here();
}

static void single(void)
{
	prepare_many();
	touch_half(0);
	touch_half(1);
	count_to_here();
}

/* Read first, so that the zero page is mapped: the write is a COW fault. */
static void copy_on_write(void)
{
	int i;

	area = map_pmds(2);
	write_to(area + 2 * PMD - PAGE);
	for (i = 0; i < MANY; i++)
		read_from(area + i * PAGE);
	count_from_here();
	for (i = 0; i < MANY; i++)
		write_to(area + i * PAGE);
	count_to_here();
}

static void pmd_none(void)
{
	int i;

	area = map_pmds(FEW + 1);
	write_to(area);
	count_from_here();
	for (i = 1; i <= FEW; i++)
		write_to(area + i * PMD);
	count_to_here();
}

/*
 * Read first, so that the huge zero page is mapped.  A huge page that is there
 * and was read-only for a while would not do: since 6.2 mprotect() makes it
 * writable again at once.
 */
static void pmd_huge(void)
{
	int i;

	area = map_pmds(FEW);
	if (prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0))
		die("PR_SET_THP_DISABLE");
	if (madvise(area, FEW * PMD, MADV_HUGEPAGE))
		die("MADV_HUGEPAGE");
	for (i = 0; i < FEW; i++)
		read_from(area + i * PMD);
	count_from_here();
	for (i = 0; i < FEW; i++)
		write_to(area + i * PMD + 5 * PAGE);
	count_to_here();
}

/* Fault-around serves up to 16 pages at a time: stay clear of it. */
static void file(void)
{
	const size_t step = 64 * PAGE;
	int i, fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	char *p;

	if (fd < 0 || ftruncate(fd, FEW * step))
		die("/tmp");
	for (i = 0; i < FEW; i++)
		if (pwrite(fd, "x", 1, i * step) != 1)
			die("pwrite");
	p = mmap(NULL, FEW * step, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	count_from_here();
	for (i = 0; i < FEW; i++)
		read_from(p + i * step);
	count_to_here();
}

static void no_anon_vma(void)
{
	char *p[FEW];
	int i;

	for (i = 0; i < FEW; i++)
		p[i] = map(PAGE);
	count_from_here();
	for (i = 0; i < FEW; i++)
		write_to(p[i]);
	count_to_here();
}

static void grows(void)
{
	char *p;
	int i;

	p = mmap(NULL, PMD, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
	if (p == MAP_FAILED)
		die("MAP_GROWSDOWN");
	write_to(p + 100 * PAGE);
	count_from_here();
	for (i = 1; i <= FEW; i++)
		write_to(p + (100 + i) * PAGE);
	count_to_here();
}

static void interleave(void)
{
	unsigned long nodes = 1;
	int i;

	area = map_pmds(1);
	write_to(area);
	if (syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, &nodes, 8))
		die("set_mempolicy");
	count_from_here();
	for (i = 1; i <= FEW; i++)
		write_to(area + i * PAGE);
	if (syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0))
		die("set_mempolicy");
	count_to_here();
}

static int uffd;
static void (*userfault_pending)(void);

static void serve_userfault(void)
{
	static alignas(PAGE) char page[PAGE];
	struct uffdio_copy copy = {
		.src = (uintptr_t)page,
		.len = PAGE,
	};
	struct uffd_msg msg;

	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
		die("read userfaultfd");
	if (userfault_pending)
		userfault_pending();
	copy.dst = msg.arg.pagefault.address & ~(PAGE - 1);
	if (ioctl(uffd, UFFDIO_COPY, &copy))
		die("UFFDIO_COPY");
}

static void serve_userfaults(void)
{
	int i;

	for (i = 0; i < FEW; i++)
		serve_userfault();
}

/* @area: one page table, only its first page is there, the others by request. */
static void prepare_userfaults(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	area = map_pmds(1);
	write_to(area);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	reg.range.start = (uintptr_t)area;
	reg.range.len = PMD;
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
}

/* handle_mm_fault says RETRY and is called again: still one fault each. */
static void uffd_missing(void)
{
	int i;

	prepare_userfaults();
	count_from_here();
	helper_go(serve_userfaults);
	for (i = 1; i <= FEW; i++)
		write_to(area + i * PAGE);
	helper_wait();
	count_to_here();
}

/* The test does what it likes while this process sleeps in a fault. */
static void tell_and_wait(void)
{
	int fd = open("/tmp/sleeping", O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		die("/tmp/sleeping");
	close(fd);
	while (!access("/tmp/sleeping", F_OK))
		usleep(10000);
}

static void sleeping(void)
{
	prepare_userfaults();
	userfault_pending = tell_and_wait;
	helper_go(serve_userfault);
	write_to(area + PAGE);
	helper_wait();
}

static sigjmp_buf after_segv;

static void on_segv(int sig)
{
	(void)sig;
	siglongjmp(after_segv, 1);
}

static void touch_nothing(void)
{
	static int i;	/* survives siglongjmp() */

	for (i = 0; i < FEW; i++)
		if (!sigsetjmp(after_segv, 1))
			write_to(area);
}

/* The thread exits, so that its last fault is judged as well. */
static void bad_area(void)
{
	signal(SIGSEGV, on_segv);
	area = map(PAGE);
	munmap(area, PAGE);
	count_from_here();
	helper_go(touch_nothing);
	helper_wait();
	helper_leave();
	count_to_here();
}

/*
 * A fault that ended in a signal is judged when its task faults again, also if
 * that one is not counted.  It must not be taken for the earlier one.
 */
static void leftover(void)
{
	signal(SIGSEGV, on_segv);
	area = map_pmds(1);
	write_to(area);
	fresh = map(PAGE);
	munmap(fresh, PAGE);
	count_from_here();
	if (!sigsetjmp(after_segv, 1))
		write_to(fresh);
	write_file(DIR "pid", "4194304");
	write_to(area + PAGE);
	count_pid();
	write_to(area + 2 * PAGE);
	count_to_here();
}

static void kernel_mode(void)
{
	int i, fd = open("/dev/zero", O_RDONLY);

	prepare_many();
	for (i = 1; i <= FEW; i++)
		if (read(fd, area + i * PAGE, 1) != 1)
			die("read");
	count_to_here();
}

/* --- scenarios with a writer --- */

/* Where the writer's call goes; the faults go to @fresh. */
static char *target;
static size_t target_size;

static atomic_llong call_begin, call_end;

static struct {
	int rounds;
	int inside;	/* touched within the call's write section */
	int unsure;	/* within or not: cannot be told from outside */
	long long stall_ns;	/* duration of all touches */
} did;

static void call_begins(void)
{
	atomic_store(&call_begin, now_ns());
}

static void call_ends(int err, const char *what)
{
	atomic_store(&call_end, now_ns());
	if (err)
		die(what);
}

static void flip_exec(void)
{
	static int prot = PROT_READ | PROT_WRITE;

	prot ^= PROT_EXEC;
	call_begins();
	call_ends(mprotect(target, target_size + PMD, prot), "mprotect");
}

static void remap(void)
{
	call_begins();
	call_ends(mmap(target, target_size + PMD, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		  MAP_FAILED, "mmap");
}

static void dontneed(void)
{
	call_begins();
	call_ends(madvise(target, target_size, MADV_DONTNEED), "MADV_DONTNEED");
}

/* Before 5.14 there is no such advice: page by page then. */
static void populate(int advice)
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

static bool resident(const char *page)
{
	unsigned char vec;

	if (mincore((void *)page, PAGE, &vec))
		die("mincore");
	return vec & 1;
}

static long sleeps(void)
{
	struct rusage r;

	getrusage(RUSAGE_THREAD, &r);
	return r.ru_nvcsw;
}

/* The helper makes its call; wait until it has been in it for a while. */
static void let_call_begin(void (*call)(void))
{
	atomic_store(&call_begin, 0);
	helper_go(call);
	while (!atomic_load(&call_begin) ||
	       now_ns() < atomic_load(&call_begin) + INTO_CALL_NS)
		;
}

/* It need not sleep: before 5.11 it spins as long as the writer is running. */
static bool lasted_to_end_of_call(long long begin, long long end)
{
	long long call = atomic_load(&call_end);

	return begin < call && end > call - MOMENT_NS;
}

/*
 * The call holds mmap_lock for write, all but a few instructions of it within
 * its write section: a touch that waited was inside.  One that waited for a
 * moment only may have come when the section was over and the lock was not.
 */
static void round_beside_writer(void (*call)(void), char *page)
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
	else if (waited)
		did.unsure++;
}

/* The zap frees pages from the first to the last, and nobody sleeps. */
static void round_beside_zap(void (*call)(void), char *page)
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

static int most_rounds = 10 * FEW;

/* As many rounds as it takes for FEW of them to be inside. */
static void rounds_of(void (*round)(void (*call)(void), char *page),
		      void (*call)(void), bool populate_again)
{
	count_from_here();
	while (did.inside < FEW && did.rounds < most_rounds) {
		round(call, fresh + did.rounds++ * PAGE);
		if (populate_again)
			populate(MADV_POPULATE_WRITE);
	}
	count_to_here();
	printf("did rounds=%d inside=%d unsure=%d stall_ns=%lld\n", did.rounds,
	       did.inside, did.unsure, did.stall_ns);
}

/*
 * @size bytes of @target, populated by @advice, and behind it in the same VMA
 * one page table of fresh pages.
 */
static void prepare_target(size_t size, int advice)
{
	target = map_pmds(size / PMD + 1);
	target_size = size;
	fresh = target + size;
	write_to(fresh + PMD - PAGE);
	populate(advice);
}

/* All of the VMA changes, so that it is neither split nor merged. */
static void mprotect_same(void)
{
	prepare_target(LONG, MADV_POPULATE_READ);
	rounds_of(round_beside_writer, flip_exec, false);
}

static void mprotect_other(void)
{
	prepare_target(LONG, MADV_POPULATE_READ);
	fresh = map_pmds(1);
	write_to(fresh + PMD - PAGE);
	rounds_of(round_beside_writer, flip_exec, false);
}

/* The same where the kernel's VMA locks let the faults pass: none is inside. */
static void mprotect_beside(void)
{
	most_rounds = FEW;
	mprotect_other();
}

/* The zap holds mmap_lock for read: the fault meets it and does not wait. */
static void zap_same(void)
{
	prepare_target(HEAVY, MADV_POPULATE_WRITE);
	rounds_of(round_beside_zap, dontneed, true);
}

static atomic_int stop;

/* A page that nobody touches: a touched one could be gone before the store. */
static void zap_until_stop(void)
{
	while (!atomic_load(&stop))
		if (madvise(area + 2 * PMD - PAGE, PAGE, MADV_DONTNEED))
			die("MADV_DONTNEED");
}

static void write_until_stop(void)
{
	int prot = PROT_READ | PROT_WRITE;

	while (!atomic_load(&stop)) {
		prot ^= PROT_EXEC;
		if (mprotect(target, PAGE, prot))
			die("mprotect");
	}
}

/* Nobody waits for anybody here: where they meet is chance. */
static void many_beside(void (*job)(void))
{
	prepare_many();
	helper_go(job);
	touch_half(0);
	touch_half(1);
	atomic_store(&stop, 1);
	helper_wait();
	count_to_here();
}

static void zaps_beside(void)
{
	many_beside(zap_until_stop);
}

static void writers_queue(void)
{
	target = map(PAGE);
	write_to(target);
	many_beside(write_until_stop);
}

/*
 * The old VMA is out of the tree while its pages are freed; when the fault
 * gets the lock, another one is there.
 */
static void remap_same(void)
{
	prepare_target(HEAVY, MADV_POPULATE_WRITE);
	rounds_of(round_beside_writer, remap, true);
}

static const struct scenario {
	const char *name;
	void (*run)(void);
	bool alone;
} scenarios[] = {
	{ .name = "anon", .run = anon },
	{ .name = "single", .run = single, .alone = true },
	{ .name = "copy_on_write", .run = copy_on_write },
	{ .name = "pmd_none", .run = pmd_none },
	{ .name = "pmd_huge", .run = pmd_huge },
	{ .name = "file", .run = file },
	{ .name = "no_anon_vma", .run = no_anon_vma },
	{ .name = "grows", .run = grows },
	{ .name = "interleave", .run = interleave },
	{ .name = "uffd_missing", .run = uffd_missing },
	{ .name = "sleeping", .run = sleeping },
	{ .name = "bad_area", .run = bad_area },
	{ .name = "leftover", .run = leftover },
	{ .name = "kernel_mode", .run = kernel_mode },
	{ .name = "mprotect_same", .run = mprotect_same },
	{ .name = "mprotect_other", .run = mprotect_other },
	{ .name = "mprotect_beside", .run = mprotect_beside },
	{ .name = "zaps_beside", .run = zaps_beside },
	{ .name = "writers_queue", .run = writers_queue },
	{ .name = "remap_same", .run = remap_same },
	{ .name = "zap_same", .run = zap_same },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		if (strcmp(argv[1], scenarios[i].name))
			continue;
		if (!scenarios[i].alone)
			helper_start();
		settle();
		/* The vDSO's data page cannot be locked: have it mapped. */
		now_ns();
		scenarios[i].run();
		fputs(stats, stdout);
		return 0;
	}
	fprintf(stderr, "usage: scenario NAME, NAME one of:");
	for (i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		fprintf(stderr, " %s", scenarios[i].name);
	fprintf(stderr, "\n");
	return 2;
}
