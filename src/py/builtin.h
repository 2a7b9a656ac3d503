/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file For PyImport_AppendInittab("_pykd", PyInit__pykd). */
#ifndef KD_PY_BUILTIN_H
#define KD_PY_BUILTIN_H

#include <Python.h>

PyMODINIT_FUNC PyInit__pykd(void);

#endif
