/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * struct pt_regs of arm64: struct user_pt_regs, orig_x0 and syscallno, with which it has begun since Linux 3.7.
 */
#ifndef KD_ARCH_AARCH64_PT_REGS_H
#define KD_ARCH_AARCH64_PT_REGS_H

#include "code/cpu_layout.h"

extern const struct kd_pt_regs kd_aarch64_pt_regs;

#endif
