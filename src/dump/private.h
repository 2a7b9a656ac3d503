/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What an open dump is: for open.c, which makes it, and dump.c, which reads from it.
 */
#ifndef KD_DUMP_PRIVATE_H
#define KD_DUMP_PRIVATE_H

#include <libkdumpfile/kdumpfile.h>

#include "dump/dump.h"
#include "dump/header.h"
#include "dump/images/image.h"
#include "dump/page_cache.h"

struct kd_dump_part {
	char *path;
	struct kd_file file;
	kd_pfn start, end; /* the pages it carries, of the file's size */
};

struct kd_dump {
	kdump_ctx_t *context;  /* NULL: libkdumpfile does not read the format */
	struct kd_image image; /* its extents are where memory is read from, if there are any */
	struct kd_dump_part *parts;
	size_t part_nr;
	struct kd_header header; /* of the first part */
	struct kd_page_cache cache;
	struct kd_vmcoreinfo vmcoreinfo;
	struct kd_notes notes;
	kdump_bmp_t *file_pages, *memory_pages; /* borrowed from context; NULL if the format has none */
	char *format;
	const char *arch;
	const struct kd_machine *machine; /* NULL: not one that is known */
	uint32_t page_size;
	bool page_size_open; /* the headers do not say it: the smallest there is, until VMCOREINFO is found */
	unsigned int page_shift;
	unsigned int file_shift; /* of the pages of the file, of which a kernel's may be parts: QEMU knows the largest
				    only */
	kd_pfn max_pfn;
	bool live, shut;
	bool incomplete;
	char reason[256]; /* of kd_dump_library_error() */
};

/** What libkdumpfile says, on one line; valid until the next call. */
const char *kd_dump_library_error(struct kd_dump *dump);
/** The part of a split set that would carry a page; NULL if it was not given. */
const struct kd_dump_part *kd_dump_find_part(const struct kd_dump *dump, kd_pfn pfn);

#endif
