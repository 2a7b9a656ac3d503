/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By the ABI the word at the stack pointer is that of the caller, and a function saves its return address in the third
 * word of its caller's frame. So of a frame at sp, the caller's frame is at [sp], and where it goes on is in [[sp] +
 * 16]. The frame that an exception makes holds a mark and a struct pt_regs.
 */
#include "arch/ppc64/unwind.h"

#include <inttypes.h>
#include <stdlib.h>

#include "arch/ppc64/code.h"
#include "arch/ppc64/pt_regs.h"
#include "arch/ppc64/registers.h"
#include "base/cleanup.h"
#include "code/tracing.h"

#define RETURN_ADDRESS 16
/* "regshere", and what is as long as one instruction can load: "REGS". */
#define MARK_LONG 0x7265677368657265ull
#define MARK_SHORT 0x53474552ull

/* Where the mark and the registers are in a frame: since Linux 6.2 right behind the 32 bytes of ABI v2, before where v1
 * had its end. */
static const struct {
	uint64_t mark, regs;
} places[] = { { 32, 48 }, { 96, 112 } };

struct state {
	bool have_ksp;
	uint64_t ksp;
	kd_vaddr switch_to; /* _switch(); 0: not there */
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
	if (!kd_sources_have_symbol(sources, "_switch", &state->switch_to))
		state->switch_to = 0;
	*ret = state;
	return NULL;
}

static void set_return(struct kd_tracing *tracing, struct kd_frame *next, kd_vaddr pc, kd_vaddr slot, bool fp_known,
		       uint64_t fp)
{
	const kd_vaddr sp = slot - RETURN_ADDRESS;
	(void)tracing;
	(void)fp_known;
	(void)fp;
	*next = (struct kd_frame){
		.pc = pc,
		.sp = sp,
		.slot = slot,
		.sure = true,
		.found = KD_FOUND_FRAME_POINTER,
		.known = KD_REG_BIT(KD_PPC64_NIP) | KD_REG_BIT(KD_PPC64_R1),
		.regs.word = { [KD_PPC64_NIP] = pc, [KD_PPC64_R1] = sp },
	};
}

/* A whole struct pt_regs at address is where next was interrupted. */
static enum kd_step step_regs(struct kd_tracing *tracing, kd_vaddr address, struct kd_frame *next)
{
	struct kd_regs regs;
	uint64_t words[KD_PPC64_REGS_NR];
	if (!kd_tracing_read(tracing, address, words, KD_ARRAY_NR(words)))
		return KD_STEP_FAIL;
	kd_ppc64_pt_regs.decode(words, &regs);
	if (kd_ppc64_registers.is_user(&regs)) {
		tracing->trace->has_user_regs = true;
		tracing->trace->user_regs = regs;
		tracing->trace->user_regs_address = address;
		kd_tracing_end(tracing->trace, KD_END_USER, address, "user mode");
		return KD_STEP_END;
	}
	if (!regs.word[KD_PPC64_NIP] && !regs.word[KD_PPC64_MSR]) {
		kd_tracing_end(tracing->trace, KD_END_ENTRY, address, "start of a kernel thread");
		return KD_STEP_END;
	}
	*next = (struct kd_frame){ .exact = true,
				   .sure = true,
				   .found = KD_FOUND_PT_REGS,
				   .slot = address + KD_PPC64_NIP * sizeof(uint64_t),
				   .regs_address = address };
	kd_tracing_set_regs(tracing, next, &regs, kd_ppc64_pt_regs.known);
	return KD_STEP_FRAME;
}

/** The struct pt_regs in a frame at sp, if it is one of an exception: the frame has room for it, and holds the mark. */
static bool find_regs(struct kd_tracing *tracing, kd_vaddr sp, kd_vaddr *ret)
{
	uint64_t chain, mark;
	if (!kd_tracing_read(tracing, sp, &chain, 1))
		return false;
	for (size_t i = 0; i < KD_ARRAY_NR(places); i++) {
		struct kd_stack stack;
		const uint64_t end = places[i].regs + KD_PPC64_REGS_NR * sizeof(uint64_t);
		if (chain > sp && chain - sp < end)
			continue;
		if (!kd_tracing_stack(tracing, sp + places[i].regs, KD_PPC64_REGS_NR * sizeof(uint64_t), &stack) ||
		    !kd_tracing_read(tracing, sp + places[i].mark, &mark, 1) ||
		    (mark != MARK_LONG && mark != MARK_SHORT))
			continue;
		*ret = sp + places[i].regs;
		return true;
	}
	return false;
}

static enum kd_step step(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	uint64_t chain, pc;
	kd_vaddr regs;
	/* Where code was interrupted it may have no frame yet, or no more. */
	if (frame->exact && frame->known & KD_REG_BIT(KD_PPC64_LINK)) {
		struct kd_symbol symbol;
		enum kd_ppc64_frame has = KD_PPC64_FRAME;
		KD_DROP_ERROR struct kd_error *unnamed =
			kd_text_symbol(tracing->unwinder->text, frame->pc, false, &symbol);
		if (!unnamed)
			has = kd_ppc64_frame_at(&tracing->unwinder->sources, symbol.address, frame->pc);
		pc = frame->regs.word[KD_PPC64_LINK];
		if (has != KD_PPC64_FRAME &&
		    (has == KD_PPC64_NO_FRAME || kd_tracing_read(tracing, frame->sp + RETURN_ADDRESS, &pc, 1)) &&
		    kd_tracing_is_code(tracing, pc - 1)) {
			set_return(tracing, next, pc, frame->sp + RETURN_ADDRESS, false, 0);
			next->slot = 0;
			frame->cfa = frame->sp;
			return KD_STEP_FRAME;
		}
	} else if (find_regs(tracing, frame->sp, &regs)) {
		frame->cfa = regs;
		return step_regs(tracing, regs, next);
	}
	if (!kd_tracing_read(tracing, frame->sp, &chain, 1))
		return KD_STEP_FAIL;
	if (!chain) {
		kd_tracing_end(tracing->trace, KD_END_ENTRY, frame->sp, "first function of its stack");
		return KD_STEP_END;
	}
	if (chain & 7) {
		kd_tracing_end(tracing->trace, KD_END_OFF_STACK, chain, "the back chain leads to %#" PRIx64, chain);
		return KD_STEP_FAIL;
	}
	/* The last frame of a kernel thread is one that nobody returns to. */
	if (!kd_tracing_read(tracing, chain + RETURN_ADDRESS, &pc, 1))
		return KD_STEP_FAIL;
	frame->cfa = chain;
	uint64_t outermost;
	if (!pc && kd_tracing_read(tracing, chain, &outermost, 1) && !outermost) {
		kd_tracing_end(tracing->trace, KD_END_ENTRY, frame->sp, "first function of its stack");
		return KD_STEP_END;
	}
	set_return(tracing, next, pc, chain + RETURN_ADDRESS, false, 0);
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

/* _switch() makes a frame of its own, whose address is thread.ksp: its caller is the first function. */
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
	uint64_t sp, chain, pc;
	struct kd_error *err = kd_memory_read_u64(sources->memory, tracing->trace->task + state->ksp, &sp);
	if (err)
		return err;
	*ret_found =
		kd_tracing_read(tracing, sp, &chain, 1) && kd_tracing_read(tracing, chain + RETURN_ADDRESS, &pc, 1);
	if (!*ret_found)
		return NULL;
	set_return(tracing, ret, pc, chain + RETURN_ADDRESS, false, 0);
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
	    !kd_ppc64_is_call_of(&tracing->unwinder->sources, word, state->switch_to))
		return false;
	set_return(tracing, ret, word, slot, false, 0);
	return true;
}

static const char *const stop_functions[] = { "default_machine_kexec", "machine_kexec", "crash_ipi_callback", NULL };

const struct kd_unwind_method kd_ppc64_unwind = {
	.stop_functions = stop_functions,
	.create = create,
	.destroy = free,
	.step = step,
	.guess = guess,
	.set_return = set_return,
	.switched = switched,
	.lost_switch = lost_switch,
};
