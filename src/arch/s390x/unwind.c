/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel is built with a back chain: a word of each stack frame points to that of the caller. A function saves the
 * registers that it must not lose in its caller's frame, %r14 with its return address among them. So of a frame at sp,
 * the caller's frame is at back_chain, and where it goes on is in the caller's own gprs[8]. Where the chain ends in 0,
 * a struct pt_regs follows: of what was interrupted, or of user mode.
 */
#include "arch/s390x/unwind.h"

#include <inttypes.h>
#include <stdlib.h>

#include "arch/s390x/code.h"
#include "arch/s390x/pt_regs.h"
#include "arch/s390x/registers.h"
#include "base/cleanup.h"
#include "code/tracing.h"

struct state {
	uint64_t frame_len, back_chain, return_address; /* of struct stack_frame */
	bool have_ksp;
	uint64_t ksp;
	kd_vaddr switch_to; /* __switch_to(); 0: not there */
};

static struct state *state_of(const struct kd_tracing *tracing)
{
	return tracing->unwinder->state;
}

static struct kd_error *create(const struct kd_code_sources *sources, struct kd_text *text, void **ret)
{
	(void)text;
	struct state *state = calloc(1, sizeof(*state));
	if (!state)
		return &kd_error_nomem;
	/* With -mpacked-stack the back chain is at the end of the frame, else at its start. */
	uint64_t gprs, len;
	state->frame_len = kd_sources_sizeof(sources, "stack_frame", 160);
	if (!kd_sources_have_member(sources, "stack_frame", "back_chain", &state->back_chain, NULL) ||
	    !kd_sources_have_member(sources, "stack_frame", "gprs", &gprs, &len)) {
		state->back_chain = 152;
		gprs = 72;
	}
	/* gprs[0] is %r6. */
	state->return_address = gprs + (14 - 6) * sizeof(uint64_t);
	if (!kd_sources_have_symbol(sources, "__switch_to", &state->switch_to))
		state->switch_to = 0;
	*ret = state;
	return NULL;
}

static void set_return(struct kd_tracing *tracing, struct kd_frame *next, kd_vaddr pc, kd_vaddr slot, bool fp_known,
		       uint64_t fp)
{
	const kd_vaddr sp = slot - state_of(tracing)->return_address;
	(void)fp_known;
	(void)fp;
	*next = (struct kd_frame){
		.pc = pc,
		.sp = sp,
		.slot = slot,
		.sure = true,
		.found = KD_FOUND_FRAME_POINTER,
		.known = KD_REG_BIT(KD_S390X_PSW_ADDRESS) | KD_REG_BIT(KD_S390X_R15),
		.regs.word = { [KD_S390X_PSW_ADDRESS] = pc, [KD_S390X_R15] = sp },
	};
}

/* A whole struct pt_regs at address is where next was interrupted. */
static enum kd_step step_regs(struct kd_tracing *tracing, kd_vaddr address, struct kd_frame *next)
{
	struct kd_regs regs;
	uint64_t words[KD_S390X_PT_REGS_WORDS];
	if (!kd_tracing_read(tracing, address, words, KD_ARRAY_NR(words)))
		return KD_STEP_FAIL;
	kd_s390x_pt_regs.decode(words, &regs);
	if (kd_s390x_registers.is_user(&regs)) {
		tracing->trace->has_user_regs = true;
		tracing->trace->user_regs = regs;
		tracing->trace->user_regs_address = address;
		kd_tracing_end(tracing->trace, KD_END_USER, address, "user mode");
		return KD_STEP_END;
	}
	if (!regs.word[KD_S390X_PSW_ADDRESS] && !regs.word[KD_S390X_R15]) {
		kd_tracing_end(tracing->trace, KD_END_ENTRY, address, "start of a kernel thread");
		return KD_STEP_END;
	}
	*next = (struct kd_frame){ .exact = true,
				   .sure = true,
				   .found = KD_FOUND_PT_REGS,
				   .slot = address + 2 * sizeof(uint64_t),
				   .regs_address = address };
	kd_tracing_set_regs(tracing, next, &regs, kd_s390x_pt_regs.known);
	return KD_STEP_FRAME;
}

/* Where code was interrupted, or took its own registers, it may have no frame yet, or no more: then it returns to %r14
 * with the stack as it is. */
static bool is_frameless(struct kd_tracing *tracing, const struct kd_frame *frame)
{
	struct kd_symbol symbol;
	const kd_vaddr lr = frame->regs.word[KD_S390X_R14];
	if (!frame->exact || !(frame->known & KD_REG_BIT(KD_S390X_R14)) || !kd_tracing_is_code(tracing, lr - 1))
		return false;
	KD_DROP_ERROR struct kd_error *err = kd_text_symbol(tracing->unwinder->text, frame->pc, false, &symbol);
	return !err && !kd_s390x_has_frame(&tracing->unwinder->sources, symbol.address, frame->pc);
}

static enum kd_step step(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	const struct state *state = state_of(tracing);
	uint64_t chain, pc;
	if (is_frameless(tracing, frame)) {
		set_return(tracing, next, frame->regs.word[KD_S390X_R14], frame->sp + state->return_address, false, 0);
		next->slot = 0;
		frame->cfa = frame->sp;
		return KD_STEP_FRAME;
	}
	if (!kd_tracing_read(tracing, frame->sp + state->back_chain, &chain, 1))
		return KD_STEP_FAIL;
	if (!chain) {
		struct kd_stack stack;
		frame->cfa = frame->sp + state->frame_len;
		if (!kd_tracing_stack(tracing, frame->cfa, KD_S390X_PT_REGS_WORDS * sizeof(uint64_t), &stack)) {
			kd_tracing_end(tracing->trace, KD_END_ENTRY, frame->sp, "first function of its stack");
			return KD_STEP_END;
		}
		return step_regs(tracing, frame->cfa, next);
	}
	if (chain & 7) {
		kd_tracing_end(tracing->trace, KD_END_OFF_STACK, chain, "the back chain leads to %#" PRIx64, chain);
		return KD_STEP_FAIL;
	}
	if (!kd_tracing_read(tracing, chain + state->return_address, &pc, 1))
		return KD_STEP_FAIL;
	frame->cfa = chain;
	set_return(tracing, next, pc, chain + state->return_address, false, 0);
	kd_tracing_resolve(tracing, next);
	return KD_STEP_FRAME;
}

static bool guess(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	(void)tracing;
	(void)frame;
	(void)next;
	return false;
}

/* __switch_to() saves the registers in the frame of __schedule(), its caller, and the stack pointer in thread.ksp. */
static struct kd_error *switched(struct kd_tracing *tracing, struct kd_frame *ret, bool *ret_found)
{
	struct state *state = state_of(tracing);
	const struct kd_code_sources *sources = &tracing->unwinder->sources;
	if (!state->have_ksp) {
		struct kd_error *err = kd_sources_offset(sources, "task_struct", "thread.ksp", &state->ksp);
		if (err)
			return err;
		state->have_ksp = true;
	}
	uint64_t sp, pc;
	struct kd_error *err = kd_memory_read_u64(sources->memory, tracing->trace->task + state->ksp, &sp);
	if (err)
		return err;
	*ret_found = kd_tracing_read(tracing, sp + state->return_address, &pc, 1);
	if (!*ret_found)
		return NULL;
	set_return(tracing, ret, pc, sp + state->return_address, false, 0);
	ret->found = KD_FOUND_REGISTERS;
	/* A task that never ran yet will begin at the first byte of ret_from_fork(). */
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *unnamed = kd_text_symbol(tracing->unwinder->text, pc, false, &symbol);
	ret->exact = !unnamed && symbol.address == pc;
	return NULL;
}

static bool lost_switch(struct kd_tracing *tracing, kd_vaddr slot, uint64_t word, struct kd_frame *ret)
{
	const struct state *state = state_of(tracing);
	if (!state->switch_to || kd_text_kind(tracing->unwinder->text, word, NULL, NULL) != KD_TEXT_KERNEL ||
	    !kd_s390x_is_call_of(&tracing->unwinder->sources, word, state->switch_to))
		return false;
	set_return(tracing, ret, word, slot, false, 0);
	return true;
}

static const char *const stop_functions[] = { "__machine_kexec", "machine_kexec", "smp_stop_cpu", NULL };

const struct kd_unwind_method kd_s390x_unwind = {
	.stop_functions = stop_functions,
	.create = create,
	.destroy = free,
	.step = step,
	.guess = guess,
	.set_return = set_return,
	.switched = switched,
	.lost_switch = lost_switch,
};
