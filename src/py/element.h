/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Elements behind an address: object[n], and what a loop over it takes.
 */
#ifndef KD_PY_ELEMENT_H
#define KD_PY_ELEMENT_H

#include "py/typed.h"

/** Pointer, FlexArray: the element that lies index elements on, as it reads. */
PyObject *kd_py_element(PyObject *self, uint64_t index);
/** tp_iter of all that have [n]. */
PyObject *kd_py_elements(PyObject *self);

#endif
