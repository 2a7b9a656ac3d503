/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/ppc64/disasm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/ppc64/code.h"
#include "base/order.h"

/* Where an instruction goes is in its bits: there are many names of branches. */
static enum kd_insn_flow flow_of(uint32_t insn)
{
	const bool links = insn & 1;
	const bool always = (insn >> 21 & 0x14) == 0x14; /* BO: 1x1xx */
	switch (insn >> 26) {
	case 0:
		return insn ? KD_FLOW_NEXT : KD_FLOW_STOP;
	case 16: /* bc */
		return links ? KD_FLOW_CALL : always ? KD_FLOW_JUMP : KD_FLOW_BRANCH;
	case 18: /* b */
		return links ? KD_FLOW_CALL : KD_FLOW_JUMP;
	case 19:
		switch (insn >> 1 & 0x3ff) {
		case 16: /* bclr */
			return links ? KD_FLOW_CALL : always ? KD_FLOW_RETURN : KD_FLOW_BRANCH;
		case 528: /* bcctr */
			return links ? KD_FLOW_CALL : always ? KD_FLOW_JUMP : KD_FLOW_BRANCH;
		case 18:  /* rfid */
		case 82:  /* rfscv */
		case 274: /* hrfid */
			return KD_FLOW_RETURN;
		}
		return KD_FLOW_NEXT;
	case 31: /* trap: tw 31,0,0 */
		return insn == 0x7fe00008 ? KD_FLOW_STOP : KD_FLOW_NEXT;
	default:
		return KD_FLOW_NEXT;
	}
}

/** Where a direct branch goes; 0: it is none. */
static kd_vaddr target_of(kd_vaddr address, uint32_t insn)
{
	int64_t distance;
	if (insn >> 26 == 18)
		distance = (int32_t)(insn << 6) >> 6 & ~3;
	else if (insn >> 26 == 16)
		distance = (int16_t)insn & ~3;
	else
		return 0;
	return (insn & 2 ? 0 : address) + (uint64_t)distance;
}

static void decode_operands(csh handle, const cs_insn *insn, struct kd_insn *ret)
{
	const cs_ppc *ppc = &insn->detail->ppc;
	ret->id = insn->id;
	ret->name = cs_insn_name(handle, insn->id);
	ret->operand_nr = kd_min(ppc->op_count, KD_OPERANDS_MAX);
	for (uint8_t i = 0; i < ret->operand_nr; i++) {
		const cs_ppc_op *operand = &ppc->operands[i];
		struct kd_operand *to = &ret->operand[i];
		switch ((int)operand->type) {
		case PPC_OP_REG:
			to->kind = KD_OPERAND_REGISTER;
			to->reg = operand->reg;
			to->size = 8;
			break;
		case PPC_OP_IMM:
			to->kind = KD_OPERAND_NUMBER;
			to->number = operand->imm;
			break;
		case PPC_OP_MEM:
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

static void decode(csh handle, cs_insn *insn, enum kd_syntax syntax, const uint8_t *bytes, size_t len,
		   struct kd_insn *ret)
{
	(void)syntax; /* there is one */
	uint8_t padded[KD_PPC64_INSN_LEN] = {};
	memcpy(padded, bytes, kd_min(len, sizeof(padded)));
	const uint32_t word = kd_load_u32(KD_LITTLE, padded);
	// TAB ret->tabbed = true;
	ret->tabbed = true;
	ret->len = kd_min(len, sizeof(padded));
	memcpy(ret->bytes, bytes, ret->len);
	ret->flow = flow_of(word);
	ret->target = target_of(ret->address, word);
	const uint8_t *code = padded;
	uint64_t at = ret->address;
	size_t left = ret->len;
	if (!cs_disasm_iter(handle, &code, &left, &at, insn)) {
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), ".long");
		snprintf(ret->operands, sizeof(ret->operands), "0x%" PRIx32, word);
		return;
	}
	decode_operands(handle, insn, ret);
	snprintf(ret->mnemonic, sizeof(ret->mnemonic), "%s", insn->mnemonic);
	kd_insn_spell_plain(ret, insn->op_str);
}

const struct kd_instruction_set kd_ppc64_instructions = {
	.arch = CS_ARCH_PPC,
	.mode = CS_MODE_64 | CS_MODE_LITTLE_ENDIAN,
	.decode = decode,
	.call_len_max = KD_PPC64_INSN_LEN,
	.ends_in_call = kd_ppc64_ends_in_call,
	.is_call_of = kd_ppc64_is_call_of,
	.read_prologue = kd_ppc64_read_prologue,
	.lowest_code = 0xc000000000000000,
};
