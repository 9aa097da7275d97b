/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 1, symbols: where the functions of the hook table, and what the compiler
 * has made of them, are in the kernel's text.
 *
 * No exported function finds all symbols of a kind, and to look one up by its
 * name walks all of them on kernels before 6.2.  So the text is walked once, at
 * load, from symbol to symbol.  One that shares its address with another may be
 * hidden behind that one's name.
 */
#ifndef SPF_SYMBOL_H
#define SPF_SYMBOL_H

#include <spf/clone.h>

/**
 * spf_symbols_walk - remember the symbols of these functions
 * @names: the functions
 * @nr: number of them
 *
 * Once, before anything is probed.  May sleep.
 */
void spf_symbols_walk(const char * const *names, unsigned int nr);

/**
 * spf_symbols_of - what to probe for a function
 * @name: the function
 * @chosen: filled in, SPF_CLONES_MAX of them
 * @all: filled in: are these all of them?
 *
 * Return: number of them; 0 when the walk has not met it, which may have another
 * name for its address.
 */
unsigned int spf_symbols_of(const char *name, const struct spf_symbol **chosen,
			    bool *all);

#endif /* SPF_SYMBOL_H */
