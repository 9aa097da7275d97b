/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs share that have a thread stay in the kernel until another
 * one meets it there: see tests/linger.
 */
#ifndef LINGER_H
#define LINGER_H

#include "beside.h"

#define LINGER		"/sys/module/linger/parameters/"

static inline void linger_set(const char *parameter, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), LINGER "%s", parameter);
	write_file(path, text);
}

static inline void linger_text(const char *parameter, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), LINGER "%s", parameter);
	read_file(path, text, size);
}

static inline long linger_says(const char *parameter)
{
	char text[16];

	linger_text(parameter, text, sizeof(text));
	return atol(text);
}

static inline void linger_at(const char *place)
{
	linger_set("at", place);
	linger_set("alone", "0");
}

/* Of those that are true or not. */
static inline bool linger_is(const char *parameter)
{
	char text[16];

	linger_text(parameter, text, sizeof(text));
	return text[0] == 'Y';
}

/* For at=entry alone. */
static inline void linger_range(const char *from, const char *to)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", (unsigned long)from);
	linger_set("from", text);
	snprintf(text, sizeof(text), "%lu", (unsigned long)to);
	linger_set("to", text);
}

/* Two threads, 0 for none, and how many are to come to each. */
static inline void linger_both(pid_t one, int many, pid_t other, int many_other)
{
	char text[32];

	snprintf(text, sizeof(text), "%d,%d", many, many_other);
	linger_set("many", text);
	snprintf(text, sizeof(text), "%d,%d", one, other);
	linger_set("tid", text);
}

static inline void linger_next(pid_t tid, int many)
{
	linger_both(tid, many, 0, 0);
}

/* It has not come there yet. */
static inline bool linger_awaits(pid_t tid)
{
	char text[32], *other;

	linger_text("tid", text, sizeof(text));
	other = strchr(text, ',');
	return atoi(text) == tid || (other && atoi(other + 1) == tid);
}

/* The helper is in its call, and stays there until @many have come. */
static inline void linger_in(void (*call)(void), int many)
{
	linger_next(helper_tid, many);
	helper_go(call);
	while (atomic_load(&at_work) && linger_awaits(helper_tid))
		;
}

static inline void linger_over(void)
{
	helper_wait();
	if (linger_awaits(helper_tid))
		did.unsure++;
	else
		did.inside++;
	linger_next(0, 0);
}

/* The touch waits for the helper. */
static inline void round_in_section(void (*call)(void), char *page)
{
	linger_in(call, 1);
	write_to(page);
	linger_over();
}

/* The touch need not wait. */
static inline void round_in_reader(void (*call)(void), char *page)
{
	linger_in(call, 0);
	write_to(page);
	linger_over();
}

static inline void print_alone(void)
{
	printf("did alone=%ld\n", linger_says("alone"));
}

/* --- forks that copy what is asked for --- */

/*
 * What a fork copies is made read-only for a while, and written again with a
 * fault each: all but @keep stays with the parent, and so do its stacks.
 */
static inline void keep_from_children(const char *keep)
{
	static struct {
		unsigned long from, to;
		char prot[8];
	} vma[256];
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	size_t n = 0;

	if (!f)
		die("/proc/self/maps");
	while (fgets(line, sizeof(line), f) && n < sizeof(vma) / sizeof(*vma))
		if (sscanf(line, "%lx-%lx %7s", &vma[n].from, &vma[n].to,
			   vma[n].prot) == 3)
			n++;
	fclose(f);
	while (n--)
		if (vma[n].prot[1] == 'w' && vma[n].from != (unsigned long)keep &&
		    madvise((void *)vma[n].from, vma[n].to - vma[n].from,
			    MADV_DONTFORK))
			die("MADV_DONTFORK");
}

/* The child has no stack, and needs none. */
static inline void fork_bare(void)
{
	register long r8 asm("r8") = 0, r10 asm("r10") = 0;
	long child;

	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "mov %[leave], %%eax\n\t"
		     "xor %%edi, %%edi\n\t"
		     "syscall\n"
		     "1:"
		     : "=a"(child)
		     : "a"((long)SYS_clone), "D"((long)SIGCHLD), "S"(0L), "d"(0L),
		       "r"(r10), "r"(r8), [leave] "i"(SYS_exit_group)
		     : "rcx", "r11", "memory");
	if (child <= 0 || syscall(SYS_wait4, child, NULL, 0, NULL) != child)
		die("fork");
}

#endif /* LINGER_H */
