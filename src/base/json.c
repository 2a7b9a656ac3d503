/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include <string.h>

static char peek(struct kd_json *json)
{
	while (!json->failed && json->at < json->end && strchr(" \t\r\n", *json->at) && *json->at)
		json->at++;
	return json->failed || json->at == json->end ? 0 : *json->at;
}

static bool fail(struct kd_json *json)
{
	json->failed = true;
	return false;
}

static bool take(struct kd_json *json, char one)
{
	if (peek(json) != one)
		return fail(json);
	json->at++;
	return true;
}

bool kd_json_enter(struct kd_json *json, char bracket)
{
	return take(json, bracket);
}

bool kd_json_element(struct kd_json *json)
{
	const char next = peek(json);
	if (next == ']') {
		json->at++;
		return false;
	}
	if (next == ',')
		json->at++;
	return peek(json) != 0;
}

bool kd_json_member(struct kd_json *json, char *key, size_t size)
{
	const char next = peek(json);
	if (next == '}') {
		json->at++;
		return false;
	}
	if (next == ',')
		json->at++;
	return kd_json_string(json, key, size) && take(json, ':');
}

bool kd_json_string(struct kd_json *json, char *text, size_t size)
{
	if (!take(json, '"'))
		return false;
	size_t len = 0;
	for (; json->at < json->end && *json->at != '"'; json->at++) {
		if (*json->at == '\\' && json->at + 1 < json->end)
			json->at++;
		if (len + 1 < size)
			text[len++] = *json->at;
	}
	if (size)
		text[len] = 0;
	return take(json, '"');
}

bool kd_json_u64(struct kd_json *json, uint64_t *ret)
{
	uint64_t value = 0;
	if (peek(json) < '0' || peek(json) > '9')
		return fail(json);
	const char *start = json->at;
	for (; json->at < json->end && *json->at >= '0' && *json->at <= '9'; json->at++)
		value = value * 10 + (uint64_t)(*json->at - '0');
	if (json->at - start > 19)
		return fail(json);
	*ret = value;
	return true;
}

bool kd_json_skip(struct kd_json *json)
{
	size_t depth = 0;
	do {
		const char next = peek(json);
		if (!next)
			return fail(json);
		if (next == '"') {
			if (!kd_json_string(json, NULL, 0))
				return false;
			continue;
		}
		if (next == '{' || next == '[')
			depth++;
		if ((next == '}' || next == ']') && !depth--)
			return fail(json);
		json->at++;
		/* The rest of a number or a word. */
		while (!strchr("{}[],:\"", next) && json->at < json->end && !strchr(" \t\r\n{}[],:\"", *json->at))
			json->at++;
	} while (depth);
	return true;
}
