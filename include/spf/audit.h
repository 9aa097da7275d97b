/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a write section has changed in a VMA.
 *
 * Functions are called from probe handlers, with preemption off: no sleeping, no
 * printing, no lock but spf's own, taken as spf/spin.h does.
 */
#ifndef SPF_AUDIT_H
#define SPF_AUDIT_H

#include <linux/build_bug.h>
#include <linux/mm_types.h>

#include <spf/compat.h>
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
static inline void spf_fields_read(const struct vm_area_struct *vma,
				   struct spf_fields *fields)
{
	fields->value[SPF_FIELD_START] = READ_ONCE(vma->vm_start);
	fields->value[SPF_FIELD_END] = READ_ONCE(vma->vm_end);
	fields->value[SPF_FIELD_PGOFF] = READ_ONCE(vma->vm_pgoff);
	fields->value[SPF_FIELD_FLAGS] = READ_ONCE(vma->vm_flags);
	fields->value[SPF_FIELD_PROT] = pgprot_val(vma->vm_page_prot);
	fields->value[SPF_FIELD_POLICY] = spf_policy_of(vma);
	fields->value[SPF_FIELD_ANON] = (unsigned long)READ_ONCE(vma->anon_vma);
}

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

static inline u64 spf_field_differs(const struct spf_fields *a,
				    const struct spf_fields *b, enum spf_field field)
{
	return a->value[field] ^ b->value[field];
}

static_assert(SPF_NR_FIELDS == 7);

/**
 * spf_fields_changed - what differs
 * @a: a VMA, when a section began
 * @b: the same VMA, when it ended
 *
 * Return: BIT(enum spf_field)
 */
static inline u32 spf_fields_changed(const struct spf_fields *a,
				     const struct spf_fields *b)
{
	u64 differ = spf_field_differs(a, b, SPF_FIELD_START) |
		     spf_field_differs(a, b, SPF_FIELD_END) |
		     spf_field_differs(a, b, SPF_FIELD_PGOFF) |
		     spf_field_differs(a, b, SPF_FIELD_FLAGS) |
		     spf_field_differs(a, b, SPF_FIELD_PROT) |
		     spf_field_differs(a, b, SPF_FIELD_POLICY) |
		     spf_field_differs(a, b, SPF_FIELD_ANON);
	u32 changed = 0;
	unsigned int i;

	/* Mostly all of them stay. */
	if (likely(!differ))
		return 0;
	for (i = 0; i < SPF_NR_FIELDS; i++)
		changed |= (u32)!!spf_field_differs(a, b, i) << i;
	return changed;
}

/**
 * spf_audit_freed - count a VMA that did not see the end of the section
 * @kind: enum spf_kind
 * @mode: enum spf_mode
 */
void spf_audit_freed(u8 kind, u8 mode);

#endif /* SPF_AUDIT_H */
