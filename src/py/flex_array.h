/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * FlexArray: an array that does not say how long it is.
 */
#ifndef KD_PY_FLEX_ARRAY_H
#define KD_PY_FLEX_ARRAY_H

#include "py/py.h"

int kd_py_flex_array_add(PyObject *module);

#endif
