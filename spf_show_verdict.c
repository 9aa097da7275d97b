// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 4a, verdict: what the designs differ in, in sentences.
 */
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <spf/design.h>
#include <spf/figures.h>
#include <spf/follow.h>
#include <spf/show.h>
#include <spf/show_verdict.h>

/* Does a sentence say something of this design? */
static bool is_said(const struct spf_figures *f, enum spf_design_id id)
{
	return spf_is_chosen(id) && !spf_refusal(f, id);
}

static void say_unsafe(struct seq_file *m, const struct spf_figures *f,
		       const char *what, enum spf_design_id id)
{
	if (is_said(f, id))
		seq_printf(m, "A plain counter, moved %s, would have committed %llu of %llu faults unsafely.\n",
			   what, f->c.n[SPF_N_DESIGN_UNSAFE + id],
			   spf_completed(f, id));
}

static void say_share(struct seq_file *m, const struct spf_figures *f,
		      enum spf_design_id id)
{
	if (is_said(f, id))
		seq_printf(m, "%s would have completed %llu to %llu of %llu faults, and saved them up to %llu us of waiting.\n",
			   spf_design_name(id), spf_completed_low(f, id),
			   spf_completed(f, id), spf_attempted(f, id),
			   div_u64(spf_wait_saved(f, id), 1000));
}

/* Why nothing can be said of any design, or NULL. */
static const char *refusal_of_all(const struct spf_figures *f)
{
	const char *why = NULL;
	int id;

	for (id = 0; id < SPF_NR_DESIGNS; id++) {
		if (is_said(f, id))
			return NULL;
		if (spf_is_chosen(id))
			why = spf_refusal(f, id);
	}
	return why;
}

static void say_compares(struct seq_file *m, const struct spf_figures *f)
{
	const u64 *n = &f->c.n[SPF_N_COMPARE];

	if (spf_refusal(f, SPF_DESIGN_SEQCOUNT))
		return;
	if (spf_compares_mm())
		seq_printf(m, "A per-mm counter would have aborted %llu times where the per-VMA counter completed, %llu of them for certain.\n",
			   n[SPF_COMPARE_MM_VS_VMA],
			   n[SPF_COMPARE_MM_VS_VMA_SURE]);
	if (spf_compares_adjust())
		seq_printf(m, "Telling adjust from unmap would have saved %llu of %llu aborts.\n",
			   n[SPF_COMPARE_ADJUST], n[SPF_COMPARE_ADJUST_OF]);
}

/* Of a process that is gone, that nothing is attempted is not the reason. */
static void say_whose(struct seq_file *m, const struct spf_figures *f,
		      const char *why)
{
	bool ended = f->filter.state == SPF_FILTER_ENDED && !f->filter.followed;
	bool nothing = ended && !f->c.n[SPF_N_ARRIVED];

	if (nothing)
		seq_printf(m, "Nothing is said: process %d has ended.\n",
			   f->filter.pid);
	else if (why)
		seq_printf(m, "Nothing is said: %s.\n", why);
	if (ended && !nothing)
		seq_printf(m, "Process %d has ended: nothing is added to its figures any more.\n",
			   f->filter.pid);
	if (f->filter.lost)
		seq_printf(m, "%u processes that were to be followed are not counted: there is room for %u at a time.\n",
			   f->filter.lost, SPF_FOLLOW_MAX);
}

static void say_unseen(struct seq_file *m, const struct spf_figures *f)
{
	u32 kinds = 0;
	int id;

	for (id = 0; id < SPF_NR_DESIGNS; id++)
		if (is_said(f, id))
			kinds |= spf_unseen_by(f, id);
	if (!kinds)
		return;
	seq_puts(m, "Write sections of these kinds are not seen, or not proven to be, and what they stop counts as completed: ");
	spf_show_kinds(m, "", kinds, "");
	seq_puts(m, ".\n");
}

int spf_verdict_show(struct seq_file *m, void *v)
{
	struct spf_figures *f = spf_figures_read();
	int id;

	if (!f)
		return -ENOMEM;
	say_whose(m, f, refusal_of_all(f));
	if (spf_judges_few(f))
		seq_printf(m, "Most page faults were not judged: beside %llu that were, the kernel took %llu in copies to and from user memory, where they waited %llu us for mmap_lock, and handled %llu for itself (get_user_pages, MAP_POPULATE).\n",
			   f->judged, f->c.n[SPF_N_KERNEL_FAULTS],
			   div_u64(f->c.n[SPF_N_KERNEL_WAIT_NS], 1000),
			   spf_other_calls(f));
	for (id = 0; id < SPF_NR_DESIGNS; id++)
		say_share(m, f, id);
	say_compares(m, f);
	say_unsafe(m, f, "when a VMA is removed", SPF_DESIGN_FLAGCOUNT_MIN);
	say_unsafe(m, f, "at the end of every section",
		   SPF_DESIGN_FLAGCOUNT_SITES);
	say_unseen(m, f);
	kvfree(f);
	return 0;
}
