// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writers' chain: probe -> shadow table -> counters, trace events.
 */
#include <linux/kprobes.h>

#include <spf/pipe.h>
#include <spf/stats.h>
#include <trace/events/spf.h>

struct spf_shadow *spf_vmas;

static struct spf_key key_of(const struct mm_struct *mm,
			     const struct vm_area_struct *vma)
{
	return (struct spf_key){
		.mm = (unsigned long)mm,
		.vma = (unsigned long)vma,
	};
}

bool spf_mm_shared(const struct mm_struct *mm)
{
	int users = atomic_read(&mm->mm_users);

	return users > 1 || (users == 1 && current->mm != mm);
}

NOKPROBE_SYMBOL(spf_mm_shared);

static void shadow_begin(const struct spf_touch *touch, struct spf_open *open)
{
	struct spf_key key;
	unsigned int i;

	spf_add(SPF_N_SHADOWED, touch->nr);
	for (i = 0; i < touch->nr; i++) {
		key = key_of(touch->mm, touch->vma[i]);
		if (!spf_shadow_begin(spf_vmas, &key, touch->kind,
				      current->pid, open->begin,
				      &open->handle[i]))
			spf_count(SPF_N_FULL);
	}
	open->handle[SPF_TOUCH_MAX].index = SPF_NO_ENTRY;
	/* Without the parent's section there is nothing to inherit. */
	if (!touch->insert || open->handle[0].index == SPF_NO_ENTRY)
		return;
	spf_count(SPF_N_SHADOWED);
	key = key_of(touch->mm, touch->insert);
	if (!spf_shadow_inherit(spf_vmas, &key, &open->handle[0], open->begin,
				&open->handle[SPF_TOUCH_MAX]))
		spf_count(SPF_N_FULL);
}

/* @vma[] of a section without VMAs is read as one that is 0. */
static void trace_begin(const struct spf_touch *touch,
			const struct spf_open *open)
{
	unsigned int i;

	if (!trace_spf_section_begin_enabled())
		return;
	for (i = 0; i < max_t(unsigned int, open->nr, 1); i++)
		trace_spf_section_begin(touch, open, open->vma[i]);
}

static void trace_end(const struct spf_open *open, u64 now)
{
	unsigned int i;

	if (!trace_spf_section_end_enabled())
		return;
	for (i = 0; i < max_t(unsigned int, open->nr, 1); i++)
		trace_spf_section_end(open, open->vma[i],
				      spf_elapsed(open->begin, now));
}

void spf_section_begin(const struct spf_touch *touch, struct spf_open *open)
{
	unsigned int i;

	open->begin = spf_now();
	open->mm = (unsigned long)touch->mm;
	open->nr = touch->nr;
	open->kind = touch->kind;
	open->wanted = spf_wanted();
	open->shadowed = touch->nr && spf_mm_shared(touch->mm);
	for (i = 0; i < SPF_TOUCH_MAX; i++)
		open->vma[i] = (unsigned long)touch->vma[i];
	if (open->shadowed)
		shadow_begin(touch, open);
	if (!open->wanted)
		return;
	spf_count(SPF_N_BEGUN + touch->kind);
	spf_add(SPF_N_VMAS + touch->kind, touch->nr);
	trace_begin(touch, open);
}

NOKPROBE_SYMBOL(spf_section_begin);

void spf_section_end(const struct spf_open *open)
{
	u64 now = spf_now();
	unsigned int i;

	if (open->shadowed) {
		for (i = 0; i < open->nr; i++)
			spf_shadow_end(spf_vmas, &open->handle[i], now);
		spf_shadow_end(spf_vmas, &open->handle[SPF_TOUCH_MAX], now);
	}
	if (!open->wanted)
		return;
	spf_count(SPF_N_ENDED + open->kind);
	trace_end(open, now);
}

NOKPROBE_SYMBOL(spf_section_end);

void spf_vma_born(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
	struct spf_key key = key_of(mm, vma);

	spf_count(SPF_N_SHADOWED);
	if (!spf_shadow_born(spf_vmas, &key, spf_now()))
		spf_count(SPF_N_FULL);
}

NOKPROBE_SYMBOL(spf_vma_born);

void spf_vma_free(const struct vm_area_struct *vma)
{
	struct spf_key key = key_of(vma->vm_mm, vma);

	spf_shadow_drop(spf_vmas, &key);
}

NOKPROBE_SYMBOL(spf_vma_free);
