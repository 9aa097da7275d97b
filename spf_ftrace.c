// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, entry hooks on ftrace.
 *
 * The hooks share few ftrace_ops, since each has to wait for a grace period when it
 * is taken away: one that finds the hook by the address of the function, and one for
 * each callback of a hook's own.
 *
 * Notes on locking and lifetime: all but the callback runs under the installer's
 * mutex.  places[] is written while none of the ftrace_ops is registered.
 * Unregistering waits until no callback is running: it does so for ops that are in a
 * module, but not when ftrace has been switched off by an error of its own.
 */
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include <spf/compat.h>
#include <spf/ftrace.h>
#include <spf/stats.h>

/* A place for each address that a function may be known by. */
#define PLACES		256
#define CARRIERS_MAX	4

/* Where a function begins with an ENDBR, the call of ftrace is behind it. */
#define ENDBR_SIZE	4

struct place {
	unsigned long ip;
	const struct spf_hook *hook;
};

static struct place places[PLACES];
static unsigned int nr_places;

struct carrier {
	SPF_FTRACE_CALLBACK((*callback));
	struct spf_ftrace_ops ops;
	bool used;
	bool on;
};

static struct carrier carriers[CARRIERS_MAX];
static bool strays;

/* Functions are some 16 bytes apart. */
static unsigned int place_of(unsigned long ip)
{
	return ip >> 4;
}

static const struct spf_hook *hook_at(unsigned long ip)
{
	unsigned int i = place_of(ip);

	for (; places[i % PLACES].hook; i++)
		if (places[i % PLACES].ip == ip)
			return places[i % PLACES].hook;
	return NULL;
}

static SPF_FTRACE_CALLBACK(on_call)
{
	const struct spf_hook *h = hook_at(ip);

	preempt_disable_notrace();
	if (likely(h)) {
		spf_hit(h);
		h->entered(h, spf_ftrace_regs(fregs));
	} else {
		WRITE_ONCE(strays, true);
	}
	preempt_enable_notrace();
}

bool spf_ftrace_strays(void)
{
	return READ_ONCE(strays);
}

static void remember(const struct spf_hook *h, unsigned long ip)
{
	unsigned int i = place_of(ip);

	while (places[i % PLACES].hook)
		i++;
	places[i % PLACES] = (struct place){ .ip = ip, .hook = h };
	nr_places++;
}

static struct carrier *carrier_of(const struct spf_hook *h)
{
	SPF_FTRACE_CALLBACK((*callback)) = h->callback ?: on_call;
	struct carrier *c;

	for (c = carriers; c < carriers + CARRIERS_MAX; c++) {
		if (c->callback == callback)
			return c;
		if (c->callback)
			continue;
		c->callback = callback;
		spf_ftrace_init(&c->ops, callback);
		return c;
	}
	return NULL;
}

int spf_ftrace_add(const struct spf_hook *h, unsigned long address)
{
	struct carrier *c = carrier_of(h);
	int err;

	/* Half of them stay free, so that a search ends soon. */
	if (!c || c->on || nr_places + 2 > PLACES / 2 || hook_at(address))
		return -EOPNOTSUPP;
	err = spf_ftrace_set(&c->ops, address);
	if (err)
		return err == -EINVAL ? -EOPNOTSUPP : err;
	c->used = true;
	remember(h, address);
	remember(h, address + ENDBR_SIZE);
	return 0;
}

int spf_ftrace_start(void)
{
	struct carrier *c;
	int err;

	for (c = carriers; c < carriers + CARRIERS_MAX; c++) {
		/* One without functions would be called for all there are. */
		if (!c->used || c->on)
			continue;
		err = spf_ftrace_register(&c->ops);
		/* Where ftrace fails in the midst of it, it may call all the same. */
		c->on = !err || err == -ENODEV;
		if (err)
			return err;
	}
	return 0;
}

static bool unregister_all(void)
{
	bool gone = true;
	struct carrier *c;

	for (c = carriers; c < carriers + CARRIERS_MAX; c++) {
		if (c->on && spf_ftrace_unregister(&c->ops))
			gone = false;
		else
			c->on = false;
	}
	return gone;
}

bool spf_ftrace_stop(void)
{
	struct carrier *c;

	if (!unregister_all())
		return false;
	/* What calls several tracers of a function may be on its way through them. */
	synchronize_rcu();
	for (c = carriers; c < carriers + CARRIERS_MAX; c++)
		if (c->used)
			spf_ftrace_clear(&c->ops);
	memset(carriers, 0, sizeof(carriers));
	memset(places, 0, sizeof(places));
	nr_places = 0;
	strays = false;
	return true;
}
