/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/tracing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* Text lives in a fixed buffer: why a trace ends is asked for rarely, and made for every trace. */
void kd_tracing_end(struct kd_trace *trace, enum kd_trace_end end, kd_vaddr address, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(trace->why, sizeof(trace->why), format, args);
	va_end(args);
	trace->end = end;
	trace->address = address;
}

void kd_tracing_restart(struct kd_tracing *tracing)
{
	struct kd_trace *trace = tracing->trace;
	trace->frames.nr = 0;
	trace->has_user_regs = false;
	trace->guessed[0] = '\0';
	trace->fault = KD_FAULT_NONE;
	tracing->visited = 0;
	tracing->stack = (struct kd_stack){ .cpu = -1 };
}

bool kd_tracing_stack(const struct kd_tracing *tracing, kd_vaddr address, uint64_t len, struct kd_stack *ret)
{
	const struct kd_stack *stack = NULL;
	if (tracing->stack.kind && kd_stack_holds(&tracing->stack, address, len))
		stack = &tracing->stack;
	else if (tracing->trace->stack.kind && kd_stack_holds(&tracing->trace->stack, address, len))
		stack = &tracing->trace->stack;
	else if (tracing->trace->cpu >= 0)
		stack = kd_stack_at(tracing->unwinder->stacks, tracing->trace->cpu, address);
	if (!stack || !kd_stack_holds(stack, address, len))
		return false;
	*ret = *stack;
	return true;
}

static struct kd_error *stack_page(struct kd_unwinder *unwinder, kd_vaddr address, const uint8_t **ret)
{
	kd_vaddr start = address & -(kd_vaddr)KD_PAGE_LEN_MIN;
	struct stack_page *page = &unwinder->pages[address / KD_PAGE_LEN_MIN & (KD_STACK_CACHE_PAGES - 1)];
	if (page->address != start) {
		page->address = 0;
		struct kd_error *err = kd_memory_read(unwinder->sources.memory, start, page->bytes, KD_PAGE_LEN_MIN);
		if (err)
			return err;
		page->address = start;
	}
	*ret = page->bytes;
	return NULL;
}

bool kd_tracing_read(const struct kd_tracing *tracing, kd_vaddr address, uint64_t *words, size_t nr)
{
	struct kd_stack stack;
	if (address % 8 || !kd_tracing_stack(tracing, address, nr * 8, &stack)) {
		kd_tracing_end(tracing->trace, KD_END_OFF_STACK, address,
			       "%#" PRIx64 " is on no stack of the task or its CPU", address);
		return false;
	}
	for (size_t i = 0; i < nr; i++, address += 8) {
		const uint8_t *page;
		KD_DROP_ERROR struct kd_error *err = stack_page(tracing->unwinder, address, &page);
		if (err) {
			kd_tracing_end(tracing->trace, KD_END_FAULT, address, "stack at %#" PRIx64 ": %s", address,
				       err->message);
			tracing->trace->fault = err->fault;
			return false;
		}
		words[i] = kd_load_u64(tracing->unwinder->order, page + address % KD_PAGE_LEN_MIN);
	}
	return true;
}

bool kd_tracing_is_code(struct kd_tracing *tracing, kd_vaddr pc)
{
	return kd_text_kind(tracing->unwinder->text, pc, NULL, NULL) != KD_TEXT_NONE;
}

void kd_tracing_resolve(struct kd_tracing *tracing, struct kd_frame *next)
{
	kd_vaddr real;
	if (!kd_trampoline_resolve(tracing->unwinder->trampolines, tracing->trace->task, next->pc, next->slot, &real))
		return;
	next->pc = next->regs.word[kd_tracing_registers(tracing)->pc] = real;
	next->found = KD_FOUND_TRAMPOLINE;
}

void kd_tracing_set_regs(const struct kd_tracing *tracing, struct kd_frame *frame, const struct kd_regs *regs,
			 uint64_t known)
{
	frame->regs = *regs;
	frame->known = known;
	frame->pc = regs->word[kd_tracing_registers(tracing)->pc];
	frame->sp = regs->word[kd_tracing_registers(tracing)->sp];
}
