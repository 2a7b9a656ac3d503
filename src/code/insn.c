/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "code/insn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int kd_insn_format(const struct kd_insn *insn, char *buffer, size_t buffer_len)
{
	if (insn->pc_relative)
		return snprintf(buffer, buffer_len, "%-6s %s        # 0x%" PRIx64, insn->mnemonic, insn->operands,
				insn->target);
	if (!insn->operands[0])
		return snprintf(buffer, buffer_len, "%s", insn->mnemonic);
	return snprintf(buffer, buffer_len, insn->tabbed ? "%s\t%s" : "%-6s %s", insn->mnemonic, insn->operands);
}

void kd_insn_spell_plain(struct kd_insn *insn, const char *text)
{
	size_t len = 0;
	while (*text && len + 24 < sizeof(insn->operands)) {
		if (*text == ' ') {
			text++;
		} else if (text[0] == '0' && text[1] == 'x') {
			char *end;
			unsigned long long number = strtoull(text, &end, 16);
			len += (size_t)snprintf(insn->operands + len, sizeof(insn->operands) - len,
						number && number == insn->target ? "%#llx" : "%llu", number);
			text = end;
		} else {
			insn->operands[len++] = *text++;
		}
	}
	insn->operands[len] = '\0';
}
