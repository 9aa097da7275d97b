// SPDX-License-Identifier: GPL-2.0-only
/*
 * empty: the probes of spf with nothing in their handlers.
 *
 * What the kernel itself takes for a probe is the floor below any module that
 * watches these functions; "make bench" measures spf against it.  Each row of
 * the table has its counterpart in one of spf_hooks_*.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>

#include <spf/compat.h>
#include <spf/section.h>

static bool arrival = true;
module_param(arrival, bool, 0444);
MODULE_PARM_DESC(arrival, "probe page_fault_user (default Y)");

static bool fault = true;
module_param(fault, bool, 0444);
MODULE_PARM_DESC(fault, "probe handle_mm_fault (default Y)");

static bool returns = true;
module_param(returns, bool, 0444);
MODULE_PARM_DESC(returns, "follow handle_mm_fault to its return (default Y)");

static bool writers = true;
module_param(writers, bool, 0444);
MODULE_PARM_DESC(writers, "probe what is not on the fault path (default Y)");

/* --- handlers --- */

static void on_arrival(void *data, unsigned long address, struct pt_regs *regs,
		       unsigned long error_code)
{
}

NOKPROBE_SYMBOL(on_arrival);

static void on_exit_task(SPF_TP_EXIT)
{
}

NOKPROBE_SYMBOL(on_exit_task);

static int on_call(struct kprobe *p, struct pt_regs *regs)
{
	return 0;
}

NOKPROBE_SYMBOL(on_call);

static int on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return 0;
}

NOKPROBE_SYMBOL(on_entry);

static int on_entry_only(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return 1;
}

NOKPROBE_SYMBOL(on_entry_only);

/* --- tracepoints --- */

struct point {
	const char *name;
	void *handler;
	const bool *wanted;
	struct tracepoint *tp;
};

static struct point points[] = {
	{ "sched_process_exit", on_exit_task, &writers },
	{ "page_fault_user", on_arrival, &arrival },
};

static void match_point(struct tracepoint *tp, void *priv)
{
	struct point *point = priv;

	if (!strcmp(tp->name, point->name))
		point->tp = tp;
}

static int add_point(struct point *point)
{
	int err = -ENOENT;

	if (!*point->wanted)
		return 0;
	for_each_kernel_tracepoint(match_point, point);
	if (point->tp)
		err = tracepoint_probe_register(point->tp, point->handler,
						NULL);
	if (err) {
		pr_err("cannot probe %s: error %d\n", point->name, err);
		point->tp = NULL;
	}
	return err;
}

static void remove_points(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].tp)
			tracepoint_probe_unregister(points[i].tp,
						    points[i].handler, NULL);
	tracepoint_synchronize_unregister();
}

/* --- functions --- */

struct birth {
	const struct mm_struct *mm;
};

#define ROW(symbol, wanted_ptr, size, instances) { \
	.wanted = wanted_ptr, \
	.rp = { \
		.kp.symbol_name = symbol, \
		.entry_handler = on_entry, \
		.handler = on_entry, \
		.data_size = size, \
		.maxactive = instances, \
	}, \
}

#define SECTION(symbol)	ROW(symbol, &writers, sizeof(struct spf_open), 512)

static struct followed {
	const bool *wanted;
	bool on;
	struct kretprobe rp;
} functions[] = {
	ROW("vm_area_alloc", &writers, sizeof(struct birth), 512),
	/* Those that the operations of this bench reach, on any kernel. */
	SECTION("__vma_adjust"),
	SECTION("vma_complete"),
	SECTION("unmap_page_range"),
	SECTION("__zap_vma_range"),
	SECTION("change_protection"),
	SECTION("vma_merge"),
	SECTION("vma_modify_flags"),
	SECTION("__mmap_region"),
	SECTION("mmap_region"),
	SECTION("free_pgtables"),
	SECTION("__do_munmap"),
	SECTION("do_mas_align_munmap"),
	SECTION("vms_complete_munmap_vmas"),
	ROW("handle_mm_fault", &fault, sizeof(struct spf_fault *), 4096),
};

static struct kprobe calls[] = {
	{ .symbol_name = "vm_area_free", .pre_handler = on_call },
	{ .symbol_name = "vma_prepare", .pre_handler = on_call },
	{ .symbol_name = "vma_set_page_prot", .pre_handler = on_call },
	{ .symbol_name = "unlink_anon_vmas", .pre_handler = on_call },
	{ .symbol_name = "down_write", .pre_handler = on_call },
	{ .symbol_name = "down_write_killable", .pre_handler = on_call },
	{ .symbol_name = "up_write", .pre_handler = on_call },
};

static bool calls_on[ARRAY_SIZE(calls)];

/* What a kernel does not have is not probed by spf either. */
static int add_calls(void)
{
	int i, err;

	for (i = 0; writers && i < ARRAY_SIZE(calls); i++) {
		err = register_kprobe(&calls[i]);
		calls_on[i] = !err;
		if (err && err != -ENOENT) {
			pr_err("cannot probe %s: error %d\n",
			       calls[i].symbol_name, err);
			return err;
		}
	}
	return 0;
}

static void remove_calls(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls_on[i])
			unregister_kprobe(&calls[i]);
}

static int add_function(struct followed *f)
{
	int err;

	if (!*f->wanted)
		return 0;
	if (f->wanted == &fault && !returns)
		f->rp.entry_handler = on_entry_only;
	err = register_kretprobe(&f->rp);
	f->on = !err;
	if (err == -ENOENT && f->wanted == &writers)
		return 0;
	if (err)
		pr_err("cannot probe %s: error %d\n", f->rp.kp.symbol_name,
		       err);
	return err;
}

static void remove_functions(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (functions[i].on)
			unregister_kretprobe(&functions[i].rp);
}

static void remove_all(void)
{
	remove_points();
	remove_functions();
	remove_calls();
}

static int __init empty_init(void)
{
	int i, err = add_calls();

	for (i = 0; !err && i < ARRAY_SIZE(functions); i++)
		err = add_function(&functions[i]);
	for (i = 0; !err && i < ARRAY_SIZE(points); i++)
		err = add_point(&points[i]);
	if (err)
		remove_all();
	return err;
}

static void __exit empty_exit(void)
{
	remove_all();
}

module_init(empty_init);
module_exit(empty_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("the spf authors");
MODULE_DESCRIPTION("empty probes on the functions that spf probes");
