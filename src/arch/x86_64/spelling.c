/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/spelling.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void kd_spell_put(struct kd_spelling_buffer *buffer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(buffer->text + buffer->used, buffer->size - buffer->used, format, args);
	va_end(args);
	if (len > 0)
		buffer->used = kd_min(buffer->used + len, buffer->size - 1);
}

static bool is_legacy_prefix(uint8_t byte)
{
	return strchr("\x66\x67\xf0\xf2\xf3\x2e\x36\x3e\x26\x64\x65", byte) && byte;
}

struct kd_insn_prefixes kd_insn_prefixes_of(const uint8_t *bytes, size_t len)
{
	struct kd_insn_prefixes prefixes = {};
	while (prefixes.nr < len && is_legacy_prefix(bytes[prefixes.nr])) {
		prefixes.bytes[prefixes.nr] = bytes[prefixes.nr];
		prefixes.nr++;
	}
	if (prefixes.nr < len && (bytes[prefixes.nr] & 0xf0) == 0x40)
		prefixes.rex = bytes[prefixes.nr];
	return prefixes;
}

const cs_x86_op *kd_spell_operand(const struct kd_spelling *s, unsigned int n)
{
	return n < s->x86->op_count ? &s->x86->operands[n] : NULL;
}

const cs_x86_op *kd_spell_find_operand(const struct kd_spelling *s, x86_op_type type)
{
	for (uint8_t i = 0; i < s->x86->op_count; i++)
		if (s->x86->operands[i].type == type)
			return &s->x86->operands[i];
	return NULL;
}

bool kd_spell_is_branch(const struct kd_spelling *s)
{
	return cs_insn_group(s->handle, s->insn, X86_GRP_JUMP) || cs_insn_group(s->handle, s->insn, X86_GRP_CALL);
}

uint8_t kd_spell_opcode(const struct kd_spelling *s)
{
	return s->insn->bytes[s->prefixes->nr + !!s->prefixes->rex];
}

static const struct kd_string_insn string_insns[] = {
	{ X86_INS_STOSB, "stos", "%al,%es:(%rdi)" },
	{ X86_INS_STOSW, "stos", "%ax,%es:(%rdi)" },
	{ X86_INS_STOSD, "stos", "%eax,%es:(%rdi)" },
	{ X86_INS_STOSQ, "stos", "%rax,%es:(%rdi)" },
	{ X86_INS_LODSB, "lods", "%ds:(%rsi),%al" },
	{ X86_INS_LODSW, "lods", "%ds:(%rsi),%ax" },
	{ X86_INS_LODSD, "lods", "%ds:(%rsi),%eax" },
	{ X86_INS_LODSQ, "lods", "%ds:(%rsi),%rax" },
	{ X86_INS_SCASB, "scas", "%es:(%rdi),%al" },
	{ X86_INS_SCASW, "scas", "%es:(%rdi),%ax" },
	{ X86_INS_SCASD, "scas", "%es:(%rdi),%eax" },
	{ X86_INS_SCASQ, "scas", "%es:(%rdi),%rax" },
	{ X86_INS_MOVSB, "movsb", "%ds:(%rsi),%es:(%rdi)" },
	{ X86_INS_MOVSW, "movsw", "%ds:(%rsi),%es:(%rdi)" },
	{ X86_INS_MOVSQ, "movsq", "%ds:(%rsi),%es:(%rdi)" },
	{ X86_INS_CMPSB, "cmpsb", "%es:(%rdi),%ds:(%rsi)" },
	{ X86_INS_CMPSW, "cmpsw", "%es:(%rdi),%ds:(%rsi)" },
	{ X86_INS_CMPSQ, "cmpsq", "%es:(%rdi),%ds:(%rsi)" },
	{ X86_INS_INSB, "insb", "(%dx),%es:(%rdi)" },
	{ X86_INS_INSW, "insw", "(%dx),%es:(%rdi)" },
	{ X86_INS_INSD, "insl", "(%dx),%es:(%rdi)" },
	{ X86_INS_OUTSB, "outsb", "%ds:(%rsi),(%dx)" },
	{ X86_INS_OUTSW, "outsw", "%ds:(%rsi),(%dx)" },
	{ X86_INS_OUTSD, "outsl", "%ds:(%rsi),(%dx)" },
	{ X86_INS_MOVSD, "movsl", "%ds:(%rsi),%es:(%rdi)" },
	{ X86_INS_CMPSD, "cmpsl", "%es:(%rdi),%ds:(%rsi)" },
	{ X86_INS_XLATB, "xlat", "%ds:(%rbx)" },
	{ X86_INS_MONITOR, "monitor", "%rax,%ecx,%edx" },
	{ X86_INS_MWAIT, "mwait", "%eax,%ecx" },
	{ X86_INS_MONITORX, "monitorx", "%rax,%ecx,%edx" },
	{ X86_INS_MWAITX, "mwaitx", "%eax,%ecx,%ebx" },
	{ X86_INS_VMRUN, "vmrun", "%rax" },
	{ X86_INS_VMLOAD, "vmload", "%rax" },
	{ X86_INS_VMSAVE, "vmsave", "%rax" },
	{ X86_INS_INVLPGA, "invlpga", "%rax,%ecx" },
	{ X86_INS_CLZERO, "clzero", "%rax" },
};

static bool is_vector_insn(const struct kd_spelling *s)
{
	/* movsd and cmpsd name a vector instruction, too. */
	return s->x86->opcode[0] == 0x0f;
}

const struct kd_string_insn *kd_spell_string_insn(const struct kd_spelling *s)
{
	for (size_t i = 0; i < KD_ARRAY_NR(string_insns); i++)
		if (string_insns[i].id == s->insn->id && !is_vector_insn(s))
			return &string_insns[i];
	/* Those of an opcode 0F 01. */
	for (size_t i = 0; i < KD_ARRAY_NR(string_insns); i++)
		if (string_insns[i].id == s->insn->id && s->x86->opcode[0] == 0x0f && s->x86->opcode[1] == 0x01)
			return &string_insns[i];
	return NULL;
}
