/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Symbols as the kernel was linked, in the place of kallsyms: from a vmlinux or a System.map, moved to where KASLR put
 * the kernel.
 */
#ifndef KD_SYM_LINKED_H
#define KD_SYM_LINKED_H

#include "debug/file.h"
#include "sym/kallsyms.h"

/**
 * @param origin the file that they come from, for messages. KD_ERROR_VALUE if VMCOREINFO has other addresses: it is of
 * another kernel. @param[in,out] symbols any order; their names are copied.
 */
struct kd_error *kd_kallsyms_create_linked(struct kd_memory *memory, const char *origin,
					   const struct kd_debug_symbol *symbols, size_t nr,
					   struct kd_kallsyms **ret) KD_RETURNS_ERROR;

/** The lines of a System.map. KD_ERROR_FORMAT if it has none. @param[out] ret malloced, its names point into text. */
struct kd_error *kd_system_map_read(const char *path, char *text, size_t len, struct kd_debug_symbol **ret,
				    size_t *ret_nr) KD_RETURNS_ERROR;

#endif
