/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/spell_prefix.h"

#include <string.h>

static uint8_t second_byte(const struct kd_spelling *s)
{
	size_t at = s->prefixes->nr + !!s->prefixes->rex + 1u;
	return at < s->insn->size ? s->insn->bytes[at] : 0;
}

/* Whether 66 belongs to the instruction: it makes an operand 16 bits wide or selects a vector instruction. */
static bool uses_operand_size(const struct kd_spelling *s)
{
	uint8_t opcode = kd_spell_opcode(s);
	bool w = s->prefixes->rex & 8;
	if (kd_spell_is_branch(s) || cs_insn_group(s->handle, s->insn, X86_GRP_RET))
		return false;
	if (opcode == 0x90)
		return !w;
	if (opcode == 0x0f) {
		uint8_t second = second_byte(s);
		/* Without an operand size: system instructions and endbr. */
		if (second == 0x05 || second == 0x07 || second == 0x0b || second == 0x30 || second == 0x32)
			return false;
		if (second == 0x1f)
			return !w;
		if (second >= 0x10 && second <= 0x7f && (second < 0x40 || second > 0x4f))
			return true;
		if (second == 0x01 || second == 0xae || second == 0xc7 || second == 0xc2 || second >= 0xc4)
			return true;
	}
	if (w)
		return false;
	for (uint8_t i = 0; i < s->x86->op_count; i++)
		if (s->x86->operands[i].size == 2)
			return true;
	return s->x86->op_count == 0;
}

static bool uses_address_size(const struct kd_spelling *s)
{
	const cs_x86_op *memory = kd_spell_find_operand(s, X86_OP_MEM);
	return memory != NULL || s->insn->id == X86_INS_JECXZ;
}

static const char *rep_name(const struct kd_spelling *s, uint8_t prefix)
{
	switch (s->insn->id) {
	case X86_INS_SCASB:
	case X86_INS_SCASW:
	case X86_INS_SCASD:
	case X86_INS_SCASQ:
	case X86_INS_CMPSB:
	case X86_INS_CMPSW:
	case X86_INS_CMPSD:
	case X86_INS_CMPSQ:
		return prefix == 0xf3 ? "repz" : "repnz";
	}
	if (kd_spell_string_insn(s) && kd_spell_opcode(s) != 0x0f)
		return prefix == 0xf3 ? "rep" : "repnz";
	if (prefix == 0xf2 && kd_spell_is_branch(s))
		return "bnd";
	if (kd_spell_opcode(s) == 0xc3)
		return prefix == 0xf3 ? "repz" : "bnd";
	/* Else it selects the instruction (pause, popcnt, SSE …), or means nothing to it. */
	bool selects = kd_spell_opcode(s) == 0x0f || kd_spell_opcode(s) == 0x90;
	return selects ? NULL : prefix == 0xf3 ? "repz" : "repnz";
}

void kd_spell_put_prefixes(const struct kd_spelling *s, struct kd_spelling_buffer *out)
{
	const struct kd_insn_prefixes *prefixes = s->prefixes;
	const cs_x86_op *memory = kd_spell_find_operand(s, X86_OP_MEM);
	int last_66 = -1, last_segment = -1;
	for (int i = 0; i < prefixes->nr; i++) {
		if (prefixes->bytes[i] == 0x66)
			last_66 = i;
		if (strchr("\x2e\x36\x3e\x26\x64\x65", prefixes->bytes[i]))
			last_segment = i;
	}
	for (int i = 0; i < prefixes->nr; i++) {
		uint8_t byte = prefixes->bytes[i];
		const char *name = NULL;
		switch (byte) {
		case 0x66:
			name = i == last_66 && uses_operand_size(s) ? NULL : "data16";
			break;
		case 0x67:
			name = uses_address_size(s) ? NULL : "addr32";
			break;
		case 0xf0:
			name = "lock";
			break;
		case 0xf2:
		case 0xf3:
			name = rep_name(s, byte);
			break;
		case 0x2e:
			name = "cs";
			break;
		case 0x36:
			name = "ss";
			break;
		case 0x26:
			name = "es";
			break;
		case 0x3e:
			name = kd_spell_opcode(s) == 0xff && kd_spell_is_branch(s) ? "notrack" : "ds";
			break;
		case 0x64:
		case 0x65:
			if (i != last_segment || !memory)
				name = byte == 0x64 ? "fs" : "gs";
			break;
		}
		if (name)
			kd_spell_put(out, "%s ", name);
	}
	/* REX.W on what is 64 bits wide anyway. */
	uint8_t opcode = kd_spell_opcode(s);
	if (prefixes->rex & 8 && (opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb || opcode == 0xc3 ||
				  (opcode == 0xff && kd_spell_is_branch(s) && s->insn->id != X86_INS_LJMP)))
		kd_spell_put(out, "rex.W ");
}
