/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Instruction: one of a disassembly.
 */
#ifndef KD_PY_INSTRUCTION_H
#define KD_PY_INSTRUCTION_H

#include "code/disasm.h"
#include "py/py.h"

extern PyTypeObject kd_py_Instruction;
PyObject *kd_py_instruction_wrap(const struct kd_insn *insn);

#endif
