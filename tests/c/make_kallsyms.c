/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "make_kallsyms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX (8u << 20)

/* Codes that are not a character of names stand for these, the rest for strings that occur nowhere. */
static const char *const tokens[] = { "sched_", "__func__.", "init", "T__", "t_", "_", "str", "read" };
static char token_text[256][24];

static void make_tokens(void)
{
	size_t next = 0;
	for (int code = 0; code < 256; code++) {
		bool plain = (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
			     (code >= 'a' && code <= 'z') || code == '_' || code == '.';
		if (plain)
			snprintf(token_text[code], sizeof(token_text[code]), "%c", code);
		else if (next < KD_ARRAY_NR(tokens))
			snprintf(token_text[code], sizeof(token_text[code]), "%s", tokens[next++]);
		else
			snprintf(token_text[code], sizeof(token_text[code]), "unused%d", code);
	}
}

/** Number of codes. */
static size_t compress(const struct make_symbol *symbol, uint8_t *codes)
{
	char text[sizeof(symbol->name) + 1];
	snprintf(text, sizeof(text), "%c%s", symbol->type, symbol->name);
	size_t nr = 0;
	for (const char *at = text; *at;) {
		int best = (uint8_t)*at;
		for (int code = 0; code < 256; code++)
			if (!strncmp(at, token_text[code], strlen(token_text[code])) &&
			    strlen(token_text[code]) > strlen(token_text[best]))
				best = code;
		codes[nr++] = best;
		at += strlen(token_text[best]);
	}
	return nr;
}

static size_t label(struct make_kallsyms *make)
{
	size_t align = make->encoding == MAKE_PLACE_RELATIVE ? 4 : 8;
	make->len = (make->len + align - 1) / align * align;
	return make->len;
}

static void put(struct make_kallsyms *make, const void *bytes, size_t len)
{
	if (make->len + len > MAX)
		abort();
	memcpy(make->bytes + make->len, bytes, len);
	make->len += len;
}

static void put_offsets(struct make_kallsyms *make)
{
	uint64_t base = MAKE_TEXT;
	make->offsets = label(make);
	for (uint32_t i = 0; i < make->nr; i++) {
		kd_vaddr address = make->symbols[i].address;
		int32_t offset = 0;
		switch (make->encoding) {
		case MAKE_PERCPU:
			offset = address >> 63 ? base - 1 - address : address;
			break;
		case MAKE_RELATIVE:
			offset = address - base;
			break;
		case MAKE_PLACE_RELATIVE:
			offset = address - (MAKE_RODATA + make->len);
			break;
		case MAKE_ABSOLUTE:
			put(make, &address, sizeof(address));
			continue;
		}
		put(make, &offset, sizeof(offset));
	}
	if (make->encoding == MAKE_PERCPU || make->encoding == MAKE_RELATIVE) {
		make->relative_base = label(make);
		put(make, &base, sizeof(base));
	}
}

static void put_names(struct make_kallsyms *make)
{
	uint64_t *markers = calloc(make->nr / 256 + 1, sizeof(*markers)), nr = make->nr;
	const size_t size = make->wide ? 8 : 4;
	if (!markers)
		abort();
	make->num_syms = label(make);
	put(make, &nr, size);
	make->names = label(make);
	for (uint32_t i = 0; i < make->nr; i++) {
		uint8_t codes[sizeof(make->symbols->name)], header[2];
		size_t len = compress(&make->symbols[i], codes);
		if (i % 256 == 0)
			markers[i / 256] = make->len - make->names;
		header[0] = len < 0x80 ? len : (len & 0x7f) | 0x80;
		header[1] = len >> 7;
		put(make, header, len < 0x80 ? 1 : 2);
		put(make, codes, len);
	}
	make->markers = label(make);
	for (uint32_t block = 0; block < (make->nr + 255) / 256; block++)
		put(make, &markers[block], size);
	free(markers);
}

static void put_tokens(struct make_kallsyms *make)
{
	uint16_t index[256];
	make->token_table = label(make);
	for (int code = 0; code < 256; code++) {
		index[code] = make->len - make->token_table;
		put(make, token_text[code], strlen(token_text[code]) + 1);
	}
	make->token_index = label(make);
	put(make, index, sizeof(index));
}

static const struct make_kallsyms *sorting;

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	char names[2][sizeof(sorting->symbols->name)];
	strcpy(names[0], sorting->symbols[left].name);
	strcpy(names[1], sorting->symbols[right].name);
	for (int i = 0; sorting->lto_order && i < 2; i++)
		names[i][strcspn(names[i], ".")] = 0;
	int order = strcmp(names[0], names[1]);
	return order ? order : (left > right) - (left < right);
}

static void put_seqs(struct make_kallsyms *make)
{
	uint32_t *order = calloc(make->nr, sizeof(*order));
	if (!order)
		abort();
	for (uint32_t i = 0; i < make->nr; i++)
		order[i] = i;
	sorting = make;
	qsort(order, make->nr, sizeof(*order), compare);
	make->seqs_at = label(make);
	for (uint32_t i = 0; i < make->nr; i++)
		put(make, (uint8_t[]){ order[i] >> 16, order[i] >> 8, order[i] }, 3);
	free(order);
}

void make_kallsyms(struct make_kallsyms *make)
{
	make_tokens();
	make->bytes = calloc(1, MAX);
	if (!make->bytes)
		abort();
	make->len = 3 * FAKE_PAGE + 360; /* other read-only data, not aligned to a page */
	memset(make->bytes, 0x5a, make->len);
	if (make->order == MAKE_OFFSETS_FIRST)
		put_offsets(make);
	put_names(make);
	if (make->order == MAKE_OFFSETS_FIRST && make->seqs)
		put_seqs(make);
	put_tokens(make);
	if (make->order == MAKE_OFFSETS_LAST) {
		put_offsets(make);
		if (make->seqs)
			put_seqs(make);
	}
	label(make);
	make->len += 2 * FAKE_PAGE;

	int len = snprintf(make->vmcoreinfo, sizeof(make->vmcoreinfo),
			   "SYMBOL(_stext)=%llx\nSYMBOL(kallsyms_names)=%llx\nSYMBOL(kallsyms_num_syms)=%llx\n"
			   "SYMBOL(kallsyms_token_table)=%llx\nSYMBOL(kallsyms_token_index)=%llx\n"
			   "SYMBOL(kallsyms_%s)=%llx\n",
			   MAKE_TEXT, MAKE_RODATA + make->names, MAKE_RODATA + make->num_syms,
			   MAKE_RODATA + make->token_table, MAKE_RODATA + make->token_index,
			   make->encoding == MAKE_ABSOLUTE ? "addresses" : "offsets", MAKE_RODATA + make->offsets);
	if (make->relative_base)
		snprintf(make->vmcoreinfo + len, sizeof(make->vmcoreinfo) - len,
			 "SYMBOL(kallsyms_relative_base)=%llx\n", MAKE_RODATA + make->relative_base);
}

void make_kallsyms_free(struct make_kallsyms *make)
{
	free(make->bytes);
	make->bytes = NULL;
}

struct make_symbol *make_kernel_symbols(uint32_t nr, bool percpu)
{
	enum { PERCPU_NR = 40 };
	struct make_symbol *symbols = calloc(nr, sizeof(*symbols));
	if (!symbols)
		abort();
	kd_vaddr address = percpu ? 0 : MAKE_TEXT;
	for (uint32_t i = 0; i < nr; i++) {
		struct make_symbol *symbol = &symbols[i];
		symbol->type = "tTdDbBrW"[i % 8];
		if (percpu && i == PERCPU_NR)
			address = MAKE_TEXT;
		if (address == MAKE_TEXT && i < PERCPU_NR + 3) {
			/* The kernel begins with names for one address. */
			uint32_t alias = i - (percpu ? PERCPU_NR : 0);
			static const char *const names[] = { "first_thing", "_stext", "_text" };
			symbol->type = "tTT"[alias];
			strcpy(symbol->name, names[alias]);
			symbol->address = address;
			if (alias == 2)
				address += 64;
			continue;
		}
		uint32_t mixed = i * 2654435761u % 1000003u;
		if (i == nr / 2) {
			memset(symbol->name, 'x', 200);
			memcpy(symbol->name, "very_long_", 10);
		} else if (i % 11 == 0) {
			snprintf(symbol->name, sizeof(symbol->name), "__func__.%u", mixed % 5);
		} else if (i % 13 == 0) {
			snprintf(symbol->name, sizeof(symbol->name), "sched_%u.llvm.%u", mixed / 7 * 7, i);
		} else if (i % 13 == 1) {
			snprintf(symbol->name, sizeof(symbol->name), "sched_%u",
				 (i - 1) * 2654435761u % 1000003u / 7 * 7);
		} else {
			snprintf(symbol->name, sizeof(symbol->name), "%s_%u", i % 3 ? "read_init" : "__strange", mixed);
		}
		symbol->address = address;
		address += i % 17 == 0 ? 0 : 16 * (1 + i % 5);
	}
	strcpy(symbols[nr - 1].name, "_end");
	symbols[nr - 1].type = 'B';
	symbols[nr - 1].address = MAKE_RODATA + (64 << 20); /* the tables lie within the image */
	return symbols;
}
