/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Enum: a number with a name.
 */
#ifndef KD_PY_ENUM_H
#define KD_PY_ENUM_H

#include "py/py.h"

int kd_py_enum_add(PyObject *module);

#endif
