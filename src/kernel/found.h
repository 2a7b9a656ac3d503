/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Variables of a kernel that was built without CONFIG_KALLSYMS_ALL, whose names are not in the dump: those that
 * VMCOREINFO names, that are exported or per CPU, init_task by what it looks like, and what is reached from these.
 */
#ifndef KD_KERNEL_FOUND_H
#define KD_KERNEL_FOUND_H

#include "base/error.h"
#include "kernel/exports.h"
#include "sym/kallsyms.h"
#include "types/types.h"
#include "xlat/memory.h"

#define KD_IMAGE_LEN_MAX (128u << 20) /* from the start of a kernel's text to the end of its data, at most */

struct kd_found {
	kd_vaddr text; /* where the kernel's image begins; 0: not looked for yet */
	kd_vaddr init_task;
	bool searched;
	struct kd_exports exports;
};

void kd_found_deinit(struct kd_found *found);

/** @param[in,out] found what is remembered between calls; zeroed at first. KD_ERROR_LOOKUP if it cannot be found. */
struct kd_error *kd_found_variable(struct kd_found *found, struct kd_memory *memory, struct kd_kallsyms *kallsyms,
				   struct kd_types *types, const char *name, kd_vaddr *ret) KD_RETURNS_ERROR;

#endif
