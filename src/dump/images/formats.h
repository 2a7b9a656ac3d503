/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Which reader a format has. */
#ifndef KD_DUMP_IMAGES_FORMATS_H
#define KD_DUMP_IMAGES_FORMATS_H

#include "dump/images/image.h"
#include "dump/probe.h"

/** Find the memory in a file of a kind that kd_probe() told. Errors: KD_ERROR_FORMAT (damaged), KD_ERROR_UNSUPPORTED.
 */
struct kd_error *kd_image_read(struct kd_image *image, const struct kd_file *file,
			       enum kd_container container) KD_RETURNS_ERROR;

#endif
