// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch: what somebody would write who has BPF and not spf, for "make bench".
 *
 * Counts the calls of handle_mm_fault() and the time they take, the waits for
 * mmap_lock and the time that writers have it.  It judges nothing, and sees no
 * section: which VMA a writer is about, and what he does to it, is in no tracepoint.
 *
 * The tracepoints of mmap_lock have had their arguments changed: mm, the path of a
 * cgroup, write and, of one, success, or the same without the path.  watch.c loads
 * the programs that fit the kernel.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "watch.h"

/* Of a task; no two holds and no two faults of it overlap. */
struct task {
	__u64 fault;		/* when it began, ns */
	__u64 asked;		/* for the lock */
	__u64 acquired;		/* for write */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WATCH_NR);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline void add(__u32 what, __u64 n)
{
	__u64 *count = bpf_map_lookup_elem(&counts, &what);

	if (count)
		*count += n;
}

static __always_inline struct task *task_of_current(__u64 flags)
{
	return bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL,
				    flags);
}

SEC("fentry/handle_mm_fault")
int fault_begins(__u64 *ctx)
{
	struct task *t = task_of_current(BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (t)
		t->fault = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/handle_mm_fault")
int fault_ends(__u64 *ctx)
{
	struct task *t = task_of_current(0);

	if (!t || !t->fault)
		return 0;
	add(WATCH_FAULTS, 1);
	add(WATCH_SERVICE_NS, bpf_ktime_get_ns() - t->fault);
	t->fault = 0;
	return 0;
}

SEC("tp_btf/mmap_lock_start_locking")
int asked(__u64 *ctx)
{
	struct task *t = task_of_current(BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (t)
		t->asked = bpf_ktime_get_ns();
	return 0;
}

/* A hold, if it has one. */
static __always_inline void gave(struct task *t, __u64 now)
{
	if (!t->acquired)
		return;
	add(WATCH_HOLDS, 1);
	add(WATCH_HELD_NS, now - t->acquired);
	t->acquired = 0;
}

static __always_inline int got(bool write, bool success)
{
	struct task *t = task_of_current(0);
	__u64 now = bpf_ktime_get_ns();

	if (!t || !success)
		return 0;
	/* Who only tries has not asked. */
	if (t->asked)
		add(WATCH_WAIT_NS, now - t->asked);
	t->asked = 0;
	/* One that is downgraded is said to have been got for read. */
	if (write)
		t->acquired = now;
	else
		gave(t, now);
	return 0;
}

SEC("tp_btf/mmap_lock_acquire_returned")
int got_with_path(__u64 *ctx)
{
	return got(ctx[2] & 1, ctx[3] & 1);
}

SEC("tp_btf/mmap_lock_acquire_returned")
int got_without_path(__u64 *ctx)
{
	return got(ctx[1] & 1, ctx[2] & 1);
}

SEC("tp_btf/mmap_lock_released")
int given(__u64 *ctx)
{
	struct task *t = task_of_current(0);

	if (t)
		gave(t, bpf_ktime_get_ns());
	return 0;
}

char license_of_watch[] SEC("license") = "GPL";
