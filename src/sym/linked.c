/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sym/linked.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vector.h"
#include "sym/private.h"

/** How far KASLR has moved the kernel: all that VMCOREINFO has addresses of moved alike, or it is another kernel. */
static struct kd_error *find_shift(struct kd_memory *memory, const char *origin, const struct kd_debug_symbol *symbols,
				   size_t nr, uint64_t *ret)
{
	static const char *const names[] = { "_stext", "init_uts_ns", "swapper_pg_dir", "node_online_map", "_text" };
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(kd_memory_dump(memory));
	const char *first = NULL;
	*ret = kd_memory_layout(memory)->kaslr_offset;
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		kd_vaddr address;
		const struct kd_debug_symbol *symbol = kd_debug_symbol_named(symbols, nr, names[i]);
		if (!symbol || !kd_vmcoreinfo_symbol(info, names[i], &address))
			continue;
		if (first && address - symbol->address != *ret)
			return kd_error_create_file(KD_ERROR_VALUE, origin,
						    "%s is of another kernel: %s and %s are not as far from each "
						    "other as in the dump",
						    origin, first, names[i]);
		*ret = address - symbol->address;
		first = names[i];
	}
	return NULL;
}

static int by_address(const void *a, const void *b)
{
	const struct kd_symbol *left = a, *right = b;
	if (left->address != right->address)
		return left->address > right->address ? 1 : -1;
	return (left->name > right->name) - (left->name < right->name); /* the file's order */
}

/** As kallsyms has it: up to the next symbol at another address, but not from one end of memory to the other. */
static void set_sizes(struct kd_memory *memory, struct kd_symbol *symbols, size_t nr)
{
	for (size_t i = nr; i-- > 0;) {
		size_t next = i + 1;
		if (next < nr && symbols[next].address == symbols[i].address)
			symbols[i].size = symbols[next].size;
		else if (next < nr && (kd_memory_is_kernel(memory, symbols[i].address) ||
				       !kd_memory_is_kernel(memory, symbols[next].address)))
			symbols[i].size = symbols[next].address - symbols[i].address;
	}
}

static struct kd_error *fill(struct kd_kallsyms *kallsyms, const struct kd_debug_symbol *symbols, size_t nr,
			     uint64_t shift)
{
	const struct kd_debug_symbol *text =
		kd_debug_symbol_named(symbols, nr, "_text") ?: kd_debug_symbol_named(symbols, nr, "_stext");
	size_t names_len = 0, used = 0;
	for (size_t i = 0; i < nr; i++)
		names_len += strnlen(symbols[i].name, KD_KALLSYMS_NAME_MAX) + 1;
	kallsyms->linked = calloc(nr, sizeof(*kallsyms->linked));
	kallsyms->linked_names = malloc(names_len);
	if (!kallsyms->linked || !kallsyms->linked_names || !kd_index_reserve(&kallsyms->linked_index, nr))
		return &kd_error_nomem;
	for (size_t i = 0; i < nr; i++) {
		char *name = kallsyms->linked_names + used;
		size_t len = strnlen(symbols[i].name, KD_KALLSYMS_NAME_MAX);
		memcpy(name, symbols[i].name, len);
		name[len] = 0;
		used += len + 1;
		/* What lies before the kernel does not move with it: absolute numbers, offsets in per-CPU memory. */
		bool fixed = symbols[i].fixed || (text && symbols[i].address < text->address);
		kallsyms->linked[i] = (struct kd_symbol){ .address = symbols[i].address + (fixed ? 0 : shift),
							  .name = name,
							  .type = symbols[i].type };
	}
	kallsyms->tables.nr = nr;
	qsort(kallsyms->linked, nr, sizeof(*kallsyms->linked), by_address);
	set_sizes(kallsyms->memory, kallsyms->linked, nr);
	for (size_t i = 0; i < nr; i++)
		if (!kd_index_add(&kallsyms->linked_index, kd_hash_string(kallsyms->linked[i].name), i))
			return &kd_error_nomem;
	return NULL;
}

struct kd_error *kd_kallsyms_create_linked(struct kd_memory *memory, const char *origin,
					   const struct kd_debug_symbol *symbols, size_t nr, struct kd_kallsyms **ret)
{
	uint64_t shift;
	if (!nr || nr > KD_KALLSYMS_NR_MAX)
		return kd_error_create_file(KD_ERROR_FORMAT, origin, "%s: no kernel has %zu symbols", origin, nr);
	struct kd_error *err = find_shift(memory, origin, symbols, nr, &shift);
	if (err)
		return err;
	struct kd_kallsyms *kallsyms = calloc(1, sizeof(*kallsyms));
	if (!kallsyms)
		return &kd_error_nomem;
	kallsyms->memory = memory;
	err = fill(kallsyms, symbols, nr, shift);
	if (err) {
		kd_kallsyms_destroy(kallsyms);
		return err;
	}
	*ret = kallsyms;
	return NULL;
}

KD_VECTOR(symbol_vector, struct kd_debug_symbol);

/** "ffffffff81000000 T _text"; modules' lines, of a copied /proc/kallsyms, have a fourth word. */
static bool read_line(char *line, struct kd_debug_symbol *ret)
{
	char *end, *rest = NULL;
	unsigned long long address = strtoull(line, &end, 16);
	if (end == line || *end != ' ' || !end[1] || end[2] != ' ')
		return false;
	char *name = strtok_r(end + 3, " \t\r", &rest);
	if (!name || strtok_r(NULL, " \t\r", &rest))
		return false;
	*ret = (struct kd_debug_symbol){ .name = name, .address = address, .type = end[1], .fixed = end[1] == 'A' };
	return true;
}

struct kd_error *kd_system_map_read(const char *path, char *text, size_t len, struct kd_debug_symbol **ret,
				    size_t *ret_nr)
{
	struct symbol_vector symbols = {};
	char *line = text, *end = text + len;
	size_t bad = 0, number = 0;
	while (line < end && symbols.nr < KD_KALLSYMS_NR_MAX) {
		char *newline = memchr(line, '\n', end - line);
		if (!newline)
			break;
		*newline = 0;
		struct kd_debug_symbol symbol;
		number++;
		if (!read_line(line, &symbol)) {
			bad++;
		} else if (!symbol_vector_append(&symbols, symbol)) {
			symbol_vector_deinit(&symbols);
			return &kd_error_nomem;
		}
		line = newline + 1;
	}
	if (!symbols.nr || bad > symbols.nr) {
		symbol_vector_deinit(&symbols);
		return kd_error_create_file(KD_ERROR_FORMAT, path,
					    "%s is not a System.map: %zu of %zu lines are no symbols", path, bad,
					    number);
	}
	*ret = symbols.data;
	*ret_nr = symbols.nr;
	return NULL;
}
