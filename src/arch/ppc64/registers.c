/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/ppc64/registers.h"

_Static_assert(KD_PPC64_REGS_NR == 44, "struct pt_regs has 44 registers");
_Static_assert(KD_PPC64_REGS_NR <= KD_REGS_MAX, "they all have room");

#define MSR_PR (1ull << 14) /* problem state: user mode */

#define GENERAL(n)                        \
	{                                 \
		"r" #n, KD_PPC64_R0 + (n) \
	}
static const struct kd_register list[] = {
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
	GENERAL(16),
	GENERAL(17),
	GENERAL(18),
	GENERAL(19),
	GENERAL(20),
	GENERAL(21),
	GENERAL(22),
	GENERAL(23),
	GENERAL(24),
	GENERAL(25),
	GENERAL(26),
	GENERAL(27),
	GENERAL(28),
	GENERAL(29),
	GENERAL(30),
	GENERAL(31),
	{ "nip", KD_PPC64_NIP },
	{ "msr", KD_PPC64_MSR },
	{ "or3", KD_PPC64_ORIG_R3 },
	{ "ctr", KD_PPC64_CTR },
	{ "lr", KD_PPC64_LINK },
	{ "xer", KD_PPC64_XER },
	{ "ccr", KD_PPC64_CCR },
	{ "softe", KD_PPC64_SOFTE },
	{ "trap", KD_PPC64_TRAP },
	{ "dar", KD_PPC64_DAR },
	{ "dsisr", KD_PPC64_DSISR },
	{ "result", KD_PPC64_RESULT },
};

static bool is_user(const struct kd_regs *regs)
{
	return regs->word[KD_PPC64_MSR] & MSR_PR;
}

/* 64-Bit ELF V2 ABI, table 2.26; 65 is the link register. */
static const uint8_t dwarf[] = {
	0,
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	8,
	9,
	10,
	11,
	12,
	13,
	14,
	15,
	16,
	17,
	18,
	19,
	20,
	21,
	22,
	23,
	24,
	25,
	26,
	27,
	28,
	29,
	30,
	31,
	[32 ... 64] = KD_REG_NONE,
	KD_PPC64_LINK,
};

const struct kd_register_set kd_ppc64_registers = {
	.list = list,
	.nr = KD_ARRAY_NR(list),
	.pc = KD_PPC64_NIP,
	.sp = KD_PPC64_R1,
	.fp = KD_PPC64_R31,
	.dwarf = dwarf,
	.dwarf_nr = KD_ARRAY_NR(dwarf),
	.preserved = (KD_REG_BIT(KD_PPC64_R31 + 1) - 1) & ~(KD_REG_BIT(14) - 1),
	.is_user = is_user,
};
