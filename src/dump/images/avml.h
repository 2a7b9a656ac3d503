/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Compressed images by AVML. */
#ifndef KD_DUMP_IMAGES_AVML_H
#define KD_DUMP_IMAGES_AVML_H

#include "dump/images/image.h"

struct kd_error *kd_avml_read(struct kd_image *image, const struct kd_file *file) KD_RETURNS_ERROR;

#endif
