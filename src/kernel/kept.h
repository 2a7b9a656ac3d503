/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Some members of many structs of one type, kept from when they are first read: 100,000 threads lie on more pages than
 * a cache holds, and what asks for all threads asks more than once. What else is kept and lies on the page that is read
 * comes along, so that no page is decompressed for each member anew. Not for memory that changes.
 */
#ifndef KD_KERNEL_KEPT_H
#define KD_KERNEL_KEPT_H

#include "kernel/kernel.h"

struct kd_kept;

/** Bytes from the begin of the struct. */
struct kd_kept_span {
	uint64_t offset, len;
};

#define KD_KEPT_SPANS_MAX 64u
#define KD_KEPT_NONE UINT32_MAX

/** @param spans in any order, they may overlap; sorted. @param[out] ret lives no longer than kernel. */
struct kd_error *kd_kept_create(struct kd_kernel *kernel, struct kd_kept_span *spans, size_t nr,
				struct kd_kept **ret) KD_RETURNS_ERROR;
void kd_kept_destroy(struct kd_kept *kept);

/** The number of what is kept and has all of these bytes; KD_KEPT_NONE: nothing has. */
uint32_t kd_kept_find(const struct kd_kept *kept, uint64_t offset, uint64_t len);

/** As kd_kernel_read() of len bytes at offset of the struct at address, all in the span of that number. */
struct kd_error *kd_kept_read(struct kd_kept *kept, kd_vaddr address, uint32_t number, uint64_t offset, void *buffer,
			      size_t len) KD_RETURNS_ERROR;

#endif
