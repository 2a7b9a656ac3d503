/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file What the instructions of ppc64 do to the stack. */
#ifndef KD_ARCH_PPC64_CODE_H
#define KD_ARCH_PPC64_CODE_H

#include "code/instruction_set.h"

#define KD_PPC64_INSN_LEN 4

enum kd_ppc64_frame {
	KD_PPC64_NO_FRAME, /* not yet, or never: the return address is in the link register */
	KD_PPC64_FRAME,
	KD_PPC64_FRAME_LEFT, /* no more: the return address is where it was saved, in the caller's frame */
};

/** What frame a function has when its code comes to pc. A heuristic, by the instructions from its start on. A frame
 * where they cannot be read. */
enum kd_ppc64_frame kd_ppc64_frame_at(const struct kd_code_sources *sources, kd_vaddr start, kd_vaddr pc);

/* Of kd_instruction_set. */
bool kd_ppc64_ends_in_call(const uint8_t *bytes);
bool kd_ppc64_is_call_of(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start);
bool kd_ppc64_read_prologue(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start,
			    kd_vaddr pc, struct kd_prologue *ret);

#endif
