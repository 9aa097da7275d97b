// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs whose faults the designs of docs/designs.md must take for different
 * things.
 *
 *	designs NAME
 *	designs load FAULTS
 *
 * Prepares everything, tells spf to count this process only, takes a new
 * baseline, does what NAME says, reads stats and verdict, and only then prints:
 * what it did, as "did key=value", then the stats, then what verdict says, each
 * line behind "said".  All other pages it needs while it is counted are locked
 * in memory before, so that no other fault is counted.  Ends with status 4 when
 * the machine has not what it takes.
 *
 * load is not predicted: threads that fault and threads that write, until spf
 * has counted so many faults.
 */
#define _GNU_SOURCE
#include <linux/userfaultfd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "linger.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

#define READ_WRITE	(PROT_READ | PROT_WRITE)
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define CANNOT		4
#define MOST_ROUNDS	(20 * FEW)
#define PAGES_OF_TABLE	511	/* besides the first one */
#define ISLAND		(4 * PAGE)
#define LOAD_S		900	/* a load that has not come far by then gives up */

static char said[1 << 14];
static char *area;

static void must(bool done, const char *what)
{
	if (!done)
		die(what);
}

static void cannot(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(CANNOT);
}

static void sleep_us(long us)
{
	struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
}

/* --- what is counted --- */

/* @key of the line that @record begins in the stats of now, 0 if none. */
static long stat_now(const char *record, const char *key)
{
	char *line, *end, *value;

	read_file(DIR "stats", stats, sizeof(stats));
	line = strstr(stats, record);
	if (!line)
		return 0;
	end = strchr(line + 1, '\n');
	value = strstr(line, key);
	return value && end && value < end ? atol(value + strlen(key)) : 0;
}

/*
 * While only this process is counted.  It may fault in between (a NUMA scan): then both
 * are read again.
 */
static void count_all_to_here(void)
{
	long arrived;
	int tries = 0;

	do {
		arrived = stat_now("\nfaults ", " arrived=");
		read_file(DIR "verdict", said, sizeof(said));
	} while (stat_now("\nfaults ", " arrived=") != arrived && ++tries < 100);
	write_file(DIR "pid", "0");
}

static void print_faults(int faults)
{
	printf("did faults=%d\n", faults);
}

/* Lines of their own, which no record of stats begins. */
static void print_said(void)
{
	char *line;

	for (line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
		printf("said %s\n", line);
}

/* --- memory --- */

/* Page @nr of those that are not the first of their page table. */
static char *page_nr(char *p, int nr)
{
	return p + (1 + nr % 511 + nr / 511 * 512) * PAGE;
}

/* The first page of each page table, so that the pmd is there. */
static void write_firsts(char *p, unsigned int tables)
{
	unsigned int i;

	for (i = 0; i < tables; i++)
		write_to(p + i * PMD);
}

static char *map_tables(unsigned int nr)
{
	char *p = map_pmds(nr);

	write_firsts(p, nr);
	return p;
}

/* VMAs without an anon_vma; their page tables are there. */
static char *island[MOST_ROUNDS];

static void make_islands(int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		island[i] = map_aligned(ISLAND, PAGE);
		read_from(island[i]);
	}
}

/* --- nobody is about --- */

static void write_many(void)
{
	int i;

	for (i = 0; i < MANY; i++)
		write_to(page_nr(area, i));
}

static void quiet(void)
{
	area = map_tables(MANY / 511 + 1);
	count_from_here();
	write_many();
	count_all_to_here();
	print_faults(MANY);
}

/* What is read only gets no anon_vma. */
static void first_read(void)
{
	const int tables = MANY / 511 + 1;
	int i;

	area = map_pmds(tables);
	for (i = 0; i < tables; i++)
		read_from(area + i * PMD);
	count_from_here();
	for (i = 0; i < MANY; i++)
		read_from(page_nr(area, i));
	count_all_to_here();
	print_faults(MANY);
}

/* Only the first write of each VMA finds it without an anon_vma. */
static void first_write(void)
{
	int i, page;

	make_islands(FEW);
	count_from_here();
	for (i = 0; i < FEW; i++)
		for (page = 1; page < 4; page++)
			write_to(island[i] + page * PAGE);
	count_all_to_here();
	printf("did faults=%d first=%d\n", 3 * FEW, FEW);
}

/* The first piece is there, and with it the VMA's anon_vma. */
static void apart(size_t step)
{
	int i;

	write_to(area);
	count_from_here();
	for (i = 1; i <= FEW; i++)
		write_to(area + i * step);
	count_all_to_here();
	print_faults(FEW);
}

static void new_tables(void)
{
	area = map_pmds(FEW + 1);
	apart(PMD);
}

static void allow_huge(unsigned int pmds)
{
	must(!prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), "PR_SET_THP_DISABLE");
	if (madvise(area, pmds * PMD, MADV_HUGEPAGE))
		cannot("no huge pages");
}

/* One fault each is enough for all of its pages. */
static void huge_new(void)
{
	int i, huge = 0;

	area = map_pmds(FEW + 1);
	allow_huge(FEW + 1);
	apart(PMD);
	for (i = 1; i <= FEW; i++)
		huge += resident(area + (i + 1) * PMD - PAGE);
	printf("did huge=%d\n", huge);
}

/* Read first, so that the huge zero page is mapped. */
static void huge_zero(void)
{
	int i;

	area = map_pmds(FEW);
	allow_huge(FEW);
	for (i = 0; i < FEW; i++)
		read_from(area + i * PMD);
	count_from_here();
	for (i = 0; i < FEW; i++)
		write_to(area + i * PMD + 5 * PAGE);
	count_all_to_here();
	print_faults(FEW);
}

static void read_apart(size_t step)
{
	int i;

	count_from_here();
	for (i = 0; i < FEW; i++)
		read_from(area + i * step);
	count_all_to_here();
	print_faults(FEW);
}

/* Fault-around serves up to 16 pages at a time: stay clear of it. */
static void file(void)
{
	const size_t step = 64 * PAGE;
	int i, fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	must(fd >= 0 && !ftruncate(fd, FEW * step), "/tmp");
	for (i = 0; i < FEW; i++)
		must(pwrite(fd, "x", 1, i * step) == 1, "pwrite");
	area = mmap(NULL, FEW * step, PROT_READ, MAP_SHARED, fd, 0);
	must(area != MAP_FAILED, "mmap");
	read_apart(step);
}

/* Operations that can handle a fault, but cannot map pages ahead. */
static void shm(void)
{
	int id = shmget(IPC_PRIVATE, FEW * PAGE, IPC_CREAT | 0600);

	if (id < 0)
		cannot("no System V shared memory");
	area = shmat(id, NULL, 0);
	must(area != (char *)-1 && !shmctl(id, IPC_RMID, NULL), "shmat");
	read_apart(PAGE);
}

static void touch_few(void)
{
	int i;

	for (i = 1; i <= FEW; i++)
		write_to(area + i * PAGE);
}

static void few_touched(void)
{
	count_from_here();
	touch_few();
	count_all_to_here();
	print_faults(FEW);
}

/* @gone: until none of them, else until all of them are in memory. */
static void until_pages(bool gone, int advice)
{
	int i, tries;

	for (tries = 0; tries < 500; tries++) {
		must(!madvise(area + PAGE, FEW * PAGE, advice), "madvise");
		for (i = 1; i <= FEW && resident(area + i * PAGE) != gone; i++)
			;
		if (i > FEW)
			return;
		sleep_us(10000);
	}
	cannot("pages do not move");
}

static void swap_out(void)
{
	area = map_tables(1);
	touch_few();
	until_pages(true, MADV_PAGEOUT);
}

static void swap_miss(void)
{
	swap_out();
	few_touched();
}

static void swap_cached(void)
{
	swap_out();
	until_pages(false, MADV_WILLNEED);
	few_touched();
}

static int uffd;

static void serve_userfaults(void)
{
	static alignas(PAGE) char page[PAGE];
	struct uffdio_copy copy = {
		.src = (uintptr_t)page,
		.len = PAGE,
	};
	struct uffd_msg msg;
	int i;

	for (i = 0; i < FEW; i++) {
		must(read(uffd, &msg, sizeof(msg)) == sizeof(msg), "userfault");
		copy.dst = msg.arg.pagefault.address & ~(PAGE - 1);
		must(!ioctl(uffd, UFFDIO_COPY, &copy), "UFFDIO_COPY");
	}
}

/* handle_mm_fault says RETRY and is called again: still one fault each. */
static void userfault(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	area = map_tables(1);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		cannot("no userfaultfd");
	reg.range.start = (uintptr_t)area;
	reg.range.len = PMD;
	must(!ioctl(uffd, UFFDIO_API, &api) &&
	     !ioctl(uffd, UFFDIO_REGISTER, &reg), "userfaultfd");
	count_from_here();
	helper_go(serve_userfaults);
	touch_few();
	helper_wait();
	count_all_to_here();
	print_faults(FEW);
}

/* A VMA of one page, and room below it for it to grow. */
static char *make_stack(void)
{
	size_t size = (FEW + 1) * PAGE;
	char *p = reserve(size + 2 * PAGE), *stack = p + size;

	must(!munmap(p + PAGE, size), "munmap");
	must(mmap(stack, PAGE, READ_WRITE, ANON | MAP_FIXED | MAP_GROWSDOWN, -1,
		  0) == stack, "MAP_GROWSDOWN");
	write_to(stack);
	return stack;
}

static void stack(void)
{
	char *p = make_stack();
	int i;

	count_from_here();
	for (i = 1; i <= FEW; i++)
		write_to(p - i * PAGE);
	count_all_to_here();
	print_faults(FEW);
}

/* --- accesses that are refused --- */

static sigjmp_buf after_signal;

static void on_signal(int sig)
{
	(void)sig;
	siglongjmp(after_signal, 1);
}

static void survive(char *p)
{
	if (!sigsetjmp(after_signal, 1))
		write_to(p);
}

static void survive_writes(void)
{
	int i;

	for (i = 1; i <= FEW; i++)
		survive(area + i * PAGE);
}

/* The thread exits, so that its last fault is judged as well. */
static void in_thread(void (*job)(void))
{
	signal(SIGSEGV, on_signal);
	count_from_here();
	helper_go(job);
	helper_wait();
	helper_leave();
	count_all_to_here();
	print_faults(FEW);
}

static void refused(void)
{
	area = map_pmds(1);
	fill(area, PMD);
	must(!mprotect(area, PMD, PROT_READ), "mprotect");
	in_thread(survive_writes);
}

static void pkey(void)
{
	int key = pkey_alloc(0, PKEY_DISABLE_ACCESS);

	if (key < 0)
		cannot("no protection keys");
	area = map_pmds(1);
	fill(area, PMD);
	must(!pkey_mprotect(area, PMD, READ_WRITE, key), "pkey_mprotect");
	in_thread(survive_writes);
}

static void no_vma(void)
{
	area = map_aligned((FEW + 1) * PAGE, PAGE);
	munmap(area, (FEW + 1) * PAGE);
	in_thread(survive_writes);
}

static void survive_here(void)
{
	int i;

	for (i = 0; i < FEW; i++)
		survive(area);
}

#define KERNEL_ADDRESS	((char *)0xffff800000000000UL)

static void kernel_address(void)
{
	area = KERNEL_ADDRESS;
	in_thread(survive_here);
}

/* time(NULL): the kernel does it in the fault and touches no memory. */
static void call_vsyscall(void)
{
	time_t (*vsyscall_time)(time_t *t) = (void *)0xffffffffff600400UL;
	int i;

	for (i = 0; i < FEW; i++)
		vsyscall_time(NULL);
}

static void vsyscall(void)
{
	in_thread(call_vsyscall);
}

/* --- rounds, each beside one call of the helper --- */

/* Page of round @nr. */
static char *page_of_fresh(int nr)
{
	return fresh + nr * PAGE;
}

static char *page_of_island(int nr)
{
	return island[nr] + PAGE;
}

/* As many rounds as it takes for FEW of them to be inside. */
static void rounds_of(void (*round)(void (*call)(void), char *page),
		      void (*call)(void), char *(*page_of)(int nr),
		      void (*after)(void))
{
	count_from_here();
	while (did.inside < FEW && did.rounds < MOST_ROUNDS) {
		round(call, page_of(did.rounds++));
		if (after)
			after();
	}
	count_all_to_here();
	print_did();
}

/* In the call, or waited for its end. */
static void round_beside_other(void (*call)(void), char *page)
{
	long long begin, end;

	let_call_begin(call);
	begin = now_ns();
	write_to(page);
	end = now_ns();
	helper_wait();
	if (end < atomic_load(&call_end) - MOMENT_NS ||
	    (lasted_to_end_of_call(begin, end) && end - begin > MOMENT_NS))
		did.inside++;
	else
		did.unsure++;
}

static void refill(void)
{
	fill(target, target_size);
}

static void other_vma(void)
{
	prepare_target(LONG / 2, MADV_POPULATE_READ);
	fresh = map_tables(1) + PAGE;
	rounds_of(round_beside_other, flip_exec, page_of_fresh, NULL);
}

static void same_vma(void)
{
	prepare_target(LONG / 2, MADV_POPULATE_READ);
	rounds_of(round_beside_writer, flip_exec, page_of_fresh, NULL);
}

/* Other pages of the same VMA. */
static void zap(void)
{
	prepare_target(HEAVY, MADV_POPULATE_WRITE);
	rounds_of(round_beside_zap, dontneed, page_of_fresh, refill);
}

/* The first write of a VMA, which needs an anon_vma, beside a writer elsewhere. */
static void first_write_beside(void)
{
	prepare_target(LONG / 2, MADV_POPULATE_READ);
	make_islands(MOST_ROUNDS);
	rounds_of(round_beside_other, flip_exec, page_of_island, NULL);
}

/*
 * Two VMAs that do not merge, of which one call changes both, the lower one
 * first: @low bytes, then @high bytes.  The longer one is the call's business,
 * the faults are in the other.
 */
static char *low_vma;
static size_t both_size;

static void flip_both(void)
{
	static int prot = READ_WRITE;

	prot ^= PROT_EXEC;
	call_begins();
	call_ends(mprotect(low_vma, both_size, prot), "mprotect");
}

static void prepare_both(size_t low, size_t high)
{
	both_size = low + high;
	low_vma = map_pmds(both_size / PMD);
	must(!madvise(low_vma, low, MADV_DONTFORK), "MADV_DONTFORK");
	fresh = low < high ? low_vma : low_vma + low;
	target = low < high ? low_vma + low : low_vma;
	target_size = low < high ? high : low;
	write_to(fresh + PMD - PAGE);
	populate(MADV_POPULATE_READ);
}

/*
 * The hold has been in the fault's VMA before the fault arrives, ...  It is not
 * long there: no page is, so that before 6.0 there is no TLB to flush.
 */
static void empty_fresh(void)
{
	/* All at once would free the page table as well, since 6.14. */
	must(!madvise(fresh, PMD / 2, MADV_DONTNEED) &&
	     !madvise(fresh + PMD / 2, PMD / 2, MADV_DONTNEED), "MADV_DONTNEED");
}

static void mark_lasts(void)
{
	prepare_both(PMD, LONG / 2);
	empty_fresh();
	rounds_of(round_beside_other, flip_both, page_of_fresh, empty_fresh);
}

/* ... or goes there after it arrived. */
static void mark_to_come(void)
{
	prepare_both(LONG / 2, PMD);
	rounds_of(round_beside_other, flip_both, page_of_fresh, NULL);
}

/* --- sections that move an end of the VMA that is faulted in --- */

#define ROOM		(MOST_ROUNDS * PAGE)	/* to grow */

static char *edge;	/* of the VMA that grows */

static char *page_of_area(int nr)
{
	return page_nr(area, nr);
}

static void beside_sections(void (*call)(void))
{
	linger_at("ends");
	rounds_of(round_in_section, call, page_of_area, NULL);
	print_alone();
}

static void grow_heap(void)
{
	must(sbrk(PAGE) != (void *)-1, "sbrk");
}

/* The heap of before is locked: what comes now is another VMA. */
static void in_heap(void)
{
	char *p = sbrk(2 * PMD);

	must(p != (void *)-1, "sbrk");
	area = align_up(p, PMD);
	write_firsts(area, 1);
	beside_sections(grow_heap);
}

/* @area, and behind it so much room that it never ends. */
static void map_with_room(void)
{
	area = align_up(reserve(PMD + ROOM + 2 * PMD), PMD);
	edge = area + PMD;
	must(!munmap(area, PMD + ROOM), "munmap");
	must(mmap(area, PMD, READ_WRITE, ANON | MAP_FIXED, -1, 0) ==
	     area, "mmap");
	write_firsts(area, 1);
}

static void grow_by_mmap(void)
{
	must(mmap(edge, PAGE, READ_WRITE, ANON | MAP_FIXED, -1, 0) == edge,
	     "mmap");
	edge += PAGE;
}

static void in_mmap(void)
{
	map_with_room();
	beside_sections(grow_by_mmap);
}

static void grow_by_mremap(void)
{
	must(mremap(edge - PAGE, PAGE, 2 * PAGE, 0) == edge - PAGE, "mremap");
	edge += PAGE;
}

static void in_mremap(void)
{
	map_with_room();
	beside_sections(grow_by_mremap);
}

/* Splits off what lies behind the area, and merges it again the next time. */
static void flip_behind(void)
{
	static int prot = READ_WRITE;

	prot ^= PROT_EXEC;
	must(!mprotect(edge, PMD, prot), "mprotect");
}

static void split(void)
{
	area = map_tables(2);
	edge = area + PMD;
	beside_sections(flip_behind);
}

/* --- commits beside sections that change page tables --- */

/* What the call of each round changes: part of the faults' VMA, or not. */
static void in_zap_apart(void)
{
	must(!madvise(target, target_size, MADV_DONTNEED), "MADV_DONTNEED");
}

static void refill_first(void)
{
	fill(target, PAGE);
}

/* As many rounds as are asked for: each of them is inside, or it counts. */
static void few_rounds(void (*round)(void (*call)(void), char *page),
		       void (*call)(void), char *(*page_of)(int nr),
		       void (*after)(void))
{
	count_from_here();
	while (did.rounds < FEW) {
		round(call, page_of(did.rounds++));
		if (after)
			after();
	}
	count_all_to_here();
	print_did();
	print_alone();
}

/* Faults in the first 32 MB, beside zaps of the 32 MB behind 64 MB. */
static void zap_apart(void)
{
	area = map_pmds(48);
	write_firsts(area, 1);
	target = area + 32 * PMD;
	target_size = 16 * PMD;
	refill_first();
	linger_at("entry");
	linger_range(target, target + target_size);
	few_rounds(round_in_reader, in_zap_apart, page_of_area, refill_first);
}

static void free_target(void)
{
	must(!madvise(target, PAGE, MADV_FREE), "MADV_FREE");
}

static void round_in_free(void (*call)(void), char *page)
{
	target = page;
	linger_range(page, page + PAGE);
	round_in_reader(call, page);
}

/* The zero page is there, which a write replaces. */
static void free_same_page(void)
{
	int i;

	area = map_tables(1);
	for (i = 0; i < FEW; i++)
		read_from(page_of_area(i));
	linger_at("entry");
	few_rounds(round_in_free, free_target, page_of_area, NULL);
}

static void in_fork(void)
{
	area = map_tables(1);
	keep_from_children(area);
	linger_at("flush");
	few_rounds(round_in_section, fork_bare, page_of_area, NULL);
}

/* Half a page table moves elsewhere, and its VMA stays as it is. */
static void move_target(void)
{
	/* A place is a hint, which the kernel reads with this flag: none. */
	must(mremap(target, PMD / 2, PMD / 2, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		    NULL) != MAP_FAILED, "MREMAP_DONTUNMAP");
}

static void beside_moves(size_t from)
{
	area = map_pmds(2);
	write_firsts(area, 1);
	target = area + from;
	refill_first();
	linger_at("flush");
	few_rounds(round_in_section, move_target, page_of_area, refill_first);
}

static void in_move(void)
{
	beside_moves(0);
}

static void in_move_apart(void)
{
	beside_moves(PMD);
}

/* Three pages each: one to be faulted in, and one on each side that is there. */
static void map_over_target(void)
{
	must(mmap(target, target_size, READ_WRITE | PROT_EXEC, ANON | MAP_FIXED,
		  -1, 0) == target, "mmap");
}

static void round_in_map(void (*call)(void), char *page)
{
	target = target_size == PAGE ? page + PAGE : page - PAGE;
	linger_range(page + PAGE, page + 2 * PAGE);
	round_in_section(call, page);
}

static void beside_maps(size_t size)
{
	int i;

	make_islands(FEW);
	for (i = 0; i < FEW; i++) {
		fill(island[i], PAGE);
		fill(island[i] + 2 * PAGE, PAGE);
	}
	target_size = size;
	linger_at("entry");
	few_rounds(round_in_map, map_over_target, page_of_island, NULL);
}

static void in_map_over(void)
{
	beside_maps(3 * PAGE);
}

static void in_map_apart(void)
{
	beside_maps(PAGE);
}

/*
 * NUMA scans are made by a thread on its way back to its program; this one has
 * pages to be scanned for, and uses the first of them.  The second one is to be
 * scanned while the thread is in the kernel, and so must not have been before.
 */
#define SCANS	5	/* some kernels take seconds for each */

static atomic_bool scanned_enough;

static void be_scanned(void)
{
	long long next = 0;

	while (!atomic_load(&scanned_enough))
		if (now_ns() > next) {
			write_to(target);
			next = now_ns() + MOMENT_NS;
		}
}

/*
 * That page is written before it is waited for, and seldom again: a write that meets
 * the scan waits for the page table, nothing comes for it, and a thread that scanned
 * for so long does not scan again before it has run 32 times as long.
 */
static bool scan_begins(long long limit)
{
	int i;

	write_to(target + PAGE);
	linger_next(helper_tid, 0);
	for (i = 1; linger_awaits(helper_tid); i++) {
		if (now_ns() > limit)
			return false;
		/* A scan may have been there before it was waited for. */
		if (i % 500 == 0)
			write_to(target + PAGE);
		sleep_us(1000);
	}
	return true;
}

static void numa_scan(void)
{
	long long limit = now_ns() + LOAD_S * 1000000000LL;

	if (access("/sys/devices/system/node/node1", F_OK))
		cannot("only one node");
	area = map_pmds(2);
	write_firsts(area, 1);
	target = area + PMD;
	fill(target, PMD);
	linger_at("entry");
	linger_range(target + PAGE, target + PMD);
	/* The write may be what waits for that page table, and nothing comes then. */
	linger_set("most", "5");
	count_from_here();
	helper_go(be_scanned);
	while (did.rounds < PAGES_OF_TABLE &&
	       stat_now("\nblame kind=numa ", " aborts=") < SCANS &&
	       scan_begins(limit)) {
		write_to(page_of_area(did.rounds++));
		/* Not before the page table is unlocked, if the scan has it. */
		write_to(target + PAGE);
	}
	linger_next(0, 0);
	linger_set("most", "600");
	atomic_store(&scanned_enough, true);
	helper_wait();
	count_all_to_here();
	print_did();
}

/* --- a load: faults and writers of all kinds --- */

/*
 * Threads that fault touch pages of their own memory, which nobody else
 * changes; and now and then one of a VMA that is changed as a whole, or of the
 * heap, which grows.  What is mapped is always mapped for reading and writing,
 * so that no access is refused.  They have one CPU, and the writers have the
 * other: that is how they meet.
 */
#define FAULTERS	3
#define OTHERS		3	/* so many of their own for each of the others */
/* The faults are in the first page table; the others make a call last longer. */
#define LASTING		(65 * PMD)

static char *own[FAULTERS], *shared, *heap;
static atomic_int stop;

/*
 * A call of the writer for every so many touches, or up to four times as many:
 * how many of them it meets depends on when the host lets the two CPUs run
 * together, see regulate().
 */
static atomic_long pace = 64;
static atomic_long pace_elsewhere = 50;
static atomic_long touched;
static atomic_long touched_at_call;

static unsigned int next(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 8;
}

static void touch(char *page, unsigned int how)
{
	if (how % 4)
		write_to(page);
	else
		read_from(page);
	atomic_fetch_add(&touched, 1);
	while (atomic_load(&touched) >
	       atomic_load(&touched_at_call) + 4 * atomic_load(&pace) &&
	       !atomic_load(&stop))
		sched_yield();
}

static void drop(char *p)
{
	must(!madvise(p + PAGE, PMD - PAGE, MADV_DONTNEED), "MADV_DONTNEED");
}

static void touch_pages(char *mine, char *other, unsigned int *seed)
{
	int i;

	for (i = 1; i < 512; i++) {
		touch(mine + i * PAGE, next(seed));
		if (i % OTHERS == 0)
			touch(other + i * PAGE, next(seed));
	}
	drop(mine);
	drop(other);
}

static void *fault_until_stop(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	char *mine = own[(uintptr_t)arg];

	run_on(0);
	while (!atomic_load(&stop))
		touch_pages(mine, next(&seed) % 8 ? shared : heap, &seed);
	return NULL;
}

/*
 * Since @seen, so many more; asked each time, as those who touch wait when these
 * are four times the pace of the moment.
 */
static bool until_touched(long *seen, atomic_long *more)
{
	while (atomic_load(&touched) < *seen + atomic_load(more)) {
		if (atomic_load(&stop))
			return false;
		sched_yield();
	}
	*seen = atomic_load(&touched);
	return !atomic_load(&stop);
}

static void change_shared(unsigned int how, char *p)
{
	static int prot = READ_WRITE;

	switch (how) {
	case 0:
		must(mmap(p, PMD, READ_WRITE | PROT_EXEC, ANON | MAP_FIXED, -1,
			  0) == p, "mmap");
		break;
	case 1:
		must(!madvise(p, LASTING, MADV_DONTFORK) &&
		     !madvise(p, LASTING, MADV_DOFORK), "MADV_DONTFORK");
		break;
	case 2:
		/* In three, and one again. */
		must(!mprotect(p + PMD / 4, PMD / 4, READ_WRITE) &&
		     !mprotect(p, LASTING, READ_WRITE | PROT_EXEC), "mprotect");
		break;
	default:
		prot ^= PROT_EXEC;
		must(!mprotect(p, LASTING, prot), "mprotect");
	}
}

static void *write_shared(void *arg)
{
	const long page = PAGE;
	unsigned int seed = (uintptr_t)arg;
	unsigned int n = 0;
	long seen = 0;

	run_on(1);
	while (until_touched(&seen, &pace)) {
		atomic_store(&touched_at_call, seen);
		change_shared(next(&seed) % 8, shared);
		if (++n % 16 == 0)
			must(sbrk(n % 64 ? page : -3 * page) != (void *)-1,
			     "sbrk");
	}
	return NULL;
}

static void fork_once(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	must(child > 0 && waitpid(child, NULL, 0) == child, "fork");
}

/* Memory that nobody else knows of. */
static void *write_elsewhere(void *arg)
{
	const size_t size = 64 * PAGE;
	unsigned int n = 0;
	long seen = 0;
	char *p;

	(void)arg;
	run_on(1);
	while (until_touched(&seen, &pace_elsewhere)) {
		p = mmap(NULL, size, READ_WRITE, ANON, -1, 0);
		must(p != MAP_FAILED, "mmap");
		write_to(p);
		must(!mprotect(p, size, PROT_READ), "mprotect");
		must(!munmap(p, size), "munmap");
		if (++n % 256 == 0)
			fork_once();
	}
	return NULL;
}

static void prepare_load(void)
{
	int i;

	for (i = 0; i < FAULTERS; i++)
		own[i] = map_tables(1);
	shared = map_pmds(LASTING / PMD);
	write_to(shared);
	target = shared + PMD;
	target_size = LASTING - PMD;
	populate(MADV_POPULATE_READ);
	heap = sbrk(2 * PMD);
	must(heap != (void *)-1, "sbrk");
	heap = align_up(heap, PAGE);
	touched = 0;
}

/*
 * Of a thousand faults about ten are to be refused a VMA's lock: fewer tell
 * nothing, and more than that are no load that anybody has.
 * Return: how many faults there were, 0 while fewer than six of a thousand are.
 */
static long regulate(void)
{
	long arrived = stat_now("\nfaults ", " arrived=");
	long refused = stat_now("\nvma_lock ", " abort=");
	long now = atomic_load(&pace);

	/* With less, they would wait for calls and not meet them. */
	if (refused * 100 < arrived && now > 32)
		atomic_store(&pace, now / 2);
	else if (refused * 100 > arrived && now < 4096)
		atomic_store(&pace, now * 2);
	return refused * 1000 < arrived * 6 ? 0 : arrived;
}

static void load(long faults)
{
	long long begin = now_ns();
	pthread_t threads[FAULTERS + 2];
	uintptr_t i;

	prepare_load();
	count_from_here();
	for (i = 0; i < FAULTERS + 2; i++)
		must(!pthread_create(&threads[i], NULL,
				     i < FAULTERS ? fault_until_stop :
				     i == FAULTERS ? write_shared :
				     write_elsewhere, (void *)i),
		     "pthread_create");
	while (regulate() < faults &&
	       now_ns() < begin + LOAD_S * 1000000000LL *
			  (1 + faults / 100000))
		sleep_us(50000);
	atomic_store(&stop, 1);
	for (i = 0; i < FAULTERS + 2; i++)
		pthread_join(threads[i], NULL);
	count_all_to_here();
	printf("did ms=%lld touched=%ld pace=%ld\n",
	       (now_ns() - begin) / 1000000, atomic_load(&touched),
	       atomic_load(&pace));
}

static const struct scenario {
	const char *name;
	void (*run)(void);
	bool alone;
} scenarios[] = {
	{ .name = "quiet", .run = quiet },
	{ .name = "first_read", .run = first_read },
	{ .name = "first_write", .run = first_write },
	{ .name = "new_tables", .run = new_tables },
	{ .name = "huge_new", .run = huge_new },
	{ .name = "huge_zero", .run = huge_zero },
	{ .name = "file", .run = file },
	{ .name = "shm", .run = shm },
	{ .name = "swap_miss", .run = swap_miss },
	{ .name = "swap_cached", .run = swap_cached },
	{ .name = "userfault", .run = userfault },
	{ .name = "stack", .run = stack },
	{ .name = "single", .run = quiet, .alone = true },
	{ .name = "single_stack", .run = stack, .alone = true },
	{ .name = "refused", .run = refused },
	{ .name = "pkey", .run = pkey },
	{ .name = "no_vma", .run = no_vma },
	{ .name = "kernel_address", .run = kernel_address },
	{ .name = "vsyscall", .run = vsyscall },
	{ .name = "other_vma", .run = other_vma },
	{ .name = "same_vma", .run = same_vma },
	{ .name = "zap", .run = zap },
	{ .name = "first_write_beside", .run = first_write_beside },
	{ .name = "mark_lasts", .run = mark_lasts },
	{ .name = "mark_to_come", .run = mark_to_come },
	{ .name = "in_heap", .run = in_heap },
	{ .name = "in_mmap", .run = in_mmap },
	{ .name = "in_mremap", .run = in_mremap },
	{ .name = "split", .run = split },
	{ .name = "zap_apart", .run = zap_apart },
	{ .name = "free_same_page", .run = free_same_page },
	{ .name = "numa_scan", .run = numa_scan },
	{ .name = "in_fork", .run = in_fork },
	{ .name = "in_move", .run = in_move },
	{ .name = "in_move_apart", .run = in_move_apart },
	{ .name = "in_map_over", .run = in_map_over },
	{ .name = "in_map_apart", .run = in_map_apart },
};

static const struct scenario *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		if (!strcmp(name, scenarios[i].name))
			return &scenarios[i];
	return NULL;
}

static int usage(void)
{
	size_t i;

	fprintf(stderr, "designs load FAULTS, or NAME, one of:");
	for (i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		fprintf(stderr, " %s", scenarios[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	const struct scenario *s = argc == 2 ? find(argv[1]) : NULL;
	bool is_load = argc == 3 && !strcmp(argv[1], "load");

	if (!s && !is_load)
		return usage();
	if (s && !s->alone)
		helper_start();
	settle();
	/* The vDSO's data page cannot be locked: have it mapped. */
	now_ns();
	if (s)
		s->run();
	else
		load(atol(argv[2]));
	fputs(stats, stdout);
	print_said();
	return 0;
}
