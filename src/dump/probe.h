/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Which container a file is, by its magic number. What pykd does not read is still recognised, and refused by name
 * with what to do about it.
 */
#ifndef KD_DUMP_PROBE_H
#define KD_DUMP_PROBE_H

#include "dump/file.h"

enum kd_container {
	KD_CONTAINER_KDUMP, /* kdump-compressed or diskdump, possibly flattened */
	KD_CONTAINER_ELF,   /* ELF core */
	KD_CONTAINER_OTHER, /* libkdumpfile knows it; no header of it is read here */
	/* From here on dump/images/ reads it. */
	KD_CONTAINER_RAW, /* memory as it is */
	KD_CONTAINER_LIME,
	KD_CONTAINER_AVML,
	KD_CONTAINER_QEMU,
	KD_CONTAINER_LIBVIRT,
	KD_CONTAINER_VMWARE,
	KD_CONTAINER_VMEM, /* memory as it is, of which a file beside it says where it lies */
};

/**
 * Sets file->flattened.
 * @param live whether /proc/kcore is allowed.
 * Errors: KD_ERROR_UNSUPPORTED (recognised by name), KD_ERROR_FORMAT (unknown, or not a dump at all).
 */
struct kd_error *kd_probe(struct kd_file *file, bool live, enum kd_container *ret) KD_RETURNS_ERROR;

#endif
