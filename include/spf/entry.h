/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the shadow table keeps of a VMA.  For its own files only.
 */
#ifndef SPF_ENTRY_H
#define SPF_ENTRY_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/compiler.h>

#include <spf/shadow.h>

#define SPF_OPEN	0ULL

/* The end of a section of a share: this bit, and the share's id. */
#define SPF_SHARED	BIT_ULL(63)

/* A section of a VMA, from its begin on. */
struct spf_section {
	u64 begin;
	u64 end;		/* SPF_OPEN while it is */
	u64 hold;
	unsigned long from;	/* the range */
	unsigned long to;
	unsigned long vm_start;	/* the VMA's bounds before */
	unsigned long vm_end;
	u32 writer;
	u32 what;		/* see pack() */
};

/*
 * Section number n of a VMA is kept in ring[n % SPF_RING] until number
 * n + SPF_RING begins.
 */
struct spf_entry {
	unsigned long mm;
	unsigned long vma;
	u64 born;		/* 0: not known */
	u64 since;		/* allocated or split off; 0: not known */
	u64 forgotten_end;	/* latest end of a section no longer in ring */
	/* At most one for each instance of a return probe: 16 bits will do. */
	u16 forgotten_open;	/* sections no longer in ring, still open */
	u16 open;		/* sections open now, forgotten or not; no share's */
	u32 share;		/* of the last section that has one; 0 for none */
	u32 forgotten_share;	/* idem, no longer in ring */
	u32 begun;
	u32 gen;
	u32 next;		/* in the bucket's chain or the free list */
	u32 mark;		/* latest key.mark of what is recorded here */
	u64 marked;		/* the last change.marked */
	u64 marker;		/* whose hold it was */
	struct spf_section ring[SPF_RING];
} ____cacheline_aligned;

/* Slot, kind, effect and mark of a section in one word: 24, 5, 2 and 1 bits. */
#define SPF_KIND_BITS	0x1fU
#define SPF_EFFECT_SHIFT	5
#define SPF_EFFECT_BITS	0x60U
#define SPF_MARKS_BIT	0x80U
#define SPF_SLOT_SHIFT	8

static_assert(SPF_NR_KINDS - 1 <= SPF_KIND_BITS);
static_assert(SPF_NR_EFFECTS - 1 <= SPF_EFFECT_BITS >> SPF_EFFECT_SHIFT);

static inline u8 spf_kind_in(u32 what)
{
	return what & SPF_KIND_BITS;
}

static inline u8 spf_effect_in(u32 what)
{
	return (what & SPF_EFFECT_BITS) >> SPF_EFFECT_SHIFT;
}

static inline u32 spf_with_effect(u32 what, u8 effect)
{
	return (what & ~SPF_EFFECT_BITS) | (u32)effect << SPF_EFFECT_SHIFT;
}

static inline bool spf_entry_is_of(const struct spf_entry *e,
				   const struct spf_key *key)
{
	return READ_ONCE(e->vma) == key->vma && READ_ONCE(e->mm) == key->mm;
}

static inline bool spf_entry_is_owned(const struct spf_entry *e,
				      const struct spf_handle *handle)
{
	return READ_ONCE(e->gen) == handle->gen;
}

static inline void spf_handle_set(struct spf_shadow *sh, struct spf_handle *handle,
				  u32 index, u32 serial)
{
	handle->index = index;
	handle->gen = index == SPF_NO_ENTRY ? 0 :
		      READ_ONCE(sh->pool[index].gen);
	handle->serial = serial;
}

#endif /* SPF_ENTRY_H */
