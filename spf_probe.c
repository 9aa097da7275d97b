// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, probes: the one installer of what is in the hook table.
 *
 * Notes on locking and lifetime: hooks_lock, a mutex that no handler takes,
 * serialises switching on and off and everything that reads struct spf_hook
 * besides the handlers.  The tables behind the handlers are allocated before
 * the first hook is registered, cleared only while none is, and freed after
 * the last has gone: unregistering waits until no handler is running.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/tracepoint.h>

#include <spf/compat.h>
#include <spf/defer.h>
#include <spf/filter.h>
#include <spf/ftrace.h>
#include <spf/hold.h>
#include <spf/hooks.h>
#include <spf/lock.h>
#include <spf/probe.h>
#include <spf/section.h>
#include <spf/selfcheck.h>
#include <spf/shadow.h>
#include <spf/stats.h>
#include <spf/symbol.h>
#include <spf/task.h>
#include <spf/top.h>

#define NAME_OF_HOOK(id, name) \
	[SPF_HOOK_##id] = #name,
#define PLACE_OF_HOOK(id, name) \
	[SPF_HOOK_##id] = &spf_hook_##name,

static const char * const hook_names[SPF_NR_HOOKS] = {
	SPF_HOOKS(NAME_OF_HOOK)
};

static struct spf_hook * const hooks[SPF_NR_HOOKS] = {
	SPF_HOOKS(PLACE_OF_HOOK)
};

/* The first one behind NULL; NULL behind the last one. */
static struct spf_hook *hook_behind(const struct spf_hook *h)
{
	unsigned int id = h ? h->id + 1 : 0;

	return id < SPF_NR_HOOKS ? hooks[id] : NULL;
}

static DEFINE_MUTEX(hooks_lock);
static bool hooks_on;
static bool stuck;	/* ftrace still calls, and will */

static const char why_prototype[] = "prototype";

struct tp_search {
	const char *name;
	struct tracepoint *tp;
};

static void match_tracepoint(struct tracepoint *tp, void *priv)
{
	struct tp_search *search = priv;

	if (!strcmp(tp->name, search->name))
		search->tp = tp;
}

static int register_tracepoint(struct spf_point *p)
{
	struct tp_search search = { .name = p->symbol };

	for_each_kernel_tracepoint(match_tracepoint, &search);
	if (!search.tp)
		return -ENOENT;
	p->tp = search.tp;
	return tracepoint_probe_register(p->tp, p->hook->tp_probe, NULL);
}

static int instances_of(const struct spf_hook *h)
{
	unsigned int tasks = spf_tasks_capacity() + num_possible_cpus();

	return h->instances ?: min_t(unsigned int, tasks, SPF_INSTANCES_MAX);
}

static int on_kprobe(struct kprobe *kp, struct pt_regs *regs)
{
	const struct spf_point *p = container_of(kp, struct spf_point, kp);

	spf_hit(p->hook);
	p->hook->entered(p->hook, regs);
	return 0;
}

/* By ftrace where it can, which begins with spf_ftrace_start(). */
static int register_entry(struct spf_point *p, const struct kprobe *kp)
{
	int err = -EOPNOTSUPP;

	if (p->address && !p->hook->canary)
		err = spf_ftrace_add(p->hook, p->address);
	p->ftrace = !err;
	if (err != -EOPNOTSUPP)
		return err;
	p->kp = *kp;
	p->kp.pre_handler = on_kprobe;
	return register_kprobe(&p->kp);
}

/* The kernel writes into a probe it registers: each time a fresh one. */
static int register_point(struct spf_point *p)
{
	const struct spf_hook *h = p->hook;
	struct kprobe kp = { .addr = (kprobe_opcode_t *)p->address };

	if (!p->address)
		kp.symbol_name = p->symbol;
	switch (h->type) {
	case SPF_HOOK_TRACEPOINT:
		return register_tracepoint(p);
	case SPF_HOOK_ENTRY:
		return register_entry(p, &kp);
	case SPF_HOOK_KRETPROBE:
		p->rp = (struct kretprobe){
			.kp = kp,
			.entry_handler = h->entry,
			.handler = h->ret,
			.data_size = h->data_size,
			.maxactive = instances_of(h),
		};
		return register_kretprobe(&p->rp);
	}
	return -EINVAL;
}

/* The kprobe of a point, NULL where it is something else. */
static const struct kprobe *probe_of(const struct spf_point *p)
{
	switch (p->hook->type) {
	case SPF_HOOK_ENTRY:
		return p->ftrace ? NULL : &p->kp;
	case SPF_HOOK_KRETPROBE:
		return &p->rp.kp;
	default:
		return NULL;
	}
}

static bool is_on(const struct spf_hook *h)
{
	return h && h->on;
}

/* Why not even to try, or NULL. */
static const char *superfluous(const struct spf_hook *h)
{
	if (h->unused)
		return "unused";
	if (is_on(h->instead))
		return "replaced";
	if (h->needs && !h->needs->on)
		return "needs";
	return h->refuted ? why_prototype : NULL;
}

static void set_point(struct spf_hook *h, unsigned int i, const char *symbol,
		      unsigned long address)
{
	h->points[i].hook = h;
	h->points[i].address = address;
	h->points[i].ftrace = false;
	strscpy(h->points[i].symbol, symbol, sizeof(h->points[i].symbol));
}

/* Return: how many points a symbol of the table stands for. */
static unsigned int find_points(struct spf_hook *h, const char *symbol)
{
	const struct spf_symbol *found[SPF_CLONES_MAX];
	unsigned int i, nr = 0;
	bool all = true;

	if (h->type != SPF_HOOK_TRACEPOINT)
		nr = spf_symbols_of(symbol, found, &all);
	h->partial = !all;
	for (i = 0; i < nr; i++)
		set_point(h, i, found[i]->name, found[i]->address);
	if (!nr)
		set_point(h, 0, symbol, 0);
	return max(nr, 1U);
}

/*
 * Those that were registered are counted, so that they are taken back by
 * unregister_hooks(), whatever happened to the rest.
 */
static int register_points(struct spf_hook *h, const char *symbol)
{
	unsigned int nr = find_points(h, symbol);
	int err = 0;

	h->nr_points = 0;
	while (!err && h->nr_points < nr) {
		err = register_point(&h->points[h->nr_points]);
		if (!err)
			h->nr_points++;
	}
	h->on = h->nr_points;
	return err;
}

static int register_hook(enum spf_hook_id id)
{
	struct spf_hook *h = hooks[id];
	int i, err = -ENOENT;

	h->why = superfluous(h);
	if (h->why)
		return 0;
	for (i = 0; i < SPF_SYMBOLS_MAX && h->symbols[i] && err == -ENOENT; i++)
		err = register_points(h, h->symbols[i]);
	h->why = err ? "absent" : "none";
	/* Which of the optional ones a kernel has not is in the hooks file. */
	if (!err || (err == -ENOENT && !h->mandatory))
		return 0;
	pr_err("hook %s %scannot be set: %s: error %d\n", hook_names[id],
	       h->mandatory ? "is mandatory and " : "",
	       err == -ENOENT ? h->symbols[0] : h->points[h->nr_points].symbol,
	       err);
	return err;
}

/* What it has lost since it was set. */
static void add_losses(const struct spf_hook *h, u64 *missed, u64 *reentry)
{
	const struct kprobe *kp;
	unsigned int i;

	for (i = 0; i < h->nr_points; i++) {
		kp = probe_of(&h->points[i]);
		if (!kp)
			continue;
		*reentry += READ_ONCE(kp->nmissed);
		if (h->type == SPF_HOOK_KRETPROBE)
			*missed += READ_ONCE(h->points[i].rp.nmissed);
	}
}

/* Arrived and counted, and their end will not be seen. */
static void forget_in_flight(void)
{
	u32 used, in_flight;

	spf_tasks_count(&used, &in_flight);
	spf_add(SPF_N_LOST_UNFINISHED, in_flight);
	spf_tasks_clear();
}

/*
 * ftrace was switched off by an error in the kernel, and goes on calling what it called:
 * neither the module nor what is in its tables may go.  An rmmod that has begun, and an
 * insmod that is about to fail, would free it, and wait for good.
 */
static void stay_loaded(void)
{
	stuck = true;
	pr_err("ftrace has failed in the kernel and does not let go of spf, which stays loaded until the machine is started again\n");
	if (THIS_MODULE->state == MODULE_STATE_LIVE && try_module_get(THIS_MODULE))
		return;
	for (;;)
		msleep(MSEC_PER_SEC);
}

/* What is to be unregistered; too many for the stack.  Under hooks_lock. */
static struct kretprobe *rps[SPF_NR_HOOKS * SPF_CLONES_MAX];
static struct kprobe *kps[SPF_NR_HOOKS * SPF_CLONES_MAX];

/*
 * All at once, because each of the ways to unregister waits for a grace period, and
 * ftrace for one a carrier.  When it returns, no handler is running and none will.
 */
static void unregister_hooks(void)
{
	int id, nr_rps = 0, nr_kps = 0;
	struct spf_point *p;
	struct spf_hook *h;

	for (id = SPF_NR_HOOKS - 1; id >= 0; id--) {
		h = hooks[id];
		for (p = h->points; h->on && p < h->points + h->nr_points; p++)
			if (h->type == SPF_HOOK_TRACEPOINT)
				tracepoint_probe_unregister(p->tp, h->tp_probe,
							    NULL);
			else if (h->type == SPF_HOOK_KRETPROBE)
				rps[nr_rps++] = &p->rp;
			else if (!p->ftrace)
				kps[nr_kps++] = &p->kp;
	}
	unregister_kretprobes(rps, nr_rps);
	unregister_kprobes(kps, nr_kps);
	if (!spf_ftrace_stop())
		stay_loaded();
	tracepoint_synchronize_unregister();
	for (h = hook_behind(NULL); h; h = hook_behind(h)) {
		if (h->on)
			add_losses(h, &h->missed, &h->reentry);
		h->on = false;
		h->why = "disabled";
	}
	WRITE_ONCE(hooks_on, false);
	spf_filter_stop();
	if (!stuck)
		forget_in_flight();
}

/*
 * That a task ends is seen before anything is remembered of it.  Entries begin all at
 * once, and so does the end of what returns may begin.
 */
enum stage { STAGE_TASKS, STAGE_ENTRIES, STAGE_OTHERS };

static enum stage stage_of(const struct spf_hook *h)
{
	if (h == &spf_hook_task_exit || h == &spf_hook_task_fork)
		return STAGE_TASKS;
	return h->type == SPF_HOOK_ENTRY ? STAGE_ENTRIES : STAGE_OTHERS;
}

static int register_stage(enum stage stage)
{
	int id, err = 0;

	for (id = 0; id < SPF_NR_HOOKS && !err; id++)
		if (stage_of(hooks[id]) == stage)
			err = register_hook(id);
	return err;
}

static int register_in_order(void)
{
	return register_stage(STAGE_TASKS) ?: register_stage(STAGE_ENTRIES) ?:
	       spf_ftrace_start() ?: register_stage(STAGE_OTHERS);
}

static int register_hooks(void)
{
	int err;

	spf_shadow_clear(spf_vmas);
	spf_holds_clear(spf_holds);
	spf_lock_reset();
	err = register_in_order();
	if (err) {
		unregister_hooks();
		return err;
	}
	err = spf_filter_start(spf_hook_task_fork.on);
	if (err) {
		pr_err("children=1: this kernel does not show forks\n");
		unregister_hooks();
		return err;
	}
	WRITE_ONCE(hooks_on, true);
	return 0;
}

static int switch_on(void)
{
	if (!stuck)
		return register_hooks();
	pr_err("hooks cannot be set: ftrace has failed in the kernel\n");
	return -ENODEV;
}

static int switch_hooks(bool on)
{
	int err = 0;

	mutex_lock(&hooks_lock);
	if (on && !hooks_on)
		err = switch_on();
	else if (!on && hooks_on)
		unregister_hooks();
	mutex_unlock(&hooks_lock);
	return err;
}

int spf_probe_enable(bool on)
{
	int err = switch_hooks(on);

	if (on && !err) {
		err = spf_selfcheck();
		if (err)
			switch_hooks(false);
	}
	return err;
}

bool spf_probe_enabled(void)
{
	return READ_ONCE(hooks_on);
}

/* --- what a report asks for --- */

static void losses(const struct spf_hook *h, u64 *missed, u64 *reentry)
{
	*missed = h->missed;
	*reentry = h->reentry;
	if (h->on)
		add_losses(h, missed, reentry);
}

/* Of hits that count inside one function only, the others may not be looked at. */
static u64 decoded_by(const struct spf_hook *h)
{
	u64 decoded = spf_stats_ever(SPF_N_MISREAD + h->id);
	u32 kinds;

	if (!h->by_caller)
		return spf_stats_ever(SPF_N_HITS + h->id);
	for (kinds = h->records; kinds; kinds &= kinds - 1)
		decoded += spf_stats_ever(SPF_N_SEEN + __ffs(kinds));
	return decoded;
}

/*
 * Why what a hook tells is not to be believed, or NULL.  What a kernel passes
 * does not change: all that was ever seen counts.
 */
static const char *doubt(const struct spf_hook *h)
{
	if (h->partial)
		return "clones";
	if (spf_stats_ever(SPF_N_MISREAD + h->id) * 100 >
	    decoded_by(h) * SPF_LOSS_LIMIT_PERCENT)
		return "arguments";
	return NULL;
}

static void name_symbols(const struct spf_hook *h, char *to, size_t size)
{
	unsigned int i;
	size_t len = 0;

	if (!h->on) {
		strscpy(to, h->symbols[0], size);
		return;
	}
	for (i = 0; i < h->nr_points; i++)
		len += scnprintf(to + len, size - len, "%s%s", i ? "," : "",
				 h->points[i].symbol);
}

static const char *type_of(const struct spf_hook *h)
{
	if (h->type == SPF_HOOK_TRACEPOINT)
		return "tracepoint";
	if (h->type == SPF_HOOK_KRETPROBE)
		return "kretprobe";
	return h->on && h->points[0].ftrace ? "ftrace" : "kprobe";
}

static const void *address_of(const struct spf_hook *h)
{
	const struct spf_point *p = &h->points[0];
	const struct kprobe *kp = h->on ? probe_of(p) : NULL;

	if (kp)
		return kp->addr;
	return h->on ? (const void *)p->address : NULL;
}

void spf_probe_hook(enum spf_hook_id id, struct spf_hook_state *state)
{
	const struct spf_hook *h = hooks[id];
	const char *why;

	mutex_lock(&hooks_lock);
	why = h->on ? doubt(h) : NULL;
	*state = (struct spf_hook_state){
		.name = hook_names[id],
		.type = type_of(h),
		.mandatory = h->mandatory,
		.on = h->on,
		.proven = h->on && !why,
		.why = why ?: h->why ?: "disabled",
		.feeds = h->records | h->tells,
		.address = address_of(h),
	};
	name_symbols(h, state->symbols, sizeof(state->symbols));
	losses(h, &state->missed, &state->reentry);
	state->missed -= h->base_missed;
	state->reentry -= h->base_reentry;
	mutex_unlock(&hooks_lock);
}

/* Called for, and never seen. */
static u32 told_in_vain(u32 seen)
{
	u32 kinds = 0;
	int k;

	for (k = 0; k < SPF_NR_KINDS; k++)
		if (spf_stats_ever(SPF_N_TOLD + k) &&
		    !spf_stats_ever(SPF_N_SEEN + k))
			kinds |= BIT(k);
	return kinds & seen;
}

struct spf_kinds spf_probe_kinds(void)
{
	u32 direct = 0, by_caller = 0, told = 0;
	struct spf_kinds kinds = {};
	const struct spf_hook *h;

	mutex_lock(&hooks_lock);
	for (h = hook_behind(NULL); h; h = hook_behind(h)) {
		if (h->on ? !!doubt(h) : h->why == why_prototype)
			kinds.unproven |= h->records | h->tells;
		if (!h->on)
			continue;
		if (h->by_caller)
			by_caller |= h->records;
		else
			direct |= h->records;
		told |= h->tells;
	}
	mutex_unlock(&hooks_lock);
	kinds.seen = direct | (by_caller & told);
	kinds.unproven |= told_in_vain(kinds.seen);
	return kinds;
}

bool spf_probe_swapin(void)
{
	return READ_ONCE(spf_hook_swapin.on);
}

bool spf_probe_arrivals(void)
{
	return READ_ONCE(spf_hook_arrival.on);
}

static u64 instances_bytes(void)
{
	const struct spf_hook *h;
	u64 bytes = 0;

	mutex_lock(&hooks_lock);
	for (h = hook_behind(NULL); h; h = hook_behind(h))
		if (h->on && h->type == SPF_HOOK_KRETPROBE)
			bytes += h->nr_points *
				 spf_instances_bytes(instances_of(h),
						     h->data_size);
	mutex_unlock(&hooks_lock);
	return bytes;
}

void spf_probe_gauges(struct spf_gauges *g)
{
	spf_tasks_count(&g->tasks, &g->in_flight);
	g->vmas = spf_shadow_used(spf_vmas);
	g->pending = spf_defer_pending(spf_holds);
	g->tables_bytes = spf_tasks_bytes() + spf_shadow_bytes(spf_vmas) +
			  spf_holds_bytes(spf_holds);
	g->instances_bytes = instances_bytes();
}

void spf_probe_reset(void)
{
	struct spf_hook *h;

	mutex_lock(&hooks_lock);
	for (h = hook_behind(NULL); h; h = hook_behind(h))
		losses(h, &h->base_missed, &h->base_reentry);
	spf_defer_reset(spf_holds);
	spf_stats_reset();
	spf_top_reset();
	mutex_unlock(&hooks_lock);
}

static void find_symbols(void)
{
	static const char *names[SPF_NR_HOOKS * SPF_SYMBOLS_MAX];
	unsigned int i, id, nr = 0;
	struct spf_hook *h;

	for (id = 0; id < SPF_NR_HOOKS; id++)
		hooks[id]->id = id;
	for (h = hook_behind(NULL); h; h = hook_behind(h))
		for (i = 0; i < SPF_SYMBOLS_MAX && h->symbols[i]; i++)
			if (h->type != SPF_HOOK_TRACEPOINT)
				names[nr++] = h->symbols[i];
	spf_symbols_walk(names, nr);
}

int spf_probe_init(unsigned int vmas_max, unsigned int tasks_max)
{
	int err = -ENOMEM;

	find_symbols();
	spf_vmas = spf_shadow_alloc(vmas_max);
	if (!spf_vmas || spf_tasks_alloc(tasks_max)) {
		pr_err("no memory for vmas_max=%u and tasks_max=%u\n", vmas_max,
		       tasks_max);
		goto free_shadow;
	}
	spf_tasks_clear();
	spf_holds = spf_holds_alloc(spf_tasks_capacity());
	if (!spf_holds) {
		pr_err("no memory for tasks_max=%u\n", tasks_max);
		goto free_tasks;
	}
	err = spf_probe_enable(true);
	if (err)
		goto free_holds;
	spf_probe_reset();
	return 0;

free_holds:
	spf_holds_free(spf_holds);
free_tasks:
	spf_tasks_free();
free_shadow:
	spf_shadow_free(spf_vmas);
	return err;
}

void spf_probe_exit(void)
{
	spf_probe_enable(false);
	spf_holds_free(spf_holds);
	spf_tasks_free();
	spf_shadow_free(spf_vmas);
}
