/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A text of C that is being parsed, and what the parts of the parser share: parse.c has types and declarators,
 * parse_length.c the lengths of arrays, parse_aggregate.c structs that are written out.
 */
#ifndef KD_TYPES_PARSER_H
#define KD_TYPES_PARSER_H

#include "types/lex.h"
#include "types/private.h"

#define KD_PARSE_DEPTH_MAX 32
#define KD_PARSE_NAME_LEN (64 + 255 + 1) /* of a name with its module, and NUL */

struct kd_parser {
	struct kd_types *types;
	struct kd_lexer lexer;
	const char *text;
	size_t len;
	char module[64 + 1]; /* "MODULE!", or empty */
	int depth;
};

/** KD_ERROR_SYNTAX: what is wrong, and where. */
struct kd_error *kd_parse_syntax(const struct kd_parser *parser, const char *what);
/** Step over a mark that has to be there. */
struct kd_error *kd_parse_expect(struct kd_parser *parser, char mark) KD_RETURNS_ERROR;
/** The current token, a name, with the module in front of it. */
struct kd_error *kd_parse_take_name(struct kd_parser *parser, char ret[KD_PARSE_NAME_LEN]) KD_RETURNS_ERROR;

struct kd_error *kd_parse_specifiers(struct kd_parser *parser, const struct kd_type **ret) KD_RETURNS_ERROR;
/** @param ret_name what is declared; NULL: of no interest. */
struct kd_error *kd_parse_declarator(struct kd_parser *parser, const struct kd_type *type, const struct kd_type **ret,
				     const char **ret_name) KD_RETURNS_ERROR;
/** A number, or what can be computed of numbers and enumerators. */
struct kd_error *kd_parse_length(struct kd_parser *parser, int64_t *ret) KD_RETURNS_ERROR;
/** From the '{' on. */
struct kd_error *kd_parse_aggregate(struct kd_parser *parser, enum kd_kind kind,
				    const struct kd_type **ret) KD_RETURNS_ERROR;

#endif
