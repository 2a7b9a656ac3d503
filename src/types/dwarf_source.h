/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * DWARF as a source of types, beside or in the place of BTF. Private to types/.
 *
 * A named type that BTF has in the same size is BTF's: pointers to it may be compared, and members that were added to
 * it for old programs are there.
 */
#ifndef KD_TYPES_DWARF_SOURCE_H
#define KD_TYPES_DWARF_SOURCE_H

#include "debug/dwarf.h"
#include "types/private.h"

/** @param dwarf borrowed. */
struct kd_error *kd_dwarf_source_create(struct kd_types *types, struct kd_dwarf *dwarf,
					struct kd_dwarf_source **ret) KD_RETURNS_ERROR;
void kd_dwarf_source_destroy(struct kd_dwarf_source *source);
/** The same of several, and of the vector. */
void kd_dwarf_sources_deinit(struct kd_dwarf_source_vector *sources);

/** What it was made of. */
struct kd_dwarf *kd_dwarf_source_dwarf(struct kd_dwarf_source *source);

/** The type of a DIE: of a variable, member or parameter its type, of a function its prototype. */
struct kd_error *kd_dwarf_source_type(struct kd_dwarf_source *source, Dwarf_Die *die,
				      const struct kd_type **ret) KD_RETURNS_ERROR;

/** kd_type_source.fill. */
struct kd_error *kd_dwarf_source_fill(struct kd_type_record *record) KD_RETURNS_ERROR;

/** The type that an attribute of a DIE refers to (DW_AT_type); void without one. What cannot be made has something in
 *  its place that says why. */
struct kd_error *kd_dwarf_source_referred(struct kd_dwarf_source *source, Dwarf_Die *die,
					  const struct kd_type **ret) KD_RETURNS_ERROR;

static inline struct kd_dwarf_source *kd_dwarf_source_of(const struct kd_type *type)
{
	return (struct kd_dwarf_source *)type->source;
}

/** The tag of DIEs that are named types of this kind, or functions; 0: there is none. */
int kd_dwarf_tag_of(enum kd_kind kind);

/** What the searches of types.c ask; *ret_found false: there is none, no error. */
struct kd_error *kd_dwarf_source_find(struct kd_dwarf_source *source, enum kd_kind kind, const char *name,
				      bool complete, uint32_t *number, const struct kd_type **ret,
				      bool *ret_found) KD_RETURNS_ERROR;
struct kd_error *kd_dwarf_source_enumerator(struct kd_dwarf_source *source, const char *name, int64_t *ret,
					    const struct kd_type **ret_type, bool *ret_found) KD_RETURNS_ERROR;
struct kd_error *kd_dwarf_source_symbol(struct kd_dwarf_source *source, const char *name, const struct kd_type **ret,
					bool *ret_found) KD_RETURNS_ERROR;
/** Every complete named type of a kind. */
struct kd_error *kd_dwarf_source_each(struct kd_dwarf_source *source, enum kd_kind kind, kd_type_fn callback,
				      void *context) KD_RETURNS_ERROR;

#endif
