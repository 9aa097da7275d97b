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
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "beside.h"

static void *map(size_t size)
{
	return map_aligned(size, PAGE);
}

/* --- scenarios without a writer --- */

static char *area;

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

static void grows_down(void)
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

/* Another VMA comes in its place, in which the fault is handled once more. */
static void replace_vma(void)
{
	struct uffdio_range range = { .len = PAGE };
	struct uffd_msg msg;
	char *p;

	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
		die("read userfaultfd");
	range.start = msg.arg.pagefault.address & ~(PAGE - 1);
	p = (char *)(uintptr_t)range.start;
	if (munmap(p, PAGE) ||
	    mmap(p, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != p)
		die("mmap");
	if (ioctl(uffd, UFFDIO_WAKE, &range))
		die("UFFDIO_WAKE");
}

static void replace_vmas(void)
{
	int i;

	for (i = 0; i < FEW; i++)
		replace_vma();
}

/* Each page a VMA of its own, with a hole behind it. */
static void uffd_replaced(void)
{
	int i;

	prepare_userfaults();
	for (i = 0; i < FEW; i++)
		if (munmap(area + (2 * i + 2) * PAGE, PAGE))
			die("munmap");
	count_from_here();
	helper_go(replace_vmas);
	for (i = 0; i < FEW; i++)
		write_to(area + (2 * i + 1) * PAGE);
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
static void no_vma(void)
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
	write_file(DIR "pid", "2");
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

static void remap(void)
{
	call_begins();
	call_ends(mmap(target, target_size + PMD, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		  MAP_FAILED, "mmap");
}

static int most_rounds = 20 * FEW;

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
	print_did();
}

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

/* The same where the kernel's VMA locks let the faults pass. */
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
static atomic_int turns;	/* calls that the helper has made */

/* A page that nobody touches: a touched one could be gone before the store. */
static void zap_until_stop(void)
{
	while (!atomic_load(&stop)) {
		if (madvise(area + 2 * PMD - PAGE, PAGE, MADV_DONTNEED))
			die("MADV_DONTNEED");
		atomic_fetch_add(&turns, 1);
	}
}

static void write_until_stop(void)
{
	int prot = PROT_READ | PROT_WRITE;

	while (!atomic_load(&stop)) {
		prot ^= PROT_EXEC;
		if (mprotect(target, PAGE, prot))
			die("mprotect");
		atomic_fetch_add(&turns, 1);
	}
}

/* Once both are at it nobody waits for anybody: where they meet is chance. */
static void many_beside(void (*job)(void))
{
	prepare_many();
	helper_go(job);
	while (!atomic_load(&turns))
		sched_yield();
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
	{ .name = "grows_down", .run = grows_down },
	{ .name = "interleave", .run = interleave },
	{ .name = "uffd_missing", .run = uffd_missing },
	{ .name = "uffd_replaced", .run = uffd_replaced },
	{ .name = "sleeping", .run = sleeping },
	{ .name = "no_vma", .run = no_vma },
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
