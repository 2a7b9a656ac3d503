/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Many symbols as text, a line each: a list of Symbols would cost more than all else that is done with them.
 */
#ifndef KD_PY_SYMBOL_TEXT_H
#define KD_PY_SYMBOL_TEXT_H

#include "py/dump.h"

/** Dump.symbol_text(). */
PyObject *kd_py_kernel_symbol_text(DumpObject *dump, PyObject *args, PyObject *kwargs);
/** Module.symbol_text(); @param module has its symbols. */
PyObject *kd_py_module_symbol_text(const struct kd_module *module, PyObject *args, PyObject *kwargs);

#endif
