/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/extents.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/order.h"
#include "dump/codecs.h"

/* A stream of QEMU's takes one for each run of pages that are alike; 64 GiB of memory have at most twice as many. */
#define EXTENTS_MAX (8u << 20)
#define FILES_MAX 1024
/* Of a frame, whatever it is packed by. */
#define PACKED_LEN_MAX (2 * KD_FRAME_LEN_MAX)

void kd_extents_deinit(struct kd_extents *extents)
{
	for (size_t i = 0; i < KD_FRAMES; i++)
		free(extents->frames[i].data);
	free(extents->packed);
	free(extents->checker);
	kd_extent_vector_deinit(&extents->list);
	kd_extent_file_vector_deinit(&extents->files);
	*extents = (struct kd_extents){};
}

struct kd_error *kd_extents_add_file(struct kd_extents *extents, const struct kd_file *file, uint16_t *ret)
{
	if (extents->files.nr == FILES_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "more than %u files", FILES_MAX);
	if (!kd_extent_file_vector_append(&extents->files, file))
		return &kd_error_nomem;
	*ret = (uint16_t)(extents->files.nr - 1);
	return NULL;
}

/** Where the byte of an address is. */
static uint64_t place(const struct kd_extent *extent, kd_paddr address)
{
	const uint64_t distance = address - extent->base;
	if (extent->encoding == KD_EXTENT_STRIDED)
		return extent->offset + distance / KD_PAGE_LEN_MIN * extent->len + distance % KD_PAGE_LEN_MIN;
	return extent->offset + (extent->encoding == KD_EXTENT_PLAIN ? distance : 0);
}

/** Whether one goes on where the other ends. */
static bool continues(const struct kd_extent *last, const struct kd_extent *next)
{
	if (last->end != next->start || last->encoding != next->encoding || last->file != next->file ||
	    last->len != next->len)
		return false;
	if (next->encoding >= KD_EXTENT_CHECKED && next->encoding != KD_EXTENT_LOST)
		return last->base == next->base && last->offset == next->offset;
	return place(last, next->start) == place(next, next->start);
}

static struct kd_error *append(struct kd_extents *extents, const struct kd_extent *extent)
{
	struct kd_extent_vector *list = &extents->list;
	if (list->nr && continues(&list->data[list->nr - 1], extent)) {
		list->data[list->nr - 1].end = extent->end;
		return NULL;
	}
	return kd_extent_vector_append(list, *extent) ? NULL : &kd_error_nomem;
}

struct kd_error *kd_extents_add(struct kd_extents *extents, struct kd_extent extent)
{
	if (extent.start == extent.end)
		return NULL;
	if (extent.start > extent.end || extent.end > KD_EXTENTS_ADDRESS_MAX)
		return kd_error_create(KD_ERROR_FORMAT, "memory cannot be at %#" PRIx64 " to %#" PRIx64, extent.start,
				       extent.end);
	if (extents->list.nr >= EXTENTS_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "it has more than %u ranges of memory", EXTENTS_MAX);
	return append(extents, &extent);
}

/* ---- putting them in order ---- */

struct begin {
	kd_paddr start;
	size_t nr; /* in the order in which they were added */
};

static int by_start(const void *left, const void *right)
{
	const struct begin *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

/** Those that have begun and not ended: the one that was added last is the first, of a binary heap. */
struct heap {
	size_t *nrs;
	size_t nr;
};

static void heap_push(struct heap *heap, size_t value)
{
	size_t at = heap->nr++;
	for (; at && heap->nrs[(at - 1) / 2] < value; at = (at - 1) / 2)
		heap->nrs[at] = heap->nrs[(at - 1) / 2];
	heap->nrs[at] = value;
}

static void heap_pop(struct heap *heap)
{
	const size_t value = heap->nrs[--heap->nr];
	size_t at = 0;
	for (size_t child; (child = 2 * at + 1) < heap->nr; at = child) {
		child += child + 1 < heap->nr && heap->nrs[child + 1] > heap->nrs[child];
		if (heap->nrs[child] <= value)
			break;
		heap->nrs[at] = heap->nrs[child];
	}
	heap->nrs[at] = value;
}

static bool in_order(const struct kd_extents *extents)
{
	for (size_t i = 1; i < extents->list.nr; i++)
		if (extents->list.data[i].start < extents->list.data[i - 1].end)
			return false;
	return true;
}

struct kd_error *kd_extents_finish(struct kd_extents *extents)
{
	if (in_order(extents))
		return NULL;
	const size_t nr = extents->list.nr;
	KD_FREE struct kd_extent *added = kd_move_ptr(extents->list.data);
	KD_FREE struct begin *begins = malloc(nr * sizeof(*begins));
	KD_FREE size_t *nrs = malloc(nr * sizeof(*nrs));
	extents->list = (struct kd_extent_vector){};
	if (!begins || !nrs)
		return &kd_error_nomem;
	for (size_t i = 0; i < nr; i++)
		begins[i] = (struct begin){ added[i].start, i };
	qsort(begins, nr, sizeof(*begins), by_start);
	struct heap heap = { .nrs = nrs };
	kd_paddr at = 0;
	for (size_t next = 0; next < nr || heap.nr;) {
		if (!heap.nr)
			at = kd_max(at, begins[next].start);
		while (next < nr && begins[next].start <= at)
			heap_push(&heap, begins[next++].nr);
		const struct kd_extent *top = &added[nrs[0]];
		if (top->end <= at) {
			heap_pop(&heap);
			continue;
		}
		struct kd_extent piece = *top;
		piece.start = at;
		piece.end = next < nr ? kd_min(top->end, begins[next].start) : top->end;
		at = piece.end;
		struct kd_error *err = append(extents, &piece);
		if (err)
			return err;
	}
	return NULL;
}

/* ---- looking and reading ---- */

kd_paddr kd_extents_end(const struct kd_extents *extents)
{
	return extents->list.nr ? extents->list.data[extents->list.nr - 1].end : 0;
}

/** The number of the first one that ends behind an address. */
static size_t find(const struct kd_extents *extents, kd_paddr address)
{
	size_t low = 0, high = extents->list.nr;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (extents->list.data[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct kd_extent *find_at(const struct kd_extents *extents, kd_paddr address)
{
	const size_t nr = find(extents, address);
	return nr < extents->list.nr && extents->list.data[nr].start <= address ? &extents->list.data[nr] : NULL;
}

/** Of memory that is in no extent. */
static enum kd_fault why_missing(const struct kd_extents *extents, kd_paddr address)
{
	return extents->cut && address >= extents->cut_from ? KD_FAULT_TRUNCATED : KD_FAULT_ABSENT;
}

static enum kd_fault behind_end(const struct kd_extents *extents)
{
	return extents->running ? KD_FAULT_ABSENT : KD_FAULT_TRUNCATED;
}

/** Whether an extent's memory up to an end is in its file. */
static bool is_in_file(const struct kd_extents *extents, const struct kd_extent *extent, kd_paddr end)
{
	switch (extent->encoding) {
	case KD_EXTENT_FILLED:
		return true;
	case KD_EXTENT_LOST:
		return false;
	case KD_EXTENT_PLAIN:
	case KD_EXTENT_STRIDED:
		return place(extent, end - 1) < extents->files.data[extent->file]->size;
	default:
		return extent->offset + extent->len <= extents->files.data[extent->file]->size;
	}
}

bool kd_extents_next(const struct kd_extents *extents, kd_paddr address, kd_paddr *ret)
{
	for (size_t nr = find(extents, address); nr < extents->list.nr; nr++) {
		const struct kd_extent *extent = &extents->list.data[nr];
		address = kd_max(address, extent->start);
		if (is_in_file(extents, extent, address + 1)) {
			*ret = address;
			return true;
		}
	}
	return false;
}

bool kd_extents_cut(const struct kd_extents *extents)
{
	if (extents->cut)
		return true;
	for (size_t i = 0; i < extents->list.nr; i++)
		if (!is_in_file(extents, &extents->list.data[i], extents->list.data[i].end))
			return true;
	return false;
}

enum kd_fault kd_extents_status(const struct kd_extents *extents, kd_paddr address, size_t len)
{
	for (const kd_paddr end = address + len; address < end;) {
		const struct kd_extent *extent = find_at(extents, address);
		if (!extent)
			return why_missing(extents, address);
		address = kd_min(extent->end, end);
		if (!is_in_file(extents, extent, address))
			return behind_end(extents);
	}
	return KD_FAULT_NONE;
}

static struct kd_error *corrupt(kd_paddr address, const char *why)
{
	return kd_error_create_fault_why(
		KD_FAULT_CORRUPT, address, true,
		"cannot read physical address %#" PRIx64 ": page data in the dump file are corrupt: %s", address, why);
}

static struct kd_error *read_bytes(const struct kd_extents *extents, const struct kd_extent *extent, kd_paddr address,
				   void *buffer, size_t len)
{
	size_t got;
	struct kd_error *err =
		kd_file_read(extents->files.data[extent->file], place(extent, address), buffer, len, &got);
	if (err && extents->running) {
		/* A page that the kernel itself cannot read (poisoned, or taken offline) is one page, not the end. */
		KD_DROP_ERROR struct kd_error *dropped = err;
		return kd_error_create_fault_why(KD_FAULT_ABSENT, address, true, "%s", dropped->message);
	}
	if (!err && got < len)
		return kd_error_create_fault(behind_end(extents), address + got, true);
	return err;
}

/** Snappy's framing format stores it rotated, so that data that hold a checksum of themselves do not fool it. */
static uint32_t mask(uint32_t crc)
{
	return (crc >> 15 | crc << 17) + 0xa282ead8;
}

static const char *decode(const struct kd_extents *extents, const struct kd_extent *extent, struct kd_frame *frame)
{
	const uint8_t *data = extents->packed;
	size_t len = extent->len;
	frame->len = KD_FRAME_LEN_MAX;
	if (extent->encoding == KD_EXTENT_ZLIB) {
		struct z_stream_s stream = { .next_in = (uint8_t *)data,
					     .avail_in = (unsigned int)len,
					     .next_out = frame->data,
					     .avail_out = KD_FRAME_LEN_MAX };
		if (kd_codec_inflate(&stream, Z_FINISH) != Z_STREAM_END)
			return "it is no zlib stream";
		frame->len = stream.total_out;
		return NULL;
	}
	if (len < KD_FRAME_CRC_LEN)
		return "it has no checksum";
	const uint32_t crc = kd_load_u32(KD_LITTLE, data);
	data += KD_FRAME_CRC_LEN;
	len -= KD_FRAME_CRC_LEN;
	if (extent->encoding == KD_EXTENT_CHECKED) {
		if (len > KD_FRAME_LEN_MAX)
			return "it is too long";
		memcpy(frame->data, data, len);
		frame->len = len;
	} else if (snappy_uncompress((const char *)data, len, (char *)frame->data, &frame->len) != SNAPPY_OK) {
		return "it is no snappy stream";
	}
	return mask(kd_crc32c(extents->checker, frame->data, frame->len)) == crc ? NULL : "its checksum is wrong";
}

static struct kd_error *allocate_decoder(struct kd_extents *extents, struct kd_frame *frame)
{
	if (!extents->packed)
		extents->packed = malloc(PACKED_LEN_MAX);
	if (!extents->checker) {
		extents->checker = malloc(sizeof(*extents->checker));
		if (extents->checker)
			kd_crc32c_init(extents->checker);
	}
	if (!frame->data)
		frame->data = malloc(KD_FRAME_LEN_MAX);
	return extents->packed && extents->checker && frame->data ? NULL : &kd_error_nomem;
}

static struct kd_error *read_frame(struct kd_extents *extents, const struct kd_extent *extent, kd_paddr address,
				   void *buffer, size_t len)
{
	const struct kd_file *file = extents->files.data[extent->file];
	struct kd_frame *frame = &extents->frames[extent->base / KD_FRAME_LEN_MAX % KD_FRAMES];
	if (frame->file != file || frame->offset != extent->offset) {
		struct kd_error *err = allocate_decoder(extents, frame);
		if (err)
			return err;
		if (extent->len > PACKED_LEN_MAX)
			return corrupt(address, "it is too long");
		frame->file = NULL;
		err = read_bytes(extents, extent, extent->base, extents->packed, extent->len);
		/* What is missing is all of it. */
		if (kd_error_catch(&err, KD_ERROR_FAULT))
			return kd_error_create_fault(behind_end(extents), address, true);
		if (err)
			return err;
		const char *why = decode(extents, extent, frame);
		if (why)
			return corrupt(address, why);
		frame->file = file;
		frame->offset = extent->offset;
	}
	if (address - extent->base + len > frame->len)
		return corrupt(address, "it is too short");
	memcpy(buffer, frame->data + (address - extent->base), len);
	return NULL;
}

static struct kd_error *read_extent(struct kd_extents *extents, const struct kd_extent *extent, kd_paddr address,
				    void *buffer, size_t len)
{
	switch (extent->encoding) {
	case KD_EXTENT_FILLED:
		memset(buffer, (int)extent->offset, len);
		return NULL;
	case KD_EXTENT_LOST:
		return kd_error_create_fault(KD_FAULT_TRUNCATED, address, true);
	case KD_EXTENT_PLAIN:
	case KD_EXTENT_STRIDED:
		return read_bytes(extents, extent, address, buffer, len);
	default:
		return read_frame(extents, extent, address, buffer, len);
	}
}

struct kd_error *kd_extents_read(struct kd_extents *extents, kd_paddr address, void *buffer, size_t len)
{
	while (len) {
		const struct kd_extent *extent = find_at(extents, address);
		if (!extent)
			return kd_error_create_fault(why_missing(extents, address), address, true);
		size_t part = kd_min(len, extent->end - address);
		if (extent->encoding == KD_EXTENT_STRIDED)
			part = kd_min(part, KD_PAGE_LEN_MIN - (address - extent->base) % KD_PAGE_LEN_MIN);
		struct kd_error *err = read_extent(extents, extent, address, buffer, part);
		if (err)
			return err;
		buffer = (char *)buffer + part;
		address += part;
		len -= part;
	}
	return NULL;
}
