/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/text.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/vector.h"
#include "code/instruction_set.h"

/* Bounds against damaged lists. */
#define MODULES_MAX 4096
#define FTRACE_OPS_MAX 4096

/* Stacks have few distinct program counters: a few thousand names serve a machine of any size. Powers of two. */
#define SYMBOL_CACHE_NR 4096
#define KIND_CACHE_NR 256

struct text_range {
	kd_vaddr start, end;
	uint32_t module; /* index into modules, or of nothing for the kernel's own */
};
KD_VECTOR(text_range_vector, struct text_range);
KD_VECTOR(text_module_vector, struct kd_text_module);

struct ftrace_trampoline {
	kd_vaddr start, end;
	kd_vaddr original; /* what it is a copy of */
};
KD_VECTOR(ftrace_trampoline_vector, struct ftrace_trampoline);

struct kd_text {
	struct kd_code_sources sources;
	bool have_kernel, have_modules, have_ftrace;
	kd_vaddr image_start, image_end; /* the whole image: code in it is only what is in kernel[] */
	struct text_range kernel[2];
	size_t kernel_nr;
	struct text_module_vector modules;
	struct text_range_vector ranges; /* of modules, ascending */
	struct ftrace_trampoline_vector trampolines;
	struct symbol_slot {
		kd_vaddr pc; /* 0: free */
		struct kd_symbol symbol;
	} * symbols;
	struct kind_slot {
		kd_vaddr pc;
		bool is_code;
	} kinds[KIND_CACHE_NR];
};

struct kd_error *kd_text_create(const struct kd_code_sources *sources, struct kd_text **ret)
{
	struct kd_text *text = calloc(1, sizeof(*text));
	if (!text)
		return &kd_error_nomem;
	text->sources = *sources;
	text->symbols = calloc(SYMBOL_CACHE_NR, sizeof(*text->symbols));
	if (!text->symbols) {
		kd_text_destroy(text);
		return &kd_error_nomem;
	}
	*ret = text;
	return NULL;
}

void kd_text_destroy(struct kd_text *text)
{
	if (!text)
		return;
	text_module_vector_deinit(&text->modules);
	text_range_vector_deinit(&text->ranges);
	ftrace_trampoline_vector_deinit(&text->trampolines);
	free(text->symbols);
	free(text);
}

static void load_kernel(struct kd_text *text)
{
	text->have_kernel = true;
	/* The linker script's names. _text comes first and covers the start-up code; the init text is gone after boot,
	 * but its addresses stay on the stacks of the idle tasks. */
	static const char *const names[][2] = { { "_text", "_etext" }, { "_sinittext", "_einittext" } };
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		struct text_range *range = &text->kernel[text->kernel_nr];
		if (kd_sources_have_symbol(&text->sources, names[i][0], &range->start) &&
		    kd_sources_have_symbol(&text->sources, names[i][1], &range->end) && range->start < range->end)
			text->kernel_nr++;
	}
	if (text->kernel_nr) {
		text->image_start = text->kernel[0].start;
		if (!kd_sources_have_symbol(&text->sources, "_end", &text->image_end))
			text->image_end = text->kernel[text->kernel_nr - 1].end;
	}
}

static int compare_ranges(const void *a, const void *b)
{
	kd_vaddr left = ((const struct text_range *)a)->start, right = ((const struct text_range *)b)->start;
	return (left > right) - (left < right);
}

/* Before ac3b43283923 (Linux 6.4) one allocation held code and data, the code first. */
static const struct {
	enum kd_module_memory memory;
	const char *text_size;
} module_texts[] = {
	{ KD_MODULE_TEXT, "core_layout.text_size" },
	{ KD_MODULE_INIT_TEXT, "init_layout.text_size" },
};

/* What cannot be read leaves its module without ORC, or out: unwinding then falls back to guesses that are marked. */
static void load_modules(struct kd_text *text)
{
	const struct kd_code_sources *sources = &text->sources;
	struct kd_module *list = NULL;
	size_t nr = 0;
	KD_DROP_ERROR struct kd_error *err =
		sources->modules ? kd_modules_list(sources->modules, &list, &nr, NULL) : NULL;
	nr = kd_min(nr, MODULES_MAX);
	/* All the memory first: a range never names a module that is not there. */
	if (err || !text_module_vector_reserve(&text->modules, nr) ||
	    !text_range_vector_reserve(&text->ranges, nr * KD_ARRAY_NR(module_texts)))
		return;
	text->have_modules = true;
	uint64_t ip_offset, orc_offset, nr_offset;
	bool has_orc = kd_sources_have_member(sources, "module", "arch.orc_unwind_ip", &ip_offset, NULL) &&
		       kd_sources_have_member(sources, "module", "arch.orc_unwind", &orc_offset, NULL) &&
		       kd_sources_have_member(sources, "module", "arch.num_orcs", &nr_offset, NULL);
	uint64_t text_len_offset[KD_ARRAY_NR(module_texts)];
	bool has_text_len[KD_ARRAY_NR(module_texts)];
	for (size_t k = 0; k < KD_ARRAY_NR(module_texts); k++)
		has_text_len[k] =
			kd_sources_have_member(sources, "module", module_texts[k].text_size, &text_len_offset[k], NULL);
	for (size_t i = 0; i < nr; i++) {
		struct kd_text_module module = { .module = &list[i] };
		if (has_orc && !(kd_sources_peek_u64(sources, list[i].address + ip_offset, &module.orc_ip) &&
				 kd_sources_peek_u64(sources, list[i].address + orc_offset, &module.orc) &&
				 kd_sources_peek_u32(sources, list[i].address + nr_offset, &module.orc_nr)))
			module.orc_ip = module.orc = module.orc_nr = 0;
		for (size_t k = 0; k < KD_ARRAY_NR(module_texts); k++) {
			struct kd_module_range memory = list[i].memory[module_texts[k].memory];
			uint32_t text_len;
			if (has_text_len[k] &&
			    kd_sources_peek_u32(sources, list[i].address + text_len_offset[k], &text_len))
				memory.size = kd_min(memory.size, text_len);
			if (!memory.start || !memory.size || memory.start + memory.size < memory.start)
				continue;
			text->ranges.data[text->ranges.nr++] =
				(struct text_range){ memory.start, memory.start + memory.size, text->modules.nr };
		}
		text->modules.data[text->modules.nr++] = module;
	}
	if (text->ranges.nr)
		qsort(text->ranges.data, text->ranges.nr, sizeof(*text->ranges.data), compare_ranges);
}

static const struct text_range *find_range(struct kd_text *text, kd_vaddr pc)
{
	size_t first = 0, last = text->ranges.nr;
	while (first < last) {
		size_t middle = first + (last - first) / 2;
		if (text->ranges.data[middle].start <= pc)
			first = middle + 1;
		else
			last = middle;
	}
	const struct text_range *range = first ? &text->ranges.data[first - 1] : NULL;
	return range && pc < range->end ? range : NULL;
}

/*
 * Every ftrace_ops may have a trampoline: a copy of ftrace_caller or, with FTRACE_OPS_FL_SAVE_REGS, of
 * ftrace_regs_caller with the calls filled in. Its code has no ORC of its own, but the original's fits offset by
 * offset.
 */
static void load_ftrace(struct kd_text *text)
{
	const struct kd_code_sources *sources = &text->sources;
	text->have_ftrace = true;
	kd_vaddr plain, with_regs, list, end, ops;
	uint64_t next, start, size, flags;
	if (!kd_sources_have_symbol(sources, "ftrace_caller", &plain) ||
	    !kd_sources_have_symbol(sources, "ftrace_regs_caller", &with_regs) ||
	    !kd_sources_have_symbol(sources, "ftrace_ops_list", &list) ||
	    !kd_sources_have_symbol(sources, "ftrace_list_end", &end) ||
	    !kd_sources_have_member(sources, "ftrace_ops", "next", &next, NULL) ||
	    !kd_sources_have_member(sources, "ftrace_ops", "trampoline", &start, NULL) ||
	    !kd_sources_have_member(sources, "ftrace_ops", "trampoline_size", &size, NULL) ||
	    !kd_sources_have_member(sources, "ftrace_ops", "flags", &flags, NULL))
		return;
	int64_t save_regs;
	KD_DROP_ERROR struct kd_error *err =
		kd_types_enumerator(sources->types, "FTRACE_OPS_FL_SAVE_REGS", &save_regs, NULL);
	if (err)
		return;
	if (!kd_sources_peek_u64(sources, list, &ops))
		return;
	for (unsigned int i = 0; i < FTRACE_OPS_MAX && ops && ops != end; i++) {
		uint64_t address, len, ops_flags;
		if (!kd_sources_peek_u64(sources, ops + start, &address) ||
		    !kd_sources_peek_u64(sources, ops + size, &len) ||
		    !kd_sources_peek_u64(sources, ops + flags, &ops_flags))
			return;
		struct ftrace_trampoline trampoline = { address, address + len,
							ops_flags & save_regs ? with_regs : plain };
		if (address && address < trampoline.end &&
		    !ftrace_trampoline_vector_append(&text->trampolines, trampoline))
			return;
		if (!kd_sources_peek_u64(sources, ops + next, &ops))
			return;
	}
}

static bool in_ftrace(struct kd_text *text, kd_vaddr pc, kd_vaddr *ret_entry)
{
	if (!text->have_ftrace)
		load_ftrace(text);
	for (size_t i = 0; i < text->trampolines.nr; i++) {
		const struct ftrace_trampoline *trampoline = &text->trampolines.data[i];
		if (pc < trampoline->start || pc >= trampoline->end)
			continue;
		if (ret_entry)
			*ret_entry = trampoline->original + (pc - trampoline->start);
		return true;
	}
	return false;
}

/* BPF's lists are long and stacks are full of numbers that are no code: remember the last answers. */
static bool in_bpf(struct kd_text *text, kd_vaddr pc)
{
	if (!text->sources.modules)
		return false;
	struct kind_slot *slot = &text->kinds[kd_hash_u64(pc) & (KIND_CACHE_NR - 1)];
	if (slot->pc != pc) {
		struct kd_symbol symbol;
		KD_DROP_ERROR struct kd_error *err = kd_symbol_at(text->sources.modules, pc, &symbol);
		*slot = (struct kind_slot){ pc, !err };
	}
	return slot->is_code;
}

enum kd_text_kind kd_text_kind(struct kd_text *text, kd_vaddr pc, const struct kd_text_module **ret_module,
			       kd_vaddr *ret_entry)
{
	if (!text->have_kernel)
		load_kernel(text);
	for (size_t i = 0; i < text->kernel_nr; i++)
		if (pc >= text->kernel[i].start && pc < text->kernel[i].end)
			return KD_TEXT_KERNEL;
	if (pc < text->sources.machine->instructions->lowest_code || (pc >= text->image_start && pc < text->image_end))
		return KD_TEXT_NONE;
	if (!text->have_modules)
		load_modules(text);
	const struct text_range *range = find_range(text, pc);
	if (range) {
		if (ret_module)
			*ret_module = &text->modules.data[range->module];
		return KD_TEXT_MODULE;
	}
	if (in_ftrace(text, pc, ret_entry))
		return KD_TEXT_FTRACE;
	return in_bpf(text, pc) ? KD_TEXT_BPF : KD_TEXT_NONE;
}

static bool begins_with(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* A system call without arguments is one function with two names. */
static void prefer_native_syscall(const struct kd_code_sources *sources, uint32_t n, struct kd_symbol *symbol)
{
	const struct kd_instruction_set *set = sources->machine->instructions;
	struct kd_kallsyms *kallsyms = sources->kallsyms;
	struct kd_symbol next;
	if (!set->foreign_syscall || !begins_with(symbol->name, set->foreign_syscall) ||
	    n + 1 >= kd_kallsyms_nr(kallsyms))
		return;
	KD_DROP_ERROR struct kd_error *err = kd_kallsyms_get(kallsyms, n + 1, &next);
	if (!err && next.address == symbol->address && begins_with(next.name, set->native_syscall))
		*symbol = next;
}

static struct kd_error *find_symbol(struct kd_text *text, kd_vaddr pc, struct kd_symbol *ret)
{
	const struct kd_code_sources *sources = &text->sources;
	/* The kernel's own names do not wait for the list of modules, nor fail with it. */
	if (sources->kallsyms && kd_text_kind(text, pc, NULL, NULL) == KD_TEXT_KERNEL) {
		uint32_t n;
		struct kd_error *err = kd_kallsyms_at(sources->kallsyms, pc, &n);
		err = err ?: kd_kallsyms_get(sources->kallsyms, n, ret);
		if (!err)
			prefer_native_syscall(sources, n, ret);
		return err;
	}
	if (sources->modules)
		return kd_symbol_at(sources->modules, pc, ret);
	return kd_error_create(KD_ERROR_LOOKUP, "no symbol at %#" PRIx64, pc);
}

struct kd_error *kd_text_symbol(struct kd_text *text, kd_vaddr pc, bool is_return, struct kd_symbol *ret)
{
	pc -= is_return;
	struct symbol_slot *slot = &text->symbols[kd_hash_u64(pc) & (SYMBOL_CACHE_NR - 1)];
	if (!pc || slot->pc != pc) {
		struct kd_symbol symbol;
		struct kd_error *err = find_symbol(text, pc, &symbol);
		if (err)
			return err;
		*slot = (struct symbol_slot){ pc, symbol };
	}
	*ret = slot->symbol;
	return NULL;
}

kd_vaddr kd_text_code_address(struct kd_text *text, uint64_t word)
{
	const struct kd_instruction_set *set = text->sources.machine->instructions;
	return set->code_address ? set->code_address(text->sources.memory, word) : word;
}

bool kd_text_after_call(struct kd_text *text, kd_vaddr pc)
{
	const struct kd_instruction_set *set = text->sources.machine->instructions;
	uint8_t bytes[KD_INSN_MAX_LEN];
	KD_DROP_ERROR struct kd_error *err =
		kd_memory_read(text->sources.memory, pc - set->call_len_max, bytes, set->call_len_max);
	return !err && set->ends_in_call(bytes);
}
