/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/disasm.h"

#include <stdlib.h>

#include "code/instruction_set.h"

struct kd_disasm {
	const struct kd_instruction_set *set;
	csh handle;
	cs_insn *insn; /* reused for every instruction */
	enum kd_syntax syntax;
};

struct kd_error *kd_disasm_create(const struct kd_machine *machine, enum kd_syntax syntax, struct kd_disasm **ret)
{
	if (!machine || !machine->instructions)
		return kd_error_create(KD_ERROR_UNSUPPORTED, "the instructions of this machine are not known");
	struct kd_disasm *disasm = calloc(1, sizeof(*disasm));
	if (!disasm)
		return &kd_error_nomem;
	disasm->set = machine->instructions;
	disasm->syntax = syntax;
	cs_err status = cs_open(disasm->set->arch, disasm->set->mode, &disasm->handle);
	if (status != CS_ERR_OK) {
		free(disasm);
		return kd_error_create(KD_ERROR_UNSUPPORTED, "the disassembler does not start: %s",
				       cs_strerror(status));
	}
	cs_option(disasm->handle, CS_OPT_DETAIL, CS_OPT_ON);
	disasm->insn = cs_malloc(disasm->handle);
	if (!disasm->insn) {
		kd_disasm_destroy(disasm);
		return &kd_error_nomem;
	}
	*ret = disasm;
	return NULL;
}

void kd_disasm_destroy(struct kd_disasm *disasm)
{
	if (!disasm)
		return;
	if (disasm->insn)
		cs_free(disasm->insn, 1);
	cs_close(&disasm->handle);
	free(disasm);
}

void kd_disasm_set_syntax(struct kd_disasm *disasm, enum kd_syntax syntax)
{
	disasm->syntax = syntax;
}

void kd_disasm_one(struct kd_disasm *disasm, kd_vaddr address, const uint8_t *bytes, size_t len, struct kd_insn *ret)
{
	*ret = (struct kd_insn){ .address = address };
	disasm->set->decode(disasm->handle, disasm->insn, disasm->syntax, bytes, len, ret);
}

struct kd_error *kd_disasm_all(struct kd_disasm *disasm, kd_vaddr address, const uint8_t *bytes, size_t len,
			       size_t max_nr, struct kd_insn_vector *ret)
{
	for (size_t offset = 0, nr = 0; offset < len && nr < max_nr; nr++) {
		struct kd_insn insn;
		kd_disasm_one(disasm, address + offset, bytes + offset, len - offset, &insn);
		if (!kd_insn_vector_append(ret, insn))
			return &kd_error_nomem;
		offset += insn.len;
	}
	return NULL;
}
