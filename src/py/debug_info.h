/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file What a vmlinux says, without a dump. */
#ifndef KD_PY_DEBUG_INFO_H
#define KD_PY_DEBUG_INFO_H

#include "py/py.h"

/** Functions of the module itself. */
extern PyMethodDef kd_py_debug_info_functions[];

#endif
