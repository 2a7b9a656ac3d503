/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/formats.h"

#include "dump/images/avml.h"
#include "dump/images/lime.h"
#include "dump/images/qemu.h"
#include "dump/images/vmware.h"

struct kd_error *kd_image_read(struct kd_image *image, const struct kd_file *file, enum kd_container container)
{
	switch (container) {
	case KD_CONTAINER_LIME:
		return kd_lime_read(image, file);
	case KD_CONTAINER_AVML:
		return kd_avml_read(image, file);
	case KD_CONTAINER_QEMU:
		return kd_qemu_read(image, file);
	case KD_CONTAINER_LIBVIRT:
		return kd_libvirt_read(image, file);
	case KD_CONTAINER_VMWARE:
		return kd_vmware_read(image, file);
	case KD_CONTAINER_VMEM:
		return kd_vmem_read(image, file);
	default:
		return kd_error_create_file(KD_ERROR_UNSUPPORTED, file->path, "%s is no image of memory", file->path);
	}
}
