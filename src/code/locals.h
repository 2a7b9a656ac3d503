/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * LOCALS. Variables and parameters of a frame, with their values where these can be known: none is a guess.
 */
#ifndef KD_CODE_LOCALS_H
#define KD_CODE_LOCALS_H

#include "code/restored.h"
#include "debug/lines.h"

/** One variable or parameter. */
struct kd_local {
	const char *name; /* valid as long as the debug info */
	uint32_t level;	  /* whose it is: the number among the functions that are inlined at the frame's pc */
	uint32_t line;	  /* where it is declared; 0: not told */
	bool is_parameter;
	const struct kd_type *type;
	enum kd_local_kind {
		KD_LOCAL_NONE, /* nobody knows, and why says why */
		KD_LOCAL_AT,   /* in memory at address */
		KD_LOCAL_IS,   /* in registers, or nowhere: bytes, as they would be in memory, type->size of them */
	} kind;
	kd_vaddr address;
	uint8_t *bytes; /* owned */
	const char *why;
};
KD_VECTOR(kd_local_vector, struct kd_local);

/** Frees what the elements own, too. */
void kd_locals_deinit(struct kd_local_vector *locals);

/**
 * Of the frame `index` of a trace. KD_ERROR_LOOKUP: there is no debug info for its code; of code of the assembler there
 * are simply none. @param restored of kd_restore(), of the same frames. @param[out] ret the innermost function's first.
 */
struct kd_error *kd_frame_locals(struct kd_unwinder *unwinder, const struct kd_frame *frames,
				 const struct kd_restored *restored, size_t nr, size_t index,
				 struct kd_local_vector *ret) KD_RETURNS_ERROR;

#endif
