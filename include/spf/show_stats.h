/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4a, stats: all figures, a record a line.
 */
#ifndef SPF_SHOW_STATS_H
#define SPF_SHOW_STATS_H

struct seq_file;

/**
 * spf_stats_show - the file stats
 * @m: where to
 * @v: not used
 *
 * May sleep.
 * Return: 0 or -ENOMEM
 */
int spf_stats_show(struct seq_file *m, void *v);

#endif /* SPF_SHOW_STATS_H */
