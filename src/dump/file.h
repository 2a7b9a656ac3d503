/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The file a dump is stored in: magic numbers, header fields and notes, which have to be known before libkdumpfile sees
 * it; and the pages of formats that libkdumpfile does not read.
 */
#ifndef KD_DUMP_FILE_H
#define KD_DUMP_FILE_H

#include <sys/types.h>

#include "base/error.h"
#include "base/types.h"

struct kd_file {
	const char *path; /* borrowed */
	int fd;
	uint64_t size; /* bytes; UINT64_MAX if it cannot be told (not a regular file) */
	dev_t device;  /* which file it is, whatever its names */
	ino_t inode;
	bool flattened; /* makedumpfile -F: offsets below are those after rearrangement */
};

/** Open for reading. Errors: KD_ERROR_OS; KD_ERROR_FORMAT for a directory or an empty file. */
struct kd_error *kd_file_init(struct kd_file *file, const char *path) KD_RETURNS_ERROR;
void kd_file_deinit(struct kd_file *file);

/** Read up to len bytes as they lie in the file; *ret_len is less than len at its end. */
struct kd_error *kd_file_read(const struct kd_file *file, uint64_t offset, void *buffer, size_t len,
			      size_t *ret_len) KD_RETURNS_ERROR;

/**
 * Read len bytes of the dump's header area: as kd_file_read(), but a flattened file is rearranged on the fly.
 * Errors: KD_ERROR_FORMAT when the file ends before.
 */
struct kd_error *kd_file_read_header(const struct kd_file *file, uint64_t offset, void *buffer,
				     size_t len) KD_RETURNS_ERROR;

#endif
