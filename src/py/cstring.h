/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * CString: text in the dump that still knows its bytes and where it lay.
 */
#ifndef KD_PY_CSTRING_H
#define KD_PY_CSTRING_H

#include "base/types.h"
#include "py/py.h"

extern PyTypeObject kd_py_CString;
int kd_py_cstring_add(PyObject *module);
/** @param address 0: unknown; @param pointer address of the pointer variable, if has_pointer. */
PyObject *kd_py_cstring_new(const char *bytes, size_t len, kd_vaddr address, bool has_pointer, kd_vaddr pointer);
/** The text of a char array, up to its NUL: what is not ASCII becomes \xNN, so every byte string has a text that prints
 * anywhere. */
PyObject *kd_py_decode(const char *bytes, size_t len);

#endif
