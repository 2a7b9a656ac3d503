/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Numbers with a meaning. They are never mixed without a named conversion.
 */
#ifndef KD_BASE_TYPES_H
#define KD_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t kd_vaddr; /* virtual address in the dumped kernel (or in one of its processes) */
typedef uint64_t kd_paddr; /* physical address in the dumped machine */
typedef uint64_t kd_pfn;   /* physical page number: kd_paddr / page size */

/** Bytes of the smallest page of any machine; the larger ones are a multiple of it. Reads that go on behind what is
 *  missing do so in these steps. */
#define KD_PAGE_LEN_MIN 4096u
#define KD_PAGE_LEN_MAX 65536u

#define KD_ARRAY_NR(array) (sizeof(array) / sizeof((array)[0]))

static inline uint64_t kd_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t kd_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
