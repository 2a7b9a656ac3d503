/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * THE REGISTERS OF CALLERS, by call frame information of debug info: what an unwinder does not need, and variables are
 * in. A trace is what it was; what the tables say is used only as far as it leads to the same frames.
 */
#ifndef KD_CODE_RESTORED_H
#define KD_CODE_RESTORED_H

#include "code/unwind.h"

/** What is known in one frame. */
struct kd_restored {
	struct kd_regs regs;
	uint64_t known;	 /* KD_REG_BIT of each; others are 0 */
	kd_vaddr cfa;	 /* the canonical frame address of its function */
	bool has_cfa;	 /* it is known */
	bool has_caller; /* the tables lead to the frame after it, which has called it */
};
KD_VECTOR(kd_restored_vector, struct kd_restored);

/**
 * @param frames of one trace, the innermost first. What was guessed, and all behind it, has no registers.
 * What is missing or damaged is not known; errors: KD_ERROR_NOMEM. @param[out] ret as many; the caller's to deinit.
 */
struct kd_error *kd_restore(struct kd_unwinder *unwinder, const struct kd_frame *frames, size_t nr,
			    struct kd_restored_vector *ret) KD_RETURNS_ERROR;

#endif
