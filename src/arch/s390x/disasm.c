/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/s390x/disasm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/s390x/code.h"
#include "base/order.h"

/* Where an instruction goes is in its first bytes: names of branches differ by what they test, and there are many. */
static enum kd_insn_flow flow_of(const uint8_t *bytes)
{
	const unsigned int low = bytes[1] & 0xf, high = bytes[1] >> 4;
	switch (bytes[0]) {
	case 0x00: /* what is not there */
		return KD_FLOW_STOP;
	case 0x07: /* bcr */
		return !low || !high ? KD_FLOW_NEXT
		       : high != 15  ? KD_FLOW_BRANCH
		       : low == 14   ? KD_FLOW_RETURN
				     : KD_FLOW_JUMP;
	case 0x0d: /* basr */
		return low ? KD_FLOW_CALL : KD_FLOW_NEXT;
	case 0x06: /* bctr */
		return low ? KD_FLOW_BRANCH : KD_FLOW_NEXT;
	case 0x47: /* bc */
	case 0xa7: /* brc, bras, brct */
		if (bytes[0] == 0xa7 && low == 5)
			return KD_FLOW_CALL;
		if (bytes[0] == 0xa7 && low != 4)
			return low == 6 || low == 7 ? KD_FLOW_BRANCH : KD_FLOW_NEXT;
		return !high ? KD_FLOW_NEXT : high == 15 ? KD_FLOW_JUMP : KD_FLOW_BRANCH;
	case 0xc0: /* brasl, brcl */
		if (low == 5)
			return KD_FLOW_CALL;
		return low != 4 || !high ? KD_FLOW_NEXT : high == 15 ? KD_FLOW_JUMP : KD_FLOW_BRANCH;
	case 0xec: /* compare and branch: cgrj, clgrj, cgij … */
		return bytes[5] == 0x64 || bytes[5] == 0x65 || bytes[5] == 0x76 || bytes[5] == 0x77 ||
				       (bytes[5] >= 0x7c && bytes[5] <= 0x7f) || bytes[5] == 0x44 || bytes[5] == 0x45
			       ? KD_FLOW_BRANCH
			       : KD_FLOW_NEXT;
	case 0xb2: /* lpswe, lpswey is below */
		return bytes[1] == 0xb2 ? KD_FLOW_RETURN : KD_FLOW_NEXT;
	default:
		return KD_FLOW_NEXT;
	}
}

/* Whether the last number is an address by its distance: branches, larl, loads and stores where the code is. */
static bool is_relative(const uint8_t *bytes, enum kd_insn_flow flow)
{
	const unsigned int low = bytes[1] & 0xf;
	switch (bytes[0]) {
	case 0xc0: /* larl, brcl, brasl */
		return low == 0 || low == 4 || low == 5;
	case 0xc4: /* lgrl, stgrl … */
	case 0xc6: /* exrl, cgrl … */
		return true;
	case 0xa7:
	case 0xec:
		return flow != KD_FLOW_NEXT || (bytes[0] == 0xa7 && low == 4);
	default:
		return false;
	}
}

static void decode_operands(csh handle, const cs_insn *insn, bool relative, struct kd_insn *ret)
{
	const cs_sysz *sysz = &insn->detail->sysz;
	ret->id = insn->id;
	ret->name = cs_insn_name(handle, insn->id);
	ret->operand_nr = kd_min(sysz->op_count, KD_OPERANDS_MAX);
	for (uint8_t i = 0; i < ret->operand_nr; i++) {
		const cs_sysz_op *operand = &sysz->operands[i];
		struct kd_operand *to = &ret->operand[i];
		switch ((int)operand->type) {
		case SYSZ_OP_REG:
			to->kind = KD_OPERAND_REGISTER;
			to->reg = operand->reg;
			to->size = 8;
			break;
		case SYSZ_OP_IMM:
			to->kind = KD_OPERAND_NUMBER;
			to->number = operand->imm;
			break;
		case SYSZ_OP_MEM:
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
	const cs_sysz_op *last = sysz->op_count ? &sysz->operands[sysz->op_count - 1] : NULL;
	if (relative && last && last->type == SYSZ_OP_IMM) {
		ret->target = (kd_vaddr)last->imm;
	}
}

static void decode(csh handle, cs_insn *insn, enum kd_syntax syntax, const uint8_t *bytes, size_t len,
		   struct kd_insn *ret)
{
	(void)syntax; /* there is one */
	uint8_t padded[KD_S390X_INSN_LEN_MAX] = {};
	memcpy(padded, bytes, kd_min(len, sizeof(padded)));
	// TAB ret->tabbed = true;
	ret->tabbed = true;
	ret->len = kd_min(len, kd_s390x_insn_len(padded[0]));
	memcpy(ret->bytes, bytes, ret->len);
	const uint8_t *code = padded;
	uint64_t at = ret->address;
	size_t left = ret->len;
	if (ret->len < kd_s390x_insn_len(padded[0]) || !cs_disasm_iter(handle, &code, &left, &at, insn)) {
		/* An instruction that capstone does not know has a length all the same. */
		const bool is_long = ret->len >= 4;
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), is_long ? ".long" : ".short");
		snprintf(ret->operands, sizeof(ret->operands), "0x%0*" PRIx32, is_long ? 8 : 4,
			 is_long ? kd_load_u32(KD_BIG, padded) : kd_load_u16(KD_BIG, padded));
		if (ret->len == 6)
			snprintf(ret->operands, sizeof(ret->operands), "0x%08" PRIx32 "%04" PRIx16,
				 kd_load_u32(KD_BIG, padded), kd_load_u16(KD_BIG, padded + 4));
		ret->flow = padded[0] ? flow_of(padded) : KD_FLOW_STOP;
		return;
	}
	ret->flow = flow_of(padded);
	decode_operands(handle, insn, is_relative(padded, ret->flow), ret);
	snprintf(ret->mnemonic, sizeof(ret->mnemonic), "%s", insn->mnemonic);
	kd_insn_spell_plain(ret, insn->op_str);
}

const struct kd_instruction_set kd_s390x_instructions = {
	.arch = CS_ARCH_SYSZ,
	.mode = CS_MODE_BIG_ENDIAN,
	.decode = decode,
	.call_len_max = KD_S390X_INSN_LEN_MAX,
	.ends_in_call = kd_s390x_ends_in_call,
	.is_call_of = kd_s390x_is_call_of,
	.read_prologue = kd_s390x_read_prologue,
	.foreign_syscall = "__s390_",
	.native_syscall = "__s390x_",
};
