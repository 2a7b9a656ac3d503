/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Hash functions, and an open-addressing index of numbered things: the table maps a hash to the numbers (uint32_t) that
 * were added under it, and the caller compares the things themselves. Many values may have one hash.
 */
#ifndef KD_BASE_HASH_H
#define KD_BASE_HASH_H

#include <stdlib.h>
#include <string.h>

#include "base/types.h"

static inline uint32_t kd_hash_bytes(const void *bytes, size_t len)
{
	/* FNV-1a: the keys are short identifiers. */
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 16777619u;
	return hash;
}

static inline uint32_t kd_hash_string(const char *string)
{
	return kd_hash_bytes(string, strlen(string));
}

static inline uint32_t kd_hash_u64(uint64_t value)
{
	return (value * 0x9e3779b97f4a7c15u) >> 32;
}

#define KD_INDEX_NONE UINT32_MAX

struct kd_index {
	struct kd_index_slot {
		uint32_t hash, value;
	} * slots;     /* value == KD_INDEX_NONE: free */
	uint32_t nr;   /* slots in use */
	uint32_t size; /* a power of two, or 0 */
};

static inline void kd_index_deinit(struct kd_index *index)
{
	free(index->slots);
	*index = (struct kd_index){};
}

/** Room for nr values without growing again; false when memory is exhausted. */
bool kd_index_reserve(struct kd_index *index, uint32_t nr);

/** value must not be KD_INDEX_NONE; false when memory is exhausted. */
bool kd_index_add(struct kd_index *index, uint32_t hash, uint32_t value);

/** Walk all values added under hash: start with *position = hash, returns KD_INDEX_NONE at the end. */
static inline uint32_t kd_index_next(const struct kd_index *index, uint32_t hash, uint32_t *position)
{
	if (!index->size)
		return KD_INDEX_NONE;
	for (;;) {
		const struct kd_index_slot *slot = &index->slots[(*position)++ & (index->size - 1)];
		if (slot->value == KD_INDEX_NONE)
			return KD_INDEX_NONE;
		if (slot->hash == hash)
			return slot->value;
	}
}

#endif
