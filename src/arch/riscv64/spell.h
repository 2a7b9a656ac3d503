/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Instructions of riscv64 as GNU binutils spell them, from capstone's, which follow LLVM. */
#ifndef KD_ARCH_RISCV64_SPELL_H
#define KD_ARCH_RISCV64_SPELL_H

#include <capstone/capstone.h>

#include "code/insn.h"

/** Fills in all that is not bytes: text, operands, flow and target. */
void kd_riscv64_spell(csh handle, const cs_insn *insn, struct kd_insn *ret);

#endif
