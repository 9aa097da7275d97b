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

#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/tracepoint.h>

#include <spf/hooks.h>
#include <spf/pipe.h>
#include <spf/probe.h>
#include <spf/selfcheck.h>
#include <spf/stats.h>
#include <spf/top.h>

#define NAME_OF_HOOK(id, name) \
	[SPF_HOOK_##id] = name,

static const char * const hook_names[SPF_NR_HOOKS] = {
	SPF_HOOKS(NAME_OF_HOOK)
};

static DEFINE_MUTEX(hooks_lock);
static bool hooks_on;

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

static int register_tracepoint(struct spf_hook *h, const char *symbol)
{
	struct tp_search search = { .name = symbol };

	for_each_kernel_tracepoint(match_tracepoint, &search);
	if (!search.tp)
		return -ENOENT;
	h->tp = search.tp;
	return tracepoint_probe_register(h->tp, h->tp_probe, NULL);
}

static int instances_tasks(void)
{
	return spf_tasks_capacity() + num_possible_cpus();
}

/* The kernel writes into a probe it registers: each time a fresh one. */
static int register_symbol(struct spf_hook *h, const char *symbol)
{
	switch (h->type) {
	case SPF_HOOK_TRACEPOINT:
		return register_tracepoint(h, symbol);
	case SPF_HOOK_KPROBE:
		h->kp = (struct kprobe){
			.symbol_name = symbol,
			.pre_handler = h->kprobe,
		};
		return register_kprobe(&h->kp);
	case SPF_HOOK_KRETPROBE:
		h->rp = (struct kretprobe){
			.kp.symbol_name = symbol,
			.entry_handler = h->entry,
			.handler = h->ret,
			.data_size = h->data_size,
			.maxactive = h->instances ?: instances_tasks(),
		};
		return register_kretprobe(&h->rp);
	}
	return -EINVAL;
}

static const struct kprobe *probe_of(const struct spf_hook *h)
{
	return h->type == SPF_HOOK_KRETPROBE ? &h->rp.kp : &h->kp;
}

static bool is_on(enum spf_hook_id id)
{
	return id < SPF_NR_HOOKS && spf_hooks[id].on;
}

/* Why not even to try, or NULL. */
static const char *superfluous(const struct spf_hook *h)
{
	if (h->unused)
		return "unused";
	if (is_on(h->instead))
		return "replaced";
	if (h->needs < SPF_NR_HOOKS && !is_on(h->needs) && !is_on(h->or_needs))
		return "needs";
	return NULL;
}

static int try_symbols(struct spf_hook *h)
{
	int i, err = -ENOENT;

	for (i = 0; i < SPF_SYMBOLS_MAX && h->symbols[i] && err == -ENOENT; i++) {
		h->symbol = h->symbols[i];
		err = register_symbol(h, h->symbol);
	}
	if (err)
		h->symbol = h->symbols[0];
	return err;
}

static int register_hook(enum spf_hook_id id)
{
	struct spf_hook *h = &spf_hooks[id];
	int err;

	h->symbol = h->symbols[0];
	h->why = superfluous(h);
	if (h->why)
		return 0;
	err = try_symbols(h);
	h->on = !err;
	h->why = !err ? "none" : err == -ENOENT ? "absent" : "error";
	if (err && h->mandatory) {
		pr_err("hook %s is mandatory and cannot be set: %s: error %d\n",
		       hook_names[id], h->symbol, err);
		return err;
	}
	/* Which of the optional ones a kernel has not is in the hooks file. */
	if (err && err != -ENOENT)
		pr_warn("hook %s stays off: %s: error %d\n", hook_names[id],
			h->symbol, err);
	return 0;
}

static void keep_losses(struct spf_hook *h)
{
	if (h->type == SPF_HOOK_TRACEPOINT)
		return;
	h->reentry += probe_of(h)->nmissed;
	if (h->type == SPF_HOOK_KRETPROBE)
		h->missed += h->rp.nmissed;
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
 * All at once, because each of the three ways to unregister waits for a grace
 * period.  When it returns, no handler is running and none will.
 */
static void unregister_hooks(void)
{
	struct kretprobe *rps[SPF_NR_HOOKS];
	struct kprobe *kps[SPF_NR_HOOKS];
	int id, nr_rps = 0, nr_kps = 0;

	for (id = SPF_NR_HOOKS - 1; id >= 0; id--) {
		struct spf_hook *h = &spf_hooks[id];

		if (!h->on)
			continue;
		if (h->type == SPF_HOOK_TRACEPOINT)
			tracepoint_probe_unregister(h->tp, h->tp_probe, NULL);
		else if (h->type == SPF_HOOK_KPROBE)
			kps[nr_kps++] = &h->kp;
		else
			rps[nr_rps++] = &h->rp;
	}
	unregister_kretprobes(rps, nr_rps);
	unregister_kprobes(kps, nr_kps);
	tracepoint_synchronize_unregister();
	for (id = 0; id < SPF_NR_HOOKS; id++) {
		if (spf_hooks[id].on)
			keep_losses(&spf_hooks[id]);
		spf_hooks[id].on = false;
		spf_hooks[id].why = "disabled";
	}
	WRITE_ONCE(hooks_on, false);
	forget_in_flight();
}

static int register_hooks(void)
{
	int id, err;

	spf_shadow_clear(spf_vmas);
	spf_holds_clear(spf_holds);
	spf_lock_reset();
	for (id = 0; id < SPF_NR_HOOKS; id++) {
		err = register_hook(id);
		if (err) {
			unregister_hooks();
			return err;
		}
	}
	WRITE_ONCE(hooks_on, true);
	return 0;
}

static int switch_hooks(bool on)
{
	int err = 0;

	mutex_lock(&hooks_lock);
	if (on && !hooks_on)
		err = register_hooks();
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
	bool probe = h->on && h->type != SPF_HOOK_TRACEPOINT;

	*missed = h->missed;
	*reentry = h->reentry;
	if (probe)
		*reentry += READ_ONCE(probe_of(h)->nmissed);
	if (probe && h->type == SPF_HOOK_KRETPROBE)
		*missed += READ_ONCE(h->rp.nmissed);
}

void spf_probe_hook(enum spf_hook_id id, struct spf_hook_state *state)
{
	static const char * const types[] = {
		[SPF_HOOK_TRACEPOINT] = "tracepoint",
		[SPF_HOOK_KPROBE] = "kprobe",
		[SPF_HOOK_KRETPROBE] = "kretprobe",
	};
	const struct spf_hook *h = &spf_hooks[id];

	mutex_lock(&hooks_lock);
	*state = (struct spf_hook_state){
		.name = hook_names[id],
		.symbol = h->symbol ?: h->symbols[0],
		.type = types[h->type],
		.mandatory = h->mandatory,
		.on = h->on,
		.why = h->why ?: "disabled",
		.feeds = h->records | h->tells,
	};
	if (h->on && h->type != SPF_HOOK_TRACEPOINT)
		state->address = (unsigned long)probe_of(h)->addr;
	losses(h, &state->missed, &state->reentry);
	state->missed -= h->base_missed;
	state->reentry -= h->base_reentry;
	mutex_unlock(&hooks_lock);
}

u32 spf_probe_kinds(void)
{
	u32 direct = 0, by_caller = 0, told = 0;
	const struct spf_hook *h;

	mutex_lock(&hooks_lock);
	for (h = spf_hooks; h < spf_hooks + SPF_NR_HOOKS; h++) {
		if (!h->on)
			continue;
		if (h->by_caller)
			by_caller |= h->records;
		else
			direct |= h->records;
		told |= h->tells;
	}
	mutex_unlock(&hooks_lock);
	return direct | (by_caller & told);
}

bool spf_probe_swapin(void)
{
	return READ_ONCE(spf_hooks[SPF_HOOK_SWAPIN].on);
}

bool spf_probe_arrivals(void)
{
	return READ_ONCE(spf_hooks[SPF_HOOK_ARRIVAL].on);
}

void spf_probe_gauges(struct spf_gauges *g)
{
	spf_tasks_count(&g->tasks, &g->in_flight);
	g->vmas = spf_shadow_used(spf_vmas);
	g->pending = spf_holds_pending(spf_holds);
}

void spf_probe_reset(void)
{
	int id;

	mutex_lock(&hooks_lock);
	for (id = 0; id < SPF_NR_HOOKS; id++)
		losses(&spf_hooks[id], &spf_hooks[id].base_missed,
		       &spf_hooks[id].base_reentry);
	spf_holds_forget_pending(spf_holds);
	spf_stats_reset();
	spf_top_reset();
	mutex_unlock(&hooks_lock);
}

int spf_probe_init(unsigned int vmas_max, unsigned int tasks_max)
{
	int err = -ENOMEM;

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
