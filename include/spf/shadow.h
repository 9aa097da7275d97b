/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2b, the shadow table: the sequence counter that a VMA would have had.
 *
 * Bounded, preallocated, lockless for the fault path.  Locking and lifetimes
 * are written down at the top of spf_shadow.c.  Nothing here knows about mm
 * types: an mm and a VMA are numbers that are compared and never followed.
 *
 * Times are nanoseconds of one monotonic clock and are never 0.
 */
#ifndef SPF_SHADOW_H
#define SPF_SHADOW_H

#include <linux/types.h>

#include <spf/reason.h>

/* Sections remembered for each VMA; older ones are "overrun". */
#define SPF_RING		8

/* Allowed values of vmas_max. */
#define SPF_VMAS_MIN		64U
#define SPF_VMAS_MAX		1048576U

struct spf_shadow;

/**
 * struct spf_key - identity of a VMA while it lives
 * @mm: address of its mm_struct, as a number
 * @vma: address of its vm_area_struct, as a number
 * @mark: no part of the identity: the kernel's own write mark that a VMA gets
 *	now, of which the entry keeps the latest; 0 on kernels without one
 */
struct spf_key {
	unsigned long mm;
	unsigned long vma;
	u32 mark;
};

/**
 * struct spf_handle - names one recorded write section, from begin to end
 * @index: entry in the pool, or SPF_NO_ENTRY when it could not be recorded
 * @gen: the entry's generation, so that a reused entry is told apart
 * @serial: which section of that generation
 */
struct spf_handle {
	u32 index;
	u32 gen;
	u32 serial;
};

#define SPF_NO_ENTRY		(~0U)

/**
 * struct spf_span - the window of one fault
 * @t0: arrival
 * @until: t0 + S, the end of the speculative attempt
 * @t1: end of the fault as it really ran; @t0 <= @until <= @t1
 */
struct spf_span {
	u64 t0;
	u64 until;
	u64 t1;
};

/**
 * struct spf_seen - what the history of a VMA says about a span
 * @absent: the VMA was allocated after @t0
 * @odd: a section was open at @t0 (begin <= t0 < end)
 * @moved: a section began in (@t0, @until]
 * @later: a section began in (@until, @t1]
 * @overrun: sections that are no longer remembered may have touched the span;
 *	the answers that are true stay true, those that are false may be wrong
 * @kind: of the section behind @odd, else of the first one behind @moved,
 *	else behind @later (valid when one of them is set)
 * @writer: thread id of that section's writer
 * @known: the VMA has an entry
 * @mark: the latest mark under which something was recorded (valid if @known)
 */
struct spf_seen {
	bool absent;
	bool odd;
	bool moved;
	bool later;
	bool overrun;
	u8 kind;
	u32 writer;
	bool known;
	u32 mark;
};

/**
 * spf_shadow_alloc - make an empty table
 * @vmas_max: how many VMAs it can hold, SPF_VMAS_MIN..SPF_VMAS_MAX
 *
 * May sleep.  Return: the table, or NULL when there is no memory.
 */
struct spf_shadow *spf_shadow_alloc(u32 vmas_max);

/**
 * spf_shadow_free - free a table that nobody uses any more
 * @sh: the table, or NULL
 */
void spf_shadow_free(struct spf_shadow *sh);

/**
 * spf_shadow_clear - forget everything
 * @sh: the table; no other call on it may run at the same time
 */
void spf_shadow_clear(struct spf_shadow *sh);

/**
 * spf_shadow_born - a VMA was allocated
 * @sh: the table
 * @key: the new VMA
 * @now: when
 *
 * An entry that still exists for @key is stale and is replaced.
 * Return: false when the table is full and the birth is not recorded.
 */
bool spf_shadow_born(struct spf_shadow *sh, const struct spf_key *key, u64 now);

/**
 * spf_shadow_begin - a write section on a VMA begins
 * @sh: the table
 * @key: the VMA; an entry is made when it has none
 * @kind: enum spf_kind
 * @writer: thread id of the writer
 * @now: when
 * @handle: to be passed to spf_shadow_end(); valid in either case
 *
 * Sections on one VMA may overlap: they are counted, not toggled.
 * Return: false when the table is full and the section is not recorded.
 */
bool spf_shadow_begin(struct spf_shadow *sh, const struct spf_key *key,
		      u8 kind, u32 writer, u64 now, struct spf_handle *handle);

/**
 * spf_shadow_end - the section ends
 * @sh: the table
 * @handle: from spf_shadow_begin() or spf_shadow_inherit()
 * @now: when
 *
 * Does nothing when the VMA was dropped meanwhile.
 */
void spf_shadow_end(struct spf_shadow *sh, const struct spf_handle *handle,
		    u64 now);

/**
 * spf_shadow_chain - let a section end with others
 * @sh: the table
 * @chain: the one that was added last; .index is SPF_NO_ENTRY to begin with
 * @handle: from spf_shadow_begin(), not passed to spf_shadow_end() any more
 *
 * A VMA is in one chain at a time.  The caller makes sure that none is freed
 * meanwhile: a fork holds mmap_lock for write until the end.  If one is all the
 * same, the sections that were added before it stay open.
 */
void spf_shadow_chain(struct spf_shadow *sh, struct spf_handle *chain,
		      const struct spf_handle *handle);

/**
 * spf_shadow_end_chain - they end
 * @sh: the table
 * @chain: from spf_shadow_chain(); empty afterwards
 * @now: when
 *
 * Takes as many steps as there are VMAs, vmas_max at the most.
 */
void spf_shadow_end_chain(struct spf_shadow *sh, struct spf_handle *chain,
			  u64 now);

/**
 * spf_shadow_inherit - a VMA is split: the new one takes its parent's past
 * @sh: the table
 * @child: the new VMA
 * @parent: the section that is open on the parent for the split itself
 * @now: when
 * @handle: the child's copy of that section, to be ended like the parent's
 *
 * A fault in the child's range that arrived before the split would have found
 * the parent.  Other sections open on the parent are closed at @now in the
 * copy, because their end will be reported for the parent only.
 * Return: false when the parent's past is not known or the table is full.
 */
bool spf_shadow_inherit(struct spf_shadow *sh, const struct spf_key *child,
			const struct spf_handle *parent, u64 now,
			struct spf_handle *handle);

/**
 * spf_shadow_adopt - begin to keep an entry for a VMA that has none
 * @sh: the table
 * @key: the VMA, with its mark
 *
 * Only the mark is noted: nothing is known of the VMA's past.
 */
void spf_shadow_adopt(struct spf_shadow *sh, const struct spf_key *key);

/**
 * spf_shadow_drop - the VMA is being freed; its address may be reused
 * @sh: the table
 * @key: the VMA
 */
void spf_shadow_drop(struct spf_shadow *sh, const struct spf_key *key);

/**
 * spf_shadow_look - what happened to this VMA around a fault
 * @sh: the table
 * @key: the VMA
 * @span: the fault's window
 * @seen: the answer; all false for a VMA without an entry
 *
 * Takes no lock and writes nothing but @seen.
 */
void spf_shadow_look(struct spf_shadow *sh, const struct spf_key *key,
		     const struct spf_span *span, struct spf_seen *seen);

/**
 * spf_shadow_quiet - is there nothing to look at?
 * @sh: the table
 * @key: the VMA; only @vma counts
 * @t0: arrival of the fault
 *
 * Return: true when spf_shadow_look() would find nothing for a span from @t0
 * to now; false when it might, also because of a VMA that shares the bucket.
 */
bool spf_shadow_quiet(struct spf_shadow *sh, const struct spf_key *key, u64 t0);

/**
 * spf_shadow_used - entries in use now
 * @sh: the table
 */
u32 spf_shadow_used(struct spf_shadow *sh);

#endif /* SPF_SHADOW_H */
