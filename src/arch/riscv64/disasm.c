/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/riscv64/disasm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/riscv64/spell.h"
#include "base/cleanup.h"

#define CALL_LEN 4
#define REG_RA 1

static unsigned int len_of(const uint8_t *bytes)
{
	return (bytes[0] & 3) == 3 ? 4 : 2;
}

static void decode(csh handle, cs_insn *insn, enum kd_syntax syntax, const uint8_t *bytes, size_t len,
		   struct kd_insn *ret)
{
	(void)syntax; /* there is one */
	const uint8_t *code = bytes;
	uint64_t at = ret->address;
	size_t left = len;
	const unsigned int own_len = len_of(bytes);
	ret->tabbed = true;
	ret->len = kd_min(len, own_len);
	memcpy(ret->bytes, bytes, ret->len);
	if (len < own_len || !cs_disasm_iter(handle, &code, &left, &at, insn) || insn->size != own_len) {
		uint32_t word = 0;
		memcpy(&word, bytes, ret->len);
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), own_len == 2 ? ".2byte" : ".4byte");
		snprintf(ret->operands, sizeof(ret->operands), "0x%" PRIx32, word);
		ret->flow = KD_FLOW_STOP;
		return;
	}
	kd_riscv64_spell(handle, insn, ret);
}

/* ---- calls: jal and jalr with ra as the link, c.jalr ---- */

static bool ends_in_call(const uint8_t bytes[CALL_LEN])
{
	uint32_t word;
	uint16_t half;
	memcpy(&word, bytes, sizeof(word));
	memcpy(&half, bytes + 2, sizeof(half));
	const uint32_t opcode = word & 0x7f, link = word >> 7 & 31;
	return ((opcode == 0x6f || (opcode == 0x67 && !(word >> 12 & 7))) && link == REG_RA) ||
	       ((half & 0xf07f) == 0x9002 && half >> 7 & 31);
}

static bool is_call_of(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start)
{
	uint32_t call, before = 0;
	if (!kd_sources_peek_u32(sources, return_address - CALL_LEN, &call))
		return false;
	if ((call & 0xfff) == 0xef) {
		const uint64_t offset = (uint64_t)((int64_t)(int32_t)call >> 31) << 20 | (call & 0xff000) |
					(call >> 20 & 1) << 11 | (call >> 21 & 0x3ff) << 1;
		return return_address - CALL_LEN + offset == start;
	}
	/* auipc ra, high; jalr low(ra) */
	if ((call & 0xfffff) != 0x080e7 || !kd_sources_peek_u32(sources, return_address - 2 * CALL_LEN, &before) ||
	    (before & 0xfff) != 0x097)
		return false;
	const uint64_t target = return_address - 2 * CALL_LEN + (uint64_t)(int64_t)(int32_t)(before & 0xfffff000) +
				(uint64_t)((int64_t)(int32_t)call >> 20);
	return target == start;
}

const struct kd_instruction_set kd_riscv64_instructions = {
	.arch = CS_ARCH_RISCV,
	.mode = CS_MODE_RISCV64 | CS_MODE_RISCVC,
	.decode = decode,
	.call_len_max = CALL_LEN,
	.ends_in_call = ends_in_call,
	.is_call_of = is_call_of,
	.lowest_code = 0xffffffff00000000, /* the top 4 GB: modules, BPF programs and the image */
};
