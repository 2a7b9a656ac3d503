/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/stream.h"

const uint8_t *kd_stream_take(struct kd_stream *stream, size_t len)
{
	if (stream->ended || len > KD_STREAM_TAKE_MAX) {
		stream->ended = true;
		return NULL;
	}
	uint64_t at = stream->position - stream->buffer_at;
	if (stream->position < stream->buffer_at || at + len > stream->buffer_len) {
		stream->buffer_at = stream->position;
		at = 0;
		stream->err = kd_file_read(stream->file, stream->position, stream->buffer, sizeof(stream->buffer),
					   &stream->buffer_len);
		if (stream->err || stream->buffer_len < len) {
			stream->ended = true;
			return NULL;
		}
	}
	stream->position += len;
	return stream->buffer + at;
}
