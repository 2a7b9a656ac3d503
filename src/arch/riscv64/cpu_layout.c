/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/riscv64/cpu_layout.h"

#include "arch/riscv64/pt_regs.h"
#include "code/cpu.h"
#include "code/stack.h"

/* current is in a register (tp). */
static const struct kd_cpu_place current[] = {
	{ "runqueues", "rq", "curr" },
};

#define OVERFLOW_STACK_LEN 4096

static void add_stacks(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
		       struct kd_cpu_stacks *ret)
{
	static const struct kd_cpu_place irq_stack = { "irq_stack_ptr", NULL, NULL };
	kd_vaddr start;
	/* The lowest byte of a stack as long as a task's (163e76cc6ef4, Linux 6.6). */
	if (kd_cpu_read_place(cpus, cpu, &irq_stack, &start))
		kd_cpu_stacks_add(ret, KD_STACK_IRQ, cpu, start, kd_stack_task_len_of(sources));
	if (kd_cpu_variable(cpus, cpu, "overflow_stack", &start))
		kd_cpu_stacks_add(ret, KD_STACK_OVERFLOW, cpu, start, OVERFLOW_STACK_LEN);
}

const struct kd_cpu_layout kd_riscv64_cpus = {
	.current = current,
	.current_nr = KD_ARRAY_NR(current),
	.add_stacks = add_stacks,
	.pt_regs = &kd_riscv64_pt_regs,
};
