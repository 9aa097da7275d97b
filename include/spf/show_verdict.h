/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4a, verdict: what the designs differ in, in sentences.
 */
#ifndef SPF_SHOW_VERDICT_H
#define SPF_SHOW_VERDICT_H

struct seq_file;

/**
 * spf_verdict_show - the file verdict
 * @m: where to
 * @v: not used
 *
 * May sleep.
 * Return: 0 or -ENOMEM
 */
int spf_verdict_show(struct seq_file *m, void *v);

#endif /* SPF_SHOW_VERDICT_H */
