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

#include <spf/pipe.h>
#include <spf/reason.h>
#include <spf/trace.h>

#define SPF_DEFINE_REASON(id, name, verdict, historic) \
	TRACE_DEFINE_ENUM(SPF_REASON_##id);
#define SPF_DEFINE_KIND(id, name)	TRACE_DEFINE_ENUM(SPF_KIND_##id);

SPF_REASONS(SPF_DEFINE_REASON)
SPF_KINDS(SPF_DEFINE_KIND)

#define SPF_SYMBOL_REASON(id, name, verdict, historic) \
	{ SPF_REASON_##id, name },
#define SPF_SYMBOL_KIND(id, name)	{ SPF_KIND_##id, name },

DECLARE_EVENT_CLASS(spf_fault,

	TP_PROTO(const struct spf_fault *f, int reason),
	TP_ARGS(f, reason),
	TP_STRUCT__entry(
		__field(u64, arrival_ns)
		__field(u64, wait_ns)
		__field(u64, service_ns)
		__field(unsigned long, address)
		__field(u32, mm)
		__field(u32, vma)
		__field(int, reason)
		__field(u8, blocked)
		__field(u8, possible)
	),
	TP_fast_assign(
		__entry->arrival_ns = f->t0;
		__entry->wait_ns = f->blocked ? f->wait_ns : 0;
		__entry->service_ns = f->service_ns;
		__entry->address = f->address;
		__entry->mm = spf_id((unsigned long)current->mm);
		__entry->vma = f->state == SPF_FAULT_ARRIVED ? 0 :
			       spf_id(f->key.vma);
		__entry->reason = reason;
		__entry->blocked = f->blocked;
		__entry->possible = f->possible;
	),
	TP_printk("address=0x%lx mm=0x%x vma=0x%x arrival_ns=%llu wait_ns=%llu service_ns=%llu blocked=%u possible=%u reason=%s",
		  __entry->address, __entry->mm, __entry->vma,
		  __entry->arrival_ns, __entry->wait_ns, __entry->service_ns,
		  __entry->blocked, __entry->possible,
		  __print_symbolic(__entry->reason,
				   SPF_REASONS(SPF_SYMBOL_REASON)
				   { -1, "none" }))
);

DEFINE_EVENT(spf_fault, spf_fault_completed,

	TP_PROTO(const struct spf_fault *f, int reason),
	TP_ARGS(f, reason)
);

DEFINE_EVENT(spf_fault, spf_fault_aborted,

	TP_PROTO(const struct spf_fault *f, int reason),
	TP_ARGS(f, reason)
);

DEFINE_EVENT(spf_fault, spf_fault_skipped,

	TP_PROTO(const struct spf_fault *f, int reason),
	TP_ARGS(f, reason)
);

/* One event for each VMA of a section, @vma 0 for a section without one. */
TRACE_EVENT(spf_section_begin,

	TP_PROTO(const struct spf_touch *touch, const struct spf_open *open,
		 unsigned long vma),
	TP_ARGS(touch, open, vma),
	TP_STRUCT__entry(
		__field(u64, begin_ns)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(u32, mm)
		__field(u32, vma)
		__field(int, kind)
	),
	TP_fast_assign(
		__entry->begin_ns = open->begin;
		__entry->start = touch->start;
		__entry->end = touch->end;
		__entry->mm = spf_id(open->mm);
		__entry->vma = spf_id(vma);
		__entry->kind = open->kind;
	),
	TP_printk("kind=%s mm=0x%x vma=0x%x start=0x%lx end=0x%lx begin_ns=%llu",
		  __print_symbolic(__entry->kind, SPF_KINDS(SPF_SYMBOL_KIND)
				   { -1, "none" }),
		  __entry->mm, __entry->vma, __entry->start, __entry->end,
		  __entry->begin_ns)
);

TRACE_EVENT(spf_section_end,

	TP_PROTO(const struct spf_open *open, unsigned long vma,
		 u64 duration_ns),
	TP_ARGS(open, vma, duration_ns),
	TP_STRUCT__entry(
		__field(u64, begin_ns)
		__field(u64, duration_ns)
		__field(u32, mm)
		__field(u32, vma)
		__field(int, kind)
	),
	TP_fast_assign(
		__entry->begin_ns = open->begin;
		__entry->duration_ns = duration_ns;
		__entry->mm = spf_id(open->mm);
		__entry->vma = spf_id(vma);
		__entry->kind = open->kind;
	),
	TP_printk("kind=%s mm=0x%x vma=0x%x begin_ns=%llu duration_ns=%llu",
		  __print_symbolic(__entry->kind, SPF_KINDS(SPF_SYMBOL_KIND)
				   { -1, "none" }),
		  __entry->mm, __entry->vma, __entry->begin_ns,
		  __entry->duration_ns)
);

#endif /* _TRACE_SPF_H */

#include <trace/define_trace.h>
