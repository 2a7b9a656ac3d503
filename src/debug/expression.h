/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * DWARF EXPRESSIONS (DWARF 5, sections 2.5 and 2.6): where a variable is, or what it is, in a frame. What cannot be
 * known for certain is not available, and why is told.
 */
#ifndef KD_DEBUG_EXPRESSION_H
#define KD_DEBUG_EXPRESSION_H

#include "debug/dwarf.h"

/** What an expression asks of the frame that it is evaluated in. Each is false where it is not known, and then says
 * why. A function that is NULL is not known. */
struct kd_expression_frame {
	void *context;
	enum kd_order order;
	uint64_t shift; /* added to addresses that the debug info has */
	bool (*reg)(void *context, uint64_t number, uint64_t *ret, const char **ret_why);
	bool (*read)(void *context, kd_vaddr address, void *bytes, size_t len, const char **ret_why);
	bool (*frame_base)(void *context, uint64_t *ret, const char **ret_why);
	bool (*cfa)(void *context, uint64_t *ret, const char **ret_why);
	/** The value that the function was entered with, of what these operations name. */
	bool (*entry_value)(void *context, const Dwarf_Op *operations, size_t nr, uint64_t *ret, const char **ret_why);
};

/** A part of a variable; most have one. */
struct kd_piece {
	enum kd_piece_kind {
		KD_PIECE_NONE,	 /* optimised out */
		KD_PIECE_MEMORY, /* at the address number */
		KD_PIECE_VALUE,	 /* the low end of number, which a register has or has not */
		KD_PIECE_BYTES,	 /* as they would be in memory */
	} kind;
	uint64_t number;
	const uint8_t *bytes; /* valid as long as the kd_dwarf */
	size_t len;
	uint64_t bit_size, bit_offset; /* of the part; 0 in the one of an undivided variable */
};

enum { KD_PIECE_NR_MAX = 32 };

struct kd_location {
	struct kd_piece pieces[KD_PIECE_NR_MAX];
	size_t nr;	 /* 0: it is nowhere */
	const char *why; /* a piece is KD_PIECE_NONE: why the first is; valid always */
};

/**
 * @param attribute that the operations were read from, for those that refer to more; NULL: of an unwind table.
 * Pieces that cannot be known are KD_PIECE_NONE. False: nothing can be, and ret->why says why.
 */
bool kd_expression_locate(const struct kd_expression_frame *frame, Dwarf_Attribute *attribute,
			  const Dwarf_Op *operations, size_t nr, struct kd_location *ret);

/** The same of what is but a number. @param first on the stack before the first operation; NULL: nothing. */
bool kd_expression_number(const struct kd_expression_frame *frame, Dwarf_Attribute *attribute,
			  const Dwarf_Op *operations, size_t nr, const uint64_t *first, uint64_t *ret,
			  const char **ret_why);

/** The operations of an unwind table's expression. False: it has unknown ones, or too many. */
bool kd_expression_decode(const uint8_t *bytes, size_t len, enum kd_order order, Dwarf_Op *ret, size_t max,
			  size_t *ret_nr);

#endif
