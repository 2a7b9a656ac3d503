/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Makes the tables that scripts/kallsyms.c of the kernel would, in every layout that there was.
 */
#ifndef KD_TESTS_MAKE_KALLSYMS_H
#define KD_TESTS_MAKE_KALLSYMS_H

#include "fake_memory.h"

/** Where the tables begin, and _stext. */
#define MAKE_RODATA 0xffffffff82000000ull
#define MAKE_TEXT 0xffffffff81000000ull

struct make_symbol {
	kd_vaddr address;
	char type;
	char name[256];
};

struct make_kallsyms {
	/* Given. */
	enum { MAKE_OFFSETS_FIRST, MAKE_OFFSETS_LAST } order; /* until 6.3; since 6.4 */
	enum { MAKE_PERCPU, MAKE_RELATIVE, MAKE_PLACE_RELATIVE, MAKE_ABSOLUTE } encoding;
	bool seqs, lto_order;
	bool wide;		     /* number and markers of 8 bytes, until 4.20 */
	struct make_symbol *symbols; /* ascending addresses, the names in any order */
	uint32_t nr;

	/* Made: bytes at MAKE_RODATA, offsets of the tables in them, and vmcoreinfo's lines about them. */
	uint8_t *bytes;
	size_t len, num_syms, names, markers, seqs_at, token_table, token_index, offsets, relative_base;
	char vmcoreinfo[1024];
};

void make_kallsyms(struct make_kallsyms *make);
void make_kallsyms_free(struct make_kallsyms *make);

/** Symbols like a kernel's, malloced: per-CPU ones where the encoding has them, aliases, names that occur many times,
 *  names with suffixes, one too long for a single byte of length. */
struct make_symbol *make_kernel_symbols(uint32_t nr, bool percpu);

#endif
