// SPDX-License-Identifier: GPL-2.0-only
/* mm_lock_seq is a seqcount: since 6.14, and backported to 6.12. */
#include <linux/mm.h>

unsigned int spf_feature(struct mm_struct *mm)
{
	return mm->mm_lock_seq.sequence;
}
