/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file arm64: its machine, and the parts of it. */
#ifndef KD_ARCH_AARCH64_AARCH64_H
#define KD_ARCH_AARCH64_AARCH64_H

#include "base/machine.h"

extern const struct kd_machine kd_aarch64;

#endif
