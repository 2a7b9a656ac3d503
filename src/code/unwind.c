/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/unwind.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "code/tracing.h"
#include "code/unwind_start.h"

#define FRAMES_DEFAULT 512

struct kd_error *kd_unwinder_create(const struct kd_code_sources *sources, struct kd_unwinder **ret)
{
	if (!sources->machine->unwind)
		return kd_error_create(KD_ERROR_UNSUPPORTED, "stacks of %s are not known", sources->machine->name);
	struct kd_unwinder *unwinder = calloc(1, sizeof(*unwinder));
	if (!unwinder)
		return &kd_error_nomem;
	unwinder->sources = *sources;
	unwinder->method = sources->machine->unwind;
	unwinder->order = kd_memory_order(sources->memory);
	struct kd_error *err = kd_cpus_create(sources, &unwinder->cpus) ?: kd_text_create(sources, &unwinder->text) ?:
			       kd_stacks_create(sources, unwinder->cpus, &unwinder->stacks) ?:
			       unwinder->method->create(sources, unwinder->text, &unwinder->state) ?:
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
	unwinder->method->destroy(unwinder->state);
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

/* Registers without a task: they are on a stack of some CPU, or else on that of some task, which is aligned to its
 * size. */
static void find_stack_of_regs(struct kd_tracing *tracing, kd_vaddr sp)
{
	struct kd_unwinder *unwinder = tracing->unwinder;
	size_t nr;
	const struct kd_cpu *cpus = kd_cpus_list(unwinder->cpus, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (!kd_stack_at(unwinder->stacks, cpus[i].nr, sp))
			continue;
		tracing->trace->cpu = cpus[i].nr;
		return;
	}
	kd_vaddr len = kd_stack_task_len(unwinder->stacks), start = sp & -len;
	tracing->trace->stack = (struct kd_stack){ KD_STACK_TASK, -1, start, start + len };
}

struct kd_error *kd_unwind(struct kd_unwinder *unwinder, kd_vaddr task, const struct kd_regs *start,
			   const struct kd_unwind_options *options, struct kd_trace *ret)
{
	static const struct kd_unwind_options defaults = {};
	const struct kd_register_set *registers = unwinder->sources.machine->registers;
	options = options ?: &defaults;
	struct kd_frame_vector frames = ret->frames;
	frames.nr = 0;
	*ret = (struct kd_trace){ .frames = frames, .task = task, .cpu = -1, .start = KD_START_NOTHING };
	struct kd_tracing tracing = {
		.unwinder = unwinder,
		.trace = ret,
		.max_frames = options->max_frames ?: FRAMES_DEFAULT,
		.may_scan = !(options->flags & KD_UNWIND_NO_SCAN),
		.stack.cpu = -1,
	};
	/* A live kernel changes between two traces; a dump's pages are cached below as well. */
	for (size_t i = 0; i < KD_STACK_CACHE_PAGES; i++)
		unwinder->pages[i].address = 0;

	if (!task) {
		if (!start)
			return kd_error_create(KD_ERROR_VALUE, "neither a task nor registers to unwind from");
		ret->start = KD_START_GIVEN;
		if (!registers->is_user(start))
			find_stack_of_regs(&tracing, start->word[registers->sp]);
		return kd_start_from_regs(&tracing, start);
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
		kd_tracing_end(ret, KD_END_NO_STACK, task, "%s", dropped->message);
		return NULL;
	}
	if (start) {
		ret->start = KD_START_GIVEN;
		return kd_start_from_regs(&tracing, start);
	}
	if (!ret->running)
		return kd_start_from_switch(&tracing);

	const struct kd_cpu *of_task = kd_cpus_get(unwinder->cpus, cpu);
	if (!of_task || !of_task->regs)
		return kd_start_without_regs(&tracing, of_task ? of_task->why_no_regs : "there is no such CPU");
	if (options->flags & KD_UNWIND_CRASH) {
		bool found;
		err = kd_start_from_crash(&tracing, of_task->regs, &found);
		if (err || found)
			return err;
	}
	ret->start = KD_START_NOTE;
	return kd_start_from_regs(&tracing, of_task->regs);
}
