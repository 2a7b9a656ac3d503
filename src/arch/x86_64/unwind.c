/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/unwind.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/disasm.h"
#include "arch/x86_64/orc.h"
#include "arch/x86_64/pt_regs.h"
#include "arch/x86_64/registers.h"
#include "base/cleanup.h"
#include "code/tracing.h"

#define SWITCH_MAX 16 /* words in struct inactive_task_frame */
#define IRET_KNOWN                                                                                             \
	(KD_REG_BIT(KD_X86_RIP) | KD_REG_BIT(KD_X86_CS) | KD_REG_BIT(KD_X86_RFLAGS) | KD_REG_BIT(KD_X86_RSP) | \
	 KD_REG_BIT(KD_X86_SS))

struct state {
	struct kd_orc *orc;
	bool have_switch; /* the offsets below are known */
	uint64_t thread_sp, switch_len;
	struct {
		uint64_t r15, r14, r13, r12, bx, bp, ret_addr;
	} in_switch;	    /* offsets in struct inactive_task_frame */
	kd_vaddr switch_to; /* __switch_to_asm(); 0: not looked up, or not there */
};

static struct state *state_of(const struct kd_tracing *tracing)
{
	return tracing->unwinder->state;
}

static void destroy(void *state)
{
	if (state)
		kd_orc_destroy(((struct state *)state)->orc);
	free(state);
}

static struct kd_error *create(const struct kd_code_sources *sources, struct kd_text *text, void **ret)
{
	struct state *state = calloc(1, sizeof(*state));
	if (!state)
		return &kd_error_nomem;
	struct kd_error *err = kd_orc_create(sources, text, &state->orc);
	if (err) {
		destroy(state);
		return err;
	}
	*ret = state;
	return NULL;
}

/* After a return, rip, rsp and rbp are known as far as unwinding found them; ORC says nothing of other registers. */
static void set_return(struct kd_tracing *tracing, struct kd_frame *next, kd_vaddr pc, kd_vaddr slot, bool bp_known,
		       uint64_t bp)
{
	(void)tracing;
	*next = (struct kd_frame){
		.pc = pc,
		.sp = slot + 8,
		.slot = slot,
		.sure = true,
		.known = KD_REG_BIT(KD_X86_RIP) | KD_REG_BIT(KD_X86_RSP) | (bp_known ? KD_REG_BIT(KD_X86_RBP) : 0),
		.regs.word = { [KD_X86_RIP] = pc, [KD_X86_RSP] = slot + 8, [KD_X86_RBP] = bp_known ? bp : 0 },
	};
}

/* A whole struct pt_regs at address is where next was interrupted. */
static enum kd_step step_regs(struct kd_tracing *tracing, kd_vaddr address, struct kd_frame *next)
{
	struct kd_regs regs;
	uint64_t words[KD_X86_PT_REGS_NR];
	if (!kd_tracing_read(tracing, address, words, KD_ARRAY_NR(words)))
		return KD_STEP_FAIL;
	kd_x86_64_pt_regs.decode(words, &regs);
	if (kd_x86_64_registers.is_user(&regs)) {
		struct kd_trace *trace = tracing->trace;
		trace->has_user_regs = true;
		trace->user_regs = regs;
		trace->user_regs_address = address;
		kd_tracing_end(trace, KD_END_USER, address, "user mode");
		return KD_STEP_END;
	}
	/* A kernel thread's stack begins with empty registers where those of user mode would be. */
	if (!regs.word[KD_X86_RIP] && !regs.word[KD_X86_CS]) {
		kd_tracing_end(tracing->trace, KD_END_ENTRY, address, "start of a kernel thread");
		return KD_STEP_END;
	}
	*next = (struct kd_frame){ .exact = true,
				   .sure = true,
				   .found = KD_FOUND_PT_REGS,
				   .slot = address + KD_X86_RIP * sizeof(uint64_t),
				   .regs_address = address };
	kd_tracing_set_regs(tracing, next, &regs, kd_x86_64_pt_regs.known);
	return KD_STEP_FRAME;
}

/* As above where only the interrupt return frame is there: other registers are still those of the handler. */
static enum kd_step step_iret(struct kd_tracing *tracing, const struct kd_frame *frame, kd_vaddr address,
			      struct kd_frame *next)
{
	uint64_t words[5];
	if (!kd_tracing_read(tracing, address, words, KD_ARRAY_NR(words)))
		return KD_STEP_FAIL;
	struct kd_regs regs = frame->regs;
	regs.word[KD_X86_RIP] = words[0];
	regs.word[KD_X86_CS] = words[1] & KD_X86_SELECTOR;
	regs.word[KD_X86_RFLAGS] = words[2];
	regs.word[KD_X86_RSP] = words[3];
	regs.word[KD_X86_SS] = words[4] & KD_X86_SELECTOR;
	if (kd_x86_64_registers.is_user(&regs)) {
		tracing->trace->has_user_regs = true;
		tracing->trace->user_regs = regs;
		tracing->trace->user_regs_address = 0;
		kd_tracing_end(tracing->trace, KD_END_USER, address, "user mode");
		return KD_STEP_END;
	}
	*next = (struct kd_frame){ .exact = true, .sure = true, .found = KD_FOUND_PT_REGS, .slot = address };
	kd_tracing_set_regs(tracing, next, &regs, (frame->known & ~IRET_KNOWN) | IRET_KNOWN);
	return KD_STEP_FRAME;
}

/*
 * By frame pointer: (%rbp) is the caller's, 8(%rbp) the return address. Kernels built to be unwound so
 * (CONFIG_UNWINDER_FRAME_POINTER) mark a struct pt_regs in the chain by the lowest bit.
 */
static enum kd_step step_frame_pointer(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	uint64_t bp = frame->regs.word[KD_X86_RBP], words[2];
	if (!(frame->known & KD_REG_BIT(KD_X86_RBP)) || bp < frame->sp) {
		kd_tracing_end(tracing->trace, KD_END_NO_UNWIND, frame->pc, "no frame pointer at %#" PRIx64, frame->pc);
		return KD_STEP_FAIL;
	}
	if (bp & 1) {
		frame->cfa = bp - 1;
		return step_regs(tracing, bp - 1, next);
	}
	if (!kd_tracing_read(tracing, bp, words, KD_ARRAY_NR(words)))
		return KD_STEP_FAIL;
	frame->cfa = bp + 16;
	set_return(tracing, next, words[1], bp + 8, true, words[0]);
	next->found = KD_FOUND_FRAME_POINTER;
	kd_tracing_resolve(tracing, next);
	return KD_STEP_FRAME;
}

static enum kd_step bad_orc(struct kd_tracing *tracing, const struct kd_frame *frame, const char *what)
{
	kd_tracing_end(tracing->trace, KD_END_CORRUPT, frame->pc, "%s in the ORC entry of %#" PRIx64, what, frame->pc);
	return KD_STEP_FAIL;
}

static enum kd_step orc_base(struct kd_tracing *tracing, const struct kd_frame *frame, const struct kd_orc_entry *entry,
			     kd_vaddr *ret)
{
	/* A few places in entry code and prologues that realign the stack count from a register that only an interrupt
	 * there leaves behind. */
	static const uint8_t registers[] = {
		[KD_ORC_REG_AX] = KD_X86_RAX,	       [KD_ORC_REG_DX] = KD_X86_RDX,
		[KD_ORC_REG_DI] = KD_X86_RDI,	       [KD_ORC_REG_BP] = KD_X86_RBP,
		[KD_ORC_REG_SP] = KD_X86_RSP,	       [KD_ORC_REG_R10] = KD_X86_R10,
		[KD_ORC_REG_R13] = KD_X86_R13,	       [KD_ORC_REG_BP_INDIRECT] = KD_X86_RBP,
		[KD_ORC_REG_SP_INDIRECT] = KD_X86_RSP,
	};
	if (entry->sp_reg >= KD_ARRAY_NR(registers) || entry->sp_reg < KD_ORC_REG_AX)
		return bad_orc(tracing, frame, "impossible register");
	const uint8_t word = registers[entry->sp_reg];
	if (!(frame->known & KD_REG_BIT(word))) {
		kd_tracing_end(tracing->trace, KD_END_NO_UNWIND, frame->pc,
			       "the register that the frame of %#" PRIx64 " is counted from is not known", frame->pc);
		return KD_STEP_FAIL;
	}
	uint64_t base = frame->regs.word[word];
	switch (entry->sp_reg) {
	case KD_ORC_REG_SP:
	case KD_ORC_REG_BP:
		base += entry->sp_offset;
		break;
	case KD_ORC_REG_BP_INDIRECT:
		if (!kd_tracing_read(tracing, base + entry->sp_offset, &base, 1))
			return KD_STEP_FAIL;
		break;
	case KD_ORC_REG_SP_INDIRECT:
		/* (%rsp) + offset since 87ccc826bf1c (Linux 5.12); what it meant before, no kernel used. */
		if (!kd_tracing_read(tracing, base, &base, 1))
			return KD_STEP_FAIL;
		base += entry->sp_offset;
		break;
	default: /* a register as it is */
		break;
	}
	*ret = base;
	return KD_STEP_FRAME;
}

static enum kd_step step_orc_entry(struct kd_tracing *tracing, struct kd_frame *frame, const struct kd_orc_entry *entry,
				   struct kd_frame *next)
{
	if (entry->type == KD_ORC_END_OF_STACK) {
		kd_tracing_end(tracing->trace, KD_END_ENTRY, frame->pc, "first function of its stack");
		return KD_STEP_END;
	}
	if (entry->type == KD_ORC_UNDEFINED) {
		kd_tracing_end(tracing->trace, KD_END_NO_UNWIND, frame->pc,
			       "code at %#" PRIx64 " cannot be unwound by ORC", frame->pc);
		return KD_STEP_FAIL;
	}
	kd_vaddr base;
	enum kd_step step = orc_base(tracing, frame, entry, &base);
	if (step != KD_STEP_FRAME)
		return step;

	bool bp_known = frame->known & KD_REG_BIT(KD_X86_RBP);
	uint64_t bp = frame->regs.word[KD_X86_RBP], pc;
	switch (entry->type) {
	case KD_ORC_CALL:
		frame->cfa = base;
		if (!kd_tracing_read(tracing, base - 8, &pc, 1))
			return KD_STEP_FAIL;
		set_return(tracing, next, pc, base - 8, bp_known, bp);
		next->found = KD_FOUND_ORC;
		kd_tracing_resolve(tracing, next);
		break;
	case KD_ORC_REGS:
		frame->cfa = base;
		step = step_regs(tracing, base, next);
		break;
	case KD_ORC_REGS_PARTIAL:
		frame->cfa = base;
		step = step_iret(tracing, frame, base, next);
		break;
	default:
		return bad_orc(tracing, frame, "impossible type");
	}
	if (step != KD_STEP_FRAME)
		return step;
	next->exact = entry->signal;

	switch (entry->bp_reg) {
	case KD_ORC_REG_UNDEFINED: /* unchanged, or in the registers just read */
		return KD_STEP_FRAME;
	case KD_ORC_REG_PREV_SP:
		bp = base + entry->bp_offset;
		break;
	case KD_ORC_REG_BP:
		bp += entry->bp_offset;
		break;
	default:
		return bad_orc(tracing, frame, "impossible frame pointer");
	}
	if (!kd_tracing_read(tracing, bp, &next->regs.word[KD_X86_RBP], 1))
		return KD_STEP_FAIL;
	next->known |= KD_REG_BIT(KD_X86_RBP);
	return KD_STEP_FRAME;
}

/* The caller of frame. Fills in frame->cfa. */
static enum kd_step step_sure(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	struct kd_orc *orc = state_of(tracing)->orc;
	/* A call that does not return may be the last instruction of its function: look up the call, not what follows.
	 */
	kd_vaddr pc = frame->exact ? frame->pc : frame->pc - 1;
	enum kd_text_kind kind = kd_text_kind(tracing->unwinder->text, pc, NULL, NULL);

	if (!frame->pc) {
		/* A call of a NULL function pointer has done nothing but push the return address. */
		static const struct kd_orc_entry null_call = { .type = KD_ORC_CALL,
							       .sp_reg = KD_ORC_REG_SP,
							       .sp_offset = 8 };
		return step_orc_entry(tracing, frame, &null_call, next);
	}
	if (kind == KD_TEXT_NONE) {
		kd_tracing_end(tracing->trace, KD_END_NO_UNWIND, frame->pc, "%#" PRIx64 " is no code", frame->pc);
		return KD_STEP_FAIL;
	}
	if (kind == KD_TEXT_BPF || kd_orc_missing(orc))
		return step_frame_pointer(tracing, frame, next);

	struct kd_orc_entry entry;
	KD_DROP_ERROR struct kd_error *err = kd_orc_find(orc, pc, &entry);
	if (!err)
		return step_orc_entry(tracing, frame, &entry, next);
	enum kd_trace_end end = err->code == KD_ERROR_FAULT    ? KD_END_FAULT
				: err->code == KD_ERROR_LOOKUP ? KD_END_NO_UNWIND
							       : KD_END_CORRUPT;
	kd_tracing_end(tracing->trace, end, err->code == KD_ERROR_FAULT ? err->address : frame->pc,
		       "unwinding %#" PRIx64 ": %s", frame->pc, err->message);
	tracing->trace->fault = err->fault;
	return KD_STEP_FAIL;
}

/* Code without ORC still may have a frame pointer, where the kernel at large has none. */
static bool guess(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	return !kd_orc_missing(state_of(tracing)->orc) && !(frame->regs.word[KD_X86_RBP] & 1) &&
	       step_frame_pointer(tracing, frame, next) == KD_STEP_FRAME;
}

/* ---- the first frame of a task that sleeps ---- */

static struct kd_error *load_switch(const struct kd_code_sources *sources, struct state *state)
{
	if (state->have_switch)
		return NULL;
	static const char type[] = "inactive_task_frame";
	struct kd_error *err = kd_sources_offset(sources, "task_struct", "thread.sp", &state->thread_sp) ?:
			       kd_sources_offset(sources, type, "r15", &state->in_switch.r15) ?:
			       kd_sources_offset(sources, type, "r14", &state->in_switch.r14) ?:
			       kd_sources_offset(sources, type, "r13", &state->in_switch.r13) ?:
			       kd_sources_offset(sources, type, "r12", &state->in_switch.r12) ?:
			       kd_sources_offset(sources, type, "bx", &state->in_switch.bx) ?:
			       kd_sources_offset(sources, type, "bp", &state->in_switch.bp) ?:
			       kd_sources_offset(sources, type, "ret_addr", &state->in_switch.ret_addr);
	if (err)
		return err;
	state->switch_len = kd_sources_sizeof(sources, type, 0);
	if (!state->switch_len || state->switch_len / 8 > SWITCH_MAX)
		return kd_error_create(KD_ERROR_UNSUPPORTED, "struct inactive_task_frame has an impossible size");
	/* What is read is whole words, switch_len / 8 of them. */
	const uint64_t offsets[] = { state->in_switch.r15,     state->in_switch.r14, state->in_switch.r13,
				     state->in_switch.r12,     state->in_switch.bx,  state->in_switch.bp,
				     state->in_switch.ret_addr };
	for (size_t i = 0; i < KD_ARRAY_NR(offsets); i++)
		if (offsets[i] % 8 || offsets[i] / 8 >= state->switch_len / 8)
			return kd_error_create(KD_ERROR_UNSUPPORTED,
					       "struct inactive_task_frame has a register at byte %" PRIu64
					       " of %" PRIu64,
					       offsets[i], state->switch_len);
	if (!kd_sources_have_symbol(sources, "__switch_to_asm", &state->switch_to))
		state->switch_to = 0;
	state->have_switch = true;
	return NULL;
}

/* The frame that __switch_to_asm() left at sp: the callee-saved registers and its return address. */
static bool read_switch(struct kd_tracing *tracing, kd_vaddr sp, struct kd_frame *ret)
{
	const struct state *state = state_of(tracing);
	uint64_t words[SWITCH_MAX];
	if (!kd_tracing_read(tracing, sp, words, state->switch_len / 8))
		return false;
#define SAVED(name) words[state->in_switch.name / 8]
	*ret = (struct kd_frame){
		.pc = SAVED(ret_addr),
		.sp = sp + state->switch_len,
		.slot = sp + state->in_switch.ret_addr,
		.sure = true,
		.found = KD_FOUND_REGISTERS,
		.known = KD_REG_BIT(KD_X86_RIP) | KD_REG_BIT(KD_X86_RSP) | KD_REG_BIT(KD_X86_RBP) |
			 KD_REG_BIT(KD_X86_RBX) | KD_REG_BIT(KD_X86_R12) | KD_REG_BIT(KD_X86_R13) |
			 KD_REG_BIT(KD_X86_R14) | KD_REG_BIT(KD_X86_R15),
		.regs.word = { [KD_X86_R15] = SAVED(r15),
			       [KD_X86_R14] = SAVED(r14),
			       [KD_X86_R13] = SAVED(r13),
			       [KD_X86_R12] = SAVED(r12),
			       [KD_X86_RBX] = SAVED(bx),
			       [KD_X86_RBP] = SAVED(bp),
			       [KD_X86_RIP] = SAVED(ret_addr),
			       [KD_X86_RSP] = sp + state->switch_len },
	};
#undef SAVED
	/* A task that never ran yet will "return" to the first byte of ret_from_fork(). */
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *unnamed = kd_text_symbol(tracing->unwinder->text, ret->pc, false, &symbol);
	ret->exact = !unnamed && symbol.address == ret->pc;
	return true;
}

static struct kd_error *switched(struct kd_tracing *tracing, struct kd_frame *ret, bool *ret_found)
{
	struct state *state = state_of(tracing);
	const struct kd_code_sources *sources = &tracing->unwinder->sources;
	struct kd_error *err = load_switch(sources, state);
	if (err)
		return err;
	uint64_t sp;
	err = kd_memory_read_u64(sources->memory, tracing->trace->task + state->thread_sp, &sp);
	if (err)
		return err;
	*ret_found = read_switch(tracing, sp, ret);
	return NULL;
}

static bool lost_switch(struct kd_tracing *tracing, kd_vaddr slot, uint64_t word, struct kd_frame *ret)
{
	const struct state *state = state_of(tracing);
	return state->switch_to && kd_text_kind(tracing->unwinder->text, word, NULL, NULL) == KD_TEXT_KERNEL &&
	       kd_x86_64_instructions.is_call_of(&tracing->unwinder->sources, word, state->switch_to) &&
	       read_switch(tracing, slot - state->in_switch.ret_addr, ret);
}

static const char *const stop_functions[] = { "machine_kexec", "crash_nmi_callback", NULL };

const struct kd_unwind_method kd_x86_64_unwind = {
	.stop_functions = stop_functions,
	.create = create,
	.destroy = destroy,
	.step = step_sure,
	.guess = guess,
	.set_return = set_return,
	.switched = switched,
	.lost_switch = lost_switch,
};
