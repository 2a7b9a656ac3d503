/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file s390x: big-endian; virtual addresses of the kernel begin at 0, apart from those of processes. */
#ifndef KD_ARCH_S390X_S390X_H
#define KD_ARCH_S390X_S390X_H

#include "base/machine.h"

extern const struct kd_machine kd_s390x;

#endif
