/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * CRC-32C (Castagnoli), the checksum of snappy's framing format, and others.
 */
#ifndef KD_BASE_CRC32C_H
#define KD_BASE_CRC32C_H

#include "base/types.h"

struct kd_crc32c {
	uint32_t table[8][256];
};

void kd_crc32c_init(struct kd_crc32c *crc);
uint32_t kd_crc32c(const struct kd_crc32c *crc, const void *bytes, size_t len);

#endif
