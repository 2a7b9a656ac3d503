/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Bytes that are written one after another, and tables of strings, of which each is there once: what BTF and a profile
 * are made of.
 */
#ifndef KD_BASE_BYTES_H
#define KD_BASE_BYTES_H

#include "base/hash.h"
#include "base/vector.h"

KD_VECTOR(kd_byte_vector, uint8_t);

/** False when memory is exhausted. */
static inline bool kd_byte_vector_put(struct kd_byte_vector *bytes, const void *data, size_t len)
{
	size_t capacity = kd_max(bytes->capacity, 4096);
	while (capacity < bytes->nr + len)
		capacity *= 2;
	if (!kd_byte_vector_reserve(bytes, capacity))
		return false;
	memcpy(bytes->data + bytes->nr, data, len);
	bytes->nr += len;
	return true;
}

/** Each string with its NUL. */
struct kd_string_table {
	struct kd_byte_vector bytes;
	struct kd_index by_hash; /* of a string -> its offset */
};

/** With the empty string, at offset 0. False when memory is exhausted. */
static inline bool kd_string_table_init(struct kd_string_table *table)
{
	*table = (struct kd_string_table){};
	return kd_byte_vector_put(&table->bytes, "", 1);
}

static inline void kd_string_table_deinit(struct kd_string_table *table)
{
	kd_byte_vector_deinit(&table->bytes);
	kd_index_deinit(&table->by_hash);
}

/** The offset of a string, which is added if it is new; 0 for NULL. False when memory is exhausted. */
static inline bool kd_string_table_add(struct kd_string_table *table, const char *text, uint32_t *ret)
{
	*ret = 0;
	if (!text || !*text)
		return true;
	uint32_t hash = kd_hash_string(text), position = hash, offset;
	while ((offset = kd_index_next(&table->by_hash, hash, &position)) != KD_INDEX_NONE) {
		if (!strcmp((const char *)table->bytes.data + offset, text)) {
			*ret = offset;
			return true;
		}
	}
	*ret = table->bytes.nr;
	return kd_byte_vector_put(&table->bytes, text, strlen(text) + 1) && kd_index_add(&table->by_hash, hash, *ret);
}

#endif
