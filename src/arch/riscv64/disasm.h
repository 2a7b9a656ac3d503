/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Instructions of riscv64. */
#ifndef KD_ARCH_RISCV64_DISASM_H
#define KD_ARCH_RISCV64_DISASM_H

#include "code/instruction_set.h"

extern const struct kd_instruction_set kd_riscv64_instructions;

#endif
