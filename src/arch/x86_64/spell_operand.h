/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Operands, as binutils spell them. */
#ifndef KD_ARCH_X86_64_SPELL_OPERAND_H
#define KD_ARCH_X86_64_SPELL_OPERAND_H

#include "arch/x86_64/spelling.h"

void kd_spell_put_operand(const struct kd_spelling *s, struct kd_spelling_buffer *out, const cs_x86_op *op);

#endif
