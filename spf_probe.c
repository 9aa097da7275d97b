// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, probes: the hook table, its one installer, and the handlers that
 * turn registers into plain arguments for the two chains in spf/pipe.h.
 *
 * Notes on locking and lifetime: hooks_lock, a mutex that no handler takes,
 * serialises switching on and off and everything that reads struct hook
 * besides the handlers.  The tables behind the handlers are allocated before
 * the first hook is registered, cleared only while none is, and freed after
 * the last has gone: unregistering waits until no handler is running.
 *
 * Handlers run with preemption off, in process context.  The kernel does not
 * run a kprobe inside a kprobe: such a hit is counted as "reentry".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/tracepoint.h>

#include <spf/compat.h>
#include <spf/hooks.h>
#include <spf/pipe.h>
#include <spf/selfcheck.h>
#include <spf/stats.h>

#define SYMBOLS_MAX	3

enum hook_type { HOOK_TRACEPOINT, HOOK_KPROBE, HOOK_KRETPROBE };

/*
 * How many calls of one function may be between entry and return at a time.
 * A fault can sleep, so that every task with a record needs one, and every CPU
 * one more for the calls that the entry handler rejects.  A write section can
 * sleep as well, but few run at once.
 */
#define INSTANCES_TASKS		0
#define INSTANCES_WRITERS	512

/**
 * struct hook - one row of the table
 * @symbols: where to find it, the first that exists is taken
 * @type: how it is probed
 * @mandatory: refuse to load without it
 * @tp_probe: handler, for a tracepoint
 * @kprobe: handler, for a kprobe
 * @entry: handler at the entry, for a kretprobe
 * @ret: handler at the return; not called when @entry returned nonzero
 * @data_size: what @entry leaves for @ret
 * @instances: INSTANCES_*
 * @touch: for sections: what the function's arguments are about
 * @symbol: the one it was found under
 * @on: registered
 * @tp: the tracepoint while on
 * @kp: the probe of a HOOK_KPROBE
 * @rp: the probe of a HOOK_KRETPROBE
 * @missed: calls lost before this registration
 * @reentry: idem
 * @base_missed: @missed at the last reset
 * @base_reentry: idem
 */
struct hook {
	const char *symbols[SYMBOLS_MAX];
	enum hook_type type;
	bool mandatory;
	void *tp_probe;
	int (*kprobe)(struct kprobe *p, struct pt_regs *regs);
	kretprobe_handler_t entry;
	kretprobe_handler_t ret;
	size_t data_size;
	int instances;
	void (*touch)(struct pt_regs *regs, struct spf_touch *touch);

	const char *symbol;
	bool on;
	struct tracepoint *tp;
	struct kprobe kp;
	struct kretprobe rp;
	u64 missed;
	u64 reentry;
	u64 base_missed;
	u64 base_reentry;
};

#define NAME_OF_HOOK(id, name) \
	[SPF_HOOK_##id] = name,

static const char * const hook_names[SPF_NR_HOOKS] = {
	SPF_HOOKS(NAME_OF_HOOK)
};

static struct hook hooks[SPF_NR_HOOKS];
static DEFINE_MUTEX(hooks_lock);
static bool hooks_on;

static void hit(const struct hook *h)
{
	spf_count(SPF_N_HITS + (h - hooks));
}

static struct hook *hook_of(struct kretprobe_instance *ri)
{
	return container_of(get_kretprobe(ri), struct hook, rp);
}

static void *arg(struct pt_regs *regs, unsigned int n)
{
	return (void *)regs_get_kernel_argument(regs, n);
}

static unsigned long arg_ulong(struct pt_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument(regs, n);
}

/* --- the fault path --- */

static void on_arrival(void *data, unsigned long address, struct pt_regs *regs,
		       unsigned long error_code)
{
	hit(&hooks[SPF_HOOK_ARRIVAL]);
	spf_fault_arrive(address);
}

NOKPROBE_SYMBOL(on_arrival);

static int on_fault(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct spf_fault **f = (struct spf_fault **)ri->data;

	hit(&hooks[SPF_HOOK_FAULT]);
	*f = spf_fault_enter(arg(regs, 0), arg_ulong(regs, 1),
			     arg_ulong(regs, 2));
	return !*f;
}

NOKPROBE_SYMBOL(on_fault);

static int on_fault_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	spf_fault_leave(*(struct spf_fault **)ri->data,
			(__force vm_fault_t)regs_return_value(regs));
	return 0;
}

NOKPROBE_SYMBOL(on_fault_return);

static int on_canary(struct kprobe *p, struct pt_regs *regs)
{
	hit(&hooks[SPF_HOOK_CANARY]);
	return 0;
}

NOKPROBE_SYMBOL(on_canary);

static void on_exit_task(void *data, struct task_struct *task)
{
	hit(&hooks[SPF_HOOK_EXIT]);
	spf_fault_exit();
}

NOKPROBE_SYMBOL(on_exit_task);

/* --- the life of a VMA --- */

static int on_born(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct mm_struct **mm = (const struct mm_struct **)ri->data;

	hit(&hooks[SPF_HOOK_BORN]);
	*mm = arg(regs, 0);
	return !spf_mm_shared(*mm);
}

NOKPROBE_SYMBOL(on_born);

static int on_born_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct mm_struct **mm = (const struct mm_struct **)ri->data;
	const void *vma = (const void *)regs_return_value(regs);

	if (vma)
		spf_vma_born(*mm, vma);
	return 0;
}

NOKPROBE_SYMBOL(on_born_return);

static int on_free(struct kprobe *p, struct pt_regs *regs)
{
	hit(&hooks[SPF_HOOK_FREE]);
	spf_vma_free(arg(regs, 0));
	return 0;
}

NOKPROBE_SYMBOL(on_free);

/* --- write sections --- */

static int on_section(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct hook *h = hook_of(ri);
	struct spf_touch touch = { };

	hit(h);
	h->touch(regs, &touch);
	spf_section_begin(&touch, (struct spf_open *)ri->data);
	return 0;
}

NOKPROBE_SYMBOL(on_section);

static int on_section_return(struct kretprobe_instance *ri,
			     struct pt_regs *regs)
{
	spf_section_end((struct spf_open *)ri->data);
	return 0;
}

NOKPROBE_SYMBOL(on_section_return);

static void touch_vma(struct spf_touch *touch, struct vm_area_struct *vma)
{
	touch->mm = vma->vm_mm;
	touch->vma[touch->nr++] = vma;
}

/*
 * v12 patch 09: __vma_adjust moves the counter of vma and, changed or not, of
 * the VMA behind it.  find_vma() is exported, takes RCU only, and the tree
 * cannot change: the caller of the probed function holds mmap_lock for write.
 */
static struct vm_area_struct *touch_with_next(struct spf_touch *touch,
					      struct vm_area_struct *vma)
{
	struct vm_area_struct *next = find_vma(vma->vm_mm, vma->vm_end);

	touch_vma(touch, vma);
	if (next)
		touch_vma(touch, next);
	return next;
}

/* __vma_adjust(vma, start, end, pgoff, insert, expand) */
static void touch_adjust(struct pt_regs *regs, struct spf_touch *touch)
{
	struct vm_area_struct *next, *behind;

	touch->kind = SPF_KIND_ADJUST;
	touch->start = arg_ulong(regs, 1);
	touch->end = arg_ulong(regs, 2);
	touch->insert = arg(regs, 4);
	next = touch_with_next(touch, arg(regs, 0));
	/*
	 * When next and a second neighbour are swallowed (mprotect case 6),
	 * v12 moves the second one's counter too.
	 */
	if (!next || touch->insert || touch->end <= next->vm_end ||
	    next == arg(regs, 5))
		return;
	behind = find_vma(next->vm_mm, next->vm_end);
	if (behind)
		touch_vma(touch, behind);
}

/*
 * vma_expand(mas, vma, start, end, pgoff, next): the merge that mmap makes
 * since 6.1; up to 6.0, and in v12, it went through __vma_adjust.
 */
static void touch_expand(struct pt_regs *regs, struct spf_touch *touch)
{
	touch->kind = SPF_KIND_EXPAND;
	touch->start = arg_ulong(regs, 2);
	touch->end = arg_ulong(regs, 3);
	touch_with_next(touch, arg(regs, 1));
}

/* expand_downwards(vma, address), expand_upwards(vma, address) */
static void touch_stack(struct pt_regs *regs, struct spf_touch *touch)
{
	touch->kind = SPF_KIND_STACK;
	touch->start = arg_ulong(regs, 1);
	touch->end = touch->start;
	touch_vma(touch, arg(regs, 0));
}

/* unmap_page_range(tlb, vma, addr, end, details) */
static void touch_unmap(struct pt_regs *regs, struct spf_touch *touch)
{
	touch->kind = SPF_KIND_UNMAP;
	touch->start = arg_ulong(regs, 2);
	touch->end = arg_ulong(regs, 3);
	touch_vma(touch, arg(regs, 1));
}

/* change_protection(tlb, vma, start, end, newprot, cp_flags) */
static void touch_protect(struct pt_regs *regs, struct spf_touch *touch)
{
	unsigned long cp_flags = arg_ulong(regs, 5);

	touch->kind = SPF_KIND_MPROTECT;
	if (cp_flags & MM_CP_PROT_NUMA)
		touch->kind = SPF_KIND_NUMA;
	else if (cp_flags & MM_CP_UFFD_WP_ALL)
		touch->kind = SPF_KIND_UFFD_WP;
	touch->start = arg_ulong(regs, 2);
	touch->end = arg_ulong(regs, 3);
	touch_vma(touch, arg(regs, 1));
}

/*
 * do_mas_align_munmap(mas, vma, mm, start, end, uf, downgrade): VMAs leave the
 * tree.  Counted; it moves no counter (v12 makes the tree node empty instead)
 * and no fault can meet a VMA that is gone.
 */
static void touch_remove(struct pt_regs *regs, struct spf_touch *touch)
{
	touch->kind = SPF_KIND_REMOVE;
	touch->mm = arg(regs, 2);
	touch->start = arg_ulong(regs, 3);
	touch->end = arg_ulong(regs, 4);
}

/* --- the table --- */

#define SECTION(touch_fn) \
	.type = HOOK_KRETPROBE, \
	.entry = on_section, \
	.ret = on_section_return, \
	.data_size = sizeof(struct spf_open), \
	.instances = INSTANCES_WRITERS, \
	.touch = touch_fn

/*
 * In the order of registration: what a fault needs to be judged is there
 * before the first fault arrives.
 */
static struct hook hooks[SPF_NR_HOOKS] = {
	[SPF_HOOK_CANARY] = {
		.symbols = { "spf_canary" },
		.type = HOOK_KPROBE,
		.mandatory = true,
		.kprobe = on_canary,
	},
	[SPF_HOOK_EXIT] = {
		.symbols = { "sched_process_exit" },
		.type = HOOK_TRACEPOINT,
		.mandatory = true,
		.tp_probe = on_exit_task,
	},
	[SPF_HOOK_FREE] = {
		.symbols = { "vm_area_free" },
		.type = HOOK_KPROBE,
		.mandatory = true,
		.kprobe = on_free,
	},
	[SPF_HOOK_BORN] = {
		.symbols = { "vm_area_alloc" },
		.type = HOOK_KRETPROBE,
		.entry = on_born,
		.ret = on_born_return,
		.data_size = sizeof(struct mm_struct *),
		.instances = INSTANCES_WRITERS,
	},
	[SPF_HOOK_ADJUST] = {
		.symbols = { "__vma_adjust" },
		.mandatory = true,
		SECTION(touch_adjust),
	},
	[SPF_HOOK_EXPAND] = {
		.symbols = { "vma_expand" },
		SECTION(touch_expand),
	},
	[SPF_HOOK_STACK_DOWN] = {
		.symbols = { "expand_downwards" },
		SECTION(touch_stack),
	},
	[SPF_HOOK_STACK_UP] = {
		.symbols = { "expand_upwards" },
		SECTION(touch_stack),
	},
	[SPF_HOOK_UNMAP] = {
		.symbols = { "unmap_page_range" },
		.mandatory = true,
		SECTION(touch_unmap),
	},
	[SPF_HOOK_PROTECT] = {
		.symbols = { "change_protection" },
		.mandatory = true,
		SECTION(touch_protect),
	},
	[SPF_HOOK_REMOVE] = {
		.symbols = { "do_mas_align_munmap" },
		SECTION(touch_remove),
	},
	[SPF_HOOK_FAULT] = {
		.symbols = { "handle_mm_fault" },
		.type = HOOK_KRETPROBE,
		.mandatory = true,
		.entry = on_fault,
		.ret = on_fault_return,
		.data_size = sizeof(struct spf_fault *),
		.instances = INSTANCES_TASKS,
	},
	[SPF_HOOK_ARRIVAL] = {
		.symbols = { "page_fault_user" },
		.type = HOOK_TRACEPOINT,
		.mandatory = true,
		.tp_probe = on_arrival,
	},
};

/* --- the installer --- */

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

static int register_tracepoint(struct hook *h, const char *symbol)
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
static int register_symbol(struct hook *h, const char *symbol)
{
	switch (h->type) {
	case HOOK_TRACEPOINT:
		return register_tracepoint(h, symbol);
	case HOOK_KPROBE:
		h->kp = (struct kprobe){
			.symbol_name = symbol,
			.pre_handler = h->kprobe,
		};
		return register_kprobe(&h->kp);
	case HOOK_KRETPROBE:
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

static const struct kprobe *probe_of(const struct hook *h)
{
	return h->type == HOOK_KRETPROBE ? &h->rp.kp : &h->kp;
}

static int register_hook(enum spf_hook_id id)
{
	struct hook *h = &hooks[id];
	int i, err = -ENOENT;

	for (i = 0; i < SYMBOLS_MAX && h->symbols[i] && err == -ENOENT; i++) {
		h->symbol = h->symbols[i];
		err = register_symbol(h, h->symbol);
	}
	h->on = !err;
	if (!err)
		return 0;
	h->symbol = h->symbols[0];
	if (h->mandatory)
		pr_err("hook %s is mandatory and cannot be set: %s: error %d\n",
		       hook_names[id], h->symbol, err);
	else if (err == -ENOENT)
		pr_info("hook %s stays off: this kernel has no %s\n",
			hook_names[id], h->symbol);
	else
		pr_warn("hook %s stays off: %s: error %d\n", hook_names[id],
			h->symbol, err);
	return h->mandatory ? err : 0;
}

static void keep_losses(struct hook *h)
{
	if (h->type == HOOK_TRACEPOINT)
		return;
	h->reentry += probe_of(h)->nmissed;
	if (h->type == HOOK_KRETPROBE)
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
		struct hook *h = &hooks[id];

		if (!h->on)
			continue;
		if (h->type == HOOK_TRACEPOINT)
			tracepoint_probe_unregister(h->tp, h->tp_probe, NULL);
		else if (h->type == HOOK_KPROBE)
			kps[nr_kps++] = &h->kp;
		else
			rps[nr_rps++] = &h->rp;
	}
	unregister_kretprobes(rps, nr_rps);
	unregister_kprobes(kps, nr_kps);
	tracepoint_synchronize_unregister();
	for (id = 0; id < SPF_NR_HOOKS; id++) {
		if (hooks[id].on)
			keep_losses(&hooks[id]);
		hooks[id].on = false;
	}
	WRITE_ONCE(hooks_on, false);
	forget_in_flight();
}

static int register_hooks(void)
{
	int id, err;

	spf_shadow_clear(spf_vmas);
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

static void losses(const struct hook *h, u64 *missed, u64 *reentry)
{
	bool probe = h->on && h->type != HOOK_TRACEPOINT;

	*missed = h->missed;
	*reentry = h->reentry;
	if (probe)
		*reentry += READ_ONCE(probe_of(h)->nmissed);
	if (probe && h->type == HOOK_KRETPROBE)
		*missed += READ_ONCE(h->rp.nmissed);
}

void spf_probe_hook(enum spf_hook_id id, struct spf_hook_state *state)
{
	static const char * const types[] = {
		[HOOK_TRACEPOINT] = "tracepoint",
		[HOOK_KPROBE] = "kprobe",
		[HOOK_KRETPROBE] = "kretprobe",
	};
	const struct hook *h = &hooks[id];

	mutex_lock(&hooks_lock);
	*state = (struct spf_hook_state){
		.name = hook_names[id],
		.symbol = h->symbol ?: h->symbols[0],
		.type = types[h->type],
		.mandatory = h->mandatory,
		.on = h->on,
	};
	if (h->on && h->type != HOOK_TRACEPOINT)
		state->address = (unsigned long)probe_of(h)->addr;
	losses(h, &state->missed, &state->reentry);
	state->missed -= h->base_missed;
	state->reentry -= h->base_reentry;
	mutex_unlock(&hooks_lock);
}

void spf_probe_gauges(struct spf_gauges *g)
{
	spf_tasks_count(&g->tasks, &g->in_flight);
	g->vmas = spf_shadow_used(spf_vmas);
}

void spf_probe_reset(void)
{
	int id;

	mutex_lock(&hooks_lock);
	for (id = 0; id < SPF_NR_HOOKS; id++)
		losses(&hooks[id], &hooks[id].base_missed,
		       &hooks[id].base_reentry);
	spf_stats_reset();
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
	err = spf_probe_enable(true);
	if (err)
		goto free_tasks;
	spf_probe_reset();
	return 0;

free_tasks:
	spf_tasks_free();
free_shadow:
	spf_shadow_free(spf_vmas);
	return err;
}

void spf_probe_exit(void)
{
	spf_probe_enable(false);
	spf_tasks_free();
	spf_shadow_free(spf_vmas);
}
