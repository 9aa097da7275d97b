// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 4a, the report: its directory in debugfs.  The report shows sums and
 * ratios and decides nothing.  The format is documented in docs/stats.md.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include <spf/report.h>
#include <spf/settings.h>
#include <spf/show.h>
#include <spf/show_stats.h>
#include <spf/show_verdict.h>

static struct dentry *dir;

DEFINE_SHOW_ATTRIBUTE(spf_stats);
DEFINE_SHOW_ATTRIBUTE(spf_verdict);
DEFINE_SHOW_ATTRIBUTE(spf_hooks);
DEFINE_SHOW_ATTRIBUTE(spf_top);

void spf_report_init(void)
{
	dir = debugfs_create_dir("spf", NULL);
	debugfs_create_file("stats", 0400, dir, NULL, &spf_stats_fops);
	debugfs_create_file("verdict", 0400, dir, NULL, &spf_verdict_fops);
	debugfs_create_file("hooks", 0400, dir, NULL, &spf_hooks_fops);
	debugfs_create_file("top", 0400, dir, NULL, &spf_top_fops);
	spf_settings_create(dir);
}

void spf_report_exit(void)
{
	debugfs_remove_recursive(dir);
}
