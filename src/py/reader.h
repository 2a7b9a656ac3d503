/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * How a value of one C type at one offset becomes a Python object: the rules that _pykd.pyi states for members of a
 * Struct. value.c follows them.
 */
#ifndef KD_PY_READER_H
#define KD_PY_READER_H

#include "py/py.h"
#include "types/type.h"

/** How a value of one C type at one offset becomes a Python object. */
struct kd_reader {
	enum kd_reader_kind {
		KD_READ_INTEGER,
		KD_READ_BOOL,
		KD_READ_BITS,
		KD_READ_FLOAT,
		KD_READ_ENUM,
		KD_READ_STRUCT, /* embedded */
		KD_READ_STRUCT_POINTER,
		KD_READ_CHAR_POINTER,
		KD_READ_POINTER, /* Pointer */
		KD_READ_CHAR_ARRAY,
		KD_READ_FLEX_ARRAY,
		KD_READ_ARRAY,
		KD_READ_NOTHING, /* void, function: the address */
	} kind;
	bool is_signed, is_bool;
	uint8_t bit_shift, bit_size; /* KD_READ_BITS: as kd_load_bits() */
	uint32_t size;		     /* bytes loaded, or of an element */
	uint64_t offset;	     /* bytes from the base address */
	uint64_t length;	     /* elements of an array */
	const struct kd_type *type;  /* as declared */
	PyObject *class;	     /* made on first use; owned */
	struct kd_reader *element;   /* KD_READ_ARRAY; owned */
};

/** false with an exception set. */
bool kd_reader_init(struct kd_reader *reader, const struct kd_member *member);
void kd_reader_deinit(struct kd_reader *reader);
/** For tp_traverse of who owns it. */
int kd_reader_traverse(struct kd_reader *reader, visitproc visit, void *arg);

#endif
