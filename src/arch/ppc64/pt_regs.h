/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file struct pt_regs of ppc64. */
#ifndef KD_ARCH_PPC64_PT_REGS_H
#define KD_ARCH_PPC64_PT_REGS_H

#include "code/cpu_layout.h"

extern const struct kd_pt_regs kd_ppc64_pt_regs;

#endif
