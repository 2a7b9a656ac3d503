/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types made from BTF records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "types/private.h"

/* In records[]: this type is being made right now, so whoever asks for it has come round in a circle. */
#define BUSY ((struct kd_type_record *)1)

struct kd_error *kd_btf_source_create(struct kd_types *types, const char *module, struct kd_section *section,
				      struct kd_btf_source *base, kd_vaddr table, struct kd_btf_source **ret)
{
	struct kd_btf_source *source = calloc(1, sizeof(*source));
	if (!source) {
		kd_section_deinit(section);
		return &kd_error_nomem;
	}
	source->source =
		(struct kd_type_source){ .types = types, .fill = kd_btf_source_fill, .missing = kd_btf_source_missing };
	source->base = base;
	source->enum_signs = -1;
	struct kd_error *err = kd_btf_init(&source->btf, section, base ? &base->btf : NULL, table);
	if (!err) {
		/* As the table of offsets: virtual size, used as types are made. */
		source->records = calloc(source->btf.type_len / 12 + 1, sizeof(*source->records));
		if (module)
			source->source.module = kd_arena_copy(&types->arena, module, strlen(module));
		if (!source->records || (module && !source->source.module))
			err = &kd_error_nomem;
	}
	if (err) {
		kd_btf_source_destroy(source);
		return err;
	}
	*ret = source;
	return NULL;
}

void kd_btf_source_destroy(struct kd_btf_source *source)
{
	if (!source)
		return;
	kd_btf_deinit(&source->btf);
	free(source->records);
	free(source);
}

bool kd_btf_incomplete(const struct kd_btf_record *record)
{
	return record->kind == KD_BTF_FWD || (record->kind == KD_BTF_ENUM && !record->element_nr);
}

bool kd_btf_kind_matches(const struct kd_btf_record *record, enum kd_kind kind)
{
	switch (record->kind) {
	case KD_BTF_INT:
	case KD_BTF_FLOAT:
		return kind == KD_INT || (kind == KD_FLOAT && record->kind == KD_BTF_FLOAT);
	case KD_BTF_STRUCT:
		return kind == KD_STRUCT;
	case KD_BTF_UNION:
		return kind == KD_UNION;
	case KD_BTF_FWD:
		return kind == (record->flag ? KD_UNION : KD_STRUCT);
	case KD_BTF_ENUM:
	case KD_BTF_ENUM64:
		return kind == KD_ENUM;
	case KD_BTF_TYPEDEF:
		return kind == KD_TYPEDEF;
	case KD_BTF_FUNC:
		return kind == KD_FUNCTION;
	default:
		return false;
	}
}

struct kd_error *kd_btf_source_start_id(struct kd_btf_source *source, uint32_t *ret)
{
	if (!source->start_id) {
		struct kd_error *err = kd_btf_start_id(&source->btf, &source->start_id);
		if (err)
			return err;
	}
	*ret = source->start_id;
	return NULL;
}

static struct kd_error *record_name(struct kd_btf_source *source, const struct kd_btf_record *record, const char **ret)
{
	const char *name = NULL;
	if (record->name) {
		struct kd_error *err = kd_btf_string(&source->btf, record->name, &name);
		if (err)
			return err;
	}
	*ret = name && *name ? name : NULL;
	return NULL;
}

static struct kd_error *unknown(struct kd_btf_source *source, uint32_t id, const char *what, const struct kd_type **ret)
{
	char why[160];
	struct kd_btf_source *lossy = source;
	while (lossy && !lossy->btf.why_lost)
		lossy = lossy->base;
	snprintf(why, sizeof(why), "<BTF type %u: %.120s>", id, what);
	return kd_types_unknown(source->source.types, lossy ? &lossy->source : NULL, why, ret);
}

/**
 * A type of a distilled base stands for the real base's of the same name (btf_relocate() of the kernel and libbpf): the
 * size must agree where the distilled one has it, which is where the module embeds the type.
 */
static struct kd_error *resolve_distilled(struct kd_btf_source *source, uint32_t id, const struct kd_type **ret)
{
	struct kd_types *types = source->source.types;
	struct kd_btf_source *real =
		types->sources.nr && !types->sources.data[0]->source.module ? types->sources.data[0] : NULL;
	struct kd_btf_record record, candidate;
	const char *name;
	struct kd_error *err = kd_btf_record(&source->btf, id - 1, &record);
	if (!err)
		err = record_name(source, &record, &name);
	if (err)
		return err;
	if (!real || !name)
		return unknown(source, id, "not a named type", ret);

	/* What may stand for what: a declaration for any tag, either size of enum for the other. */
	static const enum kd_kind kinds[] = { KD_STRUCT, KD_UNION, KD_ENUM, KD_INT };
	for (size_t i = 0; i < KD_ARRAY_NR(kinds); i++) {
		if (record.kind != KD_BTF_FWD && !kd_btf_kind_matches(&record, kinds[i]))
			continue;
		for (uint32_t number = 0;; number++) {
			err = kd_types_search(real, kinds[i], name, false, &number);
			if (err)
				return err;
			if (number == KD_INDEX_NONE)
				break;
			err = kd_btf_record(&real->btf, number, &candidate);
			if (err)
				return err;
			if (record.kind == KD_BTF_FWD || candidate.size_or_type == record.size_or_type ||
			    (!record.size_or_type && !kd_btf_incomplete(&candidate)))
				return kd_btf_source_type(real, number, ret);
		}
	}
	char what[100];
	snprintf(what, sizeof(what), "vmlinux has no such %.60s", name);
	return unknown(source, id, what, ret);
}

struct kd_error *kd_types_of_btf(struct kd_types *types, const struct kd_type *like, const struct kd_type **ret)
{
	*ret = NULL;
	for (uint32_t number = 0; types->sources.nr && like->name; number++) {
		const struct kd_type *type;
		struct kd_error *err = kd_types_search(types->sources.data[0], like->kind, like->name, true, &number);
		if (err || number == KD_INDEX_NONE)
			return err;
		err = kd_btf_source_type(types->sources.data[0], number, &type);
		if (err)
			return err;
		if (type->size == like->size) {
			*ret = type;
			return NULL;
		}
	}
	return NULL;
}

static struct kd_error *type_by_id(struct kd_btf_source *source, uint32_t id, const struct kd_type **ret)
{
	if (!id) {
		*ret = &source->source.types->base[KD_BASE_VOID]->type;
		return NULL;
	}
	uint32_t start_id;
	struct kd_error *err = kd_btf_source_start_id(source, &start_id);
	if (err)
		return err;
	if (id < start_id)
		return type_by_id(source->base, id, ret);
	if (source->distilled)
		return resolve_distilled(source, id, ret);
	return kd_btf_source_type(source, id - start_id, ret);
}

struct kd_error *kd_btf_source_referred(struct kd_btf_source *source, uint32_t id, const struct kd_type **ret)
{
	KD_DROP_ERROR struct kd_error *err = type_by_id(source, id, ret);
	if (!err)
		return NULL;
	if (err->code == KD_ERROR_NOMEM)
		return kd_move_ptr(err);
	return unknown(source, id, err->message ? err->message : "unreadable", ret);
}

/** "signed char" is there to tell whether whoever made the BTF recorded what is signed: pahole did not before v1.22. */
static struct kd_error *signs_of_chars_known(struct kd_btf_source *source, bool *ret)
{
	uint32_t number = 0;
	struct kd_btf_record record;
	struct kd_error *err = kd_btf_find(&source->btf, KD_BTF_TYPES, "signed char", &number);
	if (err)
		return err;
	*ret = false;
	if (number == KD_INDEX_NONE)
		return NULL;
	err = kd_btf_record(&source->btf, number, &record);
	if (!err)
		*ret = record.kind == KD_BTF_INT && (kd_btf_int_bits(&source->btf, &record).encoding & 1);
	return err;
}

static struct kd_error *make_int(struct kd_btf_source *source, const struct kd_btf_record *record, const char *name,
				 struct kd_type *type)
{
	struct kd_types *types = source->source.types;
	struct kd_btf_int_bits bits = kd_btf_int_bits(&source->btf, record);
	enum kd_base_type base = name ? kd_base_type_named(name) : KD_BASE_NR;

	if (base != KD_BASE_NR) {
		/* Sizes and signs of the others follow from their names. Plain char: unsigned since Linux 6.2
		 * (3bc753c06dd0 "kbuild: treat char as always unsigned"), signed before. */
		if (base == KD_BASE_CHAR && !source->source.module && !(bits.encoding & 1)) {
			bool known;
			struct kd_error *err = signs_of_chars_known(source, &known);
			if (err)
				return err;
			if (known)
				types->base[KD_BASE_CHAR]->type.flags &= ~KD_TYPE_SIGNED;
		}
		const struct kd_type *builtin = &types->base[base]->type;
		if (builtin->size == record->size_or_type && bits.bits == builtin->size * 8 && !bits.offset) {
			*type = *builtin;
			return NULL;
		}
	}
	type->kind = KD_INT;
	type->size = kd_min(record->size_or_type, 64);
	if (bits.encoding & 1)
		type->flags |= KD_TYPE_SIGNED;
	if (bits.encoding & 2)
		type->flags |= KD_TYPE_CHAR;
	if (bits.encoding & 4)
		type->flags |= KD_TYPE_BOOL;
	return NULL;
}

/**
 * Does the flag of an ENUM say whether it is signed? Since pahole 1.24 (2022); before, no enum has the flag. So the
 * first one that has it settles the question, and a walk over all types if there is none.
 */
static struct kd_error *enum_signs_known(struct kd_btf_source *source, bool *ret)
{
	struct kd_btf_record record;
	bool found = true;
	for (uint32_t number = 0; source->enum_signs < 0; number++) {
		struct kd_error *err = kd_btf_next(&source->btf, &number, &record, &found);
		if (err)
			return err;
		if (!found)
			source->enum_signs = 0;
		else if (record.kind == KD_BTF_ENUM64 || (record.kind == KD_BTF_ENUM && record.flag))
			source->enum_signs = 1;
	}
	*ret = source->enum_signs;
	return NULL;
}

static struct kd_error *enum_is_signed(struct kd_btf_source *source, const struct kd_btf_record *record, bool *ret)
{
	*ret = record->flag;
	if (record->flag || record->kind == KD_BTF_ENUM64)
		return NULL;
	/* A heuristic for BTF without signs: small negative numbers are meant as such, other high bits as flags. */
	bool small = false, known;
	for (uint32_t i = 0; i < record->element_nr; i++) {
		int32_t value = kd_btf_u32(&source->btf, record->extra + i * record->element_len + 4);
		small = small || (value < 0 && value >= -65536);
	}
	if (!small)
		return NULL;
	struct kd_btf_source *oldest = source->base && !source->base->distilled ? source->base : source;
	struct kd_error *err = enum_signs_known(oldest, &known);
	if (!err)
		*ret = !known;
	return err;
}

static struct kd_error *make_enum(struct kd_btf_source *source, const struct kd_btf_record *record,
				  struct kd_type *type)
{
	bool is_signed;
	struct kd_error *err = enum_is_signed(source, record, &is_signed);
	if (err)
		return err;
	type->kind = KD_ENUM;
	type->flags = (is_signed ? KD_TYPE_SIGNED : 0) | (record->element_nr ? 0 : KD_TYPE_INCOMPLETE);
	type->size = record->element_nr ? kd_min(record->size_or_type, 8) : 0;
	for (int base = KD_BASE_SCHAR; base <= KD_BASE_ULONG; base++) {
		const struct kd_type *integer = &source->source.types->base[base]->type;
		if (integer->size == type->size && !(integer->flags & KD_TYPE_SIGNED) == !is_signed)
			type->target = integer;
	}
	return NULL;
}

/** Types that are nothing but made from another. */
static struct kd_error *make_derived(struct kd_btf_source *source, const struct kd_btf_record *record,
				     const struct kd_type **ret)
{
	struct kd_types *types = source->source.types;
	const struct kd_type *target;
	bool is_array = record->kind == KD_BTF_ARRAY;
	struct kd_error *err = kd_btf_source_referred(
		source, is_array ? kd_btf_u32(&source->btf, record->extra) : record->size_or_type, &target);
	if (err)
		return err;
	switch (record->kind) {
	case KD_BTF_PTR:
		return kd_types_pointer_to(types, target, ret);
	case KD_BTF_ARRAY:
		return kd_types_array_of(types, target, kd_btf_u32(&source->btf, record->extra + 8), ret);
	case KD_BTF_CONST:
		return kd_types_qualify(types, target, KD_TYPE_CONST, ret);
	case KD_BTF_VOLATILE:
		return kd_types_qualify(types, target, KD_TYPE_VOLATILE, ret);
	case KD_BTF_RESTRICT:
		return kd_types_qualify(types, target, KD_TYPE_RESTRICT, ret);
	default: /* FUNC, VAR: the type of a symbol; TYPE_TAG: an attribute such as __user, transparent */
		*ret = target;
		return NULL;
	}
}

static struct kd_error *make(struct kd_btf_source *source, const struct kd_btf_record *record,
			     const struct kd_type **ret)
{
	struct kd_types *types = source->source.types;
	struct kd_type type = { .source = &source->source, .id = source->start_id + record->number };
	struct kd_error *err = NULL;

	switch (record->kind) {
	case KD_BTF_PTR:
	case KD_BTF_ARRAY:
	case KD_BTF_CONST:
	case KD_BTF_VOLATILE:
	case KD_BTF_RESTRICT:
	case KD_BTF_TYPE_TAG:
	case KD_BTF_FUNC:
	case KD_BTF_VAR:
		return make_derived(source, record, ret);
	case KD_BTF_FUNC_PROTO:
		type.kind = KD_FUNCTION;
		err = kd_btf_source_referred(source, record->size_or_type, &type.target);
		/* A last parameter of neither name nor type is the "…". */
		if (!err && record->element_nr) {
			const uint8_t *last = record->extra + (record->element_nr - 1) * record->element_len;
			if (!kd_btf_u32(&source->btf, last) && !kd_btf_u32(&source->btf, last + 4))
				type.flags = KD_TYPE_VARIADIC;
		}
		break;
	default:
		err = record_name(source, record, &type.name);
		if (err)
			return err;
		switch (record->kind) {
		case KD_BTF_INT:
			err = make_int(source, record, type.name, &type);
			if (!err && type.source == &types->own) {
				*ret = &types->base[kd_base_type_named(type.name)]->type;
				return NULL;
			}
			break;
		case KD_BTF_FLOAT: {
			enum kd_base_type base = type.name ? kd_base_type_named(type.name) : KD_BASE_NR;
			if (base != KD_BASE_NR && types->base[base]->type.size == record->size_or_type) {
				*ret = &types->base[base]->type;
				return NULL;
			}
			type.kind = KD_FLOAT;
			type.size = kd_min(record->size_or_type, 64);
			break;
		}
		case KD_BTF_ENUM:
		case KD_BTF_ENUM64:
			err = make_enum(source, record, &type);
			break;
		case KD_BTF_STRUCT:
		case KD_BTF_UNION:
			type.kind = record->kind == KD_BTF_STRUCT ? KD_STRUCT : KD_UNION;
			type.size = record->size_or_type;
			break;
		case KD_BTF_FWD:
			type.kind = record->flag ? KD_UNION : KD_STRUCT;
			type.flags = KD_TYPE_INCOMPLETE;
			break;
		case KD_BTF_TYPEDEF:
			type.kind = KD_TYPEDEF;
			err = kd_btf_source_referred(source, record->size_or_type, &type.target);
			if (!err)
				type.size = type.target->size;
			break;
		case KD_BTF_DATASEC:
		case KD_BTF_DECL_TAG:
			return kd_error_create(KD_ERROR_FORMAT, "type %u is not a type", type.id);
		default:
			return kd_error_create(KD_ERROR_FORMAT, "type %u is of unknown kind %u", type.id, record->kind);
		}
	}
	bool has_tag =
		type.kind == KD_STRUCT || type.kind == KD_UNION || type.kind == KD_ENUM || type.kind == KD_TYPEDEF;
	if (!err && source->aside && has_tag && !(type.flags & KD_TYPE_INCOMPLETE)) {
		err = kd_types_of_btf(types, &type, ret);
		if (!err && *ret)
			return NULL;
	}
	if (err)
		return err;

	struct kd_type_record *made = kd_arena_alloc(&types->arena, sizeof(*made));
	if (!made)
		return &kd_error_nomem;
	made->type = type;
	*ret = &made->type;
	return NULL;
}

struct kd_error *kd_btf_source_type(struct kd_btf_source *source, uint32_t number, const struct kd_type **ret)
{
	struct kd_types *types = source->source.types;
	struct kd_btf_record record;
	uint32_t start_id;
	struct kd_error *err = kd_btf_source_start_id(source, &start_id);
	if (!err)
		err = kd_btf_record(&source->btf, number, &record);
	if (err)
		return err;

	struct kd_type_record **slot = &source->records[number];
	if (*slot == BUSY)
		return kd_error_create(KD_ERROR_FORMAT, "it is made of itself");
	if (!*slot) {
		if (types->depth >= KD_TYPE_DEPTH_MAX)
			return kd_error_create(KD_ERROR_LIMIT, "types nest too deep");
		const struct kd_type *type;
		*slot = BUSY;
		types->depth++;
		err = make(source, &record, &type);
		types->depth--;
		*slot = err ? NULL : kd_type_record(type);
		if (err)
			return err;
	}
	*ret = &(*slot)->type;
	return NULL;
}
