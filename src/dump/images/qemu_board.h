/* SPDX-License-Identifier: GPL-2.0-or-later */
/** @file Where the machines that QEMU makes up have their memory. */
#ifndef KD_DUMP_IMAGES_QEMU_BOARD_H
#define KD_DUMP_IMAGES_QEMU_BOARD_H

#include "base/machine.h"

#define KD_QEMU_NAME_LEN 256

/** A piece of memory that the stream has under a name of its own. */
struct kd_qemu_block {
	char name[KD_QEMU_NAME_LEN];
	uint64_t len;
	bool mapped;	/* it is the machine's memory: */
	uint64_t start; /* of its first byte, among all of the memory */
};

struct kd_qemu_board {
	kd_paddr base;	     /* of memory */
	uint64_t low_len;    /* as much of it is there; the rest begins at 4 GiB */
	const char *machine; /* as kd_machine has it; NULL: several are possible */
};

/**
 * Find the machine's memory among the blocks, and where it lies.
 * @param name of QEMU's machine type, "pc-q35-7.2"; empty if the stream does not say it.
 * Returns false if it is a machine whose memory is anywhere.
 */
bool kd_qemu_find_memory(const char *name, struct kd_qemu_block *blocks, size_t nr, struct kd_qemu_board *ret);

/** The address of a byte of a block that is mapped. */
kd_paddr kd_qemu_address(const struct kd_qemu_board *board, const struct kd_qemu_block *block, uint64_t offset);

#endif
