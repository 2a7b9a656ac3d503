/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/restored.h"

#include <string.h>

#include "base/cleanup.h"
#include "code/tracing.h"
#include "debug/cfi.h"
#include "debug/expression.h"
#include "debug/images.h"

enum { OPERATION_NR_MAX = 64 };

/** One step from a frame to its caller. */
struct step {
	struct kd_unwinder *unwinder;
	const struct kd_register_set *registers;
	const struct kd_restored *from;
	struct kd_cfi_row row;
};

static bool get(const struct step *step, uint64_t number, uint64_t *ret)
{
	const struct kd_register_set *registers = step->registers;
	uint8_t word = number < registers->dwarf_nr ? registers->dwarf[number] : KD_REG_NONE;
	if (word == KD_REG_NONE || !(step->from->known & KD_REG_BIT(word)))
		return false;
	*ret = step->from->regs.word[word];
	return true;
}

static bool get_register(void *context, uint64_t number, uint64_t *ret, const char **ret_why)
{
	*ret_why = "a register is not known";
	return get(context, number, ret);
}

static bool read_word(const struct step *step, kd_vaddr address, uint64_t *ret)
{
	KD_DROP_ERROR struct kd_error *err = kd_memory_read_u64(step->unwinder->sources.memory, address, ret);
	return !err;
}

static bool read_memory(void *context, kd_vaddr address, void *bytes, size_t len, const char **ret_why)
{
	const struct step *step = context;
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(step->unwinder->sources.memory, address, bytes, len);
	*ret_why = "memory is not in the dump";
	return !err;
}

static bool evaluate(struct step *step, const struct kd_cfi_rule *rule, const uint64_t *first, uint64_t *ret)
{
	Dwarf_Op operations[OPERATION_NR_MAX];
	size_t nr;
	const char *why;
	const struct kd_expression_frame frame = {
		.context = step, .order = step->unwinder->order, .reg = get_register, .read = read_memory
	};
	return kd_expression_decode(rule->expression, rule->expression_len, frame.order, operations, OPERATION_NR_MAX,
				    &nr) &&
	       kd_expression_number(&frame, NULL, operations, nr, first, ret, &why);
}

static bool find_cfa(struct step *step, kd_vaddr *ret)
{
	if (step->row.cfa.how != KD_CFI_REGISTER)
		return evaluate(step, &step->row.cfa, NULL, ret);
	if (!get(step, step->row.cfa.number, ret))
		return false;
	*ret += step->row.cfa_offset;
	return true;
}

/** What a register was in the caller; false: that is not known. */
static bool follow(struct step *step, const struct kd_cfi_rule *rule, kd_vaddr cfa, uint64_t number, uint64_t *ret)
{
	switch (rule->how) {
	case KD_CFI_SAME:
		return get(step, number, ret);
	case KD_CFI_AT_CFA:
		return read_word(step, cfa + rule->number, ret);
	case KD_CFI_IS_CFA:
		*ret = cfa + rule->number;
		return true;
	case KD_CFI_REGISTER:
		return get(step, rule->number, ret);
	case KD_CFI_AT_EXPRESSION:
		return evaluate(step, rule, &cfa, ret) && read_word(step, *ret, ret);
	case KD_CFI_IS_EXPRESSION:
		return evaluate(step, rule, &cfa, ret);
	default:
		return false;
	}
}

/** All registers of the caller, as far as they are known. False: not even where it goes on is. */
static bool registers_of_caller(struct step *step, kd_vaddr cfa, struct kd_restored *ret, kd_vaddr *ret_slot)
{
	const struct kd_register_set *registers = step->registers;
	const struct kd_cfi_rule *back = &step->row.registers[step->row.return_register];
	uint64_t pc;
	*ret = (struct kd_restored){};
	for (size_t number = 0; number < registers->dwarf_nr && number < KD_CFI_REGISTER_NR; number++) {
		uint8_t word = registers->dwarf[number];
		struct kd_cfi_rule rule = step->row.registers[number];
		if (word == KD_REG_NONE || word == registers->pc)
			continue;
		if (rule.how == KD_CFI_DEFAULT && word == registers->sp)
			rule = (struct kd_cfi_rule){ KD_CFI_IS_CFA, -(int64_t)registers->cfa_offset };
		else if (rule.how == KD_CFI_DEFAULT && registers->preserved & KD_REG_BIT(word))
			rule.how = KD_CFI_SAME;
		if (follow(step, &rule, cfa, number, &ret->regs.word[word]))
			ret->known |= KD_REG_BIT(word);
		else
			ret->regs.word[word] = 0;
	}
	struct kd_cfi_rule rule = *back;
	if (rule.how == KD_CFI_DEFAULT)
		rule.how = KD_CFI_SAME;
	*ret_slot = rule.how == KD_CFI_AT_CFA ? cfa + rule.number : 0;
	if (!follow(step, &rule, cfa, step->row.return_register, &pc))
		return false;
	ret->regs.word[registers->pc] = pc;
	ret->known |= KD_REG_BIT(registers->pc);
	return true;
}

/** Whether registers are those of a frame that the unwinder has found. */
static bool fits(const struct step *step, const struct kd_restored *registers, kd_vaddr slot,
		 const struct kd_frame *frame)
{
	const struct kd_register_set *set = step->registers;
	uint64_t both = registers->known & frame->known & ~KD_REG_BIT(set->pc);
	if (frame->found == KD_FOUND_TRAMPOLINE
		    ? !slot || slot != frame->slot
		    : kd_text_code_address(step->unwinder->text, registers->regs.word[set->pc]) != frame->pc)
		return false;
	if (step->unwinder->method->by_frame_pointer)
		both &= ~KD_REG_BIT(set->sp); /* of that it only has where the record is */
	for (unsigned int word = 0; word < KD_REGS_MAX; word++)
		if (both & KD_REG_BIT(word) && registers->regs.word[word] != frame->regs.word[word])
			return false;
	return true;
}

/** What the unwinder knows of a frame. */
static struct kd_restored of_frame(const struct kd_unwinder *unwinder, const struct kd_frame *frame, bool is_first)
{
	const struct kd_register_set *set = unwinder->sources.machine->registers;
	struct kd_restored restored = {};
	if (!frame->sure)
		return restored;
	restored.regs = frame->regs;
	restored.known = frame->known;
	if (unwinder->method->by_frame_pointer && !frame->exact && !is_first) {
		restored.known &= ~KD_REG_BIT(set->sp);
		restored.regs.word[set->sp] = 0;
	}
	return restored;
}

/** The rules of a frame; false: there are none, or no debug info. */
static bool find_rules(struct kd_unwinder *unwinder, const struct kd_frame *frame, struct kd_cfi_row *ret)
{
	const struct kd_debug_images *images = unwinder->sources.debug;
	struct kd_debug_image image;
	bool found = false;
	kd_vaddr pc = frame->pc - !frame->exact;
	if (!images || !frame->sure)
		return false;
	KD_DROP_ERROR struct kd_error *err = images->find(images->context, pc, &image);
	if (!err)
		err = kd_cfi_find(image.dwarf, pc - image.shift, ret, &found);
	return found;
}

struct kd_error *kd_restore(struct kd_unwinder *unwinder, const struct kd_frame *frames, size_t nr,
			    struct kd_restored_vector *ret)
{
	struct kd_restored_vector all = {};
	if (!kd_restored_vector_reserve(&all, nr))
		return &kd_error_nomem;
	for (size_t i = 0; i < nr; i++)
		all.data[all.nr++] = of_frame(unwinder, &frames[i], !i);
	KD_FREE struct step *step = calloc(1, sizeof(*step));
	if (!step) {
		kd_restored_vector_deinit(&all);
		return &kd_error_nomem;
	}
	for (size_t i = 0; i < nr; i++) {
		struct kd_restored *here = &all.data[i], caller;
		kd_vaddr slot;
		step->unwinder = unwinder;
		step->registers = unwinder->sources.machine->registers;
		step->from = here;
		if (!find_rules(unwinder, &frames[i], &step->row) || !find_cfa(step, &here->cfa))
			continue;
		here->has_cfa = true;
		const struct kd_frame *next = i + 1 < nr ? &frames[i + 1] : NULL;
		if (!next || next->found == KD_FOUND_PT_REGS || !next->sure ||
		    !registers_of_caller(step, here->cfa, &caller, &slot))
			continue;
		/* Tables that lead elsewhere than the unwinder went may be wrong about all of the frame. */
		here->has_caller = here->has_cfa = fits(step, &caller, slot, next);
		if (!here->has_caller)
			continue;
		caller.regs.word[step->registers->pc] = next->pc;
		struct kd_restored *known = &all.data[i + 1];
		for (unsigned int word = 0; word < KD_REGS_MAX; word++)
			if (!(known->known & KD_REG_BIT(word)))
				known->regs.word[word] = caller.regs.word[word];
		known->known |= caller.known;
	}
	*ret = all;
	return NULL;
}
