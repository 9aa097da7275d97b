// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2b, what finds no room in the shadow table.
 *
 * Compiled in the module and, unchanged, in tests/unit.  Locking: spf_shadow.c.
 */
#include <linux/atomic.h>
#include <linux/hash.h>

#include <spf/entry.h>
#include <spf/lost.h>
#include <spf/shadow.h>
#include <spf/share.h>

static struct spf_lost *lost_of(struct spf_shadow *sh, unsigned long mm)
{
	return &sh->lost[hash_long(mm, SPF_LOST_BITS)];
}

static void lost_until(struct spf_lost *lost, u64 now)
{
	s64 until = atomic64_read(&lost->until);

	/* It only grows, so that this comes to an end. */
	while ((u64)until < now &&
	       !atomic64_try_cmpxchg(&lost->until, &until, now))
		;
}

void spf_lose_birth(struct spf_shadow *sh, unsigned long mm, u64 now)
{
	lost_until(lost_of(sh, mm), now);
	/* Pairs with spf_shadow_quiet(): nobody skips what is lost from now on. */
	smp_store_release(&sh->losing, 1);
}

/* A place of one that is over may be had: who looks finds an end that is later. */
static bool lose_share(struct spf_shadow *sh, struct spf_lost *lost, u32 share)
{
	u32 i;

	for (i = 0; i < SPF_LOST_SHARES; i++) {
		u32 had = READ_ONCE(lost->shares[i]);

		if (had == share)
			return true;
		if (!spf_share_is_open(sh, had) &&
		    cmpxchg(&lost->shares[i], had, share) == had)
			return true;
	}
	return false;
}

void spf_lose_section(struct spf_shadow *sh, unsigned long mm, u32 share,
		      struct spf_handle *handle)
{
	struct spf_lost *lost = lost_of(sh, mm);

	handle->index = SPF_LOST_ENTRY;
	handle->gen = sh->cleared;
	handle->serial = lost - sh->lost;
	/* More shares at a time are too many to remember: then it stays as it is. */
	if (!share || !lose_share(sh, lost, share))
		atomic_inc(&lost->open);
	/* Pairs with spf_shadow_quiet(). */
	smp_store_release(&sh->losing, 1);
}

void spf_lost_end(struct spf_shadow *sh, const struct spf_handle *handle, u64 now)
{
	struct spf_lost *lost = &sh->lost[handle->serial];

	if (handle->gen != sh->cleared)
		return;
	lost_until(lost, now);
	/* Pairs with spf_shadow_lost(): none open means that until is new. */
	smp_mb__before_atomic();
	atomic_dec(&lost->open);
}

static bool has_lost_share(struct spf_shadow *sh, const struct spf_lost *lost,
			   u64 t0)
{
	bool forgotten;
	u32 share, i;
	u64 end;

	for (i = 0; i < SPF_LOST_SHARES; i++) {
		share = READ_ONCE(lost->shares[i]);
		if (!share)
			continue;
		end = spf_share_end_of(sh, share, &forgotten);
		if (end > t0 || (!forgotten && end == SPF_OPEN))
			return true;
	}
	return false;
}

bool spf_shadow_lost(struct spf_shadow *sh, unsigned long mm, u64 t0)
{
	const struct spf_lost *lost = lost_of(sh, mm);

	if (atomic_read(&lost->open))
		return true;
	/* Pairs with spf_lost_end(). */
	smp_rmb();
	return (u64)atomic64_read(&lost->until) > t0 ||
	       has_lost_share(sh, lost, t0);
}
