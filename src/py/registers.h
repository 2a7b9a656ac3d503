/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Registers as a dict: name -> value.
 */
#ifndef KD_PY_REGISTERS_H
#define KD_PY_REGISTERS_H

#include "dump/registers.h"
#include "py/dump.h"

PyObject *kd_py_registers(DumpObject *dump, const struct kd_regs *regs);
/** @param mask KD_REG_BIT of those that are known. */
PyObject *kd_py_registers_known(DumpObject *dump, const struct kd_regs *regs, uint64_t mask);
/** What a dict says; those that it lacks are 0. false with an exception set. */
bool kd_py_registers_argument(DumpObject *dump, PyObject *dict, struct kd_regs *ret);

#endif
