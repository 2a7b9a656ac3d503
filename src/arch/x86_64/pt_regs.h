/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * struct pt_regs of x86-64.
 */
#ifndef KD_ARCH_X86_64_PT_REGS_H
#define KD_ARCH_X86_64_PT_REGS_H

#include "code/cpu_layout.h"

/** FRED (Linux 6.9) keeps more in the upper bits of the words of CS and SS. */
#define KD_X86_SELECTOR 0xffff

extern const struct kd_pt_regs kd_x86_64_pt_regs;

#endif
