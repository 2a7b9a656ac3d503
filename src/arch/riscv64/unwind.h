/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Unwinding of riscv64: by frame pointers. */
#ifndef KD_ARCH_RISCV64_UNWIND_H
#define KD_ARCH_RISCV64_UNWIND_H

#include "code/unwind_method.h"

extern const struct kd_unwind_method kd_riscv64_unwind;

#endif
