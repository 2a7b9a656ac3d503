/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "debug/images.h"
#include "debug/lines.h"
#include "kernel/found.h"
#include "kernel/namesake.h"
#include "kernel/second.h"

/* A layer, or what takes a search to find, and the outcome of the one attempt to get it. */
#define LAYER(type)                     \
	struct {                        \
		type it;                \
		bool tried;             \
		struct kd_error *error; \
	}

struct kd_kernel {
	struct kd_dump *dump;
	struct kd_second second;
	bool no_btf;
	const char *names_origin, *types_origin;
	LAYER(struct kd_memory *) memory;
	LAYER(struct kd_kallsyms *) kallsyms;
	LAYER(struct kd_types *) types;
	LAYER(struct kd_modules *) modules;
	LAYER(uint64_t) shift;
	struct kd_debug_images images;
	struct kd_found found;
};

static struct kd_error *error_copy(const struct kd_error *error)
{
	if (error == &kd_error_nomem)
		return &kd_error_nomem;
	struct kd_error *copy = kd_error_create_file(error->code, error->path, "%s", error->message);
	if (copy != &kd_error_nomem) {
		copy->fault = error->fault;
		copy->errnum = error->errnum;
		copy->address = error->address;
		copy->physical = error->physical;
	}
	return copy;
}

/* The body of every kd_kernel_LAYER(): create once, remember the outcome. */
#define GET_LAYER(kernel, layer, create)                          \
	do {                                                      \
		if (!(kernel)->layer.tried) {                     \
			(kernel)->layer.tried = true;             \
			(kernel)->layer.error = create;           \
		}                                                 \
		if ((kernel)->layer.error == &kd_error_nomem) {   \
			/* memory may be there another time */    \
			(kernel)->layer.tried = false;            \
			(kernel)->layer.error = NULL;             \
			return &kd_error_nomem;                   \
		}                                                 \
		if ((kernel)->layer.error)                        \
			return error_copy((kernel)->layer.error); \
		*ret = (kernel)->layer.it;                        \
		return NULL;                                      \
	} while (0)

static struct kd_error *find_image(void *context, kd_vaddr address, struct kd_debug_image *ret)
{
	(void)address;
	struct kd_debug_image image;
	struct kd_error *err = kd_kernel_dwarf(context, &image.dwarf) ?: kd_kernel_shift(context, &image.shift);
	if (!err)
		*ret = image;
	return err;
}

const struct kd_debug_images *kd_kernel_debug_images(const struct kd_kernel *kernel)
{
	return kernel->second.dwarf ? &kernel->images : NULL;
}

struct kd_error *kd_kernel_open(const char *const *paths, size_t path_nr, const struct kd_kernel_options *options,
				struct kd_kernel **ret)
{
	struct kd_kernel *kernel = calloc(1, sizeof(*kernel));
	if (!kernel)
		return &kd_error_nomem;
	struct kd_error *err = kd_dump_open(paths, path_nr, &options->dump, &kernel->dump);
	if (!err)
		err = kd_second_init(&kernel->second, kd_dump_vmcoreinfo(kernel->dump), options->vmlinux,
				     options->profile, options->system_map);
	if (err) {
		kd_kernel_close(kernel);
		return err;
	}
	kernel->no_btf = options->no_btf;
	kernel->images = (struct kd_debug_images){ .find = find_image, .context = kernel };
	*ret = kernel;
	return NULL;
}

void kd_kernel_close(struct kd_kernel *kernel)
{
	if (!kernel)
		return;
	kd_modules_destroy(kernel->modules.it);
	kd_types_destroy(kernel->types.it);
	kd_kallsyms_destroy(kernel->kallsyms.it);
	kd_memory_destroy(kernel->memory.it);
	kd_found_deinit(&kernel->found);
	kd_second_deinit(&kernel->second);
	kd_dump_close(kernel->dump);
	kd_error_destroy(kernel->shift.error);
	kd_error_destroy(kernel->modules.error);
	kd_error_destroy(kernel->types.error);
	kd_error_destroy(kernel->kallsyms.error);
	kd_error_destroy(kernel->memory.error);
	free(kernel);
}

struct kd_dump *kd_kernel_dump(struct kd_kernel *kernel)
{
	return kernel->dump;
}

struct kd_error *kd_kernel_memory(struct kd_kernel *kernel, struct kd_memory **ret)
{
	GET_LAYER(kernel, memory, kd_memory_create(kernel->dump, &kernel->memory.it));
}

/** What is there of its tables may be any part of them. */
static bool is_cut(const struct kd_kernel *kernel)
{
	return kd_dump_completeness(kernel->dump) == KD_TRUNCATED;
}

/** What the files have where the dump has no names, or not all: *err is why. */
static struct kd_error *use_second_names(struct kd_kernel *kernel, struct kd_memory *memory, struct kd_error *err)
{
	struct kd_kallsyms *names = NULL;
	const char *origin = NULL;
	struct kd_error *second = kd_second_names(&kernel->second, memory, &names, &origin);
	if (kd_error_catch(&second, KD_ERROR_LOOKUP))
		return err;
	if (!second) {
		second = kd_second_check(&kernel->second, memory, names);
		if (second)
			kd_kallsyms_destroy(names);
	}
	kd_error_destroy(err);
	if (!second) {
		kd_kallsyms_destroy(kernel->kallsyms.it);
		kernel->kallsyms.it = names;
		kernel->names_origin = origin;
	}
	return second;
}

/* Asked for by kallsyms that have names of functions only. What types and memory are made of is not found by them. */
static struct kd_error *more_names(void *context, const char *name, kd_vaddr *ret)
{
	struct kd_kernel *kernel = context;
	if (!kernel->types.it)
		return kd_error_create(KD_ERROR_LOOKUP, "%s cannot be found without types", name);
	return kd_found_variable(&kernel->found, kernel->memory.it, kernel->kallsyms.it, kernel->types.it, name, ret);
}

static struct kd_error *create_kallsyms(struct kd_kernel *kernel)
{
	struct kd_memory *memory;
	struct kd_error *err = kd_kernel_memory(kernel, &memory);
	if (err)
		return err;
	err = kd_kallsyms_create(memory, &kernel->kallsyms.it);
	if (!err)
		kd_kallsyms_set_more(kernel->kallsyms.it, more_names, kernel);
	bool given = kernel->second.vmlinux || kernel->second.profile || kernel->second.system_map;
	if (given && (err || is_cut(kernel) || kd_kallsyms_functions_only(kernel->kallsyms.it))) {
		err = use_second_names(kernel, memory, err);
		if (!err)
			return NULL;
	} else if (!err) {
		err = kd_second_check(&kernel->second, memory, kernel->kallsyms.it);
	}
	if (is_cut(kernel) && kd_error_catch(&err, KD_ERROR_LOOKUP))
		return kd_error_create(KD_ERROR_LOOKUP,
				       "no kallsyms tables in what is there of a dump that is truncated");
	if (kd_dump_vmcoreinfo(kernel->dump)->doubtful && err && err->code != KD_ERROR_NOMEM) {
		KD_DROP_ERROR struct kd_error *told = err;
		return kd_error_create(told->code,
				       "%s; the VMCOREINFO note is of another kernel or boot than this memory, and no "
				       "other was found in it: give the right text with --vmcoreinfo FILE",
				       told->message);
	}
	return err;
}

struct kd_error *kd_kernel_kallsyms(struct kd_kernel *kernel, struct kd_kallsyms **ret)
{
	GET_LAYER(kernel, kallsyms, create_kallsyms(kernel));
}

/* Asked for by the types when a name is not in vmlinux: the modules know theirs. */
static struct kd_error *more_types(void *context)
{
	struct kd_modules *modules;
	struct kd_error *err = kd_kernel_modules(context, &modules);
	return err ? err : kd_modules_add_btf(modules);
}

/* The kernel's own index of its BTF, where it has made one, or 0: a help, never a need. */
static kd_vaddr kernel_table(struct kd_kernel *kernel)
{
	kd_vaddr variable, table;
	KD_DROP_ERROR struct kd_error *err = kd_kallsyms_address(kernel->kallsyms.it, "btf_vmlinux", &variable);
	if (!err)
		err = kd_memory_read_u64(kernel->memory.it, variable, &table);
	return err ? 0 : table;
}

/** Where the symbols of sections have no names: somewhere behind the text. */
static struct kd_error *search_btf(struct kd_memory *memory, struct kd_kallsyms *kallsyms, kd_vaddr *start,
				   kd_vaddr *end)
{
	kd_vaddr text;
	return kd_kallsyms_address(kallsyms, "_stext", &text)
		       ?: kd_btf_search(memory, text, text + KD_IMAGE_LEN_MAX, start, end);
}

/** A section of the profile that has types. */
static struct kd_error *profile_types(struct kd_kernel *kernel, const char *section, const uint8_t **ret,
				      size_t *ret_len)
{
	*ret_len = kernel->second.profile ? kd_profile_len(kernel->second.profile, section) : 0;
	return *ret_len ? kd_profile_bytes(kernel->second.profile, section, 0, *ret_len, ret) : NULL;
}

/**
 * What the profile has: the kernel's own BTF (which modules' goes on from) and what its debug info says, the one where
 * the dump has none, the other beside it, or alone. *has_btf: types has the kernel's own.
 */
static struct kd_error *add_profile(struct kd_kernel *kernel, struct kd_types *types, bool *has_btf, bool *ret_used)
{
	const uint8_t *bytes;
	size_t len = 0;
	struct kd_error *err = NULL;
	if (!*has_btf && !kernel->no_btf)
		err = profile_types(kernel, "btf", &bytes, &len);
	if (!err && len) {
		err = kd_types_add_btf_bytes(types, NULL, bytes, len);
		*ret_used = *has_btf = !err;
	}
	if (!err)
		err = profile_types(kernel, "types", &bytes, &len);
	if (!err && len) {
		err = *has_btf ? kd_types_add_aside(types, bytes, len)
			       : kd_types_add_btf_bytes(types, NULL, bytes, len);
		*ret_used = *ret_used || !*has_btf;
	}
	return err;
}

static bool has_profile_types(const struct kd_kernel *kernel)
{
	const struct kd_profile *profile = kernel->second.profile;
	return profile && (kd_profile_len(profile, "types") || (!kernel->no_btf && kd_profile_len(profile, "btf")));
}

static struct kd_error *create_types(struct kd_kernel *kernel)
{
	struct kd_memory *memory = NULL;
	struct kd_kallsyms *kallsyms;
	kd_vaddr start = 0, end = 0;
	struct kd_error *err = kd_kernel_memory(kernel, &memory);
	if (!err)
		err = kd_kernel_kallsyms(kernel, &kallsyms);
	if (err)
		return err;
	struct kd_dwarf *dwarf = kernel->second.dwarf;
	bool has_profile = !dwarf && has_profile_types(kernel), of_profile = false;
	bool has_btf = !kernel->no_btf && !((dwarf || has_profile) && is_cut(kernel));
	if (has_btf) {
		err = kd_kallsyms_address(kallsyms, "__start_BTF", &start)
			      ?: kd_kallsyms_address(kallsyms, "__stop_BTF", &end);
		if (kd_kallsyms_functions_only(kallsyms) && kd_error_catch(&err, KD_ERROR_LOOKUP))
			err = search_btf(memory, kallsyms, &start, &end);
		has_btf = !kd_error_catch(&err, KD_ERROR_LOOKUP);
	}
	if (!has_btf && !dwarf && !has_profile)
		return kd_error_create(KD_ERROR_LOOKUP,
				       kernel->no_btf
					       ? "no type information: BTF is not wanted, and no --vmlinux with debug "
						 "info was given"
					       : "no type information: the kernel has no BTF (CONFIG_DEBUG_INFO_BTF); "
						 "give its vmlinux with --vmlinux FILE");
	struct kd_types *types = NULL;
	if (!err)
		err = kd_types_create(memory, &types);
	if (!err && has_btf)
		err = kd_types_add_btf(types, NULL, start, end, 0, 0, kernel_table(kernel));
	if (!err && dwarf)
		err = kd_types_add_dwarf(types, dwarf);
	if (!err && dwarf && !has_btf)
		kernel->types_origin = kd_debug_file_path(kernel->second.vmlinux);
	if (!err && has_profile)
		err = add_profile(kernel, types, &has_btf, &of_profile);
	if (!err && of_profile)
		kernel->types_origin = kd_profile_path(kernel->second.profile);
	if (err) {
		kd_types_destroy(types);
		return err;
	}
	if (has_btf)
		kd_types_set_more(types, more_types, kernel);
	kernel->types.it = types;
	return NULL;
}

struct kd_error *kd_kernel_types(struct kd_kernel *kernel, struct kd_types **ret)
{
	GET_LAYER(kernel, types, create_types(kernel));
}

static struct kd_error *create_modules(struct kd_kernel *kernel)
{
	struct kd_memory *memory;
	struct kd_kallsyms *kallsyms;
	struct kd_types *types = NULL;
	struct kd_error *err = kd_kernel_memory(kernel, &memory);
	if (!err)
		err = kd_kernel_kallsyms(kernel, &kallsyms);
	if (!err) {
		err = kd_kernel_types(kernel, &types);
		kd_error_catch(&err, KD_ERROR_LOOKUP); /* names and code do without */
	}
	return err ? err : kd_modules_create(memory, kallsyms, types, &kernel->modules.it);
}

struct kd_error *kd_kernel_modules(struct kd_kernel *kernel, struct kd_modules **ret)
{
	GET_LAYER(kernel, modules, create_modules(kernel));
}

struct kd_error *kd_kernel_dwarf(struct kd_kernel *kernel, struct kd_dwarf **ret)
{
	if (!kernel->second.dwarf)
		return kd_error_create(KD_ERROR_LOOKUP, kernel->second.vmlinux
								? "the vmlinux has no debug info"
								: "no vmlinux was given (--vmlinux FILE)");
	*ret = kernel->second.dwarf;
	return NULL;
}

static struct kd_error *find_shift(struct kd_kernel *kernel)
{
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_kernel_kallsyms(kernel, &kallsyms);
	return err ? err : kd_second_shift(&kernel->second, kallsyms, &kernel->shift.it);
}

struct kd_error *kd_kernel_shift(struct kd_kernel *kernel, uint64_t *ret)
{
	GET_LAYER(kernel, shift, find_shift(kernel));
}

struct kd_error *kd_kernel_source(struct kd_kernel *kernel, kd_vaddr address, struct kd_source_vector *ret)
{
	struct kd_profile *profile = kernel->second.profile;
	uint64_t shift = 0;
	if (!kernel->second.dwarf && !(profile && kd_profile_len(profile, "line_rows")))
		return kd_error_create(KD_ERROR_LOOKUP, kernel->second.vmlinux ? "the vmlinux has no debug info"
							: profile	       ? "the profile has no lines"
								  : "no vmlinux was given (--vmlinux FILE)");
	struct kd_error *err = kd_kernel_shift(kernel, &shift);
	if (err)
		return err;
	return kernel->second.dwarf ? kd_dwarf_source(kernel->second.dwarf, address - shift, ret)
				    : kd_profile_source(profile, address - shift, ret);
}

const char *kd_kernel_names_origin(const struct kd_kernel *kernel)
{
	return kernel->names_origin;
}

const char *kd_kernel_types_origin(const struct kd_kernel *kernel)
{
	return kernel->types_origin;
}

struct kd_error *kd_kernel_read(struct kd_kernel *kernel, kd_paddr pgd, kd_vaddr address, void *buffer, size_t len)
{
	struct kd_memory *memory;
	struct kd_error *err = kd_kernel_memory(kernel, &memory);
	if (err)
		return err;
	if (!pgd)
		return kd_memory_read(memory, address, buffer, len);

	size_t done = 0;
	err = kd_memory_read_space(memory, pgd, address, buffer, len, &done);
	if (!err && done < len)
		err = kd_error_create_fault(KD_FAULT_UNTRANSLATABLE, address + done, false);
	return err;
}

enum {
	NAMESAKES_MAX = 64, /* more are not looked at */
};

static struct kd_namesake_init init_memory(struct kd_kallsyms *kallsyms)
{
	struct kd_namesake_init init = {};
	struct kd_error *err = kd_kallsyms_address(kallsyms, "__init_begin", &init.start);
	if (!err)
		err = kd_kallsyms_address(kallsyms, "__init_end", &init.end);
	if (err || init.end < init.start)
		init = (struct kd_namesake_init){};
	kd_error_destroy(err);
	return init;
}

/* The kernel's symbols of that name: the one that fits best, if there are any. */
static struct kd_error *kernel_symbol(struct kd_kallsyms *kallsyms, const char *name, const struct kd_type *type,
				      struct kd_symbol *ret, size_t *ret_nr)
{
	uint32_t numbers[NAMESAKES_MAX];
	struct kd_symbol found[NAMESAKES_MAX];
	size_t nr;
	struct kd_error *err = kd_kallsyms_find(kallsyms, name, numbers, NAMESAKES_MAX, &nr);
	if (err || !nr) {
		*ret_nr = 0;
		return err;
	}
	size_t of = kd_min(nr, NAMESAKES_MAX);
	for (size_t i = 0; i < of; i++) {
		err = kd_kallsyms_get(kallsyms, numbers[i], &found[i]);
		if (err)
			return err;
	}
	struct kd_namesake_init init = of > 1 ? init_memory(kallsyms) : (struct kd_namesake_init){};
	*ret = found[of > 1 ? kd_namesake_choose(found, of, type, &init) : 0];
	*ret_nr = nr;
	return NULL;
}

struct kd_error *kd_kernel_symbol(struct kd_kernel *kernel, const char *name, const char *module, struct kd_symbol *ret,
				  bool *ret_several)
{
	*ret_several = false;
	/* The kernel's own names need no module list, which in turn needs types. */
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_kernel_kallsyms(kernel, &kallsyms);
	if (err) {
		kd_vaddr address;
		if ((module && *module) || !kd_vmcoreinfo_symbol(kd_dump_vmcoreinfo(kernel->dump), name, &address))
			return err;
		kd_error_destroy(err);
		*ret = (struct kd_symbol){ .address = address, .name = name, .type = '?' };
		return NULL;
	}
	if (!module || !*module) {
		size_t nr;
		err = kernel_symbol(kallsyms, name, NULL, ret, &nr);
		*ret_several = !err && nr > 1;
		if (err || nr)
			return err;
		if (kd_kallsyms_functions_only(kallsyms)) {
			struct kd_types *types;
			kd_vaddr address;
			err = kd_kernel_types(kernel, &types) ?: kd_kallsyms_address(kallsyms, name, &address);
			if (!err)
				*ret = (struct kd_symbol){ .address = address, .name = name, .type = '?' };
			if (!kd_error_catch(&err, KD_ERROR_LOOKUP))
				return err;
		}
		if (module)
			return kd_kallsyms_not_found(kallsyms, "no symbol %s in the kernel", name);
	}
	struct kd_modules *modules;
	err = kd_kernel_modules(kernel, &modules);
	if (kd_error_catch(&err, KD_ERROR_LOOKUP))
		return kd_kallsyms_not_found(kallsyms, "no symbol %s", name);
	return err ? err : kd_symbol_find(modules, name, module, ret);
}

struct kd_error *kd_kernel_variable(struct kd_kernel *kernel, const char *name, const struct kd_type *type,
				    struct kd_symbol *ret)
{
	struct kd_kallsyms *kallsyms;
	struct kd_error *err = kd_kernel_kallsyms(kernel, &kallsyms);
	bool several;
	if (err) {
		kd_error_destroy(err);
		return kd_kernel_symbol(kernel, name, NULL, ret, &several);
	}
	size_t nr;
	err = kernel_symbol(kallsyms, name, type, ret, &nr);
	if (err)
		return err;
	if (!nr)
		return kd_kernel_symbol(kernel, name, NULL, ret, &several);
	struct kd_namesake_init init = init_memory(kallsyms);
	if (!(kd_namesake_faults(ret, type, &init) & ~KD_NAMESAKE_TOO_LARGE))
		return NULL;

	/* None of the kernel's can be it. */
	struct kd_modules *modules;
	err = kd_kernel_modules(kernel, &modules);
	KD_FREE struct kd_symbol *all = NULL;
	if (!err)
		err = kd_symbol_find_all(modules, name, &all, &nr);
	if (err) {
		kd_error_destroy(err);
		return NULL;
	}
	if (nr)
		*ret = all[kd_namesake_choose(all, nr, type, &init)];
	return NULL;
}
