/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/riscv64/spell.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a compressed instruction leaves out: binutils print the whole one that it stands for. */
enum form {
	AS_IT_IS,
	TARGET_IS_SOURCE, /* "c.addi a0, 1" is "addi a0,a0,1" */
};

static const struct compressed {
	const char *name, *whole;
	enum form form;
} compressed[] = {
	{ "addi16sp", "addi", TARGET_IS_SOURCE },
	{ "addi4spn", "addi", AS_IT_IS },
	{ "addi", "addi", TARGET_IS_SOURCE },
	{ "addiw", "addiw", TARGET_IS_SOURCE },
	{ "slli", "slli", TARGET_IS_SOURCE },
	{ "srli", "srli", TARGET_IS_SOURCE },
	{ "srai", "srai", TARGET_IS_SOURCE },
	{ "andi", "andi", TARGET_IS_SOURCE },
	{ "add", "add", TARGET_IS_SOURCE },
	{ "sub", "sub", TARGET_IS_SOURCE },
	{ "and", "and", TARGET_IS_SOURCE },
	{ "or", "or", TARGET_IS_SOURCE },
	{ "xor", "xor", TARGET_IS_SOURCE },
	{ "addw", "addw", TARGET_IS_SOURCE },
	{ "subw", "subw", TARGET_IS_SOURCE },
	{ "ldsp", "ld", AS_IT_IS },
	{ "sdsp", "sd", AS_IT_IS },
	{ "lwsp", "lw", AS_IT_IS },
	{ "swsp", "sw", AS_IT_IS },
};

/* binutils leave out that an operand is a number; the text says it. */
static const char *const with_number[][2] = {
	{ "addi", "add" },   { "addiw", "addw" },   { "andi", "and" },	   { "ori", "or" },	  { "xori", "xor" },
	{ "slli", "sll" },   { "slliw", "sllw" },   { "srli", "srl" },	   { "srliw", "srlw" },	  { "srai", "sra" },
	{ "sraiw", "sraw" }, { "csrrci", "csrrc" }, { "csrrsi", "csrrs" }, { "csrrwi", "csrrw" }, { "csrsi", "csrs" },
	{ "csrci", "csrc" }, { "csrwi", "csrw" },
};

static bool is_operand(const struct kd_insn *insn, unsigned int n, uint8_t kind, const char *reg, int64_t number)
{
	const struct kd_operand *operand = &insn->operand[n];
	if (n >= insn->operand_nr || operand->kind != kind)
		return false;
	return kind == KD_OPERAND_REGISTER ? operand->reg_name && !strcmp(operand->reg_name, reg)
					   : operand->number == number;
}

/* Whole instructions that have a name of their own for one of their values. */
static bool spell_special(struct kd_insn *ret)
{
	const char *first = ret->operand[0].reg_name ?: "", *second = ret->operand[1].reg_name ?: "";
	const int64_t number = ret->operand[2].number;
	char *out = ret->operands;
	const size_t size = sizeof(ret->operands);
	if (!strcmp(ret->mnemonic, "addi") && is_operand(ret, 1, KD_OPERAND_REGISTER, "zero", 0)) {
		strcpy(ret->mnemonic, "li");
		snprintf(out, size, "%s,%" PRId64, first, number);
	} else if (!strcmp(ret->mnemonic, "mv") && !strcmp(second, "zero")) {
		strcpy(ret->mnemonic, "li");
		snprintf(out, size, "%s,0", first);
	} else if (!strcmp(ret->mnemonic, "addiw") && is_operand(ret, 2, KD_OPERAND_NUMBER, NULL, 0)) {
		strcpy(ret->mnemonic, "sext.w");
		snprintf(out, size, "%s,%s", first, second);
	} else if (!strcmp(ret->mnemonic, "andi") && is_operand(ret, 2, KD_OPERAND_NUMBER, NULL, 255)) {
		strcpy(ret->mnemonic, "zext.b");
		snprintf(out, size, "%s,%s", first, second);
	} else if (!strcmp(ret->mnemonic, "jalr") && ret->operand_nr == 3 &&
		   (!strcmp(first, "ra") || !strcmp(first, "zero"))) {
		if (!strcmp(first, "zero"))
			strcpy(ret->mnemonic, "jr");
		snprintf(out, size, "%" PRId64 "(%s)", number, second);
	} else {
		return false;
	}
	return true;
}

static enum form spell_mnemonic(const cs_insn *insn, struct kd_insn *ret)
{
	const char *name = insn->mnemonic;
	enum form form = AS_IT_IS;
	if (!strncmp(name, "c.", 2)) {
		name += 2;
		for (size_t i = 0; i < KD_ARRAY_NR(compressed); i++)
			if (!strcmp(compressed[i].name, name)) {
				name = compressed[i].whole;
				form = compressed[i].form;
				break;
			}
		if (!strcmp(name, "jr") && !strcmp(insn->op_str, "ra"))
			name = "ret";
	}
	snprintf(ret->mnemonic, sizeof(ret->mnemonic), "%s", name);
	return form;
}

/* Numbers in decimal, but for the upper halves that lui and auipc load and for shifts, and no blanks. */
static void spell_operands(const cs_insn *insn, enum form form, struct kd_insn *ret)
{
	char *out = ret->operands;
	size_t size = sizeof(ret->operands), len = 0;
	static const char *const in_hexadecimal[] = {
		"lui", "auipc", "slli", "srli", "srai", "slliw", "srliw", "sraiw"
	};
	bool hexadecimal = false;
	for (size_t i = 0; i < KD_ARRAY_NR(in_hexadecimal); i++)
		hexadecimal |= !strcmp(ret->mnemonic, in_hexadecimal[i]);
	if (!strcmp(ret->mnemonic, "ret"))
		return;
	if (form == TARGET_IS_SOURCE) {
		size_t target_len = strcspn(insn->op_str, ",");
		len = (size_t)snprintf(out, size, "%.*s,", (int)kd_min(target_len, 16u), insn->op_str);
	}
	for (const char *at = insn->op_str; *at && len + 1 < size;) {
		const bool starts = at == insn->op_str || strchr(" ,(", at[-1]);
		if (*at == ' ') {
			at++;
			continue;
		}
		char *end;
		const bool negative = *at == '-';
		if (!starts || !(isdigit((unsigned char)at[negative]))) {
			out[len++] = *at++;
			continue;
		}
		const uint64_t number = strtoull(at + negative, &end, 0);
		int written;
		if (ret->target && !*end)
			written = snprintf(out + len, size - len, "0x%" PRIx64, ret->target);
		else if (hexadecimal)
			written = snprintf(out + len, size - len, "0x%" PRIx64, number);
		else
			written = snprintf(out + len, size - len, "%s%" PRIu64, negative ? "-" : "", number);
		len = kd_min(len + (size_t)(written < 0 ? 0 : written), size - 1);
		at = end;
	}
	out[len] = 0;
}

static void decode_operands(csh handle, const cs_insn *insn, struct kd_insn *ret)
{
	const cs_riscv *riscv = &insn->detail->riscv;
	ret->id = insn->id;
	ret->name = cs_insn_name(handle, insn->id);
	ret->operand_nr = kd_min(riscv->op_count, KD_OPERANDS_MAX);
	for (uint8_t i = 0; i < ret->operand_nr; i++) {
		const cs_riscv_op *operand = &riscv->operands[i];
		struct kd_operand *to = &ret->operand[i];
		to->size = 8;
		switch ((int)operand->type) {
		case RISCV_OP_REG:
			to->kind = KD_OPERAND_REGISTER;
			to->reg = operand->reg;
			break;
		case RISCV_OP_IMM:
			to->kind = KD_OPERAND_NUMBER;
			to->number = operand->imm;
			to->size = 0;
			break;
		case RISCV_OP_MEM:
			to->kind = KD_OPERAND_MEMORY;
			to->reg = operand->mem.base;
			to->number = operand->mem.disp;
			break;
		default:
			break;
		}
		to->reg_name = cs_reg_name(handle, to->reg);
	}
}

/* By the bits: the opcode says all. */
static enum kd_insn_flow flow_of(const struct kd_insn *insn)
{
	uint32_t word = 0;
	memcpy(&word, insn->bytes, insn->len);
	if (insn->len == 2) {
		switch (word & 0xe003) {
		case 0xa001: /* c.j */
			return KD_FLOW_JUMP;
		case 0xc001: /* c.beqz */
		case 0xe001: /* c.bnez */
			return KD_FLOW_BRANCH;
		case 0x8002: /* c.jr and c.jalr, with no second register; c.ebreak */
			if (word & 0x7c)
				return KD_FLOW_NEXT;
			if (word == 0x9002)
				return KD_FLOW_STOP;
			return word & 0x1000 ? KD_FLOW_CALL : word == 0x8082 ? KD_FLOW_RETURN : KD_FLOW_JUMP;
		}
		return word ? KD_FLOW_NEXT : KD_FLOW_STOP;
	}
	switch (word & 0x7f) {
	case 0x63:
		return KD_FLOW_BRANCH;
	case 0x6f:
		return word >> 7 & 31 ? KD_FLOW_CALL : KD_FLOW_JUMP;
	case 0x67:
		return word >> 7 & 31 ? KD_FLOW_CALL : word == 0x8067 ? KD_FLOW_RETURN : KD_FLOW_JUMP;
	}
	if (word == 0x10200073 || word == 0x30200073) /* sret, mret */
		return KD_FLOW_RETURN;
	return word == 0x00100073 ? KD_FLOW_STOP : KD_FLOW_NEXT; /* ebreak */
}

void kd_riscv64_spell(csh handle, const cs_insn *insn, struct kd_insn *ret)
{
	decode_operands(handle, insn, ret);
	ret->flow = flow_of(ret);
	/* Jumps and branches but those through a register: their last number is a distance. */
	const struct kd_operand *last = ret->operand_nr ? &ret->operand[ret->operand_nr - 1] : NULL;
	const bool through_register = ret->len == 4 && (ret->bytes[0] & 0x7f) == 0x67;
	if (last && last->kind == KD_OPERAND_NUMBER && !through_register && ret->flow >= KD_FLOW_CALL &&
	    ret->flow <= KD_FLOW_BRANCH)
		ret->target = ret->address + (uint64_t)last->number;
	const enum form form = spell_mnemonic(insn, ret);
	if (form == AS_IT_IS && spell_special(ret))
		return;
	if (form == TARGET_IS_SOURCE && !strcmp(ret->mnemonic, "addiw") && ret->operand_nr == 2 &&
	    !ret->operand[1].number) {
		strcpy(ret->mnemonic, "sext.w");
		snprintf(ret->operands, sizeof(ret->operands), "%s,%s", ret->operand[0].reg_name,
			 ret->operand[0].reg_name);
		return;
	}
	spell_operands(insn, form, ret);
	for (size_t i = 0; i < KD_ARRAY_NR(with_number); i++)
		if (!strcmp(ret->mnemonic, with_number[i][0])) {
			strcpy(ret->mnemonic, with_number[i][1]);
			break;
		}
}
