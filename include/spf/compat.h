/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file with conditionals on the kernel it is built for: one small
 * function a difference, and the same prototype on every side.  What the
 * kernel has was found out by compiling (feature/), not from its version.
 */
#ifndef SPF_COMPAT_H
#define SPF_COMPAT_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/unistd.h>
#include <linux/version.h>

#ifdef CONFIG_X86_64
#include <asm/msr.h>
#include <asm/tsc.h>
#include <xen/xen.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "spf needs Linux 5.10 or later: no older fault path has been studied"
#endif
#if !defined(CONFIG_KPROBES) || !defined(CONFIG_KRETPROBES)
#error "spf needs a kernel with CONFIG_KPROBES: every figure comes from a probe"
#endif
#if !defined(CONFIG_TRACEPOINTS)
#error "spf needs a kernel with CONFIG_TRACEPOINTS: faults arrive at a tracepoint"
#endif
#if !defined(CONFIG_DEBUG_FS)
#error "spf needs a kernel with CONFIG_DEBUG_FS: results are read from debugfs"
#endif
#if !defined(CONFIG_64BIT) || !defined(CONFIG_MMU)
#error "spf needs a 64-bit kernel with an MMU: its counters are read without a lock"
#endif
#if !defined(CONFIG_SMP)
#error "spf needs a kernel with CONFIG_SMP: v12 speculates on such kernels only"
#endif

#if defined(CONFIG_PREEMPT_RT)
#error "spf needs a kernel without CONFIG_PREEMPT_RT: it reads who has mmap_lock"
#endif

#if defined(CONFIG_LTO_CLANG)
#error "spf needs a kernel without CONFIG_LTO_CLANG: functions are inlined across files there"
#endif

#ifndef SPF_REQUIREMENTS_ONLY

#include <spf/features.h>
#include <spf/reason.h>

/* A counter that the kernel's clock may be computed from; its frequency, 0 if unknown. */
#ifdef CONFIG_X86_64
#define SPF_HAS_TICKS	1

static inline u64 spf_ticks(void)
{
	return rdtsc_ordered();
}

static inline unsigned int spf_ticks_khz(void)
{
	return tsc_khz;
}
#else
#define SPF_HAS_TICKS	0

static inline u64 spf_ticks(void)
{
	return 0;
}

static inline unsigned int spf_ticks_khz(void)
{
	return 0;
}
#endif

/* What the kernel's clock source counts. */
static inline u64 spf_clock_cycles(void)
{
	struct system_time_snapshot snapshot;

#if SPF_HAVE_SNAPSHOT_ID
	ktime_get_snapshot_id(CLOCK_MONOTONIC, &snapshot);
#else
	ktime_get_snapshot(&snapshot);
#endif
	return snapshot.cycles;
}

/*
 * Reads a word where there may be none.  An object of the kernel's is in the direct map:
 * there the read needs none of the checks of copy_from_kernel_nofault(), only that it may
 * fail.
 */
static inline bool spf_peek(unsigned long *to, const void *from)
{
#ifdef CONFIG_X86_64
	if ((unsigned long)from < PAGE_OFFSET || from >= high_memory)
		return false;
	__get_kernel_nofault(to, from, unsigned long, failed);
	return true;
failed:
	return false;
#else
	return !copy_from_kernel_nofault(to, from, sizeof(*to));
#endif
}

/*
 * The VMA at or behind an address, for probe handlers: NULL if there is none.
 * The caller, or the probed code, holds mmap_lock in either mode, so that the
 * tree stands still.  find_vma() will not do where it writes to the VMA cache
 * of current.
 */
#if SPF_HAVE_VM_NEXT
static inline struct vm_area_struct *spf_vma_at(struct mm_struct *mm,
						unsigned long address)
{
	struct rb_node *node = mm->mm_rb.rb_node;
	struct vm_area_struct *vma, *found = NULL;

	while (node) {
		vma = rb_entry(node, struct vm_area_struct, vm_rb);
		if (vma->vm_end <= address) {
			node = node->rb_right;
			continue;
		}
		found = vma;
		if (vma->vm_start <= address)
			break;
		node = node->rb_left;
	}
	return found;
}

static inline struct vm_area_struct *spf_vma_next(struct vm_area_struct *vma)
{
	return vma->vm_next;
}
#else
static inline struct vm_area_struct *spf_vma_at(struct mm_struct *mm,
						unsigned long address)
{
	return find_vma(mm, address);
}

static inline struct vm_area_struct *spf_vma_next(struct vm_area_struct *vma)
{
	return find_vma(vma->vm_mm, vma->vm_end);
}
#endif

/* The tree of VMAs, to be compared; NULL where there is another kind of tree. */
static inline const void *spf_vma_tree(const struct mm_struct *mm)
{
#if SPF_HAVE_VM_NEXT
	return NULL;
#else
	return mm ? &mm->mm_mt : NULL;
#endif
}

/*
 * Does do_brk_flags() change the heap's VMA itself?  From the maple tree (6.1)
 * until vma_prepare() (6.3); per-VMA locks came a release later.
 */
#define SPF_BRK_IN_PLACE	(!SPF_HAVE_VM_NEXT && !SPF_HAVE_VMA_LOCK)

/* Flags that the heap's VMA must have for that, besides those asked for. */
static inline unsigned long spf_brk_flags(const struct mm_struct *mm)
{
#if SPF_BRK_IN_PLACE
	return VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT | mm->def_flags;
#else
	return 0;
#endif
}

/*
 * Do the kernel's headers declare a function in another way than spf decodes its
 * arguments?  Not where they declare none: it is private to the kernel's own
 * files, and what it is passed is looked at hit by hit.  Nor where they have one
 * of several forms that are known.
 */
#define SPF_REFUTED_CHANGE_PROTECTION \
	(!SPF_HAVE_CHANGE_PROTECTION_VMA_FIRST && \
	 !SPF_HAVE_CHANGE_PROTECTION_NEWPROT && \
	 !SPF_HAVE_PROTO_CHANGE_PROTECTION)
#define SPF_REFUTED_COPY_PAGE_RANGE	(!SPF_HAVE_PROTO_COPY_PAGE_RANGE)
#define SPF_REFUTED_DO_MADVISE		(!SPF_HAVE_PROTO_DO_MADVISE)
#define SPF_REFUTED_DO_MUNMAP		(!SPF_HAVE_PROTO_DO_MUNMAP)
#define SPF_REFUTED_EXPAND_DOWNWARDS	(!SPF_HAVE_PROTO_EXPAND_DOWNWARDS)
#define SPF_REFUTED_MOVE_PAGE_TABLES \
	(!SPF_HAVE_PROTO_MOVE_PAGE_TABLES && \
	 !SPF_HAVE_PROTO_MOVE_PAGE_TABLES_STACK)
#define SPF_REFUTED_MPOL_REBIND_MM	(!SPF_HAVE_PROTO_MPOL_REBIND_MM)
#define SPF_REFUTED_PMDP_COLLAPSE_FLUSH	(!SPF_HAVE_PROTO_PMDP_COLLAPSE_FLUSH)
#define SPF_REFUTED_UNLINK_ANON_VMAS	(!SPF_HAVE_PROTO_UNLINK_ANON_VMAS)
#define SPF_REFUTED_VM_AREA_ALLOC	(!SPF_HAVE_PROTO_VM_AREA_ALLOC)
#define SPF_REFUTED_VMA_ADJUST		(!SPF_HAVE_PROTO_VMA_ADJUST)
#define SPF_REFUTED_VMA_MERGE \
	(!SPF_HAVE_PROTO_VMA_MERGE && !SPF_HAVE_PROTO_VMA_MERGE_NAME && \
	 !SPF_HAVE_PROTO_VMA_MERGE_VMI)
#define SPF_REFUTED_VMA_SET_PAGE_PROT	(!SPF_HAVE_PROTO_VMA_SET_PAGE_PROT)
#define SPF_REFUTED_WALK_PAGE_RANGE	(!SPF_HAVE_PROTO_WALK_PAGE_RANGE)
#define SPF_REFUTED_WALK_PAGE_RANGE_VMA	(!SPF_HAVE_PROTO_WALK_PAGE_RANGE_VMA)

/*
 * Position of the mm among the arguments of vma_merge(): behind an iterator where
 * the headers say so (6.3 to 6.6).  Before, they have one of the other forms;
 * later, it is private and another hook is set in its place.
 */
#define SPF_MERGE_MM \
	(SPF_HAVE_PROTO_VMA_MERGE_VMI && !SPF_HAVE_PROTO_VMA_MERGE && \
	 !SPF_HAVE_PROTO_VMA_MERGE_NAME)

/* Positions among the arguments of change_protection(). */
#if SPF_HAVE_CHANGE_PROTECTION_VMA_FIRST
#define SPF_PROTECT_VMA		0
#define SPF_PROTECT_FLAGS	4
#elif SPF_HAVE_CHANGE_PROTECTION_NEWPROT
#define SPF_PROTECT_VMA		1
#define SPF_PROTECT_FLAGS	5
#else
#define SPF_PROTECT_VMA		1
#define SPF_PROTECT_FLAGS	4
#endif

/* What tracepoints pass to their probes. */
#if SPF_HAVE_EXIT_GROUP_DEAD
#define SPF_TP_EXIT	void *data, struct task_struct *task, bool group_dead
#else
#define SPF_TP_EXIT	void *data, struct task_struct *task
#endif

/*
 * A function's arguments, as ftrace passes them to a callback: only the registers
 * that hold them are valid.  Up to 5.10 all are saved or none.  Other architectures
 * have them in another form than a kprobe: there every hook is a kprobe, and so it is
 * without the function tracer.
 */
#if defined(CONFIG_X86_64) && defined(CONFIG_DYNAMIC_FTRACE) && \
	defined(CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS)
#define SPF_FTRACE_SAVES_ARGS	1
#else
#define SPF_FTRACE_SAVES_ARGS	0
#endif

#if defined(CONFIG_X86_64) && defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS) && \
	SPF_HAVE_FTRACE_PT_REGS
#define SPF_FTRACE		1
#define SPF_FTRACE_FLAGS	FTRACE_OPS_FL_SAVE_REGS
#define SPF_FTRACE_ARG		struct pt_regs *
#define spf_ftrace_regs(fregs)	(fregs)
#elif SPF_FTRACE_SAVES_ARGS && SPF_HAVE_FTRACE_ARGS
#define SPF_FTRACE		1
#define SPF_FTRACE_FLAGS	0
#define SPF_FTRACE_ARG		struct ftrace_regs *
#define spf_ftrace_regs(fregs)	(&(fregs)->regs)
#elif SPF_FTRACE_SAVES_ARGS && SPF_HAVE_FTRACE_ARCH_ARGS
#define SPF_FTRACE		1
#define SPF_FTRACE_FLAGS	0
#define SPF_FTRACE_ARG		struct ftrace_regs *
#define spf_ftrace_regs(fregs)	(&arch_ftrace_regs(fregs)->regs)
#else
#define SPF_FTRACE		0
#define SPF_FTRACE_ARG		struct pt_regs *
#define spf_ftrace_regs(fregs)	(fregs)
#endif

/* ftrace calls it at the start of a function; runs with preemption on or off. */
#define SPF_FTRACE_CALLBACK(name) \
	void name(unsigned long ip, unsigned long parent_ip, \
		  struct ftrace_ops *ops, SPF_FTRACE_ARG fregs)

#if SPF_FTRACE
struct spf_ftrace_ops {
	struct ftrace_ops ops;
};

static inline void spf_ftrace_init(struct spf_ftrace_ops *o,
				   SPF_FTRACE_CALLBACK((*callback)))
{
	*o = (struct spf_ftrace_ops){
		.ops = { .func = callback, .flags = SPF_FTRACE_FLAGS },
	};
}

static inline int spf_ftrace_set(struct spf_ftrace_ops *o, unsigned long address)
{
	return ftrace_set_filter_ip(&o->ops, address, 0, 0);
}

static inline int spf_ftrace_register(struct spf_ftrace_ops *o)
{
	return register_ftrace_function(&o->ops);
}

static inline int spf_ftrace_unregister(struct spf_ftrace_ops *o)
{
	return unregister_ftrace_function(&o->ops);
}

/* The kernel's list of its functions is freed with the last one. */
static inline void spf_ftrace_clear(struct spf_ftrace_ops *o)
{
	ftrace_set_filter(&o->ops, NULL, 0, 1);
}
#else
struct spf_ftrace_ops {
};

static inline void spf_ftrace_init(struct spf_ftrace_ops *o,
				   SPF_FTRACE_CALLBACK((*callback)))
{
}

static inline int spf_ftrace_set(struct spf_ftrace_ops *o, unsigned long address)
{
	return -EINVAL;
}

static inline int spf_ftrace_register(struct spf_ftrace_ops *o)
{
	return 0;
}

static inline int spf_ftrace_unregister(struct spf_ftrace_ops *o)
{
	return 0;
}

static inline void spf_ftrace_clear(struct spf_ftrace_ops *o)
{
}
#endif

/*
 * What the instances of a return probe take: since 6.7 they are in a pool that
 * has for each CPU a ring with room for all of them.
 */
static inline u64 spf_instances_bytes(unsigned int nr, size_t data_size)
{
	u64 bytes = (u64)nr * (sizeof(struct kretprobe_instance) + data_size);

#if SPF_HAVE_OBJPOOL
	bytes += (u64)num_possible_cpus() *
		 (sizeof(struct objpool_slot) +
		  roundup_pow_of_two(nr) * sizeof(void *));
#endif
	return bytes;
}

static inline struct kretprobe *spf_kretprobe_of(struct kretprobe_instance *ri)
{
#if SPF_HAVE_GET_KRETPROBE
	return get_kretprobe(ri);
#else
	return ri->rp;
#endif
}

/*
 * Results of handle_mm_fault() after which the caller holds no lock any more.
 */
#if SPF_HAVE_FAULT_COMPLETED
#define SPF_FAULT_UNLOCKED	(VM_FAULT_RETRY | VM_FAULT_COMPLETED)
#else
#define SPF_FAULT_UNLOCKED	VM_FAULT_RETRY
#endif

/*
 * Per-VMA locks.  The sequence number of an mm moves when its mmap_lock is
 * released by a writer; a VMA that is write-locked takes a copy of it as a
 * mark.  Read as hints, without any lock.
 */
#if SPF_HAVE_MM_SEQCOUNT
#define SPF_MM_SEQCOUNT		1	/* and it is odd while a writer has the lock */
#else
#define SPF_MM_SEQCOUNT		0
#endif

#if SPF_HAVE_VMA_LOCK
#define SPF_VMA_LOCKS		1

static inline bool spf_under_vma_lock(unsigned int flags)
{
	return flags & FAULT_FLAG_VMA_LOCK;
}

static inline u32 spf_mm_mark(const struct mm_struct *mm)
{
#if SPF_HAVE_MM_SEQCOUNT
	return READ_ONCE(mm->mm_lock_seq.sequence);
#else
	return READ_ONCE(mm->mm_lock_seq);
#endif
}

static inline u32 spf_vma_mark(const struct vm_area_struct *vma)
{
	return READ_ONCE(vma->vm_lock_seq);
}

/*
 * What a writer waits for when a fault has the VMA's lock: that lock, or the VMA.
 * Compared, never followed.
 */
static inline const void *spf_vma_lock_of(const struct vm_area_struct *vma)
{
#if SPF_HAVE_VMA_RWSEM
	return &vma->vm_lock->lock;
#else
	return vma;
#endif
}
#else
#define SPF_VMA_LOCKS		0

static inline bool spf_under_vma_lock(unsigned int flags)
{
	return false;
}

static inline u32 spf_mm_mark(const struct mm_struct *mm)
{
	return 0;
}

static inline u32 spf_vma_mark(const struct vm_area_struct *vma)
{
	return 0;
}

static inline const void *spf_vma_lock_of(const struct vm_area_struct *vma)
{
	return NULL;
}
#endif

/*
 * Does somebody have mmap_lock for write, or queue for it, while a fault holds
 * it for read (or, since 6.4, its VMA's own lock)?  Readers queue behind writers
 * only.  Where the sequence number tells, it does so from shortly after a writer
 * got the lock until shortly before he gives it back.
 */
static inline bool spf_writer_about(struct mm_struct *mm, bool vma_locked)
{
	if (!vma_locked)
		return rwsem_is_contended(&mm->mmap_lock);
#if SPF_HAVE_MM_SEQCOUNT
	return spf_mm_mark(mm) & 1;
#else
	return false;
#endif
}

/*
 * A kernel may be built so that variables on the stack begin as zeros
 * (CONFIG_INIT_STACK_ALL_ZERO).  A large one that is filled in before it is read says
 * with this that it need not.
 */
#if __has_attribute(__uninitialized__)
#define spf_unset	__attribute__((__uninitialized__))
#else
#define spf_unset
#endif

/*
 * The state of a rw_semaphore, read without any lock: bit 0 of its count is the
 * writer, bit 1 says that somebody waits, readers count from bit 8 on; the owner
 * of one that is held for write is its task (kernel/locking/rwsem.c).  The
 * self-check at load proves it.
 */
#define SPF_RWSEM_WRITER	1UL
#define SPF_RWSEM_WAITERS	2UL
#define SPF_RWSEM_UNUSED	0xf8UL
#define SPF_RWSEM_READERS	(~0UL << 8)
#define SPF_RWSEM_OWNER_FLAGS	7UL

static inline enum spf_lock spf_lock_state(const struct rw_semaphore *sem)
{
	unsigned long count = atomic_long_read(&sem->count);

	if (likely(!count))
		return SPF_LOCK_FREE;
	if (count & SPF_RWSEM_WRITER)
		return SPF_LOCK_WRITER;
	return count & SPF_RWSEM_WAITERS ? SPF_LOCK_QUEUED : SPF_LOCK_READERS;
}

/* Who has it for write, when somebody has; compared, never followed. */
static inline const struct task_struct *
spf_lock_owner(const struct rw_semaphore *sem)
{
	return (const struct task_struct *)(atomic_long_read(&sem->owner) &
					    ~SPF_RWSEM_OWNER_FLAGS);
}

/* How is it held, as far as current is concerned? */
static inline enum spf_mode spf_lock_mode(const struct rw_semaphore *sem)
{
	unsigned long count = atomic_long_read(&sem->count);

	if (count & SPF_RWSEM_WRITER)
		return spf_lock_owner(sem) == current ? SPF_MODE_WRITE :
		       SPF_MODE_NONE;
	return count & SPF_RWSEM_READERS ? SPF_MODE_READ : SPF_MODE_NONE;
}

/*
 * The walk through a page table, by reads of its entries alone.  The kernel's own
 * accessors ask the hypervisor, and allow for large pages at each level: on x86-64
 * that is half of what the walk costs.  Where entries are not what the CPU reads (Xen
 * PV), the accessors are used.
 */
#ifdef CONFIG_X86_64

/* Points to a table, and is no large page. */
static __always_inline bool spf_is_table(unsigned long entry)
{
	return (entry & (_PAGE_PRESENT | _PAGE_PSE)) == _PAGE_PRESENT;
}

/* Entry number @i of the table that another entry points to. */
static __always_inline unsigned long spf_entry_in(unsigned long entry,
						  unsigned long i)
{
	const unsigned long *table = __va(entry & PTE_PFN_MASK);

	return READ_ONCE(table[i]);
}

/* Return: false when one of the tables above is not there, or not plain. */
static __always_inline bool spf_read_pmd(const struct mm_struct *mm,
					 unsigned long address, pmd_t *pmd)
{
	unsigned long entry;

	if (unlikely(xen_pv_domain()))
		return false;
	entry = READ_ONCE(mm->pgd[pgd_index(address)].pgd);
	if (pgtable_l5_enabled() && likely(spf_is_table(entry)))
		entry = spf_entry_in(entry, address >> P4D_SHIFT &
				     (MAX_PTRS_PER_P4D - 1));
	if (unlikely(!spf_is_table(entry)))
		return false;
	entry = spf_entry_in(entry, pud_index(address));
	if (unlikely(!spf_is_table(entry)))
		return false;
	pmd->pmd = spf_entry_in(entry, pmd_index(address));
	return true;
}

/* The same of the entry that a pmd points to; only after spf_read_pmd(). */
static __always_inline bool spf_read_pte(pmd_t pmd, unsigned long address,
					 pte_t *pte)
{
	if (unlikely(!spf_is_table(pmd.pmd)))
		return false;
	pte->pte = spf_entry_in(pmd.pmd, pte_index(address));
	return true;
}
#else
static __always_inline bool spf_read_pmd(const struct mm_struct *mm,
					 unsigned long address, pmd_t *pmd)
{
	return false;
}

static __always_inline bool spf_read_pte(pmd_t pmd, unsigned long address,
					 pte_t *pte)
{
	return false;
}
#endif

/* Only some kernels still tell device memory from other huge pages. */
static inline bool spf_pmd_devmap(pmd_t pmd)
{
#if SPF_HAVE_PMD_DEVMAP
	return pmd_devmap(pmd);
#else
	return false;
#endif
}

/*
 * Would v12 have refused this VMA for its memory policy?  The VMA's own policy
 * counts first, then the task's.  Without NUMA there are no policies.
 *
 * Reads vma->vm_policy (stable while mmap_lock or the VMA's lock is held) and
 * the policy of current (written by current only).
 */
static inline bool spf_policy_interleaves(const struct vm_area_struct *vma)
{
#ifdef CONFIG_NUMA
	const struct mempolicy *pol = vma->vm_policy;

	if (!pol)
		pol = current->mempolicy;
	return pol && pol->mode == MPOL_INTERLEAVE;
#else
	return false;
#endif
}

/* The VMA's own memory policy, as a number. */
static inline u64 spf_policy_of(const struct vm_area_struct *vma)
{
#ifdef CONFIG_NUMA
	return (unsigned long)READ_ONCE(vma->vm_policy);
#else
	return 0;
#endif
}

/*
 * A system call by its number.  Architectures that came late do not have the older
 * ones of a family.
 */
static inline enum spf_call spf_call_of(int nr)
{
	switch (nr) {
	case __NR_mmap:
	case __NR_remap_file_pages:
		return SPF_CALL_MMAP;
	case __NR_munmap:
		return SPF_CALL_MUNMAP;
	case __NR_mprotect:
	case __NR_pkey_mprotect:
		return SPF_CALL_MPROTECT;
	case __NR_mremap:
		return SPF_CALL_MREMAP;
	case __NR_brk:
		return SPF_CALL_BRK;
	case __NR_madvise:
#ifdef __NR_process_madvise
	case __NR_process_madvise:
#endif
		return SPF_CALL_MADVISE;
	case __NR_mlock:
	case __NR_mlock2:
	case __NR_munlock:
	case __NR_mlockall:
	case __NR_munlockall:
		return SPF_CALL_MLOCK;
	case __NR_mbind:
		return SPF_CALL_MBIND;
#ifdef __NR_fork
	case __NR_fork:
	case __NR_vfork:
#endif
	case __NR_clone:
	case __NR_clone3:
		return SPF_CALL_FORK;
	case __NR_execve:
	case __NR_execveat:
		return SPF_CALL_EXEC;
	case __NR_shmat:
		return SPF_CALL_SHMAT;
	case __NR_shmdt:
		return SPF_CALL_SHMDT;
	case __NR_prctl:
		return SPF_CALL_PRCTL;
	case __NR_ioctl:
		return SPF_CALL_IOCTL;
	default:
		return SPF_CALL_NONE;
	}
}

/* Write sections that this kernel is not configured for never happen. */
static inline bool spf_kind_exists(enum spf_kind kind)
{
	switch (kind) {
	case SPF_KIND_NUMA:
		return IS_ENABLED(CONFIG_NUMA_BALANCING);
	case SPF_KIND_MBIND:
	case SPF_KIND_REBIND:
		return IS_ENABLED(CONFIG_NUMA);
	case SPF_KIND_COLLAPSE:
		return IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE);
	case SPF_KIND_UFFD:
		return IS_ENABLED(CONFIG_USERFAULTFD);
	case SPF_KIND_UFFD_WP:
		return IS_ENABLED(CONFIG_HAVE_ARCH_USERFAULTFD_WP);
	case SPF_KIND_SOFT_DIRTY:
		return IS_ENABLED(CONFIG_MEM_SOFT_DIRTY);
	case SPF_KIND_MADVISE:
	case SPF_KIND_MADV_FREE:
		return IS_ENABLED(CONFIG_ADVISE_SYSCALLS);
	default:
		return true;
	}
}

#endif /* SPF_REQUIREMENTS_ONLY */

#endif /* SPF_COMPAT_H */
