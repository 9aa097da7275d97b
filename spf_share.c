// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 2b, sections of many VMAs that end together, in the shadow table.
 *
 * Compiled in the module and, unchanged, in tests/unit.  Locking: spf_shadow.c.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

#include <spf/clock.h>
#include <spf/entry.h>
#include <spf/shadow.h>
#include <spf/share.h>
#include <spf/spin.h>

static struct spf_share *place_of(struct spf_shadow *sh, u32 share)
{
	return &sh->shares[share % SPF_SHARES];
}

u32 spf_shadow_share(struct spf_shadow *sh)
{
	u32 id = atomic_inc_return(&sh->share_ids) ?:
		 atomic_inc_return(&sh->share_ids);
	struct spf_share *place = place_of(sh, id);
	unsigned long flags = spf_spin_lock_irqsave(&place->lock);

	raw_write_seqcount_begin(&place->seq);
	if (place->id && place->end == SPF_OPEN)
		WRITE_ONCE(place->strays, place->strays + 1);
	WRITE_ONCE(place->dropped, max(place->dropped, place->end));
	WRITE_ONCE(place->id, id);
	WRITE_ONCE(place->end, SPF_OPEN);
	raw_write_seqcount_end(&place->seq);
	raw_spin_unlock_irqrestore(&place->lock, flags);
	return id;
}

u64 spf_shadow_share_end(struct spf_shadow *sh, u32 share, u64 now)
{
	struct spf_share *place = place_of(sh, share);
	unsigned long flags = spf_spin_lock_irqsave(&place->lock);

	raw_write_seqcount_begin(&place->seq);
	now = now ?: spf_published();
	if (place->id == share) {
		WRITE_ONCE(place->end, now);
	} else {
		WRITE_ONCE(place->dropped, max(place->dropped, now));
		if (place->strays)
			WRITE_ONCE(place->strays, place->strays - 1);
	}
	raw_write_seqcount_end(&place->seq);
	raw_spin_unlock_irqrestore(&place->lock, flags);
	return now;
}

u64 spf_share_end_of(struct spf_shadow *sh, u32 share, bool *lost)
{
	const struct spf_share *place = place_of(sh, share);
	unsigned int seq;
	u64 end;

	do {
		seq = raw_read_seqcount_begin(&place->seq);
		*lost = READ_ONCE(place->id) != share;
		if (!*lost)
			end = READ_ONCE(place->end);
		else if (READ_ONCE(place->strays))
			end = U64_MAX;
		else
			end = READ_ONCE(place->dropped);
	} while (read_seqcount_retry(&place->seq, seq));
	return end;
}

bool spf_share_is_open(struct spf_shadow *sh, u32 share)
{
	bool lost;
	u64 end;

	if (!share)
		return false;
	end = spf_share_end_of(sh, share, &lost);
	return end == (lost ? U64_MAX : SPF_OPEN);
}
