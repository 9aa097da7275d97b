// SPDX-License-Identifier: GPL-2.0-only
/*
 * The designs beside each other: what each made of a fault, by docs/designs.md,
 * and what sections say of themselves for that.
 */
#include "compare.h"

#define BIT_OF(id)	(1U << SPF_DESIGN_##id)
#define FAULT_WRITE	1U		/* enum fault_flag */

/* --- facts that are given --- */

static bool implies(bool a, bool b)
{
	return !a || b;
}

/* Facts that say the same, or of which one needs the other. */
static bool facts_fit(const struct fault *f)
{
	const __u64 native = SPF_BIT(MM_ODD_NATIVE) | SPF_BIT(MM_MOVED_NATIVE);
	bool write = f->flags & FAULT_WRITE;
	__u64 is = f->facts;

	return implies(is & SPF_BIT(VM_OPS_FAULT), is & SPF_BIT(NOT_ANON)) &&
	       implies(is & SPF_BIT(NO_MAP_PAGES), is & SPF_BIT(NOT_ANON)) &&
	       implies(is & SPF_BIT(ANON_VMA_NEEDED), write) &&
	       implies(is & SPF_BIT(ANON_TRYLOCK),
		       is & SPF_BIT(ANON_VMA_NEEDED) &&
		       f->lock >= SPF_LOCK_QUEUED) &&
	       implies(is & SPF_BIT(UFFD_MISSING) && f->pte == SPF_PTE_NONE,
		       is & SPF_BIT(UFFD_CALL)) &&
	       implies(is & SPF_BIT(SWAP_PTE), f->pte == SPF_PTE_SWAP) &&
	       implies(f->pte == SPF_PTE_SWAP, is & SPF_BIT(SWAP_PTE)) &&
	       implies(is & SPF_BIT(MM_MOVED_NATIVE), !f->blocked) &&
	       (is & native) != native;
}

/* Those that the event leaves out. */
#define BY_WRITERS \
	(SPF_BIT(VMA_ABSENT) | SPF_BIT(SEQ_ODD) | SPF_BIT(OUT_OF_BOUNDS) | \
	 SPF_BIT(SEQ_MOVED) | SPF_BIT(ODD_MATTERS) | SPF_BIT(MOVED_MATTERS) | \
	 SPF_BIT(UNSAFE) | SPF_BIT(FLAGS_DIFFER) | SPF_BIT(COUNT_DIFFERS) | \
	 SPF_BIT(MM_ODD) | SPF_BIT(MM_MOVED) | SPF_BIT(WRITE_LOCKED))

/* TASK_SIZE_MAX of x86-64 with four levels of page tables, and with five. */
static const __u64 user_ends[USER_ENDS] = {
	(1ULL << 47) - ORACLE_PAGE, (1ULL << 56) - ORACLE_PAGE
};

/*
 * An address of the kernel's is one by its number alone.  How many levels the
 * machine has, the trace does not say; but all its faults have to agree on that.
 */
static bool address_fits(struct comparison *c, const struct fault *f)
{
	bool said = f->facts & SPF_BIT(KERNEL_ADDRESS);
	unsigned int i, ends = c->user_ends;

	for (i = 0; i < USER_ENDS; i++)
		if (f->address >= user_ends[i] ? !said : said)
			ends &= ~(1U << i);
	if (ends)
		c->user_ends = ends;
	return ends && implies(said, !f->vma && !f->end);
}

static void compare_facts(struct comparison *c, const struct fault *f,
			  const struct judgement *j)
{
	if (f->facts & BY_WRITERS)
		differ(c, DIFFERENCE_FACTS, "%llx: of writers, and in the event",
		       f->facts & BY_WRITERS);
	else if (!address_fits(c, f))
		differ(c, DIFFERENCE_FACTS, "%llx: at the address %llx",
		       f->facts, f->address);
	else if (!facts_fit(f))
		differ(c, DIFFERENCE_FACTS, "%llx: not all of them can be",
		       f->facts);
	else
		return;
	show_fault(c, f, j);
}

/* --- verdicts --- */

static bool completes(const struct fault *f, unsigned int design)
{
	return f->completed & 1U << design;
}

static bool is_maybe(const struct fault *f, unsigned int design)
{
	return f->maybe & 1U << design;
}

/*
 * By the facts that were not known.  What was forgotten leaves a fault possible,
 * if it completes.
 */
static bool excuse_reason(struct comparison *c, const struct fault *f,
			  const struct judgement *j, unsigned int design,
			  __u64 unknown)
{
	static const enum excuse excuses[] = {
		[DOUBT_FLUX] = EXCUSE_FLUX,
		[DOUBT_OVERRUN] = EXCUSE_OVERRUN,
		[DOUBT_FORGOTTEN] = EXCUSE_FORGOTTEN,
		[DOUBT_ASKED] = EXCUSE_ASKED,
		[DOUBT_OWNER] = EXCUSE_OWNER,
		[DOUBT_MARK] = EXCUSE_MARK,
		[DOUBT_DROPPED] = EXCUSE_DROPPED,
	};
	const unsigned int needs = 1U << DOUBT_OVERRUN | 1U << DOUBT_FORGOTTEN |
		1U << DOUBT_ASKED | 1U << DOUBT_MARK;
	bool possible = !completes(f, design) || is_maybe(f, design);
	unsigned int why;

	for (why = 0; why < NR_DOUBTS; why++) {
		if (!(j->doubtful[why] & unknown))
			continue;
		if (needs >> why & 1 && !possible)
			return false;
		unknown &= ~j->doubtful[why];
		excuse(c, excuses[why]);
	}
	return true;
}

static __u64 all_doubtful(const struct judgement *j)
{
	__u64 all = 0;
	unsigned int why;

	for (why = 0; why < NR_DOUBTS; why++)
		all |= j->doubtful[why];
	return all;
}

static void show_reasons(struct comparison *c, unsigned int design,
			 __u64 reasons)
{
	unsigned int i;

	if (!c->last_shown)
		return;
	printf("  %s:", design_of(design)->name);
	for (i = 0; i < SPF_NR_REASONS; i++)
		if (reasons & 1ULL << i)
			printf(" %s", reason_name(i));
	printf("\n");
}

static void compare_verdict(struct comparison *c, const struct fault *f,
			    const struct judgement *j, unsigned int design,
			    __u64 *fitting)
{
	__u64 reasons, first = 1ULL << design_reason(design, j->facts);

	reasons = design_reasons(design, j->facts | j->mistaken,
				 all_doubtful(j));
	*fitting = reasons_with(design, reasons, completes(f, design));
	if (*fitting & first)
		return;
	if (*fitting && excuse_reason(c, f, j, design, (reasons & ~*fitting) |
				      j->mistaken))
		return;
	*fitting = *fitting ?: first;
	differ(c, DIFFERENCE_DESIGN, "%s says %s", design_of(design)->name,
	       completes(f, design) ? "completed" : "not completed");
	show_reasons(c, design, reasons);
	show_fault(c, f, j);
}

/* --- is it possible? --- */

static bool is_refused(const struct fault *f)
{
	return f->facts & (SPF_BIT(PERMISSION) | SPF_BIT(PKEY));
}

/* It had dropped the lock, and its VMA may be another one. */
static bool is_dropped(const struct fault *f)
{
	return f->vma && fault_let_go(f);
}

/* What they do not know of the sections that they ask. */
static struct answer ask_effects(const struct judgement *j,
				 unsigned int design)
{
	struct answer unknown = j->unknown_moved;

	if (design != SPF_DESIGN_BOUNDS)
		return unknown;
	unknown.surely |= j->unknown_odd.surely;
	unknown.maybe |= j->unknown_odd.maybe;
	return unknown;
}

/* seqcount does not: it has blamed another section, and nobody follows a hold. */
static struct answer instead_of_v12(const struct fault *f,
				    const struct judgement *j,
				    unsigned int design)
{
	struct answer may = ask_effects(j, design);

	may.surely |= j->rules & (RULE_LATER | RULE_HELD) || f->overrun ||
		      f->foreign || f->replaced ||
		      (j->holds && j->holds_over > f->at);
	may.maybe |= may.surely || j->rules || j->holds || is_dropped(f);
	return may;
}

static struct answer may_mmseq(const struct fault *f,
			       const struct judgement *j)
{
	bool unseen = f->lock == SPF_LOCK_WRITER &&
		      !(j->facts & SPF_BIT(MM_ODD));
	struct answer may = j->got_after;

	may.surely |= f->blocked || unseen || f->foreign || j->got_more ||
		      (j->holds && j->holds_over > f->at);
	may.maybe |= may.surely || j->holds || j->holds_later;
	return may;
}

/* The counter itself is not in the trace, but those who wait are. */
static struct answer may_mmseq_native(const struct fault *f,
				      const struct judgement *j)
{
	return (struct answer){
		false, f->blocked || j->holds || j->holds_later || f->foreign
	};
}

/* What a writer who had the lock has marked cannot be told, or is forgotten. */
static struct answer may_vmalock(const struct fault *f,
				 const struct judgement *j)
{
	bool writer = f->lock == SPF_LOCK_WRITER;
	struct answer may = j->mark_lost;

	may.surely |= f->overrun ||
		      (writer && (is_refused(f) || f->replaced));
	may.maybe |= may.surely || (writer && is_dropped(f));
	return may;
}

static struct answer may_vmalock_native(const struct fault *f)
{
	bool may = f->lock == SPF_LOCK_WRITER && is_refused(f);

	return (struct answer){ may, may };
}

static struct answer may_be_wrong(const struct fault *f,
				  const struct judgement *j,
				  unsigned int design)
{
	switch (design) {
	case SPF_DESIGN_SEQCOUNT:
		return (struct answer){ f->possible, f->possible };
	case SPF_DESIGN_MMSEQ:
		return may_mmseq(f, j);
	case SPF_DESIGN_MMSEQ_NATIVE:
		return may_mmseq_native(f, j);
	case SPF_DESIGN_VMALOCK:
		return may_vmalock(f, j);
	case SPF_DESIGN_VMALOCK_NATIVE:
		return may_vmalock_native(f);
	}
	/* What would have moved a counter is not asked. */
	if (completes(f, SPF_DESIGN_SEQCOUNT))
		return (struct answer){ f->possible, f->possible };
	return instead_of_v12(f, j, design);
}

static void excuse_maybe(struct comparison *c, const struct fault *f,
			 unsigned int design)
{
	if (design == SPF_DESIGN_MMSEQ_NATIVE)
		return;
	excuse(c, f->overrun ? EXCUSE_OVERRUN :
	       is_dropped(f) ? EXCUSE_DROPPED : EXCUSE_FLUX);
}

static void compare_maybe(struct comparison *c, const struct fault *f,
			  const struct judgement *j, unsigned int design)
{
	struct answer may = may_be_wrong(f, j, design);
	bool said = is_maybe(f, design);

	if (may.surely == may.maybe && said == may.surely)
		return;
	if (may.maybe && !may.surely) {
		excuse_maybe(c, f, design);
		return;
	}
	differ(c, DIFFERENCE_MAYBE, "%s: %s", design_of(design)->name,
	       said ? "possible, but by no rule" : "not possible");
	show_fault(c, f, j);
}

/* --- all of them --- */

static void find_unsafe(const struct judgement *j, struct answer *unsafe)
{
	__u64 holds = j->facts & SPF_BIT(UNSAFE);

	unsafe->maybe = holds;
	unsafe->surely = holds & ~all_doubtful(j);
}

static void compare_sets(struct comparison *c, const struct fault *f,
			 const struct judgement *j)
{
	bool completed = f->verdict == SPF_VERDICT_COMPLETED;

	if (f->completed & ~c->designs || f->maybe & ~f->completed)
		differ(c, DIFFERENCE_DESIGN,
		       "completed=%x, of these maybe=%x, judged are %x",
		       f->completed, f->maybe, c->designs);
	else if (c->designs & BIT_OF(SEQCOUNT) &&
		 completes(f, SPF_DESIGN_SEQCOUNT) != completed)
		differ(c, DIFFERENCE_DESIGN, "completed=%x is not its own event",
		       f->completed);
	else
		return;
	show_fault(c, f, j);
}

void compare_designs(struct comparison *c, const struct fault *f,
		     const struct judgement *j, struct future *future)
{
	unsigned int design;

	find_unsafe(j, &future->unsafe);
	future->reasons[SPF_DESIGN_SEQCOUNT] = 1ULL << f->reason;
	if (!c->designs)
		return;
	compare_facts(c, f, j);
	compare_sets(c, f, j);
	for (design = 0; design < SPF_NR_DESIGNS; design++) {
		if (!(c->designs & 1U << design))
			continue;
		if (design != SPF_DESIGN_SEQCOUNT)
			compare_verdict(c, f, j, design,
					&future->reasons[design]);
		if (completes(f, design))
			compare_maybe(c, f, j, design);
	}
}

/* --- sections --- */

static void compare_marks(struct comparison *c, const struct section *s)
{
	const struct hold *hold = history_hold_of(c->history, s->hold);
	bool marks = kind_marks(s->kind) && s->hold;

	/* Not the one behind the VMA that changes. */
	if (s->marks != marks &&
	    (s->marks || (s->kind != SPF_KIND_ADJUST &&
			  s->kind != SPF_KIND_EXPAND)))
		differ(c, DIFFERENCE_MARKS, "%d, the rules give %d", s->marks,
		       marks);
	else if (!s->marks != !s->marked || s->marked > s->begin ||
		 (hold && s->marked && s->marked < hold->acquired))
		differ(c, DIFFERENCE_MARKS, "since %llu, in a hold since %llu",
		       s->marked, hold ? hold->acquired : 0);
	else
		return;
	show_section(c, s);
}

static void compare_effect(struct comparison *c, const struct section *s)
{
	const struct hold *hold = history_hold_of(c->history, s->hold);

	if (section_effect(s))
		differ(c, DIFFERENCE_EFFECT, "told of a kind of which it is known");
	else if (s->effect != effect_of_fields(s->fields))
		differ(c, DIFFERENCE_EFFECT, "%u, the fields give %u",
		       s->effect, effect_of_fields(s->fields));
	else if (s->changed_at < s->begin ||
		 (hold && s->changed_at > hold->released))
		differ(c, DIFFERENCE_EFFECT, "not between its begin and the end of its hold");
	else
		return;
	show_section(c, s);
}

/*
 * A call that unmaps gives the lock back when the VMA is in no tree any more, and
 * frees it after that: by the end of the hold nothing kept it.
 */
static bool is_unmapped(const struct history *h, const struct hold *hold,
			const struct life *life)
{
	const struct hold *other;
	size_t i;

	/* Rarely asked. */
	for (i = 0; i < history_holds(h); i++) {
		other = history_hold_at(h, i);
		if (other->task == hold->task &&
		    other->wait >= hold->released && other->wait < life->freed)
			return false;
	}
	return life->freed != NEVER;
}

/* It has to be told of each whose VMA is still there at the end of its hold. */
static void compare_untold(struct comparison *c, const struct section *s)
{
	const struct life *life = history_life_of(c->history, s);
	const struct hold *hold = history_hold_of(c->history, s->hold);

	if (section_effect(s) || !life || s->end == NEVER ||
	    !hold || life->freed <= hold->released ||
	    is_unmapped(c->history, hold, life))
		return;
	differ(c, DIFFERENCE_EFFECT, "nobody tells it");
	show_section(c, s);
}

void compare_effects(struct comparison *c)
{
	const struct section *s;
	size_t i;

	for (i = 0; i < history_sections(c->history); i++) {
		s = history_section(c->history, i);
		c->effects[s->changed ? s->effect : section_effect(s)]++;
		if (s->shared && !s->copied && s->vma)
			compare_marks(c, s);
		if (s->changed)
			compare_effect(c, s);
		else if (s->shared && s->vma)
			compare_untold(c, s);
	}
}
