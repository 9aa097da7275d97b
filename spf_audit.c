// SPDX-License-Identifier: GPL-2.0-only
/*
 * The field audit: what a write section has changed in a VMA.  It answers what
 * was asked when the sections were reviewed in 2019: which fields, and under
 * which lock.
 *
 * Reads VMAs in the writer's own context, between the begin and the end of its
 * section: what keeps the VMA for the writer keeps it for this.
 */
#include <linux/bitops.h>
#include <linux/mm.h>

#include <spf/audit.h>
#include <spf/stats.h>

/* The pages keep their place in the file, or what stands for it. */
static bool moves_along(const struct spf_fields *before,
			const struct spf_fields *after)
{
	u64 start = after->value[SPF_FIELD_START] -
		    before->value[SPF_FIELD_START];
	u64 pgoff = after->value[SPF_FIELD_PGOFF] -
		    before->value[SPF_FIELD_PGOFF];

	return pgoff << PAGE_SHIFT == start;
}

u8 spf_effect_of(u32 changed, const struct spf_fields *before,
		 const struct spf_fields *after)
{
	const u32 bounds = BIT(SPF_FIELD_START) | BIT(SPF_FIELD_END) |
			   BIT(SPF_FIELD_PGOFF);

	if (changed & BIT(SPF_FIELD_FLAGS))
		return SPF_EFFECT_FLAGS;
	if (changed & ~bounds || (changed && !moves_along(before, after)))
		return SPF_EFFECT_OTHER;
	return SPF_EFFECT_BOUNDS;
}

void spf_audit_freed(u8 kind, u8 mode)
{
	spf_count_cold(spf_n_audit(kind, mode, SPF_AUDIT_FREED));
}

void spf_audit_changed(u8 kind, u8 mode, u32 changed)
{
	spf_count_cold(spf_n_audit(kind, mode, SPF_AUDIT_SECTIONS));
	for (; changed; changed &= changed - 1)
		spf_count_cold(spf_n_audit(kind, mode, SPF_AUDIT_CHANGED +
					   __ffs(changed)));
}
