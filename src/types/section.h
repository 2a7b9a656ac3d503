/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A stretch of the dump that is copied page by page as its bytes are asked for. The copy never moves, so strings inside
 * it may be pointed to; pages that nobody asked for cost neither reading nor memory.
 */
#ifndef KD_TYPES_SECTION_H
#define KD_TYPES_SECTION_H

#include "base/error.h"
#include "base/types.h"
#include "xlat/memory.h"

struct kd_section {
	struct kd_memory *memory; /* NULL: everything is in data already */
	kd_vaddr start;
	uint8_t *data; /* len bytes, valid where kd_section_need() said so */
	size_t len;
	enum kd_order order; /* of its numbers */
	uint8_t *present;    /* one byte per page of the dump that the section touches */
};

/** @param memory borrowed; [start, end) is not read yet. KD_ERROR_FORMAT for a range that cannot be one. */
struct kd_error *kd_section_init(struct kd_section *section, struct kd_memory *memory, kd_vaddr start,
				 kd_vaddr end) KD_RETURNS_ERROR;
/** The same from the caller's bytes, copied. */
struct kd_error *kd_section_init_bytes(struct kd_section *section, const void *bytes, size_t len,
				       enum kd_order order) KD_RETURNS_ERROR;
void kd_section_deinit(struct kd_section *section);

/** The slow half of kd_section_need(). */
struct kd_error *kd_section_load(struct kd_section *section, size_t offset, size_t len) KD_RETURNS_ERROR;

/** Make bytes [offset, offset + len) valid. KD_ERROR_FORMAT outside the section, KD_ERROR_FAULT if unreadable. */
static inline KD_RETURNS_ERROR struct kd_error *kd_section_need(struct kd_section *section, size_t offset, size_t len)
{
	if (offset <= section->len && len <= section->len - offset) {
		if (!section->memory || !len)
			return NULL;
		size_t bias = section->start % KD_PAGE_LEN_MIN;
		size_t first = (bias + offset) / KD_PAGE_LEN_MIN, last = (bias + offset + len - 1) / KD_PAGE_LEN_MIN;
		if (first == last && section->present[first])
			return NULL;
	}
	return kd_section_load(section, offset, len);
}

#endif
