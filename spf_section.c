// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writers' chain: probe -> shadow table -> counters, trace events.
 *
 * Notes on lifetime
 *
 * A VMA is read only under what keeps it, and what keeps it is never that another
 * probe was hit: a hit may be missed for many reasons.
 *
 * - At the entry of a probed function its arguments are kept by the function's
 *   caller; at the return as well, unless the function itself may free them.
 * - Where it may (what moves bounds and is no split), and for whatever is over by
 *   then (moments, pairs): by the tree of an mm that lives and that current has
 *   locked for write.  What is in the tree cannot go before the lock does.
 * - What is being torn down is not in the tree: free_pgtables() keeps it until
 *   it returns, and the function that frees it until it does.
 *
 * An mm lives while it is an argument of the function that is probed, or
 * current's own.  What nothing keeps is not read: then it is not known what the
 * section has changed, and the figures say so.
 */
#include <linux/mm.h>

#include <spf/audit.h>
#include <spf/clock.h>
#include <spf/compat.h>
#include <spf/defer.h>
#include <spf/fault.h>
#include <spf/filter.h>
#include <spf/fork.h>
#include <spf/hold.h>
#include <spf/lock.h>
#include <spf/section.h>
#include <spf/shadow.h>
#include <spf/stats.h>
#include <spf/task.h>
#include <spf/verdict.h>
#include <trace/events/spf.h>

struct spf_shadow *spf_vmas;

/* Was it the only one on its VMA? */
static noinline void count_company(u8 kind, enum spf_begun begun)
{
	if (begun == SPF_BEGUN_FULL)
		spf_count(SPF_N_FULL);
	else if (!spf_wanted())
		return;
	else if (begun == SPF_BEGUN_NESTED)
		spf_count_cold(SPF_N_NESTED + kind);
	else if (begun == SPF_BEGUN_CONCURRENT)
		spf_count_cold(SPF_N_CONCURRENT + kind);
}

void spf_section_shadow(const struct spf_key *key, struct spf_change *change,
			struct spf_handle *handle)
{
	enum spf_begun begun = spf_shadow_begin(spf_vmas, key, change, handle);

	spf_count(SPF_N_SHADOWED);
	if (unlikely(begun != SPF_BEGUN_ALONE))
		count_company(change->kind, begun);
}

static noinline void resolve(u32 slot, const struct spf_open *open, unsigned int i)
{
	const struct spf_key key = { .mm = open->mm, .vma = open->vma[i] };
	u64 faults = spf_hold_resolve(spf_holds, slot, key.vma);

	if (!faults)
		return;
	spf_settle_resolved(open->kind, faults);
	trace_spf_possible(&key, open->hold, open->kind, faults);
}

void spf_section_resolve(u32 slot, const struct spf_open *open)
{
	unsigned int i;

	if (!open->hold || likely(!spf_hold_sections(spf_holds, slot, open->kind, open->nr)))
		return;
	for (i = 0; i < open->nr; i++)
		resolve(slot, open, i);
}

/*
 * What a section does to a VMA is known before by its kind, or has to be seen.  An
 * mprotect is one of flags unless the VMA was merged with another one before,
 * whose flags it now has: then it is about a part only.
 */
static u8 known_effect(u8 kind, bool whole)
{
	if (kind == SPF_KIND_MPROTECT)
		return whole ? SPF_EFFECT_FLAGS : SPF_EFFECT_OTHER;
	return SPF_KINDS_OF_TABLES & BIT(kind) ? SPF_EFFECT_OTHER :
	       SPF_EFFECT_UNKNOWN;
}

bool spf_section_marks(const struct spf_open *open, unsigned int i)
{
	const u32 never = BIT(SPF_KIND_UNMAP) | BIT(SPF_KIND_UFFD_WP) |
			  BIT(SPF_KIND_MADV_FREE) | BIT(SPF_KIND_NUMA);

	return open->hold && !(never & BIT(open->kind)) &&
	       i + open->behind < open->nr;
}

u64 spf_section_marked(const struct spf_open *open, unsigned int i)
{
	const struct spf_fault *f = spf_task_find();
	u64 since = 0;

	if (f)
		since = spf_lock_marked(spf_slot_of(f), open->hold,
					(const void *)open->vma[i]);
	return since ? min(since, open->begin[i]) : open->begin[i];
}

static void shadow_insert(const struct spf_touch *touch, struct spf_open *open)
{
	struct spf_key key = spf_key_of(touch->mm, touch->insert);
	u64 now;

	/* Without the parent's section there is nothing to inherit. */
	if (!spf_shadow_alive(spf_vmas, &open->handle[0]))
		return;
	spf_count(SPF_N_SHADOWED);
	now = spf_now();
	if (!spf_shadow_inherit(spf_vmas, &key, &open->handle[0], now,
				&open->handle[SPF_TOUCH_MAX]))
		spf_count(SPF_N_FULL);
	else if (open->wanted)
		trace_spf_vma_split(&key, open, now);
	open->insert = key.vma;
}

static void shadow_begin(const struct spf_touch *touch, struct spf_open *open)
{
	u32 slot = spf_slot_make();
	struct spf_change change = {
		.start = touch->start,
		.end = touch->end,
		.writer = current->pid,
		.slot = slot,
		.kind = touch->kind,
	};
	unsigned int i;

	if (slot != SPF_NO_SLOT && unlikely(spf_writer_at(slot)->moment.pending))
		spf_moment_over(slot, touch->mm);
	open->hold = spf_lock_hold(slot, touch->mm, open->mode);
	/* A hold has named its task. */
	if (!open->hold)
		spf_writer_name(slot);
	change.hold = open->hold;
	for (i = 0; i < touch->nr; i++) {
		const struct spf_key key = spf_key_of(touch->mm, touch->vma[i]);
		struct spf_fields *before = &open->before[i];

		spf_fields_read(touch->vma[i], before);
		change.vm_start = before->value[SPF_FIELD_START];
		change.vm_end = before->value[SPF_FIELD_END];
		change.begin = 0;
		change.effect = known_effect(touch->kind,
					     touch->start <= change.vm_start &&
					     touch->end >= change.vm_end);
		change.marks = spf_section_marks(open, i);
		if (SPF_VMA_LOCKS)
			change.marked = spf_lock_marked(slot, open->hold, touch->vma[i]);
		spf_section_shadow(&key, &change, &open->handle[i]);
		open->begin[i] = change.begin;
	}
	spf_section_resolve(slot, open);
	open->handle[SPF_TOUCH_MAX].index = SPF_NO_ENTRY;
	if (touch->insert)
		shadow_insert(touch, open);
}

/* @vma[] of a section without VMAs is read as one that is 0. */
static void trace_begin(const struct spf_open *open)
{
	unsigned int i;

	if (!trace_spf_section_begin_enabled())
		return;
	for (i = 0; i < max_t(unsigned int, open->nr, 1); i++)
		trace_spf_section_begin(open, i);
}

/* One instant for all of the VMAs: nobody is there who could come in between. */
static void begin_at(struct spf_open *open, u64 now)
{
	unsigned int i;

	for (i = 0; i < SPF_TOUCH_MAX; i++)
		open->begin[i] = now;
}

void spf_section_begin(const struct spf_touch *touch, struct spf_open *open)
{
	unsigned int i;

	if (touch->kind == SPF_KIND_STACK)
		spf_fault_grew();
	open->hold = 0;
	open->mm = (unsigned long)touch->mm;
	open->start = touch->start;
	open->end = touch->end;
	open->insert = 0;
	open->nr = touch->nr;
	open->behind = touch->behind;
	open->kind = touch->kind;
	open->wanted = spf_wanted();
	open->shadowed = touch->nr && spf_mm_shared(touch->mm);
	open->mode = spf_lock_mode(&touch->mm->mmap_lock);
	for (i = 0; i < SPF_TOUCH_MAX; i++)
		open->vma[i] = (unsigned long)touch->vma[i];
	if (open->shadowed)
		shadow_begin(touch, open);
	else
		begin_at(open, spf_now());
	if (!open->wanted)
		return;
	spf_count(SPF_N_BEGUN + touch->kind);
	spf_add(SPF_N_VMAS + touch->kind, touch->nr);
	trace_begin(open);
}

/* What changed hands: nothing, what one end moved over, or what both did. */
static struct spf_range moved(const struct spf_fields *before,
			      const struct spf_fields *after)
{
	u64 start = before->value[SPF_FIELD_START];
	u64 end = before->value[SPF_FIELD_END];
	u64 new_start = after->value[SPF_FIELD_START];
	u64 new_end = after->value[SPF_FIELD_END];
	struct spf_range range = {};

	if (start != new_start) {
		range.start = min(start, new_start);
		range.end = max(start, new_start);
	}
	if (end != new_end) {
		range.start = range.end ? range.start : min(end, new_end);
		range.end = max(end, new_end);
	}
	return range;
}

static void trace_changed(u8 kind, unsigned long mm, unsigned long vma, u64 begin,
			  const struct spf_fields *before,
			  const struct spf_fields *after)
{
	const struct spf_key key = { .mm = mm, .vma = vma };
	u32 changed;

	if (!trace_spf_section_changed_enabled())
		return;
	changed = spf_fields_changed(before, after);
	trace_spf_section_changed(kind, &key, begin, spf_now(),
				  spf_effect_of(changed, before, after), changed);
}

/* --- what keeps a VMA --- */

/*
 * Is it in the tree of this mm, which current has locked?  Whatever has become of
 * it, it holds the first or the last byte that it held before.
 */
static bool is_in_tree(const struct mm_struct *mm, unsigned long vma,
		       const struct spf_fields *before)
{
	struct mm_struct *tree = (struct mm_struct *)mm;

	if (!mm || spf_lock_mode(&tree->mmap_lock) != SPF_MODE_WRITE)
		return false;
	return (unsigned long)spf_vma_at(tree, before->value[SPF_FIELD_START]) ==
	       vma ||
	       (unsigned long)spf_vma_at(tree,
					 before->value[SPF_FIELD_END] - 1) == vma;
}

/*
 * What keeps the VMAs of a section to its end?  CALLER: the caller of the function
 * that the section is the run of, and that does not free any.
 */
enum keeper {
	KEPT_BY_NOTHING,
	KEPT_BY_CALLER,
	KEPT_BY_TREE,
};

static bool is_kept(const struct spf_open *open, unsigned int i,
		    enum keeper keeper)
{
	if (keeper != KEPT_BY_TREE)
		return keeper == KEPT_BY_CALLER;
	/* It may be another VMA by now, in the same place. */
	return spf_shadow_alive(spf_vmas, &open->handle[i]) &&
	       is_in_tree((const struct mm_struct *)open->mm, open->vma[i],
			  &open->before[i]);
}

/* Compares a VMA with what it was, and says what the section was about. */
static struct spf_range audit(const struct spf_open *open, unsigned int i)
{
	const struct spf_fields *before = &open->before[i];
	struct spf_range range = { open->start, open->end };
	struct spf_fields after spf_unset;
	u32 changed;

	spf_fields_read((const struct vm_area_struct *)open->vma[i], &after);
	changed = spf_fields_changed(before, &after);
	if (open->wanted)
		spf_audit_changed(open->kind, open->mode, changed);
	if (BIT(open->kind) & SPF_KINDS_OF_BOUNDS)
		range = moved(before, &after);
	if (known_effect(open->kind, true) != SPF_EFFECT_UNKNOWN)
		return range;
	range.effect = spf_effect_of(changed, before, &after);
	if (open->wanted)
		trace_changed(open->kind, open->mm, open->vma[i],
			      open->begin[i], before, &after);
	return range;
}

static void count_freed(const struct spf_open *open, unsigned int i)
{
	if (open->wanted && open->handle[i].index < SPF_LOST_ENTRY &&
	    !spf_shadow_alive(spf_vmas, &open->handle[i]))
		spf_audit_freed(open->kind, open->mode);
}

static void end_vma(const struct spf_open *open, unsigned int i,
		    enum keeper keeper)
{
	struct spf_range range = { open->start, open->end };
	u64 now;

	if (open->shadowed && is_kept(open, i, keeper))
		range = audit(open, i);
	else if (open->shadowed && keeper == KEPT_BY_TREE)
		count_freed(open, i);
	if (open->shadowed)
		now = spf_shadow_end(spf_vmas, &open->handle[i], 0, &range);
	else
		now = spf_now();
	if (open->wanted)
		trace_spf_section_end(open, open->vma[i], open->begin[i],
				      &range, now);
}

static void end_insert(const struct spf_open *open)
{
	const struct spf_range range = { open->start, open->end };
	u64 now = spf_shadow_end(spf_vmas, &open->handle[SPF_TOUCH_MAX], 0,
				 &range);

	if (open->wanted)
		trace_spf_section_end(open, open->insert, open->begin[0],
				      &range, now);
}

static void end_section(const struct spf_open *open, enum keeper keeper)
{
	const struct spf_range range = { open->start, open->end };
	unsigned int i;

	for (i = 0; i < open->nr; i++)
		end_vma(open, i, keeper);
	if (open->shadowed && open->insert)
		end_insert(open);
	if (!open->wanted)
		return;
	spf_count(SPF_N_ENDED + open->kind);
	if (!open->nr)
		trace_spf_section_end(open, 0, open->begin[0], &range,
				      spf_now());
}

/*
 * What moves bounds may swallow VMAs, and free them.  A split does not: __vma_adjust()
 * looks for what to swallow only when it has nothing to insert.
 */
void spf_section_end(const struct spf_open *open)
{
	const u32 may_free = BIT(SPF_KIND_ADJUST) | BIT(SPF_KIND_EXPAND);

	end_section(open, may_free & BIT(open->kind) && !open->insert ?
		    KEPT_BY_TREE : KEPT_BY_CALLER);
}

/* --- sections that take no time --- */

/* Compares a VMA that is kept with what it was. */
static void look_at_moment(const struct spf_moment *m)
{
	struct spf_fields after spf_unset;
	u32 changed;

	if (!spf_shadow_alive(spf_vmas, &m->handle))
		return;
	spf_fields_read((const struct vm_area_struct *)m->vma, &after);
	changed = spf_fields_changed(&m->before, &after);
	if (m->wanted)
		spf_audit_changed(m->kind, m->mode, changed);
	if (known_effect(m->kind, true) != SPF_EFFECT_UNKNOWN)
		return;
	spf_shadow_settle(spf_vmas, &m->handle,
			  spf_effect_of(changed, &m->before, &after));
	if (m->wanted)
		trace_changed(m->kind, m->mm, m->vma, m->begin, &m->before,
			      &after);
}

/* Is current still in the call of free_pgtables() that keeps it? */
static bool is_torn_down(const struct spf_writer *w)
{
	return w->moment.kind == SPF_KIND_PGTABLES &&
	       w->inside == SPF_KIND_PGTABLES + 1 && w->moment.call == w->calls;
}

void spf_moment_over(u32 slot, const struct mm_struct *mm)
{
	struct spf_writer *w = spf_writer_at(slot);
	struct spf_moment *m = &w->moment;

	if (!m->pending)
		return;
	m->pending = false;
	if (is_torn_down(w) || ((unsigned long)mm == m->mm &&
				is_in_tree(mm, m->vma, &m->before)))
		look_at_moment(m);
}

static void remember_moment(const struct spf_open *open)
{
	struct spf_fault *f = spf_task_find();
	struct spf_writer *w;

	if (!f)
		return;
	w = spf_writer_of(f);
	w->moment = (struct spf_moment){
		.begin = open->begin[0],
		.mm = open->mm,
		.handle = open->handle[0],
		.vma = open->vma[0],
		.before = open->before[0],
		.kind = open->kind,
		.mode = open->mode,
		.wanted = open->wanted,
		.pending = true,
		.call = w->calls,
	};
}

void spf_section_instant(const struct spf_touch *touch)
{
	struct spf_open open spf_unset;

	spf_section_begin(touch, &open);
	end_section(&open, KEPT_BY_NOTHING);
	if (open.shadowed)
		remember_moment(&open);
}

/* --- sections that end in another function --- */

static void end_pair(struct spf_writer *w, enum keeper keeper)
{
	end_section(&w->pair, keeper);
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
	/* One that was left over has ended some time ago, without being seen. */
	if (w->pairing)
		end_pair(w, KEPT_BY_NOTHING);
	spf_section_begin(touch, &w->pair);
	w->pairing = true;
}

/* The writer's half of current's record, if there is one. */
static struct spf_writer *find_writer(void)
{
	struct spf_fault *f = spf_task_find();

	return f ? spf_writer_of(f) : NULL;
}

void spf_pair_end(u8 kind, const struct mm_struct *mm)
{
	struct spf_writer *w = find_writer();

	if (w && w->pairing && w->pair.kind == kind &&
	    w->pair.mm == (unsigned long)mm)
		end_pair(w, KEPT_BY_TREE);
}

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
	w->calls++;
	return true;
}

void spf_leave_kind(u8 before)
{
	struct spf_writer *w = find_writer();

	if (!w)
		return;
	/* The last moment at which what it tears down is kept. */
	if (w->moment.pending && is_torn_down(w))
		spf_moment_over(spf_slot_of(spf_task_find()), NULL);
	w->inside = before;
}

u8 spf_kind_inside(void)
{
	const struct spf_writer *w = find_writer();

	return w && w->inside ? w->inside - 1 : SPF_NR_KINDS;
}

/* --- the lock is given back --- */

void spf_lock_over(u32 slot, const struct mm_struct *mm,
		   const struct mm_struct *kept)
{
	struct spf_writer *w = spf_writer_at(slot);

	if (w->pairing && w->pair.mm == (unsigned long)mm)
		end_pair(w, kept ? KEPT_BY_TREE : KEPT_BY_NOTHING);
	/* A fork has copied all VMAs when it lets others in again: v12 patch 18. */
	if (w->fork_begin && w->mm == (unsigned long)mm)
		spf_fork_end(w);
	spf_moment_over(slot, kept);
}

/* --- the end of a task --- */

void spf_task_exit(void)
{
	struct spf_fault *f = spf_task_find();
	struct spf_writer *w;

	spf_filter_task_exit();
	if (!f)
		return;
	spf_fault_exit(f);
	w = spf_writer_of(f);
	if (w->pairing)
		end_pair(w, KEPT_BY_NOTHING);
	if (w->fork_begin)
		spf_fork_end(w);
	spf_lock_exit(f);
	w->moment.pending = false;
	w->kernel.t0 = 0;
	w->inside = 0;
	w->aborted = 0;
	w->tid = 0;
	spf_task_release(f);
}

/* --- the life of a VMA --- */

void spf_vma_born(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
	struct spf_key key = spf_key_of(mm, vma);
	u64 now = spf_now();

	spf_count(SPF_N_SHADOWED);
	if (!spf_shadow_born(spf_vmas, &key, now))
		spf_count(SPF_N_FULL);
	if (spf_wanted())
		trace_spf_vma_alloc(&key, now);
}

static struct spf_key key_of_freed(const struct vm_area_struct *vma)
{
	return (struct spf_key){
		.mm = (unsigned long)vma->vm_mm,
		.vma = (unsigned long)vma,
	};
}

static void forget(const struct spf_key *key)
{
	spf_shadow_drop(spf_vmas, key);
	spf_add(SPF_N_CLEARED, spf_defer_forget(spf_holds, key->mm, key->vma));
}

void spf_vma_free(const struct vm_area_struct *vma)
{
	const struct spf_key key = key_of_freed(vma);
	struct spf_writer *w = find_writer();

	/* Its last chance to be seen. */
	if (w && w->moment.pending && w->moment.vma == key.vma) {
		w->moment.pending = false;
		look_at_moment(&w->moment);
	}
	forget(&key);
	if (spf_wanted())
		trace_spf_vma_free(&key, spf_now());
}

void spf_vma_gone(const struct vm_area_struct *vma)
{
	const struct spf_key key = key_of_freed(vma);

	forget(&key);
}
