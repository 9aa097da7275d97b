// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load of chance for the oracle: threads that fault in some VMAs, and let the
 * kernel fault there for them, beside threads that change these very VMAs in every
 * way, and one that forks.
 *
 *	mix FAULTS SEED [FILE]
 *
 * Ends after at least FAULTS faults.  Writes a copy of stats to FILE, or to
 * standard output.
 *
 * What spf counts is exactly what happens from its reset to the copy: the filter
 * is set to this process before, all threads are not only joined but gone when
 * the copy is made, and what the program itself needs for that is locked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "counted.h"

#define FAULTERS	3
#define WRITERS		2
#define THREADS		(FAULTERS + WRITERS + 1)

/*
 * Each area has a slot of its own, larger than it, at an address that nobody else
 * gets while there is a hole: the slots are far from where the kernel looks for
 * room.  The last areas are of other kinds; behind them each writer has a slot to
 * move an area to.
 */
#define AREAS		8
#define SLOT		(4 * PMD)
#define AREA_PAGES	256UL
#define HEAP_PAGES	64
#define MORE_PAGES	16UL	/* that an area grows by, at either end */
#define KEPT_PAGES	1024UL

static char *const arena = (char *)0x100000000000UL;

enum { SHARED_AREA = AREAS - 3, SMALL_AREA, STACK_AREA };

struct thread {
	pthread_t id;
	pid_t tid;
	unsigned int nr;
	unsigned long random;
	sigjmp_buf after;
};

static struct thread threads[THREADS];
static __thread struct thread *self;
static atomic_bool stop;
static atomic_uint hot;
static char *heap, *vdso;
static int zeros;		/* /dev/zero */

static unsigned long next(struct thread *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return t->random >> 11;
}

static unsigned long below(struct thread *t, unsigned long n)
{
	return next(t) % n;
}

/* Half of all goes to one, so that many meet there. */
static unsigned int some_area(struct thread *t)
{
	return below(t, 2) ? hot : below(t, AREAS);
}

static char *area_at(unsigned int nr)
{
	return arena + nr * SLOT;
}

static size_t size_of(unsigned int nr)
{
	return (nr == SMALL_AREA || nr == STACK_AREA ? 16 : AREA_PAGES) * PAGE;
}

static char *map_at(char *at, size_t size, unsigned int nr)
{
	int flags = MAP_ANONYMOUS | MAP_FIXED;

	flags |= nr == SHARED_AREA ? MAP_SHARED : MAP_PRIVATE;
	if (nr == STACK_AREA)
		flags |= MAP_GROWSDOWN;
	return mmap(at, size, PROT_READ | PROT_WRITE, flags, -1, 0);
}

/* Whatever was there is replaced; an area that grows has a hole below it. */
static void map_area(unsigned int nr)
{
	if (nr == STACK_AREA)
		munmap(area_at(nr) - MORE_PAGES * PAGE, MORE_PAGES * PAGE);
	if (map_at(area_at(nr), size_of(nr), nr) == MAP_FAILED)
		die("mmap");
}

static void rest(struct thread *t, unsigned int us)
{
	struct timespec time = { .tv_nsec = below(t, us) * 1000 };

	nanosleep(&time, NULL);
}

/* --- faults --- */

static void survive(int signal)
{
	(void)signal;
	siglongjmp(self->after, 1);
}

static void touch(struct thread *t, char *p)
{
	unsigned long how = below(t, 8);

	/* By the kernel, which is refused where it is not mapped. */
	if (how == 0 && below(t, 2))
		syscall(SYS_getcpu, p, NULL, NULL);
	else if (how == 0 && read(zeros, p, PAGE) < 0 && errno != EFAULT)
		die("read");
	if (how == 1 || how == 2)
		read_from(p);
	if (how > 1)
		write_to(p);
}

/*
 * Where no user space is, and just above it (below, where there are five levels of
 * page tables).  None can be read; a vsyscall can be called where the kernel has it.
 */
static void touch_kernel(struct thread *t)
{
	static const unsigned long at[] = {
		0x7ffffffff000, 0xffff800000000000, 0xffffffff80000000,
		0xffffffffff600000,
	};
	int (*vsyscall)(void *, void *) = (void *)at[3];

	if (below(t, 2))
		read_from((void *)at[below(t, sizeof(at) / sizeof(*at))]);
	else
		vsyscall(NULL, NULL);
}

static char *some_pages(struct thread *t, unsigned long *pages)
{
	unsigned int nr = some_area(t);
	unsigned long all = size_of(nr) / PAGE, first;

	*pages = 1;
	switch (below(t, 32)) {
	case 0:
	case 1:
		*pages = 1 + below(t, 4);
		return heap + below(t, HEAP_PAGES) * PAGE;
	case 2:
		/* Where it may have grown to. */
		return area_at(nr) + (all + below(t, MORE_PAGES)) * PAGE;
	case 3:
		/* Of a kind that has to be faulted in one by one. */
		if (vdso)
			return vdso;
	}
	if (nr == STACK_AREA)
		/* Some are below it, and make it grow. */
		return area_at(nr) + (below(t, 24) - 8) * PAGE;
	first = below(t, all);
	*pages = 1 + below(t, all - first < 16 ? all - first : 16);
	return area_at(nr) + first * PAGE;
}

static void fault_once(struct thread *t)
{
	unsigned long pages, i;
	char *p = some_pages(t, &pages);

	if (!below(t, 64))
		touch_kernel(t);
	/* They are to fault again, beside others that fault elsewhere in the VMA. */
	if (below(t, 4))
		madvise(p, pages * PAGE, below(t, 16) ? MADV_DONTNEED : MADV_FREE);
	if (p == vdso) {
		read_from(p);
		return;
	}
	for (i = 0; i < pages && !stop; i++)
		touch(t, p + i * PAGE);
}

static void fault(struct thread *t)
{
	/* Where the access that was refused continues. */
	sigsetjmp(t->after, 0);
	while (!stop)
		fault_once(t);
}

/* --- writers: what fails, because the other one was there, does no harm --- */

struct part {
	unsigned int nr;
	char *all, *some;
	size_t size, some_size;
};

/* The flags of all of it, again and again. */
static void protect_all(struct thread *t, const struct part *part)
{
	unsigned long times = 1 + below(t, 8);

	while (times--) {
		mprotect(part->all, part->size, PROT_READ);
		mprotect(part->all, part->size, PROT_READ | PROT_WRITE);
	}
}

static void protect(struct thread *t, const struct part *part)
{
	int prot = below(t, 3) ? PROT_READ : PROT_NONE;

	if (below(t, 2)) {
		protect_all(t, part);
		return;
	}
	mprotect(part->some, part->some_size, prot);
	if (below(t, 2))
		rest(t, 100);
	mprotect(part->some, part->some_size, PROT_READ | PROT_WRITE);
}

static void unmap(struct thread *t, const struct part *part)
{
	switch (below(t, 3)) {
	case 0:
		munmap(part->all, part->size);
		break;
	case 1:
		munmap(part->some, part->some_size);
	}
	map_area(part->nr);
}

static void move(struct thread *t, const struct part *part)
{
	char *to = area_at(AREAS + t->nr);

	if (mremap(part->all, part->size, part->size,
		   MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		return;
	mremap(to, part->size, part->size, MREMAP_MAYMOVE | MREMAP_FIXED,
	       part->all);
}

/* By itself, or by another one that it merges with. */
static void grow(struct thread *t, const struct part *part)
{
	size_t more = (1 + below(t, MORE_PAGES)) * PAGE;

	if (below(t, 2))
		mremap(part->all, part->size, part->size + more, 0);
	else
		map_at(part->all + part->size, more, part->nr);
	if (below(t, 2))
		rest(t, 200);
	munmap(part->all + part->size, more);
}

static void advise(struct thread *t, const struct part *part)
{
	static const int pairs[][2] = {
		{ MADV_DONTNEED, MADV_NORMAL },
		{ MADV_DONTNEED, MADV_DONTNEED },
		{ MADV_FREE, MADV_FREE },
		{ MADV_DONTFORK, MADV_DOFORK },
		{ MADV_SEQUENTIAL, MADV_NORMAL },
		{ MADV_DONTDUMP, MADV_DODUMP },
	};
	const int *pair = pairs[below(t, sizeof(pairs) / sizeof(*pairs))];
	bool all = below(t, 2);
	size_t size = all ? part->size : part->some_size;

	madvise(all ? part->all : part->some, size, pair[0]);
	madvise(all ? part->all : part->some, size, pair[1]);
}

static void lock(struct thread *t, const struct part *part)
{
	size_t few = (1 + below(t, 4)) * PAGE;
	bool all = part->nr == SMALL_AREA;

	mlock(all ? part->all : part->some, all ? part->size : few);
	munlock(all ? part->all : part->some, all ? part->size : few);
}

/* Only one thread does: the heap is nobody else's in the meantime. */
static void move_break(struct thread *t)
{
	long size = (1 + below(t, HEAP_PAGES)) * PAGE;

	if (t->nr)
		return;
	if (sbrk(size) == (void *)-1)
		die("sbrk");
	rest(t, 200);
	if (sbrk(-size) == (void *)-1)
		die("sbrk");
}

static void change(struct thread *t)
{
	struct part part = { .nr = some_area(t) };
	unsigned long pages = size_of(part.nr) / PAGE, first;

	part.all = area_at(part.nr);
	part.size = size_of(part.nr);
	first = below(t, pages);
	part.some = part.all + first * PAGE;
	part.some_size = (1 + below(t, pages - first)) * PAGE;
	switch (below(t, 14)) {
	case 0:
	case 1:
		unmap(t, &part);
		break;
	case 2:
		move(t, &part);
		break;
	case 3:
	case 4:
		grow(t, &part);
		break;
	case 5:
	case 6:
		advise(t, &part);
		break;
	case 7:
		lock(t, &part);
		break;
	case 8:
		move_break(t);
		break;
	default:
		protect(t, &part);
	}
}

static void write_vmas(struct thread *t)
{
	while (!stop) {
		if (!below(t, 16))
			hot = below(t, AREAS);
		change(t);
		rest(t, 200);
	}
}

static void fork_children(struct thread *t)
{
	pid_t child;

	while (!stop) {
		child = fork();
		if (child < 0)
			die("fork");
		if (!child)
			_exit(0);
		if (waitpid(child, NULL, 0) != child)
			die("waitpid");
		rest(t, 100000);
	}
}

/*
 * --- what chance brings too seldom: flags that change in the attempt, and a handler
 *     that is called again for a fault when a writer has the lock ---
 */

static int uffd;
static char *asked;		/* for pages of it */
static char *kept;		/* all there; mprotect has much to do on it */
static atomic_bool served;

static void *keep_lock(void *unused)
{
	(void)unused;
	while (!served)
		if (mprotect(kept, KEPT_PAGES * PAGE, PROT_READ) ||
		    mprotect(kept, KEPT_PAGES * PAGE, PROT_READ | PROT_WRITE))
			die("mprotect");
	return NULL;
}

static void *serve(void *unused)
{
	struct uffdio_zeropage zero = {
		.range.len = PAGE, .mode = UFFDIO_ZEROPAGE_MODE_DONTWAKE,
	};
	struct uffd_msg msg;
	int i;

	(void)unused;
	for (i = 0; i < FEW; i++) {
		if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
			die("read userfaultfd");
		if (mprotect(asked, FEW * PAGE, PROT_READ | PROT_WRITE |
			     (i % 2 ? 0 : PROT_EXEC)))
			die("mprotect");
		zero.range.start = msg.arg.pagefault.address & ~(PAGE - 1);
		if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
			die("UFFDIO_ZEROPAGE");
		/* It has the lock for read itself: by now others wait for it. */
		if (ioctl(uffd, UFFDIO_WAKE, &zero.range))
			die("UFFDIO_WAKE");
	}
	served = true;
	return NULL;
}

/* While a fault waits in the handler for its page, that is a part of its service. */
static void fault_beside_flags(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range.start = (uintptr_t)asked, .range.len = FEW * PAGE,
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	pthread_t server, keeper;
	int i;

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	/* A kernel without it leaves that to chance. */
	if (uffd < 0)
		return;
	if (ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
	if (pthread_create(&server, NULL, serve, NULL) ||
	    pthread_create(&keeper, NULL, keep_lock, NULL))
		die("pthread_create");
	for (i = 0; i < FEW; i++)
		write_to(asked + i * PAGE);
	pthread_join(server, NULL);
	pthread_join(keeper, NULL);
	close(uffd);
}

/* --- the threads --- */

static void *run(void *arg)
{
	unsigned long nr;

	self = arg;
	nr = self - threads;
	self->tid = gettid();
	if (nr < WRITERS)
		write_vmas(self);
	else if (nr < WRITERS + FAULTERS)
		fault(self);
	else
		fork_children(self);
	return NULL;
}

static void start(unsigned long seed)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		threads[i].nr = i;
		threads[i].random = (seed + i + 1) * 0x9e3779b97f4a7c15UL;
		if (pthread_create(&threads[i].id, NULL, run, &threads[i]))
			die("pthread_create");
	}
}

/*
 * A thread that has been joined may still be on its way out, and what is judged
 * of it then would be missing.
 */
static void finish(void)
{
	unsigned int i;

	stop = true;
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
	/* Should the copying need it. */
	if (vdso)
		read_from(vdso);
	for (i = 0; i < THREADS; i++)
		while (!syscall(SYS_tgkill, getpid(), threads[i].tid, 0) ||
		       errno != ESRCH)
			usleep(1000);
}

static unsigned long faults(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		die("getrusage");
	return usage.ru_minflt;
}

static void set_up(void)
{
	struct sigaction action = {
		.sa_handler = survive,
		.sa_flags = SA_NODEFER,
	};
	unsigned int i;

	if (sigaction(SIGSEGV, &action, NULL) ||
	    sigaction(SIGBUS, &action, NULL))
		die("sigaction");
	vdso = (char *)getauxval(AT_SYSINFO_EHDR);
	settle();
	/* From here on nothing is locked. */
	asked = map_aligned(FEW * PAGE, PAGE);
	kept = map_aligned(KEPT_PAGES * PAGE, PAGE);
	for (i = 0; i < KEPT_PAGES; i++)
		write_to(kept + i * PAGE);
	for (i = 0; i < AREAS; i++)
		map_area(i);
	/* What pthread_create() allocates has room below it. */
	free(malloc(1));
	heap = align_up(sbrk(0), PAGE);
	zeros = open("/dev/zero", O_RDONLY);
	if (zeros < 0)
		die("/dev/zero");
}

int main(int argc, char **argv)
{
	unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 0) : 30000;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	unsigned long before;
	FILE *file = stdout;

	if (argc > 3)
		file = fopen(argv[3], "w");
	if (!file)
		die(argv[3]);
	count_pid();
	set_up();
	count_from_here();
	before = faults();
	fault_beside_flags();
	start(seed);
	/* Some of these were the kernel's own. */
	while (faults() - before < wanted + wanted / 4)
		usleep(20000);
	finish();
	count_to_here();
	if (fputs(stats, file) < 0 || fclose(file))
		die("stats");
	return 0;
}
