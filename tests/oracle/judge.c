// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules, see judge.h.
 *
 * Each VMA's sections are sorted by their begin, with the latest end so far
 * beside them, so that those that reach into the time of a fault are found by
 * one search and a short walk back.
 */
#include "judge.h"
#include "table.h"

/* What a task is in the middle of. */
struct task {
	DECLARE_ARRAY(__u32, open);
	/* A child of a split whose section has not been recorded yet. */
	struct split split;
	__u32 child;
	/* Its last holds, in a ring. */
	__u32 over[HOLDS_REMEMBERED];
	size_t nr_over;
};

struct history {
	DECLARE_ARRAY(struct section, sections);
	DECLARE_ARRAY(struct life, lives);
	DECLARE_ARRAY(struct hold, holds);
	DECLARE_ARRAY(struct task, tasks);
	struct map task_of, life_of, hold_of, section_of;

	/* Sections by life, then begin, and the latest end up to each. */
	__u32 *by_life;
	__u64 *latest;
	__u32 *place;		/* of each section in these */
	/* Lives by VMA, in their order, and the first of each VMA. */
	__u32 *by_vma;
	struct map first_of;
	/* Holds by mm, then begin of their wait, and the latest release so far. */
	__u32 *by_wait;
	__u64 *released;
	/* The same by when they got it; those that gave up come first. */
	__u32 *by_acquired;

	/* Of the fault that is judged. */
	DECLARE_ARRAY(struct sight, sights);
	DECLARE_ARRAY(__u64, queue);
};

struct history *history_new(void)
{
	return memset(grown(NULL, 1, sizeof(struct history)), 0,
		      sizeof(struct history));
}

void history_free(struct history *h)
{
	size_t i;

	for (i = 0; i < h->tasks.nr; i++)
		free(h->tasks.v[i].open.v);
	free(h->sections.v);
	free(h->lives.v);
	free(h->holds.v);
	free(h->tasks.v);
	free(h->sights.v);
	free(h->queue.v);
	map_free(&h->task_of);
	map_free(&h->life_of);
	map_free(&h->hold_of);
	map_free(&h->section_of);
	map_free(&h->first_of);
	free(h->by_life);
	free(h->latest);
	free(h->place);
	free(h->by_vma);
	free(h->by_wait);
	free(h->released);
	free(h->by_acquired);
	free(h);
}

/* --- what happened --- */

static __u32 new_life(struct history *h, __u32 mm, __u32 vma)
{
	struct life *life = ARRAY_ADD(&h->lives);

	life->mm = mm;
	life->vma = vma;
	life->freed = NEVER;
	life->parent = NOBODY;
	life->split_section = NOBODY;
	*map_at(&h->life_of, vma) = h->lives.nr;
	return h->lives.nr - 1;
}

/* The life of a VMA now; the map keeps it after its end, so that is asked. */
static __u32 life_now(const struct history *h, __u32 vma)
{
	__u32 i = map_get(&h->life_of, vma);

	return i && h->lives.v[i - 1].freed == NEVER ? i - 1 : NOBODY;
}

static void end_life(struct history *h, __u32 vma, __u64 at)
{
	__u32 life = life_now(h, vma);

	if (life != NOBODY)
		h->lives.v[life].freed = at;
}

void history_alloc(struct history *h, __u32 mm, __u32 vma, __u64 at)
{
	__u32 life;

	end_life(h, vma, at);
	life = new_life(h, mm, vma);
	h->lives.v[life].birth = at;
}

void history_freed(struct history *h, __u32 mm, __u32 vma, __u64 at)
{
	/* Without a life of its own: the end of one of which nothing is known. */
	if (life_now(h, vma) == NOBODY)
		new_life(h, mm, vma);
	end_life(h, vma, at);
}

static struct task *task_of(struct history *h, __s32 pid)
{
	__u32 *at = map_at(&h->task_of, pid);

	if (!*at) {
		ARRAY_ADD(&h->tasks)->child = NOBODY;
		*at = h->tasks.nr;
	}
	return &h->tasks.v[*at - 1];
}

/* As good as the three themselves: of 64 bits. */
static __u64 key_of(const struct section *s)
{
	return (s->begin * 0xff51afd7ed558ccdULL) ^
		((__u64)s->vma << 16) ^ s->kind;
}

static __u32 add_section(struct history *h, const struct section *s)
{
	__u32 i = h->sections.nr;

	*ARRAY_ADD(&h->sections) = *s;
	h->sections.v[i].end = NEVER;
	h->sections.v[i].after = s->before;
	*ARRAY_ADD(&task_of(h, s->task)->open) = i;
	*map_at(&h->section_of, key_of(s)) = i + 1;
	return i;
}

/* The section of a split is open on the child, too. */
static void open_on_child(struct history *h, __u32 child, __u32 section)
{
	struct section s = h->sections.v[section];
	__u32 copy;

	h->lives.v[child].split_section = section;
	s.vma = h->lives.v[child].vma;
	copy = add_section(h, &s);
	h->sections.v[copy].life = s.life == NOBODY ? NOBODY : child;
	h->sections.v[copy].copied = true;
}

static bool is_of_split(const struct split *split, const struct section *s)
{
	return s->vma == split->parent && s->kind == split->kind &&
		s->begin == split->begin;
}

__u32 history_begin(struct history *h, const struct section *s)
{
	__u32 i = add_section(h, s), life = NOBODY;
	struct task *task = task_of(h, s->task);
	__u32 child = task->child;

	if (s->shared && s->vma) {
		life = life_now(h, s->vma);
		if (life == NOBODY)
			life = new_life(h, s->mm, s->vma);
	}
	h->sections.v[i].life = life;
	if (child != NOBODY && is_of_split(&task->split, s)) {
		task->child = NOBODY;
		open_on_child(h, child, i);
	}
	return i;
}

static bool is_same(const struct section *a, const struct section *b)
{
	return a->vma == b->vma && a->kind == b->kind && a->begin == b->begin;
}

/* Takes the place of one that is no longer open. */
static void close_at(struct task *task, size_t i)
{
	memmove(&task->open.v[i], &task->open.v[i + 1],
		(--task->open.nr - i) * sizeof(*task->open.v));
}

static __u32 find_open(struct history *h, const struct section *s, bool take)
{
	struct task *task = task_of(h, s->task);
	size_t i = task->open.nr;
	__u32 found;

	while (i--) {
		found = task->open.v[i];
		if (!is_same(&h->sections.v[found], s))
			continue;
		if (take)
			close_at(task, i);
		return found;
	}
	return NOBODY;
}

const struct section *history_end(struct history *h, const struct section *s)
{
	__u32 found = find_open(h, s, true);
	struct section *open;

	if (found == NOBODY)
		return NULL;
	open = &h->sections.v[found];
	open->end = s->end;
	open->after = s->before;
	return open;
}

const struct section *history_changed(struct history *h,
				      const struct section *s)
{
	__u32 i = map_get(&h->section_of, key_of(s));
	struct section *was;

	if (!i || !is_same(&h->sections.v[i - 1], s))
		return NULL;
	was = &h->sections.v[i - 1];
	if (was->changed || was->task != s->task || was->copied)
		return NULL;
	was->changed = true;
	was->effect = s->effect;
	was->fields = s->fields;
	was->changed_at = s->changed_at;
	was->changed_known = s->changed_known;
	return was;
}

unsigned int history_end_fork(struct history *h, __s32 pid, __u64 at)
{
	struct task *task = task_of(h, pid);
	unsigned int ended = 0;
	size_t i = task->open.nr;
	struct section *s;

	while (i--) {
		s = &h->sections.v[task->open.v[i]];
		if (s->kind != SPF_KIND_FORK)
			continue;
		s->end = at;
		close_at(task, i);
		ended++;
	}
	return ended;
}

/* The event of a split may come before that of its section, or after it. */
bool history_split(struct history *h, const struct split *split)
{
	const struct section key = {
		.vma = split->parent, .task = split->task,
		.kind = split->kind, .begin = split->begin,
	};
	__u32 parent = life_now(h, split->parent), child, open;
	struct task *task = task_of(h, split->task);
	bool alone = task->child != NOBODY;
	struct life *life;

	end_life(h, split->child, split->at);
	child = new_life(h, split->mm, split->child);
	if (parent == NOBODY)
		parent = new_life(h, split->mm, split->parent);
	life = &h->lives.v[child];
	life->birth = h->lives.v[parent].birth;
	life->parent = parent;
	life->split = split->at;
	open = find_open(h, &key, false);
	task->child = NOBODY;
	if (open != NOBODY) {
		open_on_child(h, child, open);
	} else {
		task->child = child;
		task->split = *split;
	}
	return !alone;
}

void history_hold(struct history *h, const struct hold *hold)
{
	*ARRAY_ADD(&h->holds) = *hold;
	*map_at(&h->hold_of, hold->id) = h->holds.nr;
}

const struct hold *history_hold_of(const struct history *h, __u64 id)
{
	__u32 i = map_get(&h->hold_of, id);

	return i ? &h->holds.v[i - 1] : NULL;
}

size_t history_sections(const struct history *h)
{
	return h->sections.nr;
}

struct section *history_section(const struct history *h, size_t i)
{
	return &h->sections.v[i];
}

size_t history_holds(const struct history *h)
{
	return h->holds.nr;
}

const struct hold *history_hold_at(const struct history *h, size_t i)
{
	return &h->holds.v[i];
}

const struct life *history_life_of(const struct history *h,
				   const struct section *s)
{
	return s->life == NOBODY ? NULL : &h->lives.v[s->life];
}

/* --- sorted --- */

static __u32 *numbers(size_t nr)
{
	__u32 *v = grown(NULL, nr + 1, sizeof(*v));
	size_t i;

	for (i = 0; i < nr; i++)
		v[i] = i;
	return v;
}

static int order(__u64 a, __u64 b)
{
	return a < b ? -1 : a > b;
}

static int by_life(const void *a, const void *b, void *arg)
{
	const struct history *h = arg;
	__u32 i = *(const __u32 *)a, k = *(const __u32 *)b;
	const struct section *s = &h->sections.v[i], *t = &h->sections.v[k];

	return order(s->life, t->life) ?: order(s->begin, t->begin) ?:
		order(i, k);
}

static int by_vma(const void *a, const void *b, void *arg)
{
	const struct history *h = arg;
	__u32 i = *(const __u32 *)a, k = *(const __u32 *)b;

	return order(h->lives.v[i].vma, h->lives.v[k].vma) ?: order(i, k);
}

static int by_wait(const void *a, const void *b, void *arg)
{
	const struct history *h = arg;
	__u32 i = *(const __u32 *)a, k = *(const __u32 *)b;
	const struct hold *s = &h->holds.v[i], *t = &h->holds.v[k];

	return order(s->mm, t->mm) ?: order(s->wait, t->wait) ?: order(i, k);
}

static int by_acquired(const void *a, const void *b, void *arg)
{
	const struct history *h = arg;
	__u32 i = *(const __u32 *)a, k = *(const __u32 *)b;
	const struct hold *s = &h->holds.v[i], *t = &h->holds.v[k];

	return order(s->mm, t->mm) ?: order(s->acquired, t->acquired) ?:
		order(i, k);
}

static __u64 later(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

static void index_sections(struct history *h)
{
	size_t nr = h->sections.nr, i;
	const struct section *s;
	struct life *life;

	h->by_life = numbers(nr);
	qsort_r(h->by_life, nr, sizeof(*h->by_life), by_life, h);
	h->latest = grown(NULL, nr + 1, sizeof(*h->latest));
	h->place = numbers(nr);
	for (i = 0; i < nr; i++) {
		s = &h->sections.v[h->by_life[i]];
		h->place[h->by_life[i]] = i;
		h->latest[i] = s->end;
		if (s->life == NOBODY)
			continue;
		life = &h->lives.v[s->life];
		if (!life->nr++)
			life->first = i;
		else
			h->latest[i] = later(s->end, h->latest[i - 1]);
	}
}

static void index_lives(struct history *h)
{
	size_t nr = h->lives.nr, i;
	__u32 *first;

	h->by_vma = numbers(nr);
	qsort_r(h->by_vma, nr, sizeof(*h->by_vma), by_vma, h);
	for (i = 0; i < nr; i++) {
		first = map_at(&h->first_of, h->lives.v[h->by_vma[i]].vma);
		if (!*first)
			*first = i + 1;
	}
}

static void index_holds(struct history *h)
{
	size_t nr = h->holds.nr, i;
	const struct hold *hold, *last = NULL;

	h->by_wait = numbers(nr);
	qsort_r(h->by_wait, nr, sizeof(*h->by_wait), by_wait, h);
	h->by_acquired = numbers(nr);
	qsort_r(h->by_acquired, nr, sizeof(*h->by_acquired), by_acquired, h);
	h->released = grown(NULL, nr + 1, sizeof(*h->released));
	for (i = 0; i < nr; i++, last = hold) {
		hold = &h->holds.v[h->by_wait[i]];
		h->released[i] = hold->released;
		if (last && last->mm == hold->mm)
			h->released[i] = later(hold->released,
					       h->released[i - 1]);
	}
}

static void forget_holds(struct history *h, struct task *task, __u32 hold)
{
	__u32 *oldest = &task->over[task->nr_over++ % HOLDS_REMEMBERED];

	h->holds.v[hold].forgotten = NEVER;
	if (task->nr_over > HOLDS_REMEMBERED)
		h->holds.v[*oldest].forgotten = h->holds.v[hold].released;
	*oldest = hold;
}

/* When each hold is followed by so many of its task that it is forgotten. */
static void index_tasks(struct history *h)
{
	size_t i;

	for (i = 0; i < h->holds.nr; i++)
		forget_holds(h, task_of(h, h->holds.v[i].task), i);
}

static void lower(__u64 *to, __u64 by)
{
	if (by < *to)
		*to = by;
}

/* By its first section a task shows that it has the lock. */
static void index_first(struct history *h)
{
	const struct section *s;
	struct hold *hold;
	__u32 nr;
	size_t i;

	for (i = 0; i < h->holds.nr; i++) {
		h->holds.v[i].first = NEVER;
		h->holds.v[i].first_known = NEVER;
	}
	for (i = 0; i < h->sections.nr; i++) {
		s = &h->sections.v[i];
		nr = map_get(&h->hold_of, s->hold);
		if (!s->hold || !nr)
			continue;
		hold = &h->holds.v[nr - 1];
		lower(&hold->first, s->begin);
		/* Others know it when it was recorded; a copy has no event. */
		if (!s->copied)
			lower(&hold->first_known, s->at);
	}
}

void history_index(struct history *h)
{
	index_first(h);
	index_tasks(h);
	index_sections(h);
	index_lives(h);
	index_holds(h);
}

/* --- one fault --- */

/* The first life of a VMA that was not over at an instant: lives do not overlap. */
static __u32 life_at(const struct history *h, __u32 vma, __u64 at)
{
	size_t low = map_get(&h->first_of, vma), high = h->lives.nr, middle;
	const struct life *life;

	if (!low--)
		return NOBODY;
	while (low < high) {
		middle = low + (high - low) / 2;
		life = &h->lives.v[h->by_vma[middle]];
		if (life->vma == vma && life->freed <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == h->lives.nr || h->lives.v[h->by_vma[low]].vma != vma)
		return NOBODY;
	return h->by_vma[low];
}

static const struct section *nth(const struct history *h, size_t i)
{
	return &h->sections.v[h->by_life[i]];
}

/* Of a life's own sections the place of the first that began after an instant. */
static size_t first_after(const struct history *h, const struct life *life,
			  __u64 at)
{
	size_t low = life->first, high = life->first + life->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (nth(h, middle)->begin <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void see(struct history *h, const struct section *s, __u64 split)
{
	struct sight *sight;

	if (s->ignored)
		return;
	sight = ARRAY_ADD(&h->sights);
	sight->section = s;
	sight->end = s->end < split ? s->end : split;
	sight->split = split;
	sight->clipped = s->end > split;
}

/*
 * All sections of a life that began up to @high and were open at @low or later;
 * as seen from a child, they ended with the split.
 */
static void look(struct history *h, __u32 nr, __u64 low, __u64 high)
{
	__u64 split = NEVER;
	__u32 but = NOBODY;
	const struct life *life;
	size_t i;

	for (; nr != NOBODY; nr = life->parent) {
		life = &h->lives.v[nr];
		i = first_after(h, life, high);
		while (i-- > life->first && h->latest[i] >= low)
			if (h->by_life[i] != but && nth(h, i)->end >= low)
				see(h, nth(h, i), split);
		if (life->parent == NOBODY || life->split < low)
			return;
		split = life->split < split ? life->split : split;
		high = split < high ? split : high;
		but = life->split_section;
	}
}

static int by_begin(const void *a, const void *b)
{
	const struct section *s = ((const struct sight *)a)->section;
	const struct section *t = ((const struct sight *)b)->section;

	/* All are of one array, in the order of recording. */
	return order(s->begin, t->begin) ?: order((size_t)s, (size_t)t);
}

/* Where to look back from: the holds of an mm that were waiting by then. */
static size_t holds_by(const struct history *h, __u32 mm, __u64 at)
{
	size_t low = 0, high = h->holds.nr, middle;
	const struct hold *hold;

	while (low < high) {
		middle = low + (high - low) / 2;
		hold = &h->holds.v[h->by_wait[middle]];
		if (hold->mm < mm || (hold->mm == mm && hold->wait <= at))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Those that had asked for the lock by an instant and were not over, from the
 * last that asked: @i is where holds_by() begins, and false is the end.
 */
static const struct hold *next_hold(const struct history *h, __u32 mm,
				    __u64 at, size_t *i)
{
	const struct hold *hold;

	while (*i) {
		--*i;
		hold = &h->holds.v[h->by_wait[*i]];
		if (hold->mm != mm || h->released[*i] <= at)
			break;
		if (hold->released > at)
			return hold;
	}
	return NULL;
}

static __u32 holder_at(const struct history *h, __u32 mm, __u64 at)
{
	size_t i = holds_by(h, mm, at);
	const struct hold *hold;
	__u32 found = NOBODY;

	while ((hold = next_hold(h, mm, at, &i))) {
		if (!hold->acquired || hold->acquired > at)
			continue;
		if (found == NOBODY ||
		    hold->acquired > h->holds.v[found].acquired)
			found = h->by_wait[i];
	}
	return found;
}

const struct hold *history_holder_at(const struct history *h, __u32 mm,
				     __u64 at)
{
	__u32 holder = holder_at(h, mm, at);

	return holder == NOBODY ? NULL : &h->holds.v[holder];
}

/* Who had the lock when the fault ended, or waited for it. */
static void find_queue(struct history *h, const struct fault *f,
		       struct judgement *j)
{
	size_t i = holds_by(h, f->mm, f->end);
	const struct hold *hold;

	h->queue.nr = 0;
	while ((hold = next_hold(h, f->mm, f->end, &i))) {
		*ARRAY_ADD(&h->queue) = hold->id;
		j->holds_over = later(j->holds_over, hold->released);
	}
	j->holds = h->queue.nr;
	j->holds_later = holds_by(h, f->mm, f->at) > holds_by(h, f->mm, f->end);
}

/* How many of the list by when they got it are of before, or this mm by then. */
static size_t got_by(const struct history *h, __u32 mm, __u64 at)
{
	size_t low = 0, high = h->holds.nr, middle;
	const struct hold *hold;

	while (low < high) {
		middle = low + (high - low) / 2;
		hold = &h->holds.v[h->by_acquired[middle]];
		if (hold->mm < mm || (hold->mm == mm && hold->acquired <= at))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct hold *nth_got(const struct history *h, size_t i)
{
	return &h->holds.v[h->by_acquired[i]];
}

/* Of those from one to another in that list, how many are over by an instant? */
static unsigned int count_over(const struct history *h, size_t i, size_t to,
			       __u64 at)
{
	unsigned int over = 0;

	for (; i < to; i++)
		over += nth_got(h, i)->released <= at;
	return over;
}

static void doubt(struct judgement *j, enum doubt why, __u64 facts)
{
	j->doubtful[why] |= facts;
}

/*
 * A counter for the whole mm was odd when the fault arrived: for certain where the
 * hold is not near its begin or end.
 */
static void weigh_holder(const struct history *h, const struct fault *f,
			 struct judgement *j)
{
	const struct hold *hold = history_hold_of(h, f->held);
	__u64 margin = f->service / 2;

	if (f->lock != SPF_LOCK_WRITER || !f->held)
		return;
	/* One without an event is not over. */
	if (hold && (!hold->acquired ||
		     hold->acquired > f->arrival - margin ||
		     hold->leaving <= f->arrival + margin))
		return;
	j->facts |= SPF_BIT(MM_ODD);
	if (hold && hold->forgotten <= f->at)
		doubt(j, DOUBT_FORGOTTEN, SPF_BIT(MM_ODD));
}

bool has_shown(const struct hold *hold, __u64 at)
{
	return hold->acquired != hold->wait || hold->first <= at ||
		hold->leaving <= at;
}

/* Of those from one to another in the list by when they got it. */
static bool any_known(const struct history *h, size_t i, size_t to, __u64 at)
{
	const struct hold *hold;

	for (; i < to; i++) {
		hold = nth_got(h, i);
		if (hold->acquired != hold->wait || hold->first_known <= at ||
		    hold->leaving <= at)
			return true;
	}
	return false;
}

/* When a counter for the whole mm has moved since. */
static void weigh_tenures(const struct history *h, const struct fault *f,
			  struct judgement *j)
{
	size_t from = got_by(h, f->mm, f->arrival);
	/* As long as it may take the counter to follow the lock. */
	size_t window = got_by(h, f->mm, f->arrival + f->service / 2);
	size_t end = got_by(h, f->mm, f->end), at = got_by(h, f->mm, f->at);

	j->got_after.surely = end > window;
	j->got_after.maybe = at > window;
	j->got_more = count_over(h, from, end, f->end) > TENURES_REMEMBERED;
	if (window == from)
		return;
	j->facts |= SPF_BIT(MM_MOVED);
	/* The last of those is the one that is remembered, if any. */
	if (count_over(h, window, at, f->at) >= TENURES_REMEMBERED)
		doubt(j, DOUBT_FORGOTTEN, SPF_BIT(MM_MOVED));
	else if (!any_known(h, from, window, f->end))
		doubt(j, DOUBT_ASKED, SPF_BIT(MM_MOVED));
}

static bool is_queued(const struct history *h, __u64 hold)
{
	size_t i;

	for (i = 0; i < h->queue.nr; i++)
		if (hold && h->queue.v[i] == hold)
			return true;
	return false;
}

/* Rule 3. */
static void find_after(const struct history *h, const struct fault *f,
		       __u32 nr, struct judgement *j)
{
	const struct life *life = &h->lives.v[nr];
	const struct section *s;
	size_t i;

	if (!j->holds)
		return;
	for (i = first_after(h, life, f->end); i < life->first + life->nr; i++) {
		s = nth(h, i);
		if (s->begin > j->holds_over)
			return;
		if (s->ignored || !is_queued(h, s->hold))
			continue;
		j->after = s;
		j->rules |= RULE_QUEUED;
		return;
	}
}

bool fault_let_go(const struct fault *f)
{
	return f->replaced || !f->locked;
}

bool sight_odd(const struct fault *f, const struct sight *s)
{
	return s->section->begin <= f->arrival && s->end > f->arrival;
}

bool sight_moved(const struct fault *f, const struct sight *s)
{
	return s->section->begin > f->arrival &&
		s->section->begin <= f->arrival + f->asked.service;
}

/* Rule 2: the section was over by the arrival, and its hold was not. */
static unsigned int rule_held(const struct history *h, const struct fault *f,
			      const struct sight *s)
{
	const struct hold *hold = history_hold_of(h, s->section->hold);

	if (!hold || s->end > f->arrival || hold->released <= f->arrival ||
	    hold->forgotten <= f->asked.end)
		return 0;
	return hold->forgotten <= f->asked.at ? RULE_HELD_FLUX : RULE_HELD;
}

unsigned int sight_rules(const struct history *h, const struct fault *f,
			 const struct sight *s)
{
	unsigned int rules = rule_held(h, f, s);

	if (s->section->begin > f->arrival + f->asked.service &&
	    s->section->begin <= f->asked.end)
		rules |= RULE_LATER;
	/* It began after the end, and before spf said what it knew. */
	if (!f->replaced && s->section->begin > f->asked.end &&
	    is_queued(h, s->section->hold))
		rules |= RULE_QUEUED;
	return rules;
}

static bool holds_address(const struct section *s, __u64 address)
{
	return s->bounds.start <= address && address < s->bounds.end;
}

static void check_bounds(const struct history *h, const struct fault *f,
			 struct judgement *j)
{
	size_t i;

	if (j->facts & SPF_BIT(SEQ_ODD))
		return;
	for (i = 0; i < h->sights.nr; i++) {
		if (h->sights.v[i].section->begin <= f->arrival)
			continue;
		if (h->sights.v[i].section->begin <= f->asked.end &&
		    !holds_address(h->sights.v[i].section, f->address))
			j->facts |= SPF_BIT(OUT_OF_BOUNDS);
		return;
	}
}

static bool covers(const struct range *range, __u64 address)
{
	__u64 page = address & ~(ORACLE_PAGE - 1);

	return range->start < page + ORACLE_PAGE && range->end > page;
}

/* The range depends on whether the section was over when the fault was judged. */
static struct answer covers_page(const struct fault *f, const struct sight *s)
{
	bool before = covers(&s->section->before, f->address);
	bool after = covers(&s->section->after, f->address);

	if (s->clipped || s->end > f->asked.at)
		after = before;
	else if (s->end <= f->asked.end)
		before = after;
	return (struct answer){ before && after, before || after };
}

static void add_scope(const struct fault *f, const struct sight *s,
		      struct judgement *j, bool *surely)
{
	struct answer page = covers_page(f, s);

	j->scope_page |= page.maybe;
	*surely |= page.surely;
}

static void find_scope(const struct history *h, const struct fault *f,
		       struct judgement *j)
{
	bool surely = false;
	size_t i;

	for (i = 0; i < h->sights.nr; i++)
		if (sight_odd(f, &h->sights.v[i]) ||
		    sight_moved(f, &h->sights.v[i]))
			add_scope(f, &h->sights.v[i], j, &surely);
	j->scope_vma = !surely;
}

/* --- what is asked of a section --- */

#define FIELD(id)	(1U << SPF_FIELD_##id)

enum spf_effect effect_of_fields(__u32 fields)
{
	const __u32 moved = FIELD(START) | FIELD(PGOFF);

	if (fields & FIELD(FLAGS))
		return SPF_EFFECT_FLAGS;
	if (fields & ~(moved | FIELD(END)) ||
	    (fields & moved && (fields & moved) != moved))
		return SPF_EFFECT_OTHER;
	return SPF_EFFECT_BOUNDS;
}

enum spf_effect section_effect(const struct section *s)
{
	bool whole = s->before.start <= s->bounds.start &&
		     s->before.end >= s->bounds.end;

	/* The address left the VMA that the attempt would have found. */
	if (s->copied)
		return SPF_EFFECT_OTHER;
	return effect_of_kind(s->kind, whole);
}

enum spf_effect sight_effect(const struct sight *s, __u64 at, bool surely)
{
	const struct section *is = s->section;
	__u64 since = surely ? is->changed_known : is->changed_at;

	if (section_effect(is))
		return section_effect(is);
	if (!is->changed || since > at || since > s->split)
		return SPF_EFFECT_UNKNOWN;
	return is->effect;
}

static bool in_range(const struct range *range, __u64 address)
{
	return range->start <= address && address < range->end;
}

/* In the range that changed hands; which one is known when it is over. */
static struct answer left(const struct fault *f, const struct sight *s)
{
	bool before = in_range(&s->section->before, f->address);
	bool after = in_range(&s->section->after, f->address);

	if (!in_range(&s->section->bounds, f->address))
		return (struct answer){ true, true };
	if (!kind_moves_bounds(s->section->kind))
		return (struct answer){ false, false };
	if (s->clipped || s->end > f->asked.at)
		after = before;
	else if (s->end <= f->asked.end)
		before = after;
	return (struct answer){ before && after, before || after };
}

static bool is_heavy(enum spf_effect effect)
{
	return effect == SPF_EFFECT_FLAGS || effect == SPF_EFFECT_OTHER;
}

/* Would a design that forgives changes of bounds have minded? */
static struct answer matters(const struct fault *f, const struct sight *s)
{
	enum spf_effect then = sight_effect(s, f->asked.end, true);
	enum spf_effect now = sight_effect(s, f->asked.at, false);
	struct answer out = left(f, s);

	return (struct answer){
		is_heavy(then) || (then == SPF_EFFECT_BOUNDS && out.surely),
		is_heavy(now) || (now == SPF_EFFECT_BOUNDS && out.maybe),
	};
}

/*
 * Would the commit of a plain counter beside it be wrong?  Without the lock for
 * write a section is none that the kernel itself does not commit beside.
 */
static struct answer endangers(const struct fault *f, const struct sight *s)
{
	const struct section *is = s->section;

	if (!is->hold || (is->kind == SPF_KIND_MPROTECT && sight_odd(f, s)))
		return (struct answer){ false, false };
	if (kind_changes_page_tables(is->kind))
		return covers_page(f, s);
	return matters(f, s);
}

static void note_unknown(const struct fault *f, const struct sight *s,
			 struct answer *unknown)
{
	unknown->surely |= !sight_effect(s, f->asked.at, false);
	unknown->maybe |= !sight_effect(s, f->asked.end, true);
}

static void note(struct judgement *j, __u64 *sure, __u64 fact,
		 struct answer holds)
{
	if (holds.maybe)
		j->facts |= fact;
	if (holds.surely)
		*sure |= fact;
}

#define BY_EFFECT \
	(SPF_BIT(ODD_MATTERS) | SPF_BIT(MOVED_MATTERS) | SPF_BIT(UNSAFE) | \
	 SPF_BIT(FLAGS_DIFFER))

/* What the designs ask that are v12's with another counter. */
static void weigh_effects(const struct history *h, const struct fault *f,
			  struct judgement *j)
{
	const struct sight *s = h->sights.v;
	struct answer flags;
	__u64 sure = 0;

	for (; s < h->sights.v + h->sights.nr; s++) {
		if (s->end > f->arrival &&
		    s->end <= f->arrival + f->asked.service)
			j->facts |= SPF_BIT(COUNT_DIFFERS);
		if (sight_odd(f, s) || sight_moved(f, s))
			note(j, &sure, SPF_BIT(UNSAFE), endangers(f, s));
		if (sight_odd(f, s)) {
			note(j, &sure, SPF_BIT(ODD_MATTERS), matters(f, s));
			note_unknown(f, s, &j->unknown_odd);
		}
		if (!sight_moved(f, s))
			continue;
		flags.surely = sight_effect(s, f->asked.end, true) ==
			       SPF_EFFECT_FLAGS;
		flags.maybe = sight_effect(s, f->asked.at, false) ==
			      SPF_EFFECT_FLAGS;
		note(j, &sure, SPF_BIT(FLAGS_DIFFER), flags);
		note(j, &sure, SPF_BIT(MOVED_MATTERS), matters(f, s));
		note_unknown(f, s, &j->unknown_moved);
	}
	doubt(j, DOUBT_FLUX, j->facts & BY_EFFECT & ~sure);
}

/* A hold that lasts when the VMA is looked up, unless it was forgotten since. */
static struct answer lasts(const struct hold *hold, const struct fault *f)
{
	bool then = hold && hold->acquired && hold->leaving > f->lookup;

	return (struct answer){
		then && hold->forgotten > f->asked.at,
		then && hold->forgotten > f->asked.end,
	};
}

/* Born in the hold that had the lock when the fault arrived, and had it still. */
static bool born_in(const struct hold *hold, const struct fault *f,
		    const struct life *life)
{
	return hold && hold->mm == f->mm && hold->acquired &&
		hold->acquired <= life->birth && hold->released > f->lookup;
}

/* It was on its way out of the lock. */
static bool leaves(const struct hold *hold, const struct fault *f)
{
	return hold && hold->leaving <= f->lookup;
}

static void weigh_birth(const struct history *h, const struct fault *f,
			const struct life *life, struct judgement *j)
{
	const struct hold *by_instants = NULL;
	bool said, known;

	if (!life->birth || life->birth > f->arrival)
		return;
	if (j->held != NOBODY)
		by_instants = &h->holds.v[j->held];
	said = born_in(history_hold_of(h, f->held), f, life);
	known = born_in(by_instants, f, life);
	if (!said && !known)
		return;
	if ((said != known || leaves(by_instants, f)) &&
	    !(j->facts & SPF_BIT(WRITE_LOCKED)))
		doubt(j, DOUBT_OWNER, SPF_BIT(WRITE_LOCKED));
	j->facts |= SPF_BIT(WRITE_LOCKED);
}

static __u64 marked_since(const struct section *s)
{
	return s->marked ?: s->begin;
}

/* Another hold marks the VMA after this one. */
static struct answer marked_again(const struct history *h,
				  const struct fault *f,
				  const struct section *s)
{
	const struct sight *sight = h->sights.v;
	struct answer again = { false, false };
	const struct section *other;

	for (; sight < h->sights.v + h->sights.nr; sight++) {
		other = sight->section;
		if (!other->marks || other->hold == s->hold ||
		    other->begin <= s->begin)
			continue;
		/* Where that is not seen, the instant is that of the begin. */
		again.surely |= other->begin <= f->asked.end &&
				other->marked < other->begin;
		again.maybe = true;
	}
	return again;
}

/*
 * Has it marked the VMA when that is looked up?  What it did before it began is
 * known when it begins, until another one has done so as well.
 */
static void weigh_mark(const struct history *h, const struct fault *f,
		       size_t nth, struct judgement *j, struct answer *marked)
{
	const struct section *s = h->sights.v[nth].section;
	struct answer hold = lasts(history_hold_of(h, s->hold), f), again;
	bool forgotten = h->sights.nr - nth > SECTIONS_REMEMBERED;

	if (!s->marks)
		return;
	/* Until it was over its hold lasted. */
	if (marked_since(s) <= f->lookup && h->sights.v[nth].end > f->lookup)
		hold = (struct answer){ true, true };
	again = marked_again(h, f, s);
	if (s->begin <= f->lookup)
		again = (struct answer){ false, false };
	j->mark_lost.maybe |= again.maybe;
	j->mark_lost.surely |= again.surely && s->begin <= f->asked.end &&
			       s->marked < s->begin && !fault_let_go(f);
	if (marked_since(s) > f->lookup || !hold.maybe)
		return;
	marked->maybe = true;
	if (forgotten)
		doubt(j, DOUBT_OVERRUN, SPF_BIT(WRITE_LOCKED));
	marked->surely |= hold.surely && !again.maybe && !forgotten &&
			  s->begin <= f->asked.end;
}

/* All sections that are remembered began after the VMA was looked up. */
static void weigh_ring(const struct history *h, const struct fault *f,
		       struct judgement *j)
{
	unsigned int then = 0, now = 0;
	const struct section *s;
	size_t i;

	for (i = 0; i < h->sights.nr; i++) {
		s = h->sights.v[i].section;
		now += s->begin > f->lookup;
		then += s->begin > f->lookup && s->begin <= f->asked.end;
	}
	/* With as many as are remembered there need not have been others. */
	j->mark_lost.surely |= then > SECTIONS_REMEMBERED &&
			       !fault_let_go(f);
	j->mark_lost.maybe |= now >= SECTIONS_REMEMBERED;
	if (f->lock == SPF_LOCK_FREE)
		j->mark_lost = (struct answer){ false, false };
}

/* What a lock on the VMA has met: marks that last as long as their hold. */
static void weigh_marks(const struct history *h, const struct fault *f,
			const struct life *life, struct judgement *j)
{
	struct answer marked = { false, false };
	size_t i;

	for (i = 0; i < h->sights.nr; i++)
		weigh_mark(h, f, i, j, &marked);
	weigh_ring(h, f, j);
	if (marked.surely)
		j->doubtful[DOUBT_OVERRUN] = 0;
	else if (marked.maybe && !j->doubtful[DOUBT_OVERRUN])
		doubt(j, j->mark_lost.maybe ? DOUBT_MARK : DOUBT_FLUX,
		      SPF_BIT(WRITE_LOCKED));
	if (marked.maybe)
		j->facts |= SPF_BIT(WRITE_LOCKED);
	weigh_birth(h, f, life, j);
}

#define BY_SECTIONS \
	(BY_EFFECT | SPF_BIT(SEQ_ODD) | SPF_BIT(SEQ_MOVED) | \
	 SPF_BIT(OUT_OF_BOUNDS) | SPF_BIT(COUNT_DIFFERS) | \
	 SPF_BIT(WRITE_LOCKED))

/* The first section that is remembered need not be the first there was. */
static void weigh_overrun(const struct history *h, const struct fault *f,
			  struct judgement *j)
{
	const struct section *s;
	size_t i;

	for (i = 0; i < h->sights.nr; i++) {
		s = h->sights.v[i].section;
		if (s->begin > f->arrival && s->begin <= f->asked.end &&
		    !holds_address(s, f->address))
			j->mistaken = SPF_BIT(OUT_OF_BOUNDS) & ~j->facts;
	}
	doubt(j, DOUBT_OVERRUN, (j->facts & BY_SECTIONS) | j->mistaken);
}

/* Where the lock was given back, it need not be the one of the first call. */
static bool is_absent(const struct fault *f, const struct life *life)
{
	bool kept = f->locked && !(f->facts & SPF_BIT(RETRY));

	return life->birth > f->arrival && (kept || life->birth <= f->entry);
}

static void weigh(struct history *h, const struct fault *f, __u32 life,
		  struct judgement *j)
{
	size_t i;

	if (is_absent(f, &h->lives.v[life]))
		j->facts |= SPF_BIT(VMA_ABSENT);
	for (i = 0; i < h->sights.nr; i++) {
		if (sight_odd(f, &h->sights.v[i]))
			j->facts |= SPF_BIT(SEQ_ODD);
		if (sight_moved(f, &h->sights.v[i]))
			j->facts |= SPF_BIT(SEQ_MOVED);
		j->rules |= sight_rules(h, f, &h->sights.v[i]) &
			~RULE_QUEUED;
	}
	check_bounds(h, f, j);
	weigh_effects(h, f, j);
	weigh_marks(h, f, &h->lives.v[life], j);
	if (f->overrun)
		weigh_overrun(h, f, j);
	if (!f->replaced)
		find_after(h, f, life, j);
}

/* When the oldest hold got the lock that was not over at an instant. */
static __u64 holds_since(const struct history *h, __u32 mm, __u64 at)
{
	size_t i = holds_by(h, mm, at);
	const struct hold *hold;
	__u64 since = at;

	while ((hold = next_hold(h, mm, at, &i)))
		if (hold->acquired && hold->acquired < since)
			since = hold->acquired;
	return since;
}

bool history_lasts(const struct history *h, const struct fault *f)
{
	return life_at(h, f->vma, f->asked.end) ==
	       life_at(h, f->vma, f->asked.at) &&
	       !history_younger(h, f, f->asked.at);
}

bool history_younger(const struct history *h, const struct fault *f, __u64 at)
{
	__u32 nr = life_at(h, f->vma, at);
	const struct life *life;

	if (nr == NOBODY)
		return false;
	life = &h->lives.v[nr];
	return (life->parent == NOBODY ? life->birth : life->split) > f->entry;
}

/*
 * Everything on its VMA that any rule asks for.  Without the lock, that may be
 * gone, or another one, before or while it is looked at.
 */
static void judge_vma(struct history *h, const struct fault *f,
		      struct judgement *j)
{
	__u32 life = life_at(h, f->vma, f->asked.end);
	bool flux = fault_let_go(f) && life_at(h, f->vma, f->asked.at) != life;

	find_queue(h, f, j);
	if (life == NOBODY)
		return;
	if (fault_let_go(f) && history_younger(h, f, f->asked.end))
		return;
	look(h, life, holds_since(h, f->mm, f->arrival),
	     later(f->asked.at, f->asked.end));
	if (h->sights.nr)
		qsort(h->sights.v, h->sights.nr, sizeof(*h->sights.v), by_begin);
	weigh(h, f, life, j);
	if (flux)
		doubt(j, DOUBT_DROPPED,
		      j->facts & (BY_SECTIONS | SPF_BIT(VMA_ABSENT)));
}

void history_judge(struct history *h, const struct fault *f,
		   struct judgement *j)
{
	memset(j, 0, sizeof(*j));
	h->sights.nr = 0;
	h->queue.nr = 0;
	j->facts = f->facts;
	j->held = holder_at(h, f->mm, f->arrival);
	weigh_holder(h, f, j);
	/* A fault that is skipped is not followed, and has no end. */
	if (f->end)
		weigh_tenures(h, f, j);
	if (f->vma && f->end)
		judge_vma(h, f, j);
	j->reason = design_reason(SPF_DESIGN_SEQCOUNT, j->facts);
	j->verdict = verdict_of(j->reason);
	if (j->reason == SPF_REASON_SEQ_ODD ||
	    j->reason == SPF_REASON_SEQ_MOVED)
		find_scope(h, f, j);
	j->sights = h->sights.v;
	j->nr_sights = h->sights.nr;
}

/* --- who begins while others are at it --- */

struct company history_company(const struct history *h, __u32 nr)
{
	const struct section *s = &h->sections.v[nr], *other;
	struct company company = { 0 };
	size_t i = h->place[nr];

	if (s->life == NOBODY)
		return company;
	while (i-- > h->lives.v[s->life].first && h->latest[i] > s->begin) {
		other = nth(h, i);
		if (other->end <= s->begin)
			continue;
		if (other->task == s->task)
			company.nested = true;
		else
			company.concurrent = true;
	}
	return company;
}

enum spf_verdict verdict_of(enum spf_reason reason)
{
	return design_verdict(SPF_DESIGN_SEQCOUNT, reason);
}
