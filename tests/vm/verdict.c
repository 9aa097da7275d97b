// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs for what spf says of faults and writers by the rules of
 * docs/verdict.md.
 *
 *	verdict NAME
 *
 * Prepares everything, tells spf to count this process only, takes a new
 * baseline, does what NAME says, reads stats and top, and only then prints:
 * what it did, as "did key=value", then what it read.  All other pages it needs
 * while it is counted are locked in memory before, so that no other fault is
 * counted.  Ends with status 4 when the machine has not what it takes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <net/ethernet.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "beside.h"

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
#define ISLAND		(3 * PAGE)
#define GB		(512 * PMD)
#define CALL_NS		20000000LL
#define ALONE		100	/* touches when the writer is gone */
#define LOAD_S		300	/* what has not come by then never will */

static char tops[1 << 15];
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

/* While only this process is counted. */
static void count_top_to_here(void)
{
	read_file(DIR "top", tops, sizeof(tops));
	count_to_here();
}

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

static void sleep_us(long us)
{
	struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
}

/* What sleeps() is to another task.  Takes no mmap_lock. */
static long sleeps_of(pid_t task)
{
	static const char key[] = "\nvoluntary_ctxt_switches:";
	static char text[4096];
	char path[32], *value;

	snprintf(path, sizeof(path), "/proc/%d/status", task);
	read_file(path, text, sizeof(text));
	value = strstr(text, key);
	must(value, path);
	return atol(value + sizeof(key) - 1);
}

/* Page @nr of those that are not the first of their page table. */
static char *page_nr(char *p, int nr)
{
	return p + (1 + nr % 511 + nr / 511 * 512) * PAGE;
}

/* Page tables with their first page: the pmd is there. */
static char *map_tables(unsigned int nr)
{
	char *p = map_pmds(nr);
	unsigned int i;

	for (i = 0; i < nr; i++)
		write_to(p + i * PMD);
	return p;
}

static void touch_few(void)
{
	int i;

	for (i = 1; i <= FEW; i++)
		write_to(area + i * PAGE);
}

/* --- more threads than the helper --- */

static struct worker {
	pthread_t thread;
	sem_t go, done;
	void (*job)(struct worker *me);
	int cpu;
	char *pages;
	int turn;
	/* What it did. */
	long touches, within, stalls, slept, calls;
	long long calls_ns;
} workers[4];

static void *worker_main(void *arg)
{
	struct worker *me = arg;

	run_on(me->cpu);
	for (;;) {
		while (sem_wait(&me->go))
			;
		if (!me->job)
			return NULL;
		me->job(me);
		sem_post(&me->done);
	}
}

static void worker_start(int nr, int cpu)
{
	struct worker *w = &workers[nr];

	w->cpu = cpu;
	sem_init(&w->go, 0, 0);
	sem_init(&w->done, 0, 0);
	if (pthread_create(&w->thread, NULL, worker_main, w))
		die("pthread_create");
}

static void worker_go(int nr, void (*job)(struct worker *me))
{
	workers[nr].job = job;
	sem_post(&workers[nr].go);
}

static void worker_wait(int nr)
{
	while (sem_wait(&workers[nr].done))
		;
}

/* --- reasons --- */

static sigjmp_buf after_signal;

static void on_signal(int sig)
{
	(void)sig;
	siglongjmp(after_signal, 1);
}

static void survive(char *p, bool write)
{
	if (sigsetjmp(after_signal, 1))
		return;
	if (write)
		write_to(p);
	else
		read_from(p);
}

static void survive_writes(void)
{
	int i;

	for (i = 1; i <= FEW; i++)
		survive(area + i * PAGE, true);
}

static void survive_both(void)
{
	int i;

	for (i = 1; i <= FEW; i++)
		survive(area + i * PAGE, i & 1);
}

static void survive_here(void)
{
	int i;

	for (i = 0; i < FEW; i++)
		survive(area, false);
}

/* The thread exits, so that its last fault is judged as well. */
static void in_thread(void (*job)(void))
{
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	count_from_here();
	helper_go(job);
	helper_wait();
	helper_leave();
	count_top_to_here();
}

static void read_only_area(void)
{
	area = map_pmds(1);
	fill(area, PMD);
	must(!mprotect(area, PMD, PROT_READ), "mprotect");
}

static void permission_write(void)
{
	read_only_area();
	in_thread(survive_writes);
}

static void permission_none(void)
{
	area = reserve(PMD);
	in_thread(survive_both);
}

/* A refused access is judged when the task faults again. */
static void refused_then_faults(void)
{
	int i;

	for (i = 1; i <= FEW; i++) {
		survive(area + i * PAGE, true);
		write_to(fresh + i * PAGE);
	}
}

static void permission_between(void)
{
	read_only_area();
	fresh = map_tables(1);
	in_thread(refused_then_faults);
}

static void pkey(void)
{
	int key = pkey_alloc(0, PKEY_DISABLE_ACCESS);

	if (key < 0)
		cannot("no protection keys");
	area = map_pmds(1);
	fill(area, PMD);
	must(!pkey_mprotect(area, PMD, READ_WRITE, key), "pkey_mprotect");
	in_thread(survive_both);
}

static void no_vma(void)
{
	area = map_aligned(PAGE, PAGE);
	munmap(area, PAGE);
	in_thread(survive_here);
}

static void kernel_address(void)
{
	area = (char *)0xffff800000000000UL;
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

/* The first piece is there, and with it everything above one. */
static void apart(size_t step, size_t align)
{
	int i;

	if (!area)
		area = map_aligned((FEW + 1) * step, align);
	write_to(area);
	count_from_here();
	for (i = 1; i <= FEW; i++)
		write_to(area + i * step);
	count_top_to_here();
}

static void pmd_none(void)
{
	apart(PMD, PMD);
}

/* All in one table of a level that has 512 entries of 1 GB each. */
static void pud_none(void)
{
	apart(GB, 32 * GB);
}

static void p4d_none(void)
{
	apart(512 * GB, 512 * GB);
}

/* Only those who ask get addresses that four levels cannot have. */
static void pgd_none(void)
{
	const size_t step = 512 * 512 * GB;

	area = mmap((void *)(16 * step), (FEW + 1) * step, READ_WRITE, ANON, -1, 0);
	if (area != (void *)(16 * step))
		cannot("only four levels of page tables");
	apart(step, step);
}

/*
 * The ring of a packet socket has no fault operation, and its pages can be
 * dropped.  Private, so that a write makes a copy and an anon_vma.
 */
static void pte_none_ops(void)
{
	struct tpacket_req req = {
		.tp_block_size = PAGE,
		.tp_block_nr = FEW + 1,
		.tp_frame_size = PAGE / 2,
		.tp_frame_nr = 2 * (FEW + 1),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (fd < 0)
		cannot("no packet sockets");
	must(!setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)),
	     "PACKET_RX_RING");
	area = mmap(NULL, (FEW + 1) * PAGE, READ_WRITE, MAP_PRIVATE, fd, 0);
	must(area != MAP_FAILED, "mmap");
	write_to(area);
	must(!madvise(area + PAGE, FEW * PAGE, MADV_DONTNEED), "MADV_DONTNEED");
	in_thread(survive_both);
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

static void prepare_swapped(void)
{
	area = map_tables(1);
	touch_few();
	until_pages(true, MADV_PAGEOUT);
}

static void swap_miss(void)
{
	prepare_swapped();
	count_from_here();
	touch_few();
	count_top_to_here();
}

static void swap_cached(void)
{
	prepare_swapped();
	until_pages(false, MADV_WILLNEED);
	count_from_here();
	touch_few();
	count_top_to_here();
}

static atomic_int stop;

#define HUGE_PAGES	8

static void move_until_stop(void)
{
	int i, node = 1, nodes[HUGE_PAGES], status[HUGE_PAGES];
	void *pages[HUGE_PAGES];

	while (!atomic_load(&stop)) {
		for (i = 0; i < HUGE_PAGES; i++) {
			pages[i] = area + i * PMD;
			nodes[i] = node;
		}
		if (syscall(SYS_move_pages, 0, HUGE_PAGES, pages, nodes, status,
			    MPOL_MF_MOVE) < 0)
			die("move_pages");
		node = !node;
	}
}

/* A fault that meets a huge page on its way sleeps till it is there. */
static void pmd_migration(void)
{
	long long limit = now_ns() + LOAD_S * 1000000000LL;
	long slept;
	int i;

	if (access("/sys/devices/system/node/node1", F_OK))
		cannot("only one node");
	area = map_pmds(HUGE_PAGES);
	must(!prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), "PR_SET_THP_DISABLE");
	must(!madvise(area, HUGE_PAGES * PMD, MADV_HUGEPAGE), "MADV_HUGEPAGE");
	memset(area, 1, HUGE_PAGES * PMD);
	count_from_here();
	helper_go(move_until_stop);
	for (i = 0; did.inside < FEW && now_ns() < limit; i++) {
		slept = sleeps();
		write_to(area + i % HUGE_PAGES * PMD + 5 * PAGE);
		did.inside += sleeps() != slept;
		did.rounds++;
	}
	atomic_store(&stop, 1);
	helper_wait();
	count_top_to_here();
	print_did();
}

/* --- what the page-table entry was --- */

static void new_pages(void)
{
	int i;

	area = map_tables(MANY / 511 + 1);
	count_from_here();
	for (i = 0; i < MANY; i++)
		write_to(page_nr(area, i));
	count_top_to_here();
}

static void copy_on_write(void)
{
	int i;

	area = map_tables(MANY / 511 + 1);
	for (i = 0; i < MANY; i++)
		read_from(page_nr(area, i));
	count_from_here();
	for (i = 0; i < MANY; i++)
		write_to(page_nr(area, i));
	count_top_to_here();
}

/* numa_hint_faults of all processes */
static long hints(void)
{
	static char text[1 << 14];
	char *p;

	read_file("/proc/vmstat", text, sizeof(text));
	p = strstr(text, "numa_hint_faults ");
	return p ? atol(p + strlen("numa_hint_faults ")) : 0;
}

/* The other thread sleeps, so that this one is scanned when it returns. */
static void protnone(void)
{
	long long limit = now_ns() + LOAD_S * 1000000000LL;
	long before;
	int i;

	if (access("/sys/devices/system/node/node1", F_OK))
		cannot("only one node");
	area = map_tables(8);
	fill(area, 8 * PMD);
	before = hints();
	count_from_here();
	while (now_ns() < limit && hints() - before < MANY)
		for (i = 0; i < 8 * 512; i++)
			write_to(area + i * PAGE);
	count_top_to_here();
	printf("did hints=%ld\n", hints() - before);
}

/* --- rounds beside one writer --- */

/* As many rounds as it takes for FEW of them to be inside. */
static void rounds_of(void (*round)(void (*call)(void), char *page),
		      void (*call)(void), void (*after)(void))
{
	count_from_here();
	while (did.inside < FEW && did.rounds < 20 * FEW) {
		round(call, fresh + did.rounds++ * PAGE);
		if (after)
			after();
	}
	count_top_to_here();
	print_did();
}

static void name_helper(void)
{
	must(!prctl(PR_SET_NAME, "two words", 0, 0, 0), "PR_SET_NAME");
}

static void prepare_name(void)
{
	helper_go(name_helper);
	helper_wait();
}

static void refill(void)
{
	fill(target, target_size);
}

/* The whole VMA, the page that faults with it. */
static void ladder_page(void)
{
	prepare_name();
	prepare_target(LONG / 2, MADV_POPULATE_READ);
	rounds_of(round_beside_writer, flip_exec, NULL);
}

/* Other pages of the same VMA. */
static void ladder_vma(void)
{
	prepare_name();
	prepare_target(HEAVY, MADV_POPULATE_WRITE);
	rounds_of(round_beside_zap, dontneed, refill);
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

/* Another VMA. */
static void ladder_mm(void)
{
	prepare_name();
	prepare_target(LONG / 2, MADV_POPULATE_READ);
	fresh = map_tables(1) + PAGE;
	rounds_of(round_beside_other, flip_exec, NULL);
}

/* The same as ladder_vma in the heap. */
static void in_heap(void)
{
	uintptr_t heap = (uintptr_t)sbrk(HEAVY + 2 * PMD);

	must(heap != (uintptr_t)-1, "sbrk");
	prepare_name();
	target = align_up((char *)heap, PMD);
	target_size = HEAVY;
	fresh = target + HEAVY;
	write_to(fresh + 511 * PAGE);
	refill();
	rounds_of(round_beside_zap, dontneed, refill);
}

/* And in a file with a name that has a space in it. */
static void in_file(void)
{
	int fd = open("/tmp/a file", O_CREAT | O_RDWR, 0600);

	must(fd >= 0 && !ftruncate(fd, HEAVY + PMD), "/tmp/a file");
	prepare_name();
	target = map_pmds(HEAVY / PMD + 1);
	target_size = HEAVY;
	fresh = target + HEAVY;
	must(mmap(target, HEAVY + PMD, READ_WRITE, MAP_PRIVATE | MAP_FIXED, fd,
		  0) == target, "mmap");
	refill();
	rounds_of(round_beside_other, dontneed, refill);
	unlink("/tmp/a file");
}

/*
 * Two VMAs that do not merge, of which one call changes both, the lower one
 * first: @low bytes, then @high bytes.  The longer one is the call's business.
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
	if (low < high) {
		fresh = low_vma;
		target = low_vma + low;
		target_size = high;
	} else {
		fresh = low_vma + low;
		target = low_vma;
		target_size = low;
	}
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

static void hold_before(void)
{
	prepare_both(PMD, LONG / 2);
	empty_fresh();
	rounds_of(round_beside_other, flip_both, empty_fresh);
}

/* ... goes there after it arrived, ... */
static void hold_after(void)
{
	prepare_both(LONG / 2, PMD);
	rounds_of(round_beside_other, flip_both, NULL);
}

/* ... or never. */
static void hold_never(void)
{
	prepare_target(LONG / 2, MADV_POPULATE_READ);
	fresh = map_tables(1) + PAGE;
	rounds_of(round_beside_other, flip_exec, NULL);
}

/*
 * A mapping that grows over the place of another one: what was there is freed
 * under the lock before the lower one grows.
 */
static void map_over(void)
{
	call_begins();
	call_ends(mmap(target, target_size, READ_WRITE, ANON | MAP_FIXED, -1,
		       0) == MAP_FAILED, "mmap");
}

static void map_other(void)
{
	must(mmap(target, target_size, READ_WRITE | PROT_EXEC, ANON | MAP_FIXED,
		  -1, 0) == target, "mmap");
	refill();
}

static void grow_over(void)
{
	char *p = map_pmds(HEAVY / PMD + 1);

	write_to(p);
	target = p + PMD;
	target_size = HEAVY;
	fresh = target;
	map_other();
	rounds_of(round_beside_writer, map_over, map_other);
}

/* --- the state of the lock --- */

static void lock_free(void)
{
	new_pages();
}

/* Two VMAs: since 6.16 one alone is zapped under its own lock. */
static void dontneed_two(void)
{
	call_begins();
	call_ends(madvise(target, target_size + PAGE, MADV_DONTNEED),
		  "MADV_DONTNEED");
}

static void prepare_two(void)
{
	prepare_target(HEAVY, MADV_POPULATE_WRITE);
	must(!mprotect(fresh, PMD, PROT_READ), "mprotect");
	fresh = map_tables(1) + PAGE;
}

static void lock_readers(void)
{
	prepare_two();
	rounds_of(round_beside_zap, dontneed_two, refill);
}

static atomic_int queueing;
static pid_t queueing_tid;
static long queueing_sleeps;	/* before it asks */

static void queue_once(struct worker *me)
{
	static int prot = READ_WRITE;

	prot ^= PROT_EXEC;
	queueing_tid = syscall(SYS_gettid);
	queueing_sleeps = sleeps();
	atomic_store(&queueing, 1);
	must(!mprotect(me->pages, PAGE, prot), "mprotect");
	atomic_store(&queueing, 2);
}

/* The writer sleeps, as it has asked for the lock and has not got it. */
static void round_behind_writer(void (*call)(void), char *page)
{
	bool inside;

	atomic_store(&call_end, 0);
	let_call_begin(call);
	atomic_store(&queueing, 0);
	worker_go(0, queue_once);
	while (!atomic_load(&queueing))
		sleep_us(100);
	while (atomic_load(&queueing) == 1 &&
	       sleeps_of(queueing_tid) == queueing_sleeps)
		sleep_us(100);
	/* mincore() would wait behind the writer. */
	inside = atomic_load(&queueing) == 1 && !atomic_load(&call_end);
	write_to(page);
	helper_wait();
	worker_wait(0);
	if (inside)
		did.inside++;
	else
		did.unsure++;
}

static void lock_queued(void)
{
	prepare_two();
	workers[0].pages = map_aligned(PAGE, PAGE);
	write_to(workers[0].pages);
	rounds_of(round_behind_writer, dontneed_two, refill);
}

/* --- waiting, measured from outside --- */

#define SOME		211

static int calls = MANY;
static atomic_int phase;	/* odd in a call of the writer */
static atomic_bool over;	/* there are no calls any more */

/* Touches that were kept waiting or, where none has to wait, made in a call. */
static bool touches_wait;
static atomic_int met;

/* As many calls as are asked for, and more until half of those have been met. */
static void call_many(struct worker *me)
{
	int i, prot = READ_WRITE;

	for (i = 0; i < calls ||
	     (atomic_load(&met) < calls / 2 && i < 20 * calls); i++) {
		prot ^= PROT_EXEC;
		call_begins();
		atomic_fetch_add(&phase, 1);
		if (mprotect(target, both_size, prot))
			die("mprotect");
		atomic_fetch_add(&phase, 1);
		me->calls++;
		me->calls_ns += now_ns() - atomic_load(&call_begin);
	}
	atomic_store(&over, true);
}

static struct touch {
	char *page;
	long long begin, end;
} touches[2][MANY + ALONE];

static long long timed_touch(struct worker *me)
{
	struct touch *t = &touches[me->turn][me->touches];

	t->page = page_nr(me->pages, me->touches++);
	t->begin = now_ns();
	write_to(t->page);
	t->end = now_ns();
	return t->end - t->begin;
}

/*
 * Is @p a call in which this thread is to touch, and long enough under way to have
 * the lock or to wait for it?
 */
static bool may_touch(const struct worker *me, int p)
{
	return p % 2 && p / 2 % 2 == me->turn && me->touches < MANY &&
	       now_ns() >= atomic_load(&call_begin) + MOMENT_NS;
}

/* Who has slept has waited for the lock; before 5.11 one may spin instead. */
static void touch_in_call(struct worker *me, int p)
{
	long slept = sleeps();
	bool stalled = timed_touch(me) > MOMENT_NS;
	bool within = atomic_load(&phase) == p;

	me->slept += sleeps() != slept;
	me->stalls += stalled;
	me->within += within;
	if (touches_wait ? stalled : within)
		atomic_fetch_add(&met, 1);
}

/*
 * One touch in each call, in turn: both run on one CPU, and who has waited shall
 * not meet the other one there before the clock is read.  And a few when there are
 * no calls any more, after a sleep as well: none of these waits.
 */
static void touch_many(struct worker *me)
{
	int p, seen = 0, i;

	while (!atomic_load(&over)) {
		p = atomic_load(&phase);
		if (p == seen || !may_touch(me, p)) {
			sleep_us(500);
			continue;
		}
		seen = p;
		touch_in_call(me, p);
	}
	for (i = 0; i < ALONE; i++) {
		sleep_us(500);
		timed_touch(me);
	}
}

#define WAIT_TABLES	((MANY + ALONE) / 511 + 1)

/*
 * How much a call has to change to take CALL_NS, which differs by kernel: by the
 * fastest of some, as others may have been disturbed.
 */
static size_t calibrated_size(void)
{
	long long ns, best = CALL_NS;
	int i, prot = READ_WRITE;
	size_t pmds;

	target_size = 32 * PMD;
	target = map_pmds(32);
	populate(MADV_POPULATE_READ);
	for (i = 0; i < FEW; i++) {
		prot ^= PROT_EXEC;
		ns = now_ns();
		must(!mprotect(target, target_size, prot), "mprotect");
		ns = now_ns() - ns;
		if (ns < best)
			best = ns;
	}
	pmds = CALL_NS * 32 / best;
	return (pmds < LONG / PMD ? pmds : LONG / PMD) * PMD;
}

static void print_touches(struct worker *w)
{
	struct touch *t = touches[w->turn];
	int i;

	for (i = 0; i < w->touches; i++, t++)
		printf("touch address=%p begin=%lld end=%lld\n", t->page,
		       t->begin, t->end);
}

static bool has_vma_locks(void)
{
	read_file(DIR "stats", stats, sizeof(stats));
	return strstr(stats, "\nvma_lock kernel=native");
}

/* @same: in the VMA that the writer changes, else in another one */
static void wait_for_writer(bool same)
{
	struct worker *writer = &workers[0], *a = &workers[1], *b = &workers[2];
	int i;

	touches_wait = same || !has_vma_locks();
	target_size = calibrated_size();
	both_size = target_size + 2 * WAIT_TABLES * PMD;
	target = map_pmds(both_size / PMD);
	fresh = same ? target + target_size : map_pmds(2 * WAIT_TABLES);
	for (i = 0; i < 2 * WAIT_TABLES; i++)
		write_to(fresh + i * PMD);
	populate(MADV_POPULATE_READ);
	a->pages = fresh;
	b->pages = fresh + WAIT_TABLES * PMD;
	b->turn = 1;
	count_from_here();
	worker_go(1, touch_many);
	worker_go(2, touch_many);
	worker_go(0, call_many);
	for (i = 0; i < 3; i++)
		worker_wait(i);
	count_top_to_here();
	printf("did touches=%ld within=%ld stalls=%ld slept=%ld ",
	       a->touches + b->touches, a->within + b->within,
	       a->stalls + b->stalls, a->slept + b->slept);
	printf("calls=%ld calls_ns=%lld\n", writer->calls, writer->calls_ns);
	print_touches(a);
	print_touches(b);
}

static void wait_same(void)
{
	wait_for_writer(true);
}

static void wait_other(void)
{
	wait_for_writer(false);
}

/* The same with fewer calls: each takes tens of milliseconds. */
static void wait_same_short(void)
{
	calls = SOME;
	wait_same();
}

static void wait_other_short(void)
{
	calls = SOME;
	wait_other();
}

/* --- writers that queue --- */

static void flip_until_stop(struct worker *me)
{
	int prot = READ_WRITE;

	while (!atomic_load(&stop)) {
		prot ^= PROT_EXEC;
		if (mprotect(me->pages, PMD, prot))
			die("mprotect");
		me->calls++;
	}
}

/* One's own zap is over when the next fault comes. */
static void touch_until_stop(struct worker *me)
{
	int i;

	while (!atomic_load(&stop)) {
		for (i = 1; i < 512; i++)
			write_to(me->pages + i * PAGE);
		me->touches += 511;
		if (madvise(me->pages + PAGE, PMD - PAGE, MADV_DONTNEED))
			die("MADV_DONTNEED");
	}
}

/*
 * Each of two writers and two that fault has a VMA of its own, and there is
 * nothing that could merge with it.  Until enough has happened, up to a limit.
 */
static void disjoint(void)
{
	long long begin;
	int i, polls = 0;

	for (i = 0; i < 4; i++)
		workers[i].pages = map_tables(1);
	count_from_here();
	begin = now_ns();
	for (i = 0; i < 4; i++)
		worker_go(i, i < 2 ? flip_until_stop : touch_until_stop);
	do {
		sleep_us(200000);
		polls++;
	} while (now_ns() < begin + LOAD_S * 1000000000LL &&
	       (stat_now("\nhold ", " waited=") < MANY ||
		stat_now("\npossible ", " cleared=") < FEW));
	atomic_store(&stop, 1);
	for (i = 0; i < 4; i++)
		worker_wait(i);
	count_top_to_here();
	printf("did polls=%d ms=%lld calls=%ld touches=%ld\n", polls,
	       (now_ns() - begin) / 1000000,
	       workers[0].calls + workers[1].calls,
	       workers[2].touches + workers[3].touches);
}

static atomic_int flips;

static void flip_target_until_stop(void)
{
	int prot = READ_WRITE;

	while (!atomic_load(&stop)) {
		prot ^= PROT_EXEC;
		if (mprotect(target, target_size + PMD, prot))
			die("mprotect");
		atomic_fetch_add(&flips, 1);
	}
}

/* The host may keep the writer from running while this thread runs. */
static void until_next_flip(void)
{
	int seen = atomic_load(&flips);

	while (atomic_load(&flips) == seen)
		sleep_us(500);
}

/*
 * One VMA for both.  Most of it is zero pages, so that a call takes too long for
 * more than 8 of them in one fault.
 */
static void queued_same(void)
{
	const int tables = 16;
	int i;

	target_size = (64UL << 20) + (tables - 1) * PMD;
	target = map_pmds(target_size / PMD + 1);
	fresh = target + (64UL << 20);
	for (i = 0; i < tables; i++)
		write_to(fresh + i * PMD);
	target_size = 64UL << 20;
	populate(MADV_POPULATE_READ);
	target_size += (tables - 1) * PMD;
	count_from_here();
	helper_go(flip_target_until_stop);
	for (i = 0; i < tables * 511; i++) {
		write_to(page_nr(fresh, i));
		did.rounds++;
		if (i % 64 == 63)
			until_next_flip();
		if (i % 511 == 510 &&
		    stat_now("\npossible ", " resolved=") >= FEW)
			break;
	}
	atomic_store(&stop, 1);
	helper_wait();
	count_top_to_here();
	print_did();
}

/* --- sections that overlap --- */

/* Another zap in the same VMA, of a page far from that of the long one. */
static void round_overlap(void (*call)(void), char *page)
{
	bool begun, ended;

	let_call_begin(call);
	begun = !resident(target);
	must(!madvise(page, PAGE, MADV_DONTNEED), "MADV_DONTNEED");
	ended = !resident(target + target_size - PAGE);
	helper_wait();
	if (begun && !ended)
		did.inside++;
	else
		did.unsure++;
}

static void overlap(void)
{
	prepare_target(HEAVY, MADV_POPULATE_WRITE);
	fill(fresh, PMD);
	rounds_of(round_overlap, dontneed, refill);
}

/* The same in a VMA of its own: no overlap. */
static void overlap_other(void)
{
	prepare_target(HEAVY, MADV_POPULATE_WRITE);
	fresh = map_pmds(1);
	fill(fresh, PMD);
	rounds_of(round_overlap, dontneed, refill);
}

/* --- aborts one after the other --- */

/* Two pages that fault-around does not serve together. */
static char *aborts_at(int nr)
{
	return area + nr * 64 * PAGE;
}

static void prepare_aborts(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	must(fd >= 0 && !ftruncate(fd, PMD), "/tmp");
	must(pwrite(fd, "x", 1, 0) == 1 && pwrite(fd, "x", 1, 64 * PAGE) == 1,
	     "pwrite");
	area = map_pmds(1);
	must(mmap(area, PMD, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == area,
	     "mmap");
	fresh = map_tables(1) + PAGE;
	count_from_here();
}

static void abort_at(int nr)
{
	read_from(aborts_at(nr));
	must(!madvise(area, PMD, MADV_DONTNEED), "MADV_DONTNEED");
}

static void repeat_same(void)
{
	int i;

	prepare_aborts();
	for (i = 0; i < FEW; i++)
		abort_at(0);
	count_top_to_here();
}

static void repeat_other(void)
{
	int i;

	prepare_aborts();
	for (i = 0; i < FEW; i++)
		abort_at(i % 2);
	count_top_to_here();
}

/* What completes in between is no abort. */
static void repeat_between(void)
{
	int i;

	prepare_aborts();
	for (i = 0; i < FEW; i++) {
		abort_at(0);
		write_to(fresh + i * PAGE);
	}
	count_top_to_here();
}

static void abort_in_helper(void)
{
	abort_at(0);
}

/* Of two tasks, each for the first time in between. */
static void repeat_tasks(void)
{
	int i;

	prepare_aborts();
	for (i = 0; i < FEW; i++) {
		helper_go(abort_in_helper);
		helper_wait();
		abort_at(1);
	}
	count_top_to_here();
}

/* --- what changes in a section --- */

static char *island[FEW];
static int nr;

static void make_islands(bool touched)
{
	for (nr = 0; nr < FEW; nr++) {
		island[nr] = map_aligned(ISLAND, PAGE);
		if (touched)
			fill(island[nr], ISLAND);
	}
}

static void each_island(void (*call)(char *p))
{
	for (nr = 0; nr < FEW; nr++)
		call(island[nr]);
}

static void audit_of(void (*call)(char *p))
{
	count_from_here();
	each_island(call);
	count_top_to_here();
}

static void protect_whole(char *p)
{
	must(!mprotect(p, ISLAND, READ_WRITE | PROT_EXEC), "mprotect");
}

static void protect_nothing(char *p)
{
	must(!mprotect(p, ISLAND, READ_WRITE), "mprotect");
}

static void protect_middle(char *p)
{
	must(!mprotect(p + PAGE, PAGE, PROT_READ), "mprotect");
}

static void lock_island(char *p)
{
	must(!mlock(p, ISLAND), "mlock");
}

static void unlock_island(char *p)
{
	must(!munlock(p, ISLAND), "munlock");
}

static void advise_random(char *p)
{
	must(!madvise(p, ISLAND, MADV_RANDOM), "MADV_RANDOM");
}

static void advise_dontneed(char *p)
{
	must(!madvise(p, ISLAND, MADV_DONTNEED), "MADV_DONTNEED");
}

static void advise_free(char *p)
{
	must(!madvise(p, ISLAND, MADV_FREE), "MADV_FREE");
}

static void unmap_island(char *p)
{
	must(!munmap(p, ISLAND), "munmap");
}

static void map_over_island(char *p)
{
	must(mmap(p, ISLAND, READ_WRITE, ANON | MAP_FIXED, -1, 0) == p, "mmap");
}

static void grow_heap(char *p)
{
	(void)p;
	must(sbrk(PAGE) != (void *)-1, "sbrk");
}

static char *stack;

static void grow_stack(char *p)
{
	(void)p;
	write_to(stack - (nr + 1) * PAGE);
}

static void make_stack(void)
{
	size_t size = (FEW + 1) * PAGE;
	char *p = reserve(size + 2 * PAGE);

	stack = p + size;
	must(!munmap(p + PAGE, size), "munmap");
	must(mmap(stack, PAGE, READ_WRITE, ANON | MAP_FIXED | MAP_GROWSDOWN, -1,
		  0) == stack, "MAP_GROWSDOWN");
	write_to(stack);
}

static void bind_island(char *p)
{
	unsigned long nodes = 1;

	must(!syscall(SYS_mbind, p, ISLAND, MPOL_BIND, &nodes, 8, 0), "mbind");
}

static int uffd;

static void open_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	must(uffd >= 0 && !ioctl(uffd, UFFDIO_API, &api), "userfaultfd");
}

static void register_island(char *p)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	reg.range.start = (uintptr_t)p;
	reg.range.len = ISLAND;
	must(!ioctl(uffd, UFFDIO_REGISTER, &reg), "UFFDIO_REGISTER");
}

static char *hole[FEW];

static void make_hole(char *p)
{
	(void)p;
	hole[nr] = reserve(ISLAND + 2 * PAGE) + PAGE;
	must(!munmap(hole[nr], ISLAND), "munmap");
}

static void move_island(char *p)
{
	must(mremap(p, ISLAND, ISLAND, MREMAP_MAYMOVE | MREMAP_FIXED,
		    hole[nr]) == hole[nr], "mremap");
}

/*
 * Three VMAs, the last has an anon_vma: the first takes it over with the rest.
 * Of two that are next to each other the one without could not be the first.
 */
static void split_for_merge(char *p)
{
	must(!mprotect(p + PAGE, PAGE, READ_WRITE | PROT_EXEC), "mprotect");
	fill(p + 2 * PAGE, PAGE);
}

static void merge_island(char *p)
{
	must(!mprotect(p + PAGE, PAGE, READ_WRITE), "mprotect");
}

static void audit_whole(void)
{
	make_islands(true);
	audit_of(protect_whole);
}

static void audit_nothing(void)
{
	make_islands(true);
	audit_of(protect_nothing);
}

static void audit_split(void)
{
	make_islands(true);
	audit_of(protect_middle);
}

static void audit_mlock(void)
{
	make_islands(true);
	audit_of(lock_island);
}

static void audit_munlock(void)
{
	make_islands(true);
	each_island(lock_island);
	audit_of(unlock_island);
}

static void audit_madvise(void)
{
	make_islands(true);
	audit_of(advise_random);
}

static void audit_dontneed(void)
{
	make_islands(true);
	audit_of(advise_dontneed);
}

static void audit_madv_free(void)
{
	make_islands(true);
	audit_of(advise_free);
}

static void audit_munmap(void)
{
	make_islands(true);
	audit_of(unmap_island);
}

static void audit_mmap_over(void)
{
	make_islands(true);
	audit_of(map_over_island);
}

static void audit_brk(void)
{
	/* The heap of before is locked, this is another VMA. */
	grow_heap(NULL);
	audit_of(grow_heap);
}

static void audit_stack(void)
{
	make_stack();
	audit_of(grow_stack);
}

static void audit_mbind(void)
{
	make_islands(true);
	audit_of(bind_island);
}

static void audit_uffd(void)
{
	make_islands(true);
	open_uffd();
	audit_of(register_island);
}

static void audit_mremap(void)
{
	make_islands(true);
	each_island(make_hole);
	audit_of(move_island);
}

static void audit_merge(void)
{
	make_islands(false);
	each_island(split_for_merge);
	audit_of(merge_island);
}

static void fork_once(char *p)
{
	pid_t child = fork();

	(void)p;
	if (!child)
		_exit(0);
	must(child > 0 && waitpid(child, NULL, 0) == child, "fork");
}

/* After a fork the first write to each page that is not wiped is a fault. */
static void audit_fork(void)
{
	make_islands(true);
	audit_of(fork_once);
}

/* --- a writer that gives up --- */

static struct shared {
	atomic_int asking, got;
	atomic_long sleeps;	/* before it asks */
} *shared;

static void *hold_long(void *unused)
{
	(void)unused;
	run_on(1);
	flip_exec();
	pause();
	return NULL;
}

/* The child: one thread has the lock, the other one waits for it. */
static void ask_behind(void)
{
	pthread_t thread;

	run_on(0);
	/* From here on it must not fault. */
	atomic_store(&shared->asking, 0);
	now_ns();
	sleeps();
	if (pthread_create(&thread, NULL, hold_long, NULL))
		die("pthread_create");
	while (!atomic_load(&call_begin) ||
	       now_ns() < atomic_load(&call_begin) + INTO_CALL_NS)
		;
	atomic_store(&shared->sleeps, sleeps());
	atomic_store(&shared->asking, 1);
	must(!mprotect(fresh, PAGE, PROT_READ), "mprotect");
	atomic_store(&shared->got, 1);
	for (;;)
		pause();
}

/* It is killed when it has come to wait, or has got the lock without. */
static void give_up_once(void)
{
	pid_t child;

	atomic_store(&shared->asking, 0);
	atomic_store(&shared->got, 0);
	child = fork();
	if (!child)
		ask_behind();
	must(child > 0, "fork");
	while (!atomic_load(&shared->asking))
		sleep_us(100);
	while (!atomic_load(&shared->got) &&
	       sleeps_of(child) == atomic_load(&shared->sleeps))
		sleep_us(100);
	must(!kill(child, SIGKILL) && waitpid(child, NULL, 0) == child, "kill");
	did.rounds++;
	if (!atomic_load(&shared->got))
		did.inside++;
}

/* Counts everybody: the children are other processes. */
static void gave_up(void)
{
	int i;

	run_on(0);
	must(!prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), "PR_SET_THP_DISABLE");
	shared = mmap(NULL, PAGE, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(shared != MAP_FAILED, "mmap");
	prepare_target(LONG, MADV_POPULATE_READ);
	fresh = map_tables(1);
	write_file(DIR "pid", "0");
	write_file(DIR "reset", "1");
	for (i = 0; i < FEW; i++)
		give_up_once();
	read_file(DIR "stats", stats, sizeof(stats));
	print_did();
}

enum with { HELPER, NOBODY, WORKER_TOO, WORKERS };

static const struct scenario {
	const char *name;
	void (*run)(void);
	enum with with;
} scenarios[] = {
	{ .name = "permission_write", .run = permission_write },
	{ .name = "permission_none", .run = permission_none },
	{ .name = "permission_between", .run = permission_between },
	{ .name = "pkey", .run = pkey },
	{ .name = "no_vma", .run = no_vma },
	{ .name = "kernel_address", .run = kernel_address },
	{ .name = "vsyscall", .run = vsyscall },
	{ .name = "pmd_none", .run = pmd_none },
	{ .name = "pud_none", .run = pud_none },
	{ .name = "p4d_none", .run = p4d_none },
	{ .name = "pgd_none", .run = pgd_none },
	{ .name = "pte_none_ops", .run = pte_none_ops },
	{ .name = "swap_miss", .run = swap_miss },
	{ .name = "swap_cached", .run = swap_cached },
	{ .name = "pmd_migration", .run = pmd_migration },
	{ .name = "new_pages", .run = new_pages },
	{ .name = "copy_on_write", .run = copy_on_write },
	{ .name = "protnone", .run = protnone, .with = WORKERS },
	{ .name = "ladder_page", .run = ladder_page },
	{ .name = "ladder_vma", .run = ladder_vma },
	{ .name = "ladder_mm", .run = ladder_mm },
	{ .name = "in_heap", .run = in_heap },
	{ .name = "in_file", .run = in_file },
	{ .name = "hold_before", .run = hold_before },
	{ .name = "hold_after", .run = hold_after },
	{ .name = "hold_never", .run = hold_never },
	{ .name = "grow_over", .run = grow_over },
	{ .name = "lock_free", .run = lock_free },
	{ .name = "lock_readers", .run = lock_readers },
	{ .name = "lock_queued", .run = lock_queued, .with = WORKER_TOO },
	{ .name = "wait_same", .run = wait_same, .with = WORKERS },
	{ .name = "wait_other", .run = wait_other, .with = WORKERS },
	{ .name = "wait_other_short", .run = wait_other_short, .with = WORKERS },
	{ .name = "wait_same_short", .run = wait_same_short, .with = WORKERS },
	{ .name = "disjoint", .run = disjoint, .with = WORKERS },
	{ .name = "queued_same", .run = queued_same },
	{ .name = "overlap", .run = overlap },
	{ .name = "overlap_other", .run = overlap_other },
	{ .name = "repeat_same", .run = repeat_same },
	{ .name = "repeat_other", .run = repeat_other },
	{ .name = "repeat_between", .run = repeat_between },
	{ .name = "repeat_tasks", .run = repeat_tasks },
	{ .name = "audit_whole", .run = audit_whole },
	{ .name = "audit_nothing", .run = audit_nothing },
	{ .name = "audit_split", .run = audit_split },
	{ .name = "audit_mlock", .run = audit_mlock },
	{ .name = "audit_munlock", .run = audit_munlock },
	{ .name = "audit_madvise", .run = audit_madvise },
	{ .name = "audit_dontneed", .run = audit_dontneed },
	{ .name = "audit_madv_free", .run = audit_madv_free },
	{ .name = "audit_munmap", .run = audit_munmap },
	{ .name = "audit_mmap_over", .run = audit_mmap_over },
	{ .name = "audit_brk", .run = audit_brk },
	{ .name = "audit_stack", .run = audit_stack },
	{ .name = "audit_mbind", .run = audit_mbind },
	{ .name = "audit_uffd", .run = audit_uffd },
	{ .name = "audit_mremap", .run = audit_mremap },
	{ .name = "audit_merge", .run = audit_merge },
	{ .name = "audit_fork", .run = audit_fork },
	{ .name = "gave_up", .run = gave_up, .with = NOBODY },
};

/* Threads are there before pages are locked: their stacks are, too. */
static void start_threads(enum with with)
{
	int i;

	if (with == HELPER || with == WORKER_TOO)
		helper_start();
	if (with == WORKER_TOO)
		worker_start(0, 0);
	if (with == WORKERS) {
		static const int cpus[] = { 1, 0, 0, 1 };

		run_on(0);
		for (i = 0; i < 4; i++)
			worker_start(i, cpus[i]);
	}
	if (with != NOBODY)
		settle();
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		if (strcmp(argv[1], scenarios[i].name))
			continue;
		start_threads(scenarios[i].with);
		/* The vDSO's data page cannot be locked: have it mapped. */
		now_ns();
		scenarios[i].run();
		fputs(stats, stdout);
		fputs(tops, stdout);
		return 0;
	}
	fprintf(stderr, "usage: verdict NAME, NAME one of:");
	for (i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		fprintf(stderr, " %s", scenarios[i].name);
	fprintf(stderr, "\n");
	return 2;
}
