/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members, enumerators and parameters of types made from DIEs. */
#include <dwarf.h>
#include <string.h>

#include "types/dwarf_source.h"
#include "types/private.h"

enum { PART_NR_MAX = 1 << 16 };

/** Bytes from the start of the structure: a number, or an expression that adds one (DWARF 2). */
static uint64_t member_location(Dwarf_Die *die)
{
	uint64_t offset = 0;
	Dwarf_Attribute attribute;
	Dwarf_Op *operations;
	size_t nr;
	if (kd_dwarf_number(die, DW_AT_data_member_location, &offset))
		return offset;
	if (dwarf_attr(die, DW_AT_data_member_location, &attribute) &&
	    !dwarf_getlocation(&attribute, &operations, &nr) && nr == 1 && operations->atom == DW_OP_plus_uconst)
		offset = operations->number;
	return offset;
}

/**
 * Where a member is. Bit fields: DWARF 4 counts from the start of the structure; before, from the other end of a unit
 * of storage, which has the size of the declared type: from its most significant bit, on machines of either order.
 */
static void place(struct kd_dwarf_source *source, Dwarf_Die *die, struct kd_member *member)
{
	uint64_t bits = 0, offset, storage, location = member_location(die);
	member->bit_offset = location < UINT64_MAX / 8 ? location * 8 : 0;
	if (kd_dwarf_number(die, DW_AT_bit_size, &bits) && bits <= 64)
		member->bit_size = bits;
	if (kd_dwarf_number(die, DW_AT_data_bit_offset, &offset)) {
		member->bit_offset = offset;
	} else if (member->bit_size && kd_dwarf_number(die, DW_AT_bit_offset, &offset)) {
		if (!kd_dwarf_number(die, DW_AT_byte_size, &storage))
			storage = member->type->size;
		if (kd_debug_file_order(kd_dwarf_file(kd_dwarf_source_dwarf(source))) == KD_BIG)
			member->bit_offset += offset;
		else
			member->bit_offset += storage * 8 - offset - bits;
	}
}

KD_VECTOR(member_vector, struct kd_member);
KD_VECTOR(enumerator_vector, struct kd_enumerator);
KD_VECTOR(parameter_vector, struct kd_parameter);

static struct kd_error *add_member(struct kd_dwarf_source *source, Dwarf_Die *die, struct member_vector *ret)
{
	const char *name = dwarf_diename(die);
	struct kd_member member = { .name = name && *name ? name : NULL };
	struct kd_error *err = kd_dwarf_source_referred(source, die, &member.type);
	if (err)
		return err;
	place(source, die, &member);
	return member_vector_append(ret, member) ? NULL : &kd_error_nomem;
}

static struct kd_error *add_enumerator(Dwarf_Die *die, struct enumerator_vector *ret)
{
	struct kd_enumerator enumerator = { .name = dwarf_diename(die) ?: "?" };
	Dwarf_Attribute attribute;
	Dwarf_Sword number;
	Dwarf_Word plain;
	if (!dwarf_attr(die, DW_AT_const_value, &attribute))
		return NULL;
	/* Forms without a sign of their own are numbers from zero on. */
	if (dwarf_whatform(&attribute) == DW_FORM_sdata || dwarf_whatform(&attribute) == DW_FORM_implicit_const)
		enumerator.value = dwarf_formsdata(&attribute, &number) ? 0 : number;
	else
		enumerator.value = dwarf_formudata(&attribute, &plain) ? 0 : (int64_t)plain;
	return enumerator_vector_append(ret, enumerator) ? NULL : &kd_error_nomem;
}

static struct kd_error *add_parameter(struct kd_dwarf_source *source, Dwarf_Die *die, struct parameter_vector *ret)
{
	struct kd_parameter parameter = { .name = dwarf_diename(die) };
	struct kd_error *err = kd_dwarf_source_referred(source, die, &parameter.type);
	if (err)
		return err;
	return parameter_vector_append(ret, parameter) ? NULL : &kd_error_nomem;
}

struct parts {
	struct member_vector members;
	struct enumerator_vector enumerators;
	struct parameter_vector parameters;
	bool variadic;
};

static struct kd_error *read_parts(struct kd_dwarf_source *source, Dwarf_Die *die, struct parts *parts)
{
	Dwarf_Die child;
	size_t nr = 0;
	for (int more = dwarf_child(die, &child); !more; more = dwarf_siblingof(&child, &child)) {
		struct kd_error *err = NULL;
		if (++nr > PART_NR_MAX)
			return kd_error_create(KD_ERROR_LIMIT, "a type has more parts than any kernel's");
		switch (dwarf_tag(&child)) {
		case DW_TAG_member:
			err = add_member(source, &child, &parts->members);
			break;
		case DW_TAG_enumerator:
			err = add_enumerator(&child, &parts->enumerators);
			break;
		case DW_TAG_formal_parameter:
			err = add_parameter(source, &child, &parts->parameters);
			break;
		case DW_TAG_unspecified_parameters:
			parts->variadic = true;
			break;
		}
		if (err)
			return err;
	}
	return NULL;
}

static void *keep(struct kd_types *types, const void *data, size_t len)
{
	void *copy = kd_arena_alloc(&types->arena, len + 1);
	if (copy && len)
		memcpy(copy, data, len);
	return copy;
}

struct kd_error *kd_dwarf_source_fill(struct kd_type_record *record)
{
	struct kd_dwarf_source *source = kd_dwarf_source_of(&record->type);
	struct kd_types *types = record->type.source->types;
	Dwarf_Die die;
	struct parts parts = {};
	if (!dwarf_offdie(kd_dwarf_handle(kd_dwarf_source_dwarf(source)), record->type.id, &die))
		return kd_dwarf_error(kd_dwarf_source_dwarf(source), "a type is damaged");
	struct kd_error *err = read_parts(source, &die, &parts);
	if (!err) {
		const void *kept;
		switch (record->type.kind) {
		case KD_ENUM:
			record->nr = parts.enumerators.nr;
			kept = record->enumerators =
				keep(types, parts.enumerators.data, record->nr * sizeof(*record->enumerators));
			break;
		case KD_FUNCTION:
			record->nr = parts.parameters.nr;
			kept = record->parameters =
				keep(types, parts.parameters.data, record->nr * sizeof(*record->parameters));
			record->type.flags |= parts.variadic ? KD_TYPE_VARIADIC : 0;
			break;
		default:
			record->nr = parts.members.nr;
			kept = record->members = keep(types, parts.members.data, record->nr * sizeof(*record->members));
		}
		record->filled = kept;
		err = kept ? NULL : &kd_error_nomem;
	}
	member_vector_deinit(&parts.members);
	enumerator_vector_deinit(&parts.enumerators);
	parameter_vector_deinit(&parts.parameters);
	return err;
}
