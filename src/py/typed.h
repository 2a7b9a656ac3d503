/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Typed objects: ints that know their C type. StructType is the class of their classes; see _pykd.pyi.
 */
#ifndef KD_PY_TYPED_H
#define KD_PY_TYPED_H

#include "py/dump.h"
#include "py/reader.h"

/** The metaclass and the base classes; each is made by its own file. */
extern PyTypeObject *kd_py_StructType, *kd_py_Struct, *kd_py_Pointer, *kd_py_FlexArray, *kd_py_FunctionPointer,
	*kd_py_Enum;

/** The part of a class that the metaclass adds. All zero in the base classes. */
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
/** Of this very class. */
struct kd_typed *kd_py_own_typed(PyTypeObject *class);

/** Result of the hook of that name in the module (struct_info, type_info) for a class, made once; new reference. */
PyObject *kd_py_class_info(PyTypeObject *class, const char *hook);

/** What the hook `describe` of the module says of a typed object; NULL without an exception if there is no hook. */
PyObject *kd_py_described(PyObject *self);
/** Whether there is that hook: who asks for text is no program of PyKdump's. */
bool kd_py_has_describe(void);
/** repr() of an address with a type: `(TYPE)0xADDR`. */
PyObject *kd_py_typed_text(PyObject *self);
/** tp_repr and tp_str of what is a mere int to PyKdump's programs. */
PyObject *kd_py_address_repr(PyObject *self);
PyObject *kd_py_address_str(PyObject *self);

/** Instance of such a class with that value. */
PyObject *kd_py_typed_new(PyTypeObject *class, uint64_t value);
/** A negative enum value. */
PyObject *kd_py_typed_new_signed(PyTypeObject *class, int64_t value);
static inline uint64_t kd_py_typed_value(PyObject *self)
{
	return PyLong_AsUnsignedLongLongMask(self);
}

/* For those who make the base classes. */

/** int with the metaclass StructType, added to the module; NULL with an exception set. */
PyTypeObject *kd_py_typed_base(PyObject *module, PyType_Spec *spec);
/** tp_new of all but Struct: CLASS(value). */
PyObject *kd_py_typed_tp_new(PyTypeObject *class, PyObject *args, PyObject *kwargs);
/** tp_traverse: an instance holds its class, which holds the dump, which may remember the instance. */
int kd_py_typed_traverse(PyObject *self, visitproc visit, void *arg);
/** Getter: what the hook type_info made of the class. */
PyObject *kd_py_typed_get_info(PyObject *self, void *closure);

#endif
