/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Registers of s390x: the program status word and the general registers, as NT_PRSTATUS begins with them.
 */
#ifndef KD_ARCH_S390X_REGISTERS_H
#define KD_ARCH_S390X_REGISTERS_H

#include "dump/registers.h"

enum {
	KD_S390X_PSW_MASK,
	KD_S390X_PSW_ADDRESS,
	KD_S390X_R0,
	KD_S390X_R11 = KD_S390X_R0 + 11,
	KD_S390X_R14 = KD_S390X_R0 + 14,
	KD_S390X_R15,
	KD_S390X_ORIG_GPR2,
	KD_S390X_REGS_NR,
};

extern const struct kd_register_set kd_s390x_registers;

#endif
