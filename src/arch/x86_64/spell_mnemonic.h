/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Mnemonics, as binutils spell them. */
#ifndef KD_ARCH_X86_64_SPELL_MNEMONIC_H
#define KD_ARCH_X86_64_SPELL_MNEMONIC_H

#include "arch/x86_64/spelling.h"

/** With the prefixes, and in AT&T syntax with the suffix. */
void kd_spell_put_mnemonic(const struct kd_spelling *s, struct kd_spelling_buffer *out);

/** Carry-less multiplication of one half of each operand, named by the halves in place of an immediate; or NULL. */
const char *kd_spell_multiply_name(const struct kd_spelling *s);

#endif
