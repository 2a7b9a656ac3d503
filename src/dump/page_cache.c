/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/page_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct kd_error *kd_page_cache_init(struct kd_page_cache *cache, uint32_t page_size, size_t slot_nr)
{
	if (slot_nr < 2 || slot_nr > 1u << 30)
		return kd_error_create(KD_ERROR_VALUE, "a page cache of %zu pages is out of range", slot_nr);
	uint32_t bucket_nr = 1;
	while (bucket_nr < slot_nr)
		bucket_nr *= 2;
	KD_FREE struct kd_cached_page *slots = calloc(slot_nr, sizeof(*slots));
	KD_FREE uint32_t *buckets = malloc(bucket_nr * sizeof(*buckets));
	if (!slots || !buckets)
		return &kd_error_nomem;
	memset(buckets, 0xff, bucket_nr * sizeof(*buckets));
	*cache = (struct kd_page_cache){
		.slots = kd_move_ptr(slots),
		.buckets = kd_move_ptr(buckets),
		.slot_nr = (uint32_t)slot_nr,
		.bucket_mask = bucket_nr - 1,
		.page_size = page_size,
	};
	return NULL;
}

void kd_page_cache_deinit(struct kd_page_cache *cache)
{
	for (uint32_t i = 0; i < cache->slot_nr; i++)
		free(cache->slots[i].data);
	free(cache->slots);
	free(cache->buckets);
	*cache = (struct kd_page_cache){};
}

void kd_page_cache_clear(struct kd_page_cache *cache)
{
	for (uint32_t i = 0; i < cache->slot_nr; i++) {
		free(cache->slots[i].data);
		cache->slots[i] = (struct kd_cached_page){};
	}
	memset(cache->buckets, 0xff, (cache->bucket_mask + 1ul) * sizeof(*cache->buckets));
	cache->hand = 0;
}

static void unlink_page(struct kd_page_cache *cache, struct kd_cached_page *page)
{
	uint32_t *link = &cache->buckets[kd_page_cache_bucket(cache, page->pfn)];
	uint32_t number = (uint32_t)(page - cache->slots);
	while (*link != number)
		link = &cache->slots[*link].next;
	*link = page->next;
	page->used = false;
}

struct kd_error *kd_page_cache_reserve(struct kd_page_cache *cache, struct kd_cached_page **ret)
{
	struct kd_cached_page *page;
	/* Ends within two rounds: the first clears every hit mark. */
	for (;;) {
		page = &cache->slots[cache->hand];
		if (!page->used || !page->hit)
			break;
		page->hit = false;
		cache->hand = (cache->hand + 1) % cache->slot_nr;
	}
	if (page->used)
		unlink_page(cache, page);
	if (!page->data) {
		page->data = malloc(cache->page_size);
		if (!page->data)
			return &kd_error_nomem;
	}
	*ret = page;
	return NULL;
}

void kd_page_cache_commit(struct kd_page_cache *cache, struct kd_cached_page *page, kd_pfn pfn)
{
	uint32_t *bucket = &cache->buckets[kd_page_cache_bucket(cache, pfn)];
	page->pfn = pfn;
	page->next = *bucket;
	page->used = true;
	page->hit = true;
	*bucket = (uint32_t)(page - cache->slots);
	cache->hand = (cache->hand + 1) % cache->slot_nr;
}

void kd_page_cache_lend(struct kd_page_cache *cache)
{
	cache->hand = (cache->hand + 1) % cache->slot_nr;
}
