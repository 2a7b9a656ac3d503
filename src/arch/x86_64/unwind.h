/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Unwinding x86-64: by ORC and by frame pointer. */
#ifndef KD_ARCH_X86_64_UNWIND_H
#define KD_ARCH_X86_64_UNWIND_H

#include "code/unwind_method.h"

extern const struct kd_unwind_method kd_x86_64_unwind;

#endif
