/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1, what rows of the hook table have in common: the handlers behind a section,
 * and the macros that a row is made with.
 */
#ifndef SPF_ROWS_H
#define SPF_ROWS_H

#include <linux/bits.h>
#include <linux/kprobes.h>

#include <spf/probe.h>
#include <spf/reason.h>
#include <spf/stats.h>
#include <spf/task.h>

#define SPF_KIND_BIT(id)	BIT(SPF_KIND_##id)

/* It records sections of this kind; it tells others of it, or ends it for them. */
#define SPF_RECORDS(id)	.kind = SPF_KIND_##id, .records = BIT(SPF_KIND_##id)
#define SPF_TELLS(id)	.kind = SPF_KIND_##id, .tells = BIT(SPF_KIND_##id)

/* A section from the entry of a function to its return. */
#define SPF_SECTION(touch_fn) \
	.type = SPF_HOOK_KRETPROBE, \
	.entry = spf_on_section, \
	.ret = spf_on_section_return, \
	.data_size = sizeof(struct spf_open), \
	.instances = SPF_INSTANCES_WRITERS, \
	.touch = touch_fn

/* One that is over in no time: v12 brackets a few stores. */
#define SPF_INSTANT(touch_fn) \
	.type = SPF_HOOK_ENTRY, \
	.entered = spf_on_instant, \
	.touch = touch_fn

/* One up to another function that the same task calls later. */
#define SPF_PAIR(touch_fn) \
	.type = SPF_HOOK_ENTRY, \
	.entered = spf_on_pair, \
	.touch = touch_fn

/* Tells the functions that this one calls what they are called for. */
#define SPF_INSIDE(entry_fn) \
	.type = SPF_HOOK_KRETPROBE, \
	.entry = entry_fn, \
	.ret = spf_on_inside_return, \
	.data_size = sizeof(u8), \
	.instances = SPF_INSTANCES_WRITERS

int spf_on_section(struct kretprobe_instance *ri, struct pt_regs *regs);
int spf_on_section_return(struct kretprobe_instance *ri, struct pt_regs *regs);
void spf_on_instant(const struct spf_hook *h, struct pt_regs *regs);
void spf_on_pair(const struct spf_hook *h, struct pt_regs *regs);
int spf_on_inside_return(struct kretprobe_instance *ri, struct pt_regs *regs);

/**
 * spf_enter_inside - the entry of a function that tells others
 * @ri: has room for what the task was in before
 *
 * Return: nonzero when its return is of no interest.
 */
int spf_enter_inside(struct kretprobe_instance *ri);

/* The same for one that has to come to a section of its kind. */
int spf_on_inside(struct kretprobe_instance *ri, struct pt_regs *regs);

/**
 * spf_enter_madvise - the entry of do_madvise(mm, start, len, behavior)
 * @ri: as above
 * @regs: of the call
 * @wanted: the advice is one that tells others
 */
int spf_enter_madvise(struct kretprobe_instance *ri, struct pt_regs *regs,
		      bool wanted);

#endif /* SPF_ROWS_H */
