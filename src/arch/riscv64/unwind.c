/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels of riscv64 are built with frame pointers: s0 points behind a frame, whose last two words are s0 of the caller
 * and the return address; what s0 points to is the caller's stack pointer. A function that calls no other saves s0
 * alone, in the last word.
 *
 * Code that handles exceptions (handle_exception() up to ret_from_exception()) has a struct pt_regs at its stack
 * pointer instead, with the registers of the function that was interrupted.
 */
#include "arch/riscv64/unwind.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/riscv64/pt_regs.h"
#include "arch/riscv64/registers.h"
#include "base/cleanup.h"
#include "code/tracing.h"

#define PT_REGS_LEN (KD_RISCV_REGS_NR * sizeof(uint64_t)) /* which is a multiple of 16, as all stack pointers are */

struct state {
	bool have_offsets; /* the offsets below are known */
	uint64_t ra, sp, s;
	bool have_entry;
	kd_vaddr entry_start, entry_last; /* the code that handles exceptions; 0: not known */
};

static struct state *state_of(const struct kd_tracing *tracing)
{
	return tracing->unwinder->state;
}

static struct kd_error *create(const struct kd_code_sources *sources, struct kd_text *text, void **ret)
{
	(void)sources;
	(void)text;
	*ret = calloc(1, sizeof(struct state));
	return *ret ? NULL : &kd_error_nomem;
}

static void destroy(void *state)
{
	free(state);
}

static bool is_entry(const struct kd_tracing *tracing, kd_vaddr pc)
{
	const struct kd_code_sources *sources = &tracing->unwinder->sources;
	struct state *state = state_of(tracing);
	if (!state->have_entry) {
		state->have_entry = true;
		if (!kd_sources_have_symbol(sources, "handle_exception", &state->entry_start) ||
		    !(kd_sources_have_symbol(sources, "ret_from_exception_end", &state->entry_last) ||
		      kd_sources_have_symbol(sources, "ret_from_exception", &state->entry_last)))
			state->entry_start = 0;
	}
	return state->entry_start && pc >= state->entry_start && pc <= state->entry_last;
}

/* The frame of a return to pc, which was in the last word before sp. */
static void set_frame(struct kd_frame *next, kd_vaddr pc, kd_vaddr sp, bool fp_known, uint64_t fp)
{
	*next = (struct kd_frame){
		.pc = pc,
		.sp = sp,
		.slot = sp - 8,
		.sure = true,
		.found = KD_FOUND_FRAME_POINTER,
		.known = KD_REG_BIT(KD_RISCV_EPC) | KD_REG_BIT(KD_RISCV_SP) | (fp_known ? KD_REG_BIT(KD_RISCV_S0) : 0),
		.regs.word = { [KD_RISCV_EPC] = pc, [KD_RISCV_SP] = sp, [KD_RISCV_S0] = fp_known ? fp : 0 },
	};
}

/* Whether a value can be the s0 of a frame that begins at or above sp. */
static bool is_frame_pointer(const struct kd_tracing *tracing, uint64_t fp, kd_vaddr sp)
{
	struct kd_stack stack;
	if (fp % 8 || !kd_tracing_stack(tracing, fp - 16, 16, &stack))
		return false;
	return fp > sp || !kd_stack_holds(&stack, sp, 1);
}

/* A return address that was found on its own may have the caller's s0 before it. */
static void set_return(struct kd_tracing *tracing, struct kd_frame *next, kd_vaddr pc, kd_vaddr slot, bool fp_known,
		       uint64_t fp)
{
	struct kd_stack stack;
	if (!fp_known && kd_tracing_stack(tracing, slot - 8, 16, &stack) && kd_tracing_read(tracing, slot - 8, &fp, 1))
		fp_known = fp > slot && is_frame_pointer(tracing, fp, slot) && kd_stack_holds(&stack, fp - 16, 16);
	set_frame(next, pc, slot + 8, fp_known, fp);
}

static enum kd_step step_regs(struct kd_tracing *tracing, kd_vaddr address, struct kd_frame *next)
{
	uint64_t words[KD_RISCV_REGS_NR];
	struct kd_trace *trace = tracing->trace;
	struct kd_regs regs;
	if (!kd_tracing_read(tracing, address, words, KD_ARRAY_NR(words)))
		return KD_STEP_FAIL;
	kd_riscv64_pt_regs.decode(words, &regs);
	if (kd_riscv64_registers.is_user(&regs)) {
		trace->has_user_regs = true;
		trace->user_regs = regs;
		trace->user_regs_address = address;
		kd_tracing_end(trace, KD_END_USER, address, "user mode");
		return KD_STEP_END;
	}
	*next = (struct kd_frame){
		.exact = true,
		.sure = true,
		.found = KD_FOUND_PT_REGS,
		.slot = address + KD_RISCV_EPC * sizeof(uint64_t),
		.regs_address = address,
	};
	kd_tracing_set_regs(tracing, next, &regs, kd_riscv64_pt_regs.known);
	return KD_STEP_FRAME;
}

/** Since Linux 6.16 the function of a new thread is in two, of which the first calls one in C, ret_from_fork_kernel().
 */
static bool begins_thread(struct kd_tracing *tracing, const struct kd_frame *frame)
{
	static const char *const names[] = { "ret_from_fork", "ret_from_fork_kernel_asm", "ret_from_fork_user_asm" };
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *err = kd_text_symbol(tracing->unwinder->text, frame->pc, !frame->exact, &symbol);
	for (size_t i = 0; !err && i < KD_ARRAY_NR(names); i++) {
		if (!strcmp(symbol.name, names[i]))
			return true;
	}
	return false;
}

static enum kd_step step(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	struct kd_trace *trace = tracing->trace;
	const uint64_t fp = frame->regs.word[KD_RISCV_S0];
	if (!frame->exact && is_entry(tracing, frame->pc)) {
		frame->cfa = frame->sp + KD_RISCV_REGS_NR * sizeof(uint64_t);
		return step_regs(tracing, frame->sp, next);
	}
	if (!(frame->known & KD_REG_BIT(KD_RISCV_S0))) {
		kd_tracing_end(trace, KD_END_NO_UNWIND, frame->pc, "no frame pointer at %#" PRIx64, frame->pc);
		return KD_STEP_FAIL;
	}
	/* Where room for the registers of user mode is all that is left, s0 holds something else: the function of a new
	 * thread, or what firmware left there. */
	if (begins_thread(tracing, frame) || !fp ||
	    (tracing->stack.kind == KD_STACK_TASK && tracing->stack.end - frame->sp <= PT_REGS_LEN)) {
		kd_tracing_end(trace, KD_END_ENTRY, frame->pc, "first function of its stack");
		return KD_STEP_END;
	}
	uint64_t words[2]; /* s0 and ra of the caller */
	if (!is_frame_pointer(tracing, fp, frame->sp)) {
		kd_tracing_end(trace, KD_END_OFF_STACK, fp,
			       "the frame pointer %#" PRIx64 " is on no stack above %#" PRIx64, fp, frame->sp);
		return KD_STEP_FAIL;
	}
	if (!kd_tracing_read(tracing, fp - 16, words, KD_ARRAY_NR(words)))
		return KD_STEP_FAIL;
	frame->cfa = fp;
	if (frame->exact && frame->known & KD_REG_BIT(KD_RISCV_RA) && is_frame_pointer(tracing, words[1], fp)) {
		set_frame(next, frame->regs.word[KD_RISCV_RA], fp, true, words[1]);
		return KD_STEP_FRAME;
	}
	set_frame(next, words[1], fp, true, words[0]);
	kd_tracing_resolve(tracing, next);
	return KD_STEP_FRAME;
}

static struct kd_error *load_offsets(const struct kd_code_sources *sources, struct state *state)
{
	if (state->have_offsets)
		return NULL;
	struct kd_error *err = kd_sources_offset(sources, "task_struct", "thread.ra", &state->ra) ?:
			       kd_sources_offset(sources, "task_struct", "thread.sp", &state->sp) ?:
			       kd_sources_offset(sources, "task_struct", "thread.s", &state->s);
	state->have_offsets = !err;
	return err;
}

/* What __switch_to() saved: ra, sp and s0 to s11. */
static struct kd_error *switched(struct kd_tracing *tracing, struct kd_frame *ret, bool *ret_found)
{
	struct state *state = state_of(tracing);
	const struct kd_code_sources *sources = &tracing->unwinder->sources;
	const kd_vaddr task = tracing->trace->task;
	uint64_t ra, sp, s[12];
	struct kd_error *err = load_offsets(sources, state) ?:
			       kd_memory_read_u64(sources->memory, task + state->ra, &ra) ?:
			       kd_memory_read_u64(sources->memory, task + state->sp, &sp) ?:
			       kd_memory_read_array(sources->memory, task + state->s, s, sizeof(*s), KD_ARRAY_NR(s));
	if (err)
		return err;
	set_frame(ret, ra, sp, true, s[0]);
	ret->slot = sp;
	ret->found = KD_FOUND_REGISTERS;
	for (size_t i = 0; i < KD_ARRAY_NR(s); i++) {
		const size_t word = i < 2 ? KD_RISCV_S0 + i : KD_RISCV_S2 + i - 2;
		ret->regs.word[word] = s[i];
		ret->known |= KD_REG_BIT(word);
	}
	/* A task that never ran yet will "return" to the first byte of ret_from_fork(). */
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *unnamed = kd_text_symbol(tracing->unwinder->text, ra, false, &symbol);
	ret->exact = !unnamed && symbol.address == ra;
	*ret_found = true;
	return NULL;
}

static const char *const stop_functions[] = { "machine_kexec", NULL };

const struct kd_unwind_method kd_riscv64_unwind = {
	.stop_functions = stop_functions,
	.by_frame_pointer = true,
	.create = create,
	.destroy = destroy,
	.step = step,
	.set_return = set_return,
	.switched = switched,
};
