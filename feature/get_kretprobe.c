// SPDX-License-Identifier: GPL-2.0-only
/* The instance of a return probe leads to it through a function: since 5.11. */
#include <linux/kprobes.h>

struct kretprobe *spf_feature(struct kretprobe_instance *ri)
{
	return get_kretprobe(ri);
}
