/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Cpu: what is known of one CPU.
 */
#ifndef KD_PY_CPU_H
#define KD_PY_CPU_H

#include "code/cpu.h"
#include "py/dump.h"

extern PyTypeObject kd_py_Cpu;
PyObject *kd_py_cpu_wrap(DumpObject *dump, const struct kd_cpu *cpu);

#endif
