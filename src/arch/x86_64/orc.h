/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * ORC: the kernel's own unwind tables, in the dump of every kernel with CONFIG_UNWINDER_ORC. For a program counter they
 * say where the caller's stack pointer, frame pointer and return address are. Layout and meaning of an entry are taken
 * from the dump (BTF, the hash in .orc_header, a look at the table), never from the version.
 */
#ifndef KD_ARCH_X86_64_ORC_H
#define KD_ARCH_X86_64_ORC_H

#include "code/sources.h"
#include "code/text.h"

/** What the base of a rule is. The numbers in the tables differ between kernels; these do not. */
enum kd_orc_reg {
	KD_ORC_REG_UNDEFINED,
	KD_ORC_REG_PREV_SP, /* the caller's stack pointer, found before */
	KD_ORC_REG_AX,
	KD_ORC_REG_DX,
	KD_ORC_REG_DI,
	KD_ORC_REG_BP,
	KD_ORC_REG_SP,
	KD_ORC_REG_R10,
	KD_ORC_REG_R13,
	KD_ORC_REG_BP_INDIRECT,
	KD_ORC_REG_SP_INDIRECT,
	KD_ORC_REG_INVALID,
};

enum kd_orc_type {
	KD_ORC_UNDEFINED,    /* code that cannot be unwound */
	KD_ORC_END_OF_STACK, /* nothing called this */
	KD_ORC_CALL,	     /* return address just below the caller's stack pointer */
	KD_ORC_REGS,	     /* a whole struct pt_regs is there */
	KD_ORC_REGS_PARTIAL, /* only its last five words (the interrupt return frame) */
	KD_ORC_INVALID,
};

struct kd_orc_entry {
	int16_t sp_offset, bp_offset;
	uint8_t sp_reg, bp_reg; /* enum kd_orc_reg */
	uint8_t type;		/* enum kd_orc_type */
	bool signal;		/* the caller was interrupted: its pc is exact, not a return address */
};

struct kd_orc;

/** Never fails for want of tables: kd_orc_find() says what is missing. */
struct kd_error *kd_orc_create(const struct kd_code_sources *sources, struct kd_text *text,
			       struct kd_orc **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_orc_destroy(struct kd_orc *orc);

/** Whether the kernel proper has ORC tables at all; NULL: yes, else why not (valid as long as orc). */
const char *kd_orc_missing(struct kd_orc *orc);

/**
 * The entry that holds for the instruction at pc.
 * Errors: KD_ERROR_LOOKUP when no table covers pc, KD_ERROR_FAULT when the table cannot be read there, KD_ERROR_FORMAT
 * when the table is not in order.
 */
struct kd_error *kd_orc_find(struct kd_orc *orc, kd_vaddr pc, struct kd_orc_entry *ret) KD_RETURNS_ERROR;

#endif
