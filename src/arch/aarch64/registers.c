/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/registers.h"

_Static_assert(KD_ARM64_NOTE_NR == 34, "struct user_pt_regs has 34 registers");
_Static_assert(KD_ARM64_REGS_NR <= KD_REGS_MAX, "they all have room");

/* As crash shows them. */
static const struct kd_register list[] = {
	{ "pc", KD_ARM64_PC },
	{ "lr", KD_ARM64_LR },
	{ "sp", KD_ARM64_SP },
	{ "pstate", KD_ARM64_PSTATE },
	{ "x29", KD_ARM64_FP },
	{ "x28", 28 },
	{ "x27", 27 },
	{ "x26", 26 },
	{ "x25", 25 },
	{ "x24", 24 },
	{ "x23", 23 },
	{ "x22", 22 },
	{ "x21", 21 },
	{ "x20", 20 },
	{ "x19", 19 },
	{ "x18", 18 },
	{ "x17", 17 },
	{ "x16", 16 },
	{ "x15", 15 },
	{ "x14", 14 },
	{ "x13", 13 },
	{ "x12", 12 },
	{ "x11", 11 },
	{ "x10", 10 },
	{ "x9", 9 },
	{ "x8", 8 },
	{ "x7", 7 },
	{ "x6", 6 },
	{ "x5", 5 },
	{ "x4", 4 },
	{ "x3", 3 },
	{ "x2", 2 },
	{ "x1", 1 },
	{ "x0", 0 },
	{ "orig_x0", KD_ARM64_ORIG_X0 },
	{ "syscallno", KD_ARM64_SYSCALL },
};

/* PSTATE.M: 0 is EL0t; bit 4 is set of 32-bit code, which only user mode has. */
static bool is_user(const struct kd_regs *regs)
{
	return (regs->word[KD_ARM64_PSTATE] & 0xf) == 0;
}

/* DWARF for the Arm 64-bit Architecture, section 4.1: the words are in its order. */
static const uint8_t dwarf[] = { 0,  1,	 2,  3,	 4,  5,	 6,  7,	 8,  9,	 10, 11, 12, 13, 14, 15,
				 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };

const struct kd_register_set kd_aarch64_registers = {
	.list = list,
	.nr = KD_ARRAY_NR(list),
	.pc = KD_ARM64_PC,
	.sp = KD_ARM64_SP,
	.fp = KD_ARM64_FP,
	.dwarf = dwarf,
	.dwarf_nr = KD_ARRAY_NR(dwarf),
	.preserved = (KD_REG_BIT(KD_ARM64_LR + 1) - 1) & ~(KD_REG_BIT(KD_ARM64_X19) - 1),
	.is_user = is_user,
};
