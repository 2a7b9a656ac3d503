/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sym/lazy.h"

#include <stdlib.h>

struct kd_error *kd_lazy_init(struct kd_lazy *lazy, struct kd_memory *memory, kd_vaddr start, size_t len)
{
	struct kd_lazy fresh = { .memory = memory, .start = start, .len = len };
	fresh.page_nr = len ? kd_lazy_page(&fresh, len - 1) + 1 : 0;
	/* Zeroed memory of this size costs nothing until it is touched. */
	fresh.bytes = calloc(1, len + 1);
	fresh.present = calloc(fresh.page_nr + 1, sizeof(*fresh.present));
	if (!fresh.bytes || !fresh.present) {
		kd_lazy_deinit(&fresh);
		return &kd_error_nomem;
	}
	*lazy = fresh;
	return NULL;
}

void kd_lazy_deinit(struct kd_lazy *lazy)
{
	free(lazy->bytes);
	free(lazy->present);
	*lazy = (struct kd_lazy){};
}

struct kd_error *kd_lazy_fill(struct kd_lazy *lazy, size_t page)
{
	size_t skew = lazy->start & ((1u << KD_LAZY_PAGE_BITS) - 1);
	size_t begin = page ? (page << KD_LAZY_PAGE_BITS) - skew : 0;
	size_t end = kd_min(((page + 1) << KD_LAZY_PAGE_BITS) - skew, lazy->len);
	struct kd_error *err = kd_memory_read(lazy->memory, lazy->start + begin, lazy->bytes + begin, end - begin);
	if (err)
		return err;
	lazy->present[page] = true;
	lazy->present_nr++;
	return NULL;
}
