// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparison fault by fault, see compare.h.
 */
#include "compare.h"
#include "table.h"

/* Where each task's last aborted fault was. */
struct pages {
	struct map of;
	DECLARE_ARRAY(__u64, last);
};

/* Deferred faults that a section resolves, by what spf_possible names. */
struct promise {
	__u32 vma;
	int kind;
	__u64 hold, ours, theirs;
};

struct promises {
	struct map of;
	DECLARE_ARRAY(struct promise, list);
};

static void *zeroed(size_t size)
{
	return memset(grown(NULL, 1, size), 0, size);
}

void compare_init(struct comparison *c, struct history *h,
		  unsigned int show)
{
	memset(c, 0, sizeof(*c));
	c->history = h;
	c->show = show;
	c->user_ends = (1U << USER_ENDS) - 1;
	c->pages = zeroed(sizeof(*c->pages));
	c->promises = zeroed(sizeof(*c->promises));
}

void compare_free(struct comparison *c)
{
	map_free(&c->pages->of);
	free(c->pages->last.v);
	free(c->pages);
	map_free(&c->promises->of);
	free(c->promises->list.v);
	free(c->promises);
}

static const char * const difference_names[] = {
	[DIFFERENCE_EVENT] = "event",
	[DIFFERENCE_REASON] = "reason",
	[DIFFERENCE_SCOPE] = "scope",
	[DIFFERENCE_BLAME] = "blame",
	[DIFFERENCE_OPEN_NS] = "open_ns",
	[DIFFERENCE_HELD] = "held",
	[DIFFERENCE_POSSIBLE] = "possible",
	[DIFFERENCE_DEFERRED] = "deferred",
	[DIFFERENCE_RESOLVED] = "resolved",
	[DIFFERENCE_REPEAT] = "repeat",
	[DIFFERENCE_TIMES] = "times",
	[DIFFERENCE_SECTION] = "section",
	[DIFFERENCE_HOLD] = "hold",
	[DIFFERENCE_DESIGN] = "design",
	[DIFFERENCE_MAYBE] = "maybe",
	[DIFFERENCE_FACTS] = "facts",
	[DIFFERENCE_EFFECT] = "effect",
	[DIFFERENCE_MARKS] = "marks",
	[DIFFERENCE_VMA] = "vma",
	[DIFFERENCE_WAITS] = "waits",
};

static const char * const excuse_names[] = {
	[EXCUSE_OVERRUN] = "overrun",
	[EXCUSE_FOREIGN] = "foreign",
	[EXCUSE_DROPPED] = "dropped",
	[EXCUSE_REFUSED] = "refused",
	[EXCUSE_UNTOLD] = "untold",
	[EXCUSE_FLUX] = "flux",
	[EXCUSE_OWNER] = "owner",
	[EXCUSE_FORGOTTEN] = "forgotten",
	[EXCUSE_ASKED] = "asked",
	[EXCUSE_MARK] = "mark",
	[EXCUSE_STATE] = "state",
};

bool differs(struct comparison *c, enum difference what)
{
	c->differ[what]++;
	c->last_shown = c->shown < c->show;
	if (c->last_shown)
		printf("difference %u %s: ", ++c->shown,
		       difference_names[what]);
	return c->last_shown;
}

/* A fault needs an excuse only once, however many designs are judged by it. */
void excuse(struct comparison *c, enum excuse why)
{
	if (!(c->excuses & 1U << why))
		c->excused[why]++;
	c->excuses |= 1U << why;
}

static void show_range(const char *name, const struct range *range)
{
	printf(" %s=%llx-%llx", name, range->start, range->end);
}

static void show_sight(const struct sight *s, const struct fault *f)
{
	const struct section *is = s->section;

	printf("  section kind=%s task=%d", kind_name(is->kind), is->task);
	printf(" begin=%+lld recorded=%+lld end=%+lld clipped=%d",
	       is->begin - f->arrival, is->at - f->arrival,
	       s->end - f->arrival, s->clipped);
	show_range("range", &is->before);
	show_range("after", &is->after);
	show_range("bounds", &is->bounds);
	printf(" vma=%x hold=%llx copied=%d", is->vma, is->hold, is->copied);
	if (is->marks)
		printf(" marked=%+lld", is->marked - f->arrival);
	if (is->changed)
		printf(" effect=%u at=%+lld known=%+lld", is->effect,
		       is->changed_at - f->arrival,
		       is->changed_known - f->arrival);
	printf("\n");
}

static void show_hold(const char *what, const struct hold *hold,
		      const struct fault *f)
{
	printf("  %s hold=%llx task=%d", what, hold->id, hold->task);
	printf(" wait=%+lld acquired=%+lld released=%+lld recorded=%+lld",
	       hold->wait - f->arrival, hold->acquired - f->arrival,
	       hold->released - f->arrival, hold->at - f->arrival);
	printf(" leaving=%+lld foreign=%d\n", hold->leaving - f->arrival,
	       hold->foreign);
}

static void show_queue(const struct history *h, const struct fault *f)
{
	const struct hold *hold;
	size_t i;

	for (i = 0; i < history_holds(h); i++) {
		hold = history_hold_at(h, i);
		if (hold->mm == f->mm && hold->wait <= f->end &&
		    hold->released > f->end)
			show_hold("queued", hold, f);
	}
}

static void show_said(const struct fault *f)
{
	printf("  fault task=%d arrival=%llu end=%+lld judged=%+lld",
	       f->task, f->arrival, f->end - f->arrival, f->at - f->arrival);
	printf(" lookup=%+lld", f->lookup - f->arrival);
	printf(" service=%llu wait=%llu address=%llx vma=%x facts=%llx",
	       f->service, f->wait, f->address, f->vma, f->facts);
	printf(" lock=%u locked=%d blocked=%d overrun=%d foreign=%d\n",
	       f->lock, f->locked, f->blocked, f->overrun, f->foreign);
	printf("  waits free=%llu readers=%llu queued=%llu writer=%llu\n",
	       f->waits[SPF_LOCK_FREE], f->waits[SPF_LOCK_READERS],
	       f->waits[SPF_LOCK_QUEUED], f->waits[SPF_LOCK_WRITER]);
	printf("  spf: reason=%s possible=%d deferred=%d kind=%s writer=%d",
	       reason_name(f->reason), f->possible, f->deferred,
	       kind_name(f->kind), f->writer);
	printf(" open_ns=%llu scope=%u held=%llx repeat=%d", f->open_ns,
	       f->scope, f->held, f->repeat);
	printf(" completed=%x maybe=%x\n", f->completed, f->maybe);
}

/* Times of what is around a fault are shown from its arrival on. */
void show_fault(struct comparison *c, const struct fault *f,
		const struct judgement *j)
{
	const struct hold *hold = history_hold_of(c->history, f->held);
	unsigned int i;

	if (!c->last_shown)
		return;
	show_said(f);
	printf("  rules: reason=%s rules=%x holds=%u page=%d vma=%d facts=%llx\n",
	       reason_name(j->reason), j->rules, j->holds, j->scope_page,
	       j->scope_vma, j->facts);
	if (hold)
		show_hold("held", hold, f);
	if (j->held != NOBODY)
		show_hold("holder", history_hold_at(c->history, j->held), f);
	for (i = 0; i < j->nr_sights && i < 24; i++)
		show_sight(&j->sights[i], f);
	show_queue(c->history, f);
	if (j->after)
		printf("  after kind=%s task=%d begin=%+lld hold=%llx\n",
		       kind_name(j->after->kind), j->after->task,
		       j->after->begin - f->arrival, j->after->hold);
}

/* Of those that were open the last recorded one, of those after it the first. */
const struct sight *stopped_by(const struct fault *f,
			       const struct judgement *j)
{
	const struct sight *found = NULL;
	unsigned int i;

	for (i = 0; i < j->nr_sights; i++) {
		if (j->reason == SPF_REASON_SEQ_ODD &&
		    sight_odd(f, &j->sights[i]))
			found = &j->sights[i];
		if (j->reason == SPF_REASON_SEQ_MOVED && !found &&
		    sight_moved(f, &j->sights[i]))
			found = &j->sights[i];
	}
	return found;
}

/* What became of the reason, with all that follows from it. */
static bool compare_reason(struct comparison *c, const struct fault *f,
			   const struct judgement *j)
{
	__u64 dropped;

	if (verdict_of(f->reason) != f->verdict &&
	    !(f->verdict == SPF_VERDICT_ABORT_ENTRY &&
	      verdict_of(f->reason) == SPF_VERDICT_ABORT_LATE)) {
		differ(c, DIFFERENCE_EVENT, "reason %s in the wrong event",
		       reason_name(f->reason));
		show_fault(c, f, j);
		return false;
	}
	if (f->reason == j->reason)
		return true;
	if (f->overrun && (f->possible || f->verdict != SPF_VERDICT_COMPLETED)) {
		excuse(c, EXCUSE_OVERRUN);
		return false;
	}
	/* The VMA was another one by the end. */
	dropped = design_reasons(SPF_DESIGN_SEQCOUNT, j->facts,
				 j->doubtful[DOUBT_DROPPED]);
	if (dropped & 1ULL << f->reason) {
		excuse(c, EXCUSE_DROPPED);
		return false;
	}
	differ(c, DIFFERENCE_REASON, "%s, the rules give %s",
	       reason_name(f->reason), reason_name(j->reason));
	show_fault(c, f, j);
	return false;
}

static void compare_scope(struct comparison *c, const struct fault *f,
			  const struct judgement *j)
{
	enum spf_scope scope = SPF_SCOPE_NONE;

	if (f->lock == SPF_LOCK_WRITER && f->verdict != SPF_VERDICT_SKIPPED)
		scope = SPF_SCOPE_MM;
	if (j->reason == SPF_REASON_SEQ_ODD ||
	    j->reason == SPF_REASON_SEQ_MOVED) {
		if (j->scope_page && j->scope_vma &&
		    (f->scope == SPF_SCOPE_PAGE || f->scope == SPF_SCOPE_VMA)) {
			excuse(c, EXCUSE_FLUX);
			return;
		}
		scope = j->scope_page ? SPF_SCOPE_PAGE : SPF_SCOPE_VMA;
	}
	if (f->scope == scope)
		return;
	if (f->overrun) {
		excuse(c, EXCUSE_OVERRUN);
		return;
	}
	differ(c, DIFFERENCE_SCOPE, "%u, the rules give %u", f->scope, scope);
	show_fault(c, f, j);
}

static bool blames(const struct fault *f, const struct section *s)
{
	return f->kind == s->kind && f->writer == s->task;
}

/* Up to the verdict, which came at some time between end and event. */
static bool open_fits(const struct fault *f, const struct section *s,
		      __u64 end)
{
	__u64 least = end, most = end;

	if (end > f->asked.end && end <= f->asked.at)
		least = f->asked.end;
	if (end > f->asked.at) {
		least = f->asked.end;
		most = f->asked.at;
	}
	least = least > s->begin ? least - s->begin : 0;
	most = most > s->begin ? most - s->begin : 0;
	return f->open_ns >= least && f->open_ns <= most;
}

static void compare_stopped(struct comparison *c, const struct fault *f,
			    const struct judgement *j)
{
	const struct sight *by = stopped_by(f, j);

	if (blames(f, by->section) && open_fits(f, by->section, by->end))
		return;
	if (f->overrun) {
		excuse(c, EXCUSE_OVERRUN);
		return;
	}
	if (!blames(f, by->section))
		differ(c, DIFFERENCE_BLAME, "%s %d, the rules give %s %d",
		       kind_name(f->kind), f->writer,
		       kind_name(by->section->kind), by->section->task);
	else
		differ(c, DIFFERENCE_OPEN_NS, "%llu, the rules give %lld",
		       f->open_ns, by->end - by->section->begin);
	show_fault(c, f, j);
}

/* Of rule 1 the first, else of rule 2 the last, else of rule 3 the first. */
const struct sight *made_possible_by(const struct history *h,
				     const struct fault *f,
				     const struct judgement *j,
				     unsigned int rule_held)
{
	const struct sight *held = NULL, *queued = NULL;
	unsigned int i, rules;

	for (i = 0; i < j->nr_sights; i++) {
		rules = sight_rules(h, f, &j->sights[i]);
		if (rules & RULE_LATER)
			return &j->sights[i];
		if (rules & rule_held)
			held = &j->sights[i];
		if (rules & RULE_QUEUED && !queued)
			queued = &j->sights[i];
	}
	return held ?: queued;
}

static void compare_possible_blame(struct comparison *c, const struct fault *f,
				   const struct judgement *j)
{
	const struct sight *by, *flux;

	by = made_possible_by(c->history, f, j, RULE_HELD);
	flux = made_possible_by(c->history, f, j, RULE_HELD | RULE_HELD_FLUX);
	if (by && blames(f, by->section) && open_fits(f, by->section, by->end))
		return;
	if (flux != by && blames(f, flux->section) &&
	    open_fits(f, flux->section, flux->end)) {
		excuse(c, EXCUSE_FLUX);
		return;
	}
	if (f->overrun) {
		excuse(c, EXCUSE_OVERRUN);
		return;
	}
	differ(c, DIFFERENCE_BLAME, "%s %d for %llu, the rules give %s %d",
	       kind_name(f->kind), f->writer, f->open_ns,
	       by ? kind_name(by->section->kind) : "none",
	       by ? by->section->task : 0);
	show_fault(c, f, j);
}

static void compare_blame(struct comparison *c, const struct fault *f,
			  const struct judgement *j)
{
	if (j->reason == SPF_REASON_SEQ_ODD ||
	    j->reason == SPF_REASON_SEQ_MOVED) {
		compare_stopped(c, f, j);
	} else if (f->kind >= 0 && j->verdict == SPF_VERDICT_COMPLETED) {
		compare_possible_blame(c, f, j);
	} else if (f->kind >= 0) {
		differ(c, DIFFERENCE_BLAME, "%s %d for a %s",
		       kind_name(f->kind), f->writer, reason_name(j->reason));
		show_fault(c, f, j);
	} else if (f->writer || f->open_ns) {
		differ(c, DIFFERENCE_BLAME, "nobody, but %d for %llu ns",
		       f->writer, f->open_ns);
		show_fault(c, f, j);
	}
}

/* Rule 3, as far as it was known when the fault was judged. */
static bool known_by_then(const struct fault *f, const struct judgement *j)
{
	return j->after && j->after->begin <= f->at;
}

/* Why a fault is possible although no section says so. */
static bool excuse_possible(struct comparison *c, const struct fault *f,
			    const struct judgement *j)
{
	if (f->reason == SPF_REASON_PERMISSION)
		excuse(c, EXCUSE_REFUSED);
	else if (j->rules & RULE_HELD_FLUX && f->kind >= 0)
		excuse(c, EXCUSE_FLUX);
	else if (f->overrun)
		excuse(c, EXCUSE_OVERRUN);
	else if (f->foreign)
		excuse(c, EXCUSE_FOREIGN);
	else if (fault_let_go(f))
		excuse(c, EXCUSE_DROPPED);
	else if (j->holds && f->kind < 0)
		excuse(c, EXCUSE_UNTOLD);
	else
		return false;
	return true;
}

static bool must_be_unresolved(const struct fault *f)
{
	return f->reason == SPF_REASON_PERMISSION || f->overrun ||
		f->foreign || f->replaced;
}

static void promise(struct comparison *c, __u32 vma, __u64 hold, int kind,
		    __u64 ours, __u64 theirs)
{
	__u64 key = (hold * 0xff51afd7ed558ccdULL) ^ ((__u64)vma << 8) ^ kind;
	__u32 *at = map_at(&c->promises->of, key);
	struct promise *p;

	if (!*at) {
		p = ARRAY_ADD(&c->promises->list);
		p->vma = vma;
		p->hold = hold;
		p->kind = kind;
		*at = c->promises->list.nr;
	}
	c->promises->list.v[*at - 1].ours += ours;
	c->promises->list.v[*at - 1].theirs += theirs;
}

static void compare_deferred(struct comparison *c, const struct fault *f,
			     const struct judgement *j, struct future *future)
{
	future->resolved = j->after;
	future->cleared = !j->after;
	if (j->after) {
		future->kind = j->after->kind;
		promise(c, f->vma, j->after->hold, j->after->kind, 1, 0);
	}
	if (j->rules & (RULE_LATER | RULE_HELD) || must_be_unresolved(f))
		differ(c, DIFFERENCE_DEFERRED, "although it is possible for certain");
	else if (!j->holds)
		differ(c, DIFFERENCE_DEFERRED, "although nobody was queued");
	else
		return;
	show_fault(c, f, j);
}

static void compare_completed(struct comparison *c, const struct fault *f,
			      const struct judgement *j, struct future *future)
{
	bool known = j->rules & (RULE_LATER | RULE_HELD) || known_by_then(f, j);

	if (f->deferred && !f->possible) {
		compare_deferred(c, f, j, future);
		return;
	}
	if (f->possible && !f->deferred) {
		future->unresolved = f->kind < 0;
		if ((known && f->kind >= 0) || excuse_possible(c, f, j))
			return;
		if (known)
			differ(c, DIFFERENCE_BLAME, "nobody, for a possible one");
		else
			differ(c, DIFFERENCE_POSSIBLE, "possible, but by no rule");
	} else if (f->possible) {
		differ(c, DIFFERENCE_DEFERRED, "both possible and deferred");
	} else if (j->rules & ~RULE_HELD_FLUX || must_be_unresolved(f)) {
		differ(c, DIFFERENCE_POSSIBLE,
		       "not possible, the rules give %x", j->rules);
	} else if (j->holds && j->holds_over > f->at) {
		differ(c, DIFFERENCE_DEFERRED,
		       "not deferred, but %u were queued", j->holds);
	} else {
		return;
	}
	show_fault(c, f, j);
}

static void compare_outcome(struct comparison *c, const struct fault *f,
			    const struct judgement *j, struct future *future)
{
	if (f->verdict == SPF_VERDICT_COMPLETED) {
		compare_completed(c, f, j, future);
	} else if (f->possible || f->deferred) {
		differ(c, DIFFERENCE_POSSIBLE, "but it did not complete");
		show_fault(c, f, j);
	}
}

static bool is_followed(const struct history *h, const struct hold *hold,
			__u64 at)
{
	const struct hold *other;
	size_t i;

	/* Rarely asked: only where two holds meet. */
	for (i = 0; i < history_holds(h); i++) {
		other = history_hold_at(h, i);
		if (other->mm == hold->mm && other->acquired <= at &&
		    other->acquired >= hold->released)
			return true;
	}
	return false;
}

/*
 * The lock was looked at about the time of the arrival, or much later where the
 * host took the CPU away.  It says who owns it a little earlier or later than the
 * instants of a hold: a task owns it before it knows, and when it is about to give
 * it back.  Without a writer nobody owns it.  And who has found it free may have
 * been kept from taking it for longer than that.
 */
static bool held_fits(const struct history *h, const struct fault *f,
		      const struct hold *by_instants)
{
	const struct hold *said;

	if (!f->held)
		return !by_instants || f->lock != SPF_LOCK_WRITER ||
			by_instants->released <= f->at ||
			!has_shown(by_instants, f->arrival);
	said = history_hold_of(h, f->held);
	return said && said->mm == f->mm && said->wait <= f->at &&
		(said->released > f->arrival ||
		 !is_followed(h, said, f->arrival));
}

static void compare_held(struct comparison *c, const struct fault *f,
			 const struct judgement *j)
{
	const struct hold *by_instants = NULL;

	if (j->held != NOBODY)
		by_instants = history_hold_at(c->history, j->held);
	if ((by_instants ? by_instants->id : 0) == f->held)
		return;
	if (held_fits(c->history, f, by_instants)) {
		excuse(c, EXCUSE_OWNER);
		return;
	}
	differ(c, DIFFERENCE_HELD, "%llx, the rules give %llx", f->held,
	       by_instants ? by_instants->id : 0);
	show_fault(c, f, j);
}

static void compare_repeat(struct comparison *c, const struct fault *f,
			   const struct judgement *j)
{
	bool aborted = f->verdict == SPF_VERDICT_ABORT_ENTRY, repeat = false;
	__u64 page = f->address & ~(ORACLE_PAGE - 1);
	__u32 *at;

	if (aborted) {
		at = map_at(&c->pages->of, f->task);
		if (*at) {
			repeat = c->pages->last.v[*at - 1] == page;
		} else {
			ARRAY_ADD(&c->pages->last);
			*at = c->pages->last.nr;
		}
		c->pages->last.v[*at - 1] = page;
	}
	if (repeat == f->repeat)
		return;
	differ(c, DIFFERENCE_REPEAT, "%d, the rules give %d", f->repeat,
	       repeat);
	show_fault(c, f, j);
}

static void compare_times(struct comparison *c, const struct fault *f,
			  const struct judgement *j)
{
	if (f->at >= f->arrival && (f->blocked || !f->wait) &&
	    f->arrival <= f->lookup && f->lookup <= f->at &&
	    (f->blocked || f->lookup == f->arrival) &&
	    (!f->end || (f->end <= f->at && f->lookup <= f->entry &&
			 f->entry <= f->end &&
			 f->service + f->wait <= f->end - f->arrival)))
		return;
	differ(c, DIFFERENCE_TIMES, "do not fit together");
	show_fault(c, f, j);
}

/* One wait began in one state; only between two calls there can be another. */
static bool has_one_wait(const struct fault *f)
{
	return f->blocked && !(f->facts & SPF_BIT(RETRY));
}

/*
 * By state they add up: what is in none of the fields began with the lock free, and
 * is more than all of them when these are more than the whole.  A task that has not
 * come to wait in the lock has slept, and the state is that of the arrival.
 */
static bool waits_fit(const struct fault *f)
{
	__u64 most = 0;
	int i;

	for (i = 0; i < SPF_NR_LOCKS; i++)
		if (f->waits[i] > most)
			most = f->waits[i];
	if (most > f->wait)
		return false;
	if (!has_one_wait(f))
		return true;
	return most == f->wait &&
		(f->lookup != f->arrival || f->waits[f->lock] == most);
}

/* The state that the lock had when it was looked at for the wait, by its holds. */
static void compare_waits(struct comparison *c, const struct fault *f,
			  const struct judgement *j)
{
	bool writer;

	if (!waits_fit(f)) {
		differ(c, DIFFERENCE_WAITS, "do not fit together");
		show_fault(c, f, j);
		return;
	}
	if (!has_one_wait(f) || !f->wait || f->lookup == f->arrival)
		return;
	writer = history_holder_at(c->history, f->mm, f->lookup);
	if (writer != !!f->waits[SPF_LOCK_WRITER])
		excuse(c, EXCUSE_STATE);
}

/* The VMA is another one: by its address in memory, or by its life there. */
static void compare_replaced(struct comparison *c, const struct fault *f,
			     const struct judgement *j)
{
	bool again = f->facts & SPF_BIT(RETRY);
	const struct look *asked = &f->asked;

	if (!f->replaced) {
		if (!f->vma || !f->locked || !again ||
		    !history_younger(c->history, f, f->end))
			return;
	} else if (again && f->entry <= asked->end && asked->end <= asked->at &&
		   asked->at <= f->end && asked->service <= f->service &&
		   (f->by != f->vma || !history_lasts(c->history, f))) {
		return;
	}
	differ(c, DIFFERENCE_VMA, "of its calls: %x, %s %x", f->vma,
	       f->replaced ? "replaced by" : "not by", f->by);
	show_fault(c, f, j);
}

/* What has occurred at all. */
static void count_facts(struct comparison *c, const struct judgement *j)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_REASONS; i++)
		c->facts[i] += j->facts >> i & 1;
	c->unknown += j->unknown_odd.surely || j->unknown_moved.surely;
}

void compare_fault(struct comparison *c, const struct fault *f,
		   const struct judgement *j, struct future *future)
{
	unsigned long before = 0, after = 0;
	int i;

	memset(future, 0, sizeof(*future));
	future->kind = -1;
	c->excuses = 0;
	for (i = 0; i < NR_DIFFERENCES; i++)
		before += c->differ[i];
	compare_times(c, f, j);
	compare_waits(c, f, j);
	compare_replaced(c, f, j);
	compare_repeat(c, f, j);
	compare_held(c, f, j);
	if (compare_reason(c, f, j)) {
		compare_scope(c, f, j);
		compare_blame(c, f, j);
		compare_outcome(c, f, j, future);
	} else if (f->possible) {
		future->unresolved = f->kind < 0;
	}
	compare_designs(c, f, j, future);
	count_facts(c, j);
	c->excused_faults += c->excuses != 0;
	for (i = 0; i < NR_DIFFERENCES; i++)
		after += c->differ[i];
	c->judged++;
	c->agreed += before == after;
}

void compare_possible(struct comparison *c, __u32 vma, __u64 hold, int kind,
		      __u64 faults)
{
	promise(c, vma, hold, kind, 0, faults);
}

void compare_promises(struct comparison *c)
{
	const struct promise *p;
	size_t i;

	for (i = 0; i < c->promises->list.nr; i++) {
		p = &c->promises->list.v[i];
		if (p->ours != p->theirs)
			differ(c, DIFFERENCE_RESOLVED,
			       "vma %x hold %llx %s: %llu faults, the rules give %llu",
			       p->vma, p->hold, kind_name(p->kind), p->theirs,
			       p->ours);
	}
}

/* --- holds and sections --- */

void show_section(struct comparison *c, const struct section *s)
{
	if (!c->last_shown)
		return;
	printf("  section kind=%s task=%d begin=%llu end=%llu",
	       kind_name(s->kind), s->task, s->begin, s->end);
	printf(" hold=%llx mm=%x vma=%x lock=%u shared=%d marks=%d", s->hold,
	       s->mm, s->vma, s->lock, s->shared, s->marks);
	printf(" changed=%d effect=%u fields=%x at=%llu known=%llu\n",
	       s->changed, s->effect, s->fields, s->changed_at,
	       s->changed_known);
}

/* What the sections of a hold say of it. */
struct sum {
	__u32 sections, kinds;
};

static void compare_section(struct comparison *c, const struct section *s,
			    const struct hold *hold, struct sum *sum)
{
	sum->kinds |= 1U << s->kind;
	sum->sections += !s->copied;
	if (hold->mm == s->mm && hold->task == s->task && hold->acquired &&
	    hold->acquired <= s->begin && s->begin < hold->released &&
	    s->lock == SPF_MODE_WRITE)
		return;
	differ(c, DIFFERENCE_SECTION,
	       "hold %llx of task %d, mm %x, %llu to %llu is not its, or not for write",
	       hold->id, hold->task, hold->mm, hold->acquired, hold->released);
	show_section(c, s);
}

#define CALL(id)	(1U << SPF_CALL_##id)

/*
 * Sections that only some system calls have.  An exec moves and protects its stack,
 * and a program of 32 bits has no calls at all.  Not mlock: on 5.10 whatever unmaps
 * a locked VMA has one.
 */
static bool call_fits(const struct hold *hold)
{
	static const __u32 calls[SPF_NR_KINDS] = {
		[SPF_KIND_MBIND] = CALL(MBIND),
		[SPF_KIND_MPROTECT] = CALL(MPROTECT) | CALL(EXEC),
		[SPF_KIND_MREMAP] = CALL(MREMAP) | CALL(EXEC),
		[SPF_KIND_FORK] = CALL(FORK),
	};
	int i;

	for (i = 0; i < SPF_NR_KINDS; i++)
		if (hold->kinds >> i & 1 && calls[i] &&
		    !((calls[i] | CALL(NONE)) >> hold->call & 1))
			return false;
	return true;
}

static void compare_hold(struct comparison *c, const struct hold *hold,
			 const struct sum *sum)
{
	c->calls[hold->call]++;
	if (!call_fits(hold))
		differ(c, DIFFERENCE_HOLD, "%llx: of kinds %x, in %s",
		       hold->id, hold->kinds, call_names[hold->call]);
	if (hold->acquired && (hold->leaving < hold->acquired ||
			       hold->leaving > hold->released))
		differ(c, DIFFERENCE_HOLD, "%llx: leaving at %llu, %llu to %llu",
		       hold->id, hold->leaving, hold->acquired, hold->released);
	if (sum->kinds == hold->kinds && sum->sections == hold->sections)
		return;
	differ(c, DIFFERENCE_HOLD,
	       "%llx of task %d: %u of kinds %x, its sections are %u of %x",
	       hold->id, hold->task, hold->sections, hold->kinds,
	       sum->sections, sum->kinds);
}

void compare_holds(struct comparison *c)
{
	const struct history *h = c->history;
	size_t nr = history_holds(h), i;
	struct sum *sums = zeroed((nr + 1) * sizeof(*sums));
	const struct hold *hold;

	for (i = 0; i < history_sections(h); i++) {
		hold = history_hold_of(h, history_section(h, i)->hold);
		/* One that is not over by the end of the trace has no event. */
		if (hold)
			compare_section(c, history_section(h, i), hold,
					&sums[hold - history_hold_at(h, 0)]);
	}
	for (i = 0; i < nr; i++)
		compare_hold(c, history_hold_at(h, i), &sums[i]);
	free(sums);
}

/* One that the kernel has and its emulation may share a name. */
static void print_facts(const struct comparison *c)
{
	unsigned int i, k;
	unsigned long sum;

	printf("facts");
	for (i = 0; i < SPF_NR_REASONS; i++) {
		for (k = i, sum = 0; k < SPF_NR_REASONS; k++)
			if (!strcmp(reason_name(k), reason_name(i)))
				sum += c->facts[k];
		for (k = 0; k < i; k++)
			if (!strcmp(reason_name(k), reason_name(i)))
				break;
		if (sum && k == i)
			printf(" %s=%lu", reason_name(i), sum);
	}
	printf(" unknown_effect=%lu\n", c->unknown);
}

static void print_effects(const struct comparison *c)
{
	unsigned int i;

	printf("effects");
	for (i = 0; i < SPF_NR_EFFECTS; i++)
		printf(" %s=%lu", effect_names[i], c->effects[i]);
	printf("\n");
}

static void print_calls(const struct comparison *c)
{
	unsigned int i;

	printf("calls");
	for (i = 0; i < SPF_NR_CALLS; i++)
		printf(" %s=%lu", call_names[i], c->calls[i]);
	printf("\n");
}

bool compare_print(const struct comparison *c)
{
	unsigned long all = 0;
	int i;

	printf("faults judged=%lu agreed=%lu\n", c->judged, c->agreed);
	printf("differences");
	for (i = 0; i < NR_DIFFERENCES; i++) {
		printf(" %s=%lu", difference_names[i], c->differ[i]);
		all += c->differ[i];
	}
	printf("\nexcused faults=%lu", c->excused_faults);
	for (i = 0; i < NR_EXCUSES; i++)
		printf(" %s=%lu", excuse_names[i], c->excused[i]);
	printf("\n");
	print_facts(c);
	print_effects(c);
	print_calls(c);
	return !all;
}
