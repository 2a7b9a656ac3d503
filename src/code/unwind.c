/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/unwind.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "code/prologue.h"
#include "code/trampoline.h"

#define FRAMES_DEFAULT 512
#define SWITCH_MAX 16 /* words in struct inactive_task_frame */
#define PAGE_LEN 4096ul
#define CACHE_PAGES 8 /* of stack; a power of two */

#define PT_REGS_LEN 168ul /* see stack.c */
#define PT_REGS_KNOWN ((1u << PT_REGS_LEN / 8) - 1)
#define IRET_KNOWN (KD_REG_BIT(rip) | KD_REG_BIT(cs) | KD_REG_BIT(rflags) | KD_REG_BIT(rsp) | KD_REG_BIT(ss))

struct kd_unwinder {
	struct kd_code_sources sources;
	struct kd_cpus *cpus;
	struct kd_text *text;
	struct kd_stacks *stacks;
	struct kd_orc *orc;
	struct kd_trampolines *trampolines;
	struct kd_disasm *disasm; /* NULL until a prologue is read */
	bool have_switch;	  /* the offsets below are known */
	uint64_t thread_sp, switch_len;
	struct {
		uint64_t r15, r14, r13, r12, bx, bp, ret_addr;
	} in_switch; /* offsets in struct inactive_task_frame */
	struct stack_page {
		kd_vaddr address; /* 0: free */
		uint8_t bytes[PAGE_LEN];
	} pages[CACHE_PAGES];
};

/* One trace being made. */
struct walk {
	struct kd_unwinder *unwinder;
	struct kd_trace *trace;
	uint32_t max_frames;
	bool may_scan;
	uint32_t visited;      /* bits of enum kd_stack_kind: stacks that were left */
	struct kd_stack stack; /* the one that the last frame is on */
};

/* Text lives in a fixed buffer: why a trace ends is asked for rarely, and made for every trace. */
KD_PRINTF(4, 5)
static void end_trace(struct kd_trace *trace, enum kd_trace_end end, kd_vaddr address, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(trace->why, sizeof(trace->why), format, args);
	va_end(args);
	trace->end = end;
	trace->address = address;
}

struct kd_error *kd_unwinder_create(const struct kd_code_sources *sources, struct kd_unwinder **ret)
{
	struct kd_unwinder *unwinder = calloc(1, sizeof(*unwinder));
	if (!unwinder)
		return &kd_error_nomem;
	unwinder->sources = *sources;
	struct kd_error *err = kd_cpus_create(sources, &unwinder->cpus) ?: kd_text_create(sources, &unwinder->text) ?:
			       kd_stacks_create(sources, unwinder->cpus, &unwinder->stacks) ?:
			       kd_orc_create(sources, unwinder->text, &unwinder->orc) ?:
			       kd_trampolines_create(sources, &unwinder->trampolines);
	if (err) {
		kd_unwinder_destroy(unwinder);
		return err;
	}
	*ret = unwinder;
	return NULL;
}

void kd_unwinder_destroy(struct kd_unwinder *unwinder)
{
	if (!unwinder)
		return;
	kd_disasm_destroy(unwinder->disasm);
	kd_trampolines_destroy(unwinder->trampolines);
	kd_orc_destroy(unwinder->orc);
	kd_stacks_destroy(unwinder->stacks);
	kd_text_destroy(unwinder->text);
	kd_cpus_destroy(unwinder->cpus);
	free(unwinder);
}

struct kd_cpus *kd_unwinder_cpus(struct kd_unwinder *unwinder)
{
	return unwinder->cpus;
}

struct kd_stacks *kd_unwinder_stacks(struct kd_unwinder *unwinder)
{
	return unwinder->stacks;
}

struct kd_text *kd_unwinder_text(struct kd_unwinder *unwinder)
{
	return unwinder->text;
}

/* Reading the stack. Every address is checked against the stacks first. */

static bool on_stack(const struct kd_stack *stack, kd_vaddr address, uint64_t len)
{
	return address >= stack->start && address < stack->end && len <= stack->end - address;
}

/* The stack that holds [address, address + len): the walk's, the task's, or one of its CPU. */
static bool find_stack(const struct walk *walk, kd_vaddr address, uint64_t len, struct kd_stack *ret)
{
	const struct kd_stack *stack = NULL;
	if (walk->stack.kind && on_stack(&walk->stack, address, len))
		stack = &walk->stack;
	else if (walk->trace->stack.kind && on_stack(&walk->trace->stack, address, len))
		stack = &walk->trace->stack;
	else if (walk->trace->cpu >= 0)
		stack = kd_stack_at(walk->unwinder->stacks, walk->trace->cpu, address);
	if (!stack || !on_stack(stack, address, len))
		return false;
	*ret = *stack;
	return true;
}

static struct kd_error *stack_page(struct kd_unwinder *unwinder, kd_vaddr address, const uint8_t **ret)
{
	kd_vaddr start = address & -PAGE_LEN;
	struct stack_page *page = &unwinder->pages[address / PAGE_LEN & (CACHE_PAGES - 1)];
	if (page->address != start) {
		page->address = 0;
		struct kd_error *err = kd_memory_read(unwinder->sources.memory, start, page->bytes, PAGE_LEN);
		if (err)
			return err;
		page->address = start;
	}
	*ret = page->bytes;
	return NULL;
}

/* Read words of a stack. On failure false, and the trace is ended. */
static bool read_stack(const struct walk *walk, kd_vaddr address, uint64_t *words, size_t nr)
{
	struct kd_stack stack;
	if (address % 8 || !find_stack(walk, address, nr * 8, &stack)) {
		end_trace(walk->trace, KD_END_OFF_STACK, address, "%#" PRIx64 " is on no stack of the task or its CPU",
			  address);
		return false;
	}
	for (size_t i = 0; i < nr; i++, address += 8) {
		const uint8_t *page;
		KD_DROP_ERROR struct kd_error *err = stack_page(walk->unwinder, address, &page);
		if (err) {
			end_trace(walk->trace, KD_END_FAULT, address, "stack at %#" PRIx64 ": %s", address,
				  err->message);
			walk->trace->fault = err->fault;
			return false;
		}
		memcpy(&words[i], page + address % PAGE_LEN, 8);
	}
	return true;
}

/* Registers of a frame. */

static void set_regs(struct kd_frame *frame, const struct kd_regs *regs, uint32_t known)
{
	frame->regs = *regs;
	frame->known = known;
	frame->pc = regs->rip;
	frame->sp = regs->rsp;
}

static bool is_user(const struct kd_regs *regs)
{
	return (regs->cs & 3) == 3;
}

/* After a return, rip, rsp and rbp are known as far as unwinding found them; ORC says nothing of other registers. */
static void set_return(struct kd_frame *next, kd_vaddr pc, kd_vaddr slot, bool bp_known, uint64_t bp)
{
	*next = (struct kd_frame){
		.pc = pc,
		.sp = slot + 8,
		.slot = slot,
		.sure = true,
		.known = KD_REG_BIT(rip) | KD_REG_BIT(rsp) | (bp_known ? KD_REG_BIT(rbp) : 0),
		.regs = { .rip = pc, .rsp = slot + 8, .rbp = bp_known ? bp : 0 },
	};
}

static bool is_code(struct walk *walk, kd_vaddr pc)
{
	return kd_text_kind(walk->unwinder->text, pc, NULL, NULL) != KD_TEXT_NONE;
}

/* A return address was read from the stack: undo what a tracer did to it. */
static void resolve_trampoline(struct walk *walk, struct kd_frame *next)
{
	kd_vaddr real;
	if (!kd_trampoline_resolve(walk->unwinder->trampolines, walk->trace->task, next->pc, next->slot, &real))
		return;
	next->pc = next->regs.rip = real;
	next->found = KD_FOUND_TRAMPOLINE;
}

enum step {
	STEP_FRAME, /* next is the caller */
	STEP_END,   /* the trace properly ends here, and says why */
	STEP_FAIL,  /* it cannot go on by this means; the trace says why */
};

/* A whole struct pt_regs at address is where next was interrupted. */
static enum step step_regs(struct walk *walk, kd_vaddr address, struct kd_frame *next)
{
	struct kd_regs regs = {};
	uint64_t words[PT_REGS_LEN / 8];
	if (!read_stack(walk, address, words, KD_ARRAY_NR(words)))
		return STEP_FAIL;
	memcpy(&regs, words, sizeof(words));
	regs.cs &= 0xffff; /* FRED, see stack.c */
	regs.ss &= 0xffff;
	if (is_user(&regs)) {
		struct kd_trace *trace = walk->trace;
		trace->has_user_regs = true;
		trace->user_regs = regs;
		trace->user_regs_address = address;
		end_trace(trace, KD_END_USER, address, "user mode");
		return STEP_END;
	}
	/* A kernel thread's stack begins with empty registers where those of user mode would be. */
	if (!regs.rip && !regs.cs) {
		end_trace(walk->trace, KD_END_ENTRY, address, "start of a kernel thread");
		return STEP_END;
	}
	*next = (struct kd_frame){ .exact = true,
				   .sure = true,
				   .found = KD_FOUND_PT_REGS,
				   .slot = address + offsetof(struct kd_regs, rip),
				   .regs_address = address };
	set_regs(next, &regs, PT_REGS_KNOWN);
	return STEP_FRAME;
}

/* As above where only the interrupt return frame is there: other registers are still those of the handler. */
static enum step step_iret(struct walk *walk, const struct kd_frame *frame, kd_vaddr address, struct kd_frame *next)
{
	uint64_t words[5];
	if (!read_stack(walk, address, words, KD_ARRAY_NR(words)))
		return STEP_FAIL;
	struct kd_regs regs = frame->regs;
	regs.rip = words[0];
	regs.cs = words[1] & 0xffff;
	regs.rflags = words[2];
	regs.rsp = words[3];
	regs.ss = words[4] & 0xffff;
	if (is_user(&regs)) {
		walk->trace->has_user_regs = true;
		walk->trace->user_regs = regs;
		walk->trace->user_regs_address = 0;
		end_trace(walk->trace, KD_END_USER, address, "user mode");
		return STEP_END;
	}
	*next = (struct kd_frame){ .exact = true, .sure = true, .found = KD_FOUND_PT_REGS, .slot = address };
	set_regs(next, &regs, (frame->known & (KD_REG_ALL & ~IRET_KNOWN)) | IRET_KNOWN);
	return STEP_FRAME;
}

/*
 * By frame pointer: (%rbp) is the caller's, 8(%rbp) the return address. Kernels built to be unwound so
 * (CONFIG_UNWINDER_FRAME_POINTER) mark a struct pt_regs in the chain by the lowest bit.
 */
static enum step step_frame_pointer(struct walk *walk, struct kd_frame *frame, struct kd_frame *next)
{
	uint64_t bp = frame->regs.rbp, words[2];
	if (!(frame->known & KD_REG_BIT(rbp)) || bp < frame->sp) {
		end_trace(walk->trace, KD_END_NO_UNWIND, frame->pc, "no frame pointer at %#" PRIx64, frame->pc);
		return STEP_FAIL;
	}
	if (bp & 1) {
		frame->cfa = bp - 1;
		return step_regs(walk, bp - 1, next);
	}
	if (!read_stack(walk, bp, words, KD_ARRAY_NR(words)))
		return STEP_FAIL;
	frame->cfa = bp + 16;
	set_return(next, words[1], bp + 8, true, words[0]);
	next->found = KD_FOUND_FRAME_POINTER;
	resolve_trampoline(walk, next);
	return STEP_FRAME;
}

static enum step bad_orc(struct walk *walk, const struct kd_frame *frame, const char *what)
{
	end_trace(walk->trace, KD_END_CORRUPT, frame->pc, "%s in the ORC entry of %#" PRIx64, what, frame->pc);
	return STEP_FAIL;
}

static enum step orc_base(struct walk *walk, const struct kd_frame *frame, const struct kd_orc_entry *entry,
			  kd_vaddr *ret)
{
	/* A few places in entry code and prologues that realign the stack count from a register that only an interrupt
	 * there leaves behind. */
	static const struct {
		uint32_t bit;
		size_t offset;
	} registers[] = {
#define REGISTER(name) { KD_REG_BIT(name), offsetof(struct kd_regs, name) }
		[KD_ORC_REG_AX] = REGISTER(rax),	  [KD_ORC_REG_DX] = REGISTER(rdx),
		[KD_ORC_REG_DI] = REGISTER(rdi),	  [KD_ORC_REG_BP] = REGISTER(rbp),
		[KD_ORC_REG_SP] = REGISTER(rsp),	  [KD_ORC_REG_R10] = REGISTER(r10),
		[KD_ORC_REG_R13] = REGISTER(r13),	  [KD_ORC_REG_BP_INDIRECT] = REGISTER(rbp),
		[KD_ORC_REG_SP_INDIRECT] = REGISTER(rsp),
#undef REGISTER
	};
	if (entry->sp_reg >= KD_ARRAY_NR(registers) || !registers[entry->sp_reg].bit)
		return bad_orc(walk, frame, "impossible register");
	if (!(frame->known & registers[entry->sp_reg].bit)) {
		end_trace(walk->trace, KD_END_NO_UNWIND, frame->pc,
			  "the register that the frame of %#" PRIx64 " is counted from is not known", frame->pc);
		return STEP_FAIL;
	}
	uint64_t base;
	memcpy(&base, (const char *)&frame->regs + registers[entry->sp_reg].offset, sizeof(base));
	switch (entry->sp_reg) {
	case KD_ORC_REG_SP:
	case KD_ORC_REG_BP:
		base += entry->sp_offset;
		break;
	case KD_ORC_REG_BP_INDIRECT:
		if (!read_stack(walk, base + entry->sp_offset, &base, 1))
			return STEP_FAIL;
		break;
	case KD_ORC_REG_SP_INDIRECT:
		/* (%rsp) + offset since 87ccc826bf1c (Linux 5.12); what it meant before, no kernel used. */
		if (!read_stack(walk, base, &base, 1))
			return STEP_FAIL;
		base += entry->sp_offset;
		break;
	default: /* a register as it is */
		break;
	}
	*ret = base;
	return STEP_FRAME;
}

static enum step step_orc_entry(struct walk *walk, struct kd_frame *frame, const struct kd_orc_entry *entry,
				struct kd_frame *next)
{
	if (entry->type == KD_ORC_END_OF_STACK) {
		end_trace(walk->trace, KD_END_ENTRY, frame->pc, "first function of its stack");
		return STEP_END;
	}
	if (entry->type == KD_ORC_UNDEFINED) {
		end_trace(walk->trace, KD_END_NO_UNWIND, frame->pc, "code at %#" PRIx64 " cannot be unwound by ORC",
			  frame->pc);
		return STEP_FAIL;
	}
	kd_vaddr base;
	enum step step = orc_base(walk, frame, entry, &base);
	if (step != STEP_FRAME)
		return step;

	bool bp_known = frame->known & KD_REG_BIT(rbp);
	uint64_t bp = frame->regs.rbp, pc;
	switch (entry->type) {
	case KD_ORC_CALL:
		frame->cfa = base;
		if (!read_stack(walk, base - 8, &pc, 1))
			return STEP_FAIL;
		set_return(next, pc, base - 8, bp_known, bp);
		next->found = KD_FOUND_ORC;
		resolve_trampoline(walk, next);
		break;
	case KD_ORC_REGS:
		frame->cfa = base;
		step = step_regs(walk, base, next);
		break;
	case KD_ORC_REGS_PARTIAL:
		frame->cfa = base;
		step = step_iret(walk, frame, base, next);
		break;
	default:
		return bad_orc(walk, frame, "impossible type");
	}
	if (step != STEP_FRAME)
		return step;
	next->exact = entry->signal;

	switch (entry->bp_reg) {
	case KD_ORC_REG_UNDEFINED: /* unchanged, or in the registers just read */
		return STEP_FRAME;
	case KD_ORC_REG_PREV_SP:
		bp = base + entry->bp_offset;
		break;
	case KD_ORC_REG_BP:
		bp += entry->bp_offset;
		break;
	default:
		return bad_orc(walk, frame, "impossible frame pointer");
	}
	if (!read_stack(walk, bp, &next->regs.rbp, 1))
		return STEP_FAIL;
	next->known |= KD_REG_BIT(rbp);
	return STEP_FRAME;
}

/* The caller of frame. Fills in frame->cfa. */
static enum step step_sure(struct walk *walk, struct kd_frame *frame, struct kd_frame *next)
{
	struct kd_unwinder *unwinder = walk->unwinder;
	/* A call that does not return may be the last instruction of its function: look up the call, not what follows.
	 */
	kd_vaddr pc = frame->exact ? frame->pc : frame->pc - 1;
	enum kd_text_kind kind = kd_text_kind(unwinder->text, pc, NULL, NULL);

	if (!frame->pc) {
		/* A call of a NULL function pointer has done nothing but push the return address. */
		static const struct kd_orc_entry null_call = { .type = KD_ORC_CALL,
							       .sp_reg = KD_ORC_REG_SP,
							       .sp_offset = 8 };
		return step_orc_entry(walk, frame, &null_call, next);
	}
	if (kind == KD_TEXT_NONE) {
		end_trace(walk->trace, KD_END_NO_UNWIND, frame->pc, "%#" PRIx64 " is no code", frame->pc);
		return STEP_FAIL;
	}
	if (kind == KD_TEXT_BPF || kd_orc_missing(unwinder->orc))
		return step_frame_pointer(walk, frame, next);

	struct kd_orc_entry entry;
	KD_DROP_ERROR struct kd_error *err = kd_orc_find(unwinder->orc, pc, &entry);
	if (!err)
		return step_orc_entry(walk, frame, &entry, next);
	enum kd_trace_end end = err->code == KD_ERROR_FAULT    ? KD_END_FAULT
				: err->code == KD_ERROR_LOOKUP ? KD_END_NO_UNWIND
							       : KD_END_CORRUPT;
	end_trace(walk->trace, end, err->code == KD_ERROR_FAULT ? err->address : frame->pc,
		  "unwinding %#" PRIx64 ": %s", frame->pc, err->message);
	walk->trace->fault = err->fault;
	return STEP_FAIL;
}

/* Whether a frame may follow the last one, and on which stack it is. On failure the trace is ended. */
static bool check_direction(struct walk *walk, const struct kd_frame *frame, const struct kd_frame *next,
			    struct kd_stack *ret)
{
	struct kd_stack stack;
	/* The outermost frame may have taken all of its stack, so that sp is just behind it. */
	if (!find_stack(walk, next->sp, 1, &stack) &&
	    !(next->slot + 8 == next->sp && find_stack(walk, next->slot, 8, &stack))) {
		/* The frame itself is known; what called it is not. */
		*ret = (struct kd_stack){ .cpu = -1 };
		return true;
	}
	bool switched = walk->stack.kind && stack.start != walk->stack.start;
	if ((!switched && walk->stack.kind && next->sp <= frame->sp) ||
	    (switched && walk->visited & 1u << stack.kind)) {
		end_trace(walk->trace, KD_END_LOOP, next->sp,
			  "the stack pointer goes back from %#" PRIx64 " to %#" PRIx64, frame->sp, next->sp);
		return false;
	}
	*ret = stack;
	return true;
}

/* The next word up the same stack that may be a return address. */
static bool step_scan(struct walk *walk, const struct kd_frame *frame, struct kd_frame *next)
{
	if (!walk->stack.kind)
		return false;
	for (kd_vaddr at = (kd_max(frame->sp, walk->stack.start) + 7) & -8ul; on_stack(&walk->stack, at, 8); at += 8) {
		uint64_t word;
		if (!read_stack(walk, at, &word, 1))
			break;
		if (!is_code(walk, word) || !kd_text_after_call(walk->unwinder->text, word))
			continue;
		set_return(next, word, at, false, 0);
		next->found = KD_FOUND_SCAN;
		next->sure = false;
		return true;
	}
	return false;
}

/* The frame of a function without ORC, by its prologue. Sure where the caller called it by name, else a guess. */
static bool step_prologue(struct walk *walk, struct kd_frame *frame, struct kd_frame *next)
{
	struct kd_unwinder *unwinder = walk->unwinder;
	struct kd_symbol symbol;
	struct kd_prologue prologue;
	uint64_t pc, bp = frame->regs.rbp;
	KD_DROP_ERROR struct kd_error *err = kd_text_symbol(unwinder->text, frame->pc, !frame->exact, &symbol);
	if (!err && !unwinder->disasm)
		err = kd_disasm_create(KD_SYNTAX_ATT, &unwinder->disasm);
	if (err || !kd_prologue_read(&unwinder->sources, unwinder->disasm, symbol.address, frame->pc, &prologue) ||
	    !read_stack(walk, frame->sp + prologue.depth, &pc, 1) || !is_code(walk, pc - 1) ||
	    (prologue.saves_bp && !read_stack(walk, frame->sp + prologue.bp_offset, &bp, 1)))
		return false;
	bool called = kd_prologue_is_call(&unwinder->sources, pc, symbol.address);
	if (!called && !kd_text_after_call(unwinder->text, pc))
		return false;
	set_return(next, pc, frame->sp + prologue.depth, prologue.saves_bp || frame->known & KD_REG_BIT(rbp), bp);
	next->found = KD_FOUND_PROLOGUE;
	next->sure = called;
	frame->cfa = next->sp;
	return true;
}

/* Code without ORC still may have a frame pointer: take it where the word above it is a return address. Else search. */
static bool step_guess(struct walk *walk, struct kd_frame *frame, struct kd_frame *next, struct kd_stack *ret_stack)
{
	frame->cfa = 0;
	if (!kd_orc_missing(walk->unwinder->orc) && !(frame->regs.rbp & 1) &&
	    step_frame_pointer(walk, frame, next) == STEP_FRAME && check_direction(walk, frame, next, ret_stack) &&
	    is_code(walk, next->pc) && kd_text_after_call(walk->unwinder->text, next->pc)) {
		next->sure = false;
		return true;
	}
	frame->cfa = 0;
	*ret_stack = walk->stack;
	return step_scan(walk, frame, next);
}

/* One step by whatever means there is; the trace is ended unless STEP_FRAME. */
static enum step step(struct walk *walk, struct kd_frame *frame, struct kd_frame *next, struct kd_stack *ret_stack)
{
	enum step how = step_sure(walk, frame, next);
	if (how == STEP_FRAME && check_direction(walk, frame, next, ret_stack)) {
		next->sure &= frame->sure;
		if (is_code(walk, next->exact ? next->pc : next->pc - 1) || next->found == KD_FOUND_PT_REGS)
			return STEP_FRAME;
		end_trace(walk->trace, KD_END_NO_UNWIND, next->slot,
			  "the return address %#" PRIx64 " at %#" PRIx64 " is no code", next->pc, next->slot);
		how = STEP_FAIL;
	} else if (how == STEP_FRAME) {
		how = STEP_FAIL;
	}
	if (how == STEP_END || walk->trace->end == KD_END_FAULT)
		return how;
	/* What failed is what ends the trace, should guessing lead nowhere. */
	struct kd_trace failed = *walk->trace;
	frame->cfa = 0;
	bool found = step_prologue(walk, frame, next) && check_direction(walk, frame, next, ret_stack);
	if (found && next->sure) {
		next->sure = frame->sure;
		return STEP_FRAME;
	}
	if (walk->may_scan && !found)
		found = step_guess(walk, frame, next, ret_stack);
	*walk->trace = failed;
	if (!walk->may_scan || !found)
		return STEP_FAIL;
	if (!walk->trace->guessed[0])
		memcpy(walk->trace->guessed, failed.why, sizeof(failed.why));
	return STEP_FRAME;
}

/* All callers of the first frame, which is given. */
static struct kd_error *walk_on(struct walk *walk, struct kd_frame frame)
{
	struct kd_trace *trace = walk->trace;
	if (!find_stack(walk, frame.sp, 1, &walk->stack))
		walk->stack = (struct kd_stack){ .cpu = -1 };
	for (;;) {
		frame.stack = walk->stack.kind;
		if (trace->frames.nr >= walk->max_frames) {
			end_trace(trace, KD_END_LIMIT, frame.pc, "%u frames", walk->max_frames);
			return NULL;
		}
		struct kd_frame next;
		struct kd_stack stack;
		enum step how = step(walk, &frame, &next, &stack);
		if (!kd_frame_vector_append(&trace->frames, frame))
			return &kd_error_nomem;
		if (how != STEP_FRAME)
			return NULL;
		if (walk->stack.start != stack.start) {
			walk->visited |= 1u << walk->stack.kind;
			walk->stack = stack;
		}
		frame = next;
	}
}

/* Where to begin. */

static struct kd_error *load_switch(struct kd_unwinder *unwinder)
{
	if (unwinder->have_switch)
		return NULL;
	const struct kd_code_sources *sources = &unwinder->sources;
	static const char type[] = "inactive_task_frame";
	struct kd_error *err = kd_sources_offset(sources, "task_struct", "thread.sp", &unwinder->thread_sp) ?:
			       kd_sources_offset(sources, type, "r15", &unwinder->in_switch.r15) ?:
			       kd_sources_offset(sources, type, "r14", &unwinder->in_switch.r14) ?:
			       kd_sources_offset(sources, type, "r13", &unwinder->in_switch.r13) ?:
			       kd_sources_offset(sources, type, "r12", &unwinder->in_switch.r12) ?:
			       kd_sources_offset(sources, type, "bx", &unwinder->in_switch.bx) ?:
			       kd_sources_offset(sources, type, "bp", &unwinder->in_switch.bp) ?:
			       kd_sources_offset(sources, type, "ret_addr", &unwinder->in_switch.ret_addr);
	if (err)
		return err;
	unwinder->switch_len = kd_sources_sizeof(sources, type, 0);
	if (!unwinder->switch_len || unwinder->switch_len / 8 > SWITCH_MAX)
		return kd_error_create(KD_ERROR_UNSUPPORTED, "struct inactive_task_frame has an impossible size");
	/* What is read is whole words, switch_len / 8 of them. */
	const uint64_t offsets[] = { unwinder->in_switch.r15,	  unwinder->in_switch.r14, unwinder->in_switch.r13,
				     unwinder->in_switch.r12,	  unwinder->in_switch.bx,  unwinder->in_switch.bp,
				     unwinder->in_switch.ret_addr };
	for (size_t i = 0; i < KD_ARRAY_NR(offsets); i++)
		if (offsets[i] % 8 || offsets[i] / 8 >= unwinder->switch_len / 8)
			return kd_error_create(KD_ERROR_UNSUPPORTED,
					       "struct inactive_task_frame has a register at byte %" PRIu64
					       " of %" PRIu64,
					       offsets[i], unwinder->switch_len);
	unwinder->have_switch = true;
	return NULL;
}

static void restart(struct walk *walk)
{
	struct kd_trace *trace = walk->trace;
	trace->frames.nr = 0;
	trace->has_user_regs = false;
	trace->guessed[0] = '\0';
	trace->fault = KD_FAULT_NONE;
	walk->visited = 0;
	walk->stack = (struct kd_stack){ .cpu = -1 };
}

/* The frame that __switch_to_asm() left at sp: the callee-saved registers and its return address. */
static bool read_switch(struct walk *walk, kd_vaddr sp, struct kd_frame *ret)
{
	const struct kd_unwinder *unwinder = walk->unwinder;
	uint64_t words[SWITCH_MAX];
	if (!read_stack(walk, sp, words, unwinder->switch_len / 8))
		return false;
#define SAVED(name) words[unwinder->in_switch.name / 8]
	*ret = (struct kd_frame){
		.pc = SAVED(ret_addr),
		.sp = sp + unwinder->switch_len,
		.slot = sp + unwinder->in_switch.ret_addr,
		.sure = true,
		.found = KD_FOUND_REGISTERS,
		.known = KD_REG_BIT(rip) | KD_REG_BIT(rsp) | KD_REG_BIT(rbp) | KD_REG_BIT(rbx) | KD_REG_BIT(r12) |
			 KD_REG_BIT(r13) | KD_REG_BIT(r14) | KD_REG_BIT(r15),
		.regs = { .r15 = SAVED(r15),
			  .r14 = SAVED(r14),
			  .r13 = SAVED(r13),
			  .r12 = SAVED(r12),
			  .rbx = SAVED(bx),
			  .rbp = SAVED(bp),
			  .rip = SAVED(ret_addr),
			  .rsp = sp + unwinder->switch_len },
	};
#undef SAVED
	/* A task that never ran yet will "return" to the first byte of ret_from_fork(). */
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *unnamed = kd_text_symbol(unwinder->text, ret->pc, false, &symbol);
	ret->exact = !unnamed && symbol.address == ret->pc;
	return true;
}

static bool is_proper_end(const struct kd_trace *trace)
{
	return trace->end == KD_END_USER || trace->end == KD_END_ENTRY;
}

/*
 * The stack pointer of a task that sleeps is lost with a page of its task_struct (makedumpfile excludes slab pages of
 * kernels that it does not know). What __switch_to_asm() saved is on the stack still: look for its return address, from
 * which unwinding comes to a proper end. Leavings of earlier switches lie deeper, and what they point through has been
 * overwritten; should one unwind nevertheless, the outermost wins. All frames are marked as not sure.
 */
static struct kd_error *start_without_switch(struct walk *walk, const char *why, bool *ret_found)
{
	struct kd_unwinder *unwinder = walk->unwinder;
	struct kd_trace *trace = walk->trace;
	kd_vaddr switch_to;
	*ret_found = false;
	if (!walk->may_scan || !kd_sources_have_symbol(&unwinder->sources, "__switch_to_asm", &switch_to))
		return NULL;
	for (kd_vaddr at = trace->stack.end - 8; at > trace->stack.start + unwinder->switch_len; at -= 8) {
		uint64_t word;
		struct kd_frame frame;
		restart(walk);
		if (!read_stack(walk, at, &word, 1)) {
			at &= -PAGE_LEN; /* a page is missing: go on with the one before */
			continue;
		}
		if (kd_text_kind(unwinder->text, word, NULL, NULL) != KD_TEXT_KERNEL ||
		    !kd_prologue_is_call(&unwinder->sources, word, switch_to) ||
		    !read_switch(walk, at - unwinder->in_switch.ret_addr, &frame))
			continue;
		frame.found = KD_FOUND_SCAN;
		frame.sure = false;
		walk->may_scan = false;
		struct kd_error *err = walk_on(walk, frame);
		walk->may_scan = true;
		if (err)
			return err;
		if (is_proper_end(trace)) {
			trace->start = KD_START_SCAN;
			snprintf(trace->guessed, sizeof(trace->guessed), "%s", why);
			*ret_found = true;
			return NULL;
		}
	}
	restart(walk);
	return NULL;
}

static struct kd_error *start_from_switch(struct walk *walk)
{
	struct kd_unwinder *unwinder = walk->unwinder;
	struct kd_trace *trace = walk->trace;
	struct kd_error *err = load_switch(unwinder);
	if (err)
		return err;
	uint64_t sp;
	err = kd_memory_read_u64(unwinder->sources.memory, trace->task + unwinder->thread_sp, &sp);
	if (err && err->code == KD_ERROR_FAULT) {
		bool found;
		struct kd_error *grave = start_without_switch(walk, err->message, &found);
		if (grave || found) {
			kd_error_destroy(err);
			return grave;
		}
	}
	if (err)
		return err;
	struct kd_frame frame;
	trace->start = KD_START_SWITCH;
	return read_switch(walk, sp, &frame) ? walk_on(walk, frame) : NULL;
}

static struct kd_frame frame_of_regs(const struct kd_regs *regs)
{
	struct kd_frame frame = { .exact = true, .sure = true, .found = KD_FOUND_REGISTERS, .slot = regs->rsp };
	set_regs(&frame, regs, KD_REG_ALL);
	return frame;
}

static bool is_in_function(struct kd_unwinder *unwinder, kd_vaddr pc, bool is_return, const char *name)
{
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *err = kd_text_symbol(unwinder->text, pc, is_return, &symbol);
	return !err && !strcmp(symbol.name, name);
}

/* Whether the trace so far goes through the state that a note has. */
static bool passes_through(const struct kd_trace *trace, const struct kd_regs *regs)
{
	if (trace->has_user_regs && trace->user_regs.rip == regs->rip && trace->user_regs.rsp == regs->rsp)
		return true;
	for (size_t i = 1; i < trace->frames.nr; i++) {
		const struct kd_frame *frame = &trace->frames.data[i];
		/* __crash_kexec() took its registers before the call of machine_kexec(), in the same frame. */
		if (frame->sp == regs->rsp && (frame->pc == regs->rip || i == 1))
			return true;
	}
	return false;
}

/*
 * A CPU goes into a crash kernel in machine_kexec(), others wait for it in crash_nmi_callback(). The notes were taken
 * before: by __crash_kexec(), and of what the NMI interrupted. The calls made since are still on the stack. Take the
 * return address into the function from which unwinding leads to just the registers in the note.
 */
static struct kd_error *start_from_crash(struct walk *walk, const struct kd_regs *regs, bool *ret_found)
{
	static const char *const names[] = { "machine_kexec", "crash_nmi_callback" };
	struct kd_unwinder *unwinder = walk->unwinder;
	struct kd_trace *trace = walk->trace;
	struct kd_stack candidates[3];
	size_t nr = 0;
	*ret_found = false;
	candidates[nr++] = trace->stack;
	size_t stack_nr = 0;
	const struct kd_stack *of_cpu = kd_stacks_of_cpu(unwinder->stacks, trace->cpu, &stack_nr);
	for (size_t i = 0; i < stack_nr && nr < KD_ARRAY_NR(candidates); i++)
		if (of_cpu[i].kind == KD_STACK_NMI || (!is_user(regs) && on_stack(&of_cpu[i], regs->rsp, 1)))
			candidates[nr++] = of_cpu[i];

	bool may_scan = walk->may_scan;
	for (size_t c = 0; c < nr; c++) {
		for (kd_vaddr at = candidates[c].start; on_stack(&candidates[c], at, 8); at += 8) {
			uint64_t word;
			restart(walk);
			if (!read_stack(walk, at, &word, 1)) {
				at = (at | (PAGE_LEN - 1)) - 7; /* a page is missing: go on with the next */
				continue;
			}
			if (kd_text_kind(unwinder->text, word, NULL, NULL) != KD_TEXT_KERNEL)
				continue;
			size_t n = 0;
			while (n < KD_ARRAY_NR(names) && !is_in_function(unwinder, word, true, names[n]))
				n++;
			if (n == KD_ARRAY_NR(names))
				continue;
			struct kd_frame frame;
			set_return(&frame, word, at, false, 0);
			frame.found = KD_FOUND_REGISTERS;
			walk->may_scan = false;
			struct kd_error *err = walk_on(walk, frame);
			walk->may_scan = may_scan;
			if (err)
				return err;
			if (passes_through(trace, regs)) {
				trace->start = KD_START_CRASH;
				*ret_found = true;
				return NULL;
			}
		}
	}
	restart(walk);
	return NULL;
}

static struct kd_error *start_from_regs(struct walk *walk, const struct kd_regs *regs)
{
	struct kd_trace *trace = walk->trace;
	if (is_user(regs)) {
		trace->has_user_regs = true;
		trace->user_regs = *regs;
		end_trace(trace, KD_END_IN_USER, regs->rip, "running in user mode");
		return NULL;
	}
	return walk_on(walk, frame_of_regs(regs));
}

/*
 * A running task of whose CPU there is no note. An NMI may have interrupted it and left its registers on the NMI stack;
 * else any return address on its stack may be where it is. Take the one deepest from which unwinding comes to a proper
 * end without guesses. It may be a leaving of an earlier call: all frames are marked as not sure.
 */
static struct kd_error *start_without_regs(struct walk *walk, const char *why)
{
	struct kd_unwinder *unwinder = walk->unwinder;
	struct kd_trace *trace = walk->trace;
	bool may_scan = walk->may_scan;
	size_t nr = 0;
	const struct kd_stack *of_cpu = trace->cpu < 0 ? NULL : kd_stacks_of_cpu(unwinder->stacks, trace->cpu, &nr);
	for (size_t i = 0; may_scan && i < nr; i++) {
		if (of_cpu[i].kind != KD_STACK_NMI)
			continue;
		struct kd_stack_regs_vector found = {};
		struct kd_error *err = kd_stack_scan_regs(unwinder->stacks, unwinder->text, of_cpu[i].start,
							  of_cpu[i].end, &found, NULL);
		for (size_t n = 0; !err && n < found.nr; n++) {
			const struct kd_regs *regs = &found.data[n].regs;
			struct kd_stack stack;
			if (found.data[n].user || !find_stack(walk, regs->rsp, 1, &stack) || stack.kind == KD_STACK_NMI)
				continue;
			struct kd_frame frame = frame_of_regs(regs);
			frame.sure = false;
			frame.regs_address = found.data[n].address;
			frame.known = PT_REGS_KNOWN;
			trace->start = KD_START_PT_REGS;
			err = walk_on(walk, frame);
			kd_stack_regs_vector_deinit(&found);
			return err;
		}
		kd_stack_regs_vector_deinit(&found);
		if (err)
			return err;
	}
	for (kd_vaddr at = trace->stack.start; may_scan && on_stack(&trace->stack, at, 8); at += 8) {
		uint64_t word;
		restart(walk);
		if (!read_stack(walk, at, &word, 1)) {
			at = (at | (PAGE_LEN - 1)) - 7;
			continue;
		}
		if (!is_code(walk, word) || !kd_text_after_call(unwinder->text, word))
			continue;
		struct kd_frame frame;
		set_return(&frame, word, at, false, 0);
		frame.found = KD_FOUND_SCAN;
		frame.sure = false;
		walk->may_scan = false;
		struct kd_error *err = walk_on(walk, frame);
		walk->may_scan = may_scan;
		if (err)
			return err;
		if (is_proper_end(trace)) {
			trace->start = KD_START_SCAN;
			snprintf(trace->guessed, sizeof(trace->guessed), "%s", why);
			return NULL;
		}
	}
	restart(walk);
	trace->start = KD_START_NOTHING;
	end_trace(trace, KD_END_NO_REGS, 0, "it was running on CPU %d, and %s", trace->cpu, why);
	return NULL;
}

/* Registers without a task: they are on a stack of some CPU, or else on that of some task, which is aligned to its
 * size. */
static void find_stack_of_regs(struct walk *walk, const struct kd_regs *regs)
{
	struct kd_unwinder *unwinder = walk->unwinder;
	size_t nr;
	const struct kd_cpu *cpus = kd_cpus_list(unwinder->cpus, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (!kd_stack_at(unwinder->stacks, cpus[i].nr, regs->rsp))
			continue;
		walk->trace->cpu = cpus[i].nr;
		return;
	}
	kd_vaddr len = kd_stack_task_len(unwinder->stacks), start = regs->rsp & -len;
	walk->trace->stack = (struct kd_stack){ KD_STACK_TASK, -1, start, start + len };
}

struct kd_error *kd_unwind(struct kd_unwinder *unwinder, kd_vaddr task, const struct kd_regs *start,
			   const struct kd_unwind_options *options, struct kd_trace *ret)
{
	static const struct kd_unwind_options defaults = {};
	options = options ?: &defaults;
	struct kd_frame_vector frames = ret->frames;
	frames.nr = 0;
	*ret = (struct kd_trace){ .frames = frames, .task = task, .cpu = -1, .start = KD_START_NOTHING };
	struct walk walk = {
		.unwinder = unwinder,
		.trace = ret,
		.max_frames = options->max_frames ?: FRAMES_DEFAULT,
		.may_scan = !(options->flags & KD_UNWIND_NO_SCAN),
		.stack.cpu = -1,
	};
	/* A live kernel changes between two traces; a dump's pages are cached below as well. */
	for (size_t i = 0; i < CACHE_PAGES; i++)
		unwinder->pages[i].address = 0;

	if (!task) {
		if (!start)
			return kd_error_create(KD_ERROR_VALUE, "neither a task nor registers to unwind from");
		ret->start = KD_START_GIVEN;
		if (!is_user(start))
			find_stack_of_regs(&walk, start);
		return start_from_regs(&walk, start);
	}

	uint32_t cpu;
	struct kd_error *err =
		kd_cpu_of_task(unwinder->cpus, task, &cpu) ?: kd_cpu_is_running(unwinder->cpus, task, &ret->running);
	if (err)
		return err;
	ret->cpu = cpu;
	err = kd_stack_of_task(unwinder->stacks, task, &ret->stack);
	if (err && err->code != KD_ERROR_FORMAT)
		return err;
	if (err) {
		KD_DROP_ERROR struct kd_error *dropped = err;
		end_trace(ret, KD_END_NO_STACK, task, "%s", dropped->message);
		return NULL;
	}
	if (start) {
		ret->start = KD_START_GIVEN;
		return start_from_regs(&walk, start);
	}
	if (!ret->running)
		return start_from_switch(&walk);

	const struct kd_cpu *of_task = kd_cpus_get(unwinder->cpus, cpu);
	if (!of_task || !of_task->regs)
		return start_without_regs(&walk, of_task ? of_task->why_no_regs : "there is no such CPU");
	if (options->flags & KD_UNWIND_CRASH) {
		bool found;
		err = start_from_crash(&walk, of_task->regs, &found);
		if (err || found)
			return err;
	}
	ret->start = KD_START_NOTE;
	return start_from_regs(&walk, of_task->regs);
}

const char *kd_found_name(enum kd_found found)
{
	static const char *const names[] = {
		[KD_FOUND_REGISTERS] = "registers",	    [KD_FOUND_ORC] = "orc",
		[KD_FOUND_FRAME_POINTER] = "frame pointer", [KD_FOUND_PT_REGS] = "pt_regs",
		[KD_FOUND_TRAMPOLINE] = "trampoline",	    [KD_FOUND_SCAN] = "scan",
		[KD_FOUND_PROLOGUE] = "prologue",
	};
	return names[found];
}

const char *kd_trace_end_name(enum kd_trace_end end)
{
	static const char *const names[] = {
		[KD_END_USER] = "user",
		[KD_END_ENTRY] = "entry",
		[KD_END_IN_USER] = "in user",
		[KD_END_LIMIT] = "limit",
		[KD_END_FAULT] = "fault",
		[KD_END_NO_STACK] = "no stack",
		[KD_END_OFF_STACK] = "off stack",
		[KD_END_LOOP] = "loop",
		[KD_END_NO_UNWIND] = "no unwind data",
		[KD_END_CORRUPT] = "corrupt",
		[KD_END_NO_REGS] = "no registers",
	};
	return names[end];
}

const char *kd_trace_start_name(enum kd_trace_start start)
{
	static const char *const names[] = {
		[KD_START_GIVEN] = "given",	[KD_START_SWITCH] = "switch",	[KD_START_NOTE] = "note",
		[KD_START_CRASH] = "crash",	[KD_START_PT_REGS] = "pt_regs", [KD_START_SCAN] = "scan",
		[KD_START_NOTHING] = "nothing",
	};
	return names[start];
}
