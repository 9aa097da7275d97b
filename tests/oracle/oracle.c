// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges the faults of a trace anew and compares: each fault with what spf said
 * of it, and every figure of stats with what the trace gives.
 *
 *	oracle [OPTION]... TRACE.DAT STATS
 *
 * TRACE.DAT: of trace-cmd record -C mono -e spf
 * STATS: a copy of /sys/kernel/debug/spf/stats, made while that recorded
 *
 *	--drop-section N	forget the Nth section without which a fault has
 *				another verdict, to see that this is noticed
 *	--show N		the first N disagreements (20), then only sums
 *
 * Exit status: 0 when everything agrees, 1 when something does not, 2 when there
 * is nothing to compare.
 */
#include <stdint.h>

#include <trace-cmd.h>

#include "figures.h"
#include "table.h"

/* Of the library, but not of its header; later ones may not have it. */
const char *tracecmd_get_cpustats(struct tracecmd_input *handle);
#pragma weak tracecmd_get_cpustats

/* --- events: the names of their fields, and the same as numbers --- */

#define FIELDS_MAX	48
#define SYMBOLS_MAX	64

struct layout {
	const char *event;
	const char * const *fields;
	int id, nr;
	struct {
		const char *name;
		int offset, size;
		bool is_signed;
		/* Of a field that is printed as a word: the index in our lists. */
		bool has_words;
		__s8 word[SYMBOLS_MAX];
		int unknown;	/* words that are not in our lists */
	} field[FIELDS_MAX];
};

static const char * const fault_fields[] = {
	"common_pid", "address", "mm", "vma", "arrival_ns", "lookup_ns",
	"entry_ns", "end_ns", "wait_ns", "wait_readers_ns", "wait_queued_ns",
	"wait_writer_ns", "service_ns", "flags", "facts", "pte", "lock",
	"blocked", "locked", "overrun", "foreign", "held", "possible",
	"deferred", "repeat", "kind", "writer", "open_ns", "scope", "completed",
	"maybe", "reason", NULL
};

enum {
	FT_PID, FT_ADDRESS, FT_MM, FT_VMA, FT_ARRIVAL, FT_LOOKUP, FT_ENTRY, FT_END, FT_WAIT,
	FT_WAIT_READERS, FT_WAIT_QUEUED, FT_WAIT_WRITER, FT_SERVICE, FT_FLAGS, FT_FACTS,
	FT_PTE, FT_LOCK, FT_BLOCKED, FT_LOCKED, FT_OVERRUN, FT_FOREIGN, FT_HELD, FT_POSSIBLE,
	FT_DEFERRED, FT_REPEAT, FT_KIND, FT_WRITER, FT_OPEN, FT_SCOPE, FT_COMPLETED,
	FT_MAYBE, FT_REASON,
};

static const char * const begin_fields[] = {
	"common_pid", "kind", "mm", "vma", "start", "end", "vm_start",
	"vm_end", "begin_ns", "hold", "lock", "marks", "marked_ns",
	"shared", NULL
};

enum {
	B_PID, B_KIND, B_MM, B_VMA, B_START, B_END, B_VM_START, B_VM_END,
	B_BEGIN, B_HOLD, B_LOCK, B_MARKS, B_MARKED,
	B_SHARED,
};

static const char * const end_fields[] = {
	"common_pid", "kind", "mm", "vma", "start", "end", "begin_ns",
	"end_ns", "shared", NULL
};

enum { E_PID, E_KIND, E_MM, E_VMA, E_START, E_END, E_BEGIN, E_AT, E_SHARED };

static const char * const changed_fields[] = {
	"common_pid", "kind", "mm", "vma", "begin_ns", "at_ns", "effect",
	"fields", NULL
};

enum { C_PID, C_KIND, C_MM, C_VMA, C_BEGIN, C_AT, C_EFFECT, C_FIELDS };

static const char * const split_fields[] = {
	"common_pid", "mm", "parent", "child", "at_ns", "begin_ns", "kind", NULL
};

enum { S_PID, S_MM, S_PARENT, S_CHILD, S_AT, S_BEGIN, S_KIND };

static const char * const life_fields[] = {
	"mm", "vma", "at_ns", NULL
};

enum { A_MM, A_VMA, A_AT };

static const char * const hold_fields[] = {
	"common_pid", "mm", "hold", "wait_ns", "acquired_ns", "leaving_ns",
	"released_ns", "sections", "kinds", "foreign", "call", NULL
};

enum {
	H_PID, H_MM, H_HOLD, H_WAIT, H_ACQUIRED, H_LEAVING, H_RELEASED,
	H_SECTIONS, H_KINDS, H_FOREIGN, H_CALL,
};

static const char * const possible_fields[] = {
	"vma", "hold", "kind", "faults", NULL
};

enum { P_VMA, P_HOLD, P_KIND, P_FAULTS };

static const char * const replaced_fields[] = {
	"common_pid", "vma", "by", "arrival_ns", "asked_ns", "service_ns", NULL
};

enum { R_PID, R_VMA, R_BY, R_ARRIVAL, R_ASKED, R_SERVICE };

static const char * const kernel_fields[] = {
	"common_pid", "arrival_ns", "wait_ns", NULL
};

enum { K_PID, K_ARRIVAL, K_WAIT };

enum {
	EVENT_COMPLETED, EVENT_ABORTED, EVENT_SKIPPED, EVENT_KERNEL, EVENT_BEGIN,
	EVENT_END, EVENT_CHANGED, EVENT_SPLIT, EVENT_ALLOC, EVENT_FREE, EVENT_HOLD,
	EVENT_POSSIBLE, EVENT_REPLACED, NR_EVENTS
};

static struct layout layouts[NR_EVENTS] = {
	[EVENT_COMPLETED] = { "spf_fault_completed", fault_fields },
	[EVENT_ABORTED] = { "spf_fault_aborted", fault_fields },
	[EVENT_SKIPPED] = { "spf_fault_skipped", fault_fields },
	[EVENT_KERNEL] = { "spf_fault_kernel", kernel_fields },
	[EVENT_BEGIN] = { "spf_section_begin", begin_fields },
	[EVENT_END] = { "spf_section_end", end_fields },
	[EVENT_CHANGED] = { "spf_section_changed", changed_fields },
	[EVENT_SPLIT] = { "spf_vma_split", split_fields },
	[EVENT_ALLOC] = { "spf_vma_alloc", life_fields },
	[EVENT_FREE] = { "spf_vma_free", life_fields },
	[EVENT_HOLD] = { "spf_hold", hold_fields },
	[EVENT_POSSIBLE] = { "spf_possible", possible_fields },
	[EVENT_REPLACED] = { "spf_vma_replaced", replaced_fields },
};

/* --- what is read --- */

struct possible {
	__u64 at, hold, faults;
	__u32 vma;
	int kind;
};

/* The VMA of a fault whose event is to come. */
struct replaced {
	__u64 arrival;
	__u32 vma, by;
	struct look asked;
};

/* The last fault that a task has taken in the kernel. */
struct kernel_fault {
	__u64 arrival, wait;
};

struct trace {
	struct history *history;
	struct figures *figures;
	DECLARE_ARRAY(struct fault, faults);
	DECLARE_ARRAY(struct possible, possible);
	DECLARE_ARRAY(struct replaced, replaced);
	struct map replaced_of;		/* by task: the last one + 1 */
	DECLARE_ARRAY(struct kernel_fault, kernel);
	struct map kernel_of;		/* by task, + 1 */
	DECLARE_ARRAY(__u64, begun_at);	/* of each section that has an event */
	DECLARE_ARRAY(__u32, begun);
	unsigned long events, lost, unmatched, ends_alone, changed_alone;
	unsigned long kernel_times;	/* that do not fit together */
	/* By the number of an event: its layout + 1. */
	__u8 of_id[UINT16_MAX + 1];
};

/* --- names to numbers --- */

struct words {
	const char *field;
	const char * const *names;
	int nr;
};

static const struct words words[] = {
	{ "kind", kind_names, SPF_NR_KINDS },
	{ "pte", pte_names, SPF_NR_PTES },
	{ "scope", scope_names, SPF_NR_SCOPES },
	{ "reason", reason_names, SPF_NR_REASONS },
	{ "effect", effect_names, SPF_NR_EFFECTS },
	{ "call", call_names, SPF_NR_CALLS },
	{ "lock", lock_names, SPF_NR_LOCKS },
	/* Of sections, which have words of their own. */
	{ "lock", mode_names, SPF_NR_MODES },
};

static int index_of(const struct words *list, const char *name)
{
	int i;

	for (i = 0; i < list->nr; i++)
		if (!strcmp(list->names[i], name))
			return i;
	return -1;
}

static const struct words *words_of(const struct layout *layout,
				    const char *field)
{
	const struct words *w = words;

	while (strcmp(w->field, field))
		w++;
	if (w->names == lock_names && layout == &layouts[EVENT_BEGIN])
		w++;
	return w;
}

static void learn_words(struct layout *layout, const struct tep_print_arg *arg)
{
	const struct tep_print_arg *field = arg->symbol.field;
	const struct tep_print_flag_sym *symbol;
	unsigned long long nr;
	const char *name;
	int word, i;

	while (field->type == TEP_PRINT_TYPE)
		field = field->typecast.item;
	if (field->type != TEP_PRINT_FIELD)
		return;
	name = field->field.name;
	for (i = 0; i < layout->nr; i++) {
		if (strcmp(layout->field[i].name, name))
			continue;
		layout->field[i].has_words = true;
		memset(layout->field[i].word, -1,
		       sizeof(layout->field[i].word));
		for (symbol = arg->symbol.symbols; symbol;
		     symbol = symbol->next) {
			nr = strtoull(symbol->value, NULL, 0);
			if (nr >= SYMBOLS_MAX)
				continue;
			word = index_of(words_of(layout, name), symbol->str);
			layout->field[i].word[nr] = word;
			layout->field[i].unknown +=
				word < 0 && strcmp(symbol->str, "none");
		}
	}
}

static bool learn_field(struct layout *layout, struct tep_event *event,
			const char *name)
{
	struct tep_format_field *field = tep_find_any_field(event, name);
	int i = layout->nr++;

	if (!field) {
		fprintf(stderr, "oracle: %s has no field '%s'\n", layout->event,
			name);
		return false;
	}
	layout->field[i].name = name;
	layout->field[i].offset = field->offset;
	layout->field[i].size = field->size;
	layout->field[i].is_signed = field->flags & TEP_FIELD_IS_SIGNED;
	return true;
}

static bool learn_event(struct layout *layout, struct tep_handle *tep)
{
	struct tep_event *event = tep_find_event_by_name(tep, "spf",
							 layout->event);
	struct tep_print_arg *arg;
	const char * const *name;

	if (!event) {
		fprintf(stderr, "oracle: the trace does not know the event %s\n",
			layout->event);
		return false;
	}
	layout->id = event->id;
	for (name = layout->fields; *name; name++)
		if (!learn_field(layout, event, *name))
			return false;
	for (arg = event->print_fmt.args; arg; arg = arg->next)
		if (arg->type == TEP_PRINT_SYMBOL)
			learn_words(layout, arg);
	return true;
}

/* By the number that a reason has in the trace, ours; -1 for none. */
static int reasons[SYMBOLS_MAX];

/*
 * Facts are bits by the numbers of reasons.  All of ours have to be in the trace,
 * and no others.
 */
static bool learn_reasons(void)
{
	const struct layout *layout = &layouts[EVENT_ABORTED];
	const __s8 *word = layout->field[FT_REASON].word;
	int i, k, same, nr = 0;

	for (i = 0; i < SYMBOLS_MAX; i++) {
		reasons[i] = -1;
		if (!layout->field[FT_REASON].has_words || word[i] < 0)
			continue;
		for (k = 0, same = 0; k < i; k++)
			same += word[k] == word[i];
		reasons[i] = reason_named(reason_names[word[i]], same);
		nr += reasons[i] >= 0;
	}
	if (nr == SPF_NR_REASONS && !layout->field[FT_REASON].unknown)
		return true;
	fprintf(stderr, "oracle: of %d reasons the trace has %d, and %d others: another version\n",
		SPF_NR_REASONS, nr, layout->field[FT_REASON].unknown);
	return false;
}

static bool learn(struct trace *t, struct tep_handle *tep)
{
	int i;

	for (i = 0; i < NR_EVENTS; i++) {
		if (!learn_event(&layouts[i], tep))
			return false;
		t->of_id[(__u16)layouts[i].id] = i + 1;
	}
	return learn_reasons();
}

/* --- records --- */

/* Fields need not be where their type would have to be. */
static __u64 get(const struct layout *layout, const void *data, int i)
{
	unsigned int size = layout->field[i].size, shift = 64 - 8 * size;
	__u64 value = 0;

	memcpy(&value, data + layout->field[i].offset, size);
	if (layout->field[i].is_signed)
		value = (__s64)(value << shift) >> shift;
	return value;
}

/* By our lists; -1 for "none" where these do not have it. */
static int get_word(const struct layout *layout, const void *data, int i)
{
	__u64 nr = get(layout, data, i);

	if (!layout->field[i].has_words || nr >= SYMBOLS_MAX)
		return -1;
	return layout->field[i].word[nr];
}

static void no_name(const char *of, __u64 at)
{
	fprintf(stderr, "oracle: %s at %llu has a number without a name\n", of,
		at);
	exit(2);
}

/* A set of the trace's numbers as one of ours. */
static __u64 get_facts(const struct layout *layout, const struct tep_record *r,
		       int i)
{
	__u64 set = get(layout, r->data, i), facts = 0;
	int nr;

	for (nr = 0; nr < SYMBOLS_MAX; nr++) {
		if (!(set >> nr & 1))
			continue;
		if (reasons[nr] < 0)
			no_name("a fault", r->ts);
		facts |= 1ULL << reasons[nr];
	}
	return facts;
}

static __u32 get_kinds(const struct layout *layout, const struct tep_record *r,
		       int i)
{
	const __s8 *word = layouts[EVENT_BEGIN].field[B_KIND].word;
	__u32 set = get(layout, r->data, i), kinds = 0;
	int nr;

	for (nr = 0; nr < 32; nr++) {
		if (!(set >> nr & 1))
			continue;
		if (word[nr] < 0)
			no_name("a hold", r->ts);
		kinds |= 1U << word[nr];
	}
	return kinds;
}

static const __u8 verdict_by_event[] = {
	[EVENT_COMPLETED] = SPF_VERDICT_COMPLETED,
	[EVENT_ABORTED] = SPF_VERDICT_ABORT_ENTRY,
	[EVENT_SKIPPED] = SPF_VERDICT_SKIPPED,
};

static void read_replaced(struct trace *t, const struct tep_record *r)
{
	const struct layout *l = &layouts[EVENT_REPLACED];
	struct replaced *is = ARRAY_ADD(&t->replaced);

	is->vma = get(l, r->data, R_VMA);
	is->by = get(l, r->data, R_BY);
	is->arrival = get(l, r->data, R_ARRIVAL);
	is->asked.end = get(l, r->data, R_ASKED);
	is->asked.service = get(l, r->data, R_SERVICE);
	is->asked.at = r->ts;
	*map_at(&t->replaced_of, get(l, r->data, R_PID)) = t->replaced.nr;
}

static void ask(struct trace *t, struct fault *f)
{
	__u32 i = map_get(&t->replaced_of, f->task);
	const struct replaced *is = i ? &t->replaced.v[i - 1] : NULL;

	f->asked = (struct look){ f->end, f->service, f->at };
	if (!is || is->arrival != f->arrival || is->vma != f->vma)
		return;
	f->replaced = true;
	f->by = is->by;
	f->asked = is->asked;
}

static void read_fault(struct trace *t, int event, const struct tep_record *r)
{
	const struct layout *l = &layouts[event];
	struct fault *f = ARRAY_ADD(&t->faults);
	const void *d = r->data;

	f->at = r->ts;
	f->verdict = verdict_by_event[event];
	f->task = get(l, d, FT_PID);
	f->address = get(l, d, FT_ADDRESS);
	f->mm = get(l, d, FT_MM);
	f->vma = get(l, d, FT_VMA);
	f->arrival = get(l, d, FT_ARRIVAL);
	f->lookup = get(l, d, FT_LOOKUP);
	f->entry = get(l, d, FT_ENTRY);
	f->end = get(l, d, FT_END);
	f->wait = get(l, d, FT_WAIT);
	f->waits[SPF_LOCK_READERS] = get(l, d, FT_WAIT_READERS);
	f->waits[SPF_LOCK_QUEUED] = get(l, d, FT_WAIT_QUEUED);
	f->waits[SPF_LOCK_WRITER] = get(l, d, FT_WAIT_WRITER);
	f->waits[SPF_LOCK_FREE] = f->wait - f->waits[SPF_LOCK_READERS] -
		f->waits[SPF_LOCK_QUEUED] - f->waits[SPF_LOCK_WRITER];
	f->service = get(l, d, FT_SERVICE);
	f->flags = get(l, d, FT_FLAGS);
	f->facts = get_facts(l, r, FT_FACTS);
	f->pte = get_word(l, d, FT_PTE);
	f->lock = get_word(l, d, FT_LOCK);
	f->blocked = get(l, d, FT_BLOCKED);
	f->locked = get(l, d, FT_LOCKED);
	f->overrun = get(l, d, FT_OVERRUN);
	f->foreign = get(l, d, FT_FOREIGN);
	f->held = get(l, d, FT_HELD);
	f->possible = get(l, d, FT_POSSIBLE);
	f->deferred = get(l, d, FT_DEFERRED);
	f->repeat = get(l, d, FT_REPEAT);
	f->kind = get_word(l, d, FT_KIND);
	f->writer = get(l, d, FT_WRITER);
	f->open_ns = get(l, d, FT_OPEN);
	f->scope = get_word(l, d, FT_SCOPE);
	f->completed = get(l, d, FT_COMPLETED);
	f->maybe = get(l, d, FT_MAYBE);
	f->reason = get_word(l, d, FT_REASON);
	ask(t, f);
	/* A number without a word would be an index out of range. */
	if (f->pte >= SPF_NR_PTES || f->lock >= SPF_NR_LOCKS ||
	    f->scope >= SPF_NR_SCOPES || f->reason >= SPF_NR_REASONS)
		no_name("a fault", r->ts);
}

static int get_kind(const struct layout *l, const void *d, int i, __u64 at)
{
	int kind = get_word(l, d, i);

	if (kind < 0)
		no_name("a section", at);
	return kind;
}

/* All that it waits for is between its arrival and its calls. */
static void read_kernel(struct trace *t, const struct tep_record *r)
{
	const struct layout *l = &layouts[EVENT_KERNEL];
	__s32 task = get(l, r->data, K_PID);
	struct kernel_call call = {
		.arrival = get(l, r->data, K_ARRIVAL),
		.wait = get(l, r->data, K_WAIT),
	};
	struct kernel_fault *k;
	__u32 *at;

	at = map_at(&t->kernel_of, task);
	if (!*at) {
		ARRAY_ADD(&t->kernel);
		*at = t->kernel.nr;
	}
	k = &t->kernel.v[*at - 1];
	call.again = k->arrival == call.arrival;
	if (!call.again)
		*k = (struct kernel_fault){ .arrival = call.arrival };
	call.waited = k->wait;
	k->wait += call.wait;
	if (call.arrival ? k->wait > r->ts - call.arrival : k->wait)
		t->kernel_times++;
	if (figures_include(t->figures, r->ts))
		figures_kernel(t->figures, &call);
}

static void read_begin(struct trace *t, const struct tep_record *r)
{
	const struct layout *l = &layouts[EVENT_BEGIN];
	const void *d = r->data;
	const struct section s = {
		.at = r->ts,
		.task = get(l, d, B_PID),
		.kind = get_kind(l, d, B_KIND, r->ts),
		.mm = get(l, d, B_MM),
		.vma = get(l, d, B_VMA),
		.before = { get(l, d, B_START), get(l, d, B_END) },
		.bounds = { get(l, d, B_VM_START), get(l, d, B_VM_END) },
		.begin = get(l, d, B_BEGIN),
		.hold = get(l, d, B_HOLD),
		.lock = get_word(l, d, B_LOCK),
		.marks = get(l, d, B_MARKS),
		.marked = get(l, d, B_MARKED),
		.shared = get(l, d, B_SHARED),
	};

	*ARRAY_ADD(&t->begun) = history_begin(t->history, &s);
	*ARRAY_ADD(&t->begun_at) = r->ts;
	if (figures_include(t->figures, r->ts))
		figures_begin(t->figures, &s);
}

static void end_alone(struct trace *t, const struct section *s)
{
	t->ends_alone++;
	printf("end without a begin: %s task=%d vma=%x begin=%llu end=%llu\n",
	       kind_name(s->kind), s->task, s->vma, s->begin, s->end);
}

/* Where nobody else could be in a fault, the split of a VMA has no event. */
static void read_end(struct trace *t, const struct tep_record *r)
{
	const struct layout *l = &layouts[EVENT_END];
	const void *d = r->data;
	const struct section s = {
		.task = get(l, d, E_PID),
		.kind = get_kind(l, d, E_KIND, r->ts),
		.mm = get(l, d, E_MM),
		.vma = get(l, d, E_VMA),
		.before = { get(l, d, E_START), get(l, d, E_END) },
		.begin = get(l, d, E_BEGIN),
		.end = get(l, d, E_AT),
		.shared = get(l, d, E_SHARED),
	};

	if (s.kind == SPF_KIND_FORK && !s.vma)
		history_end_fork(t->history, s.task, s.end);
	else if (!history_end(t->history, &s) && s.shared)
		end_alone(t, &s);
	if (figures_include(t->figures, r->ts))
		figures_end(t->figures, &s);
}

static void read_changed(struct trace *t, const struct tep_record *r)
{
	const struct layout *l = &layouts[EVENT_CHANGED];
	const void *d = r->data;
	const struct section s = {
		.task = get(l, d, C_PID),
		.kind = get_kind(l, d, C_KIND, r->ts),
		.mm = get(l, d, C_MM),
		.vma = get(l, d, C_VMA),
		.begin = get(l, d, C_BEGIN),
		.effect = get_word(l, d, C_EFFECT),
		.fields = get(l, d, C_FIELDS),
		.changed_at = get(l, d, C_AT),
		.changed_known = r->ts,
	};
	const struct section *was = history_changed(t->history, &s);

	if (!was)
		t->changed_alone++;
	else if (figures_include(t->figures, r->ts))
		figures_changed(t->figures, was);
}

static void read_split(struct trace *t, const struct tep_record *r)
{
	const struct layout *l = &layouts[EVENT_SPLIT];
	const void *d = r->data;
	const struct split split = {
		.task = get(l, d, S_PID),
		.mm = get(l, d, S_MM),
		.parent = get(l, d, S_PARENT),
		.child = get(l, d, S_CHILD),
		.at = get(l, d, S_AT),
		.begin = get(l, d, S_BEGIN),
		.kind = get_kind(l, d, S_KIND, r->ts),
	};
	/* The child's part of the section. */
	const struct section open = {
		.task = split.task, .kind = split.kind, .vma = split.child,
		.copied = true,
	};

	if (!history_split(t->history, &split))
		t->unmatched++;
	if (figures_include(t->figures, r->ts))
		figures_begin(t->figures, &open);
}

static void read_life(struct trace *t, int event, const struct tep_record *r)
{
	const struct layout *l = &layouts[event];
	__u32 mm = get(l, r->data, A_MM), vma = get(l, r->data, A_VMA);
	__u64 at = get(l, r->data, A_AT);

	if (event == EVENT_ALLOC)
		history_alloc(t->history, mm, vma, at);
	else
		history_freed(t->history, mm, vma, at);
}

static void read_hold(struct trace *t, const struct tep_record *r)
{
	const struct layout *l = &layouts[EVENT_HOLD];
	const void *d = r->data;
	const struct hold hold = {
		.at = r->ts,
		.task = get(l, d, H_PID),
		.mm = get(l, d, H_MM),
		.id = get(l, d, H_HOLD),
		.wait = get(l, d, H_WAIT),
		.acquired = get(l, d, H_ACQUIRED),
		.leaving = get(l, d, H_LEAVING),
		.released = get(l, d, H_RELEASED),
		.sections = get(l, d, H_SECTIONS),
		.kinds = get_kinds(l, r, H_KINDS),
		.foreign = get(l, d, H_FOREIGN),
		.call = get_word(l, d, H_CALL),
	};

	if (hold.call >= SPF_NR_CALLS)
		no_name("a hold", r->ts);
	history_hold(t->history, &hold);
	if (figures_include(t->figures, r->ts))
		figures_hold(t->figures, &hold);
}

static void read_possible(struct trace *t, const struct tep_record *r)
{
	const struct layout *l = &layouts[EVENT_POSSIBLE];
	struct possible *p = ARRAY_ADD(&t->possible);

	p->at = r->ts;
	p->vma = get(l, r->data, P_VMA);
	p->hold = get(l, r->data, P_HOLD);
	p->kind = get_word(l, r->data, P_KIND);
	p->faults = get(l, r->data, P_FAULTS);
}

static void read_event(struct trace *t, int event, const struct tep_record *r)
{
	switch (event) {
	case EVENT_COMPLETED:
	case EVENT_ABORTED:
	case EVENT_SKIPPED:
		read_fault(t, event, r);
		break;
	case EVENT_KERNEL:
		read_kernel(t, r);
		break;
	case EVENT_BEGIN:
		read_begin(t, r);
		break;
	case EVENT_END:
		read_end(t, r);
		break;
	case EVENT_CHANGED:
		read_changed(t, r);
		break;
	case EVENT_SPLIT:
		read_split(t, r);
		break;
	case EVENT_ALLOC:
	case EVENT_FREE:
		read_life(t, event, r);
		break;
	case EVENT_HOLD:
		read_hold(t, r);
		break;
	case EVENT_POSSIBLE:
		read_possible(t, r);
		break;
	case EVENT_REPLACED:
		read_replaced(t, r);
		break;
	}
}

static int read_record(struct tracecmd_input *handle, struct tep_record *r,
		       int cpu, void *arg)
{
	struct trace *t = arg;
	int event;

	(void)handle;
	(void)cpu;
	/* All common fields begin with the number of the event. */
	event = t->of_id[*(const __u16 *)r->data];
	if (r->missed_events)
		t->lost += r->missed_events > 0 ? r->missed_events : 1;
	t->events++;
	if (event)
		read_event(t, event - 1, r);
	return 0;
}

/* What the kernel counted of the events that it had no room for. */
static unsigned long overruns(struct tracecmd_input *handle)
{
	static const char * const counts[] = {
		"\noverrun: ", "\ncommit overrun: ", "\ndropped events: ",
	};
	const char *stats = NULL, *at;
	unsigned long lost = 0;
	size_t i;

	if (tracecmd_get_cpustats)
		stats = tracecmd_get_cpustats(handle);
	if (!stats)
		return 0;
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		for (at = stats; (at = strstr(at, counts[i]));) {
			at += strlen(counts[i]);
			lost += strtoul(at, NULL, 10);
		}
	return lost;
}

static bool read_trace(struct trace *t, const char *path)
{
	struct tracecmd_input *handle;

	handle = tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!handle) {
		fprintf(stderr, "oracle: %s is no trace.dat\n", path);
		return false;
	}
	if (!learn(t, tracecmd_get_tep(handle)))
		return false;
	tracecmd_iterate_events(handle, NULL, 0, read_record, t);
	t->lost += overruns(handle);
	tracecmd_close(handle);
	printf("trace events=%lu lost=%lu faults=%zu replaced=%zu",
	       t->events, t->lost, t->faults.nr, t->replaced.nr);
	printf(" sections=%zu holds=%zu", history_sections(t->history),
	       history_holds(t->history));
	printf(" splits_without_section=%lu ends_without_begin=%lu\n",
	       t->unmatched, t->ends_alone);
	if (!t->lost)
		return true;
	fprintf(stderr, "oracle: the trace has lost events: record with larger buffers (-b)\n");
	return false;
}

/* --- the comparison --- */

/*
 * Would anybody see that this fault was judged without the section?  Not where
 * another one stops the fault as well, nor where spf was excused for knowing less
 * than the rules do.
 */
static bool needs_section(struct history *h, const struct fault *f,
			  struct section *s)
{
	struct judgement without;

	s->ignored = true;
	history_judge(h, f, &without);
	s->ignored = false;
	return without.reason != f->reason && !f->overrun &&
		!without.doubtful[DOUBT_DROPPED];
}

/* The Nth section that a fault needs for its verdict is forgotten. */
static bool drop_section(struct trace *t, unsigned long nth)
{
	struct section *section;
	const struct sight *by;
	struct judgement j;
	struct map seen = { 0 };
	__u32 *known;
	size_t i;

	for (i = 0; i < t->faults.nr && nth; i++) {
		history_judge(t->history, &t->faults.v[i], &j);
		by = stopped_by(&t->faults.v[i], &j);
		if (!by)
			continue;
		section = (struct section *)by->section;
		if (!needs_section(t->history, &t->faults.v[i], section))
			continue;
		known = map_at(&seen, (uintptr_t)section);
		if (!*known && !--nth)
			section->ignored = true;
		*known = 1;
	}
	map_free(&seen);
	if (nth)
		fprintf(stderr, "oracle: fewer sections than that stopped a fault\n");
	return !nth;
}

static void compare_faults(struct trace *t, struct comparison *c)
{
	const struct fault *f;
	struct future future;
	struct judgement j;
	size_t i;

	for (i = 0; i < t->faults.nr; i++) {
		f = &t->faults.v[i];
		history_judge(t->history, f, &j);
		compare_fault(c, f, &j, &future);
		if (figures_include(t->figures, f->at))
			figures_fault(t->figures, f, &future);
	}
	for (i = 0; i < t->possible.nr; i++)
		compare_possible(c, t->possible.v[i].vma, t->possible.v[i].hold,
				 t->possible.v[i].kind,
				 t->possible.v[i].faults);
	compare_promises(c);
}

static void count_company(struct trace *t)
{
	size_t i;

	for (i = 0; i < t->begun.nr; i++)
		if (figures_include(t->figures, t->begun_at.v[i]))
			figures_company(t->figures,
					history_section(t->history,
							t->begun.v[i]),
					history_company(t->history,
							t->begun.v[i]));
}

static void check_pairs(struct trace *t, struct comparison *c)
{
	if (t->unmatched)
		differ(c, DIFFERENCE_SECTION, "%lu splits name no open section",
		       t->unmatched);
	if (t->ends_alone)
		differ(c, DIFFERENCE_SECTION, "%lu ends without a begin",
		       t->ends_alone);
	if (t->kernel_times)
		differ(c, DIFFERENCE_TIMES, "%lu calls for the kernel waited before they arrived",
		       t->kernel_times);
	if (t->changed_alone)
		differ(c, DIFFERENCE_SECTION, "%lu changes of no section",
		       t->changed_alone);
}

static int compare_all(struct trace *t, unsigned long drop,
		       unsigned int show)
{
	struct comparison c;
	bool same;

	history_index(t->history);
	if (drop && !drop_section(t, drop))
		return 2;
	compare_init(&c, t->history, show);
	c.designs = figures_designs(t->figures);
	compare_faults(t, &c);
	compare_holds(&c);
	compare_effects(&c);
	check_pairs(t, &c);
	count_company(t);
	same = compare_print(&c);
	same = figures_compare(t->figures) && same;
	if (!c.judged) {
		fprintf(stderr, "oracle: the trace has no faults\n");
		same = false;
	}
	compare_free(&c);
	return same ? 0 : 1;
}

static int bad_usage(void)
{
	fprintf(stderr, "usage: oracle [--drop-section N] [--show N] TRACE.DAT STATS\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long drop = 0, show = 20, *option;
	static struct trace t;
	int status = 2;

	for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2) {
		if (!strcmp(argv[1], "--show"))
			option = &show;
		else if (!strcmp(argv[1], "--drop-section"))
			option = &drop;
		else
			return bad_usage();
		*option = strtoul(argv[2], NULL, 0);
	}
	if (argc != 3)
		return bad_usage();
	t.history = history_new();
	t.figures = figures_read(argv[2]);
	if (t.figures && read_trace(&t, argv[1]))
		status = compare_all(&t, drop, show);
	if (t.figures)
		figures_free(t.figures);
	history_free(t.history);
	return status;
}
