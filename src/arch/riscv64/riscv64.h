/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file riscv64: its machine, and the parts of it. */
#ifndef KD_ARCH_RISCV64_RISCV64_H
#define KD_ARCH_RISCV64_RISCV64_H

#include "base/machine.h"

extern const struct kd_machine kd_riscv64;

#endif
