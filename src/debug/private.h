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

/** A function that .debug_frame or .eh_frame has rules for. */
struct kd_cfi_function {
	kd_vaddr start, end;
	size_t offset; /* of its entry in the section */
	bool eh;       /* of .eh_frame */
};
KD_VECTOR(kd_cfi_function_vector, struct kd_cfi_function);

/** What addresses each unit has, by address; with them all is read that lines need. Valid as long as the kd_dwarf. */
struct kd_error *kd_dwarf_ranges(struct kd_dwarf *dwarf, const struct kd_dwarf_range_vector **ret) KD_RETURNS_ERROR;

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

	struct kd_cfi_function_vector functions; /* by address */
	bool functions_known;

	bool locations_loaded;
};

/** The unit that has the address; false in *ret_found if none. */
struct kd_error *kd_dwarf_unit_at(struct kd_dwarf *dwarf, kd_vaddr address, Dwarf_Die *ret,
				  bool *ret_found) KD_RETURNS_ERROR;

/** The scopes around an address, the innermost first, as they were put there. @param[out] ret malloced, or NULL. */
size_t kd_dwarf_scopes_at(Dwarf_Die *unit, kd_vaddr address, Dwarf_Die **ret);

#endif
