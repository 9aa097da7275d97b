// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes are counted, and what the files accept.
 *
 *	pids NAME [FILE]
 *
 * Each process here has all of its pages in memory before it is counted, so that
 * it has the faults that it is told to have and no other.  What spf shows is
 * compared here: prints what differs, and fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "counted.h"

#define WORKERS		4
#define BOSS		100	/* pages of ours, which must not be counted */
#define START		1000	/* + worker: start it */
#define LEAVE		(-1)

#define GONE		"ended"	/* the state of a process */

static int failed;

static void expect(const char *what, long got, long wanted)
{
	if (got == wanted)
		return;
	printf("%s: got %ld, wanted %ld\n", what, got, wanted);
	failed = 1;
}

/* --- what spf shows --- */

/* The value of a key in the first line of a record, up to the next blank. */
static const char *value(const char *record, const char *key)
{
	static char text[64];
	const char *line, *at;
	char word[64];

	snprintf(word, sizeof(word), "%s ", record);
	/* Not the first of all lines, which says what format it is. */
	for (line = strchr(stats, '\n'); line; line = strchr(line + 1, '\n'))
		if (!strncmp(line + 1, word, strlen(word)))
			break;
	snprintf(word, sizeof(word), " %s=", key);
	at = line ? strstr(line, word) : NULL;
	if (!at || at > line + 1 + strcspn(line + 1, "\n")) {
		printf("no %s in %s\n", key, record);
		exit(1);
	}
	at += strlen(word);
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, "\n "), at);
	return text;
}

static long number(const char *record, const char *key)
{
	return atol(value(record, key));
}

static void look(void)
{
	read_file(DIR "stats", stats, sizeof(stats));
}

static void shows(const char *record, const char *key, long wanted)
{
	char what[64];

	snprintf(what, sizeof(what), "%s %s", record, key);
	expect(what, number(record, key), wanted);
}

static void state_is(const char *wanted)
{
	if (!strcmp(value("filter", "state"), wanted))
		return;
	printf("state: got %s, wanted %s\n", value("filter", "state"), wanted);
	failed = 1;
}

static void verdict_says(const char *sentence, bool wanted)
{
	static char text[4096];

	read_file(DIR "verdict", text, sizeof(text));
	if (!strstr(text, sentence) != wanted)
		return;
	printf("verdict %s \"%s\":\n%s", wanted ? "lacks" : "has", sentence,
	       text);
	failed = 1;
}

static void set(const char *name, long number)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), DIR "%s", name);
	snprintf(text, sizeof(text), "%ld\n", number);
	write_file(path, text);
}

/* What write() gives, as an errno. */
static int try(const char *name, const char *text, size_t size, off_t offset)
{
	char path[64];
	int fd, err;

	snprintf(path, sizeof(path), DIR "%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		die(path);
	err = pwrite(fd, text, size, offset) == (ssize_t)size ? 0 : errno;
	close(fd);
	return err;
}

static int try_number(const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	return try(name, text, strlen(text), 0);
}

/* --- processes that are told what to do --- */

static struct {
	int go[2];
	int done[2];
} pipes[WORKERS];

static char *area;

static void prepare(void)
{
	settle();
	area = map_pmds(1);
	write_to(area);
}

static void touch(int pages)
{
	while (pages--)
		write_to(area += PAGE);
}

static void say(int fd, int what)
{
	if (write(fd, &what, sizeof(what)) != sizeof(what))
		die("write to a pipe");
}

static int hear(int fd)
{
	int what;

	if (read(fd, &what, sizeof(what)) != sizeof(what))
		die("read from a pipe");
	return what;
}

static pid_t start(int i);

static void work(int i)
{
	int what;

	signal(SIGCHLD, SIG_IGN);
	prepare();
	say(pipes[i].done[1], getpid());
	for (;;) {
		what = hear(pipes[i].go[0]);
		if (what == LEAVE)
			_exit(0);
		if (what >= START)
			what = start(what - START);
		else
			touch(what);
		say(pipes[i].done[1], what);
	}
}

/* What both have after a fork is copied here and not while it is counted. */
static pid_t start(int i)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		work(i);
	hear(pipes[i].done[0]);
	prepare();
	return pid;
}

static int tell(int i, int what)
{
	say(pipes[i].go[1], what);
	return hear(pipes[i].done[0]);
}

static void make_pipes(void)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (pipe(pipes[i].go) || pipe(pipes[i].done))
			die("pipe");
}

static void leave(int i, pid_t pid)
{
	say(pipes[i].go[1], LEAVE);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

static void count_only(long id, bool children)
{
	set("pid", 0);
	set("children", children);
	set("pid", id);
	set("reset", 1);
}

static void count_all(void)
{
	set("pid", 0);
	set("children", 0);
}

/* --- one process --- */

static void other(void)
{
	pid_t pid = start(0);

	count_only(pid, false);
	tell(0, FEW);
	touch(BOSS);
	look();
	shows("faults", "arrived", FEW);
	shows("filter", "asked", pid);
	state_is("running");
	count_all();
	leave(0, pid);
}

/* The first two processes of a pid namespace, in which they have other numbers. */
static void in_namespace(void)
{
	pid_t outside;
	int status;

	if (unshare(CLONE_NEWPID))
		die("unshare");
	outside = fork();
	if (!outside) {
		other();
		expect("worker's number inside", number("filter", "asked"), 2);
		/* No number is 2 in both: that is a kernel thread's. */
		expect("and outside", number("filter", "pid") > 2, true);
		expect("there is no third one", try_number("pid", 3), ESRCH);
		exit(failed);
	}
	if (waitpid(outside, &status, 0) != outside)
		die("waitpid");
	expect("status inside", status, 0);
}

static int thread_go[2], thread_done[2];

static void *thread(void *arg)
{
	say(thread_done[1], syscall(SYS_gettid));
	touch(hear(thread_go[0]));
	say(thread_done[1], 0);
	return arg;
}

/* pthread_join() returns before the kernel is done with the thread. */
static void join(pthread_t id, int tid)
{
	pthread_join(id, NULL);
	while (!syscall(SYS_tgkill, getpid(), tid, 0))
		sched_yield();
}

static void of_thread(void)
{
	pthread_t id;
	int tid;

	if (pipe(thread_go) || pipe(thread_done) ||
	    pthread_create(&id, NULL, thread, NULL))
		die("pthread_create");
	tid = hear(thread_done[0]);
	prepare();
	count_only(tid, false);
	say(thread_go[1], FEW);
	hear(thread_done[0]);
	touch(BOSS);
	look();
	expect("a thread's id", tid != getpid(), true);
	shows("faults", "arrived", FEW + BOSS);
	shows("filter", "asked", tid);
	shows("filter", "pid", getpid());
	shows("module", "pid", getpid());
	state_is("running");
	join(id, tid);
	/* It has gone; the process has not. */
	look();
	state_is("running");
	expect("its id", try_number("pid", tid), ESRCH);
	look();
	shows("filter", "asked", tid);
	count_all();
	look();
	shows("filter", "pid", 0);
	shows("filter", "asked", 0);
	state_is("all");
}

/* The number that is given out next. */
static pid_t start_as(int i, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid - 1);
	write_file("/proc/sys/kernel/ns_last_pid", text);
	return start(i);
}

static void gone(void)
{
	char sentence[64];
	pid_t pid = start(0);

	count_only(pid, false);
	verdict_says("has ended", false);
	leave(0, pid);
	look();
	state_is(GONE);
	shows("faults", "arrived", 0);
	snprintf(sentence, sizeof(sentence),
		 "Nothing is said: process %d has ended.\n", pid);
	verdict_says(sentence, true);
	expect("its id", try_number("pid", pid), ESRCH);
	look();
	shows("filter", "pid", pid);
	count_all();
	verdict_says("has ended", false);
}

static void gone_with_figures(void)
{
	char sentence[64];
	pid_t pid = start(0);

	count_only(pid, false);
	tell(0, FEW);
	say(pipes[0].go[1], LEAVE);
	/* Nobody has reaped it yet. */
	if (waitid(P_PID, pid, NULL, WEXITED | WNOWAIT))
		die("waitid");
	look();
	state_is(GONE);
	expect("a zombie's id", try_number("pid", pid), ESRCH);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
	look();
	state_is(GONE);
	shows("faults", "arrived", FEW);
	snprintf(sentence, sizeof(sentence),
		 "Process %d has ended: nothing is added", pid);
	verdict_says(sentence, true);
	count_all();
}

/* Another process with the same number is another process. */
static void number_again(void)
{
	pid_t pid = start(0), again;

	count_only(pid, false);
	tell(0, FEW);
	leave(0, pid);
	again = start_as(1, pid);
	expect("the number again", again, pid);
	tell(1, BOSS);
	look();
	shows("faults", "arrived", FEW);
	shows("filter", "pid", pid);
	state_is(GONE);
	/* It can be asked for. */
	count_only(again, false);
	tell(1, FEW);
	look();
	shows("faults", "arrived", FEW);
	state_is("running");
	count_all();
	leave(1, again);
}

/* --- and those that it starts --- */

/* 0 is there before, 1 is its child then, 2 the child of 1 and 3 of 0 later. */
static void children(void)
{
	pid_t pid = start(0);

	tell(0, START + 1);
	count_only(pid, true);
	look();
	shows("filter", "children", 1);
	shows("filter", "followed", 1);
	tell(1, START + 2);
	tell(0, START + 3);
	look();
	shows("filter", "followed", 3);
	shows("filter", "lost", 0);
	set("reset", 1);
	touch(BOSS);
	tell(0, 1);
	tell(1, 2);
	tell(2, 4);
	tell(3, 8);
	look();
	shows("faults", "arrived", 15);
	/* Nobody but itself. */
	set("children", 0);
	set("reset", 1);
	tell(0, 1);
	tell(1, 2);
	tell(2, 4);
	tell(3, 8);
	look();
	shows("faults", "arrived", 1);
	shows("filter", "followed", 0);
	/* All that are there, whoever was their parent. */
	set("children", 1);
	look();
	shows("filter", "followed", 3);
	/* The same, seen by probes that are set again. */
	set("enable", 0);
	look();
	shows("filter", "followed", 0);
	set("enable", 1);
	look();
	shows("filter", "followed", 3);
	set("reset", 1);
	touch(BOSS);
	tell(3, 8);
	tell(0, 1);
	look();
	shows("faults", "arrived", 9);
	count_all();
	say(pipes[2].go[1], LEAVE);
	say(pipes[3].go[1], LEAVE);
	say(pipes[1].go[1], LEAVE);
	leave(0, pid);
}

/* Those that it has started go on when it has gone. */
static void children_outlive(void)
{
	pid_t pid = start(0);

	count_only(pid, true);
	tell(0, START + 1);
	tell(0, START + 2);
	leave(0, pid);
	set("reset", 1);
	tell(1, FEW);
	tell(2, 1);
	look();
	state_is(GONE);
	shows("filter", "followed", 2);
	shows("faults", "arrived", FEW + 1);
	verdict_says("has ended", false);
	/* Also as parents. */
	tell(1, START + 3);
	set("reset", 1);
	tell(3, FEW);
	look();
	shows("filter", "followed", 3);
	shows("faults", "arrived", FEW);
	count_all();
	say(pipes[1].go[1], LEAVE);
	say(pipes[2].go[1], LEAVE);
	say(pipes[3].go[1], LEAVE);
}

#define CROWD	1100
#define ROOM	1024	/* SPF_FOLLOW_MAX */

static int crowd_go[2];

static int stand(void *arg)
{
	char c;

	/* Until nobody holds the other end. */
	close(crowd_go[1]);
	if (read(crowd_go[0], &c, 1))
		_exit(1);
	_exit(0);
	return !!arg;
}

/* Processes that share our memory, each with a stack of its own. */
static void stand_about(int nr)
{
	static long double stacks[CROWD][64];
	int i;

	if (pipe(crowd_go))
		die("pipe");
	for (i = 0; i < nr; i++)
		if (clone(stand, &stacks[i][64],
			  CLONE_VM | SIGCHLD, NULL) < 0)
			die("clone");
}

static void go_away(void)
{
	close(crowd_go[1]);
	close(crowd_go[0]);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* More than there is room for, at their forks and as living descendants. */
static void crowd(void)
{
	long lost;

	prepare();
	count_only(getpid(), true);
	stand_about(CROWD);
	look();
	lost = number("filter", "lost");
	expect("all", number("filter", "followed") + lost, CROWD);
	expect("some are lost", lost >= CROWD - ROOM, true);
	expect("most are not", lost < CROWD / 4, true);
	verdict_says("processes that were to be followed are not counted", true);
	set("children", 0);
	look();
	shows("filter", "lost", 0);
	set("children", 1);
	look();
	expect("all of the living",
	       number("filter", "followed") + number("filter", "lost"), CROWD);
	expect("some of them are lost", number("filter", "lost") >= CROWD - ROOM,
	       true);
	go_away();
	look();
	shows("filter", "followed", 0);
	/* The places are taken by others: all of these fit. */
	lost = number("filter", "lost");
	stand_about(FEW);
	look();
	shows("filter", "followed", FEW);
	shows("filter", "lost", lost);
	go_away();
	count_all();
	verdict_says("not counted", false);
}

/* --- what is written --- */

static const char *file;

/* All that a file sets, and what a reset would move. */
static void read_settings(char *text, size_t size)
{
	static const char * const keys[][2] = {
		{ "module", "enabled" }, { "module", "generation" },
		{ "filter", "asked" }, { "filter", "children" },
	};
	size_t i, n = 0;

	look();
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		n += snprintf(text + n, size - n, " %s=%s", keys[i][1],
			      value(keys[i][0], keys[i][1]));
}

static void refuses(const char *what, const char *text, size_t size,
		    off_t offset)
{
	char before[128], after[128];

	read_settings(before, sizeof(before));
	expect(what, try(file, text, size, offset), EINVAL);
	read_settings(after, sizeof(after));
	if (!strcmp(before, after))
		return;
	printf("%s:%s became%s\n", what, before, after);
	failed = 1;
}

static void bad_input(void)
{
	static char big[1 << 20];

	memset(big, '1', sizeof(big));
	refuses("nothing", "", 0, 0);
	refuses("a newline", "\n", 1, 0);
	refuses("two newlines", "1\n\n", 3, 0);
	refuses("a blank before", " 1", 2, 0);
	refuses("a blank behind", "1 ", 2, 0);
	refuses("a zero behind", "1", 2, 0);
	refuses("a zero", "", 1, 0);
	refuses("binary", "\177ELF\2\1", 6, 0);
	refuses("above 7 bits", "\377\3761", 3, 0);
	refuses("hexadecimal", "0x1", 3, 0);
	refuses("a fraction", "1.0", 3, 0);
	refuses("a megabyte", big, sizeof(big), 0);
	refuses("16 digits", "0000000000000001", 16, 0);
	refuses("at an offset", "1", 1, 1);
	refuses("far away", "1", 1, 1L << 40);
}

/* A number in two pieces: the second is refused, and the first one holds. */
static void two_pieces(void)
{
	int fd = open(DIR "enable", O_WRONLY);

	if (fd < 0)
		die("enable");
	expect("the first piece", write(fd, "1", 1), 1);
	expect("the second piece", write(fd, "0", 1), -1);
	expect("because", errno, EINVAL);
	look();
	shows("module", "enabled", 1);
	/* From the start it is another value, and after a refusal, too. */
	expect("back", lseek(fd, 0, SEEK_SET), 0);
	expect("nonsense", write(fd, "x", 1), -1);
	expect("once more", write(fd, "1\n", 2), 2);
	close(fd);
}

static void good_input(void)
{
	expect("enable, newline", try("enable", "1\n", 2, 0), 0);
	expect("enable", try("enable", "1", 1, 0), 0);
	expect("reset, newline", try("reset", "1\n", 2, 0), 0);
	expect("children, newline", try("children", "1\n", 2, 0), 0);
	look();
	shows("filter", "children", 1);
	expect("children", try("children", "0", 1, 0), 0);
	look();
	shows("filter", "children", 0);
	expect("pid, zeros before", try("pid", "000002", 6, 0), 0);
	look();
	shows("filter", "pid", 2);
	expect("pid", try("pid", "0\n", 2, 0), 0);
}

static void flood(void)
{
	int i, fd = open(DIR "pid", O_WRONLY);

	if (fd < 0)
		die("pid");
	for (i = 0; i < 10000; i++)
		if (write(fd, "flood", 5) != -1 || errno != EINVAL)
			die("a bad value was accepted");
	close(fd);
}

/* Each asks for another process, and children: what is shown belongs together. */
static void two_writers(void)
{
	pid_t pid[2] = { start(0), start(1) };
	pid_t writer[2];
	int i, n, end[2];
	char c;

	if (pipe(end))
		die("pipe");
	set("children", 1);
	for (i = 0; i < 2; i++) {
		writer[i] = fork();
		if (writer[i])
			continue;
		close(end[1]);
		fcntl(end[0], F_SETFL, O_NONBLOCK);
		/* Until the other end is closed. */
		while (read(end[0], &c, 1))
			set("pid", pid[i]);
		_exit(0);
	}
	for (n = 0; n < 100; n++) {
		look();
		expect("pid and asked", number("filter", "pid"),
		       number("filter", "asked"));
		expect("pid of both lines", number("module", "pid"),
		       number("filter", "pid"));
	}
	close(end[1]);
	for (i = 0; i < 2; i++)
		waitpid(writer[i], NULL, 0);
	count_all();
	for (i = 0; i < 2; i++)
		leave(i, pid[i]);
}

/* While the module comes and goes: opened or not, and nothing in between. */
static void open_until_told(void)
{
	char text[64];

	while (access("/tmp/told", F_OK)) {
		int fd = open(DIR "pid", O_RDWR);

		if (fd < 0) {
			expect("it is not there, or goes", errno == ENOENT ||
			       errno == ENXIO || errno == EIO, true);
			continue;
		}
		expect("read", read(fd, text, sizeof(text)) > 0, true);
		expect("write", pwrite(fd, "0", 1, 0), 1);
		close(fd);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "other", other },
	{ "in_namespace", in_namespace },
	{ "of_thread", of_thread },
	{ "gone", gone },
	{ "gone_with_figures", gone_with_figures },
	{ "number_again", number_again },
	{ "children", children },
	{ "children_outlive", children_outlive },
	{ "crowd", crowd },
	{ "bad_input", bad_input },
	{ "two_pieces", two_pieces },
	{ "good_input", good_input },
	{ "two_writers", two_writers },
	{ "open_until_told", open_until_told },
	{ "flood", flood },
};

int main(int argc, char **argv)
{
	size_t i;

	file = argc > 2 ? argv[2] : "pid";
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; argc > 1 && i < sizeof(tests) / sizeof(*tests); i++) {
		if (strcmp(argv[1], tests[i].name))
			continue;
		make_pipes();
		tests[i].run();
		return failed;
	}
	fprintf(stderr, "usage: pids NAME [FILE]\n");
	return 2;
}
