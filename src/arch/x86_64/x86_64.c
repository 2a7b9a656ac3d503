/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch/x86_64/x86_64.h"

#include <elf.h>

#include "arch/x86_64/cpu_layout.h"
#include "arch/x86_64/disasm.h"
#include "arch/x86_64/notes.h"
#include "arch/x86_64/page_tables.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/unwind.h"

static const char *const vmcoreinfo[] = {
	"NUMBER(pgtable_l5_enabled)",
	"SYMBOL(init_top_pgt)",
	"SYMBOL(init_level4_pgt)",
	NULL,
};

const struct kd_machine kd_x86_64 = {
	.name = "x86_64",
	.elf_machine = EM_X86_64,
	.vmcoreinfo = vmcoreinfo,
	.notes = &kd_x86_64_notes,
	.registers = &kd_x86_64_registers,
	.page_tables = &kd_x86_64_page_tables,
	.instructions = &kd_x86_64_instructions,
	.cpus = &kd_x86_64_cpus,
	.unwind = &kd_x86_64_unwind,
};
