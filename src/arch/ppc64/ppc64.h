/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file ppc64le: POWER, whose page tables are big-endian also where its memory is not; ppc64 is recognised. */
#ifndef KD_ARCH_PPC64_PPC64_H
#define KD_ARCH_PPC64_PPC64_H

#include "base/machine.h"

extern const struct kd_machine kd_ppc64le;
/** Big-endian: recognised, so that its dumps are refused by name. */
extern const struct kd_machine kd_ppc64;

#endif
