/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/vmcoreinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"

/* The kernel's note is at most a page (VMCOREINFO_BYTES); a text given by hand may be longer. */
#define TEXT_LEN_MAX (16u << 20)

KD_VECTOR(line_vector, struct kd_vmcoreinfo_line);

struct kd_error *kd_vmcoreinfo_init(struct kd_vmcoreinfo *info, const char *raw, size_t raw_len)
{
	const char *nul = raw_len ? memchr(raw, 0, raw_len) : NULL;
	size_t len = nul ? (size_t)(nul - raw) : raw_len;
	if (len > TEXT_LEN_MAX)
		return kd_error_create(KD_ERROR_FORMAT, "VMCOREINFO is too long: %zu bytes", len);
	char *text = malloc(len + 1);
	if (!text)
		return &kd_error_nomem;
	if (len)
		memcpy(text, raw, len);
	text[len] = 0;

	struct line_vector lines = {};
	for (char *line = text, *end = text + len; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline)
			newline = end;
		*newline = 0;
		/* Texts that people hand on may have lines of Windows. */
		if (newline > line && newline[-1] == '\r')
			newline[-1] = 0;
		char *equals = strchr(line, '=');
		if (equals) {
			*equals = 0;
			if (!line_vector_append(&lines, (struct kd_vmcoreinfo_line){ line, equals + 1 })) {
				line_vector_deinit(&lines);
				free(text);
				return &kd_error_nomem;
			}
		}
		line = newline + 1;
	}
	*info = (struct kd_vmcoreinfo){ .text = text, .text_len = len, .lines = lines.data, .nr = lines.nr };
	return NULL;
}

void kd_vmcoreinfo_deinit(struct kd_vmcoreinfo *info)
{
	free(info->text);
	free(info->lines);
	*info = (struct kd_vmcoreinfo){};
}

const char *kd_vmcoreinfo_get(const struct kd_vmcoreinfo *info, const char *key)
{
	for (size_t i = 0; i < info->nr; i++) {
		if (!strcmp(info->lines[i].key, key))
			return info->lines[i].value;
	}
	return NULL;
}

static bool parse(const struct kd_vmcoreinfo *info, const char *key, int base, uint64_t *ret)
{
	const char *value = kd_vmcoreinfo_get(info, key);
	if (!value || !*value)
		return false;
	char *end;
	errno = 0;
	/* strtoull() negates a number with a minus sign modulo 2^64, which is what NUMBER(phys_base)=-… needs. */
	unsigned long long number = strtoull(value, &end, base);
	if (*end || errno)
		return false;
	*ret = number;
	return true;
}

static bool parse_in(const struct kd_vmcoreinfo *info, const char *kind, const char *name, int base, uint64_t *ret)
{
	char key[128];
	int len = snprintf(key, sizeof(key), "%s(%s)", kind, name);
	return len > 0 && (size_t)len < sizeof(key) && parse(info, key, base, ret);
}

bool kd_vmcoreinfo_symbol(const struct kd_vmcoreinfo *info, const char *name, kd_vaddr *ret)
{
	return parse_in(info, "SYMBOL", name, 16, ret);
}

bool kd_vmcoreinfo_number(const struct kd_vmcoreinfo *info, const char *name, int64_t *ret)
{
	/* Mostly decimal, but some are written with 0x, such as NUMBER(VMALLOC_START). */
	uint64_t number;
	if (!parse_in(info, "NUMBER", name, 0, &number))
		return false;
	*ret = (int64_t)number;
	return true;
}

bool kd_vmcoreinfo_value(const struct kd_vmcoreinfo *info, const char *key, uint64_t *ret)
{
	return parse(info, key, 10, ret);
}

bool kd_vmcoreinfo_hex(const struct kd_vmcoreinfo *info, const char *key, uint64_t *ret)
{
	return parse(info, key, 16, ret);
}
