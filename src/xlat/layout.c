/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xlat/layout.h"

bool kd_layout_translates(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr address, kd_paddr *ret)
{
	struct kd_walk_step steps[KD_WALK_MAX];
	size_t nr;
	struct kd_error *err = kd_memory_walk_by(memory, layout, address, steps, &nr, ret);
	kd_error_destroy(err);
	return !err;
}

bool kd_layout_direct_fits(struct kd_memory *memory, const struct kd_layout *layout)
{
	const uint64_t page = kd_dump_page_size(kd_memory_dump(memory));
	const uint64_t len = layout->page_offset_end - layout->page_offset;
	unsigned int hits = 0;
	/* In growing steps: the highest page may be far above all memory. */
	for (uint64_t sample = page; sample < len; sample += (sample / 2 + page) & -page) {
		kd_paddr physical;
		if (!kd_layout_translates(memory, layout, layout->page_offset + sample, &physical))
			continue;
		if (physical != layout->direct_physical + sample)
			return false;
		hits++;
	}
	return hits >= 2;
}
