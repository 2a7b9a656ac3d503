/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "dump/codecs.h"

/*
 * The raw snappy format (google/snappy, format_description.txt): the length of the uncompressed data as a little-endian
 * base-128 number of at most 32 bits, then elements until the end. The low two bits of an element's first byte, the
 * tag, say what it is:
 *
 *   0  literal: the upper six bits are its length - 1; 60 to 63 mean that the length - 1 follows in 1 to 4 bytes
 *   1  copy: bits 2-4 are the length - 4, bits 5-7 the upper bits of an 11-bit offset whose low byte follows
 *   2  copy: the upper six bits are the length - 1, a 16-bit offset follows
 *   3  copy: the upper six bits are the length - 1, a 32-bit offset follows
 *
 * A copy repeats what was written `offset` bytes before; it may reach into the bytes it writes itself, which makes a
 * run. There is no checksum.
 */
struct input {
	const uint8_t *at;
	const uint8_t *end;
};

static size_t input_left(const struct input *in)
{
	return (size_t)(in->end - in->at);
}

static bool read_length(struct input *in, uint32_t *ret)
{
	uint64_t value = 0;
	for (unsigned int shift = 0; shift <= 28; shift += 7) {
		if (in->at == in->end)
			return false;
		uint8_t byte = *in->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = (uint32_t)value;
			return value <= UINT32_MAX;
		}
	}
	return false;
}

/** A little-endian number of 1 to 4 bytes. */
static bool read_number(struct input *in, size_t len, uint32_t *ret)
{
	if (input_left(in) < len)
		return false;
	uint32_t value = 0;
	for (size_t i = 0; i < len; i++)
		value |= (uint32_t)in->at[i] << (8 * i);
	in->at += len;
	*ret = value;
	return true;
}

static bool read_literal_len(struct input *in, uint8_t tag, size_t *ret)
{
	uint32_t len = tag >> 2;
	if (len >= 60 && !read_number(in, len - 59, &len))
		return false;
	*ret = (size_t)len + 1;
	return true;
}

static bool read_copy(struct input *in, uint8_t tag, size_t *ret_len, size_t *ret_offset)
{
	uint32_t offset;
	if ((tag & 3) == 1) {
		if (!read_number(in, 1, &offset))
			return false;
		*ret_len = 4 + ((tag >> 2) & 7);
		*ret_offset = ((size_t)(tag >> 5) << 8) | offset;
		return true;
	}
	if (!read_number(in, (tag & 3) == 2 ? 2 : 4, &offset))
		return false;
	*ret_len = 1 + (tag >> 2);
	*ret_offset = offset;
	return true;
}

static void copy_within(uint8_t *target, size_t offset, size_t len)
{
	const uint8_t *source = target - offset;
	if (offset >= len) {
		memcpy(target, source, len);
		return;
	}
	for (size_t i = 0; i < len; i++) /* overlapping on purpose, in this order */
		target[i] = source[i];
}

snappy_status snappy_uncompressed_length(const char *source, size_t source_len, size_t *ret)
{
	struct input in = { .at = (const uint8_t *)source, .end = (const uint8_t *)source + source_len };
	uint32_t len;
	if (!read_length(&in, &len))
		return SNAPPY_INVALID_INPUT;
	*ret = len;
	return SNAPPY_OK;
}

snappy_status snappy_uncompress(const char *source, size_t source_len, char *target, size_t *target_len)
{
	if (!source_len) /* libkdumpfile then has no buffer */
		return SNAPPY_INVALID_INPUT;
	struct input in = { .at = (const uint8_t *)source, .end = (const uint8_t *)source + source_len };
	uint32_t expected;
	if (!read_length(&in, &expected))
		return SNAPPY_INVALID_INPUT;
	if (expected > *target_len)
		return SNAPPY_BUFFER_TOO_SMALL;

	uint8_t *out = (uint8_t *)target;
	size_t done = 0;
	while (in.at != in.end) {
		uint8_t tag = *in.at++;
		size_t len;
		if ((tag & 3) == 0) {
			if (!read_literal_len(&in, tag, &len) || len > input_left(&in) || len > expected - done)
				return SNAPPY_INVALID_INPUT;
			memcpy(out + done, in.at, len);
			in.at += len;
		} else {
			size_t offset;
			if (!read_copy(&in, tag, &len, &offset) || offset == 0 || offset > done ||
			    len > expected - done)
				return SNAPPY_INVALID_INPUT;
			copy_within(out + done, offset, len);
		}
		done += len;
	}
	if (done != expected)
		return SNAPPY_INVALID_INPUT;
	*target_len = done;
	return SNAPPY_OK;
}
