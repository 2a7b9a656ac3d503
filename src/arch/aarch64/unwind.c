/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every function of an arm64 kernel that calls another keeps a frame record: two words, x29 of its caller and the
 * return address (x30), to which x29 points. Records of entry code are part of struct pt_regs: the outermost one of a
 * stack is two zeros, that of an interrupted function repeats its x29 and pc. Since Linux kernel commit c2c6b27b5aa1
 * ("arm64: stacktrace: unwind exception boundaries") (in v6.13) the latter is two zeros as well, and a word behind
 * tells them apart.
 *
 * Most functions have their record at the lowest address of their frame. Where the stack pointer of a caller is not
 * known, the address of its record stands for it.
 */
#include "arch/aarch64/unwind.h"

#include <inttypes.h>
#include <stdlib.h>

#include "arch/aarch64/code.h"
#include "arch/aarch64/disasm.h"
#include "arch/aarch64/pt_regs.h"
#include "arch/aarch64/registers.h"
#include "base/cleanup.h"
#include "code/tracing.h"

/* enum of asm/stacktrace/frame.h */
#define FRAME_META_TYPE_PT_REGS 2

#define PT_REGS_LEN_MAX 1024

struct state {
	bool have_offsets; /* the offsets below are known */
	uint64_t x19, fp, sp, pc;
	uint64_t pt_regs_len, record; /* of struct pt_regs, and the record in it; 0: not known */
	uint64_t meta;		      /* the word behind the record that tells its kind; 0: there is none */
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

static struct kd_error *load_offsets(const struct kd_code_sources *sources, struct state *state)
{
	if (state->have_offsets)
		return NULL;
	struct kd_error *err = kd_sources_offset(sources, "task_struct", "thread.cpu_context.x19", &state->x19) ?:
			       kd_sources_offset(sources, "task_struct", "thread.cpu_context.fp", &state->fp) ?:
			       kd_sources_offset(sources, "task_struct", "thread.cpu_context.sp", &state->sp) ?:
			       kd_sources_offset(sources, "task_struct", "thread.cpu_context.pc", &state->pc);
	if (err)
		return err;
	uint64_t size, meta;
	state->pt_regs_len = kd_sources_sizeof(sources, "pt_regs", 0);
	if (!kd_sources_have_member(sources, "pt_regs", "stackframe", &state->record, NULL) ||
	    state->pt_regs_len > PT_REGS_LEN_MAX || state->record > state->pt_regs_len ||
	    state->record < KD_ARM64_REGS_NR * sizeof(uint64_t))
		state->pt_regs_len = state->record = 0;
	if (state->record && kd_sources_have_member(sources, "frame_record_meta", "type", &meta, &size) && size == 8)
		state->meta = meta;
	state->have_offsets = true;
	return NULL;
}

/* The frame of a return to pc, by the record before slot; its own record is at fp, if that is known. */
static void set_frame(struct kd_tracing *tracing, struct kd_frame *next, kd_vaddr pc, kd_vaddr slot, bool fp_known,
		      uint64_t fp)
{
	struct kd_stack stack;
	const uint64_t sp = fp_known && kd_tracing_stack(tracing, fp, 16, &stack) ? fp : slot + 8;
	*next = (struct kd_frame){
		.pc = pc,
		.sp = sp,
		.slot = slot,
		.sure = true,
		.found = KD_FOUND_FRAME_POINTER,
		.known = KD_REG_BIT(KD_ARM64_PC) | KD_REG_BIT(KD_ARM64_SP) | (fp_known ? KD_REG_BIT(KD_ARM64_FP) : 0),
		.regs.word = { [KD_ARM64_PC] = pc, [KD_ARM64_SP] = sp, [KD_ARM64_FP] = fp_known ? fp : 0 },
	};
}

/* A return address that was found on its own may be the second word of a record. */
static void set_return(struct kd_tracing *tracing, struct kd_frame *next, kd_vaddr pc, kd_vaddr slot, bool fp_known,
		       uint64_t fp)
{
	struct kd_stack stack;
	pc = kd_aarch64_instructions.code_address(tracing->unwinder->sources.memory, pc);
	if (!fp_known && kd_tracing_stack(tracing, slot - 8, 16, &stack) && kd_tracing_read(tracing, slot - 8, &fp, 1))
		fp_known = fp > slot && fp % 8 == 0 && kd_stack_holds(&stack, fp, 16);
	set_frame(tracing, next, pc, slot, fp_known, fp);
}

/* The registers with which user mode, or nothing at all, was left for the kernel. */
static enum kd_step end_at_regs(struct kd_tracing *tracing, kd_vaddr address)
{
	uint64_t words[KD_ARM64_REGS_NR];
	struct kd_trace *trace = tracing->trace;
	if (!address || !kd_tracing_read(tracing, address, words, KD_ARRAY_NR(words))) {
		kd_tracing_end(trace, KD_END_ENTRY, address, "first function of its stack");
		return KD_STEP_END;
	}
	struct kd_regs regs;
	kd_aarch64_pt_regs.decode(words, &regs);
	/* A kernel thread's are empty, as those of an idle task, or say that it runs in the kernel. */
	if (!kd_aarch64_registers.is_user(&regs) || !regs.word[KD_ARM64_PC]) {
		kd_tracing_end(trace, KD_END_ENTRY, address, "start of a kernel thread");
		return KD_STEP_END;
	}
	trace->has_user_regs = true;
	trace->user_regs = regs;
	trace->user_regs_address = address;
	kd_tracing_end(trace, KD_END_USER, address, "user mode");
	return KD_STEP_END;
}

static enum kd_step step_regs(struct kd_tracing *tracing, kd_vaddr address, struct kd_frame *next)
{
	uint64_t words[KD_ARM64_REGS_NR];
	struct kd_regs regs;
	if (!kd_tracing_read(tracing, address, words, KD_ARRAY_NR(words)))
		return KD_STEP_FAIL;
	kd_aarch64_pt_regs.decode(words, &regs);
	*next = (struct kd_frame){
		.exact = true,
		.sure = true,
		.found = KD_FOUND_PT_REGS,
		.slot = address + KD_ARM64_PC * sizeof(uint64_t),
		.regs_address = address,
	};
	kd_tracing_set_regs(tracing, next, &regs, kd_aarch64_pt_regs.known);
	return KD_STEP_FRAME;
}

/* Whether the record at fp is the one in the struct pt_regs of an interrupted function. */
static bool is_interrupted(const struct kd_tracing *tracing, kd_vaddr fp, const uint64_t record[2], kd_vaddr *ret)
{
	const struct state *state = state_of(tracing);
	struct kd_stack stack;
	uint64_t saved[4];
	_Static_assert(KD_ARM64_PC - KD_ARM64_FP == 3, "from x29 to pc");
	const kd_vaddr regs = fp - state->record;
	if (!state->record || !kd_tracing_stack(tracing, regs, state->record + 16, &stack) ||
	    !kd_tracing_read(tracing, regs + KD_ARM64_FP * sizeof(uint64_t), saved, KD_ARRAY_NR(saved)))
		return false;
	*ret = regs;
	uint64_t type;
	if (!record[0] && !record[1])
		return state->meta && kd_tracing_stack(tracing, fp + state->meta, 8, &stack) &&
		       kd_tracing_read(tracing, fp + state->meta, &type, 1) && type == FRAME_META_TYPE_PT_REGS;
	return saved[0] == record[0] && saved[3] == record[1];
}

/*
 * An interrupted function may not have made its record yet, have none, or have given it up already: then the return
 * address is in x30, and x29 is its caller's.
 */
static bool step_link_register(struct kd_tracing *tracing, const struct kd_frame *frame, struct kd_frame *next)
{
	const uint64_t needed = KD_REG_BIT(KD_ARM64_LR) | KD_REG_BIT(KD_ARM64_FP);
	struct kd_symbol symbol;
	if (!frame->exact || (frame->known & needed) != needed)
		return false;
	KD_DROP_ERROR struct kd_error *err = kd_text_symbol(tracing->unwinder->text, frame->pc, false, &symbol);
	const kd_vaddr lr =
		kd_aarch64_instructions.code_address(tracing->unwinder->sources.memory, frame->regs.word[KD_ARM64_LR]);
	if (err || kd_aarch64_has_record(&tracing->unwinder->sources, symbol.address, frame->pc) ||
	    !kd_tracing_is_code(tracing, lr - 1))
		return false;
	set_frame(tracing, next, lr, 0, true, frame->regs.word[KD_ARM64_FP]);
	if (next->sp < frame->sp || next->sp == 8)
		next->sp = next->regs.word[KD_ARM64_SP] = frame->sp;
	return true;
}

static enum kd_step step(struct kd_tracing *tracing, struct kd_frame *frame, struct kd_frame *next)
{
	struct kd_trace *trace = tracing->trace;
	const struct state *state = state_of(tracing);
	const uint64_t fp = frame->regs.word[KD_ARM64_FP];
	KD_DROP_ERROR struct kd_error *unknown = load_offsets(&tracing->unwinder->sources, state_of(tracing));
	if (step_link_register(tracing, frame, next))
		return KD_STEP_FRAME;
	if (!(frame->known & KD_REG_BIT(KD_ARM64_FP))) {
		kd_tracing_end(trace, KD_END_NO_UNWIND, frame->pc, "no frame pointer at %#" PRIx64, frame->pc);
		return KD_STEP_FAIL;
	}
	/* Before Linux kernel commit 7d7b720a4b80 ("arm64: Implement stack trace termination record") (in v5.14). */
	if (!fp)
		return end_at_regs(tracing,
				   trace->stack.kind && state->pt_regs_len ? trace->stack.end - state->pt_regs_len : 0);
	uint64_t record[2];
	if (fp < frame->sp && kd_stack_holds(&tracing->stack, fp, 16)) {
		kd_tracing_end(trace, KD_END_LOOP, fp,
			       "the frame pointer %#" PRIx64 " is below the stack pointer %#" PRIx64, fp, frame->sp);
		return KD_STEP_FAIL;
	}
	if (!kd_tracing_read(tracing, fp, record, KD_ARRAY_NR(record)))
		return KD_STEP_FAIL;
	kd_vaddr regs;
	if (is_interrupted(tracing, fp, record, &regs)) {
		frame->cfa = regs + state->pt_regs_len;
		return step_regs(tracing, regs, next);
	}
	if (!record[0] && !record[1])
		return end_at_regs(tracing, state->record ? fp - state->record : 0);
	/* A tracer replaces return addresses, and remembers them by the caller's frame pointer. */
	kd_vaddr pc = kd_aarch64_instructions.code_address(tracing->unwinder->sources.memory, record[1]), real;
	bool traced = kd_trampoline_resolve(tracing->unwinder->trampolines, trace->task, pc, record[0], &real);
	set_frame(tracing, next, traced ? real : pc, fp + 8, true, record[0]);
	if (traced)
		next->found = KD_FOUND_TRAMPOLINE;
	frame->cfa = next->sp;
	return KD_STEP_FRAME;
}

/* What cpu_switch_to() saved: x19 to x28, x29, sp and the return address. */
static struct kd_error *switched(struct kd_tracing *tracing, struct kd_frame *ret, bool *ret_found)
{
	struct state *state = state_of(tracing);
	const struct kd_code_sources *sources = &tracing->unwinder->sources;
	const kd_vaddr task = tracing->trace->task;
	uint64_t callee_saved[KD_ARM64_X28 - KD_ARM64_X19 + 1], fp, sp, pc;
	struct kd_error *err = load_offsets(sources, state) ?:
			       kd_memory_read_array(sources->memory, task + state->x19, callee_saved,
						    sizeof(*callee_saved), KD_ARRAY_NR(callee_saved)) ?:
			       kd_memory_read_u64(sources->memory, task + state->fp, &fp) ?:
			       kd_memory_read_u64(sources->memory, task + state->sp, &sp) ?:
			       kd_memory_read_u64(sources->memory, task + state->pc, &pc);
	if (err)
		return err;
	pc = kd_aarch64_instructions.code_address(sources->memory, pc);
	*ret = (struct kd_frame){
		.pc = pc,
		.sp = sp,
		.slot = sp,
		.sure = true,
		.found = KD_FOUND_REGISTERS,
		.known = KD_REG_BIT(KD_ARM64_PC) | KD_REG_BIT(KD_ARM64_SP) | KD_REG_BIT(KD_ARM64_FP),
		.regs.word = { [KD_ARM64_PC] = pc, [KD_ARM64_SP] = sp, [KD_ARM64_FP] = fp },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(callee_saved); i++) {
		ret->regs.word[KD_ARM64_X19 + i] = callee_saved[i];
		ret->known |= KD_REG_BIT(KD_ARM64_X19 + i);
	}
	/* A task that never ran yet will "return" to the first byte of ret_from_fork(). */
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *unnamed = kd_text_symbol(tracing->unwinder->text, pc, false, &symbol);
	ret->exact = !unnamed && symbol.address == pc;
	*ret_found = true;
	return NULL;
}

static const char *const stop_functions[] = { "machine_kexec", NULL };

const struct kd_unwind_method kd_aarch64_unwind = {
	.stop_functions = stop_functions,
	.by_frame_pointer = true,
	.create = create,
	.destroy = destroy,
	.step = step,
	.set_return = set_return,
	.switched = switched,
};
