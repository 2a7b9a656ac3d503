/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declared globals. A text is only cut into declarations and the declared names are noted; a declaration is parsed when
 * its symbol is asked for, because parsing looks up types.
 *
 * Where a global's type changed, and both types exist in every kernel, a member tells which one it is:
 *
 *   [[has: struct request.ipi_list.prev]] struct list_head blk_cpu_done;
 */
#include <string.h>

#include "base/cleanup.h"
#include "types/lex.h"
#include "types/private.h"

/** Where we are in the outline of one declaration. */
struct outline {
	const char *name; /* the best candidate so far */
	size_t name_len;
	bool settled; /* what follows cannot be the name */
};

static struct kd_error *outline_error(const char *start, const char *end, const char *what)
{
	int len = kd_min(end - start, 80);
	return kd_error_create(KD_ERROR_SYNTAX, "%s in '%.*s'", what, len, start);
}

/**
 * Step over a bracket and all in it. In "(*name)(…)", "(*name[3])(…)" the name is inside: the first one that is no
 * qualifier.
 */
static bool outline_group(struct kd_lexer *lexer, struct outline *outline)
{
	int depth = 0;
	bool inside = !outline->settled && *lexer->text == '(';
	const char *name = NULL;
	size_t name_len = 0;
	for (bool first = true;; first = false) {
		if (lexer->kind == KD_TOKEN_END)
			return false;
		if (lexer->kind == KD_TOKEN_MARK) {
			char mark = *lexer->text;
			depth += strchr("([{", mark) ? 1 : strchr(")]}", mark) ? -1 : 0;
			/* only "(*" makes it a declarator and not parameters */
			if (inside && !first && !name && mark != '*' && mark != '(')
				inside = false;
		} else if (inside && !name && lexer->kind == KD_TOKEN_NAME) {
			if (lexer->text[-1] == '(')
				inside = false;
			else if (!kd_lexer_at_noise(lexer) && !kd_lexer_at_word(lexer, "const") &&
				 !kd_lexer_at_word(lexer, "volatile")) {
				name = lexer->text;
				name_len = lexer->len;
			}
		}
		kd_lexer_next(lexer);
		if (!depth)
			break;
	}
	if (name) {
		outline->name = name;
		outline->name_len = name_len;
	}
	return true;
}

/** One declaration, up to its ';' or the end of the text. */
static struct kd_error *outline_declaration(struct kd_lexer *lexer, struct outline *outline)
{
	const char *start = lexer->text;
	if (kd_lexer_at(lexer, '[') && !outline_group(lexer, &(struct outline){ .settled = true }))
		return outline_error(start, lexer->end, "a bracket is not closed");
	while (lexer->kind != KD_TOKEN_END && !kd_lexer_at(lexer, ';')) {
		if (kd_lexer_at_word(lexer, "__attribute__")) {
			struct outline ignored = { .settled = true };
			kd_lexer_next(lexer);
			if (!kd_lexer_at(lexer, '(') || !outline_group(lexer, &ignored))
				return outline_error(start, lexer->end, "an attribute without brackets");
			continue;
		}
		if (lexer->kind == KD_TOKEN_NAME) {
			if (!outline->settled && !kd_lexer_at_noise(lexer)) {
				outline->name = lexer->text;
				outline->name_len = lexer->len;
			}
		} else if (kd_lexer_at(lexer, '{')) {
			if (!outline_group(lexer, &(struct outline){ .settled = true }))
				return outline_error(start, lexer->end, "a bracket is not closed");
			continue;
		} else if (kd_lexer_at(lexer, '(') || kd_lexer_at(lexer, '[')) {
			if (!outline_group(lexer, outline))
				return outline_error(start, lexer->end, "a bracket is not closed");
			outline->settled = true;
			continue;
		} else if (kd_lexer_at(lexer, ',') || kd_lexer_at(lexer, '=')) {
			return outline_error(start, lexer->end, "one name to a declaration, and no value, is expected");
		}
		kd_lexer_next(lexer);
	}
	return outline->name ? NULL : outline_error(start, lexer->end, "nothing is declared");
}

struct kd_error *kd_types_declare(struct kd_types *types, const char *text)
{
	size_t old_nr = types->declarations.nr;
	size_t text_len = strlen(text);
	if (text_len > UINT32_MAX / 2)
		return kd_error_create(KD_ERROR_VALUE, "the declarations are too long");
	const char *copy = kd_arena_copy(&types->arena, text, text_len);
	struct kd_lexer lexer = {};
	struct kd_error *err = copy ? NULL : &kd_error_nomem;
	if (!err)
		lexer = kd_lexer_init(copy, text_len);
	while (!err && lexer.kind != KD_TOKEN_END) {
		if (kd_lexer_at(&lexer, ';')) {
			kd_lexer_next(&lexer);
			continue;
		}
		struct outline outline = {};
		const char *start = lexer.text;
		err = outline_declaration(&lexer, &outline);
		if (err)
			break;
		struct kd_declaration declaration = {
			.name = outline.name,
			.name_len = outline.name_len,
			.text = start,
			.text_len = lexer.text - start,
			.generation = types->declaration_generation,
		};
		uint32_t hash = kd_hash_bytes(outline.name, outline.name_len);
		if (!kd_declaration_vector_append(&types->declarations, declaration) ||
		    !kd_index_add(&types->declaration_index, hash, types->declarations.nr - 1))
			err = &kd_error_nomem;
	}
	if (err) {
		/* All or nothing. The index may keep numbers past the end, which find_declaration() passes over until
		 * other declarations take them; names are compared anyway. */
		types->declarations.nr = old_nr;
		return err;
	}
	types->declaration_generation++;
	return NULL;
}

/** Is this type of any use for a global: can its size be known, at least of one element? */
static struct kd_error *check_declared(const struct kd_type *type)
{
	const struct kd_type *stripped = kd_type_strip(type);
	while (stripped->kind == KD_ARRAY)
		stripped = kd_type_strip(stripped->target);
	if (stripped->kind == KD_VOID || stripped->flags & KD_TYPE_INCOMPLETE) {
		KD_FREE char *name = kd_type_spell(stripped);
		return name ? kd_error_create(KD_ERROR_LOOKUP, "%s has no size", name) : &kd_error_nomem;
	}
	return NULL;
}

/** "[[has: TYPE.MEMBER]]": step over it if it holds. */
static struct kd_error *check_condition(struct kd_types *types, const char **text, size_t *len)
{
	static const char start[] = "[[has:";
	const char *end = memmem(*text, *len, "]]", 2);
	if (**text != '[')
		return NULL;
	if (*len < sizeof(start) || memcmp(*text, start, sizeof(start) - 1) || !end)
		return outline_error(*text, *text + *len, "\"[[has: TYPE.MEMBER]]\" is expected");

	const char *type_name = *text + sizeof(start) - 1;
	const char *dot = memchr(type_name, '.', end - type_name);
	if (!dot)
		return outline_error(*text, *text + *len, "\"[[has: TYPE.MEMBER]]\" is expected");
	KD_FREE char *path = strndup(dot + 1, end - dot - 1);
	const struct kd_type *type;
	struct kd_member member;
	struct kd_error *err = path ? NULL : &kd_error_nomem;
	if (!err)
		err = kd_types_parse_declaration(types, type_name, dot - type_name, &type, NULL);
	if (!err)
		err = kd_type_find_member(type, path, &member);
	if (err)
		return err;
	*len -= end + 2 - *text;
	*text = end + 2;
	return NULL;
}

static struct kd_error *parse_declared(struct kd_types *types, const struct kd_declaration *declaration,
				       const struct kd_type **ret)
{
	const struct kd_type *type;
	const char *name = NULL, *text = declaration->text;
	size_t len = declaration->text_len;
	struct kd_error *err = check_condition(types, &text, &len);
	if (!err)
		err = kd_types_parse_declaration(types, text, len, &type, &name);
	if (!err)
		err = check_declared(type);
	if (err)
		return err;
	*ret = type;
	return NULL;
}

/** @param[out] ret_found was the symbol declared at all? */
static struct kd_error *of_declarations(struct kd_types *types, const char *symbol, const struct kd_type **ret,
					bool *ret_found)
{
	size_t len = strlen(symbol);
	uint32_t hash = kd_hash_bytes(symbol, len), position = hash, number;
	uint32_t best = 0, first = KD_INDEX_NONE, nr = types->declarations.nr;
	const struct kd_declaration *all = types->declarations.data;

	*ret_found = false;
	/* The newest text that has the name holds; in it, the first declaration that fits. */
	while ((number = kd_index_next(&types->declaration_index, hash, &position)) != KD_INDEX_NONE) {
		if (number >= nr || all[number].name_len != len || memcmp(all[number].name, symbol, len))
			continue;
		if (first == KD_INDEX_NONE || all[number].generation > best ||
		    (all[number].generation == best && number < first)) {
			best = all[number].generation;
			first = number;
		}
	}
	if (first == KD_INDEX_NONE)
		return NULL;
	*ret_found = true;
	KD_DROP_ERROR struct kd_error *why = NULL;
	for (number = first; number < nr && all[number].generation == best; number++) {
		if (all[number].name_len != len || memcmp(all[number].name, symbol, len))
			continue;
		struct kd_error *err = parse_declared(types, &all[number], ret);
		if (!err || err->code == KD_ERROR_NOMEM)
			return err;
		kd_error_destroy(why);
		why = kd_error_create(err->code, "the declaration '%.*s' does not fit this kernel: %s",
				      (int)kd_min(all[number].text_len, 200), all[number].text, err->message);
		kd_error_destroy(err);
	}
	return kd_move_ptr(why);
}

struct kd_error *kd_types_of_symbol(struct kd_types *types, const char *symbol, const struct kd_type **ret)
{
	bool declared;
	KD_DROP_ERROR struct kd_error *why = of_declarations(types, symbol, ret, &declared);
	if (declared && !why)
		return NULL;
	struct kd_error *err = kd_types_of_btf_symbol(types, symbol, ret);
	/* The declaration's own trouble says more than "nothing says of what type it is". */
	if (declared && kd_error_catch(&err, KD_ERROR_LOOKUP)) {
		why->code = why == &kd_error_nomem ? why->code : KD_ERROR_LOOKUP;
		return kd_move_ptr(why);
	}
	return err;
}
