/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/prologue.h"

#include "base/cleanup.h"
#include "code/disasm.h"

#define PROLOGUE_MAX 128u /* bytes of code */

static bool is_register(const struct kd_insn *insn, unsigned int n, x86_reg reg)
{
	return n < insn->operand_nr && insn->operand[n].kind == KD_OPERAND_REGISTER && insn->operand[n].reg == reg;
}

/* "sub $0xb0,%rsp" */
static bool is_allocation(const struct kd_insn *insn)
{
	return insn->id == X86_INS_SUB && is_register(insn, 0, X86_REG_RSP) &&
	       insn->operand[1].kind == KD_OPERAND_NUMBER;
}

/* "mov %rbp,0x8(%rsp)": what compilers since GCC 15 do in place of a push. */
static bool is_bp_store(const struct kd_insn *insn)
{
	const struct kd_operand *target = &insn->operand[0];
	return insn->id == X86_INS_MOV && target->kind == KD_OPERAND_MEMORY && target->reg == X86_REG_RSP &&
	       !target->index && is_register(insn, 1, X86_REG_RBP);
}

bool kd_x86_64_read_prologue(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start,
			     kd_vaddr pc, struct kd_prologue *ret)
{
	uint8_t code[PROLOGUE_MAX];
	size_t len = kd_min(pc - start, PROLOGUE_MAX);
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(sources->memory, start, code, len);
	if (err)
		return false;
	uint64_t depth = 0, bp_depth = 0;
	for (size_t offset = 0; offset < len;) {
		struct kd_insn insn;
		kd_disasm_one(disasm, start + offset, code + offset, len - offset, &insn);
		offset += insn.len;
		/* Up to the first branch all of it has run. A call before anything else is the tracer's hook. */
		if (insn.flow == KD_FLOW_CALL && !depth)
			continue;
		if (insn.flow != KD_FLOW_NEXT)
			break;
		if (insn.id == X86_INS_PUSH) {
			depth += 8;
			if (is_register(&insn, 0, X86_REG_RBP))
				bp_depth = depth;
		} else if (is_allocation(&insn)) {
			depth += insn.operand[1].number;
		} else if (is_bp_store(&insn) && (uint64_t)insn.operand[0].number < depth) {
			bp_depth = depth - insn.operand[0].number;
		} else if (is_register(&insn, 0, X86_REG_RSP) || insn.id == X86_INS_POP) {
			return false; /* aligned, or more than a prologue */
		}
	}
	*ret = (struct kd_prologue){ depth, bp_depth != 0, depth - bp_depth };
	return true;
}
