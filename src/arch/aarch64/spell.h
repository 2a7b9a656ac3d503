/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Text of arm64's instructions as GNU binutils have it, from capstone's, which follows LLVM. */
#ifndef KD_ARCH_AARCH64_SPELL_H
#define KD_ARCH_AARCH64_SPELL_H

#include <capstone/capstone.h>

#include "code/insn.h"

/** Whether the last number of an instruction is an address, not a value. */
bool kd_aarch64_means_address(const cs_insn *insn);

/** Fills in mnemonic and operands. */
void kd_aarch64_spell(const cs_insn *insn, struct kd_insn *ret);

#endif
