/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Struct: objects of the type struct or union.
 */
#ifndef KD_PY_STRUCT_H
#define KD_PY_STRUCT_H

#include "py/py.h"

int kd_py_struct_add(PyObject *module);

#endif
