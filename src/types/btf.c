/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section, all numbers in the byte order of the machine, offsets from the end of the header:
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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"

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

struct kd_error *kd_btf_error(const struct kd_btf *btf, const char *what)
{
	return kd_error_create(KD_ERROR_FORMAT, "BTF at 0x%llx: %s", (unsigned long long)btf->section.start, what);
}

void kd_btf_note_loss(struct kd_btf *btf, struct kd_error *why)
{
	if (btf->why_lost || why == &kd_error_nomem)
		kd_error_destroy(why);
	else
		btf->why_lost = why;
}

struct kd_error *kd_btf_lacks(struct kd_btf *btf, struct kd_error *err)
{
	if (err->code == KD_ERROR_FAULT && !btf->why_lost)
		kd_btf_note_loss(
			btf, kd_error_create_fault_why(err->fault, err->address, err->physical, "%s", err->message));
	return err;
}

static struct kd_error *btf_use_table(struct kd_btf *btf);

struct kd_error *kd_btf_init(struct kd_btf *btf, struct kd_section *section, struct kd_btf *base, kd_vaddr kernel)
{
	*btf = (struct kd_btf){ .section = *section, .base = base, .kernel = kernel };
	*section = (struct kd_section){};
	for (uint32_t kind = 1; kind < KD_ARRAY_NR(known_kinds); kind++) {
		btf->first_len[kind] = known_kinds[kind].first_len;
		btf->element_len[kind] = known_kinds[kind].element_len;
		btf->kind_known[kind] = true;
	}
	struct kd_error *err = kd_btf_read_header(btf);
	if (!err) {
		/* Virtual size only: the pages of this table are used as the walk goes on. */
		btf->offsets = calloc(btf->type_len / KD_BTF_RECORD_LEN + 1, sizeof(*btf->offsets));
		if (!btf->offsets)
			err = &kd_error_nomem;
	}
	/* Modules have few types: their tables are needed only to get past a hole. */
	if (!err && !base)
		err = btf_use_table(btf);
	if (err)
		kd_btf_deinit(btf);
	return err;
}

void kd_btf_deinit(struct kd_btf *btf)
{
	kd_section_deinit(&btf->section);
	kd_error_destroy(btf->why_lost);
	free(btf->offsets);
	for (int group = 0; group < KD_BTF_GROUP_NR; group++)
		kd_index_deinit(&btf->names[group]);
	kd_index_deinit(&btf->enumerators);
	*btf = (struct kd_btf){};
}

struct kd_error *kd_btf_decode(struct kd_btf *btf, uint32_t number, uint32_t offset, struct kd_btf_record *ret,
			       uint32_t *ret_next)
{
	if (offset > btf->type_len || btf->type_len - offset < KD_BTF_RECORD_LEN)
		return kd_btf_error(btf, "a type is cut off at the end of its section");
	struct kd_error *err = kd_btf_need(btf, btf->type_offset + offset, KD_BTF_RECORD_LEN);
	if (err)
		return err;
	const uint8_t *bytes = btf->section.data + btf->type_offset + offset;
	uint32_t info = kd_btf_u32(btf, bytes + 4);
	struct kd_btf_record record = {
		.number = number,
		.kind = info >> 24 & 0x7f,
		.name = kd_btf_u32(btf, bytes),
		.element_nr = info & 0xffffff,
		.flag = info >> 31,
		.size_or_type = kd_btf_u32(btf, bytes + 8),
		.extra = bytes + KD_BTF_RECORD_LEN,
	};
	record.element_len = btf->element_len[record.kind];
	/* Both factors are small: 24 and 8 bits. */
	uint32_t extra_len = btf->first_len[record.kind];
	if (record.element_len)
		extra_len += record.element_nr * record.element_len;
	if (extra_len > btf->type_len - offset - KD_BTF_RECORD_LEN)
		return kd_btf_error(btf, "a type is cut off at the end of its section");
	record.extra_len = extra_len;
	*ret_next = offset + KD_BTF_RECORD_LEN + extra_len;
	*ret = record;
	return NULL;
}

/** Where the kernel's table says that a record is. */
static struct kd_error *btf_table_offset(struct kd_btf *btf, uint32_t number, uint32_t *ret)
{
	uint64_t address, entry = (uint64_t)number + !btf->base; /* the base's first is void */
	struct kd_error *err = kd_memory_read_u64(btf->section.memory, btf->table + 8 * entry, &address);
	if (err)
		return err;
	uint64_t offset = address - btf->section.start - btf->type_offset;
	if (offset >= btf->type_len || offset % 4)
		return kd_btf_error(btf, "the kernel's table of types points outside the types");
	*ret = offset;
	return NULL;
}

/** Whether the table says that a record does not lie there. */
static bool btf_is_elsewhere(struct kd_btf *btf, uint32_t number, uint32_t offset)
{
	uint32_t told;
	if (!btf->table || number >= btf->table_nr)
		return false;
	KD_DROP_ERROR struct kd_error *err = btf_table_offset(btf, number, &told);
	return !err && told != offset;
}

static void btf_forget_from(struct kd_btf *btf, uint32_t number)
{
	btf->walked_nr = number;
	for (int group = 0; group < KD_BTF_GROUP_NR; group++)
		btf->named_nr[group] = kd_min(btf->named_nr[group], number);
	btf->enumerators_nr = kd_min(btf->enumerators_nr, number);
}

static struct kd_error *btf_end_walk(struct kd_btf *btf)
{
	btf->walked_end = btf->type_len;
	return NULL;
}

static struct kd_error *btf_skip_without_table(struct kd_btf *btf)
{
	uint32_t number, offset;
	struct kd_error *err = kd_btf_find_behind(btf, &number, &offset);
	if (err)
		return err;
	btf->cut = number == KD_INDEX_NONE;
	if (btf->cut)
		return btf_end_walk(btf);
	if (number < btf->walked_nr)
		btf_forget_from(btf, number);
	while (btf->walked_nr < number)
		btf->offsets[btf->walked_nr++] = KD_BTF_LOST;
	btf->walked_end = offset;
	return NULL;
}

/** What lies at walked_end cannot be read, or makes no sense: go on with the next that does, which the table finds. */
static struct kd_error *btf_skip(struct kd_btf *btf)
{
	if (btf->base && !btf->table) {
		struct kd_error *err = btf_use_table(btf);
		btf->kernel = 0;
		if (err)
			return err;
	}
	/* Damage shows late: back to the last record that is where the table says. */
	uint32_t good = btf->walked_nr;
	while (good && btf->offsets[good - 1] != KD_BTF_LOST &&
	       btf_is_elsewhere(btf, good - 1, btf->offsets[good - 1])) {
		good--;
		/* One that sends us back again and again is what is damaged. */
		if (++btf->steps_back > btf->type_len / KD_BTF_RECORD_LEN)
			btf->table = 0;
	}
	if (good < btf->walked_nr)
		btf_forget_from(btf, good);

	for (; btf->table && btf->walked_nr < btf->table_nr; btf->offsets[btf->walked_nr++] = KD_BTF_LOST) {
		struct kd_btf_record record;
		uint32_t offset = 0, next;
		struct kd_error *err = btf_table_offset(btf, btf->walked_nr, &offset)
					       ?: kd_btf_decode(btf, btf->walked_nr, offset, &record, &next);
		btf->walked_end = offset;
		if (!kd_btf_is_loss(err))
			return err;
		kd_error_destroy(err);
	}
	return btf->table ? btf_end_walk(btf) : btf_skip_without_table(btf);
}

/** Walk one record further; the caller has checked that there is one. */
static struct kd_error *btf_walk(struct kd_btf *btf)
{
	struct kd_btf_record record;
	uint32_t next;
	struct kd_error *err = kd_btf_decode(btf, btf->walked_nr, btf->walked_end, &record, &next);
	if (!err && !btf->kind_known[record.kind]) {
		/* Nobody says how long it is: what lies behind it is out of reach, what came before is not. */
		if (!btf_is_elsewhere(btf, btf->walked_nr, btf->walked_end))
			btf->offsets[btf->walked_nr++] = btf->walked_end;
		err = kd_error_create(KD_ERROR_FORMAT, "BTF at 0x%llx: a type of unknown kind %u",
				      (unsigned long long)btf->section.start, record.kind);
	} else if (!err && !btf->base && record.name >= btf->string_len &&
		   btf_is_elsewhere(btf, btf->walked_nr, btf->walked_end)) {
		err = kd_btf_error(btf, "a name lies outside the strings");
	}
	if (!err) {
		btf->offsets[btf->walked_nr++] = btf->walked_end;
		btf->walked_end = next;
		return NULL;
	}
	if (!kd_btf_is_loss(err))
		return err;
	kd_btf_note_loss(btf, err);
	return btf_skip(btf);
}

static bool btf_walked_all(const struct kd_btf *btf)
{
	return btf->walked_end >= btf->type_len;
}

/**
 * How many records the table has, if it is one of this section: its first entry is our first record, and the last one
 * ends where our types end. Where that cannot be read, a sample must rise; then the count may be one too small.
 */
static struct kd_error *btf_check_table(struct kd_btf *btf, uint32_t nr, uint32_t *ret)
{
	struct kd_btf_record record;
	uint32_t offset, next = 0, last = 0;
	*ret = 0;
	struct kd_error *err = btf_table_offset(btf, 0, &offset);
	if (!err && offset)
		return NULL;
	bool unknown = err && err->code == KD_ERROR_FAULT;
	if (err && !unknown && err->code != KD_ERROR_FORMAT)
		return err;
	bool wrong = err && !unknown;
	kd_error_destroy(err);
	for (uint32_t number = nr - 2; !wrong && number < nr; number++) {
		err = btf_table_offset(btf, number, &offset) ?: kd_btf_decode(btf, number, offset, &record, &next);
		if (!err && next == btf->type_len) {
			*ret = number + 1;
			return NULL;
		}
		if (err && err->code == KD_ERROR_NOMEM)
			return err;
		unknown |= err && err->code == KD_ERROR_FAULT;
		kd_error_destroy(err);
	}
	enum { SAMPLES = 16 };
	for (uint32_t i = 0; !wrong && unknown && i < SAMPLES; i++) {
		err = btf_table_offset(btf, (uint64_t)(nr - 1) * i / SAMPLES, &offset);
		wrong = err ? err->code != KD_ERROR_FAULT : offset < last;
		last = err ? last : offset;
		if (err && err->code == KD_ERROR_NOMEM)
			return err;
		kd_error_destroy(err);
	}
	/* last: at least one was there to be looked at */
	*ret = !wrong && unknown && last ? nr - !btf->base : 0;
	return NULL;
}

/** Use the kernel's own parsed BTF to find records by number without walking to them. */
static struct kd_error *btf_use_table(struct kd_btf *btf)
{
	struct kd_btf_kernel kernel;
	struct kd_error *err = kd_btf_read_kernel(btf, &kernel);
	if (err || !kernel.found || kernel.nr < 2 || kernel.nr > btf->type_len / KD_BTF_RECORD_LEN + 1)
		return err;
	/* Its header is a copy of ours, where ours can be read. */
	if (btf->section.present[0] && memcmp(kernel.header, btf->section.data, 24))
		return NULL;
	btf->table = kernel.table;
	err = btf_check_table(btf, kernel.nr, &btf->table_nr);
	if (err || !btf->table_nr)
		btf->table = 0;
	return err;
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
		if (base->cut)
			return kd_error_create(
				KD_ERROR_FORMAT,
				"BTF at 0x%llx: its types cannot be numbered, since those of its base cannot: %s",
				(unsigned long long)btf->section.start, base->why_lost->message);
		start_id += nr;
	}
	*ret = start_id;
	return NULL;
}

/** That a record is lost, and why: the first loss speaks for all. */
static struct kd_error *btf_lost(const struct kd_btf *btf, uint32_t number)
{
	const struct kd_error *why = btf->why_lost;
	const char *message = why ? why->message : "out of memory";
	if (why && why->code == KD_ERROR_FAULT)
		return kd_error_create_fault_why(why->fault, why->address, why->physical, "BTF type %u is lost: %s",
						 number, message);
	return kd_error_create(KD_ERROR_FORMAT, "BTF type %u is lost: %s", number, message);
}

struct kd_error *kd_btf_record_if(struct kd_btf *btf, uint32_t number, struct kd_btf_record *ret, bool *ret_found)
{
	uint32_t offset = KD_BTF_LOST, next;
	struct kd_error *err;

	*ret_found = false;
	/* A scan asks for one after the other: that is a walk, and needs no table. */
	if (number > btf->walked_nr && btf->table) {
		if (number >= btf->table_nr)
			return NULL;
		err = btf_table_offset(btf, number, &offset);
		if (err && !kd_error_catch(&err, KD_ERROR_FAULT))
			return err;
	}
	if (offset == KD_BTF_LOST) {
		while (number >= btf->walked_nr) {
			if (btf_walked_all(btf))
				return NULL;
			err = btf_walk(btf);
			if (err)
				return err;
		}
		offset = btf->offsets[number];
		if (offset == KD_BTF_LOST)
			return btf_lost(btf, number);
	}

	struct kd_btf_record record;
	err = kd_btf_decode(btf, number, offset, &record, &next);
	if (err)
		return err;
	err = kd_btf_need(btf, btf->type_offset + offset, KD_BTF_RECORD_LEN + record.extra_len);
	/* Of a struct some members may be there: who reads them looks (kd_btf_need_extra()). */
	if (err &&
	    !((record.kind == KD_BTF_STRUCT || record.kind == KD_BTF_UNION) && kd_error_catch(&err, KD_ERROR_FAULT)))
		return err;
	*ret = record;
	*ret_found = true;
	return NULL;
}

struct kd_error *kd_btf_next(struct kd_btf *btf, uint32_t *number, struct kd_btf_record *ret, bool *ret_found)
{
	for (;; ++*number) {
		while (*number < btf->walked_nr && btf->offsets[*number] == KD_BTF_LOST)
			++*number;
		struct kd_error *err = kd_btf_record_if(btf, *number, ret, ret_found);
		if (!kd_btf_is_loss(err))
			return err;
		kd_btf_note_loss(btf, err);
	}
}

struct kd_error *kd_btf_record(struct kd_btf *btf, uint32_t number, struct kd_btf_record *ret)
{
	bool found;
	struct kd_error *err = kd_btf_record_if(btf, number, ret, &found);
	if (err || found)
		return err;
	if (btf->cut)
		return btf_lost(btf, number);
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
		return kd_btf_error(btf, "a name lies outside the strings");

	/* Up to the end of the page first, then page by page until the NUL is met. */
	size_t start = btf->string_offset + offset, end = (size_t)btf->string_offset + btf->string_len,
	       position = start;
	while (position < end) {
		size_t in_page = KD_PAGE_LEN_MIN - (btf->section.start + position) % KD_PAGE_LEN_MIN;
		size_t len = kd_min(in_page, end - position);
		struct kd_error *err = kd_btf_need(btf, position, len);
		if (err)
			return err;
		if (memchr(btf->section.data + position, 0, len)) {
			*ret = (const char *)btf->section.data + start;
			return NULL;
		}
		position += len;
	}
	return kd_btf_error(btf, "the last name has no end");
}
