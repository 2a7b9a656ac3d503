/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A FILE WITH DEBUG INFO: a vmlinux, or what a distribution split off it. Nothing of it is mapped: its sections are
 * read into memory when they are asked for, so a file that shrinks costs an error and not the process.
 */
#ifndef KD_DEBUG_FILE_H
#define KD_DEBUG_FILE_H

#include <libelf.h>

#include "base/error.h"
#include "base/order.h"
#include "base/types.h"

#define KD_DEBUG_BUILD_ID_MAX 64 /* bytes; linkers make 8 to 32 */

struct kd_debug_file;
struct kd_note;

/** The build-id that an ELF note has, in hexadecimal; false: it is no such note. */
bool kd_debug_build_id(const struct kd_note *note, char ret[2 * KD_DEBUG_BUILD_ID_MAX + 1]);

/** Reads the headers only. Errors: KD_ERROR_OS; KD_ERROR_FORMAT: not an ELF file of 64 bits, or damaged. */
struct kd_error *kd_debug_file_open(const char *path, struct kd_debug_file **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_debug_file_close(struct kd_debug_file *file);

const char *kd_debug_file_path(const struct kd_debug_file *file);
enum kd_order kd_debug_file_order(const struct kd_debug_file *file);

/** In hexadecimal; "" if the file has none. */
const char *kd_debug_file_build_id(const struct kd_debug_file *file);

/**
 * Read all sections that have contents and a name for which `wanted` is true; those that were read before are not read
 * again. KD_ERROR_FORMAT where the file ends before a section does, or one is larger than any kernel's.
 */
struct kd_error *kd_debug_file_load(struct kd_debug_file *file, bool (*wanted)(const char *name)) KD_RETURNS_ERROR;

/** For libdw and gelf. What kd_debug_file_load() did not read is zeros. */
Elf *kd_debug_file_elf(struct kd_debug_file *file);

/** A section's bytes (decompressed), read if they were not; *ret_len 0: there is none, or it has no contents. */
struct kd_error *kd_debug_file_section(struct kd_debug_file *file, const char *name, const uint8_t **ret,
				       size_t *ret_len) KD_RETURNS_ERROR;

/** Where the section is in memory, as linked; 0: nowhere. */
kd_vaddr kd_debug_file_section_address(struct kd_debug_file *file, const char *name);

/** Whether the section is there and has contents. Reads nothing. */
bool kd_debug_file_has(struct kd_debug_file *file, const char *name);

/** One entry of .symtab. */
struct kd_debug_symbol {
	const char *name; /* valid as long as the file */
	kd_vaddr address; /* as linked: without KASLR */
	uint64_t size;	  /* 0: not told */
	char type;	  /* as nm prints it */
	bool fixed;	  /* an absolute number, no place */
};

/** KD_ERROR_LOOKUP if the file has no symbols. @param[out] ret malloced, in the file's order. */
struct kd_error *kd_debug_file_symbols(struct kd_debug_file *file, struct kd_debug_symbol **ret,
				       size_t *ret_nr) KD_RETURNS_ERROR;

/** The first of that name; NULL: there is none. */
const struct kd_debug_symbol *kd_debug_symbol_named(const struct kd_debug_symbol *symbols, size_t nr, const char *name);

#endif
