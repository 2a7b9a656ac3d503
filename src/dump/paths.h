/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * How a dump is named: by its files, or, where files are raw memory and do not say of which address, as FILE@ADDRESS,
 * and several of these with commas between them.
 */
#ifndef KD_DUMP_PATHS_H
#define KD_DUMP_PATHS_H

#include "base/error.h"
#include "base/types.h"

struct kd_path_name {
	char *path; /* owned */
	bool raw;   /* an address was given: */
	kd_paddr address;
};

struct kd_paths {
	struct kd_path_name *list;
	size_t nr;
};

/** A file that has the whole name is that file. Errors: KD_ERROR_VALUE: there are none, or too many. */
struct kd_error *kd_paths_init(struct kd_paths *paths, const char *const *names, size_t nr) KD_RETURNS_ERROR;
void kd_paths_deinit(struct kd_paths *paths);

#endif
