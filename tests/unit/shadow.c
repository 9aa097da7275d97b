// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the shadow table by example, one rule of shadow.h each.  What
 * happens when the rules are mixed is tested in oracle.c.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>
#include <linux/kernel.h>
#include <linux/types.h>

#include <spf/history.h>
#include <spf/shadow.h>

#include "ktap.h"
#include "shim/shim.h"

#define MM1	0xffff888100000000UL
#define MM2	0xffff888100000480UL

static const struct spf_key A = { MM1, 0xffff888200000000UL };
static const struct spf_key B = { MM1, 0xffff8882000000b0UL };
/* The same address as A under another mm. */
static const struct spf_key A2 = { MM2, 0xffff888200000000UL };

/*
 * A million locks are a burden for ThreadSanitizer, which takes minutes, and
 * there is one thread: what is large is less so there.
 */
#ifdef __SANITIZE_THREAD__
#define TSAN	1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN	1
#endif
#endif

static struct spf_shadow *sh;

static struct spf_key nth_key(u32 i)
{
	return (struct spf_key){ MM1, 0xffff888300000000UL + i * 0xb0UL };
}

/* Where faults are that are about times alone. */
#define ADDRESS	0x7f0000001000UL

static struct spf_seen look_span(const struct spf_key *key,
				 const struct spf_span *span)
{
	struct spf_seen seen;

	/* All of it is to be written, also what is false. */
	memset(&seen, 1, sizeof(seen));
	spf_shadow_look(sh, key, span, &seen);
	return seen;
}

static struct spf_seen look(const struct spf_key *key, u64 t0, u64 until,
			    u64 t1)
{
	const struct spf_span span = {
		.t0 = t0, .until = until, .t1 = t1, .lookup = t0,
		.address = ADDRESS,
	};

	return look_span(key, &span);
}

/* The flags as letters, so that one comparison says all of them. */
static const char *flags_of(struct spf_seen s)
{
	static char buf[4][9];
	static unsigned int n;
	char *p = buf[n++ % 4], *start = p;

	if (s.absent)
		*p++ = 'a';
	if (s.odd)
		*p++ = 'o';
	if (s.moved)
		*p++ = 'm';
	if (s.later)
		*p++ = 'l';
	if (s.past)
		*p++ = 'h';
	if (s.outside)
		*p++ = 'x';
	if (s.page)
		*p++ = 'p';
	if (s.overrun)
		*p++ = 'r';
	*p = '\0';
	return start;
}

#define EXPECT_SEEN(seen, want)						\
do {									\
	const char *__got = flags_of(seen);				\
	const char *__want = (want);					\
									\
	if (strcmp(__got, __want)) {					\
		ktap_failed = true;					\
		if (ktap_diags++ < KTAP_MAX_DIAG)			\
			ktap_diag("%s:%d: seen \"%s\", expected \"%s\"",	\
				  __FILE__, __LINE__, __got, __want);	\
	}								\
} while (0)

#define EXPECT_LOOK(key, t0, until, t1, want) \
	EXPECT_SEEN(look(key, t0, until, t1), want)

/* Flags, and whose they are. */
#define EXPECT_WHO(key, t0, until, t1, want, k, w)			\
do {									\
	struct spf_seen __s = look(key, t0, until, t1);			\
									\
	EXPECT_SEEN(__s, want);						\
	EXPECT_EQ(__s.by.kind, k);					\
	EXPECT_EQ(__s.by.writer, w);					\
} while (0)

/* What the designs but seqcount ask, as letters of its own. */
static const char *facts_of(struct spf_seen s)
{
	static char buf[4][7];
	static unsigned int n;
	char *p = buf[n++ % 4], *start = p;

	if (s.odd_matters)
		*p++ = 'o';
	if (s.moved_matters)
		*p++ = 'm';
	if (s.unknown)
		*p++ = 'u';
	if (s.flags)
		*p++ = 'f';
	if (s.ended)
		*p++ = 'e';
	if (s.locked)
		*p++ = 'l';
	*p = '\0';
	return start;
}

#define EXPECT_FACTS(seen, want)					\
do {									\
	const char *__got = facts_of(seen);				\
	const char *__want = (want);					\
									\
	if (strcmp(__got, __want)) {					\
		ktap_failed = true;					\
		if (ktap_diags++ < KTAP_MAX_DIAG)			\
			ktap_diag("%s:%d: facts \"%s\", expected \"%s\"",	\
				  __FILE__, __LINE__, __got, __want);	\
	}								\
} while (0)

/* A section of which only the times are asked: it is about no page at all. */
static struct spf_change change_of(u8 kind, u32 writer, u64 now)
{
	return (struct spf_change){
		.begin = now,
		.vm_end = ~0UL,
		.writer = writer,
		.slot = SPF_NO_SLOT,
		.kind = kind,
	};
}

/* Without what is between the members. */
static bool same_change(const struct spf_change *a, const struct spf_change *b)
{
	return a->begin == b->begin && a->hold == b->hold &&
	       a->start == b->start && a->end == b->end &&
	       a->vm_start == b->vm_start && a->vm_end == b->vm_end &&
	       a->writer == b->writer && a->slot == b->slot &&
	       a->kind == b->kind && a->effect == b->effect &&
	       a->marks == b->marks;
}

static enum spf_begun try_begin(const struct spf_key *key,
				const struct spf_change *change,
				struct spf_handle *h)
{
	struct spf_change c = *change;
	enum spf_begun begun = spf_shadow_begin(sh, key, &c, h);

	/* A time that is given is not changed, and nothing else is. */
	EXPECT(same_change(&c, change));
	return begun;
}

static struct spf_handle begin_change(const struct spf_key *key,
				      const struct spf_change *change)
{
	struct spf_handle h;

	EXPECT(try_begin(key, change, &h) != SPF_BEGUN_FULL);
	EXPECT(h.index != SPF_NO_ENTRY);
	return h;
}

static struct spf_handle begin_as(const struct spf_key *key, u8 kind,
				  u32 writer, u64 now)
{
	const struct spf_change change = change_of(kind, writer, now);

	return begin_change(key, &change);
}

static bool begin_full(const struct spf_key *key, u64 now, struct spf_handle *h)
{
	const struct spf_change change = change_of(SPF_KIND_ADJUST, 1, now);

	return try_begin(key, &change, h) == SPF_BEGUN_FULL;
}

static struct spf_handle begin(const struct spf_key *key, u64 now)
{
	return begin_as(key, SPF_KIND_ADJUST, 1, now);
}

static void end(struct spf_handle h, u64 now)
{
	spf_shadow_end(sh, &h, now, NULL);
}

/* A whole section [from, to). */
static void section(const struct spf_key *key, u64 from, u64 to)
{
	end(begin(key, from), to);
}

static void alloc_refuses_bad_sizes(void)
{
	static const u32 bad[] = {
		0, 1, SPF_VMAS_MIN - 1, SPF_VMAS_MAX + 1, 1U << 31, ~0U,
	};
	unsigned long live = spf_shim_live;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct spf_shadow *s = spf_shadow_alloc(bad[i]);

		EXPECT(!s);
		spf_shadow_free(s);
		EXPECT_EQ(spf_shim_live, live);
	}
}

static void alloc_takes_the_limits(void)
{
	static const u32 good[] = { SPF_VMAS_MIN, SPF_VMAS_MIN + 1, 100 };
	unsigned long live = spf_shim_live;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		struct spf_shadow *s = spf_shadow_alloc(good[i]);

		EXPECT(s);
		EXPECT_EQ(spf_shadow_used(s), 0);
		spf_shadow_free(s);
		EXPECT_EQ(spf_shim_live, live);
	}
}

static void alloc_survives_no_memory(void)
{
	unsigned long live = spf_shim_live, tried;
	struct spf_shadow *s;
	unsigned int n, nr;

	tried = spf_shim_tried;
	s = spf_shadow_alloc(SPF_VMAS_MIN);
	EXPECT(s);
	nr = spf_shim_tried - tried;
	spf_shadow_free(s);
	EXPECT(nr > 0);

	/* Each one of its allocations fails once. */
	for (n = 1; n <= nr; n++) {
		spf_shim_fail_nth = n;
		s = spf_shadow_alloc(SPF_VMAS_MIN);
		EXPECT(!s);
		EXPECT_EQ(spf_shim_fail_nth, 0);
		EXPECT_EQ(spf_shim_live, live);
		spf_shim_fail_nth = 0;
		spf_shadow_free(s);
	}
}

static void no_allocation_after_alloc(void)
{
	unsigned long tried = spf_shim_tried;
	struct spf_handle h, c;
	u32 i;

	/* The probes run where one cannot allocate. */
	for (i = 0; i < 2 * SPF_VMAS_MIN; i++) {
		struct spf_key key = nth_key(i);

		spf_shadow_born(sh, &key, 1 + i);
	}
	spf_shadow_clear(sh);
	h = begin(&A, 1000);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 1001, &c));
	spf_shadow_drop(sh, &A);
	EXPECT_EQ(spf_shim_tried, tried);
}

static void free_null(void)
{
	spf_shadow_free(NULL);
}

static void unknown_is_all_false(void)
{
	EXPECT_LOOK(&A, 1, 2, 3, "");
	section(&A, 100, 110);
	EXPECT_LOOK(&B, 105, 106, 107, "");
	EXPECT_LOOK(&A2, 105, 106, 107, "");
}

static void odd_edges(void)
{
	section(&A, 100, 110);
	EXPECT_LOOK(&A, 99, 99, 99, "");
	EXPECT_LOOK(&A, 100, 100, 100, "o");
	EXPECT_LOOK(&A, 101, 101, 101, "o");
	EXPECT_LOOK(&A, 109, 109, 109, "o");
	EXPECT_LOOK(&A, 110, 110, 110, "");
	EXPECT_LOOK(&A, 111, 200, 300, "");
}

static void odd_while_open(void)
{
	struct spf_handle h = begin(&A, 100);

	EXPECT_LOOK(&A, 99, 99, 99, "");
	EXPECT_LOOK(&A, 100, 100, 100, "o");
	EXPECT_LOOK(&A, 1ULL << 62, 1ULL << 62, 1ULL << 62, "o");
	end(h, 110);
	EXPECT_LOOK(&A, 110, 110, 110, "");
}

static void empty_section(void)
{
	/* Never odd, but it moved the counter. */
	section(&A, 100, 100);
	EXPECT_LOOK(&A, 100, 100, 100, "");
	EXPECT_LOOK(&A, 99, 100, 100, "m");
}

static void moved_edges(void)
{
	section(&A, 100, 110);
	EXPECT_LOOK(&A, 98, 99, 99, "");
	EXPECT_LOOK(&A, 99, 100, 100, "m");
	EXPECT_LOOK(&A, 99, 105, 105, "m");
	EXPECT_LOOK(&A, 99, 200, 200, "m");
	/* Began at t0: it is odd and nothing else. */
	EXPECT_LOOK(&A, 100, 200, 200, "o");
	/* An end in the span is not a begin. */
	EXPECT_LOOK(&A, 105, 200, 200, "o");
}

static void later_edges(void)
{
	section(&A, 100, 110);
	EXPECT_LOOK(&A, 90, 98, 99, "");
	EXPECT_LOOK(&A, 90, 99, 100, "l");
	EXPECT_LOOK(&A, 90, 99, 200, "l");
	EXPECT_LOOK(&A, 90, 100, 200, "m");
	EXPECT_LOOK(&A, 100, 100, 200, "o");
}

static void all_three(void)
{
	end(begin_as(&A, SPF_KIND_EXPAND, 10, 100), 110);
	end(begin_as(&A, SPF_KIND_STACK, 20, 120), 130);
	end(begin_as(&A, SPF_KIND_UNMAP, 30, 140), 150);
	end(begin_as(&A, SPF_KIND_NUMA, 40, 160), 170);

	/* Who it is: odd, else the first one moved, else the first later. */
	EXPECT_WHO(&A, 105, 125, 170, "oml", SPF_KIND_EXPAND, 10);
	EXPECT_WHO(&A, 105, 115, 170, "ol", SPF_KIND_EXPAND, 10);
	EXPECT_WHO(&A, 112, 150, 170, "ml", SPF_KIND_STACK, 20);
	EXPECT_WHO(&A, 112, 170, 170, "m", SPF_KIND_STACK, 20);
	EXPECT_WHO(&A, 112, 115, 170, "l", SPF_KIND_STACK, 20);
	EXPECT_WHO(&A, 132, 135, 170, "l", SPF_KIND_UNMAP, 30);
	EXPECT_WHO(&A, 132, 145, 170, "ml", SPF_KIND_UNMAP, 30);
	EXPECT_WHO(&A, 165, 165, 165, "o", SPF_KIND_NUMA, 40);
}

static void first_is_by_time(void)
{
	/* Two CPUs read the clock before either records: order of time. */
	end(begin_as(&A, SPF_KIND_STACK, 20, 120), 130);
	end(begin_as(&A, SPF_KIND_EXPAND, 10, 110), 115);
	EXPECT_WHO(&A, 100, 125, 200, "m", SPF_KIND_EXPAND, 10);
	EXPECT_WHO(&A, 100, 105, 200, "l", SPF_KIND_EXPAND, 10);
	EXPECT_WHO(&A, 100, 115, 200, "ml", SPF_KIND_EXPAND, 10);
}

static void every_kind_and_writer(void)
{
	static const u32 writers[] = { 1, 0x7fffffff, 0x80000000, 0xffffffff };
	unsigned int k, w;
	u64 t = 100;

	for (k = 0; k < SPF_NR_KINDS; k++)
		for (w = 0; w < ARRAY_SIZE(writers); w++, t += 10) {
			end(begin_as(&A, k, writers[w], t), t + 5);
			EXPECT_WHO(&A, t, t, t, "o", k, writers[w]);
			EXPECT_WHO(&A, t - 1, t, t, "m", k, writers[w]);
			EXPECT_WHO(&A, t - 2, t - 1, t, "l", k, writers[w]);
		}
}

static void wide_times(void)
{
	u64 t = 0x7ffffffe00000000ULL;

	section(&A, t, t + (1ULL << 31));
	EXPECT_LOOK(&A, t - 1, t - 1, t - 1, "");
	EXPECT_LOOK(&A, t, t, t, "o");
	EXPECT_LOOK(&A, t + (1ULL << 31) - 1, t + (1ULL << 31) - 1,
		    t + (1ULL << 31) - 1, "o");
	EXPECT_LOOK(&A, t + (1ULL << 31), ~0ULL, ~0ULL, "");
	EXPECT_LOOK(&A, 1, ~0ULL, ~0ULL, "m");
}

static void sections_are_counted(void)
{
	struct spf_handle a, b, c;

	a = begin_as(&A, 1, 1, 100);
	b = begin_as(&A, 2, 2, 110);
	EXPECT_LOOK(&A, 115, 115, 115, "o");
	end(a, 120);
	EXPECT_WHO(&A, 125, 125, 125, "o", 2, 2);
	c = begin_as(&A, 3, 3, 130);
	end(b, 140);
	EXPECT_WHO(&A, 145, 145, 145, "o", 3, 3);
	end(c, 150);
	EXPECT_LOOK(&A, 150, 150, 150, "");
	EXPECT_LOOK(&A, 100, 100, 100, "o");
	EXPECT_LOOK(&A, 149, 149, 149, "o");
}

static void nested_sections(void)
{
	struct spf_handle a, b;

	a = begin_as(&A, 1, 1, 100);
	b = begin_as(&A, 2, 2, 110);
	end(b, 120);
	/* The inner one ended, the outer one has not. */
	EXPECT_WHO(&A, 125, 125, 125, "o", 1, 1);
	end(a, 130);
	EXPECT_LOOK(&A, 130, 130, 130, "");
	EXPECT_WHO(&A, 129, 129, 129, "o", 1, 1);
}

static void ring_full_is_no_overrun(void)
{
	unsigned int i;

	for (i = 0; i < SPF_RING; i++)
		section(&A, 100 + 10 * i, 105 + 10 * i);
	EXPECT_LOOK(&A, 50, 60, 70, "");
	for (i = 0; i < SPF_RING; i++) {
		u64 t = 100 + 10 * i;

		EXPECT_LOOK(&A, t, t, t, "o");
		EXPECT_LOOK(&A, t - 1, t, t, "m");
	}
}

static void ring_forgets_the_oldest(void)
{
	unsigned int i;

	for (i = 0; i <= SPF_RING; i++)
		section(&A, 100 + 10 * i, 105 + 10 * i);

	/* [100, 105) is forgotten: only what is after it is certain. */
	EXPECT_LOOK(&A, 50, 60, 70, "r");
	EXPECT_LOOK(&A, 102, 102, 102, "r");
	EXPECT_LOOK(&A, 104, 104, 104, "r");
	EXPECT_LOOK(&A, 105, 105, 105, "");
	EXPECT_LOOK(&A, 104, 110, 110, "mr");
	EXPECT_LOOK(&A, 110, 110, 110, "o");
	for (i = 1; i <= SPF_RING; i++)
		EXPECT_LOOK(&A, 102 + 10 * i, 102 + 10 * i, 102 + 10 * i, "o");
}

static void forgotten_while_open(void)
{
	struct spf_handle h = begin(&A, 100);
	unsigned int i;

	for (i = 1; i < SPF_RING; i++)
		section(&A, 100 + 10 * i, 105 + 10 * i);
	EXPECT_LOOK(&A, 500, 500, 500, "o");
	section(&A, 300, 305);
	/* Forgotten now, but not its being open. */
	EXPECT_LOOK(&A, 500, 500, 500, "r");
	EXPECT_LOOK(&A, 1ULL << 60, 1ULL << 60, 1ULL << 60, "r");
	end(h, 600);
	EXPECT_LOOK(&A, 599, 599, 599, "r");
	EXPECT_LOOK(&A, 600, 600, 600, "");
	EXPECT_LOOK(&A, 302, 302, 302, "or");
}

static void forgotten_several_open(void)
{
	struct spf_handle h[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		h[i] = begin(&A, 100 + i);
	for (i = 0; i < SPF_RING; i++)
		section(&A, 200 + 10 * i, 205 + 10 * i);
	EXPECT_LOOK(&A, 500, 500, 500, "r");
	/* The end that is last in time counts, not the one reported last. */
	end(h[1], 700);
	EXPECT_LOOK(&A, 800, 800, 800, "r");
	end(h[0], 600);
	EXPECT_LOOK(&A, 800, 800, 800, "r");
	end(h[2], 650);
	EXPECT_LOOK(&A, 699, 699, 699, "r");
	EXPECT_LOOK(&A, 700, 700, 700, "");
}

static void forgotten_latest_end(void)
{
	struct spf_handle h = begin(&A, 100);
	unsigned int i;

	/* The first one outlasts the second, and both are forgotten. */
	section(&A, 110, 120);
	end(h, 500);
	for (i = 0; i < SPF_RING; i++)
		section(&A, 600 + 10 * i, 605 + 10 * i);
	EXPECT_LOOK(&A, 499, 499, 499, "r");
	EXPECT_LOOK(&A, 500, 500, 500, "");
}

static void late_end_spares_the_slot(void)
{
	struct spf_handle h[SPF_RING + 1];
	unsigned int i;

	/* The last one took the place of the first one in the ring. */
	for (i = 0; i <= SPF_RING; i++)
		h[i] = begin_as(&A, i % SPF_NR_KINDS, i, 100 + i);
	for (i = 0; i < SPF_RING; i++)
		end(h[i], 200 + i);
	EXPECT_WHO(&A, 500, 500, 500, "o", SPF_RING % SPF_NR_KINDS, SPF_RING);
	end(h[SPF_RING], 600);
	EXPECT_LOOK(&A, 600, 600, 600, "");
	EXPECT_LOOK(&A, 199, 199, 199, "or");
	EXPECT_LOOK(&A, 200, 200, 200, "o");
}

static void absent_edges(void)
{
	EXPECT(spf_shadow_born(sh, &A, 100));
	EXPECT_LOOK(&A, 99, 200, 300, "a");
	EXPECT_LOOK(&A, 100, 200, 300, "");
	EXPECT_LOOK(&A, 101, 200, 300, "");
	section(&A, 110, 120);
	EXPECT_LOOK(&A, 99, 105, 105, "a");
	EXPECT_LOOK(&A, 99, 115, 115, "am");
	EXPECT_LOOK(&A, 115, 115, 115, "o");
}

static void begin_does_not_know_birth(void)
{
	section(&A, 100, 110);
	EXPECT_LOOK(&A, 1, 1, 1, "");
}

static void born_replaces(void)
{
	struct spf_handle h = begin(&A, 100);
	unsigned int i;

	EXPECT(spf_shadow_born(sh, &A, 200));
	EXPECT_EQ(spf_shadow_used(sh), 1);
	EXPECT_LOOK(&A, 150, 150, 150, "a");
	EXPECT_LOOK(&A, 200, 200, 200, "");
	end(h, 210);
	EXPECT_LOOK(&A, 205, 205, 205, "");

	/* And what was forgotten is replaced as well. */
	for (i = 0; i < SPF_RING + 2; i++)
		begin(&A, 300 + i);
	EXPECT_LOOK(&A, 400, 400, 400, "or");
	EXPECT(spf_shadow_born(sh, &A, 500));
	EXPECT_LOOK(&A, 500, 500, 500, "");
	EXPECT_EQ(spf_shadow_used(sh), 1);
}

static void stale_end_spares_the_heir(void)
{
	struct spf_handle old = begin(&A, 100), new;

	/* The same key, the same ordinal, another life. */
	EXPECT(spf_shadow_born(sh, &A, 200));
	new = begin(&A, 210);
	end(old, 220);
	EXPECT_LOOK(&A, 225, 225, 225, "o");
	spf_shadow_drop(sh, &A);
	end(new, 230);
	new = begin(&A, 240);
	end(old, 250);
	EXPECT_LOOK(&A, 260, 260, 260, "o");
	end(new, 270);
	EXPECT_LOOK(&A, 270, 270, 270, "");
}

static void stale_end_spares_others(void)
{
	struct spf_handle old = begin(&A, 100);
	struct spf_key key;
	u32 i;

	/* Whoever got the entry is not touched by the end. */
	spf_shadow_drop(sh, &A);
	for (i = 0; i < SPF_VMAS_MIN; i++) {
		key = nth_key(i);
		begin(&key, 200 + i);
	}
	end(old, 900);
	for (i = 0; i < SPF_VMAS_MIN; i++) {
		key = nth_key(i);
		EXPECT_LOOK(&key, 950, 950, 950, "o");
	}
}

static void drop_forgets(void)
{
	struct spf_handle h = begin(&A, 100);

	spf_shadow_drop(sh, &B);
	spf_shadow_drop(sh, &A2);
	EXPECT_EQ(spf_shadow_used(sh), 1);
	EXPECT_LOOK(&A, 100, 100, 100, "o");
	spf_shadow_drop(sh, &A);
	EXPECT_EQ(spf_shadow_used(sh), 0);
	EXPECT_LOOK(&A, 100, 100, 100, "");
	end(h, 110);
	spf_shadow_drop(sh, &A);
	EXPECT_EQ(spf_shadow_used(sh), 0);
	EXPECT_LOOK(&A, 100, 100, 100, "");
}

static void reused_entry_is_fresh(void)
{
	u32 i, n;

	/* Whatever was in the pool is not seen by the next one. */
	for (n = 0; n < 2; n++) {
		for (i = 0; i < SPF_VMAS_MIN; i++) {
			struct spf_key key = nth_key(i);
			unsigned int k;

			EXPECT(spf_shadow_born(sh, &key, 1000));
			for (k = 0; k < SPF_RING + 3; k++)
				section(&key, 1000 + k, 1500 + k);
			begin(&key, 1600);
		}
		for (i = 0; i < SPF_VMAS_MIN; i++) {
			struct spf_key key = nth_key(i);

			spf_shadow_drop(sh, &key);
		}
		EXPECT_EQ(spf_shadow_used(sh), 0);
	}
	for (i = 0; i < SPF_VMAS_MIN; i++) {
		struct spf_key key = nth_key(1000 + i);

		section(&key, 500, 510);
		EXPECT_LOOK(&key, 400, 450, 450, "");
		EXPECT_LOOK(&key, 505, 505, 505, "o");
		EXPECT_LOOK(&key, 510, 2000, 3000, "");
	}
}

static void mm_is_part_of_the_key(void)
{
	struct spf_handle h;

	EXPECT(spf_shadow_born(sh, &A, 50));
	h = begin_as(&A, 1, 1, 100);
	EXPECT_LOOK(&A2, 20, 100, 200, "");
	begin_as(&A2, 2, 2, 110);
	EXPECT_EQ(spf_shadow_used(sh), 2);
	EXPECT_WHO(&A, 120, 120, 120, "o", 1, 1);
	EXPECT_WHO(&A2, 120, 120, 120, "o", 2, 2);
	end(h, 130);
	EXPECT_LOOK(&A, 140, 140, 140, "");
	EXPECT_LOOK(&A2, 140, 140, 140, "o");
	spf_shadow_drop(sh, &A);
	EXPECT_LOOK(&A2, 140, 140, 140, "o");
	EXPECT_EQ(spf_shadow_used(sh), 1);
}

/* As fill() has left them; all of them if @lost, since they are of one mm. */
static u32 not_as_filled(u32 n, bool lost)
{
	u32 i, bad = 0;

	for (i = 0; i < n; i++) {
		const struct spf_key key = nth_key(i);
		const char *after = flags_of(look(&key, 100 + i, 100 + i,
						  100 + i));
		const char *before = flags_of(look(&key, 99 + i, 99 + i,
						   99 + i));

		bad += strcmp(after, i & 1 ? lost ? "r" : "" :
				     lost ? "or" : "o") != 0;
		bad += strcmp(before, i & 1 ? lost ? "ar" : "a" :
				      lost ? "r" : "") != 0;
	}
	return bad;
}

/* @n and not one more, whatever chain they are in. */
static void fill(u32 n)
{
	u64 after = 100 + n;
	struct spf_handle h;
	struct spf_key key;
	u32 i, bad = 0;

	spf_shadow_clear(sh);
	for (i = 0; i < n; i++) {
		key = nth_key(i);
		if (i & 1)
			bad += !spf_shadow_born(sh, &key, 100 + i);
		else
			bad += begin_full(&key, 100 + i, &h);
		bad += spf_shadow_used(sh) != i + 1;
	}
	EXPECT_EQ(bad, 0);
	EXPECT_EQ(not_as_filled(n, false), 0);

	key = nth_key(n);
	EXPECT(begin_full(&key, after, &h));
	EXPECT_EQ(h.index, SPF_LOST_ENTRY);
	EXPECT(!spf_shadow_alive(sh, &h));
	spf_shadow_end(sh, &h, after + 2, NULL);
	EXPECT(!spf_shadow_born(sh, &key, after + 1));
	EXPECT_LOOK(&key, after + 1, after + 9, after + 9, "r");
	EXPECT_LOOK(&key, after + 2, after + 9, after + 9, "");
	EXPECT_EQ(spf_shadow_used(sh), n);

	/* All of them are still there. */
	EXPECT_EQ(not_as_filled(n, true), 0);

	/* One out, one in. */
	key = nth_key(n / 2);
	spf_shadow_drop(sh, &key);
	EXPECT_EQ(spf_shadow_used(sh), n - 1);
	key = nth_key(n);
	EXPECT(spf_shadow_born(sh, &key, after));
	key = nth_key(n + 1);
	EXPECT(!spf_shadow_born(sh, &key, after));
	EXPECT_EQ(spf_shadow_used(sh), n);

	/* And all out. */
	for (i = 0; i <= n; i++) {
		key = nth_key(i);
		spf_shadow_drop(sh, &key);
	}
	EXPECT_EQ(spf_shadow_used(sh), 0);
}

static void capacity(void)
{
	static const u32 sizes[] = {
		64, 65, 100, 127, 128, 129, 1000,
#ifndef TSAN
		4096,
#endif
	};
	struct spf_shadow *mine = sh;
	unsigned int i, weak;

	for (weak = 0; weak < 2; weak++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			spf_shim_weak_hash = weak;
			sh = spf_shadow_alloc(sizes[i]);
			EXPECT(sh);
			if (sh) {
				fill(sizes[i]);
				fill(sizes[i]);
			}
			spf_shadow_free(sh);
		}
	spf_shim_weak_hash = false;
	sh = mine;
}

#ifndef TSAN
static void capacity_max(void)
{
	struct spf_shadow *mine = sh;

	sh = spf_shadow_alloc(SPF_VMAS_MAX);
	EXPECT(sh);
	if (sh)
		fill(SPF_VMAS_MAX);
	spf_shadow_free(sh);
	sh = mine;
}
#endif

static void full_keeps_the_known(void)
{
	struct spf_key key;
	struct spf_handle h, c;
	u32 i;

	for (i = 0; i < SPF_VMAS_MIN; i++) {
		key = nth_key(i);
		section(&key, 100, 110);
	}

	/* Who has an entry needs no other one. */
	key = nth_key(5);
	h = begin_as(&key, 3, 33, 200);
	EXPECT_WHO(&key, 205, 205, 205, "o", 3, 33);
	EXPECT(!spf_shadow_inherit(sh, &A, &h, 210, &c));
	EXPECT_EQ(c.index, SPF_LOST_ENTRY);
	EXPECT_LOOK(&A, 800, 800, 800, "r");
	spf_shadow_end(sh, &c, 215, NULL);
	EXPECT_LOOK(&A, 214, 500, 600, "r");
	EXPECT_LOOK(&A, 215, 500, 600, "");
	EXPECT_WHO(&key, 216, 216, 216, "o", 3, 33);
	end(h, 220);

	key = nth_key(6);
	EXPECT(spf_shadow_born(sh, &key, 300));
	EXPECT_LOOK(&key, 250, 250, 250, "a");
	EXPECT_EQ(spf_shadow_used(sh), SPF_VMAS_MIN);
}

static void full_inherit_replaces(void)
{
	struct spf_key parent = nth_key(5), child = nth_key(6), key;
	struct spf_handle h, c;
	u32 i;

	for (i = 0; i < SPF_VMAS_MIN; i++) {
		key = nth_key(i);
		section(&key, 100 + i, 110 + i);
	}
	h = begin(&parent, 300);
	/* The child's old entry makes the room. */
	EXPECT(spf_shadow_inherit(sh, &child, &h, 310, &c));
	EXPECT_EQ(spf_shadow_used(sh), SPF_VMAS_MIN);
	EXPECT_LOOK(&child, 105, 105, 105, "o");
	EXPECT_LOOK(&child, 115, 115, 115, "");
	EXPECT_LOOK(&child, 300, 300, 300, "o");
	end(c, 320);
	EXPECT_LOOK(&child, 320, 320, 320, "");
	EXPECT_LOOK(&parent, 320, 320, 320, "o");
}

static void inherit_takes_the_past(void)
{
	struct spf_handle h, c;

	EXPECT(spf_shadow_born(sh, &A, 50));
	end(begin_as(&A, 1, 11, 100), 110);
	end(begin_as(&A, 2, 22, 120), 130);
	h = begin_as(&A, 3, 33, 140);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 145, &c));
	EXPECT(c.index != SPF_NO_ENTRY);
	EXPECT(c.index != h.index);
	EXPECT_EQ(spf_shadow_used(sh), 2);

	EXPECT_LOOK(&B, 49, 49, 49, "a");
	EXPECT_LOOK(&B, 50, 50, 50, "");
	EXPECT_WHO(&B, 105, 105, 105, "o", 1, 11);
	EXPECT_WHO(&B, 111, 125, 125, "m", 2, 22);
	EXPECT_WHO(&B, 140, 140, 140, "o", 3, 33);
	EXPECT_WHO(&B, 200, 200, 200, "o", 3, 33);

	/* Each is ended on its own. */
	end(c, 150);
	EXPECT_LOOK(&B, 150, 150, 150, "");
	EXPECT_LOOK(&A, 150, 150, 150, "o");
	end(h, 160);
	EXPECT_LOOK(&B, 155, 155, 155, "");
	EXPECT_LOOK(&A, 159, 159, 159, "o");
	EXPECT_LOOK(&A, 160, 160, 160, "");
}

static void inherit_then_apart(void)
{
	struct spf_handle h = begin(&A, 100), c;

	EXPECT(spf_shadow_inherit(sh, &B, &h, 105, &c));
	end(h, 110);
	end(c, 111);
	end(begin_as(&A, 4, 44, 200), 210);
	end(begin_as(&B, 5, 55, 300), 310);
	EXPECT_WHO(&A, 205, 205, 205, "o", 4, 44);
	EXPECT_LOOK(&B, 205, 205, 205, "");
	EXPECT_WHO(&B, 305, 305, 305, "o", 5, 55);
	EXPECT_LOOK(&A, 305, 305, 305, "");
	spf_shadow_drop(sh, &A);
	EXPECT_WHO(&B, 305, 305, 305, "o", 5, 55);
	EXPECT_LOOK(&B, 105, 105, 105, "o");
	EXPECT_EQ(spf_shadow_used(sh), 1);
}

static void inherit_closes_the_others(void)
{
	struct spf_handle a, h, b, c;

	a = begin_as(&A, 1, 11, 100);
	h = begin_as(&A, 2, 22, 110);
	b = begin_as(&A, 3, 33, 120);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 130, &c));

	EXPECT_WHO(&B, 100, 100, 100, "o", 1, 11);
	EXPECT_LOOK(&B, 129, 129, 129, "o");
	EXPECT_WHO(&B, 130, 130, 130, "o", 2, 22);
	end(c, 140);
	EXPECT_LOOK(&B, 140, 140, 140, "");

	/* The parent's are as they were. */
	EXPECT_LOOK(&A, 135, 135, 135, "o");
	end(h, 150);
	EXPECT_LOOK(&A, 155, 155, 155, "o");
	end(b, 160);
	EXPECT_WHO(&A, 165, 165, 165, "o", 1, 11);
	end(a, 170);
	EXPECT_LOOK(&A, 170, 170, 170, "");
	EXPECT_LOOK(&B, 165, 165, 165, "");
}

static void inherit_leaves_the_ended(void)
{
	struct spf_handle h, c;

	/* What had ended keeps its end. */
	section(&A, 100, 105);
	h = begin(&A, 110);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 120, &c));
	end(c, 121);
	EXPECT_LOOK(&B, 104, 104, 104, "o");
	EXPECT_LOOK(&B, 105, 105, 105, "");
}

static void inherit_closes_the_forgotten(void)
{
	struct spf_handle old, h, c;
	unsigned int i;

	old = begin(&A, 100);
	for (i = 0; i < SPF_RING - 1; i++)
		section(&A, 200 + 10 * i, 205 + 10 * i);
	h = begin(&A, 300);
	EXPECT_LOOK(&A, 500, 500, 500, "or");
	EXPECT(spf_shadow_inherit(sh, &B, &h, 400, &c));
	EXPECT_LOOK(&B, 399, 399, 399, "or");
	EXPECT_LOOK(&B, 400, 400, 400, "o");
	end(c, 410);
	EXPECT_LOOK(&B, 399, 399, 399, "or");
	EXPECT_LOOK(&B, 410, 410, 410, "");
	/* Not so in the parent. */
	end(h, 420);
	EXPECT_LOOK(&A, 500, 500, 500, "r");
	end(old, 600);
	EXPECT_LOOK(&A, 599, 599, 599, "r");
	EXPECT_LOOK(&A, 600, 600, 600, "");
	EXPECT_LOOK(&B, 400, 400, 400, "o");
	EXPECT_LOOK(&B, 450, 450, 450, "");
}

static void inherit_takes_forgotten_end(void)
{
	struct spf_handle h, c;
	unsigned int i;

	for (i = 0; i < SPF_RING; i++)
		section(&A, 200 + 10 * i, 205 + 10 * i);
	h = begin(&A, 300);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 310, &c));
	EXPECT_LOOK(&B, 204, 204, 204, "r");
	EXPECT_LOOK(&B, 205, 205, 205, "");
	EXPECT_LOOK(&B, 212, 212, 212, "o");
}

static void inherit_by_a_forgotten_one(void)
{
	struct spf_handle h, c;
	unsigned int i;

	/* The section of the split itself is no longer remembered. */
	h = begin(&A, 100);
	for (i = 0; i < SPF_RING; i++)
		section(&A, 200 + 10 * i, 205 + 10 * i);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 400, &c));
	EXPECT_LOOK(&B, 500, 500, 500, "r");
	end(c, 600);
	EXPECT_LOOK(&B, 599, 599, 599, "r");
	EXPECT_LOOK(&B, 600, 600, 600, "");
	EXPECT_LOOK(&A, 700, 700, 700, "r");
	end(h, 800);
	EXPECT_LOOK(&A, 800, 800, 800, "");
	EXPECT_LOOK(&B, 700, 700, 700, "");
}

static void inherit_replaces_the_child(void)
{
	struct spf_handle stale, h, c;

	EXPECT(spf_shadow_born(sh, &B, 90));
	stale = begin(&B, 95);
	h = begin(&A, 100);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 110, &c));
	EXPECT_EQ(spf_shadow_used(sh), 2);
	/* Not the child's own birth, nor its section. */
	EXPECT_LOOK(&B, 80, 80, 80, "");
	EXPECT_LOOK(&B, 97, 97, 97, "");
	end(stale, 115);
	EXPECT_LOOK(&B, 120, 120, 120, "o");
	end(c, 130);
	EXPECT_LOOK(&B, 130, 130, 130, "");
}

static void inherit_of_nothing(void)
{
	struct spf_handle none = { SPF_NO_ENTRY, 0, 0 }, h, c;

	begin(&B, 90);
	EXPECT(!spf_shadow_inherit(sh, &B, &none, 100, &c));
	EXPECT_EQ(c.index, SPF_NO_ENTRY);
	EXPECT_EQ(spf_shadow_used(sh), 0);
	EXPECT_LOOK(&B, 95, 95, 95, "");
	end(c, 100);

	/* The parent is gone. */
	h = begin(&A, 100);
	begin(&B, 101);
	spf_shadow_drop(sh, &A);
	EXPECT(!spf_shadow_inherit(sh, &B, &h, 110, &c));
	EXPECT_EQ(c.index, SPF_NO_ENTRY);
	EXPECT_EQ(spf_shadow_used(sh), 0);
	EXPECT_LOOK(&B, 105, 105, 105, "");

	/* Its entry is somebody else's. */
	begin(&A, 120);
	EXPECT(!spf_shadow_inherit(sh, &B, &h, 130, &c));
	EXPECT_EQ(c.index, SPF_NO_ENTRY);
	EXPECT_LOOK(&B, 125, 125, 125, "");
	EXPECT_LOOK(&A, 125, 125, 125, "o");
	EXPECT_EQ(spf_shadow_used(sh), 1);
}

static void inherit_chain(void)
{
	struct spf_handle h, c;
	struct spf_key parent, child;
	u32 i;

	/* A mapping that is split again and again. */
	parent = nth_key(0);
	EXPECT(spf_shadow_born(sh, &parent, 50));
	for (i = 0; i < 20; i++) {
		h = begin_as(&parent, 1, i, 100 + 10 * i);
		child = nth_key(i + 1);
		EXPECT(spf_shadow_inherit(sh, &child, &h, 102 + 10 * i, &c));
		end(h, 105 + 10 * i);
		end(c, 105 + 10 * i);
		parent = child;
	}
	EXPECT_EQ(spf_shadow_used(sh), 21);
	EXPECT_LOOK(&parent, 49, 49, 49, "ar");
	for (i = 20 - SPF_RING; i < 20; i++)
		EXPECT_WHO(&parent, 102 + 10 * i, 102 + 10 * i, 102 + 10 * i,
			   "o", 1, i);
	i = 20 - SPF_RING - 1;
	EXPECT_LOOK(&parent, 104 + 10 * i, 104 + 10 * i, 104 + 10 * i, "r");
	EXPECT_LOOK(&parent, 105 + 10 * i, 105 + 10 * i, 105 + 10 * i, "");
}

static void clear_forgets(void)
{
	struct spf_handle h[SPF_VMAS_MIN], c;
	struct spf_key key;
	u32 i, n;

	for (n = 0; n < 3; n++) {
		for (i = 0; i < SPF_VMAS_MIN; i++) {
			key = nth_key(i);
			h[i] = begin(&key, 100 + i);
		}
		EXPECT_EQ(spf_shadow_used(sh), SPF_VMAS_MIN);
		spf_shadow_clear(sh);
		EXPECT_EQ(spf_shadow_used(sh), 0);
		for (i = 0; i < SPF_VMAS_MIN; i++) {
			key = nth_key(i);
			EXPECT_LOOK(&key, 150, 200, 300, "");
		}

		/* Handles from before are nobody's, also in a full table. */
		for (i = 0; i < SPF_VMAS_MIN; i++) {
			key = nth_key(i);
			begin(&key, 500 + i);
		}
		for (i = 0; i < SPF_VMAS_MIN; i++)
			end(h[i], 700 + i);
		for (i = 0; i < SPF_VMAS_MIN; i++) {
			key = nth_key(i);
			EXPECT_LOOK(&key, 900, 900, 900, "o");
		}
		EXPECT(!spf_shadow_inherit(sh, &A, &h[n], 910, &c));
		spf_shadow_clear(sh);
	}
}

static void generations_differ(void)
{
	struct spf_handle h, old[16];
	unsigned int n, i;

	/* Many lives of one address; no handle fits another life. */
	for (n = 0; n < 100000; n++) {
		h = begin(&A, 100 + n);
		for (i = 0; i < 16 && i < n; i++)
			if (old[i].index == h.index && old[i].gen == h.gen &&
			    old[i].serial == h.serial) {
				EXPECT(!"the same handle twice");
				return;
			}
		old[n % 16] = h;
		spf_shadow_drop(sh, &A);
	}
	EXPECT_EQ(spf_shadow_used(sh), 0);
}

static void many_sections(void)
{
	unsigned int i, bad = 0;
	struct spf_handle h;
	u64 t;

	/* Beyond what 8 or 16 bits could count. */
	h = begin(&A, 10);
	for (i = 0, t = 100; i < 70000; i++, t += 10) {
		section(&A, t, t + 5);
		bad += strcmp(flags_of(look(&A, t + 2, t + 2, t + 2)),
			      i < SPF_RING - 1 ? "o" : "or") != 0;
	}
	EXPECT_EQ(bad, 0);
	EXPECT_LOOK(&A, t, t, t, "r");
	end(h, t + 1);
	EXPECT_LOOK(&A, t, t, t, "r");
	EXPECT_LOOK(&A, t + 1, t + 1, t + 1, "");
}

/* Each case has a small table of its own, and leaves nothing behind. */
static void run(const struct ktap_case *c)
{
	unsigned long live = spf_shim_live;

	ktap_failed = false;
	ktap_diags = 0;
	spf_shim_clock = 0;
	spf_shim_clock_read = NULL;
	sh = spf_shadow_alloc(SPF_VMAS_MIN);
	EXPECT(sh);
	if (sh)
		c->fn();
	EXPECT_EQ(spf_shim_irqs_off, 0);
	spf_shadow_free(sh);
	EXPECT_EQ(spf_shim_live, live);
	ktap_result(!ktap_failed, c->name);
}

static struct spf_key marked(struct spf_key key, u32 mark)
{
	key.mark = mark;
	return key;
}

/* The entry remembers the latest mark, and marks wrap. */
static void mark_is_the_latest(void)
{
	struct spf_key first = marked(A, ~0U - 2), second = marked(A, 1);

	EXPECT(!look(&A, 1, 2, 3).known);
	EXPECT(spf_shadow_born(sh, &first, 10));
	EXPECT(look(&A, 20, 20, 20).known);
	EXPECT_EQ(look(&A, 20, 20, 20).mark, ~0U - 2);
	section(&second, 20, 30);
	EXPECT_EQ(look(&A, 40, 40, 40).mark, 1);
	/* A section beside a writer may have read an older one. */
	section(&first, 40, 50);
	EXPECT_EQ(look(&A, 60, 60, 60).mark, 1);
	/* The next VMA at this address begins anew. */
	spf_shadow_drop(sh, &A);
	section(&A, 70, 80);
	EXPECT_EQ(look(&A, 90, 90, 90).mark, 0);
}

/* Adopted: known, and nothing else is said of it. */
static void adopt_knows_no_past(void)
{
	struct spf_key now = marked(A, 7), later = marked(A, 9);

	spf_shadow_adopt(sh, &now);
	EXPECT(look(&A, 1, 2, 3).known);
	EXPECT_LOOK(&A, 1, 2, 3, "");
	EXPECT_EQ(look(&A, 1, 2, 3).mark, 7);
	spf_shadow_adopt(sh, &later);
	EXPECT_EQ(look(&A, 1, 2, 3).mark, 9);
	EXPECT_EQ(spf_shadow_used(sh), 1);
	spf_shadow_adopt(sh, &now);
	EXPECT_EQ(look(&A, 1, 2, 3).mark, 9);
}

static struct spf_handle begin_shared(const struct spf_key *key, u32 share,
				      u32 writer, u64 now)
{
	struct spf_change c = change_of(SPF_KIND_FORK, writer, now);

	c.hold = 7;
	c.share = share;
	return begin_change(key, &c);
}

/* A fork: every VMA from its own begin, all to one end. */
static void share_ends_together(void)
{
	const struct spf_key one = nth_key(0);
	u32 share = spf_shadow_share(sh), i;
	struct spf_handle other, h;

	EXPECT(share);
	for (i = 0; i < 9; i++) {
		const struct spf_key key = nth_key(i);

		h = begin_shared(&key, share, 5, 10 + i);
		EXPECT(spf_shadow_alive(sh, &h));
	}
	/* One that is not of the share, on a VMA that is. */
	other = begin(&(struct spf_key){ MM1, nth_key(3).vma }, 20);
	for (i = 0; i < 9; i++) {
		const struct spf_key key = nth_key(i);

		EXPECT_LOOK(&key, 1000, 1000, 1000, "o");
		EXPECT_EQ(look(&key, 15, 15, 15).by_end, 0);
	}
	EXPECT_EQ(spf_shadow_share_end(sh, share, 100), 100);
	for (i = 0; i < 9; i++) {
		const struct spf_key key = nth_key(i);

		EXPECT_LOOK(&key, 9 + i, 9 + i, 9 + i, "");
		EXPECT_LOOK(&key, 9 + i, 10 + i, 10 + i, "m");
		EXPECT_WHO(&key, 50, 60, 70, "o",
			   i == 3 ? SPF_KIND_ADJUST : SPF_KIND_FORK,
			   i == 3 ? 1 : 5);
		EXPECT_LOOK(&key, 99, 99, 99, "o");
		EXPECT_LOOK(&key, 100, 110, 120, i == 3 ? "oh" : "h");
		EXPECT_EQ(look(&key, 18, 18, 18).by_end, 100);
		EXPECT(!look(&key, 50, 99, 120).ended);
		EXPECT(look(&key, 50, 100, 120).ended);
		EXPECT_EQ(spf_shadow_quiet(sh, &key, 200), i != 3);
	}
	end(other, 130);
	/* The next one has nothing to do with it. */
	share = spf_shadow_share(sh);
	begin_shared(&A, share, 5, 140);
	EXPECT_LOOK(&one, 150, 150, 150, "h");
	EXPECT_LOOK(&A, 150, 150, 150, "o");
}

/* What is recorded "now" reads the clock, once, and says what it read. */
static void share_by_the_clock(void)
{
	u32 share = spf_shadow_share(sh);

	spf_shim_clock = 100;
	begin_shared(&A, share, 5, 50);
	EXPECT_EQ(spf_shadow_share_end(sh, share, 0), 101);
	EXPECT_LOOK(&A, 100, 100, 100, "o");
	EXPECT_LOOK(&A, 101, 101, 101, "h");
	EXPECT_EQ(spf_shadow_share_end(sh, spf_shadow_share(sh), 0), 102);
}

/* Ids come round, and none of them is 0. */
static void share_ids_wrap(void)
{
	u32 a, b;

	atomic_set(&sh->share_ids, -2);
	a = spf_shadow_share(sh);
	b = spf_shadow_share(sh);
	EXPECT(a && b && a != b);
	begin_shared(&A, a, 5, 10);
	begin_shared(&B, b, 5, 10);
	spf_shadow_share_end(sh, b, 20);
	EXPECT_LOOK(&A, 30, 30, 30, "o");
	EXPECT_LOOK(&B, 30, 30, 30, "h");
	spf_shadow_share_end(sh, a, 40);
	EXPECT_LOOK(&A, 30, 30, 30, "o");
	EXPECT_LOOK(&A, 40, 40, 40, "h");
}

/* More VMAs than a ring has places, and more forks over the same ones. */
static void share_again(void)
{
	u64 now = 10;
	u32 fork, i;

	for (fork = 0; fork < 3 * SPF_RING; fork++) {
		u32 share = spf_shadow_share(sh);

		for (i = 0; i < 3 * SPF_RING; i++) {
			const struct spf_key key = nth_key(i);

			begin_shared(&key, share, 5, now++);
		}
		spf_shadow_share_end(sh, share, now);
		for (i = 0; i < 3 * SPF_RING; i++) {
			const struct spf_key key = nth_key(i);

			EXPECT_LOOK(&key, now - 1, now - 1, now,
				    fork ? "oh" : "o");
			EXPECT_LOOK(&key, now, now, now, "h");
			EXPECT(spf_shadow_quiet(sh, &key, now));
		}
		now++;
	}
}

/* What falls out of the ring is still open, until all of them end. */
static void share_falls_out_of_the_ring(void)
{
	u32 share = spf_shadow_share(sh), i;

	begin_shared(&A, share, 5, 100);
	for (i = 0; i < SPF_RING; i++) {
		EXPECT_LOOK(&A, 190 + 10 * i, 190 + 10 * i, 190 + 10 * i, "o");
		section(&A, 200 + 10 * i, 205 + 10 * i);
	}
	EXPECT_LOOK(&A, 300, 300, 300, "r");
	spf_shadow_share_end(sh, share, 400);
	EXPECT_LOOK(&A, 399, 399, 399, "r");
	EXPECT_LOOK(&A, 400, 400, 400, "");
	EXPECT_LOOK(&A, 202, 202, 202, "or");
}

/* So many later ones that one of them has its place; that one goes on. */
static u32 take_place_of(u32 share)
{
	u32 next = spf_shadow_share(sh);

	while (next % SPF_SHARES != share % SPF_SHARES) {
		spf_shadow_share_end(sh, next, 1);
		next = spf_shadow_share(sh);
	}
	return next;
}

/* When it ended is known no more, but that it has. */
static void share_is_too_long_over(void)
{
	u32 share = spf_shadow_share(sh), next;
	struct spf_seen s;

	begin_shared(&A, share, 5, 50);
	spf_shadow_share_end(sh, share, 100);
	EXPECT_LOOK(&A, 99, 99, 99, "o");
	next = take_place_of(share);
	EXPECT_LOOK(&A, 49, 49, 49, "");
	EXPECT_LOOK(&A, 50, 50, 50, "r");
	EXPECT_LOOK(&A, 99, 99, 99, "r");
	EXPECT_LOOK(&A, 100, 100, 100, "h");
	/* That it began is known, and its end is not told. */
	s = look(&A, 40, 100, 200);
	EXPECT_SEEN(s, "mr");
	EXPECT(!s.ended);
	EXPECT_LOOK(&A, 40, 45, 200, "lr");
	/* What the next one does is another's. */
	begin_shared(&B, next, 6, 200);
	EXPECT_LOOK(&A, 300, 300, 300, "h");
	spf_shadow_share_end(sh, next, 400);
	EXPECT_LOOK(&A, 300, 300, 300, "h");
	/* And the end of that one is forgotten as well. */
	take_place_of(next);
	EXPECT_LOOK(&A, 399, 399, 399, "r");
	EXPECT_LOOK(&A, 400, 400, 400, "h");
	EXPECT_LOOK(&B, 399, 399, 399, "r");
	EXPECT_LOOK(&B, 400, 400, 400, "h");
}

/* Nobody knows whether it is open any more, whenever the fault came. */
static void share_is_taken_while_open(void)
{
	u32 share = spf_shadow_share(sh), next, i;

	spf_shim_clock = 100;
	begin_shared(&A, share, 5, 50);
	begin_shared(&B, share, 5, 50);
	for (i = 0; i < SPF_RING; i++)
		section(&B, 51, 52);
	next = take_place_of(share);
	/* It goes on to the next VMAs. */
	begin_shared(&A2, share, 5, 200);
	EXPECT_LOOK(&A, 49, 49, 49, "");
	EXPECT_LOOK(&A, 50, 50, 50, "r");
	EXPECT_LOOK(&A, 1000, 1000, 1000, "r");
	EXPECT_LOOK(&B, 1000, 1000, 1000, "r");
	EXPECT_LOOK(&A2, 199, 199, 199, "");
	EXPECT_LOOK(&A2, 1000, 1000, 1000, "r");
	/* The next one's end is not its own. */
	spf_shadow_share_end(sh, next, 300);
	EXPECT_LOOK(&A, 1000, 1000, 1000, "r");
	spf_shadow_share_end(sh, share, 500);
	EXPECT_LOOK(&A, 499, 499, 499, "r");
	EXPECT_LOOK(&A, 500, 500, 500, "h");
	EXPECT_LOOK(&A2, 499, 499, 499, "r");
	EXPECT_LOOK(&A2, 500, 500, 500, "h");
	EXPECT_LOOK(&B, 499, 499, 499, "r");
	EXPECT_LOOK(&B, 500, 500, 500, "");
	/* Of what is remembered all is still told. */
	EXPECT_LOOK(&A, 40, 50, 60, "mr");
}

/* Two that lost the same place: the last one to end decides. */
static void share_places_are_counted(void)
{
	u32 first = spf_shadow_share(sh), second, third;

	begin_shared(&A, first, 5, 50);
	second = take_place_of(first);
	begin_shared(&B, second, 6, 60);
	third = take_place_of(second);
	spf_shadow_share_end(sh, first, 100);
	EXPECT_LOOK(&B, 1000, 1000, 1000, "r");
	spf_shadow_share_end(sh, third, 110);
	EXPECT_LOOK(&B, 1000, 1000, 1000, "r");
	spf_shadow_share_end(sh, second, 120);
	EXPECT_LOOK(&A, 119, 119, 119, "r");
	EXPECT_LOOK(&A, 120, 120, 120, "h");
	EXPECT_LOOK(&B, 120, 120, 120, "h");
	/* A clear forgets them all. */
	first = spf_shadow_share(sh);
	take_place_of(first);
	spf_shadow_clear(sh);
	first = spf_shadow_share(sh);
	begin_shared(&A, first, 5, 200);
	spf_shadow_share_end(sh, first, 210);
	take_place_of(first);
	EXPECT_LOOK(&A, 210, 210, 210, "h");
}

/* Who frees a VMA of a fork that goes on, or finds a new one there. */
static void share_of_a_vma_that_is_gone(void)
{
	u32 share = spf_shadow_share(sh);

	begin_shared(&A, share, 5, 10);
	begin_shared(&B, share, 5, 11);
	spf_shadow_drop(sh, &A);
	EXPECT_LOOK(&A, 20, 20, 20, "");
	EXPECT(spf_shadow_born(sh, &B, 30));
	EXPECT_LOOK(&B, 40, 40, 40, "");
	section(&A, 50, 60);
	EXPECT_LOOK(&A, 70, 70, 70, "");
	spf_shadow_share_end(sh, share, 100);
	EXPECT_LOOK(&A, 70, 70, 70, "");
	EXPECT_LOOK(&B, 70, 70, 70, "");
}

/* A section that goes on elsewhere goes on in the copy: one end is for both. */
static void share_in_a_child(void)
{
	u32 share = spf_shadow_share(sh);
	struct spf_handle p, c;

	begin_shared(&A, share, 5, 10);
	p = begin(&A, 20);
	EXPECT(spf_shadow_inherit(sh, &B, &p, 30, &c));
	end(p, 40);
	end(c, 40);
	EXPECT_LOOK(&A, 50, 50, 50, "o");
	EXPECT_LOOK(&B, 50, 50, 50, "o");
	spf_shadow_share_end(sh, share, 100);
	EXPECT_LOOK(&A, 99, 99, 99, "o");
	EXPECT_LOOK(&B, 99, 99, 99, "o");
	EXPECT_LOOK(&A, 100, 100, 100, "h");
	EXPECT_LOOK(&B, 100, 100, 100, "h");
}

static void who_else_shares(void)
{
	struct spf_change mine = change_of(1, 5, 30);
	struct spf_change other = change_of(2, 22, 30);
	u32 share = spf_shadow_share(sh);
	struct spf_handle h;

	begin_shared(&A, share, 5, 10);
	EXPECT_EQ(try_begin(&A, &mine, &h), SPF_BEGUN_NESTED);
	end(h, 40);
	EXPECT_EQ(try_begin(&A, &other, &h), SPF_BEGUN_CONCURRENT);
	end(h, 40);
	EXPECT_EQ(try_begin(&B, &other, &h), SPF_BEGUN_ALONE);
	end(h, 40);
	/* One that joins it, among others. */
	other.share = share;
	EXPECT_EQ(try_begin(&B, &other, &h), SPF_BEGUN_ALONE);
	spf_shadow_share_end(sh, share, 50);
	EXPECT_EQ(try_begin(&A, &mine, &h), SPF_BEGUN_ALONE);
	other.share = 0;
	EXPECT_EQ(try_begin(&B, &other, &h), SPF_BEGUN_ALONE);
}

static void who_else_is_there(void)
{
	struct spf_change mine = change_of(1, 11, 100);
	struct spf_change other = change_of(2, 22, 110);
	struct spf_handle a, b, c;

	EXPECT_EQ(try_begin(&A, &mine, &a), SPF_BEGUN_ALONE);
	EXPECT_EQ(try_begin(&A, &mine, &b), SPF_BEGUN_NESTED);
	EXPECT_EQ(try_begin(&A, &mine, &c), SPF_BEGUN_NESTED);
	end(c, 105);
	EXPECT_EQ(try_begin(&A, &other, &c), SPF_BEGUN_CONCURRENT);
	/* My own are open too, but not only they. */
	EXPECT_EQ(try_begin(&A, &mine, &c), SPF_BEGUN_CONCURRENT);
	EXPECT_EQ(try_begin(&B, &other, &c), SPF_BEGUN_ALONE);
	EXPECT_EQ(try_begin(&A2, &other, &c), SPF_BEGUN_ALONE);
}

static void who_else_has_ended(void)
{
	struct spf_change mine = change_of(1, 11, 100);
	struct spf_change other = change_of(2, 22, 110);
	struct spf_handle a, b, c;

	EXPECT_EQ(try_begin(&A, &mine, &a), SPF_BEGUN_ALONE);
	EXPECT_EQ(try_begin(&A, &other, &b), SPF_BEGUN_CONCURRENT);
	end(a, 120);
	EXPECT_EQ(try_begin(&A, &other, &c), SPF_BEGUN_NESTED);
	end(b, 130);
	end(c, 140);
	EXPECT_EQ(try_begin(&A, &mine, &a), SPF_BEGUN_ALONE);
	EXPECT_EQ(try_begin(&A, &mine, &b), SPF_BEGUN_NESTED);
	/* Another life of the VMA: nothing is open on it. */
	EXPECT(spf_shadow_born(sh, &A, 200));
	EXPECT_EQ(try_begin(&A, &other, &c), SPF_BEGUN_ALONE);
	spf_shadow_drop(sh, &A);
	EXPECT_EQ(try_begin(&A, &mine, &c), SPF_BEGUN_ALONE);
}

static void who_else_is_forgotten(void)
{
	struct spf_change mine = change_of(1, 11, 100);
	struct spf_handle h, old;
	unsigned int i;

	EXPECT_EQ(try_begin(&A, &mine, &old), SPF_BEGUN_ALONE);
	for (i = 0; i < SPF_RING; i++) {
		EXPECT_EQ(try_begin(&A, &mine, &h), SPF_BEGUN_NESTED);
		end(h, 200 + i);
	}
	/* Whose it was is not known any more. */
	EXPECT_EQ(try_begin(&A, &mine, &h), SPF_BEGUN_CONCURRENT);
	end(h, 300);
	end(old, 310);
	EXPECT_EQ(try_begin(&A, &mine, &h), SPF_BEGUN_ALONE);
}

static void who_else_in_a_child(void)
{
	struct spf_change mine = change_of(1, 11, 100);
	struct spf_change other = change_of(2, 22, 110);
	struct spf_handle p, q, c, h;

	EXPECT_EQ(try_begin(&A, &other, &q), SPF_BEGUN_ALONE);
	EXPECT_EQ(try_begin(&A, &mine, &p), SPF_BEGUN_CONCURRENT);
	EXPECT(spf_shadow_inherit(sh, &B, &p, 120, &c));
	/* Only the split itself is open there. */
	EXPECT_EQ(try_begin(&B, &mine, &h), SPF_BEGUN_NESTED);
	end(h, 130);
	EXPECT_EQ(try_begin(&B, &other, &h), SPF_BEGUN_CONCURRENT);
	end(h, 140);
	end(c, 150);
	EXPECT_EQ(try_begin(&B, &mine, &h), SPF_BEGUN_ALONE);
	EXPECT_EQ(try_begin(&A, &mine, &h), SPF_BEGUN_CONCURRENT);
}

/* No bit of one member may be another's. */
static void by_is_all_of_it(void)
{
	static const u32 slots[] = { 0, 1, 0x800000, SPF_NO_SLOT - 1, SPF_NO_SLOT };
	struct spf_change c = {
		.begin = 100,
		.hold = 0x123456789abcdef0ULL,
		.start = 0xffffffffff600000UL,
		.end = ~0UL,
		.vm_start = 0x0f0f0f0f0f0f0f0fUL,
		.vm_end = 0xf0f0f0f0f0f0f0f0UL,
		.writer = 0xdeadbeef,
	};
	struct spf_handle h;
	struct spf_seen s;
	unsigned int i;
	u8 k;

	for (i = 0; i < ARRAY_SIZE(slots); i++)
		for (k = 0; k < SPF_NR_KINDS; k++, c.begin += 10) {
			c.slot = slots[i];
			c.kind = k;
			h = begin_change(&A, &c);
			s = look(&A, c.begin, c.begin, c.begin);
			EXPECT(s.odd);
			EXPECT_EQ(s.by_end, 0);
			EXPECT(same_change(&s.by, &c));
			end(h, c.begin + 5);
			s = look(&A, c.begin, c.begin, c.begin);
			EXPECT_EQ(s.by_end, c.begin + 5);
			EXPECT_EQ(s.by.writer, c.writer);
		}
}

/* Of several that are odd the last recorded, whenever it began. */
static void by_is_the_last_odd(void)
{
	begin_as(&A, 1, 11, 120);
	begin_as(&A, 2, 22, 110);
	begin_as(&A, 3, 33, 100);
	EXPECT_WHO(&A, 130, 140, 150, "o", 3, 33);
	end(begin_as(&A, 4, 44, 105), 106);
	EXPECT_WHO(&A, 130, 140, 150, "o", 3, 33);
	EXPECT_WHO(&A, 105, 140, 150, "om", 4, 44);
}

/* Of several that began first at one instant, the one recorded first. */
static void by_is_the_first_of_an_instant(void)
{
	end(begin_as(&A, 5, 55, 120), 130);
	end(begin_as(&A, 1, 11, 110), 130);
	end(begin_as(&A, 2, 22, 110), 130);
	end(begin_as(&A, 3, 33, 110), 130);
	EXPECT_WHO(&A, 100, 125, 130, "m", 1, 11);
	EXPECT_WHO(&A, 100, 105, 130, "l", 1, 11);
	EXPECT_WHO(&A, 100, 110, 130, "ml", 1, 11);
}

static struct spf_handle begin_held(const struct spf_key *key, u64 hold,
				    u32 writer, u64 now)
{
	struct spf_change c = change_of(SPF_KIND_MPROTECT, writer, now);

	c.hold = hold;
	return begin_change(key, &c);
}

/* What the last section that has a hold and was over by t0 is known by. */
#define EXPECT_LAST(key, t0, until, t1, want, h, w)			\
do {									\
	struct spf_seen __s = look(key, t0, until, t1);			\
									\
	EXPECT_SEEN(__s, want);						\
	EXPECT_EQ(__s.last.hold, h);					\
	EXPECT_EQ(__s.last.writer, w);					\
} while (0)

static void past_edges(void)
{
	struct spf_handle h = begin_held(&A, 7, 70, 100);

	EXPECT_LOOK(&A, 105, 105, 105, "o");
	end(h, 110);
	EXPECT_LOOK(&A, 99, 99, 99, "");
	EXPECT_LOOK(&A, 99, 100, 100, "m");
	EXPECT_LOOK(&A, 99, 99, 100, "l");
	EXPECT_LOOK(&A, 109, 109, 109, "o");
	EXPECT_LAST(&A, 110, 110, 110, "h", 7, 70);
	EXPECT_LAST(&A, 500, 600, 700, "h", 7, 70);
	EXPECT_LOOK(&B, 110, 110, 110, "");
}

/* A section without a hold depends on nobody who might come back. */
static void past_has_a_hold(void)
{
	end(begin_held(&A, 0, 70, 100), 110);
	EXPECT_LOOK(&A, 120, 120, 120, "");
	end(begin_held(&A, 7, 71, 120), 130);
	end(begin_held(&A, 0, 72, 140), 150);
	EXPECT_LAST(&A, 160, 160, 160, "h", 7, 71);
}

static void past_is_the_last(void)
{
	struct spf_handle open;

	end(begin_held(&A, 7, 70, 100), 110);
	end(begin_held(&A, 8, 80, 130), 140);
	EXPECT_LAST(&A, 120, 121, 122, "h", 7, 70);
	EXPECT_LAST(&A, 150, 151, 152, "h", 8, 80);
	/* Whatever else there is, and whoever is to blame for that. */
	EXPECT_LAST(&A, 120, 125, 150, "lh", 7, 70);
	EXPECT_LAST(&A, 120, 135, 150, "mh", 7, 70);
	EXPECT_LAST(&A, 135, 150, 150, "oh", 7, 70);
	EXPECT_WHO(&A, 120, 135, 150, "mh", SPF_KIND_MPROTECT, 80);
	EXPECT_WHO(&A, 135, 150, 150, "oh", SPF_KIND_MPROTECT, 80);

	/* Recorded before it, or after it: the same. */
	open = begin_held(&B, 9, 90, 115);
	end(begin_held(&B, 7, 70, 100), 110);
	EXPECT_LAST(&B, 120, 121, 122, "oh", 7, 70);
	end(open, 118);
	EXPECT_LAST(&B, 112, 120, 130, "mh", 7, 70);
}

static void past_is_all_of_it(void)
{
	const struct spf_change c = {
		.begin = 100, .hold = 1ULL << 63, .start = 1, .end = 2,
		.vm_start = 3, .vm_end = 4, .writer = 5, .slot = 0xabcdef,
		.kind = SPF_KIND_REMOVE,
	};
	struct spf_seen s;

	end(begin_change(&A, &c), 110);
	s = look(&A, 120, 120, 120);
	EXPECT(same_change(&s.last, &c));
}

static void past_is_forgotten(void)
{
	unsigned int i;

	end(begin_held(&A, 7, 70, 100), 110);
	for (i = 0; i < SPF_RING; i++)
		section(&A, 200 + 10 * i, 205 + 10 * i);
	/* No overrun: it is told by the end, and that was before t0. */
	EXPECT_LOOK(&A, 500, 500, 500, "");
	end(begin_held(&A, 8, 80, 510), 520);
	EXPECT_LAST(&A, 530, 530, 530, "h", 8, 80);
}

/* What is recorded "now" reads the clock, once, and says what it read. */
static void now_is_the_clock(void)
{
	struct spf_change c = change_of(SPF_KIND_UNMAP, 1, 0);
	struct spf_handle h, none = { SPF_NO_ENTRY, 0, 0 };
	u64 t;

	spf_shim_clock = 100;
	EXPECT_EQ(spf_shadow_begin(sh, &A, &c, &h), SPF_BEGUN_ALONE);
	EXPECT_EQ(c.begin, 101);
	EXPECT(!spf_shadow_quiet(sh, &A, 500));
	EXPECT_LOOK(&A, 100, 100, 100, "");
	EXPECT_LOOK(&A, 100, 101, 101, "m");
	EXPECT_LOOK(&A, 101, 101, 101, "o");
	t = spf_shadow_end(sh, &h, 0, NULL);
	EXPECT_EQ(t, 102);
	EXPECT_LOOK(&A, 101, 101, 101, "o");
	EXPECT_LOOK(&A, 102, 102, 102, "");
	EXPECT(!spf_shadow_quiet(sh, &A, 101));
	EXPECT(spf_shadow_quiet(sh, &A, 102));
	EXPECT_EQ(spf_shadow_end(sh, &none, 0, NULL), 103);
	EXPECT_EQ(spf_shadow_end(sh, &none, 7, NULL), 7);

	/* An end that comes too late has its time all the same. */
	c.begin = 0;
	EXPECT_EQ(spf_shadow_begin(sh, &A, &c, &h), SPF_BEGUN_ALONE);
	EXPECT_EQ(c.begin, 104);
	spf_shadow_drop(sh, &A);
	EXPECT_EQ(spf_shadow_end(sh, &h, 0, NULL), 105);
	EXPECT_EQ(spf_shim_clock, 105);
}

/* A fault that arrives as soon as the clock was read, and looks after that. */
static struct {
	unsigned int nr;
	bool quiet;
	bool lost;
} at_the_clock;

static void look_at_the_clock(uint64_t now)
{
	at_the_clock.nr++;
	at_the_clock.quiet = spf_shadow_quiet(sh, &A, now);
	at_the_clock.lost = spf_shadow_lost(sh, MM1, now);
}

static void now_is_seen_at_once(void)
{
	struct spf_change c = change_of(SPF_KIND_UNMAP, 1, 0);
	struct spf_handle h;
	u32 i;

	spf_shim_clock_read = look_at_the_clock;
	EXPECT_EQ(spf_shadow_begin(sh, &A, &c, &h), SPF_BEGUN_ALONE);
	EXPECT(at_the_clock.nr && !at_the_clock.quiet && !at_the_clock.lost);
	spf_shadow_end(sh, &h, 0, NULL);
	spf_shadow_drop(sh, &A);
	spf_shim_clock_read = NULL;
	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = nth_key(i);

		section(&key, 10, 20);
	}
	/* The first time is for those that are idle. */
	spf_shim_clock = 100;
	at_the_clock.nr = 0;
	spf_shim_clock_read = look_at_the_clock;
	c.begin = 0;
	EXPECT_EQ(spf_shadow_begin(sh, &A, &c, &h), SPF_BEGUN_FULL);
	EXPECT_EQ(at_the_clock.nr, 2);
	EXPECT(!at_the_clock.quiet && at_the_clock.lost);
	spf_shadow_end(sh, &h, 0, NULL);
	/* Of a share the same. */
	c.begin = 0;
	c.share = spf_shadow_share(sh);
	EXPECT_EQ(spf_shadow_begin(sh, &A, &c, &h), SPF_BEGUN_FULL);
	EXPECT(!at_the_clock.quiet && at_the_clock.lost);
	spf_shim_clock_read = NULL;
}

static void now_in_a_full_table(void)
{
	struct spf_change c = change_of(SPF_KIND_UNMAP, 1, 0);
	struct spf_handle h;
	u32 i;

	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = nth_key(i);

		section(&key, 10, 20);
	}
	spf_shim_clock = 100;
	/* It is read once more, for those that are idle. */
	EXPECT_EQ(spf_shadow_begin(sh, &A, &c, &h), SPF_BEGUN_FULL);
	EXPECT_EQ(c.begin, 102);
	EXPECT_EQ(spf_shadow_end(sh, &h, 0, NULL), 103);
	EXPECT_LOOK(&A, 102, 102, 102, "r");
	EXPECT_LOOK(&A, 103, 103, 103, "");
}

static struct spf_handle begin_bounds(const struct spf_key *key, u64 now,
				      unsigned long from, unsigned long to)
{
	struct spf_change c = change_of(SPF_KIND_ADJUST, 1, now);

	c.vm_start = from;
	c.vm_end = to;
	return begin_change(key, &c);
}

static struct spf_seen look_at(const struct spf_key *key, u64 t0, u64 until,
			       u64 t1, unsigned long address)
{
	const struct spf_span span = {
		.t0 = t0, .until = until, .t1 = t1, .lookup = t0,
		.address = address,
	};

	return look_span(key, &span);
}

static void outside_edges(void)
{
	end(begin_bounds(&A, 100, 0x2000, 0x5000), 110);
	EXPECT_SEEN(look_at(&A, 90, 105, 120, 0x1fff), "mx");
	EXPECT_SEEN(look_at(&A, 90, 105, 120, 0x2000), "m");
	EXPECT_SEEN(look_at(&A, 90, 105, 120, 0x4fff), "m");
	EXPECT_SEEN(look_at(&A, 90, 105, 120, 0x5000), "mx");
	EXPECT_SEEN(look_at(&A, 90, 95, 120, 0), "lx");
	EXPECT_SEEN(look_at(&A, 90, 95, 120, ~0UL), "lx");
	EXPECT_SEEN(look_at(&A, 90, 99, 100, 0x5000), "lx");
	/* Nothing began in the span: nothing is known of the bounds at t0. */
	EXPECT_SEEN(look_at(&A, 90, 95, 99, 0x5000), "");
	EXPECT_SEEN(look_at(&A, 110, 120, 130, 0x5000), "");
}

/* Only the first one found what was there at t0. */
static void outside_is_of_the_first(void)
{
	end(begin_bounds(&A, 100, 0x2000, 0x5000), 110);
	end(begin_bounds(&A, 120, 0x2000, 0x8000), 130);
	EXPECT_SEEN(look_at(&A, 90, 200, 300, 0x6000), "mx");
	EXPECT_SEEN(look_at(&A, 90, 105, 300, 0x6000), "mlx");
	EXPECT_SEEN(look_at(&A, 110, 200, 300, 0x6000), "m");
	EXPECT_SEEN(look_at(&A, 110, 200, 300, 0x8000), "mx");

	/* First by time, not by record; at one instant by record. */
	end(begin_bounds(&B, 120, 0x2000, 0x8000), 130);
	end(begin_bounds(&B, 110, 0x2000, 0x3000), 115);
	end(begin_bounds(&B, 110, 0x2000, 0x4000), 115);
	EXPECT_SEEN(look_at(&B, 100, 200, 300, 0x2fff), "m");
	EXPECT_SEEN(look_at(&B, 100, 200, 300, 0x3000), "mx");
	EXPECT_SEEN(look_at(&B, 115, 200, 300, 0x7fff), "m");
}

static void outside_is_not_told_when_odd(void)
{
	struct spf_handle h = begin_bounds(&A, 100, 0x2000, 0x5000);

	end(begin_bounds(&A, 110, 0x2000, 0x5000), 120);
	EXPECT_SEEN(look_at(&A, 105, 200, 300, 0x6000), "om");
	end(h, 105);
	EXPECT_SEEN(look_at(&A, 105, 200, 300, 0x6000), "mx");
	EXPECT_SEEN(look_at(&A, 104, 200, 300, 0x6000), "om");
}

static struct spf_handle begin_range(const struct spf_key *key, u64 now,
				     unsigned long from, unsigned long to)
{
	struct spf_change c = change_of(SPF_KIND_MPROTECT, 1, now);

	c.start = from;
	c.end = to;
	return begin_change(key, &c);
}

static void page_edges(void)
{
	struct spf_handle h = begin_range(&A, 100, 0x2000, 0x5000);

	EXPECT_SEEN(look_at(&A, 100, 100, 100, 0x1fff), "o");
	EXPECT_SEEN(look_at(&A, 100, 100, 100, 0x2000), "op");
	EXPECT_SEEN(look_at(&A, 100, 100, 100, 0x4fff), "op");
	EXPECT_SEEN(look_at(&A, 100, 100, 100, 0x5000), "o");
	end(h, 110);
	EXPECT_SEEN(look_at(&A, 109, 109, 109, 0x2000), "op");
	EXPECT_SEEN(look_at(&A, 110, 110, 110, 0x2000), "");
	EXPECT_SEEN(look_at(&A, 90, 100, 110, 0x1fff), "m");
	EXPECT_SEEN(look_at(&A, 90, 100, 110, 0x2000), "mp");
	EXPECT_SEEN(look_at(&A, 90, 100, 110, 0x4fff), "mp");
	EXPECT_SEEN(look_at(&A, 90, 100, 110, 0x5000), "m");
	/* What comes later stops nobody. */
	EXPECT_SEEN(look_at(&A, 90, 99, 110, 0x2000), "l");
}

/* Any of them will do, not only the one to blame. */
static void page_of_any(void)
{
	end(begin_range(&A, 100, 0x2000, 0x3000), 200);
	end(begin_range(&A, 110, 0x5000, 0x6000), 200);
	end(begin_range(&A, 120, 0x8000, 0x9000), 200);
	EXPECT_SEEN(look_at(&A, 150, 150, 150, 0x2000), "op");
	EXPECT_SEEN(look_at(&A, 150, 150, 150, 0x5000), "op");
	EXPECT_SEEN(look_at(&A, 150, 150, 150, 0x8000), "op");
	EXPECT_SEEN(look_at(&A, 150, 150, 150, 0x4000), "o");
	EXPECT_SEEN(look_at(&A, 90, 130, 150, 0x8000), "mp");
	EXPECT_SEEN(look_at(&A, 90, 115, 150, 0x8000), "ml");
	EXPECT_SEEN(look_at(&A, 90, 115, 150, 0x5000), "mlp");
	/* One odd, the other moved. */
	EXPECT_SEEN(look_at(&A, 115, 130, 150, 0x8000), "omp");
}

static void range_is_told_at_the_end(void)
{
	const struct spf_range less = { 0x3000, 0x4000 };
	const struct spf_range none = { 0, 0 };
	struct spf_handle h = begin_range(&A, 100, 0x2000, 0x5000);
	struct spf_seen s;

	EXPECT_SEEN(look_at(&A, 105, 105, 105, 0x2000), "op");
	spf_shadow_end(sh, &h, 110, &less);
	EXPECT_SEEN(look_at(&A, 105, 105, 105, 0x2fff), "o");
	EXPECT_SEEN(look_at(&A, 105, 105, 105, 0x3000), "op");
	EXPECT_SEEN(look_at(&A, 105, 105, 105, 0x3fff), "op");
	EXPECT_SEEN(look_at(&A, 105, 105, 105, 0x4000), "o");
	EXPECT_SEEN(look_at(&A, 110, 110, 110, 0x3000), "");
	s = look_at(&A, 105, 105, 105, 0x3000);
	EXPECT_EQ(s.by.start, 0x3000);
	EXPECT_EQ(s.by.end, 0x4000);
	EXPECT_EQ(s.by_end, 110);

	h = begin_range(&A, 200, 0x2000, 0x5000);
	spf_shadow_end(sh, &h, 210, &none);
	EXPECT_SEEN(look_at(&A, 205, 205, 205, 0x3000), "o");
	EXPECT_SEEN(look_at(&A, 205, 205, 205, 0), "o");
}

/* A range that comes late is not another section's. */
static void range_spares_the_slot(void)
{
	const struct spf_range all = { 0, ~0UL };
	struct spf_handle old = begin_range(&A, 100, 0x2000, 0x5000), h;
	unsigned int i;

	for (i = 0; i < SPF_RING; i++)
		h = begin_range(&A, 200 + i, 0x8000, 0x9000);
	spf_shadow_end(sh, &old, 300, &all);
	EXPECT_SEEN(look_at(&A, 400, 400, 400, 0x3000), "o");
	EXPECT_SEEN(look_at(&A, 400, 400, 400, 0x8000), "op");
	spf_shadow_drop(sh, &A);
	begin_range(&A, 500, 0x8000, 0x9000);
	spf_shadow_end(sh, &h, 510, &all);
	EXPECT_SEEN(look_at(&A, 600, 600, 600, 0x3000), "o");
}

static void inherit_takes_all_of_it(void)
{
	const struct spf_range less = { 0x3000, 0x4000 };
	const struct spf_change past = {
		.begin = 100, .hold = 7, .start = 0x2000, .end = 0x5000,
		.vm_start = 0x1000, .vm_end = 0x9000, .writer = 11,
		.slot = 0xabcdef, .kind = SPF_KIND_MPROTECT,
		.effect = SPF_EFFECT_FLAGS, .marks = true,
	};
	const struct spf_change split = {
		.begin = 200, .hold = 8, .start = 0x6000, .end = 0x7000,
		.vm_start = 0x1000, .vm_end = 0xa000, .writer = 22,
		.slot = 0x123456, .kind = SPF_KIND_ADJUST,
	};
	struct spf_handle p, c;
	struct spf_seen s;

	end(begin_change(&A, &past), 110);
	p = begin_change(&A, &split);
	EXPECT(spf_shadow_inherit(sh, &B, &p, 205, &c));

	EXPECT_LAST(&B, 150, 150, 150, "h", 7, 11);
	s = look_at(&B, 105, 105, 105, 0x2000);
	EXPECT_SEEN(s, "op");
	EXPECT_EQ(s.by.hold, 7);
	EXPECT_EQ(s.by.start, 0x2000);
	EXPECT_EQ(s.by.end, 0x5000);
	EXPECT_EQ(s.by.vm_start, 0x1000);
	EXPECT_EQ(s.by.vm_end, 0x9000);
	EXPECT_EQ(s.by.slot, 0xabcdef);
	EXPECT_SEEN(look_at(&B, 90, 100, 100, 0x9000), "mx");
	EXPECT_SEEN(look_at(&B, 150, 200, 200, 0x9fff), "mh");
	EXPECT_SEEN(look_at(&B, 150, 200, 200, 0xa000), "mhx");
	s = look_at(&B, 210, 210, 210, 0x6000);
	EXPECT_SEEN(s, "ohp");
	EXPECT_EQ(s.by.slot, 0x123456);
	EXPECT_EQ(s.by_end, 0);

	/* What changed hands is told to each of them on its own. */
	spf_shadow_end(sh, &c, 220, &less);
	EXPECT_SEEN(look_at(&B, 210, 210, 210, 0x6000), "oh");
	EXPECT_SEEN(look_at(&B, 210, 210, 210, 0x3000), "ohp");
	EXPECT_SEEN(look_at(&A, 210, 210, 210, 0x6000), "ohp");
	end(p, 230);
	EXPECT_LAST(&B, 220, 220, 220, "h", 8, 22);
	EXPECT_LAST(&A, 220, 220, 220, "oh", 7, 11);
	EXPECT_LAST(&A, 230, 230, 230, "h", 8, 22);
}

static void alive_until_freed(void)
{
	struct spf_handle h, c, none = { SPF_NO_ENTRY, 0, 0 };

	EXPECT(!spf_shadow_alive(sh, &none));
	h = begin(&A, 100);
	EXPECT(spf_shadow_alive(sh, &h));
	EXPECT(spf_shadow_inherit(sh, &B, &h, 105, &c));
	EXPECT(spf_shadow_alive(sh, &c));
	end(h, 110);
	/* It is of the VMA, not of the section. */
	EXPECT(spf_shadow_alive(sh, &h));
	spf_shadow_drop(sh, &A);
	EXPECT(!spf_shadow_alive(sh, &h));
	EXPECT(spf_shadow_alive(sh, &c));

	/* Whoever gets the entry, and another life at this address. */
	h = begin(&A, 120);
	EXPECT(spf_shadow_alive(sh, &h));
	EXPECT(spf_shadow_born(sh, &A, 130));
	EXPECT(!spf_shadow_alive(sh, &h));
	h = begin(&A, 140);
	EXPECT(spf_shadow_inherit(sh, &A2, &c, 150, &none));
	EXPECT(spf_shadow_alive(sh, &none));
	EXPECT(spf_shadow_alive(sh, &h));
	spf_shadow_clear(sh);
	EXPECT(!spf_shadow_alive(sh, &h));
	EXPECT(!spf_shadow_alive(sh, &c));
	EXPECT(!spf_shadow_alive(sh, &none));
}

/* A section on [0x2000, 0x3000) of a VMA at [0x1000, 0x9000). */
static struct spf_change effect_of(u8 effect, u64 now)
{
	return (struct spf_change){
		.begin = now, .start = 0x2000, .end = 0x3000,
		.vm_start = 0x1000, .vm_end = 0x9000, .writer = 1,
		.slot = SPF_NO_SLOT, .kind = SPF_KIND_ADJUST, .effect = effect,
	};
}

static struct spf_handle begin_effect(const struct spf_key *key, u8 effect,
				      u64 now)
{
	const struct spf_change c = effect_of(effect, now);

	return begin_change(key, &c);
}

/* As @effect, from @from to @to. */
static void effect(const struct spf_key *key, u8 effect, u64 from, u64 to)
{
	end(begin_effect(key, effect, from), to);
}

static void end_effect(struct spf_handle h, u64 now, u8 effect)
{
	const struct spf_range range = { 0x2000, 0x3000, effect };

	spf_shadow_end(sh, &h, now, &range);
}

/* Where a section that only moved bounds does not matter, and where it does. */
#define KEPT	0x4000UL
#define TAKEN	0x2000UL

/* Odd only, moved only, and those that are neither. */
static void effects_matter(void)
{
	static const struct {
		u8 effect;
		const char *odd, *moved, *odd_taken, *moved_taken;
	} want[] = {
		{ SPF_EFFECT_UNKNOWN,	"u",	"u",	"u",	"u" },
		{ SPF_EFFECT_BOUNDS,	"",	"",	"o",	"m" },
		{ SPF_EFFECT_FLAGS,	"o",	"mf",	"o",	"mf" },
		{ SPF_EFFECT_OTHER,	"o",	"m",	"o",	"m" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		const struct spf_key key = nth_key(i);

		effect(&key, want[i].effect, 100, 110);
		EXPECT_FACTS(look_at(&key, 105, 106, 107, KEPT), want[i].odd);
		EXPECT_FACTS(look_at(&key, 90, 105, 120, KEPT), want[i].moved);
		EXPECT_FACTS(look_at(&key, 105, 106, 107, TAKEN),
			     want[i].odd_taken);
		EXPECT_FACTS(look_at(&key, 90, 105, 120, TAKEN),
			     want[i].moved_taken);
		/* Over by t0, later than the attempt, after the end. */
		EXPECT_FACTS(look_at(&key, 110, 120, 130, TAKEN), "");
		EXPECT_FACTS(look_at(&key, 90, 99, 120, TAKEN), "");
		EXPECT_FACTS(look_at(&key, 90, 99, 99, TAKEN), "");
	}
}

/* As odd, and as moved, at the exact time. */
static void effect_edges(void)
{
	effect(&A, SPF_EFFECT_FLAGS, 100, 110);
	EXPECT_FACTS(look_at(&A, 99, 99, 120, KEPT), "");
	EXPECT_FACTS(look_at(&A, 99, 100, 120, KEPT), "mf");
	EXPECT_FACTS(look_at(&A, 100, 109, 120, KEPT), "o");
	EXPECT_FACTS(look_at(&A, 109, 109, 120, KEPT), "o");
	/* Nobody could see it; it began all the same. */
	effect(&B, SPF_EFFECT_FLAGS, 100, 100);
	EXPECT_FACTS(look_at(&B, 100, 100, 120, KEPT), "");
	EXPECT_FACTS(look_at(&B, 99, 100, 120, KEPT), "mfe");
}

static void forgiven_edges(void)
{
	static const struct {
		unsigned long address;
		bool forgiven;
	} want[] = {
		{ 0, false }, { 0xfff, false }, { 0x1000, true },
		{ 0x1fff, true }, { 0x2000, false }, { 0x2fff, false },
		{ 0x3000, true }, { 0x8fff, true }, { 0x9000, false },
		{ ~0UL, false },
	};
	unsigned int i;

	effect(&A, SPF_EFFECT_BOUNDS, 100, 110);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		EXPECT_FACTS(look_at(&A, 105, 106, 107, want[i].address),
			     want[i].forgiven ? "" : "o");
		EXPECT_FACTS(look_at(&A, 90, 105, 120, want[i].address),
			     want[i].forgiven ? "" : "m");
	}
}

/* What changed hands may lie behind the old bounds: the VMA has grown. */
static void forgiven_if_it_was_inside(void)
{
	struct spf_change c = effect_of(SPF_EFFECT_BOUNDS, 100);

	c.start = 0x9000;
	c.end = 0xa000;
	end(begin_change(&A, &c), 110);
	EXPECT_FACTS(look_at(&A, 105, 106, 107, 0x8fff), "");
	EXPECT_FACTS(look_at(&A, 105, 106, 107, 0x9000), "o");
	EXPECT_FACTS(look_at(&A, 105, 106, 107, 0xa000), "o");
	/* A range of nothing takes nothing. */
	c.begin = 200;
	c.start = 0x2000;
	c.end = 0x2000;
	end(begin_change(&A, &c), 210);
	EXPECT_FACTS(look_at(&A, 205, 206, 207, 0x2000), "");
}

/* The range of the others is where they work, and not what they take. */
static void forgiven_by_kind(void)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_KINDS; i++) {
		struct spf_change c = effect_of(SPF_EFFECT_BOUNDS, 100);
		const struct spf_key key = nth_key(i);
		bool takes = i == SPF_KIND_ADJUST || i == SPF_KIND_EXPAND ||
			     i == SPF_KIND_STACK;

		c.kind = i;
		end(begin_change(&key, &c), 110);
		EXPECT_FACTS(look_at(&key, 105, 106, 107, TAKEN),
			     takes ? "o" : "");
		EXPECT_FACTS(look_at(&key, 90, 105, 107, TAKEN),
			     takes ? "m" : "");
		EXPECT_FACTS(look_at(&key, 105, 106, 107, 0xfff), "o");
		EXPECT_FACTS(look_at(&key, 105, 106, 107, 0x9000), "o");
	}
}

/* Each is asked, not only the one to blame. */
static void any_of_them_matters(void)
{
	effect(&A, SPF_EFFECT_BOUNDS, 100, 200);
	effect(&A, SPF_EFFECT_OTHER, 101, 200);
	effect(&A, SPF_EFFECT_UNKNOWN, 102, 200);
	effect(&A, SPF_EFFECT_BOUNDS, 103, 200);
	EXPECT_FACTS(look_at(&A, 100, 100, 300, KEPT), "");
	EXPECT_FACTS(look_at(&A, 101, 101, 300, KEPT), "o");
	EXPECT_FACTS(look_at(&A, 150, 150, 300, KEPT), "ou");
	EXPECT_FACTS(look_at(&A, 99, 100, 300, KEPT), "");
	EXPECT_FACTS(look_at(&A, 99, 101, 300, KEPT), "m");
	EXPECT_FACTS(look_at(&A, 99, 103, 300, KEPT), "mu");
	EXPECT_FACTS(look_at(&A, 101, 103, 300, KEPT), "ou");
	EXPECT_FACTS(look_at(&A, 102, 103, 300, TAKEN), "omu");
	effect(&A, SPF_EFFECT_FLAGS, 104, 200);
	EXPECT_FACTS(look_at(&A, 103, 104, 300, KEPT), "omuf");
	EXPECT_FACTS(look_at(&A, 99, 104, 300, KEPT), "muf");
}

/* An attempt that the section's end falls into: t0 < end <= until. */
static void ended_edges(void)
{
	struct spf_handle h;

	effect(&A, SPF_EFFECT_BOUNDS, 100, 110);
	EXPECT_FACTS(look_at(&A, 105, 109, 120, KEPT), "");
	EXPECT_FACTS(look_at(&A, 105, 110, 120, KEPT), "e");
	EXPECT_FACTS(look_at(&A, 109, 110, 110, KEPT), "e");
	EXPECT_FACTS(look_at(&A, 109, 109, 110, KEPT), "");
	EXPECT_FACTS(look_at(&A, 110, 120, 130, KEPT), "");
	EXPECT_FACTS(look_at(&A, 90, 105, 130, KEPT), "");
	EXPECT_FACTS(look_at(&A, 90, 110, 130, KEPT), "e");
	/* One that is later is none of the attempt, with all of it. */
	EXPECT_FACTS(look_at(&A, 90, 99, 130, KEPT), "");

	h = begin_effect(&B, SPF_EFFECT_BOUNDS, 100);
	EXPECT_FACTS(look_at(&B, 90, 500, 500, KEPT), "");
	EXPECT_FACTS(look_at(&B, 100, 500, 500, KEPT), "");
	end(h, 500);
	EXPECT_FACTS(look_at(&B, 100, 500, 500, KEPT), "e");
	/* It began in the very moment. */
	effect(&B, SPF_EFFECT_BOUNDS, 600, 600);
	EXPECT_FACTS(look_at(&B, 599, 600, 600, KEPT), "e");
	EXPECT_FACTS(look_at(&B, 600, 601, 602, KEPT), "");
}

static void effect_is_told_at_the_end(void)
{
	struct spf_handle h = begin_effect(&A, SPF_EFFECT_UNKNOWN, 100);

	EXPECT_FACTS(look_at(&A, 105, 106, 107, KEPT), "u");
	end_effect(h, 110, SPF_EFFECT_BOUNDS);
	EXPECT_FACTS(look_at(&A, 105, 106, 107, KEPT), "");
	EXPECT_EQ(look_at(&A, 105, 106, 107, KEPT).by.effect,
		  SPF_EFFECT_BOUNDS);

	/* What was said is overruled, unless nothing is said. */
	end_effect(begin_effect(&A, SPF_EFFECT_BOUNDS, 200), 210,
		   SPF_EFFECT_FLAGS);
	EXPECT_FACTS(look_at(&A, 205, 206, 207, KEPT), "o");
	end_effect(begin_effect(&A, SPF_EFFECT_OTHER, 300), 310,
		   SPF_EFFECT_BOUNDS);
	EXPECT_FACTS(look_at(&A, 305, 306, 307, KEPT), "");
	end_effect(begin_effect(&A, SPF_EFFECT_OTHER, 400), 410,
		   SPF_EFFECT_UNKNOWN);
	EXPECT_FACTS(look_at(&A, 405, 406, 407, KEPT), "o");
	effect(&A, SPF_EFFECT_FLAGS, 500, 510);
	EXPECT_EQ(look_at(&A, 505, 506, 507, KEPT).by.effect, SPF_EFFECT_FLAGS);
}

/* The range at the end is the one that changed hands. */
static void forgiven_by_the_range_at_the_end(void)
{
	const struct spf_range range = { 0x4000, 0x5000, SPF_EFFECT_BOUNDS };
	struct spf_handle h = begin_effect(&A, SPF_EFFECT_UNKNOWN, 100);

	spf_shadow_end(sh, &h, 110, &range);
	EXPECT_FACTS(look_at(&A, 105, 106, 107, KEPT), "o");
	EXPECT_FACTS(look_at(&A, 105, 106, 107, TAKEN), "");
	EXPECT_FACTS(look_at(&A, 105, 106, 107, 0x5000), "");
}

static void settle_says_it_later(void)
{
	struct spf_handle h = begin_effect(&A, SPF_EFFECT_UNKNOWN, 100);
	struct spf_handle next, none = { SPF_NO_ENTRY, 0, 0 };

	spf_shadow_settle(sh, &none, SPF_EFFECT_OTHER);
	/* Open, and over. */
	spf_shadow_settle(sh, &h, SPF_EFFECT_FLAGS);
	EXPECT_FACTS(look_at(&A, 105, 106, 107, KEPT), "o");
	end(h, 110);
	EXPECT_FACTS(look_at(&A, 90, 105, 120, KEPT), "mf");
	next = begin_effect(&A, SPF_EFFECT_OTHER, 200);
	spf_shadow_settle(sh, &h, SPF_EFFECT_BOUNDS);
	EXPECT_FACTS(look_at(&A, 90, 105, 120, KEPT), "");
	EXPECT_FACTS(look_at(&A, 200, 205, 220, KEPT), "o");
	spf_shadow_settle(sh, &next, SPF_EFFECT_UNKNOWN);
	EXPECT_FACTS(look_at(&A, 200, 205, 220, KEPT), "u");
	EXPECT_EQ(look_at(&A, 200, 205, 220, KEPT).by_end, 0);
}

/* All else that is known of it stays, in the same word too. */
static void settle_leaves_the_rest(void)
{
	struct spf_change c = {
		.begin = 100, .hold = 7, .start = 0x2000, .end = 0x3000,
		.vm_start = 0x1000, .vm_end = 0x9000, .writer = 11,
		.slot = 0xabcdef, .kind = SPF_KIND_REMOVE,
		.effect = SPF_EFFECT_OTHER, .marks = true,
	};
	struct spf_handle h = begin_change(&A, &c);
	u8 e;

	for (e = SPF_NR_EFFECTS; e--; ) {
		struct spf_seen s;

		spf_shadow_settle(sh, &h, e);
		c.effect = e;
		s = look_at(&A, 105, 106, 107, KEPT);
		EXPECT(same_change(&s.by, &c));
	}
	/* It is no news for those who only ask whether something happened. */
	end(h, 110);
	EXPECT(spf_shadow_quiet(sh, &A, 110));
	spf_shadow_settle(sh, &h, SPF_EFFECT_OTHER);
	EXPECT(spf_shadow_quiet(sh, &A, 110));
}

static void settle_spares_others(void)
{
	struct spf_handle old = begin_effect(&A, SPF_EFFECT_BOUNDS, 100);
	unsigned int i;

	end(old, 101);
	for (i = 1; i < SPF_RING; i++)
		effect(&A, SPF_EFFECT_BOUNDS, 100 + 10 * i, 101 + 10 * i);
	/* The last time that it is remembered. */
	spf_shadow_settle(sh, &old, SPF_EFFECT_OTHER);
	EXPECT_FACTS(look_at(&A, 100, 100, 100, KEPT), "o");
	effect(&A, SPF_EFFECT_BOUNDS, 300, 310);
	spf_shadow_settle(sh, &old, SPF_EFFECT_OTHER);
	EXPECT_FACTS(look_at(&A, 300, 300, 300, KEPT), "");

	/* Another life at the address, in the same entry. */
	spf_shadow_drop(sh, &A);
	spf_shadow_settle(sh, &old, SPF_EFFECT_OTHER);
	EXPECT_EQ(spf_shadow_used(sh), 0);
	begin_effect(&A, SPF_EFFECT_BOUNDS, 400);
	spf_shadow_settle(sh, &old, SPF_EFFECT_OTHER);
	EXPECT_FACTS(look_at(&A, 400, 400, 400, KEPT), "");
	EXPECT(spf_shadow_born(sh, &A, 500));
	old = begin_effect(&A, SPF_EFFECT_BOUNDS, 510);
	EXPECT(spf_shadow_born(sh, &A, 520));
	begin_effect(&A, SPF_EFFECT_BOUNDS, 530);
	spf_shadow_settle(sh, &old, SPF_EFFECT_OTHER);
	EXPECT_FACTS(look_at(&A, 530, 530, 530, KEPT), "");
}

static struct spf_handle begin_mark(const struct spf_key *key, u64 hold,
				    bool marks, u64 now)
{
	struct spf_change c = effect_of(SPF_EFFECT_BOUNDS, now);

	c.hold = hold;
	c.marks = marks;
	return begin_change(key, &c);
}

/* Times alone, and no attempt. */
static struct spf_seen look_once(u64 t0)
{
	return look_at(&A, t0, t0, t0, KEPT);
}

#define EXPECT_MARKER(t0, want, hold)					\
do {									\
	struct spf_seen __s = look_once(t0);				\
									\
	EXPECT_FACTS(__s, want);					\
	EXPECT_EQ(__s.marker, hold);					\
} while (0)

/* Open at t0, or over by then: the two sides of one instant. */
static void marks_edges(void)
{
	struct spf_handle h = begin_mark(&A, 7, true, 100);

	EXPECT_MARKER(99, "", 0);
	EXPECT_MARKER(100, "l", 0);
	EXPECT_MARKER(500, "l", 0);
	end(h, 110);
	EXPECT_MARKER(109, "l", 0);
	EXPECT_MARKER(110, "", 7);
	EXPECT_MARKER(500, "", 7);
	/* What begins after t0 has marked nothing at t0. */
	EXPECT_EQ(look_at(&A, 99, 200, 300, KEPT).locked, false);
	EXPECT_EQ(look_at(&A, 99, 200, 300, KEPT).marker, 0);
}

static struct spf_seen look_late(u64 t0, u64 lookup, u64 t1)
{
	const struct spf_span span = {
		.t0 = t0, .until = t0, .t1 = t1, .lookup = lookup,
		.address = KEPT,
	};

	return look_span(&A, &span);
}

/* A fault that waits looks at the mark before that, and not when it came. */
static void marks_at_the_lookup(void)
{
	struct spf_seen s;

	end(begin_mark(&A, 7, true, 100), 110);
	end(begin_mark(&A, 8, true, 120), 130);
	s = look_late(90, 99, 200);
	EXPECT_FACTS(s, "");
	EXPECT_EQ(s.marker, 0);
	s = look_late(90, 100, 200);
	EXPECT_FACTS(s, "l");
	EXPECT_EQ(s.marker, 0);
	s = look_late(90, 110, 200);
	EXPECT_FACTS(s, "");
	EXPECT_EQ(s.marker, 7);
	s = look_late(90, 125, 200);
	EXPECT_FACTS(s, "l");
	EXPECT_EQ(s.marker, 7);
	s = look_late(90, 130, 130);
	EXPECT_FACTS(s, "");
	EXPECT_EQ(s.marker, 8);
	/* It was open when the fault came, and is over. */
	s = look_late(105, 115, 200);
	EXPECT(s.odd);
	EXPECT_FACTS(s, "");
	EXPECT_EQ(s.marker, 7);
	EXPECT(!s.past);
	s = look_late(105, 109, 200);
	EXPECT_FACTS(s, "l");
}

static struct spf_handle begin_marked(const struct spf_key *key, u64 hold,
				      u64 marked, u64 now)
{
	struct spf_change c = effect_of(SPF_EFFECT_BOUNDS, now);

	c.hold = hold;
	c.marks = true;
	c.marked = marked;
	return begin_change(key, &c);
}

/* A writer keeps faults away before his section begins. */
static void marked_before_it_begins(void)
{
	struct spf_handle h = begin_marked(&A, 7, 80, 100);

	EXPECT(!look_late(70, 79, 200).locked);
	EXPECT(look_late(70, 80, 200).locked);
	EXPECT(look_late(70, 99, 200).locked);
	end(h, 110);
	EXPECT(look_late(70, 80, 200).locked);
	EXPECT_EQ(look_late(70, 110, 200).marker, 7);
	/* The first mark of a hold is the one that counts. */
	end(begin_marked(&A, 7, 115, 120), 130);
	EXPECT(look_late(70, 80, 200).locked);
	/* A section of another hold has none of it. */
	end(begin_mark(&A, 8, true, 140), 150);
	EXPECT(!look_late(135, 139, 200).locked);
	EXPECT(look_late(135, 140, 200).locked);
	EXPECT(!look_late(135, 139, 200).mark_lost);
}

/* The mark of one hold takes the place of that of the last. */
static void mark_is_lost(void)
{
	end(begin_marked(&A, 7, 80, 100), 110);
	EXPECT(!look_late(70, 90, 300).mark_lost);
	end(begin_marked(&A, 8, 180, 200), 210);
	EXPECT(look_late(70, 90, 300).mark_lost);
	EXPECT(!look_late(70, 90, 300).locked);
	EXPECT(look_late(170, 180, 300).locked);
	EXPECT(!look_late(170, 180, 300).mark_lost);
	/* It had begun, or had not when all was over: nothing is lost. */
	EXPECT(!look_late(70, 100, 300).mark_lost);
	EXPECT(!look_late(70, 90, 99).mark_lost);
	EXPECT(spf_shadow_born(sh, &A, 400));
	begin_mark(&A, 7, true, 500);
	EXPECT(!look_late(450, 499, 600).locked);
	EXPECT(!look_late(450, 499, 600).mark_lost);
}

/* What had begun by then is forgotten, or one of it is left. */
static void mark_fell_out(void)
{
	u64 n;

	end(begin_mark(&A, 7, true, 100), 110);
	for (n = 1; n <= SPF_RING; n++) {
		EXPECT(!look_late(90, 120, 900).mark_lost);
		EXPECT_EQ(look_late(90, 120, 900).marker, 7);
		end(begin_mark(&A, 8, false, 100 + 30 * n), 110 + 30 * n);
	}
	EXPECT(look_late(90, 120, 900).mark_lost);
	EXPECT_EQ(look_late(90, 120, 900).marker, 0);
	EXPECT(!look_late(90, 130, 900).mark_lost);
}

/* Who was kept away from the parent was kept away from what left it. */
static void mark_is_inherited(void)
{
	struct spf_handle parent = begin_marked(&A, 7, 80, 100), child;
	const struct spf_span span = {
		.t0 = 70, .until = 70, .t1 = 300, .lookup = 85,
		.address = KEPT,
	};

	EXPECT(spf_shadow_inherit(sh, &B, &parent, 105, &child));
	EXPECT(look_span(&B, &span).locked);
}

static void marks_need_a_hold(void)
{
	end(begin_mark(&A, 0, true, 100), 110);
	end(begin_mark(&A, 8, false, 120), 130);
	EXPECT_MARKER(105, "", 0);
	EXPECT_MARKER(125, "", 0);
	EXPECT_MARKER(200, "", 0);
	/* A moment is over when it is seen. */
	end(begin_mark(&A, 9, true, 210), 210);
	EXPECT_MARKER(209, "", 0);
	EXPECT_MARKER(210, "", 9);
}

static void the_last_marker(void)
{
	struct spf_handle open;

	end(begin_mark(&A, 7, true, 100), 110);
	end(begin_mark(&A, 8, true, 120), 130);
	end(begin_mark(&A, 9, false, 140), 150);
	EXPECT_MARKER(115, "", 7);
	EXPECT_MARKER(125, "l", 7);
	EXPECT_MARKER(200, "", 8);
	/* It is not the same as the last that has a hold. */
	EXPECT_EQ(look_at(&A, 200, 200, 200, KEPT).last.hold, 9);
	open = begin_mark(&A, 10, true, 210);
	EXPECT_MARKER(220, "l", 8);
	end(open, 230);
	EXPECT_MARKER(229, "l", 8);
	EXPECT_MARKER(230, "", 10);
}

static void born_is_told(void)
{
	struct spf_handle h, c;

	EXPECT_EQ(look(&A, 100, 100, 100).born, 0);
	section(&B, 10, 20);
	EXPECT_EQ(look(&B, 100, 100, 100).born, 0);
	EXPECT(spf_shadow_born(sh, &A, 50));
	EXPECT_EQ(look(&A, 100, 100, 100).born, 50);
	/* Whether it was there at t0 or not. */
	EXPECT_EQ(look(&A, 40, 40, 100).born, 50);
	h = begin(&A, 60);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 61, &c));
	EXPECT_EQ(look(&B, 100, 100, 100).born, 50);
	spf_shadow_drop(sh, &A);
	EXPECT_EQ(look(&A, 100, 100, 100).born, 0);
}

/* What is split off has its parent's birth, but was not there before. */
static void since_is_told(void)
{
	struct spf_handle h, c;

	EXPECT_EQ(look(&A, 100, 100, 100).since, 0);
	section(&A, 10, 20);
	EXPECT_EQ(look(&A, 100, 100, 100).since, 0);
	EXPECT(spf_shadow_born(sh, &A, 50));
	EXPECT_EQ(look(&A, 100, 100, 100).since, 50);
	h = begin(&A, 60);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 61, &c));
	EXPECT_EQ(look(&A, 100, 100, 100).since, 50);
	EXPECT_EQ(look(&B, 100, 100, 100).since, 61);
	/* Another one in the same place. */
	spf_shadow_drop(sh, &B);
	section(&B, 70, 80);
	EXPECT_EQ(look(&B, 100, 100, 100).since, 0);
	h = begin(&A, 90);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 91, &c));
	EXPECT_EQ(look(&B, 100, 100, 100).since, 91);
}

/* What was looked at: until the VMA is freed, or another one has its place. */
static void entry_is_told(void)
{
	struct spf_handle h, c, a, b;

	EXPECT_EQ(look(&A, 100, 100, 100).entry.index, SPF_NO_ENTRY);
	section(&A, 10, 20);
	section(&B, 10, 20);
	a = look(&A, 100, 100, 100).entry;
	b = look(&B, 100, 100, 100).entry;
	section(&A, 30, 40);
	EXPECT(spf_shadow_alive(sh, &a) && spf_shadow_alive(sh, &b));
	h = begin(&A, 60);
	EXPECT(spf_shadow_inherit(sh, &B, &h, 61, &c));
	EXPECT(spf_shadow_alive(sh, &a) && !spf_shadow_alive(sh, &b));
	spf_shadow_drop(sh, &A);
	section(&A, 70, 80);
	EXPECT(!spf_shadow_alive(sh, &a));
	a = look(&A, 100, 100, 100).entry;
	EXPECT(spf_shadow_alive(sh, &a));
	EXPECT(spf_shadow_born(sh, &A, 90));
	EXPECT(!spf_shadow_alive(sh, &a));
}

/* In the one that is split off, it took the address away. */
static void the_split_is_other(void)
{
	struct spf_handle p, c;

	end_effect(begin_effect(&A, SPF_EFFECT_FLAGS, 50), 60,
		   SPF_EFFECT_UNKNOWN);
	p = begin_effect(&A, SPF_EFFECT_BOUNDS, 100);
	EXPECT(spf_shadow_inherit(sh, &B, &p, 105, &c));
	EXPECT_FACTS(look_at(&A, 101, 101, 101, KEPT), "");
	EXPECT_FACTS(look_at(&B, 101, 101, 101, KEPT), "o");
	EXPECT_FACTS(look_at(&B, 90, 100, 110, KEPT), "m");
	/* What was before it is what it was. */
	EXPECT_FACTS(look_at(&B, 49, 50, 55, KEPT), "mf");
	EXPECT_FACTS(look_at(&B, 50, 60, 65, KEPT), "oe");

	/* Each has an end of its own, and the parent's news are the parent's. */
	spf_shadow_settle(sh, &p, SPF_EFFECT_FLAGS);
	EXPECT_FACTS(look_at(&A, 90, 100, 110, KEPT), "mf");
	EXPECT_FACTS(look_at(&B, 90, 100, 110, KEPT), "m");
	end_effect(c, 120, SPF_EFFECT_UNKNOWN);
	EXPECT_FACTS(look_at(&A, 90, 120, 130, KEPT), "mf");
	EXPECT_FACTS(look_at(&B, 90, 120, 130, KEPT), "me");
	end_effect(p, 125, SPF_EFFECT_BOUNDS);
	EXPECT_FACTS(look_at(&A, 101, 125, 130, KEPT), "e");
	EXPECT_FACTS(look_at(&B, 101, 125, 130, KEPT), "oe");
}

/* Open ones of others are closed in the copy, with all that they are. */
static void the_split_closes_the_others(void)
{
	struct spf_handle o = begin_mark(&A, 7, true, 90), p, c;
	struct spf_seen s;

	p = begin_mark(&A, 8, true, 100);
	EXPECT(spf_shadow_inherit(sh, &B, &p, 105, &c));
	s = look_at(&B, 101, 104, 110, TAKEN);
	EXPECT_FACTS(s, "ol");
	EXPECT_EQ(s.marker, 0);
	EXPECT_FACTS(look_at(&B, 101, 105, 110, TAKEN), "oel");
	/* Its own copy still marks; the other's hold has. */
	s = look_at(&B, 105, 105, 110, KEPT);
	EXPECT_FACTS(s, "ol");
	EXPECT_EQ(s.marker, 7);
	spf_shadow_settle(sh, &o, SPF_EFFECT_OTHER);
	EXPECT_FACTS(look_at(&B, 95, 96, 97, KEPT), "l");
	EXPECT_FACTS(look_at(&A, 95, 96, 97, KEPT), "ol");
}

/* Kind, effect, mark and place share a word. */
static void one_word_for_all(void)
{
	static const u32 slots[] = {
		0, 1, 0x555555, 0xaaaaaa, 0x7fffff, 0x800000, SPF_NO_SLOT - 1,
		SPF_NO_SLOT,
	};
	const unsigned int nr = ARRAY_SIZE(slots) * SPF_NR_KINDS *
				SPF_NR_EFFECTS * 2;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		unsigned int n = i / 2 / SPF_NR_EFFECTS;
		struct spf_change c = effect_of(i / 2 % SPF_NR_EFFECTS,
						1000 + 10 * i);
		struct spf_seen s;

		c.marks = i % 2;
		c.kind = n % SPF_NR_KINDS;
		c.slot = slots[n / SPF_NR_KINDS];
		end(begin_change(&A, &c), c.begin + 5);
		s = look_at(&A, c.begin, c.begin, c.begin, 0);
		EXPECT(same_change(&s.by, &c));
	}
}

/* --- who gets an entry when there is none --- */

/* All of a table of @n VMAs, each with one section from 10 to 20. */
static void crowd(u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		const struct spf_key key = nth_key(i);

		section(&key, 10, 20);
	}
	EXPECT_EQ(spf_shadow_used(sh), n);
}

static u32 nr_known(u32 n)
{
	u32 i, known = 0;

	for (i = 0; i < n; i++) {
		const struct spf_key key = nth_key(i);

		known += look(&key, 30, 30, 30).known;
	}
	return known;
}

/* Tries as often as it takes to have asked all of them; the clock stands. */
static bool finds_room(const struct spf_key *key, u64 now)
{
	struct spf_handle h;
	unsigned int i;
	bool full = true;

	for (i = 0; i < SPF_VMAS_MIN && full; i++) {
		spf_shim_clock = now - 1;
		full = begin_full(key, now, &h);
		spf_shadow_end(sh, &h, now, NULL);
	}
	return !full;
}

/* Of 64 that are idle one goes, and the others do not know of it. */
static void idle_is_given_on(void)
{
	const u64 idle = 20 + SPF_IDLE_NS;
	u32 i, gone = 0;

	crowd(SPF_VMAS_MIN);
	EXPECT(!finds_room(&A2, idle));
	EXPECT_EQ(nr_known(SPF_VMAS_MIN), SPF_VMAS_MIN);
	EXPECT(finds_room(&A2, idle + 1));
	EXPECT_EQ(spf_shadow_used(sh), SPF_VMAS_MIN);
	EXPECT_EQ(nr_known(SPF_VMAS_MIN), SPF_VMAS_MIN - 1);
	EXPECT_LOOK(&A2, idle + 1, idle + 1, idle + 1, "");
	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = nth_key(i);

		if (look(&key, 30, 30, 30).known) {
			EXPECT_LOOK(&key, 15, 15, 15, "o");
			EXPECT_LOOK(&key, 5, 15, 15, "m");
			EXPECT_LOOK(&key, 20, 30, 30, "");
			continue;
		}
		/* Its past is gone; from now on there is none. */
		gone++;
		EXPECT_LOOK(&key, 15, 15, 15, "r");
		EXPECT_LOOK(&key, idle, idle + 9, idle + 9, "r");
		EXPECT_LOOK(&key, idle + 1, idle + 9, idle + 9, "");
		EXPECT(!spf_shadow_quiet(sh, &key, idle));
		EXPECT(spf_shadow_quiet(sh, &key, idle + 2));
	}
	EXPECT_EQ(gone, 1);
}

/* Each kind of news keeps it. */
static void news_keep_an_entry(void)
{
	const u64 now = 1000 + SPF_IDLE_NS;
	u32 i, share = spf_shadow_share(sh);

	for (i = 0; i < SPF_VMAS_MIN; i++) {
		struct spf_key key = nth_key(i), parent;
		struct spf_handle h, c;

		switch (i % 4) {
		case 0:
			section(&key, 999, 1000);
			break;
		case 1:
			EXPECT(spf_shadow_born(sh, &key, 1000));
			break;
		case 2:
			begin_shared(&key, share, 5, 100);
			break;
		case 3:
			parent = nth_key(i - 3);
			h = begin(&parent, 100);
			EXPECT(spf_shadow_inherit(sh, &key, &h, 1000, &c));
			end(h, 101);
			end(c, 101);
			break;
		}
	}
	spf_shadow_share_end(sh, share, 1000);
	EXPECT(!finds_room(&A2, now));
	EXPECT_EQ(nr_known(SPF_VMAS_MIN), SPF_VMAS_MIN);
	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = { MM2, nth_key(i).vma };

		EXPECT(finds_room(&key, now + 1));
	}
	EXPECT_EQ(nr_known(SPF_VMAS_MIN), 0);
	EXPECT_EQ(spf_shadow_used(sh), SPF_VMAS_MIN);
}

/* Whatever is open is kept, in the ring, behind it, or in a share. */
static void open_is_not_given_on(void)
{
	const u64 now = 1000 * SPF_IDLE_NS;
	u32 share = spf_shadow_share(sh), i, n;
	struct spf_handle h[SPF_VMAS_MIN];

	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = nth_key(i);

		if (i % 3 == 0)
			begin_shared(&key, share, 5, 10);
		else
			h[i] = begin(&key, 10);
		for (n = 0; i % 3 == 1 && n < SPF_RING; n++)
			section(&key, 11, 12);
	}
	EXPECT(!finds_room(&A2, now));
	for (i = 0; i < SPF_VMAS_MIN; i++)
		if (i % 3)
			end(h[i], 20);
	n = nr_known(SPF_VMAS_MIN);
	EXPECT_EQ(n, SPF_VMAS_MIN);
	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = { MM2, nth_key(i).vma };

		/* Those of the share are left, and the new ones. */
		EXPECT_EQ(finds_room(&key, now), i < SPF_VMAS_MIN -
			  DIV_ROUND_UP(SPF_VMAS_MIN, 3));
	}
	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = nth_key(i);

		EXPECT_EQ(look(&key, now, now, now).odd, i % 3 == 0);
	}
	spf_shadow_share_end(sh, share, now);
	EXPECT(!finds_room(&A2, now + SPF_IDLE_NS));
	EXPECT(finds_room(&A2, now + SPF_IDLE_NS + 1));
}

/* A share of which nobody knows whether it is over. */
static void taken_share_is_not_given_on(void)
{
	u32 share = spf_shadow_share(sh), i;

	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = nth_key(i);

		begin_shared(&key, share, 5, 10);
	}
	take_place_of(share);
	EXPECT(!finds_room(&A2, 100 * SPF_IDLE_NS));
	spf_shadow_share_end(sh, share, 20);
	EXPECT(finds_room(&A2, 200 * SPF_IDLE_NS));
}

/* The one that has it now, and the one that had it. */
static void given_on_is_fresh(void)
{
	const u64 now = 100 + SPF_IDLE_NS;
	struct spf_handle old[SPF_VMAS_MIN];
	u32 i, alive = 0;

	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = marked(nth_key(i), 9);

		old[i] = begin(&key, 10);
		end(old[i], 20);
	}
	EXPECT(finds_room(&A, now));
	EXPECT_EQ(look(&A, now, now, now).mark, 0);
	EXPECT_LOOK(&A, 5, 6, 7, "");
	for (i = 0; i < SPF_VMAS_MIN; i++)
		alive += spf_shadow_alive(sh, &old[i]);
	EXPECT_EQ(alive, SPF_VMAS_MIN - 1);
	for (i = 0; i < SPF_VMAS_MIN; i++)
		spf_shadow_settle(sh, &old[i], SPF_EFFECT_FLAGS);
	EXPECT(look(&A, now - 1, now, now).unknown);
}

/* Which one of crowd() has no entry any more. */
static struct spf_key the_gone(void)
{
	u32 i;

	for (i = 0; i < SPF_VMAS_MIN; i++) {
		const struct spf_key key = nth_key(i);

		if (!look(&key, 30, 30, 30).known)
			return key;
	}
	EXPECT(!"all have one");
	return nth_key(0);
}

/* A VMA that has an entry again, and a fault that is older than that. */
static void given_on_and_back(void)
{
	const u64 now = 100 + SPF_IDLE_NS;
	struct spf_key gone, other;
	struct spf_handle h, c;

	crowd(SPF_VMAS_MIN);
	EXPECT(finds_room(&A2, now));
	gone = the_gone();
	other = nth_key(gone.vma == nth_key(1).vma ? 2 : 1);
	spf_shadow_drop(sh, &A2);
	section(&gone, now + 5, now + 6);
	EXPECT_LOOK(&gone, 15, 15, 15, "r");
	EXPECT_LOOK(&gone, now - 1, now + 5, now + 5, "mr");
	EXPECT_LOOK(&gone, now, now + 5, now + 5, "m");
	/* What is split off has the same past. */
	spf_shadow_drop(sh, &other);
	h = begin(&gone, now + 10);
	EXPECT(spf_shadow_inherit(sh, &B, &h, now + 11, &c));
	EXPECT_LOOK(&B, now - 1, now + 5, now + 5, "mr");
	EXPECT_LOOK(&B, now, now + 5, now + 5, "m");
	/* Of one that is born all is known. */
	spf_shadow_drop(sh, &gone);
	EXPECT(spf_shadow_born(sh, &gone, now + 20));
	EXPECT_LOOK(&gone, now - 1, now - 1, now - 1, "a");
}

/* How many of more VMAs than the table has entries find one. */
static u32 nr_taken(u32 size, unsigned long mm, u64 now)
{
	u32 n, taken = 0;

	for (n = 0; n < 4 * size; n++) {
		const struct spf_key key = { mm, nth_key(n).vma };
		struct spf_handle h;
		bool full;

		spf_shim_clock = now;
		full = begin_full(&key, now, &h);
		spf_shadow_end(sh, &h, now, NULL);
		taken += !full;
	}
	return taken;
}

/* However the entries are divided, each is given on once and none is lost. */
static void given_on_of_any_size(void)
{
	static const u32 sizes[] = { 64, 127, 128, 200, 1000 };
	const u64 now = 30 + SPF_IDLE_NS;
	struct spf_shadow *mine = sh;
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		u32 size = sizes[i / 2], taken;
		bool weak = i % 2;

		spf_shim_weak_hash = weak;
		sh = spf_shadow_alloc(size);
		EXPECT(sh);
		if (!sh)
			continue;
		crowd(size);
		taken = nr_taken(size, MM2, now);
		/* Of all pools, if the keys are of all. */
		EXPECT(weak ? taken && taken <= size : taken == size);
		EXPECT_EQ(nr_known(size), size - taken);
		EXPECT_EQ(spf_shadow_used(sh), size);
		/* And once more, when it is long ago. */
		EXPECT(!nr_taken(size, MM2 + 0x480, now + SPF_IDLE_NS / 2));
		taken = nr_taken(size, MM2 + 0x900, now + 2 * SPF_IDLE_NS);
		EXPECT(weak ? taken && taken <= size : taken == size);
		EXPECT_EQ(spf_shadow_used(sh), size);
		spf_shadow_free(sh);
	}
	spf_shim_weak_hash = false;
	sh = mine;
}

/* --- what finds no room at all --- */

/* Another mm whose losses are counted where those of @mm are. */
static unsigned long neighbour_of(unsigned long mm)
{
	unsigned long other = mm;

	do {
		other += 0x480;
	} while (hash_long(other, SPF_LOST_BITS) !=
		 hash_long(mm, SPF_LOST_BITS));
	return other;
}

static struct spf_handle lose_one(const struct spf_key *key, u64 now)
{
	struct spf_handle h;

	EXPECT(begin_full(key, now, &h));
	EXPECT_EQ(h.index, SPF_LOST_ENTRY);
	return h;
}

static void lose_shared(const struct spf_key *key, u32 share, u64 now)
{
	struct spf_change c = change_of(SPF_KIND_FORK, 5, now);
	struct spf_handle h;

	c.share = share;
	EXPECT_EQ(try_begin(key, &c, &h), SPF_BEGUN_FULL);
}

/* Faults of the mm, of all of its VMAs, until the section ends. */
static void lost_is_of_the_mm(void)
{
	const struct spf_key near = { neighbour_of(MM1), B.vma };
	const struct spf_key key = nth_key(3);
	struct spf_handle h;

	EXPECT(hash_long(MM1, SPF_LOST_BITS) != hash_long(MM2, SPF_LOST_BITS));
	crowd(SPF_VMAS_MIN);
	EXPECT_LOOK(&A, 50, 50, 50, "");
	EXPECT(!spf_shadow_lost(sh, MM1, 1));
	EXPECT(spf_shadow_quiet(sh, &A, 50));
	h = lose_one(&A, 100);
	EXPECT_LOOK(&A, 50, 60, 70, "r");
	EXPECT_LOOK(&A, 1ULL << 60, 1ULL << 60, 1ULL << 60, "r");
	EXPECT_LOOK(&key, 15, 15, 15, "or");
	EXPECT_LOOK(&key, 200, 200, 200, "r");
	EXPECT_LOOK(&near, 200, 200, 200, "r");
	EXPECT_LOOK(&A2, 200, 200, 200, "");
	EXPECT(spf_shadow_lost(sh, MM1, 1ULL << 60));
	EXPECT(!spf_shadow_lost(sh, MM2, 1));
	EXPECT(!spf_shadow_quiet(sh, &A, 200));
	EXPECT(!spf_shadow_quiet(sh, &key, 200));
	EXPECT(spf_shadow_quiet(sh, &A2, 200));
	end(h, 300);
	EXPECT_LOOK(&key, 299, 299, 299, "r");
	EXPECT_LOOK(&key, 300, 300, 300, "");
	EXPECT_LOOK(&A2, 200, 200, 200, "");
	EXPECT(!spf_shadow_quiet(sh, &A, 299));
	EXPECT(spf_shadow_quiet(sh, &A, 300));
}

static void lost_are_counted(void)
{
	struct spf_handle a, b;

	crowd(SPF_VMAS_MIN);
	a = lose_one(&A, 100);
	b = lose_one(&A, 110);
	end(b, 300);
	EXPECT_LOOK(&B, 400, 400, 400, "r");
	/* The end that is last in time counts, not the one told last. */
	end(a, 200);
	EXPECT_LOOK(&B, 299, 299, 299, "r");
	EXPECT_LOOK(&B, 300, 300, 300, "");
	EXPECT_EQ(spf_shadow_end(sh, &a, 7, NULL), 7);
}

/* Room does not come back to those that have found none. */
static void lost_stays_lost(void)
{
	const struct spf_key room = nth_key(0);
	struct spf_handle h;

	crowd(SPF_VMAS_MIN);
	h = lose_one(&A, 100);
	spf_shadow_drop(sh, &room);
	section(&A, 110, 120);
	EXPECT_LOOK(&A, 115, 115, 115, "or");
	EXPECT_LOOK(&A, 200, 200, 200, "r");
	/* The VMA is gone, and it goes on. */
	spf_shadow_drop(sh, &A);
	EXPECT_LOOK(&B, 200, 200, 200, "r");
	spf_shadow_settle(sh, &h, SPF_EFFECT_OTHER);
	EXPECT(!spf_shadow_alive(sh, &h));
	end(h, 300);
	EXPECT_LOOK(&B, 300, 300, 300, "");
}

static void lost_birth(void)
{
	crowd(SPF_VMAS_MIN);
	EXPECT(!spf_shadow_born(sh, &A, 100));
	EXPECT_LOOK(&A, 99, 200, 200, "r");
	EXPECT_LOOK(&A, 100, 200, 200, "");
	EXPECT_LOOK(&A2, 99, 200, 200, "");
	/* An older one does not take it back. */
	EXPECT(!spf_shadow_born(sh, &A, 90));
	EXPECT_LOOK(&A, 99, 200, 200, "r");
}

/* The copy of a split's section ends for itself; what is adopted is no loss. */
static void lost_split(void)
{
	const struct spf_key parent = nth_key(3);
	struct spf_handle p, c;

	crowd(SPF_VMAS_MIN);
	spf_shadow_adopt(sh, &A);
	EXPECT(!spf_shadow_lost(sh, MM1, 1));
	p = begin(&parent, 100);
	EXPECT(!spf_shadow_inherit(sh, &A, &p, 110, &c));
	end(p, 120);
	EXPECT_LOOK(&A, 200, 200, 200, "r");
	end(c, 130);
	EXPECT_LOOK(&A, 129, 129, 129, "r");
	EXPECT_LOOK(&A, 130, 130, 130, "");
	/* One whose parent's section was lost has nothing to lose. */
	p = lose_one(&A, 200);
	EXPECT(!spf_shadow_inherit(sh, &B, &p, 210, &c));
	EXPECT_EQ(c.index, SPF_NO_ENTRY);
	end(c, 220);
	EXPECT_LOOK(&B, 300, 300, 300, "r");
	end(p, 230);
	EXPECT_LOOK(&B, 230, 230, 230, "");
}

/* Some of a share found room, and some did not: one end is for all. */
static void lost_of_a_share(void)
{
	u32 share = spf_shadow_share(sh);
	const struct spf_key key = nth_key(3);
	struct spf_handle single;

	crowd(SPF_VMAS_MIN);
	begin_shared(&key, share, 5, 100);
	EXPECT_LOOK(&B, 150, 150, 150, "");
	lose_shared(&A, share, 101);
	lose_shared(&B, share, 102);
	EXPECT_LOOK(&key, 150, 150, 150, "or");
	EXPECT_LOOK(&B, 150, 150, 150, "r");
	EXPECT_LOOK(&A2, 150, 150, 150, "");
	EXPECT(!spf_shadow_quiet(sh, &A, 150));
	single = lose_one(&A, 160);
	spf_shadow_share_end(sh, share, 200);
	EXPECT_LOOK(&B, 300, 300, 300, "r");
	end(single, 170);
	EXPECT_LOOK(&B, 199, 199, 199, "r");
	EXPECT_LOOK(&B, 200, 200, 200, "");
	EXPECT_LOOK(&key, 199, 199, 199, "or");
	EXPECT_LOOK(&key, 200, 200, 200, "h");
	EXPECT(spf_shadow_quiet(sh, &A, 200));
	/* Its place is taken, before it ended or after. */
	take_place_of(share);
	EXPECT_LOOK(&B, 199, 199, 199, "r");
	EXPECT_LOOK(&B, 200, 200, 200, "");
	share = spf_shadow_share(sh);
	lose_shared(&A, share, 300);
	take_place_of(share);
	EXPECT_LOOK(&B, 1ULL << 40, 1ULL << 40, 1ULL << 40, "r");
	spf_shadow_share_end(sh, share, 400);
	EXPECT_LOOK(&B, 399, 399, 399, "r");
	EXPECT_LOOK(&B, 400, 400, 400, "");
}

/* Forks of several mms that are counted in one place. */
static void lost_of_some_shares(void)
{
	const struct spf_key near = { neighbour_of(MM1), B.vma };
	u32 first = spf_shadow_share(sh), second = spf_shadow_share(sh), n;

	crowd(SPF_VMAS_MIN);
	for (n = 0; n < 10; n++) {
		u64 now = 100 + 100 * n;

		lose_shared(&A, first, now);
		lose_shared(&near, second, now + 1);
		lose_shared(&B, first, now + 2);
		spf_shadow_share_end(sh, n % 2 ? first : second, now + 10);
		EXPECT_LOOK(&A, now + 20, now + 20, now + 20, "r");
		EXPECT_LOOK(&near, now + 20, now + 20, now + 20, "r");
		spf_shadow_share_end(sh, n % 2 ? second : first, now + 30);
		EXPECT_LOOK(&A, now + 29, now + 29, now + 29, "r");
		EXPECT_LOOK(&A, now + 30, now + 30, now + 30, "");
		first = spf_shadow_share(sh);
		second = spf_shadow_share(sh);
	}
}

/* With the table cleared nothing is lost, and old handles say nothing. */
static void clear_forgets_the_lost(void)
{
	struct spf_handle old, new;

	crowd(SPF_VMAS_MIN);
	old = lose_one(&A, 100);
	EXPECT(!spf_shadow_born(sh, &A2, 200));
	spf_shadow_clear(sh);
	EXPECT_LOOK(&A, 50, 60, 70, "");
	EXPECT_LOOK(&A2, 50, 60, 70, "");
	EXPECT(spf_shadow_quiet(sh, &A, 1));
	crowd(SPF_VMAS_MIN);
	new = lose_one(&A, 300);
	EXPECT_EQ(spf_shadow_end(sh, &old, 400, NULL), 400);
	EXPECT_LOOK(&A, 500, 500, 500, "r");
	end(new, 350);
	EXPECT_LOOK(&A, 349, 349, 349, "r");
	EXPECT_LOOK(&A, 350, 350, 350, "");
}

/* --- what endangers a commit --- */

static bool changes_tables(u8 kind)
{
	return kind == SPF_KIND_UNMAP || kind == SPF_KIND_UFFD_WP ||
	       kind == SPF_KIND_COLLAPSE || kind == SPF_KIND_MADV_FREE ||
	       kind == SPF_KIND_NUMA || kind == SPF_KIND_MREMAP ||
	       kind == SPF_KIND_PGTABLES || kind == SPF_KIND_FORK ||
	       kind == SPF_KIND_MPROTECT;
}

/* The list in docs/designs.md, for one section from 100 to 110. */
static void unsafe_by_the_list(void)
{
	static const unsigned long addresses[] = {
		0xfff, 0x1000, 0x1fff, 0x2000, 0x2fff, 0x3000, 0x9000,
	};
	unsigned int kind, effect, hold, i;

	for (i = 0; i < ARRAY_SIZE(addresses) * 2 * SPF_NR_EFFECTS *
			SPF_NR_KINDS; i++) {
		struct spf_change c = effect_of(i % SPF_NR_EFFECTS, 100);
		const struct spf_key key = nth_key(i % 60);
		unsigned long at = addresses[i / SPF_NR_EFFECTS / 2 %
					     ARRAY_SIZE(addresses)];
		struct spf_seen odd, moved;
		bool covers = at >= 0x2000 && at < 0x3000, table;

		kind = i / SPF_NR_EFFECTS / 2 / ARRAY_SIZE(addresses);
		hold = i / SPF_NR_EFFECTS % 2;
		effect = i % SPF_NR_EFFECTS;
		c.kind = kind;
		c.hold = hold ? 7 : 0;
		spf_shadow_drop(sh, &key);
		end(begin_change(&key, &c), 110);
		odd = look_at(&key, 105, 106, 107, at);
		moved = look_at(&key, 90, 105, 120, at);
		table = changes_tables(kind);
		EXPECT_EQ(odd.unsafe, hold && (table ?
			  covers && kind != SPF_KIND_MPROTECT :
			  odd.odd_matters));
		EXPECT_EQ(moved.unsafe, hold && (table ? covers :
						 moved.moved_matters));
		/* Over by t0, or later than the attempt. */
		EXPECT(!look_at(&key, 110, 120, 130, at).unsafe);
		EXPECT(!look_at(&key, 90, 99, 120, at).unsafe);
		if (!table && effect == SPF_EFFECT_FLAGS)
			EXPECT_EQ(odd.unsafe, hold);
		if (!table && effect == SPF_EFFECT_UNKNOWN)
			EXPECT(!odd.unsafe && !moved.unsafe);
	}
}

/* One of several is enough, also one that nobody blames; and it is told late. */
static void unsafe_is_any_of_them(void)
{
	struct spf_change c = effect_of(SPF_EFFECT_OTHER, 100);
	struct spf_handle h;

	c.hold = 7;
	c.kind = SPF_KIND_UNMAP;
	end(begin_change(&A, &c), 200);
	/* A zap of the same page, that is no hold's. */
	c.hold = 0;
	c.begin = 110;
	end(begin_change(&A, &c), 200);
	EXPECT(look_at(&A, 105, 106, 107, TAKEN).unsafe);
	EXPECT(look_at(&A, 150, 160, 170, TAKEN).unsafe);
	EXPECT(!look_at(&A, 150, 160, 170, KEPT).unsafe);
	EXPECT(!look_at(&A, 200, 210, 220, TAKEN).unsafe);
	EXPECT(!look_at(&A, 99, 99, 220, TAKEN).unsafe);

	c = effect_of(SPF_EFFECT_UNKNOWN, 100);
	c.hold = 7;
	c.kind = SPF_KIND_MBIND;
	h = begin_change(&B, &c);
	EXPECT(!look_at(&B, 105, 106, 107, KEPT).unsafe);
	spf_shadow_settle(sh, &h, SPF_EFFECT_OTHER);
	EXPECT(look_at(&B, 105, 106, 107, KEPT).unsafe);
	end_effect(h, 110, SPF_EFFECT_BOUNDS);
	EXPECT(!look_at(&B, 105, 106, 107, KEPT).unsafe);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(alloc_refuses_bad_sizes),
	KTAP_CASE(alloc_takes_the_limits),
	KTAP_CASE(alloc_survives_no_memory),
	KTAP_CASE(no_allocation_after_alloc),
	KTAP_CASE(free_null),
	KTAP_CASE(unknown_is_all_false),
	KTAP_CASE(odd_edges),
	KTAP_CASE(odd_while_open),
	KTAP_CASE(empty_section),
	KTAP_CASE(moved_edges),
	KTAP_CASE(later_edges),
	KTAP_CASE(all_three),
	KTAP_CASE(first_is_by_time),
	KTAP_CASE(every_kind_and_writer),
	KTAP_CASE(wide_times),
	KTAP_CASE(sections_are_counted),
	KTAP_CASE(nested_sections),
	KTAP_CASE(ring_full_is_no_overrun),
	KTAP_CASE(ring_forgets_the_oldest),
	KTAP_CASE(forgotten_while_open),
	KTAP_CASE(forgotten_several_open),
	KTAP_CASE(forgotten_latest_end),
	KTAP_CASE(late_end_spares_the_slot),
	KTAP_CASE(absent_edges),
	KTAP_CASE(begin_does_not_know_birth),
	KTAP_CASE(born_replaces),
	KTAP_CASE(stale_end_spares_the_heir),
	KTAP_CASE(stale_end_spares_others),
	KTAP_CASE(drop_forgets),
	KTAP_CASE(reused_entry_is_fresh),
	KTAP_CASE(mm_is_part_of_the_key),
	KTAP_CASE(capacity),
#ifndef TSAN
	KTAP_CASE(capacity_max),
#endif
	KTAP_CASE(full_keeps_the_known),
	KTAP_CASE(full_inherit_replaces),
	KTAP_CASE(inherit_takes_the_past),
	KTAP_CASE(inherit_then_apart),
	KTAP_CASE(inherit_closes_the_others),
	KTAP_CASE(inherit_leaves_the_ended),
	KTAP_CASE(inherit_closes_the_forgotten),
	KTAP_CASE(inherit_takes_forgotten_end),
	KTAP_CASE(inherit_by_a_forgotten_one),
	KTAP_CASE(inherit_replaces_the_child),
	KTAP_CASE(inherit_of_nothing),
	KTAP_CASE(inherit_chain),
	KTAP_CASE(clear_forgets),
	KTAP_CASE(generations_differ),
	KTAP_CASE(many_sections),
	KTAP_CASE(mark_is_the_latest),
	KTAP_CASE(adopt_knows_no_past),
	KTAP_CASE(share_ends_together),
	KTAP_CASE(share_by_the_clock),
	KTAP_CASE(share_ids_wrap),
	KTAP_CASE(share_again),
	KTAP_CASE(share_falls_out_of_the_ring),
	KTAP_CASE(share_is_too_long_over),
	KTAP_CASE(share_is_taken_while_open),
	KTAP_CASE(share_places_are_counted),
	KTAP_CASE(share_of_a_vma_that_is_gone),
	KTAP_CASE(share_in_a_child),
	KTAP_CASE(who_else_shares),
	KTAP_CASE(who_else_is_there),
	KTAP_CASE(who_else_has_ended),
	KTAP_CASE(who_else_is_forgotten),
	KTAP_CASE(who_else_in_a_child),
	KTAP_CASE(by_is_all_of_it),
	KTAP_CASE(by_is_the_last_odd),
	KTAP_CASE(by_is_the_first_of_an_instant),
	KTAP_CASE(past_edges),
	KTAP_CASE(past_has_a_hold),
	KTAP_CASE(past_is_the_last),
	KTAP_CASE(past_is_all_of_it),
	KTAP_CASE(past_is_forgotten),
	KTAP_CASE(now_is_the_clock),
	KTAP_CASE(now_is_seen_at_once),
	KTAP_CASE(now_in_a_full_table),
	KTAP_CASE(outside_edges),
	KTAP_CASE(outside_is_of_the_first),
	KTAP_CASE(outside_is_not_told_when_odd),
	KTAP_CASE(page_edges),
	KTAP_CASE(page_of_any),
	KTAP_CASE(range_is_told_at_the_end),
	KTAP_CASE(range_spares_the_slot),
	KTAP_CASE(inherit_takes_all_of_it),
	KTAP_CASE(alive_until_freed),
	KTAP_CASE(effects_matter),
	KTAP_CASE(effect_edges),
	KTAP_CASE(forgiven_edges),
	KTAP_CASE(forgiven_if_it_was_inside),
	KTAP_CASE(forgiven_by_kind),
	KTAP_CASE(any_of_them_matters),
	KTAP_CASE(ended_edges),
	KTAP_CASE(effect_is_told_at_the_end),
	KTAP_CASE(forgiven_by_the_range_at_the_end),
	KTAP_CASE(settle_says_it_later),
	KTAP_CASE(settle_leaves_the_rest),
	KTAP_CASE(settle_spares_others),
	KTAP_CASE(marks_edges),
	KTAP_CASE(marks_at_the_lookup),
	KTAP_CASE(marked_before_it_begins),
	KTAP_CASE(mark_is_lost),
	KTAP_CASE(mark_fell_out),
	KTAP_CASE(mark_is_inherited),
	KTAP_CASE(marks_need_a_hold),
	KTAP_CASE(the_last_marker),
	KTAP_CASE(born_is_told),
	KTAP_CASE(since_is_told),
	KTAP_CASE(entry_is_told),
	KTAP_CASE(the_split_is_other),
	KTAP_CASE(the_split_closes_the_others),
	KTAP_CASE(one_word_for_all),
	KTAP_CASE(idle_is_given_on),
	KTAP_CASE(news_keep_an_entry),
	KTAP_CASE(open_is_not_given_on),
	KTAP_CASE(taken_share_is_not_given_on),
	KTAP_CASE(given_on_is_fresh),
	KTAP_CASE(given_on_and_back),
	KTAP_CASE(given_on_of_any_size),
	KTAP_CASE(lost_is_of_the_mm),
	KTAP_CASE(lost_are_counted),
	KTAP_CASE(lost_stays_lost),
	KTAP_CASE(lost_birth),
	KTAP_CASE(lost_split),
	KTAP_CASE(lost_of_a_share),
	KTAP_CASE(lost_of_some_shares),
	KTAP_CASE(clear_forgets_the_lost),
	KTAP_CASE(unsafe_by_the_list),
	KTAP_CASE(unsafe_is_any_of_them),
};

int main(void)
{
	unsigned int i;

	ktap_plan(ARRAY_SIZE(cases));
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		run(&cases[i]);
	return ktap_exit();
}
