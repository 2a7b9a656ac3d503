/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking for a few bytes in kernel memory. */
#include <string.h>

#include "xlat/memory.h"

struct kd_error *kd_memory_find(struct kd_memory *memory, kd_vaddr start, kd_vaddr end,
				const struct kd_memory_mark *mark, kd_check_fn check, void *context, bool *ret)
{
	const uint64_t page = kd_dump_page_size(kd_memory_dump(memory));
	*ret = false;
	for (kd_vaddr at = start; at < end; at = (at | (page - 1)) + 1) {
		const uint8_t *view;
		size_t len;
		struct kd_error *err = kd_memory_view(memory, at, &view, &len);
		for (size_t i = -at & (mark->align - 1); !err && i + mark->align <= len; i += mark->align) {
			if (memcmp(view + i, mark->bytes, mark->len))
				continue;
			err = check(context, at + i, ret);
			if (*ret)
				return err;
			kd_error_catch(&err, KD_ERROR_FAULT);
			/* Checking has read something else. */
			err = err ?: kd_memory_view(memory, at, &view, &len);
		}
		if (!kd_error_catch(&err, KD_ERROR_FAULT) && err)
			return err;
	}
	return NULL;
}
