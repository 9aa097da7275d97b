/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fault that is over is counted as, for each design.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_VERDICT_H
#define SPF_VERDICT_H

#include <linux/types.h>

#include <spf/shadow.h>

struct spf_fault;

/**
 * struct spf_blame - the section that a fault has met
 * @by: what it was
 * @open_ns: how long it was open, up to the end of the fault
 * @page: it, or another one that stops the fault, covers the page
 */
struct spf_blame {
	struct spf_change by;
	u64 open_ns;
	bool page;
};

/**
 * struct spf_told - what is said of a fault besides its reason
 * @blame: the section behind it, NULL for none
 * @stopped: designs that do not complete it, BIT(enum spf_design_id)
 * @maybe: designs for which it is possible as far as is known by now
 * @scope: enum spf_scope
 * @possible: seqcount completes it, and it is possible as far as is known by now
 * @deferred: not known yet
 * @repeat: aborted on the page of the task's last aborted fault
 */
struct spf_told {
	const struct spf_blame *blame;
	u32 stopped;
	u32 maybe;
	u8 scope;
	bool possible;
	bool deferred;
	bool repeat;
};

/**
 * spf_settle - a logical fault is over: one verdict for each design
 * @f: the record of current; free again afterwards
 */
void spf_settle(struct spf_fault *f);

/**
 * spf_settle_repeated - the handler is called once more for a fault that was
 * settled because it was single-threaded
 * @native: its VMA's lock had been tried
 */
void spf_settle_repeated(bool native);

/**
 * spf_settle_resolved - deferred faults turn out to be possible
 * @kind: enum spf_kind of the section that tells
 * @faults: how many
 */
void spf_settle_resolved(u8 kind, u64 faults);

#endif /* SPF_VERDICT_H */
