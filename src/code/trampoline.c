/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/trampoline.h"

#include <string.h>

#include "base/cleanup.h"

#define SHADOW_STACK_LEN 4096 /* SHADOW_STACK_SIZE; the array before it was smaller */
#define PROBES_MAX 4096	      /* nested kretprobes of one task */
#define KRETPROBE_BUCKETS 64  /* KPROBE_TABLE_SIZE */

enum trampoline_kind {
	TRAMPOLINE_GRAPH,
	TRAMPOLINE_RETHOOK,
	TRAMPOLINE_KRETPROBE,
};

struct kd_trampolines {
	struct kd_code_sources sources;
	bool loaded;
	struct {
		kd_vaddr address;
		enum trampoline_kind kind;
	} known[4];
	size_t nr;
};

struct kd_error *kd_trampolines_create(const struct kd_code_sources *sources, struct kd_trampolines **ret)
{
	struct kd_trampolines *trampolines = calloc(1, sizeof(*trampolines));
	if (!trampolines)
		return &kd_error_nomem;
	trampolines->sources = *sources;
	*ret = trampolines;
	return NULL;
}

void kd_trampolines_destroy(struct kd_trampolines *trampolines)
{
	free(trampolines);
}

static void load(struct kd_trampolines *trampolines)
{
	static const struct {
		const char *symbol;
		enum trampoline_kind kind;
	} names[] = {
		{ "return_to_handler", TRAMPOLINE_GRAPH },
		{ "arch_rethook_trampoline", TRAMPOLINE_RETHOOK },  /* f3a112c0c40d, Linux 5.18 */
		{ "__kretprobe_trampoline", TRAMPOLINE_KRETPROBE }, /* adf8a61a940c, Linux 5.16 */
		{ "kretprobe_trampoline", TRAMPOLINE_KRETPROBE },
	};
	trampolines->loaded = true;
	for (size_t i = 0; i < KD_ARRAY_NR(names); i++) {
		kd_vaddr address;
		if (!kd_sources_have_symbol(&trampolines->sources, names[i].symbol, &address))
			continue;
		trampolines->known[trampolines->nr].address = address;
		trampolines->known[trampolines->nr++].kind = names[i].kind;
	}
}

/*
 * The tracer's shadow stack grows up from task->ret_stack. Each struct ftrace_ret_stack in it notes where on the real
 * stack it took the return address from (retp). Until Linux 6.10 it was an array of these; since 42675b723b48 it is an
 * array of words with frames of several sizes in it. A slot's address cannot be anything else in there, so looking for
 * it needs neither layout.
 */
static bool resolve_graph(const struct kd_code_sources *sources, kd_vaddr task, kd_vaddr slot, kd_vaddr *ret)
{
	uint64_t stack_offset, retp, ret_offset, stack, words[SHADOW_STACK_LEN / 8];
	if (!kd_sources_have_member(sources, "task_struct", "ret_stack", &stack_offset, NULL) ||
	    !kd_sources_have_member(sources, "ftrace_ret_stack", "retp", &retp, NULL) ||
	    !kd_sources_have_member(sources, "ftrace_ret_stack", "ret", &ret_offset, NULL) ||
	    !kd_sources_peek_u64(sources, task + stack_offset, &stack) || !stack)
		return false;
	size_t len;
	KD_DROP_ERROR struct kd_error *err =
		kd_memory_read_upto(sources->memory, stack, words, sizeof(words), &len, NULL);
	if (err)
		return false;
	kd_order_array(kd_memory_order(sources->memory), words, sizeof(*words), len / sizeof(*words));
	/* The oldest entry of a slot is the one to take: newer ones are of a tail call, whose return address was the
	 * trampoline already, or are leavings above the top. */
	for (size_t at = retp; at + 8 <= len; at += 8)
		if (words[at / 8] == slot && at - retp + ret_offset + 8 <= len) {
			*ret = words[(at - retp + ret_offset) / 8];
			return true;
		}
	return false;
}

/*
 * task->rethooks: a list of struct rethook_node, newest first, each with the stack pointer it was set at (frame). Two
 * on one call have the same frame, and the return address that the newer one found was the trampoline itself.
 */
static bool resolve_list(const struct kd_code_sources *sources, const char *head, const char *node_type,
			 const char *frame_member, kd_vaddr trampoline, kd_vaddr task, kd_vaddr slot, kd_vaddr *ret)
{
	uint64_t first, link, address_offset, frame_offset, node;
	if (!kd_sources_have_member(sources, "task_struct", head, &first, NULL) ||
	    !kd_sources_have_member(sources, node_type, "llist", &link, NULL) ||
	    !kd_sources_have_member(sources, node_type, "ret_addr", &address_offset, NULL) ||
	    !kd_sources_have_member(sources, node_type, frame_member, &frame_offset, NULL) ||
	    !kd_sources_peek_u64(sources, task + first, &node))
		return false;
	for (unsigned int i = 0; node && i < PROBES_MAX; i++) {
		uint64_t address, frame;
		node -= link;
		if (!kd_sources_peek_u64(sources, node + address_offset, &address) ||
		    !kd_sources_peek_u64(sources, node + frame_offset, &frame))
			return false;
		if (frame == slot && address != trampoline) {
			*ret = address;
			return true;
		}
		if (!kd_sources_peek_u64(sources, node + link, &node))
			return false;
	}
	return false;
}

/* Before d741bf41d7c7 (Linux 5.11) the instances of all tasks were in one hash table, chained by hlist. */
static bool resolve_kretprobe_table(const struct kd_code_sources *sources, kd_vaddr trampoline, kd_vaddr task,
				    kd_vaddr slot, kd_vaddr *ret)
{
	kd_vaddr table;
	uint64_t link, address_offset, frame_offset, task_offset;
	if (!kd_sources_have_symbol(sources, "kretprobe_inst_table", &table) ||
	    !kd_sources_have_member(sources, "kretprobe_instance", "hlist", &link, NULL) ||
	    !kd_sources_have_member(sources, "kretprobe_instance", "ret_addr", &address_offset, NULL) ||
	    !kd_sources_have_member(sources, "kretprobe_instance", "fp", &frame_offset, NULL) ||
	    !kd_sources_have_member(sources, "kretprobe_instance", "task", &task_offset, NULL))
		return false;
	for (unsigned int bucket = 0; bucket < KRETPROBE_BUCKETS; bucket++) {
		uint64_t node;
		if (!kd_sources_peek_u64(sources, table + bucket * 8ul, &node))
			continue;
		for (unsigned int i = 0; node && i < PROBES_MAX; i++) {
			uint64_t address, frame, owner;
			node -= link;
			if (!kd_sources_peek_u64(sources, node + address_offset, &address) ||
			    !kd_sources_peek_u64(sources, node + frame_offset, &frame) ||
			    !kd_sources_peek_u64(sources, node + task_offset, &owner))
				break;
			if (owner == task && frame == slot && address != trampoline) {
				*ret = address;
				return true;
			}
			if (!kd_sources_peek_u64(sources, node + link, &node))
				break;
		}
	}
	return false;
}

bool kd_trampoline_resolve(struct kd_trampolines *trampolines, kd_vaddr task, kd_vaddr pc, kd_vaddr slot, kd_vaddr *ret)
{
	const struct kd_code_sources *sources = &trampolines->sources;
	if (!trampolines->loaded)
		load(trampolines);
	for (size_t i = 0; i < trampolines->nr; i++) {
		if (trampolines->known[i].address != pc || !task)
			continue;
		switch (trampolines->known[i].kind) {
		case TRAMPOLINE_GRAPH:
			return resolve_graph(sources, task, slot, ret);
		case TRAMPOLINE_RETHOOK:
			return resolve_list(sources, "rethooks.first", "rethook_node", "frame", pc, task, slot, ret);
		case TRAMPOLINE_KRETPROBE:
			return resolve_list(sources, "kretprobe_instances.first", "kretprobe_instance", "fp", pc, task,
					    slot, ret) ||
			       resolve_kretprobe_table(sources, pc, task, slot, ret);
		}
	}
	return false;
}
