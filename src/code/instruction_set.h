/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * INSTRUCTIONS, as a machine supplies them: how they are decoded and spelled, which are calls, and what the first ones
 * of a function do to the stack.
 */
#ifndef KD_CODE_INSTRUCTION_SET_H
#define KD_CODE_INSTRUCTION_SET_H

#include <capstone/capstone.h>

#include "code/insn.h"
#include "code/sources.h"

struct kd_disasm;

/** The size of a frame, read from the first instructions of its function: see read_prologue(). */
struct kd_prologue {
	uint64_t depth; /* bytes from the stack pointer at pc up to the return address */
	bool saves_fp;
	uint64_t fp_offset; /* where, from the stack pointer at pc */
};

struct kd_instruction_set {
	int arch, mode; /* capstone's */
	/**
	 * The instruction at the start of bytes: as kd_disasm_one(). @param handle with details; @param insn memory for
	 * one instruction of capstone's. *ret is empty but for the address.
	 */
	void (*decode)(csh handle, cs_insn *insn, enum kd_syntax syntax, const uint8_t *bytes, size_t len,
		       struct kd_insn *ret);

	/** The address of code that a word on a stack means, where more than the address is in it: a code that guards
	 * it (pointer authentication). NULL: nothing else is. */
	kd_vaddr (*code_address)(struct kd_memory *memory, uint64_t word);

	size_t call_len_max; /* bytes of the longest call, without prefixes */
	/** Whether call_len_max bytes end in a call. */
	bool (*ends_in_call)(const uint8_t *bytes);
	/** Whether the instruction before the return address is a direct call of the function at start. */
	bool (*is_call_of)(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start);
	/**
	 * What the function at start had done to the stack when it came to pc. For functions that have no unwind data,
	 * on purpose (STACK_FRAME_NON_STANDARD, first of all __crash_kexec(), where the CPU that crashed is) or not.
	 * False when the code cannot be read or does not begin with a prologue that is understood.
	 *
	 * A heuristic: it takes the stack pointer to stay where the prologue put it. Check the return address that it
	 * leads to with is_call_of(). NULL: the machine has no such functions.
	 */
	bool (*read_prologue)(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start,
			      kd_vaddr pc, struct kd_prologue *ret);

	kd_vaddr lowest_code; /* of the kernel and its modules */
	/** A system call without arguments is one function with two names: prefixes of that of foreign callers, which
	 *  comes first, and of the native one. NULL: there are no such pairs. */
	const char *foreign_syscall, *native_syscall;
};

#endif
