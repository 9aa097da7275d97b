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

struct figures {
	char *text, **lines;
	size_t nr_lines;
	__u64 since, now;
	unsigned long compared, different;

	__u64 faults, kernel_mode, blocked, overrun, repeats;
	__u64 verdicts[SPF_NR_VERDICTS], reasons[SPF_NR_REASONS];
	__u64 ptes[SPF_NR_PTES], scopes[SPF_NR_SCOPES];
	__u64 possible, unresolved, resolved, cleared, deferred;
	__u64 wait_saved;
	struct spread wait, service, lock_wait[SPF_NR_LOCKS];
	struct {
		__u64 arrivals, waited, wait, completed, completed_waited,
			completed_wait;
	} lock[SPF_NR_LOCKS];
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

/* The line of a record, in which a key may have to have a value. */
static const char *line_of(const struct figures *fig, const char *record,
			   const char *key, const char *word)
{
	size_t i;

	for (i = 0; i < fig->nr_lines; i++)
		if (is_record(fig->lines[i], record) &&
		    (!key || has_word(fig->lines[i], key, word)))
			return fig->lines[i];
	return NULL;
}

static __u64 number(const char *line, const char *key)
{
	const char *value = line ? value_in(line, key) : NULL;

	return value ? strtoull(value, NULL, 10) : 0;
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
		free(fig->lock_wait[i].values.v);
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

static void count_lock(struct figures *fig, const struct fault *f)
{
	bool completed = f->verdict == SPF_VERDICT_COMPLETED;

	fig->lock[f->lock].arrivals++;
	fig->lock[f->lock].completed += completed;
	if (!f->blocked)
		return;
	fig->blocked++;
	fig->lock[f->lock].waited++;
	fig->lock[f->lock].wait += f->wait;
	spread_add(&fig->wait, f->wait);
	spread_add(&fig->lock_wait[f->lock], f->wait);
	if (!completed)
		return;
	fig->lock[f->lock].completed_waited++;
	fig->lock[f->lock].completed_wait += f->wait;
	fig->wait_saved += f->wait;
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
	if (f->end && verdict != SPF_VERDICT_SKIPPED)
		spread_add(&fig->service, f->service);
	if (f->kind >= 0 && f->verdict == SPF_VERDICT_ABORT_ENTRY) {
		fig->kind[f->kind].aborts++;
		fig->kind[f->kind].open_ns += f->open_ns;
	}
}

void figures_kernel_mode(struct figures *fig)
{
	fig->kernel_mode++;
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

static void compare_reasons(struct figures *fig)
{
	unsigned int i;

	for (i = SPF_REASON_COMPLETED + 1; i < SPF_NR_REASONS; i++)
		compare(fig, number(line_of(fig, "reason", "name",
					    reason_name(i)), "count"),
			fig->reasons[i], "reason %s", reason_name(i));
}

#define LIST_NAME(id, name)	name,

static const char * const pte_names[] = { SPF_PTES(LIST_NAME) };
static const char * const lock_names[] = { SPF_LOCKS(LIST_NAME) };
static const char * const scope_names[] = { SPF_SCOPES(LIST_NAME) };

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
	compare_of(fig, line, name, "waited", fig->lock[lock].waited);
	compare_of(fig, line, name, "wait_ns", fig->lock[lock].wait);
	compare_of(fig, line, name, "completed", fig->lock[lock].completed);
	compare_of(fig, line, name, "completed_waited",
		   fig->lock[lock].completed_waited);
	compare_of(fig, line, name, "completed_wait_ns",
		   fig->lock[lock].completed_wait);
	compare_spread(fig, &fig->lock_wait[lock], "lock_wait", "state", name);
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
		    fig->lock[SPF_LOCK_QUEUED].wait +
		    fig->lock[SPF_LOCK_WRITER].wait);
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
	compare_possible_line(fig);
	compare_reasons(fig);
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
