// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 4a, stats: all figures, a record a line.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include <spf/clock.h>
#include <spf/compat.h>
#include <spf/design.h>
#include <spf/figures.h>
#include <spf/judge.h>
#include <spf/show.h>
#include <spf/show_stats.h>
#include <spf/version.h>

static void show_head(struct seq_file *m, const struct spf_figures *f)
{
	seq_puts(m, "format 1\n");
	seq_printf(m, "module version=%s kernel=%s enabled=%d pid=%d generation=%llu since_ns=%llu now_ns=%llu\n",
		   SPF_VERSION, utsname()->release, spf_probe_enabled(),
		   f->filter.pid, f->generation, f->since, ktime_get_ns());
	seq_printf(m, "faults arrived=%llu kernel_mode=%llu lost=%llu in_flight=%u blocked=%llu\n",
		   f->c.n[SPF_N_ARRIVED], f->c.n[SPF_N_KERNEL_MODE], f->lost,
		   f->g.in_flight, f->c.n[SPF_N_BLOCKED]);
	seq_printf(m, "kernel_faults arrived=%llu blocked=%llu wait_ns=%llu calls=%llu\n",
		   f->c.n[SPF_N_KERNEL_FAULTS], f->c.n[SPF_N_KERNEL_BLOCKED],
		   f->c.n[SPF_N_KERNEL_WAIT_NS], f->c.n[SPF_N_KERNEL_CALLS]);
	seq_printf(m, "not_judged kernel_faults=%llu other_calls=%llu judged=%llu most=%d\n",
		   f->c.n[SPF_N_KERNEL_FAULTS], spf_other_calls(f), f->judged,
		   spf_judges_few(f));
}

static void show_filter(struct seq_file *m, const struct spf_figures *f)
{
	static const char * const states[SPF_NR_FILTER_STATES] = {
		[SPF_FILTER_ALL] = "all",
		[SPF_FILTER_RUNNING] = "running",
		[SPF_FILTER_ENDED] = "ended",
	};

	seq_printf(m, "filter pid=%d asked=%d state=%s children=%d followed=%u lost=%u\n",
		   f->filter.pid, f->filter.asked, states[f->filter.state],
		   f->filter.children, f->filter.followed, f->filter.lost);
}

static void show_percent(struct seq_file *m, const char *key, u64 part,
			 u64 whole)
{
	u32 rest;
	u64 percent = div_u64_rem(div64_u64(part * 10000, whole), 100, &rest);

	seq_printf(m, " %s=%llu.%02u", key, percent, rest);
}

/* An interval: the low end takes every possible late abort for a real one. */
static void show_share(struct seq_file *m, const struct spf_figures *f,
		       enum spf_design_id id)
{
	const char *why = spf_refusal(f, id);

	if (why) {
		seq_printf(m, " refused=%s", why);
	} else {
		show_percent(m, "completed_low_pct", spf_completed_low(f, id),
			     spf_attempted(f, id));
		show_percent(m, "completed_high_pct", spf_completed(f, id),
			     spf_attempted(f, id));
	}
	spf_show_kinds(m, " unseen=", spf_unseen_by(f, id), "");
	seq_putc(m, '\n');
}

static void show_design(struct seq_file *m, const struct spf_figures *f,
			enum spf_design_id id)
{
	static const char * const sources[SPF_NR_SOURCES] = {
		[SPF_SOURCE_SHADOW] = "shadow",
		[SPF_SOURCE_NATIVE] = "native",
		[SPF_SOURCE_EMULATED] = "emulated",
	};
	const u64 *verdict = f->verdict[id];

	seq_printf(m, "design name=%s attempted=%llu completed=%llu abort_entry=%llu abort_late=%llu possible_late=%llu skipped=%llu wait_saved_ns=%llu source=%s",
		   spf_design_name(id), spf_attempted(f, id),
		   spf_completed(f, id), verdict[SPF_VERDICT_ABORT_ENTRY],
		   verdict[SPF_VERDICT_ABORT_LATE], spf_possible_late(f, id),
		   verdict[SPF_VERDICT_SKIPPED], spf_wait_saved(f, id),
		   sources[spf_designs[id].source]);
	if (spf_designs[id].unsafe)
		seq_printf(m, " unsafe=%llu",
			   f->c.n[SPF_N_DESIGN_UNSAFE + id]);
	show_share(m, f, id);
}

static void show_reasons(struct seq_file *m, const struct spf_figures *f,
			 enum spf_design_id id)
{
	const struct spf_design *d = &spf_designs[id];
	int r;

	for (r = SPF_REASON_COMPLETED + 1; r < SPF_NR_REASONS; r++)
		if (spf_given(f, id, r))
			seq_printf(m, "reason design=%s name=%s historic=%s count=%llu verdict=%s\n",
				   spf_design_name(id), spf_reason_names[r],
				   spf_historic_of(d, r), spf_given(f, id, r),
				   spf_verdict_names[spf_verdict_of(d, r)]);
}

static void show_designs(struct seq_file *m, const struct spf_figures *f)
{
	int id;

	for (id = 0; id < SPF_NR_DESIGNS; id++)
		if (spf_is_chosen(id))
			show_design(m, f, id);
	for (id = 0; id < SPF_NR_DESIGNS; id++) {
		if (!spf_is_chosen(id))
			continue;
		seq_printf(m, "share design=%s", spf_design_name(id));
		show_share(m, f, id);
	}
	for (id = 0; id < SPF_NR_DESIGNS; id++)
		if (spf_is_chosen(id))
			show_reasons(m, f, id);
}

/* @n: faults that only one of the two has stopped, by its reason */
static void show_disagreements(struct seq_file *m, const u64 *n,
			       const char *name, const char *completed_by)
{
	int r;

	for (r = 0; r < SPF_NR_REASONS; r++)
		if (n[r])
			seq_printf(m, "disagree design=%s completed_by=%s reason=%s count=%llu\n",
				   name, completed_by, spf_reason_names[r],
				   n[r]);
}

static void show_pair(struct seq_file *m, const struct spf_figures *f,
		      enum spf_pair pair, enum spf_design_id native,
		      enum spf_design_id emulated)
{
	const u64 *n = &f->c.n[spf_n_pair(pair, 0)];
	const char *name = spf_design_name(native);
	u64 by_native = spf_sum(&n[SPF_PAIR_ABORTED_NATIVE], SPF_NR_REASONS);
	u64 by_emulated = spf_sum(&n[SPF_PAIR_ABORTED_EMULATED],
				  SPF_NR_REASONS);
	u64 both = n[SPF_PAIR_BOTH_ABORTED];

	if (!spf_is_chosen(native) || !spf_is_chosen(emulated))
		return;
	seq_printf(m, "agree design=%s faults=%llu both_completed=%llu both_aborted=%llu native_only=%llu emulated_only=%llu\n",
		   name, spf_attempted(f, native),
		   spf_without(spf_attempted(f, native),
			       both + by_native + by_emulated),
		   both, by_emulated, by_native);
	show_disagreements(m, &n[SPF_PAIR_ABORTED_EMULATED], name, "native");
	show_disagreements(m, &n[SPF_PAIR_ABORTED_NATIVE], name, "emulated");
}

static void show_unsafe(struct seq_file *m, const struct spf_figures *f,
			const char *name, enum spf_design_id id)
{
	if (spf_is_chosen(id))
		seq_printf(m, "compare name=%s count=%llu of=%llu\n", name,
			   f->c.n[SPF_N_DESIGN_UNSAFE + id],
			   spf_completed(f, id));
}

static void show_compares(struct seq_file *m, const struct spf_figures *f)
{
	const u64 *n = &f->c.n[SPF_N_COMPARE];

	show_pair(m, f, SPF_PAIR_MMSEQ, SPF_DESIGN_MMSEQ_NATIVE,
		  SPF_DESIGN_MMSEQ);
	show_pair(m, f, SPF_PAIR_VMALOCK, SPF_DESIGN_VMALOCK_NATIVE,
		  SPF_DESIGN_VMALOCK);
	if (spf_compares_mm())
		seq_printf(m, "compare name=mm_vs_vma count=%llu sure=%llu\n",
			   n[SPF_COMPARE_MM_VS_VMA],
			   n[SPF_COMPARE_MM_VS_VMA_SURE]);
	if (spf_compares_adjust())
		seq_printf(m, "compare name=adjust_vs_unmap count=%llu of=%llu\n",
			   n[SPF_COMPARE_ADJUST], n[SPF_COMPARE_ADJUST_OF]);
	show_unsafe(m, f, "unsafe_min", SPF_DESIGN_FLAGCOUNT_MIN);
	show_unsafe(m, f, "unsafe_sites", SPF_DESIGN_FLAGCOUNT_SITES);
}

/* Is a kind of section recorded, not seen, or unknown to this kernel? */
static const char *visibility(const struct spf_figures *f, enum spf_kind kind)
{
	if (!spf_kind_exists(kind))
		return "not_configured";
	if (f->kinds.unproven & BIT(kind))
		return "unproven";
	return f->kinds.seen & BIT(kind) ? "hooked" : "not_hooked";
}

static void show_sections(struct seq_file *m, const struct spf_figures *f)
{
	int k;

	for (k = 0; k < SPF_NR_KINDS; k++)
		seq_printf(m, "section kind=%s begun=%llu ended=%llu vmas=%llu state=%s\n",
			   spf_kind_names[k], f->c.n[SPF_N_BEGUN + k],
			   f->c.n[SPF_N_ENDED + k], f->c.n[SPF_N_VMAS + k],
			   visibility(f, k));
	/* What v12 would also have counted: see docs/hooks.md. */
	seq_puts(m, "not_hooked design=seqcount sections=");
	spf_show_kinds(m, "", spf_unseen(f), "none");
	seq_putc(m, '\n');
}

/*
 * What the kernel's own per-VMA locks did.  A miss, a VMA that was removed
 * while it was looked up, is repeated inside the kernel and leaves no trace.
 */
static void show_vma_lock(struct seq_file *m, const struct spf_figures *f)
{
	u64 not_handled = f->c.n[SPF_N_REASON + SPF_REASON_NO_VMA] +
			  f->c.n[SPF_N_REASON + SPF_REASON_PERMISSION] +
			  f->c.n[SPF_N_REASON + SPF_REASON_PKEY] +
			  f->c.n[SPF_N_REASON + SPF_REASON_BAD_AREA];
	u64 try = f->c.n[SPF_N_VMA_LOCK_TRY];
	u64 retry = f->c.n[SPF_N_VMA_LOCK_RETRY];

	if (!SPF_VMA_LOCKS) {
		seq_puts(m, "vma_lock kernel=none\n");
		return;
	}
	seq_printf(m, "vma_lock kernel=native success=%llu retry=%llu abort=%llu not_handled=%llu miss=not_visible\n",
		   spf_without(try, retry), retry,
		   f->c.n[SPF_N_VMA_LOCK_ABORT], not_handled);
	seq_printf(m, "coverage marks=%llu uncovered_sections=%llu\n",
		   f->c.n[SPF_N_MARKS], f->c.n[SPF_N_UNCOVERED]);
}

/* Figures that are 0 because nothing shows them here, not because they are. */
static void show_not_measured(struct seq_file *m)
{
	if (spf_probe_enabled() && !spf_probe_arrivals())
		seq_puts(m, "not_measured why=no_arrival_tracepoint figures=blocked,wait,wait_saved_ns,bad_area,vma_absent,seq_odd_by_mmap_lock_writers\n");
	if (spf_is_chosen(spf_mmseq()))
		seq_printf(m, "not_measured design=%s figures=SPF_ABORT_PTE_MAP_LOCK_PTL,SPF_ABORT_PTE_MAP_LOCK_PMD,mmu_notifier_trylock\n",
			   spf_design_name(spf_mmseq()));
	if (spf_probe_enabled() && !spf_probe_swapin())
		seq_puts(m, "assumed figure=swap_miss device=not_synchronous\n");
}

static void show_ptes(struct seq_file *m, const struct spf_figures *f)
{
	int p;

	for (p = SPF_PTE_NONE; p < SPF_NR_PTES; p++)
		seq_printf(m, "pte kind=%s count=%llu\n", spf_pte_names[p],
			   f->c.n[SPF_N_PTE + p]);
}

static void show_possible(struct seq_file *m, const struct spf_figures *f)
{
	seq_printf(m, "possible now=%llu pending=%llu unresolved=%llu resolved=%llu cleared=%llu\n",
		   f->c.n[SPF_N_POSSIBLE], f->g.pending,
		   f->c.n[SPF_N_UNRESOLVED], f->c.n[SPF_N_RESOLVED],
		   f->c.n[SPF_N_CLEARED]);
}

static void show_locks(struct seq_file *m, const struct spf_figures *f)
{
	static const char * const keys[SPF_LOCK_FIGURES] = {
		[SPF_LOCK_ARRIVALS] = "arrivals",
		[SPF_LOCK_WAITED] = "waited",
		[SPF_LOCK_WAIT_NS] = "wait_ns",
		[SPF_LOCK_COMPLETED] = "completed",
		[SPF_LOCK_COMPLETED_WAITED] = "completed_waited",
		[SPF_LOCK_COMPLETED_WAIT_NS] = "completed_wait_ns",
	};
	int l, n;

	for (l = 0; l < SPF_NR_LOCKS; l++) {
		seq_printf(m, "lock state=%s", spf_lock_names[l]);
		for (n = 0; n < SPF_LOCK_FIGURES; n++)
			seq_printf(m, " %s=%llu", keys[n],
				   spf_lock_sum(f, l, n));
		seq_putc(m, '\n');
	}
}

static void show_opportunity(struct seq_file *m, const struct spf_figures *f)
{
	u64 present = spf_lock_sum(f, SPF_LOCK_WRITER, SPF_LOCK_ARRIVALS) +
		      spf_lock_sum(f, SPF_LOCK_QUEUED, SPF_LOCK_ARRIVALS);
	u64 wait = spf_lock_sum(f, SPF_LOCK_WRITER, SPF_LOCK_WAIT_NS) +
		   spf_lock_sum(f, SPF_LOCK_QUEUED, SPF_LOCK_WAIT_NS);
	const char *why = spf_refusal(f, SPF_DESIGN_SEQCOUNT);

	seq_printf(m, "opportunity arrivals=%llu writer_present=%llu",
		   f->judged, present);
	if (why || !f->judged)
		seq_printf(m, " refused=%s", why ?: "nothing_judged");
	else
		show_percent(m, "writer_present_pct", present, f->judged);
	seq_printf(m, " wait_ns=%llu writer_wait_ns=%llu completed_wait_ns=%llu\n",
		   f->c.n[SPF_N_WAIT_NS], wait, f->c.n[SPF_N_WAIT_SAVED_NS]);
}

static void show_holds(struct seq_file *m, const struct spf_figures *f)
{
	seq_printf(m, "hold count=%llu waited=%llu wait_ns=%llu held_ns=%llu gave_up=%llu foreign=%llu\n",
		   f->c.n[SPF_N_HOLDS], f->c.n[SPF_N_HOLDS_WAITED],
		   f->c.n[SPF_N_HOLDS_WAIT_NS], f->c.n[SPF_N_HOLDS_HELD_NS],
		   f->c.n[SPF_N_HOLDS_GAVE_UP], f->c.n[SPF_N_HOLDS_FOREIGN]);
}

static void show_blame(struct seq_file *m, const struct spf_figures *f)
{
	const u64 *n = f->c.n;
	int k, s;

	for (k = 0; k < SPF_NR_KINDS; k++)
		if (n[SPF_N_BLAME_ABORTS + k] || n[SPF_N_BLAME_POSSIBLE + k])
			seq_printf(m, "blame kind=%s aborts=%llu possible=%llu open_ns=%llu\n",
				   spf_kind_names[k], n[SPF_N_BLAME_ABORTS + k],
				   n[SPF_N_BLAME_POSSIBLE + k],
				   n[SPF_N_BLAME_OPEN_NS + k]);
	for (s = SPF_SCOPE_NONE + 1; s < SPF_NR_SCOPES; s++)
		seq_printf(m, "conflict scope=%s count=%llu\n",
			   spf_scope_names[s], n[SPF_N_SCOPE + s]);
	seq_printf(m, "repeat aborts=%llu\n", n[SPF_N_REPEAT]);
}

static void show_audit(struct seq_file *m, const struct spf_figures *f,
		       int kind, int mode)
{
	const u64 *n = &f->c.n[spf_n_audit(kind, mode, 0)];
	int i;

	if (!n[SPF_AUDIT_SECTIONS] && !n[SPF_AUDIT_FREED])
		return;
	seq_printf(m, "audit kind=%s lock=%s sections=%llu freed=%llu",
		   spf_kind_names[kind], spf_mode_names[mode],
		   n[SPF_AUDIT_SECTIONS], n[SPF_AUDIT_FREED]);
	for (i = 0; i < SPF_NR_FIELDS; i++)
		seq_printf(m, " %s=%llu", spf_field_names[i],
			   n[SPF_AUDIT_CHANGED + i]);
	seq_putc(m, '\n');
}

static void show_audits(struct seq_file *m, const struct spf_figures *f)
{
	int k, mode;

	for (k = 0; k < SPF_NR_KINDS; k++)
		for (mode = 0; mode < SPF_NR_MODES; mode++)
			show_audit(m, f, k, mode);
	for (k = 0; k < SPF_NR_KINDS; k++)
		if (f->c.n[SPF_N_NESTED + k] || f->c.n[SPF_N_CONCURRENT + k])
			seq_printf(m, "overlap kind=%s nested=%llu concurrent=%llu\n",
				   spf_kind_names[k], f->c.n[SPF_N_NESTED + k],
				   f->c.n[SPF_N_CONCURRENT + k]);
}

/* The last bucket, 2^63 ns and more, is left out. */
static void show_hist(struct seq_file *m, const u64 *n, const char *record,
		      const char *state)
{
	unsigned int b;

	for (b = 0; b < SPF_HIST_BUCKETS - 1; b++)
		if (n[b])
			seq_printf(m, "%s%s ge_ns=%llu lt_ns=%llu count=%llu\n",
				   record, state, b ? 1ULL << (b - 1) : 0,
				   1ULL << b, n[b]);
}

static void show_times(struct seq_file *m, const struct spf_figures *f,
		       const char *name, unsigned int hist, unsigned int sum)
{
	const u64 *n = &f->c.n[hist];

	seq_printf(m, "%s_total count=%llu sum_ns=%llu\n", name,
		   spf_sum(n, SPF_HIST_BUCKETS), f->c.n[sum]);
	show_hist(m, n, name, "");
}

static void show_lock_waits(struct seq_file *m, const struct spf_figures *f)
{
	unsigned int l;

	for (l = 0; l < SPF_NR_LOCKS; l++)
		show_hist(m, &f->c.n[SPF_N_LOCK_HIST + l * SPF_HIST_BUCKETS],
			  "lock_wait state=", spf_lock_names[l]);
}

static void show_health(struct seq_file *m, const struct spf_figures *f)
{
	seq_printf(m, "health missed=%llu full=%llu overrun=%llu reentry=%llu lost_tasks=%llu lost_unfinished=%llu vmas=%u tasks=%u deferred_full=%llu foreign=%llu\n",
		   f->missed, f->c.n[SPF_N_FULL], f->c.n[SPF_N_OVERRUN],
		   f->reentry, f->c.n[SPF_N_LOST_TASKS],
		   f->c.n[SPF_N_LOST_UNFINISHED], f->g.vmas, f->g.tasks,
		   f->c.n[SPF_N_DEFERRED_FULL], f->c.n[SPF_N_FOREIGN]);
	seq_printf(m, "locks spins=%llu\n", f->c.n[SPF_N_SPINS]);
	seq_printf(m, "memory tables_bytes=%llu instances_bytes=%llu\n",
		   f->g.tables_bytes, f->g.instances_bytes);
	seq_printf(m, "clock source=%s\n", spf_clock_source());
}

int spf_stats_show(struct seq_file *m, void *v)
{
	struct spf_figures *f = spf_figures_read();

	if (!f)
		return -ENOMEM;
	show_head(m, f);
	show_filter(m, f);
	show_designs(m, f);
	show_compares(m, f);
	show_sections(m, f);
	show_vma_lock(m, f);
	show_not_measured(m);
	show_times(m, f, "wait", SPF_N_WAIT_HIST, SPF_N_WAIT_NS);
	show_times(m, f, "service", SPF_N_SERVICE_HIST, SPF_N_SERVICE_NS);
	show_ptes(m, f);
	show_possible(m, f);
	show_locks(m, f);
	show_lock_waits(m, f);
	show_opportunity(m, f);
	show_holds(m, f);
	show_blame(m, f);
	show_audits(m, f);
	show_health(m, f);
	kvfree(f);
	return 0;
}
