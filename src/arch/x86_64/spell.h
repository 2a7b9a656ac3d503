/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * SPELLING of an instruction that capstone decoded, private to disasm.c.
 */
#ifndef KD_ARCH_X86_64_SPELL_H
#define KD_ARCH_X86_64_SPELL_H

#include <capstone/capstone.h>

#include "code/disasm.h"

/** What stands before the opcode. Capstone drops prefixes without effect; binutils names them. */
struct kd_insn_prefixes {
	uint8_t bytes[KD_INSN_MAX_LEN]; /* legacy prefixes in order */
	uint8_t nr;
	uint8_t rex; /* 0: none */
};

struct kd_insn_prefixes kd_insn_prefixes_of(const uint8_t *bytes, size_t len);

/** Fill in mnemonic and operands. @param handle capstone in Intel syntax (its mnemonics have no suffixes), with
 * details. */
void kd_insn_spell(csh handle, const cs_insn *insn, const struct kd_insn_prefixes *prefixes, enum kd_syntax syntax,
		   struct kd_insn *ret);

#endif
