/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/aarch64/cpu_layout.h"

#include "arch/aarch64/pt_regs.h"
#include "code/cpu.h"
#include "code/stack.h"

/* current is in a register (sp_el0); what the entry code would put there again is in memory. */
static const struct kd_cpu_place current[] = {
	{ "__entry_task", NULL, NULL },
	{ "runqueues", "rq", "curr" },
};

#define OVERFLOW_STACK_LEN 4096

static void add_stacks(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
		       struct kd_cpu_stacks *ret)
{
	/* Pointers to the lowest byte; all are as long as a task's stack (IRQ_STACK_SIZE, SDEI_STACK_SIZE). */
	static const struct {
		enum kd_stack_kind kind;
		struct kd_cpu_place place;
	} pointers[] = {
		{ KD_STACK_IRQ, { "irq_stack_ptr", NULL, NULL } },
		{ KD_STACK_SDEI, { "sdei_stack_normal_ptr", NULL, NULL } },
		{ KD_STACK_SDEI_CRITICAL, { "sdei_stack_critical_ptr", NULL, NULL } },
	};
	const uint64_t len = kd_stack_task_len_of(sources);
	kd_vaddr start;
	for (size_t i = 0; i < KD_ARRAY_NR(pointers); i++)
		if (kd_cpu_read_place(cpus, cpu, &pointers[i].place, &start))
			kd_cpu_stacks_add(ret, pointers[i].kind, cpu, start, len);
	if (kd_cpu_variable(cpus, cpu, "overflow_stack", &start))
		kd_cpu_stacks_add(ret, KD_STACK_OVERFLOW, cpu, start, OVERFLOW_STACK_LEN);
}

const struct kd_cpu_layout kd_aarch64_cpus = {
	.current = current,
	.current_nr = KD_ARRAY_NR(current),
	.add_stacks = add_stacks,
	.pt_regs = &kd_aarch64_pt_regs,
};
