/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2b, sections of many VMAs that end together: those of a fork.
 */
#ifndef SPF_SHARE_H
#define SPF_SHARE_H

#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct spf_shadow;

/*
 * Sections that many VMAs have open and that end together.  strays: those that were
 * open when their place was taken, and still are.
 */
struct spf_share {
	raw_spinlock_t lock;
	seqcount_t seq;
	u32 id;			/* 0 for none */
	u64 end;		/* 0 while they are open */
	u64 dropped;		/* latest end of one that was kept here before */
	u32 strays;
};

#define SPF_SHARES		256U

/**
 * spf_shadow_share - sections that are about to begin will end together
 * @sh: the table
 *
 * However many VMAs have one open, it takes one step to end them.  A VMA has one
 * section of a share, and no two shares open at a time: a fork has mmap_lock.
 * Return: their share, never 0.
 */
u32 spf_shadow_share(struct spf_shadow *sh);

/**
 * spf_shadow_share_end - they end; once
 * @sh: the table
 * @share: from spf_shadow_share()
 * @now: when; 0 for the moment in which it is recorded
 *
 * Of SPF_SHARES later ones, one takes the place.  A fault that is older than the end
 * is "overrun" then, and every fault as long as they have not ended.  Return: when.
 */
u64 spf_shadow_share_end(struct spf_shadow *sh, u32 share, u64 now);

/**
 * spf_share_end_of - when has a share ended?
 * @sh: the table
 * @share: not 0
 * @lost: set to whether that is not known any more
 *
 * Return: that, SPF_OPEN if it has not; if @lost, it was not later than this, U64_MAX if
 * it may be open.
 */
u64 spf_share_end_of(struct spf_shadow *sh, u32 share, bool *lost);

/**
 * spf_share_is_open - is it, or may it be?
 * @sh: the table
 * @share: 0 is not
 */
bool spf_share_is_open(struct spf_shadow *sh, u32 share);

#endif /* SPF_SHARE_H */
