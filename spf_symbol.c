// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, symbols.  Written once while the module is loaded, read by the
 * installer of the probes only.
 */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include <spf/symbol.h>

#define SYMBOLS_MAX	256
/* The largest kernels have some 300,000 symbols in their text. */
#define STEPS_MAX	4000000

static struct spf_symbol symbols[SYMBOLS_MAX];
static unsigned int nr_symbols;
static bool all_found;

/* One symbol, as "name+0x1/0x23" tells it. */
struct place {
	char text[KSYM_SYMBOL_LEN];
	unsigned long start;
	unsigned long end;
};

static bool look(struct place *p, unsigned long address)
{
	unsigned long offset, size;
	char *plus, *slash;

	sprint_symbol(p->text, address);
	plus = strrchr(p->text, '+');
	slash = strrchr(p->text, '/');
	if (!plus || !slash || slash < plus)
		return false;
	*plus = '\0';
	*slash = '\0';
	if (kstrtoul(plus + 1, 16, &offset) || kstrtoul(slash + 1, 16, &size) ||
	    offset >= size)
		return false;
	p->start = address - offset;
	p->end = p->start + size;
	return true;
}

static bool is_wanted(const char *symbol, const char * const *names,
		      unsigned int nr)
{
	size_t len = spf_base_len(symbol);
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (symbol[0] == names[i][0] &&
		    !strncmp(symbol, names[i], len) && !names[i][len])
			return spf_is_entry(symbol);
	return false;
}

static void remember(const struct place *p)
{
	struct spf_symbol *s = &symbols[nr_symbols];

	if (nr_symbols == SYMBOLS_MAX ||
	    strscpy(s->name, p->text, sizeof(s->name)) < 0) {
		all_found = false;
		return;
	}
	s->address = p->start;
	nr_symbols++;
}

/* From the symbol at an address on, upwards or downwards. */
static void walk(struct place *p, unsigned long address, bool up,
		 const char * const *names, unsigned int nr)
{
	const char *last = up ? "_etext" : "_stext";
	unsigned int steps;

	for (steps = 0; look(p, address); steps++) {
		if (steps == STEPS_MAX) {
			all_found = false;
			return;
		}
		if (is_wanted(p->text, names, nr))
			remember(p);
		if (!strcmp(p->text, last))
			return;
		address = up ? p->end : p->start - 1;
		if (!(steps % 1024))
			cond_resched();
	}
}

void spf_symbols_walk(const char * const *names, unsigned int nr)
{
	/* Any function in the middle of the text will do. */
	static const unsigned long middle = (unsigned long)&handle_mm_fault;
	static struct place place;

	all_found = look(&place, middle);
	if (!all_found)
		return;
	walk(&place, place.start, true, names, nr);
	look(&place, middle);
	walk(&place, place.start - 1, false, names, nr);
}

unsigned int spf_symbols_of(const char *name, const struct spf_symbol **chosen,
			    bool *all)
{
	unsigned int nr = spf_clones_choose(symbols, nr_symbols, name, chosen);

	*all = all_found && nr <= SPF_CLONES_MAX;
	return min_t(unsigned int, nr, SPF_CLONES_MAX);
}
