/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/namesake.h"

#include <string.h>

enum { CACHE_LINE = 64 };

unsigned kd_namesake_faults(const struct kd_symbol *symbol, const struct kd_type *type,
			    const struct kd_namesake_init *init)
{
	unsigned faults = symbol->address - init->start < init->end - init->start ? KD_NAMESAKE_FREED : 0;
	if (!type)
		return faults;
	type = kd_type_strip(type);
	bool is_text = symbol->type && strchr("tT", symbol->type);
	if (is_text != (type->kind == KD_FUNCTION))
		return faults | KD_NAMESAKE_WRONG_KIND;
	/* An array that is declared without its length has no size. */
	if (type->kind == KD_FUNCTION || !type->size || !symbol->size)
		return faults;
	if (symbol->size < type->size)
		faults |= KD_NAMESAKE_TOO_SMALL;
	else if (symbol->size - type->size >= CACHE_LINE)
		faults |= KD_NAMESAKE_TOO_LARGE;
	return faults;
}

size_t kd_namesake_choose(const struct kd_symbol *symbols, size_t nr, const struct kd_type *type,
			  const struct kd_namesake_init *init)
{
	size_t best = 0;
	unsigned least = kd_namesake_faults(&symbols[0], type, init);
	for (size_t i = 1; i < nr && least; i++) {
		unsigned faults = kd_namesake_faults(&symbols[i], type, init);
		if (faults < least) {
			least = faults;
			best = i;
		}
	}
	return best;
}
