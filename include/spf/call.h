/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system call that a task is in: what users know a write hold by.
 */
#ifndef SPF_CALL_H
#define SPF_CALL_H

#include <spf/reason.h>

/**
 * spf_call_now - the system call that current is in
 *
 * Return: SPF_CALL_NONE for a kernel thread, an io_uring worker, a page fault, a task
 * that exits, a call of a 32-bit program, and a call that is not listed.
 */
enum spf_call spf_call_now(void);

#endif /* SPF_CALL_H */
