/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file What VMware writes when a guest is suspended (.vmss) or a snapshot taken (.vmsn), and the memory beside it
 * (.vmem). */
#ifndef KD_DUMP_IMAGES_VMWARE_H
#define KD_DUMP_IMAGES_VMWARE_H

#include "dump/images/image.h"

/** Memory is in the file, or in the one beside it that ends in .vmem. */
struct kd_error *kd_vmware_read(struct kd_image *image, const struct kd_file *file) KD_RETURNS_ERROR;

/** The memory, of which the file beside it that ends in .vmss or .vmsn says where it lies. Without one there is as much
 *  below 4 GiB as VMware's machines have there, 3 GiB. */
struct kd_error *kd_vmem_read(struct kd_image *image, const struct kd_file *file) KD_RETURNS_ERROR;

#endif
