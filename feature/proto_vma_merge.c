// SPDX-License-Identifier: GPL-2.0-only
/* No other form is declared.  Up to 5.16. */
#include <linux/mm.h>

struct vm_area_struct *vma_merge(struct mm_struct *mm,
				 struct vm_area_struct *prev,
				 unsigned long addr, unsigned long end,
				 unsigned long vm_flags,
				 struct anon_vma *anon_vma, struct file *file,
				 pgoff_t pgoff, struct mempolicy *policy,
				 struct vm_userfaultfd_ctx uffd);
