/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sym/kallsyms_tables.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"

struct kd_error *kd_kallsyms_markers_read(struct kd_memory *memory, kd_vaddr markers, bool wide, uint32_t nr,
					  uint32_t **ret)
{
	uint32_t block_nr = kd_kallsyms_block_nr(nr);
	size_t size = wide ? 8 : 4;
	KD_FREE uint32_t *starts = malloc(block_nr * size);
	if (!starts)
		return &kd_error_nomem;
	struct kd_error *err = kd_memory_read(memory, markers, starts, block_nr * size);
	if (err)
		return err;
	for (uint32_t i = 0; i < block_nr; i++)
		starts[i] = kd_kallsyms_marker(kd_memory_order(memory), (const uint8_t *)starts + i * size, wide);
	/* A name takes at least a length and a type; at most two bytes of length and what 14 bits can say. */
	bool ok = starts[0] == 0;
	for (uint32_t i = 1; i < block_nr; i++)
		ok = ok && starts[i] > starts[i - 1] && starts[i] - starts[i - 1] >= 256 * 2 &&
		     starts[i] - starts[i - 1] <= 256 * (2 + 0x3fff);
	if (!ok || starts[block_nr - 1] >= KD_KALLSYMS_NAMES_LEN_MAX)
		return kd_error_create(KD_ERROR_FORMAT, "no kallsyms markers at %#" PRIx64, markers);
	*ret = kd_move_ptr(starts);
	return NULL;
}

static bool markers_at(struct kd_memory *memory, kd_vaddr address, bool wide, uint32_t nr)
{
	KD_FREE uint32_t *starts = NULL;
	KD_DROP_ERROR struct kd_error *err = kd_kallsyms_markers_read(memory, address, wide, nr, &starts);
	return !err;
}

/** Whether 3-byte big-endian symbol numbers begin here: the first ones are in range. That they are ordered by name is
 *  checked by who can decode names. */
static bool seqs_at(struct kd_memory *memory, kd_vaddr address, uint32_t nr)
{
	uint8_t bytes[3 * 64];
	size_t len = kd_min(sizeof(bytes), 3ull * nr);
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(memory, address, bytes, len);
	bool ok = !err;
	for (size_t i = 0; ok && i < len; i += 3)
		ok = (uint32_t)(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]) < nr;
	return ok;
}

static uint64_t round_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & -align;
}

/** The markers end where the token table begins, or (seqs) where the numbers before it do. */
static bool find_markers(struct kd_memory *memory, struct kd_kallsyms_tables *tables, bool seqs, uint64_t align)
{
	kd_vaddr end = tables->token_table - (seqs ? round_up(3ull * tables->nr, align) : 0);
	kd_vaddr markers = end - round_up((tables->wide ? 8ull : 4) * kd_kallsyms_block_nr(tables->nr), align);
	if (markers <= tables->names || !markers_at(memory, markers, tables->wide, tables->nr))
		return false;
	tables->markers = markers;
	if (seqs && seqs_at(memory, end, tables->nr))
		tables->seqs = end;
	return true;
}

void kd_kallsyms_tables_find_neighbours(struct kd_memory *memory, struct kd_kallsyms_tables *tables)
{
	if (!find_markers(memory, tables, false, 8) && !find_markers(memory, tables, false, 4) &&
	    !find_markers(memory, tables, true, 8))
		(void)find_markers(memory, tables, true, 4);
	if (tables->offsets < tables->token_index)
		return;

	/* Since 6.4 the numbers come last. */
	uint64_t entry_len = tables->encoding == KD_KALLSYMS_ABSOLUTE ? 8 : 4;
	kd_vaddr end = tables->offsets + entry_len * tables->nr;
	if (tables->encoding == KD_KALLSYMS_ABSOLUTE_PERCPU || tables->encoding == KD_KALLSYMS_RELATIVE)
		end = round_up(end, 8) + 8; /* relative_base */
	if (seqs_at(memory, end, tables->nr))
		tables->seqs = end;
}

struct kd_error *kd_kallsyms_tables_noted(struct kd_memory *memory, struct kd_kallsyms_tables *ret)
{
	const struct kd_vmcoreinfo *info = kd_dump_vmcoreinfo(kd_memory_dump(memory));
	struct kd_kallsyms_tables tables = {};
	kd_vaddr num_syms, relative_base = 0;
	bool relative = kd_vmcoreinfo_symbol(info, "kallsyms_offsets", &tables.offsets);
	if (!kd_vmcoreinfo_symbol(info, "kallsyms_names", &tables.names) ||
	    !kd_vmcoreinfo_symbol(info, "kallsyms_num_syms", &num_syms) ||
	    !kd_vmcoreinfo_symbol(info, "kallsyms_token_table", &tables.token_table) ||
	    !kd_vmcoreinfo_symbol(info, "kallsyms_token_index", &tables.token_index) ||
	    !(relative || kd_vmcoreinfo_symbol(info, "kallsyms_addresses", &tables.offsets)))
		return kd_error_create(KD_ERROR_LOOKUP, "vmcoreinfo does not say where kallsyms is");

	struct kd_error *err = kd_memory_read_u32(memory, num_syms, &tables.nr);
	if (err)
		return err;
	if (!tables.nr || tables.nr > KD_KALLSYMS_NR_MAX)
		return kd_error_create(KD_ERROR_FORMAT, "kallsyms_num_syms at %#" PRIx64 " is %" PRIu32, num_syms,
				       tables.nr);

	tables.encoding = relative ? KD_KALLSYMS_PLACE_RELATIVE : KD_KALLSYMS_ABSOLUTE;
	if (relative && kd_vmcoreinfo_symbol(info, "kallsyms_relative_base", &relative_base)) {
		err = kd_memory_read_u64(memory, relative_base, &tables.base);
		if (err)
			return err;
		/* The last symbols are the end of the image: only the per-CPU encoding makes them negative. */
		uint32_t last;
		err = kd_memory_read_u32(memory, tables.offsets + 4ull * (tables.nr - 1), &last);
		if (err)
			return err;
		tables.encoding = (int32_t)last < 0 ? KD_KALLSYMS_ABSOLUTE_PERCPU : KD_KALLSYMS_RELATIVE;
	}
	kd_kallsyms_tables_find_neighbours(memory, &tables);
	*ret = tables;
	return NULL;
}
