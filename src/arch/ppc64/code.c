/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/ppc64/code.h"

#include "base/cleanup.h"
#include "base/order.h"

#define INSNS_MAX 4096
/* An epilogue: addi r1, ld of LR and CR, mtlr, restoring registers. */
#define EPILOGUE_NR 24

/* stdu r1,-N(r1) */
static bool takes_frame(uint32_t insn)
{
	return (insn & 0xffff8003) == 0xf8218001;
}

/* addi r1,r1,N */
static bool gives_frame_up(uint32_t insn)
{
	return (insn & 0xffff8000) == 0x38210000;
}

/* b, bc, bclr, bcctr with or without link */
static bool is_branch(uint32_t insn)
{
	const uint32_t opcode = insn >> 26;
	return opcode == 16 || opcode == 18 || opcode == 19;
}

enum kd_ppc64_frame kd_ppc64_frame_at(const struct kd_code_sources *sources, kd_vaddr start, kd_vaddr pc)
{
	uint32_t code[INSNS_MAX];
	const size_t nr = kd_min(pc - start, sizeof(code)) / sizeof(*code);
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_array(sources->memory, start, code, sizeof(*code), nr);
	if (err || pc < start)
		return KD_PPC64_FRAME;
	bool taken = false;
	size_t left = 0; /* instructions since the frame was given up, with no branch between; 0: it was not */
	for (size_t i = 0; i < nr; i++) {
		taken |= takes_frame(code[i]);
		if (gives_frame_up(code[i]))
			left = 1;
		else if (left)
			left = is_branch(code[i]) || left == EPILOGUE_NR ? 0 : left + 1;
	}
	return !taken ? KD_PPC64_NO_FRAME : left ? KD_PPC64_FRAME_LEFT : KD_PPC64_FRAME;
}

/* bl; bclrl, bctrl */
static bool is_call(uint32_t insn)
{
	return (insn & 0xfc000003) == 0x48000001 || (insn & 0xfc0007ff) == 0x4c000021 ||
	       (insn & 0xfc0007ff) == 0x4c000421;
}

bool kd_ppc64_ends_in_call(const uint8_t *bytes)
{
	return is_call(kd_load_u32(KD_LITTLE, bytes));
}

bool kd_ppc64_is_call_of(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start)
{
	uint32_t insn;
	const kd_vaddr at = return_address - KD_PPC64_INSN_LEN;
	if (!kd_sources_peek_u32(sources, at, &insn) || (insn & 0xfc000003) != 0x48000001)
		return false;
	/* 26 bits with a sign. A caller with the same TOC goes to the function's second, local entry. */
	const int64_t distance = (int32_t)(insn << 6) >> 6 & ~3;
	const kd_vaddr target = at + (uint64_t)distance;
	return target == start || target == start + 2 * KD_PPC64_INSN_LEN;
}

/* Every function of the kernel that calls has a back chain. */
bool kd_ppc64_read_prologue(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start,
			    kd_vaddr pc, struct kd_prologue *ret)
{
	(void)sources;
	(void)disasm;
	(void)start;
	(void)pc;
	(void)ret;
	return false;
}
