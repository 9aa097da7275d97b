/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What C has not: arrays that grow, and a map from numbers to indices.
 */
#ifndef ORACLE_TABLE_H
#define ORACLE_TABLE_H

#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *grown(void *p, size_t room, size_t size)
{
	p = realloc(p, room * size);
	if (!p) {
		fprintf(stderr, "oracle: out of memory\n");
		exit(2);
	}
	return p;
}

#define DECLARE_ARRAY(type, name)					\
	struct {							\
		typeof(type) *v;					\
		size_t nr, room;					\
	} name

/* Room for one more, which is zeroed; its index is nr - 1 then. */
#define ARRAY_ADD(array) ({						\
	typeof(array) __a = (array);				\
									\
	if (__a->nr == __a->room) {					\
		__a->room = __a->room ? 2 * __a->room : 64;		\
		__a->v = grown(__a->v, __a->room, sizeof(*__a->v));	\
	}								\
	memset(&__a->v[__a->nr], 0, sizeof(*__a->v));			\
	&__a->v[__a->nr++];						\
})

/* Open addressing; what was put in is never taken out, only changed. */
struct map {
	__u64 *keys;
	__u32 *values;	/* index + 1; 0 is an empty place */
	size_t nr, room;
};

static inline size_t map_place(const struct map *m, __u64 key)
{
	size_t i = key * 0x9e3779b97f4a7c15ULL >> 20;

	for (i &= m->room - 1; m->values[i]; i = (i + 1) & (m->room - 1))
		if (m->keys[i] == key)
			break;
	return i;
}

static inline void map_grow(struct map *m)
{
	struct map old = *m;
	size_t i, to;

	m->room = old.room ? 2 * old.room : 256;
	m->keys = grown(NULL, m->room, sizeof(*m->keys));
	m->values = grown(NULL, m->room, sizeof(*m->values));
	memset(m->values, 0, m->room * sizeof(*m->values));
	for (i = 0; i < old.room; i++) {
		if (!old.values[i])
			continue;
		to = map_place(m, old.keys[i]);
		m->keys[to] = old.keys[i];
		m->values[to] = old.values[i];
	}
	free(old.keys);
	free(old.values);
}

/* Where the value of a key is, plus 1; 0 for none. */
static inline __u32 *map_at(struct map *m, __u64 key)
{
	size_t i;

	if (2 * m->nr >= m->room)
		map_grow(m);
	i = map_place(m, key);
	if (!m->values[i]) {
		m->keys[i] = key;
		m->nr++;
		/* The caller fills it. */
	}
	return &m->values[i];
}

static inline __u32 map_get(const struct map *m, __u64 key)
{
	return m->room ? m->values[map_place(m, key)] : 0;
}

static inline void map_free(struct map *m)
{
	free(m->keys);
	free(m->values);
}

#endif /* ORACLE_TABLE_H */
