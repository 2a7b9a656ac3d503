/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Type: a C type. It borrows the core's interned type and keeps the Dump alive.
 */
#ifndef KD_PY_TYPE_H
#define KD_PY_TYPE_H

#include "py/dump.h"
#include "types/type.h"

extern PyTypeObject kd_py_Type;
PyObject *kd_py_type_wrap(DumpObject *dump, const struct kd_type *type);
/** The type that an argument means: a Type or C text. NULL with an exception set. */
const struct kd_type *kd_py_type_argument(DumpObject *dump, PyObject *argument);
const char *kd_py_kind_name(enum kd_kind kind);
/** false with an exception set if there is no such kind. */
bool kd_py_kind(const char *name, enum kd_kind *ret);

#endif
