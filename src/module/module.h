/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Loaded kernel modules: where they lie, their symbols, their BTF.
 */
#ifndef KD_MODULE_MODULE_H
#define KD_MODULE_MODULE_H

#include "base/error.h"
#include "base/types.h"
#include "sym/kallsyms.h"
#include "types/types.h"
#include "xlat/memory.h"

/** enum mod_mem_type since Linux 6.4 (ac3b43283923 "module: replace module_layout with module_memory"); older kernels
 *  have core_layout and init_layout, given here as TEXT (with RODATA, DATA … inside it) and INIT_TEXT. */
enum kd_module_memory {
	KD_MODULE_TEXT,
	KD_MODULE_DATA,
	KD_MODULE_RODATA,
	KD_MODULE_RO_AFTER_INIT,
	KD_MODULE_INIT_TEXT,
	KD_MODULE_INIT_DATA,
	KD_MODULE_INIT_RODATA,
	KD_MODULE_MEMORY_NR,
};

struct kd_module {
	kd_vaddr address; /* struct module */
	char *name;
	struct kd_module_range {
		kd_vaddr start;
		uint64_t size; /* 0: no such memory (any more) */
	} memory[KD_MODULE_MEMORY_NR];
	uint64_t size;			       /* of all core (not init) memory, as lsmod prints it */
	kd_vaddr btf_start, btf_end;	       /* split BTF, known after kd_modules_add_btf(); 0, 0: none */
	kd_vaddr btf_base_start, btf_base_end; /* .BTF.base (Linux 6.11) */
	kd_vaddr btf;			       /* struct btf: the kernel's own index of it, or 0 */
	kd_vaddr percpu;		       /* its per-CPU data, or 0 */
	uint64_t percpu_size;
	struct kd_symbol *symbols; /* ascending addresses; filled by kd_modules_symbols() */
	size_t symbol_nr;
	char *symbol_names;		    /* owns the strings */
	bool symbols_done, symbols_missing; /* missing: they were tried and cannot be read */
};

struct kd_modules;

/** @param kallsyms, types, memory borrowed. The list is walked on first use. @param types NULL: there are none, and so
 * no modules. */
struct kd_error *kd_modules_create(struct kd_memory *memory, struct kd_kallsyms *kallsyms, struct kd_types *types,
				   struct kd_modules **ret) KD_RETURNS_ERROR;
void kd_modules_destroy(struct kd_modules *modules);

/**
 * All modules on the list `modules`, newest first, as far as it can be read.
 * @param[out] why the error that ended the walk early (caller owns), or NULL; may be NULL.
 */
struct kd_error *kd_modules_list(struct kd_modules *modules, struct kd_module **ret, size_t *ret_nr,
				 struct kd_error **why) KD_RETURNS_ERROR;

/** Symbols of a module from its kallsyms (core symbols; text and, with CONFIG_KALLSYMS_ALL, data), sorted by address.
 */
struct kd_error *kd_modules_symbols(struct kd_modules *modules, struct kd_module *module) KD_RETURNS_ERROR;

/** The module whose memory holds address; NULL if none. */
struct kd_error *kd_modules_at(struct kd_modules *modules, kd_vaddr address, struct kd_module **ret) KD_RETURNS_ERROR;

/** Give every module's BTF to the types (the callback of kd_types_set_more()). */
struct kd_error *kd_modules_add_btf(void *modules) KD_RETURNS_ERROR;

/**
 * Lookups over kernel and modules together. @param module NULL: anywhere, kernel first; "" the kernel only.
 */
struct kd_error *kd_symbol_find(struct kd_modules *modules, const char *name, const char *module,
				struct kd_symbol *ret) KD_RETURNS_ERROR;
/** All of that name: malloced array. */
struct kd_error *kd_symbol_find_all(struct kd_modules *modules, const char *name, struct kd_symbol **ret,
				    size_t *ret_nr) KD_RETURNS_ERROR;
/** The symbol whose range holds address (kernel, modules, BPF programs and trampolines by their ksym). KD_ERROR_LOOKUP
 * if none. */
struct kd_error *kd_symbol_at(struct kd_modules *modules, kd_vaddr address, struct kd_symbol *ret) KD_RETURNS_ERROR;

#endif
