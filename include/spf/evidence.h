/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2, what a fault asks of the writers, once at the end of a call of its handler.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_EVIDENCE_H
#define SPF_EVIDENCE_H

#include <spf/fault.h>
#include <spf/history.h>

struct spf_evidence;

/**
 * spf_evidence_ask - who wrote beside a fault?
 * @f: of current, at the end of a call of the handler
 * @now: when that is
 * @locked: it still has the lock under which it was handled
 * @over: it is the last call
 * @e: filled in
 *
 * Looks once at the history of the VMA, without a lock, and once at the holds of the
 * mm, under the lock of their bucket.  Only where the kernel says that a writer is
 * about, and no hold is, it looks at the holds again, twice at the most.
 */
void spf_evidence_ask(struct spf_fault *f, u64 now, bool locked, bool over,
		      struct spf_evidence *e);

/**
 * spf_evidence_odd - had a writer the lock around the arrival?
 * @f: of current; a writer had it at the arrival
 *
 * Return: true if it had the lock for as long as is needed to tell: @odd of struct
 * spf_company.
 */
bool spf_evidence_odd(const struct spf_fault *f);

/* Has what is in that place in memory become a VMA since the first call? */
static inline bool spf_is_younger(const struct spf_fault *f, const struct spf_seen *seen)
{
	return seen->since > spf_fault_entry(f);
}

#endif /* SPF_EVIDENCE_H */
