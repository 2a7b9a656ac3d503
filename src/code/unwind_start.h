/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * Where a trace begins: at the registers of a note, at what the switch of a task saved, and where neither is there, at
 * a place on the stack from which it unwinds properly.
 */
#ifndef KD_CODE_UNWIND_START_H
#define KD_CODE_UNWIND_START_H

#include "code/tracing.h"

/* Each makes the whole trace. Errors: as kd_unwind(). */

/** At registers of the kernel; those of user mode are all that there is. */
struct kd_error *kd_start_from_regs(struct kd_tracing *tracing, const struct kd_regs *regs) KD_RETURNS_ERROR;

/** A task that sleeps. */
struct kd_error *kd_start_from_switch(struct kd_tracing *tracing) KD_RETURNS_ERROR;

/** A running task of whose CPU there is no note, and why. */
struct kd_error *kd_start_without_regs(struct kd_tracing *tracing, const char *why) KD_RETURNS_ERROR;

/** In the functions that stopped the CPU, if they lead to the registers that its note has; else *ret_found is false. */
struct kd_error *kd_start_from_crash(struct kd_tracing *tracing, const struct kd_regs *regs,
				     bool *ret_found) KD_RETURNS_ERROR;

#endif
