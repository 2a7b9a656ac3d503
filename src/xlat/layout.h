/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file For kd_page_tables.find_layout(): whether a layout that is tried is the right one. */
#ifndef KD_XLAT_LAYOUT_H
#define KD_XLAT_LAYOUT_H

#include "xlat/memory.h"
#include "xlat/page_tables.h"

/** True if the tables map the address. Other errors than faults cannot be told apart from "no" here, and need not. */
bool kd_layout_translates(struct kd_memory *memory, const struct kd_layout *layout, kd_vaddr address, kd_paddr *ret);

/** Whether samples of its direct map translate to where it says; those that nothing maps are holes in memory. */
bool kd_layout_direct_fits(struct kd_memory *memory, const struct kd_layout *layout);

#endif
