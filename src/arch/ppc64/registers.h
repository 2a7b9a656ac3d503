/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Registers of ppc64: struct pt_regs, which NT_PRSTATUS has as well. */
#ifndef KD_ARCH_PPC64_REGISTERS_H
#define KD_ARCH_PPC64_REGISTERS_H

#include "dump/registers.h"

enum {
	KD_PPC64_R0,
	KD_PPC64_R1,
	KD_PPC64_R31 = 31,
	KD_PPC64_NIP,
	KD_PPC64_MSR,
	KD_PPC64_ORIG_R3,
	KD_PPC64_CTR,
	KD_PPC64_LINK,
	KD_PPC64_XER,
	KD_PPC64_CCR,
	KD_PPC64_SOFTE,
	KD_PPC64_TRAP,
	KD_PPC64_DAR,
	KD_PPC64_DSISR,
	KD_PPC64_RESULT,
	KD_PPC64_REGS_NR,
};

extern const struct kd_register_set kd_ppc64_registers;

#endif
