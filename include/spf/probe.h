/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1, a row of the hook table.  It stands beside its handlers, in the file of its
 * area: spf_hooks_*.c; the table, and what installs it, is spf_probe.c.
 */
#ifndef SPF_PROBE_H
#define SPF_PROBE_H

#include <linux/kprobes.h>
#include <linux/tracepoint.h>

#include <spf/clone.h>
#include <spf/compat.h>
#include <spf/hooks.h>
#include <spf/section.h>
#include <spf/stats.h>

#define SPF_SYMBOLS_MAX	3

enum spf_hook_type {
	SPF_HOOK_TRACEPOINT,
	SPF_HOOK_ENTRY,		/* of a function: ftrace, or else a kprobe */
	SPF_HOOK_KRETPROBE,
};

/*
 * How many calls of one function may be between entry and return at a time.
 * A fault can sleep, so that every task with a record needs one, and every CPU
 * one more for the calls that the entry handler rejects; but not more than
 * SPF_INSTANCES_MAX, as the kernel frees all of a probe in one go.  A write
 * section can sleep as well, but few run at once.
 */
#define SPF_INSTANCES_TASKS	0
#define SPF_INSTANCES_WRITERS	512
#define SPF_INSTANCES_MAX	2048

/* What a decoder makes of the arguments of a call. */
enum spf_decoded {
	SPF_NOT_UNDERSTOOD,	/* they are not what it expects */
	SPF_NOTHING,		/* this call changes nothing here */
	SPF_TOUCHED,
};

/**
 * struct spf_point - one place where a hook is set
 * @hook: whose
 * @symbol: name of the place
 * @address: where it is; 0: found by its name
 * @ftrace: ftrace calls it
 * @tp: the tracepoint
 * @kp: the probe of a SPF_HOOK_ENTRY, unless @ftrace
 * @rp: the probe of a SPF_HOOK_KRETPROBE
 */
struct spf_point {
	struct spf_hook *hook;
	char symbol[SPF_SYMBOL_LEN];
	unsigned long address;
	bool ftrace;
	union {
		struct tracepoint *tp;
		struct kprobe kp;
		struct kretprobe rp;
	};
};

/**
 * struct spf_hook - one row of the table
 * @id: its place there
 * @symbols: where to find it, the first that exists is taken, with its clones
 * @type: how it is probed
 * @mandatory: refuse to load without it, unless @instead is on
 * @needs: a hook without which this one says nothing, or NULL
 * @instead: a hook that makes this one superfluous, or NULL
 * @unused: on this kernel the function does not do what is wanted of it
 * @refuted: the kernel's headers declare it in another way than it is decoded
 * @kind: enum spf_kind of what it records, or of what it tells its callees;
 *	SPF_NR_KINDS if that is told by the arguments or by a caller
 * @records: BIT() of the kinds that it records
 * @by_caller: but only inside a function whose hook tells so
 * @tells: BIT() of the kinds that it tells others of, or ends for them
 * @tp_probe: handler, for a tracepoint
 * @entered: handler, for an entry
 * @callback: of ftrace's, in place of the common one that finds the hook and calls
 *	@entered; counts its hits itself
 * @canary: has to be a kprobe, since it tells whether those fire
 * @entry: handler at the entry, for a kretprobe
 * @ret: handler at the return; not called when @entry returned nonzero
 * @data_size: what @entry leaves for @ret
 * @instances: SPF_INSTANCES_*
 * @touch: for sections: what the function's arguments are about
 * @points: where it is set
 * @nr_points: number of them, while it is on
 * @on: registered
 * @partial: but not everywhere where it would have to be
 * @why: why not, see struct spf_hook_state
 * @missed: calls lost before this registration
 * @reentry: idem
 * @base_missed: @missed at the last reset
 * @base_reentry: idem
 */
struct spf_hook {
	enum spf_hook_id id;
	const char *symbols[SPF_SYMBOLS_MAX];
	enum spf_hook_type type;
	bool mandatory;
	const struct spf_hook *needs;
	const struct spf_hook *instead;
	bool unused;
	bool refuted;
	u8 kind;
	u32 records;
	bool by_caller;
	u32 tells;
	void *tp_probe;
	void (*entered)(const struct spf_hook *h, struct pt_regs *regs);
	void (*callback)(unsigned long ip, unsigned long parent_ip,
			 struct ftrace_ops *ops, SPF_FTRACE_ARG fregs);
	bool canary;
	kretprobe_handler_t entry;
	kretprobe_handler_t ret;
	size_t data_size;
	int instances;
	enum spf_decoded (*touch)(struct pt_regs *regs,
				  struct spf_touch *touch);

	struct spf_point points[SPF_CLONES_MAX];
	unsigned int nr_points;
	bool on;
	bool partial;
	const char *why;
	u64 missed;
	u64 reentry;
	u64 base_missed;
	u64 base_reentry;
};

/* One call of what a hook is on. */
static inline void spf_hit_of(enum spf_hook_id id)
{
	spf_count(SPF_N_HITS + id);
}

static inline void spf_hit(const struct spf_hook *h)
{
	spf_hit_of(h->id);
}

/* The arguments of a call that was a hit are not what was expected. */
static inline void spf_misread(const struct spf_hook *h)
{
	spf_count_cold(SPF_N_MISREAD + h->id);
}

/* A section of this kind, of whatever task. */
static inline void spf_seen_kind(u8 kind)
{
	spf_count_cold(SPF_N_SEEN + kind);
}

static inline struct spf_hook *spf_hook_of(struct kretprobe_instance *ri)
{
	return container_of(spf_kretprobe_of(ri), struct spf_point, rp)->hook;
}

#endif /* SPF_PROBE_H */
