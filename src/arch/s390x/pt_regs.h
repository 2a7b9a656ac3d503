/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file struct pt_regs of s390x. */
#ifndef KD_ARCH_S390X_PT_REGS_H
#define KD_ARCH_S390X_PT_REGS_H

#include "code/cpu_layout.h"

/* Words of struct pt_regs that are looked at: args[0], the PSW, 16 general registers, orig_gpr2. */
#define KD_S390X_PT_REGS_WORDS 20

extern const struct kd_pt_regs kd_s390x_pt_regs;

#endif
