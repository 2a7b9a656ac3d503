/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * C tokens, as far as declarations need them. Private to types/.
 */
#ifndef KD_TYPES_LEX_H
#define KD_TYPES_LEX_H

#include "base/types.h"

enum kd_token_kind {
	KD_TOKEN_END,
	KD_TOKEN_NAME,
	KD_TOKEN_NUMBER,
	KD_TOKEN_ELLIPSIS,
	KD_TOKEN_MARK, /* one character, text[0] */
};

struct kd_lexer {
	const char *position, *end;
	/* the current token */
	enum kd_token_kind kind;
	const char *text;
	size_t len;
};

/** Go to the next token; blanks and comments are skipped. */
void kd_lexer_next(struct kd_lexer *lexer);

static inline struct kd_lexer kd_lexer_init(const char *text, size_t len)
{
	struct kd_lexer lexer = { .position = text, .end = text + len };
	kd_lexer_next(&lexer);
	return lexer;
}

static inline bool kd_lexer_at(const struct kd_lexer *lexer, char mark)
{
	return lexer->kind == KD_TOKEN_MARK && *lexer->text == mark;
}

bool kd_lexer_at_word(const struct kd_lexer *lexer, const char *word);

/** A word that kernel declarations are sprinkled with and that does not change the type: "extern", "__rcu" … */
bool kd_lexer_at_noise(const struct kd_lexer *lexer);

#endif
