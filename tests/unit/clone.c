// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the compiler makes of one function: which symbols have to be probed so
 * that no call is missed and none is counted twice.
 */
#include <string.h>

#include <linux/kernel.h>

#include <spf/clone.h>

#include "ktap.h"

#define NAMES_MAX	8

/*
 * @has: symbols of a kernel, in the order of their addresses
 * @base: the function
 * @nr: how many have to be probed
 * @probed: those of them that are
 */
static const struct {
	const char *what;
	const char *has[NAMES_MAX];
	const char *base;
	unsigned int nr;
	const char *probed[SPF_CLONES_MAX];
} cases[] = {
	{ "a function alone", { "foo" }, "foo", 1, { "foo" } },
	{ "no such function", { "food", "fo", "xfoo" }, "foo", 0, { } },
	{ "others that begin alike", { "foo_bar.part.0", "foo", "food.isra.0" },
	  "foo", 1, { "foo" } },
	{ "a part of another", { "foo", "bar.part.0" }, "foo", 1, { "foo" } },
	{ "what was split is not entered", { "foo", "foo.part.0" }, "foo", 1,
	  { "foo.part.0" } },
	{ "what was split and put into its callers", { "foo.part.0" }, "foo",
	  1, { "foo.part.0" } },
	{ "parts of a part", { "foo", "foo.part.0", "foo.part.0.part.1" },
	  "foo", 1, { "foo.part.0.part.1" } },
	{ "a part has copies", { "foo", "foo.part.0.isra.0" }, "foo", 1,
	  { "foo.part.0.isra.0" } },
	{ "two parts", { "foo", "foo.part.0", "foo.part.1" }, "foo", 2,
	  { "foo.part.0", "foo.part.1" } },
	{ "copies have callers of their own",
	  { "foo", "foo.constprop.0", "foo.isra.0" }, "foo", 3,
	  { "foo", "foo.constprop.0", "foo.isra.0" } },
	{ "one copy of several is split",
	  { "foo", "foo.constprop.0", "foo.constprop.0.part.0" }, "foo", 2,
	  { "foo", "foo.constprop.0.part.0" } },
	{ "a copy of a copy", { "foo.constprop.0.isra.0" }, "foo", 1,
	  { "foo.constprop.0.isra.0" } },
	{ "only a copy", { "foo.isra.0" }, "foo", 1, { "foo.isra.0" } },
	{ "LLVM's name for one that is no longer static",
	  { "foo.llvm.1234567890123456789" }, "foo", 1,
	  { "foo.llvm.1234567890123456789" } },
	{ "two of the same name", { "foo", "foo" }, "foo", 2,
	  { "foo", "foo" } },
	{ "ten are not like one",
	  { "foo.constprop.1", "foo.constprop.10", "foo.constprop.10.part.0" },
	  "foo", 2, { "foo.constprop.1", "foo.constprop.10.part.0" } },
	{ "more than there is room for",
	  { "foo", "foo.isra.0", "foo.isra.1", "foo.isra.2", "foo.isra.3" },
	  "foo", 5, { "foo", "foo.isra.0", "foo.isra.1", "foo.isra.2" } },
};

static const struct {
	const char *symbol;
	bool entry;
} entries[] = {
	{ "foo", true },
	{ "foo.part.0", true },
	{ "foo.cold", false },
	{ "foo.cold.0", false },
	{ "foo.part.0.cold", false },
	{ "foo.cold.isra.0", false },
	{ "foo.colder.0", true },
	{ "cold", true },
};

static void choose(unsigned int c)
{
	const struct spf_symbol *chosen[SPF_CLONES_MAX];
	struct spf_symbol symbols[NAMES_MAX];
	unsigned int i, nr;

	for (nr = 0; nr < NAMES_MAX && cases[c].has[nr]; nr++)
		strcpy(symbols[nr].name, cases[c].has[nr]);
	nr = spf_clones_choose(symbols, nr, cases[c].base, chosen);
	EXPECT_EQ(nr, cases[c].nr);
	for (i = 0; i < nr && i < SPF_CLONES_MAX; i++) {
		if (cases[c].probed[i] &&
		    !strcmp(chosen[i]->name, cases[c].probed[i]))
			continue;
		ktap_failed = true;
		ktap_diag("%s is probed", chosen[i]->name);
	}
}

static void entry(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		if (spf_is_entry(entries[i].symbol) == entries[i].entry)
			continue;
		ktap_failed = true;
		ktap_diag("%s", entries[i].symbol);
	}
}

static void base(void)
{
	EXPECT_EQ(spf_base_len("foo"), 3);
	EXPECT_EQ(spf_base_len("foo.isra.0.cold"), 3);
	EXPECT_EQ(spf_base_len(".foo"), 0);
}

int main(void)
{
	static const struct ktap_case rest[] = {
		{ "a cold part is no entry", entry },
		{ "the name of the function in the source", base },
	};
	unsigned int i;

	ktap_plan(ARRAY_SIZE(cases) + ARRAY_SIZE(rest));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ktap_failed = false;
		choose(i);
		ktap_result(!ktap_failed, cases[i].what);
	}
	for (i = 0; i < ARRAY_SIZE(rest); i++)
		ktap_case_run(&rest[i]);
	return ktap_exit();
}
