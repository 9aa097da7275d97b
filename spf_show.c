// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 4a, the files in debugfs that are lists, hooks and top, and what is
 * shown alike in several files.
 */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <spf/figures.h>
#include <spf/hooks.h>
#include <spf/judge.h>
#include <spf/show.h>
#include <spf/stats.h>
#include <spf/top.h>

void spf_show_kinds(struct seq_file *m, const char *word, u32 kinds,
		    const char *none)
{
	seq_puts(m, kinds ? word : none);
	for (; kinds; kinds &= kinds - 1)
		seq_printf(m, "%s%s", spf_kind_names[__ffs(kinds)],
			   kinds & (kinds - 1) ? "," : "");
}

int spf_hooks_show(struct seq_file *m, void *v)
{
	struct spf_counters *sum = kzalloc(sizeof(*sum), GFP_KERNEL);
	struct spf_hook_state state;
	u64 generation, since, hits;
	int id;

	if (!sum)
		return -ENOMEM;
	spf_stats_sum(sum, &generation, &since);
	seq_puts(m, "format 1\n");
	for (id = 0; id < SPF_NR_HOOKS; id++) {
		spf_probe_hook(id, &state);
		hits = sum->n[SPF_N_HITS + id];
		seq_printf(m, "hook name=%s symbol=%s type=%s mandatory=%d state=%s address=%pK hits=%llu understood=%llu missed=%llu reentry=%llu why=%s feeds=",
			   state.name, state.symbols, state.type,
			   state.mandatory, !state.on ? "off" :
			   state.proven ? "on" : "unproven", state.address,
			   hits, spf_without(hits, sum->n[SPF_N_MISREAD + id]),
			   state.missed, state.reentry, state.why);
		spf_show_kinds(m, "", state.feeds, "none");
		seq_putc(m, '\n');
	}
	kfree(sum);
	return 0;
}

/* Names come from programs and files: no character of theirs ends a field. */
static void show_name(struct seq_file *m, const char *key, const char *name)
{
	seq_printf(m, " %s=", key);
	seq_escape(m, name, " \t\n\\=");
}

/* Of spf_deed_of(). */
static const char *deed_name(u64 deed)
{
	return deed < SPF_NR_KINDS ? spf_kind_names[deed] :
	       spf_call_names[deed - SPF_NR_KINDS];
}

static int show_top(struct seq_file *m, enum spf_top_by by, const char *name)
{
	unsigned int i, nr;
	struct spf_top_row *rows = spf_top_read(by, &nr);

	if (!rows)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		const struct spf_top_key *key = &rows[i].key;

		seq_printf(m, "top by=%s rank=%u kind=%s", name, i + 1,
			   deed_name(key->kind));
		show_name(m, "comm", key->comm);
		show_name(m, "vma", key->name);
		seq_printf(m, " count=%llu wait_ns=%llu error=%llu\n",
			   rows[i].faults, rows[i].wait_ns, rows[i].error);
	}
	kvfree(rows);
	return 0;
}

int spf_top_show(struct seq_file *m, void *v)
{
	seq_puts(m, "format 1\n");
	return show_top(m, SPF_TOP_ABORTS, "aborts") ?:
	       show_top(m, SPF_TOP_WAIT, "wait");
}
