/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Behind a hole in the records, where the kernel has made no table of them: where the next one begins, and which number
 * it has. A heuristic with two halves, each guarded.
 *
 * Where: from there on CHAIN_NR records follow each other whose kinds are known and whose names begin behind a NUL. The
 * words of members and values read as records have no kind, since numbers of types and offsets are small.
 *
 * Which: records say by number what they refer to, and not every kind can be referred to by every kind: a function has
 * a prototype, an array an index that is an integer, a section of variables variables. Of all the counts of records
 * that the hole has room for, exactly one must satisfy every reference among some thousands.
 */
#include "types/btf.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/vector.h"

#define CHAIN_NR 32u
#define SEGMENT_MAX 32768u /* records behind the hole that are looked at */
#define BEFORE_MAX 8192u   /* and before */
#define STEPS_BACK 64u	   /* records before the hole that may have been rubbish already */
#define CLUES_MIN 64u
#define CLUES_MAX 65536u

/** What may stand where a type is referred to: sets of kinds. */
#define SET(kind) (1u << (kind))
#define ANY_TYPE                                                                                                    \
	(SET(KD_BTF_INT) | SET(KD_BTF_PTR) | SET(KD_BTF_ARRAY) | SET(KD_BTF_STRUCT) | SET(KD_BTF_UNION) |           \
	 SET(KD_BTF_ENUM) | SET(KD_BTF_TYPEDEF) | SET(KD_BTF_VOLATILE) | SET(KD_BTF_CONST) | SET(KD_BTF_RESTRICT) | \
	 SET(KD_BTF_FLOAT) | SET(KD_BTF_TYPE_TAG) | SET(KD_BTF_ENUM64))
#define ANY_TARGET (ANY_TYPE | SET(KD_BTF_FWD) | SET(KD_BTF_FUNC_PROTO))

struct clue {
	uint32_t id; /* that is referred to */
	uint32_t allowed;
};
KD_VECTOR(clue_vector, struct clue);
KD_VECTOR(kind_vector, uint8_t);

static bool is_name(struct kd_btf *btf, uint32_t offset)
{
	if (!offset)
		return true;
	if (offset >= btf->string_len)
		return false;
	KD_DROP_ERROR struct kd_error *unreadable = kd_btf_need(btf, btf->string_offset + offset - 1, 1);
	return unreadable || !btf->section.data[btf->string_offset + offset - 1];
}

static bool is_plausible(struct kd_btf *btf, const struct kd_btf_record *record)
{
	return record->kind && btf->kind_known[record->kind] && is_name(btf, record->name);
}

/** Whether a chain of records begins at an offset. @param[out] ret_hole where what cannot be read ends, or 0. */
static bool is_chain(struct kd_btf *btf, uint32_t offset, uint32_t *ret_hole)
{
	*ret_hole = 0;
	for (uint32_t n = 0; n < CHAIN_NR && offset < btf->type_len; n++) {
		struct kd_btf_record record;
		uint32_t next;
		KD_DROP_ERROR struct kd_error *err = kd_btf_decode(btf, 0, offset, &record, &next);
		if (err && err->code == KD_ERROR_FAULT && !n) {
			uint64_t at = btf->section.start + btf->type_offset + offset;
			*ret_hole = offset + (KD_PAGE_LEN_MIN - at % KD_PAGE_LEN_MIN);
		}
		/* Another hole may come soon: then what there is must do. */
		if (err)
			return err->code == KD_ERROR_FAULT && n > CHAIN_NR / 4;
		if (!is_plausible(btf, &record))
			return false;
		offset = next;
	}
	return true;
}

static bool find_chain(struct kd_btf *btf, uint32_t offset, uint32_t *ret)
{
	while (offset < btf->type_len) {
		uint32_t hole;
		if (is_chain(btf, offset, &hole)) {
			*ret = offset;
			return true;
		}
		offset = hole ? hole & ~3u : offset + 4;
	}
	return false;
}

static bool add_clue(struct clue_vector *clues, uint32_t id, uint32_t allowed)
{
	return !id || clues->nr >= CLUES_MAX || clue_vector_append(clues, (struct clue){ id, allowed });
}

/** What one record refers to; false when memory is exhausted. */
static bool add_clues(struct kd_btf *btf, const struct kd_btf_record *record, struct clue_vector *clues)
{
	KD_DROP_ERROR struct kd_error *unreadable = kd_btf_need_extra(btf, record, 0, record->extra_len);
	if (unreadable)
		return true;
	bool ok = true;
	switch (record->kind) {
	case KD_BTF_FUNC:
		return add_clue(clues, record->size_or_type, SET(KD_BTF_FUNC_PROTO));
	case KD_BTF_PTR:
	case KD_BTF_TYPEDEF:
	case KD_BTF_CONST:
	case KD_BTF_VOLATILE:
		return add_clue(clues, record->size_or_type, ANY_TARGET);
	case KD_BTF_VAR:
		return add_clue(clues, record->size_or_type, ANY_TYPE);
	case KD_BTF_ARRAY:
		return add_clue(clues, kd_btf_u32(btf, record->extra), ANY_TYPE) &&
		       add_clue(clues, kd_btf_u32(btf, record->extra + 4), SET(KD_BTF_INT));
	case KD_BTF_STRUCT:
	case KD_BTF_UNION:
		for (uint32_t i = 0; ok && i < record->element_nr; i++)
			ok = add_clue(clues, kd_btf_u32(btf, record->extra + i * record->element_len + 4), ANY_TYPE);
		return ok;
	case KD_BTF_DATASEC:
		for (uint32_t i = 0; ok && i < record->element_nr; i++)
			ok = add_clue(clues, kd_btf_u32(btf, record->extra + i * record->element_len), SET(KD_BTF_VAR));
		return ok;
	default:
		return true;
	}
}

/** Kinds of the records from an offset on, up to the next hole, and what they refer to. */
static struct kd_error *read_segment(struct kd_btf *btf, uint32_t offset, struct kind_vector *kinds,
				     struct clue_vector *clues)
{
	while (offset < btf->type_len && kinds->nr < SEGMENT_MAX) {
		struct kd_btf_record record;
		uint32_t next;
		struct kd_error *err = kd_btf_decode(btf, 0, offset, &record, &next);
		if (kd_btf_is_loss(err)) {
			kd_error_destroy(err);
			break;
		}
		if (err)
			return err;
		if (!is_plausible(btf, &record))
			break;
		if (!kind_vector_append(kinds, record.kind) || !add_clues(btf, &record, clues))
			return &kd_error_nomem;
		offset = next;
	}
	return NULL;
}

static struct kd_error *read_before(struct kd_btf *btf, struct clue_vector *clues)
{
	uint32_t end = btf->walked_nr - kd_min(btf->walked_nr, STEPS_BACK);
	for (uint32_t n = end - kd_min(end, BEFORE_MAX); n < end; n++) {
		struct kd_btf_record record;
		uint32_t next;
		if (btf->offsets[n] == KD_BTF_LOST)
			continue;
		struct kd_error *err = kd_btf_decode(btf, n, btf->offsets[n], &record, &next);
		if (!err && !add_clues(btf, &record, clues))
			return &kd_error_nomem;
		if (err && !kd_btf_is_loss(err))
			return err;
		kd_error_destroy(err);
	}
	return NULL;
}

/** Whether all references into the segment fit if its first record has this type id. */
static bool all_fit(const struct clue_vector *clues, const struct kind_vector *kinds, uint32_t first_id)
{
	uint32_t looked_at = 0;
	for (size_t i = 0; i < clues->nr; i++) {
		const struct clue *clue = &clues->data[i];
		uint32_t at = clue->id - first_id;
		if (clue->id < first_id || at >= kinds->nr || kinds->data[at] >= 32)
			continue;
		looked_at++;
		if (!(clue->allowed & SET(kinds->data[at])))
			return false;
	}
	return looked_at >= CLUES_MIN;
}

struct kd_error *kd_btf_find_behind(struct kd_btf *btf, uint32_t *ret_number, uint32_t *ret_offset)
{
	KD_CLEANUP(clue_vector_deinit) struct clue_vector clues = {};
	KD_CLEANUP(kind_vector_deinit) struct kind_vector kinds = {};
	uint32_t offset;
	*ret_number = KD_INDEX_NONE;
	if (btf->base || !find_chain(btf, btf->walked_end + 4, &offset))
		return NULL;
	struct kd_error *err = read_segment(btf, offset, &kinds, &clues) ?: read_before(btf, &clues);
	if (err)
		return err;
	uint32_t first = btf->walked_nr - kd_min(btf->walked_nr, STEPS_BACK);
	uint32_t last = btf->walked_nr + (offset - btf->walked_end) / KD_BTF_RECORD_LEN;
	uint32_t found = KD_INDEX_NONE;
	for (uint32_t number = first; number <= last; number++) {
		if (!all_fit(&clues, &kinds, number + 1))
			continue;
		if (found != KD_INDEX_NONE)
			return NULL;
		found = number;
	}
	*ret_number = found;
	*ret_offset = offset;
	return NULL;
}
