/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_KPROBES_H
#define _SHIM_LINUX_KPROBES_H

/* A declaration, so that the semicolon after it is not an empty one. */
#define NOKPROBE_SYMBOL(fn)	struct spf_shim_nokprobe_##fn
#define nokprobe_inline		inline __attribute__((__always_inline__))
#define __kprobes

#endif /* _SHIM_LINUX_KPROBES_H */
