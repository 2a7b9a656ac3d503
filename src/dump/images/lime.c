/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/lime.h"

/*
 * A file is ranges of memory in ascending order, each with this header before it, numbers in the order of the machine
 * that wrote them, which has always been a little-endian one. format=padded and format=raw have no headers: the first
 * is raw memory at the address of its first range, the second cannot be told from it, and its holes are lost.
 */
struct header {
	uint32_t magic, version;
	uint64_t start, last; /* addresses; last is of its last byte */
	uint8_t reserved[8];
};

bool kd_lime_next(struct kd_stream *stream, uint32_t magic, uint32_t version, kd_paddr *start, kd_paddr *end,
		  bool *complete)
{
	*complete = stream->position == stream->file->size;
	const uint8_t *header = *complete ? NULL : kd_stream_take(stream, sizeof(struct header));
	if (!header || kd_load_u32(KD_LITTLE, header) != magic ||
	    kd_load_u32(KD_LITTLE, header + offsetof(struct header, version)) != version)
		return false;
	*start = kd_load_u64(KD_LITTLE, header + offsetof(struct header, start));
	*end = kd_load_u64(KD_LITTLE, header + offsetof(struct header, last)) + 1;
	return *start < *end && *end <= KD_EXTENTS_ADDRESS_MAX;
}

struct kd_error *kd_lime_read(struct kd_image *image, const struct kd_file *file)
{
	struct kd_stream stream = { .file = file };
	kd_paddr start, end;
	bool complete;
	uint16_t nr;
	image->format = "LiME";
	struct kd_error *err = kd_extents_add_file(&image->extents, file, &nr);
	while (!err && kd_lime_next(&stream, KD_LIME_MAGIC, 1, &start, &end, &complete)) {
		err = kd_extents_add_plain(&image->extents, start, end, nr, stream.position);
		kd_stream_skip(&stream, end - start);
	}
	err = err ?: stream.err;
	if (!err && !image->extents.list.nr)
		return kd_error_create_file(KD_ERROR_FORMAT, file->path, "%s has a damaged LiME header", file->path);
	/* What lies behind a cut or a header that is none, nobody knows. */
	image->incomplete |= !complete;
	return err;
}
