/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Frame: one of a trace. Its name is looked up when it is asked for.
 */
#ifndef KD_PY_FRAME_H
#define KD_PY_FRAME_H

#include "code/unwind.h"
#include "py/calls.h"
#include "py/dump.h"

extern PyTypeObject kd_py_Frame;
/** @param calls of all frames of its trace, of which it is the one at index; NULL: there is no debug info. */
PyObject *kd_py_frame_wrap(DumpObject *dump, const struct kd_frame *frame, struct kd_py_calls *calls, size_t index);

#endif
