/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/s390x/code.h"

#include "base/cleanup.h"

/* A prologue is at the start, and an epilogue matters only right before pc. */
#define CODE_MAX 4096

/* aghi %r15,-N; agfi %r15,-N; lay %r15,-N(%r15) */
static bool takes_frame(const uint8_t *insn)
{
	return (insn[0] == 0xa7 && insn[1] == 0xfb && insn[2] & 0x80) ||
	       (insn[0] == 0xc2 && insn[1] == 0xf8 && insn[2] & 0x80) ||
	       (insn[0] == 0xe3 && insn[1] == 0xf0 && insn[2] >> 4 == 0xf && insn[4] & 0x80 && insn[5] == 0x71);
}

/* lmg %rX,%r15,N(%r15) */
static bool gives_frame_up(const uint8_t *insn)
{
	return insn[0] == 0xeb && (insn[1] & 0xf) == 0xf && insn[2] >> 4 == 0xf && insn[5] == 0x04;
}

bool kd_s390x_has_frame(const struct kd_code_sources *sources, kd_vaddr start, kd_vaddr pc)
{
	uint8_t code[CODE_MAX];
	const size_t len = kd_min(pc - start, sizeof(code));
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(sources->memory, start, code, len);
	if (err || pc < start)
		return true;
	bool has_frame = false, given_up = false;
	for (size_t at = 0; at < len;) {
		const unsigned int insn_len = kd_s390x_insn_len(code[at]);
		if (at + insn_len > len)
			break;
		has_frame |= takes_frame(code + at);
		at += insn_len;
		given_up = gives_frame_up(code + at - insn_len) && at == len;
	}
	return has_frame && !given_up;
}

/* brasl, bras; basr, but for one that goes nowhere. */
bool kd_s390x_ends_in_call(const uint8_t *bytes)
{
	return (bytes[0] == 0xc0 && (bytes[1] & 0xf) == 5) || (bytes[2] == 0xa7 && (bytes[3] & 0xf) == 5) ||
	       (bytes[4] == 0x0d && bytes[5] & 0xf);
}

bool kd_s390x_is_call_of(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start)
{
	uint8_t call[KD_S390X_INSN_LEN_MAX];
	const kd_vaddr at = return_address - sizeof(call);
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(sources->memory, at, call, sizeof(call));
	if (err || call[0] != 0xc0 || (call[1] & 0xf) != 5)
		return false;
	/* In halfwords from the instruction on. */
	const int64_t distance = (int32_t)kd_load_u32(KD_BIG, call + 2);
	return at + (uint64_t)(2 * distance) == start;
}

/* Every function of the kernel has a back chain. */
bool kd_s390x_read_prologue(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start,
			    kd_vaddr pc, struct kd_prologue *ret)
{
	(void)sources;
	(void)disasm;
	(void)start;
	(void)pc;
	(void)ret;
	return false;
}
