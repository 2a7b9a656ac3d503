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

const struct kd_register_set kd_s390x_registers = {
	.list = list,
	.nr = KD_ARRAY_NR(list),
	.pc = KD_S390X_PSW_ADDRESS,
	.sp = KD_S390X_R15,
	.fp = KD_S390X_R11,
	.is_user = is_user,
};
