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

struct kd_kernel;

/** Opens the dump only. Errors: those of kd_dump_open(). */
struct kd_error *kd_kernel_open(const char *const *paths, size_t path_nr, const struct kd_dump_options *options,
				struct kd_kernel **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_kernel_close(struct kd_kernel *kernel);

struct kd_dump *kd_kernel_dump(struct kd_kernel *kernel);

/** The layers; owned by the kernel. */
struct kd_error *kd_kernel_memory(struct kd_kernel *kernel, struct kd_memory **ret) KD_RETURNS_ERROR;
struct kd_error *kd_kernel_kallsyms(struct kd_kernel *kernel, struct kd_kallsyms **ret) KD_RETURNS_ERROR;
struct kd_error *kd_kernel_types(struct kd_kernel *kernel, struct kd_types **ret) KD_RETURNS_ERROR;
struct kd_error *kd_kernel_modules(struct kd_kernel *kernel, struct kd_modules **ret) KD_RETURNS_ERROR;

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
