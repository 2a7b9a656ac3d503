/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Registers of the CPUs in a migration stream of QEMU's. */
#ifndef KD_DUMP_IMAGES_QEMU_CPU_H
#define KD_DUMP_IMAGES_QEMU_CPU_H

#include "dump/images/image.h"

/** What the sections of devices begin with, the parts in them that they may have, and what they end with. */
enum {
	KD_QEMU_SECTION_FULL = 4,
	KD_QEMU_SUBSECTION = 5,
	KD_QEMU_FOOTER = 0x7e,
};

/** Read what the stream's own description says of the sections of devices, which begin at an offset. Without one, or
 *  where it does not fit, there are no registers. Sets image->incomplete where they are cut off. */
struct kd_error *kd_qemu_read_cpus(struct kd_image *image, const struct kd_file *file,
				   uint64_t offset) KD_RETURNS_ERROR;

#endif
