// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fork: the sections of all VMAs that it copies, which end together.
 */
#include <linux/mm.h>

#include <spf/audit.h>
#include <spf/clock.h>
#include <spf/compat.h>
#include <spf/filter.h>
#include <spf/fork.h>
#include <spf/lock.h>
#include <spf/section.h>
#include <spf/shadow.h>
#include <spf/share.h>
#include <spf/stats.h>
#include <spf/task.h>
#include <trace/events/spf.h>

static void begin_fork(struct spf_writer *w, const struct mm_struct *mm)
{
	w->fork_begin = spf_now();
	w->mm = (unsigned long)mm;
	w->share = spf_shadow_share(spf_vmas);
	w->fork_wanted = spf_wanted();
	if (w->fork_wanted)
		spf_count(SPF_N_BEGUN + SPF_KIND_FORK);
}

static void shadow_fork(struct spf_writer *w, const struct vm_area_struct *vma,
			u32 slot, struct spf_open *open)
{
	const struct spf_key key = spf_key_of(vma->vm_mm, vma);
	struct spf_change change = {
		.hold = open->hold,
		.start = vma->vm_start,
		.end = vma->vm_end,
		.vm_start = vma->vm_start,
		.vm_end = vma->vm_end,
		.writer = current->pid,
		.slot = slot,
		.share = w->share,
		.kind = SPF_KIND_FORK,
		/* Of page tables. */
		.effect = SPF_EFFECT_OTHER,
		.marks = spf_section_marks(open, 0),
		.marked = spf_lock_marked(slot, open->hold, vma),
	};
	struct spf_handle handle;

	/* A hold has named its task. */
	if (!open->hold)
		spf_writer_name(slot);
	spf_section_shadow(&key, &change, &handle);
	spf_section_resolve(slot, open);
	open->begin[0] = change.begin;
}

void spf_fork_end(struct spf_writer *w)
{
	const struct spf_open open = {
		.mm = w->mm,
		.kind = SPF_KIND_FORK,
	};
	const struct spf_range nothing = {};
	u64 now = spf_shadow_share_end(spf_vmas, w->share, 0);

	if (w->fork_wanted) {
		spf_count(SPF_N_ENDED + SPF_KIND_FORK);
		trace_spf_section_end(&open, 0, w->fork_begin, &nothing, now);
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

/* One VMA of the parent, as a section of its own that the fork will end. */
static void open_fork(struct spf_writer *w, const struct vm_area_struct *vma,
		      struct spf_open *open)
{
	u32 slot;

	*open = (struct spf_open){
		.begin = { spf_now() },
		.mm = (unsigned long)vma->vm_mm,
		.vma = { (unsigned long)vma },
		.start = vma->vm_start,
		.end = vma->vm_end,
		.nr = 1,
		.kind = SPF_KIND_FORK,
		.mode = spf_lock_mode(&vma->vm_mm->mmap_lock),
		.shadowed = spf_mm_shared(vma->vm_mm),
	};
	spf_fields_read(vma, &open->before[0]);
	if (!open->shadowed)
		return;
	slot = spf_slot_make();
	open->hold = spf_lock_hold(slot, vma->vm_mm, open->mode);
	shadow_fork(w, vma, slot, open);
}

void spf_fork_copy(struct vm_area_struct *vma)
{
	struct spf_writer *w = spf_writer_make();
	struct spf_open open;

	if (!w) {
		spf_count(SPF_N_FULL);
		return;
	}
	if (w->fork_begin && is_another_fork(w, vma))
		spf_fork_end(w);
	if (!w->fork_begin)
		begin_fork(w, vma->vm_mm);
	w->copied = vma->vm_start;
	open_fork(w, vma, &open);
	if (!w->fork_wanted)
		return;
	spf_count(SPF_N_VMAS + SPF_KIND_FORK);
	trace_spf_section_begin(&open, 0);
}
