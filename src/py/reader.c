/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a value of a C type becomes a Python object. */
#include "py/reader.h"

#include "py/error.h"

static bool is_plain_char(const struct kd_type *type)
{
	return type->kind == KD_INT && type->name && !strcmp(type->name, "char");
}

static bool is_struct(const struct kd_type *type)
{
	return type->kind == KD_STRUCT || type->kind == KD_UNION;
}

static bool init_pointer(struct kd_reader *reader, const struct kd_type *type)
{
	const struct kd_type *target = kd_type_strip(type->target);
	reader->kind = is_struct(target)       ? KD_READ_STRUCT_POINTER
		       : is_plain_char(target) ? KD_READ_CHAR_POINTER
					       : KD_READ_POINTER;
	return true;
}

static bool init_array(struct kd_reader *reader, const struct kd_type *type)
{
	const struct kd_type *element = kd_type_strip(type->target);
	reader->length = type->length;
	if (type->length <= 1 && is_struct(element)) {
		reader->kind = KD_READ_STRUCT;
		reader->type = type->target;
	} else if (!type->length || (type->length == 1 && element->kind == KD_POINTER)) {
		reader->kind = KD_READ_FLEX_ARRAY;
		reader->type = type;
	} else if (is_plain_char(element)) {
		reader->kind = KD_READ_CHAR_ARRAY;
	} else {
		reader->kind = KD_READ_ARRAY;
		reader->size = element->size;
		reader->element = PyMem_Calloc(1, sizeof(*reader->element));
		if (!reader->element) {
			PyErr_NoMemory();
			return false;
		}
		return kd_reader_init(reader->element, &(struct kd_member){ .type = type->target });
	}
	return true;
}

static bool init_bits(struct kd_reader *reader, const struct kd_type *type, const struct kd_member *member)
{
	reader->kind = KD_READ_BITS;
	reader->bit_shift = member->bit_offset % 8;
	reader->bit_size = member->bit_size;
	reader->is_bool = type->flags & KD_TYPE_BOOL;
	reader->size = (reader->bit_shift + member->bit_size + 7) / 8;
	if (member->bit_size <= 64 && reader->size <= sizeof(uint64_t))
		return true;
	PyErr_Format(kd_py_CTypeError, "bit field %s of %u bits is too wide", member->name ? member->name : "",
		     member->bit_size);
	return false;
}

bool kd_reader_init(struct kd_reader *reader, const struct kd_member *member)
{
	const struct kd_type *type = kd_type_strip(member->type);
	*reader = (struct kd_reader){
		.is_signed = type->flags & KD_TYPE_SIGNED,
		.size = type->size,
		.offset = member->bit_offset / 8,
		.type = member->type,
	};
	if (member->bit_size)
		return init_bits(reader, type, member);
	switch (type->kind) {
	case KD_INT:
		reader->kind = type->flags & KD_TYPE_BOOL ? KD_READ_BOOL : KD_READ_INTEGER;
		return true;
	case KD_FLOAT:
		reader->kind = KD_READ_FLOAT;
		return true;
	case KD_ENUM:
		reader->kind = KD_READ_ENUM;
		return true;
	case KD_STRUCT:
	case KD_UNION:
		reader->kind = KD_READ_STRUCT;
		return true;
	case KD_POINTER:
		return init_pointer(reader, type);
	case KD_ARRAY:
		return init_array(reader, type);
	default:
		reader->kind = KD_READ_NOTHING;
		return true;
	}
}

int kd_reader_traverse(struct kd_reader *reader, visitproc visit, void *arg)
{
	for (; reader; reader = reader->element)
		Py_VISIT(reader->class);
	return 0;
}

void kd_reader_deinit(struct kd_reader *reader)
{
	Py_CLEAR(reader->class);
	if (reader->element) {
		kd_reader_deinit(reader->element);
		PyMem_Free(reader->element);
		reader->element = NULL;
	}
}
