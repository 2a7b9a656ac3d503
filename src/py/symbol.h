/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Symbol: a copy of what the core says, so that it outlives it.
 */
#ifndef KD_PY_SYMBOL_H
#define KD_PY_SYMBOL_H

#include "py/py.h"
#include "sym/kallsyms.h"

extern PyTypeObject kd_py_Symbol;
PyObject *kd_py_symbol_wrap(const struct kd_symbol *symbol);

#endif
