// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparison figure by figure, see figures.h.
 */
#include "figures.h"
#include "table.h"

/* A quantity with its histogram: the values themselves. */
struct spread {
	DECLARE_ARRAY(__u64, values);
	__u64 sum;
};

/*
 * What a task has open of each kind, in VMAs: there are no two sections of one
 * kind at a time, so that one begins with the first and ends with the last.
 */
struct counted {
	unsigned int open[SPF_NR_KINDS];
};

/* What cannot be known exactly is within these. */
struct interval {
	__u64 low, high;
};

/* Of one design. */
struct side {
	__u64 completed, skipped, possible, resolved, wait_saved;
	struct interval reasons[SPF_NR_REASONS], unsafe;
	/* Single-threaded faults: whether the handler came again is not traced. */
	__u64 again;
};

/* Of a design that is judged in both ways, by who completes: */
struct pair {
	unsigned int native, emulated;
	__u64 both, none, native_only, emulated_only;
	/* And the reason that the other gave */
	struct interval by_native[SPF_NR_REASONS], by_emulated[SPF_NR_REASONS];
};

enum { PAIR_MMSEQ, PAIR_VMALOCK, NR_PAIRS };

struct figures {
	__u32 designs;
	struct side side[SPF_NR_DESIGNS];
	struct pair pair[NR_PAIRS];
	__u64 singles;
	struct interval mm_vs_vma, mm_vs_vma_sure;
	__u64 adjust, adjust_of;
	struct {
		__u64 fields[SPF_NR_FIELDS];
	} audit[SPF_NR_KINDS][SPF_NR_MODES];

	char *text, **lines;
	size_t nr_lines;
	__u64 since, now;
	unsigned long compared, different;

	__u64 faults, kernel_mode, blocked, overrun, repeats;
	__u64 verdicts[SPF_NR_VERDICTS], reasons[SPF_NR_REASONS];
	__u64 ptes[SPF_NR_PTES], scopes[SPF_NR_SCOPES];
	__u64 possible, unresolved, resolved, cleared, deferred;
	__u64 wait_saved;
	struct spread wait, service;
	/* Arrivals by the state then, waits by the state when they began */
	struct {
		__u64 arrivals, completed;
		struct spread wait;
		__u64 completed_waited, completed_wait;
	} lock[SPF_NR_LOCKS];
	/* Faults taken in the kernel that came to the handler, and its calls */
	struct {
		__u64 arrived, blocked, wait, calls;
	} kernel;
	struct {
		__u64 begun, ended, vmas, nested, concurrent;
		__u64 aborts, possible, open_ns;
	} kind[SPF_NR_KINDS];
	struct {
		__u64 count, waited, wait, held, gave_up, foreign;
	} hold;

	struct map task_of;
	DECLARE_ARRAY(struct counted, tasks);
};

/* --- the file --- */

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text;
	size_t nr;

	if (!file) {
		perror(path);
		return NULL;
	}
	text = grown(NULL, 1, 1 << 20);
	nr = fread(text, 1, (1 << 20) - 1, file);
	text[nr] = '\0';
	fclose(file);
	return text;
}

static void split_lines(struct figures *fig, char *text)
{
	char *line;

	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		fig->lines = grown(fig->lines, fig->nr_lines + 1,
				   sizeof(*fig->lines));
		fig->lines[fig->nr_lines++] = line;
	}
}

/* The value of a key in a line; NULL if it has none. */
static const char *value_in(const char *line, const char *key)
{
	size_t nr = strlen(key);
	const char *at = line;

	while ((at = strchr(at, ' '))) {
		at++;
		if (!strncmp(at, key, nr) && at[nr] == '=')
			return at + nr + 1;
	}
	return NULL;
}

static bool is_record(const char *line, const char *record)
{
	size_t nr = strlen(record);

	return !strncmp(line, record, nr) && line[nr] == ' ';
}

/* Is the value of a key this word? */
static bool has_word(const char *line, const char *key, const char *word)
{
	const char *value = value_in(line, key);
	size_t nr = strlen(word);

	return value && !strncmp(value, word, nr) &&
		(!value[nr] || value[nr] == ' ');
}

/* The line of a record, in which up to two keys may have to have a value. */
static const char *line_by(const struct figures *fig, const char *record,
			   const char *key, const char *word,
			   const char *second, const char *word2)
{
	size_t i;

	for (i = 0; i < fig->nr_lines; i++)
		if (is_record(fig->lines[i], record) &&
		    (!key || has_word(fig->lines[i], key, word)) &&
		    (!second || has_word(fig->lines[i], second, word2)))
			return fig->lines[i];
	return NULL;
}

static const char *line_of(const struct figures *fig, const char *record,
			   const char *key, const char *word)
{
	return line_by(fig, record, key, word, NULL, NULL);
}

static __u64 number(const char *line, const char *key)
{
	const char *value = line ? value_in(line, key) : NULL;

	return value ? strtoull(value, NULL, 10) : 0;
}

/* Where the kernel has not what it needs, the emulation has its name. */
static const char *design_line(const struct figures *fig, unsigned int design)
{
	const struct design *d = design_of(design);

	return line_by(fig, "design", "name", d->name, "source", d->source) ?:
		line_by(fig, "design", "name", d->plain, "source", d->source);
}

static void find_designs(struct figures *fig)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_DESIGNS; i++)
		if (design_line(fig, i))
			fig->designs |= 1U << i;
	fig->pair[PAIR_MMSEQ].native = SPF_DESIGN_MMSEQ_NATIVE;
	fig->pair[PAIR_MMSEQ].emulated = SPF_DESIGN_MMSEQ;
	fig->pair[PAIR_VMALOCK].native = SPF_DESIGN_VMALOCK_NATIVE;
	fig->pair[PAIR_VMALOCK].emulated = SPF_DESIGN_VMALOCK;
}

static bool is_judged(const struct figures *fig, unsigned int design)
{
	return fig->designs & 1U << design;
}

__u32 figures_designs(const struct figures *fig)
{
	return fig->designs;
}

struct figures *figures_read(const char *path)
{
	struct figures *fig;
	const char *line;
	char *text = read_all(path);

	if (!text)
		return NULL;
	fig = memset(grown(NULL, 1, sizeof(*fig)), 0, sizeof(*fig));
	fig->text = text;
	split_lines(fig, text);
	line = line_of(fig, "module", NULL, NULL);
	fig->since = number(line, "since_ns");
	fig->now = number(line, "now_ns");
	find_designs(fig);
	if (fig->since && fig->now)
		return fig;
	fprintf(stderr, "oracle: %s is no copy of stats: it does not say since when it counts\n",
		path);
	figures_free(fig);
	return NULL;
}

void figures_free(struct figures *fig)
{
	int i;

	free(fig->text);
	free(fig->lines);
	free(fig->wait.values.v);
	free(fig->service.values.v);
	for (i = 0; i < SPF_NR_LOCKS; i++)
		free(fig->lock[i].wait.values.v);
	map_free(&fig->task_of);
	free(fig->tasks.v);
	free(fig);
}

bool figures_include(const struct figures *fig, __u64 at)
{
	return at >= fig->since && at <= fig->now;
}

/* --- counting --- */

static void spread_add(struct spread *s, __u64 value)
{
	*ARRAY_ADD(&s->values) = value;
	s->sum += value;
}

/* What it waited for of waits that began in one state. */
static void count_wait(struct figures *fig, unsigned int lock, __u64 wait,
		       bool completed)
{
	if (!wait)
		return;
	spread_add(&fig->lock[lock].wait, wait);
	if (!completed)
		return;
	fig->lock[lock].completed_waited++;
	fig->lock[lock].completed_wait += wait;
}

static void count_lock(struct figures *fig, const struct fault *f)
{
	bool completed = f->verdict == SPF_VERDICT_COMPLETED;
	unsigned int i;

	fig->lock[f->lock].arrivals++;
	fig->lock[f->lock].completed += completed;
	if (!f->blocked)
		return;
	fig->blocked++;
	spread_add(&fig->wait, f->wait);
	if (completed)
		fig->wait_saved += f->wait;
	for (i = 0; i < SPF_NR_LOCKS; i++)
		count_wait(fig, i, f->waits[i], completed);
}

static void count_possible(struct figures *fig, const struct fault *f,
			   const struct future *future)
{
	fig->possible += f->possible + future->resolved;
	fig->deferred += f->deferred;
	fig->unresolved += future->unresolved;
	fig->resolved += future->resolved;
	fig->cleared += future->cleared;
	if (f->possible && f->kind >= 0)
		fig->kind[f->kind].possible++;
	if (future->resolved)
		fig->kind[future->kind].possible++;
}

/* One of these reasons it was. */
static void count_reasons(struct interval *bounds, __u64 reasons)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_REASONS; i++) {
		if (!(reasons & 1ULL << i))
			continue;
		bounds[i].high++;
		bounds[i].low += reasons == 1ULL << i;
	}
}

static void count_answer(struct interval *bounds, struct answer answer)
{
	bounds->low += answer.surely;
	bounds->high += answer.maybe;
}

static bool is_plain_counter(unsigned int design)
{
	return design == SPF_DESIGN_FLAGCOUNT_MIN ||
		design == SPF_DESIGN_FLAGCOUNT_SITES;
}

/* What it does not try is known for certain. */
static bool skips(unsigned int design, const struct future *future)
{
	const struct check *check;
	unsigned int i;

	for (i = 0; (check = nth_check(design, i)); i++)
		if (check->verdict == SPF_VERDICT_SKIPPED &&
		    future->reasons[design] >> check->reason & 1)
			return true;
	return false;
}

static void count_side(struct side *side, unsigned int design,
		       const struct fault *f, const struct future *future)
{
	count_reasons(side->reasons, future->reasons[design]);
	side->skipped += skips(design, future);
	if (!(f->completed & 1U << design))
		return;
	side->completed++;
	side->possible += (f->maybe & 1U << design) != 0;
	if (f->blocked)
		side->wait_saved += f->wait;
	if (is_plain_counter(design))
		count_answer(&side->unsafe, future->unsafe);
}

/* What seqcount has deferred, those that complete it as well have, too. */
static void count_promise(struct side *side, unsigned int design,
			  const struct fault *f, const struct future *future)
{
	if (design_is_like_v12(design) && f->deferred)
		side->resolved += !future->cleared;
}

static void count_pair(struct pair *pair, const struct fault *f,
		       const struct future *future)
{
	bool native = f->completed & 1U << pair->native;
	bool emulated = f->completed & 1U << pair->emulated;

	if (native && emulated)
		pair->both++;
	else if (!native && !emulated)
		pair->none++;
	else if (native)
		pair->native_only++;
	else
		pair->emulated_only++;
	if (native && !emulated)
		count_reasons(pair->by_native, future->reasons[pair->emulated]);
	if (!native && emulated)
		count_reasons(pair->by_emulated, future->reasons[pair->native]);
}

static bool is_stopped(const struct fault *f)
{
	return f->reason == SPF_REASON_SEQ_ODD ||
		f->reason == SPF_REASON_SEQ_MOVED;
}

static unsigned int plain_mmseq(const struct figures *fig)
{
	return is_judged(fig, SPF_DESIGN_MMSEQ_NATIVE) ?
		SPF_DESIGN_MMSEQ_NATIVE : SPF_DESIGN_MMSEQ;
}

static void count_compared(struct figures *fig, const struct fault *f,
			   const struct future *future)
{
	const __u64 counter = SPF_BIT(MM_ODD) | SPF_BIT(MM_MOVED) |
		SPF_BIT(MM_ODD_NATIVE) | SPF_BIT(MM_MOVED_NATIVE);
	__u64 reasons = future->reasons[plain_mmseq(fig)];
	struct answer stopped = {
		reasons && !(reasons & ~counter), reasons & counter
	};

	if (f->verdict == SPF_VERDICT_COMPLETED) {
		count_answer(&fig->mm_vs_vma, stopped);
		if (!f->possible && !f->deferred)
			count_answer(&fig->mm_vs_vma_sure, stopped);
	}
	fig->adjust_of += is_stopped(f);
	fig->adjust += is_stopped(f) &&
		f->completed & 1U << SPF_DESIGN_BOUNDS;
}

static void count_designs(struct figures *fig, const struct fault *f,
			  const struct future *future)
{
	unsigned int i;

	fig->singles += f->reason == SPF_REASON_SINGLE_USER;
	for (i = 0; i < SPF_NR_DESIGNS; i++) {
		if (!is_judged(fig, i))
			continue;
		count_side(&fig->side[i], i, f, future);
		count_promise(&fig->side[i], i, f, future);
	}
	for (i = 0; i < NR_PAIRS; i++)
		if (!skips(fig->pair[i].emulated, future))
			count_pair(&fig->pair[i], f, future);
	count_compared(fig, f, future);
}

void figures_fault(struct figures *fig, const struct fault *f,
		   const struct future *future)
{
	enum spf_verdict verdict = verdict_of(f->reason);

	fig->faults++;
	fig->overrun += f->overrun;
	fig->repeats += f->repeat;
	fig->verdicts[verdict]++;
	fig->reasons[f->reason]++;
	fig->ptes[f->pte]++;
	fig->scopes[f->scope]++;
	count_lock(fig, f);
	count_possible(fig, f, future);
	count_designs(fig, f, future);
	if (f->end && verdict != SPF_VERDICT_SKIPPED)
		spread_add(&fig->service, f->service);
	if (f->kind >= 0 && f->verdict == SPF_VERDICT_ABORT_ENTRY) {
		fig->kind[f->kind].aborts++;
		fig->kind[f->kind].open_ns += f->open_ns;
	}
}

/* One that arrived earlier is not part of what is counted by faults. */
void figures_kernel(struct figures *fig, const struct kernel_call *call)
{
	fig->kernel_mode++;
	fig->kernel.calls += call->arrival != 0;
	if (call->arrival < fig->since)
		return;
	fig->kernel.arrived += !call->again;
	fig->kernel.blocked += call->wait && !call->waited;
	fig->kernel.wait += call->wait;
}

static struct counted *counted_of(struct figures *fig, __s32 pid)
{
	__u32 *at = map_at(&fig->task_of, pid);

	if (!*at) {
		ARRAY_ADD(&fig->tasks);
		*at = fig->tasks.nr;
	}
	return &fig->tasks.v[*at - 1];
}

void figures_begin(struct figures *fig, const struct section *s)
{
	unsigned int *open = &counted_of(fig, s->task)->open[s->kind];

	if (!s->copied)
		fig->kind[s->kind].vmas += s->vma != 0;
	if (!(*open)++)
		fig->kind[s->kind].begun++;
}

void figures_end(struct figures *fig, const struct section *s)
{
	unsigned int *open = &counted_of(fig, s->task)->open[s->kind];

	/* One end is that of all VMAs of a fork. */
	if (s->kind == SPF_KIND_FORK)
		*open = 1;
	if (*open && !--*open)
		fig->kind[s->kind].ended++;
}

void figures_changed(struct figures *fig, const struct section *s)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_FIELDS; i++)
		fig->audit[s->kind][s->lock].fields[i] += s->fields >> i & 1;
}

void figures_company(struct figures *fig, const struct section *s,
		     struct company company)
{
	fig->kind[s->kind].nested += company.nested;
	fig->kind[s->kind].concurrent += company.concurrent;
}

void figures_hold(struct figures *fig, const struct hold *hold)
{
	fig->hold.foreign += hold->foreign;
	if (!hold->acquired) {
		fig->hold.gave_up++;
		return;
	}
	fig->hold.count++;
	fig->hold.waited += hold->acquired > hold->wait;
	fig->hold.wait += hold->acquired - hold->wait;
	fig->hold.held += hold->released - hold->acquired;
}

/* --- comparing --- */

static bool is_different(struct figures *fig, __u64 stats, __u64 computed)
{
	fig->compared++;
	fig->different += stats != computed;
	return stats != computed;
}

/* The rest names the figure as printf() does. */
#define compare(fig, stats, computed, ...)				\
do {									\
	__u64 __stats = (stats), __computed = (computed);		\
									\
	if (is_different(fig, __stats, __computed)) {			\
		printf("figure ");					\
		printf(__VA_ARGS__);					\
		printf(": stats=%llu computed=%llu\n", __stats,		\
		       __computed);					\
	}								\
} while (0)

static void compare_key(struct figures *fig, const char *line,
			const char *record, const char *key, __u64 computed)
{
	compare(fig, number(line, key), computed, "%s %s", record, key);
}

/* A key of the line of a record in which a word says of what. */
static void compare_of(struct figures *fig, const char *line,
		       const char *word, const char *key, __u64 computed)
{
	compare(fig, number(line, key), computed, "%s %s", word, key);
}

static void compare_faults(struct figures *fig)
{
	const char *faults = line_of(fig, "faults", NULL, NULL);
	const char *design = line_of(fig, "design", "name", "seqcount");
	__u64 attempted = fig->faults - fig->verdicts[SPF_VERDICT_SKIPPED];

	compare_key(fig, faults, "faults", "in_flight", 0);
	compare_key(fig, faults, "faults", "lost", 0);
	compare_key(fig, faults, "faults", "arrived", fig->faults);
	compare_key(fig, faults, "faults", "kernel_mode", fig->kernel_mode);
	compare_key(fig, faults, "faults", "blocked", fig->blocked);
	compare_key(fig, design, "design", "attempted", attempted);
	compare_key(fig, design, "design", "completed",
		    fig->verdicts[SPF_VERDICT_COMPLETED]);
	compare_key(fig, design, "design", "abort_entry",
		    fig->verdicts[SPF_VERDICT_ABORT_ENTRY]);
	compare_key(fig, design, "design", "abort_late",
		    fig->verdicts[SPF_VERDICT_ABORT_LATE]);
	compare_key(fig, design, "design", "skipped",
		    fig->verdicts[SPF_VERDICT_SKIPPED]);
	compare_key(fig, design, "design", "possible_late",
		    fig->possible + fig->deferred - fig->resolved -
		    fig->cleared);
	compare_key(fig, design, "design", "wait_saved_ns", fig->wait_saved);
	compare(fig, number(line_of(fig, "health", NULL, NULL), "overrun"),
		fig->overrun, "health overrun");
	compare(fig, number(line_of(fig, "repeat", NULL, NULL), "aborts"),
		fig->repeats, "repeat aborts");
}

static void compare_possible_line(struct figures *fig)
{
	const char *line = line_of(fig, "possible", NULL, NULL);

	compare_key(fig, line, "possible", "now", fig->possible);
	compare_key(fig, line, "possible", "pending",
		    fig->deferred - fig->resolved - fig->cleared);
	compare_key(fig, line, "possible", "unresolved", fig->unresolved);
	compare_key(fig, line, "possible", "resolved", fig->resolved);
	compare_key(fig, line, "possible", "cleared", fig->cleared);
}

static bool is_outside(struct figures *fig, __u64 stats,
		       const struct interval *within)
{
	bool outside = stats < within->low || stats > within->high;

	fig->compared++;
	fig->different += outside;
	return outside;
}

static void print_outside(__u64 stats, const struct interval *within)
{
	printf(": stats=%llu computed=%llu", stats, within->low);
	if (within->high != within->low)
		printf(" to %llu", within->high);
	printf("\n");
}

/* A figure that cannot be known exactly; the rest names it. */
#define compare_within(fig, stats, within, ...)				\
do {									\
	const __u64 __is = (stats);					\
	const struct interval __in = (within);				\
									\
	if (is_outside(fig, __is, &__in)) {				\
		printf("figure ");					\
		printf(__VA_ARGS__);					\
		print_outside(__is, &__in);				\
	}								\
} while (0)

/* One that the trace may not have all of. */
#define compare_least(fig, stats, least, ...)				\
	compare_within(fig, stats, ((struct interval){ (least), NEVER }),	\
		       __VA_ARGS__)

/*
 * Those that never come to the handler are counted as well, and no event tells of
 * them.
 */
static void compare_kernel(struct figures *fig)
{
	const char *line = line_of(fig, "kernel_faults", NULL, NULL);
	__u64 arrived = number(line, "arrived"), others;

	compare_least(fig, arrived, fig->kernel.arrived, "kernel_faults arrived");
	compare_least(fig, number(line, "blocked"), fig->kernel.blocked,
		      "kernel_faults blocked");
	compare_least(fig, number(line, "wait_ns"), fig->kernel.wait,
		      "kernel_faults wait_ns");
	compare_key(fig, line, "kernel_faults", "calls", fig->kernel.calls);
	line = line_of(fig, "not_judged", NULL, NULL);
	others = fig->kernel_mode - fig->kernel.calls;
	compare_key(fig, line, "not_judged", "kernel_faults", arrived);
	compare_key(fig, line, "not_judged", "other_calls", others);
	compare_key(fig, line, "not_judged", "judged", fig->faults);
	compare_key(fig, line, "not_judged", "most",
		    arrived + others > fig->faults);
}

/* --- the designs --- */

static const char *name_in(const char *line)
{
	static char name[64];
	const char *value = line ? value_in(line, "name") : NULL;

	snprintf(name, sizeof(name), "%.*s",
		 value ? (int)strcspn(value, " ") : 1, value ?: "?");
	return name;
}

static const char *design_name(const struct figures *fig, unsigned int design)
{
	return name_in(design_line(fig, design));
}

static const char *reason_line(const struct figures *fig, unsigned int design,
			       unsigned int reason)
{
	return line_by(fig, "reason", "design", design_name(fig, design),
		       "name", reason_name(reason));
}

/* What the handler did once more is in stats alone; not more often than this. */
static void find_again(struct figures *fig, unsigned int design)
{
	unsigned int reason = design == SPF_DESIGN_VMALOCK ? SPF_REASON_RETRY :
			      SPF_REASON_RETRY_NATIVE;
	struct side *side = &fig->side[design];
	__u64 said = number(reason_line(fig, design, reason), "count");
	__u64 known = side->reasons[reason].high;

	if (design != SPF_DESIGN_VMALOCK && design != SPF_DESIGN_VMALOCK_NATIVE)
		return;
	if (said > known && said - known <= fig->singles)
		side->again = said - known;
	side->reasons[reason].low += side->again;
	side->reasons[reason].high += side->again;
}

/* How many aborts of a kind there are by the reasons. */
static struct interval verdicts_of(const struct side *side,
				   unsigned int design, unsigned int verdict)
{
	struct interval sum = { 0, 0 };
	const struct check *check;
	unsigned int i;

	for (i = 0; (check = nth_check(design, i)); i++) {
		if (check->verdict != verdict)
			continue;
		sum.low += side->reasons[check->reason].low;
		sum.high += side->reasons[check->reason].high;
	}
	return sum;
}

/* As the text has it: two digits, cut off. */
static void compare_pct(struct figures *fig, const char *line,
			const char *name, const char *key, __u64 part,
			__u64 of)
{
	const char *value = value_in(line, key);
	__u64 hundredths = 0;
	char *rest;

	if (!of) {
		compare(fig, has_word(line, "refused", "nothing_attempted"), 1,
			"%s refused", name);
		return;
	}
	if (value) {
		hundredths = strtoull(value, &rest, 10) * 100;
		if (*rest == '.')
			hundredths += strtoull(rest + 1, NULL, 10);
	}
	compare(fig, hundredths, part * 10000 / of, "%s %s", name, key);
}

static void compare_share(struct figures *fig, unsigned int design,
			  __u64 possible, __u64 completed, __u64 attempted)
{
	const char *line = design_line(fig, design), *share;
	const char *name = design_name(fig, design);

	share = line_of(fig, "share", "design", name);
	compare(fig, !share, 0, "share of %s", name);
	for (; line; line = line == share ? NULL : share) {
		compare_pct(fig, line, name, "completed_low_pct",
			    completed - possible, attempted);
		compare_pct(fig, line, name, "completed_high_pct", completed,
			    attempted);
	}
}

static void compare_side(struct figures *fig, unsigned int design)
{
	const struct side *side = &fig->side[design];
	const char *line = design_line(fig, design);
	const char *name = design_name(fig, design);
	__u64 attempted = fig->faults - side->skipped;
	__u64 completed = side->completed - side->again;
	__u64 possible = side->possible + side->resolved;

	compare_of(fig, line, name, "attempted", attempted);
	compare_of(fig, line, name, "completed", completed);
	compare_within(fig, number(line, "abort_entry"),
		       verdicts_of(side, design, SPF_VERDICT_ABORT_ENTRY),
		       "%s abort_entry", name);
	compare_within(fig, number(line, "abort_late"),
		       verdicts_of(side, design, SPF_VERDICT_ABORT_LATE),
		       "%s abort_late", name);
	compare_of(fig, line, name, "possible_late", possible);
	compare_of(fig, line, name, "skipped", side->skipped);
	/* Which of them waited that came again is not traced. */
	if (!side->again)
		compare_of(fig, line, name, "wait_saved_ns", side->wait_saved);
	if (is_plain_counter(design))
		compare_within(fig, number(line, "unsafe"), side->unsafe,
			       "%s unsafe", name);
	else
		compare(fig, !value_in(line, "unsafe"), 1, "%s unsafe", name);
	compare_share(fig, design, possible, completed, attempted);
}

/* What the line of a reason says besides its count. */
static void compare_reason_line(struct figures *fig, const char *line,
				const struct check *check, const char *name)
{
	compare(fig, has_word(line, "historic", check->historic), 1,
		"historic %s %s", name, reason_name(check->reason));
	compare(fig, has_word(line, "verdict", verdict_names[check->verdict]),
		1, "verdict %s %s", name, reason_name(check->reason));
}

/* Each reason, and that the lines are in the order of the checks. */
static void compare_reasons(struct figures *fig, unsigned int design)
{
	const char *name = design_name(fig, design), *line, *last = NULL;
	const struct check *check;
	unsigned int i;

	for (i = 0; (check = nth_check(design, i)); i++) {
		line = reason_line(fig, design, check->reason);
		compare_within(fig, number(line, "count"),
			       fig->side[design].reasons[check->reason],
			       "reason %s %s", name,
			       reason_name(check->reason));
		if (!line)
			continue;
		compare_reason_line(fig, line, check, name);
		/* All lines are of one text. */
		compare(fig, !last || line > last, 1, "order of %s %s", name,
			reason_name(check->reason));
		last = line;
	}
}

static size_t count_lines(const struct figures *fig, const char *record)
{
	size_t nr = 0, i;

	for (i = 0; i < fig->nr_lines; i++)
		nr += is_record(fig->lines[i], record);
	return nr;
}

/* No line that has not been looked at. */
static void compare_lines(struct figures *fig)
{
	size_t reasons = 0, designs = 0;
	const struct check *check;
	unsigned int i, design;

	for (design = 0; design < SPF_NR_DESIGNS; design++) {
		if (!is_judged(fig, design))
			continue;
		designs++;
		for (i = 0; (check = nth_check(design, i)); i++)
			if (reason_line(fig, design, check->reason))
				reasons++;
	}
	compare(fig, count_lines(fig, "design"), designs,
		"lines of designs that are known");
	compare(fig, count_lines(fig, "reason"), reasons,
		"lines of reasons that a design has");
}

static void compare_disagree(struct figures *fig, const char *name,
			     const char *by, const struct interval *bounds)
{
	const char *line;
	__u64 said = 0;
	unsigned int i;
	size_t k;

	for (i = 0; i < SPF_NR_REASONS; i++) {
		if (!bounds[i].high)
			continue;
		for (k = 0, line = NULL; k < fig->nr_lines && !line; k++)
			if (is_record(fig->lines[k], "disagree") &&
			    has_word(fig->lines[k], "design", name) &&
			    has_word(fig->lines[k], "completed_by", by) &&
			    has_word(fig->lines[k], "reason", reason_name(i)))
				line = fig->lines[k];
		said += number(line, "count");
		compare_within(fig, number(line, "count"), bounds[i],
			       "disagree %s %s %s", name, by, reason_name(i));
	}
	for (k = 0; k < fig->nr_lines; k++)
		if (is_record(fig->lines[k], "disagree") &&
		    has_word(fig->lines[k], "design", name) &&
		    has_word(fig->lines[k], "completed_by", by))
			said -= number(fig->lines[k], "count");
	compare(fig, said, 0, "disagree %s %s: others", name, by);
}

static void compare_pair(struct figures *fig, const struct pair *pair)
{
	const char *name = design_of(pair->native)->plain;
	const char *line = line_of(fig, "agree", "design", name);
	bool both = is_judged(fig, pair->native) &&
		    is_judged(fig, pair->emulated);
	__u64 again = fig->side[pair->emulated].again;

	compare(fig, !line, !both, "agree %s", name);
	if (!both || !line)
		return;
	compare_of(fig, line, name, "faults", pair->both + pair->none +
		   pair->native_only + pair->emulated_only);
	compare_of(fig, line, name, "both_completed", pair->both - again);
	compare_of(fig, line, name, "both_aborted", pair->none + again);
	compare_of(fig, line, name, "native_only", pair->native_only);
	compare_of(fig, line, name, "emulated_only", pair->emulated_only);
	compare_disagree(fig, name, "native", pair->by_native);
	compare_disagree(fig, name, "emulated", pair->by_emulated);
}

static void compare_compared(struct figures *fig)
{
	static const struct {
		const char *name;
		unsigned int design;
	} unsafe[] = {
		{ "unsafe_min", SPF_DESIGN_FLAGCOUNT_MIN },
		{ "unsafe_sites", SPF_DESIGN_FLAGCOUNT_SITES },
	};
	const char *line = line_of(fig, "compare", "name", "mm_vs_vma");
	unsigned int i;

	compare_within(fig, number(line, "count"), fig->mm_vs_vma,
		       "mm_vs_vma count");
	compare_within(fig, number(line, "sure"), fig->mm_vs_vma_sure,
		       "mm_vs_vma sure");
	line = line_of(fig, "compare", "name", "adjust_vs_unmap");
	compare_key(fig, line, "adjust_vs_unmap", "count", fig->adjust);
	compare_key(fig, line, "adjust_vs_unmap", "of", fig->adjust_of);
	for (i = 0; i < 2; i++) {
		line = line_of(fig, "compare", "name", unsafe[i].name);
		compare_within(fig, number(line, "count"),
			       fig->side[unsafe[i].design].unsafe, "%s count",
			       unsafe[i].name);
		compare_key(fig, line, unsafe[i].name, "of",
			    fig->side[unsafe[i].design].completed);
	}
}

static void compare_designs_lines(struct figures *fig)
{
	unsigned int i;

	for (i = 0; i < SPF_NR_DESIGNS; i++) {
		if (!is_judged(fig, i))
			continue;
		find_again(fig, i);
		compare_side(fig, i);
		compare_reasons(fig, i);
	}
	compare_lines(fig);
	for (i = 0; i < NR_PAIRS; i++)
		compare_pair(fig, &fig->pair[i]);
	compare_compared(fig);
}

/* Of kinds that tell what they changed: each field. */
static void compare_audit(struct figures *fig)
{
	unsigned int kind, mode, i;
	const char *line;

	for (kind = 0; kind < SPF_NR_KINDS; kind++) {
		if (effect_of_kind(kind, true))
			continue;
		for (mode = 0; mode < SPF_NR_MODES; mode++) {
			line = line_by(fig, "audit", "kind", kind_name(kind),
				       "lock", mode_names[mode]);
			for (i = 0; i < SPF_NR_FIELDS; i++)
				compare(fig, number(line, field_names[i]),
					fig->audit[kind][mode].fields[i],
					"audit %s %s %s", kind_name(kind),
					mode_names[mode], field_names[i]);
		}
	}
}

static void compare_small(struct figures *fig)
{
	unsigned int i;

	for (i = SPF_PTE_UNREAD + 1; i < SPF_NR_PTES; i++)
		compare(fig, number(line_of(fig, "pte", "kind", pte_names[i]),
				    "count"),
			fig->ptes[i], "pte %s", pte_names[i]);
	for (i = SPF_SCOPE_NONE + 1; i < SPF_NR_SCOPES; i++)
		compare(fig, number(line_of(fig, "conflict", "scope",
					    scope_names[i]), "count"),
			fig->scopes[i], "conflict %s", scope_names[i]);
}

static void compare_kind(struct figures *fig, int kind)
{
	const char *name = kind_name(kind);
	const char *section = line_of(fig, "section", "kind", name);
	const char *overlap = line_of(fig, "overlap", "kind", name);
	const char *blame = line_of(fig, "blame", "kind", name);

	compare_of(fig, section, name, "begun", fig->kind[kind].begun);
	compare_of(fig, section, name, "ended", fig->kind[kind].ended);
	compare_of(fig, section, name, "vmas", fig->kind[kind].vmas);
	compare_of(fig, overlap, name, "nested", fig->kind[kind].nested);
	compare_of(fig, overlap, name, "concurrent",
		   fig->kind[kind].concurrent);
	compare_of(fig, blame, name, "aborts", fig->kind[kind].aborts);
	compare_of(fig, blame, name, "possible", fig->kind[kind].possible);
	compare_of(fig, blame, name, "open_ns", fig->kind[kind].open_ns);
}

static void compare_kinds(struct figures *fig)
{
	int kind;

	for (kind = 0; kind < SPF_NR_KINDS; kind++)
		compare_kind(fig, kind);
}

static __u64 count_between(const struct spread *s, __u64 low, __u64 high)
{
	__u64 count = 0;
	size_t i;

	for (i = 0; i < s->values.nr; i++)
		count += s->values.v[i] >= low && s->values.v[i] < high;
	return count;
}

/* Each line of a histogram, and that the lines have all values. */
static void compare_spread(struct figures *fig, const struct spread *s,
			   const char *record, const char *key,
			   const char *word)
{
	__u64 low, high, all = 0;
	const char *line;
	size_t i;

	for (i = 0; i < fig->nr_lines; i++) {
		line = fig->lines[i];
		if (!is_record(line, record) ||
		    (key && !has_word(line, key, word)))
			continue;
		low = number(line, "ge_ns");
		high = number(line, "lt_ns");
		all += number(line, "count");
		compare(fig, number(line, "count"),
			count_between(s, low, high), "%s %s from %llu", record,
			word, low);
		if (low)
			compare(fig, high, 2 * low, "%s %s bucket", record,
				word);
	}
	compare(fig, all, s->values.nr, "%s %s all", record, word);
}

static void compare_times(struct figures *fig)
{
	const char *wait = line_of(fig, "wait_total", NULL, NULL);
	const char *service = line_of(fig, "service_total", NULL, NULL);

	compare_key(fig, wait, "wait_total", "count", fig->wait.values.nr);
	compare_key(fig, wait, "wait_total", "sum_ns", fig->wait.sum);
	compare_spread(fig, &fig->wait, "wait", NULL, "");
	compare_key(fig, service, "service_total", "count",
		    fig->service.values.nr);
	compare_key(fig, service, "service_total", "sum_ns", fig->service.sum);
	compare_spread(fig, &fig->service, "service", NULL, "");
}

static void compare_lock(struct figures *fig, unsigned int lock)
{
	const char *name = lock_names[lock];
	const char *line = line_of(fig, "lock", "state", name);

	compare_of(fig, line, name, "arrivals", fig->lock[lock].arrivals);
	compare_of(fig, line, name, "waited", fig->lock[lock].wait.values.nr);
	compare_of(fig, line, name, "wait_ns", fig->lock[lock].wait.sum);
	compare_of(fig, line, name, "completed", fig->lock[lock].completed);
	compare_of(fig, line, name, "completed_waited",
		   fig->lock[lock].completed_waited);
	compare_of(fig, line, name, "completed_wait_ns",
		   fig->lock[lock].completed_wait);
	compare_spread(fig, &fig->lock[lock].wait, "lock_wait", "state", name);
}

static void compare_opportunity(struct figures *fig)
{
	const char *line = line_of(fig, "opportunity", NULL, NULL);

	compare_key(fig, line, "opportunity", "arrivals", fig->faults);
	compare_key(fig, line, "opportunity", "writer_present",
		    fig->lock[SPF_LOCK_QUEUED].arrivals +
		    fig->lock[SPF_LOCK_WRITER].arrivals);
	compare_key(fig, line, "opportunity", "wait_ns", fig->wait.sum);
	compare_key(fig, line, "opportunity", "writer_wait_ns",
		    fig->lock[SPF_LOCK_QUEUED].wait.sum +
		    fig->lock[SPF_LOCK_WRITER].wait.sum);
	compare_key(fig, line, "opportunity", "completed_wait_ns",
		    fig->wait_saved);
}

static void compare_hold(struct figures *fig)
{
	const char *line = line_of(fig, "hold", NULL, NULL);

	compare_key(fig, line, "hold", "count", fig->hold.count);
	compare_key(fig, line, "hold", "waited", fig->hold.waited);
	compare_key(fig, line, "hold", "wait_ns", fig->hold.wait);
	compare_key(fig, line, "hold", "held_ns", fig->hold.held);
	compare_key(fig, line, "hold", "gave_up", fig->hold.gave_up);
	compare_key(fig, line, "hold", "foreign", fig->hold.foreign);
}

bool figures_compare(struct figures *fig)
{
	unsigned int i;

	compare_faults(fig);
	compare_kernel(fig);
	compare_possible_line(fig);
	compare_designs_lines(fig);
	compare_audit(fig);
	compare_small(fig);
	compare_kinds(fig);
	compare_times(fig);
	for (i = 0; i < SPF_NR_LOCKS; i++)
		compare_lock(fig, i);
	compare_opportunity(fig);
	compare_hold(fig);
	printf("figures compared=%lu different=%lu\n", fig->compared,
	       fig->different);
	return !fig->different;
}
