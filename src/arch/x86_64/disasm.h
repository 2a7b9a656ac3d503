/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Instructions of x86-64, spelled as GNU binutils and gdb spell them. */
#ifndef KD_ARCH_X86_64_DISASM_H
#define KD_ARCH_X86_64_DISASM_H

#include "code/instruction_set.h"

extern const struct kd_instruction_set kd_x86_64_instructions;

#endif
