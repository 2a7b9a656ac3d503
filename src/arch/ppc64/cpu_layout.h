/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file CPUs of ppc64 and their stacks. */
#ifndef KD_ARCH_PPC64_CPU_LAYOUT_H
#define KD_ARCH_PPC64_CPU_LAYOUT_H

#include "code/cpu_layout.h"

extern const struct kd_cpu_layout kd_ppc64_cpus;

#endif
