/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Unwinding of arm64: by frame records. */
#ifndef KD_ARCH_AARCH64_UNWIND_H
#define KD_ARCH_AARCH64_UNWIND_H

#include "code/unwind_method.h"

extern const struct kd_unwind_method kd_aarch64_unwind;

#endif
