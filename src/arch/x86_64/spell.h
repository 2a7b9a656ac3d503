/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * SPELLING of an instruction that capstone decoded, private to disasm.c.
 */
#ifndef KD_ARCH_X86_64_SPELL_H
#define KD_ARCH_X86_64_SPELL_H

#include "arch/x86_64/spelling.h"

/** Fill in mnemonic and operands. @param handle capstone in Intel syntax (its mnemonics have no suffixes), with
 * details. */
void kd_insn_spell(csh handle, const cs_insn *insn, const struct kd_insn_prefixes *prefixes, enum kd_syntax syntax,
		   struct kd_insn *ret);

#endif
