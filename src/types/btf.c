/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section, all numbers little-endian here, offsets from the end of the header:
 *
 *   u16 magic 0xeb9f; u8 version 1; u8 flags; u32 hdr_len;
 *   u32 type_off, type_len, str_off, str_len;
 *   u32 layout_off, layout_len;                        only if hdr_len says so (Linux 7.0)
 *
 * A type record is three words, name_off, info, size or type, and what its kind adds. info holds the number of elements
 * in bits 0-23, the kind in 24-30 and a flag in 31; older definitions are narrower (16 and 5 bits), with zeros between.
 * The layout section has for each kind { u8 first_len; u8 element_len; u16 flags }, so that kinds we do not know can be
 * stepped over.
 */
#include "types/btf.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"

#define MAGIC 0xeb9f
#define MAGIC_SWAPPED 0x9feb
#define RECORD_LEN 12u

static const struct {
	uint8_t first_len, element_len;
} known_kinds[] = {
	[KD_BTF_INT] = { 4, 0 },	[KD_BTF_PTR] = { 0, 0 },      [KD_BTF_ARRAY] = { 12, 0 },
	[KD_BTF_STRUCT] = { 0, 12 },	[KD_BTF_UNION] = { 0, 12 },   [KD_BTF_ENUM] = { 0, 8 },
	[KD_BTF_FWD] = { 0, 0 },	[KD_BTF_TYPEDEF] = { 0, 0 },  [KD_BTF_VOLATILE] = { 0, 0 },
	[KD_BTF_CONST] = { 0, 0 },	[KD_BTF_RESTRICT] = { 0, 0 }, [KD_BTF_FUNC] = { 0, 0 },
	[KD_BTF_FUNC_PROTO] = { 0, 8 }, [KD_BTF_VAR] = { 4, 0 },      [KD_BTF_DATASEC] = { 0, 12 },
	[KD_BTF_FLOAT] = { 0, 0 },	[KD_BTF_DECL_TAG] = { 4, 0 }, [KD_BTF_TYPE_TAG] = { 0, 0 },
	[KD_BTF_ENUM64] = { 0, 12 },
};

static struct kd_error *btf_error(const struct kd_btf *btf, const char *what)
{
	return kd_error_create(KD_ERROR_FORMAT, "BTF at 0x%llx: %s", (unsigned long long)btf->section.start, what);
}

/** Is [offset, offset + len), counted from the end of the header, inside the section? */
static bool btf_fits(const struct kd_btf *btf, uint32_t header_len, uint32_t offset, uint32_t len)
{
	return (uint64_t)header_len + offset + len <= btf->section.len;
}

static struct kd_error *btf_read_layout(struct kd_btf *btf, uint32_t offset, uint32_t len)
{
	struct kd_error *err = kd_section_need(&btf->section, offset, len);
	if (err)
		return err;
	const uint8_t *entry = btf->section.data + offset;
	for (uint32_t kind = 0; kind < kd_min(len / 4, KD_BTF_KINDS); kind++, entry += 4) {
		/* Known kinds may only grow; an entry that says less is not about what we know. */
		if (entry[0] % 4 || entry[1] % 4 || !kind || entry[0] < btf->first_len[kind] ||
		    entry[1] < btf->element_len[kind])
			continue;
		btf->first_len[kind] = entry[0];
		btf->element_len[kind] = entry[1];
		btf->kind_known[kind] = true;
	}
	return NULL;
}

static struct kd_error *btf_read_header(struct kd_btf *btf)
{
	struct kd_error *err = kd_section_need(&btf->section, 0, 24);
	if (err)
		return err;
	struct kd_cursor cursor = kd_cursor_init(btf->section.data, btf->section.len);
	uint16_t magic = kd_cursor_u16(&cursor);
	if (magic != MAGIC)
		return magic == MAGIC_SWAPPED ? kd_error_create(KD_ERROR_UNSUPPORTED, "big-endian BTF is not supported")
					      : btf_error(btf, "the header has no magic number");
	uint8_t version = kd_cursor_u8(&cursor);
	if (version != 1)
		return kd_error_create(KD_ERROR_UNSUPPORTED, "BTF of version %u is not supported", version);
	kd_cursor_skip(&cursor, 1);
	uint32_t header_len = kd_cursor_u32(&cursor);
	uint32_t type_offset = kd_cursor_u32(&cursor);
	btf->type_len = kd_cursor_u32(&cursor);
	uint32_t string_offset = kd_cursor_u32(&cursor);
	btf->string_len = kd_cursor_u32(&cursor);
	if (header_len < 24 || !btf_fits(btf, header_len, type_offset, btf->type_len) ||
	    !btf_fits(btf, header_len, string_offset, btf->string_len) || type_offset % 4)
		return btf_error(btf, "the header's sections do not fit into it");
	btf->type_offset = header_len + type_offset;
	btf->string_offset = header_len + string_offset;

	if (header_len < 32)
		return NULL;
	err = kd_section_need(&btf->section, 24, 8);
	if (err)
		return err;
	uint32_t layout_offset = kd_cursor_u32(&cursor), layout_len = kd_cursor_u32(&cursor);
	if (!btf_fits(btf, header_len, layout_offset, layout_len))
		return btf_error(btf, "the layout section does not fit into it");
	return btf_read_layout(btf, header_len + layout_offset, layout_len);
}

struct kd_error *kd_btf_init(struct kd_btf *btf, struct kd_section *section, struct kd_btf *base)
{
	*btf = (struct kd_btf){ .section = *section, .base = base };
	*section = (struct kd_section){};
	for (uint32_t kind = 1; kind < KD_ARRAY_NR(known_kinds); kind++) {
		btf->first_len[kind] = known_kinds[kind].first_len;
		btf->element_len[kind] = known_kinds[kind].element_len;
		btf->kind_known[kind] = true;
	}
	struct kd_error *err = btf_read_header(btf);
	if (!err) {
		/* Virtual size only: the pages of this table are used as the walk goes on. */
		btf->offsets = calloc(btf->type_len / RECORD_LEN + 1, sizeof(*btf->offsets));
		if (!btf->offsets)
			err = &kd_error_nomem;
	}
	if (err)
		kd_btf_deinit(btf);
	return err;
}

void kd_btf_deinit(struct kd_btf *btf)
{
	kd_section_deinit(&btf->section);
	free(btf->offsets);
	for (int group = 0; group < KD_BTF_GROUP_NR; group++)
		kd_index_deinit(&btf->names[group]);
	kd_index_deinit(&btf->enumerators);
	*btf = (struct kd_btf){};
}

/** The record at an offset of the type section; *ret_next is where the next one starts. */
static struct kd_error *btf_decode(struct kd_btf *btf, uint32_t number, uint32_t offset, struct kd_btf_record *ret,
				   uint32_t *ret_next)
{
	if (offset > btf->type_len || btf->type_len - offset < RECORD_LEN)
		return btf_error(btf, "a type is cut off at the end of its section");
	struct kd_error *err = kd_section_need(&btf->section, btf->type_offset + offset, RECORD_LEN);
	if (err)
		return err;
	const uint8_t *bytes = btf->section.data + btf->type_offset + offset;
	uint32_t info = kd_btf_u32(bytes + 4);
	struct kd_btf_record record = {
		.number = number,
		.kind = info >> 24 & 0x7f,
		.name = kd_btf_u32(bytes),
		.element_nr = info & 0xffffff,
		.flag = info >> 31,
		.size_or_type = kd_btf_u32(bytes + 8),
		.extra = bytes + RECORD_LEN,
	};
	record.element_len = btf->element_len[record.kind];
	/* Both factors are small: 24 and 8 bits. */
	uint32_t extra_len = btf->first_len[record.kind];
	if (record.element_len)
		extra_len += record.element_nr * record.element_len;
	if (extra_len > btf->type_len - offset - RECORD_LEN)
		return btf_error(btf, "a type is cut off at the end of its section");
	record.extra_len = extra_len;
	*ret_next = offset + RECORD_LEN + extra_len;
	*ret = record;
	return NULL;
}

/** Walk one record further; the caller has checked that there is one. */
static struct kd_error *btf_walk(struct kd_btf *btf)
{
	struct kd_btf_record record;
	uint32_t next;
	struct kd_error *err = btf_decode(btf, btf->walked_nr, btf->walked_end, &record, &next);
	if (err)
		return err;
	btf->offsets[btf->walked_nr++] = btf->walked_end;
	btf->walked_end = next;
	if (!btf->kind_known[record.kind]) {
		/* Nobody says how long it is: what lies behind it is out of reach, what came before is not. */
		btf->odd_kind = record.kind;
		btf->walked_end = btf->type_len;
	}
	return NULL;
}

static bool btf_walked_all(const struct kd_btf *btf)
{
	return btf->walked_end >= btf->type_len;
}

/** Where the kernel's table says that a record is. */
static struct kd_error *btf_table_offset(struct kd_btf *btf, uint32_t number, uint32_t *ret)
{
	uint64_t address;
	struct kd_error *err =
		kd_memory_read_u64(btf->section.memory, btf->table + 8 * ((uint64_t)number + 1), &address);
	if (err)
		return err;
	uint64_t offset = address - btf->section.start - btf->type_offset;
	if (offset >= btf->type_len || offset % 4)
		return btf_error(btf, "the kernel's table of types points outside the types");
	*ret = offset;
	return NULL;
}

/*
 * struct btf of kernel/bpf/btf.c begins like this since Linux 4.18, and is not declared in a header, so its layout is
 * not an interface: whatever is taken from it must agree with what the section itself says.
 *
 *   void *data; struct btf_type **types; u32 *resolved_ids; u32 *resolved_sizes; const char *strings; void *nohdr_data;
 *   struct btf_header hdr; u32 nr_types; u32 types_size; u32 data_size; …
 *
 * nr_types counts void since 951bb64621b8 ("bpf: Add in-kernel split BTF support", in v5.11).
 */
struct kd_error *kd_btf_use_table(struct kd_btf *btf, kd_vaddr address)
{
	if (!address || !btf->section.memory || btf->base)
		return NULL;
	uint8_t bytes[48 + 32 + 12];
	size_t len;
	struct kd_error *err = kd_memory_read_upto(btf->section.memory, address, bytes, sizeof(bytes), &len, NULL);
	if (err || len < sizeof(bytes) || memcmp(bytes + 48, btf->section.data, 24))
		return err;
	for (size_t header_len = 24; header_len <= 32; header_len += 8) {
		const uint8_t *tail = bytes + 48 + header_len;
		if (kd_btf_u32(tail + 8) != btf->section.len)
			continue;
		uint32_t nr = kd_btf_u32(tail);
		if (nr < 2 || nr > btf->type_len / RECORD_LEN + 1)
			continue;
		memcpy(&btf->table, bytes + 8, sizeof(btf->table));

		/* The proof: its first type is our first, and its last one ends where our types end. */
		struct kd_btf_record record;
		uint32_t offset, next = 0;
		KD_DROP_ERROR struct kd_error *first = btf_table_offset(btf, 0, &offset);
		if (first || offset)
			break;
		for (uint32_t number = nr - 2; number < nr && next != btf->type_len; number++) {
			KD_DROP_ERROR struct kd_error *last = btf_table_offset(btf, number, &offset);
			KD_DROP_ERROR struct kd_error *bad =
				last ? NULL : btf_decode(btf, number, offset, &record, &next);
			if (last || bad)
				break;
			btf->table_nr = number + 1;
		}
		if (next == btf->type_len)
			return NULL;
	}
	btf->table = 0;
	btf->table_nr = 0;
	return NULL;
}

struct kd_error *kd_btf_nr(struct kd_btf *btf, uint32_t *ret)
{
	if (btf->table) {
		*ret = btf->table_nr;
		return NULL;
	}
	while (!btf_walked_all(btf)) {
		struct kd_error *err = btf_walk(btf);
		if (err)
			return err;
	}
	*ret = btf->walked_nr;
	return NULL;
}

struct kd_error *kd_btf_start_id(struct kd_btf *btf, uint32_t *ret)
{
	/* Bases are at most two deep: a module's on vmlinux's, or on its own .BTF.base. */
	uint32_t start_id = 1;
	for (struct kd_btf *base = btf->base; base; base = base->base) {
		uint32_t nr;
		struct kd_error *err = kd_btf_nr(base, &nr);
		if (err)
			return err;
		if (base->odd_kind && !base->table)
			return btf_error(btf,
					 "its base has a type of unknown kind, so its own types cannot be numbered");
		start_id += nr;
	}
	*ret = start_id;
	return NULL;
}

struct kd_error *kd_btf_record_if(struct kd_btf *btf, uint32_t number, struct kd_btf_record *ret, bool *ret_found)
{
	uint32_t offset, next;
	struct kd_error *err;

	*ret_found = false;
	if (number >= btf->walked_nr && btf->table) {
		if (number >= btf->table_nr)
			return NULL;
		/* A scan asks for one after the other: that is a walk, and needs no table. */
		err = number == btf->walked_nr ? btf_walk(btf) : NULL;
		if (err)
			return err;
	}
	if (number >= btf->walked_nr && btf->table) {
		err = btf_table_offset(btf, number, &offset);
		if (err)
			return err;
	} else {
		while (number >= btf->walked_nr) {
			if (btf_walked_all(btf))
				return NULL;
			err = btf_walk(btf);
			if (err)
				return err;
		}
		offset = btf->offsets[number];
	}

	struct kd_btf_record record;
	err = btf_decode(btf, number, offset, &record, &next);
	if (err)
		return err;
	err = kd_section_need(&btf->section, btf->type_offset + offset, RECORD_LEN + record.extra_len);
	if (err)
		return err;
	*ret = record;
	*ret_found = true;
	return NULL;
}

struct kd_error *kd_btf_record(struct kd_btf *btf, uint32_t number, struct kd_btf_record *ret)
{
	bool found;
	struct kd_error *err = kd_btf_record_if(btf, number, ret, &found);
	if (err || found)
		return err;
	if (btf->odd_kind)
		return kd_error_create(KD_ERROR_FORMAT, "BTF at 0x%llx: type %u lies behind one of unknown kind %u",
				       (unsigned long long)btf->section.start, number, btf->odd_kind);
	return kd_error_create(KD_ERROR_FORMAT, "BTF at 0x%llx: there is no type %u",
			       (unsigned long long)btf->section.start, number);
}

struct kd_error *kd_btf_string(struct kd_btf *btf, uint32_t offset, const char **ret)
{
	if (btf->base) {
		uint64_t base_len = 0;
		for (struct kd_btf *base = btf->base; base; base = base->base)
			base_len += base->string_len;
		if (offset < base_len)
			return kd_btf_string(btf->base, offset, ret);
		offset -= base_len;
	}
	if (offset >= btf->string_len)
		return btf_error(btf, "a name lies outside the strings");

	/* Up to the end of the page first, then page by page until the NUL is met. */
	size_t start = btf->string_offset + offset, end = (size_t)btf->string_offset + btf->string_len,
	       position = start;
	while (position < end) {
		size_t in_page = KD_SECTION_PAGE - (btf->section.start + position) % KD_SECTION_PAGE;
		size_t len = kd_min(in_page, end - position);
		struct kd_error *err = kd_section_need(&btf->section, position, len);
		if (err)
			return err;
		if (memchr(btf->section.data + position, 0, len)) {
			*ret = (const char *)btf->section.data + start;
			return NULL;
		}
		position += len;
	}
	return btf_error(btf, "the last name has no end");
}

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

static struct kd_error *btf_check_order(struct kd_btf *btf)
{
	btf->order = KD_BTF_UNSORTED;
	uint32_t nr;
	/* Where numbers cannot be reached but by walking, the walk over the types is cheaper than reading the names. */
	struct kd_error *err = NULL;
	struct kd_btf_record first;
	bool found;
	err = kd_btf_record_if(btf, 0, &first, &found);
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
	if (!*last)
		return NULL;
	btf->order = KD_BTF_SORTED;
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
		if (err)
			return err;
		if (!order)
			best = candidate;
	}
	if (best != KD_INDEX_NONE) {
		*number = best;
		return NULL;
	}

	for (;;) {
		struct kd_btf_record record;
		bool found;
		err = kd_btf_record_if(btf, btf->named_nr[group], &record, &found);
		if (err)
			return err;
		if (!found)
			break;
		const char *string = NULL;
		if (record.name && kd_btf_group_of(record.kind) == group) {
			err = kd_btf_string(btf, record.name, &string);
			if (err)
				return err;
			uint32_t string_hash = kd_hash_string(string);
			if (!btf_remember(&btf->names[group], string_hash, record.number))
				return &kd_error_nomem;
			if (string_hash != hash || strcmp(string, name))
				string = NULL;
		}
		btf->named_nr[group]++;
		if (string && record.number >= *number) {
			*number = record.number;
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
	if (btf->order == KD_BTF_SORTED)
		return btf_find_sorted(btf, group, name, number);
	return btf_find_unsorted(btf, group, name, number);
}

/** Has this ENUM an enumerator of that name? The names of all of them are indexed if `index`. */
static struct kd_error *btf_enum_has(struct kd_btf *btf, const struct kd_btf_record *record, const char *name,
				     bool index, bool *ret)
{
	*ret = false;
	for (uint32_t i = 0; i < record->element_nr; i++) {
		const char *string;
		struct kd_error *err = kd_btf_string(btf, kd_btf_u32(record->extra + i * record->element_len), &string);
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
		if (err)
			return err;
		if (has)
			best = candidate;
	}
	while (best == KD_INDEX_NONE) {
		struct kd_error *err = kd_btf_record_if(btf, btf->enumerators_nr, &record, &found);
		if (err)
			return err;
		if (!found)
			break;
		btf->enumerators_nr++;
		if (record.kind != KD_BTF_ENUM && record.kind != KD_BTF_ENUM64)
			continue;
		err = btf_enum_has(btf, &record, name, true, &has);
		if (err) {
			/* Whatever of it is indexed already does no harm: it is compared again. */
			btf->enumerators_nr--;
			return err;
		}
		if (has && record.number >= *number)
			best = record.number;
	}
	*number = best;
	return NULL;
}
