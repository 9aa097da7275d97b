// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 4b, trace events: their instances, and the ids they print.
 */
#include <linux/hash.h>
#include <linux/random.h>

#include <spf/trace.h>

#define CREATE_TRACE_POINTS
#include <trace/events/spf.h>

static u64 id_secret;

void spf_trace_init(void)
{
	id_secret = get_random_u64();
}

/* An address is told apart, not told. */
u32 spf_id(unsigned long address)
{
	return address ? hash_64(address ^ id_secret, 32) : 0;
}
