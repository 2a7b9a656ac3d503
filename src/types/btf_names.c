/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of BTF by name: indexed as far as was searched, or by halving where they are sorted. */
#include "types/btf.h"

#include <string.h>

enum kd_btf_group kd_btf_group_of(uint32_t kind)
{
	switch (kind) {
	case KD_BTF_INT:
	case KD_BTF_FLOAT:
	case KD_BTF_STRUCT:
	case KD_BTF_UNION:
	case KD_BTF_FWD:
	case KD_BTF_ENUM:
	case KD_BTF_ENUM64:
	case KD_BTF_TYPEDEF:
		return KD_BTF_TYPES;
	case KD_BTF_FUNC:
	case KD_BTF_VAR:
		return KD_BTF_SYMBOLS;
	default:
		return KD_BTF_GROUP_NR;
	}
}

/** strcmp() of a record's name with another: nameless ones come first, as where BTF is sorted. */
static struct kd_error *btf_compare(struct kd_btf *btf, uint32_t number, const char *name, int *ret)
{
	struct kd_btf_record record;
	const char *other = "";
	struct kd_error *err = kd_btf_record(btf, number, &record);
	if (!err && record.name)
		err = kd_btf_string(btf, record.name, &other);
	if (!err)
		*ret = strcmp(other, name);
	return err;
}

/*
 * Since Linux 7.0 pahole and resolve_btfids sort types by name, nameless ones first (230e7d7de5a8,
 * "tools/resolve_btfids: Support BTF sorting feature"); nothing in the header says so. A heuristic guarded by a sample:
 * 16 records, evenly spread, must be in that order. A wrong "sorted" would need 16 records of an unsorted section to be
 * in order by chance.
 */
#define ORDER_SAMPLES 16u

static struct kd_error *btf_sample_order(struct kd_btf *btf, bool *ret_sorted)
{
	uint32_t nr;
	/* Where numbers cannot be reached but by walking, the walk over the types is cheaper than reading the names. */
	struct kd_btf_record first;
	bool found;
	struct kd_error *err = kd_btf_record_if(btf, 0, &first, &found);
	if (err || !found || first.name)
		return err;
	if (btf->base)
		return NULL;
	if (!btf->table) {
		/* Nameless types at the front: 64 of them make a sorted section likely enough to be worth a walk. */
		for (uint32_t number = 1; number < 64; number++) {
			err = kd_btf_record_if(btf, number, &first, &found);
			if (err || !found || first.name)
				return err;
		}
	}
	err = kd_btf_nr(btf, &nr);
	if (err || nr < 256)
		return err;

	const char *last = "";
	for (uint32_t i = 0; i < ORDER_SAMPLES; i++) {
		struct kd_btf_record record;
		const char *name = "";
		err = kd_btf_record(btf, (uint64_t)(nr - 1) * i / (ORDER_SAMPLES - 1), &record);
		if (!err && record.name)
			err = kd_btf_string(btf, record.name, &name);
		if (err)
			return err;
		if (strcmp(last, name) > 0)
			return NULL;
		last = name;
	}
	*ret_sorted = *last;
	return NULL;
}

static struct kd_error *btf_check_order(struct kd_btf *btf)
{
	bool sorted = false;
	struct kd_error *err = btf_sample_order(btf, &sorted);
	if (err && !kd_btf_is_loss(err))
		return err;
	kd_error_destroy(err);
	btf->order = sorted ? KD_BTF_SORTED : KD_BTF_UNSORTED;
	return NULL;
}

/** Sorted: the first record at or after *number whose name is not less than the one wanted. */
static struct kd_error *btf_find_sorted(struct kd_btf *btf, enum kd_btf_group group, const char *name, uint32_t *number)
{
	uint32_t nr;
	struct kd_error *err = kd_btf_nr(btf, &nr);
	if (err)
		return err;
	uint32_t low = *number, high = nr;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order;
		err = btf_compare(btf, middle, name, &order);
		if (err)
			return err;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < nr; low++) {
		int order;
		struct kd_btf_record record;
		err = btf_compare(btf, low, name, &order);
		if (!err && !order)
			err = kd_btf_record(btf, low, &record);
		if (err)
			return err;
		if (order)
			break;
		if (kd_btf_group_of(record.kind) == group) {
			*number = low;
			return NULL;
		}
	}
	*number = KD_INDEX_NONE;
	return NULL;
}

/* Real kernels have some dozens of types of one name. A search takes time by their number, so damage that gives all of
 * them one name must not count. */
#define NAMESAKES_MAX 1024

static bool btf_is_crowded(const struct kd_index *index, uint32_t hash)
{
	uint32_t position = hash, nr = 0;
	while (nr < NAMESAKES_MAX && kd_index_next(index, hash, &position) != KD_INDEX_NONE)
		nr++;
	return nr == NAMESAKES_MAX;
}

/** Past NAMESAKES_MAX a name is not remembered; false when memory is exhausted. */
static bool btf_remember(struct kd_index *index, uint32_t hash, uint32_t number)
{
	return btf_is_crowded(index, hash) || kd_index_add(index, hash, number);
}

/** Unsorted: what is indexed already, then on through the records, indexing them, until the name turns up. */
static struct kd_error *btf_find_unsorted(struct kd_btf *btf, enum kd_btf_group group, const char *name,
					  uint32_t *number)
{
	uint32_t hash = kd_hash_string(name), position = hash, best = KD_INDEX_NONE, candidate;
	struct kd_error *err;
	while ((candidate = kd_index_next(&btf->names[group], hash, &position)) != KD_INDEX_NONE) {
		if (candidate < *number || candidate >= best)
			continue;
		int order;
		err = btf_compare(btf, candidate, name, &order);
		if (!err && !order)
			best = candidate;
		if (err && !kd_btf_is_loss(err))
			return err;
		kd_error_destroy(err);
	}
	if (best != KD_INDEX_NONE) {
		*number = best;
		return NULL;
	}

	for (;; btf->named_nr[group]++) {
		struct kd_btf_record record;
		bool found;
		err = kd_btf_next(btf, &btf->named_nr[group], &record, &found);
		if (err)
			return err;
		if (!found)
			break;
		if (!record.name || kd_btf_group_of(record.kind) != group)
			continue;
		const char *string;
		err = kd_btf_string(btf, record.name, &string);
		if (kd_btf_is_loss(err)) {
			kd_btf_note_loss(btf, err);
			continue;
		}
		if (err)
			return err;
		uint32_t string_hash = kd_hash_string(string);
		if (!btf_remember(&btf->names[group], string_hash, record.number))
			return &kd_error_nomem;
		if (string_hash == hash && !strcmp(string, name) && record.number >= *number) {
			*number = record.number;
			btf->named_nr[group]++;
			return NULL;
		}
	}
	*number = KD_INDEX_NONE;
	return NULL;
}

struct kd_error *kd_btf_find(struct kd_btf *btf, enum kd_btf_group group, const char *name, uint32_t *number)
{
	if (btf->order == KD_BTF_ORDER_UNKNOWN) {
		struct kd_error *err = btf_check_order(btf);
		if (err)
			return err;
	}
	if (btf->order == KD_BTF_SORTED) {
		struct kd_error *err = btf_find_sorted(btf, group, name, number);
		if (!kd_btf_is_loss(err))
			return err;
		/* A search that halves cannot go round what is lost. */
		kd_btf_note_loss(btf, err);
		btf->order = KD_BTF_UNSORTED;
	}
	return btf_find_unsorted(btf, group, name, number);
}

/** Has this ENUM an enumerator of that name? The names of all of them are indexed if `index`. */
static struct kd_error *btf_enum_has(struct kd_btf *btf, const struct kd_btf_record *record, const char *name,
				     bool index, bool *ret)
{
	*ret = false;
	for (uint32_t i = 0; i < record->element_nr; i++) {
		const char *string;
		struct kd_error *err =
			kd_btf_string(btf, kd_btf_u32(btf, record->extra + i * record->element_len), &string);
		if (kd_btf_is_loss(err)) {
			kd_btf_note_loss(btf, err);
			continue;
		}
		if (err)
			return err;
		if (index && !btf_remember(&btf->enumerators, kd_hash_string(string), record->number))
			return &kd_error_nomem;
		*ret = *ret || !strcmp(string, name);
	}
	return NULL;
}

struct kd_error *kd_btf_find_enumerator(struct kd_btf *btf, const char *name, uint32_t *number)
{
	uint32_t hash = kd_hash_string(name), position = hash, best = KD_INDEX_NONE, candidate;
	struct kd_btf_record record;
	bool found, has;
	while ((candidate = kd_index_next(&btf->enumerators, hash, &position)) != KD_INDEX_NONE) {
		if (candidate < *number || candidate >= best)
			continue;
		struct kd_error *err = kd_btf_record(btf, candidate, &record);
		if (!err)
			err = btf_enum_has(btf, &record, name, false, &has);
		if (!err && has)
			best = candidate;
		if (err && !kd_btf_is_loss(err))
			return err;
		kd_error_destroy(err);
	}
	for (; best == KD_INDEX_NONE; btf->enumerators_nr++) {
		struct kd_error *err = kd_btf_next(btf, &btf->enumerators_nr, &record, &found);
		if (err)
			return err;
		if (!found)
			break;
		if (record.kind != KD_BTF_ENUM && record.kind != KD_BTF_ENUM64)
			continue;
		/* On error, whatever of it is indexed already does no harm: it is compared again. */
		err = btf_enum_has(btf, &record, name, true, &has);
		if (err)
			return err;
		if (has && record.number >= *number)
			best = record.number;
	}
	*number = best;
	return NULL;
}
