/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names to numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vector.h"
#include "sym/private.h"

KD_VECTOR(number_vector, uint32_t);

/* ---- one pass over all names ---- */

static uint32_t head_of(const struct kd_kallsyms *kallsyms, uint64_t hash)
{
	return (hash * 0x9e3779b97f4a7c15u) >> (64 - kallsyms->head_bits);
}

/** Index the names of one block. On error those before the bad one are in. @param[out] ret offset of the next block. */
static struct kd_error *index_block(struct kd_kallsyms *kallsyms, uint32_t block, uint32_t *ret)
{
	uint32_t offset = kallsyms->starts[block], n = block * KD_KALLSYMS_BLOCK_NR;
	uint32_t end = kd_min(n + KD_KALLSYMS_BLOCK_NR, kallsyms->tables.nr);
	for (; n < end; n++) {
		struct kd_kallsyms_entry entry;
		struct kd_error *err = kd_kallsyms_read_header(kallsyms, offset, &entry);
		if (!err)
			err = kd_kallsyms_read_codes(kallsyms, &entry);
		if (err)
			return err;
		uint32_t *head = &kallsyms->heads[head_of(
			kallsyms, kd_kallsyms_tokens_hash(&kallsyms->tokens, entry.codes, entry.len))];
		kallsyms->next[n] = *head;
		*head = n + 1;
		offset = entry.next;
	}
	*ret = offset;
	return NULL;
}

struct kd_error *kd_kallsyms_build_index(struct kd_kallsyms *kallsyms)
{
	unsigned int bits = 10;
	while (1u << bits < kallsyms->tables.nr)
		bits++;
	KD_FREE uint32_t *heads = calloc(1u << bits, sizeof(*heads));
	KD_FREE uint32_t *next = calloc(kallsyms->tables.nr, sizeof(*next));
	if (!heads || !next)
		return &kd_error_nomem;
	kallsyms->heads = kd_move_ptr(heads);
	kallsyms->next = kd_move_ptr(next);
	kallsyms->head_bits = bits;
	kallsyms->indexed = true;

	/* What cannot be read leaves a gap: up to the next marker, or to the end when there are no markers. */
	uint32_t offset = 0, lost_nr = 0;
	for (uint32_t block = 0; block < kallsyms->block_nr; block++) {
		if (!kallsyms->starts_known)
			kallsyms->starts[block] = offset;
		struct kd_error *err = offset == UINT32_MAX ? NULL : index_block(kallsyms, block, &offset);
		lost_nr += err || offset == UINT32_MAX;
		if (err) {
			offset = kallsyms->starts_known ? 0 : UINT32_MAX;
			if (kallsyms->index_gap)
				kd_error_destroy(err);
			else
				kallsyms->index_gap = err;
		}
	}
	if (lost_nr && asprintf(&kallsyms->loss, "; of %" PRIu32 " blocks of names %" PRIu32 " are lost: %s",
				kallsyms->block_nr, lost_nr, kallsyms->index_gap->message) < 0)
		kallsyms->loss = NULL;
	return NULL;
}

static struct kd_error *find_by_index(struct kd_kallsyms *kallsyms, const char *name, struct number_vector *ret)
{
	struct number_vector found = {};
	uint32_t n = kallsyms->heads[head_of(kallsyms, kd_kallsyms_name_hash(name))];
	for (; n; n = kallsyms->next[n - 1]) {
		char candidate[KD_KALLSYMS_NAME_MAX + 1];
		/* What is in the index was read; a name that is too long to decode is not the one looked for. */
		KD_DROP_ERROR struct kd_error *err = kd_kallsyms_symbol_name(kallsyms, n - 1, candidate);
		if (!err && !strcmp(candidate, name) && !number_vector_append(&found, n - 1)) {
			number_vector_deinit(&found);
			return &kd_error_nomem;
		}
	}
	for (size_t i = 0; i < found.nr / 2; i++) {
		uint32_t swap = found.data[i];
		found.data[i] = found.data[found.nr - 1 - i];
		found.data[found.nr - 1 - i] = swap;
	}
	*ret = found;
	return NULL;
}

/* ---- binary search in the numbers sorted by name ---- */

struct kd_error *kd_kallsyms_seq_at(struct kd_kallsyms *kallsyms, uint32_t i, uint32_t *ret)
{
	struct kd_error *err = kd_lazy_need(&kallsyms->seqs, 3ull * i, 3);
	if (err)
		return err;
	const uint8_t *bytes = kallsyms->seqs.bytes + 3ull * i;
	uint32_t n = bytes[0] << 16 | bytes[1] << 8 | bytes[2];
	if (n >= kallsyms->tables.nr)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms number %" PRIu32 " by name is %" PRIu32, i, n);
	*ret = n;
	return NULL;
}

/** Whether probing place i needs no page of the dump that was not read before. */
static bool is_cheap(struct kd_kallsyms *kallsyms, int64_t i)
{
	if (!kd_lazy_has(&kallsyms->seqs, 3 * i, 3))
		return false;
	const uint8_t *bytes = kallsyms->seqs.bytes + 3 * i;
	uint32_t block = (uint32_t)(bytes[0] << 16 | bytes[1] << 8 | bytes[2]) / KD_KALLSYMS_BLOCK_NR;
	if (block >= kallsyms->block_nr)
		return false;
	size_t end = block + 1 < kallsyms->block_nr ? kallsyms->starts[block + 1] : kallsyms->names.len;
	return kd_lazy_has(&kallsyms->names, kallsyms->starts[block], end - kallsyms->starts[block]);
}

/**
 * The place to probe between low and high (exclusive). Places next to each other by name have their names on pages far
 * apart, and reading (decompressing) a page costs more than all else, so a place near the middle whose page was already
 * read is as good as the middle: this halves the pages that a run of lookups reads.
 */
static int64_t choose_probe(struct kd_kallsyms *kallsyms, int64_t low, int64_t high)
{
	int64_t middle = low + (high - low) / 2, reach = kd_min((high - low) / 4, 128);
	for (int64_t distance = 0; distance < reach; distance++) {
		if (is_cheap(kallsyms, middle + distance))
			return middle + distance;
		if (is_cheap(kallsyms, middle - distance))
			return middle - distance;
	}
	return middle;
}

/**
 * Order of a name without '.' and another, as scripts/kallsyms.c sorted them. Kernels built with Clang's LTO may sort
 * by what is before the first '.' (010a0aad39fc "kallsyms: Correctly sequence symbols when CONFIG_LTO_CLANG=y"); the
 * full order, used by all others, is the same for these prefixes as long as what follows is not less than '.'.
 */
static int compare_names(const char *name, const char *candidate)
{
	size_t len = strcspn(candidate, ".");
	int order = strncmp(name, candidate, len);
	return order ? order : (name[len] != 0);
}

static struct kd_error *probe(struct kd_kallsyms *kallsyms, uint32_t i, const char *name, uint32_t *ret_n,
			      int *ret_order, bool *ret_equal)
{
	char candidate[KD_KALLSYMS_NAME_MAX + 1];
	struct kd_error *err = kd_kallsyms_seq_at(kallsyms, i, ret_n);
	if (!err)
		err = kd_kallsyms_symbol_name(kallsyms, *ret_n, candidate);
	if (err)
		return err;
	*ret_order = compare_names(name, candidate);
	*ret_equal = !strcmp(name, candidate);
	return NULL;
}

static struct kd_error *find_by_seqs(struct kd_kallsyms *kallsyms, const char *name, bool all,
				     struct number_vector *ret)
{
	uint32_t n;
	int order;
	bool equal;
	int64_t low = -1, high = kallsyms->tables.nr;
	while (high - low > 1) {
		int64_t i = choose_probe(kallsyms, low, high);
		struct kd_error *err = probe(kallsyms, i, name, &n, &order, &equal);
		if (err)
			return err;
		if (order > 0)
			low = i;
		else
			high = i;
	}
	struct number_vector found = {};
	for (; high < kallsyms->tables.nr && (all || !found.nr); high++) {
		struct kd_error *err = probe(kallsyms, high, name, &n, &order, &equal);
		if (!err && order)
			break;
		if (!err && equal && !number_vector_append(&found, n))
			err = &kd_error_nomem;
		if (err) {
			number_vector_deinit(&found);
			return err;
		}
	}
	*ret = found;
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return (left > right) - (left < right);
}

static struct kd_error *find_linked(struct kd_kallsyms *kallsyms, const char *name, struct number_vector *ret)
{
	struct number_vector found = {};
	uint32_t hash = kd_hash_string(name), position = hash, n;
	while ((n = kd_index_next(&kallsyms->linked_index, hash, &position)) != KD_INDEX_NONE)
		if (!strcmp(kallsyms->linked[n].name, name) && !number_vector_append(&found, n)) {
			number_vector_deinit(&found);
			return &kd_error_nomem;
		}
	if (found.nr)
		qsort(found.data, found.nr, sizeof(*found.data), by_number);
	*ret = found;
	return NULL;
}

/** @param all false: one will do. */
static struct kd_error *find(struct kd_kallsyms *kallsyms, const char *name, bool all, struct number_vector *ret)
{
	if (kallsyms->linked)
		return find_linked(kallsyms, name, ret);
	/* Once half of the names have been read, reading the rest costs less than more searches. The place of a name
	 * with a '.' depends on the compiler: see compare_names(). */
	if (!kallsyms->indexed && kallsyms->seqs.len && !strchr(name, '.') &&
	    kallsyms->names.present_nr < kallsyms->names.page_nr / 2) {
		struct kd_error *err = find_by_seqs(kallsyms, name, all, ret);
		if (!err || err->code == KD_ERROR_NOMEM)
			return err;
		kd_error_destroy(err); /* what is in the way of the search may not be in that of the index */
	}
	if (!kallsyms->indexed) {
		struct kd_error *err = kd_kallsyms_build_index(kallsyms);
		if (err)
			return err;
	}
	return find_by_index(kallsyms, name, ret);
}

struct kd_error *kd_kallsyms_find(struct kd_kallsyms *kallsyms, const char *name, uint32_t *ret, size_t max,
				  size_t *ret_nr)
{
	struct number_vector found = {};
	struct kd_error *err = find(kallsyms, name, true, &found);
	if (err)
		return err;
	for (size_t i = 0; i < found.nr && i < max; i++)
		ret[i] = found.data[i];
	*ret_nr = found.nr;
	number_vector_deinit(&found);
	return NULL;
}

struct kd_error *kd_kallsyms_first(struct kd_kallsyms *kallsyms, const char *name, uint32_t *ret)
{
	struct number_vector found = {};
	struct kd_error *err = find(kallsyms, name, false, &found);
	if (err)
		return err;
	if (!found.nr)
		return kd_kallsyms_not_found(kallsyms, "no kernel symbol %s", name);
	*ret = found.data[0];
	number_vector_deinit(&found);
	return NULL;
}

void kd_kallsyms_set_more(struct kd_kallsyms *kallsyms, kd_kallsyms_more_fn more, void *context)
{
	kallsyms->more = more;
	kallsyms->more_context = context;
}

struct kd_error *kd_kallsyms_address(struct kd_kallsyms *kallsyms, const char *name, kd_vaddr *ret)
{
	uint32_t n;
	struct kd_error *err = kd_kallsyms_first(kallsyms, name, &n);
	if (!err)
		return kd_kallsyms_symbol_address(kallsyms, n, ret);
	if (err->code != KD_ERROR_LOOKUP || !kallsyms->more || !kd_kallsyms_functions_only(kallsyms))
		return err;
	struct kd_error *other = kallsyms->more(kallsyms->more_context, name, ret);
	if (kd_error_catch(&other, KD_ERROR_LOOKUP))
		return err;
	kd_error_destroy(err);
	return other;
}
