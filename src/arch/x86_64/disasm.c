/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/disasm.h"

#include <stdio.h>
#include <string.h>

#include "arch/x86_64/prologue.h"
#include "arch/x86_64/spell.h"
#include "base/cleanup.h"

static enum kd_insn_flow flow_of(csh handle, const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_UD0:
	case X86_INS_UD1:
	case X86_INS_UD2:
	case X86_INS_HLT:
	case X86_INS_INT3:
		return KD_FLOW_STOP;
	case X86_INS_JMP:
	case X86_INS_LJMP:
		return KD_FLOW_JUMP;
	}
	if (cs_insn_group(handle, insn, X86_GRP_CALL))
		return KD_FLOW_CALL;
	if (cs_insn_group(handle, insn, X86_GRP_RET) || cs_insn_group(handle, insn, X86_GRP_IRET))
		return KD_FLOW_RETURN;
	return cs_insn_group(handle, insn, X86_GRP_JUMP) ? KD_FLOW_BRANCH : KD_FLOW_NEXT;
}

static void decode_operand(csh handle, const cs_x86_op *operand, struct kd_operand *ret)
{
	ret->size = operand->size;
	switch (operand->type) {
	case X86_OP_REG:
		ret->kind = KD_OPERAND_REGISTER;
		ret->reg = operand->reg;
		break;
	case X86_OP_IMM:
		ret->kind = KD_OPERAND_NUMBER;
		ret->number = operand->imm;
		break;
	case X86_OP_MEM:
		ret->kind = KD_OPERAND_MEMORY;
		ret->reg = operand->mem.base;
		ret->index = operand->mem.index;
		ret->number = operand->mem.disp;
		break;
	default:
		break;
	}
	ret->reg_name = cs_reg_name(handle, ret->reg);
	ret->index_name = cs_reg_name(handle, ret->index);
}

static void decode_operands(csh handle, const cs_insn *insn, struct kd_insn *ret)
{
	const cs_x86 *x86 = &insn->detail->x86;
	ret->id = insn->id;
	ret->name = cs_insn_name(handle, insn->id);
	ret->operand_nr = kd_min(x86->op_count, KD_OPERANDS_MAX);
	for (uint8_t i = 0; i < ret->operand_nr; i++)
		decode_operand(handle, &x86->operands[i], &ret->operand[i]);
}

static void find_target(const cs_insn *insn, struct kd_insn *ret)
{
	const cs_x86 *x86 = &insn->detail->x86;
	for (uint8_t i = 0; i < x86->op_count; i++) {
		const cs_x86_op *operand = &x86->operands[i];
		if (operand->type == X86_OP_MEM && operand->mem.base == X86_REG_RIP) {
			ret->target = insn->address + insn->size + operand->mem.disp;
			ret->pc_relative = true;
		} else if (operand->type == X86_OP_IMM && ret->flow >= KD_FLOW_CALL && ret->flow <= KD_FLOW_BRANCH) {
			ret->target = operand->imm;
		}
	}
}

/* Gaps in capstone 5: instructions of newer processors that kernels use. No operands but those given. */
static const struct known_insn {
	uint8_t bytes[5];
	uint8_t len;
	uint8_t flow;
	const char *mnemonic, *operands;
} known_insns[] = {
	{ { 0xf2, 0x0f, 0x01, 0xca }, 4, KD_FLOW_RETURN, "erets", "" },
	{ { 0xf3, 0x0f, 0x01, 0xca }, 4, KD_FLOW_RETURN, "eretu", "" },
	{ { 0x0f, 0x01, 0xc6 }, 3, KD_FLOW_NEXT, "wrmsrns", "" },
	{ { 0x0f, 0x01, 0xe8 }, 3, KD_FLOW_NEXT, "serialize", "" },
	{ { 0x0f, 0x01, 0xc5 }, 3, KD_FLOW_NEXT, "pconfig", "" },
	{ { 0x0f, 0x01, 0xcf }, 3, KD_FLOW_NEXT, "encls", "" },
	{ { 0x66, 0x0f, 0x01, 0xcc }, 4, KD_FLOW_NEXT, "tdcall", "" },
	{ { 0x66, 0x0f, 0x01, 0xcf }, 4, KD_FLOW_NEXT, "seamcall", "" },
	{ { 0xf3, 0x0f, 0x01, 0xd9 }, 4, KD_FLOW_NEXT, "vmgexit", "" },
	{ { 0xf3, 0x0f, 0x01, 0xfe }, 4, KD_FLOW_NEXT, "rmpadjust", "" },
	{ { 0xf2, 0x0f, 0x01, 0xff }, 4, KD_FLOW_NEXT, "pvalidate", "" },
	{ { 0xf3, 0x0f, 0x01, 0xff }, 4, KD_FLOW_NEXT, "psmash", "" },
	{ { 0xf2, 0x0f, 0x01, 0xfe }, 4, KD_FLOW_NEXT, "rmpupdate", "" },
	{ { 0xc4, 0xe2, 0x78, 0x49, 0xc0 }, 5, KD_FLOW_NEXT, "tilerelease", "" },
};

static void set_text(struct kd_insn *insn, const char *mnemonic, const char *operands)
{
	snprintf(insn->mnemonic, sizeof(insn->mnemonic), "%s", mnemonic);
	snprintf(insn->operands, sizeof(insn->operands), "%s", operands);
}

static void set_bytes(struct kd_insn *insn, const uint8_t *bytes, size_t len)
{
	insn->len = len;
	memcpy(insn->bytes, bytes, len);
}

/* ud1 and ud0 have operands, which capstone does not decode: those of imul, whose form is the same. */
static const char *as_imul(const uint8_t *bytes, size_t len, uint8_t copy[KD_INSN_MAX_LEN])
{
	struct kd_insn_prefixes prefixes = kd_insn_prefixes_of(bytes, len);
	size_t opcode = prefixes.nr + !!prefixes.rex;
	if (opcode + 2 > len || bytes[opcode] != 0x0f || (bytes[opcode + 1] != 0xb9 && bytes[opcode + 1] != 0xff))
		return NULL;
	memcpy(copy, bytes, len);
	copy[opcode + 1] = 0xaf;
	return bytes[opcode + 1] == 0xb9 ? "ud1" : "ud0";
}

static void decode(csh handle, cs_insn *insn, enum kd_syntax syntax, const uint8_t *bytes, size_t len,
		   struct kd_insn *ret)
{
	for (size_t i = 0; i < KD_ARRAY_NR(known_insns); i++) {
		const struct known_insn *known = &known_insns[i];
		if (len < known->len || memcmp(bytes, known->bytes, known->len) != 0)
			continue;
		set_bytes(ret, bytes, known->len);
		set_text(ret, known->mnemonic, known->operands);
		ret->flow = known->flow;
		return;
	}
	uint8_t copy[KD_INSN_MAX_LEN];
	size_t copy_len = kd_min(len, sizeof(copy));
	const char *undefined = as_imul(bytes, copy_len, copy);
	const uint8_t *code = undefined ? copy : bytes;
	uint64_t at = ret->address;
	if (undefined)
		len = copy_len;
	if (!cs_disasm_iter(handle, &code, &len, &at, insn)) {
		set_bytes(ret, bytes, 1);
		set_text(ret, "(bad)", "");
		ret->flow = KD_FLOW_STOP;
		return;
	}
	set_bytes(ret, bytes, kd_min(insn->size, KD_INSN_MAX_LEN));
	ret->flow = flow_of(handle, insn);
	find_target(insn, ret);
	decode_operands(handle, insn, ret);
	struct kd_insn_prefixes prefixes = kd_insn_prefixes_of(ret->bytes, ret->len);
	kd_insn_spell(handle, insn, &prefixes, syntax, ret);
	if (undefined) {
		ret->flow = KD_FLOW_STOP;
		ret->id = 0;
		ret->name = NULL;
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), "%s", undefined);
	}
}

/* ---- calls ---- */

/* Length of opcode FF, ModRM and what ModRM asks for. */
static unsigned int indirect_call_len(uint8_t modrm, uint8_t sib)
{
	unsigned int mod = modrm >> 6, rm = modrm & 7;
	if (mod == 3)
		return 2;
	unsigned int len = 2 + (rm == 4);
	if (mod == 1)
		return len + 1;
	if (mod == 2 || rm == 5 || (rm == 4 && (sib & 7) == 5))
		return len + 4;
	return len;
}

#define CALL_LEN_MAX 7

static bool ends_in_call(const uint8_t bytes[CALL_LEN_MAX])
{
	if (bytes[CALL_LEN_MAX - 5] == 0xe8)
		return true;
	for (unsigned int len = 2; len <= CALL_LEN_MAX; len++) {
		const uint8_t *insn = bytes + CALL_LEN_MAX - len;
		if (insn[0] == 0xff && (insn[1] >> 3 & 7) == 2 &&
		    indirect_call_len(insn[1], len > 2 ? insn[2] : 0) == len)
			return true;
	}
	return false;
}

static bool is_call_of(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start)
{
	uint8_t call[5];
	int32_t relative;
	KD_DROP_ERROR struct kd_error *err =
		kd_memory_read(sources->memory, return_address - sizeof(call), call, sizeof(call));
	if (err || call[0] != 0xe8)
		return false;
	memcpy(&relative, call + 1, sizeof(relative));
	return return_address + relative == start;
}

const struct kd_instruction_set kd_x86_64_instructions = {
	.arch = CS_ARCH_X86,
	.mode = CS_MODE_64,
	.decode = decode,
	.call_len_max = CALL_LEN_MAX,
	.ends_in_call = ends_in_call,
	.is_call_of = is_call_of,
	.read_prologue = kd_x86_64_read_prologue,
	.lowest_code = 0xffffffff80000000, /* the top 2 GB: the code model of the kernel and its modules */
	.foreign_syscall = "__ia32_",
	.native_syscall = "__x64_",
};
