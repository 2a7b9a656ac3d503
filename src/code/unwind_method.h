/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * UNWINDING, as a machine supplies it: from a frame to its caller, and to the first frame of a task that sleeps.
 */
#ifndef KD_CODE_UNWIND_METHOD_H
#define KD_CODE_UNWIND_METHOD_H

#include "base/error.h"
#include "code/sources.h"
#include "code/text.h"
#include "code/trace.h"

struct kd_tracing;

enum kd_step {
	KD_STEP_FRAME, /* next is the caller */
	KD_STEP_END,   /* the trace properly ends here, and says why */
	KD_STEP_FAIL,  /* it cannot go on by this means; the trace says why */
};

struct kd_unwind_method {
	/** Functions in which a CPU waits for a crash kernel; NULL-terminated. */
	const char *const *stop_functions;
	/** A frame is known by its frame pointer, which is always kept; its stack pointer is where its record is. */
	bool by_frame_pointer;
	/** What it knows of a kernel, made once for each unwinder; reads nothing yet. */
	struct kd_error *(*create)(const struct kd_code_sources *sources, struct kd_text *text, void **ret);
	void (*destroy)(void *state); /* NULL is legal */

	/** The caller of frame by unwind data that can be trusted. Fills in frame->cfa. */
	enum kd_step (*step)(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next);
	/** Where step() has no data for frame: the caller by a frame pointer, which the caller of this has to check.
	 * NULL: step() goes by frame pointers. */
	bool (*guess)(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next);
	/** The frame of a return to pc, which was found at slot. @param fp frame pointer then, if it is known. */
	void (*set_return)(struct kd_tracing *tracing, struct kd_frame *next, kd_vaddr pc, kd_vaddr slot, bool fp_known,
			   uint64_t fp);

	/** The first frame of a task that sleeps: what its switch saved. @param[out] ret_found false: the trace says
	 * why not. Errors: as kd_unwind(). */
	struct kd_error *(*switched)(struct kd_tracing *tracing, struct kd_frame *ret, bool *ret_found);
	/** Whether the word at slot of a task's stack is where its switch returns to: then that frame. NULL: it is not
	 * on the stack. */
	bool (*lost_switch)(struct kd_tracing *tracing, kd_vaddr slot, uint64_t word, struct kd_frame *ret);
};

#endif
