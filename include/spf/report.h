/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 4a, the report: its directory in debugfs.
 */
#ifndef SPF_REPORT_H
#define SPF_REPORT_H

/**
 * spf_report_init - make /sys/kernel/debug/spf
 *
 * Never fails: without debugfs the trace events remain.
 */
void spf_report_init(void);

/**
 * spf_report_exit - remove it; no file in it is open any more
 */
void spf_report_exit(void);

#endif /* SPF_REPORT_H */
