/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/disasm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/aarch64/code.h"
#include "arch/aarch64/spell.h"

#define INSN_LEN 4

static enum kd_insn_flow flow_of(const cs_insn *insn)
{
	switch (insn->id) {
	case ARM64_INS_BL:
	case ARM64_INS_BLR:
	case ARM64_INS_BLRAA:
	case ARM64_INS_BLRAAZ:
	case ARM64_INS_BLRAB:
	case ARM64_INS_BLRABZ:
		return KD_FLOW_CALL;
	case ARM64_INS_B: {
		const arm64_cc condition = insn->detail->arm64.cc;
		return condition == ARM64_CC_INVALID || condition == ARM64_CC_AL || condition == ARM64_CC_NV
			       ? KD_FLOW_JUMP
			       : KD_FLOW_BRANCH;
	}
	case ARM64_INS_BR:
	case ARM64_INS_BRAA:
	case ARM64_INS_BRAAZ:
	case ARM64_INS_BRAB:
	case ARM64_INS_BRABZ:
		return KD_FLOW_JUMP;
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_TBZ:
	case ARM64_INS_TBNZ:
		return KD_FLOW_BRANCH;
	case ARM64_INS_RET:
	case ARM64_INS_RETAA:
	case ARM64_INS_RETAB:
	case ARM64_INS_ERET:
	case ARM64_INS_ERETAA:
	case ARM64_INS_ERETAB:
		return KD_FLOW_RETURN;
	case ARM64_INS_BRK:
	case ARM64_INS_HLT:
	case ARM64_INS_UDF:
		return KD_FLOW_STOP;
	}
	return KD_FLOW_NEXT;
}

static uint8_t size_of(csh handle, unsigned int reg)
{
	const char *name = cs_reg_name(handle, reg);
	return !name ? 0 : name[0] == 'w' ? 4 : 8;
}

static void decode_operands(csh handle, const cs_insn *insn, struct kd_insn *ret)
{
	const cs_arm64 *arm64 = &insn->detail->arm64;
	ret->id = insn->id;
	ret->name = cs_insn_name(handle, insn->id);
	ret->operand_nr = kd_min(arm64->op_count, KD_OPERANDS_MAX);
	for (uint8_t i = 0; i < ret->operand_nr; i++) {
		const cs_arm64_op *operand = &arm64->operands[i];
		struct kd_operand *to = &ret->operand[i];
		switch ((int)operand->type) {
		case ARM64_OP_REG:
			to->kind = KD_OPERAND_REGISTER;
			to->reg = operand->reg;
			to->size = size_of(handle, operand->reg);
			break;
		case ARM64_OP_IMM:
			to->kind = KD_OPERAND_NUMBER;
			to->number = operand->imm;
			break;
		case ARM64_OP_MEM:
			to->kind = KD_OPERAND_MEMORY;
			to->reg = operand->mem.base;
			to->index = operand->mem.index;
			to->number = operand->mem.disp;
			break;
		default:
			break;
		}
		to->reg_name = cs_reg_name(handle, to->reg);
		to->index_name = cs_reg_name(handle, to->index);
	}
	/* Branches, adr and adrp, and loads from where the code is: their last number is an address. */
	const cs_arm64_op *last = arm64->op_count ? &arm64->operands[arm64->op_count - 1] : NULL;
	if (last && last->type == ARM64_OP_IMM && kd_aarch64_means_address(insn))
		ret->target = (kd_vaddr)last->imm;
}

/*
 * A gap in capstone 5: loads and stores with the rights of user mode, by which kernels read and write user memory.
 * size:2 111000 opc:2 0 imm9 10 Rn Rt
 */
static bool decode_unprivileged(uint32_t word, struct kd_insn *ret)
{
	static const char *const names[4][4] = { /* by opc and size */
						 { "sttrb", "sttrh", "sttr", "sttr" },
						 { "ldtrb", "ldtrh", "ldtr", "ldtr" },
						 { "ldtrsb", "ldtrsh", "ldtrsw", NULL },
						 { "ldtrsb", "ldtrsh", NULL, NULL }
	};
	const unsigned int size = word >> 30, opc = word >> 22 & 3, base = word >> 5 & 31, target = word & 31;
	const char *name = names[opc][size];
	if ((word & 0x3f200c00) != 0x38000800 || !name)
		return false;
	const int offset = (int32_t)(word << 11) >> 23;
	const char width = opc == 2 || (opc < 2 && size == 3) ? 'x' : 'w';
	char target_name[8], base_name[8], offset_text[16] = "";
	snprintf(target_name, sizeof(target_name), target == 31 ? "%czr" : "%c%u", width, target);
	snprintf(base_name, sizeof(base_name), base == 31 ? "sp" : "x%u", base);
	if (offset)
		snprintf(offset_text, sizeof(offset_text), ", #%d", offset);
	snprintf(ret->mnemonic, sizeof(ret->mnemonic), "%s", name);
	snprintf(ret->operands, sizeof(ret->operands), "%s, [%s%s]", target_name, base_name, offset_text);
	return true;
}

static void decode(csh handle, cs_insn *insn, enum kd_syntax syntax, const uint8_t *bytes, size_t len,
		   struct kd_insn *ret)
{
	(void)syntax; /* there is one */
	const uint8_t *code = bytes;
	uint64_t at = ret->address;
	size_t left = len;
	ret->tabbed = true;
	ret->len = kd_min(len, INSN_LEN);
	memcpy(ret->bytes, bytes, ret->len);
	if (len < INSN_LEN || !cs_disasm_iter(handle, &code, &left, &at, insn)) {
		uint32_t word = 0;
		memcpy(&word, bytes, ret->len);
		if (len >= INSN_LEN && decode_unprivileged(word, ret))
			return;
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), ".inst");
		snprintf(ret->operands, sizeof(ret->operands), "0x%08" PRIx32 " ; undefined", word);
		ret->flow = KD_FLOW_STOP;
		return;
	}
	ret->flow = flow_of(insn);
	decode_operands(handle, insn, ret);
	kd_aarch64_spell(insn, ret);
}

const struct kd_instruction_set kd_aarch64_instructions = {
	.arch = CS_ARCH_ARM64,
	.mode = CS_MODE_LITTLE_ENDIAN,
	.decode = decode,
	.code_address = kd_aarch64_code_address,
	.call_len_max = INSN_LEN,
	.ends_in_call = kd_aarch64_ends_in_call,
	.is_call_of = kd_aarch64_is_call_of,
	.lowest_code = 0xffff000000000000, /* the lowest place of modules and images of any kernel */
};
