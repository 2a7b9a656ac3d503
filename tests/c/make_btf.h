/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * BTF made record by record, for tests. Memory is static size: a test's BTF is small.
 */
#ifndef KD_TESTS_MAKE_BTF_H
#define KD_TESTS_MAKE_BTF_H

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct make_btf {
	uint32_t *words; /* of the type section */
	size_t word_nr;
	char *strings; /* starts with the empty one, unless string_base says that a base has it */
	size_t string_len;
	uint32_t string_base; /* of split BTF: bytes of strings of the base */
	bool with_layout;     /* a header of 32 bytes and a layout section that knows kind layout_kind */
	uint8_t layout_kind, layout_element_len;
};

static inline void make_btf_word(struct make_btf *btf, uint32_t word)
{
	btf->words = realloc(btf->words, (btf->word_nr + 1) * sizeof(*btf->words));
	assert(btf->words);
	btf->words[btf->word_nr++] = word;
}

/** Words that belong to the record before. */
static inline void make_btf_words(struct make_btf *btf, int nr, ...)
{
	va_list words;
	va_start(words, nr);
	while (nr--)
		make_btf_word(btf, va_arg(words, uint32_t));
	va_end(words);
}

/** The offset of a new string. */
static inline uint32_t make_btf_string(struct make_btf *btf, const char *string)
{
	size_t start = btf->string_len + (!btf->string_len && !btf->string_base), len = strlen(string) + 1;
	btf->strings = realloc(btf->strings, start + len);
	assert(btf->strings);
	if (!btf->string_len && start)
		btf->strings[0] = 0;
	memcpy(btf->strings + start, string, len);
	btf->string_len = start + len;
	return btf->string_base + start;
}

static inline uint32_t make_btf_string_len(const struct make_btf *btf)
{
	return btf->string_len;
}

static inline void make_btf_record(struct make_btf *btf, const char *name, uint32_t kind, uint32_t element_nr,
				   bool flag, uint32_t size_or_type)
{
	make_btf_word(btf, name ? make_btf_string(btf, name) : 0);
	make_btf_word(btf, (uint32_t)flag << 31 | kind << 24 | element_nr);
	make_btf_word(btf, size_or_type);
}

static inline void make_btf_int(struct make_btf *btf, const char *name, uint32_t size, uint32_t encoding,
				uint32_t offset, uint32_t bits)
{
	make_btf_record(btf, name, 1, 0, false, size);
	make_btf_word(btf, encoding << 24 | offset << 16 | bits);
}

static inline void make_btf_array(struct make_btf *btf, uint32_t element, uint32_t length)
{
	make_btf_record(btf, NULL, 3, 0, false, 0);
	make_btf_words(btf, 3, element, 1, length);
}

/** The whole section, malloced; what was built is freed. */
static inline uint8_t *make_btf_bytes(struct make_btf *btf, size_t *ret_len)
{
	uint32_t type_len = btf->word_nr * 4, header_len = btf->with_layout ? 32 : 24;
	uint32_t layout_len = btf->with_layout ? 4 * (btf->layout_kind + 1) : 0;
	uint32_t header[8] = {
		0x0001eb9f, header_len, 0, type_len, type_len, btf->string_len, type_len + btf->string_len, layout_len
	};
	*ret_len = header_len + type_len + btf->string_len + layout_len;
	uint8_t *bytes = calloc(1, *ret_len);
	assert(bytes);
	memcpy(bytes, header, header_len);
	if (type_len)
		memcpy(bytes + header_len, btf->words, type_len);
	if (btf->string_len)
		memcpy(bytes + header_len + type_len, btf->strings, btf->string_len);
	if (layout_len)
		bytes[header_len + type_len + btf->string_len + 4 * btf->layout_kind + 1] = btf->layout_element_len;
	free(btf->words);
	free(btf->strings);
	btf->words = NULL;
	btf->strings = NULL;
	return bytes;
}

#endif
