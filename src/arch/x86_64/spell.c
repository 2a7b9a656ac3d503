/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AT&T and Intel syntax as GNU binutils print them. Made from capstone's decoded operands, not from its text:
 * capstone's AT&T printer gives every mnemonic a size suffix, binutils only where no register operand tells the size.
 */
#include "arch/x86_64/spell.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buffer {
	char *text;
	size_t size, used;
};

KD_PRINTF(2, 3)
static void put(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(buffer->text + buffer->used, buffer->size - buffer->used, format, args);
	va_end(args);
	if (len > 0)
		buffer->used = kd_min(buffer->used + len, buffer->size - 1);
}

struct spelling {
	csh handle;
	const cs_insn *insn;
	const cs_x86 *x86;
	const struct kd_insn_prefixes *prefixes;
	enum kd_syntax syntax;
};

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

static const cs_x86_op *operand(const struct spelling *s, unsigned int n)
{
	return n < s->x86->op_count ? &s->x86->operands[n] : NULL;
}

static const cs_x86_op *find_operand(const struct spelling *s, x86_op_type type)
{
	for (uint8_t i = 0; i < s->x86->op_count; i++)
		if (s->x86->operands[i].type == type)
			return &s->x86->operands[i];
	return NULL;
}

/* Operands. */

static void put_register(const struct spelling *s, struct buffer *out, x86_reg reg)
{
	const char *percent = s->syntax == KD_SYNTAX_ATT ? "%" : "";
	if (reg >= X86_REG_ST0 && reg <= X86_REG_ST7)
		put(out, reg == X86_REG_ST0 ? "%sst" : "%sst(%d)", percent, reg - X86_REG_ST0);
	else if (reg >= X86_REG_DR0 && reg <= X86_REG_DR7)
		put(out, "%s%s%d", percent, s->syntax == KD_SYNTAX_ATT ? "db" : "dr", reg - X86_REG_DR0);
	else if (reg == X86_REG_EIZ || reg == X86_REG_RIZ)
		put(out, "%s%s", percent, reg == X86_REG_EIZ ? "eiz" : "riz");
	else
		put(out, "%s%s", percent, cs_reg_name(s->handle, reg) ?: "?");
}

static bool is_branch(const struct spelling *s)
{
	return cs_insn_group(s->handle, s->insn, X86_GRP_JUMP) || cs_insn_group(s->handle, s->insn, X86_GRP_CALL);
}

static uint64_t truncate_to(uint64_t value, uint8_t size)
{
	return size && size < 8 ? value & ((1ull << size * 8) - 1) : value;
}

/* Size of the operand that an immediate is used with: it is shown as wide as that. */
static uint8_t immediate_size(const struct spelling *s, const cs_x86_op *immediate)
{
	switch (s->insn->id) {
	case X86_INS_PUSH:
		return 8;
	case X86_INS_RET:
	case X86_INS_RETF:
	case X86_INS_RETFQ:
	case X86_INS_ENTER:
		return 2;
	case X86_INS_IN:
	case X86_INS_OUT:
	case X86_INS_INT:
		return 1;
	}
	const cs_x86_op *first = operand(s, 0);
	/* Only general registers and memory of a general instruction; vectors take a byte. */
	return first == immediate || first->size > 8 ? immediate->size : first->size;
}

static void put_immediate(const struct spelling *s, struct buffer *out, const cs_x86_op *op)
{
	if (is_branch(s))
		put(out, "0x%" PRIx64, (uint64_t)op->imm);
	else
		put(out, "%s0x%" PRIx64, s->syntax == KD_SYNTAX_ATT ? "$" : "",
		    truncate_to(op->imm, immediate_size(s, op)));
}

static bool has_displacement(const struct spelling *s)
{
	return s->x86->encoding.disp_offset != 0;
}

static void put_signed(struct buffer *out, int64_t value, const char *plus)
{
	if (value < 0)
		put(out, "-0x%" PRIx64, -(uint64_t)value);
	else
		put(out, "%s0x%" PRIx64, plus, (uint64_t)value);
}

/* Since binutils 2.35 the segments that mean nothing in 64-bit mode are shown as prefixes, not with the operand. */
static bool is_real_segment(x86_reg segment)
{
	return segment == X86_REG_FS || segment == X86_REG_GS;
}

static bool is_moffs(const struct spelling *s)
{
	uint8_t opcode = s->x86->opcode[0];
	return opcode >= 0xa0 && opcode <= 0xa3 && s->insn->id == X86_INS_MOVABS;
}

static void put_memory_att(const struct spelling *s, struct buffer *out, const x86_op_mem *mem)
{
	if (is_branch(s))
		put(out, "*");
	if (is_real_segment(mem->segment))
		put(out, "%%%s:", cs_reg_name(s->handle, mem->segment));
	bool based = mem->base != X86_REG_INVALID;
	bool indexed = mem->index != X86_REG_INVALID;
	if (is_moffs(s) || (!based && !indexed)) {
		put(out, "0x%" PRIx64, (uint64_t)mem->disp);
		return;
	}
	if (has_displacement(s))
		put_signed(out, mem->disp, "");
	put(out, "(");
	if (based)
		put_register(s, out, mem->base);
	if (indexed) {
		put(out, ",");
		put_register(s, out, mem->index);
		put(out, ",%d", mem->scale);
	}
	put(out, ")");
}

static void put_memory_intel(const struct spelling *s, struct buffer *out, const cs_x86_op *op)
{
	static const struct {
		uint8_t size;
		const char *name;
	} sizes[] = {
		{ 1, "BYTE" },	 { 2, "WORD" },	    { 4, "DWORD" },    { 6, "FWORD" },	  { 8, "QWORD" },
		{ 10, "TBYTE" }, { 16, "XMMWORD" }, { 32, "YMMWORD" }, { 64, "ZMMWORD" },
	};
	const x86_op_mem *mem = &op->mem;
	for (size_t i = 0; i < KD_ARRAY_NR(sizes) && s->insn->id != X86_INS_LEA; i++)
		if (sizes[i].size == op->size)
			put(out, "%s PTR ", sizes[i].name);
	if (is_real_segment(mem->segment))
		put(out, "%s:", cs_reg_name(s->handle, mem->segment));
	bool based = mem->base != X86_REG_INVALID;
	bool indexed = mem->index != X86_REG_INVALID;
	if (!based && !indexed) {
		put(out, "%s0x%" PRIx64, is_real_segment(mem->segment) ? "" : "ds:", (uint64_t)mem->disp);
		return;
	}
	put(out, "[");
	if (based)
		put_register(s, out, mem->base);
	if (indexed) {
		put(out, based ? "+" : "");
		put_register(s, out, mem->index);
		put(out, "*%d", mem->scale);
	}
	if (has_displacement(s))
		put_signed(out, mem->disp, "+");
	put(out, "]");
}

static void put_operand(const struct spelling *s, struct buffer *out, const cs_x86_op *op)
{
	switch (op->type) {
	case X86_OP_REG:
		if (s->syntax == KD_SYNTAX_ATT && is_branch(s))
			put(out, "*");
		put_register(s, out, op->reg);
		break;
	case X86_OP_IMM:
		put_immediate(s, out, op);
		break;
	case X86_OP_MEM:
		if (s->syntax == KD_SYNTAX_ATT)
			put_memory_att(s, out, &op->mem);
		else
			put_memory_intel(s, out, op);
		break;
	default:
		put(out, "?");
	}
	if (op->avx_zero_opmask)
		put(out, "{z}");
}

/* Mnemonics. */

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

static void put_suffix(const struct spelling *s, struct buffer *out)
{
	const cs_x86_op *memory = find_operand(s, X86_OP_MEM), *source = operand(s, 1);
	switch (suffix_rule(s->insn->id)) {
	case SUFFIX_NONE:
		break;
	case SUFFIX_MEMORY: {
		/* A shift count in %cl tells nothing of what is shifted. */
		const cs_x86_op *reg = find_operand(s, X86_OP_REG);
		bool counted = reg && reg->reg == X86_REG_CL && s->x86->opcode[0] >= 0xd2 && s->x86->opcode[0] <= 0xd3;
		bool general = reg && reg->size <= 8;
		if (memory && (!reg || counted || !general))
			put(out, "%s", integer_suffix(memory->size));
		break;
	}
	case SUFFIX_ANY_MEMORY:
		if (memory)
			put(out, "%s", integer_suffix(memory->size));
		break;
	case SUFFIX_SOURCE_AND_TARGET:
		if (source)
			put(out, "%s%s", integer_suffix(source->size), integer_suffix(operand(s, 0)->size));
		break;
	case SUFFIX_FLOAT:
		if (memory)
			put(out, "%s", memory->size == 4 ? "s" : memory->size == 8 ? "l" : "t");
		break;
	case SUFFIX_FLOAT_INTEGER:
		if (memory)
			put(out, "%s", memory->size == 2 ? "s" : memory->size == 4 ? "l" : "ll");
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

static const char *binutils_name(const struct spelling *s, const char *name)
{
	const struct name_pair *pairs = s->syntax == KD_SYNTAX_ATT ? att_names : intel_names;
	size_t nr = s->syntax == KD_SYNTAX_ATT ? KD_ARRAY_NR(att_names) : KD_ARRAY_NR(intel_names);
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(pairs[i].capstone, name))
			return pairs[i].binutils;
	return name;
}

/* String instructions have their registers spelled out, and a suffix where both operands are memory. */
static const struct string_insn {
	unsigned int id;
	const char *name, *operands;
} string_insns[] = {
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

static bool is_vector_insn(const struct spelling *s)
{
	/* movsd and cmpsd name a vector instruction, too. */
	return s->x86->opcode[0] == 0x0f;
}

static const struct string_insn *find_string_insn(const struct spelling *s)
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

/* Prefixes. */

static uint8_t opcode_byte(const struct spelling *s)
{
	return s->insn->bytes[s->prefixes->nr + !!s->prefixes->rex];
}

static uint8_t second_byte(const struct spelling *s)
{
	size_t at = s->prefixes->nr + !!s->prefixes->rex + 1u;
	return at < s->insn->size ? s->insn->bytes[at] : 0;
}

/* Whether 66 belongs to the instruction: it makes an operand 16 bits wide or selects a vector instruction. */
static bool uses_operand_size(const struct spelling *s)
{
	uint8_t opcode = opcode_byte(s);
	bool w = s->prefixes->rex & 8;
	if (is_branch(s) || cs_insn_group(s->handle, s->insn, X86_GRP_RET))
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

static bool uses_address_size(const struct spelling *s)
{
	const cs_x86_op *memory = find_operand(s, X86_OP_MEM);
	return memory != NULL || s->insn->id == X86_INS_JECXZ;
}

static const char *rep_name(const struct spelling *s, uint8_t prefix)
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
	if (find_string_insn(s) && opcode_byte(s) != 0x0f)
		return prefix == 0xf3 ? "rep" : "repnz";
	if (prefix == 0xf2 && is_branch(s))
		return "bnd";
	if (opcode_byte(s) == 0xc3)
		return prefix == 0xf3 ? "repz" : "bnd";
	/* Else it selects the instruction (pause, popcnt, SSE …), or means nothing to it. */
	bool selects = opcode_byte(s) == 0x0f || opcode_byte(s) == 0x90;
	return selects ? NULL : prefix == 0xf3 ? "repz" : "repnz";
}

static void put_prefixes(const struct spelling *s, struct buffer *out)
{
	const struct kd_insn_prefixes *prefixes = s->prefixes;
	const cs_x86_op *memory = find_operand(s, X86_OP_MEM);
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
			name = opcode_byte(s) == 0xff && is_branch(s) ? "notrack" : "ds";
			break;
		case 0x64:
		case 0x65:
			if (i != last_segment || !memory)
				name = byte == 0x64 ? "fs" : "gs";
			break;
		}
		if (name)
			put(out, "%s ", name);
	}
	/* REX.W on what is 64 bits wide anyway. */
	uint8_t opcode = opcode_byte(s);
	if (prefixes->rex & 8 && (opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb || opcode == 0xc3 ||
				  (opcode == 0xff && is_branch(s) && s->insn->id != X86_INS_LJMP)))
		put(out, "rex.W ");
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

/* Carry-less multiplication of one half of each operand, named by the halves in place of an immediate. */
static const char *multiply_name(const struct spelling *s)
{
	const cs_x86_op *last = operand(s, s->x86->op_count - 1u);
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

static void put_mnemonic(const struct spelling *s, struct buffer *out)
{
	const char *name = without_prefixes(s->insn->mnemonic);
	put_prefixes(s, out);
	const struct string_insn *string = s->syntax == KD_SYNTAX_ATT ? find_string_insn(s) : NULL;
	if (string) {
		put(out, "%s", string->name);
		return;
	}
	/* 66 90 is a nop that exchanges %ax with itself. */
	if (s->insn->id == X86_INS_NOP && opcode_byte(s) == 0x90) {
		bool w = s->prefixes->rex & 8;
		put(out, memchr(s->prefixes->bytes, 0x66, s->prefixes->nr) && !w ? "xchg" : "nop");
		return;
	}
	const char *multiply = multiply_name(s);
	if (opcode_byte(s) == 0xff && (s->x86->modrm >> 3 & 7) == 5)
		name = s->syntax == KD_SYNTAX_ATT ? "ljmp" : "jmp"; /* which capstone takes for a near one */
	put(out, "%s", multiply ?: binutils_name(s, name));
	if (s->syntax == KD_SYNTAX_ATT)
		put_suffix(s, out);
}

static bool has_implied_xmm0(unsigned int id)
{
	return id == X86_INS_SHA256RNDS2 || id == X86_INS_BLENDVPS || id == X86_INS_BLENDVPD || id == X86_INS_PBLENDVB;
}

static bool keeps_order(unsigned int id)
{
	return id == X86_INS_ENTER;
}

/* Opcodes D0 and D1 shift by one, which is not shown; nor is what the mnemonic says. */
static uint8_t shown_operands(const struct spelling *s)
{
	uint8_t opcode = opcode_byte(s), nr = s->x86->op_count;
	if (multiply_name(s))
		return nr - 1;
	return nr == 2 && (opcode == 0xd0 || opcode == 0xd1) ? 1 : nr;
}

static void put_operands(const struct spelling *s, struct buffer *out)
{
	const struct string_insn *string = s->syntax == KD_SYNTAX_ATT ? find_string_insn(s) : NULL;
	if (string) {
		put(out, "%s", string->operands);
		return;
	}
	if (s->insn->id == X86_INS_NOP && opcode_byte(s) == 0x90) {
		if (memchr(s->prefixes->bytes, 0x66, s->prefixes->nr) && !(s->prefixes->rex & 8))
			put(out, s->syntax == KD_SYNTAX_ATT ? "%%ax,%%ax" : "ax,ax");
		return;
	}
	/* A port in %dx stands in parentheses, an implied accumulator or %st is shown. */
	unsigned int id = s->insn->id;
	uint8_t nr = shown_operands(s);
	bool reverse = s->syntax == KD_SYNTAX_ATT && !keeps_order(id);
	bool shows_xmm0 = s->syntax == KD_SYNTAX_ATT && has_implied_xmm0(id);
	if (shows_xmm0)
		put(out, "%%xmm0");
	for (uint8_t i = 0; i < nr; i++) {
		const cs_x86_op *op = &s->x86->operands[reverse ? nr - 1 - i : i];
		if (i || shows_xmm0)
			put(out, ",");
		if ((id == X86_INS_IN || id == X86_INS_OUT) && op->type == X86_OP_REG && op->reg == X86_REG_DX)
			put(out, s->syntax == KD_SYNTAX_ATT ? "(%%dx)" : "dx");
		else
			put_operand(s, out, op);
	}
}

void kd_insn_spell(csh handle, const cs_insn *insn, const struct kd_insn_prefixes *prefixes, enum kd_syntax syntax,
		   struct kd_insn *ret)
{
	const struct spelling s = { handle, insn, &insn->detail->x86, prefixes, syntax };
	struct buffer mnemonic = { ret->mnemonic, sizeof(ret->mnemonic), 0 };
	struct buffer operands = { ret->operands, sizeof(ret->operands), 0 };
	put_mnemonic(&s, &mnemonic);
	put_operands(&s, &operands);
}
