/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and addresses over the kernel, its modules and generated code together. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "module/private.h"

KD_VECTOR(kd_symbol_vector, struct kd_symbol);

/* A module whose tables are missing has no symbols; only trouble of our own is an error. */
static struct kd_error *symbols_or_none(struct kd_modules *modules, struct kd_module *module)
{
	if (module->symbols_missing)
		return NULL;
	struct kd_error *err = kd_modules_symbols(modules, module);
	if (!err || err->code == KD_ERROR_NOMEM)
		return err;
	kd_error_destroy(err);
	/* For searches, which ask all modules again and again; who asks for this one's hears why. */
	module->symbols_missing = true;
	return NULL;
}

static uint32_t bucket_of(const struct kd_modules *modules, const char *name)
{
	return kd_hash_u64(kd_hash_string(name)) >> (32 - modules->bucket_bits);
}

static struct kd_error *collect_names(struct kd_modules *modules)
{
	struct kd_module *list;
	size_t nr;
	struct kd_error *err = kd_modules_list(modules, &list, &nr, NULL);
	modules->names.nr = 0;
	for (size_t m = 0; !err && m < nr; m++) {
		err = symbols_or_none(modules, &list[m]);
		for (size_t s = 0; !err && s < list[m].symbol_nr; s++)
			if (!kd_module_name_vector_append(&modules->names, (struct kd_module_name){ m, s, 0 }))
				err = &kd_error_nomem;
	}
	return err;
}

static const struct kd_symbol *symbol_of(const struct kd_modules *modules, const struct kd_module_name *name)
{
	return &modules->list.data[name->module].symbols[name->symbol];
}

static struct kd_error *index_names(struct kd_modules *modules)
{
	if (modules->buckets)
		return NULL;
	struct kd_error *err = collect_names(modules);
	if (err)
		return err;
	unsigned int bits = 4;
	while (1ull << bits < modules->names.nr)
		bits++;
	uint32_t *buckets = calloc(1ull << bits, sizeof(*buckets));
	if (!buckets)
		return &kd_error_nomem;
	modules->buckets = buckets;
	modules->bucket_bits = bits;
	/* From the end, so that each chain runs in the order of the list. */
	for (size_t i = modules->names.nr; i--;) {
		struct kd_module_name *name = &modules->names.data[i];
		uint32_t *bucket = &buckets[bucket_of(modules, symbol_of(modules, name)->name)];
		name->next = *bucket;
		*bucket = i + 1;
	}
	return NULL;
}

/* All symbols of that name in modules (one, or any if NULL), appended. */
static struct kd_error *find_in_modules(struct kd_modules *modules, const char *name, const char *module,
					struct kd_symbol_vector *ret)
{
	struct kd_error *err = index_names(modules);
	if (err)
		return err;
	uint32_t n = modules->buckets[bucket_of(modules, name)];
	while (n) {
		const struct kd_module_name *candidate = &modules->names.data[n - 1];
		const struct kd_symbol *symbol = symbol_of(modules, candidate);
		n = candidate->next;
		if (strcmp(symbol->name, name) || (module && strcmp(symbol->module, module)))
			continue;
		if (!kd_symbol_vector_append(ret, *symbol))
			return &kd_error_nomem;
	}
	return NULL;
}

struct kd_error *kd_symbol_find(struct kd_modules *modules, const char *name, const char *module, struct kd_symbol *ret)
{
	if (!module || !*module) {
		uint32_t n;
		struct kd_error *err = kd_kallsyms_first(modules->kallsyms, name, &n);
		if (!err)
			return kd_kallsyms_get(modules->kallsyms, n, ret);
		if (module || !kd_error_catch(&err, KD_ERROR_LOOKUP))
			return err;
	}
	KD_CLEANUP(kd_symbol_vector_deinit) struct kd_symbol_vector found = {};
	struct kd_error *err = find_in_modules(modules, name, module, &found);
	if (err)
		return err;
	if (!found.nr && module)
		return kd_error_create(KD_ERROR_LOOKUP, "no symbol %s in module %s", name, module);
	if (!found.nr)
		return kd_kallsyms_not_found(modules->kallsyms, "no symbol %s", name);
	*ret = found.data[0];
	return NULL;
}

struct kd_error *kd_symbol_find_all(struct kd_modules *modules, const char *name, struct kd_symbol **ret,
				    size_t *ret_nr)
{
	enum { MANY = 1024 };
	uint32_t numbers[MANY];
	size_t nr;
	struct kd_error *err = kd_kallsyms_find(modules->kallsyms, name, numbers, MANY, &nr);
	KD_CLEANUP(kd_symbol_vector_deinit) struct kd_symbol_vector found = {};
	for (size_t i = 0; !err && i < kd_min(nr, MANY); i++) {
		struct kd_symbol symbol;
		err = kd_kallsyms_get(modules->kallsyms, numbers[i], &symbol);
		if (!err && !kd_symbol_vector_append(&found, symbol))
			err = &kd_error_nomem;
	}
	if (!err)
		err = find_in_modules(modules, name, NULL, &found);
	if (err)
		return err;
	*ret_nr = found.nr;
	*ret = kd_move_ptr(found.data);
	return NULL;
}

/* The range of a module's memory that holds address. */
static const struct kd_module_range *range_of(const struct kd_module *module, kd_vaddr address)
{
	for (int i = 0; i < KD_MODULE_MEMORY_NR; i++)
		if (address - module->memory[i].start < module->memory[i].size)
			return &module->memory[i];
	return NULL;
}

/* What compilers leave for linkers and debuggers; the kernel, too, never takes them for the name of an address. */
static bool is_mapping_symbol(const char *name)
{
	return name[0] == '$' || !strncmp(name, ".L", 2) || !strncmp(name, "L0", 2);
}

static struct kd_error *at_in_module(struct kd_modules *modules, struct kd_module *module, kd_vaddr address,
				     struct kd_symbol *ret)
{
	struct kd_error *err = symbols_or_none(modules, module);
	if (err)
		return err;
	size_t low = 0, high = module->symbol_nr; /* the first symbol above address is in [low, high] */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (module->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	const struct kd_module_range *range = range_of(module, address);
	if (!low || !range || module->symbols[low - 1].address < range->start)
		return kd_error_create(KD_ERROR_LOOKUP, "no symbol at %#llx in module %s", (unsigned long long)address,
				       module->name);
	size_t n = low - 1;
	while (n && is_mapping_symbol(module->symbols[n].name) && module->symbols[n - 1].address >= range->start)
		n--;
	while (n && module->symbols[n - 1].address == module->symbols[n].address)
		n--;
	*ret = module->symbols[n];
	return NULL;
}

static const struct kd_ksym *ksym_at(const struct kd_modules *modules, kd_vaddr address)
{
	for (size_t i = 0; i < modules->ksyms.nr; i++)
		if (address >= modules->ksyms.data[i].start && address < modules->ksyms.data[i].end)
			return &modules->ksyms.data[i];
	return NULL;
}

struct kd_error *kd_symbol_at(struct kd_modules *modules, kd_vaddr address, struct kd_symbol *ret)
{
	uint32_t n;
	struct kd_error *err = kd_kallsyms_at(modules->kallsyms, address, &n);
	if (!err)
		return kd_kallsyms_get(modules->kallsyms, n, ret);
	if (!kd_error_catch(&err, KD_ERROR_LOOKUP))
		return err;
	struct kd_module *module;
	err = kd_modules_at(modules, address, &module);
	if (err || module)
		return err ? err : at_in_module(modules, module, address, ret);
	err = kd_modules_read_ksyms(modules);
	if (err)
		return err;
	const struct kd_ksym *ksym = ksym_at(modules, address);
	if (!ksym)
		return kd_error_create(KD_ERROR_LOOKUP, "no symbol at %#llx", (unsigned long long)address);
	*ret = (struct kd_symbol){ .address = ksym->start,
				   .size = ksym->end - ksym->start,
				   .name = ksym->name,
				   .module = ksym->owner,
				   .type = 't' };
	return NULL;
}
