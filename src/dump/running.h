/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The memory of the running kernel, by /proc/kcore: an ELF core with no end, whose bytes change while they are read.
 * Every read goes to the file, since libkdumpfile keeps what it has read.
 */
#ifndef KD_DUMP_RUNNING_H
#define KD_DUMP_RUNNING_H

#include "dump/extents.h"

/** Whether a file is the core of the running kernel, under whatever path /proc is mounted. */
bool kd_running_is_kcore(const struct kd_file *file);

/** Find the memory. Errors: KD_ERROR_FORMAT when the headers name none. Memory that is plugged in later is not seen. */
struct kd_error *kd_running_init(struct kd_extents *extents, const struct kd_file *file) KD_RETURNS_ERROR;

#endif
