/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The decompressors of pages, to be tried without a dump.
 */
#ifndef KD_PY_CODEC_H
#define KD_PY_CODEC_H

#include "py/py.h"

/** Functions of the module itself. */
extern PyMethodDef kd_py_codec_functions[];

#endif
