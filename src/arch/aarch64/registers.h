/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Registers of arm64: struct user_pt_regs, in the order of NT_PRSTATUS, with which struct pt_regs begins.
 */
#ifndef KD_ARCH_AARCH64_REGISTERS_H
#define KD_ARCH_AARCH64_REGISTERS_H

#include "dump/registers.h"

enum {
	KD_ARM64_X0,
	KD_ARM64_X19 = 19,
	KD_ARM64_X28 = 28,
	KD_ARM64_FP = 29,
	KD_ARM64_LR = 30,
	KD_ARM64_SP,
	KD_ARM64_PC,
	KD_ARM64_PSTATE,
	KD_ARM64_NOTE_NR,
	/* Only in struct pt_regs: the first argument of a system call, and its number in the lower half of a word. */
	KD_ARM64_ORIG_X0 = KD_ARM64_NOTE_NR,
	KD_ARM64_SYSCALL,
	KD_ARM64_REGS_NR,
};

extern const struct kd_register_set kd_aarch64_registers;

#endif
