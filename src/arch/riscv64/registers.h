/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Registers of riscv64, in the order of struct pt_regs. NT_PRSTATUS has the first 32.
 */
#ifndef KD_ARCH_RISCV64_REGISTERS_H
#define KD_ARCH_RISCV64_REGISTERS_H

#include "dump/registers.h"

enum {
	KD_RISCV_EPC,
	KD_RISCV_RA,
	KD_RISCV_SP,
	KD_RISCV_TP = 4,
	KD_RISCV_S0 = 8,
	KD_RISCV_S1,
	KD_RISCV_S2 = 18,
	KD_RISCV_S11 = 27,
	KD_RISCV_NOTE_NR = 32,
	KD_RISCV_STATUS = KD_RISCV_NOTE_NR,
	KD_RISCV_BADADDR,
	KD_RISCV_CAUSE,
	KD_RISCV_ORIG_A0,
	KD_RISCV_REGS_NR,
};

/* sstatus.SPP: the exception came from the kernel. */
#define KD_RISCV_STATUS_KERNEL 0x100

extern const struct kd_register_set kd_riscv64_registers;

#endif
