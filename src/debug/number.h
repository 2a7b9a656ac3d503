/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Arithmetic of DWARF expressions: numbers of the generic type, or of an integer type of the program's.
 */
#ifndef KD_DEBUG_NUMBER_H
#define KD_DEBUG_NUMBER_H

#include "base/types.h"

/** A number on the stack of an expression. */
struct kd_number {
	uint64_t value; /* of a type: extended to 64 bits as its sign says */
	uint8_t bits;	/* 0: the generic type, an address or a number that has no sign of its own */
	bool is_signed;
};

/** Cut to the bits of its type. */
static inline void kd_number_extend(struct kd_number *number)
{
	if (!number->bits || number->bits >= 64)
		return;
	unsigned int unused = 64 - number->bits;
	number->value <<= unused;
	number->value = number->is_signed ? (uint64_t)((int64_t)number->value >> unused) : number->value >> unused;
}

/** DW_OP_abs, _neg or _not; what comes out is still to be extended. */
void kd_number_unary(unsigned int atom, struct kd_number *number);

/** The others, in place of left, of whose type the right one is, too; still to be extended. False: a division by zero.
 */
bool kd_number_binary(unsigned int atom, struct kd_number *left, const struct kd_number *right);

#endif
