/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stack traces of a made-up kernel: proper ones, ones through every kind of obstacle, and damaged ones. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/registers.h"
#include "code/unwind.h"
#include "fake_kernel.h"
#include "fake_memory.h"

#define TEXT 0xffffffff81000000u
#define TEXT_LEN 0x4000u
#define IPS 0xffffffff82000000u
#define ORCS 0xffffffff82001000u
#define DATA 0xffffffff82010000u
#define TASK 0xffff888000010000u
#define SHADOW 0xffff888000020000u
#define STACK 0xffffc90000000000u
#define STACK_LEN 0x4000u
#define IRQ_STACK 0xffffc90000010000u
#define PERCPU 0xffff888000100000u

/* Functions, 256 bytes each. A call of any of them ends at its 16th byte. */
enum function {
	SCHEDULE,  /* no frame but the return address */
	MIDDLE,	   /* 16 bytes of locals */
	FRAMED,	   /* has a frame pointer */
	ENTRY,	   /* a struct pt_regs right behind */
	KTHREAD,   /* the end */
	HOLE,	   /* no unwind data */
	BACKWARDS, /* damaged: the caller's frame is below */
	ON_IRQ,	   /* its caller's stack pointer is in the word at 0(%rsp) */
	GRAPH,	   /* return_to_handler */
	RETHOOK,   /* arch_rethook_trampoline */
	SWITCH_TO, /* __switch_to_asm */
	FUNCTION_NR,
};

static const char *const names[] = { "schedule",
				     "middle",
				     "framed",
				     "entry",
				     "kthread",
				     "hole",
				     "backwards",
				     "on_irq",
				     "return_to_handler",
				     "arch_rethook_trampoline",
				     "__switch_to_asm" };

struct raw_entry {
	int16_t sp_offset, bp_offset;
	uint8_t registers, rest;
} __attribute__((packed));

static const struct raw_entry rules[FUNCTION_NR] = {
	[SCHEDULE] = { 8, 0, 5, 2 },	[MIDDLE] = { 24, 0, 5, 2 },   [FRAMED] = { 16, -16, 4 | 1 << 4, 2 },
	[ENTRY] = { 0, 0, 5, 3 | 8 },	[KTHREAD] = { 0, 0, 0, 1 },   [HOLE] = { 0, 0, 0, 0 },
	[BACKWARDS] = { -64, 0, 5, 2 }, [ON_IRQ] = { 8, 0, 9, 2 },    [GRAPH] = { 0, 0, 0, 0 },
	[RETHOOK] = { 0, 0, 0, 0 },	[SWITCH_TO] = { 8, 0, 5, 2 },
};

static uint8_t text_bytes[TEXT_LEN];
static int32_t ips[FUNCTION_NR];
static struct raw_entry entries[FUNCTION_NR];
static uint64_t stack[STACK_LEN / 8], irq_stack[STACK_LEN / 8], task[64], shadow[512], data[64], percpu[64];
static struct kd_memory *memory;
static struct kd_unwinder *unwinder;
static struct kd_trace trace;

static kd_vaddr start_of(enum function f)
{
	return TEXT + 0x1000 + f * 0x100;
}

static kd_vaddr in(enum function f)
{
	return start_of(f) + 16;
}

static kd_vaddr stack_at(size_t word)
{
	return STACK + word * 8;
}

/* task_struct, by words */
enum { T_STACK, T_SP, T_CPU, T_ON_CPU, T_RETHOOKS, T_SHADOW };
static uint64_t sp_offset = T_SP * 8, bx_offset = 32;

static struct kd_code_sources open_kernel(bool with_orc)
{
	memory = fake_memory_create("");
	fake_memory_add(memory, TEXT, text_bytes, sizeof(text_bytes), 2);
	fake_memory_add(memory, IPS, ips, sizeof(ips), 0);
	fake_memory_add(memory, ORCS, entries, sizeof(entries), 0);
	fake_memory_add(memory, STACK, stack, sizeof(stack), 1);
	fake_memory_add(memory, IRQ_STACK, irq_stack, sizeof(irq_stack), 1);
	fake_memory_add(memory, TASK, task, sizeof(task), 1);
	fake_memory_add(memory, SHADOW, shadow, sizeof(shadow), 1);
	fake_memory_add(memory, DATA, data, sizeof(data), 1);
	fake_memory_add(memory, PERCPU, percpu, sizeof(percpu), 1);
	struct kd_code_sources sources = fake_kernel(memory);
	memset(stack, 0, sizeof(stack));
	memset(irq_stack, 0, sizeof(irq_stack));
	memset(shadow, 0, sizeof(shadow));
	memset(task, 0, sizeof(task));
	for (unsigned int f = 0; f < FUNCTION_NR; f++) {
		/* call schedule(): a direct call of the first function ends where in() is. */
		int32_t relative = start_of(SCHEDULE) - in(f);
		uint8_t *call = text_bytes + (in(f)-TEXT) - 5;
		call[0] = 0xe8;
		memcpy(call + 1, &relative, 4);
		ips[f] = start_of(f) - (IPS + f * 4);
		entries[f] = rules[f];
		fake_symbol(names[f], start_of(f));
	}
	fake_symbol("_text", TEXT);
	fake_symbol("_etext", TEXT + TEXT_LEN);
	if (with_orc) {
		fake_symbol("__start_orc_unwind_ip", IPS);
		fake_symbol("__stop_orc_unwind_ip", IPS + sizeof(ips));
		fake_symbol("__start_orc_unwind", ORCS);
		fake_orc_layout(true);
	}
	fake_symbol("nr_cpu_ids", DATA);
	fake_symbol("__per_cpu_offset", DATA + 8);
	data[0] = 1;
	data[1] = PERCPU;
	fake_symbol("current_task", 0);
	percpu[0] = TASK;
	fake_symbol("hardirq_stack_ptr", 8);
	percpu[1] = IRQ_STACK + STACK_LEN - 8;
	fake_member("task_struct", "stack", T_STACK * 8, 8);
	fake_member("task_struct", "thread.sp", sp_offset, 8);
	fake_member("task_struct", "thread_info.cpu", T_CPU * 8, 4);
	fake_member("task_struct", "on_cpu", T_ON_CPU * 8, 4);
	fake_member("task_struct", "rethooks.first", T_RETHOOKS * 8, 8);
	fake_member("task_struct", "ret_stack", T_SHADOW * 8, 8);
	static const char *const saved[] = { "r15", "r14", "r13", "r12", "bx", "bp", "ret_addr" };
	for (size_t i = 0; i < KD_ARRAY_NR(saved); i++)
		fake_member("inactive_task_frame", saved[i], strcmp(saved[i], "bx") ? i * 8 : bx_offset, 8);
	fake_size("inactive_task_frame", 56);
	fake_member("rethook_node", "llist", 0, 8);
	fake_member("rethook_node", "ret_addr", 8, 8);
	fake_member("rethook_node", "frame", 16, 8);
	fake_member("ftrace_ret_stack", "ret", 0, 8);
	fake_member("ftrace_ret_stack", "retp", 16, 8);
	task[T_STACK] = STACK;
	assert(!kd_unwinder_create(&sources, &unwinder));
	return sources;
}

static void close_kernel(void)
{
	kd_trace_deinit(&trace);
	trace = (struct kd_trace){};
	kd_unwinder_destroy(unwinder);
	fake_memory_destroy(memory);
}

/* A task that sleeps with its frame at this word of its stack, called from schedule(). */
static void sleep_at(size_t word)
{
	task[T_SP] = stack_at(word);
	for (size_t i = 0; i < 6; i++)
		stack[word + i] = 0x1500 + i; /* r15 … bp */
	stack[word + 6] = in(SCHEDULE);
}

static void user_regs_at(size_t word)
{
	stack[word + 16] = 0x401000; /* rip */
	stack[word + 17] = 0x33;
	stack[word + 18] = 0x202;
	stack[word + 19] = 0x7ffc0000;
	stack[word + 20] = 0x2b;
}

static void unwind(unsigned int flags)
{
	struct kd_unwind_options options = { .flags = flags };
	assert(!kd_unwind(unwinder, TASK, NULL, &options, &trace));
}

static void expect(size_t n, enum function f, enum kd_found found, bool sure)
{
	assert(n < trace.frames.nr);
	const struct kd_frame *frame = &trace.frames.data[n];
	assert(frame->pc == in(f) && frame->found == found && frame->sure == sure);
}

static void test_sleeping(void)
{
	open_kernel(true);
	sleep_at(1000);
	stack[1007] = in(MIDDLE); /* schedule() returns there */
	stack[1010] = in(ENTRY);
	user_regs_at(1011);
	unwind(0);
	assert(trace.start == KD_START_SWITCH && trace.end == KD_END_USER && trace.frames.nr == 3);
	expect(0, SCHEDULE, KD_FOUND_REGISTERS, true);
	expect(1, MIDDLE, KD_FOUND_ORC, true);
	expect(2, ENTRY, KD_FOUND_ORC, true);
	assert(trace.frames.data[0].known & KD_REG_BIT(KD_X86_R12) &&
	       trace.frames.data[0].regs.word[KD_X86_R12] == 0x1503);
	assert(!(trace.frames.data[1].known & KD_REG_BIT(KD_X86_R12)));
	assert(trace.frames.data[1].slot == stack_at(1007) && trace.frames.data[1].cfa == stack_at(1011));
	assert(trace.has_user_regs && trace.user_regs.word[KD_X86_RIP] == 0x401000 &&
	       trace.user_regs_address == stack_at(1011));
	assert(trace.frames.data[2].stack == KD_STACK_TASK && !trace.guessed[0]);

	/* The same trace may be used again, and is complete however few frames are asked for. */
	struct kd_unwind_options options = { .max_frames = 2 };
	assert(!kd_unwind(unwinder, TASK, NULL, &options, &trace));
	assert(trace.end == KD_END_LIMIT && trace.frames.nr == 2 && !trace.has_user_regs);

	stack[1007] = in(KTHREAD);
	unwind(0);
	assert(trace.end == KD_END_ENTRY && trace.frames.nr == 2);

	task[T_STACK] = 0;
	unwind(0);
	assert(trace.end == KD_END_NO_STACK && !trace.frames.nr);
	close_kernel();
	puts("ok unwind sleeping");
}

static void test_frame_pointer(void)
{
	open_kernel(true);
	sleep_at(1000);
	stack[1005] = stack_at(1020); /* rbp */
	stack[1007] = in(FRAMED);
	stack[1020] = 0x1234; /* the caller's rbp */
	stack[1021] = in(KTHREAD);
	unwind(0);
	expect(1, FRAMED, KD_FOUND_ORC, true);
	expect(2, KTHREAD, KD_FOUND_ORC, true);
	assert(trace.end == KD_END_ENTRY && trace.frames.data[2].regs.word[KD_X86_RBP] == 0x1234);
	close_kernel();

	/* No ORC: a kernel that is unwound by frame pointers, and marks registers in their chain. */
	open_kernel(false);
	sleep_at(1000);
	stack[1005] = stack_at(1020);
	stack[1020] = stack_at(1030) + 1;
	stack[1021] = in(MIDDLE);
	user_regs_at(1030);
	unwind(0);
	assert(trace.frames.nr == 2 && trace.end == KD_END_USER);
	expect(1, MIDDLE, KD_FOUND_FRAME_POINTER, true);
	close_kernel();
	puts("ok unwind frame pointer");
}

static void test_guess(void)
{
	open_kernel(true);
	sleep_at(1000);
	stack[1007] = in(HOLE);
	stack[1010] = in(MIDDLE) + 1; /* not behind a call */
	stack[1012] = in(MIDDLE);
	stack[1015] = in(KTHREAD);
	unwind(0);
	expect(1, HOLE, KD_FOUND_ORC, true);
	expect(2, MIDDLE, KD_FOUND_SCAN, false);
	expect(3, KTHREAD, KD_FOUND_ORC, false);
	assert(trace.end == KD_END_ENTRY && strstr(trace.guessed, "cannot be unwound"));
	unwind(KD_UNWIND_NO_SCAN);
	assert(trace.frames.nr == 2 && trace.end == KD_END_NO_UNWIND);

	/* A prologue that says how large the frame is, and a caller that calls the function by name: nothing guessed.
	 */
	static const uint8_t prologue[] = { 0x55, 0x48, 0x83, 0xec, 0x10 }; /* push %rbp; sub $0x10,%rsp */
	memcpy(text_bytes + (start_of(HOLE) - TEXT), prologue, sizeof(prologue));
	int32_t relative = start_of(HOLE) - in(MIDDLE);
	memcpy(text_bytes + (in(MIDDLE)-TEXT) - 4, &relative, 4);
	stack[1010] = 0x77; /* %rbp */
	stack[1011] = in(MIDDLE);
	stack[1014] = in(KTHREAD);
	unwind(KD_UNWIND_NO_SCAN);
	expect(2, MIDDLE, KD_FOUND_PROLOGUE, true);
	expect(3, KTHREAD, KD_FOUND_ORC, true);
	assert(trace.frames.data[2].regs.word[KD_X86_RBP] == 0x77 && !trace.guessed[0]);
	memset(text_bytes, 0, sizeof(text_bytes));
	close_kernel();
	puts("ok unwind guess");
}

static void test_trampolines(void)
{
	open_kernel(true);
	sleep_at(1000);
	stack[1007] = start_of(GRAPH);
	stack[1008] = start_of(RETHOOK);
	/* Two nodes at one slot: the newer one found the trampoline there already. */
	shadow[0] = SHADOW + 24;
	shadow[1] = start_of(RETHOOK);
	shadow[2] = stack_at(1008);
	shadow[4] = in(KTHREAD);
	shadow[5] = stack_at(1008);
	shadow[100] = in(SCHEDULE);   /* ret */
	shadow[102] = stack_at(1007); /* retp */
	task[T_RETHOOKS] = SHADOW;
	task[T_SHADOW] = SHADOW + 640;
	unwind(0);
	expect(1, SCHEDULE, KD_FOUND_TRAMPOLINE, true);
	expect(2, KTHREAD, KD_FOUND_TRAMPOLINE, true);
	assert(trace.end == KD_END_ENTRY);
	close_kernel();
	puts("ok unwind trampolines");
}

static void test_running(void)
{
	open_kernel(true);
	task[T_ON_CPU] = 1;
	unwind(0);
	assert(trace.running && trace.end == KD_END_NO_REGS && !trace.frames.nr && strstr(trace.why, "notes"));
	close_kernel();

	open_kernel(true);
	task[T_ON_CPU] = 1;
	stack[1007] = in(MIDDLE);
	stack[1010] = in(KTHREAD);
	unwind(0);
	assert(trace.start == KD_START_SCAN && trace.end == KD_END_ENTRY && trace.frames.nr == 2);
	expect(0, MIDDLE, KD_FOUND_SCAN, false);
	expect(1, KTHREAD, KD_FOUND_ORC, false);
	close_kernel();

	struct kd_cpu_note note = { .has_regs = true,
				    .regs.word = {
					    [KD_X86_RIP] = 0x401000, [KD_X86_CS] = 0x33, [KD_X86_RSP] = 0x7ffc0000 } };
	open_kernel(true);
	task[T_ON_CPU] = 1;
	fake_notes(&note, 1);
	unwind(0);
	assert(trace.end == KD_END_IN_USER && trace.has_user_regs && trace.user_regs.word[KD_X86_RIP] == 0x401000);
	close_kernel();

	/* In an interrupt: from the IRQ stack back to the task's, through the registers there, which are the kernel's.
	 */
	open_kernel(true);
	task[T_ON_CPU] = 1;
	const size_t top = STACK_LEN / 8 - 1;
	note.regs = (struct kd_regs){ .word = { [KD_X86_RIP] = start_of(SCHEDULE),
						[KD_X86_CS] = 0x10,
						[KD_X86_RSP] = IRQ_STACK + (top - 1) * 8 } };
	irq_stack[top - 1] = in(ON_IRQ);
	irq_stack[top] = stack_at(1000); /* what ON_IRQ finds at its stack pointer */
	stack[1000] = in(ENTRY);
	stack[1001 + 16] = start_of(SCHEDULE); /* interrupted at its first byte */
	stack[1001 + 17] = 0x10;
	stack[1001 + 19] = stack_at(1030);
	stack[1030] = in(KTHREAD);
	fake_notes(&note, 1);
	unwind(0);
	assert(trace.start == KD_START_NOTE && trace.end == KD_END_ENTRY && trace.frames.nr == 5);
	assert(trace.frames.data[0].exact && trace.frames.data[0].stack == KD_STACK_IRQ);
	expect(1, ON_IRQ, KD_FOUND_ORC, true);
	expect(2, ENTRY, KD_FOUND_ORC, true);
	assert(trace.frames.data[2].stack == KD_STACK_TASK);
	const struct kd_frame *interrupted = &trace.frames.data[3];
	assert(interrupted->pc == start_of(SCHEDULE) && interrupted->exact && interrupted->found == KD_FOUND_PT_REGS);
	assert(interrupted->regs_address == stack_at(1001));
	expect(4, KTHREAD, KD_FOUND_ORC, true);
	close_kernel();

	/* A call of a NULL pointer. */
	open_kernel(true);
	struct kd_regs regs = { .word = { [KD_X86_RIP] = 0, [KD_X86_CS] = 0x10, [KD_X86_RSP] = stack_at(1000) } };
	stack[1000] = in(KTHREAD);
	assert(!kd_unwind(unwinder, TASK, &regs, NULL, &trace));
	assert(trace.start == KD_START_GIVEN && trace.frames.nr == 2 && trace.end == KD_END_ENTRY);
	close_kernel();
	puts("ok unwind running");
}

static void test_damage(void)
{
	open_kernel(true);
	sleep_at(1000);
	stack[1007] = in(BACKWARDS);
	unwind(KD_UNWIND_NO_SCAN);
	assert(trace.frames.nr == 2 && trace.end != KD_END_USER && trace.end != KD_END_ENTRY);
	stack[999] = in(MIDDLE); /* where BACKWARDS finds its caller: 1008 - 8 - 1 */
	unwind(KD_UNWIND_NO_SCAN);
	assert(trace.frames.nr == 2 && trace.end == KD_END_LOOP);

	stack[1007] = 0xdeadbeef;
	unwind(KD_UNWIND_NO_SCAN);
	assert(trace.frames.nr == 1 && trace.end == KD_END_NO_UNWIND && strstr(trace.why, "0xdeadbeef"));

	sleep_at(STACK_LEN / 8 - 7);
	unwind(0);
	assert(trace.frames.nr == 1 && trace.end == KD_END_OFF_STACK);
	task[T_SP] = 0x1000;
	unwind(0);
	assert(!trace.frames.nr && trace.end == KD_END_OFF_STACK);

	sleep_at(1536 - 7); /* the return address is the first word of a page */
	fake_memory_break(memory, stack_at(1536), KD_FAULT_EXCLUDED);
	unwind(0);
	assert(trace.frames.nr == 1 && trace.end == KD_END_FAULT && trace.fault == KD_FAULT_EXCLUDED);
	assert(trace.address == stack_at(1536));
	close_kernel();

	/* The page of the task_struct with the stack pointer in it is missing; what it pointed to is not. */
	sp_offset = 0x8000;
	open_kernel(true);
	int32_t relative = start_of(SWITCH_TO) - in(SCHEDULE);
	memcpy(text_bytes + (in(SCHEDULE)-TEXT) - 4, &relative, 4);
	sleep_at(1000);
	stack[906] = in(SCHEDULE); /* of an earlier switch, which leads nowhere any more */
	stack[1007] = in(KTHREAD);
	unwind(0);
	assert(trace.start == KD_START_SCAN && trace.end == KD_END_ENTRY && trace.frames.nr == 2 && trace.guessed[0]);
	expect(0, SCHEDULE, KD_FOUND_SCAN, false);
	expect(1, KTHREAD, KD_FOUND_ORC, false);
	struct kd_unwind_options options = { .flags = KD_UNWIND_NO_SCAN };
	struct kd_error *err = kd_unwind(unwinder, TASK, NULL, &options, &trace);
	assert(err && err->code == KD_ERROR_FAULT);
	kd_error_destroy(err);
	close_kernel();
	sp_offset = T_SP * 8;
	puts("ok unwind damage");
}

/* Types that say that a saved register lies outside the frame. */
static void test_damaged_types(void)
{
	static const uint64_t offsets[] = { 56, 57, 33, 4096, UINT64_MAX / 8 - 7 };
	for (size_t i = 0; i < KD_ARRAY_NR(offsets); i++) {
		bx_offset = offsets[i];
		open_kernel(true);
		sleep_at(1000);
		stack[1007] = in(KTHREAD);
		struct kd_error *err = kd_unwind(unwinder, TASK, NULL, NULL, &trace);
		assert(err && err->code == KD_ERROR_UNSUPPORTED && strstr(err->message, "inactive_task_frame"));
		kd_error_destroy(err);
		close_kernel();
	}
	bx_offset = 32;
	puts("ok unwind damaged types");
}

/* Searches for addresses of code and for registers, at either end of the address space. */
static void test_scan(void)
{
	open_kernel(true);
	stack[1007] = in(MIDDLE);
	stack[1017] = 0x10;
	struct kd_stacks *stacks = kd_unwinder_stacks(unwinder);
	struct kd_text *text = kd_unwinder_text(unwinder);
	struct kd_stack_text_vector texts = {};
	struct kd_stack_regs_vector regs = {};
	size_t missing;
	assert(!kd_stack_scan_text(stacks, text, STACK, STACK + STACK_LEN, &texts, &missing));
	assert(texts.nr == 1 && texts.data[0].slot == stack_at(1007) && !missing);
	static const struct {
		kd_vaddr start, end;
		size_t missing;
	} ends[] = {
		{ UINT64_MAX - FAKE_PAGE - 8, UINT64_MAX, 2 },
		{ UINT64_MAX - 15, UINT64_MAX, 1 },
		{ UINT64_MAX - 3, UINT64_MAX, 0 },
		{ UINT64_MAX, 0, 0 },
		{ STACK + 64, STACK, 0 },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(ends); i++) {
		assert(!kd_stack_scan_text(stacks, text, ends[i].start, ends[i].end, &texts, &missing));
		assert(texts.nr == 1 && missing == ends[i].missing);
		assert(!kd_stack_scan_regs(stacks, text, ends[i].start, ends[i].end, &regs, &missing));
		assert(!regs.nr && missing <= ends[i].missing);
	}
	struct kd_error *err = kd_stack_scan_regs(stacks, text, 0, 1ull << 63, &regs, &missing);
	assert(err && err->code == KD_ERROR_VALUE);
	kd_error_destroy(err);
	kd_stack_text_vector_deinit(&texts);
	kd_stack_regs_vector_deinit(&regs);
	close_kernel();
	puts("ok unwind scan");
}

/* Whatever is on the stack and in the tables: every trace ends, within its limit. */
static void test_noise(void)
{
	srandom(1);
	for (unsigned int round = 0; round < 300; round++) {
		open_kernel(round % 4 != 3);
		for (size_t i = 0; i < STACK_LEN / 8; i++) {
			enum function f = random() % FUNCTION_NR;
			const uint64_t choices[] = { in(f),
						     start_of(f),
						     stack_at(random() % (STACK_LEN / 8)),
						     IRQ_STACK + random() % STACK_LEN / 8 * 8,
						     random(),
						     0x10 };
			stack[i] = choices[random() % KD_ARRAY_NR(choices)];
			irq_stack[i] = choices[random() % KD_ARRAY_NR(choices)];
		}
		if (round % 2)
			for (size_t i = 0; i < sizeof(entries); i++)
				((uint8_t *)entries)[i] = random();
		task[T_SP] = stack_at(random() % (STACK_LEN / 8));
		task[T_ON_CPU] = round % 8 == 7;
		task[T_RETHOOKS] = stack_at(random() % (STACK_LEN / 8));
		task[T_SHADOW] = STACK;
		unwind(round % 3 ? 0 : KD_UNWIND_NO_SCAN);
		assert(trace.frames.nr <= 512 && trace.why[0]);
		struct kd_regs regs = { .word = { [KD_X86_RIP] = in(random() % FUNCTION_NR),
						  [KD_X86_CS] = 0x10,
						  [KD_X86_RSP] = stack_at(random() % 2048) } };
		assert(!kd_unwind(unwinder, round % 2 ? TASK : 0, &regs, NULL, &trace));
		assert(trace.frames.nr <= 512 && trace.why[0]);
		close_kernel();
	}
	puts("ok unwind noise");
}

int main(void)
{
	test_sleeping();
	test_frame_pointer();
	test_guess();
	test_trampolines();
	test_running();
	test_damage();
	test_damaged_types();
	test_scan();
	test_noise();
	return 0;
}
