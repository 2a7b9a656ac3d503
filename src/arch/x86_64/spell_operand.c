/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/spell_operand.h"

#include <inttypes.h>

static void put_register(const struct kd_spelling *s, struct kd_spelling_buffer *out, x86_reg reg)
{
	const char *percent = s->syntax == KD_SYNTAX_ATT ? "%" : "";
	if (reg >= X86_REG_ST0 && reg <= X86_REG_ST7)
		kd_spell_put(out, reg == X86_REG_ST0 ? "%sst" : "%sst(%d)", percent, reg - X86_REG_ST0);
	else if (reg >= X86_REG_DR0 && reg <= X86_REG_DR7)
		kd_spell_put(out, "%s%s%d", percent, s->syntax == KD_SYNTAX_ATT ? "db" : "dr", reg - X86_REG_DR0);
	else if (reg == X86_REG_EIZ || reg == X86_REG_RIZ)
		kd_spell_put(out, "%s%s", percent, reg == X86_REG_EIZ ? "eiz" : "riz");
	else
		kd_spell_put(out, "%s%s", percent, cs_reg_name(s->handle, reg) ?: "?");
}

static uint64_t truncate_to(uint64_t value, uint8_t size)
{
	return size && size < 8 ? value & ((1ull << size * 8) - 1) : value;
}

/* Size of the operand that an immediate is used with: it is shown as wide as that. */
static uint8_t immediate_size(const struct kd_spelling *s, const cs_x86_op *immediate)
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
	const cs_x86_op *first = kd_spell_operand(s, 0);
	/* Only general registers and memory of a general instruction; vectors take a byte. */
	return first == immediate || first->size > 8 ? immediate->size : first->size;
}

static void put_immediate(const struct kd_spelling *s, struct kd_spelling_buffer *out, const cs_x86_op *op)
{
	if (kd_spell_is_branch(s))
		kd_spell_put(out, "0x%" PRIx64, (uint64_t)op->imm);
	else
		kd_spell_put(out, "%s0x%" PRIx64, s->syntax == KD_SYNTAX_ATT ? "$" : "",
			     truncate_to(op->imm, immediate_size(s, op)));
}

static bool has_displacement(const struct kd_spelling *s)
{
	return s->x86->encoding.disp_offset != 0;
}

static void put_signed(struct kd_spelling_buffer *out, int64_t value, const char *plus)
{
	if (value < 0)
		kd_spell_put(out, "-0x%" PRIx64, -(uint64_t)value);
	else
		kd_spell_put(out, "%s0x%" PRIx64, plus, (uint64_t)value);
}

/* Since binutils 2.35 the segments that mean nothing in 64-bit mode are shown as prefixes, not with the operand. */
static bool is_real_segment(x86_reg segment)
{
	return segment == X86_REG_FS || segment == X86_REG_GS;
}

static bool is_moffs(const struct kd_spelling *s)
{
	uint8_t opcode = s->x86->opcode[0];
	return opcode >= 0xa0 && opcode <= 0xa3 && s->insn->id == X86_INS_MOVABS;
}

static void put_memory_att(const struct kd_spelling *s, struct kd_spelling_buffer *out, const x86_op_mem *mem)
{
	if (kd_spell_is_branch(s))
		kd_spell_put(out, "*");
	if (is_real_segment(mem->segment))
		kd_spell_put(out, "%%%s:", cs_reg_name(s->handle, mem->segment));
	bool based = mem->base != X86_REG_INVALID;
	bool indexed = mem->index != X86_REG_INVALID;
	if (is_moffs(s) || (!based && !indexed)) {
		kd_spell_put(out, "0x%" PRIx64, (uint64_t)mem->disp);
		return;
	}
	if (has_displacement(s))
		put_signed(out, mem->disp, "");
	kd_spell_put(out, "(");
	if (based)
		put_register(s, out, mem->base);
	if (indexed) {
		kd_spell_put(out, ",");
		put_register(s, out, mem->index);
		kd_spell_put(out, ",%d", mem->scale);
	}
	kd_spell_put(out, ")");
}

static void put_memory_intel(const struct kd_spelling *s, struct kd_spelling_buffer *out, const cs_x86_op *op)
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
			kd_spell_put(out, "%s PTR ", sizes[i].name);
	if (is_real_segment(mem->segment))
		kd_spell_put(out, "%s:", cs_reg_name(s->handle, mem->segment));
	bool based = mem->base != X86_REG_INVALID;
	bool indexed = mem->index != X86_REG_INVALID;
	if (!based && !indexed) {
		kd_spell_put(out, "%s0x%" PRIx64, is_real_segment(mem->segment) ? "" : "ds:", (uint64_t)mem->disp);
		return;
	}
	kd_spell_put(out, "[");
	if (based)
		put_register(s, out, mem->base);
	if (indexed) {
		kd_spell_put(out, based ? "+" : "");
		put_register(s, out, mem->index);
		kd_spell_put(out, "*%d", mem->scale);
	}
	if (has_displacement(s))
		put_signed(out, mem->disp, "+");
	kd_spell_put(out, "]");
}

void kd_spell_put_operand(const struct kd_spelling *s, struct kd_spelling_buffer *out, const cs_x86_op *op)
{
	switch (op->type) {
	case X86_OP_REG:
		if (s->syntax == KD_SYNTAX_ATT && kd_spell_is_branch(s))
			kd_spell_put(out, "*");
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
		kd_spell_put(out, "?");
	}
	if (op->avx_zero_opmask)
		kd_spell_put(out, "{z}");
}
