/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/insn.h"

#include <inttypes.h>
#include <stdio.h>

int kd_insn_format(const struct kd_insn *insn, char *buffer, size_t buffer_len)
{
	if (insn->pc_relative)
		return snprintf(buffer, buffer_len, "%-6s %s        # 0x%" PRIx64, insn->mnemonic, insn->operands,
				insn->target);
	if (!insn->operands[0])
		return snprintf(buffer, buffer_len, "%s", insn->mnemonic);
	return snprintf(buffer, buffer_len, insn->tabbed ? "%s\t%s" : "%-6s %s", insn->mnemonic, insn->operands);
}
