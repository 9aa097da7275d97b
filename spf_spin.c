// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one way in which probe handlers wait for a lock.
 */
#include <linux/processor.h>
#include <linux/spinlock.h>

#include <spf/spin.h>
#include <spf/stats.h>

void spf_spin_wait(raw_spinlock_t *lock)
	__acquires(lock)
{
	do {
		cpu_relax();
	} while (!raw_spin_trylock(lock));
	spf_count_cold(SPF_N_SPINS);
}
