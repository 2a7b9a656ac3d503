/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * CALL FRAME INFORMATION: how to get from the registers of a function to those of its caller (DWARF 5, section 6.4), by
 * .debug_frame or .eh_frame. Only the rules: who reads memory and knows registers follows them.
 */
#ifndef KD_DEBUG_CFI_H
#define KD_DEBUG_CFI_H

#include "debug/dwarf.h"

/* Of the machine with the highest number that a rule is about: ppc64's condition registers. */
#define KD_CFI_REGISTER_NR 128

/** What a register was in the caller. */
struct kd_cfi_rule {
	enum kd_cfi_how {
		KD_CFI_DEFAULT, /* nothing is said: as the calling convention has it */
		KD_CFI_UNDEFINED,
		KD_CFI_SAME,
		KD_CFI_AT_CFA,	      /* in memory, number bytes from the CFA */
		KD_CFI_IS_CFA,	      /* the CFA and number */
		KD_CFI_REGISTER,      /* what the register of that number is here */
		KD_CFI_AT_EXPRESSION, /* in memory, where the expression says */
		KD_CFI_IS_EXPRESSION,
	} how;
	int64_t number;
	const uint8_t *expression; /* valid as long as the kd_dwarf */
	size_t expression_len;
};

/** The rules at one address. */
struct kd_cfi_row {
	struct kd_cfi_rule cfa; /* KD_CFI_REGISTER: that register and offset; KD_CFI_IS_EXPRESSION */
	int64_t cfa_offset;
	unsigned int return_register;
	struct kd_cfi_rule registers[KD_CFI_REGISTER_NR]; /* by DWARF's numbers */
};

/**
 * @param address as linked: without KASLR. Of a caller the address before the one that it goes on with.
 * @param[out] ret_found false: the file has none for it. KD_ERROR_FORMAT: they are damaged.
 */
struct kd_error *kd_cfi_find(struct kd_dwarf *dwarf, kd_vaddr address, struct kd_cfi_row *ret,
			     bool *ret_found) KD_RETURNS_ERROR;

/** A signed number in LEB128; one of more than 64 bits is an overrun. */
struct kd_cursor;
int64_t kd_dwarf_sleb(struct kd_cursor *cursor);

#endif
