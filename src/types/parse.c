/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C type names and declarations:
 *
 *   [MODULE!] specifiers declarator
 *
 * A declarator reads from the name outwards, so what is inside parentheses is parsed after what follows them: the
 * parser steps over the inside, applies the suffixes, and comes back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "types/parser.h"

#define PARAMETER_NR_MAX 64
#define NAME_LEN_MAX 255

struct kd_error *kd_parse_syntax(const struct kd_parser *parser, const char *what)
{
	int near_len = kd_min(parser->lexer.end - parser->lexer.text, 24);
	if (parser->lexer.kind == KD_TOKEN_END)
		return kd_error_create(KD_ERROR_SYNTAX, "%s at the end of '%.*s'", what, (int)kd_min(parser->len, 80),
				       parser->text);
	return kd_error_create(KD_ERROR_SYNTAX, "%s at '%.*s' in '%.*s'", what, near_len, parser->lexer.text,
			       (int)kd_min(parser->len, 80), parser->text);
}

struct kd_error *kd_parse_expect(struct kd_parser *parser, char mark)
{
	if (!kd_lexer_at(&parser->lexer, mark)) {
		char what[] = "' ' is missing";
		what[1] = mark;
		return kd_parse_syntax(parser, what);
	}
	kd_lexer_next(&parser->lexer);
	return NULL;
}

/** Step over "( … )" or "[ … ]" or "{ … }", the opening mark of which is the current token. */
static struct kd_error *skip_group(struct kd_parser *parser)
{
	int depth = 0;
	do {
		if (parser->lexer.kind == KD_TOKEN_END)
			return kd_parse_syntax(parser, "a bracket is not closed");
		if (parser->lexer.kind == KD_TOKEN_MARK) {
			if (strchr("([{", *parser->lexer.text))
				depth++;
			else if (strchr(")]}", *parser->lexer.text))
				depth--;
		}
		kd_lexer_next(&parser->lexer);
	} while (depth);
	return NULL;
}

static unsigned int qualifier(const struct kd_lexer *lexer)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} qualifiers[] = {
		{ "const", KD_TYPE_CONST },	  { "__const", KD_TYPE_CONST },
		{ "volatile", KD_TYPE_VOLATILE }, { "__volatile__", KD_TYPE_VOLATILE },
		{ "restrict", KD_TYPE_RESTRICT }, { "__restrict", KD_TYPE_RESTRICT },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(qualifiers); i++)
		if (kd_lexer_at_word(lexer, qualifiers[i].word))
			return qualifiers[i].flag;
	return 0;
}

/** Skip noise and attributes; collect qualifiers. */
static struct kd_error *skip_qualifiers(struct kd_parser *parser, unsigned int *flags)
{
	for (;;) {
		unsigned int flag = qualifier(&parser->lexer);
		if (flag || kd_lexer_at_noise(&parser->lexer)) {
			*flags |= flag;
			kd_lexer_next(&parser->lexer);
		} else if (kd_lexer_at_word(&parser->lexer, "__attribute__") ||
			   kd_lexer_at_word(&parser->lexer, "_Alignas")) {
			kd_lexer_next(&parser->lexer);
			if (!kd_lexer_at(&parser->lexer, '('))
				return kd_parse_syntax(parser, "'(' is missing");
			struct kd_error *err = skip_group(parser);
			if (err)
				return err;
		} else {
			return NULL;
		}
	}
}

/** "MODULE!" before a name, remembered for all names of this text. */
static struct kd_error *parse_module(struct kd_parser *parser)
{
	struct kd_lexer ahead = parser->lexer;
	if (ahead.kind != KD_TOKEN_NAME && ahead.kind != KD_TOKEN_NUMBER)
		return NULL;
	kd_lexer_next(&ahead);
	if (!kd_lexer_at(&ahead, '!'))
		return NULL;
	if (parser->lexer.len + 2 > sizeof(parser->module))
		return kd_parse_syntax(parser, "the module's name is too long");
	snprintf(parser->module, sizeof(parser->module), "%.*s!", (int)parser->lexer.len, parser->lexer.text);
	kd_lexer_next(&ahead);
	parser->lexer = ahead;
	return NULL;
}

/** The current token, a name, with the module in front of it. */
struct kd_error *kd_parse_take_name(struct kd_parser *parser, char ret[KD_PARSE_NAME_LEN])
{
	if (parser->lexer.kind != KD_TOKEN_NAME)
		return kd_parse_syntax(parser, "a name is missing");
	if (parser->lexer.len > NAME_LEN_MAX)
		return kd_parse_syntax(parser, "the name is too long");
	snprintf(ret, KD_PARSE_NAME_LEN, "%s%.*s", parser->module, (int)parser->lexer.len, parser->lexer.text);
	kd_lexer_next(&parser->lexer);
	return NULL;
}

/** "#2": which of several types of one name; counted from 1. */
static struct kd_error *find_named(struct kd_parser *parser, enum kd_kind kind, const char *name,
				   const struct kd_type **ret)
{
	if (!kd_lexer_at(&parser->lexer, '#'))
		return kd_types_find(parser->types, kind, name, ret);
	kd_lexer_next(&parser->lexer);
	unsigned long n = parser->lexer.kind == KD_TOKEN_NUMBER ? strtoul(parser->lexer.text, NULL, 10) : 0;
	if (!n)
		return kd_parse_syntax(parser, "a number from 1 is missing after '#'");
	size_t nr;
	struct kd_error *err = kd_types_find_nth(parser->types, kind, name, n - 1, ret, &nr);
	if (!err)
		kd_lexer_next(&parser->lexer);
	return err;
}

static struct kd_error *parse_tag(struct kd_parser *parser, enum kd_kind kind, const struct kd_type **ret)
{
	char name[KD_PARSE_NAME_LEN];
	unsigned int ignored = 0;
	kd_lexer_next(&parser->lexer);
	struct kd_error *err = skip_qualifiers(parser, &ignored);
	if (!err)
		err = parse_module(parser);
	if (err)
		return err;
	if (kd_lexer_at(&parser->lexer, '{') && kind != KD_ENUM)
		return kd_parse_aggregate(parser, kind, ret);
	err = kd_parse_take_name(parser, name);
	return err ? err : find_named(parser, kind, name, ret);
}

/** The words of a base type, up to the first that is not one. */
static struct kd_error *parse_base_words(struct kd_parser *parser, unsigned int *flags, bool *ret_any,
					 const struct kd_type **ret)
{
	char words[128] = "";
	*ret_any = false;
	for (;;) {
		struct kd_error *err = skip_qualifiers(parser, flags);
		if (err)
			return err;
		char word[32];
		if (parser->lexer.kind != KD_TOKEN_NAME || parser->lexer.len >= sizeof(word))
			break;
		snprintf(word, sizeof(word), "%.*s", (int)parser->lexer.len, parser->lexer.text);
		/* Each is a base type by itself, but for "float" and the like all can be combined. */
		if (kd_base_type_named(word) == KD_BASE_NR)
			break;
		size_t used = strlen(words);
		if (used + strlen(word) + 2 > sizeof(words))
			return kd_parse_syntax(parser, "too many words for a base type");
		snprintf(words + used, sizeof(words) - used, "%s ", word);
		*ret_any = true;
		kd_lexer_next(&parser->lexer);
	}
	if (!*ret_any)
		return NULL;
	enum kd_base_type base = kd_base_type_named(words);
	if (base == KD_BASE_NR)
		return kd_parse_syntax(parser, "these words make no base type");
	if (base != KD_BASE_VOID)
		return kd_types_find(parser->types, KD_INT, words, ret);
	*ret = &parser->types->base[base]->type;
	return NULL;
}

struct kd_error *kd_parse_specifiers(struct kd_parser *parser, const struct kd_type **ret)
{
	unsigned int flags = 0;
	const struct kd_type *type;
	bool is_base;
	struct kd_error *err = skip_qualifiers(parser, &flags);
	if (!err)
		err = parse_module(parser);
	if (!err)
		err = parse_base_words(parser, &flags, &is_base, &type);
	if (err)
		return err;
	if (is_base) {
		;
	} else if (kd_lexer_at_word(&parser->lexer, "struct")) {
		err = parse_tag(parser, KD_STRUCT, &type);
	} else if (kd_lexer_at_word(&parser->lexer, "union")) {
		err = parse_tag(parser, KD_UNION, &type);
	} else if (kd_lexer_at_word(&parser->lexer, "enum")) {
		err = parse_tag(parser, KD_ENUM, &type);
	} else {
		char name[KD_PARSE_NAME_LEN];
		err = kd_parse_take_name(parser, name);
		if (!err)
			err = find_named(parser, KD_TYPEDEF, name, &type);
	}
	if (!err)
		err = skip_qualifiers(parser, &flags);
	return err ? err : kd_types_qualify(parser->types, type, flags, ret);
}

/** One parameter of a function, whose arrays and functions are pointers. */
static struct kd_error *parse_parameter(struct kd_parser *parser, struct kd_parameter *ret)
{
	const struct kd_type *type;
	struct kd_error *err = kd_parse_specifiers(parser, &type);
	if (!err)
		err = kd_parse_declarator(parser, type, &type, &ret->name);
	if (!err && type->kind == KD_ARRAY)
		err = kd_types_pointer_to(parser->types, type->target, &type);
	if (!err && type->kind == KD_FUNCTION)
		err = kd_types_pointer_to(parser->types, type, &type);
	if (!err)
		ret->type = type;
	return err;
}

/** After the '(': parameters and ')'. */
static struct kd_error *parse_function(struct kd_parser *parser, const struct kd_type *result,
				       const struct kd_type **ret)
{
	struct kd_parameter parameters[PARAMETER_NR_MAX] = {};
	size_t nr = 0;
	bool variadic = false;
	while (!kd_lexer_at(&parser->lexer, ')')) {
		if (parser->lexer.kind == KD_TOKEN_ELLIPSIS) {
			variadic = true;
			kd_lexer_next(&parser->lexer);
			break;
		}
		if (nr == PARAMETER_NR_MAX)
			return kd_parse_syntax(parser, "too many parameters");
		struct kd_error *err = parse_parameter(parser, &parameters[nr]);
		if (err)
			return err;
		nr++;
		if (!kd_lexer_at(&parser->lexer, ','))
			break;
		kd_lexer_next(&parser->lexer);
	}
	struct kd_error *err = kd_parse_expect(parser, ')');
	if (err)
		return err;
	if (nr == 1 && !parameters[0].name && parameters[0].type->kind == KD_VOID)
		nr = 0;
	if (result->kind == KD_ARRAY || result->kind == KD_FUNCTION)
		return kd_parse_syntax(parser, "a function cannot return this");
	return kd_types_function(parser->types, result, parameters, nr, variadic, ret);
}

/** "[3][4]", "(int)": what follows a name. */
static struct kd_error *parse_suffixes(struct kd_parser *parser, const struct kd_type *type, const struct kd_type **ret)
{
	struct kd_error *err;
	if (parser->depth >= KD_PARSE_DEPTH_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "the declaration nests too deep");
	if (kd_lexer_at(&parser->lexer, '(')) {
		kd_lexer_next(&parser->lexer);
		parser->depth++;
		err = parse_function(parser, type, ret);
		parser->depth--;
		return err;
	}
	if (!kd_lexer_at(&parser->lexer, '[')) {
		*ret = type;
		return NULL;
	}
	kd_lexer_next(&parser->lexer);
	int64_t length = 0;
	if (!kd_lexer_at(&parser->lexer, ']')) {
		err = kd_parse_length(parser, &length);
		if (err)
			return err;
	}
	if (length < 0)
		return kd_parse_syntax(parser, "an array has no negative length");
	err = kd_parse_expect(parser, ']');
	if (err)
		return err;
	parser->depth++;
	err = parse_suffixes(parser, type, &type);
	parser->depth--;
	if (err)
		return err;
	if (type->kind == KD_FUNCTION || type->kind == KD_VOID)
		return kd_parse_syntax(parser, "there is no array of this");
	return kd_types_array_of(parser->types, type, length, ret);
}

/** Is the current '(' around a declarator, and not around parameters? */
static bool at_inner_declarator(const struct kd_parser *parser)
{
	struct kd_lexer ahead = parser->lexer;
	if (!kd_lexer_at(&ahead, '('))
		return false;
	kd_lexer_next(&ahead);
	if (kd_lexer_at(&ahead, '*') || kd_lexer_at(&ahead, '(') || kd_lexer_at(&ahead, '['))
		return true;
	/* "(name)": a name that closes at once, or goes on as a declarator does; in "(u32)" it is a parameter's type,
	 * which C decides by what is a typedef. Nobody writes needless parentheses around a name. */
	return false;
}

struct kd_error *kd_parse_declarator(struct kd_parser *parser, const struct kd_type *type, const struct kd_type **ret,
				     const char **ret_name)
{
	struct kd_error *err;
	if (parser->depth >= KD_PARSE_DEPTH_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "the declaration nests too deep");
	for (;;) {
		unsigned int flags = 0;
		err = skip_qualifiers(parser, &flags);
		if (!err)
			err = kd_types_qualify(parser->types, type, flags, &type);
		if (err)
			return err;
		if (!kd_lexer_at(&parser->lexer, '*'))
			break;
		kd_lexer_next(&parser->lexer);
		err = kd_types_pointer_to(parser->types, type, &type);
		if (err)
			return err;
	}

	if (at_inner_declarator(parser)) {
		struct kd_lexer inner = parser->lexer;
		kd_lexer_next(&inner);
		err = skip_group(parser);
		parser->depth++;
		if (!err)
			err = parse_suffixes(parser, type, &type);
		struct kd_lexer after = parser->lexer;
		parser->lexer = inner;
		if (!err)
			err = kd_parse_declarator(parser, type, &type, ret_name);
		if (!err)
			err = kd_parse_expect(parser, ')');
		parser->depth--;
		parser->lexer = after;
		*ret = type;
		return err;
	}

	if (parser->lexer.kind == KD_TOKEN_NAME) {
		if (ret_name)
			*ret_name = kd_arena_copy(&parser->types->arena, parser->lexer.text, parser->lexer.len);
		if (ret_name && !*ret_name)
			return &kd_error_nomem;
		kd_lexer_next(&parser->lexer);
	}
	parser->depth++;
	err = parse_suffixes(parser, type, &type);
	parser->depth--;
	if (err)
		return err;
	unsigned int ignored = 0;
	*ret = type;
	return skip_qualifiers(parser, &ignored);
}

struct kd_error *kd_types_parse_declaration(struct kd_types *types, const char *text, size_t len,
					    const struct kd_type **ret, const char **ret_name)
{
	struct kd_parser parser = { .types = types, .lexer = kd_lexer_init(text, len), .text = text, .len = len };
	const struct kd_type *type;
	struct kd_error *err = kd_parse_specifiers(&parser, &type);
	if (!err)
		err = kd_parse_declarator(&parser, type, &type, ret_name);
	if (err)
		return err;
	if (parser.lexer.kind != KD_TOKEN_END)
		return kd_parse_syntax(&parser, "something unexpected");
	*ret = type;
	return NULL;
}

struct kd_error *kd_types_parse(struct kd_types *types, const char *text, const struct kd_type **ret)
{
	const char *name = NULL;
	const struct kd_type *type;
	struct kd_error *err = kd_types_parse_declaration(types, text, strlen(text), &type, &name);
	if (err)
		return err;
	if (name)
		return kd_error_create(KD_ERROR_SYNTAX, "'%s' declares %s: a type alone is expected", text, name);
	*ret = type;
	return NULL;
}
