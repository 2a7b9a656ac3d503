/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * What libkdumpfile does not tell of a dump's own headers: the raw notes, marks of an incomplete dump, the share of a
 * split file. Also refuses sizes that cannot be, before the file is handed over.
 */
#ifndef KD_DUMP_HEADER_H
#define KD_DUMP_HEADER_H

#include "base/machine.h"
#include "dump/probe.h"

struct kd_header {
	bool order_known;    /* the one below was read; else it is that of this machine */
	enum kd_order order; /* of headers and notes: the file's, which need not be that of the memory in it */
	uint8_t *notes;	     /* owned; raw ELF notes, one after another; NULL if there are none */
	size_t notes_len;
	const char *compression;	  /* "zlib", …; "uncompressed"; NULL if the format has no such thing */
	const struct kd_machine *machine; /* if the header says so, else NULL */
	bool machine_doubtful;		  /* the file's byte order may not be that of the machine */
	bool incomplete;		  /* the dump was not finished, or the file is shorter than its headers say */
	bool split;
	kd_pfn split_start, split_end; /* of a split set's part: the pages it carries, end exclusive */
	uint64_t origin;	       /* kdump-compressed only: the same in all parts of one set */
	uint32_t
		block_size; /* kdump-compressed only, else 0: of the file's pages, which the kernel's may be parts of */
	/* kdump-compressed only, else 0: where the page descriptors are, and the bitmap that counts them. */
	uint64_t bitmap_offset, bitmap_len, descriptor_offset;
};

/** Errors: KD_ERROR_FORMAT (damaged or truncated headers), KD_ERROR_UNSUPPORTED (a process's core). */
struct kd_error *kd_header_init(struct kd_header *header, const struct kd_file *file,
				enum kd_container container) KD_RETURNS_ERROR;
void kd_header_deinit(struct kd_header *header);

/** Whether the last page descriptors of a kdump-compressed file, and the data they point to, are in the file.
 *  Takes time in proportion to the bitmap, so it is done on demand. */
struct kd_error *kd_header_ends_early(const struct kd_header *header, const struct kd_file *file,
				      bool *ret) KD_RETURNS_ERROR;

#endif
