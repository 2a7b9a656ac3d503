/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/stack.h"

#include <inttypes.h>

#include "base/cleanup.h"

#define PAGE_LEN 4096ul /* x86-64 */
#define TASK_STACK_DEFAULT 16384ul
/* Of a search: far more than the longest stack, and over before anybody waits. */
#define SCAN_LEN_MAX (64ul << 20)

/* struct pt_regs is what the entry code pushes; its 21 words are the first of kd_regs. FRED (Linux 6.9) keeps more in
 * the upper bits of the words of CS and SS. */
#define PT_REGS_LEN 168ul
#define SELECTOR_MASK 0xffff

struct kd_stacks {
	struct kd_code_sources sources;
	struct kd_cpus *cpus;
	uint64_t task_stack_offset, task_len; /* 0: not asked yet */
	bool have_task_offset;
	struct cpu_stacks {
		bool loaded;
		size_t nr;
		struct kd_stack stacks[KD_STACK_KIND_NR];
	} * by_cpu;
	size_t by_cpu_nr;
};

const char *kd_stack_kind_name(enum kd_stack_kind kind)
{
	static const char *const names[] = {
		[KD_STACK_NONE] = "unknown",	[KD_STACK_TASK] = "task",   [KD_STACK_IRQ] = "IRQ",
		[KD_STACK_SOFTIRQ] = "softirq", [KD_STACK_ENTRY] = "entry", [KD_STACK_DF] = "DOUBLEFAULT",
		[KD_STACK_NMI] = "NMI",		[KD_STACK_DB] = "DEBUG",    [KD_STACK_MCE] = "MCE",
		[KD_STACK_VC] = "VC",		[KD_STACK_VC2] = "VC2",
	};
	return names[kind];
}

struct kd_error *kd_stacks_create(const struct kd_code_sources *sources, struct kd_cpus *cpus, struct kd_stacks **ret)
{
	struct kd_stacks *stacks = calloc(1, sizeof(*stacks));
	if (!stacks)
		return &kd_error_nomem;
	stacks->sources = *sources;
	stacks->cpus = cpus;
	*ret = stacks;
	return NULL;
}

void kd_stacks_destroy(struct kd_stacks *stacks)
{
	if (!stacks)
		return;
	free(stacks->by_cpu);
	free(stacks);
}

/* THREAD_SIZE is a constant of the build (16 KiB, 32 with KASAN); the linker script leaves its size around the first
 * task's stack. */
static uint64_t find_task_len(struct kd_stacks *stacks)
{
	static const char *const names[][2] = {
		{ "__start_init_stack", "__end_init_stack" }, /* 8f69cba096b5, Linux 6.10 */
		{ "__start_init_task", "__end_init_task" },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		kd_vaddr start, end;
		if (!kd_sources_have_symbol(&stacks->sources, names[i][0], &start) ||
		    !kd_sources_have_symbol(&stacks->sources, names[i][1], &end))
			continue;
		uint64_t len = end - start;
		if (len >= 2 * PAGE_LEN && len <= 64 * PAGE_LEN && !(len & (len - 1)))
			return len;
	}
	return TASK_STACK_DEFAULT;
}

uint64_t kd_stack_task_len(struct kd_stacks *stacks)
{
	if (!stacks->task_len)
		stacks->task_len = find_task_len(stacks);
	return stacks->task_len;
}

struct kd_error *kd_stack_of_task(struct kd_stacks *stacks, kd_vaddr task, struct kd_stack *ret)
{
	if (!stacks->have_task_offset) {
		struct kd_error *err =
			kd_sources_offset(&stacks->sources, "task_struct", "stack", &stacks->task_stack_offset);
		if (err)
			return err;
		stacks->have_task_offset = true;
	}
	const uint64_t len = kd_stack_task_len(stacks);
	uint64_t start;
	struct kd_error *err = kd_memory_read_u64(stacks->sources.memory, task + stacks->task_stack_offset, &start);
	if (err)
		return err;
	if (!start)
		return kd_error_create(KD_ERROR_FORMAT, "task %#" PRIx64 " has no kernel stack (any more)", task);
	if (start % PAGE_LEN || start >> 63 == 0 || start + len < start)
		return kd_error_create(KD_ERROR_FORMAT, "task %#" PRIx64 " has an impossible stack address %#" PRIx64,
				       task, start);
	*ret = (struct kd_stack){ KD_STACK_TASK, -1, start, start + len };
	return NULL;
}

static void add_stack(struct cpu_stacks *of, enum kd_stack_kind kind, uint32_t cpu, kd_vaddr start, uint64_t len)
{
	/* Not set up, or damaged: a stack that no address can be on. */
	if (start >> 63 == 0 || start + len < start || of->nr == KD_ARRAY_NR(of->stacks))
		return;
	of->stacks[of->nr++] = (struct kd_stack){ kind, cpu, start, start + len };
}

/* The word at the top of the IRQ stack holds the stack pointer to return to; hardirq_stack_ptr points at that word
 * since 951c2a51ae75 (Linux 5.12), behind it before, and 64 bytes below the end before 5.1 (then as irq_stack_ptr). */
static void add_irq_stack(struct kd_stacks *stacks, struct cpu_stacks *of, uint32_t cpu)
{
	static const struct {
		const char *symbol, *type, *member;
	} places[] = {
		{ "hardirq_stack_ptr", NULL, NULL },
		{ "pcpu_hot", "pcpu_hot", "hardirq_stack_ptr" }, /* 6.2 … 6.14 */
		{ "irq_stack_ptr", NULL, NULL },
	};
	uint64_t len = kd_sources_sizeof(&stacks->sources, "irq_stack", TASK_STACK_DEFAULT);
	for (size_t i = 0; i < KD_ARRAY_NR(places); i++) {
		kd_vaddr address;
		uint64_t offset = 0, top;
		if (kd_cpu_variable(stacks->cpus, cpu, places[i].symbol, &address) &&
		    (!places[i].type ||
		     kd_sources_have_member(&stacks->sources, places[i].type, places[i].member, &offset, NULL)) &&
		    kd_sources_peek_u64(&stacks->sources, address + offset, &top) && top) {
			kd_vaddr end = (top + PAGE_LEN - 1) & -PAGE_LEN;
			add_stack(of, KD_STACK_IRQ, cpu, end - len, len);
			return;
		}
	}
}

/* Since Linux 5.1 struct cea_exception_stacks says where each stack is and how long (twice as long with KASAN). */
static bool add_exception_stacks(struct kd_stacks *stacks, struct cpu_stacks *of, uint32_t cpu)
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
	if (!kd_cpu_variable(stacks->cpus, cpu, "cea_exception_stacks", &variable) ||
	    !kd_sources_peek_u64(&stacks->sources, variable, &start) || !start)
		return false;
	size_t before = of->nr;
	for (size_t i = 0; i < KD_ARRAY_NR(members); i++) {
		uint64_t offset, len;
		if (kd_sources_have_member(&stacks->sources, "cea_exception_stacks", members[i].member, &offset,
					   &len) &&
		    len)
			add_stack(of, members[i].kind, cpu, start + offset, len);
	}
	return of->nr > before;
}

/* The task state segment tells the processor the same on every kernel: where the stacks end, in a fixed order. */
static void add_tss_stacks(struct kd_stacks *stacks, struct cpu_stacks *of, uint32_t cpu, bool exceptions_too)
{
	static const enum kd_stack_kind kinds[] = { KD_STACK_DF, KD_STACK_NMI, KD_STACK_DB, KD_STACK_MCE, KD_STACK_VC };
	kd_vaddr tss;
	uint64_t offset, end;
	if (!kd_cpu_variable(stacks->cpus, cpu, "cpu_tss_rw", &tss) &&
	    !kd_cpu_variable(stacks->cpus, cpu, "cpu_tss", &tss))
		return;
	if (exceptions_too && kd_sources_have_member(&stacks->sources, "tss_struct", "x86_tss.ist", &offset, NULL))
		for (size_t i = 0; i < KD_ARRAY_NR(kinds); i++)
			if (kd_sources_peek_u64(&stacks->sources, tss + offset + i * 8, &end) && end)
				add_stack(of, kinds[i], cpu, end - PAGE_LEN, PAGE_LEN);
	/* sp0: where the processor begins when user mode is interrupted. */
	if (kd_sources_have_member(&stacks->sources, "tss_struct", "x86_tss.sp0", &offset, NULL) &&
	    kd_sources_peek_u64(&stacks->sources, tss + offset, &end) && end && end % PAGE_LEN == 0)
		add_stack(of, KD_STACK_ENTRY, cpu, end - PAGE_LEN, PAGE_LEN);
}

const struct kd_stack *kd_stacks_of_cpu(struct kd_stacks *stacks, uint32_t cpu, size_t *ret_nr)
{
	*ret_nr = 0;
	if (!stacks->by_cpu) {
		size_t nr;
		const struct kd_cpu *list = kd_cpus_list(stacks->cpus, &nr);
		size_t by_cpu_nr = nr ? list[nr - 1].nr + 1ul : 0;
		stacks->by_cpu = calloc(by_cpu_nr ?: 1, sizeof(*stacks->by_cpu));
		if (!stacks->by_cpu)
			return NULL;
		stacks->by_cpu_nr = by_cpu_nr;
	}
	if (cpu >= stacks->by_cpu_nr)
		return NULL;
	struct cpu_stacks *of = &stacks->by_cpu[cpu];
	if (!of->loaded) {
		of->loaded = true;
		add_irq_stack(stacks, of, cpu);
		bool have_exceptions = add_exception_stacks(stacks, of, cpu);
		add_tss_stacks(stacks, of, cpu, !have_exceptions);
	}
	*ret_nr = of->nr;
	return of->stacks;
}

const struct kd_stack *kd_stack_at(struct kd_stacks *stacks, uint32_t cpu, kd_vaddr address)
{
	size_t nr;
	const struct kd_stack *list = kd_stacks_of_cpu(stacks, cpu, &nr);
	for (size_t i = 0; i < nr; i++)
		if (address >= list[i].start && address < list[i].end)
			return &list[i];
	return NULL;
}

/* Call back for each readable word. */
typedef struct kd_error *(*word_fn)(void *context, kd_vaddr slot, uint64_t word);

static struct kd_error *each_word(struct kd_stacks *stacks, kd_vaddr start, kd_vaddr end, word_fn callback,
				  void *context, size_t *ret_missing)
{
	size_t missing = 0;
	if (ret_missing)
		*ret_missing = 0;
	if (start > UINT64_MAX - 7 || start >= end)
		return NULL;
	if (end - start > SCAN_LEN_MAX)
		return kd_error_create(KD_ERROR_VALUE, "%#" PRIx64 " to %#" PRIx64 " is more than any stack has", start,
				       end);
	for (kd_vaddr at = (start + 7) & -8ul; at < end;) {
		uint64_t words[PAGE_LEN / 8];
		size_t len = kd_min(end - at, PAGE_LEN - at % PAGE_LEN);
		KD_DROP_ERROR struct kd_error *fault = kd_memory_read(stacks->sources.memory, at, words, len);
		if (fault && fault->code != KD_ERROR_FAULT)
			return kd_move_ptr(fault);
		missing += !!fault;
		for (size_t i = 0; !fault && i < len / 8; i++) {
			struct kd_error *err = callback(context, at + i * 8, words[i]);
			if (err)
				return err;
		}
		if (len > UINT64_MAX - at)
			break;
		at += len;
	}
	if (ret_missing)
		*ret_missing = missing;
	return NULL;
}

struct text_scan {
	struct kd_text *text;
	struct kd_stack_text_vector *found;
};

static struct kd_error *scan_text_word(void *context, kd_vaddr slot, uint64_t word)
{
	struct text_scan *scan = context;
	if (kd_text_kind(scan->text, word, NULL, NULL) == KD_TEXT_NONE)
		return NULL;
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *unnamed = kd_text_symbol(scan->text, word, false, &symbol);
	if (unnamed)
		return NULL;
	struct kd_stack_text hit = { slot, word, kd_text_after_call(scan->text, word) };
	return kd_stack_text_vector_append(scan->found, hit) ? NULL : &kd_error_nomem;
}

struct kd_error *kd_stack_scan_text(struct kd_stacks *stacks, struct kd_text *text, kd_vaddr start, kd_vaddr end,
				    struct kd_stack_text_vector *ret, size_t *ret_missing)
{
	struct text_scan scan = { text, ret };
	return each_word(stacks, start, end, scan_text_word, &scan, ret_missing);
}

static bool is_kernel_address(uint64_t address)
{
	return address >= 0xff00000000000000;
}

/* GDT entries: __KERNEL_CS 0x10, __KERNEL_DS 0x18; __USER_CS 0x33, __USER32_CS 0x23, __USER_DS 0x2b. */
static bool plausible_regs(struct kd_text *text, const struct kd_regs *regs, bool *ret_user)
{
	/* Bit 1 is always set; 3, 5, 15 and from 22 on never. */
	if (!(regs->rflags & 2) || regs->rflags & ~0x3f7fd7ul)
		return false;
	if (regs->cs == 0x10) {
		*ret_user = false;
		return (regs->ss == 0x18 || regs->ss == 0) && is_kernel_address(regs->rsp) &&
		       kd_text_kind(text, regs->rip, NULL, NULL) != KD_TEXT_NONE;
	}
	*ret_user = true;
	return (regs->cs == 0x33 || regs->cs == 0x23) && regs->ss == 0x2b && !is_kernel_address(regs->rip) &&
	       !is_kernel_address(regs->rsp);
}

struct regs_scan {
	struct kd_stacks *stacks;
	struct kd_text *text;
	kd_vaddr end;
	struct kd_stack_regs_vector *found;
};

static struct kd_error *scan_regs_word(void *context, kd_vaddr slot, uint64_t word)
{
	struct regs_scan *scan = context;
	/* The word of CS is rare enough to look for it alone. */
	const kd_vaddr address = slot - offsetof(struct kd_regs, cs);
	word &= SELECTOR_MASK;
	if ((word != 0x10 && word != 0x33 && word != 0x23) || PT_REGS_LEN > scan->end - address)
		return NULL;
	struct kd_stack_regs hit = { .address = address };
	KD_DROP_ERROR struct kd_error *unreadable = kd_stack_read_regs(scan->stacks, address, &hit.regs);
	if (unreadable || !plausible_regs(scan->text, &hit.regs, &hit.user))
		return NULL;
	return kd_stack_regs_vector_append(scan->found, hit) ? NULL : &kd_error_nomem;
}

struct kd_error *kd_stack_scan_regs(struct kd_stacks *stacks, struct kd_text *text, kd_vaddr start, kd_vaddr end,
				    struct kd_stack_regs_vector *ret, size_t *ret_missing)
{
	struct regs_scan scan = { stacks, text, end, ret };
	const uint64_t before = offsetof(struct kd_regs, cs);
	return each_word(stacks, start > UINT64_MAX - before ? end : start + before, end, scan_regs_word, &scan,
			 ret_missing);
}

struct kd_error *kd_stack_read_regs(struct kd_stacks *stacks, kd_vaddr address, struct kd_regs *ret)
{
	struct kd_regs regs = {};
	struct kd_error *err = kd_memory_read(stacks->sources.memory, address, &regs, PT_REGS_LEN);
	if (err)
		return err;
	regs.cs &= SELECTOR_MASK;
	regs.ss &= SELECTOR_MASK;
	*ret = regs;
	return NULL;
}
