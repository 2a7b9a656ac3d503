/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/spell_mnemonic.h"

#include <string.h>

#include "arch/x86_64/spell_prefix.h"

enum suffix_rule {
	SUFFIX_NONE,
	SUFFIX_MEMORY,	   /* by the size of a memory operand, where no register tells it */
	SUFFIX_ANY_MEMORY, /* by the size of a memory operand, whatever else there is */
	SUFFIX_SOURCE_AND_TARGET,
	SUFFIX_FLOAT,
	SUFFIX_FLOAT_INTEGER,
};

static enum suffix_rule suffix_rule(unsigned int id)
{
	switch (id) {
	case X86_INS_MOV:
	case X86_INS_ADD:
	case X86_INS_OR:
	case X86_INS_ADC:
	case X86_INS_SBB:
	case X86_INS_AND:
	case X86_INS_SUB:
	case X86_INS_XOR:
	case X86_INS_CMP:
	case X86_INS_TEST:
	case X86_INS_INC:
	case X86_INS_DEC:
	case X86_INS_NOT:
	case X86_INS_NEG:
	case X86_INS_MUL:
	case X86_INS_IMUL:
	case X86_INS_DIV:
	case X86_INS_IDIV:
	case X86_INS_ROL:
	case X86_INS_ROR:
	case X86_INS_RCL:
	case X86_INS_RCR:
	case X86_INS_SHL:
	case X86_INS_SAL:
	case X86_INS_SHR:
	case X86_INS_SAR:
	case X86_INS_BT:
	case X86_INS_BTS:
	case X86_INS_BTR:
	case X86_INS_BTC:
	case X86_INS_NOP:
	case X86_INS_CVTSI2SD:
	case X86_INS_CVTSI2SS:
	case X86_INS_VCVTSI2SD:
	case X86_INS_VCVTSI2SS:
		return SUFFIX_MEMORY;
	case X86_INS_CRC32:
		return SUFFIX_ANY_MEMORY;
	case X86_INS_MOVZX:
	case X86_INS_MOVSX:
		return SUFFIX_SOURCE_AND_TARGET;
	case X86_INS_FLD:
	case X86_INS_FST:
	case X86_INS_FSTP:
	case X86_INS_FADD:
	case X86_INS_FSUB:
	case X86_INS_FSUBR:
	case X86_INS_FMUL:
	case X86_INS_FDIV:
	case X86_INS_FDIVR:
	case X86_INS_FCOM:
	case X86_INS_FCOMP:
		return SUFFIX_FLOAT;
	case X86_INS_FILD:
	case X86_INS_FIST:
	case X86_INS_FISTP:
	case X86_INS_FISTTP:
	case X86_INS_FIADD:
	case X86_INS_FISUB:
	case X86_INS_FISUBR:
	case X86_INS_FIMUL:
	case X86_INS_FIDIV:
	case X86_INS_FIDIVR:
	case X86_INS_FICOM:
	case X86_INS_FICOMP:
		return SUFFIX_FLOAT_INTEGER;
	}
	return SUFFIX_NONE;
}

static const char *integer_suffix(uint8_t size)
{
	static const char *const suffixes[] = { [1] = "b", [2] = "w", [4] = "l", [8] = "q" };
	return size < KD_ARRAY_NR(suffixes) && suffixes[size] ? suffixes[size] : "";
}

static void put_suffix(const struct kd_spelling *s, struct kd_spelling_buffer *out)
{
	const cs_x86_op *memory = kd_spell_find_operand(s, X86_OP_MEM), *source = kd_spell_operand(s, 1);
	switch (suffix_rule(s->insn->id)) {
	case SUFFIX_NONE:
		break;
	case SUFFIX_MEMORY: {
		/* A shift count in %cl tells nothing of what is shifted. */
		const cs_x86_op *reg = kd_spell_find_operand(s, X86_OP_REG);
		bool counted = reg && reg->reg == X86_REG_CL && s->x86->opcode[0] >= 0xd2 && s->x86->opcode[0] <= 0xd3;
		bool general = reg && reg->size <= 8;
		if (memory && (!reg || counted || !general))
			kd_spell_put(out, "%s", integer_suffix(memory->size));
		break;
	}
	case SUFFIX_ANY_MEMORY:
		if (memory)
			kd_spell_put(out, "%s", integer_suffix(memory->size));
		break;
	case SUFFIX_SOURCE_AND_TARGET:
		if (source)
			kd_spell_put(out, "%s%s", integer_suffix(source->size),
				     integer_suffix(kd_spell_operand(s, 0)->size));
		break;
	case SUFFIX_FLOAT:
		if (memory)
			kd_spell_put(out, "%s", memory->size == 4 ? "s" : memory->size == 8 ? "l" : "t");
		break;
	case SUFFIX_FLOAT_INTEGER:
		if (memory)
			kd_spell_put(out, "%s", memory->size == 2 ? "s" : memory->size == 4 ? "l" : "ll");
		break;
	}
}

struct name_pair {
	const char *capstone, *binutils;
};

static const struct name_pair att_names[] = {
	{ "cbw", "cbtw" },    { "cdq", "cltd" },       { "cdqe", "cltq" },	  { "cqo", "cqto" },
	{ "cwd", "cwtd" },    { "cwde", "cwtl" },      { "movsx", "movs" },	  { "movsxd", "movslq" },
	{ "movzx", "movz" },  { "pushfq", "pushf" },   { "popfq", "popf" },	  { "retf", "lret" },
	{ "retfq", "lretq" }, { "sysret", "sysretl" }, { "sysexit", "sysexitl" }, { "wait", "fwait" },
	{ "sal", "shl" },     { "salc", "(bad)" },     { "ljmp", "ljmp" },
};

static const struct name_pair intel_names[] = {
	{ "pushfq", "pushf" },
	{ "popfq", "popf" },
	{ "sal", "shl" },
	{ "wait", "fwait" },
};

static const char *binutils_name(const struct kd_spelling *s, const char *name)
{
	const struct name_pair *pairs = s->syntax == KD_SYNTAX_ATT ? att_names : intel_names;
	size_t nr = s->syntax == KD_SYNTAX_ATT ? KD_ARRAY_NR(att_names) : KD_ARRAY_NR(intel_names);
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(pairs[i].capstone, name))
			return pairs[i].binutils;
	return name;
}

/* Capstone puts the prefixes it honours before the mnemonic. */
static const char *without_prefixes(const char *mnemonic)
{
	static const char *const words[] = { "lock ",	 "rep ", "repe ",     "repne ",	   "repz ",   "repnz ",
					     "notrack ", "bnd ", "xacquire ", "xrelease ", "data16 ", "addr32 " };
	for (size_t i = 0; i < KD_ARRAY_NR(words); i++)
		if (!strncmp(mnemonic, words[i], strlen(words[i])))
			return without_prefixes(mnemonic + strlen(words[i]));
	return mnemonic;
}

const char *kd_spell_multiply_name(const struct kd_spelling *s)
{
	const cs_x86_op *last = kd_spell_operand(s, s->x86->op_count - 1u);
	if ((s->insn->id != X86_INS_PCLMULQDQ && s->insn->id != X86_INS_VPCLMULQDQ) || last->type != X86_OP_IMM)
		return NULL;
	bool vector = s->insn->id == X86_INS_VPCLMULQDQ;
	switch (last->imm) {
	case 0x00:
		return vector ? "vpclmullqlqdq" : "pclmullqlqdq";
	case 0x01:
		return vector ? "vpclmulhqlqdq" : "pclmulhqlqdq";
	case 0x10:
		return vector ? "vpclmullqhqdq" : "pclmullqhqdq";
	case 0x11:
		return vector ? "vpclmulhqhqdq" : "pclmulhqhqdq";
	}
	return NULL;
}

void kd_spell_put_mnemonic(const struct kd_spelling *s, struct kd_spelling_buffer *out)
{
	const char *name = without_prefixes(s->insn->mnemonic);
	kd_spell_put_prefixes(s, out);
	const struct kd_string_insn *string = s->syntax == KD_SYNTAX_ATT ? kd_spell_string_insn(s) : NULL;
	if (string) {
		kd_spell_put(out, "%s", string->name);
		return;
	}
	/* 66 90 is a nop that exchanges %ax with itself. */
	if (s->insn->id == X86_INS_NOP && kd_spell_opcode(s) == 0x90) {
		bool w = s->prefixes->rex & 8;
		kd_spell_put(out, memchr(s->prefixes->bytes, 0x66, s->prefixes->nr) && !w ? "xchg" : "nop");
		return;
	}
	const char *multiply = kd_spell_multiply_name(s);
	if (kd_spell_opcode(s) == 0xff && (s->x86->modrm >> 3 & 7) == 5)
		name = s->syntax == KD_SYNTAX_ATT ? "ljmp" : "jmp"; /* which capstone takes for a near one */
	kd_spell_put(out, "%s", multiply ?: binutils_name(s, name));
	if (s->syntax == KD_SYNTAX_ATT)
		put_suffix(s, out);
}
