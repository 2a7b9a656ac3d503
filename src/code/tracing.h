/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * @file
 * A TRACE BEING MADE: what unwind.c, its parts and the machine's steps share.
 */
#ifndef KD_CODE_TRACING_H
#define KD_CODE_TRACING_H

#include "code/cpu.h"
#include "code/disasm.h"
#include "code/stack.h"
#include "code/text.h"
#include "code/trace.h"
#include "code/trampoline.h"
#include "code/unwind_method.h"

#define KD_STACK_CACHE_PAGES 8 /* a power of two */

struct kd_unwinder {
	struct kd_code_sources sources;
	const struct kd_unwind_method *method;
	enum kd_order order;
	void *state; /* of the method */
	struct kd_cpus *cpus;
	struct kd_text *text;
	struct kd_stacks *stacks;
	struct kd_trampolines *trampolines;
	struct kd_disasm *disasm; /* NULL until a prologue is read */
	struct stack_page {
		kd_vaddr address; /* 0: free */
		uint8_t bytes[KD_PAGE_LEN_MIN];
	} pages[KD_STACK_CACHE_PAGES];
};

struct kd_tracing {
	struct kd_unwinder *unwinder;
	struct kd_trace *trace;
	uint32_t max_frames;
	bool may_scan;
	uint32_t visited;      /* bits of enum kd_stack_kind: stacks that were left */
	struct kd_stack stack; /* the one that the last frame is on */
};

/** The trace ends, and why in one sentence. */
KD_PRINTF(4, 5)
void kd_tracing_end(struct kd_trace *trace, enum kd_trace_end end, kd_vaddr address, const char *format, ...);

/** Forget all frames. */
void kd_tracing_restart(struct kd_tracing *tracing);

/** The stack that holds [address, address + len): that of the last frame, the task's, or one of its CPU. */
bool kd_tracing_stack(const struct kd_tracing *tracing, kd_vaddr address, uint64_t len, struct kd_stack *ret);

/** Read words of a stack. Every address is checked against the stacks first. On failure false, and the trace is ended.
 */
bool kd_tracing_read(const struct kd_tracing *tracing, kd_vaddr address, uint64_t *words, size_t nr);

bool kd_tracing_is_code(struct kd_tracing *tracing, kd_vaddr pc);

/** A return address was read from the stack: undo what a tracer did to it. */
void kd_tracing_resolve(struct kd_tracing *tracing, struct kd_frame *next);

/** The registers of a frame, and with them where it is. @param known KD_REG_BIT of each. */
void kd_tracing_set_regs(const struct kd_tracing *tracing, struct kd_frame *frame, const struct kd_regs *regs,
			 uint64_t known);

static inline const struct kd_register_set *kd_tracing_registers(const struct kd_tracing *tracing)
{
	return tracing->unwinder->sources.machine->registers;
}

#endif
