/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2b, what a fault asks the shadow table: what happened to its VMA around it.
 */
#ifndef SPF_HISTORY_H
#define SPF_HISTORY_H

#include <linux/types.h>

#include <spf/shadow.h>

/**
 * struct spf_span - the window of one fault
 * @t0: arrival
 * @until: t0 + S, the end of the speculative attempt
 * @t1: end of the fault as it really ran; @t0 <= @until <= @t1
 * @lookup: when a kernel with per-VMA locks would have looked at the VMA's mark
 * @address: the faulting address
 */
struct spf_span {
	u64 t0;
	u64 until;
	u64 t1;
	u64 lookup;
	unsigned long address;
};

/**
 * struct spf_seen - what the history of a VMA says about a span
 * @absent: the VMA was allocated after @t0
 * @odd: a section was open at @t0 (begin <= t0 < end)
 * @moved: a section began in (@t0, @until]
 * @later: a section began in (@until, @t1]
 * @past: one with a hold had ended by @t0
 * @last: that one, the last of several (valid if @past)
 * @last_end: when that one ended, or a later time by @t0 if that is forgotten
 * @outside: what began first in (@t0, @t1] found bounds without the address;
 *	not told when @odd
 * @page: the range of a section behind @odd or @moved covers the address
 * @overrun: sections that are no longer remembered, or found no room, may have
 *	touched the span; the answers that are true stay true, those that are false
 *	may be wrong
 * @by: the section behind @odd, the last recorded of several; else the one
 *	that began first behind @moved or @later (valid when one of them is set)
 * @by_end: when that one ended, 0 if it is open
 * @odd_matters: one behind @odd is not forgiven (docs/designs.md)
 * @moved_matters: one behind @moved is not forgiven
 * @unsafe: one behind @odd or @moved endangers a commit (docs/designs.md)
 * @unknown: of one behind @odd or @moved the effect is not known
 * @flags: one behind @moved has changed vm_flags
 * @ended: a section ended in (@t0, @until]
 * @locked: one that marks the VMA, and has a hold, was open at @lookup
 * @marker: hold of the last one that marks the VMA, has a hold, and had ended by
 *	@lookup; 0 for none
 * @mark_lost: nobody knows any more whether the VMA was marked at @lookup: one
 *	that marks it began later, and since when it did is forgotten, as a later
 *	hold has marked the VMA as well; or all that had begun by then is forgotten
 * @born: when the VMA was allocated, 0 when that is not known
 * @since: when it was allocated or split off, 0 when that is not known: what was
 *	at its address in memory before is another VMA
 * @known: the VMA has an entry
 * @entry: that one, for spf_shadow_alive()
 * @mark: the latest mark under which something was recorded (valid if @known)
 */
struct spf_seen {
	bool absent;
	bool odd;
	bool moved;
	bool later;
	bool past;
	bool outside;
	bool page;
	bool overrun;
	struct spf_change by;
	u64 by_end;
	struct spf_change last;
	u64 last_end;
	bool odd_matters;
	bool moved_matters;
	bool unsafe;
	bool unknown;
	bool flags;
	bool ended;
	bool locked;
	u64 marker;
	bool mark_lost;
	u64 born;
	u64 since;
	bool known;
	struct spf_handle entry;
	u32 mark;
};

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
 * spf_shadow_after - has a section of a write hold begun on this VMA?
 * @sh: the table
 * @key: the VMA
 * @t1: after this
 * @first: the one that began first
 *
 * Return: false when none has, or none that is remembered.
 */
bool spf_shadow_after(struct spf_shadow *sh, const struct spf_key *key, u64 t1,
		      struct spf_change *first);

#endif /* SPF_HISTORY_H */
