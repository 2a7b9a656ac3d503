/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Unwinding on ppc64. */
#ifndef KD_ARCH_PPC64_UNWIND_H
#define KD_ARCH_PPC64_UNWIND_H

#include "code/unwind_method.h"

extern const struct kd_unwind_method kd_ppc64_unwind;

#endif
