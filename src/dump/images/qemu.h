/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file What QEMU writes to a file as a migration (migrate exec:…, file:…), and libvirt as virsh save. */
#ifndef KD_DUMP_IMAGES_QEMU_H
#define KD_DUMP_IMAGES_QEMU_H

#include "dump/images/image.h"

struct kd_error *kd_qemu_read(struct kd_image *image, const struct kd_file *file) KD_RETURNS_ERROR;
/** The same behind libvirt's header. */
struct kd_error *kd_libvirt_read(struct kd_image *image, const struct kd_file *file) KD_RETURNS_ERROR;

#endif
