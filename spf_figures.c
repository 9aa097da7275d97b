// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 4a, the figures of a report.
 */
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <spf/compat.h>
#include <spf/design.h>
#include <spf/figures.h>
#include <spf/judge.h>
#include <spf/selfcheck.h>

u64 spf_given(const struct spf_figures *f, enum spf_design_id id,
	      enum spf_reason reason)
{
	if (id == SPF_DESIGN_SEQCOUNT)
		return f->c.n[SPF_N_REASON + reason];
	if (reason == SPF_REASON_SINGLE_USER)
		return spf_designs[id].skips & SPF_BIT(SINGLE_USER) ?
		       f->c.n[SPF_N_REASON + reason] : 0;
	return f->c.n[spf_n_design(id, reason)];
}

/* All that is judged and not stopped has completed. */
static void sum_verdicts(struct spf_figures *f)
{
	int r, id;

	f->judged = spf_sum(&f->c.n[SPF_N_REASON], SPF_NR_REASONS);
	for (id = 0; id < SPF_NR_DESIGNS; id++) {
		u64 *verdict = f->verdict[id];

		for (r = 0; r < SPF_NR_REASONS; r++)
			verdict[spf_verdict_of(&spf_designs[id], r)] +=
				spf_given(f, id, r);
		verdict[SPF_VERDICT_COMPLETED] =
			spf_without(f->judged,
				    verdict[SPF_VERDICT_SKIPPED] +
				    verdict[SPF_VERDICT_ABORT_ENTRY] +
				    verdict[SPF_VERDICT_ABORT_LATE]);
	}
	f->lost = f->c.n[SPF_N_LOST_TASKS] + f->c.n[SPF_N_LOST_UNFINISHED];
}

static void sum_losses(struct spf_figures *f)
{
	struct spf_hook_state state;
	int id;

	for (id = 0; id < SPF_NR_HOOKS; id++) {
		spf_probe_hook(id, &state);
		f->missed += state.missed;
		f->reentry += state.reentry;
		if (id == SPF_HOOK_FAULT)
			f->fault_missed = state.missed + state.reentry;
	}
}

struct spf_figures *spf_figures_read(void)
{
	struct spf_figures *f = kvzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return NULL;
	spf_stats_sum(&f->c, &f->generation, &f->since);
	spf_probe_gauges(&f->g);
	spf_filter_read(&f->filter);
	f->silenced = spf_probe_enabled() && !spf_probes_fire();
	f->kinds = spf_probe_kinds();
	sum_verdicts(f);
	sum_losses(f);
	return f;
}

u64 spf_attempted(const struct spf_figures *f, enum spf_design_id id)
{
	return spf_without(f->judged, f->verdict[id][SPF_VERDICT_SKIPPED]);
}

u64 spf_possible_late(const struct spf_figures *f, enum spf_design_id id)
{
	u64 now = id == SPF_DESIGN_SEQCOUNT ? f->c.n[SPF_N_POSSIBLE] :
		  f->c.n[SPF_N_DESIGN_POSSIBLE + id];

	return now + (spf_designs[id].maybe & SPF_MAYBE_SECTION ?
		      f->g.pending : 0);
}

u64 spf_completed_low(const struct spf_figures *f, enum spf_design_id id)
{
	return spf_without(spf_completed(f, id), spf_possible_late(f, id));
}

u64 spf_wait_saved(const struct spf_figures *f, enum spf_design_id id)
{
	return id == SPF_DESIGN_SEQCOUNT ? f->c.n[SPF_N_WAIT_SAVED_NS] :
	       f->c.n[SPF_N_DESIGN_WAIT_NS + id];
}

static bool above_limit(u64 part, u64 whole)
{
	return part * 100 > whole * SPF_LOSS_LIMIT_PERCENT;
}

const char *spf_refusal(const struct spf_figures *f, enum spf_design_id id)
{
	if (f->silenced)
		return "probes_silenced";
	if (!spf_attempted(f, id))
		return "nothing_attempted";
	if (above_limit(f->lost + f->fault_missed, f->c.n[SPF_N_ARRIVED]))
		return "faults_lost";
	if (above_limit(f->missed + f->reentry - f->fault_missed,
			f->c.n[SPF_N_SHADOWED]))
		return "sections_lost";
	return NULL;
}

/* Where there is no function that expands, expand is a part of adjust. */
u32 spf_unseen(const struct spf_figures *f)
{
	u32 doubtful = f->kinds.unproven |
		       (~f->kinds.seen & ~BIT(SPF_KIND_EXPAND));
	u32 kinds = 0;
	int k;

	for (k = 0; k < SPF_NR_KINDS; k++)
		if (spf_kind_exists(k))
			kinds |= doubtful & BIT(k);
	return kinds;
}

u32 spf_unseen_by(const struct spf_figures *f, enum spf_design_id id)
{
	return spf_probe_enabled() ? spf_unseen(f) & spf_designs[id].kinds : 0;
}

u64 spf_other_calls(const struct spf_figures *f)
{
	return spf_without(f->c.n[SPF_N_KERNEL_MODE],
			   f->c.n[SPF_N_KERNEL_CALLS]);
}

bool spf_judges_few(const struct spf_figures *f)
{
	return f->c.n[SPF_N_KERNEL_FAULTS] + spf_other_calls(f) > f->judged;
}

/* What arrived while the lock was free is all that did not meet anything. */
u64 spf_lock_sum(const struct spf_figures *f, enum spf_lock lock,
		 enum spf_lock_figure figure)
{
	u64 n = figure == SPF_LOCK_ARRIVALS ? f->judged :
		spf_completed(f, SPF_DESIGN_SEQCOUNT);
	int l;

	if (lock != SPF_LOCK_FREE || (figure != SPF_LOCK_ARRIVALS &&
				      figure != SPF_LOCK_COMPLETED))
		return f->c.n[spf_n_lock(lock, figure)];
	for (l = SPF_LOCK_FREE + 1; l < SPF_NR_LOCKS; l++)
		n = spf_without(n, f->c.n[spf_n_lock(l, figure)]);
	return n;
}
