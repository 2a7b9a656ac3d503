/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/dwarf.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "debug/private.h"

/* What a hostile file may cost: a kernel has some 400,000 entries. */
enum { ENTRY_NR_MAX = 1 << 24, ENUMERATOR_NR_MAX = 1 << 20 };

struct kd_error *kd_dwarf_error(const struct kd_dwarf *dwarf, const char *what)
{
	return kd_error_create_file(KD_ERROR_FORMAT, kd_debug_file_path(dwarf->file), "%s: %s: %s",
				    kd_debug_file_path(dwarf->file), what, dwarf_errmsg(-1) ?: "damaged");
}

bool kd_dwarf_number(Dwarf_Die *die, unsigned int attribute, uint64_t *ret)
{
	Dwarf_Attribute found;
	Dwarf_Word value;
	if (!dwarf_attr_integrate(die, attribute, &found) || dwarf_formudata(&found, &value))
		return false;
	*ret = value;
	return true;
}

/** What libdw reads as soon as it looks at a DIE. */
static bool is_of_dies(const char *name)
{
	static const char *const names[] = { ".debug_info",	".debug_abbrev",   ".debug_str",
					     ".debug_line_str", ".debug_addr",	   ".debug_str_offsets",
					     ".debug_types",	".debug_rnglists", ".debug_ranges" };
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/** libdw decompresses all that it finds when it is opened, so all must be there. */
static struct kd_error *load_compressed(struct kd_debug_file *file)
{
	Elf *elf = kd_debug_file_elf(file);
	size_t names;
	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
		const uint8_t *bytes;
		size_t len;
		if (!name || strncmp(name, ".debug_", strlen(".debug_")) || !(header.sh_flags & SHF_COMPRESSED))
			continue;
		struct kd_error *err = kd_debug_file_section(file, name, &bytes, &len);
		if (err)
			return err;
	}
	return NULL;
}

struct kd_error *kd_dwarf_create(struct kd_debug_file *file, struct kd_dwarf **ret)
{
	if (!kd_debug_file_has(file, ".debug_info"))
		return kd_error_create_file(KD_ERROR_LOOKUP, kd_debug_file_path(file), "%s has no debug info",
					    kd_debug_file_path(file));
	struct kd_dwarf *dwarf = calloc(1, sizeof(*dwarf));
	if (!dwarf)
		return &kd_error_nomem;
	dwarf->file = file;
	*ret = dwarf;
	return NULL;
}

struct kd_error *kd_dwarf_open(struct kd_dwarf *dwarf, Dwarf **ret)
{
	if (!dwarf->handle) {
		struct kd_error *err = load_compressed(dwarf->file);
		if (!err)
			err = kd_debug_file_load(dwarf->file, is_of_dies);
		if (err)
			return err;
		dwarf->handle = dwarf_begin_elf(kd_debug_file_elf(dwarf->file), DWARF_C_READ, NULL);
		if (!dwarf->handle)
			return kd_dwarf_error(dwarf, "its debug info cannot be read");
	}
	*ret = dwarf->handle;
	return NULL;
}

void kd_dwarf_destroy(struct kd_dwarf *dwarf)
{
	if (!dwarf)
		return;
	dwarf_end(dwarf->handle);
	kd_dwarf_entry_vector_deinit(&dwarf->entries);
	kd_dwarf_offset_vector_deinit(&dwarf->enums);
	kd_index_deinit(&dwarf->names);
	kd_index_deinit(&dwarf->enumerators);
	kd_dwarf_range_vector_deinit(&dwarf->ranges);
	kd_cfi_function_vector_deinit(&dwarf->functions);
	free(dwarf);
}

struct kd_debug_file *kd_dwarf_file(const struct kd_dwarf *dwarf)
{
	return dwarf->file;
}

Dwarf *kd_dwarf_handle(struct kd_dwarf *dwarf)
{
	return dwarf->handle;
}

/** The attributes of a DIE that make an entry of it, in one pass over them. */
struct reading {
	struct kd_dwarf_entry entry;
	Dwarf_Attribute specification;
	bool specified;
};

static int read_attribute(Dwarf_Attribute *attribute, void *context)
{
	struct reading *reading = context;
	Dwarf_Word value;
	bool flag;
	switch (dwarf_whatattr(attribute)) {
	case DW_AT_name:
		reading->entry.name = dwarf_formstring(attribute);
		break;
	case DW_AT_byte_size:
		if (!dwarf_formudata(attribute, &value))
			reading->entry.size = value;
		break;
	case DW_AT_decl_line:
		if (!dwarf_formudata(attribute, &value))
			reading->entry.line = value;
		break;
	case DW_AT_declaration:
		reading->entry.declared = !dwarf_formflag(attribute, &flag) && flag;
		break;
	case DW_AT_specification:
		reading->specification = *attribute;
		reading->specified = true;
		break;
	}
	return DWARF_CB_OK;
}

static bool is_indexed(int tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_typedef:
	case DW_TAG_base_type:
	case DW_TAG_variable:
	case DW_TAG_subprogram:
		return true;
	default:
		return false;
	}
}

/** False: nothing that has a name. */
static bool read_entry(Dwarf_Die *die, struct kd_dwarf_entry *ret)
{
	struct reading reading = { .entry.tag = dwarf_tag(die), .entry.die = dwarf_dieoffset(die) };
	if (dwarf_getattrs(die, read_attribute, &reading, 0) == -1)
		return false;
	/* The definition of what was declared before has the name there. */
	Dwarf_Die declaration;
	if (!reading.entry.name && reading.specified && dwarf_formref_die(&reading.specification, &declaration)) {
		reading.entry.name = dwarf_diename(&declaration);
		reading.entry.declared = false;
	}
	*ret = reading.entry;
	return ret->name && *ret->name;
}

static bool same_entry(const struct kd_dwarf_entry *a, const struct kd_dwarf_entry *b)
{
	return a->tag == b->tag && a->declared == b->declared && a->size == b->size && a->line == b->line &&
	       (a->name == b->name || !strcmp(a->name, b->name));
}

static uint32_t find_same(const struct kd_dwarf *dwarf, const struct kd_dwarf_entry *entry, uint32_t hash)
{
	uint32_t position = hash, number;
	while ((number = kd_index_next(&dwarf->names, hash, &position)) != KD_INDEX_NONE)
		if (same_entry(&dwarf->entries.data[number], entry))
			return number;
	return KD_INDEX_NONE;
}

static struct kd_error *add_entry(struct kd_dwarf *dwarf, const struct kd_dwarf_entry *entry)
{
	uint32_t hash = kd_hash_string(entry->name);
	if (find_same(dwarf, entry, hash) != KD_INDEX_NONE)
		return NULL;
	if (dwarf->entries.nr >= ENTRY_NR_MAX)
		return kd_error_create_file(KD_ERROR_LIMIT, kd_debug_file_path(dwarf->file),
					    "its debug info has more names than any kernel");
	if (!kd_dwarf_entry_vector_append(&dwarf->entries, *entry) ||
	    !kd_index_add(&dwarf->names, hash, dwarf->entries.nr - 1))
		return &kd_error_nomem;
	return NULL;
}

/** Call back for every top-level DIE. Damage costs the rest of its unit. */
static struct kd_error *each_die(struct kd_dwarf *dwarf, struct kd_error *(*callback)(struct kd_dwarf *, Dwarf_Die *))
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die top, ignored;
	Dwarf_Half version;
	uint8_t type;
	while (!dwarf_get_units(dwarf->handle, unit, &unit, &version, &type, &top, &ignored)) {
		Dwarf_Die die;
		Dwarf_Off last = 0;
		for (int more = dwarf_child(&top, &die); !more; more = dwarf_siblingof(&die, &die)) {
			/* A damaged DW_AT_sibling may lead back. */
			Dwarf_Off here = dwarf_dieoffset(&die);
			if (here <= last)
				break;
			last = here;
			struct kd_error *err = callback(dwarf, &die);
			if (err)
				return err;
		}
	}
	return NULL;
}

static struct kd_error *index_die(struct kd_dwarf *dwarf, Dwarf_Die *die)
{
	struct kd_dwarf_entry entry;
	return is_indexed(dwarf_tag(die)) && read_entry(die, &entry) ? add_entry(dwarf, &entry) : NULL;
}

static struct kd_error *make_index(struct kd_dwarf *dwarf)
{
	Dwarf *handle;
	if (dwarf->indexed)
		return NULL;
	struct kd_error *err = kd_dwarf_open(dwarf, &handle);
	if (!err)
		err = each_die(dwarf, index_die);
	dwarf->indexed = !err;
	if (err) {
		kd_dwarf_entry_vector_deinit(&dwarf->entries);
		kd_index_deinit(&dwarf->names);
	}
	return err;
}

struct kd_error *kd_dwarf_entries(struct kd_dwarf *dwarf, const struct kd_dwarf_entry **ret, uint32_t *ret_nr)
{
	struct kd_error *err = make_index(dwarf);
	if (err)
		return err;
	*ret = dwarf->entries.data;
	*ret_nr = dwarf->entries.nr;
	return NULL;
}

struct kd_error *kd_dwarf_find(struct kd_dwarf *dwarf, uint16_t tag, const char *name, uint32_t *number)
{
	struct kd_error *err = make_index(dwarf);
	if (err)
		return err;
	uint32_t hash = kd_hash_string(name), position = hash, candidate, best = KD_INDEX_NONE;
	while ((candidate = kd_index_next(&dwarf->names, hash, &position)) != KD_INDEX_NONE) {
		const struct kd_dwarf_entry *entry = &dwarf->entries.data[candidate];
		if (candidate >= *number && candidate < best && entry->tag == tag && !strcmp(entry->name, name))
			best = candidate;
	}
	*number = best;
	return NULL;
}

struct kd_error *kd_dwarf_entry_of(struct kd_dwarf *dwarf, Dwarf_Die *die, uint32_t *ret)
{
	struct kd_dwarf_entry entry;
	struct kd_error *err = make_index(dwarf);
	if (err)
		return err;
	*ret = is_indexed(dwarf_tag(die)) && read_entry(die, &entry)
		       ? find_same(dwarf, &entry, kd_hash_string(entry.name))
		       : KD_INDEX_NONE;
	return NULL;
}

/** An enumerator's name, under which enum it is: number in enums; KD_INDEX_NONE if it is new. */
static uint32_t find_enum(struct kd_dwarf *dwarf, const char *name)
{
	uint32_t hash = kd_hash_string(name), position = hash, number;
	while ((number = kd_index_next(&dwarf->enumerators, hash, &position)) != KD_INDEX_NONE) {
		Dwarf_Die die, child;
		if (!dwarf_offdie(dwarf->handle, dwarf->enums.data[number], &die))
			continue;
		for (int more = dwarf_child(&die, &child); !more; more = dwarf_siblingof(&child, &child)) {
			const char *other = dwarf_diename(&child);
			if (other && !strcmp(other, name))
				return number;
		}
	}
	return KD_INDEX_NONE;
}

/** The same enum in another unit begins with the same name. */
static struct kd_error *index_enum(struct kd_dwarf *dwarf, Dwarf_Die *die)
{
	Dwarf_Die child;
	if (dwarf_tag(die) != DW_TAG_enumeration_type || dwarf_child(die, &child))
		return NULL;
	const char *first = dwarf_diename(&child);
	if (!first || find_enum(dwarf, first) != KD_INDEX_NONE)
		return NULL;
	if (!kd_dwarf_offset_vector_append(&dwarf->enums, dwarf_dieoffset(die)))
		return &kd_error_nomem;
	int more;
	do {
		const char *name = dwarf_diename(&child);
		if (name && dwarf->enumerators.nr >= ENUMERATOR_NR_MAX)
			return kd_error_create_file(KD_ERROR_LIMIT, kd_debug_file_path(dwarf->file),
						    "its debug info has more enumerators than any kernel");
		if (name && !kd_index_add(&dwarf->enumerators, kd_hash_string(name), dwarf->enums.nr - 1))
			return &kd_error_nomem;
		more = dwarf_siblingof(&child, &child);
	} while (!more);
	return NULL;
}

struct kd_error *kd_dwarf_find_enumerator(struct kd_dwarf *dwarf, const char *name, Dwarf_Die *ret, bool *ret_found)
{
	if (!dwarf->enumerators_indexed) {
		Dwarf *handle;
		struct kd_error *err = kd_dwarf_open(dwarf, &handle);
		if (!err)
			err = each_die(dwarf, index_enum);
		if (err) {
			kd_dwarf_offset_vector_deinit(&dwarf->enums);
			kd_index_deinit(&dwarf->enumerators);
			return err;
		}
		dwarf->enumerators_indexed = true;
	}
	uint32_t number = find_enum(dwarf, name);
	*ret_found = number != KD_INDEX_NONE && dwarf_offdie(dwarf->handle, dwarf->enums.data[number], ret);
	return NULL;
}
