/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/unwind_start.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "code/cpu_layout.h"
#include "code/unwind_step.h"

static uint64_t pc_of(const struct kd_tracing *tracing, const struct kd_regs *regs)
{
	return regs->word[kd_tracing_registers(tracing)->pc];
}

static uint64_t sp_of(const struct kd_tracing *tracing, const struct kd_regs *regs)
{
	return regs->word[kd_tracing_registers(tracing)->sp];
}

static bool is_user(const struct kd_tracing *tracing, const struct kd_regs *regs)
{
	return kd_tracing_registers(tracing)->is_user(regs);
}

static bool is_proper_end(const struct kd_trace *trace)
{
	return trace->end == KD_END_USER || trace->end == KD_END_ENTRY;
}

/** Walk from a frame that a scan of the stack found. *ret_proper: it came to a proper end, so the trace starts there.
 */
static struct kd_error *walk_found(struct kd_tracing *tracing, struct kd_frame frame, const char *why, bool *ret_proper)
{
	struct kd_trace *trace = tracing->trace;
	bool may_scan = tracing->may_scan;
	frame.found = KD_FOUND_SCAN;
	frame.sure = false;
	tracing->may_scan = false;
	struct kd_error *err = kd_tracing_walk(tracing, frame);
	tracing->may_scan = may_scan;
	if (err)
		return err;
	*ret_proper = is_proper_end(trace);
	if (*ret_proper) {
		trace->start = KD_START_SCAN;
		snprintf(trace->guessed, sizeof(trace->guessed), "%s", why);
	}
	return NULL;
}

/*
 * The stack pointer of a task that sleeps is lost with a page of its task_struct (makedumpfile excludes slab pages of
 * kernels that it does not know). What the switch saved may be on the stack still: look for its return address, from
 * which unwinding comes to a proper end. Leavings of earlier switches lie deeper, and what they point through has been
 * overwritten; should one unwind nevertheless, the outermost wins. All frames are marked as not sure.
 */
static struct kd_error *start_without_switch(struct kd_tracing *tracing, const char *why, bool *ret_found)
{
	struct kd_unwinder *unwinder = tracing->unwinder;
	struct kd_trace *trace = tracing->trace;
	*ret_found = false;
	if (!tracing->may_scan || !unwinder->method->lost_switch)
		return NULL;
	for (kd_vaddr at = trace->stack.end - 8; at > trace->stack.start; at -= 8) {
		uint64_t word;
		struct kd_frame frame;
		kd_tracing_restart(tracing);
		if (!kd_tracing_read(tracing, at, &word, 1)) {
			at &= -(kd_vaddr)KD_PAGE_LEN_MIN; /* a page is missing: go on with the one before */
			continue;
		}
		if (!unwinder->method->lost_switch(tracing, at, word, &frame))
			continue;
		struct kd_error *err = walk_found(tracing, frame, why, ret_found);
		if (err || *ret_found)
			return err;
	}
	kd_tracing_restart(tracing);
	return NULL;
}

struct kd_error *kd_start_from_switch(struct kd_tracing *tracing)
{
	struct kd_unwinder *unwinder = tracing->unwinder;
	struct kd_trace *trace = tracing->trace;
	struct kd_frame frame;
	bool found;
	struct kd_error *err = unwinder->method->switched(tracing, &frame, &found);
	if (err && err->code == KD_ERROR_FAULT) {
		struct kd_error *grave = start_without_switch(tracing, err->message, &found);
		if (grave || found) {
			kd_error_destroy(err);
			return grave;
		}
	}
	if (err)
		return err;
	trace->start = KD_START_SWITCH;
	return found ? kd_tracing_walk(tracing, frame) : NULL;
}

static struct kd_frame frame_of_regs(const struct kd_tracing *tracing, const struct kd_regs *regs)
{
	struct kd_frame frame = { .exact = true, .sure = true, .found = KD_FOUND_REGISTERS };
	kd_tracing_set_regs(tracing, &frame, regs, KD_REG_ALL);
	frame.slot = frame.sp;
	return frame;
}

static bool is_in_function(struct kd_unwinder *unwinder, kd_vaddr pc, bool is_return, const char *name)
{
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *err = kd_text_symbol(unwinder->text, pc, is_return, &symbol);
	return !err && !strcmp(symbol.name, name);
}

/* Whether the trace so far goes through the state that a note has. */
static bool passes_through(const struct kd_tracing *tracing, const struct kd_regs *regs)
{
	const struct kd_trace *trace = tracing->trace;
	const uint8_t fp = kd_tracing_registers(tracing)->fp;
	uint64_t pc = pc_of(tracing, regs), sp = sp_of(tracing, regs);
	if (trace->has_user_regs && pc_of(tracing, &trace->user_regs) == pc && sp_of(tracing, &trace->user_regs) == sp)
		return true;
	for (size_t i = 1; i < trace->frames.nr; i++) {
		const struct kd_frame *frame = &trace->frames.data[i];
		if (tracing->unwinder->method->by_frame_pointer && frame->known & KD_REG_BIT(fp) && regs->word[fp] &&
		    frame->regs.word[fp] == regs->word[fp])
			return true;
		/* __crash_kexec() took its registers before the call of machine_kexec(), in the same frame. */
		if (frame->sp == sp && (frame->pc == pc || i == 1))
			return true;
	}
	return false;
}

/*
 * A CPU goes into a crash kernel in one function, others wait for it in another. The notes were taken
 * before: by __crash_kexec(), and of what the NMI interrupted. The calls made since are still on the stack. Take the
 * return address into the function from which unwinding leads to just the registers in the note.
 */
struct kd_error *kd_start_from_crash(struct kd_tracing *tracing, const struct kd_regs *regs, bool *ret_found)
{
	struct kd_unwinder *unwinder = tracing->unwinder;
	const char *const *names = unwinder->method->stop_functions;
	struct kd_trace *trace = tracing->trace;
	struct kd_stack candidates[3];
	size_t nr = 0;
	*ret_found = false;
	candidates[nr++] = trace->stack;
	size_t stack_nr = 0;
	const struct kd_stack *of_cpu = kd_stacks_of_cpu(unwinder->stacks, trace->cpu, &stack_nr);
	for (size_t i = 0; i < stack_nr && nr < KD_ARRAY_NR(candidates); i++)
		if (of_cpu[i].kind == KD_STACK_NMI ||
		    (!is_user(tracing, regs) && kd_stack_holds(&of_cpu[i], sp_of(tracing, regs), 1)))
			candidates[nr++] = of_cpu[i];

	bool may_scan = tracing->may_scan;
	for (size_t c = 0; c < nr; c++) {
		for (kd_vaddr at = candidates[c].start; kd_stack_holds(&candidates[c], at, 8); at += 8) {
			uint64_t word;
			kd_tracing_restart(tracing);
			if (!kd_tracing_read(tracing, at, &word, 1)) {
				at = (at | (KD_PAGE_LEN_MIN - 1)) - 7; /* a page is missing: go on with the next */
				continue;
			}
			word = kd_text_code_address(unwinder->text, word);
			if (kd_text_kind(unwinder->text, word, NULL, NULL) != KD_TEXT_KERNEL)
				continue;
			size_t n = 0;
			while (names[n] && !is_in_function(unwinder, word, true, names[n]))
				n++;
			if (!names[n])
				continue;
			struct kd_frame frame;
			unwinder->method->set_return(tracing, &frame, word, at, false, 0);
			frame.found = KD_FOUND_REGISTERS;
			tracing->may_scan = false;
			struct kd_error *err = kd_tracing_walk(tracing, frame);
			tracing->may_scan = may_scan;
			if (err)
				return err;
			if (passes_through(tracing, regs)) {
				trace->start = KD_START_CRASH;
				*ret_found = true;
				return NULL;
			}
		}
	}
	kd_tracing_restart(tracing);
	return NULL;
}

struct kd_error *kd_start_from_regs(struct kd_tracing *tracing, const struct kd_regs *regs)
{
	struct kd_trace *trace = tracing->trace;
	if (is_user(tracing, regs)) {
		trace->has_user_regs = true;
		trace->user_regs = *regs;
		kd_tracing_end(trace, KD_END_IN_USER, pc_of(tracing, regs), "running in user mode");
		return NULL;
	}
	return kd_tracing_walk(tracing, frame_of_regs(tracing, regs));
}

/*
 * A running task of whose CPU there is no note. An NMI may have interrupted it and left its registers on the NMI stack;
 * else any return address on its stack may be where it is. Take the one deepest from which unwinding comes to a proper
 * end without guesses. It may be a leaving of an earlier call: all frames are marked as not sure.
 */
struct kd_error *kd_start_without_regs(struct kd_tracing *tracing, const char *why)
{
	struct kd_unwinder *unwinder = tracing->unwinder;
	struct kd_trace *trace = tracing->trace;
	bool may_scan = tracing->may_scan;
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
			if (found.data[n].user || !kd_tracing_stack(tracing, sp_of(tracing, regs), 1, &stack) ||
			    stack.kind == KD_STACK_NMI)
				continue;
			struct kd_frame frame = frame_of_regs(tracing, regs);
			frame.sure = false;
			frame.regs_address = found.data[n].address;
			frame.known = unwinder->sources.machine->cpus->pt_regs->known;
			trace->start = KD_START_PT_REGS;
			err = kd_tracing_walk(tracing, frame);
			kd_stack_regs_vector_deinit(&found);
			return err;
		}
		kd_stack_regs_vector_deinit(&found);
		if (err)
			return err;
	}
	for (kd_vaddr at = trace->stack.start; may_scan && kd_stack_holds(&trace->stack, at, 8); at += 8) {
		uint64_t word;
		kd_tracing_restart(tracing);
		if (!kd_tracing_read(tracing, at, &word, 1)) {
			at = (at | (KD_PAGE_LEN_MIN - 1)) - 7;
			continue;
		}
		word = kd_text_code_address(unwinder->text, word);
		if (!kd_tracing_is_code(tracing, word) || !kd_text_after_call(unwinder->text, word))
			continue;
		struct kd_frame frame;
		unwinder->method->set_return(tracing, &frame, word, at, false, 0);
		bool proper;
		struct kd_error *err = walk_found(tracing, frame, why, &proper);
		if (err || proper)
			return err;
	}
	kd_tracing_restart(tracing);
	trace->start = KD_START_NOTHING;
	kd_tracing_end(trace, KD_END_NO_REGS, 0, "it was running on CPU %d, and %s", trace->cpu, why);
	return NULL;
}
