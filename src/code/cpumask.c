/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/cpumask.h"

#define CPUS_MAX 65536 /* well above what any kernel is built for */

static uint32_t mask_bits(const struct kd_code_sources *sources)
{
	uint64_t len = kd_sources_sizeof(sources, "cpumask", CPUS_MAX / 8);
	return len < CPUS_MAX / 8 ? len * 8 : CPUS_MAX;
}

/* The numbers of all CPUs are lower; 0 where that is not known. */
static uint32_t limit(const struct kd_code_sources *sources)
{
	kd_vaddr address;
	uint32_t nr;
	if (!kd_sources_have_symbol(sources, "nr_cpu_ids", &address) || !kd_sources_peek_u32(sources, address, &nr))
		return 0;
	return nr <= mask_bits(sources) ? nr : 0;
}

struct kd_error *kd_cpumask_read(const struct kd_code_sources *sources, const char *symbol, struct kd_cpu_numbers *ret)
{
	kd_vaddr mask;
	struct kd_error *err = kd_sources_symbol(sources, symbol, &mask);
	if (err)
		return err;
	uint32_t known = limit(sources), end = known ? known : mask_bits(sources);
	for (uint32_t word_nr = 0; word_nr < (end + 63) / 64; word_nr++) {
		uint64_t word;
		if (!kd_sources_peek_u64(sources, mask + word_nr * 8ul, &word))
			break;
		for (uint32_t nr = word_nr * 64; word && nr < end; nr++, word >>= 1)
			if (word & 1 && !kd_cpu_numbers_append(ret, nr))
				return &kd_error_nomem;
	}
	return NULL;
}

/*
 * Takes off numbers those that are damage: each CPU that was set up has its own per-CPU area, those that were not have
 * all the same entry of __per_cpu_offset. A damaged mask of 8,192 bits would be thousands of CPUs to look for.
 */
static void drop_unset(const struct kd_code_sources *sources, struct kd_cpu_numbers *numbers, size_t first)
{
	kd_vaddr offsets;
	if (!kd_sources_have_symbol(sources, "__per_cpu_offset", &offsets))
		return;
	uint64_t offset, before = 0;
	bool have_before = false;
	size_t kept = first;
	for (size_t i = first; i < numbers->nr; i++) {
		uint32_t nr = numbers->data[i];
		bool have = kd_sources_peek_u64(sources, offsets + nr * 8ul, &offset);
		if (!have || !have_before || offset != before)
			numbers->data[kept++] = nr;
		before = have ? offset : 0;
		have_before = have;
	}
	numbers->nr = kept;
}

struct kd_error *kd_cpumask_possible(const struct kd_code_sources *sources, struct kd_cpu_numbers *ret)
{
	size_t before = ret->nr;
	struct kd_error *err = kd_cpumask_read(sources, KD_CPUMASK_POSSIBLE, ret);
	if (err && !kd_error_catch(&err, KD_ERROR_LOOKUP))
		return err;
	if (ret->nr > before) {
		drop_unset(sources, ret, before);
		return NULL;
	}
	uint32_t end = limit(sources);
	for (uint32_t nr = 0; nr < (end ? end : 1); nr++)
		if (!kd_cpu_numbers_append(ret, nr))
			return &kd_error_nomem;
	return NULL;
}

bool kd_cpu_numbers_have(const struct kd_cpu_numbers *numbers, uint32_t nr)
{
	for (size_t i = 0; i < numbers->nr && numbers->data[i] <= nr; i++)
		if (numbers->data[i] == nr)
			return true;
	return false;
}
