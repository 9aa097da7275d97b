// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, handlers that many hooks share: how a function that is probed becomes a
 * write section.
 *
 * Handlers run in the context of the probed function, and with preemption off.
 */
#include <linux/mm.h>

#include <spf/compat.h>
#include <spf/decode.h>
#include <spf/rows.h>
#include <spf/section.h>
#include <spf/stats.h>

/* Is this hit a section? */
static bool decode(const struct spf_hook *h, struct pt_regs *regs,
		   struct spf_touch *touch)
{
	switch (h->touch(regs, touch)) {
	case SPF_NOT_UNDERSTOOD:
		spf_misread(h);
		return false;
	case SPF_NOTHING:
		return false;
	case SPF_TOUCHED:
		break;
	}
	spf_seen_kind(touch->kind);
	return true;
}

/* From entry to return of a function. */
int spf_on_section(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct spf_hook *h = spf_hook_of(ri);
	struct spf_touch touch = { .kind = h->kind };

	spf_hit(h);
	if (!decode(h, regs, &touch))
		return 1;
	spf_section_begin(&touch, (struct spf_open *)ri->data);
	return 0;
}

int spf_on_section_return(struct kretprobe_instance *ri,
			  struct pt_regs *regs)
{
	spf_section_end((struct spf_open *)ri->data);
	return 0;
}

/* Over in no time: v12 brackets a few stores. */
void spf_on_instant(const struct spf_hook *h, struct pt_regs *regs)
{
	struct spf_touch touch = { .kind = h->kind };

	if (decode(h, regs, &touch))
		spf_section_instant(&touch);
}

/* From one function to another one that the same task calls later. */
void spf_on_pair(const struct spf_hook *h, struct pt_regs *regs)
{
	struct spf_touch touch = { .kind = h->kind };

	if (decode(h, regs, &touch))
		spf_pair_begin(&touch);
}

/*
 * Tells the functions that this one calls what they are called for.  @data is
 * what the task was in before.
 */
int spf_enter_inside(struct kretprobe_instance *ri)
{
	const struct spf_hook *h = spf_hook_of(ri);

	spf_hit(h);
	/* Nobody is in a fault in an mm that is being torn down. */
	return !current->mm || !spf_enter_kind(h->kind, (u8 *)ri->data);
}

/* For one that has to come to such a section. */
int spf_on_inside(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (spf_enter_inside(ri))
		return 1;
	spf_count_cold(SPF_N_TOLD + spf_hook_of(ri)->kind);
	return 0;
}

int spf_on_inside_return(struct kretprobe_instance *ri,
			 struct pt_regs *regs)
{
	spf_leave_kind(*(u8 *)ri->data);
	return 0;
}

/* do_madvise(mm, start, len, behavior) */
int spf_enter_madvise(struct kretprobe_instance *ri, struct pt_regs *regs,
		      bool wanted)
{
	bool understood = spf_is_mm(spf_arg(regs, 0));

	if (understood && wanted)
		return spf_on_inside(ri, regs);
	spf_hit(spf_hook_of(ri));
	if (!understood)
		spf_misread(spf_hook_of(ri));
	return 1;
}
