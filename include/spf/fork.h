/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fork: the sections of all VMAs that it copies, which end together.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_FORK_H
#define SPF_FORK_H

struct spf_writer;
struct vm_area_struct;

/**
 * spf_fork_copy - a fork begins to copy one of the parent's VMAs
 * @vma: the VMA; mmap_lock is held for write, and the fork's sections end with it
 */
void spf_fork_copy(struct vm_area_struct *vma);

/**
 * spf_fork_end - it lets others in again
 * @w: of current, which is in a fork
 */
void spf_fork_end(struct spf_writer *w);

#endif /* SPF_FORK_H */
