/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug info written as BTF, whose format btf.c shows: the named types in the order in which DWARF has them, so that of
 * several of one name the same is found first; then what they are made of; then variables and functions.
 */
#include <dwarf.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "types/dwarf_source.h"
#include "types/private.h"

enum { TYPE_NR_MAX = 1 << 24, PARAMETER_NR_MAX = 255 };

KD_VECTOR(type_vector, const struct kd_type *);
struct symbol {
	const char *name;
	const struct kd_type *type;
	bool function;
};
KD_VECTOR(symbol_vector, struct symbol);

struct writer {
	struct kd_types *types;
	enum kd_order order;
	struct kd_byte_vector records;
	struct kd_string_table strings;
	struct type_vector queue; /* by id - 1 */
	struct kd_index ids;	  /* hash of the pointer -> id */
	struct symbol_vector symbols;
	bool ok; /* false: memory is exhausted */
};

static void put(struct kd_byte_vector *bytes, const void *data, size_t len, bool *ok)
{
	*ok = *ok && kd_byte_vector_put(bytes, data, len);
}

static void put_word(struct writer *writer, struct kd_byte_vector *bytes, uint32_t word)
{
	word = kd_order_32(writer->order, word);
	put(bytes, &word, sizeof(word), &writer->ok);
}

static uint32_t string(struct writer *writer, const char *text)
{
	uint32_t offset;
	writer->ok = writer->ok && kd_string_table_add(&writer->strings, text, &offset);
	return writer->ok ? offset : 0;
}

/** Each DIE of a function type is a type of its own: of those that are spelled alike one is written. */
static const struct kd_type *same_function(struct writer *writer, const struct kd_type *type)
{
	const struct kd_parameter *parameters;
	const struct kd_type *same = type;
	size_t nr;
	if (type->kind == KD_POINTER && type->target->kind == KD_FUNCTION) {
		const struct kd_type *target = same_function(writer, type->target);
		KD_DROP_ERROR struct kd_error *err = kd_types_pointer_to(writer->types, target, &same);
		return err ? type : same;
	}
	if (type->kind != KD_FUNCTION)
		return type;
	KD_DROP_ERROR struct kd_error *err = kd_type_parameters(type, &parameters, &nr);
	if (!err)
		err = kd_types_function(writer->types, type->target, parameters, nr, type->flags & KD_TYPE_VARIADIC,
					&same);
	return err ? type : same;
}

static uint32_t id_of(struct writer *writer, const struct kd_type *type)
{
	if (type->kind == KD_VOID)
		return 0;
	type = same_function(writer, type);
	uint32_t hash = kd_hash_u64((uintptr_t)type), position = hash, id;
	while ((id = kd_index_next(&writer->ids, hash, &position)) != KD_INDEX_NONE)
		if (writer->queue.data[id - 1] == type)
			return id;
	writer->ok = writer->ok && writer->queue.nr < TYPE_NR_MAX && type_vector_append(&writer->queue, type) &&
		     kd_index_add(&writer->ids, hash, writer->queue.nr);
	return writer->queue.nr;
}

static void put_head(struct writer *writer, struct kd_byte_vector *bytes, const char *name, enum kd_btf_kind kind,
		     bool flag, size_t nr, uint32_t size_or_type)
{
	put_word(writer, bytes, string(writer, name));
	put_word(writer, bytes, (uint32_t)flag << 31 | (uint32_t)kind << 24 | (uint32_t)nr);
	put_word(writer, bytes, size_or_type);
}

static void write_members(struct writer *writer, const struct kd_type *type)
{
	const struct kd_member *members;
	size_t nr = 0;
	bool bits = false;
	KD_DROP_ERROR struct kd_error *err = kd_type_members(type, &members, &nr);
	nr = err ? 0 : nr;
	for (size_t i = 0; i < nr; i++)
		bits = bits || members[i].bit_size;
	put_head(writer, &writer->records, type->name, type->kind == KD_STRUCT ? KD_BTF_STRUCT : KD_BTF_UNION, bits, nr,
		 type->size);
	for (size_t i = 0; i < nr; i++) {
		uint32_t offset = members[i].bit_offset;
		put_word(writer, &writer->records, string(writer, members[i].name));
		put_word(writer, &writer->records, id_of(writer, members[i].type));
		put_word(writer, &writer->records, bits ? members[i].bit_size << 24 | (offset & 0xffffff) : offset);
	}
}

static void write_enum(struct writer *writer, const struct kd_type *type)
{
	const struct kd_enumerator *values;
	size_t nr = 0;
	bool is_signed = type->flags & KD_TYPE_SIGNED, wide = type->size > 4;
	KD_DROP_ERROR struct kd_error *err = kd_type_enumerators(type, &values, &nr);
	nr = err ? 0 : nr;
	for (size_t i = 0; i < nr; i++)
		wide = wide || (is_signed ? values[i].value != (int32_t)values[i].value
					  : values[i].value != (int64_t)(uint32_t)values[i].value);
	put_head(writer, &writer->records, type->name, wide ? KD_BTF_ENUM64 : KD_BTF_ENUM, is_signed, nr, type->size);
	for (size_t i = 0; i < nr; i++) {
		put_word(writer, &writer->records, string(writer, values[i].name));
		put_word(writer, &writer->records, values[i].value);
		if (wide)
			put_word(writer, &writer->records, values[i].value >> 32);
	}
}

static void write_function(struct writer *writer, const struct kd_type *type)
{
	const struct kd_parameter *parameters;
	size_t nr = 0;
	KD_DROP_ERROR struct kd_error *err = kd_type_parameters(type, &parameters, &nr);
	nr = err ? 0 : kd_min(nr, PARAMETER_NR_MAX);
	bool variadic = type->flags & KD_TYPE_VARIADIC;
	put_head(writer, &writer->records, NULL, KD_BTF_FUNC_PROTO, false, nr + variadic, id_of(writer, type->target));
	for (size_t i = 0; i < nr; i++) {
		put_word(writer, &writer->records, string(writer, parameters[i].name));
		put_word(writer, &writer->records, id_of(writer, parameters[i].type));
	}
	if (variadic) {
		put_word(writer, &writer->records, 0);
		put_word(writer, &writer->records, 0);
	}
}

/** Of several qualifiers each has a record of its own. */
static struct kd_error *write_qualified(struct writer *writer, const struct kd_type *type)
{
	static const struct {
		unsigned int flag;
		enum kd_btf_kind kind;
	} kinds[] = { { KD_TYPE_CONST, KD_BTF_CONST },
		      { KD_TYPE_VOLATILE, KD_BTF_VOLATILE },
		      { KD_TYPE_RESTRICT, KD_BTF_RESTRICT } };
	const struct kd_type *inner = type->target;
	size_t i = 0;
	while (i < KD_ARRAY_NR(kinds) - 1 && !(type->flags & kinds[i].flag))
		i++;
	unsigned int others = type->flags & (KD_TYPE_CONST | KD_TYPE_VOLATILE | KD_TYPE_RESTRICT) & ~kinds[i].flag;
	struct kd_error *err = others ? kd_types_qualify(writer->types, type->target, others, &inner) : NULL;
	if (!err)
		put_head(writer, &writer->records, NULL, kinds[i].kind, false, 0, id_of(writer, inner));
	return err;
}

static void write_int(struct writer *writer, const struct kd_type *type)
{
	uint32_t encoding = (type->flags & KD_TYPE_SIGNED ? 1 : 0) | (type->flags & KD_TYPE_CHAR ? 2 : 0) |
			    (type->flags & KD_TYPE_BOOL ? 4 : 0);
	put_head(writer, &writer->records, type->name, KD_BTF_INT, false, 0, type->size);
	put_word(writer, &writer->records, encoding << 24 | (uint32_t)kd_min(type->size * 8, 255));
}

static struct kd_error *write_type(struct writer *writer, const struct kd_type *type)
{
	switch (type->kind) {
	case KD_INT:
		write_int(writer, type);
		return NULL;
	case KD_FLOAT:
		put_head(writer, &writer->records, type->name, KD_BTF_FLOAT, false, 0, type->size);
		return NULL;
	case KD_ENUM:
		write_enum(writer, type);
		return NULL;
	case KD_STRUCT:
	case KD_UNION:
		if (type->flags & KD_TYPE_INCOMPLETE)
			put_head(writer, &writer->records, type->name, KD_BTF_FWD, type->kind == KD_UNION, 0, 0);
		else
			write_members(writer, type);
		return NULL;
	case KD_TYPEDEF:
		put_head(writer, &writer->records, type->name, KD_BTF_TYPEDEF, false, 0, id_of(writer, type->target));
		return NULL;
	case KD_POINTER:
		put_head(writer, &writer->records, NULL, KD_BTF_PTR, false, 0, id_of(writer, type->target));
		return NULL;
	case KD_ARRAY:
		put_head(writer, &writer->records, NULL, KD_BTF_ARRAY, false, 0, 0);
		put_word(writer, &writer->records, id_of(writer, type->target));
		put_word(writer, &writer->records, id_of(writer, &writer->types->base[KD_BASE_ULONG]->type));
		put_word(writer, &writer->records, type->length);
		return NULL;
	case KD_QUALIFIED:
		return write_qualified(writer, type);
	case KD_FUNCTION:
		write_function(writer, type);
		return NULL;
	default:
		return kd_error_create(KD_ERROR_FORMAT, "a type of unknown kind %d", type->kind);
	}
}

/** The named types, and the symbols with theirs. What is damaged is left out. */
static struct kd_error *take_entries(struct writer *writer, struct kd_dwarf_source *source)
{
	static const enum kd_kind kinds[] = { KD_INT, KD_STRUCT, KD_UNION, KD_ENUM, KD_TYPEDEF };
	const struct kd_dwarf_entry *entries;
	uint32_t nr;
	struct kd_error *err = kd_dwarf_entries(kd_dwarf_source_dwarf(source), &entries, &nr);
	for (uint32_t i = 0; !err && writer->ok && i < nr; i++) {
		const struct kd_type *type;
		bool symbol = entries[i].tag == DW_TAG_variable || entries[i].tag == DW_TAG_subprogram, found = false;
		uint32_t first = 0;
		if (!entries[i].name)
			continue;
		err = kd_dwarf_find(kd_dwarf_source_dwarf(source), entries[i].tag, entries[i].name, &first);
		if (err)
			return err;
		if (symbol && first == i) {
			/* That of a variable, where there are both. */
			err = kd_dwarf_source_symbol(source, entries[i].name, &type, &found);
			found = found && (type->kind == KD_FUNCTION) == (entries[i].tag == DW_TAG_subprogram);
		} else if (!symbol) {
			size_t kind = 0;
			first = i;
			while (kind < KD_ARRAY_NR(kinds) - 1 && kd_dwarf_tag_of(kinds[kind]) != entries[i].tag)
				kind++;
			err = kd_dwarf_source_find(source, kinds[kind], entries[i].name, true, &first, &type, &found);
			found = found && first == i;
		}
		if (kd_error_catch(&err, KD_ERROR_FORMAT) || kd_error_catch(&err, KD_ERROR_LIMIT) || err || !found)
			continue;
		if (!symbol)
			id_of(writer, type);
		else
			writer->ok = symbol_vector_append(
				&writer->symbols,
				(struct symbol){ entries[i].name, type, entries[i].tag == DW_TAG_subprogram });
	}
	return err;
}

static struct kd_error *write_all(struct writer *writer, struct kd_dwarf_source *source)
{
	writer->ok = kd_string_table_init(&writer->strings);
	struct kd_error *err = take_entries(writer, source);
	for (size_t i = 0; !err && writer->ok && i < writer->symbols.nr; i++)
		id_of(writer, writer->symbols.data[i].type);
	for (size_t i = 0; !err && writer->ok && i < writer->queue.nr; i++)
		err = write_type(writer, writer->queue.data[i]);
	for (size_t i = 0; !err && i < writer->symbols.nr; i++) {
		const struct symbol *symbol = &writer->symbols.data[i];
		put_head(writer, &writer->records, symbol->name, symbol->function ? KD_BTF_FUNC : KD_BTF_VAR, false, 0,
			 id_of(writer, symbol->type));
		if (!symbol->function)
			put_word(writer, &writer->records, 0);
	}
	return err ?: writer->ok ? NULL : &kd_error_nomem;
}

struct kd_error *kd_types_write_btf(struct kd_types *types, enum kd_order order, uint8_t **ret, size_t *ret_len)
{
	enum { HEADER_LEN = 24 };
	struct writer writer = { .types = types, .order = order, .ok = true };
	struct kd_byte_vector all = {};
	struct kd_error *err = types->dwarf ? write_all(&writer, types->dwarf)
					    : kd_error_create(KD_ERROR_LOOKUP, "there is no debug info");
	if (!err) {
		uint16_t magic = kd_order_16(order, 0xeb9f);
		put(&all, &magic, sizeof(magic), &writer.ok);
		put(&all, "\1\0", 2, &writer.ok);
		const uint32_t words[] = { HEADER_LEN, 0, writer.records.nr, writer.records.nr,
					   writer.strings.bytes.nr };
		for (size_t i = 0; i < KD_ARRAY_NR(words); i++)
			put_word(&writer, &all, words[i]);
		put(&all, writer.records.data, writer.records.nr, &writer.ok);
		put(&all, writer.strings.bytes.data, writer.strings.bytes.nr, &writer.ok);
		err = writer.ok ? NULL : &kd_error_nomem;
	}
	kd_byte_vector_deinit(&writer.records);
	kd_string_table_deinit(&writer.strings);
	type_vector_deinit(&writer.queue);
	symbol_vector_deinit(&writer.symbols);
	kd_index_deinit(&writer.ids);
	if (err) {
		kd_byte_vector_deinit(&all);
		return err;
	}
	*ret = all.data;
	*ret_len = all.nr;
	return NULL;
}
