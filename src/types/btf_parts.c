/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a type of a BTF consists of: members, enumerators, parameters. */
#include <stdio.h>

#include "base/cleanup.h"
#include "types/private.h"

/** If the member is a bit field of the old kind, take its place from its INT. */
static struct kd_error *old_bit_field(struct kd_btf_source *source, uint32_t id, struct kd_member *member)
{
	for (int depth = 0; depth < KD_TYPE_DEPTH_MAX; depth++) {
		uint32_t start_id;
		struct kd_error *err = kd_btf_source_start_id(source, &start_id);
		if (err)
			return err;
		if (!id)
			return NULL;
		if (id < start_id) {
			source = source->base;
			if (source->distilled)
				return NULL;
			continue;
		}
		struct kd_btf_record record;
		err = kd_btf_record(&source->btf, id - start_id, &record);
		if (err)
			return err;
		switch (record.kind) {
		case KD_BTF_TYPEDEF:
		case KD_BTF_CONST:
		case KD_BTF_VOLATILE:
		case KD_BTF_RESTRICT:
		case KD_BTF_TYPE_TAG:
			id = record.size_or_type;
			continue;
		case KD_BTF_INT: {
			struct kd_btf_int_bits bits = kd_btf_int_bits(&source->btf, &record);
			if (bits.offset || bits.bits != record.size_or_type * 8) {
				member->bit_offset += bits.offset;
				member->bit_size = bits.bits;
			}
			return NULL;
		}
		default:
			return NULL;
		}
	}
	return NULL;
}

/** Name of a member, value or parameter; where that one cannot be read, the others still can. */
static struct kd_error *name_of_part(struct kd_btf_source *source, uint32_t offset, const char **ret, bool *ret_lost)
{
	struct kd_error *err = offset ? kd_btf_string(&source->btf, offset, ret) : NULL;
	if (!kd_btf_is_loss(err))
		return err;
	kd_btf_note_loss(&source->btf, err);
	*ret = "(name is lost)";
	*ret_lost = true;
	return NULL;
}

struct kd_error *kd_btf_source_missing(const struct kd_type_record *record, const struct kd_type *outer,
				       const char *name, size_t name_len)
{
	struct kd_btf *btf = &kd_btf_source_of(&record->type)->btf;
	enum kd_btf_absence absence;
	struct kd_error *err =
		kd_btf_absence(btf, name, name_len, record->lacks_members, record->lacks_names, &absence);
	if (err || absence == KD_BTF_NONE)
		return err;
	KD_FREE char *type = kd_type_spell(outer), *message = NULL;
	if (!type)
		return &kd_error_nomem;
	if (asprintf(&message, "%s has no member %.*s that can be read, but some of it is lost: %s", type,
		     (int)name_len, name, btf->why_lost->message) < 0) {
		message = NULL;
		return &kd_error_nomem;
	}
	return kd_btf_absence_error(btf, absence, message);
}

static struct kd_error *fill_members(struct kd_btf_source *source, const struct kd_btf_record *record,
				     struct kd_type_record *type)
{
	struct kd_member *members = kd_arena_alloc(&source->source.types->arena, record->element_nr * sizeof(*members));
	if (!members)
		return &kd_error_nomem;
	type->nr = 0;
	for (uint32_t i = 0; i < record->element_nr; i++) {
		struct kd_error *lost =
			kd_btf_need_extra(&source->btf, record, i * record->element_len, record->element_len);
		if (kd_error_catch(&lost, KD_ERROR_FAULT)) {
			type->lacks_members = true;
			continue;
		}
		if (lost)
			return lost;
		const uint8_t *words = record->extra + i * record->element_len;
		struct kd_member *member = &members[type->nr++];
		uint32_t name = kd_btf_u32(&source->btf, words), id = kd_btf_u32(&source->btf, words + 4),
			 offset = kd_btf_u32(&source->btf, words + 8);
		struct kd_error *err = kd_btf_source_referred(source, id, &member->type)
					       ?: name_of_part(source, name, &member->name, &type->lacks_names);
		if (err)
			return err;
		if (member->name && !*member->name)
			member->name = NULL;
		member->bit_offset = record->flag ? offset & 0xffffff : offset;
		member->bit_size = record->flag ? offset >> 24 : 0;
		if (!record->flag) {
			KD_DROP_ERROR struct kd_error *odd = old_bit_field(source, id, member);
			(void)odd; /* the member's type says it already */
		}
	}
	type->members = members;
	return NULL;
}

static struct kd_error *fill_enumerators(struct kd_btf_source *source, const struct kd_btf_record *record,
					 struct kd_type_record *type)
{
	struct kd_enumerator *values =
		kd_arena_alloc(&source->source.types->arena, record->element_nr * sizeof(*values));
	if (!values)
		return &kd_error_nomem;
	for (uint32_t i = 0; i < record->element_nr; i++) {
		const uint8_t *words = record->extra + i * record->element_len;
		struct kd_error *err =
			name_of_part(source, kd_btf_u32(&source->btf, words), &values[i].name, &type->lacks_names);
		if (err)
			return err;
		if (!values[i].name)
			values[i].name = "";
		uint32_t low = kd_btf_u32(&source->btf, words + 4);
		if (record->kind == KD_BTF_ENUM64)
			values[i].value = (uint64_t)kd_btf_u32(&source->btf, words + 8) << 32 | low;
		else
			values[i].value = type->type.flags & KD_TYPE_SIGNED ? (int32_t)low : (int64_t)low;
	}
	type->enumerators = values;
	return NULL;
}

static struct kd_error *fill_parameters(struct kd_btf_source *source, const struct kd_btf_record *record,
					struct kd_type_record *type)
{
	uint32_t nr = record->element_nr - !!(type->type.flags & KD_TYPE_VARIADIC);
	struct kd_parameter *parameters = kd_arena_alloc(&source->source.types->arena, nr * sizeof(*parameters));
	if (!parameters)
		return &kd_error_nomem;
	for (uint32_t i = 0; i < nr; i++) {
		const uint8_t *words = record->extra + i * record->element_len;
		struct kd_error *err =
			kd_btf_source_referred(source, kd_btf_u32(&source->btf, words + 4), &parameters[i].type)
				?: name_of_part(source, kd_btf_u32(&source->btf, words), &parameters[i].name,
						&type->lacks_names);
		if (err)
			return err;
	}
	type->parameters = parameters;
	type->nr = nr;
	return NULL;
}

struct kd_error *kd_btf_source_fill(struct kd_type_record *type)
{
	struct kd_btf_source *source = kd_btf_source_of(&type->type);
	struct kd_btf_record record;
	if (type->type.flags & KD_TYPE_INCOMPLETE)
		return kd_btf_absence_error(&source->btf, KD_BTF_LOST_RECORD, type->type.name);
	struct kd_error *err = kd_btf_record(&source->btf, type->type.id - source->start_id, &record);
	if (err)
		return err;
	type->nr = record.element_nr;
	switch (type->type.kind) {
	case KD_STRUCT:
	case KD_UNION:
		err = fill_members(source, &record, type);
		break;
	case KD_ENUM:
		err = fill_enumerators(source, &record, type);
		break;
	default:
		err = fill_parameters(source, &record, type);
		break;
	}
	type->filled = !err;
	return err;
}
