/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * FunctionPointer: an address of code that knows how it is called.
 */
#ifndef KD_PY_FUNCTION_POINTER_H
#define KD_PY_FUNCTION_POINTER_H

#include "py/py.h"

int kd_py_function_pointer_add(PyObject *module);

#endif
