/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A range of the dumped kernel's memory, copied page by page when bytes of it are first needed. Parsers of large tables
 * see one array and pay only for the pages that they touch; nothing they hold moves or expires.
 */
#ifndef KD_SYM_LAZY_H
#define KD_SYM_LAZY_H

#include "base/error.h"
#include "base/types.h"
#include "xlat/memory.h"

#define KD_LAZY_PAGE_BITS 12

struct kd_lazy {
	struct kd_memory *memory; /* borrowed */
	kd_vaddr start;
	size_t len;
	uint8_t *bytes;		    /* [len]; only what kd_lazy_need() was asked for is valid */
	bool *present;		    /* [page_nr] */
	size_t page_nr, present_nr; /* pages that the range touches; of these, how many were read */
};

struct kd_error *kd_lazy_init(struct kd_lazy *lazy, struct kd_memory *memory, kd_vaddr start,
			      size_t len) KD_RETURNS_ERROR;
void kd_lazy_deinit(struct kd_lazy *lazy);

/** Read one page of the range (by number) into place. */
struct kd_error *kd_lazy_fill(struct kd_lazy *lazy, size_t page) KD_RETURNS_ERROR;

/** Number of the page that holds the byte at offset. */
static inline size_t kd_lazy_page(const struct kd_lazy *lazy, size_t offset)
{
	return ((lazy->start & ((1u << KD_LAZY_PAGE_BITS) - 1)) + offset) >> KD_LAZY_PAGE_BITS;
}

/** Whether len (> 0) bytes at offset are there without reading anything. */
static inline bool kd_lazy_has(const struct kd_lazy *lazy, size_t offset, size_t len)
{
	if (offset >= lazy->len || len > lazy->len - offset)
		return false;
	for (size_t page = kd_lazy_page(lazy, offset); page <= kd_lazy_page(lazy, offset + len - 1); page++)
		if (!lazy->present[page])
			return false;
	return true;
}

/** Make len (> 0) bytes at offset valid. Errors: faults; KD_ERROR_FORMAT when they lie outside the range. */
static inline KD_RETURNS_ERROR struct kd_error *kd_lazy_need(struct kd_lazy *lazy, size_t offset, size_t len)
{
	if (offset >= lazy->len || len > lazy->len - offset)
		return kd_error_create(KD_ERROR_FORMAT, "kernel table at %#llx ends before offset %#zx",
				       (unsigned long long)lazy->start, offset);
	size_t last = kd_lazy_page(lazy, offset + len - 1);
	for (size_t page = kd_lazy_page(lazy, offset); page <= last; page++) {
		struct kd_error *err = lazy->present[page] ? NULL : kd_lazy_fill(lazy, page);
		if (err)
			return err;
	}
	return NULL;
}

#endif
