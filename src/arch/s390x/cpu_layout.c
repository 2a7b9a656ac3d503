/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/s390x/cpu_layout.h"

#include "arch/s390x/pt_regs.h"
#include "code/cpu.h"
#include "code/stack.h"

static const struct kd_cpu_place current[] = { { "runqueues", "rq", "curr" } };

#define CPUS_MAX 512 /* CONFIG_NR_CPUS of any build */

/* Each CPU has a page of its own that it sees at real address 0, struct lowcore; lowcore_ptr[] says where they are.
 * Stacks in it are stack pointers to begin with, a little below their ends; stacks are aligned to their length. */
static void add_stacks(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
		       struct kd_cpu_stacks *ret)
{
	static const struct {
		enum kd_stack_kind kind;
		const char *member;
	} members[] = {
		{ KD_STACK_IRQ, "async_stack" },
		{ KD_STACK_NODAT, "nodat_stack" },
		{ KD_STACK_MCE, "mcck_stack" },
		{ KD_STACK_RESTART, "restart_stack" },
	};
	(void)cpus;
	kd_vaddr table;
	uint64_t lowcore, offset, top;
	const uint64_t len = kd_stack_task_len_of(sources);
	if (cpu >= CPUS_MAX || !kd_sources_have_symbol(sources, "lowcore_ptr", &table) ||
	    !kd_sources_peek_u64(sources, table + cpu * sizeof(lowcore), &lowcore))
		return;
	for (size_t i = 0; i < KD_ARRAY_NR(members); i++)
		if (kd_sources_have_member(sources, "lowcore", members[i].member, &offset, NULL) &&
		    kd_sources_peek_u64(sources, lowcore + offset, &top) && top > len)
			kd_cpu_stacks_add(ret, members[i].kind, cpu, top & -len, len);
}

const struct kd_cpu_layout kd_s390x_cpus = {
	.current = current,
	.current_nr = KD_ARRAY_NR(current),
	.add_stacks = add_stacks,
	.pt_regs = &kd_s390x_pt_regs,
};
