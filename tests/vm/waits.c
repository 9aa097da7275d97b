// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs whose faults, and what they wait for, are known to the fault: a
 * writer stays in its hold until the fault has come to wait for it (tests/linger).
 *
 *	waits NAME
 *
 * Prepares everything, tells spf to count this process only, takes a new
 * baseline, does what NAME says, reads stats, top and verdict, and only then
 * prints: what it did, as "did key=value", then what it read; of verdict each line
 * behind "said".  Ends with status 4 when the machine has not what it takes.
 */
#define _GNU_SOURCE
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdalign.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "linger.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define READ_WRITE	(PROT_READ | PROT_WRITE)
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define CANNOT		4
#define ISLAND		(4 * PAGE)

static char tops[1 << 15], said[1 << 14];
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

static void count_all_to_here(void)
{
	read_file(DIR "verdict", said, sizeof(said));
	read_file(DIR "top", tops, sizeof(tops));
	count_to_here();
}

/* @key of the line that @record begins in @stats, 0 if none. */
static long stat_read(const char *record, const char *key)
{
	char *line = strstr(stats, record), *end, *value;

	if (!line)
		return 0;
	end = strchr(line + 1, '\n');
	value = strstr(line, key);
	return value && end && value < end ? atol(value + strlen(key)) : 0;
}

static void read_stats(void)
{
	read_file(DIR "stats", stats, sizeof(stats));
}

/* --- memory --- */

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

/*
 * VMAs without an anon_vma, whose page table is there: the first write needs
 * mmap_lock on every kernel, also where the lock of the VMA is enough for others.
 */
static char *island[FEW];

static void make_islands(char *islands[FEW])
{
	int i;

	for (i = 0; i < FEW; i++) {
		islands[i] = map_aligned(ISLAND, PAGE);
		read_from(islands[i]);
	}
}

/* --- more threads than the helper: on the first CPU, which nobody spins on --- */

static struct mate {
	pthread_t thread;
	pid_t tid;
	sem_t go, done;
	void (*job)(void);
} mates[2];

static void *mate_main(void *arg)
{
	struct mate *me = arg;

	me->tid = syscall(SYS_gettid);
	run_on(0);
	for (;;) {
		wait_for(&me->go);
		if (!me->job)
			return NULL;
		me->job();
		sem_post(&me->done);
	}
}

static void mate_go(int nr, void (*job)(void))
{
	mates[nr].job = job;
	sem_post(&mates[nr].go);
}

static void mate_wait(int nr)
{
	wait_for(&mates[nr].done);
}

static void nothing(void)
{
}

/* What they have done once, they have said who they are. */
static void mates_start(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		sem_init(&mates[i].go, 0, 0);
		sem_init(&mates[i].done, 0, 0);
		must(!pthread_create(&mates[i].thread, NULL, mate_main, &mates[i]),
		     "pthread_create");
		mate_go(i, nothing);
		mate_wait(i);
	}
}

/* --- writers of what no fault touches --- */

static char *elsewhere;	/* an island */

static void flip(char *p, size_t size, int *prot)
{
	*prot ^= PROT_EXEC;
	must(!mprotect(p, size, *prot), "mprotect");
}

static void flip_whole(void)
{
	static int prot = READ_WRITE;

	flip(elsewhere, ISLAND, &prot);
}

/* Splits the VMA, and merges it the next time. */
static void flip_part(void)
{
	static int prot = READ_WRITE;

	flip(elsewhere + PAGE, PAGE, &prot);
}

static void prepare_elsewhere(void)
{
	elsewhere = map_aligned(ISLAND, PAGE);
	fill(elsewhere, ISLAND);
}

/* --- faults taken in the kernel --- */

static int zero = -1;

static void open_zero(void)
{
	zero = open("/dev/zero", O_RDONLY);
	must(zero >= 0, "/dev/zero");
}

static void read_into(char *page)
{
	must(read(zero, page, 1) == 1, "read");
}

static void kernel_many(void)
{
	int i;

	open_zero();
	area = map_tables(MANY / 511 + 1);
	count_from_here();
	for (i = 0; i < MANY; i++)
		read_into(page_nr(area, i));
	count_all_to_here();
}

/* Each waits for a writer. */
static void kernel_blocked(void)
{
	long long begin;
	int i;

	open_zero();
	prepare_elsewhere();
	area = map_tables(1);
	linger_at("give");
	count_from_here();
	for (i = 0; i < FEW; i++) {
		linger_in(flip_whole, 1);
		begin = now_ns();
		read_into(page_nr(area, i));
		did.stall_ns += now_ns() - begin;
		linger_over();
		did.rounds++;
	}
	count_all_to_here();
	print_did();
	print_alone();
}

/* Pages that are asked for, and no page fault in any of them. */
static void kernel_others(void)
{
	static struct iovec remote[MANY];
	static char bytes[MANY];
	struct iovec local = { .iov_base = bytes, .iov_len = MANY };
	int i;

	area = map_tables(MANY / 511 + 1);
	for (i = 0; i < MANY; i++)
		remote[i] = (struct iovec){ .iov_base = page_nr(area, i),
					    .iov_len = 1 };
	count_from_here();
	must(mmap(NULL, MANY * PAGE, READ_WRITE, ANON | MAP_POPULATE, -1, 0) !=
	     MAP_FAILED, "MAP_POPULATE");
	must(process_vm_readv(getpid(), &local, 1, remote, MANY, 0) == MANY,
	     "process_vm_readv");
	count_all_to_here();
}

static void kernel_few(void)
{
	char *p;
	int i;

	open_zero();
	p = map_tables(1);
	area = map_tables(MANY / 511 + 1);
	count_from_here();
	for (i = 0; i < MANY; i++)
		write_to(page_nr(area, i));
	for (i = 0; i < FEW; i++)
		read_into(page_nr(p, i));
	count_all_to_here();
}

/* --- faults that wait when they are repeated --- */

static int uffd;
static pid_t main_tid;
static atomic_long sleeps_before;

static void open_userfaults(void)
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
}

static long sleeps_of_main(void)
{
	static const char key[] = "\nvoluntary_ctxt_switches:";
	char path[64], text[4096], *value;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", main_tid);
	read_file(path, text, sizeof(text));
	value = strstr(text, key);
	must(value, path);
	return atol(value + sizeof(key) - 1);
}

/* The page is there, and the fault sleeps on. */
static struct uffdio_range provide_page(void)
{
	static alignas(PAGE) char page[PAGE];
	struct uffdio_copy copy = {
		.src = (uintptr_t)page,
		.len = PAGE,
		.mode = UFFDIO_COPY_MODE_DONTWAKE,
	};
	struct uffd_msg msg;

	must(read(uffd, &msg, sizeof(msg)) == sizeof(msg), "userfault");
	while (sleeps_of_main() == atomic_load(&sleeps_before))
		sched_yield();
	copy.dst = msg.arg.pagefault.address & ~(PAGE - 1);
	must(!ioctl(uffd, UFFDIO_COPY, &copy), "UFFDIO_COPY");
	return (struct uffdio_range){ .start = copy.dst, .len = PAGE };
}

static void wake(struct uffdio_range range)
{
	must(!ioctl(uffd, UFFDIO_WAKE, &range), "UFFDIO_WAKE");
}

static void wake_behind_writer(void)
{
	struct uffdio_range range = provide_page();

	linger_in(flip_whole, 1);
	wake(range);
	linger_over();
}

/* Two VMAs: since 6.16 one alone is zapped under its own lock. */
static void zap_two(void)
{
	must(!madvise(target, 2 * PAGE, MADV_DONTNEED), "MADV_DONTNEED");
}

/* One that reads has the lock, one that writes is in the queue already. */
static void wake_behind_queued(void)
{
	struct uffdio_range range = provide_page();

	linger_in(zap_two, 2);
	mate_go(1, flip_whole);
	while (!linger_says("alone") && !linger_is("queued"))
		sched_yield();
	wake(range);
	linger_over();
	mate_wait(1);
}

static void repeated_faults(void (*serve)(void))
{
	int i;

	main_tid = getpid();
	prepare_elsewhere();
	target = map_aligned(2 * PAGE, PAGE);
	must(!mprotect(target + PAGE, PAGE, READ_WRITE | PROT_EXEC), "mprotect");
	open_userfaults();
	count_from_here();
	for (i = 0; i < FEW; i++) {
		fill(target, 2 * PAGE);
		atomic_store(&sleeps_before, sleeps_of_main());
		mate_go(0, serve);
		write_to(page_nr(area, i));
		mate_wait(0);
		did.rounds++;
	}
	count_all_to_here();
	print_did();
	print_alone();
}

static void repeated_writer(void)
{
	linger_at("give");
	repeated_faults(wake_behind_writer);
}

static void repeated_queued(void)
{
	linger_at("flush");
	repeated_faults(wake_behind_queued);
}

/* --- what holds are called --- */

static void name_writer(void)
{
	must(!prctl(PR_SET_NAME, "writer", 0, 0, 0), "PR_SET_NAME");
}

/* A fault waits for each of FEW calls. */
static void each_waited_for(void (*call)(void))
{
	if (!island[0])
		make_islands(island);
	helper_go(name_writer);
	helper_wait();
	linger_at("give");
	count_from_here();
	while (did.rounds < FEW)
		round_in_section(call, island[did.rounds++]);
	count_all_to_here();
	print_did();
	print_alone();
}

static void by_mprotect(void)
{
	prepare_elsewhere();
	each_waited_for(flip_whole);
}

static void by_mprotect_part(void)
{
	prepare_elsewhere();
	each_waited_for(flip_part);
}

static void map_one(void)
{
	must(mmap(NULL, PAGE, READ_WRITE, ANON, -1, 0) != MAP_FAILED, "mmap");
}

static void by_mmap(void)
{
	each_waited_for(map_one);
}

static char *lost[FEW];

/* The round has begun already. */
static void unmap_one(void)
{
	must(!munmap(lost[did.rounds - 1], ISLAND), "munmap");
}

static void by_munmap(void)
{
	make_islands(lost);
	each_waited_for(unmap_one);
}

static void grow_heap(void)
{
	must(sbrk(PAGE) != (void *)-1, "sbrk");
}

static void by_brk(void)
{
	each_waited_for(grow_heap);
}

static char *places[2];

static void move_island(void)
{
	char *p = places[0];

	must(mremap(p, ISLAND, ISLAND, MREMAP_MAYMOVE | MREMAP_FIXED, places[1]) ==
	     places[1], "mremap");
	places[0] = places[1];
	places[1] = p;
}

static void by_mremap(void)
{
	places[0] = map_aligned(ISLAND, PAGE);
	places[1] = map_aligned(ISLAND, PAGE);
	must(!munmap(places[1], ISLAND), "munmap");
	fill(places[0], ISLAND);
	each_waited_for(move_island);
}

static void flip_advice(void)
{
	must(!madvise(elsewhere, ISLAND, did.rounds % 2 ? MADV_DONTFORK :
						       MADV_DOFORK), "madvise");
}

static void by_madvise(void)
{
	prepare_elsewhere();
	each_waited_for(flip_advice);
}

static void flip_lock(void)
{
	must(!(did.rounds % 2 ? mlock(elsewhere, ISLAND) :
			       munlock(elsewhere, ISLAND)), "mlock");
}

static void by_mlock(void)
{
	prepare_elsewhere();
	each_waited_for(flip_lock);
}

static void flip_policy(void)
{
	unsigned long nodes = 1;
	bool bind = did.rounds % 2;

	must(!syscall(SYS_mbind, elsewhere, ISLAND, bind ? MPOL_BIND : MPOL_DEFAULT,
		      bind ? &nodes : NULL, bind ? 8 : 0, 0), "mbind");
}

static void by_mbind(void)
{
	prepare_elsewhere();
	each_waited_for(flip_policy);
}

static void by_fork(void)
{
	make_islands(island);
	keep_from_children(NULL);
	each_waited_for(fork_bare);
}

static int segment;

static void attach(void)
{
	must(shmat(segment, NULL, 0) != (void *)-1, "shmat");
}

static void by_shmat(void)
{
	segment = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	if (segment < 0)
		cannot("no System V shared memory");
	each_waited_for(attach);
	must(!shmctl(segment, IPC_RMID, NULL), "IPC_RMID");
}

static void flip_userfaults(void)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)elsewhere, .len = ISLAND },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	must(!(did.rounds % 2 ? ioctl(uffd, UFFDIO_REGISTER, &reg) :
			       ioctl(uffd, UFFDIO_UNREGISTER, &reg.range)), "ioctl");
}

static void by_ioctl(void)
{
	prepare_elsewhere();
	open_userfaults();
	each_waited_for(flip_userfaults);
}

/* --- a fork of many VMAs --- */

#define VMAS	2000

/* Every second page is of another kind: none of them merge. */
static char *map_vmas(unsigned int nr)
{
	char *p = reserve(nr * PAGE);
	unsigned int i;

	for (i = 0; i < nr; i += 2) {
		must(!mprotect(p + i * PAGE, PAGE, READ_WRITE), "mprotect");
		fill(p + i * PAGE, PAGE);
	}
	return p;
}

/* A fault in each fork, and one after it. */
static void fork_many(void)
{
	int i;

	area = map_tables(1);
	keep_from_children(area);
	map_vmas(VMAS);
	linger_at("flush");
	count_from_here();
	for (i = 0; i < FEW; i++) {
		round_in_section(fork_bare, page_nr(area, 2 * i));
		write_to(page_nr(area, 2 * i + 1));
		did.rounds++;
	}
	count_all_to_here();
	print_did();
	print_alone();
}

/* --- a new baseline while faults are deferred --- */

static long deferred_before, deferred_after, possible_after;

static void touch_area(void)
{
	write_to(page_nr(area, did.rounds));
}

/* The helper has the lock, and has not shown what it is after in this VMA. */
static void defer_beside_helper(void)
{
	linger_in(flip_whole, 1);
	touch_area();
}

/*
 * The helper is in its fault, and has the lock for it, until a writer has come to
 * wait: that one has the lock when the fault is over.  Who stays somewhere has its
 * CPU for itself.
 */
static void defer_before_mate(void)
{
	char *page = page_nr(area, did.rounds);

	linger_range(page, page + PAGE);
	linger_both(helper_tid, 1, mates[0].tid, 1);
	helper_go(touch_area);
	while (linger_awaits(helper_tid))
		;
	mate_go(0, flip_whole);
	run_on(1);
	helper_wait();
	while (linger_awaits(mates[0].tid))
		;
}

static void prepare_deferred(void)
{
	int i;

	make_islands(island);
	prepare_elsewhere();
	area = map_tables(1);
	/* The zero page is looked up when it is replaced. */
	for (i = 0; i < FEW; i++)
		read_from(page_nr(area, i));
}

static void reset_deferred(void)
{
	bool vma_locks;

	read_stats();
	vma_locks = strstr(stats, "\nvma_lock kernel=native");
	prepare_deferred();
	linger_at(vma_locks ? "give" : "entry,give");
	count_from_here();
	for (; did.rounds < FEW; did.rounds++) {
		vma_locks ? defer_beside_helper() : defer_before_mate();
		read_stats();
		deferred_before += stat_read("\npossible ", " pending=");
		write_file(DIR "reset", "1");
		read_stats();
		deferred_after += stat_read("\npossible ", " pending=");
		possible_after += stat_read("\ndesign name=seqcount ",
					    " possible_late=");
		/* Waits for who has the lock, which is enough for it to go on. */
		write_to(island[did.rounds]);
		vma_locks ? helper_wait() : mate_wait(0);
		run_on(0);
	}
	count_all_to_here();
	printf("did deferred_before=%ld deferred_after=%ld possible_after=%ld\n",
	       deferred_before, deferred_after, possible_after);
	print_did();
	print_alone();
}

/* --- a huge page whose VMA is unmapped as soon as that can be --- */

static void unmap_when_collapsed(void)
{
	while (linger_awaits(main_tid))
		;
	must(!munmap(target, PMD), "munmap");
}

static void collapse_once(char *p)
{
	target = p;
	linger_next(main_tid, 1);
	helper_go(unmap_when_collapsed);
	/* That it is gone by then may be an error or not. */
	if (madvise(p, PMD, MADV_COLLAPSE) && linger_awaits(main_tid))
		cannot("no MADV_COLLAPSE");
	if (!linger_awaits(main_tid))
		did.inside++;
	linger_next(0, 0);
	helper_wait();
}

/* One page in each page table, so that none of them is huge yet. */
static void collapse(void)
{
	main_tid = getpid();
	area = map_tables(2 * FEW);
	must(!prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), "PR_SET_THP_DISABLE");
	linger_at("give");
	count_from_here();
	while (did.rounds < FEW)
		collapse_once(area + 2 * did.rounds++ * PMD);
	count_all_to_here();
	print_did();
	print_alone();
}

/* --- readings under load --- */

#define READINGS	50

static atomic_bool stop;

static void flip_until_stop(void)
{
	char *p = map_aligned(ISLAND, PAGE);
	int prot = READ_WRITE;

	fill(p, ISLAND);
	while (!atomic_load(&stop)) {
		prot ^= PROT_EXEC;
		must(!mprotect(p + PAGE, PAGE, prot), "mprotect");
		must(!madvise(p, ISLAND, MADV_DONTNEED), "MADV_DONTNEED");
	}
}

/* Kinds of section of which more have ended than begun. */
static int kinds_ahead(void)
{
	char *line = stats;
	long begun, ended;
	int nr = 0;

	while ((line = strstr(line, "\nsection kind="))) {
		line = strchr(line, ' ');
		if (sscanf(line, " kind=%*s begun=%ld ended=%ld", &begun, &ended) != 2)
			die("section");
		nr += ended > begun;
	}
	return nr;
}

/* READINGS times at least, and until so many mprotect sections have begun. */
static void readings(void)
{
	int read = 0, ahead = 0;

	count_from_here();
	helper_go(flip_until_stop);
	mate_go(0, flip_until_stop);
	do {
		read_stats();
		ahead += kinds_ahead();
		sleep_us(1000);
	} while (++read < READINGS ||
		 stat_read("\nsection kind=mprotect ", " begun=") < READINGS);
	atomic_store(&stop, true);
	helper_wait();
	mate_wait(0);
	count_all_to_here();
	printf("did read=%d ahead=%d\n", read, ahead);
}

/* --- a table of VMAs that is too small --- */

#define TOO_MANY	500
#define PROCESSES	14
#define EACH		44

static char *vmas;

static void change_vmas(void)
{
	int i, n;

	for (n = 0; n < 2; n++)
		for (i = 0; i < TOO_MANY; i += 2)
			must(!mprotect(vmas + i * PAGE, PAGE, n ? READ_WRITE :
				       READ_WRITE | PROT_EXEC), "mprotect");
}

static void *idle(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static void second_thread(void)
{
	pthread_t thread;

	must(!pthread_create(&thread, NULL, idle, NULL), "pthread_create");
}

/* Another process, whose faults are few and whose VMAs nobody changes. */
static int tell[2], answer[2];

static void be_neighbour(void)
{
	char byte;
	int i;

	second_thread();
	area = map_tables(MANY / 511 + 1);
	must(write(answer[1], "", 1) == 1 && read(tell[0], &byte, 1) == 1, "pipe");
	for (i = 0; i < MANY; i++)
		write_to(page_nr(area, i));
	must(write(answer[1], "", 1) == 1, "pipe");
	pause();
}

/* Counts everybody. */
static void full_table(void)
{
	pid_t child;
	char byte;

	must(!pipe(tell) && !pipe(answer), "pipe");
	child = fork();
	if (!child)
		be_neighbour();
	must(child > 0 && read(answer[0], &byte, 1) == 1, "fork");
	vmas = map_vmas(TOO_MANY);
	area = map_tables(1);
	prepare_elsewhere();
	linger_at("ends");
	write_file(DIR "pid", "0");
	write_file(DIR "reset", "1");
	/* All entries are in use; then an end of a VMA moves that has none. */
	while (did.rounds < FEW) {
		helper_go(change_vmas);
		helper_wait();
		round_in_reader(flip_part, page_nr(area, did.rounds++));
	}
	must(write(tell[1], "", 1) == 1 && read(answer[0], &byte, 1) == 1, "pipe");
	read_file(DIR "verdict", said, sizeof(said));
	read_stats();
	must(!kill(child, SIGKILL) && waitpid(child, NULL, 0) == child, "kill");
	print_did();
	print_alone();
}

static pid_t process_of_vmas(void)
{
	pid_t child = fork();
	char byte;

	if (!child) {
		second_thread();
		map_vmas(EACH);
		must(write(answer[1], "", 1) == 1, "pipe");
		for (;;)
			pause();
	}
	must(child > 0 && read(answer[0], &byte, 1) == 1, "fork");
	return child;
}

static void end_process(pid_t child)
{
	must(!kill(child, SIGKILL) && waitpid(child, NULL, 0) == child, "kill");
}

/* One after the other, more than there is room for at a time. */
static void turnover(void)
{
	int i;

	must(!pipe(answer), "pipe");
	write_file(DIR "pid", "0");
	write_file(DIR "reset", "1");
	for (i = 0; i < 2 * PROCESSES; i++)
		end_process(process_of_vmas());
	read_stats();
}

/* Nothing happens to those of before; they are still there. */
static void old_entries(void)
{
	pid_t child[2 * PROCESSES];
	int i;

	must(!pipe(answer), "pipe");
	write_file(DIR "pid", "0");
	write_file(DIR "reset", "1");
	for (i = 0; i < PROCESSES; i++)
		child[i] = process_of_vmas();
	sleep(11);
	for (; i < 2 * PROCESSES; i++)
		child[i] = process_of_vmas();
	read_stats();
	for (i = 0; i < 2 * PROCESSES; i++)
		end_process(child[i]);
}

enum with { HELPER, MATES, NOBODY };

static const struct scenario {
	const char *name;
	void (*run)(void);
	enum with with;
} scenarios[] = {
	{ .name = "kernel_many", .run = kernel_many },
	{ .name = "kernel_blocked", .run = kernel_blocked },
	{ .name = "kernel_others", .run = kernel_others },
	{ .name = "kernel_few", .run = kernel_few },
	{ .name = "repeated_writer", .run = repeated_writer, .with = MATES },
	{ .name = "repeated_queued", .run = repeated_queued, .with = MATES },
	{ .name = "by_mprotect", .run = by_mprotect },
	{ .name = "by_mprotect_part", .run = by_mprotect_part },
	{ .name = "by_mmap", .run = by_mmap },
	{ .name = "by_munmap", .run = by_munmap },
	{ .name = "by_brk", .run = by_brk },
	{ .name = "by_mremap", .run = by_mremap },
	{ .name = "by_madvise", .run = by_madvise },
	{ .name = "by_mlock", .run = by_mlock },
	{ .name = "by_mbind", .run = by_mbind },
	{ .name = "by_fork", .run = by_fork },
	{ .name = "by_shmat", .run = by_shmat },
	{ .name = "by_ioctl", .run = by_ioctl },
	{ .name = "fork_many", .run = fork_many },
	{ .name = "reset_deferred", .run = reset_deferred, .with = MATES },
	{ .name = "collapse", .run = collapse },
	{ .name = "readings", .run = readings, .with = MATES },
	{ .name = "full_table", .run = full_table },
	{ .name = "turnover", .run = turnover, .with = NOBODY },
	{ .name = "old_entries", .run = old_entries, .with = NOBODY },
};

/* Threads are there before pages are locked: their stacks are, too. */
static void start_threads(enum with with)
{
	if (with == NOBODY)
		return;
	helper_start();
	helper_go(nothing);
	helper_wait();
	if (with == MATES)
		mates_start();
	settle();
}

/* Lines of their own, which no record of stats begins. */
static void print_said(void)
{
	char *line;

	for (line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
		printf("said %s\n", line);
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
		print_said();
		return 0;
	}
	fprintf(stderr, "usage: waits NAME, NAME one of:");
	for (i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		fprintf(stderr, " %s", scenarios[i].name);
	fprintf(stderr, "\n");
	return 2;
}
