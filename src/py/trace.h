/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Trace: what the unwinder says of one stack.
 */
#ifndef KD_PY_TRACE_H
#define KD_PY_TRACE_H

#include "code/unwind.h"
#include "py/dump.h"

extern PyTypeObject kd_py_Trace;
PyObject *kd_py_trace_wrap(DumpObject *dump, const struct kd_trace *trace);

#endif
