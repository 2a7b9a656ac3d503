/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * From an address of code to the source: file, line, and which functions were inlined there.
 */
#ifndef KD_DEBUG_LINES_H
#define KD_DEBUG_LINES_H

#include "base/vector.h"
#include "debug/dwarf.h"

/** One function that an address is in. Strings are valid as long as the kd_dwarf. */
struct kd_source_frame {
	const char *function; /* NULL: not told, as of assembler code */
	const char *file;     /* as the compiler was told it; NULL: not told */
	uint32_t line;	      /* 0: not told */
	bool inlined;	      /* into the one after it */
};
KD_VECTOR(kd_source_vector, struct kd_source_frame);

/**
 * The functions at an address, the innermost first: what was inlined, into what, up to the function that is called.
 * The line of all but the first is that of the call. None where no unit has the address.
 * @param address as linked: without KASLR. Of a caller the address before the one that it goes on with.
 * @param[out] ret the caller's to deinit.
 */
struct kd_error *kd_dwarf_source(struct kd_dwarf *dwarf, kd_vaddr address,
				 struct kd_source_vector *ret) KD_RETURNS_ERROR;

#endif
