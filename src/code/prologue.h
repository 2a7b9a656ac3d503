/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * PROLOGUES: the size of a frame, read from the first instructions of its function. For functions that ORC leaves out
 * on purpose (STACK_FRAME_NON_STANDARD, first of all __crash_kexec(), where the CPU that crashed is) or that lost
 * theirs.
 *
 * A heuristic: it takes the stack pointer to stay where the prologue put it. Check the return address that it leads to
 * with kd_prologue_is_call().
 */
#ifndef KD_CODE_PROLOGUE_H
#define KD_CODE_PROLOGUE_H

#include "code/disasm.h"
#include "code/sources.h"

struct kd_prologue {
	uint64_t depth; /* bytes from the stack pointer at pc up to the return address */
	bool saves_bp;
	uint64_t bp_offset; /* where, from the stack pointer at pc */
};

/** What the function at start had done to the stack when it came to pc. False when the code cannot be read or does not
 *  begin with a prologue that is understood. */
bool kd_prologue_read(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start, kd_vaddr pc,
		      struct kd_prologue *ret);

/** Whether the instruction before the return address is a direct call of the function at start. */
bool kd_prologue_is_call(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start);

#endif
