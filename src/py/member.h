/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Member: a member of a struct or union.
 */
#ifndef KD_PY_MEMBER_H
#define KD_PY_MEMBER_H

#include "py/py.h"
#include "types/type.h"

extern PyTypeObject kd_py_Member;
/** @param type Type of the member; stolen. NULL with an exception set if it is NULL. */
PyObject *kd_py_member_wrap(const struct kd_member *member, PyObject *type);

#endif
