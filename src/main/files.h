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

/** A file of the virtual tree: the source of a frozen module, or a data file of a package. */
struct kd_file {
	const char *path;      /* below the executable, e.g. "pylib/json/decoder.py" */
	const uint8_t *packed; /* deflate */
	uint32_t packed_len;
	uint32_t len; /* bytes when unpacked */
};

/** In the byte order of their paths. */
extern const struct kd_file kd_files[];
extern const size_t kd_file_nr;

/** The code of every module, for PyImport_FrozenModules; named by the path of its source. */
extern const struct _frozen kd_frozen_modules[];

/** The built-in module _pykd_files: what is in the virtual tree. */
PyMODINIT_FUNC PyInit__pykd_files(void);

#endif
