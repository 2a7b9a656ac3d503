/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What the files of debug/ share with each other and nobody else.
 */
#ifndef KD_DEBUG_PRIVATE_H
#define KD_DEBUG_PRIVATE_H

#include "base/hash.h"
#include "base/vector.h"
#include "debug/dwarf.h"

KD_VECTOR(kd_dwarf_entry_vector, struct kd_dwarf_entry);
KD_VECTOR(kd_dwarf_offset_vector, Dwarf_Off);

/** Addresses of code that are a unit's. */
struct kd_dwarf_range {
	kd_vaddr start, end;
	Dwarf_Off unit;
};
KD_VECTOR(kd_dwarf_range_vector, struct kd_dwarf_range);
enum { KD_DWARF_RANGE_NR_MAX = 1 << 22 };

struct kd_dwarf {
	struct kd_debug_file *file;
	Dwarf *handle;
	struct kd_dwarf_entry_vector entries;
	struct kd_index names; /* hash of the name -> number of an entry */
	bool indexed;

	struct kd_dwarf_offset_vector enums; /* those with enumerators, each once */
	struct kd_index enumerators;	     /* hash of an enumerator's name -> number in enums */
	bool enumerators_indexed;

	struct kd_dwarf_range_vector ranges; /* by address */
	bool ranges_known;
};

#endif
