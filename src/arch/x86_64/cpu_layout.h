/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file What a CPU of x86-64 runs, and its stacks. */
#ifndef KD_ARCH_X86_64_CPU_LAYOUT_H
#define KD_ARCH_X86_64_CPU_LAYOUT_H

#include "code/cpu_layout.h"

extern const struct kd_cpu_layout kd_x86_64_cpus;

#endif
