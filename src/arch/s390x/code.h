/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file What the instructions of s390x do to the stack. */
#ifndef KD_ARCH_S390X_CODE_H
#define KD_ARCH_S390X_CODE_H

#include "code/instruction_set.h"

#define KD_S390X_INSN_LEN_MAX 6

/** Bytes of an instruction: 2, 4 or 6, by its first. */
static inline unsigned int kd_s390x_insn_len(uint8_t first)
{
	return first < 0x40 ? 2 : first < 0xc0 ? 4 : 6;
}

/** Whether a function has a frame of its own when its code comes to pc. A heuristic, by the instructions from its start
 *  on. True where they cannot be read. */
bool kd_s390x_has_frame(const struct kd_code_sources *sources, kd_vaddr start, kd_vaddr pc);

/* Of kd_instruction_set. */
bool kd_s390x_ends_in_call(const uint8_t *bytes);
bool kd_s390x_is_call_of(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start);
bool kd_s390x_read_prologue(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start,
			    kd_vaddr pc, struct kd_prologue *ret);

#endif
