// SPDX-License-Identifier: GPL-2.0-only
/*
 * scribble FILE COUNT MIN MAX: writes by chance, with a fixed seed: binary ones, long
 * ones, at an offset, empty, numbers that are nearly right.
 *
 * For tests in a guest.  A file that takes numbers from MIN to MAX must refuse all
 * else with EINVAL, and what is not written at its start.  One named pid must refuse
 * with ESRCH what no task has as its id, except 0.  What it would take is not written,
 * except that one in a hundred is: switching costs time.
 * "did written=N refused=N taken=N".
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

#define TEXT_MAX	20000

static char text[TEXT_MAX];
static unsigned int seed = 20190416;

static unsigned int chance(unsigned int n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static size_t binary(size_t max)
{
	size_t len = chance(max), i;

	for (i = 0; i < len; i++)
		text[i] = chance(256);
	return len;
}

static size_t nearly(void)
{
	static const char * const odd[] = {
		"", " ", "\n", "1 ", " 1", "+1", "-0", "0x1", "01", "1\n\n", "1\0",
		"-1", "2", "4194304", "4194305", "99999999999999999999", "1.0",
		"1e0", "on", "y", "0b1", "1,", "%s%n", "\r\n", "1\r\n",
	};
	const char *s = odd[chance(ARRAY_SIZE(odd))];

	strcpy(text, s);
	return strlen(s) + chance(2);
}

static size_t digits(void)
{
	return sprintf(text, "%d%s", (int)chance(1 << 24) - (1 << 23),
		       chance(2) ? "\n" : "");
}

static size_t compose(void)
{
	switch (chance(8)) {
	case 0:
		return binary(TEXT_MAX);
	case 1:
	case 2:
		return binary(24);
	case 3:
	case 4:
		return digits();
	default:
		return nearly();
	}
}

/* As kstrtoint() with base 10 does it, for what fits into its 16 bytes. */
static bool is_number(size_t len, long min, long max, long *value)
{
	char copy[16] = "";
	char *p = copy;

	if (len > 15)
		return false;
	memcpy(copy, text, len);
	if (strlen(copy) != len)
		return false;
	if (*p == '+' || *p == '-')
		p++;
	if (!isdigit(*p))
		return false;
	*value = strtol(copy, &p, 10);
	if (*p == '\n')
		p++;
	return !*p && *value >= min && *value <= max;
}

/* What a write of this must fail with, 0 if it must not. */
static int error_of(bool right, long value, off_t at, bool is_pid)
{
	if (!right || at)
		return -EINVAL;
	return is_pid && value && kill(value, 0) ? -ESRCH : 0;
}

/* Is it done to the file as it has to be? */
static bool write_once(int fd, size_t len, int error, off_t at)
{
	ssize_t wrote = pwrite(fd, text, len, at);
	int got = wrote < 0 ? -errno : 0;

	if (got == error && (error || wrote == (ssize_t)len))
		return true;
	printf("%zu bytes \"%.24s\" at %ld: %zd, error %d and not %d\n", len, text,
	       (long)at, wrote, got, error);
	return false;
}

int main(int argc, char **argv)
{
	unsigned long count, i, done[2] = { 0, 0 };
	long min, max, value = 0;
	size_t len;
	off_t at;
	bool right, is_pid;
	int fd, error;

	if (argc != 5)
		return 2;
	count = strtoul(argv[2], NULL, 10);
	min = atol(argv[3]);
	max = atol(argv[4]);
	is_pid = !strcmp(basename(argv[1]), "pid");
	fd = open(argv[1], O_WRONLY);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	for (i = 0; i < count; i++) {
		memset(text, 0, 32);
		len = compose();
		at = chance(3) ? 0 : chance(1 << 20);
		right = is_number(len, min, max, &value);
		error = error_of(right, value, at, is_pid);
		if (!error && chance(100))
			continue;
		if (!write_once(fd, len, error, at))
			return 1;
		done[!error]++;
	}
	printf("did written=%lu refused=%lu taken=%lu\n", done[0] + done[1],
	       done[0], done[1]);
	return 0;
}
