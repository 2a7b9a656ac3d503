/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/s390x/registers.h"

#define PSW_PROBLEM_STATE 0x0001000000000000ull

#define GENERAL(n)                        \
	{                                 \
		"r" #n, KD_S390X_R0 + (n) \
	}
static const struct kd_register list[] = {
	{ "psw_mask", KD_S390X_PSW_MASK },
	{ "psw_addr", KD_S390X_PSW_ADDRESS },
	GENERAL(0),
	GENERAL(1),
	GENERAL(2),
	GENERAL(3),
	GENERAL(4),
	GENERAL(5),
	GENERAL(6),
	GENERAL(7),
	GENERAL(8),
	GENERAL(9),
	GENERAL(10),
	GENERAL(11),
	GENERAL(12),
	GENERAL(13),
	GENERAL(14),
	GENERAL(15),
	{ "orig_gpr2", KD_S390X_ORIG_GPR2 },
};

static bool is_user(const struct kd_regs *regs)
{
	return regs->word[KD_S390X_PSW_MASK] & PSW_PROBLEM_STATE;
}

/* ELF Application Binary Interface s390x Supplement, table 1.30. */
static const uint8_t dwarf[] = {
#define R(number) KD_S390X_R0 + (number)
	R(0), R(1), R(2), R(3), R(4), R(5), R(6), R(7), R(8), R(9), R(10), R(11), R(12), R(13), R(14), R(15),
#undef R
};

const struct kd_register_set kd_s390x_registers = {
	.list = list,
	.nr = KD_ARRAY_NR(list),
	.pc = KD_S390X_PSW_ADDRESS,
	.sp = KD_S390X_R15,
	.fp = KD_S390X_R11,
	.dwarf = dwarf,
	.dwarf_nr = KD_ARRAY_NR(dwarf),
	.preserved = (KD_REG_BIT(KD_S390X_R15) - 1) & ~(KD_REG_BIT(KD_S390X_R0 + 6) - 1),
	.cfa_offset = 160,
	.is_user = is_user,
};
