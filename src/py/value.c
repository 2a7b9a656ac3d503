/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From bytes of a dump to Python values. */
#include "py/value.h"

#include "py/cstring.h"
#include "py/typed.h"

/* Text behind a `char *` is first read this far, and further only if it goes on. */
#define TEXT_LEN 256
#define TEXT_MAX 4096
/* Bytes and elements that no array in a kernel has; a length beyond it is damage. */
#define ARRAY_MAX (64u << 20)
#define ELEMENTS_MAX (4u << 20)

/* The class of what the reader yields; borrowed. */
static PyTypeObject *reader_class(DumpObject *dump, struct kd_reader *reader, const struct kd_type *type,
				  const struct kd_place *place)
{
	if (!reader->class)
		reader->class = kd_py_class(dump, type, place);
	return (PyTypeObject *)reader->class;
}

PyObject *kd_py_integer(enum kd_order order, const struct kd_reader *reader, const uint8_t *bytes)
{
	uint64_t value = kd_load_padded(order, bytes, reader->size);
	if (!reader->is_signed)
		return PyLong_FromUnsignedLongLong(value);
	unsigned int unused_bits = 64 - 8 * reader->size;
	return PyLong_FromLongLong(unused_bits < 64 ? (int64_t)(value << unused_bits) >> unused_bits : 0);
}

/* Of a number that is read at once. */
#define NUMBER_MAX 16

static PyObject *integer_of(DumpObject *dump, const struct kd_reader *reader, const uint8_t bytes[NUMBER_MAX])
{
	const enum kd_order order = kd_py_order(dump);
	if (reader->size > sizeof(uint64_t))
		return PyLong_FromNativeBytes(
			bytes, reader->size,
			(order == KD_BIG ? Py_ASNATIVEBYTES_BIG_ENDIAN : Py_ASNATIVEBYTES_LITTLE_ENDIAN) |
				(reader->is_signed ? 0 : Py_ASNATIVEBYTES_UNSIGNED_BUFFER));
	return kd_py_integer(order, reader, bytes);
}

static PyObject *read_bits(DumpObject *dump, const struct kd_reader *reader, kd_vaddr address)
{
	uint8_t bytes[sizeof(uint64_t)] = {};
	struct kd_error *err = kd_py_read(dump, address, bytes, reader->size);
	if (err)
		return kd_py_raise(err);
	uint64_t value = kd_load_bits(kd_py_order(dump), bytes, reader->bit_shift, reader->bit_size);
	if (reader->is_signed)
		return PyLong_FromLongLong((int64_t)value >> (64 - reader->bit_size));
	value >>= 64 - reader->bit_size;
	return reader->is_bool ? PyBool_FromLong(value) : PyLong_FromUnsignedLongLong(value);
}

static PyObject *float_of(DumpObject *dump, const struct kd_reader *reader, const uint8_t bytes[NUMBER_MAX])
{
	if (reader->size != 4 && reader->size != 8)
		return PyErr_Format(kd_py_CTypeError, "a float of %u bytes", reader->size);
	const int little = kd_py_order(dump) == KD_LITTLE;
	double value = reader->size == 4 ? PyFloat_Unpack4((const char *)bytes, little)
					 : PyFloat_Unpack8((const char *)bytes, little);
	return value == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(value);
}

static PyObject *enum_of(DumpObject *dump, struct kd_reader *reader, const uint8_t bytes[NUMBER_MAX],
			 const struct kd_place *place)
{
	PyTypeObject *class = reader_class(dump, reader, reader->type, place);
	if (!class)
		return NULL;
	if (reader->size > sizeof(uint64_t) || !reader->size)
		return PyErr_Format(kd_py_CTypeError, "an enum of %u bytes", reader->size);
	uint64_t value = kd_load_padded(kd_py_order(dump), bytes, reader->size);
	if (!reader->is_signed)
		return kd_py_typed_new(class, value);
	unsigned int unused_bits = 64 - 8 * reader->size;
	return kd_py_typed_new_signed(class, (int64_t)(value << unused_bits) >> unused_bits);
}

/* What is a number, of reader->size bytes: those behind them are 0. */
static PyObject *number_of(DumpObject *dump, struct kd_reader *reader, const uint8_t bytes[NUMBER_MAX],
			   const struct kd_place *place)
{
	switch (reader->kind) {
	case KD_READ_BOOL:
		return PyBool_FromLong(bytes[0]);
	case KD_READ_FLOAT:
		return float_of(dump, reader, bytes);
	case KD_READ_ENUM:
		return enum_of(dump, reader, bytes, place);
	default:
		return integer_of(dump, reader, bytes);
	}
}

static PyObject *read_number(DumpObject *dump, struct kd_reader *reader, kd_vaddr address, const struct kd_place *place)
{
	uint8_t bytes[NUMBER_MAX] = {};
	if (reader->size > sizeof(bytes))
		return PyErr_Format(kd_py_CTypeError, "a number of %u bytes", reader->size);
	struct kd_error *err = kd_py_read(dump, address, bytes, reader->size);
	return err ? kd_py_raise(err) : number_of(dump, reader, bytes, place);
}

/* As much as can be read of size bytes: malloced, *ret_len > 0; or NULL with an exception set. */
static char *read_upto(DumpObject *dump, kd_vaddr address, size_t size, size_t *ret_len)
{
	struct kd_memory *memory = kd_py_memory(dump);
	if (!memory)
		return NULL;
	KD_FREE char *bytes = malloc(size);
	if (!bytes)
		return (char *)PyErr_NoMemory();
	struct kd_error *why = NULL;
	struct kd_error *err = dump->pgd ? kd_memory_read_space(memory, dump->pgd, address, bytes, size, ret_len)
					 : kd_memory_read_upto(memory, address, bytes, size, ret_len, &why);
	if (err || !*ret_len) {
		kd_py_raise(err ? err : why ? why : kd_error_create_fault(KD_FAULT_UNTRANSLATABLE, address, false));
		if (err)
			kd_error_destroy(why);
		return NULL;
	}
	kd_error_destroy(why);
	return kd_move_ptr(bytes);
}

PyObject *kd_py_text_behind(DumpObject *dump, kd_vaddr text, kd_vaddr pointer)
{
	size_t len = 0;
	KD_FREE char *bytes = read_upto(dump, text, TEXT_LEN, &len);
	if (bytes && len == TEXT_LEN && !memchr(bytes, 0, len)) {
		free(bytes);
		bytes = read_upto(dump, text, TEXT_MAX, &len);
	}
	return bytes ? kd_py_cstring_new(bytes, len, text, true, pointer) : NULL;
}

static PyObject *read_char_array(DumpObject *dump, const struct kd_reader *reader, kd_vaddr address)
{
	if (reader->length > ARRAY_MAX)
		return kd_py_raise(kd_error_create(KD_ERROR_LIMIT, "a char array of %llu bytes at 0x%llx",
						   (unsigned long long)reader->length, (unsigned long long)address));
	KD_FREE char *bytes = malloc(reader->length);
	if (!bytes)
		return PyErr_NoMemory();
	struct kd_error *err = kd_py_read(dump, address, bytes, reader->length);
	return err ? kd_py_raise(err) : kd_py_cstring_new(bytes, reader->length, address, false, 0);
}

static PyObject *read_pointer(DumpObject *dump, struct kd_reader *reader, kd_vaddr address,
			      const struct kd_place *place);

/* One text that cannot be read must not hide those around it: it stays the pointer that it is. */
static PyObject *read_element(DumpObject *dump, struct kd_reader *reader, kd_vaddr address,
			      const struct kd_place *place)
{
	PyObject *value = kd_py_value_read(dump, reader, address, place);
	if (value || reader->kind != KD_READ_CHAR_POINTER || !PyErr_ExceptionMatches(kd_py_FaultError))
		return value;
	PyErr_Clear();
	struct kd_reader pointer = *reader;
	pointer.kind = KD_READ_POINTER;
	value = read_pointer(dump, &pointer, address, place);
	reader->class = pointer.class;
	return value;
}

/* Of all dimensions; their product is bounded by the array's size, but for elements without one. */
static uint64_t count_elements(const struct kd_reader *reader)
{
	uint64_t nr = reader->length;
	for (const struct kd_reader *inner = reader->element; inner && inner->element; inner = inner->element)
		nr = kd_min(nr, (uint64_t)ARRAY_MAX) * kd_min(inner->length, (uint64_t)ARRAY_MAX);
	return nr;
}

static PyObject *read_array(DumpObject *dump, struct kd_reader *reader, kd_vaddr address, const struct kd_place *place)
{
	if (reader->length > ARRAY_MAX / kd_max(reader->size, 1) || count_elements(reader) > ELEMENTS_MAX)
		return kd_py_raise(kd_error_create(KD_ERROR_LIMIT, "an array of %llu elements of %u bytes at 0x%llx",
						   (unsigned long long)reader->length, reader->size,
						   (unsigned long long)address));
	KD_PYOBJECT PyObject *list = PyList_New(reader->length);
	for (uint64_t i = 0; list && i < reader->length; i++) {
		PyObject *value = read_element(dump, reader->element, address + i * reader->size, place);
		if (!value)
			return NULL;
		PyList_SET_ITEM(list, i, value);
	}
	return kd_move_ptr(list);
}

/* Every pointer but the address of something embedded is made here; it is at address, or 0: nowhere. */
static PyObject *pointer_of(DumpObject *dump, struct kd_reader *reader, kd_vaddr address, uint64_t value,
			    const struct kd_place *place)
{
	if (reader->kind == KD_READ_CHAR_POINTER)
		return value ? kd_py_text_behind(dump, value, address) : Py_NewRef(Py_None);

	const struct kd_type *type = reader->type;
	if (reader->kind == KD_READ_STRUCT_POINTER)
		type = kd_type_strip(type)->target;
	PyTypeObject *class = reader_class(dump, reader, type, place);
	return class ? kd_py_typed_new(class, value) : NULL;
}

static PyObject *read_pointer(DumpObject *dump, struct kd_reader *reader, kd_vaddr address,
			      const struct kd_place *place)
{
	uint64_t value;
	struct kd_error *err = kd_py_read_u64(dump, address, &value);
	return err ? kd_py_raise(err) : pointer_of(dump, reader, address, value, place);
}

PyObject *kd_py_value_read(DumpObject *dump, struct kd_reader *reader, kd_vaddr base, const struct kd_place *place)
{
	kd_vaddr address = base + reader->offset;
	switch (reader->kind) {
	case KD_READ_INTEGER:
	case KD_READ_BOOL:
	case KD_READ_FLOAT:
	case KD_READ_ENUM:
		return read_number(dump, reader, address, place);
	case KD_READ_BITS:
		return read_bits(dump, reader, address);
	case KD_READ_STRUCT:
	case KD_READ_FLEX_ARRAY: {
		PyTypeObject *class = reader_class(dump, reader, reader->type, place);
		return class ? kd_py_typed_new(class, address) : NULL;
	}
	case KD_READ_STRUCT_POINTER:
	case KD_READ_CHAR_POINTER:
	case KD_READ_POINTER:
		return read_pointer(dump, reader, address, place);
	case KD_READ_CHAR_ARRAY:
		return read_char_array(dump, reader, address);
	case KD_READ_ARRAY:
		return read_array(dump, reader, address, place);
	case KD_READ_NOTHING:
		return PyLong_FromUnsignedLongLong(address);
	}
	Py_UNREACHABLE();
}

PyObject *kd_py_value(DumpObject *dump, const struct kd_type *type, kd_vaddr address)
{
	struct kd_reader reader;
	PyObject *value = NULL;
	if (kd_reader_init(&reader, &(struct kd_member){ .type = type }))
		value = kd_py_value_read(dump, &reader, address, NULL);
	kd_reader_deinit(&reader);
	return value;
}

static PyObject *value_of_bytes(DumpObject *dump, struct kd_reader *reader, const struct kd_type *type,
				const uint8_t *bytes)
{
	uint8_t number[NUMBER_MAX] = {};
	if (type->size <= sizeof(number))
		memcpy(number, bytes, type->size);
	switch (reader->kind) {
	case KD_READ_INTEGER:
	case KD_READ_BOOL:
	case KD_READ_FLOAT:
	case KD_READ_ENUM:
		if (type->size > sizeof(number))
			break;
		return number_of(dump, reader, number, NULL);
	case KD_READ_STRUCT_POINTER:
	case KD_READ_CHAR_POINTER:
	case KD_READ_POINTER:
		if (type->size != sizeof(uint64_t))
			break;
		return pointer_of(dump, reader, 0, kd_load_u64(kd_py_order(dump), bytes), NULL);
	default:
		break;
	}
	return PyBytes_FromStringAndSize((const char *)bytes, (Py_ssize_t)type->size);
}

PyObject *kd_py_value_of_bytes(DumpObject *dump, const struct kd_type *type, const uint8_t *bytes)
{
	struct kd_reader reader;
	PyObject *value = NULL;
	if (kd_reader_init(&reader, &(struct kd_member){ .type = type }))
		value = value_of_bytes(dump, &reader, type, bytes);
	kd_reader_deinit(&reader);
	return value;
}
