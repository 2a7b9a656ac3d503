/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * BYTE ORDER of what comes from a dump, which is that of the machine or of the file it came from, never of ours.
 * Nothing else turns bytes into numbers. A file's headers may have another order than the memory in it: see
 * dump/header.h and base/machine.h, which each decide one of them.
 */
#ifndef KD_BASE_ORDER_H
#define KD_BASE_ORDER_H

#include <endian.h>
#include <string.h>

#include "base/types.h"

enum kd_order {
	KD_LITTLE,
	KD_BIG,
};

#define KD_ORDER_OF(bits)                                                                                  \
	static inline uint##bits##_t kd_order_##bits(enum kd_order order, uint##bits##_t value)            \
	{                                                                                                  \
		return __builtin_expect(order == KD_BIG, 0) ? be##bits##toh(value) : le##bits##toh(value); \
	}                                                                                                  \
	static inline uint##bits##_t kd_load_u##bits(enum kd_order order, const void *bytes)               \
	{                                                                                                  \
		uint##bits##_t value;                                                                      \
		memcpy(&value, bytes, sizeof(value));                                                      \
		return kd_order_##bits(order, value);                                                      \
	}
KD_ORDER_OF(16)
KD_ORDER_OF(32)
KD_ORDER_OF(64)
#undef KD_ORDER_OF

static inline uint8_t kd_load_u8(enum kd_order order, const void *bytes)
{
	(void)order;
	return *(const uint8_t *)bytes;
}

/** The number in the first len of eight bytes, 0 to 8; those behind are zeros. */
static inline uint64_t kd_load_padded(enum kd_order order, const uint8_t bytes[8], unsigned int len)
{
	uint64_t value = kd_load_u64(order, bytes);
	return __builtin_expect(order == KD_BIG, 0) && len ? value >> (64 - 8 * len) : value;
}

/**
 * Bits of the first len of eight bytes, as a compiler counts them in that order: from the least significant bit of the
 * first byte, or from the most significant one. The result stands at the upper end, so that the caller shifts it down
 * by 64 - bits, with the sign or without. shift + bits is at most 64, and bits not 0.
 */
static inline uint64_t kd_load_bits(enum kd_order order, const uint8_t bytes[8], unsigned int shift, unsigned int bits)
{
	uint64_t value = kd_load_u64(order, bytes);
	return value << (__builtin_expect(order == KD_BIG, 0) ? shift : 64 - shift - bits);
}

/** An array of nr numbers of size bytes each, 1, 2, 4 or 8, that was read as it is. */
static inline void kd_order_array(enum kd_order order, void *array, size_t size, size_t nr)
{
	if (order == KD_LITTLE && BYTE_ORDER == LITTLE_ENDIAN)
		return;
	for (size_t i = 0; i < nr; i++) {
		if (size == 8)
			((uint64_t *)array)[i] = kd_order_64(order, ((uint64_t *)array)[i]);
		else if (size == 4)
			((uint32_t *)array)[i] = kd_order_32(order, ((uint32_t *)array)[i]);
		else if (size == 2)
			((uint16_t *)array)[i] = kd_order_16(order, ((uint16_t *)array)[i]);
	}
}

#endif
