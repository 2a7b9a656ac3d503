/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/prologue.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define PROLOGUE_MAX 128u /* bytes of code */

/* "$0xb0,%rsp" */
static bool is_rsp_immediate(const char *operands, uint64_t *ret)
{
	char *end;
	if (strncmp(operands, "$0x", 3) != 0)
		return false;
	*ret = strtoull(operands + 1, &end, 16);
	return !strcmp(end, ",%rsp");
}

/* "%rbp,0x8(%rsp)" or "%rbp,(%rsp)": what compilers since GCC 15 do in place of a push. */
static bool is_bp_store(const char *operands, uint64_t *ret)
{
	static const char source[] = "%rbp,";
	char *end;
	if (strncmp(operands, source, strlen(source)) != 0)
		return false;
	operands += strlen(source);
	*ret = operands[0] == '(' ? 0 : strtoull(operands, &end, 16);
	return !strcmp(operands[0] == '(' ? operands : end, "(%rsp)");
}

bool kd_prologue_read(const struct kd_code_sources *sources, struct kd_disasm *disasm, kd_vaddr start, kd_vaddr pc,
		      struct kd_prologue *ret)
{
	uint8_t code[PROLOGUE_MAX];
	size_t len = kd_min(pc - start, PROLOGUE_MAX);
	KD_DROP_ERROR struct kd_error *err = kd_memory_read(sources->memory, start, code, len);
	if (err)
		return false;
	uint64_t depth = 0, bp_depth = 0, value;
	for (size_t offset = 0; offset < len;) {
		struct kd_insn insn;
		kd_disasm_one(disasm, start + offset, code + offset, len - offset, &insn);
		offset += insn.len;
		/* Up to the first branch all of it has run. A call before anything else is the tracer's hook. */
		if (insn.flow == KD_FLOW_CALL && !depth)
			continue;
		if (insn.flow != KD_FLOW_NEXT)
			break;
		if (!strcmp(insn.mnemonic, "push")) {
			depth += 8;
			if (!strcmp(insn.operands, "%rbp"))
				bp_depth = depth;
		} else if (!strcmp(insn.mnemonic, "sub") && is_rsp_immediate(insn.operands, &value)) {
			depth += value;
		} else if (!strcmp(insn.mnemonic, "mov") && is_bp_store(insn.operands, &value) && value < depth) {
			bp_depth = depth - value;
		} else if (strstr(insn.operands, ",%rsp") || !strcmp(insn.mnemonic, "pop")) {
			return false; /* aligned, or more than a prologue */
		}
	}
	*ret = (struct kd_prologue){ depth, bp_depth != 0, depth - bp_depth };
	return true;
}

bool kd_prologue_is_call(const struct kd_code_sources *sources, kd_vaddr return_address, kd_vaddr start)
{
	uint8_t call[5];
	int32_t relative;
	KD_DROP_ERROR struct kd_error *err =
		kd_memory_read(sources->memory, return_address - sizeof(call), call, sizeof(call));
	if (err || call[0] != 0xe8)
		return false;
	memcpy(&relative, call + 1, sizeof(relative));
	return return_address + relative == start;
}
