/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/crc32c.h"

#include "base/order.h"

#define POLYNOMIAL 0x82f63b78u /* reflected */

/* table[k][byte]: what a byte does to the checksum with k bytes of zeros behind it, so that eight are looked up at
 * once. */
void kd_crc32c_init(struct kd_crc32c *crc)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t value = byte;
		for (int bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (value & 1 ? POLYNOMIAL : 0);
		crc->table[0][byte] = value;
	}
	for (size_t i = 1; i < 8; i++)
		for (size_t byte = 0; byte < 256; byte++) {
			const uint32_t value = crc->table[i - 1][byte];
			crc->table[i][byte] = value >> 8 ^ crc->table[0][value & 0xff];
		}
}

uint32_t kd_crc32c(const struct kd_crc32c *crc, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint32_t value = UINT32_MAX;
	for (; len >= 8; at += 8, len -= 8) {
		const uint64_t word = kd_load_u64(KD_LITTLE, at) ^ value;
		value = 0;
		for (unsigned int i = 0; i < 8; i++)
			value ^= crc->table[7 - i][word >> (8 * i) & 0xff];
	}
	for (; len; at++, len--)
		value = value >> 8 ^ crc->table[0][(value ^ *at) & 0xff];
	return ~value;
}
