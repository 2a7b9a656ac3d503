/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"

/* Beyond it nothing more is kept: what is not is read each time. */
#define KEPT_LEN_MAX (64u << 20)
#define CHUNK_RECORDS 1024u

struct record {
	kd_vaddr address;
	uint64_t known;	 /* a bit for each span */
	uint8_t bytes[]; /* of all spans, one behind the other */
};

struct kd_kept {
	struct kd_kernel *kernel;
	uint32_t page_size;
	uint32_t span_nr;
	struct span {
		uint64_t offset, len, place; /* place: in the bytes of a record */
	} spans[KD_KEPT_SPANS_MAX];
	size_t record_len;
	uint32_t record_nr, record_max;
	uint8_t **chunks; /* of CHUNK_RECORDS each */
	struct kd_index index;
};

static int by_offset(const void *left, const void *right)
{
	const struct kd_kept_span *one = left, *other = right;
	return one->offset < other->offset ? -1 : one->offset > other->offset;
}

struct kd_error *kd_kept_create(struct kd_kernel *kernel, struct kd_kept_span *spans, size_t nr, struct kd_kept **ret)
{
	if (nr > KD_KEPT_SPANS_MAX)
		return kd_error_create(KD_ERROR_VALUE, "more than %u members cannot be kept", KD_KEPT_SPANS_MAX);
	KD_FREE struct kd_kept *kept = calloc(1, sizeof(*kept));
	if (!kept)
		return &kd_error_nomem;
	qsort(spans, nr, sizeof(*spans), by_offset);
	uint64_t place = 0;
	for (size_t i = 0; i < nr; i++) {
		struct span *last = kept->span_nr ? &kept->spans[kept->span_nr - 1] : NULL;
		if (last && spans[i].offset <= last->offset + last->len)
			last->len = kd_max(last->len, spans[i].offset + spans[i].len - last->offset);
		else
			kept->spans[kept->span_nr++] = (struct span){ spans[i].offset, spans[i].len, 0 };
	}
	for (uint32_t i = 0; i < kept->span_nr; i++) {
		kept->spans[i].place = place;
		place += kept->spans[i].len;
		if (place > KEPT_LEN_MAX / CHUNK_RECORDS)
			return kd_error_create(KD_ERROR_LIMIT, "members of so many bytes cannot be kept");
	}
	/* Records follow each other: they begin with numbers of 8 bytes. */
	kept->record_len = (sizeof(struct record) + place + 7) / 8 * 8;
	kept->record_max = KEPT_LEN_MAX / kept->record_len;
	kept->chunks = calloc(kept->record_max / CHUNK_RECORDS + 1, sizeof(*kept->chunks));
	if (!kept->chunks)
		return &kd_error_nomem;
	kept->kernel = kernel;
	kept->page_size = kd_dump_page_size(kd_kernel_dump(kernel));
	*ret = kd_move_ptr(kept);
	return NULL;
}

void kd_kept_destroy(struct kd_kept *kept)
{
	if (!kept)
		return;
	for (uint32_t i = 0; i <= kept->record_max / CHUNK_RECORDS; i++)
		free(kept->chunks[i]);
	free(kept->chunks);
	kd_index_deinit(&kept->index);
	free(kept);
}

uint32_t kd_kept_find(const struct kd_kept *kept, uint64_t offset, uint64_t len)
{
	for (uint32_t i = 0; i < kept->span_nr; i++) {
		const struct span *span = &kept->spans[i];
		if (offset >= span->offset && len <= span->len && offset - span->offset <= span->len - len)
			return i;
	}
	return KD_KEPT_NONE;
}

static struct record *record_at(const struct kd_kept *kept, uint32_t number)
{
	return (struct record *)(kept->chunks[number / CHUNK_RECORDS] + number % CHUNK_RECORDS * kept->record_len);
}

/* Of a struct; a new one if there is room, else NULL. */
static struct record *find_record(struct kd_kept *kept, kd_vaddr address)
{
	uint32_t hash = kd_hash_u64(address), position = hash, number;
	while ((number = kd_index_next(&kept->index, hash, &position)) != KD_INDEX_NONE) {
		struct record *record = record_at(kept, number);
		if (record->address == address)
			return record;
	}
	if (kept->record_nr == kept->record_max)
		return NULL;
	number = kept->record_nr;
	uint8_t **chunk = &kept->chunks[number / CHUNK_RECORDS];
	if (!*chunk)
		*chunk = malloc(CHUNK_RECORDS * kept->record_len);
	if (!*chunk || !kd_index_add(&kept->index, hash, number))
		return NULL;
	kept->record_nr++;
	struct record *record = record_at(kept, number);
	record->address = address;
	record->known = 0;
	return record;
}

static struct kd_error *fill(struct kd_kept *kept, struct record *record, uint32_t number)
{
	const struct span *span = &kept->spans[number];
	struct kd_error *err =
		kd_kernel_read(kept->kernel, 0, record->address + span->offset, record->bytes + span->place, span->len);
	if (!err)
		record->known |= 1ull << number;
	return err;
}

/* The spans that are wholly on the page where one begins. */
static void fill_page(struct kd_kept *kept, struct record *record, uint32_t number)
{
	kd_vaddr page = (record->address + kept->spans[number].offset) & -(uint64_t)kept->page_size;
	for (uint32_t i = 0; i < kept->span_nr; i++) {
		kd_vaddr start = record->address + kept->spans[i].offset;
		if (record->known >> i & 1 || start < page || start - page > kept->page_size - kept->spans[i].len)
			continue;
		KD_DROP_ERROR struct kd_error *err = fill(kept, record, i);
	}
}

struct kd_error *kd_kept_read(struct kd_kept *kept, kd_vaddr address, uint32_t number, uint64_t offset, void *buffer,
			      size_t len)
{
	struct record *record = find_record(kept, address);
	if (!record)
		return kd_kernel_read(kept->kernel, 0, address + offset, buffer, len);
	if (!(record->known >> number & 1)) {
		/* Of a span only a part of which the dump has, that part is right all the same. */
		struct kd_error *err = fill(kept, record, number);
		if (err) {
			kd_error_destroy(err);
			return kd_kernel_read(kept->kernel, 0, address + offset, buffer, len);
		}
		fill_page(kept, record, number);
	}
	const struct span *span = &kept->spans[number];
	memcpy(buffer, record->bytes + span->place + (offset - span->offset), len);
	return NULL;
}
