/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * THE KERNEL of a dump: one open dump with every layer on top of it. A layer is created when it is first asked for; a
 * layer that cannot be had (no kallsyms, no BTF) is tried once, and its error is given again to every later caller.
 */
#ifndef KD_KERNEL_KERNEL_H
#define KD_KERNEL_KERNEL_H

#include "base/error.h"
#include "base/types.h"
#include "dump/dump.h"
#include "module/module.h"
#include "sym/kallsyms.h"
#include "types/types.h"
#include "xlat/memory.h"

struct kd_dwarf;
struct kd_source_vector;
struct kd_kernel;

/** What there is besides the dump; NULL: nothing. */
struct kd_kernel_options {
	struct kd_dump_options dump;
	const char *vmlinux;	/* a file with symbols or debug info of this build of the kernel */
	const char *profile;	/* what pykd wrote of this build of the kernel */
	const char *system_map; /* names for where kallsyms has none */
	bool no_btf;		/* types come from the debug info, though the dump has BTF */
};

/**
 * Opens the dump and the other files, whose headers it reads. Errors: those of kd_dump_open() and
 * kd_debug_file_open(); KD_ERROR_VALUE for a vmlinux or a profile of another build.
 */
struct kd_error *kd_kernel_open(const char *const *paths, size_t path_nr, const struct kd_kernel_options *options,
				struct kd_kernel **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_kernel_close(struct kd_kernel *kernel);

struct kd_dump *kd_kernel_dump(struct kd_kernel *kernel);

/** The layers; owned by the kernel. */
struct kd_error *kd_kernel_memory(struct kd_kernel *kernel, struct kd_memory **ret) KD_RETURNS_ERROR;
struct kd_error *kd_kernel_kallsyms(struct kd_kernel *kernel, struct kd_kallsyms **ret) KD_RETURNS_ERROR;
struct kd_error *kd_kernel_types(struct kd_kernel *kernel, struct kd_types **ret) KD_RETURNS_ERROR;
struct kd_error *kd_kernel_modules(struct kd_kernel *kernel, struct kd_modules **ret) KD_RETURNS_ERROR;
/** The debug info. KD_ERROR_LOOKUP if no vmlinux was given, or it has none. */
struct kd_error *kd_kernel_dwarf(struct kd_kernel *kernel, struct kd_dwarf **ret) KD_RETURNS_ERROR;

struct kd_debug_images;
/** The debug info by addresses of code; NULL: there is none. */
const struct kd_debug_images *kd_kernel_debug_images(const struct kd_kernel *kernel);

/**
 * Where an address of code is in the source, by the vmlinux or the profile: see kd_dwarf_source(). KD_ERROR_LOOKUP if
 * neither was given, or has lines.
 */
struct kd_error *kd_kernel_source(struct kd_kernel *kernel, kd_vaddr address,
				  struct kd_source_vector *ret) KD_RETURNS_ERROR;

/** What KASLR has added to the addresses that the debug info has: those of symbols that it and the dump have. */
struct kd_error *kd_kernel_shift(struct kd_kernel *kernel, uint64_t *ret) KD_RETURNS_ERROR;

/** Where names and types come from: a file that was given, or NULL: the dump itself, or nothing. Found out by the first
 * who asked for names, or types. */
const char *kd_kernel_names_origin(const struct kd_kernel *kernel);
const char *kd_kernel_types_origin(const struct kd_kernel *kernel);

/**
 * Read memory. @param pgd 0: the kernel's address space; else the physical address of a process's top-level page table.
 */
struct kd_error *kd_kernel_read(struct kd_kernel *kernel, kd_paddr pgd, kd_vaddr address, void *buffer,
				size_t len) KD_RETURNS_ERROR;

/**
 * A symbol by name over all sources: kallsyms, modules, and where there is no kallsyms, the few of vmcoreinfo.
 * @param[out] ret_several the kernel has more of that name: who knows the type may ask kd_kernel_variable().
 */
struct kd_error *kd_kernel_symbol(struct kd_kernel *kernel, const char *name, const char *module, struct kd_symbol *ret,
				  bool *ret_several) KD_RETURNS_ERROR;

/** The symbol that a variable or function of this type can be, as namesake.h says: the kernel's, else a module's. */
struct kd_error *kd_kernel_variable(struct kd_kernel *kernel, const char *name, const struct kd_type *type,
				    struct kd_symbol *ret) KD_RETURNS_ERROR;

#endif
