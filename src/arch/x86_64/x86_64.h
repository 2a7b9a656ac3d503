/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file x86-64: its machine, and the parts of it. */
#ifndef KD_ARCH_X86_64_X86_64_H
#define KD_ARCH_X86_64_X86_64_H

#include "base/machine.h"

extern const struct kd_machine kd_x86_64;

#endif
