/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/ppc64/cpu_layout.h"

#include "arch/ppc64/pt_regs.h"
#include "code/cpu.h"
#include "code/stack.h"

#define CPUS_MAX 8192 /* CONFIG_NR_CPUS of any build */

static const struct kd_cpu_place current[] = { { "runqueues", "rq", "curr" } };

/* hardirq_ctx and softirq_ctx are arrays of where stacks begin; the emergency stacks are in the CPU's struct
 * paca_struct, by their ends. */
static void add_stacks(const struct kd_code_sources *sources, struct kd_cpus *cpus, uint32_t cpu,
		       struct kd_cpu_stacks *ret)
{
	static const struct {
		enum kd_stack_kind kind;
		const char *symbol;
	} starts[] = { { KD_STACK_IRQ, "hardirq_ctx" }, { KD_STACK_SOFTIRQ, "softirq_ctx" } };
	static const struct {
		enum kd_stack_kind kind;
		const char *member;
	} ends[] = {
		{ KD_STACK_EMERGENCY, "emergency_sp" },
		{ KD_STACK_NMI, "nmi_emergency_sp" },
		{ KD_STACK_MCE, "mc_emergency_sp" },
	};
	(void)cpus;
	const uint64_t len = kd_stack_task_len_of(sources);
	kd_vaddr table;
	uint64_t place, offset, pacas, paca;
	if (cpu >= CPUS_MAX)
		return;
	for (size_t i = 0; i < KD_ARRAY_NR(starts); i++)
		if (kd_sources_have_symbol(sources, starts[i].symbol, &table) &&
		    kd_sources_peek_u64(sources, table + cpu * sizeof(place), &place))
			kd_cpu_stacks_add(ret, starts[i].kind, cpu, place, len);
	/* Since 4.17 a pointer to an array of pointers (d2e60075a3d4 "powerpc/64: Use array of paca pointers and
	 * allocate pacas individually"). */
	if (!kd_sources_have_symbol(sources, "paca_ptrs", &table) || !kd_sources_peek_u64(sources, table, &pacas) ||
	    !kd_sources_peek_u64(sources, pacas + cpu * sizeof(paca), &paca))
		return;
	for (size_t i = 0; i < KD_ARRAY_NR(ends); i++)
		if (kd_sources_have_member(sources, "paca_struct", ends[i].member, &offset, NULL) &&
		    kd_sources_peek_u64(sources, paca + offset, &place) && place > len)
			kd_cpu_stacks_add(ret, ends[i].kind, cpu, place - len, len);
}

const struct kd_cpu_layout kd_ppc64_cpus = {
	.current = current,
	.current_nr = KD_ARRAY_NR(current),
	.add_stacks = add_stacks,
	.pt_regs = &kd_ppc64_pt_regs,
};
