/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2b, what finds no room in the shadow table: counted for its mm.
 */
#ifndef SPF_LOST_H
#define SPF_LOST_H

#include <linux/atomic.h>
#include <linux/types.h>

#include <spf/share.h>

struct spf_handle;
struct spf_shadow;

#define SPF_LOST_SHARES		4

/* What of the mms that share this place found no room. */
struct spf_lost {
	atomic_t open;		/* sections that are open; no share's */
	u32 shares[SPF_LOST_SHARES];	/* of sections; 0 for none */
	atomic64_t until;	/* when the last one ended, or was born */
};

#define SPF_LOST_BITS		8

/**
 * spf_lose_birth - a VMA is born, and finds no room
 * @sh: the table
 * @mm: its mm
 * @now: when
 */
void spf_lose_birth(struct spf_shadow *sh, unsigned long mm, u64 now);

/**
 * spf_lose_section - a section finds no room
 * @sh: the table
 * @mm: the VMA's mm
 * @share: with which others it will end, 0 for none
 * @handle: for spf_lost_end()
 *
 * It is open until its end is told.  To be called before the clock is read for its
 * begin: a fault that reads it later finds the loss.
 */
void spf_lose_section(struct spf_shadow *sh, unsigned long mm, u32 share,
		      struct spf_handle *handle);

/**
 * spf_lost_end - it ends; not one of a share
 * @sh: the table
 * @handle: from spf_lose_section()
 * @now: when
 */
void spf_lost_end(struct spf_shadow *sh, const struct spf_handle *handle, u64 now);

/**
 * spf_shadow_lost - may something that found no room have touched a fault?
 * @sh: the table
 * @mm: its mm
 * @t0: its arrival
 *
 * Also because of an mm that shares the place.
 */
bool spf_shadow_lost(struct spf_shadow *sh, unsigned long mm, u64 t0);

#endif /* SPF_LOST_H */
