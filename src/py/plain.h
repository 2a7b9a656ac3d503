/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * One look at a row of an answer: most have nothing in them that needs another.
 */
#ifndef KD_PY_PLAIN_H
#define KD_PY_PLAIN_H

#include "py/py.h"

/** Functions of the module itself. */
extern PyMethodDef kd_py_plain_functions[];

#endif
