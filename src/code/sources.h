/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What src/code reads: the layers below, and the few questions that every file here asks of them.
 */
#ifndef KD_CODE_SOURCES_H
#define KD_CODE_SOURCES_H

#include "base/error.h"
#include "base/machine.h"
#include "base/types.h"
#include "debug/images.h"
#include "module/module.h"
#include "sym/kallsyms.h"
#include "types/types.h"
#include "xlat/memory.h"

/** Borrowed; must outlive everything made from it. All but machine and memory may be NULL (a dump without BTF, without
 * kallsyms): what needs the missing one says so in its error. */
struct kd_code_sources {
	const struct kd_machine *machine;
	struct kd_memory *memory;
	struct kd_kallsyms *kallsyms;
	struct kd_types *types;
	struct kd_modules *modules;
	const struct kd_debug_images *debug;
};

/** Address of a symbol of the kernel proper; KD_ERROR_LOOKUP if there is none (or no kallsyms). */
struct kd_error *kd_sources_symbol(const struct kd_code_sources *sources, const char *name,
				   kd_vaddr *ret) KD_RETURNS_ERROR;

/** The same where absence is an answer: false, also when the tables cannot be read. */
bool kd_sources_have_symbol(const struct kd_code_sources *sources, const char *name, kd_vaddr *ret);

/** Byte offset of a member (dotted path) in struct type_name; KD_ERROR_LOOKUP if there is none (or no BTF). */
struct kd_error *kd_sources_offset(const struct kd_code_sources *sources, const char *type_name, const char *path,
				   uint64_t *ret) KD_RETURNS_ERROR;

/** The same where absence is an answer. @param[out] ret_size size of the member in bytes, may be NULL. */
bool kd_sources_have_member(const struct kd_code_sources *sources, const char *type_name, const char *path,
			    uint64_t *ret, uint64_t *ret_size);

/** As above, in bits from the start: for bit fields, too. */
bool kd_sources_have_bits(const struct kd_code_sources *sources, const char *type_name, const char *path,
			  uint64_t *ret_offset, uint64_t *ret_bits);

/** Size in bytes of struct type_name, or fallback where it is not known. */
uint64_t kd_sources_sizeof(const struct kd_code_sources *sources, const char *type_name, uint64_t fallback);

/** Read a u64, u32 or i32 where failure only means "not known". */
bool kd_sources_peek_u64(const struct kd_code_sources *sources, kd_vaddr address, uint64_t *ret);
bool kd_sources_peek_u32(const struct kd_code_sources *sources, kd_vaddr address, uint32_t *ret);

#endif
