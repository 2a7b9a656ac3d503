/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Instructions of s390x. */
#ifndef KD_ARCH_S390X_DISASM_H
#define KD_ARCH_S390X_DISASM_H

#include "code/instruction_set.h"

extern const struct kd_instruction_set kd_s390x_instructions;

#endif
