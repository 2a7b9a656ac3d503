/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Symbols of one name: every source file of the kernel may have a static variable or function of its own called so.
 */
#ifndef KD_KERNEL_NAMESAKE_H
#define KD_KERNEL_NAMESAKE_H

#include "base/types.h"
#include "sym/kallsyms.h"
#include "types/type.h"

/** What speaks against a symbol, the weightiest last. */
enum kd_namesake_fault {
	KD_NAMESAKE_TOO_LARGE = 1, /* room for more than the type and padding up to a cache line */
	KD_NAMESAKE_FREED = 2,	   /* in the memory of the kernel's start, which is given back after it */
	KD_NAMESAKE_TOO_SMALL = 4,
	KD_NAMESAKE_WRONG_KIND = 8, /* text for a variable, data for a function */
};

/** Where the kernel keeps what only its start needs: __init_begin to __init_end; both 0 if unknown. */
struct kd_namesake_init {
	kd_vaddr start, end;
};

/** @param type NULL: unknown, so that only the place counts. @return kd_namesake_fault bits, 0: nothing. */
unsigned kd_namesake_faults(const struct kd_symbol *symbol, const struct kd_type *type,
			    const struct kd_namesake_init *init);

/** Number of the symbol (of nr > 0) against which the least speaks; of equals the first. */
size_t kd_namesake_choose(const struct kd_symbol *symbols, size_t nr, const struct kd_type *type,
			  const struct kd_namesake_init *init);

#endif
