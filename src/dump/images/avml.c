/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/avml.h"

#include "dump/codecs.h"
#include "dump/images/lime.h"

/*
 * A file is ranges of memory with the headers of LiME, of version 2 and with a magic number of their own. Behind each
 * is a stream in snappy's framing format (google/snappy, framing_format.txt), then 8 bytes with the length of the
 * stream.
 *
 * A stream is chunks: one byte of type, three of length, then so many bytes. A chunk of data begins with a masked
 * CRC-32C of what it decompresses to, which is 64 KiB at most.
 */
#define CHUNK_HEADER_LEN 4
enum {
	CHUNK_SNAPPY = 0x00,
	CHUNK_PLAIN = 0x01,
	CHUNK_SKIPPED = 0x80, /* from here on */
	CHUNK_MAGIC = 0xff,
};

/** The next chunk with data, its place in the file and the bytes of memory in it; false: there is none. */
static bool next_frame(struct kd_stream *stream, struct kd_extent *ret, size_t *ret_len)
{
	const uint8_t *header;
	while ((header = kd_stream_take(stream, CHUNK_HEADER_LEN))) {
		const uint8_t type = header[0];
		const uint32_t len = kd_load_u32(KD_LITTLE, header) >> 8;
		if (type >= CHUNK_SKIPPED) {
			kd_stream_skip(stream, len);
			continue;
		}
		if (type > CHUNK_PLAIN || len <= KD_FRAME_CRC_LEN)
			return false;
		*ret = (struct kd_extent){ .offset = stream->position,
					   .len = len,
					   .encoding = type == CHUNK_SNAPPY ? KD_EXTENT_SNAPPY : KD_EXTENT_CHECKED };
		/* Three bytes have room for the length of every frame. */
		const size_t start_len = kd_min(len, KD_FRAME_CRC_LEN + 3);
		const uint8_t *start = kd_stream_take(stream, start_len);
		if (!start)
			return false;
		*ret_len = len - KD_FRAME_CRC_LEN;
		if (type == CHUNK_SNAPPY &&
		    snappy_uncompressed_length((const char *)start + KD_FRAME_CRC_LEN, start_len - KD_FRAME_CRC_LEN,
					       ret_len) != SNAPPY_OK)
			return false;
		kd_stream_skip(stream, len - start_len);
		return *ret_len && *ret_len <= KD_FRAME_LEN_MAX && stream->position <= stream->file->size;
	}
	return false;
}

/** What is behind the header of a range. *complete: all of it was there. */
static struct kd_error *read_range(struct kd_image *image, struct kd_stream *stream, uint16_t nr, kd_paddr start,
				   kd_paddr end, bool *complete)
{
	const uint64_t from = stream->position;
	struct kd_extent frame;
	size_t len;
	while (start < end && next_frame(stream, &frame, &len)) {
		frame.file = nr;
		frame.start = frame.base = start;
		frame.end = kd_min(start + len, end);
		struct kd_error *err = kd_extents_add(&image->extents, frame);
		if (err)
			return err;
		start = frame.end;
	}
	const uint64_t stream_len = stream->position - from;
	*complete = start == end && kd_stream_u64(stream, KD_LITTLE) == stream_len && !stream->ended;
	/* The rest of the range is known to have been there. */
	return kd_extents_add(&image->extents,
			      (struct kd_extent){ .start = start, .end = end, .encoding = KD_EXTENT_LOST });
}

struct kd_error *kd_avml_read(struct kd_image *image, const struct kd_file *file)
{
	struct kd_stream stream = { .file = file };
	kd_paddr start, end;
	bool complete = true;
	uint16_t nr;
	image->format = "AVML";
	struct kd_error *err = kd_extents_add_file(&image->extents, file, &nr);
	while (!err && complete && kd_lime_next(&stream, KD_AVML_MAGIC, 2, &start, &end, &complete))
		err = read_range(image, &stream, nr, start, end, &complete);
	err = err ?: stream.err;
	if (!err && !image->extents.list.nr)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path, "%s has a damaged AVML header", file->path);
	image->incomplete |= !complete;
	return err;
}
