/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * MASKS OF CPUS: struct cpumask, a bit for each CPU that the kernel was made for, least significant first in words
 * of 64.
 *
 * A bit at or above nr_cpu_ids is damage: the kernel has no such CPU. A count above the bits of a mask is damage too,
 * and then the mask alone says what there may be. Nothing behind the mask is read.
 */
#ifndef KD_CODE_CPUMASK_H
#define KD_CODE_CPUMASK_H

#include "base/vector.h"
#include "code/sources.h"

#define KD_CPUMASK_POSSIBLE "__cpu_possible_mask"
#define KD_CPUMASK_ONLINE "__cpu_online_mask"
/* A CPU that is taken offline in order leaves this mask first; one that panic() stops leaves the other one alone. */
#define KD_CPUMASK_ACTIVE "__cpu_active_mask"

/** Linux's numbers of CPUs, ascending. */
KD_VECTOR(kd_cpu_numbers, uint32_t);

/**
 * The CPUs in a mask of the kernel proper; what cannot be read of it has none.
 * @param[in,out] ret appended to.
 * @return KD_ERROR_LOOKUP if the kernel has no such mask.
 */
struct kd_error *kd_cpumask_read(const struct kd_code_sources *sources, const char *symbol,
				 struct kd_cpu_numbers *ret) KD_RETURNS_ERROR;

/**
 * The CPUs that the kernel has set up, at least the first: those of its mask. Where that is not there or empty (the
 * dump lacks it, or the kernel is one without SMP), all below nr_cpu_ids: CPUs are numbered without gaps but for some
 * that firmware leaves out. Of CPUs that share a per-CPU area only the first is one.
 * @param[in,out] ret appended to.
 */
struct kd_error *kd_cpumask_possible(const struct kd_code_sources *sources,
				     struct kd_cpu_numbers *ret) KD_RETURNS_ERROR;

/** Whether a CPU is among numbers. */
bool kd_cpu_numbers_have(const struct kd_cpu_numbers *numbers, uint32_t nr);

#endif
