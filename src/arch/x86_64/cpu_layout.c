/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/cpu_layout.h"

#include "arch/x86_64/pt_regs.h"
#include "code/cpu.h"
#include "code/stack.h"

#define PAGE_LEN 4096ul

/* current_task was a per-CPU variable of its own, in 6.2 … 6.14 a member of pcpu_hot (e57ef2ed97c1 "x86: Put hot per
 * CPU variables into a struct"), and is one again. The run queue says the same but for a moment within schedule(). */
static const struct kd_cpu_place current[] = {
	{ "current_task", NULL, NULL },
	{ "pcpu_hot", "pcpu_hot", "current_task" },
	{ "runqueues", "rq", "curr" },
};

#define IRQ_STACK_LEN 16384ul

/* The word at the top of the IRQ stack holds the stack pointer to return to; hardirq_stack_ptr points at that word
 * since 951c2a51ae75 (Linux 5.12), behind it before, and 64 bytes below the end before 5.1 (then as irq_stack_ptr). */
static void add_irq_stack(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
			  struct kd_cpu_stacks *ret)
{
	static const struct kd_cpu_place places[] = {
		{ "hardirq_stack_ptr", NULL, NULL },
		{ "pcpu_hot", "pcpu_hot", "hardirq_stack_ptr" }, /* 6.2 … 6.14 */
		{ "irq_stack_ptr", NULL, NULL },
	};
	uint64_t len = kd_sources_sizeof(sources, "irq_stack", IRQ_STACK_LEN), top;
	for (size_t i = 0; i < KD_ARRAY_NR(places); i++) {
		if (!kd_cpu_read_place(cpus, cpu, &places[i], &top))
			continue;
		kd_vaddr end = (top + PAGE_LEN - 1) & -PAGE_LEN;
		kd_cpu_stacks_add(ret, KD_STACK_IRQ, cpu, end - len, len);
		return;
	}
}

/* Since Linux 5.1 struct cea_exception_stacks says where each stack is and how long (twice as long with KASAN). */
static bool add_exception_stacks(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
				 struct kd_cpu_stacks *ret)
{
	static const struct {
		enum kd_stack_kind kind;
		const char *member;
	} members[] = {
		{ KD_STACK_DF, "DF_stack" },   { KD_STACK_NMI, "NMI_stack" }, { KD_STACK_DB, "DB_stack" },
		{ KD_STACK_MCE, "MCE_stack" }, { KD_STACK_VC, "VC_stack" },   { KD_STACK_VC2, "VC2_stack" },
	};
	kd_vaddr variable;
	uint64_t start;
	if (!kd_cpu_variable(cpus, cpu, "cea_exception_stacks", &variable) ||
	    !kd_sources_peek_u64(sources, variable, &start) || !start)
		return false;
	size_t before = ret->nr;
	for (size_t i = 0; i < KD_ARRAY_NR(members); i++) {
		uint64_t offset, len;
		if (kd_sources_have_member(sources, "cea_exception_stacks", members[i].member, &offset, &len) && len)
			kd_cpu_stacks_add(ret, members[i].kind, cpu, start + offset, len);
	}
	return ret->nr > before;
}

/* The task state segment tells the processor the same on every kernel: where the stacks end, in a fixed order. */
static void add_tss_stacks(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
			   bool exceptions_too, struct kd_cpu_stacks *ret)
{
	static const enum kd_stack_kind kinds[] = { KD_STACK_DF, KD_STACK_NMI, KD_STACK_DB, KD_STACK_MCE, KD_STACK_VC };
	kd_vaddr tss;
	uint64_t offset, end;
	if (!kd_cpu_variable(cpus, cpu, "cpu_tss_rw", &tss) && !kd_cpu_variable(cpus, cpu, "cpu_tss", &tss))
		return;
	if (exceptions_too && kd_sources_have_member(sources, "tss_struct", "x86_tss.ist", &offset, NULL))
		for (size_t i = 0; i < KD_ARRAY_NR(kinds); i++)
			if (kd_sources_peek_u64(sources, tss + offset + i * 8, &end) && end)
				kd_cpu_stacks_add(ret, kinds[i], cpu, end - PAGE_LEN, PAGE_LEN);
	/* sp0: where the processor begins when user mode is interrupted. */
	if (kd_sources_have_member(sources, "tss_struct", "x86_tss.sp0", &offset, NULL) &&
	    kd_sources_peek_u64(sources, tss + offset, &end) && end && end % PAGE_LEN == 0)
		kd_cpu_stacks_add(ret, KD_STACK_ENTRY, cpu, end - PAGE_LEN, PAGE_LEN);
}

static void add_stacks(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
		       struct kd_cpu_stacks *ret)
{
	add_irq_stack(sources, cpus, cpu, ret);
	bool have_exceptions = add_exception_stacks(sources, cpus, cpu, ret);
	add_tss_stacks(sources, cpus, cpu, !have_exceptions, ret);
}

const struct kd_cpu_layout kd_x86_64_cpus = {
	.current = current,
	.current_nr = KD_ARRAY_NR(current),
	.add_stacks = add_stacks,
	.pt_regs = &kd_x86_64_pt_regs,
};
