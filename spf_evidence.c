// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2, what a fault asks of the writers: shadow table, holds, kernel -> evidence.
 */
#include <linux/mm.h>

#include <spf/compat.h>
#include <spf/evidence.h>
#include <spf/fault.h>
#include <spf/history.h>
#include <spf/hold.h>
#include <spf/lock.h>
#include <spf/rules.h>
#include <spf/section.h>
#include <spf/shadow.h>
#include <spf/task.h>

/* Return: false when it may be another VMA by now. */
static bool ask_history(struct spf_fault *f, u64 now, bool locked,
			struct spf_seen *seen)
{
	const struct spf_span span = {
		.t0 = f->t0,
		.until = f->t0 + f->service_ns,
		.t1 = now,
		.lookup = f->lookup,
		.address = f->address,
	};

	if (f->met & SPF_MET_REPLACED)
		return false;
	spf_shadow_look(spf_vmas, &f->key, &span, seen);
	if (locked)
		return true;
	spf_writer_of(f)->asked = seen->entry;
	return !spf_is_younger(f, seen);
}

static u64 holder_of(const struct spf_fault *f)
{
	return spf_fault_lock(f) == SPF_LOCK_WRITER ? f->held : 0;
}

/* Before the last call only those holds are asked that the history names. */
static void ask_holds(const struct spf_fault *f, bool over, struct spf_evidence *e)
{
	const struct spf_query query = {
		.mm = f->key.mm,
		.t0 = f->t0,
		.until = f->t0 + spf_fault_margin(f),
		.t1 = e->now,
		.lookup = f->lookup,
		.margin = spf_fault_margin(f),
		.last = e->known && e->seen.past ? e->seen.last.hold : 0,
		.marker = e->known ? e->seen.marker : 0,
		.held = holder_of(f),
		.born = e->known ? e->seen.born : 0,
	};

	if (over || query.last || query.marker || (query.held && query.born))
		spf_holds_ask(spf_holds, &query, &e->company);
	else
		e->company = (struct spf_company){};
}

/* Is a hold of this mm seen, whenever it asked? */
static bool any_hold(unsigned long mm)
{
	const struct spf_query query = { .mm = mm, .t0 = U64_MAX, .t1 = U64_MAX };
	struct spf_company company;

	spf_holds_ask(spf_holds, &query, &company);
	return company.waits == SPF_WAITING_YES;
}

/*
 * A writer is there that is not among the holds.  It is not one that came after the
 * end, which would be among those of now; and not two, one gone before the look at
 * the holds and one come after it.
 */
static bool is_foreign(const struct spf_fault *f)
{
	struct mm_struct *mm = current->mm;
	bool tried = f->met & SPF_MET_TRIED;
	u32 mark = spf_mm_mark(mm);

	return spf_writer_about(mm, tried) && !any_hold(f->key.mm) &&
	       spf_writer_about(mm, tried) && spf_mm_mark(mm) == mark &&
	       !any_hold(f->key.mm);
}

void spf_evidence_ask(struct spf_fault *f, u64 now, bool locked, bool over,
		      struct spf_evidence *e)
{
	e->now = now;
	e->native = SPF_MM_SEQCOUNT;
	e->mark = spf_mm_mark(current->mm);
	e->known = ask_history(f, now, locked, &e->seen);
	ask_holds(f, over, e);
	e->foreign = over && locked && e->company.waits == SPF_WAITING_NO &&
		     is_foreign(f);
}

bool spf_evidence_odd(const struct spf_fault *f)
{
	const struct spf_query query = {
		.mm = f->key.mm,
		.t0 = f->t0,
		.margin = spf_fault_margin(f),
		.held = holder_of(f),
	};
	struct spf_company company;

	if (!query.held)
		return false;
	spf_holds_ask(spf_holds, &query, &company);
	return company.odd;
}
