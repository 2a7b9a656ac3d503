/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * The memory of the running kernel, by /proc/kcore: an ELF core with no end, whose bytes change while they are read.
 * Every read goes to the file, since libkdumpfile keeps what it has read.
 */
#ifndef KD_DUMP_RUNNING_H
#define KD_DUMP_RUNNING_H

#include "base/error.h"
#include "base/types.h"
#include "dump/file.h"

struct kd_running_range {
	kd_paddr start, end;
	uint64_t offset; /* of start in the file */
};

struct kd_running {
	struct kd_running_range *ranges; /* of physical memory, in ascending order */
	size_t nr;
};

/** Whether a file is the core of the running kernel, under whatever path /proc is mounted. */
bool kd_running_is_kcore(const struct kd_file *file);

/** Find the memory. Errors: KD_ERROR_FORMAT when the headers name none. Memory that is plugged in later is not seen. */
struct kd_error *kd_running_init(struct kd_running *running, const struct kd_file *file) KD_RETURNS_ERROR;
void kd_running_deinit(struct kd_running *running);

/** The end of the highest memory. */
kd_paddr kd_running_end(const struct kd_running *running);

/** The first address from address on that is in memory; false if there is none. */
bool kd_running_next(const struct kd_running *running, kd_paddr address, kd_paddr *ret);

/** Read memory as it is now. Errors: KD_ERROR_FAULT, absent. */
struct kd_error *kd_running_read(const struct kd_running *running, const struct kd_file *file, kd_paddr address,
				 void *buffer, size_t len) KD_RETURNS_ERROR;

#endif
