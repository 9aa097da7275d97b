// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writers' chain: probe -> shadow table -> counters, trace events.
 */
#include <linux/kprobes.h>

#include <spf/compat.h>
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
		.mark = spf_mm_mark(mm),
	};
}

bool spf_mm_shared(const struct mm_struct *mm)
{
	int users = atomic_read(&mm->mm_users);

	return users > 1 || (users == 1 && current->mm != mm) || spf_verify;
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

void spf_section_instant(const struct spf_touch *touch)
{
	struct spf_open open;

	spf_section_begin(touch, &open);
	spf_section_end(&open);
}

NOKPROBE_SYMBOL(spf_section_instant);

/* --- sections that end in another function --- */

static void end_pair(struct spf_writer *w)
{
	spf_section_end(&w->pair);
	w->pairing = false;
}

void spf_pair_begin(const struct spf_touch *touch)
{
	struct spf_writer *w = spf_writer_make();

	if (!w) {
		/* Better a moment than nothing, and say that it was more. */
		spf_count(SPF_N_FULL);
		spf_section_instant(touch);
		return;
	}
	if (w->pairing)
		end_pair(w);
	spf_section_begin(touch, &w->pair);
	w->pairing = true;
}

NOKPROBE_SYMBOL(spf_pair_begin);

/* The writer's half of current's record, if there is one. */
static struct spf_writer *find_writer(void)
{
	struct spf_fault *f = spf_task_find();

	return f ? spf_writer_of(f) : NULL;
}

void spf_pair_end(u8 kind)
{
	struct spf_writer *w = find_writer();

	if (w && w->pairing && w->pair.kind == kind)
		end_pair(w);
}

NOKPROBE_SYMBOL(spf_pair_end);

/* --- what a task is doing --- */

bool spf_enter_kind(u8 kind, u8 *before)
{
	struct spf_writer *w = spf_writer_make();

	if (!w) {
		spf_count(SPF_N_FULL);
		return false;
	}
	*before = w->inside;
	w->inside = kind + 1;
	return true;
}

NOKPROBE_SYMBOL(spf_enter_kind);

void spf_leave_kind(u8 before)
{
	struct spf_writer *w = find_writer();

	if (w)
		w->inside = before;
}

NOKPROBE_SYMBOL(spf_leave_kind);

u8 spf_kind_inside(void)
{
	const struct spf_writer *w = find_writer();

	return w && w->inside ? w->inside - 1 : SPF_NR_KINDS;
}

NOKPROBE_SYMBOL(spf_kind_inside);

/* --- fork --- */

static void begin_fork(struct spf_writer *w, const struct mm_struct *mm)
{
	w->fork_begin = spf_now();
	w->mm = (unsigned long)mm;
	w->chain.index = SPF_NO_ENTRY;
	w->fork_wanted = spf_wanted();
	if (w->fork_wanted)
		spf_count(SPF_N_BEGUN + SPF_KIND_FORK);
}

static void shadow_fork(struct spf_writer *w, const struct vm_area_struct *vma)
{
	const struct spf_key key = key_of(vma->vm_mm, vma);
	struct spf_handle handle;

	spf_count(SPF_N_SHADOWED);
	if (spf_shadow_begin(spf_vmas, &key, SPF_KIND_FORK, current->pid,
			     spf_now(), &handle))
		spf_shadow_chain(spf_vmas, &w->chain, &handle);
	else
		spf_count(SPF_N_FULL);
}

static void end_fork(struct spf_writer *w)
{
	const struct spf_open open = {
		.begin = w->fork_begin,
		.mm = w->mm,
		.kind = SPF_KIND_FORK,
	};
	u64 now = spf_now();

	spf_shadow_end_chain(spf_vmas, &w->chain, now);
	if (w->fork_wanted) {
		spf_count(SPF_N_ENDED + SPF_KIND_FORK);
		trace_end(&open, now);
	}
	w->fork_begin = 0;
}

/*
 * A fork goes up the addresses of one mm.  What does not fit was left over by
 * one whose end was not seen, because somebody has silenced kprobes.
 */
static bool is_another_fork(const struct spf_writer *w,
			    const struct vm_area_struct *vma)
{
	return w->mm != (unsigned long)vma->vm_mm || vma->vm_start <= w->copied;
}

void spf_fork_copy(struct vm_area_struct *vma)
{
	const struct spf_touch touch = {
		.kind = SPF_KIND_FORK,
		.mm = vma->vm_mm,
		.vma = { vma },
		.nr = 1,
		.start = vma->vm_start,
		.end = vma->vm_end,
	};
	struct spf_writer *w = spf_writer_make();

	if (!w) {
		spf_count(SPF_N_FULL);
		return;
	}
	if (w->fork_begin && is_another_fork(w, vma))
		end_fork(w);
	if (!w->fork_begin)
		begin_fork(w, vma->vm_mm);
	w->copied = vma->vm_start;
	if (spf_mm_shared(vma->vm_mm))
		shadow_fork(w, vma);
	if (!w->fork_wanted)
		return;
	spf_count(SPF_N_VMAS + SPF_KIND_FORK);
	if (trace_spf_section_begin_enabled()) {
		const struct spf_open open = {
			.begin = w->fork_begin,
			.mm = w->mm,
			.nr = 1,
			.kind = SPF_KIND_FORK,
		};

		trace_spf_section_begin(&touch, &open, (unsigned long)vma);
	}
}

NOKPROBE_SYMBOL(spf_fork_copy);

void spf_fork_end(void)
{
	struct spf_writer *w = find_writer();

	if (w && w->fork_begin)
		end_fork(w);
}

NOKPROBE_SYMBOL(spf_fork_end);

/* --- the end of a task --- */

void spf_task_exit(void)
{
	struct spf_fault *f = spf_task_find();
	struct spf_writer *w;

	if (!f)
		return;
	spf_fault_exit(f);
	w = spf_writer_of(f);
	if (w->pairing)
		end_pair(w);
	if (w->fork_begin)
		end_fork(w);
	w->inside = 0;
	spf_task_release(f);
}

NOKPROBE_SYMBOL(spf_task_exit);

/* --- the life of a VMA --- */

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
