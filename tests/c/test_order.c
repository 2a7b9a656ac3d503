/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and bit fields out of bytes as compilers of both byte orders lay them out. The bytes are those that gcc has
 * for struct { unsigned a : 3, b : 7, c : 22; } x = { 5, 0x55, 0x212345 }; struct { unsigned long a : 20, b : 44; } y =
 * { 0x12345, 0xabcdef01234 };
 */
#include <assert.h>

#include "base/cursor.h"

static uint64_t field(enum kd_order order, const uint8_t *bytes, unsigned int len, unsigned int offset,
		      unsigned int bits)
{
	uint8_t padded[8] = {};
	const unsigned int shift = offset % 8, used = (shift + bits + 7) / 8;
	assert(offset / 8 + used <= len);
	memcpy(padded, bytes + offset / 8, used);
	return kd_load_bits(order, padded, shift, bits) >> (64 - bits);
}

static void test_bit_fields(void)
{
	static const uint8_t little[] = { 0xad, 0x16, 0x8d, 0x84 }, big[] = { 0xb5, 0x61, 0x23, 0x45 };
	static const uint8_t long_little[] = { 0x45, 0x23, 0x41, 0x23, 0x01, 0xef, 0xcd, 0xab };
	static const uint8_t long_big[] = { 0x12, 0x34, 0x5a, 0xbc, 0xde, 0xf0, 0x12, 0x34 };
	static const struct {
		enum kd_order order;
		const uint8_t *x, *y;
	} cases[] = { { KD_LITTLE, little, long_little }, { KD_BIG, big, long_big } };
	for (size_t i = 0; i < KD_ARRAY_NR(cases); i++) {
		assert(field(cases[i].order, cases[i].x, 4, 0, 3) == 5);
		assert(field(cases[i].order, cases[i].x, 4, 3, 7) == 0x55);
		assert(field(cases[i].order, cases[i].x, 4, 10, 22) == 0x212345);
		assert(field(cases[i].order, cases[i].y, 8, 0, 20) == 0x12345);
		assert(field(cases[i].order, cases[i].y, 8, 20, 44) == 0xabcdef01234);
	}
}

static void test_numbers(void)
{
	static const uint8_t bytes[3 + 8] = { 0x01, 0x02, 0x03 };
	assert(kd_load_padded(KD_LITTLE, bytes, 3) == 0x030201);
	assert(kd_load_padded(KD_BIG, bytes, 3) == 0x010203);
	assert(kd_load_padded(KD_BIG, bytes, 8) == 0x0102030000000000);
	assert(!kd_load_padded(KD_BIG, bytes + 3, 0) && !kd_load_padded(KD_LITTLE, bytes + 3, 0));
	uint32_t array[2];
	memcpy(array, bytes, sizeof(array));
	kd_order_array(KD_BIG, array, sizeof(*array), KD_ARRAY_NR(array));
	assert(array[0] == 0x01020300 && !array[1]);
	struct kd_cursor cursor = kd_cursor_init(bytes, 8, KD_BIG);
	assert(kd_cursor_u16(&cursor) == 0x0102 && kd_cursor_u8(&cursor) == 3 && kd_cursor_u32(&cursor) == 0);
	assert(!cursor.overrun && !kd_cursor_u16(&cursor) && cursor.overrun);
}

int main(void)
{
	test_bit_fields();
	test_numbers();
	return 0;
}
