/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pointers, arrays, qualified types and functions: made from other types, one of each. */
#include <string.h>

#include "types/private.h"

/* An array beyond this is not an object of a dump; sizes below it can be multiplied by 8 for bits. */
#define SIZE_MAX_TYPE ((uint64_t)1 << 56)

static uint32_t derived_hash(const struct kd_type *type)
{
	uint64_t key[] = { (uintptr_t)type->target, type->length, (uint64_t)type->kind << 32 | type->flags };
	uint32_t hash = kd_hash_u64(key[0]) ^ kd_hash_u64(key[1] + 0x9e37) ^ kd_hash_u64(key[2] + 0x79b9);
	return type->name ? hash ^ kd_hash_string(type->name) : hash;
}

static bool derived_equal(const struct kd_type *a, const struct kd_type *b)
{
	return a->kind == b->kind && a->flags == b->flags && a->target == b->target && a->length == b->length &&
	       (a->name == b->name || (a->name && b->name && !strcmp(a->name, b->name)));
}

static bool same_parameters(const struct kd_type_record *record, const struct kd_parameter *parameters, size_t nr)
{
	if (record->nr != nr)
		return false;
	for (size_t i = 0; i < nr; i++) {
		const char *a = record->parameters[i].name, *b = parameters[i].name;
		if (record->parameters[i].type != parameters[i].type || !a != !b || (a && strcmp(a, b)))
			return false;
	}
	return true;
}

/** The one type that equals `type`; made if it does not exist yet. */
static struct kd_error *derive(struct kd_types *types, const struct kd_type *type,
			       const struct kd_parameter *parameters, size_t nr, const struct kd_type **ret)
{
	uint32_t hash = derived_hash(type), position = hash, number;
	while ((number = kd_index_next(&types->derived_index, hash, &position)) != KD_INDEX_NONE) {
		struct kd_type_record *record = types->derived.data[number];
		if (derived_equal(&record->type, type) &&
		    (type->kind != KD_FUNCTION || same_parameters(record, parameters, nr))) {
			*ret = &record->type;
			return NULL;
		}
	}

	struct kd_type_record *record = kd_arena_alloc(&types->arena, sizeof(*record));
	if (!record)
		return &kd_error_nomem;
	record->type = *type;
	record->type.source = type->target ? type->target->source : &types->own;
	if (type->kind == KD_FUNCTION) {
		struct kd_parameter *copy = kd_arena_alloc(&types->arena, nr * sizeof(*copy));
		if (!copy)
			return &kd_error_nomem;
		for (size_t i = 0; i < nr; i++) {
			const char *name = parameters[i].name;
			copy[i].type = parameters[i].type;
			if (name && !(copy[i].name = kd_arena_copy(&types->arena, name, strlen(name))))
				return &kd_error_nomem;
		}
		record->parameters = copy;
		record->nr = nr;
		record->filled = true;
	}
	if (type->name) {
		record->type.name = kd_arena_copy(&types->arena, type->name, strlen(type->name));
		if (!record->type.name)
			return &kd_error_nomem;
	}
	if (!kd_type_record_vector_append(&types->derived, record))
		return &kd_error_nomem;
	if (!kd_index_add(&types->derived_index, hash, types->derived.nr - 1)) {
		types->derived.nr--;
		return &kd_error_nomem;
	}
	*ret = &record->type;
	return NULL;
}

struct kd_error *kd_types_pointer_to(struct kd_types *types, const struct kd_type *target, const struct kd_type **ret)
{
	struct kd_type type = { .kind = KD_POINTER, .size = 8, .target = target };
	return derive(types, &type, NULL, 0, ret);
}

struct kd_error *kd_types_array_of(struct kd_types *types, const struct kd_type *target, uint64_t length,
				   const struct kd_type **ret)
{
	struct kd_type type = { .kind = KD_ARRAY, .length = length, .target = target };
	if (!length)
		type.flags = KD_TYPE_INCOMPLETE;
	if (__builtin_mul_overflow(target->size, length, &type.size) || type.size > SIZE_MAX_TYPE)
		return kd_error_create(KD_ERROR_VALUE, "an array of %llu elements of %llu bytes is too large",
				       (unsigned long long)length, (unsigned long long)target->size);
	return derive(types, &type, NULL, 0, ret);
}

struct kd_error *kd_types_qualify(struct kd_types *types, const struct kd_type *target, unsigned int flags,
				  const struct kd_type **ret)
{
	/* "const volatile" is one type, in whichever order it was said. */
	if (target->kind == KD_QUALIFIED) {
		flags |= target->flags;
		target = target->target;
	}
	if (!flags) {
		*ret = target;
		return NULL;
	}
	struct kd_type type = { .kind = KD_QUALIFIED, .flags = flags, .size = target->size, .target = target };
	return derive(types, &type, NULL, 0, ret);
}

struct kd_error *kd_types_function(struct kd_types *types, const struct kd_type *target,
				   const struct kd_parameter *parameters, size_t nr, bool variadic,
				   const struct kd_type **ret)
{
	struct kd_type type = { .kind = KD_FUNCTION, .flags = variadic ? KD_TYPE_VARIADIC : 0, .target = target };
	return derive(types, &type, parameters, nr, ret);
}

struct kd_error *kd_types_unknown(struct kd_types *types, const struct kd_type_source *lossy, const char *why,
				  const struct kd_type **ret)
{
	struct kd_type type = { .kind = KD_STRUCT, .flags = KD_TYPE_INCOMPLETE, .name = why };
	struct kd_error *err = derive(types, &type, NULL, 0, ret);
	if (!err && lossy) {
		kd_type_record(*ret)->type.source = lossy;
		kd_type_record(*ret)->lacks_members = true;
	}
	return err;
}
