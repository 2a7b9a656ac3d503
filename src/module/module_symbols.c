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
	uint8_t bytes[sizeof(*ret)] = {};
	struct kd_error *err = kd_memory_read(modules->memory, base + offset, bytes, len);
	if (!err)
		*ret = kd_load_padded(kd_memory_order(modules->memory), bytes, len);
	return err;
}

static void order_symbols(enum kd_order order, struct elf_symbol *symbols, size_t nr)
{
	for (size_t i = 0; order == KD_BIG && i < nr; i++) {
		struct elf_symbol *symbol = &symbols[i];
		symbol->name = kd_order_32(order, symbol->name);
		symbol->section = kd_order_16(order, symbol->section);
		symbol->value = kd_order_64(order, symbol->value);
		symbol->size = kd_order_64(order, symbol->size);
	}
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
	order_symbols(kd_memory_order(modules->memory), tables->symbols, nr);
	/* Linux 5.2, 1c7651f43777 ("kallsyms: store type information in its own array") */
	err = read_field(modules, kallsyms, "typetab", 8, &typetab);
	if (!err)
		err = read_new(modules->memory, typetab, nr, &tables->letters);
	if (err && err->code == KD_ERROR_NOMEM)
		return err;
	kd_error_destroy(err);
	return read_strings(modules, strtab, tables);
}

/** What symbols are ordered by, and where the symbol stands. */
struct key {
	kd_vaddr address;
	uint32_t name; /* offset of its name: those at one address stay as they stand in the table */
	uint32_t index;
};

/** Order keys by eight of their bits, starting at shift; those that are equal keep their order. */
static void order_by_byte(const struct key *keys, size_t nr, bool by_name, unsigned int shift, struct key *ret)
{
	size_t places[257] = {};
	for (size_t i = 0; i < nr; i++)
		places[1 + (uint8_t)((by_name ? keys[i].name : keys[i].address) >> shift)]++;
	for (unsigned int byte = 0; byte < 256; byte++)
		places[byte + 1] += places[byte];
	for (size_t i = 0; i < nr; i++)
		ret[places[(uint8_t)((by_name ? keys[i].name : keys[i].address) >> shift)]++] = keys[i];
}

/**
 * Order keys by address. A radix sort, because a lookup by name may need the symbols of all modules (85,000 in Debian's
 * 7.2), of which qsort() of musl takes longer than all the rest. Bytes in which no two keys differ are passed over.
 *
 * @param spare room for as many keys.
 * @return keys or spare, whichever holds the result.
 */
static struct key *order_keys(struct key *keys, size_t nr, struct key *spare)
{
	uint64_t address_bits = 0;
	uint32_t name_bits = 0;
	for (size_t i = 0; i < nr; i++) {
		address_bits |= keys[i].address ^ keys[0].address;
		name_bits |= keys[i].name ^ keys[0].name;
	}
	for (unsigned int pass = 0; pass < 12; pass++) {
		bool by_name = pass < 4;
		unsigned int shift = 8 * (by_name ? pass : pass - 4);
		if (!(uint8_t)((by_name ? name_bits : address_bits) >> shift))
			continue;
		order_by_byte(keys, nr, by_name, shift, spare);
		struct key *swap = keys;
		keys = spare;
		spare = swap;
	}
	return keys;
}

/* Distance to the next address, within the module's range that holds it. */
static void fill_sizes(struct kd_module *module)
{
	size_t next = 0; /* the first symbol behind all at this address */
	for (size_t i = 0; i < module->symbol_nr; i++) {
		struct kd_symbol *symbol = &module->symbols[i];
		if (next <= i)
			next = i + 1;
		while (next < module->symbol_nr && module->symbols[next].address == symbol->address)
			next++;
		if (symbol->size)
			continue;
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
	uint64_t all_len = modules->symbols_len + tables.nr * sizeof(*module->symbols) + tables.strings_len;
	if (all_len > ALL_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "the modules have more than %u bytes of symbols", ALL_MAX);
	KD_FREE struct key *keys = malloc((tables.nr + 1) * sizeof(*keys));
	KD_FREE struct key *spare = malloc((tables.nr + 1) * sizeof(*spare));
	if (!keys || !spare)
		return &kd_error_nomem;
	size_t nr = 0;
	for (size_t i = 0; i < tables.nr; i++) {
		const struct elf_symbol *symbol = &tables.symbols[i];
		if (symbol->section && symbol->name < tables.strings_len && tables.strings[symbol->name])
			keys[nr++] = (struct key){ symbol->value, symbol->name, i };
	}
	const struct key *ordered = order_keys(keys, nr, spare);
	module->symbols = malloc((nr + 1) * sizeof(*module->symbols));
	if (!module->symbols)
		return &kd_error_nomem;
	for (size_t i = 0; i < nr; i++)
		module->symbols[i] = (struct kd_symbol){
			.address = ordered[i].address,
			.size = tables.symbols[ordered[i].index].size,
			.name = tables.strings + ordered[i].name,
			.module = module->name,
			.type = letter_of(&tables, ordered[i].index),
		};
	modules->symbols_len = all_len;
	module->symbol_nr = nr;
	module->symbol_names = kd_move_ptr(tables.strings);
	module->symbols_done = true;
	fill_sizes(module);
	return NULL;
}
