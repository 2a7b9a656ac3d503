/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/disasm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code/disasm_spell.h"

struct kd_disasm {
	csh handle;
	cs_insn *insn; /* reused for every instruction */
	enum kd_syntax syntax;
};

struct kd_error *kd_disasm_create(enum kd_syntax syntax, struct kd_disasm **ret)
{
	struct kd_disasm *disasm = calloc(1, sizeof(*disasm));
	if (!disasm)
		return &kd_error_nomem;
	disasm->syntax = syntax;
	cs_err status = cs_open(CS_ARCH_X86, CS_MODE_64, &disasm->handle);
	if (status != CS_ERR_OK) {
		free(disasm);
		return kd_error_create(KD_ERROR_UNSUPPORTED, "the disassembler does not start: %s",
				       cs_strerror(status));
	}
	cs_option(disasm->handle, CS_OPT_DETAIL, CS_OPT_ON);
	disasm->insn = cs_malloc(disasm->handle);
	if (!disasm->insn) {
		kd_disasm_destroy(disasm);
		return &kd_error_nomem;
	}
	*ret = disasm;
	return NULL;
}

void kd_disasm_destroy(struct kd_disasm *disasm)
{
	if (!disasm)
		return;
	if (disasm->insn)
		cs_free(disasm->insn, 1);
	cs_close(&disasm->handle);
	free(disasm);
}

void kd_disasm_set_syntax(struct kd_disasm *disasm, enum kd_syntax syntax)
{
	disasm->syntax = syntax;
}

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

static void find_target(const cs_insn *insn, struct kd_insn *ret)
{
	const cs_x86 *x86 = &insn->detail->x86;
	for (uint8_t i = 0; i < x86->op_count; i++) {
		const cs_x86_op *operand = &x86->operands[i];
		if (operand->type == X86_OP_MEM && operand->mem.base == X86_REG_RIP) {
			ret->target = insn->address + insn->size + operand->mem.disp;
			ret->rip_relative = true;
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

void kd_disasm_one(struct kd_disasm *disasm, kd_vaddr address, const uint8_t *bytes, size_t len, struct kd_insn *ret)
{
	*ret = (struct kd_insn){ .address = address };
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
	uint64_t at = address;
	if (undefined)
		len = copy_len;
	if (!cs_disasm_iter(disasm->handle, &code, &len, &at, disasm->insn)) {
		set_bytes(ret, bytes, 1);
		set_text(ret, "(bad)", "");
		ret->flow = KD_FLOW_STOP;
		return;
	}
	const cs_insn *insn = disasm->insn;
	set_bytes(ret, bytes, kd_min(insn->size, KD_INSN_MAX_LEN));
	ret->flow = flow_of(disasm->handle, insn);
	find_target(insn, ret);
	struct kd_insn_prefixes prefixes = kd_insn_prefixes_of(ret->bytes, ret->len);
	kd_insn_spell(disasm->handle, insn, &prefixes, disasm->syntax, ret);
	if (undefined) {
		ret->flow = KD_FLOW_STOP;
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), "%s", undefined);
	}
}

struct kd_error *kd_disasm_all(struct kd_disasm *disasm, kd_vaddr address, const uint8_t *bytes, size_t len,
			       size_t max_nr, struct kd_insn_vector *ret)
{
	for (size_t offset = 0, nr = 0; offset < len && nr < max_nr; nr++) {
		struct kd_insn insn;
		kd_disasm_one(disasm, address + offset, bytes + offset, len - offset, &insn);
		if (!kd_insn_vector_append(ret, insn))
			return &kd_error_nomem;
		offset += insn.len;
	}
	return NULL;
}

int kd_insn_format(const struct kd_insn *insn, char *buffer, size_t buffer_len)
{
	if (insn->rip_relative)
		return snprintf(buffer, buffer_len, "%-6s %s        # 0x%" PRIx64, insn->mnemonic, insn->operands,
				insn->target);
	if (!insn->operands[0])
		return snprintf(buffer, buffer_len, "%s", insn->mnemonic);
	return snprintf(buffer, buffer_len, "%-6s %s", insn->mnemonic, insn->operands);
}
