// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs whose write sections can be predicted.
 *
 *	sections NAME
 *
 * Each makes one kind of call FEW times while it has two threads, with nothing
 * else that changes a VMA meanwhile, and prints the stats of just that: first
 * what it did, as "did key=value", then the stats.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "counted.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define READ_WRITE	(PROT_READ | PROT_WRITE)
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define HANGS_S		600	/* what has not come by then never will */

/*
 * The land: FEW islands of three pages each, with a hole of three pages behind
 * them, and between all of them one page that nothing can merge with.
 */
#define ISLAND		(3 * PAGE)
#define PITCH		(8 * PAGE)

static char *land;
static int nr;		/* of the island that it is the turn of */

static char *island(void)
{
	return land + nr * PITCH + PAGE;
}

static char *hole(void)
{
	return island() + ISLAND + PAGE;
}

static void must(bool done)
{
	if (!done)
		die("a call that has to work");
}

static void sleep_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

static void map_at(char *p, size_t size, int prot)
{
	must(mmap(p, size, prot, ANON | MAP_FIXED, -1, 0) == p);
}

static void each_island(void (*call)(char *p))
{
	for (nr = 0; nr < FEW; nr++)
		call(island());
}

static void settle_island(char *p)
{
	must(!mprotect(p, ISLAND, READ_WRITE));
	must(!munmap(hole(), ISLAND));
	memset(p, 1, ISLAND);
}

static void make_land(void)
{
	land = reserve(FEW * PITCH + PAGE);
	each_island(settle_island);
}

/* --- mprotect --- */

static void protect(char *p, size_t size, int prot)
{
	must(!mprotect(p, size, prot));
}

static void mprotect_whole(char *p)
{
	protect(p, ISLAND, READ_WRITE | PROT_EXEC);
}

static void mprotect_same(char *p)
{
	protect(p, ISLAND, READ_WRITE);
}

static void mprotect_first(char *p)
{
	protect(p, PAGE, PROT_READ);
}

static void mprotect_middle(char *p)
{
	protect(p + PAGE, PAGE, PROT_READ);
}

static void mprotect_back(char *p)
{
	protect(p + PAGE, PAGE, READ_WRITE);
}

/* --- munmap --- */

static void munmap_whole(char *p)
{
	must(!munmap(p, ISLAND));
}

static void munmap_middle(char *p)
{
	must(!munmap(p + PAGE, PAGE));
}

static void munmap_end(char *p)
{
	must(!munmap(p + 2 * PAGE, PAGE));
}

static void munmap_end2(char *p)
{
	must(!munmap(p + PAGE, 2 * PAGE));
}

static void munmap_hole(char *p)
{
	(void)p;
	must(!munmap(hole(), ISLAND));
}

static void munmap_behind(char *p)
{
	must(!munmap(p + ISLAND, PAGE));
}

/* --- mmap --- */

static void mmap_hole(char *p)
{
	(void)p;
	map_at(hole(), ISLAND, READ_WRITE);
}

static void mmap_middle(char *p)
{
	map_at(p + PAGE, PAGE, READ_WRITE);
}

static void mmap_over(char *p)
{
	map_at(p, ISLAND, READ_WRITE);
}

static int file_of[FEW];

static void make_file(char *p)
{
	(void)p;
	file_of[nr] = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	must(file_of[nr] >= 0 && !ftruncate(file_of[nr], 2 * PAGE));
}

static void mmap_file(char *p)
{
	(void)p;
	must(mmap(hole(), 2 * PAGE, READ_WRITE, MAP_SHARED | MAP_FIXED,
		  file_of[nr], 0) != MAP_FAILED);
}

static void map_file(char *p)
{
	make_file(p);
	mmap_file(p);
}

static void truncate_file(char *p)
{
	(void)p;
	must(!ftruncate(file_of[nr], PAGE));
}

static void set_limit(rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	must(!setrlimit(RLIMIT_AS, &limit));
}

static void refused_mmap(char *p, size_t size)
{
	set_limit(0);
	must(mmap(p, size, READ_WRITE, ANON | MAP_FIXED, -1, 0) == MAP_FAILED);
	must(errno == ENOMEM);
	set_limit(RLIM_INFINITY);
}

static void mmap_refused(char *p)
{
	(void)p;
	refused_mmap(hole(), PAGE);
}

/* The last page of the island, the one behind it, and two of the hole. */
static void mmap_over_refused(char *p)
{
	refused_mmap(p + 2 * PAGE, 4 * PAGE);
}

/* --- mremap --- */

static void move_to_hole(char *p, size_t size, int flags)
{
	must(mremap(p, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | flags,
		    hole()) == hole());
}

static void mremap_move(char *p)
{
	move_to_hole(p, ISLAND, 0);
}

static void mremap_middle(char *p)
{
	move_to_hole(p + PAGE, PAGE, 0);
}

static void mremap_dontunmap(char *p)
{
	move_to_hole(p, ISLAND, MREMAP_DONTUNMAP);
}

static void mremap_grow(char *p)
{
	must(mremap(p, ISLAND, ISLAND + PAGE, 0) == p);
}

static void mremap_shrink(char *p)
{
	must(mremap(p, ISLAND, PAGE, 0) == p);
}

static void mremap_same(char *p)
{
	must(mremap(p, ISLAND, ISLAND, 0) == p);
}

/* --- madvise --- */

static void advise(char *p, size_t size, int advice)
{
	must(!madvise(p, size, advice));
}

static void dontneed(char *p)
{
	advise(p, ISLAND, MADV_DONTNEED);
}

static void madv_free(char *p)
{
	advise(p, ISLAND, MADV_FREE);
}

static void dontfork(char *p)
{
	advise(p, ISLAND, MADV_DONTFORK);
}

static void wipeonfork(char *p)
{
	advise(p, ISLAND, MADV_WIPEONFORK);
}

static void dontfork_middle(char *p)
{
	advise(p + PAGE, PAGE, MADV_DONTFORK);
}

static void dofork_middle(char *p)
{
	advise(p + PAGE, PAGE, MADV_DOFORK);
}

/* Each of them changes a flag. */
static void madv_flags(char *p)
{
	static const int advice[] = {
		MADV_DONTFORK, MADV_DOFORK, MADV_WIPEONFORK, MADV_KEEPONFORK,
		MADV_SEQUENTIAL, MADV_RANDOM, MADV_NORMAL, MADV_DONTDUMP,
		MADV_DODUMP, MADV_HUGEPAGE, MADV_NOHUGEPAGE,
	};
	size_t i;

	for (i = 0; i < sizeof(advice) / sizeof(*advice); i++)
		advise(p, ISLAND, advice[i]);
}

static void madv_same(char *p)
{
	advise(p, ISLAND, MADV_NORMAL);
	advise(p, ISLAND, MADV_DOFORK);
	advise(p, ISLAND, MADV_KEEPONFORK);
	advise(p, ISLAND, MADV_DODUMP);
}

/* --- mlock --- */

static void mlock_whole(char *p)
{
	must(!mlock(p, ISLAND));
}

static void mlock_onfault(char *p)
{
	must(!mlock2(p, ISLAND, MLOCK_ONFAULT));
}

static void munlock_whole(char *p)
{
	must(!munlock(p, ISLAND));
}

static void mlock_middle(char *p)
{
	must(!mlock(p + PAGE, PAGE));
}

static void munlock_middle(char *p)
{
	must(!munlock(p + PAGE, PAGE));
}

/* What cannot be there cannot be locked, but its VMA is marked all the same. */
static void lock_all(void)
{
	if (mlockall(MCL_CURRENT))
		die("mlockall");
}

/* --- memory policies --- */

static void bind_to(char *p, size_t size, int mode, unsigned int flags)
{
	unsigned long nodes = 1;
	bool all = mode == MPOL_DEFAULT;

	must(!syscall(SYS_mbind, p, size, mode, all ? NULL : &nodes,
		      all ? 0 : 8, flags));
}

static void mbind_whole(char *p)
{
	bind_to(p, ISLAND, MPOL_BIND, MPOL_MF_MOVE);
}

static void mbind_default(char *p)
{
	bind_to(p, ISLAND, MPOL_DEFAULT, 0);
}

static void mbind_middle(char *p)
{
	bind_to(p + PAGE, PAGE, MPOL_BIND, 0);
}

static void mbind_middle_back(char *p)
{
	bind_to(p + PAGE, PAGE, MPOL_DEFAULT, 0);
}

/* --- userfaultfd --- */

static int uffd;

static void uffd_open(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	must(uffd >= 0 && !ioctl(uffd, UFFDIO_API, &api));
}

static void uffd_close(void)
{
	must(!close(uffd));
}

static void uffd_register_as(char *p, size_t size, int mode)
{
	struct uffdio_register reg = { .mode = mode };

	reg.range.start = (uintptr_t)p;
	reg.range.len = size;
	must(!ioctl(uffd, UFFDIO_REGISTER, &reg));
}

static void uffd_unregister_at(char *p, size_t size)
{
	struct uffdio_range range = { .start = (uintptr_t)p, .len = size };

	must(!ioctl(uffd, UFFDIO_UNREGISTER, &range));
}

static void uffd_register(char *p)
{
	uffd_register_as(p, ISLAND, UFFDIO_REGISTER_MODE_MISSING);
}

static void uffd_register_wp(char *p)
{
	uffd_register_as(p, ISLAND, UFFDIO_REGISTER_MODE_WP);
}

static void uffd_middle(char *p)
{
	uffd_register_as(p + PAGE, PAGE, UFFDIO_REGISTER_MODE_MISSING);
}

static void uffd_unregister(char *p)
{
	uffd_unregister_at(p, ISLAND);
}

static void uffd_middle_back(char *p)
{
	uffd_unregister_at(p + PAGE, PAGE);
}

static void uffd_protect(char *p)
{
	struct uffdio_writeprotect wp = {
		.range = { .start = (uintptr_t)p, .len = ISLAND },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	must(!ioctl(uffd, UFFDIO_WRITEPROTECT, &wp));
}

/* --- brk: the heap of before is locked, so the first page is a new VMA --- */

static void brk_grow(char *p)
{
	(void)p;
	must(sbrk(PAGE) != (void *)-1);
}

/* The new page becomes part of the locked heap, so that the next is new, too. */
static void brk_new(char *p)
{
	uintptr_t end = (uintptr_t)sbrk(0);

	brk_grow(p);
	must(!mlock((void *)((end + PAGE - 1) & ~(PAGE - 1)), PAGE));
}

static void brk_shrink(char *p)
{
	(void)p;
	must(sbrk(-(intptr_t)PAGE) != (void *)-1);
}

static void brk_begin(void)
{
	must(sbrk(PAGE) != (void *)-1);
}

static void brk_begin_big(void)
{
	must(sbrk((FEW + 1) * PAGE) != (void *)-1);
}

/* --- a stack --- */

static char *stack;

static void make_stack(void)
{
	size_t size = (FEW + 1) * PAGE;
	char *p = reserve(size + 2 * PAGE);

	stack = p + size;
	must(!munmap(p + PAGE, size));
	must(mmap(stack, PAGE, READ_WRITE, ANON | MAP_FIXED | MAP_GROWSDOWN,
		  -1, 0) == stack);
	write_to(stack);
}

static void stack_grow(char *p)
{
	(void)p;
	write_to(stack - (nr + 1) * PAGE);
}

static void stack_use(char *p)
{
	(void)p;
	write_to(stack);
}

/* --- fork, and others that see to all VMAs at once --- */

static int copied;

/* VMAs that a fork copies: not those with either flag, and not the gate. */
static void count_copied(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	bool gate = false;
	char line[512];

	if (!f)
		die("smaps");
	while (fgets(line, sizeof(line), f)) {
		gate |= !!strstr(line, "[vsyscall]");
		if (strncmp(line, "VmFlags:", 8))
			continue;
		copied += !gate && !strstr(line, " dc") && !strstr(line, " wf");
		gate = false;
	}
	fclose(f);
}

static void wait_for(pid_t child)
{
	int status;

	must(child > 0 && waitpid(child, &status, 0) == child && !status);
}

static void fork_once(char *p)
{
	pid_t child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	(void)p;
	if (!child)
		syscall(SYS_exit_group, 0);
	wait_for(child);
}

/* Every second page is of another kind, so that none of them merge. */
static void make_many(void)
{
	const unsigned int many = 2000;
	unsigned int i;
	char *p = reserve(many * PAGE);

	for (i = 0; i < many; i += 2) {
		protect(p + i * PAGE, PAGE, READ_WRITE);
		write_to(p + i * PAGE);
	}
	count_copied();
	must(copied > (int)many);
}

static void vfork_once(char *p)
{
	pid_t child = vfork();

	(void)p;
	if (!child)
		_exit(0);
	wait_for(child);
}

/*
 * Forks that last, while the second thread switches the probes off and on: that
 * one ends is not always seen.
 */
#define BIG		(64UL << 20)
#define PROBES		"/sys/kernel/debug/kprobes/enabled"

static atomic_bool forks_over;

static void *switch_probes(void *unused)
{
	(void)unused;
	while (!atomic_load(&forks_over)) {
		write_file(PROBES, "0");
		write_file(PROBES, "1");
	}
	return NULL;
}

static void forks_unseen(void)
{
	char *big = map_aligned(BIG, PMD);
	pthread_t thread;

	memset(big, 1, BIG);
	if (pthread_create(&thread, NULL, switch_probes, NULL))
		die("pthread_create");
	each_island(fork_once);
	atomic_store(&forks_over, true);
	pthread_join(thread, NULL);
}

/* The test has made the two groups; they differ in the nodes allowed. */
static void change_cpuset(char *p)
{
	(void)p;
	write_file(nr % 2 ? "/tmp/cgroup/cgroup.procs" :
			    "/tmp/cgroup/one/cgroup.procs", "0");
}

static void clear_soft_dirty(void)
{
	write_file("/proc/self/clear_refs", "4");
}

/* All are clean, then some are new. */
static void make_soft_dirty(void)
{
	clear_soft_dirty();
	each_island(mmap_hole);
}

static void clear_referenced(void)
{
	write_file("/proc/self/clear_refs", "1");
}

/* --- huge pages --- */

static char *area;

static void allow_huge(void)
{
	if (prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0))
		die("PR_SET_THP_DISABLE");
}

/* One page in each page table, so that none of them is huge yet. */
static void make_area(void)
{
	int i;

	area = map_pmds(FEW);
	for (i = 0; i < FEW; i++)
		write_to(area + i * PMD);
	allow_huge();
}

/* Not known before 6.1. */
static void collapse_area(void)
{
	make_area();
	if (madvise(area, 0, MADV_COLLAPSE)) {
		printf("did collapse=unknown\n");
		exit(0);
	}
}

static void collapse_file(void)
{
	int i, fd = memfd_create("file", 0);

	area = map_pmds(FEW);
	must(fd >= 0 && !ftruncate(fd, FEW * PMD));
	must(mmap(area, FEW * PMD, READ_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	     area);
	for (i = 0; i < FEW; i++)
		write_to(area + i * PMD);
	allow_huge();
}

static void collapse(char *p)
{
	(void)p;
	advise(area + nr * PMD, PMD, MADV_COLLAPSE);
}

static long huge_kib(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[512];
	long kib = 0;

	if (!f)
		die("smaps_rollup");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "AnonHugePages: %ld", &kib);
	fclose(f);
	return kib;
}

/* What spf shows of a kind: @record is its line up to the figures. */
static bool recorded(const char *record, long *begun, long *ended)
{
	const char *line;

	read_file(DIR "stats", stats, sizeof(stats));
	line = strstr(stats, record);
	return line && sscanf(line + strlen(record), " begun=%ld ended=%ld",
			      begun, ended) == 2;
}

/* The thread gives the lock back a moment before its section ends. */
static bool collapses_ended(void)
{
	long begun, ended;

	return recorded("\nsection kind=collapse ", &begun, &ended) &&
	       begun == ended;
}

/* The sections are not those of this process. */
static void khugepaged(void)
{
	write_file(DIR "pid", "0");
	write_file(DIR "reset", "1");
	advise(area, FEW * PMD, MADV_HUGEPAGE);
	alarm(HANGS_S);
	while (huge_kib() < (long)(FEW * PMD / 1024) || !collapses_ended())
		sleep_ms(50);
}

/* --- those who only look --- */

static void read_all(const char *path)
{
	static char text[1 << 14];
	int fd = open(path, O_RDONLY);

	must(fd >= 0);
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void look(char *p)
{
	unsigned char vec[3];

	must(!mincore(p, ISLAND, vec));
	must(!msync(p, ISLAND, MS_SYNC));
	advise(p, ISLAND, MADV_WILLNEED);
	advise(p, ISLAND, MADV_COLD);
	advise(p, ISLAND, MADV_PAGEOUT);
	if (nr == 0)
		read_all("/proc/self/smaps");
}

/* --- NUMA: who is busy is scanned --- */

#define BALANCING	"/proc/sys/kernel/numa_balancing"
#define SCANS		10

static bool was_scanned(void)
{
	long begun, ended;

	return recorded("\nsection kind=numa ", &begun, &ended) &&
	       begun >= SCANS;
}

static void be_scanned(void)
{
	int i;

	write_file(BALANCING, "1");
	alarm(HANGS_S);
	while (!was_scanned())
		for (i = 0; i < FEW; i++)
			write_to(area + i * PMD);
	write_file(BALANCING, "0");
}

/* --- the table --- */

/*
 * @first, @each, @last: done before the counting, in this order; @each for each
 *	island
 * @call, @call_all: what is counted, for each island or once
 */
static const struct load {
	const char *name;
	void (*first)(void);
	void (*each)(char *p);
	void (*last)(void);
	void (*call)(char *p);
	void (*call_all)(void);
} loads[] = {
	{ .name = "mprotect_whole", .call = mprotect_whole },
	{ .name = "mprotect_same", .call = mprotect_same },
	{ .name = "mprotect_split", .call = mprotect_middle },
	{ .name = "mprotect_merge", .each = mprotect_middle,
	  .call = mprotect_back },
	{ .name = "mprotect_border", .each = mprotect_first,
	  .call = mprotect_middle },
	{ .name = "mprotect_three", .each = mprotect_middle,
	  .call = mprotect_whole },
	{ .name = "munmap_whole", .call = munmap_whole },
	{ .name = "munmap_middle", .call = munmap_middle },
	{ .name = "munmap_end", .call = munmap_end },
	{ .name = "munmap_three", .each = mprotect_middle,
	  .call = munmap_whole },
	{ .name = "munmap_nothing", .call = munmap_hole },
	{ .name = "munmap_locked", .each = mlock_whole, .call = munmap_whole },
	{ .name = "mmap_new", .call = mmap_hole },
	{ .name = "mmap_next", .each = munmap_end2, .call = mmap_middle },
	{ .name = "mmap_between", .each = munmap_middle, .call = mmap_middle },
	{ .name = "mmap_over", .call = mmap_over },
	{ .name = "mmap_over_middle", .call = mmap_middle },
	{ .name = "mmap_file", .each = make_file, .call = mmap_file },
	{ .name = "mmap_refused", .call = mmap_refused },
	{ .name = "mmap_over_refused", .call = mmap_over_refused },
	{ .name = "truncate", .each = map_file, .call = truncate_file },
	{ .name = "mremap_move", .call = mremap_move },
	{ .name = "mremap_middle", .call = mremap_middle },
	{ .name = "mremap_over", .each = mmap_hole, .call = mremap_move },
	{ .name = "mremap_dontunmap", .call = mremap_dontunmap },
	{ .name = "mremap_grow", .each = munmap_behind, .call = mremap_grow },
	{ .name = "mremap_shrink", .call = mremap_shrink },
	{ .name = "mremap_same", .call = mremap_same },
	{ .name = "dontneed", .call = dontneed },
	{ .name = "dontneed_three", .each = mprotect_middle, .call = dontneed },
	{ .name = "madv_free", .call = madv_free },
	{ .name = "madv_free_three", .each = mprotect_middle,
	  .call = madv_free },
	{ .name = "madv_flags", .call = madv_flags },
	{ .name = "madv_same", .call = madv_same },
	{ .name = "madv_split", .call = dontfork_middle },
	{ .name = "madv_merge", .each = dontfork_middle,
	  .call = dofork_middle },
	{ .name = "madv_three", .each = mprotect_middle, .call = dontfork },
	{ .name = "mlock", .call = mlock_whole },
	{ .name = "mlock_again", .each = mlock_whole, .call = mlock_whole },
	{ .name = "mlock_onfault", .each = mlock_whole, .call = mlock_onfault },
	{ .name = "munlock", .each = mlock_whole, .call = munlock_whole },
	{ .name = "mlock_split", .call = mlock_middle },
	{ .name = "mlock_merge", .each = mlock_middle, .call = munlock_middle },
	{ .name = "mlockall", .call_all = lock_all },
	{ .name = "mbind", .call = mbind_whole },
	{ .name = "mbind_same", .call = mbind_default },
	{ .name = "mbind_back", .each = mbind_whole, .call = mbind_default },
	{ .name = "mbind_split", .call = mbind_middle },
	{ .name = "mbind_merge", .each = mbind_middle,
	  .call = mbind_middle_back },
	{ .name = "mbind_three", .each = mprotect_middle, .call = mbind_whole },
	{ .name = "uffd", .first = uffd_open, .call = uffd_register },
	{ .name = "uffd_again", .first = uffd_open, .each = uffd_register,
	  .call = uffd_register },
	{ .name = "uffd_unregister", .first = uffd_open, .each = uffd_register,
	  .call = uffd_unregister },
	{ .name = "uffd_split", .first = uffd_open, .call = uffd_middle },
	{ .name = "uffd_merge", .first = uffd_open, .each = uffd_middle,
	  .call = uffd_middle_back },
	{ .name = "uffd_release", .first = uffd_open, .each = uffd_register,
	  .call_all = uffd_close },
	{ .name = "uffd_wp", .first = uffd_open, .each = uffd_register_wp,
	  .call = uffd_protect },
	{ .name = "uffd_wp_unregister", .first = uffd_open,
	  .each = uffd_register_wp, .call = uffd_unregister },
	{ .name = "uffd_wp_release", .first = uffd_open,
	  .each = uffd_register_wp, .call_all = uffd_close },
	{ .name = "brk_grow", .last = brk_begin, .call = brk_grow },
	{ .name = "brk_new", .call = brk_new },
	{ .name = "brk_shrink", .last = brk_begin_big, .call = brk_shrink },
	{ .name = "stack_grow", .last = make_stack, .call = stack_grow },
	{ .name = "stack_use", .last = make_stack, .call = stack_use },
	{ .name = "fork", .last = count_copied, .call = fork_once },
	{ .name = "fork_not_all", .each = dontfork, .last = count_copied,
	  .call = fork_once },
	{ .name = "fork_wiped", .each = wipeonfork, .last = count_copied,
	  .call = fork_once },
	{ .name = "fork_many", .last = make_many, .call = fork_once },
	{ .name = "fork_unseen", .call_all = forks_unseen },
	{ .name = "vfork", .call = vfork_once },
	{ .name = "cpuset", .call = change_cpuset },
	{ .name = "soft_dirty", .last = make_soft_dirty,
	  .call_all = clear_soft_dirty },
	{ .name = "soft_dirty_again", .last = clear_soft_dirty,
	  .call_all = clear_soft_dirty },
	{ .name = "clear_refs", .call_all = clear_referenced },
	{ .name = "collapse", .last = collapse_area, .call = collapse },
	{ .name = "collapse_file", .last = collapse_file, .call = collapse },
	{ .name = "khugepaged", .last = make_area, .call_all = khugepaged },
	{ .name = "numa", .last = make_area, .call_all = be_scanned },
	{ .name = "look", .call = look },
};

static void *idle(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static void prepare(const struct load *l)
{
	make_land();
	if (l->first)
		l->first();
	if (l->each)
		each_island(l->each);
	if (l->last)
		l->last();
}

static void count(const struct load *l)
{
	count_from_here();
	if (l->call)
		each_island(l->call);
	if (l->call_all)
		l->call_all();
	count_to_here();
}

int main(int argc, char **argv)
{
	pthread_t second;
	size_t i;

	for (i = 0; argc == 2 && i < sizeof(loads) / sizeof(*loads); i++) {
		if (strcmp(argv[1], loads[i].name))
			continue;
		if (pthread_create(&second, NULL, idle, NULL))
			die("pthread_create");
		settle();
		prepare(&loads[i]);
		count(&loads[i]);
		printf("did copied=%d\n", copied);
		fputs(stats, stdout);
		return 0;
	}
	fprintf(stderr, "usage: sections NAME, NAME one of:");
	for (i = 0; i < sizeof(loads) / sizeof(*loads); i++)
		fprintf(stderr, " %s", loads[i].name);
	fprintf(stderr, "\n");
	return 2;
}
