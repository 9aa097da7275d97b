// SPDX-License-Identifier: GPL-2.0-only
/* Device memory is told apart in a pmd: until 6.16. */
#include <linux/mm.h>

int spf_feature(pmd_t pmd)
{
	return pmd_devmap(pmd);
}
