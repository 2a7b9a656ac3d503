/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/riscv64/registers.h"

_Static_assert(KD_RISCV_REGS_NR == 36, "struct pt_regs has 36 registers");
_Static_assert(KD_RISCV_REGS_NR <= KD_REGS_MAX, "they all have room");

static const struct kd_register list[] = {
	{ "epc", 0 }, { "ra", 1 },  { "sp", 2 },      { "gp", 3 },	 { "tp", 4 },	  { "t0", 5 },
	{ "t1", 6 },  { "t2", 7 },  { "s0", 8 },      { "s1", 9 },	 { "a0", 10 },	  { "a1", 11 },
	{ "a2", 12 }, { "a3", 13 }, { "a4", 14 },     { "a5", 15 },	 { "a6", 16 },	  { "a7", 17 },
	{ "s2", 18 }, { "s3", 19 }, { "s4", 20 },     { "s5", 21 },	 { "s6", 22 },	  { "s7", 23 },
	{ "s8", 24 }, { "s9", 25 }, { "s10", 26 },    { "s11", 27 },	 { "t3", 28 },	  { "t4", 29 },
	{ "t5", 30 }, { "t6", 31 }, { "status", 32 }, { "badaddr", 33 }, { "cause", 34 }, { "orig_a0", 35 },
};

static bool is_user(const struct kd_regs *regs)
{
	return !(regs->word[KD_RISCV_STATUS] & KD_RISCV_STATUS_KERNEL);
}

/* RISC-V DWARF Specification, section 3: x0, which is always 0, up to x31. */
static const uint8_t dwarf[] = { KD_REG_NONE, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
				 16,	      17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };

const struct kd_register_set kd_riscv64_registers = {
	.list = list,
	.nr = KD_ARRAY_NR(list),
	.pc = KD_RISCV_EPC,
	.sp = KD_RISCV_SP,
	.fp = KD_RISCV_S0,
	.current = KD_RISCV_TP,
	.dwarf = dwarf,
	.dwarf_nr = KD_ARRAY_NR(dwarf),
	.preserved = KD_REG_BIT(KD_RISCV_RA) | KD_REG_BIT(KD_RISCV_S0) | KD_REG_BIT(KD_RISCV_S1) |
		     ((KD_REG_BIT(KD_RISCV_S11 + 1) - 1) & ~(KD_REG_BIT(KD_RISCV_S2) - 1)),
	.is_user = is_user,
};
