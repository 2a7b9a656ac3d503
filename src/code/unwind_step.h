/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * From the first frame of a trace to its end: by the machine's steps, by prologues, by marked guesses.
 */
#ifndef KD_CODE_UNWIND_STEP_H
#define KD_CODE_UNWIND_STEP_H

#include "code/tracing.h"

/** All callers of the first frame, which is given. */
struct kd_error *kd_tracing_walk(struct kd_tracing *tracing, struct kd_frame frame) KD_RETURNS_ERROR;

#endif
