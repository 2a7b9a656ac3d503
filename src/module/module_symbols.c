/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A module's own kallsyms: an ELF symbol table, its strings, and (Linux 5.2) nm's letter of each. */
#include <stdlib.h>
#include <string.h>

#include "module/private.h"

/* Elf64_Sym */
struct elf_symbol {
	uint32_t name;
	uint8_t info, other;
	uint16_t section;
	uint64_t value, size;
};

#define SYMBOL_MAX (1u << 20)
#define STRINGS_MAX (64u << 20)
#define ALL_MAX (256u << 20) /* bytes of all modules' symbols together; 90 modules of Debian's 7.2 take 6 MB */
#define NAME_MAX_LEN 512     /* KSYM_NAME_LEN since Linux 6.1 */

/** The tables of one module in memory of ours. */
struct tables {
	struct elf_symbol *symbols;
	char *letters; /* NULL: the kernel has none */
	size_t nr;
	char *strings;
	size_t strings_len;
};

static void tables_deinit(struct tables *tables)
{
	free(tables->symbols);
	free(tables->letters);
	free(tables->strings);
}

/* len bytes at address, malloced. */
static struct kd_error *read_new(struct kd_memory *memory, kd_vaddr address, size_t len, void *ret)
{
	KD_FREE void *bytes = malloc(len ? len : 1);
	if (!bytes)
		return &kd_error_nomem;
	struct kd_error *err = kd_memory_read(memory, address, bytes, len);
	if (!err)
		*(void **)ret = kd_move_ptr(bytes);
	return err;
}

static struct kd_error *read_field(struct kd_modules *modules, kd_vaddr base, const char *name, size_t len,
				   uint64_t *ret)
{
	uint64_t offset;
	*ret = 0;
	if (!kd_module_offset(modules, "mod_kallsyms", name, &offset))
		return kd_error_create(KD_ERROR_LOOKUP, "struct mod_kallsyms has no %s", name);
	return kd_memory_read(modules->memory, base + offset, ret, len);
}

static struct kd_error *read_strings(struct kd_modules *modules, kd_vaddr address, struct tables *tables)
{
	/* The size of the table is written nowhere: it ends with the name that begins last. */
	uint64_t len = 0;
	for (size_t i = 0; i < tables->nr; i++)
		len = kd_max(len, tables->symbols[i].name);
	if (len > STRINGS_MAX)
		return kd_error_create(KD_ERROR_FORMAT, "a symbol's name at offset %#llx", (unsigned long long)len);
	len += NAME_MAX_LEN;
	tables->strings = calloc(1, len + 1);
	if (!tables->strings)
		return &kd_error_nomem;
	return kd_memory_read_upto(modules->memory, address, tables->strings, len, &tables->strings_len, NULL);
}

static struct kd_error *read_tables(struct kd_modules *modules, kd_vaddr module, struct tables *tables)
{
	uint64_t offset, symtab, strtab, nr, typetab = 0;
	kd_vaddr kallsyms;
	if (!kd_module_offset(modules, "module", "kallsyms", &offset))
		return kd_error_create(KD_ERROR_LOOKUP, "struct module has no kallsyms");
	struct kd_error *err = kd_memory_read_u64(modules->memory, module + offset, &kallsyms);
	if (!err)
		err = read_field(modules, kallsyms, "symtab", 8, &symtab);
	if (!err)
		err = read_field(modules, kallsyms, "num_symtab", 4, &nr);
	if (!err)
		err = read_field(modules, kallsyms, "strtab", 8, &strtab);
	if (!err && nr > SYMBOL_MAX)
		err = kd_error_create(KD_ERROR_FORMAT, "a module with %llu symbols", (unsigned long long)nr);
	if (!err)
		err = read_new(modules->memory, symtab, nr * sizeof(*tables->symbols), &tables->symbols);
	if (err)
		return err;
	tables->nr = nr;
	/* Linux 5.2, 1c7651f43777 ("kallsyms: store type information in its own array") */
	err = read_field(modules, kallsyms, "typetab", 8, &typetab);
	if (!err)
		err = read_new(modules->memory, typetab, nr, &tables->letters);
	if (err && err->code == KD_ERROR_NOMEM)
		return err;
	kd_error_destroy(err);
	return read_strings(modules, strtab, tables);
}

static int compare_symbols(const void *a, const void *b)
{
	const struct kd_symbol *left = a, *right = b;
	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return (left->name > right->name) - (left->name < right->name); /* as they stand in the table */
}

/* Distance to the next address, within the module's range that holds it. */
static void fill_sizes(struct kd_module *module)
{
	for (size_t i = 0; i < module->symbol_nr; i++) {
		struct kd_symbol *symbol = &module->symbols[i];
		if (symbol->size)
			continue;
		size_t next = i + 1;
		while (next < module->symbol_nr && module->symbols[next].address == symbol->address)
			next++;
		for (int m = 0; m < KD_MODULE_MEMORY_NR; m++) {
			uint64_t end = module->memory[m].start + module->memory[m].size;
			if (symbol->address < module->memory[m].start || symbol->address >= end)
				continue;
			if (next < module->symbol_nr)
				end = kd_min(end, module->symbols[next].address);
			symbol->size = end - symbol->address;
		}
	}
}

/** The kernel keeps nm's letter in lower case, and st_info, which has the binding, beside it (before 5.2: in its
 * place). */
static char letter_of(const struct tables *tables, size_t index)
{
	uint8_t info = tables->symbols[index].info;
	if (!tables->letters)
		return (char)info;
	char letter = tables->letters[index];
	bool global = info >> 4 == 1; /* STB_GLOBAL */
	return global && letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

struct kd_error *kd_modules_symbols(struct kd_modules *modules, struct kd_module *module)
{
	if (module->symbols_done)
		return NULL;
	KD_CLEANUP(tables_deinit) struct tables tables = {};
	struct kd_error *err = read_tables(modules, module->address, &tables);
	if (err)
		return err;
	modules->symbols_len += tables.nr * sizeof(*module->symbols) + tables.strings_len;
	if (modules->symbols_len > ALL_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "the modules have more than %u bytes of symbols", ALL_MAX);
	module->symbols = calloc(tables.nr ? tables.nr : 1, sizeof(*module->symbols));
	if (!module->symbols)
		return &kd_error_nomem;
	module->symbol_names = kd_move_ptr(tables.strings);
	module->symbols_done = true;
	for (size_t i = 0; i < tables.nr; i++) {
		const struct elf_symbol *symbol = &tables.symbols[i];
		const char *name = module->symbol_names + symbol->name;
		if (!symbol->section || symbol->name >= tables.strings_len || !*name)
			continue;
		module->symbols[module->symbol_nr++] = (struct kd_symbol){
			.address = symbol->value,
			.size = symbol->size,
			.name = name,
			.module = module->name,
			.type = letter_of(&tables, i),
		};
	}
	qsort(module->symbols, module->symbol_nr, sizeof(*module->symbols), compare_symbols);
	fill_sizes(module);
	return NULL;
}
