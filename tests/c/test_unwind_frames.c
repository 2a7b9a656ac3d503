/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks of machines with frame records (arm64, riscv64): sleeping and interrupted tasks, signed return addresses,
 * stacks of CPUs, and damage. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/aarch64/aarch64.h"
#include "arch/aarch64/registers.h"
#include "arch/riscv64/registers.h"
#include "arch/riscv64/riscv64.h"
#include "code/unwind.h"
#include "fake_kernel.h"
#include "fake_memory.h"

#define TEXT 0xffffffff81000000u /* where code of both machines may be */
#define TEXT_LEN 0x4000u
#define DATA 0xffffffff82010000u
#define TASK 0xffff888000010000u
#define STACK 0xffffc90000000000u
#define STACK_LEN 0x4000u
#define IRQ_STACK 0xffffc90000010000u
#define PERCPU 0xffff888000100000u

/* Functions, 256 bytes each. A call in any of them ends at its 64th byte. */
enum function { SWITCH, SCHEDULE, MIDDLE, LEAF, ENTRY, ENTRY_END, IRQ, FORK, TRACED, FUNCTION_NR };
static const char *const arm_names[] = { "__switch_to", "schedule",	 "middle",
					 "leaf",	"el1h_64_irq",	 "after_entry",
					 "irq",		"ret_from_fork", "return_to_handler" };
static const char *const riscv_names[] = { "__schedule", "schedule",	     "middle",
					   "leaf",	 "handle_exception", "ret_from_exception",
					   "irq",	 "ret_from_fork",    "return_to_handler" };

static uint8_t text_bytes[TEXT_LEN];
static uint64_t stack[STACK_LEN / 8], irq_stack[STACK_LEN / 8], task[128], shadow[512], data[64], percpu[64];
static struct kd_memory *memory;
static struct kd_unwinder *unwinder;
static struct kd_trace trace;

static kd_vaddr start_of(enum function f)
{
	return TEXT + 0x1000 + f * 0x100;
}

static kd_vaddr in(enum function f)
{
	return start_of(f) + 64;
}

static kd_vaddr stack_at(size_t word)
{
	return STACK + word * 8;
}

/* task_struct, by words */
enum { T_STACK, T_CPU, T_ON_CPU, T_SHADOW, T_SAVED = 16 };
#define RECORD 36 /* arm64: words of struct pt_regs before the record */
#define PT_REGS_WORDS 40

static void put_insn(kd_vaddr address, uint32_t insn)
{
	memcpy(text_bytes + (address - TEXT), &insn, sizeof(insn));
}

static void open_kernel(const struct kd_machine *machine)
{
	const bool arm = machine == &kd_aarch64;
	memory = fake_memory_create("NUMBER(KERNELPACMASK)=0xff7f000000000000\n");
	((struct kd_layout *)kd_memory_layout(memory))->levels[0] = (struct kd_level){ "PGD", 39, 9 };
	fake_memory_add(memory, TEXT, text_bytes, sizeof(text_bytes), 2);
	fake_memory_add(memory, STACK, stack, sizeof(stack), 1);
	fake_memory_add(memory, IRQ_STACK, irq_stack, sizeof(irq_stack), 1);
	fake_memory_add(memory, TASK, task, sizeof(task), 1);
	fake_memory_add(memory, TASK + 0x10000, shadow, sizeof(shadow), 1);
	fake_memory_add(memory, DATA, data, sizeof(data), 1);
	fake_memory_add(memory, PERCPU, percpu, sizeof(percpu), 1);
	struct kd_code_sources sources = fake_kernel(memory);
	sources.machine = machine;
	memset(stack, 0, sizeof(stack));
	memset(irq_stack, 0, sizeof(irq_stack));
	memset(task, 0, sizeof(task));
	memset(shadow, 0, sizeof(shadow));
	memset(text_bytes, 0, sizeof(text_bytes));
	for (unsigned int f = 0; f < FUNCTION_NR; f++) {
		/* stp x29, x30, [sp, #-32]!; mov x29, sp; …; bl */
		if (arm && f != LEAF) {
			put_insn(start_of(f), 0xa9be7bfd);
			put_insn(start_of(f) + 4, 0x910003fd);
		}
		put_insn(in(f)-4, arm ? 0x94000000 : 0x000000ef);
		fake_symbol(arm ? arm_names[f] : riscv_names[f], start_of(f));
	}
	fake_symbol("_text", TEXT);
	fake_symbol("_etext", TEXT + TEXT_LEN);
	fake_symbol("nr_cpu_ids", DATA);
	fake_symbol("__per_cpu_offset", DATA + 8);
	data[0] = 1;
	data[1] = PERCPU;
	fake_symbol(arm ? "__entry_task" : "runqueues", 0);
	fake_member("rq", "curr", 0, 8);
	percpu[0] = TASK;
	fake_symbol("irq_stack_ptr", 8);
	percpu[1] = IRQ_STACK;
	fake_member("task_struct", "stack", T_STACK * 8, 8);
	fake_member("task_struct", "thread_info.cpu", T_CPU * 8, 4);
	fake_member("task_struct", "on_cpu", T_ON_CPU * 8, 4);
	fake_member("task_struct", "ret_stack", T_SHADOW * 8, 8);
	fake_member("ftrace_ret_stack", "ret", 0, 8);
	fake_member("ftrace_ret_stack", "retp", 16, 8);
	/* arm64: x19 … x28, fp, sp, pc; riscv64: ra, sp, s0 … s11 */
	fake_member("task_struct", "thread.cpu_context.x19", T_SAVED * 8, 8);
	fake_member("task_struct", "thread.cpu_context.fp", (T_SAVED + 10) * 8, 8);
	fake_member("task_struct", "thread.cpu_context.sp", (T_SAVED + 11) * 8, 8);
	fake_member("task_struct", "thread.cpu_context.pc", (T_SAVED + 12) * 8, 8);
	fake_member("task_struct", "thread.ra", T_SAVED * 8, 8);
	fake_member("task_struct", "thread.sp", (T_SAVED + 1) * 8, 8);
	fake_member("task_struct", "thread.s", (T_SAVED + 2) * 8, 96);
	fake_member("pt_regs", "stackframe", RECORD * 8, 16);
	fake_size("pt_regs", PT_REGS_WORDS * 8);
	task[T_STACK] = STACK;
	assert(!kd_unwinder_create(&sources, &unwinder));
}

static void close_kernel(void)
{
	kd_trace_deinit(&trace);
	trace = (struct kd_trace){};
	kd_unwinder_destroy(unwinder);
	fake_memory_destroy(memory);
}

static void unwind(const struct kd_regs *start)
{
	assert(!kd_unwind(unwinder, TASK, start, NULL, &trace));
}

static void expect(size_t n, kd_vaddr pc, enum kd_found found)
{
	if (n >= trace.frames.nr || trace.frames.data[n].pc != pc || trace.frames.data[n].found != found ||
	    !trace.frames.data[n].sure) {
		fprintf(stderr, "frame %zu of %zu is not at %#lx: %s\n", n, trace.frames.nr, (long)pc, trace.why);
		abort();
	}
}

/* ---- arm64 ---- */

static void arm_sleep(size_t word)
{
	for (size_t i = 0; i < 10; i++)
		task[T_SAVED + i] = 0x1900 + i;
	task[T_SAVED + 10] = task[T_SAVED + 11] = stack_at(word);
	task[T_SAVED + 12] = in(SWITCH);
}

/* The record at this word of a stack. */
static void arm_record(uint64_t *words, size_t word, uint64_t fp, uint64_t lr)
{
	words[word] = fp;
	words[word + 1] = lr;
}

static void test_arm_sleeping(void)
{
	const size_t regs = STACK_LEN / 8 - PT_REGS_WORDS;
	open_kernel(&kd_aarch64);
	arm_sleep(1000);
	/* One address is signed, with all bits that may be. */
	arm_record(stack, 1000, stack_at(1010), in(SCHEDULE) & ~0xff7f000000000000);
	arm_record(stack, 1010, stack_at(1020), in(MIDDLE));
	arm_record(stack, 1020, stack_at(regs + RECORD), in(ENTRY));
	stack[regs + KD_ARM64_PC] = 0x401000;
	stack[regs + KD_ARM64_SP] = 0x7ffc0000;
	stack[regs + KD_ARM64_PSTATE] = 0x60000000;
	unwind(NULL);
	assert(trace.start == KD_START_SWITCH && trace.end == KD_END_USER && trace.frames.nr == 4);
	expect(0, in(SWITCH), KD_FOUND_REGISTERS);
	expect(1, in(SCHEDULE), KD_FOUND_FRAME_POINTER);
	expect(2, in(MIDDLE), KD_FOUND_FRAME_POINTER);
	expect(3, in(ENTRY), KD_FOUND_FRAME_POINTER);
	assert(trace.frames.data[0].known & KD_REG_BIT(KD_ARM64_X19 + 3) &&
	       trace.frames.data[0].regs.word[KD_ARM64_X19 + 3] == 0x1903);
	assert(trace.frames.data[1].sp == stack_at(1010) && trace.frames.data[1].slot == stack_at(1001));
	assert(trace.has_user_regs && trace.user_regs.word[KD_ARM64_PC] == 0x401000 &&
	       trace.user_regs_address == stack_at(regs));

	/* A kernel thread: the registers say that it never was in user mode. */
	stack[regs + KD_ARM64_PSTATE] = 5;
	unwind(NULL);
	assert(trace.end == KD_END_ENTRY && trace.frames.nr == 4 && !trace.has_user_regs);

	/* Kernels before 5.14 end with no record at all. */
	arm_record(stack, 1020, 0, in(ENTRY));
	stack[regs + KD_ARM64_PSTATE] = 0;
	unwind(NULL);
	assert(trace.end == KD_END_USER && trace.frames.nr == 4 && trace.user_regs_address == stack_at(regs));
	close_kernel();
}

/* The tracer of function graphs has replaced a return address, and remembers it by the caller's frame pointer. */
static void test_arm_traced(void)
{
	open_kernel(&kd_aarch64);
	arm_sleep(1000);
	arm_record(stack, 1000, stack_at(1010), start_of(TRACED));
	arm_record(stack, 1010, 0, in(FORK));
	task[T_SHADOW] = TASK + 0x10000;
	shadow[0] = in(MIDDLE);
	shadow[2] = stack_at(1010);
	unwind(NULL);
	expect(1, in(MIDDLE), KD_FOUND_TRAMPOLINE);
	expect(2, in(FORK), KD_FOUND_FRAME_POINTER);
	close_kernel();
}

/* From an IRQ's stack to the task's, through the registers of what was interrupted: a function with a frame, one that
 * has not made it yet, and one that makes none. */
static void test_arm_interrupted(void)
{
	for (unsigned int which = 0; which < 4; which++) {
		const bool meta = which == 3;
		open_kernel(&kd_aarch64);
		if (meta)
			fake_member("frame_record_meta", "type", 16, 8);
		const kd_vaddr pc = which == 1 ? start_of(MIDDLE) : which == 2 ? start_of(LEAF) + 8 : in(MIDDLE);
		const size_t regs = 900;
		struct kd_regs start = { .word = { [KD_ARM64_PC] = in(IRQ),
						   [KD_ARM64_LR] = 0x1234,
						   [KD_ARM64_SP] = IRQ_STACK + 800,
						   [KD_ARM64_FP] = IRQ_STACK + 800,
						   [KD_ARM64_PSTATE] = 5 } };
		arm_record(irq_stack, 100, stack_at(890), in(SCHEDULE));
		arm_record(stack, 890, stack_at(regs + RECORD), in(ENTRY));
		stack[regs + KD_ARM64_FP] = stack_at(1010);
		stack[regs + KD_ARM64_LR] = in(SCHEDULE) & ~0x7f000000000000;
		stack[regs + KD_ARM64_SP] = stack_at(regs + PT_REGS_WORDS);
		stack[regs + KD_ARM64_PC] = pc;
		stack[regs + KD_ARM64_PSTATE] = 0x60000005;
		if (meta)
			stack[regs + RECORD + 2] = 2;
		else
			arm_record(stack, regs + RECORD, stack_at(1010), pc);
		arm_record(stack, 1010, 0, in(FORK));
		unwind(&start);
		expect(0, in(IRQ), KD_FOUND_REGISTERS);
		expect(1, in(SCHEDULE), KD_FOUND_FRAME_POINTER);
		expect(2, in(ENTRY), KD_FOUND_FRAME_POINTER);
		expect(3, pc, KD_FOUND_PT_REGS);
		assert(trace.frames.data[0].stack == KD_STACK_IRQ && trace.frames.data[2].stack == KD_STACK_TASK);
		assert(trace.frames.data[3].exact && trace.frames.data[3].regs_address == stack_at(regs));
		if (which == 1 || which == 2) {
			expect(4, in(SCHEDULE), KD_FOUND_FRAME_POINTER);
			expect(5, in(FORK), KD_FOUND_FRAME_POINTER);
		} else {
			expect(4, in(FORK), KD_FOUND_FRAME_POINTER);
		}
		assert(trace.end == KD_END_ENTRY || trace.end == KD_END_USER);
		close_kernel();
	}
}

static void test_arm_guess(void)
{
	open_kernel(&kd_aarch64);
	arm_sleep(1000);
	/* The frame pointer leads nowhere: the next return address on the stack has the next record. */
	arm_record(stack, 1000, 0x1230, in(SCHEDULE));
	arm_record(stack, 1008, stack_at(1020), in(MIDDLE));
	arm_record(stack, 1020, 0, in(FORK));
	unwind(NULL);
	assert(trace.frames.nr == 4 && trace.guessed[0]);
	assert(trace.frames.data[2].pc == in(MIDDLE) && trace.frames.data[2].found == KD_FOUND_SCAN &&
	       !trace.frames.data[2].sure);
	assert(trace.frames.data[3].pc == in(FORK) && trace.frames.data[3].found == KD_FOUND_FRAME_POINTER &&
	       !trace.frames.data[3].sure);
	close_kernel();
}

/* ---- riscv64 ---- */

/* s0 and ra below this word. */
static void riscv_record(uint64_t *words, size_t word, uint64_t fp, uint64_t ra)
{
	words[word - 2] = fp;
	words[word - 1] = ra;
}

static void riscv_sleep(size_t sp, size_t fp)
{
	task[T_SAVED] = in(SWITCH);
	task[T_SAVED + 1] = stack_at(sp);
	task[T_SAVED + 2] = stack_at(fp);
	for (size_t i = 1; i < 12; i++)
		task[T_SAVED + 2 + i] = 0x500 + i;
}

static void test_riscv_sleeping(void)
{
	const size_t regs = 1040;
	open_kernel(&kd_riscv64);
	riscv_sleep(1000, 1010);
	riscv_record(stack, 1010, stack_at(1020), in(SCHEDULE));
	riscv_record(stack, 1020, stack_at(regs), in(MIDDLE));
	riscv_record(stack, regs, 0x7fff1230, in(ENTRY));
	stack[regs + KD_RISCV_EPC] = 0x401000;
	stack[regs + KD_RISCV_STATUS] = 0x200000020;
	unwind(NULL);
	assert(trace.start == KD_START_SWITCH && trace.end == KD_END_USER && trace.frames.nr == 4);
	expect(0, in(SWITCH), KD_FOUND_REGISTERS);
	expect(1, in(SCHEDULE), KD_FOUND_FRAME_POINTER);
	expect(2, in(MIDDLE), KD_FOUND_FRAME_POINTER);
	expect(3, in(ENTRY), KD_FOUND_FRAME_POINTER);
	assert(trace.frames.data[0].regs.word[KD_RISCV_S11] == 0x50b && trace.user_regs_address == stack_at(regs));

	/* A kernel thread: s0 is its function, not a frame. */
	riscv_record(stack, 1020, start_of(MIDDLE), in(FORK));
	unwind(NULL);
	assert(trace.end == KD_END_ENTRY && trace.frames.nr == 3);
	expect(2, in(FORK), KD_FOUND_FRAME_POINTER);
	close_kernel();
}

static void test_riscv_interrupted(void)
{
	for (unsigned int leaf = 0; leaf < 2; leaf++) {
		const size_t regs = 900;
		open_kernel(&kd_riscv64);
		struct kd_regs start = { .word = { [KD_RISCV_EPC] = in(IRQ),
						   [KD_RISCV_SP] = IRQ_STACK + 800,
						   [KD_RISCV_S0] = IRQ_STACK + 880,
						   [KD_RISCV_STATUS] = KD_RISCV_STATUS_KERNEL } };
		riscv_record(irq_stack, 110, stack_at(regs), in(ENTRY));
		/* The code that handles the interrupt switches stacks: the record is on the task's. */
		riscv_record(irq_stack, 110, stack_at(regs), in(SCHEDULE));
		riscv_record(stack, regs, 0, in(ENTRY));
		stack[regs + KD_RISCV_EPC] = leaf ? in(LEAF) : in(MIDDLE);
		stack[regs + KD_RISCV_RA] = in(MIDDLE);
		stack[regs + KD_RISCV_SP] = stack_at(1000);
		stack[regs + KD_RISCV_S0] = stack_at(1010);
		stack[regs + KD_RISCV_STATUS] = 0x200000120;
		if (leaf)
			stack[1009] = stack_at(1020); /* s0 alone */
		else
			riscv_record(stack, 1010, stack_at(1020), in(SCHEDULE));
		riscv_record(stack, 1020, 0, in(FORK));
		unwind(&start);
		expect(0, in(IRQ), KD_FOUND_REGISTERS);
		expect(1, in(SCHEDULE), KD_FOUND_FRAME_POINTER);
		expect(2, in(ENTRY), KD_FOUND_FRAME_POINTER);
		expect(3, leaf ? in(LEAF) : in(MIDDLE), KD_FOUND_PT_REGS);
		expect(4, leaf ? in(MIDDLE) : in(SCHEDULE), KD_FOUND_FRAME_POINTER);
		expect(5, in(FORK), KD_FOUND_FRAME_POINTER);
		assert(trace.end == KD_END_ENTRY && trace.frames.nr == 6);
		close_kernel();
	}
}

/* ---- both ---- */

/* Stacks full of addresses of code, of themselves and of anything: every trace ends, none reads elsewhere. */
static void test_damaged(const struct kd_machine *machine)
{
	open_kernel(machine);
	srandom(14);
	for (unsigned int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < STACK_LEN / 8; i++) {
			const unsigned long pick = (unsigned long)random();
			stack[i] = pick % 4 == 0   ? in(pick / 4 % FUNCTION_NR)
				   : pick % 4 == 1 ? stack_at(pick / 4 % 2048) & -16ul
				   : pick % 4 == 2 ? 0
						   : (uint64_t)random() << 33 ^ pick;
			irq_stack[i] =
				random() % 2 ? stack[i] : IRQ_STACK + (unsigned long)random() % STACK_LEN / 16 * 16;
		}
		for (size_t i = 0; i < 14; i++)
			task[T_SAVED + i] =
				random() % 3 ? stack_at((unsigned long)random() % 2048) : in(random() % FUNCTION_NR);
		unwind(NULL);
		assert(trace.frames.nr <= 512 && trace.why[0]);
		struct kd_regs start = {};
		for (size_t i = 0; i < KD_REGS_MAX; i++)
			start.word[i] =
				random() % 2 ? stack_at((unsigned long)random() % 2048) : in(random() % FUNCTION_NR);
		unwind(&start);
		assert(trace.frames.nr <= 512);
	}
	close_kernel();
}

int main(void)
{
	test_arm_sleeping();
	test_arm_traced();
	test_arm_interrupted();
	test_arm_guess();
	test_riscv_sleeping();
	test_riscv_interrupted();
	test_damaged(&kd_aarch64);
	test_damaged(&kd_riscv64);
	return 0;
}
