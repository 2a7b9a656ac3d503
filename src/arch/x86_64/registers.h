/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Registers of x86-64: struct user_regs_struct, in the order of NT_PRSTATUS. Its first 21 words are struct pt_regs.
 */
#ifndef KD_ARCH_X86_64_REGISTERS_H
#define KD_ARCH_X86_64_REGISTERS_H

#include "dump/registers.h"

enum {
	KD_X86_R15,
	KD_X86_R14,
	KD_X86_R13,
	KD_X86_R12,
	KD_X86_RBP,
	KD_X86_RBX,
	KD_X86_R11,
	KD_X86_R10,
	KD_X86_R9,
	KD_X86_R8,
	KD_X86_RAX,
	KD_X86_RCX,
	KD_X86_RDX,
	KD_X86_RSI,
	KD_X86_RDI,
	KD_X86_ORIG_RAX,
	KD_X86_RIP,
	KD_X86_CS,
	KD_X86_RFLAGS,
	KD_X86_RSP,
	KD_X86_SS,
	KD_X86_PT_REGS_NR,
	KD_X86_FS_BASE = KD_X86_PT_REGS_NR,
	KD_X86_GS_BASE,
	KD_X86_DS,
	KD_X86_ES,
	KD_X86_FS,
	KD_X86_GS,
	KD_X86_REGS_NR,
};

extern const struct kd_register_set kd_x86_64_registers;

#endif
