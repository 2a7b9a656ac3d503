/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Unwinding on s390x. */
#ifndef KD_ARCH_S390X_UNWIND_H
#define KD_ARCH_S390X_UNWIND_H

#include "code/unwind_method.h"

extern const struct kd_unwind_method kd_s390x_unwind;

#endif
