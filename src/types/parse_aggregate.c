/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Structs written out in a declaration: globals whose type has no name in the kernel ("static struct { … } tk_core").
 */
#include <string.h>

#include "base/cleanup.h"
#include "types/parser.h"

#define ALIGNMENT_STEPS_MAX 1000
#define ALIGNMENT_MAX 16 /* of __int128 */

KD_VECTOR(member_vector, struct kd_member);

/** What C aligns a type to where long has 64 bits: a base type to its size. Attributes of the kernel's own structs are
 *  not known to BTF. */

static struct kd_error *alignment(const struct kd_type *type, int *steps, uint64_t *ret)
{
	type = kd_type_strip(type);
	while (type->kind == KD_ARRAY)
		type = kd_type_strip(type->target);
	*ret = type->size ? kd_min(type->size, ALIGNMENT_MAX) : 1;
	if (type->kind != KD_STRUCT && type->kind != KD_UNION)
		return NULL;
	*ret = 1;
	/* A damaged BTF may nest a struct in itself. */
	if (--*steps < 0 || (type->flags & KD_TYPE_INCOMPLETE))
		return NULL;
	const struct kd_member *members;
	size_t nr;
	struct kd_error *err = kd_type_members(type, &members, &nr);
	for (size_t i = 0; !err && i < nr && *ret < ALIGNMENT_MAX; i++) {
		uint64_t inner;
		err = alignment(members[i].type, steps, &inner);
		*ret = kd_max(*ret, inner);
	}
	return err;
}

static struct kd_error *parse_member(struct kd_parser *parser, const struct kd_type *base, struct kd_type *aggregate,
				     uint64_t *max_alignment, struct member_vector *members)
{
	struct kd_member member = {};
	uint64_t align;
	int steps = ALIGNMENT_STEPS_MAX;
	struct kd_error *err = kd_parse_declarator(parser, base, &member.type, &member.name);
	if (!err)
		err = alignment(member.type, &steps, &align);
	if (err)
		return err;
	if (!member.type->size && member.type->kind != KD_ARRAY)
		return kd_parse_syntax(parser, "the size of this member is not known");
	bool is_union = aggregate->kind == KD_UNION;
	uint64_t offset = is_union ? 0 : (aggregate->size + align - 1) / align * align;
	member.bit_offset = offset * 8;
	aggregate->size = is_union ? kd_max(aggregate->size, member.type->size) : offset + member.type->size;
	*max_alignment = kd_max(*max_alignment, align);
	if (aggregate->size > UINT32_MAX)
		return kd_parse_syntax(parser, "this is too large");
	return member_vector_append(members, member) ? NULL : &kd_error_nomem;
}

static struct kd_error *parse_members(struct kd_parser *parser, struct kd_type *aggregate,
				      struct member_vector *members)
{
	uint64_t max_alignment = 1;
	while (!kd_lexer_at(&parser->lexer, '}')) {
		const struct kd_type *base;
		struct kd_error *err = kd_parse_specifiers(parser, &base);
		if (err)
			return err;
		for (;;) {
			err = parse_member(parser, base, aggregate, &max_alignment, members);
			if (err)
				return err;
			if (!kd_lexer_at(&parser->lexer, ','))
				break;
			kd_lexer_next(&parser->lexer);
		}
		err = kd_parse_expect(parser, ';');
		if (err)
			return err;
	}
	kd_lexer_next(&parser->lexer);
	aggregate->size = (aggregate->size + max_alignment - 1) / max_alignment * max_alignment;
	return NULL;
}

struct kd_error *kd_parse_aggregate(struct kd_parser *parser, enum kd_kind kind, const struct kd_type **ret)
{
	struct kd_types *types = parser->types;
	struct kd_type type = { .kind = kind, .source = &types->own };
	KD_CLEANUP(member_vector_deinit) struct member_vector members = {};
	if (parser->depth >= KD_PARSE_DEPTH_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "the declaration nests too deep");
	kd_lexer_next(&parser->lexer);
	parser->depth++;
	struct kd_error *err = parse_members(parser, &type, &members);
	parser->depth--;
	if (err)
		return err;

	struct kd_type_record *record = kd_arena_alloc(&types->arena, sizeof(*record));
	struct kd_member *copy = kd_arena_alloc(&types->arena, members.nr * sizeof(*copy));
	if (!record || !copy)
		return &kd_error_nomem;
	if (members.nr)
		memcpy(copy, members.data, members.nr * sizeof(*copy));
	*record = (struct kd_type_record){ .type = type, .filled = true, .members = copy, .nr = members.nr };
	*ret = &record->type;
	return NULL;
}
