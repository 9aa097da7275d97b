// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage 1, what a compiler makes of one function.
 *
 * Compiled in the module and, unchanged, in tests/unit.
 */
#include <linux/string.h>

#include <spf/clone.h>

#define PART	".part."
#define COLD	".cold"

size_t spf_base_len(const char *symbol)
{
	return strcspn(symbol, ".");
}

bool spf_is_entry(const char *symbol)
{
	const char *cold = strstr(symbol, COLD);

	/* Also foo.cold.0, but not a suffix that only begins like that. */
	return !cold || (cold[strlen(COLD)] && cold[strlen(COLD)] != '.');
}

static bool is_of(const struct spf_symbol *s, const char *base)
{
	size_t len = spf_base_len(s->name);

	return len == strlen(base) && !strncmp(s->name, base, len);
}

/* Was @part split off @whole? */
static bool is_part_of(const char *part, const char *whole)
{
	size_t len = strlen(whole);

	return !strncmp(part, whole, len) &&
	       !strncmp(part + len, PART, strlen(PART));
}

static bool is_split(const struct spf_symbol *symbols, unsigned int nr,
		     const char *name)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (is_part_of(symbols[i].name, name))
			return true;
	return false;
}

unsigned int spf_clones_choose(const struct spf_symbol *symbols,
			       unsigned int nr, const char *base,
			       const struct spf_symbol **chosen)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++) {
		if (!is_of(&symbols[i], base) ||
		    is_split(symbols, nr, symbols[i].name))
			continue;
		if (n < SPF_CLONES_MAX)
			chosen[n] = &symbols[i];
		n++;
	}
	return n;
}
