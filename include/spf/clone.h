/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1, what a compiler makes of one function: foo, foo.isra.0,
 * foo.constprop.0, foo.part.0, foo.cold, foo.llvm.123.
 *
 * Pure functions over names, tested in user space.
 */
#ifndef SPF_CLONE_H
#define SPF_CLONE_H

#include <linux/types.h>

/* More of one function are not probed. */
#define SPF_CLONES_MAX		4
#define SPF_SYMBOL_LEN		96

/**
 * struct spf_symbol - a place in the kernel's text
 * @address: where it begins
 * @name: as the kernel calls it
 */
struct spf_symbol {
	unsigned long address;
	char name[SPF_SYMBOL_LEN];
};

/**
 * spf_base_len - length of the name that a function has in its source
 * @symbol: the name of a symbol
 */
size_t spf_base_len(const char *symbol);

/**
 * spf_is_entry - is a function entered at this symbol?
 * @symbol: its name
 *
 * Not at the cold part of one: that is jumped to.
 */
bool spf_is_entry(const char *symbol);

/**
 * spf_clones_choose - what to probe in order to see all calls of a function
 * @symbols: symbols of the kernel, all of them entries
 * @nr: number of them
 * @base: the function
 * @chosen: filled in, at most SPF_CLONES_MAX of them
 *
 * The function and its copies, each of which has callers of its own; but in
 * place of one that was split, its part: what was split only tests whether to
 * call it, here or inlined into its callers.
 *
 * Return: how many there are, which may be more than were filled in.
 */
unsigned int spf_clones_choose(const struct spf_symbol *symbols,
			       unsigned int nr, const char *base,
			       const struct spf_symbol **chosen);

#endif /* SPF_CLONE_H */
