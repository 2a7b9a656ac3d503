/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Reading the headers that lie between the pages of an image, of which most bytes are skipped.
 */
#ifndef KD_DUMP_IMAGES_STREAM_H
#define KD_DUMP_IMAGES_STREAM_H

#include "base/order.h"
#include "dump/file.h"

#define KD_STREAM_TAKE_MAX 512u

struct kd_stream {
	const struct kd_file *file;
	uint64_t position;    /* of what is taken next */
	bool ended;	      /* something was asked for that the file does not have */
	struct kd_error *err; /* owned: the file could not be read; it has ended, too */
	uint8_t buffer[KD_STREAM_TAKE_MAX];
	uint64_t buffer_at;
	size_t buffer_len;
};

/** The next bytes, up to KD_STREAM_TAKE_MAX of them, valid until the next call; NULL: the file ends before, and nothing
 *  was taken. */
const uint8_t *kd_stream_take(struct kd_stream *stream, size_t len);

/** Skip bytes, which the file may not have. */
static inline void kd_stream_skip(struct kd_stream *stream, uint64_t len)
{
	const uint64_t room = INT64_MAX - kd_min(stream->position, INT64_MAX);
	stream->position += kd_min(len, room);
}

static inline uint8_t kd_stream_u8(struct kd_stream *stream)
{
	const uint8_t *bytes = kd_stream_take(stream, 1);
	return bytes ? *bytes : 0;
}

static inline uint32_t kd_stream_u32(struct kd_stream *stream, enum kd_order order)
{
	const uint8_t *bytes = kd_stream_take(stream, 4);
	return bytes ? kd_load_u32(order, bytes) : 0;
}

static inline uint64_t kd_stream_u64(struct kd_stream *stream, enum kd_order order)
{
	const uint8_t *bytes = kd_stream_take(stream, 8);
	return bytes ? kd_load_u64(order, bytes) : 0;
}

#endif
