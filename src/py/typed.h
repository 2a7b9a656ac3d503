/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What the classes of typed objects know; see StructType in _pykd.pyi.
 */
#ifndef KD_PY_TYPED_H
#define KD_PY_TYPED_H

#include "py/py.h"

/** The part of a class that the metaclass adds. All zero in the four base classes. */
struct kd_typed {
	DumpObject *dump;	       /* owned */
	const struct kd_type *type;    /* without qualifiers; typedefs stripped for structs */
	PyObject *fields;	       /* dict: attribute or path -> Field, filled as attributes are used */
	PyObject *added;	       /* dict: name -> Field, by add_member() */
	PyObject *info;		       /* what struct_info or type_info made of the class, or NULL */
	PyObject *enumerators;	       /* Enum: dict value -> name, or NULL */
	uint64_t stride;	       /* bytes from one element to the next, for [i] */
	struct kd_reader element;      /* Pointer, FlexArray: what [i] reads */
	bool has_element, is_shadowed; /* is_shadowed: Python attributes may hide members: look there first */
};

/** Of the nearest class that was made for a C type; NULL for a base class. */
struct kd_typed *kd_py_typed(PyTypeObject *class);

/** The path of a member added under that name; NULL if none, no exception. */
const struct kd_path *kd_py_added_path(PyTypeObject *class, const char *name);

/** Result of the hook of that name in the module (struct_info, type_info) for a class, made once; new reference. */
PyObject *kd_py_class_info(PyTypeObject *class, const char *hook);

#endif
