/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/stack.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "code/cpu_layout.h"

#define TASK_STACK_DEFAULT 16384ul
/* Of a search: far more than the longest stack, and over before anybody waits. */
#define SCAN_LEN_MAX (64ul << 20)

struct kd_stacks {
	struct kd_code_sources sources;
	struct kd_cpus *cpus;
	uint64_t task_stack_offset, task_len; /* 0: not asked yet */
	bool have_task_offset;
	struct kd_cpu_stacks *by_cpu;
	size_t by_cpu_nr;
};

const char *kd_stack_kind_name(enum kd_stack_kind kind)
{
	static const char *const names[] = {
		[KD_STACK_NONE] = "unknown",
		[KD_STACK_TASK] = "task",
		[KD_STACK_IRQ] = "IRQ",
		[KD_STACK_SOFTIRQ] = "softirq",
		[KD_STACK_ENTRY] = "entry",
		[KD_STACK_DF] = "DOUBLEFAULT",
		[KD_STACK_NMI] = "NMI",
		[KD_STACK_DB] = "DEBUG",
		[KD_STACK_MCE] = "MCE",
		[KD_STACK_VC] = "VC",
		[KD_STACK_VC2] = "VC2",
		[KD_STACK_OVERFLOW] = "OVERFLOW",
		[KD_STACK_SDEI] = "SDEI",
		[KD_STACK_SDEI_CRITICAL] = "SDEI_CRITICAL",
		[KD_STACK_NODAT] = "NODAT",
		[KD_STACK_RESTART] = "RESTART",
		[KD_STACK_EMERGENCY] = "emergency",
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
uint64_t kd_stack_task_len_of(const struct kd_code_sources *sources)
{
	static const char *const names[][2] = {
		{ "__start_init_stack", "__end_init_stack" }, /* 8f69cba096b5, Linux 6.10 */
		{ "__start_init_task", "__end_init_task" },
	};
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		kd_vaddr start, end;
		if (!kd_sources_have_symbol(sources, names[i][0], &start) ||
		    !kd_sources_have_symbol(sources, names[i][1], &end))
			continue;
		uint64_t len = end - start;
		if (len >= 2 * KD_PAGE_LEN_MIN && len <= 64 * KD_PAGE_LEN_MIN && !(len & (len - 1)))
			return len;
	}
	return TASK_STACK_DEFAULT;
}

uint64_t kd_stack_task_len(struct kd_stacks *stacks)
{
	if (!stacks->task_len)
		stacks->task_len = kd_stack_task_len_of(&stacks->sources);
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
	if (start % KD_PAGE_LEN_MIN || !kd_memory_is_kernel(stacks->sources.memory, start) || start + len < start)
		return kd_error_create(KD_ERROR_FORMAT, "task %#" PRIx64 " has an impossible stack address %#" PRIx64,
				       task, start);
	*ret = (struct kd_stack){ KD_STACK_TASK, -1, start, start + len };
	return NULL;
}

void kd_cpu_stacks_add(struct kd_cpu_stacks *stacks, enum kd_stack_kind kind, uint32_t cpu, kd_vaddr start,
		       uint64_t len)
{
	/* Not set up, or damaged: a stack that no address can be on. */
	if (!start || start + len < start || stacks->nr == KD_ARRAY_NR(stacks->list))
		return;
	stacks->list[stacks->nr++] = (struct kd_stack){ kind, cpu, start, start + len };
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
	struct kd_cpu_stacks *of = &stacks->by_cpu[cpu];
	if (!of->loaded) {
		of->loaded = true;
		stacks->sources.machine->cpus->add_stacks(&stacks->sources, stacks->cpus, cpu, of);
		size_t kept = 0;
		for (size_t i = 0; i < of->nr; i++)
			if (kd_memory_is_kernel(stacks->sources.memory, of->list[i].start))
				of->list[kept++] = of->list[i];
		of->nr = kept;
	}
	*ret_nr = of->nr;
	return of->list;
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
		uint64_t words[KD_PAGE_LEN_MIN / 8];
		size_t len = kd_min(end - at, KD_PAGE_LEN_MIN - at % KD_PAGE_LEN_MIN);
		KD_DROP_ERROR struct kd_error *fault =
			kd_memory_read_array(stacks->sources.memory, at, words, sizeof(*words), len / sizeof(*words));
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
	word = kd_text_code_address(scan->text, word);
	if (kd_text_kind(scan->text, word, NULL, NULL) == KD_TEXT_NONE)
		return NULL;
	struct kd_symbol symbol;
	KD_DROP_ERROR struct kd_error *unnamed = kd_text_symbol(scan->text, word, false, &symbol);
	if (unnamed)
		return NULL;
	struct kd_stack_text hit = { slot, word };
	return kd_stack_text_vector_append(scan->found, hit) ? NULL : &kd_error_nomem;
}

struct kd_error *kd_stack_scan_text(struct kd_stacks *stacks, struct kd_text *text, kd_vaddr start, kd_vaddr end,
				    struct kd_stack_text_vector *ret, size_t *ret_missing)
{
	struct text_scan scan = { text, ret };
	return each_word(stacks, start, end, scan_text_word, &scan, ret_missing);
}

struct regs_scan {
	struct kd_stacks *stacks;
	struct kd_text *text;
	kd_vaddr end;
	struct kd_stack_regs_vector *found;
};

/** Whether a struct pt_regs there would end where the stack does, which is a multiple of 16 bytes. */
static bool is_on_top(const struct regs_scan *scan, kd_vaddr address)
{
	const uint64_t len = kd_sources_sizeof(&scan->stacks->sources, "pt_regs", 0);
	return !len || (address + len <= scan->end && scan->end - (address + len) < 16);
}

static struct kd_error *scan_regs_word(void *context, kd_vaddr slot, uint64_t word)
{
	struct regs_scan *scan = context;
	const struct kd_pt_regs *pt_regs = scan->stacks->sources.machine->cpus->pt_regs;
	const kd_vaddr address = slot - pt_regs->mark * sizeof(word);
	if (!pt_regs->is_mark(word) || address + pt_regs->word_nr * sizeof(word) > scan->end)
		return NULL;
	struct kd_stack_regs hit = { .address = address };
	KD_DROP_ERROR struct kd_error *unreadable = kd_stack_read_regs(scan->stacks, address, &hit.regs);
	if (unreadable || !pt_regs->plausible(scan->text, &hit.regs, &hit.user))
		return NULL;
	if (hit.user && pt_regs->user_on_top && !is_on_top(scan, address))
		return NULL;
	return kd_stack_regs_vector_append(scan->found, hit) ? NULL : &kd_error_nomem;
}

struct kd_error *kd_stack_scan_regs(struct kd_stacks *stacks, struct kd_text *text, kd_vaddr start, kd_vaddr end,
				    struct kd_stack_regs_vector *ret, size_t *ret_missing)
{
	struct regs_scan scan = { stacks, text, end, ret };
	const uint64_t before = stacks->sources.machine->cpus->pt_regs->mark * sizeof(uint64_t);
	return each_word(stacks, start > UINT64_MAX - before ? end : start + before, end, scan_regs_word, &scan,
			 ret_missing);
}

struct kd_error *kd_stack_read_regs(struct kd_stacks *stacks, kd_vaddr address, struct kd_regs *ret)
{
	const struct kd_pt_regs *pt_regs = stacks->sources.machine->cpus->pt_regs;
	uint64_t words[KD_REGS_MAX];
	struct kd_error *err =
		kd_memory_read_array(stacks->sources.memory, address, words, sizeof(*words), pt_regs->word_nr);
	if (!err)
		pt_regs->decode(words, ret);
	return err;
}
