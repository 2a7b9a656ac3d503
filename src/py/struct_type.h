/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * StructType: the class of the classes of typed objects.
 */
#ifndef KD_PY_STRUCT_TYPE_H
#define KD_PY_STRUCT_TYPE_H

#include "py/typed.h"

int kd_py_struct_type_add(PyObject *module);
/** bool: whether instances have that member; new reference. */
PyObject *kd_py_has_member(PyObject *class, PyObject *name);
/** Its offset in bytes as an int, None if it has none; new reference. */
PyObject *kd_py_member_offset(PyObject *class, PyObject *name);

#endif
