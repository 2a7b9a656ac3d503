/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * UNWINDING. From a task, or from registers, to the frames that led there: by what the machine has for it (ORC, frame
 * pointers, back chains); by a marked guess as the last resort.
 *
 * A trace never loops (the stack pointer only rises within a stack, and no stack is entered twice) and never reads
 * outside the bounds of a stack of this task or its CPU.
 */
#ifndef KD_CODE_UNWIND_H
#define KD_CODE_UNWIND_H

#include "code/cpu.h"
#include "code/sources.h"
#include "code/stack.h"
#include "code/text.h"
#include "code/trace.h"

struct kd_unwinder;

/** Reads nothing until it is used. */
struct kd_error *kd_unwinder_create(const struct kd_code_sources *sources, struct kd_unwinder **ret) KD_RETURNS_ERROR;
/** NULL is legal. */
void kd_unwinder_destroy(struct kd_unwinder *unwinder);

/** The parts; valid as long as the unwinder. */
struct kd_cpus *kd_unwinder_cpus(struct kd_unwinder *unwinder);
struct kd_stacks *kd_unwinder_stacks(struct kd_unwinder *unwinder);
struct kd_text *kd_unwinder_text(struct kd_unwinder *unwinder);

/**
 * For a task whose CPU was stopped by a crash kernel: begin with the functions that stopped it (machine_kexec(),
 * crash_nmi_callback()) as crash prints it, instead of at the registers of the note. Found by a search of the stack
 * below these registers, and used only if it unwinds to exactly them.
 */
#define KD_UNWIND_CRASH 1u
/** Never guess: end where ORC and frame pointers end. */
#define KD_UNWIND_NO_SCAN 2u

struct kd_unwind_options {
	uint32_t max_frames; /* 0: the default (512) */
	unsigned int flags;
};

/**
 * @param task address of its struct task_struct; 0 only with start: whatever stack the registers are on.
 * @param start registers to begin with, or NULL: those at its switch or at the crash. The program counter and the
 * stack pointer (and the frame pointer if not 0) are used; code of user mode gives KD_END_IN_USER.
 * @param options may be NULL.
 * A stack that cannot be unwound is no error but a trace with fewer frames. Errors: KD_ERROR_NOMEM; KD_ERROR_FAULT when
 * the task_struct itself cannot be read (of its saved stack pointer only where no search of the stack makes up for it);
 * KD_ERROR_LOOKUP when the types it takes are not in the dump. ret may then hold part of a trace.
 */
struct kd_error *kd_unwind(struct kd_unwinder *unwinder, kd_vaddr task, const struct kd_regs *start,
			   const struct kd_unwind_options *options, struct kd_trace *ret) KD_RETURNS_ERROR;

#endif
