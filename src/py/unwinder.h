/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The unwinder of a dump, made when it is first needed.
 */
#ifndef KD_PY_UNWINDER_H
#define KD_PY_UNWINDER_H

#include "code/unwind.h"
#include "py/dump.h"

/** What masks of CPUs need, which is less than what an unwinder does; false with an exception set. */
bool kd_py_cpu_sources(DumpObject *dump, struct kd_code_sources *ret);
/** NULL with an exception set. */
struct kd_unwinder *kd_py_unwinder(DumpObject *dump);
/** The Symbol of code, None if there is none; new reference. @param is_return pc is behind a call. */
PyObject *kd_py_text_symbol(DumpObject *dump, kd_vaddr pc, bool is_return);

#endif
