/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AT&T and Intel syntax as GNU binutils print them. Made from capstone's decoded operands, not from its text:
 * capstone's AT&T printer gives every mnemonic a size suffix, binutils only where no register operand tells the size.
 */
#include "arch/x86_64/spell.h"

#include <string.h>

#include "arch/x86_64/spell_mnemonic.h"
#include "arch/x86_64/spell_operand.h"

static bool has_implied_xmm0(unsigned int id)
{
	return id == X86_INS_SHA256RNDS2 || id == X86_INS_BLENDVPS || id == X86_INS_BLENDVPD || id == X86_INS_PBLENDVB;
}

static bool keeps_order(unsigned int id)
{
	return id == X86_INS_ENTER;
}

/* Opcodes D0 and D1 shift by one, which is not shown; nor is what the mnemonic says. */
static uint8_t shown_operands(const struct kd_spelling *s)
{
	uint8_t opcode = kd_spell_opcode(s), nr = s->x86->op_count;
	if (kd_spell_multiply_name(s))
		return nr - 1;
	return nr == 2 && (opcode == 0xd0 || opcode == 0xd1) ? 1 : nr;
}

static void put_operands(const struct kd_spelling *s, struct kd_spelling_buffer *out)
{
	const struct kd_string_insn *string = s->syntax == KD_SYNTAX_ATT ? kd_spell_string_insn(s) : NULL;
	if (string) {
		kd_spell_put(out, "%s", string->operands);
		return;
	}
	if (s->insn->id == X86_INS_NOP && kd_spell_opcode(s) == 0x90) {
		if (memchr(s->prefixes->bytes, 0x66, s->prefixes->nr) && !(s->prefixes->rex & 8))
			kd_spell_put(out, s->syntax == KD_SYNTAX_ATT ? "%%ax,%%ax" : "ax,ax");
		return;
	}
	/* A port in %dx stands in parentheses, an implied accumulator or %st is shown. */
	unsigned int id = s->insn->id;
	uint8_t nr = shown_operands(s);
	bool reverse = s->syntax == KD_SYNTAX_ATT && !keeps_order(id);
	bool shows_xmm0 = s->syntax == KD_SYNTAX_ATT && has_implied_xmm0(id);
	if (shows_xmm0)
		kd_spell_put(out, "%%xmm0");
	for (uint8_t i = 0; i < nr; i++) {
		const cs_x86_op *op = &s->x86->operands[reverse ? nr - 1 - i : i];
		if (i || shows_xmm0)
			kd_spell_put(out, ",");
		if ((id == X86_INS_IN || id == X86_INS_OUT) && op->type == X86_OP_REG && op->reg == X86_REG_DX)
			kd_spell_put(out, s->syntax == KD_SYNTAX_ATT ? "(%%dx)" : "dx");
		else
			kd_spell_put_operand(s, out, op);
	}
}

void kd_insn_spell(csh handle, const cs_insn *insn, const struct kd_insn_prefixes *prefixes, enum kd_syntax syntax,
		   struct kd_insn *ret)
{
	const struct kd_spelling s = { handle, insn, &insn->detail->x86, prefixes, syntax };
	struct kd_spelling_buffer mnemonic = { ret->mnemonic, sizeof(ret->mnemonic), 0 };
	struct kd_spelling_buffer operands = { ret->operands, sizeof(ret->operands), 0 };
	kd_spell_put_mnemonic(&s, &mnemonic);
	put_operands(&s, &operands);
}
