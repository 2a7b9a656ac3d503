/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

static void index_put(struct kd_index *index, uint32_t hash, uint32_t value)
{
	uint32_t position = hash;
	while (index->slots[position & (index->size - 1)].value != KD_INDEX_NONE)
		position++;
	index->slots[position & (index->size - 1)] = (struct kd_index_slot){ hash, value };
	index->nr++;
}

bool kd_index_reserve(struct kd_index *index, uint32_t nr)
{
	/* At most two thirds full, so a search ends soon and always finds a free slot. */
	uint64_t size = index->size ? index->size : 16;
	while (size * 2 / 3 <= nr)
		size *= 2;
	if (size == index->size)
		return true;
	if (size > UINT32_MAX)
		return false;

	struct kd_index bigger = { .slots = malloc(size * sizeof(*index->slots)), .size = size };
	if (!bigger.slots)
		return false;
	memset(bigger.slots, 0xff, size * sizeof(*bigger.slots));
	for (uint32_t i = 0; i < index->size; i++)
		if (index->slots[i].value != KD_INDEX_NONE)
			index_put(&bigger, index->slots[i].hash, index->slots[i].value);
	kd_index_deinit(index);
	*index = bigger;
	return true;
}

bool kd_index_add(struct kd_index *index, uint32_t hash, uint32_t value)
{
	if (!kd_index_reserve(index, index->nr + 1))
		return false;
	index_put(index, hash, value);
	return true;
}
