/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_SEQLOCK_H
#define _SHIM_LINUX_SEQLOCK_H

#include <linux/compiler.h>
#include <linux/spinlock.h>

typedef struct seqcount {
	unsigned int sequence;
} seqcount_t;

#define SEQCNT_ZERO(name)	{ .sequence = 0 }

static inline void seqcount_init(seqcount_t *s)
{
	s->sequence = 0;
}

/*
 * No fences here: the data is written with release and read with acquire (see
 * READ_ONCE), and so is the counter.
 */
static inline void raw_write_seqcount_begin(seqcount_t *s)
{
	unsigned int seq = __atomic_load_n(&s->sequence, __ATOMIC_RELAXED);

	/* A writer that can be interrupted makes the readers spin. */
	if (!spf_shim_irqs_off)
		spf_shim_bug("seqcount write with irqs on", __FILE__, __LINE__);
	if (seq & 1)
		spf_shim_bug("nested seqcount write", __FILE__, __LINE__);
	__atomic_store_n(&s->sequence, seq + 1, __ATOMIC_RELEASE);
	spf_shim_point();
}

static inline void raw_write_seqcount_end(seqcount_t *s)
{
	unsigned int seq = __atomic_load_n(&s->sequence, __ATOMIC_RELAXED);

	if (!(seq & 1))
		spf_shim_bug("seqcount end without begin", __FILE__, __LINE__);
	spf_shim_point();
	__atomic_store_n(&s->sequence, seq + 1, __ATOMIC_RELEASE);
}

#define write_seqcount_begin(s)	raw_write_seqcount_begin(s)
#define write_seqcount_end(s)	raw_write_seqcount_end(s)

static inline unsigned int raw_read_seqcount(const seqcount_t *s)
{
	return READ_ONCE(s->sequence);
}

static inline unsigned int read_seqcount_begin(const seqcount_t *s)
{
	unsigned int seq;

	while ((seq = READ_ONCE(s->sequence)) & 1)
		spf_shim_yield();
	return seq;
}

/* Like the kernel's: an odd count makes the retry certain. */
static inline unsigned int raw_seqcount_begin(const seqcount_t *s)
{
	return READ_ONCE(s->sequence) & ~1U;
}

static inline bool read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	return READ_ONCE(s->sequence) != start;
}

#define raw_read_seqcount_begin(s)	read_seqcount_begin(s)
#define __read_seqcount_begin(s)	read_seqcount_begin(s)
#define __read_seqcount_retry(s, start)	read_seqcount_retry(s, start)

/* The variant that knows its lock, without the association. */
typedef seqcount_t seqcount_raw_spinlock_t;
#define seqcount_raw_spinlock_init(s, lock) \
	do { seqcount_init(s); (void)(lock); } while (0)

#endif /* _SHIM_LINUX_SEQLOCK_H */
