/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/type.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "types/private.h"

static const char *kind_name(const struct kd_type *type)
{
	static const char *const names[] = {
		[KD_VOID] = "void",
		[KD_INT] = "an integer",
		[KD_FLOAT] = "a floating-point number",
		[KD_ENUM] = "an enum",
		[KD_STRUCT] = "a struct",
		[KD_UNION] = "a union",
		[KD_TYPEDEF] = "a typedef",
		[KD_POINTER] = "a pointer",
		[KD_ARRAY] = "an array",
		[KD_FUNCTION] = "a function",
		[KD_QUALIFIED] = "a qualified type",
	};
	return names[type->kind];
}

static struct kd_error *fill(const struct kd_type *type, bool right_kind, const char *what)
{
	struct kd_type_record *record = kd_type_record(type);
	if (right_kind && record->filled)
		return NULL;
	if (right_kind && !(type->flags & KD_TYPE_INCOMPLETE))
		return type->source->fill(record);
	if (right_kind && record->lacks_members)
		return type->source->fill(record); /* which knows why it is lost */
	KD_FREE char *name = kd_type_spell(type);
	if (!name)
		return &kd_error_nomem;
	if (right_kind)
		return kd_error_create(KD_ERROR_TYPE, "%s is only declared, its %s are not known", name, what);
	return kd_error_create(KD_ERROR_TYPE, "%s is %s and has no %s", name, kind_name(type), what);
}

struct kd_error *kd_type_members(const struct kd_type *type, const struct kd_member **ret, size_t *ret_nr)
{
	struct kd_error *err = fill(type, type->kind == KD_STRUCT || type->kind == KD_UNION, "members");
	if (err)
		return err;
	*ret = kd_type_record(type)->members;
	*ret_nr = kd_type_record(type)->nr;
	return NULL;
}

struct kd_error *kd_type_enumerators(const struct kd_type *type, const struct kd_enumerator **ret, size_t *ret_nr)
{
	struct kd_error *err = fill(type, type->kind == KD_ENUM, "values");
	if (err)
		return err;
	*ret = kd_type_record(type)->enumerators;
	*ret_nr = kd_type_record(type)->nr;
	return NULL;
}

struct kd_error *kd_type_parameters(const struct kd_type *type, const struct kd_parameter **ret, size_t *ret_nr)
{
	struct kd_error *err = fill(type, type->kind == KD_FUNCTION, "parameters");
	if (err)
		return err;
	*ret = kd_type_record(type)->parameters;
	*ret_nr = kd_type_record(type)->nr;
	return NULL;
}

const struct kd_type *kd_type_strip(const struct kd_type *type)
{
	/* Ends: a typedef or qualifier is made after what it is made of. */
	while (type->kind == KD_TYPEDEF || type->kind == KD_QUALIFIED)
		type = type->target;
	return type;
}

const char *kd_type_module(const struct kd_type *type)
{
	return type->source->module;
}

/* Anonymous members inside anonymous members, and how many steps one search may take: a damaged BTF can nest a struct
 * in itself, in two places. */
#define ANONYMOUS_DEPTH_MAX 16
#define SEARCH_STEPS_MAX 100000

struct search {
	const char *name;
	size_t len;
	int steps;
	bool found;
	const struct kd_type_record *lacking; /* the first that was searched of which something is lost */
	struct kd_member *ret;
};

static void note_lacking(struct search *search, const struct kd_type *type)
{
	const struct kd_type_record *record = kd_type_record(type);
	if (!search->lacking && (record->lacks_members || record->lacks_names))
		search->lacking = record;
}

static struct kd_error *search_members(struct search *search, const struct kd_type *type, uint64_t bit_offset,
				       int depth)
{
	const struct kd_member *members;
	size_t nr;
	struct kd_error *err = kd_type_members(type, &members, &nr);
	if (err)
		return err;
	for (size_t i = 0; i < nr; i++) {
		if (!members[i].name || strncmp(members[i].name, search->name, search->len) ||
		    members[i].name[search->len])
			continue;
		*search->ret = members[i];
		search->ret->bit_offset += bit_offset;
		search->found = true;
		return NULL;
	}
	note_lacking(search, type);
	search->steps += nr;
	if (depth == ANONYMOUS_DEPTH_MAX || search->steps > SEARCH_STEPS_MAX)
		return NULL;
	for (size_t i = 0; i < nr && !search->found; i++) {
		const struct kd_type *inner = members[i].name ? NULL : kd_type_strip(members[i].type);
		if (!inner || (inner->kind != KD_STRUCT && inner->kind != KD_UNION))
			continue;
		if (inner->flags & KD_TYPE_INCOMPLETE) {
			note_lacking(search, inner);
			continue;
		}
		err = search_members(search, inner, bit_offset + members[i].bit_offset, depth + 1);
		if (err)
			return err;
	}
	return NULL;
}

static struct kd_error *no_member(const struct search *search, const struct kd_type *type, const char *name, size_t len)
{
	const struct kd_type_record *lacking = search->lacking;
	struct kd_error *err = lacking ? lacking->type.source->missing(lacking, type, name, len) : NULL;
	if (err)
		return err;
	KD_FREE char *spelled = kd_type_spell(type);
	if (!spelled)
		return &kd_error_nomem;
	return kd_error_create(KD_ERROR_LOOKUP, "%s has no member %.*s", spelled, (int)len, name);
}

/** "[N]" at *path: go to the element. */
static struct kd_error *find_element(const char **path, struct kd_member *member)
{
	const struct kd_type *array = kd_type_strip(member->type);
	char *end;
	unsigned long long index = strtoull(*path + 1, &end, 0);
	if (end == *path + 1 || *end != ']' || (*path)[1] == '-' || (*path)[1] == '+' || (*path)[1] == ' ')
		return kd_error_create(KD_ERROR_SYNTAX, "a number and ']' are missing after '[': %s", *path);
	if (array->kind != KD_ARRAY)
		return kd_error_create(KD_ERROR_TYPE, "%s is not an array", member->name ? member->name : "the member");
	if (array->length && index >= array->length)
		return kd_error_create(KD_ERROR_VALUE, "index %llu is past the end of an array of %llu", index,
				       (unsigned long long)array->length);
	uint64_t offset;
	if (__builtin_mul_overflow(index, array->target->size * 8, &offset) ||
	    __builtin_add_overflow(offset, member->bit_offset, &offset))
		return kd_error_create(KD_ERROR_VALUE, "index %llu is too large", index);
	*path = end + 1;
	member->type = array->target;
	member->bit_offset = offset;
	return NULL;
}

struct kd_error *kd_type_find_member(const struct kd_type *type, const char *path, struct kd_member *ret)
{
	struct kd_member member = { .type = type };
	for (;;) {
		size_t len = strcspn(path, ".[");
		const struct kd_type *outer = kd_type_strip(member.type);
		struct kd_member next = {};
		struct search search = { .name = path, .len = len, .ret = &next };
		if (!len)
			return kd_error_create(KD_ERROR_SYNTAX, "a member's name is missing before '%s'", path);
		struct kd_error *err = search_members(&search, outer, member.bit_offset, 0);
		if (err)
			return err;
		if (!search.found)
			return no_member(&search, outer, path, len);
		member = next;
		path += len;
		while (*path == '[') {
			err = find_element(&path, &member);
			if (err)
				return err;
			member.bit_size = 0;
		}
		if (!*path)
			break;
		if (*path != '.')
			return kd_error_create(KD_ERROR_SYNTAX, "'.' is missing before '%s'", path);
		path++;
	}
	*ret = member;
	return NULL;
}
