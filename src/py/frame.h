/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Frame: one of a trace. Its name is looked up when it is asked for.
 */
#ifndef KD_PY_FRAME_H
#define KD_PY_FRAME_H

#include "code/unwind.h"
#include "py/dump.h"

extern PyTypeObject kd_py_Frame;
PyObject *kd_py_frame_wrap(DumpObject *dump, const struct kd_frame *frame);

#endif
