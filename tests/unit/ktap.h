/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Just enough KTAP: a plan, one line for each test, the reason of a failure as
 * a diagnostic before it.
 */
#ifndef SPF_KTAP_H
#define SPF_KTAP_H

#include <linux/compiler.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static unsigned int ktap_nr, ktap_bad;
static unsigned int ktap_planned;
static bool ktap_failed;

/* More lines than these say nothing new about one test. */
#define KTAP_MAX_DIAG	20
static unsigned int ktap_diags;

static inline __printf(1, 2) void ktap_diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static inline void ktap_plan(unsigned int n)
{
	/* A crash must not swallow the lines before it. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	ktap_planned = n;
	printf("KTAP version 1\n1..%u\n", n);
}

/* Why the test that runs now says nothing. */
static const char *ktap_skipped;

static inline void ktap_skip(const char *why)
{
	ktap_skipped = why;
}

static inline void ktap_result(bool ok, const char *name)
{
	printf("%s %u %s%s%s\n", ok ? "ok" : "not ok", ++ktap_nr, name,
	       ktap_skipped ? " # SKIP " : "", ktap_skipped ?: "");
	if (!ok)
		ktap_bad++;
	ktap_skipped = NULL;
}

/* The exit status of the program. */
static inline int ktap_exit(void)
{
	if (ktap_nr != ktap_planned) {
		ktap_diag("planned %u tests but ran %u", ktap_planned, ktap_nr);
		return 1;
	}
	return ktap_bad ? 1 : 0;
}

/* Notes the failure and goes on; the rest often says why. */
#define EXPECT(cond)							\
do {									\
	if (!(cond)) {							\
		ktap_failed = true;					\
		if (ktap_diags++ < KTAP_MAX_DIAG)			\
			ktap_diag("%s:%d: expected %s",			\
				  __FILE__, __LINE__, #cond);		\
	}								\
} while (0)

#define EXPECT_EQ(a, b)							\
do {									\
	unsigned long long __a = (a), __b = (b);			\
									\
	if (__a != __b) {						\
		ktap_failed = true;					\
		if (ktap_diags++ < KTAP_MAX_DIAG)			\
			ktap_diag("%s:%d: %s is %llu, expected %llu",	\
				  __FILE__, __LINE__, #a, __a, __b);	\
	}								\
} while (0)

struct ktap_case {
	const char *name;
	void (*fn)(void);
};

#define KTAP_CASE(fn)	{ #fn, fn }

static inline void ktap_case_run(const struct ktap_case *c)
{
	ktap_failed = false;
	ktap_diags = 0;
	c->fn();
	ktap_result(!ktap_failed, c->name);
}

static inline int ktap_run(const struct ktap_case *cases, unsigned int n)
{
	unsigned int i;

	ktap_plan(n);
	for (i = 0; i < n; i++)
		ktap_case_run(&cases[i]);
	return ktap_exit();
}

#endif /* SPF_KTAP_H */
