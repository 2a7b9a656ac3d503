/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lengths of arrays: numbers, enumerators, + - * / << >> and parentheses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/parser.h"

static struct kd_error *parse_primary(struct kd_parser *parser, int64_t *ret)
{
	struct kd_lexer *lexer = &parser->lexer;
	if (parser->depth >= KD_PARSE_DEPTH_MAX)
		return kd_error_create(KD_ERROR_LIMIT, "the declaration nests too deep");
	if (kd_lexer_at(lexer, '(')) {
		kd_lexer_next(lexer);
		parser->depth++;
		struct kd_error *err = kd_parse_length(parser, ret);
		parser->depth--;
		return err ? err : kd_parse_expect(parser, ')');
	}
	if (lexer->kind == KD_TOKEN_NUMBER) {
		char number[32], *end;
		snprintf(number, sizeof(number), "%.*s", (int)kd_min(lexer->len, 31), lexer->text);
		*ret = strtoull(number, &end, 0);
		if (end[strspn(end, "uUlL")])
			return kd_parse_syntax(parser, "this is not a number");
		kd_lexer_next(lexer);
		return NULL;
	}
	char name[KD_PARSE_NAME_LEN];
	struct kd_error *err = kd_parse_take_name(parser, name);
	return err ? err : kd_types_enumerator(parser->types, name, ret, NULL);
}

static struct kd_error *parse_product(struct kd_parser *parser, int64_t *ret)
{
	struct kd_error *err = parse_primary(parser, ret);
	while (!err && (kd_lexer_at(&parser->lexer, '*') || kd_lexer_at(&parser->lexer, '/'))) {
		bool divide = kd_lexer_at(&parser->lexer, '/');
		int64_t right;
		kd_lexer_next(&parser->lexer);
		err = parse_primary(parser, &right);
		if (err)
			return err;
		if (divide ? !right || right == -1 : __builtin_mul_overflow(*ret, right, ret))
			return kd_parse_syntax(parser, "the length cannot be computed");
		if (divide)
			*ret /= right;
	}
	return err;
}

static struct kd_error *parse_addition(struct kd_parser *parser, int64_t *ret)
{
	struct kd_error *err = parse_product(parser, ret);
	while (!err && (kd_lexer_at(&parser->lexer, '+') || kd_lexer_at(&parser->lexer, '-'))) {
		bool minus = kd_lexer_at(&parser->lexer, '-');
		int64_t right;
		kd_lexer_next(&parser->lexer);
		err = parse_product(parser, &right);
		if (err)
			return err;
		if (minus ? __builtin_sub_overflow(*ret, right, ret) : __builtin_add_overflow(*ret, right, ret))
			return kd_parse_syntax(parser, "the length cannot be computed");
	}
	return err;
}

struct kd_error *kd_parse_length(struct kd_parser *parser, int64_t *ret)
{
	struct kd_error *err = parse_addition(parser, ret);
	while (!err && (kd_lexer_at(&parser->lexer, '<') || kd_lexer_at(&parser->lexer, '>'))) {
		char mark = *parser->lexer.text;
		int64_t right;
		kd_lexer_next(&parser->lexer);
		err = kd_parse_expect(parser, mark);
		if (!err)
			err = parse_addition(parser, &right);
		if (err)
			return err;
		if (right < 0 || right > 62 || *ret < 0)
			return kd_parse_syntax(parser, "the length cannot be computed");
		if (mark == '<' ? __builtin_mul_overflow(*ret, INT64_C(1) << right, ret) : false)
			return kd_parse_syntax(parser, "the length cannot be computed");
		if (mark == '>')
			*ret >>= right;
	}
	return err;
}
