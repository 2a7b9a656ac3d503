/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types in C. A declarator is written from the name outwards: each pointer, array or function wraps what is there
 * already, on the left or on the right, and the base type comes first at the end.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "types/private.h"

/* A function's parameters may be functions …; a damaged BTF can make that circular, and wide. */
#define FUNCTION_DEPTH_MAX 8
#define SPELLING_LEN_MAX 8192

struct text {
	char *data; /* NUL-terminated */
	size_t len;
};

static bool text_set(struct text *text, const char *format, ...) KD_PRINTF(2, 3);

/** Replace the text; false when memory is exhausted. The old text may be among the arguments. */
static bool text_set(struct text *text, const char *format, ...)
{
	va_list arguments;
	char *data;
	va_start(arguments, format);
	int len = vasprintf(&data, format, arguments);
	va_end(arguments);
	if (len < 0)
		return false;
	free(text->data);
	*text = (struct text){ data, len };
	return true;
}

static void text_cleanup(struct text *text)
{
	free(text->data);
}

/** "const volatile " */
static void qualifiers(unsigned int flags, char ret[32])
{
	snprintf(ret, 32, "%s%s%s", flags & KD_TYPE_CONST ? "const " : "", flags & KD_TYPE_VOLATILE ? "volatile " : "",
		 flags & KD_TYPE_RESTRICT ? "restrict " : "");
}

static bool spell(const struct kd_type *type, const char *name, int depth, struct text *ret);

static bool wrap_function(struct text *text, const struct kd_type *function, int depth)
{
	const struct kd_parameter *parameters;
	size_t nr;
	KD_DROP_ERROR struct kd_error *err = kd_type_parameters(function, &parameters, &nr);
	if (depth >= FUNCTION_DEPTH_MAX || err)
		return text_set(text, "%s(...)", text->data);
	if (!text_set(text, "%s(", text->data))
		return false;
	for (size_t i = 0; i < nr; i++) {
		KD_CLEANUP(text_cleanup) struct text parameter = {};
		if (text->len > SPELLING_LEN_MAX)
			return text_set(text, "%s, ...)", text->data);
		if (!spell(parameters[i].type, "", depth + 1, &parameter) ||
		    !text_set(text, "%s%s%s", text->data, i ? ", " : "", parameter.data))
			return false;
	}
	if (function->flags & KD_TYPE_VARIADIC)
		return text_set(text, "%s%s...)", text->data, nr ? ", " : "");
	return text_set(text, "%s%s)", text->data, nr ? "" : "void");
}

static bool spell_base(const struct kd_type *type, const char *qualified, struct text *text)
{
	const char *tag = type->kind == KD_STRUCT  ? "struct "
			  : type->kind == KD_UNION ? "union "
			  : type->kind == KD_ENUM  ? "enum "
						   : "";
	const char *name = type->name ? type->name : *tag ? "{...}" : "void";
	return text_set(text, "%s%s%s%s%s", qualified, tag, name, *text->data ? " " : "", text->data);
}

static bool spell(const struct kd_type *type, const char *name, int depth, struct text *ret)
{
	KD_CLEANUP(text_cleanup) struct text text = {};
	char outer[32] = "";
	bool ok = text_set(&text, "%s", name ? name : "");
	for (int levels = 0; ok; levels++) {
		const struct kd_type *target = type->target;
		if (text.len > SPELLING_LEN_MAX || levels > 4 * KD_TYPE_DEPTH_MAX) {
			ok = text_set(&text, "...");
			break;
		}
		switch (type->kind) {
		case KD_QUALIFIED:
			qualifiers(type->flags, outer);
			if (target->kind == KD_POINTER) {
				/* "* const name": without a name, no blank at the end */
				if (!*text.data)
					outer[strlen(outer) - 1] = 0;
				ok = text_set(&text, "%s%s", outer, text.data);
				outer[0] = 0;
				/* then the '*' itself stands off: "* const" */
				ok = ok && text_set(&text, "* %s", text.data);
				target = target->target;
				break;
			}
			type = target;
			continue;
		case KD_POINTER:
			ok = text_set(&text, "*%s", text.data);
			break;
		case KD_ARRAY:
			ok = type->length ? text_set(&text, "%s[%llu]", text.data, (unsigned long long)type->length)
					  : text_set(&text, "%s[]", text.data);
			break;
		case KD_FUNCTION:
			ok = wrap_function(&text, type, depth);
			break;
		default:
			ok = spell_base(type, outer, &text);
			if (ok) {
				*ret = text;
				text = (struct text){};
			}
			return ok;
		}
		type = target;
		/* '[' and '(' bind tighter than '*'. Qualified arrays and functions do not exist in C. */
		if (ok && *text.data == '*' && (type->kind == KD_ARRAY || type->kind == KD_FUNCTION))
			ok = text_set(&text, "(%s)", text.data);
	}
	if (ok) {
		*ret = text;
		text = (struct text){};
	}
	return ok;
}

char *kd_type_declare(const struct kd_type *type, const char *name)
{
	struct text text = {};
	return spell(type, name, 0, &text) ? text.data : NULL;
}

char *kd_type_spell(const struct kd_type *type)
{
	return kd_type_declare(type, NULL);
}
