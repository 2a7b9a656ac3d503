/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Makes small dumps of a made-up x86-64 machine in memory and as files, for unit tests: kdump-compressed, ELF,
 * flattened, split. Aborts when anything fails.
 */
#ifndef KD_TESTS_MAKE_DUMP_H
#define KD_TESTS_MAKE_DUMP_H

#include "base/types.h"

#define MAKE_PAGE 4096
#define MAKE_PACKED 4000 /* length of a page's data with MAKE_ZLIB, padded */
#define MAKE_PAGES 2048	 /* the machine has 8 MiB of memory */

struct make_machine {
	uint8_t *pages[MAKE_PAGES];   /* NULL: not in the dump */
	bool absent[MAKE_PAGES];      /* no such memory at all; without this a page that is NULL is excluded */
	const char *vmcoreinfo;	      /* text of the note, or NULL */
	const char *first_vmcoreinfo; /* of another such note, before all others, or NULL */
	unsigned int cpu_nr;	      /* NT_PRSTATUS notes; rip is 0x1000 + number, pid 100 + number */
	uint64_t cr3, cr4;	      /* QEMU notes if not 0 */
};

struct make_bytes {
	uint8_t *data;
	size_t len;
};

enum {
	MAKE_ZLIB = 1 << 0,	  /* pages are zlib streams; they must shrink, as those of makedumpfile */
	MAKE_INCOMPLETE = 1 << 1, /* the header's mark */
	MAKE_NO_MACHINE = 1 << 2, /* the header is silent about the machine, as QEMU's */
	MAKE_LARGE = 1 << 3, /* the file's pages are 16 of the machine's each, as QEMU's of arm64; whole, not zlib */
};

/** The page's bytes, zeroed when first asked for. */
uint8_t *make_page(struct make_machine *machine, kd_pfn pfn);
void make_machine_deinit(struct make_machine *machine);

/** A kdump-compressed dump of the pages [start, end); start < end < MAKE_PAGES makes it a part of a split set. */
struct make_bytes make_kdump(const struct make_machine *machine, unsigned int flags, kd_pfn start, kd_pfn end);
struct make_bytes make_elf(const struct make_machine *machine);
/** As makedumpfile -F, in segments of segment_len bytes; out of order, and one written twice: wrong, then right. */
struct make_bytes make_flattened(struct make_bytes dump, size_t segment_len);

/** The file, of this name, that tools/dumptext makes of a text. */
const char *make_text(const char *name, const char *text);

/** Write to a file of this name in a folder of this process; valid until the next call with the same name. */
const char *make_file(const char *name, const void *data, size_t len);
/** Remove the folder and all files of make_file(). */
void make_clean(void);

#endif
