/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types made from DIEs. */
#include "types/dwarf_source.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "types/private.h"

/* In made[]: this type is being made right now, so whoever asks for it has come round in a circle. */
#define BUSY ((const struct kd_type *)1)

struct made {
	Dwarf_Off die;
	const struct kd_type *type;
};
KD_VECTOR(made_vector, struct made);

struct kd_dwarf_source {
	struct kd_type_source source;
	struct kd_dwarf *dwarf;
	struct made_vector made;
	struct kd_index made_index; /* hash of the DIE's offset -> number in made */
};

/** Plain char is signed or not as the compiler was told; where there is BTF, it is asked. */
static struct kd_error *settle_char(struct kd_dwarf_source *source)
{
	struct kd_types *types = source->source.types;
	uint32_t number = 0;
	struct kd_error *err = kd_dwarf_find(source->dwarf, DW_TAG_base_type, "char", &number);
	if (err || number == KD_INDEX_NONE)
		return err;
	const struct kd_dwarf_entry *entries;
	uint32_t nr;
	Dwarf_Die die;
	uint64_t encoding;
	err = kd_dwarf_entries(source->dwarf, &entries, &nr);
	if (!err && dwarf_offdie(kd_dwarf_handle(source->dwarf), entries[number].die, &die) &&
	    kd_dwarf_number(&die, DW_AT_encoding, &encoding) && encoding == DW_ATE_unsigned_char)
		types->base[KD_BASE_CHAR]->type.flags &= ~KD_TYPE_SIGNED;
	return err;
}

struct kd_error *kd_dwarf_source_create(struct kd_types *types, struct kd_dwarf *dwarf, struct kd_dwarf_source **ret)
{
	struct kd_dwarf_source *source = calloc(1, sizeof(*source));
	if (!source)
		return &kd_error_nomem;
	source->source = (struct kd_type_source){ .types = types, .fill = kd_dwarf_source_fill };
	source->dwarf = dwarf;
	struct kd_error *err = types->sources.nr ? NULL : settle_char(source);
	if (err) {
		kd_dwarf_source_destroy(source);
		return err;
	}
	*ret = source;
	return NULL;
}

void kd_dwarf_source_destroy(struct kd_dwarf_source *source)
{
	if (!source)
		return;
	made_vector_deinit(&source->made);
	kd_index_deinit(&source->made_index);
	free(source);
}

void kd_dwarf_sources_deinit(struct kd_dwarf_source_vector *sources)
{
	for (size_t i = 0; i < sources->nr; i++)
		kd_dwarf_source_destroy(sources->data[i]);
	kd_dwarf_source_vector_deinit(sources);
}

struct kd_dwarf *kd_dwarf_source_dwarf(struct kd_dwarf_source *source)
{
	return source->dwarf;
}

static struct made *find_made(struct kd_dwarf_source *source, Dwarf_Off die)
{
	uint32_t hash = kd_hash_u64(die), position = hash, number;
	while ((number = kd_index_next(&source->made_index, hash, &position)) != KD_INDEX_NONE)
		if (source->made.data[number].die == die)
			return &source->made.data[number];
	return NULL;
}

/** Remember what a DIE's type is; NULL: that it could not be made. */
static struct kd_error *remember(struct kd_dwarf_source *source, Dwarf_Off die, const struct kd_type *type)
{
	struct made *made = find_made(source, die);
	if (made) {
		made->type = type;
		return NULL;
	}
	if (!made_vector_append(&source->made, (struct made){ die, type }) ||
	    !kd_index_add(&source->made_index, kd_hash_u64(die), source->made.nr - 1))
		return &kd_error_nomem;
	return NULL;
}

static bool has_flag(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	bool flag;
	return dwarf_attr(die, name, &attribute) && !dwarf_formflag(&attribute, &flag) && flag;
}

static struct kd_error *make_base(struct kd_dwarf_source *source, Dwarf_Die *die, struct kd_type *type)
{
	enum kd_base_type base = type->name ? kd_base_type_named(type->name) : KD_BASE_NR;
	uint64_t encoding = 0;
	type->kind = KD_INT;
	type->size = kd_min(type->size, 64);
	if (base != KD_BASE_NR && source->source.types->base[base]->type.size == type->size) {
		*type = source->source.types->base[base]->type;
		return NULL;
	}
	kd_dwarf_number(die, DW_AT_encoding, &encoding);
	switch (encoding) {
	case DW_ATE_signed_char:
		type->flags = KD_TYPE_CHAR | KD_TYPE_SIGNED;
		break;
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
		type->flags = KD_TYPE_CHAR;
		break;
	case DW_ATE_boolean:
		type->flags = KD_TYPE_BOOL;
		break;
	case DW_ATE_signed:
		type->flags = KD_TYPE_SIGNED;
		break;
	case DW_ATE_float:
		type->kind = KD_FLOAT;
		break;
	}
	return NULL;
}

/** Signed is what has a type that says so or, of compilers that do not give one, a value below zero. */
static void make_enum(struct kd_dwarf_source *source, Dwarf_Die *die, struct kd_type *type)
{
	Dwarf_Die child, integer;
	Dwarf_Attribute attribute;
	bool is_signed = false;
	uint64_t encoding;
	type->kind = KD_ENUM;
	type->size = kd_min(type->size, 8);
	if (dwarf_attr(die, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, &integer) &&
	    !dwarf_peel_type(&integer, &integer) && kd_dwarf_number(&integer, DW_AT_encoding, &encoding))
		is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	for (int more = dwarf_child(die, &child); !is_signed && !more; more = dwarf_siblingof(&child, &child)) {
		Dwarf_Sword value;
		if (dwarf_attr(&child, DW_AT_const_value, &attribute) && dwarf_whatform(&attribute) == DW_FORM_sdata &&
		    !dwarf_formsdata(&attribute, &value))
			is_signed = value < 0;
	}
	type->flags |= is_signed ? KD_TYPE_SIGNED : 0;
	for (int base = KD_BASE_SCHAR; base <= KD_BASE_ULONG; base++) {
		const struct kd_type *candidate = &source->source.types->base[base]->type;
		if (candidate->size == type->size && !(candidate->flags & KD_TYPE_SIGNED) == !is_signed)
			type->target = candidate;
	}
}

/** The dimensions are the children, the first the outermost. */
static struct kd_error *make_array(struct kd_dwarf_source *source, Dwarf_Die *die, const struct kd_type **ret)
{
	enum { DIMENSION_MAX = 16 };
	uint64_t lengths[DIMENSION_MAX];
	size_t nr = 0;
	Dwarf_Die child;
	for (int more = dwarf_child(die, &child); !more; more = dwarf_siblingof(&child, &child)) {
		uint64_t length = 0, last;
		if (dwarf_tag(&child) != DW_TAG_subrange_type || nr == DIMENSION_MAX)
			continue;
		/* An upper bound of -1 is the array of no elements. */
		if (!kd_dwarf_number(&child, DW_AT_count, &length) && kd_dwarf_number(&child, DW_AT_upper_bound, &last))
			length = last == UINT32_MAX ? 0 : last + 1;
		lengths[nr++] = length;
	}
	const struct kd_type *type;
	struct kd_error *err = kd_dwarf_source_referred(source, die, &type);
	if (!nr)
		lengths[nr++] = 0;
	while (!err && nr)
		err = kd_types_array_of(source->source.types, type, lengths[--nr], &type);
	*ret = type;
	return err;
}

static struct kd_error *new_record(struct kd_dwarf_source *source, const struct kd_type *type,
				   const struct kd_type **ret)
{
	struct kd_type_record *record = kd_arena_alloc(&source->source.types->arena, sizeof(*record));
	if (!record)
		return &kd_error_nomem;
	record->type = *type;
	*ret = &record->type;
	return NULL;
}

static struct kd_error *make(struct kd_dwarf_source *source, Dwarf_Die *die, const struct kd_type **ret)
{
	struct kd_types *types = source->source.types;
	struct kd_type type = { .source = &source->source, .id = dwarf_dieoffset(die) };
	const struct kd_type *target;
	struct kd_error *err = NULL;
	int tag = dwarf_tag(die);

	switch (tag) {
	case DW_TAG_variable:
	case DW_TAG_formal_parameter:
	case DW_TAG_member:
	case DW_TAG_atomic_type:
		return kd_dwarf_source_referred(source, die, ret);
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		err = kd_dwarf_source_referred(source, die, &target);
		return err ? err : kd_types_pointer_to(types, target, ret);
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
		err = kd_dwarf_source_referred(source, die, &target);
		return err ? err
			   : kd_types_qualify(types, target,
					      tag == DW_TAG_const_type	    ? KD_TYPE_CONST
					      : tag == DW_TAG_volatile_type ? KD_TYPE_VOLATILE
									    : KD_TYPE_RESTRICT,
					      ret);
	case DW_TAG_array_type:
		return make_array(source, die, ret);
	}

	type.name = dwarf_diename(die);
	kd_dwarf_number(die, DW_AT_byte_size, &type.size);
	type.flags = has_flag(die, DW_AT_declaration) ? KD_TYPE_INCOMPLETE : 0;
	switch (tag) {
	case DW_TAG_base_type:
		err = make_base(source, die, &type);
		if (!err && type.source == &types->own) {
			*ret = &types->base[kd_base_type_named(type.name)]->type;
			return NULL;
		}
		break;
	case DW_TAG_unspecified_type:
		*ret = &types->base[KD_BASE_VOID]->type;
		return NULL;
	case DW_TAG_enumeration_type:
		make_enum(source, die, &type);
		break;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_variant_part:
		type.kind = KD_STRUCT;
		break;
	case DW_TAG_union_type:
		type.kind = KD_UNION;
		break;
	case DW_TAG_typedef:
		type.kind = KD_TYPEDEF;
		type.flags = 0;
		err = kd_dwarf_source_referred(source, die, &type.target);
		if (!err)
			type.size = type.target->size;
		break;
	case DW_TAG_subroutine_type:
	case DW_TAG_subprogram:
		type.kind = KD_FUNCTION;
		type.name = NULL;
		type.flags = 0;
		err = kd_dwarf_source_referred(source, die, &type.target);
		break;
	default:
		return kd_error_create(KD_ERROR_FORMAT, "DIE %#x is not a type", type.id);
	}
	if (!err &&
	    (type.kind == KD_STRUCT || type.kind == KD_UNION || type.kind == KD_ENUM || type.kind == KD_TYPEDEF) &&
	    !(type.flags & KD_TYPE_INCOMPLETE)) {
		err = kd_types_of_btf(types, &type, ret);
		if (!err && *ret)
			return NULL;
	}
	return err ? err : new_record(source, &type, ret);
}

/** The DIE that stands for all that are the same, and a definition for a declaration. */
static struct kd_error *canonical(struct kd_dwarf_source *source, Dwarf_Die *die, Dwarf_Off *ret)
{
	const struct kd_dwarf_entry *entries;
	uint32_t number, nr;
	*ret = dwarf_dieoffset(die);
	struct kd_error *err = kd_dwarf_entry_of(source->dwarf, die, &number);
	if (!err)
		err = kd_dwarf_entries(source->dwarf, &entries, &nr);
	if (err || number == KD_INDEX_NONE)
		return err;
	*ret = entries[number].die;
	if (!entries[number].declared)
		return NULL;
	const char *name = entries[number].name;
	uint16_t tag = entries[number].tag;
	for (number = 0; tag != DW_TAG_variable && tag != DW_TAG_subprogram; number++) {
		err = kd_dwarf_find(source->dwarf, tag, name, &number);
		if (err || number == KD_INDEX_NONE)
			return err;
		if (!entries[number].declared) {
			*ret = entries[number].die;
			return NULL;
		}
	}
	return NULL;
}

struct kd_error *kd_dwarf_source_type(struct kd_dwarf_source *source, Dwarf_Die *die, const struct kd_type **ret)
{
	struct kd_types *types = source->source.types;
	Dwarf_Off offset = dwarf_dieoffset(die), first;
	const struct made *made = find_made(source, offset);
	if (made && made->type == BUSY)
		return kd_error_create(KD_ERROR_FORMAT, "it is made of itself");
	if (made && made->type) {
		*ret = made->type;
		return NULL;
	}
	if (offset > UINT32_MAX)
		return kd_error_create(KD_ERROR_UNSUPPORTED, "debug info of more than 4 GB");
	if (types->depth >= KD_TYPE_DEPTH_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "types nest too deep");
	Dwarf_Die other;
	const struct kd_type *type = NULL;
	struct kd_error *err = canonical(source, die, &first);
	if (!err)
		err = remember(source, offset, BUSY);
	if (err)
		return err;
	types->depth++;
	if (first != offset && dwarf_offdie(kd_dwarf_handle(source->dwarf), first, &other))
		err = kd_dwarf_source_type(source, &other, &type);
	else
		err = make(source, die, &type);
	types->depth--;
	struct kd_error *lost = remember(source, offset, err ? NULL : type);
	if (err || lost) {
		if (err)
			kd_error_destroy(lost);
		return err ?: lost;
	}
	*ret = type;
	return NULL;
}

struct kd_error *kd_dwarf_source_referred(struct kd_dwarf_source *source, Dwarf_Die *die, const struct kd_type **ret)
{
	struct kd_types *types = source->source.types;
	Dwarf_Attribute attribute;
	Dwarf_Die referred;
	if (!dwarf_attr_integrate(die, DW_AT_type, &attribute)) {
		*ret = &types->base[KD_BASE_VOID]->type;
		return NULL;
	}
	KD_DROP_ERROR struct kd_error *err = dwarf_formref_die(&attribute, &referred)
						     ? kd_dwarf_source_type(source, &referred, ret)
						     : kd_dwarf_error(source->dwarf, "a reference to a type");
	if (!err)
		return NULL;
	if (err->code == KD_ERROR_NOMEM)
		return kd_move_ptr(err);
	char why[160];
	snprintf(why, sizeof(why), "<DIE %#llx: %.120s>", (unsigned long long)dwarf_dieoffset(die), err->message);
	return kd_types_unknown(types, NULL, why, ret);
}

int kd_dwarf_tag_of(enum kd_kind kind)
{
	switch (kind) {
	case KD_STRUCT:
		return DW_TAG_structure_type;
	case KD_UNION:
		return DW_TAG_union_type;
	case KD_ENUM:
		return DW_TAG_enumeration_type;
	case KD_TYPEDEF:
		return DW_TAG_typedef;
	case KD_FUNCTION:
		return DW_TAG_subprogram;
	case KD_INT:
	case KD_FLOAT:
		return DW_TAG_base_type;
	default:
		return 0;
	}
}

static struct kd_error *type_of_entry(struct kd_dwarf_source *source, const struct kd_dwarf_entry *entry,
				      const struct kd_type **ret)
{
	Dwarf_Die die;
	if (!dwarf_offdie(kd_dwarf_handle(source->dwarf), entry->die, &die))
		return kd_dwarf_error(source->dwarf, "a type is damaged");
	return kd_dwarf_source_type(source, &die, ret);
}

struct kd_error *kd_dwarf_source_find(struct kd_dwarf_source *source, enum kd_kind kind, const char *name,
				      bool complete, uint32_t *number, const struct kd_type **ret, bool *ret_found)
{
	const struct kd_dwarf_entry *entries;
	uint32_t nr;
	*ret_found = false;
	struct kd_error *err = kd_dwarf_entries(source->dwarf, &entries, &nr);
	for (; !err; ++*number) {
		err = kd_dwarf_find(source->dwarf, kd_dwarf_tag_of(kind), name, number);
		if (err || *number == KD_INDEX_NONE)
			return err;
		if (complete && entries[*number].declared && kind != KD_FUNCTION)
			continue;
		err = type_of_entry(source, &entries[*number], ret);
		*ret_found = !err;
		return err;
	}
	return err;
}

struct kd_error *kd_dwarf_source_enumerator(struct kd_dwarf_source *source, const char *name, int64_t *ret,
					    const struct kd_type **ret_type, bool *ret_found)
{
	Dwarf_Die die;
	const struct kd_enumerator *values;
	size_t nr = 0;
	bool found;
	*ret_found = false;
	struct kd_error *err = kd_dwarf_find_enumerator(source->dwarf, name, &die, &found);
	if (err || !found)
		return err;
	err = kd_dwarf_source_type(source, &die, ret_type);
	if (!err)
		err = kd_type_enumerators(*ret_type, &values, &nr);
	for (size_t i = 0; !err && i < nr; i++)
		if (!strcmp(values[i].name, name)) {
			*ret = values[i].value;
			*ret_found = true;
			break;
		}
	return err;
}

struct kd_error *kd_dwarf_source_symbol(struct kd_dwarf_source *source, const char *name, const struct kd_type **ret,
					bool *ret_found)
{
	const struct kd_dwarf_entry *entries;
	uint32_t nr, best = KD_INDEX_NONE;
	*ret_found = false;
	struct kd_error *err = kd_dwarf_entries(source->dwarf, &entries, &nr);
	/* A definition knows how long an array is. */
	static const uint16_t tags[] = { DW_TAG_variable, DW_TAG_subprogram };
	for (size_t i = 0; i < KD_ARRAY_NR(tags) && best == KD_INDEX_NONE; i++)
		for (uint32_t number = 0; !err; number++) {
			err = kd_dwarf_find(source->dwarf, tags[i], name, &number);
			if (err || number == KD_INDEX_NONE)
				break;
			if (best == KD_INDEX_NONE || (entries[best].declared && !entries[number].declared))
				best = number;
		}
	if (err || best == KD_INDEX_NONE)
		return err;
	err = type_of_entry(source, &entries[best], ret);
	*ret_found = !err;
	return err;
}

struct kd_error *kd_dwarf_source_each(struct kd_dwarf_source *source, enum kd_kind kind, kd_type_fn callback,
				      void *context)
{
	const struct kd_dwarf_entry *entries;
	uint32_t nr;
	struct kd_error *err = kd_dwarf_entries(source->dwarf, &entries, &nr);
	for (uint32_t i = 0; !err && i < nr; i++) {
		const struct kd_type *type;
		if (entries[i].tag != kd_dwarf_tag_of(kind) || entries[i].declared)
			continue;
		err = type_of_entry(source, &entries[i], &type);
		/* The base types, and what BTF has, were told already. */
		if (kd_error_catch(&err, KD_ERROR_FORMAT) || kd_error_catch(&err, KD_ERROR_LIMIT))
			continue;
		if (!err && type->source == &source->source)
			err = callback(context, type);
	}
	return err;
}

struct kd_error *kd_types_of_die(struct kd_types *types, struct kd_dwarf *dwarf, void *die, const struct kd_type **ret)
{
	struct kd_dwarf_source *source = types->dwarf;
	for (size_t i = 0; (!source || kd_dwarf_source_dwarf(source) != dwarf) && i < types->module_dwarfs.nr; i++)
		source = types->module_dwarfs.data[i];
	if (!source || kd_dwarf_source_dwarf(source) != dwarf) {
		struct kd_error *err = kd_dwarf_source_create(types, dwarf, &source);
		if (err)
			return err;
		if (!kd_dwarf_source_vector_append(&types->module_dwarfs, source)) {
			kd_dwarf_source_destroy(source);
			return &kd_error_nomem;
		}
	}
	return kd_dwarf_source_type(source, die, ret);
}
