/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What the frames of one trace share, where there is debug info: each knows the registers of its own only by those
 * before it, and what it was called with by those behind it.
 */
#ifndef KD_PY_CALLS_H
#define KD_PY_CALLS_H

#include "code/restored.h"
#include "py/dump.h"

struct kd_py_calls;

/** NULL with *ret_ok: the dump has no debug info; NULL without: an exception is set. Copies the frames. */
struct kd_py_calls *kd_py_calls_create(DumpObject *dump, const struct kd_frame_vector *frames, bool *ret_ok);
/** One more user, and one less. NULL is legal. */
struct kd_py_calls *kd_py_calls_share(struct kd_py_calls *calls);
void kd_py_calls_release(struct kd_py_calls *calls);

/** The registers of a frame; false with an exception set. */
bool kd_py_calls_registers(struct kd_py_calls *calls, DumpObject *dump, size_t index, struct kd_restored *ret);

/** What Frame's methods of these names give. @param calls NULL: there is no debug info, which they say. */
PyObject *kd_py_calls_variables(struct kd_py_calls *calls, DumpObject *dump, size_t index);
PyObject *kd_py_calls_names(struct kd_py_calls *calls, DumpObject *dump, size_t index);
PyObject *kd_py_calls_value(struct kd_py_calls *calls, DumpObject *dump, size_t index, const char *name);

#endif
