/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Which debug info an address of code has: the kernel's own, or that of a module.
 */
#ifndef KD_DEBUG_IMAGES_H
#define KD_DEBUG_IMAGES_H

#include "debug/dwarf.h"

struct kd_debug_image {
	struct kd_dwarf *dwarf;
	uint64_t shift; /* added to addresses as linked gives those of the dump */
};

struct kd_debug_images {
	/** KD_ERROR_LOOKUP: it has none. */
	struct kd_error *(*find)(void *context, kd_vaddr address, struct kd_debug_image *ret)KD_RETURNS_ERROR;
	void *context;
};

#endif
