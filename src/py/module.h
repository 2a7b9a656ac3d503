/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Module: a copy of what the core says of a kernel module; its symbols are asked for again.
 */
#ifndef KD_PY_MODULE_H
#define KD_PY_MODULE_H

#include "module/module.h"
#include "py/dump.h"

extern PyTypeObject kd_py_Module;
PyObject *kd_py_module_wrap(DumpObject *dump, const struct kd_module *module);

#endif
