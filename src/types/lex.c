/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "types/lex.h"

#include <string.h>

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_blanks(struct kd_lexer *lexer)
{
	const char *p = lexer->position, *end = lexer->end;
	for (;;) {
		while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
			p++;
		if (end - p < 2 || p[0] != '/')
			break;
		if (p[1] == '/') {
			const char *line = memchr(p, '\n', end - p);
			p = line ? line + 1 : end;
		} else if (p[1] == '*') {
			for (p += 2; p < end && !(p[0] == '*' && end - p > 1 && p[1] == '/'); p++)
				;
			p = end - p > 2 ? p + 2 : end;
		} else {
			break;
		}
	}
	lexer->position = p;
}

void kd_lexer_next(struct kd_lexer *lexer)
{
	skip_blanks(lexer);
	const char *p = lexer->position, *end = lexer->end;
	lexer->text = p;
	if (p >= end || !*p) {
		lexer->kind = KD_TOKEN_END;
		lexer->position = lexer->end;
		lexer->len = 0;
		return;
	}
	if (is_name_start(*p) || is_digit(*p)) {
		lexer->kind = is_digit(*p) ? KD_TOKEN_NUMBER : KD_TOKEN_NAME;
		while (p < end && (is_name_start(*p) || is_digit(*p)))
			p++;
	} else if (end - p >= 3 && !memcmp(p, "...", 3)) {
		lexer->kind = KD_TOKEN_ELLIPSIS;
		p += 3;
	} else {
		lexer->kind = KD_TOKEN_MARK;
		p++;
	}
	lexer->position = p;
	lexer->len = p - lexer->text;
}

bool kd_lexer_at_word(const struct kd_lexer *lexer, const char *word)
{
	return lexer->kind == KD_TOKEN_NAME && strlen(word) == lexer->len && !memcmp(lexer->text, word, lexer->len);
}

bool kd_lexer_at_noise(const struct kd_lexer *lexer)
{
	static const char *const noise[] = {
		"extern",
		"static",
		"register",
		"inline",
		"auto",
		"asmlinkage",
		"__extension__",
		"__user",
		"__kernel",
		"__rcu",
		"__percpu",
		"__iomem",
		"__force",
		"__private",
		"__read_mostly",
		"__init",
		"__initdata",
		"__initconst",
		"__ro_after_init",
		"__cacheline_aligned",
		"__refdata",
		"____cacheline_aligned",
		"____cacheline_aligned_in_smp",
		"__cacheline_aligned_in_smp",
	};
	for (size_t i = 0; i < KD_ARRAY_NR(noise); i++)
		if (kd_lexer_at_word(lexer, noise[i]))
			return true;
	return false;
}
