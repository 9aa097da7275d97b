/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2b, the entries of the shadow table that are free, or idle.
 */
#ifndef SPF_POOL_H
#define SPF_POOL_H

#include <linux/cache.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct spf_bucket;
struct spf_shadow;

/* A part of the entries, so that no lock is everybody's. */
struct spf_pool {
	raw_spinlock_t lock;
	u32 free;
	u32 used;
	u32 hand;		/* the entry that is asked next whether it is idle */
} ____cacheline_aligned;

#define SPF_POOLS_MAX		64U

/**
 * spf_pools_clear - all entries are free
 * @sh: the table
 */
void spf_pools_clear(struct spf_shadow *sh);

/**
 * spf_pool_take - an entry for a VMA
 * @sh: the table
 * @b: the VMA's bucket, which the caller has locked
 *
 * In SPF_POOLS_MAX steps at the most.  Return: its index; SPF_NO_ENTRY when none is free
 * and none of those that were asked is idle.
 */
u32 spf_pool_take(struct spf_shadow *sh, struct spf_bucket *b);

/**
 * spf_pool_give - an entry is free again
 * @sh: the table
 * @i: its index; it is in no bucket
 */
void spf_pool_give(struct spf_shadow *sh, u32 i);

/**
 * spf_entry_unlink - take an entry out of its bucket
 * @sh: the table
 * @b: the bucket, which the caller has locked
 * @index: the entry
 *
 * Return: was it there?
 */
bool spf_entry_unlink(struct spf_shadow *sh, struct spf_bucket *b, u32 index);

/**
 * spf_shadow_used - entries in use now
 * @sh: the table
 */
u32 spf_shadow_used(struct spf_shadow *sh);

#endif /* SPF_POOL_H */
