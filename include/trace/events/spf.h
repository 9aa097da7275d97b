/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of spf.  Documented in docs/events.md.
 *
 * Numbers only.  mm and vma are ids made from addresses with a secret that is
 * drawn at load: equal ids mean the same object while it lives.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM spf

#if !defined(_TRACE_SPF_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_SPF_H

#include <linux/tracepoint.h>

#include <spf/audit.h>
#include <spf/design.h>
#include <spf/fault.h>
#include <spf/hold.h>
#include <spf/hooks.h>
#include <spf/judge.h>
#include <spf/reason.h>
#include <spf/section.h>
#include <spf/shadow.h>
#include <spf/task.h>
#include <spf/trace.h>
#include <spf/verdict.h>

#define SPF_DEFINE_REASON(id, name)	TRACE_DEFINE_ENUM(SPF_REASON_##id);
#define SPF_DEFINE_EFFECT(id, name)	TRACE_DEFINE_ENUM(SPF_EFFECT_##id);
#define SPF_DEFINE_KIND(id, name)	TRACE_DEFINE_ENUM(SPF_KIND_##id);
#define SPF_DEFINE_PTE(id, name)	TRACE_DEFINE_ENUM(SPF_PTE_##id);
#define SPF_DEFINE_LOCK(id, name)	TRACE_DEFINE_ENUM(SPF_LOCK_##id);
#define SPF_DEFINE_SCOPE(id, name)	TRACE_DEFINE_ENUM(SPF_SCOPE_##id);
#define SPF_DEFINE_MODE(id, name)	TRACE_DEFINE_ENUM(SPF_MODE_##id);
#define SPF_DEFINE_CALL(id, name)	TRACE_DEFINE_ENUM(SPF_CALL_##id);

SPF_REASONS(SPF_DEFINE_REASON)
SPF_EFFECTS(SPF_DEFINE_EFFECT)
SPF_KINDS(SPF_DEFINE_KIND)
SPF_PTES(SPF_DEFINE_PTE)
SPF_LOCKS(SPF_DEFINE_LOCK)
SPF_SCOPES(SPF_DEFINE_SCOPE)
SPF_MODES(SPF_DEFINE_MODE)
SPF_CALLS(SPF_DEFINE_CALL)
TRACE_DEFINE_ENUM(SPF_NR_KINDS);

#define SPF_SYMBOL_REASON(id, name)	{ SPF_REASON_##id, name },
#define SPF_SYMBOL_EFFECT(id, name)	{ SPF_EFFECT_##id, name },
#define SPF_SYMBOL_KIND(id, name)	{ SPF_KIND_##id, name },
#define SPF_SYMBOL_PTE(id, name)	{ SPF_PTE_##id, name },
#define SPF_SYMBOL_LOCK(id, name)	{ SPF_LOCK_##id, name },
#define SPF_SYMBOL_SCOPE(id, name)	{ SPF_SCOPE_##id, name },
#define SPF_SYMBOL_MODE(id, name)	{ SPF_MODE_##id, name },
#define SPF_SYMBOL_CALL(id, name)	{ SPF_CALL_##id, name },

/* @none: what stands for none of the list, -1 where that cannot be. */
#define SPF_SHOW(value, list, symbol, none) \
	__print_symbolic(value, list(symbol) { none, "none" })

/* Those checks are judged anew by whoever replays a trace. */
#define SPF_BY_WRITERS	(SPF_BIT(VMA_ABSENT) | SPF_BIT(SEQ_ODD) | \
			 SPF_BIT(OUT_OF_BOUNDS) | SPF_BIT(SEQ_MOVED) | \
			 SPF_BIT(ODD_MATTERS) | SPF_BIT(MOVED_MATTERS) | \
			 SPF_BIT(UNSAFE) | \
			 SPF_BIT(FLAGS_DIFFER) | SPF_BIT(COUNT_DIFFERS) | \
			 SPF_BIT(MM_ODD) | SPF_BIT(MM_MOVED) | \
			 SPF_BIT(WRITE_LOCKED))

DECLARE_EVENT_CLASS(spf_fault,

	TP_PROTO(const struct spf_fault *f, int reason,
		 const struct spf_told *told),
	TP_ARGS(f, reason, told),
	TP_STRUCT__entry(
		__field(u64, arrival_ns)
		__field(u64, lookup_ns)
		__field(u64, entry_ns)
		__field(u64, end_ns)
		__field(u64, wait_ns)
		__field(u64, wait_readers_ns)
		__field(u64, wait_queued_ns)
		__field(u64, wait_writer_ns)
		__field(u64, service_ns)
		__field(u64, facts)
		__field(u64, held)
		__field(u64, open_ns)
		__field(unsigned long, address)
		__field(u32, mm)
		__field(u32, vma)
		__field(u32, flags)
		__field(int, kind)
		__field(int, writer)
		__field(u32, completed)
		__field(u32, maybe)
		__field(u8, reason)
		__field(u8, pte)
		__field(u8, lock)
		__field(u8, scope)
		__field(u8, blocked)
		__field(u8, locked)
		__field(u8, overrun)
		__field(u8, foreign)
		__field(u8, possible)
		__field(u8, deferred)
		__field(u8, repeat)
	),
	TP_fast_assign(
		bool handled = f->key.vma;
		bool blocked = f->met & SPF_MET_BLOCKED;
		bool skipped = spf_designs[SPF_DESIGN_SEQCOUNT].skips &
			       1ULL << reason;
		const u64 *waits = spf_writer_of(f)->waits.ns;

		__entry->arrival_ns = f->t0;
		__entry->lookup_ns = f->lookup;
		__entry->entry_ns = spf_fault_entry(f);
		__entry->end_ns = handled && !skipped ? f->entered : 0;
		__entry->wait_ns = blocked ? f->wait_ns : 0;
		__entry->wait_readers_ns = blocked ? waits[SPF_LOCK_READERS] : 0;
		__entry->wait_queued_ns = blocked ? waits[SPF_LOCK_QUEUED] : 0;
		__entry->wait_writer_ns = blocked ? waits[SPF_LOCK_WRITER] : 0;
		__entry->service_ns = f->service_ns;
		__entry->facts = f->fails & ~SPF_BY_WRITERS;
		__entry->held = spf_fault_lock(f) == SPF_LOCK_WRITER ?
				f->held : 0;
		__entry->open_ns = told->blame ? told->blame->open_ns : 0;
		__entry->address = f->address;
		__entry->mm = spf_id(f->key.mm);
		__entry->vma = handled ? spf_id(f->key.vma) : 0;
		__entry->flags = handled ? f->flags : 0;
		__entry->kind = told->blame ? told->blame->by.kind :
				SPF_NR_KINDS;
		__entry->writer = told->blame ? told->blame->by.writer : 0;
		__entry->completed = spf_chosen & ~told->stopped;
		__entry->maybe = spf_chosen & told->maybe;
		__entry->reason = reason;
		__entry->pte = handled ? f->pte : SPF_PTE_UNREAD;
		__entry->lock = spf_fault_lock(f);
		__entry->scope = told->scope;
		__entry->blocked = blocked;
		__entry->locked = handled && !(f->met & SPF_MET_UNLOCKED);
		__entry->overrun = !!(f->met & SPF_MET_OVERRUN);
		__entry->foreign = !!(f->met & SPF_MET_FOREIGN);
		__entry->possible = told->possible;
		__entry->deferred = told->deferred;
		__entry->repeat = told->repeat;
	),
	TP_printk("address=0x%lx mm=0x%x vma=0x%x arrival_ns=%llu lookup_ns=%llu entry_ns=%llu end_ns=%llu wait_ns=%llu wait_readers_ns=%llu wait_queued_ns=%llu wait_writer_ns=%llu service_ns=%llu flags=0x%x facts=0x%llx pte=%s lock=%s blocked=%u locked=%u overrun=%u foreign=%u held=0x%llx possible=%u deferred=%u repeat=%u kind=%s writer=%d open_ns=%llu scope=%s completed=0x%x maybe=0x%x reason=%s",
		  __entry->address, __entry->mm, __entry->vma,
		  __entry->arrival_ns, __entry->lookup_ns, __entry->entry_ns,
		  __entry->end_ns, __entry->wait_ns,
		  __entry->wait_readers_ns, __entry->wait_queued_ns,
		  __entry->wait_writer_ns, __entry->service_ns, __entry->flags,
		  __entry->facts,
		  SPF_SHOW(__entry->pte, SPF_PTES, SPF_SYMBOL_PTE, -1),
		  SPF_SHOW(__entry->lock, SPF_LOCKS, SPF_SYMBOL_LOCK, -1),
		  __entry->blocked, __entry->locked, __entry->overrun,
		  __entry->foreign, __entry->held, __entry->possible,
		  __entry->deferred, __entry->repeat,
		  SPF_SHOW(__entry->kind, SPF_KINDS, SPF_SYMBOL_KIND,
			   SPF_NR_KINDS),
		  __entry->writer, __entry->open_ns,
		  SPF_SHOW(__entry->scope, SPF_SCOPES, SPF_SYMBOL_SCOPE, -1),
		  __entry->completed, __entry->maybe,
		  SPF_SHOW(__entry->reason, SPF_REASONS, SPF_SYMBOL_REASON, -1))
);

DEFINE_EVENT(spf_fault, spf_fault_completed,

	TP_PROTO(const struct spf_fault *f, int reason,
		 const struct spf_told *told),
	TP_ARGS(f, reason, told)
);

DEFINE_EVENT(spf_fault, spf_fault_aborted,

	TP_PROTO(const struct spf_fault *f, int reason,
		 const struct spf_told *told),
	TP_ARGS(f, reason, told)
);

DEFINE_EVENT(spf_fault, spf_fault_skipped,

	TP_PROTO(const struct spf_fault *f, int reason,
		 const struct spf_told *told),
	TP_ARGS(f, reason, told)
);

TRACE_EVENT(spf_vma_replaced,

	TP_PROTO(const struct spf_fault *f, unsigned long by),
	TP_ARGS(f, by),
	TP_STRUCT__entry(
		__field(u64, arrival_ns)
		__field(u64, asked_ns)
		__field(u64, service_ns)
		__field(unsigned long, address)
		__field(u32, mm)
		__field(u32, vma)
		__field(u32, by)
	),
	TP_fast_assign(
		__entry->arrival_ns = f->t0;
		__entry->asked_ns = f->entered;
		__entry->service_ns = f->service_ns;
		__entry->address = f->address;
		__entry->mm = spf_id(f->key.mm);
		__entry->vma = spf_id(f->key.vma);
		__entry->by = spf_id(by);
	),
	TP_printk("address=0x%lx mm=0x%x vma=0x%x by=0x%x arrival_ns=%llu asked_ns=%llu service_ns=%llu",
		  __entry->address, __entry->mm, __entry->vma, __entry->by,
		  __entry->arrival_ns, __entry->asked_ns, __entry->service_ns)
);

TRACE_EVENT(spf_fault_kernel,

	TP_PROTO(const struct vm_area_struct *vma, unsigned long address,
		 unsigned int flags, u64 arrival, u64 wait),
	TP_ARGS(vma, address, flags, arrival, wait),
	TP_STRUCT__entry(
		__field(u64, arrival_ns)
		__field(u64, wait_ns)
		__field(unsigned long, address)
		__field(u32, mm)
		__field(u32, vma)
		__field(u32, flags)
	),
	TP_fast_assign(
		__entry->arrival_ns = arrival;
		__entry->wait_ns = wait;
		__entry->address = address;
		__entry->mm = spf_id((unsigned long)vma->vm_mm);
		__entry->vma = spf_id((unsigned long)vma);
		__entry->flags = flags;
	),
	TP_printk("address=0x%lx mm=0x%x vma=0x%x flags=0x%x arrival_ns=%llu wait_ns=%llu",
		  __entry->address, __entry->mm, __entry->vma, __entry->flags,
		  __entry->arrival_ns, __entry->wait_ns)
);

/* One event for each VMA of a section, @vma 0 for a section without one. */
TRACE_EVENT(spf_section_begin,

	TP_PROTO(const struct spf_open *open, unsigned int i),
	TP_ARGS(open, i),
	TP_STRUCT__entry(
		__field(u64, begin_ns)
		__field(u64, marked_ns)
		__field(u64, hold)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned long, vm_start)
		__field(unsigned long, vm_end)
		__field(u32, mm)
		__field(u32, vma)
		__field(u8, kind)
		__field(u8, lock)
		__field(u8, marks)
		__field(u8, shared)
	),
	TP_fast_assign(
		const struct spf_fields *before = &open->before[i];

		__entry->begin_ns = open->begin[i];
		__entry->hold = open->hold;
		__entry->start = open->start;
		__entry->end = open->end;
		/* Not read for those that are not shared. */
		__entry->vm_start = open->shadowed ?
			before->value[SPF_FIELD_START] : 0;
		__entry->vm_end = open->shadowed ?
			before->value[SPF_FIELD_END] : 0;
		__entry->mm = spf_id(open->mm);
		__entry->vma = spf_id(open->vma[i]);
		__entry->kind = open->kind;
		__entry->lock = open->mode;
		__entry->marks = spf_section_marks(open, i);
		__entry->marked_ns = __entry->marks ?
				     spf_section_marked(open, i) : 0;
		__entry->shared = open->shadowed;
	),
	TP_printk("kind=%s mm=0x%x vma=0x%x start=0x%lx end=0x%lx vm_start=0x%lx vm_end=0x%lx begin_ns=%llu hold=0x%llx lock=%s marks=%u marked_ns=%llu shared=%u",
		  SPF_SHOW(__entry->kind, SPF_KINDS, SPF_SYMBOL_KIND,
			   SPF_NR_KINDS),
		  __entry->mm, __entry->vma, __entry->start, __entry->end,
		  __entry->vm_start, __entry->vm_end, __entry->begin_ns,
		  __entry->hold,
		  SPF_SHOW(__entry->lock, SPF_MODES, SPF_SYMBOL_MODE, -1),
		  __entry->marks, __entry->marked_ns, __entry->shared)
);

TRACE_EVENT(spf_section_end,

	TP_PROTO(const struct spf_open *open, unsigned long vma, u64 begin,
		 const struct spf_range *range, u64 now),
	TP_ARGS(open, vma, begin, range, now),
	TP_STRUCT__entry(
		__field(u64, begin_ns)
		__field(u64, end_ns)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(u32, mm)
		__field(u32, vma)
		__field(u8, kind)
		__field(u8, shared)
	),
	TP_fast_assign(
		__entry->begin_ns = begin;
		__entry->end_ns = now;
		__entry->start = range->start;
		__entry->end = range->end;
		__entry->mm = spf_id(open->mm);
		__entry->vma = spf_id(vma);
		__entry->kind = open->kind;
		__entry->shared = open->shadowed;
	),
	TP_printk("kind=%s mm=0x%x vma=0x%x start=0x%lx end=0x%lx begin_ns=%llu end_ns=%llu shared=%u",
		  SPF_SHOW(__entry->kind, SPF_KINDS, SPF_SYMBOL_KIND,
			   SPF_NR_KINDS),
		  __entry->mm, __entry->vma, __entry->start, __entry->end,
		  __entry->begin_ns, __entry->end_ns, __entry->shared)
);

TRACE_EVENT(spf_section_changed,

	TP_PROTO(u8 kind, const struct spf_key *key, u64 begin, u64 now,
		 u8 effect, u32 fields),
	TP_ARGS(kind, key, begin, now, effect, fields),
	TP_STRUCT__entry(
		__field(u64, begin_ns)
		__field(u64, at_ns)
		__field(u32, mm)
		__field(u32, vma)
		__field(u32, fields)
		__field(u8, kind)
		__field(u8, effect)
	),
	TP_fast_assign(
		__entry->begin_ns = begin;
		__entry->at_ns = now;
		__entry->mm = spf_id(key->mm);
		__entry->vma = spf_id(key->vma);
		__entry->fields = fields;
		__entry->kind = kind;
		__entry->effect = effect;
	),
	TP_printk("kind=%s mm=0x%x vma=0x%x begin_ns=%llu at_ns=%llu effect=%s fields=0x%x",
		  SPF_SHOW(__entry->kind, SPF_KINDS, SPF_SYMBOL_KIND,
			   SPF_NR_KINDS),
		  __entry->mm, __entry->vma, __entry->begin_ns,
		  __entry->at_ns,
		  SPF_SHOW(__entry->effect, SPF_EFFECTS, SPF_SYMBOL_EFFECT, -1),
		  __entry->fields)
);

TRACE_EVENT(spf_vma_split,

	TP_PROTO(const struct spf_key *child, const struct spf_open *open,
		 u64 now),
	TP_ARGS(child, open, now),
	TP_STRUCT__entry(
		__field(u64, at_ns)
		__field(u64, begin_ns)
		__field(u32, mm)
		__field(u32, parent)
		__field(u32, child)
		__field(u8, kind)
	),
	TP_fast_assign(
		__entry->at_ns = now;
		__entry->begin_ns = open->begin[0];
		__entry->mm = spf_id(child->mm);
		__entry->parent = spf_id(open->vma[0]);
		__entry->child = spf_id(child->vma);
		__entry->kind = open->kind;
	),
	TP_printk("mm=0x%x parent=0x%x child=0x%x at_ns=%llu begin_ns=%llu kind=%s",
		  __entry->mm, __entry->parent, __entry->child, __entry->at_ns,
		  __entry->begin_ns,
		  SPF_SHOW(__entry->kind, SPF_KINDS, SPF_SYMBOL_KIND,
			   SPF_NR_KINDS))
);

DECLARE_EVENT_CLASS(spf_vma,

	TP_PROTO(const struct spf_key *key, u64 now),
	TP_ARGS(key, now),
	TP_STRUCT__entry(
		__field(u64, at_ns)
		__field(u32, mm)
		__field(u32, vma)
	),
	TP_fast_assign(
		__entry->at_ns = now;
		__entry->mm = spf_id(key->mm);
		__entry->vma = spf_id(key->vma);
	),
	TP_printk("mm=0x%x vma=0x%x at_ns=%llu", __entry->mm, __entry->vma,
		  __entry->at_ns)
);

DEFINE_EVENT(spf_vma, spf_vma_alloc,

	TP_PROTO(const struct spf_key *key, u64 now),
	TP_ARGS(key, now)
);

DEFINE_EVENT(spf_vma, spf_vma_free,

	TP_PROTO(const struct spf_key *key, u64 now),
	TP_ARGS(key, now)
);

TRACE_EVENT(spf_hold,

	TP_PROTO(const struct spf_hold *hold),
	TP_ARGS(hold),
	TP_STRUCT__entry(
		__field(u64, hold)
		__field(u64, wait_ns)
		__field(u64, acquired_ns)
		__field(u64, leaving_ns)
		__field(u64, released_ns)
		__field(u32, mm)
		__field(u32, sections)
		__field(u32, kinds)
		__field(u8, foreign)
		__field(u8, call)
	),
	TP_fast_assign(
		__entry->hold = hold->id;
		__entry->wait_ns = hold->wait;
		__entry->acquired_ns = hold->acquired;
		__entry->leaving_ns = hold->leaving ?: hold->released;
		__entry->released_ns = hold->released;
		__entry->mm = spf_id(hold->mm);
		__entry->sections = hold->sections;
		__entry->kinds = hold->kinds;
		__entry->foreign = hold->foreign;
		__entry->call = hold->call;
	),
	TP_printk("mm=0x%x hold=0x%llx wait_ns=%llu acquired_ns=%llu leaving_ns=%llu released_ns=%llu sections=%u kinds=0x%x foreign=%u call=%s",
		  __entry->mm, __entry->hold, __entry->wait_ns,
		  __entry->acquired_ns, __entry->leaving_ns,
		  __entry->released_ns,
		  __entry->sections, __entry->kinds, __entry->foreign,
		  SPF_SHOW(__entry->call, SPF_CALLS, SPF_SYMBOL_CALL, -1))
);

TRACE_EVENT(spf_possible,

	TP_PROTO(const struct spf_key *key, u64 hold, u8 kind, u64 faults),
	TP_ARGS(key, hold, kind, faults),
	TP_STRUCT__entry(
		__field(u64, hold)
		__field(u64, faults)
		__field(u32, mm)
		__field(u32, vma)
		__field(u8, kind)
	),
	TP_fast_assign(
		__entry->hold = hold;
		__entry->faults = faults;
		__entry->mm = spf_id(key->mm);
		__entry->vma = spf_id(key->vma);
		__entry->kind = kind;
	),
	TP_printk("mm=0x%x vma=0x%x hold=0x%llx kind=%s faults=%llu",
		  __entry->mm, __entry->vma, __entry->hold,
		  SPF_SHOW(__entry->kind, SPF_KINDS, SPF_SYMBOL_KIND,
			   SPF_NR_KINDS),
		  __entry->faults)
);

#endif /* _TRACE_SPF_H */

#include <trace/define_trace.h>
