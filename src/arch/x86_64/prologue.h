/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * PROLOGUES of x86-64: see kd_instruction_set.
 */
#ifndef KD_ARCH_X86_64_PROLOGUE_H
#define KD_ARCH_X86_64_PROLOGUE_H

#include "code/instruction_set.h"

bool kd_x86_64_read_prologue(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start,
			     kd_vaddr pc, struct kd_prologue *ret);

#endif
