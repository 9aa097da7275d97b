// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameter designs=.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <spf/compat.h>
#include <spf/design.h>
#include <spf/judge.h>

u32 spf_chosen;

/* What the kernel itself has nothing of cannot be judged by that. */
static bool exists(enum spf_design_id id)
{
	switch (id) {
	case SPF_DESIGN_MMSEQ_NATIVE:
		return SPF_MM_SEQCOUNT;
	case SPF_DESIGN_VMALOCK_NATIVE:
		return SPF_VMA_LOCKS;
	default:
		return true;
	}
}

enum spf_design_id spf_mmseq(void)
{
	return exists(SPF_DESIGN_MMSEQ_NATIVE) ? SPF_DESIGN_MMSEQ_NATIVE :
	       SPF_DESIGN_MMSEQ;
}

const char *spf_design_name(enum spf_design_id id)
{
	if (id == SPF_DESIGN_MMSEQ)
		id = spf_mmseq() == id ? SPF_DESIGN_MMSEQ_NATIVE : id;
	else if (id == SPF_DESIGN_VMALOCK)
		id = exists(SPF_DESIGN_VMALOCK_NATIVE) ? id :
		     SPF_DESIGN_VMALOCK_NATIVE;
	return spf_design_names[id];
}

/* Return: the design of this name, of @len bytes; SPF_NR_DESIGNS for none. */
static int find_design(const char *name, size_t len)
{
	int id;

	for (id = 0; id < SPF_NR_DESIGNS; id++)
		if (exists(id) && strlen(spf_design_name(id)) == len &&
		    !strncmp(spf_design_name(id), name, len))
			break;
	return id;
}

static int refuse(const char *list, const char *name, size_t len)
{
	char known[128] = "";
	int id, used = 0;

	for (id = 0; id < SPF_NR_DESIGNS; id++)
		if (exists(id))
			used += scnprintf(known + used, sizeof(known) - used,
					  "%s%s", used ? ", " : "",
					  spf_design_name(id));
	pr_err("parameter designs=%s: there is no design \"%.*s\", known are %s\n",
	       list, (int)len, name, known);
	return -EINVAL;
}

static u32 all_designs(void)
{
	u32 all = 0;
	int id;

	for (id = 0; id < SPF_NR_DESIGNS; id++)
		all |= exists(id) ? BIT(id) : 0;
	return all;
}

int spf_designs_choose(const char *list)
{
	const char *name = list;
	u32 chosen = 0;
	size_t len;
	int id;

	if (!list) {
		spf_chosen = all_designs();
		return 0;
	}
	do {
		len = strcspn(name, ",");
		id = find_design(name, len);
		if (id == SPF_NR_DESIGNS)
			return refuse(list, name, len);
		chosen |= BIT(id);
		name += len;
	} while (*name++);
	spf_chosen = chosen;
	return 0;
}
