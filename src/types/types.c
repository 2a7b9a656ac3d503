/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/types.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "types/dwarf_source.h"
#include "types/private.h"

/* "MODULE!name" is split into a buffer of this size. */
#define MODULE_LEN_MAX 64

struct kd_error *kd_types_create(struct kd_memory *memory, struct kd_types **ret)
{
	struct kd_types *types = calloc(1, sizeof(*types));
	if (!types)
		return &kd_error_nomem;
	types->memory = memory;
	types->own.types = types;
	if (!kd_base_types_create(types)) {
		kd_types_destroy(types);
		return &kd_error_nomem;
	}
	*ret = types;
	return NULL;
}

void kd_types_destroy(struct kd_types *types)
{
	if (!types)
		return;
	for (size_t i = 0; i < types->sources.nr; i++)
		kd_btf_source_destroy(types->sources.data[i]);
	for (size_t i = 0; i < types->bases.nr; i++)
		kd_btf_source_destroy(types->bases.data[i]);
	kd_dwarf_source_destroy(types->dwarf);
	kd_dwarf_sources_deinit(&types->module_dwarfs);
	kd_btf_source_vector_deinit(&types->sources);
	kd_btf_source_vector_deinit(&types->bases);
	kd_type_record_vector_deinit(&types->derived);
	kd_declaration_vector_deinit(&types->declarations);
	kd_index_deinit(&types->derived_index);
	kd_index_deinit(&types->declaration_index);
	kd_arena_deinit(&types->arena);
	free(types);
}

static struct kd_btf_source *vmlinux_of(struct kd_types *types)
{
	return types->sources.nr && !types->sources.data[0]->source.module ? types->sources.data[0] : NULL;
}

static struct kd_error *check_new_source(struct kd_types *types, const char *module)
{
	if (!module && types->sources.nr)
		return kd_error_create(KD_ERROR_VALUE, "the kernel's own BTF must be added once, and first");
	for (size_t i = 0; module && i < types->sources.nr; i++)
		if (types->sources.data[i]->source.module && !strcmp(types->sources.data[i]->source.module, module))
			return kd_error_create(KD_ERROR_VALUE, "the BTF of module %s was added already", module);
	if (module && !vmlinux_of(types))
		return kd_error_create(KD_ERROR_VALUE, "the BTF of module %s needs the kernel's own, which is missing",
				       module);
	return NULL;
}

/** Takes the section over. */
static struct kd_error *add_source(struct kd_types *types, const char *module, struct kd_section *section,
				   struct kd_btf_source *base, kd_vaddr table)
{
	struct kd_btf_source *source;
	struct kd_error *err = kd_btf_source_create(types, module, section, base, table, &source);
	if (err)
		return err;
	if (kd_btf_source_vector_append(&types->sources, source))
		return NULL;
	kd_btf_source_destroy(source);
	return &kd_error_nomem;
}

static struct kd_error *add_base(struct kd_types *types, kd_vaddr start, kd_vaddr end, struct kd_btf_source **ret)
{
	struct kd_section section;
	struct kd_btf_source *base;
	struct kd_error *err = kd_section_init(&section, types->memory, start, end);
	if (!err)
		err = kd_btf_source_create(types, NULL, &section, NULL, 0, &base);
	if (err)
		return err;
	base->distilled = true;
	if (!kd_btf_source_vector_append(&types->bases, base)) {
		kd_btf_source_destroy(base);
		return &kd_error_nomem;
	}
	*ret = base;
	return NULL;
}

struct kd_error *kd_types_add_btf(struct kd_types *types, const char *module, kd_vaddr start, kd_vaddr end,
				  kd_vaddr base_start, kd_vaddr base_end, kd_vaddr table)
{
	struct kd_section section;
	struct kd_btf_source *base = module ? vmlinux_of(types) : NULL;
	struct kd_error *err = check_new_source(types, module);
	if (!err && module && base_start != base_end)
		err = add_base(types, base_start, base_end, &base);
	if (!err)
		err = kd_section_init(&section, types->memory, start, end);
	return err ? err : add_source(types, module, &section, base, table);
}

struct kd_error *kd_types_add_btf_bytes(struct kd_types *types, const char *module, const void *bytes, size_t len)
{
	struct kd_section section;
	struct kd_error *err = check_new_source(types, module);
	if (!err)
		err = kd_section_init_bytes(&section, bytes, len,
					    types->memory ? kd_memory_order(types->memory) : KD_LITTLE);
	return err ? err : add_source(types, module, &section, module ? vmlinux_of(types) : NULL, 0);
}

struct kd_error *kd_types_add_aside(struct kd_types *types, const void *bytes, size_t len)
{
	struct kd_section section;
	if (!vmlinux_of(types) || types->sources.nr != 1)
		return kd_error_create(KD_ERROR_VALUE,
				       "types come aside of the kernel's own, once, and before modules'");
	struct kd_error *err = kd_section_init_bytes(&section, bytes, len, types->sources.data[0]->btf.section.order);
	if (!err)
		err = add_source(types, NULL, &section, NULL, 0);
	if (!err)
		types->sources.data[1]->aside = true;
	return err;
}

struct kd_error *kd_types_add_dwarf(struct kd_types *types, struct kd_dwarf *dwarf)
{
	if (types->dwarf)
		return kd_error_create(KD_ERROR_VALUE, "debug info was added already");
	return kd_dwarf_source_create(types, dwarf, &types->dwarf);
}

/** Whether a name that was asked for in that module may be the debug info's. */
static bool dwarf_may_have(const struct kd_types *types, const char *module)
{
	return types->dwarf && (!module || !strcmp(module, "vmlinux"));
}

void kd_types_set_more(struct kd_types *types, kd_types_more_fn more, void *context)
{
	types->more = more;
	types->more_context = context;
	types->more_done = false;
}

/** Let the modules be added, once. */
static struct kd_error *ask_for_more(struct kd_types *types)
{
	if (!types->more || types->more_done)
		return NULL;
	/* Noted before, because it looks for types itself; an error is not the answer that there are none. */
	types->more_done = true;
	struct kd_error *err = types->more(types->more_context);
	types->more_done = !err;
	return err;
}

static const char *kind_word(enum kd_kind kind)
{
	switch (kind) {
	case KD_STRUCT:
		return "struct ";
	case KD_UNION:
		return "union ";
	case KD_ENUM:
		return "enum ";
	case KD_FUNCTION:
		return "function ";
	default:
		return "";
	}
}

struct kd_error *kd_types_search(struct kd_btf_source *source, enum kd_kind kind, const char *name, bool complete,
				 uint32_t *number)
{
	enum kd_btf_group group = kind == KD_FUNCTION ? KD_BTF_SYMBOLS : KD_BTF_TYPES;
	for (;; ++*number) {
		struct kd_btf_record record;
		struct kd_error *err = kd_btf_find(&source->btf, group, name, number);
		if (err || *number == KD_INDEX_NONE)
			return err;
		err = kd_btf_record(&source->btf, *number, &record);
		if (err)
			return err;
		if (kd_btf_kind_matches(&record, kind) && !(complete && kd_btf_incomplete(&record)))
			return NULL;
	}
}

/**
 * All sources one after the other, the modules' if the kernel's own do not satisfy: call back for each until it sets
 * *done. An unreadable source does not hide the others. Of the kernel's own BTF, or of the one module that was asked
 * for, the error is returned if nothing else is found; a module that merely might have had the name counts as not
 * having it, or one missing page would turn every "no such type" of the session into an error.
 */
typedef struct kd_error *(*source_fn)(void *context, struct kd_btf_source *source, bool *done);

static struct kd_error *each_source(struct kd_types *types, const char *module, source_fn callback, void *context,
				    bool *done)
{
	KD_DROP_ERROR struct kd_error *first = NULL;
	*done = false;
	for (size_t i = 0;; i++) {
		size_t own = vmlinux_of(types) ? 1 : 0;
		if (types->sources.nr > own && types->sources.data[own]->aside)
			own++;
		if (i == own) {
			/* The kernel alone was asked for: no need to read what the modules have. */
			if (module && !strcmp(module, "vmlinux"))
				break;
			struct kd_error *err = ask_for_more(types);
			if (err)
				return err;
		}
		if (i >= types->sources.nr)
			break;
		struct kd_btf_source *source = types->sources.data[i];
		if (module && strcmp(source->source.module ? source->source.module : "vmlinux", module))
			continue;
		struct kd_error *err = callback(context, source, done);
		bool aside = source->source.module && !module;
		if (err && (first || *done || (aside && err->code != KD_ERROR_NOMEM)))
			kd_error_destroy(err);
		else if (err)
			first = err;
		if (*done)
			return NULL;
	}
	return kd_move_ptr(first);
}

/** What kd_btf_absence_error() makes of it, which says how many types are lost where some are. */
KD_PRINTF(4, 5)
static struct kd_error *not_found(struct kd_types *types, const char *module, const char *name, const char *format, ...)
{
	KD_FREE char *text = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0) {
		text = NULL;
		return &kd_error_nomem;
	}
	for (size_t i = 0; i < types->sources.nr; i++) {
		struct kd_btf_source *source = types->sources.data[i];
		if (module && strcmp(source->source.module ? source->source.module : "vmlinux", module))
			continue;
		KD_FREE char *loss = NULL;
		struct kd_error *err = kd_btf_loss(&source->btf, &loss);
		if (err)
			return err;
		if (!loss)
			continue;
		enum kd_btf_absence absence;
		err = kd_btf_absence_of_type(&source->btf, name, &absence);
		if (err)
			return err;
		if (absence == KD_BTF_NONE)
			continue;
		KD_FREE char *message = NULL;
		if (asprintf(&message, "%s; %s%s%s", text, source->source.module ?: "",
			     source->source.module ? ": " : "", loss) < 0) {
			message = NULL;
			return &kd_error_nomem;
		}
		return kd_btf_absence_error(&source->btf, absence, message);
	}
	return kd_error_create(KD_ERROR_LOOKUP, "%s", text);
}

/** Split "MODULE!name"; *ret_module is NULL or in buffer. The kernel itself is "vmlinux". */
static const char *split_name(const char *name, char buffer[MODULE_LEN_MAX], const char **ret_module)
{
	const char *mark = strchr(name, '!');
	*ret_module = NULL;
	if (!mark || mark == name || (size_t)(mark - name) >= MODULE_LEN_MAX)
		return name;
	memcpy(buffer, name, mark - name);
	buffer[mark - name] = 0;
	*ret_module = buffer;
	return mark + 1;
}

struct finding {
	enum kd_kind kind;
	const char *name;
	bool complete;
	const struct kd_type *type;
};

static struct kd_error *find_in_source(void *context, struct kd_btf_source *source, bool *done)
{
	struct finding *finding = context;
	uint32_t number = 0;
	struct kd_error *err = kd_types_search(source, finding->kind, finding->name, finding->complete, &number);
	if (err || number == KD_INDEX_NONE)
		return err;
	err = kd_btf_source_type(source, number, &finding->type);
	*done = !err;
	return err;
}

/** Only the BTF knows whether plain char is signed: let the type be made, once. */
static struct kd_error *settle_char(struct kd_types *types)
{
	struct finding finding = { .kind = KD_INT, .name = "char", .complete = true };
	bool done;
	if (types->char_known || !vmlinux_of(types))
		return NULL;
	struct kd_error *err = find_in_source(&finding, vmlinux_of(types), &done);
	types->char_known = !err;
	return err;
}

struct kd_error *kd_types_find(struct kd_types *types, enum kd_kind kind, const char *name, const struct kd_type **ret)
{
	char buffer[MODULE_LEN_MAX];
	const char *module;
	const char *bare = split_name(name, buffer, &module);
	enum kd_base_type base = kind == KD_INT || kind == KD_FLOAT ? kd_base_type_named(bare) : KD_BASE_NR;

	if (base != KD_BASE_NR && base != KD_BASE_VOID) {
		KD_DROP_ERROR struct kd_error *unsettled = base == KD_BASE_CHAR ? settle_char(types) : NULL;
		(void)unsettled;
		*ret = &types->base[base]->type;
		return NULL;
	}
	struct finding finding = { .kind = kind, .name = bare };
	for (int complete = 1; complete >= 0; complete--) {
		bool done;
		finding.complete = complete;
		struct kd_error *err = each_source(types, module, find_in_source, &finding, &done);
		if (!err && !done && dwarf_may_have(types, module)) {
			uint32_t number = 0;
			err = kd_dwarf_source_find(types->dwarf, kind, bare, complete, &number, &finding.type, &done);
		}
		if (err)
			return err;
		if (done) {
			*ret = finding.type;
			return NULL;
		}
	}
	if (!types->sources.nr && !types->dwarf)
		return kd_error_create(KD_ERROR_LOOKUP, "no type %s%s: there is no BTF and no debug info",
				       kind_word(kind), name);
	if (module)
		return not_found(types, module, bare, "no type %s%s in module %s", kind_word(kind), bare, module);
	return not_found(types, NULL, bare, "no type %s%s", kind_word(kind), name);
}

KD_VECTOR(type_vector, const struct kd_type *);

struct counting {
	struct finding finding;
	struct type_vector types;
};

/** Modules built from one header each bring the same struct. */
static struct kd_error *same_definition(const struct kd_type *a, const struct kd_type *b, bool *ret)
{
	const struct kd_member *members[2];
	size_t nr[2];
	*ret = false;
	if (a->kind != b->kind || a->size != b->size)
		return NULL;
	if (a->kind != KD_STRUCT && a->kind != KD_UNION) {
		KD_FREE char *spelled[2] = {};
		spelled[0] = kd_type_spell(a->kind == KD_TYPEDEF ? a->target : a);
		KD_FREE char *other = kd_type_spell(b->kind == KD_TYPEDEF ? b->target : b);
		if (!spelled[0] || !other)
			return &kd_error_nomem;
		*ret = !strcmp(spelled[0], other);
		return NULL;
	}
	struct kd_error *err = kd_type_members(a, &members[0], &nr[0]);
	if (!err)
		err = kd_type_members(b, &members[1], &nr[1]);
	if (err || nr[0] != nr[1])
		return err;
	for (size_t i = 0; i < nr[0]; i++) {
		const struct kd_member *x = &members[0][i], *y = &members[1][i];
		if (x->bit_offset != y->bit_offset || x->bit_size != y->bit_size || !x->name != !y->name ||
		    (x->name && strcmp(x->name, y->name)) || x->type->size != y->type->size)
			return NULL;
	}
	*ret = true;
	return NULL;
}

static struct kd_error *count(struct counting *counting, const struct kd_type *type)
{
	bool same = false;
	struct kd_error *err = NULL;
	for (size_t i = 0; !err && !same && i < counting->types.nr; i++)
		err = same_definition(counting->types.data[i], type, &same);
	if (!err && !same && !type_vector_append(&counting->types, type))
		err = &kd_error_nomem;
	return err;
}

static struct kd_error *count_in_source(void *context, struct kd_btf_source *source, bool *done)
{
	struct counting *counting = context;
	(void)done;
	for (uint32_t number = 0;; number++) {
		const struct kd_type *type;
		struct kd_error *err =
			kd_types_search(source, counting->finding.kind, counting->finding.name, true, &number);
		if (err || number == KD_INDEX_NONE)
			return err;
		err = kd_btf_source_type(source, number, &type);
		if (!err)
			err = count(counting, type);
		if (err)
			return err;
	}
}

static struct kd_error *count_in_dwarf(struct kd_dwarf_source *source, struct counting *counting)
{
	for (uint32_t number = 0;; number++) {
		const struct kd_type *type;
		bool found;
		struct kd_error *err = kd_dwarf_source_find(source, counting->finding.kind, counting->finding.name,
							    true, &number, &type, &found);
		if (!err && found)
			err = count(counting, type);
		if (err || !found)
			return err;
	}
}

struct kd_error *kd_types_find_nth(struct kd_types *types, enum kd_kind kind, const char *name, size_t n,
				   const struct kd_type **ret, size_t *ret_nr)
{
	char buffer[MODULE_LEN_MAX];
	const char *module;
	struct counting counting = { .finding = { .kind = kind, .name = split_name(name, buffer, &module) } };
	bool done;
	struct kd_error *err = each_source(types, module, count_in_source, &counting, &done);
	if (!err && dwarf_may_have(types, module))
		err = count_in_dwarf(types->dwarf, &counting);
	if (!err) {
		*ret_nr = counting.types.nr;
		if (n < counting.types.nr)
			*ret = counting.types.data[n];
		else if (counting.types.nr)
			err = kd_error_create(KD_ERROR_LOOKUP, "there are only %zu types %s%s", counting.types.nr,
					      kind_word(kind), name);
		else
			err = not_found(types, module, counting.finding.name, "no type %s%s", kind_word(kind), name);
	}
	type_vector_deinit(&counting.types);
	return err;
}

struct enumerator_finding {
	const char *name;
	int64_t value;
	const struct kd_type *type;
};

static struct kd_error *find_enumerator(void *context, struct kd_btf_source *source, bool *done)
{
	struct enumerator_finding *finding = context;
	const struct kd_enumerator *values;
	size_t nr;
	uint32_t number = 0;
	struct kd_error *err = kd_btf_find_enumerator(&source->btf, finding->name, &number);
	if (err || number == KD_INDEX_NONE)
		return err;
	err = kd_btf_source_type(source, number, &finding->type);
	if (!err)
		err = kd_type_enumerators(finding->type, &values, &nr);
	for (size_t i = 0; !err && i < nr; i++)
		if (!strcmp(values[i].name, finding->name)) {
			finding->value = values[i].value;
			*done = true;
			break;
		}
	return err;
}

struct kd_error *kd_types_enumerator(struct kd_types *types, const char *name, int64_t *ret,
				     const struct kd_type **ret_type)
{
	char buffer[MODULE_LEN_MAX];
	const char *module;
	struct enumerator_finding finding = { .name = split_name(name, buffer, &module) };
	bool done;
	struct kd_error *err = each_source(types, module, find_enumerator, &finding, &done);
	if (!err && !done && dwarf_may_have(types, module))
		err = kd_dwarf_source_enumerator(types->dwarf, finding.name, &finding.value, &finding.type, &done);
	if (err)
		return err;
	if (!done)
		return not_found(types, module, finding.name, "no enumerator %s", name);
	*ret = finding.value;
	if (ret_type)
		*ret_type = finding.type;
	return NULL;
}

struct each {
	enum kd_kind kind;
	kd_type_fn callback;
	void *context;
	struct kd_error *stop; /* the callback's, which ends everything */
};

static struct kd_error *each_in_source(void *context, struct kd_btf_source *source, bool *done)
{
	struct each *each = context;
	for (uint32_t number = 0;; number++) {
		struct kd_btf_record record;
		bool found;
		const struct kd_type *type;
		struct kd_error *err = kd_btf_next(&source->btf, &number, &record, &found);
		if (err || !found)
			return err;
		if (!record.name || !kd_btf_kind_matches(&record, each->kind) || kd_btf_incomplete(&record))
			continue;
		err = kd_btf_source_type(source, number, &type);
		if (kd_error_catch(&err, KD_ERROR_FORMAT) || kd_error_catch(&err, KD_ERROR_FAULT))
			continue;
		if (err)
			return err;
		/* The base types were told already. */
		if (!type->name || (each->kind == KD_INT && type->source == &source->source.types->own))
			continue;
		each->stop = each->callback(each->context, type);
		if (each->stop) {
			*done = true;
			return NULL;
		}
	}
}

struct kd_error *kd_types_each(struct kd_types *types, enum kd_kind kind, kd_type_fn callback, void *context)
{
	struct each each = { .kind = kind, .callback = callback, .context = context };
	bool done;
	for (int base = 0; base < KD_BASE_NR; base++) {
		const struct kd_type *type = &types->base[base]->type;
		if (!type->name || (kind != type->kind && !(kind == KD_INT && type->kind == KD_FLOAT)))
			continue;
		struct kd_error *err = callback(context, type);
		if (err)
			return err;
	}
	struct kd_error *err = each_source(types, NULL, each_in_source, &each, &done);
	if (err || each.stop)
		return err ? err : each.stop;
	return types->dwarf ? kd_dwarf_source_each(types->dwarf, kind, callback, context) : NULL;
}

static struct kd_error *find_symbol(void *context, struct kd_btf_source *source, bool *done)
{
	struct finding *finding = context;
	uint32_t number = 0;
	struct kd_error *err = kd_btf_find(&source->btf, KD_BTF_SYMBOLS, finding->name, &number);
	if (err || number == KD_INDEX_NONE)
		return err;
	err = kd_btf_source_type(source, number, &finding->type);
	*done = !err;
	return err;
}

struct kd_error *kd_types_of_btf_symbol(struct kd_types *types, const char *symbol, const struct kd_type **ret)
{
	struct finding finding = { .name = symbol };
	bool done;
	struct kd_error *err = each_source(types, NULL, find_symbol, &finding, &done);
	if (!err && !done && types->dwarf)
		err = kd_dwarf_source_symbol(types->dwarf, symbol, &finding.type, &done);
	if (err)
		return err;
	if (!done)
		return kd_error_create(KD_ERROR_LOOKUP, "nothing says of what type %s is", symbol);
	*ret = finding.type;
	return NULL;
}
