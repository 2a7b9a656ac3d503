/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Classes of typed objects: one for each struct, union, enum, pointer and array type that a program meets.
 */
#ifndef KD_PY_CLASS_H
#define KD_PY_CLASS_H

#include "py/dump.h"
#include "types/type.h"

/** Where a type was met, to name an untagged struct: `PARENT:OFFSET/FIELD->struct`. All may be NULL/0. */
struct kd_place {
	PyObject *parent; /* class */
	uint64_t offset;
	const char *field;
};

/** Class of typed objects for a type; new reference. Typedefs of structs share the struct's class. */
PyObject *kd_py_class(DumpObject *dump, const struct kd_type *type, const struct kd_place *place);
/** The class that C text such as "struct foo" names; new reference. */
PyObject *kd_py_class_named(DumpObject *dump, PyObject *name);

#endif
