/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Images by LiME, as insmod lime.ko format=lime makes them, and by AVML without compression. */
#ifndef KD_DUMP_IMAGES_LIME_H
#define KD_DUMP_IMAGES_LIME_H

#include "dump/images/image.h"
#include "dump/images/stream.h"

#define KD_LIME_MAGIC 0x4c694d45u /* "EMiL" */
#define KD_AVML_MAGIC 0x4c4d5641u /* "AVML" */

/** The header of the next range of memory; false: there is none, which *complete says is how it should be. */
bool kd_lime_next(struct kd_stream *stream, uint32_t magic, uint32_t version, kd_paddr *start, kd_paddr *end,
		  bool *complete);

struct kd_error *kd_lime_read(struct kd_image *image, const struct kd_file *file) KD_RETURNS_ERROR;

#endif
