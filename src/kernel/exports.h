/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The names that a kernel keeps for its modules, EXPORT_SYMBOL's: variables among them, which kallsyms lacks in a
 * kernel built without CONFIG_KALLSYMS_ALL. And the per-CPU variables, of which BTF knows how far apart they lie.
 */
#ifndef KD_KERNEL_EXPORTS_H
#define KD_KERNEL_EXPORTS_H

#include "base/error.h"
#include "base/vector.h"
#include "sym/kallsyms.h"
#include "types/types.h"
#include "xlat/memory.h"

struct kd_export {
	char *name;
	kd_vaddr address;
};
KD_VECTOR(kd_export_vector, struct kd_export);

/** All zeros at first. */
struct kd_exports {
	struct kd_export_vector sorted; /* by name */
	bool searched;
};

void kd_exports_deinit(struct kd_exports *exports);

/**
 * The address of an exported or per-CPU variable. The first call searches the image.
 * @param start, end the kernel's image, or more. Errors: KD_ERROR_LOOKUP if there is none of that name.
 */
struct kd_error *kd_exports_find(struct kd_exports *exports, struct kd_memory *memory, struct kd_kallsyms *kallsyms,
				 struct kd_types *types, kd_vaddr start, kd_vaddr end, const char *name,
				 kd_vaddr *ret) KD_RETURNS_ERROR;

#endif
