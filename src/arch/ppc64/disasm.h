/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Instructions of ppc64. */
#ifndef KD_ARCH_PPC64_DISASM_H
#define KD_ARCH_PPC64_DISASM_H

#include "code/instruction_set.h"

extern const struct kd_instruction_set kd_ppc64_instructions;

#endif
