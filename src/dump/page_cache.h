/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A bounded cache of pages by number. Memory for a page is taken when the page is first stored, so a short run of pykd
 * stays small. Replacement is by clock: a page that was hit since the hand last passed gets another round.
 */
#ifndef KD_DUMP_PAGE_CACHE_H
#define KD_DUMP_PAGE_CACHE_H

#include "base/error.h"
#include "base/types.h"

struct kd_cached_page {
	kd_pfn pfn;
	uint8_t *data; /* NULL until first used */
	uint32_t next; /* in its bucket: number of the slot, or KD_PAGE_NONE */
	bool used, hit;
};

#define KD_PAGE_NONE UINT32_MAX

struct kd_page_cache {
	struct kd_cached_page *slots;
	uint32_t *buckets; /* heads of chains; there are at least as many as slots, a power of two */
	uint32_t slot_nr, bucket_mask, hand;
	uint32_t page_size;
};

struct kd_error *kd_page_cache_init(struct kd_page_cache *cache, uint32_t page_size, size_t slot_nr) KD_RETURNS_ERROR;
void kd_page_cache_deinit(struct kd_page_cache *cache);
/** Forget and free all pages; none can be found. */
void kd_page_cache_clear(struct kd_page_cache *cache);

static inline uint32_t kd_page_cache_bucket(const struct kd_page_cache *cache, kd_pfn pfn)
{
	/* Page numbers are dense: their low bits spread them better than any hash would. */
	return (uint32_t)(pfn ^ pfn >> 20) & cache->bucket_mask;
}

/** The page's bytes, or NULL. */
static inline const uint8_t *kd_page_cache_find(struct kd_page_cache *cache, kd_pfn pfn)
{
	uint32_t at = cache->buckets[kd_page_cache_bucket(cache, pfn)];
	while (at != KD_PAGE_NONE) {
		struct kd_cached_page *page = &cache->slots[at];
		if (page->pfn == pfn) {
			page->hit = true;
			return page->data;
		}
		at = page->next;
	}
	return NULL;
}

/**
 * Make room: the caller fills *ret and then calls kd_page_cache_commit(), or just leaves it. Never gives out the slot
 * that was committed last, so that two neighbouring pages can be looked at in turn.
 */
struct kd_error *kd_page_cache_reserve(struct kd_page_cache *cache, struct kd_cached_page **ret) KD_RETURNS_ERROR;
void kd_page_cache_commit(struct kd_page_cache *cache, struct kd_cached_page *page, kd_pfn pfn);

/** In place of kd_page_cache_commit() for a page that must not be found again: it stays as it is until all other slots
 *  have been given out. */
void kd_page_cache_lend(struct kd_page_cache *cache);

#endif
