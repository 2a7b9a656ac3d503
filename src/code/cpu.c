/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/cpu.h"

#include "base/cleanup.h"
#include "base/vector.h"
#include "code/cpu_layout.h"
#include "code/cpumask.h"

KD_VECTOR(cpu_vector, struct kd_cpu);

struct kd_cpus {
	struct kd_code_sources sources;
	bool loaded;
	struct cpu_vector list;
	bool have_task; /* the offsets below are known, as far as the members exist */
	bool has_on_cpu;
	uint64_t on_cpu, cpu, pid;
	bool has_cpu, has_pid;
	struct kd_regs *in_memory; /* [list.nr] registers found there, or NULL */
};

struct kd_error *kd_cpus_create(const struct kd_code_sources *sources, struct kd_cpus **ret)
{
	struct kd_cpus *cpus = calloc(1, sizeof(*cpus));
	if (!cpus)
		return &kd_error_nomem;
	cpus->sources = *sources;
	*ret = cpus;
	return NULL;
}

void kd_cpus_destroy(struct kd_cpus *cpus)
{
	if (!cpus)
		return;
	cpu_vector_deinit(&cpus->list);
	free(cpus->in_memory);
	free(cpus);
}

static void load_task_layout(struct kd_cpus *cpus)
{
	if (cpus->have_task)
		return;
	cpus->have_task = true;
	const struct kd_code_sources *sources = &cpus->sources;
	cpus->has_on_cpu = kd_sources_have_member(sources, "task_struct", "on_cpu", &cpus->on_cpu, NULL);
	cpus->has_pid = kd_sources_have_member(sources, "task_struct", "pid", &cpus->pid, NULL);
	/* thread_info.cpu since bcf9033e5449 ("sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK"). */
	cpus->has_cpu = kd_sources_have_member(sources, "task_struct", "thread_info.cpu", &cpus->cpu, NULL) ||
			kd_sources_have_member(sources, "task_struct", "cpu", &cpus->cpu, NULL);
}

static bool percpu_address(struct kd_cpus *cpus, const struct kd_cpu *cpu, const char *symbol, kd_vaddr *ret)
{
	kd_vaddr variable;
	if (!cpu->percpu || !kd_sources_have_symbol(&cpus->sources, symbol, &variable))
		return false;
	*ret = variable + cpu->percpu;
	return true;
}

static bool read_place(struct kd_cpus *cpus, const struct kd_cpu *cpu, const struct kd_cpu_place *place, uint64_t *ret)
{
	kd_vaddr address;
	uint64_t offset = 0;
	return percpu_address(cpus, cpu, place->symbol, &address) &&
	       (!place->type || kd_sources_have_member(&cpus->sources, place->type, place->member, &offset, NULL)) &&
	       kd_sources_peek_u64(&cpus->sources, address + offset, ret) && *ret;
}

static kd_vaddr current_of(struct kd_cpus *cpus, const struct kd_cpu *cpu)
{
	const struct kd_cpu_layout *layout = cpus->sources.machine->cpus;
	uint64_t task;
	for (size_t i = 0; i < layout->current_nr; i++)
		if (read_place(cpus, cpu, &layout->current[i], &task))
			return task;
	return 0;
}

static bool note_is_of(struct kd_cpus *cpus, const struct kd_cpu_note *note, const struct kd_cpu *cpu)
{
	uint32_t pid;
	return cpu->current && cpus->has_pid && kd_sources_peek_u32(&cpus->sources, cpu->current + cpus->pid, &pid) &&
	       (int32_t)pid == note->pid;
}

/*
 * A note does not say which CPU it is of. Notes come in CPU order. QEMU writes one for every CPU there is; the kernel
 * leaves out those that were offline or did not answer the crash NMI. So where there are as many notes as CPUs online,
 * they pair up; else the pid in the note (of the task that ran) must tell which ones are missing.
 */
static void assign_notes(struct kd_cpus *cpus)
{
	const struct kd_notes *notes = kd_dump_notes(kd_memory_dump(cpus->sources.memory));
	size_t online_nr = 0, next = 0;
	bool from_vmm = false;
	for (size_t i = 0; i < notes->nr; i++)
		from_vmm |= notes->cpus[i].has_controls;
	for (size_t i = 0; i < cpus->list.nr; i++)
		online_nr += cpus->list.data[i].online;
	for (size_t i = 0; i < cpus->list.nr; i++) {
		struct kd_cpu *cpu = &cpus->list.data[i];
		const struct kd_cpu_note *note = NULL;
		if (from_vmm) {
			if (cpu->nr < notes->nr)
				note = &notes->cpus[cpu->nr];
		} else if (next < notes->nr) {
			bool paired = notes->nr == online_nr ? cpu->online : note_is_of(cpus, &notes->cpus[next], cpu);
			if (paired)
				note = &notes->cpus[next++];
		}
		if (note && note->has_regs)
			cpu->regs = &note->regs;
		else if (!notes->nr)
			cpu->why_no_regs = "the dump has no notes of CPUs";
		else if (!cpu->online)
			cpu->why_no_regs = "the CPU was offline";
		else
			cpu->why_no_regs =
				"the dump has no note of this CPU, which may not have answered the crash NMI";
	}
}

/*
 * Where a register has the current task, it says whose a note is: those of a monitor are in the order of the hardware's
 * numbers, which a kernel of riscv64 does not follow (the CPU that happens to boot is its first).
 */
static void assign_notes_by_task(struct kd_cpus *cpus)
{
	const struct kd_notes *notes = kd_dump_notes(kd_memory_dump(cpus->sources.memory));
	const struct kd_register_set *registers = cpus->sources.machine->registers;
	for (size_t i = 0; registers && registers->current && i < cpus->list.nr; i++) {
		struct kd_cpu *cpu = &cpus->list.data[i];
		const struct kd_regs *found = NULL;
		for (size_t n = 0; n < notes->nr && cpu->current && !found; n++)
			if (notes->cpus[n].has_regs && !registers->is_user(&notes->cpus[n].regs) &&
			    notes->cpus[n].regs.word[registers->current] == cpu->current)
				found = &notes->cpus[n].regs;
		if (found) {
			cpu->regs = found;
			cpu->why_no_regs = NULL;
		} else if (cpu->regs && cpu->current && !registers->is_user(cpu->regs)) {
			cpu->regs = NULL;
			cpu->why_no_regs = "the dump's notes are of other CPUs";
		}
	}
}

/* What crash_save_cpu() wrote: crash_notes points to an ELF note with the CPU's registers, in per-CPU memory. */
static bool read_crash_notes(struct kd_cpus *cpus, const struct kd_cpu *cpu, kd_vaddr crash_notes, struct kd_regs *ret)
{
	uint8_t raw[1024]; /* a header, a name, a struct elf_prstatus of any machine */
	size_t len;
	KD_CLEANUP(kd_notes_deinit) struct kd_notes notes = {};
	KD_DROP_ERROR struct kd_error *err =
		kd_memory_read_upto(cpus->sources.memory, crash_notes + cpu->percpu, raw, sizeof(raw), &len, NULL);
	if (!err)
		err = kd_notes_init(&notes, cpus->sources.machine->notes, kd_memory_order(cpus->sources.memory), raw,
				    len);
	if (err || !notes.nr || !notes.cpus[0].has_regs || !note_is_of(cpus, &notes.cpus[0], cpu))
		return false;
	*ret = notes.cpus[0].regs;
	return true;
}

/** Registers of CPUs that the dump has no note of, where the kernel's own memory has it. */
static void find_crash_notes(struct kd_cpus *cpus)
{
	kd_vaddr variable;
	uint64_t crash_notes;
	if (!cpus->sources.machine->notes || !kd_sources_have_symbol(&cpus->sources, "crash_notes", &variable) ||
	    !kd_sources_peek_u64(&cpus->sources, variable, &crash_notes) || !crash_notes)
		return;
	for (size_t i = 0; i < cpus->list.nr; i++) {
		struct kd_cpu *cpu = &cpus->list.data[i];
		if (cpu->regs || !cpu->online)
			continue;
		if (!cpus->in_memory)
			cpus->in_memory = calloc(cpus->list.nr, sizeof(*cpus->in_memory));
		if (cpus->in_memory && read_crash_notes(cpus, cpu, crash_notes, &cpus->in_memory[i])) {
			cpu->regs = &cpus->in_memory[i];
			cpu->why_no_regs = NULL;
		}
	}
}

/* All are, where the kernel does not say which (one without SMP). */
static void find_online(struct kd_cpus *cpus, struct kd_cpu *list, size_t nr)
{
	KD_CLEANUP(kd_cpu_numbers_deinit) struct kd_cpu_numbers online = {}, active = {};
	KD_DROP_ERROR struct kd_error *err = kd_cpumask_read(&cpus->sources, KD_CPUMASK_ONLINE, &online);
	KD_DROP_ERROR struct kd_error *none = kd_cpumask_read(&cpus->sources, KD_CPUMASK_ACTIVE, &active);
	for (size_t i = 0; i < nr; i++)
		list[i].online =
			err || kd_cpu_numbers_have(&online, list[i].nr) || kd_cpu_numbers_have(&active, list[i].nr);
}

static void load(struct kd_cpus *cpus)
{
	const struct kd_code_sources *sources = &cpus->sources;
	cpus->loaded = true;
	load_task_layout(cpus);
	kd_vaddr offsets = 0;
	bool have_offsets = kd_sources_have_symbol(sources, "__per_cpu_offset", &offsets);
	KD_CLEANUP(kd_cpu_numbers_deinit) struct kd_cpu_numbers possible = {};
	KD_DROP_ERROR struct kd_error *err = kd_cpumask_possible(sources, &possible);
	for (size_t i = 0; i < possible.nr; i++) {
		struct kd_cpu cpu = { .nr = possible.data[i] };
		if (have_offsets && !kd_sources_peek_u64(sources, offsets + cpu.nr * 8ul, &cpu.percpu))
			cpu.percpu = 0;
		cpu.current = current_of(cpus, &cpu);
		if (!cpu_vector_append(&cpus->list, cpu))
			break;
	}
	find_online(cpus, cpus->list.data, cpus->list.nr);
	assign_notes(cpus);
	assign_notes_by_task(cpus);
	if (!kd_dump_is_live(kd_memory_dump(sources->memory)))
		find_crash_notes(cpus);
}

/** What changes while a kernel runs. */
static void refresh(struct kd_cpus *cpus, struct kd_cpu *cpu)
{
	if (!kd_dump_is_live(kd_memory_dump(cpus->sources.memory)))
		return;
	find_online(cpus, cpu, 1);
	cpu->current = current_of(cpus, cpu);
}

const struct kd_cpu *kd_cpus_list(struct kd_cpus *cpus, size_t *ret_nr)
{
	if (!cpus->loaded)
		load(cpus);
	for (size_t i = 0; i < cpus->list.nr; i++)
		refresh(cpus, &cpus->list.data[i]);
	*ret_nr = cpus->list.nr;
	return cpus->list.data;
}

const struct kd_cpu *kd_cpus_get(struct kd_cpus *cpus, uint32_t nr)
{
	if (!cpus->loaded)
		load(cpus);
	for (size_t i = 0; i < cpus->list.nr; i++) {
		struct kd_cpu *cpu = &cpus->list.data[i];
		if (cpu->nr == nr) {
			refresh(cpus, cpu);
			return cpu;
		}
	}
	return NULL;
}

bool kd_cpu_variable(struct kd_cpus *cpus, uint32_t nr, const char *symbol, kd_vaddr *ret)
{
	const struct kd_cpu *cpu = kd_cpus_get(cpus, nr);
	return cpu && percpu_address(cpus, cpu, symbol, ret);
}

bool kd_cpu_read_place(struct kd_cpus *cpus, uint32_t nr, const struct kd_cpu_place *place, uint64_t *ret)
{
	const struct kd_cpu *cpu = kd_cpus_get(cpus, nr);
	return cpu && read_place(cpus, cpu, place, ret);
}

static const struct kd_cpu *running(struct kd_cpus *cpus, kd_vaddr task)
{
	size_t nr;
	const struct kd_cpu *list = kd_cpus_list(cpus, &nr);
	for (size_t i = 0; i < nr; i++)
		if (list[i].current == task)
			return &list[i];
	return NULL;
}

struct kd_error *kd_cpu_of_task(struct kd_cpus *cpus, kd_vaddr task, uint32_t *ret)
{
	load_task_layout(cpus);
	if (!cpus->has_cpu) {
		/* Not a member without SMP; or a kernel has renamed it, and of a task that ran its CPU says so. */
		const struct kd_cpu *cpu = running(cpus, task);
		*ret = cpu ? cpu->nr : 0;
		return NULL;
	}
	return kd_memory_read_u32(cpus->sources.memory, task + cpus->cpu, ret);
}

struct kd_error *kd_cpu_is_running(struct kd_cpus *cpus, kd_vaddr task, bool *ret)
{
	load_task_layout(cpus);
	if (cpus->has_on_cpu) {
		uint32_t on_cpu;
		struct kd_error *err = kd_memory_read_u32(cpus->sources.memory, task + cpus->on_cpu, &on_cpu);
		if (err)
			return err;
		if (!on_cpu) {
			*ret = false;
			return NULL;
		}
	}
	uint32_t nr;
	struct kd_error *err = kd_cpu_of_task(cpus, task, &nr);
	if (err)
		return err;
	/* During a context switch on_cpu is set for two tasks; the one that is not current any more has been saved. */
	const struct kd_cpu *cpu = kd_cpus_get(cpus, nr);
	*ret = cpu && cpu->current ? cpu->current == task : cpus->has_on_cpu;
	return NULL;
}
