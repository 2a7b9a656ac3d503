/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump/images/qemu_board.h"

#include <stdlib.h>
#include <string.h>

#define GIB (1ull << 30)
#define HIGH (4 * GIB)

/*
 * Heuristic, since the stream says which machine it is of and how large its blocks are, but not where they are mapped.
 * What is not below 4 GiB is from there on; how much is below depends on the machine, and on whether there is too much
 * for that (QEMU hw/i386/pc_piix.c, pc_q35.c, hw/arm/virt.c, hw/riscv/virt.c). Guards: VMCOREINFO is only taken if the
 * kernel that it describes is where it says. max-ram-below-4g would be another place, and nobody sets it.
 */
static const struct machine_type {
	const char *prefix; /* of the name of the machine type */
	const char *ram;    /* the name of its memory; NULL: whatever */
	const char *machine;
	kd_paddr base;
	uint64_t most, low_len; /* if there are more than `most` bytes, low_len are low; 0: all are in a row */
} machine_types[] = {
	{ "pc-q35", NULL, "x86_64", 0, 0xb0000000, 2 * GIB },
	{ "q35", NULL, "x86_64", 0, 0xb0000000, 2 * GIB },
	{ "pc", NULL, "x86_64", 0, 0xe0000000, 3 * GIB },
	{ "", "pc.ram", "x86_64", 0, 0xe0000000, 3 * GIB },
	{ "virt", "riscv_virt_board.ram", "riscv64", 0x80000000, 0, 0 },
	{ "virt", NULL, "aarch64", 0x40000000, 0, 0 },
	{ "s390-ccw", NULL, "s390x", 0, 0, 0 },
	{ "pseries", NULL, NULL, 0, 0, 0 },
	{ "powernv", NULL, NULL, 0, 0, 0 },
};

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash ? slash + 1 : name;
}

static bool ends_with(const char *name, const char *end)
{
	const size_t len = strlen(name), end_len = strlen(end);
	return len >= end_len && !strcmp(name + len - end_len, end);
}

/** The parts of a machine with several nodes, as libvirt names them, in a row; whether there are any. */
static bool find_nodes(struct kd_qemu_block *blocks, size_t nr, uint64_t *total)
{
	size_t found = 0;
	for (size_t node = 0; node < nr; node++) {
		for (size_t i = 0; i < nr; i++) {
			const char *name = last_part(blocks[i].name);
			if (strncmp(name, "ram-node", 8) || strtoull(name + 8, NULL, 10) != node || blocks[i].mapped)
				continue;
			blocks[i].mapped = true;
			blocks[i].start = *total;
			*total += blocks[i].len;
			found++;
			break;
		}
		if (found != node + 1)
			break;
	}
	return found;
}

static struct kd_qemu_block *find_ram(struct kd_qemu_block *blocks, size_t nr)
{
	struct kd_qemu_block *largest = NULL;
	for (size_t i = 0; i < nr; i++) {
		if (ends_with(blocks[i].name, ".ram"))
			return &blocks[i];
		if (!largest || blocks[i].len > largest->len)
			largest = &blocks[i];
	}
	return largest;
}

bool kd_qemu_find_memory(const char *name, struct kd_qemu_block *blocks, size_t nr, struct kd_qemu_board *ret)
{
	uint64_t total = 0;
	const char *ram_name = "";
	if (!nr)
		return false;
	if (!find_nodes(blocks, nr, &total)) {
		struct kd_qemu_block *ram = find_ram(blocks, nr);
		ram->mapped = true;
		total = ram->len;
		ram_name = last_part(ram->name);
	}
	for (size_t i = 0; i < KD_ARRAY_NR(machine_types); i++) {
		const struct machine_type *type = &machine_types[i];
		if (strncmp(name, type->prefix, strlen(type->prefix)) || (type->ram && strcmp(ram_name, type->ram)) ||
		    (!*type->prefix && *name))
			continue;
		*ret = (struct kd_qemu_board){ .base = type->base,
					       .low_len =
						       type->most && total >= type->most ? type->low_len : UINT64_MAX,
					       .machine = type->machine };
		return true;
	}
	return false;
}

kd_paddr kd_qemu_address(const struct kd_qemu_board *board, const struct kd_qemu_block *block, uint64_t offset)
{
	const uint64_t place = block->start + offset;
	return place >= board->low_len ? HIGH + (place - board->low_len) : board->base + place;
}
