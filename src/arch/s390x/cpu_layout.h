/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file CPUs of s390x and their stacks. */
#ifndef KD_ARCH_S390X_CPU_LAYOUT_H
#define KD_ARCH_S390X_CPU_LAYOUT_H

#include "code/cpu_layout.h"

extern const struct kd_cpu_layout kd_s390x_cpus;

#endif
