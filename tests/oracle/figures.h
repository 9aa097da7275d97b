/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The figures of stats, counted again from the trace.
 */
#ifndef ORACLE_FIGURES_H
#define ORACLE_FIGURES_H

#include "compare.h"

struct figures;

/* NULL, with a sentence, when the file is no copy of stats. */
struct figures *figures_read(const char *path);
void figures_free(struct figures *fig);

/* The designs that are judged, by their lines. */
__u32 figures_designs(const struct figures *fig);

/* Is an event of this instant part of what stats counted? */
bool figures_include(const struct figures *fig, __u64 at);

void figures_fault(struct figures *fig, const struct fault *f,
		   const struct future *future);

/* Of a section that has told what it changed. */
void figures_changed(struct figures *fig, const struct section *s);

/* A call of the handler that is not for user mode, and has waited before. */
struct kernel_call {
	__u64 arrival, wait;	/* arrival is 0 when it is for no page fault */
	bool again, waited;	/* what its fault has done before it */
};

void figures_kernel(struct figures *fig, const struct kernel_call *call);
void figures_begin(struct figures *fig, const struct section *s);
void figures_company(struct figures *fig, const struct section *s,
		     struct company company);
void figures_end(struct figures *fig, const struct section *s);
void figures_hold(struct figures *fig, const struct hold *hold);

/* Every figure; those that differ are named.  How many did, and were compared. */
bool figures_compare(struct figures *fig);

#endif /* ORACLE_FIGURES_H */
