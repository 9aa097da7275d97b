/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4a, the files in debugfs that are lists, and what is shown alike in
 * several files.
 */
#ifndef SPF_SHOW_H
#define SPF_SHOW_H

#include <linux/types.h>

struct seq_file;

/**
 * spf_show_kinds - names of kinds of write section, with commas
 * @m: where to
 * @word: what stands before them
 * @kinds: BIT(kind) for each
 * @none: what stands there instead if there are none
 */
void spf_show_kinds(struct seq_file *m, const char *word, u32 kinds,
		    const char *none);

/**
 * spf_hooks_show - the file hooks
 * @m: where to
 * @v: not used
 *
 * May sleep.
 * Return: 0 or -ENOMEM
 */
int spf_hooks_show(struct seq_file *m, void *v);

/**
 * spf_top_show - the file top
 * @m: where to
 * @v: not used
 *
 * May sleep.
 * Return: 0 or -ENOMEM
 */
int spf_top_show(struct seq_file *m, void *v);

#endif /* SPF_SHOW_H */
