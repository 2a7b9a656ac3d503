/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbols of one name: which of them a declaration means. */
#include <assert.h>

#include "kernel/namesake.h"

static const struct kd_namesake_init init = { 0xffffffff82000000, 0xffffffff82100000 };

static const struct kd_type pointer = { .kind = KD_POINTER, .size = 8 }, list = { .kind = KD_STRUCT, .size = 16 },
			    function = { .kind = KD_FUNCTION }, unbounded = { .kind = KD_ARRAY };

static struct kd_symbol symbol(char type, kd_vaddr address, uint64_t size)
{
	return (struct kd_symbol){ .address = address, .size = size, .name = "x", .type = type };
}

static size_t choose(struct kd_symbol a, struct kd_symbol b, const struct kd_type *type)
{
	struct kd_symbol both[] = { a, b };
	return kd_namesake_choose(both, 2, type, &init);
}

int main(void)
{
	struct kd_symbol early = symbol('d', 0xffffffff82000bc0, 8), data = symbol('d', 0xffffffff81800000, 16),
			 bss = symbol('b', 0xffffffff82b00000, 8), text = symbol('t', 0xffffffff81000000, 64),
			 large = symbol('d', 0xffffffff81700000, 4096), unsized = symbol('b', 0xffffffff82c00000, 0);

	/* The first of those against which nothing speaks. */
	assert(choose(data, bss, NULL) == 0);
	assert(choose(bss, data, NULL) == 0);
	assert(choose(data, bss, &pointer) == 0);
	/* What the start has left behind comes last, whatever its type is. */
	assert(choose(early, bss, NULL) == 1);
	assert(choose(early, bss, &pointer) == 1);
	assert(choose(early, early, &pointer) == 0);
	/* A symbol with too little room, even before one that is given back. */
	assert(choose(bss, data, &list) == 1);
	assert(choose(symbol('b', 0xffffffff82b00000, 4), early, &pointer) == 1);
	/* Much more room than it needs; padding up to a cache line is none. */
	assert(choose(large, data, &list) == 1);
	assert(choose(symbol('d', 0xffffffff81700000, 64), data, &list) == 0);
	/* Text and data. */
	assert(choose(text, early, &pointer) == 1);
	assert(choose(data, text, &function) == 1);
	/* Without a size on either side there is nothing to compare. */
	assert(choose(unsized, data, &list) == 0);
	assert(choose(bss, large, &unbounded) == 0);
	return 0;
}
