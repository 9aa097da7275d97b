// SPDX-License-Identifier: GPL-2.0-only
/*
 * failing load MODULE TRIES [PARAMETERS]
 * failing enable TRIES
 * failing read FILE
 *
 * For tests in a guest whose kernel has CONFIG_FAULT_INJECTION: one allocation of
 * a system call fails, the first, the second, and so on, until one call gets
 * through without a failure.  A call that makes more of them than TRIES is tried
 * at the first and the last one, and then always half way between two that did
 * not end alike, so that whatever is allocated in a loop does not take all tries.
 *
 * A load either is refused, and leaves nothing, or is complete: its hooks are those
 * of a load without failures.  So it is with enable.
 *
 * Prints a line for each try, "try n=3 result=refused errno=12 log=...", and
 * fails when one was neither.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

#define DIR		"/sys/kernel/debug/spf"
#define TEXT_MAX	65536
#define TRIES_MAX	4096
#define NEVER		1000000000UL

struct try {
	unsigned long n;
	char how[512];
};

static struct try tries[TRIES_MAX];
static unsigned int nr_tries, nr_bad, nr_refused, nr_complete;
static const char *module, *parameters = "";
static char wanted[TEXT_MAX];
static int nth, log_fd;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* --- what fails --- */

static void fail_at(unsigned long n)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%lu", n);

	if (pwrite(nth, text, len, 0) != len)
		die("fail-nth");
}

/* How many were left to go. */
static unsigned long failed(void)
{
	char text[32] = "";

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0)
		die("fail-nth");
	fail_at(0);
	return strtoul(text, NULL, 10);
}

/* --- what it is like --- */

static bool read_text(const char *file, char *text)
{
	int fd = open(file, O_RDONLY);
	ssize_t len = 0, got;

	if (fd < 0)
		return false;
	while ((got = read(fd, text + len, TEXT_MAX - 1 - len)) > 0)
		len += got;
	text[len] = '\0';
	close(fd);
	return got == 0;
}

/* What differs from one load to the next is where and how often. */
static void strip(char *text)
{
	static const char * const keys[] = { " address=", " hits=",
					     " understood=", " missed=",
					     " reentry=" };
	unsigned int i;
	char *p, *end;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		while ((p = strstr(text, keys[i]))) {
			end = p + 1 + strcspn(p + 1, "\n ");
			memmove(p, end, strlen(end) + 1);
		}
}

static bool read_hooks(char *text)
{
	if (!read_text(DIR "/hooks", text))
		return false;
	strip(text);
	return true;
}

/* The first line of the one that the other has not at that place. */
static void show_difference(const char *text)
{
	const char *a = text, *b = wanted;
	size_t n;

	for (; *a || *b; a += n + (a[n] == '\n'), b += n + (b[n] == '\n')) {
		n = strcspn(a, "\n");
		if (n != strcspn(b, "\n") || strncmp(a, b, n))
			break;
	}
	printf("# got    %.*s\n# wanted %.*s\n", (int)strcspn(a, "\n"), a,
	       (int)strcspn(b, "\n"), b);
}

static bool complete(void)
{
	static char text[TEXT_MAX];

	if (!read_hooks(text)) {
		printf("# no file hooks\n");
		return false;
	}
	if (!strcmp(text, wanted))
		return true;
	show_difference(text);
	return false;
}

static bool no_probes(void)
{
	static char text[TEXT_MAX];

	if (!read_text("/sys/kernel/debug/kprobes/list", text))
		die("kprobes/list");
	if (!*text)
		return true;
	printf("# probes left: %.*s\n", (int)strcspn(text, "\n"), text);
	return false;
}

static bool nothing_left(void)
{
	static char text[TEXT_MAX];

	if (!read_text("/proc/modules", text))
		die("/proc/modules");
	if (!strncmp(text, "spf ", 4) || strstr(text, "\nspf ")) {
		printf("# the module is still there\n");
		return false;
	}
	if (!access(DIR, F_OK)) {
		printf("# its directory is still there\n");
		return false;
	}
	return no_probes();
}

static bool is_off(void)
{
	static char text[TEXT_MAX];

	return read_text(DIR "/enable", text) && !strcmp(text, "0\n") &&
	       no_probes();
}

/* What the module has said since the last call. */
static void read_log(char *how, size_t size)
{
	char record[8192], *p, *end;
	ssize_t len;

	for (;;) {
		len = read(log_fd, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return;
		record[len] = '\0';
		p = strstr(record, ";spf: ");
		if (!p)
			continue;
		end = p + strcspn(p, "\n");
		*end = '\0';
		strncat(how, p + 5, size - strlen(how) - 1);
	}
}

/* --- what is tried --- */

static int load(void)
{
	int fd = open(module, O_RDONLY), err;

	/* It is tried without failures first, so that this is one. */
	if (fd < 0)
		return errno;
	err = syscall(SYS_finit_module, fd, parameters, 0) ? errno : 0;
	close(fd);
	return err;
}

static void unload(void)
{
	if (syscall(SYS_delete_module, "spf", O_NONBLOCK))
		die("delete_module");
}

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

static int switch_on(void)
{
	return put(DIR "/enable", "1");
}

static void disable(void)
{
	if (put(DIR "/enable", "0"))
		die(DIR "/enable");
}

struct call {
	int (*call)(void);
	void (*undo)(void);
	bool (*undone)(void);
};

static const struct call of_load = { load, unload, nothing_left };
static const struct call of_enable = { switch_on, disable, is_off };

/* Returns how many allocations were left to go. */
static unsigned long attempt(const struct call *c, unsigned long n,
			     struct try *t)
{
	const char *result = "refused";
	char ignored[256] = "";
	unsigned long left;
	bool good = true;
	int err;

	t->n = n;
	t->how[0] = '\0';
	fail_at(n);
	err = c->call();
	left = failed();
	read_log(t->how, sizeof(t->how));
	if (!err) {
		good = complete();
		result = good ? "complete" : "less";
		c->undo();
		read_log(ignored, sizeof(ignored));
	}
	good = c->undone() && good;
	nr_bad += !good;
	nr_refused += !!err;
	nr_complete += !err && good;
	printf("try n=%lu injected=%d result=%s errno=%d log=%s\n", n, !left,
	       result, err, t->how);
	fflush(stdout);
	/* By how it went, tries are told apart. */
	snprintf(t->how + strlen(t->how), sizeof(t->how) - strlen(t->how),
		 " %s %d", result, err);
	return left;
}

/* The first of the two that are to be looked between, or NULL. */
static struct try *widest(bool unlike)
{
	struct try *best = NULL, *t;
	unsigned long gap = 1;

	for (t = tries; t + 1 < tries + nr_tries; t++)
		if (t[1].n - t->n > gap &&
		    !(unlike && !strcmp(t->how, t[1].how))) {
			gap = t[1].n - t->n;
			best = t;
		}
	return best;
}

static void between(const struct call *c, unsigned long max)
{
	struct try *t;

	while (nr_tries < max && (t = widest(true) ?: widest(false))) {
		memmove(t + 2, t + 1, (tries + nr_tries - t - 1) * sizeof(*t));
		nr_tries++;
		attempt(c, (t->n + t[2].n) / 2, t + 1);
	}
}

static int try_all(const struct call *c, const char *max)
{
	unsigned long most = strtoul(max, NULL, 10), total;

	/* Once without a count, for what is allocated only the first time. */
	if (c->call())
		die("without a failure");
	if (!read_hooks(wanted))
		die(DIR "/hooks");
	c->undo();
	total = NEVER - attempt(c, NEVER, &tries[0]);
	printf("did allocations=%lu\n", total);
	attempt(c, 1, &tries[0]);
	attempt(c, total, &tries[1]);
	/* As many as it is that gets through. */
	while (attempt(c, ++total, &tries[2]) == 0)
		;
	nr_tries = 3;
	between(c, most < TRIES_MAX ? most : TRIES_MAX);
	printf("did tries=%u refused=%u complete=%u bad=%u\n", nr_tries,
	       nr_refused, nr_complete, nr_bad);
	return nr_bad > 0 || nr_refused == 0;
}

/* A file with a format begins with it; verdict is sentences. */
static bool begins_well(const char *file, const char *text)
{
	return strstr(file, "/verdict") ? *text != '\0' :
	       !strncmp(text, "format 1\n", 9);
}

/* Every one of them: there are few. */
static int try_read(const char *file)
{
	static char text[TEXT_MAX];
	unsigned long n, left, refused = 0;
	bool got;

	for (n = 1; n < TRIES_MAX; n++) {
		fail_at(n);
		errno = 0;
		got = read_text(file, text);
		left = failed();
		if (left)
			break;
		if (got && !begins_well(file, text)) {
			printf("# n=%lu: %.60s\n", n, text);
			return 1;
		}
		if (!got && errno != ENOMEM) {
			printf("# n=%lu: errno %d\n", n, errno);
			return 1;
		}
		refused += !got;
	}
	printf("did file=%s tries=%lu refused=%lu\n", file, n, refused);
	return !got || n == TRIES_MAX || !refused;
}

int main(int argc, char **argv)
{
	nth = open("/proc/self/fail-nth", O_RDWR);
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (nth < 0 || log_fd < 0 || lseek(log_fd, 0, SEEK_END) < 0)
		die("fail-nth or kmsg");
	if (argc == 3 && !strcmp(argv[1], "read"))
		return try_read(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "enable")) {
		disable();
		return try_all(&of_enable, argv[2]);
	}
	if (argc < 4 || strcmp(argv[1], "load"))
		return 2;
	module = argv[2];
	if (argc > 4)
		parameters = argv[4];
	return try_all(&of_load, argv[3]);
}
