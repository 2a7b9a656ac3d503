/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The files that are in the executable. tools/freeze.py writes both tables and what they point to.
 */
#ifndef KD_MAIN_FILES_H
#define KD_MAIN_FILES_H

#include <stddef.h>
#include <stdint.h>

#include <Python.h>

/** A file of the virtual tree: the source of a frozen module with its code, or a data file of a package. */
struct kd_file {
	const char *path; /* below the executable, e.g. "pylib/json/decoder.py" */
	uint32_t block;	  /* the file itself: len bytes from offset of this one of kd_blocks */
	uint32_t offset;
	uint32_t len;
	const uint8_t *code; /* marshalled; NULL for a data file and a module that is kept as source alone */
	uint32_t code_packed_len;
	uint32_t code_len; /* when unpacked; as code_packed_len: not packed; else zstd with kd_code_dictionary */
};

/** In the byte order of their paths. */
extern const struct kd_file kd_files[];
extern const size_t kd_file_nr;

/** Files that are packed together. */
struct kd_block {
	const uint8_t *packed; /* zstd */
	uint32_t packed_len;
	uint32_t len; /* when unpacked */
};

extern const struct kd_block kd_blocks[];

/** A dictionary of zstd; len 0: there is none. */
struct kd_bytes {
	const uint8_t *data;
	size_t len;
};

extern const struct kd_bytes kd_code_dictionary;

/** The built-in module _pykd_files: what is in the virtual tree. */
PyMODINIT_FUNC PyInit__pykd_files(void);

#endif
