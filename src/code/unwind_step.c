/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/unwind_step.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "code/instruction_set.h"

/* Whether a frame may follow the last one, and on which stack it is. On failure the trace is ended. */
static bool check_direction(struct kd_tracing *tracing, const struct kd_frame *frame, const struct kd_frame *next,
			    struct kd_stack *ret)
{
	struct kd_stack stack;
	/* The outermost frame may have taken all of its stack, so that sp is just behind it. */
	if (!kd_tracing_stack(tracing, next->sp, 1, &stack) &&
	    !(next->slot + 8 == next->sp && kd_tracing_stack(tracing, next->slot, 8, &stack))) {
		/* The frame itself is known; what called it is not. */
		*ret = (struct kd_stack){ .cpu = -1 };
		return true;
	}
	bool switched = tracing->stack.kind && stack.start != tracing->stack.start;
	/* A return address out of a register (slot 0) may leave the stack pointer as it is. */
	const bool rises = next->sp > frame->sp || (next->sp == frame->sp && !next->slot && frame->exact);
	if ((!switched && tracing->stack.kind && !rises) || (switched && tracing->visited & 1u << stack.kind)) {
		kd_tracing_end(tracing->trace, KD_END_LOOP, next->sp,
			       "the stack pointer goes back from %#" PRIx64 " to %#" PRIx64, frame->sp, next->sp);
		return false;
	}
	*ret = stack;
	return true;
}

/* The next word up the same stack that may be a return address. */
static bool step_scan(struct kd_tracing *tracing, const struct kd_frame *frame, struct kd_frame *next)
{
	if (!tracing->stack.kind)
		return false;
	for (kd_vaddr at = (kd_max(frame->sp, tracing->stack.start) + 7) & -8ul; kd_stack_holds(&tracing->stack, at, 8);
	     at += 8) {
		uint64_t word;
		if (!kd_tracing_read(tracing, at, &word, 1))
			break;
		word = kd_text_code_address(tracing->unwinder->text, word);
		if (!kd_tracing_is_code(tracing, word) || !kd_text_after_call(tracing->unwinder->text, word))
			continue;
		tracing->unwinder->method->set_return(tracing, next, word, at, false, 0);
		/* A machine that saves return addresses inside of frames leads back to this one by what was read here.
		 */
		if (next->sp <= frame->sp)
			continue;
		next->found = KD_FOUND_SCAN;
		next->sure = false;
		return true;
	}
	return false;
}

/* The frame of a function without unwind data, by its prologue. Sure where the caller called it by name, else a guess.
 */
static bool step_prologue(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	struct kd_unwinder *unwinder = tracing->unwinder;
	struct kd_symbol symbol;
	struct kd_prologue prologue;
	const struct kd_machine *machine = unwinder->sources.machine;
	const struct kd_register_set *registers = machine->registers;
	uint64_t pc, fp = frame->regs.word[registers->fp];
	KD_DROP_ERROR struct kd_error *err = kd_text_symbol(unwinder->text, frame->pc, !frame->exact, &symbol);
	if (!err && !unwinder->disasm)
		err = kd_disasm_create(machine, KD_SYNTAX_ATT, &unwinder->disasm);
	if (err || !machine->instructions->read_prologue ||
	    !machine->instructions->read_prologue(&unwinder->sources, unwinder->disasm, symbol.address, frame->pc,
						  &prologue) ||
	    !kd_tracing_read(tracing, frame->sp + prologue.depth, &pc, 1) || !kd_tracing_is_code(tracing, pc - 1) ||
	    (prologue.saves_fp && !kd_tracing_read(tracing, frame->sp + prologue.fp_offset, &fp, 1)))
		return false;
	bool called = machine->instructions->is_call_of(&unwinder->sources, pc, symbol.address);
	if (!called && !kd_text_after_call(unwinder->text, pc))
		return false;
	unwinder->method->set_return(tracing, next, pc, frame->sp + prologue.depth,
				     prologue.saves_fp || frame->known & KD_REG_BIT(registers->fp), fp);
	next->found = KD_FOUND_PROLOGUE;
	next->sure = called;
	frame->cfa = next->sp;
	return true;
}

/* Code without unwind data still may have a frame pointer: take it where it leads to a return address. Else search. */
static bool step_guess(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next,
		       struct kd_stack *ret_stack)
{
	frame->cfa = 0;
	if (tracing->unwinder->method->guess && tracing->unwinder->method->guess(tracing, frame, next) &&
	    check_direction(tracing, frame, next, ret_stack) && kd_tracing_is_code(tracing, next->pc) &&
	    kd_text_after_call(tracing->unwinder->text, next->pc)) {
		next->sure = false;
		return true;
	}
	frame->cfa = 0;
	*ret_stack = tracing->stack;
	return step_scan(tracing, frame, next);
}

/* One step by whatever means there is; the trace is ended unless KD_STEP_FRAME. */
static enum kd_step step(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next,
			 struct kd_stack *ret_stack)
{
	enum kd_step how = tracing->unwinder->method->step(tracing, frame, next);
	if (how == KD_STEP_FRAME && check_direction(tracing, frame, next, ret_stack)) {
		next->sure &= frame->sure;
		if (kd_tracing_is_code(tracing, next->exact ? next->pc : next->pc - 1) ||
		    next->found == KD_FOUND_PT_REGS)
			return KD_STEP_FRAME;
		kd_tracing_end(tracing->trace, KD_END_NO_UNWIND, next->slot,
			       "the return address %#" PRIx64 " at %#" PRIx64 " is no code", next->pc, next->slot);
		how = KD_STEP_FAIL;
	} else if (how == KD_STEP_FRAME) {
		how = KD_STEP_FAIL;
	}
	if (how == KD_STEP_END || tracing->trace->end == KD_END_FAULT)
		return how;
	/* What failed is what ends the trace, should guessing lead nowhere. */
	struct kd_trace failed = *tracing->trace;
	frame->cfa = 0;
	bool found = step_prologue(tracing, frame, next) && check_direction(tracing, frame, next, ret_stack);
	if (found && next->sure) {
		next->sure = frame->sure;
		return KD_STEP_FRAME;
	}
	if (tracing->may_scan && !found)
		found = step_guess(tracing, frame, next, ret_stack);
	*tracing->trace = failed;
	if (!tracing->may_scan || !found)
		return KD_STEP_FAIL;
	if (!tracing->trace->guessed[0])
		memcpy(tracing->trace->guessed, failed.why, sizeof(failed.why));
	return KD_STEP_FRAME;
}

struct kd_error *kd_tracing_walk(struct kd_tracing *tracing, struct kd_frame frame)
{
	struct kd_trace *trace = tracing->trace;
	if (!kd_tracing_stack(tracing, frame.sp, 1, &tracing->stack))
		tracing->stack = (struct kd_stack){ .cpu = -1 };
	for (;;) {
		frame.stack = tracing->stack.kind;
		if (trace->frames.nr >= tracing->max_frames) {
			kd_tracing_end(trace, KD_END_LIMIT, frame.pc, "%u frames", tracing->max_frames);
			return NULL;
		}
		struct kd_frame next;
		struct kd_stack stack;
		enum kd_step how = step(tracing, &frame, &next, &stack);
		if (!kd_frame_vector_append(&trace->frames, frame))
			return &kd_error_nomem;
		if (how != KD_STEP_FRAME)
			return NULL;
		if (tracing->stack.start != stack.start) {
			tracing->visited |= 1u << tracing->stack.kind;
			tracing->stack = stack;
		}
		frame = next;
	}
}
