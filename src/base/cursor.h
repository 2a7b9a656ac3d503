/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A bounded reader of bytes in either order. Reading past the end yields zeros and sets `overrun`, so a parser may read
 * a whole record and check once. Nothing here ever touches a byte outside the buffer.
 */
#ifndef KD_BASE_CURSOR_H
#define KD_BASE_CURSOR_H

#include "base/order.h"

struct kd_cursor {
	const uint8_t *position, *end; /* end is exclusive */
	enum kd_order order;
	bool overrun; /* something was asked for that was not there */
};

/** @param bytes may be NULL if len is 0. */
static inline struct kd_cursor kd_cursor_init(const void *bytes, size_t len, enum kd_order order)
{
	const uint8_t *start = bytes ?: (const void *)"";
	return (struct kd_cursor){ start, start + len, order, false };
}

static inline size_t kd_cursor_left(const struct kd_cursor *cursor)
{
	return cursor->end - cursor->position;
}

/** The next len bytes, valid as long as the buffer is; NULL on overrun. */
static inline const uint8_t *kd_cursor_take(struct kd_cursor *cursor, size_t len)
{
	if (len > kd_cursor_left(cursor)) {
		cursor->position = cursor->end;
		cursor->overrun = true;
		return NULL;
	}
	const uint8_t *bytes = cursor->position;
	cursor->position += len;
	return bytes;
}

static inline void kd_cursor_skip(struct kd_cursor *cursor, size_t len)
{
	(void)kd_cursor_take(cursor, len);
}

#define KD_CURSOR_READER(name, type)                                         \
	static inline type kd_cursor_##name(struct kd_cursor *cursor)        \
	{                                                                    \
		const uint8_t *bytes = kd_cursor_take(cursor, sizeof(type)); \
		return bytes ? kd_load_##name(cursor->order, bytes) : 0;     \
	}
KD_CURSOR_READER(u8, uint8_t)
KD_CURSOR_READER(u16, uint16_t)
KD_CURSOR_READER(u32, uint32_t)
KD_CURSOR_READER(u64, uint64_t)
#undef KD_CURSOR_READER

/** An unsigned number in LEB128, as DWARF has it; one of more than 64 bits overruns. */
static inline uint64_t kd_cursor_leb128(struct kd_cursor *cursor)
{
	uint64_t value = 0;
	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t byte = kd_cursor_u8(cursor);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	cursor->overrun = true;
	return 0;
}

#endif
