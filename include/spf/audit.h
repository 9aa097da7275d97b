/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a write section has changed in a VMA.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_AUDIT_H
#define SPF_AUDIT_H

#include <linux/mm_types.h>

#include <spf/reason.h>

/**
 * struct spf_fields - what a write section may change in a VMA
 * @value: enum spf_field
 */
struct spf_fields {
	u64 value[SPF_NR_FIELDS];
};

/**
 * spf_fields_read - what a VMA is like now
 * @vma: current is in a section on it
 * @fields: filled in
 */
void spf_fields_read(const struct vm_area_struct *vma,
		     struct spf_fields *fields);

/**
 * spf_audit_changed - count what a section has changed in a VMA
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 * @changed: from spf_fields_changed()
 */
void spf_audit_changed(u8 kind, u8 mode, u32 changed);

/**
 * spf_effect_of - what a section has done to a VMA besides moving its counter
 * @changed: from spf_fields_changed()
 * @before: the VMA
 * @after: the VMA
 *
 * Return: enum spf_effect, never SPF_EFFECT_UNKNOWN; docs/designs.md
 */
u8 spf_effect_of(u32 changed, const struct spf_fields *before,
		 const struct spf_fields *after);

/**
 * spf_fields_changed - what differs
 * @before: the VMA
 * @after: the VMA
 *
 * Return: BIT(enum spf_field)
 */
u32 spf_fields_changed(const struct spf_fields *before,
		       const struct spf_fields *after);

/**
 * spf_audit_freed - count a VMA that did not see the end of the section
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 */
void spf_audit_freed(u8 kind, u8 mode);

#endif /* SPF_AUDIT_H */
