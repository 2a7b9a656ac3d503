/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The second source of names and types: files that were given besides the dump, a vmlinux, a
 * profile and a System.map.
 */
#ifndef KD_KERNEL_SECOND_H
#define KD_KERNEL_SECOND_H

#include "base/error.h"
#include "debug/dwarf.h"
#include "debug/file.h"
#include "debug/profile.h"
#include "sym/kallsyms.h"

struct kd_second {
	struct kd_debug_file *vmlinux; /* NULL: none */
	struct kd_dwarf *dwarf;	       /* its debug info; NULL: none */
	struct kd_profile *profile;    /* NULL: none */
	char *system_map;	       /* the path; NULL: none */
};

/**
 * @param vmlinux, profile, system_map paths, or NULL. Errors: those of kd_debug_file_open() and kd_profile_open();
 * KD_ERROR_VALUE for a vmlinux or a profile whose build-id is not the one that VMCOREINFO has; KD_ERROR_OS for a
 * System.map that cannot be read.
 */
struct kd_error *kd_second_init(struct kd_second *second, const struct kd_vmcoreinfo *info, const char *vmlinux,
				const char *profile, const char *system_map) KD_RETURNS_ERROR;
void kd_second_deinit(struct kd_second *second);

/**
 * Names of the files, the System.map before the vmlinux before the profile, since it was asked for by name.
 * KD_ERROR_LOOKUP if there are none; KD_ERROR_VALUE if they are of another kernel than the memory.
 * @param[out] ret_origin the path of the file.
 */
struct kd_error *kd_second_names(const struct kd_second *second, struct kd_memory *memory, struct kd_kallsyms **ret,
				 const char **ret_origin) KD_RETURNS_ERROR;

/**
 * For dumps whose VMCOREINFO has no build-id (before Linux 5.9): that of the notes in the kernel's memory.
 * KD_ERROR_VALUE if it is another; what cannot be read is no reason to refuse.
 */
struct kd_error *kd_second_check(const struct kd_second *second, struct kd_memory *memory,
				 struct kd_kallsyms *kallsyms) KD_RETURNS_ERROR;

/** How far the kernel lies from where the vmlinux, or the profile, has it. KD_ERROR_LOOKUP if its symbols do not say.
 */
struct kd_error *kd_second_shift(const struct kd_second *second, struct kd_kallsyms *kallsyms,
				 uint64_t *ret) KD_RETURNS_ERROR;

#endif
