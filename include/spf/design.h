/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the designs are judged on this machine.
 */
#ifndef SPF_DESIGN_H
#define SPF_DESIGN_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#include <spf/reason.h>

/* A set of designs: BIT(enum spf_design_id). */
#define SPF_DESIGN_BIT(id)	BIT(SPF_DESIGN_##id)

/*
 * Those that are judged; set before the first probe, and not changed while there
 * are any.
 */
extern u32 spf_chosen;

static inline bool spf_is_chosen(enum spf_design_id id)
{
	return spf_chosen & BIT(id);
}

/**
 * spf_mmseq - the design that goes by the name of mmseq on this kernel
 */
enum spf_design_id spf_mmseq(void);

/**
 * spf_design_name - its name on this kernel
 * @id: one that this kernel has
 *
 * The emulation of a design goes by the plain name where there is nothing native.
 */
const char *spf_design_name(enum spf_design_id id);

/**
 * spf_designs_choose - judge these designs, and no others
 * @list: names with commas between them, NULL for all that this kernel has
 *
 * May sleep.  Return: 0, or -EINVAL when a name is not known; a sentence was
 * printed then and nothing is changed.
 */
int spf_designs_choose(const char *list);

#endif /* SPF_DESIGN_H */
