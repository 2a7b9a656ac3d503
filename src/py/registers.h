/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Registers as a dict: name -> value.
 */
#ifndef KD_PY_REGISTERS_H
#define KD_PY_REGISTERS_H

#include "code/unwind.h"
#include "py/py.h"

PyObject *kd_py_registers(const struct kd_regs *regs);
/** @param mask KD_REG_BIT of those that are known. */
PyObject *kd_py_registers_known(const struct kd_regs *regs, uint32_t mask);
/** What a dict says; those that it lacks are 0. false with an exception set. */
bool kd_py_registers_argument(PyObject *dict, struct kd_regs *ret);

#endif
