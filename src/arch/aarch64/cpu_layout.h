/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file CPUs of arm64: what they run, and their stacks. */
#ifndef KD_ARCH_AARCH64_CPU_LAYOUT_H
#define KD_ARCH_AARCH64_CPU_LAYOUT_H

#include "code/cpu_layout.h"

extern const struct kd_cpu_layout kd_aarch64_cpus;

#endif
