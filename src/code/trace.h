/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * TRACES: the frames that led to where a task or a CPU is. Every frame says how it was found; every trace says why it
 * ended.
 */
#ifndef KD_CODE_TRACE_H
#define KD_CODE_TRACE_H

#include "base/vector.h"
#include "code/stack.h"
#include "dump/registers.h"

/** How a frame's program counter was found. */
enum kd_found {
	KD_FOUND_REGISTERS,	/* the first: registers of a note, of a task switch, or the caller's */
	KD_FOUND_ORC,		/* by the ORC entry of the frame that it called */
	KD_FOUND_FRAME_POINTER, /* beside the one that the frame pointer leads to */
	KD_FOUND_PT_REGS,	/* interrupted: from the struct pt_regs at regs_address */
	KD_FOUND_TRAMPOLINE,	/* by ORC, but the return address had been replaced (function graph tracer, kretprobe);
				   this    is the real one */
	KD_FOUND_SCAN,		/* a guess: the next word on the stack that is preceded by a call */
	KD_FOUND_PROLOGUE, /* from the prologue of the function that it called, which has no ORC (see prologue.h) */
};

struct kd_frame {
	kd_vaddr pc;
	kd_vaddr sp;   /* stack pointer when pc is executed next */
	kd_vaddr slot; /* where on the stack pc was found; for the first frame its sp */
	kd_vaddr cfa;  /* the caller's stack pointer after the return: end of this frame; 0 where not known */
	enum kd_found found;
	enum kd_stack_kind stack; /* that sp is on; differs from the frame before: the stack was switched here */
	bool exact;		  /* pc is the interrupted instruction, not the one after a call */
	bool sure;		  /* false: this frame, or one before it on the way here, was guessed */
	kd_vaddr regs_address;	  /* the struct pt_regs that this frame was read from, or 0 */
	uint64_t known;		  /* KD_REG_BIT of the registers whose value in this frame is known */
	struct kd_regs regs;	  /* those; others are 0 */
};

/** Why a trace ended. The first three are proper ends. */
enum kd_trace_end {
	KD_END_USER,	  /* user mode was reached: user_regs is valid */
	KD_END_ENTRY,	  /* the first function of a kernel thread or of a CPU was reached */
	KD_END_IN_USER,	  /* it ran in user mode when the dump was taken: no frames, user_regs is valid */
	KD_END_LIMIT,	  /* max_frames */
	KD_END_FAULT,	  /* memory was missing: fault and address are valid */
	KD_END_NO_STACK,  /* the task has no stack (any more) */
	KD_END_OFF_STACK, /* the next frame would lie on no stack of the task or its CPU */
	KD_END_LOOP,	  /* the next frame would lie below this one, or on a stack that was left before */
	KD_END_NO_UNWIND, /* no unwind data for the last frame, and nothing to guess by */
	KD_END_CORRUPT,	  /* the unwind data are damaged */
	KD_END_NO_REGS,	  /* it was running and its registers are not in the dump */
};

/** Where the registers that the trace starts from came from. */
enum kd_trace_start {
	KD_START_GIVEN,	  /* the caller's */
	KD_START_SWITCH,  /* saved when the task was switched out (struct inactive_task_frame) */
	KD_START_NOTE,	  /* the dump's note of the CPU that it ran on */
	KD_START_CRASH,	  /* as KD_START_NOTE, moved down to the function that stopped the CPU (KD_UNWIND_CRASH) */
	KD_START_PT_REGS, /* no note; a struct pt_regs found on the CPU's NMI stack */
	KD_START_SCAN,	  /* registers are lost; the stack was searched for a place from which it unwinds properly */
	KD_START_NOTHING, /* there are no frames */
};

KD_VECTOR(kd_frame_vector, struct kd_frame);

struct kd_trace {
	struct kd_frame_vector frames; /* innermost first */
	kd_vaddr task;
	int32_t cpu; /* that the task is, or last was, on; -1 unknown */
	bool running;
	struct kd_stack stack; /* the task's own */
	enum kd_trace_start start;
	enum kd_trace_end end;
	char why[200];		    /* the end in one sentence, no final period */
	char guessed[200];	    /* why frames had to be guessed (the first time), or "" */
	enum kd_fault fault;	    /* KD_END_FAULT */
	kd_vaddr address;	    /* that the end is about; 0 if none */
	bool has_user_regs;	    /* the registers with which user mode entered the kernel: */
	kd_vaddr user_regs_address; /* the struct pt_regs, or 0 if from a note */
	struct kd_regs user_regs;
};

/** A trace is initialised by {} and may be used for one kd_unwind() after another. */
static inline void kd_trace_deinit(struct kd_trace *trace)
{
	kd_frame_vector_deinit(&trace->frames);
}

/** "orc", "frame pointer", … */
const char *kd_found_name(enum kd_found found);
const char *kd_trace_end_name(enum kd_trace_end end);
const char *kd_trace_start_name(enum kd_trace_start start);

#endif
