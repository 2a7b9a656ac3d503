/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A PROFILE: what is known of one build of a kernel, in a file of a few megabytes that pykd itself wrote
 * (frozen/pykd/app/profile.py; the format is in docs/debug-info.md). It is read, never mapped, and a section block by
 * block: a file that is damaged or shrinks costs an error, and none makes us take more memory than it says at its
 * front.
 */
#ifndef KD_DEBUG_PROFILE_H
#define KD_DEBUG_PROFILE_H

#include "base/error.h"
#include "base/order.h"
#include "base/types.h"
#include "debug/file.h"

struct kd_profile;

/** Reads the header. Errors: KD_ERROR_OS; KD_ERROR_FORMAT: no profile, or damaged; KD_ERROR_UNSUPPORTED: of a version
 * that is not known. */
struct kd_error *kd_profile_open(const char *path, struct kd_profile **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_profile_close(struct kd_profile *profile);

const char *kd_profile_path(const struct kd_profile *profile);
/** In hexadecimal. */
const char *kd_profile_build_id(const struct kd_profile *profile);
/** "x86_64" */
const char *kd_profile_machine(const struct kd_profile *profile);
/** Of numbers in the kernel's memory, and in the BTF. */
enum kd_order kd_profile_order(const struct kd_profile *profile);

/** Bytes that a section has when it is decompressed; 0: there is none. */
size_t kd_profile_len(const struct kd_profile *profile, const char *section);

/**
 * Bytes [offset, offset + len) of a section, decompressed as far as needed; valid as long as the profile.
 * KD_ERROR_FORMAT: it has no such, or they are damaged.
 */
struct kd_error *kd_profile_bytes(struct kd_profile *profile, const char *section, size_t offset, size_t len,
				  const uint8_t **ret) KD_RETURNS_ERROR;

/** Its symbols, as kd_debug_file_symbols() has a vmlinux's. KD_ERROR_LOOKUP if it has none. */
struct kd_error *kd_profile_symbols(struct kd_profile *profile, struct kd_debug_symbol **ret,
				    size_t *ret_nr) KD_RETURNS_ERROR;

/** As kd_dwarf_source(); strings are valid as long as the profile. */
struct kd_source_vector;
struct kd_error *kd_profile_source(struct kd_profile *profile, kd_vaddr address,
				   struct kd_source_vector *ret) KD_RETURNS_ERROR;

/** For the readers of sections: KD_ERROR_FORMAT. */
struct kd_error *kd_profile_damaged(const struct kd_profile *profile, const char *what)
	__attribute__((returns_nonnull));

#endif
