/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Pointer: a pointer to anything but a struct, and what it points to.
 */
#ifndef KD_PY_POINTER_H
#define KD_PY_POINTER_H

#include "py/py.h"

int kd_py_pointer_add(PyObject *module);

#endif
