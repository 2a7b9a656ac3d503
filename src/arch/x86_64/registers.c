/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/registers.h"

_Static_assert(KD_X86_REGS_NR == 27, "struct user_regs_struct has 27 registers");
_Static_assert(KD_X86_REGS_NR <= KD_REGS_MAX, "they all have room");

/* As they are shown. */
static const struct kd_register list[] = {
	{ "rip", KD_X86_RIP },
	{ "rsp", KD_X86_RSP },
	{ "rflags", KD_X86_RFLAGS },
	{ "rax", KD_X86_RAX },
	{ "rbx", KD_X86_RBX },
	{ "rcx", KD_X86_RCX },
	{ "rdx", KD_X86_RDX },
	{ "rsi", KD_X86_RSI },
	{ "rdi", KD_X86_RDI },
	{ "rbp", KD_X86_RBP },
	{ "r8", KD_X86_R8 },
	{ "r9", KD_X86_R9 },
	{ "r10", KD_X86_R10 },
	{ "r11", KD_X86_R11 },
	{ "r12", KD_X86_R12 },
	{ "r13", KD_X86_R13 },
	{ "r14", KD_X86_R14 },
	{ "r15", KD_X86_R15 },
	{ "cs", KD_X86_CS },
	{ "ss", KD_X86_SS },
	{ "ds", KD_X86_DS },
	{ "es", KD_X86_ES },
	{ "fs", KD_X86_FS },
	{ "gs", KD_X86_GS },
	{ "orig_rax", KD_X86_ORIG_RAX },
	{ "fs_base", KD_X86_FS_BASE },
	{ "gs_base", KD_X86_GS_BASE },
};

static bool is_user(const struct kd_regs *regs)
{
	return (regs->word[KD_X86_CS] & 3) == 3;
}

/* System V ABI for x86-64, figure 3.36; 16 is the return address. */
static const uint8_t dwarf[] = {
	KD_X86_RAX, KD_X86_RDX, KD_X86_RCX, KD_X86_RBX, KD_X86_RSI, KD_X86_RDI, KD_X86_RBP, KD_X86_RSP, KD_X86_R8,
	KD_X86_R9,  KD_X86_R10, KD_X86_R11, KD_X86_R12, KD_X86_R13, KD_X86_R14, KD_X86_R15, KD_X86_RIP,
};

const struct kd_register_set kd_x86_64_registers = {
	.list = list,
	.nr = KD_ARRAY_NR(list),
	.pc = KD_X86_RIP,
	.sp = KD_X86_RSP,
	.fp = KD_X86_RBP,
	.dwarf = dwarf,
	.dwarf_nr = KD_ARRAY_NR(dwarf),
	.preserved = KD_REG_BIT(KD_X86_RBX) | KD_REG_BIT(KD_X86_RBP) | KD_REG_BIT(KD_X86_R12) | KD_REG_BIT(KD_X86_R13) |
		     KD_REG_BIT(KD_X86_R14) | KD_REG_BIT(KD_X86_R15),
	.is_user = is_user,
};
