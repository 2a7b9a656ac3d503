/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * DWARF: which DIE has which name. One pass over the top-level DIEs of all units, when a name is first asked for; what
 * thousands of units have from one header counts once. Types are made from DIEs in types/.
 */
#ifndef KD_DEBUG_DWARF_H
#define KD_DEBUG_DWARF_H

#include <elfutils/libdw.h>

#include "base/error.h"
#include "base/types.h"
#include "debug/file.h"

struct kd_dwarf;

/** A named thing of the top level of some unit, the first of those that have the same name, kind, size and line. */
struct kd_dwarf_entry {
	const char *name; /* valid as long as the kd_dwarf; of an enum NULL if it has none */
	Dwarf_Off die;
	uint64_t size; /* bytes; 0: not told */
	uint32_t line; /* where it is declared; 0: not told */
	uint16_t tag;  /* DW_TAG_… */
	bool declared; /* only declared, not defined */
};

/** @param file borrowed. Reads nothing. KD_ERROR_LOOKUP if it has no DWARF. */
struct kd_error *kd_dwarf_create(struct kd_debug_file *file, struct kd_dwarf **ret) KD_RETURNS_ERROR;
void kd_dwarf_destroy(struct kd_dwarf *dwarf);

struct kd_debug_file *kd_dwarf_file(const struct kd_dwarf *dwarf);

/** For libdw's functions; .debug_info and what its DIEs refer to are read the first time. */
struct kd_error *kd_dwarf_open(struct kd_dwarf *dwarf, Dwarf **ret) KD_RETURNS_ERROR;
/** The same where an entry or a DIE is known already. */
Dwarf *kd_dwarf_handle(struct kd_dwarf *dwarf);

/** All entries, in the order of the file. */
struct kd_error *kd_dwarf_entries(struct kd_dwarf *dwarf, const struct kd_dwarf_entry **ret,
				  uint32_t *ret_nr) KD_RETURNS_ERROR;

/** The first entry of that name and tag at or after *number; KD_INDEX_NONE in *number if there is none. */
struct kd_error *kd_dwarf_find(struct kd_dwarf *dwarf, uint16_t tag, const char *name,
			       uint32_t *number) KD_RETURNS_ERROR;

/** The entry that stands for a named DIE; KD_INDEX_NONE if none does. */
struct kd_error *kd_dwarf_entry_of(struct kd_dwarf *dwarf, Dwarf_Die *die, uint32_t *ret) KD_RETURNS_ERROR;

/** An enum that has an enumerator of that name; false if none has. */
struct kd_error *kd_dwarf_find_enumerator(struct kd_dwarf *dwarf, const char *name, Dwarf_Die *ret,
					  bool *ret_found) KD_RETURNS_ERROR;

/** The number that an attribute of a DIE is, or of what the DIE is an instance of; false: it has no such. */
bool kd_dwarf_number(Dwarf_Die *die, unsigned int attribute, uint64_t *ret);

/** KD_ERROR_FORMAT with what libdw said last. */
struct kd_error *kd_dwarf_error(const struct kd_dwarf *dwarf, const char *what) __attribute__((returns_nonnull));

#endif
